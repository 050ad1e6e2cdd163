#include "daemons/media/player.h"

#include "daemons/media/clock.h"
#include "daemons/media/report.h"

enum { WAIT_MAX_US = 1000000 };


static void *run(void *arg)
{
	struct player *p = arg;

	if (p->kind == MEDIA_VIDEO)
		player_run_video(p);
	else
		player_run_audio(p);
	return NULL;
}


int player_start(struct player *p)
{
	atomic_store(&p->resync, p->kind == MEDIA_VIDEO);
	p->fps_from_us = clock_us();
	return worker_start(&p->w, run, p, p->kind == MEDIA_VIDEO ? "play-video" : "play-audio");
}


void player_stop(struct player *p)
{
	if (p->q)
		queue_close(p->q);
	worker_stop(&p->w);
}


void player_frame(struct player *p, const struct media_frame *f)
{
	/* too slow to decode it all: start again at the next key frame */
	if (queue_put(p->q, f) && p->kind == MEDIA_VIDEO) {
		atomic_store(&p->resync, true);
		session_request_keyframe(p->st);
	}
}


void player_stats(struct player *p, struct player_stats *s)
{
	(void)pthread_mutex_lock(&p->mu);
	*s = p->stats;
	(void)pthread_mutex_unlock(&p->mu);
}


void player_first(struct player *p, const char *what)
{
	if (p->first_done)
		return;
	p->first_done = true;
	report_media(what, p->call_id, (int)p->id, NULL);
}


void player_wait(struct player *p, uint64_t playout_us)
{
	uint64_t now = clock_us();

	if (playout_us > now)
		(void)worker_pause_until(&p->w, playout_us - now > WAIT_MAX_US ? now + WAIT_MAX_US : playout_us);
}
