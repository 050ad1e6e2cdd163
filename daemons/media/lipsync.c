#include <stdlib.h>
#include <string.h>

#include "daemons/media/lipsync.h"

enum { SECOND_US = 1000000, FRESH_US = 300000 };


void lipsync_init(struct lipsync *l)
{
	memset(l, 0, sizeof(*l));
	(void)pthread_mutex_init(&l->mu, NULL);
}


void lipsync_reset(struct lipsync *l)
{
	(void)pthread_mutex_destroy(&l->mu);
}


void lipsync_picture(struct lipsync *l, uint64_t code_us, uint64_t capture_us, uint64_t shown_us)
{
	(void)pthread_mutex_lock(&l->mu);
	if (code_us) {
		l->seen = true;
		l->code_offset = (int64_t)(shown_us - code_us);
	}
	if (capture_us)
		l->video_offset = (int64_t)(shown_us - capture_us);
	if (code_us || capture_us)
		l->video_us = shown_us;
	(void)pthread_mutex_unlock(&l->mu);
}


static bool fresh(const struct lipsync *l, uint64_t now)
{
	return l->video_us && now - l->video_us < FRESH_US;
}


void lipsync_beep(struct lipsync *l, uint64_t played_us)
{
	(void)pthread_mutex_lock(&l->mu);
	if (l->seen && fresh(l, played_us)) {
		/* the picture's own clock when the beep began, off a full second */
		int64_t off = (int64_t)(played_us - (uint64_t)l->code_offset) % SECOND_US;

		off = off < 0 ? off + SECOND_US : off;
		dist_add(&l->d, off > SECOND_US / 2 ? SECOND_US - off : off);
	}
	(void)pthread_mutex_unlock(&l->mu);
}


void lipsync_sound(struct lipsync *l, uint64_t capture_us, uint64_t played_us)
{
	(void)pthread_mutex_lock(&l->mu);
	if (!l->seen && l->video_offset && fresh(l, played_us) && played_us - l->last_us >= SECOND_US) {
		dist_add(&l->d, llabs((int64_t)(played_us - capture_us) - l->video_offset));
		l->last_us = played_us;
	}
	(void)pthread_mutex_unlock(&l->mu);
}
