/**
 * The calls that pass through, for the console and the log. A bounded table;
 * routing does not depend on it.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_CALLS_H
#define VISAVIS_DAEMONS_CALLCONTROL_CALLS_H

#include <jansson.h>

#include "io/libre.h"

enum call_state {
	CALL_INCOMING = 0,
	CALL_RINGING,
	CALL_ESTABLISHED,
	CALL_ENDED,
};

struct calls;

int calls_alloc(struct calls **cp, uint32_t max);

/** A request made the caller's wish known: INVITE without To tag. */
void calls_invite(struct calls *cs, const struct sip_msg *msg,
		  const char *callee);

/** A response to an INVITE goes back. @param session  seconds until the
 *  session ends without a refresh; 0: never */
void calls_response(struct calls *cs, const struct pl *callid, uint16_t code,
		    const char *reason, uint32_t session);

/** BYE was answered, or the session timer ran out. */
void calls_end(struct calls *cs, const struct pl *callid, uint16_t code,
	       const char *reason);

uint32_t calls_count(const struct calls *cs);
uint64_t calls_total(const struct calls *cs);
json_t *calls_json(const struct calls *cs);

#endif
