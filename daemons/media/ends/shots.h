/**
 * Pictures of the call for its report: the first one and one each 5 s, of
 * what is sent and of what is seen, as PNG in the output folder. Written by
 * a thread of low priority, one event each.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SHOTS_H
#define VISAVIS_DAEMONS_MEDIA_SHOTS_H

#include <stdbool.h>

#include "daemons/media/coding/clip.h"
#include "daemons/media/picture/picture.h"

struct shots;

/** @param dirfd  folder, borrowed; @param dir  its name, for events */
int shots_alloc(struct shots **sp, int dirfd, const char *dir);
/** Finish what is waiting, then free. */
void shots_free(struct shots *s);

/** When a stream's next picture is due. Zero-initialise for each call. */
struct shots_clock {
	uint64_t slot;
};

/** Is this picture, captured then, one to keep? Both ends choose the same. */
bool shots_due(struct shots_clock *c, uint64_t capture_us);

/** Copy and queue. @param which  "sent" or "seen"; dropped when four wait */
void shots_take(struct shots *s, const struct picture *p, const char *which, uint64_t capture_us, unsigned stream);

/** The same for picture i of a clip that is sent as it is: decoded by the
 *  thread. The clip outlives the shots or shots_flush() is called first. */
void shots_take_clip(struct shots *s, const struct clip *c, size_t i, uint64_t capture_us, unsigned stream);

/** Wait until everything queued is written. */
void shots_flush(struct shots *s);

#endif
