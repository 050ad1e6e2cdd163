/**
 * One call: a session, and for each of its streams a sender and a player.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_CALL_H
#define VISAVIS_DAEMONS_MEDIA_CALL_H

#include "daemons/media/media.h"

/**
 * @param fds  rtp and rtcp of each stream; always consumed
 * @param why  filled on failure
 */
int call_start(struct call **cp, struct media *m, const struct ipc_start *msg, int *fds, size_t nfds, char *why,
	       size_t size);
int call_update(struct call *c, const struct ipc_start *msg, char *why, size_t size);
/** End it: say BYE, free all. */
void call_stop(struct call *c);

void call_keyframe(struct call *c);
/** Fields of event "stats". */
json_t *call_stats(struct call *c, bool final);
const char *call_id(const struct call *c);

#endif
