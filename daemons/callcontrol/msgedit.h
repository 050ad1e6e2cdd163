/**
 * Messages as they are passed on: what a proxy takes out, changes and adds
 * (RFC 3261 section 16.6, 16.7). Pure.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_MSGEDIT_H
#define VISAVIS_DAEMONS_CALLCONTROL_MSGEDIT_H

#include "daemons/callcontrol/auth.h"
#include "daemons/callcontrol/stimer.h"

struct msgedit {
	const struct sip_msg *msg;
	unsigned strip_routes;		/**< Route values of ours, from the top */
	const struct auth *auth;	/**< whose credentials are taken out */
	const struct stimer *stimer;	/**< or NULL */
};

/** All of a request after our own Via, with its body. The first Via gets
 *  received and rport (RFC 3581), Max-Forwards goes down by one.
 *  @param mb  appended to */
int msgedit_request(struct mbuf *mb, const struct msgedit *me);

/** A response without its first Via.
 *  @param session  0, or seconds: insert Session-Expires for the caller */
int msgedit_response(struct mbuf *mb, const struct sip_msg *resp,
		     uint32_t session);

/** The body's bytes as Content-Length says. @return false: it is torn */
bool msgedit_body(struct pl *body, const struct sip_msg *msg);

/** Did the sender ask for answers at the port it sends from? RFC 3581 */
bool msgedit_rport(const struct sip_msg *msg);

/** Max-Forwards: 70 when there is none. @return false: no number */
bool msgedit_max_forwards(uint32_t *mf, const struct sip_msg *msg);

#endif
