#include <errno.h>
#include <stdlib.h>

#include "daemons/media/clock.h"
#include "daemons/media/picture/hash.h"
#include "daemons/media/player.h"

enum { POLL_US = 500000, FPS_WINDOW_US = 1000000, DELAY_MAX_US = 60000000 };


static void count(struct player *p, const struct picture *pic, uint64_t code_us, uint64_t capture_us, uint64_t shown_us)
{
	struct player_stats *s = &p->stats;

	(void)pthread_mutex_lock(&p->mu);
	s->frames++;
	s->width = pic->w;
	s->height = pic->h;
	if (code_us && shown_us - code_us < DELAY_MAX_US)
		dist_add(&s->code, (int64_t)(shown_us - code_us));
	if (capture_us)
		dist_add(&s->rtcp, (int64_t)(shown_us - capture_us));
	p->fps_frames++;
	if (shown_us - p->fps_from_us >= FPS_WINDOW_US) {
		s->fps = (double)p->fps_frames * 1e6 / (double)(shown_us - p->fps_from_us);
		p->fps_frames = 0;
		p->fps_from_us = shown_us;
	}
	(void)pthread_mutex_unlock(&p->mu);
}


static void keep(struct player *p, const struct picture *pic, uint64_t capture_us, uint64_t shown_us, bool key)
{
	uint64_t when = capture_us ? capture_us : shown_us;
	char hex[33];

	if (p->shots && shots_due(&p->shot, when))
		shots_take(p->shots, pic, "seen", when, p->id);
	if (p->frames)
		(void)fprintf(p->frames, "%s\t%llu\t%llu\t%d\t%u\t%u\n", hash_picture(pic, hex),
			      (unsigned long long)capture_us, (unsigned long long)shown_us, key, pic->w, pic->h);
}


static void picture_h(const struct picture *pic, bool key, void *arg)
{
	struct player *p = arg;
	uint64_t capture = pic->capture_us, code = 0, shown;
	struct timecode tc;

	if (!timecode_read(&tc, pic)) {
		code = tc.us;
		if (tc.kind == TIMECODE_LIVE)
			capture = tc.us;
	}
	/* the first picture is better early than in step */
	if (p->first_done)
		player_wait(p, p->cur.playout_us);
	if (p->sink)
		(void)p->sink->ops->show(p->sink, pic);
	shown = clock_us();

	session_report_playout(p->st, pic->capture_us, shown);
	lipsync_picture(p->sync, code, pic->capture_us, shown);
	count(p, pic, code && tc.kind == TIMECODE_LIVE ? code : 0, pic->capture_us, shown);
	player_first(p, "first_picture");
	keep(p, pic, capture, shown, key);
}


static void decode(struct player *p)
{
	const struct media_frame *f = &p->cur;
	int err;

	if (atomic_load(&p->resync) && !f->key) {
		session_request_keyframe(p->st);
		return;
	}
	if (f->key)
		atomic_store(&p->resync, false);
	else if (f->lost_before)
		session_request_keyframe(p->st);

	err = h264dec_decode(p->vdec, f->data, f->len, f->capture_us, picture_h, p);
	if (!err)
		return;
	session_request_keyframe(p->st);
	(void)pthread_mutex_lock(&p->mu);
	p->stats.errors++;
	(void)pthread_mutex_unlock(&p->mu);
}


void player_run_video(struct player *p)
{
	int err;

	while ((err = queue_get(p->q, &p->cur, clock_us() + POLL_US)) != ECANCELED) {
		if (err)
			continue;
		if (p->cur.len)
			decode(p);
		free((void *)(uintptr_t)p->cur.data);
	}
	h264dec_flush(p->vdec);
}
