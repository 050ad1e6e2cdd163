/**
 * Session timers as a proxy takes part in them, RFC 4028 section 8. Pure.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_STIMER_H
#define VISAVIS_DAEMONS_CALLCONTROL_STIMER_H

#include "io/libre.h"

enum { STIMER_MIN = 90, STIMER_DEFAULT = 1800 };

/** What a proxy makes of one INVITE or UPDATE; kept for its response. */
struct stimer {
	bool applies;		/**< the method can have one */
	bool too_small;		/**< answer 422 with Min-SE */
	bool replace;		/**< the lines below take the place of its own */
	bool uac_supports;
	uint32_t expires;	/**< Session-Expires as it is passed on */
	uint32_t min_se;	/**< Min-SE as it is passed on; 0: none */
};

void stimer_request(struct stimer *st, const struct sip_msg *req);

/**
 * A 2xx came back.
 * @param insert  set when the answering side left it out and the caller can
 *                do it: add Session-Expires with refresher=uac, Require: timer
 * @return seconds that the session lasts without a refresh; 0: for ever
 */
uint32_t stimer_response(const struct stimer *st, const struct sip_msg *resp,
			 bool *insert);

#endif
