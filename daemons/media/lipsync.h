/**
 * How far sound and picture are apart, at the moment they leave for eyes and
 * ears.
 *
 * With the test picture and its beep the truth is measured: a beep begins at
 * each full second of the clock that is burnt into the picture. Otherwise
 * both are compared by the sender's clock as sender reports tell it.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_LIPSYNC_H
#define VISAVIS_DAEMONS_MEDIA_LIPSYNC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemons/media/dist.h"

/** Zero-initialise, then lipsync_init(). */
struct lipsync {
	pthread_mutex_t mu;
	bool seen;		/**< a time code was read */
	int64_t code_offset;	/**< shown minus the picture's own time */
	int64_t video_offset;	/**< shown minus capture, by sender reports */
	uint64_t video_us;	/**< when that was */
	uint64_t last_us;	/**< of the last sample taken by reports */
	struct dist d;		/**< distances, microseconds */
};

void lipsync_init(struct lipsync *l);
void lipsync_reset(struct lipsync *l);

/** A picture was shown. code_us: its burnt-in time, 0: none.
 *  capture_us: by sender reports, 0: not known. */
void lipsync_picture(struct lipsync *l, uint64_t code_us, uint64_t capture_us, uint64_t shown_us);
/** A beep began to play. */
void lipsync_beep(struct lipsync *l, uint64_t played_us);
/** Sound of that capture time was played. */
void lipsync_sound(struct lipsync *l, uint64_t capture_us, uint64_t played_us);

#endif
