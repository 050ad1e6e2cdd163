#include <errno.h>
#include <stdlib.h>

#include "daemons/media/clock.h"
#include "daemons/media/player.h"

enum { POLL_US = 500000 };


static void measure(struct player *p, const int16_t *pcm, size_t n, uint64_t played_us)
{
	unsigned rate = audiodec_rate(p->adec);
	size_t at;

	if (tone_detect(&p->tone, pcm, n, rate, &at))
		lipsync_beep(p->sync, played_us + at * 1000000 / rate);
	if (p->cur.capture_us)
		lipsync_sound(p->sync, p->cur.capture_us, played_us);

	(void)pthread_mutex_lock(&p->mu);
	p->stats.frames++;
	if (p->cur.capture_us)
		dist_add(&p->stats.rtcp, (int64_t)(played_us - p->cur.capture_us));
	(void)pthread_mutex_unlock(&p->mu);
}


static void play(struct player *p)
{
	static _Thread_local int16_t pcm[DECODER_PCM_MAX];
	unsigned delay = 0;
	uint64_t played;
	size_t n;

	if (audiodec_decode(p->adec, p->cur.data, p->cur.len, pcm, &n)) {
		(void)pthread_mutex_lock(&p->mu);
		p->stats.errors++;
		(void)pthread_mutex_unlock(&p->mu);
		return;
	}
	player_wait(p, p->cur.playout_us);
	if (p->sink)
		(void)p->sink->ops->play(p->sink, pcm, n, audiodec_rate(p->adec), &delay);
	played = clock_us() + delay;

	if (p->cur.len)
		player_first(p, "first_audio");
	session_report_playout(p->st, p->cur.capture_us, played);
	measure(p, pcm, n, played);
}


void player_run_audio(struct player *p)
{
	int err;

	while ((err = queue_get(p->q, &p->cur, clock_us() + POLL_US)) != ECANCELED) {
		if (err)
			continue;
		play(p);
		free((void *)(uintptr_t)p->cur.data);
	}
}
