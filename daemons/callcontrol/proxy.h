/**
 * The stateful proxy: transactions on libre's stack, decisions from core.c
 * and fork.c.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_PROXY_H
#define VISAVIS_DAEMONS_CALLCONTROL_PROXY_H

#include "daemons/callcontrol/calls.h"
#include "daemons/callcontrol/core.h"

enum { PROXY_TXNS = 8192 };

struct proxy;

int proxy_alloc(struct proxy **pp, struct sip *sip, struct core *core,
		struct calls *calls);

/** Pass a request on as decided. */
void proxy_forward(struct proxy *px, const struct sip_msg *msg,
		   const struct core_decision *d);

/** A response that no transaction waits for: a 2xx sent again, or one to a
 *  request from before a restart. @return true: taken */
bool proxy_stray_response(struct proxy *px, const struct sip_msg *msg);

/** Are we passing on this very request already? */
bool proxy_looped(const struct proxy *px, const struct sip_msg *msg);

/** Answer a request that no transaction was made for. */
void proxy_reply(struct proxy *px, const struct sip_msg *msg, uint16_t code,
		 const char *reason, const char *headers);

#endif
