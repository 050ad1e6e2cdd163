#include <errno.h>
#include <string.h>

#include "daemons/media/clock.h"
#include "daemons/media/report.h"
#include "daemons/media/sender.h"
#include "io/log.h"

enum { SECOND_US = 1000000, PTIME_US = AUDIO_PTIME_MS * 1000, KEY_GAP_US = 250000, AUDIO_LATE_US = 200000,
       LEAD_US = 3 * PTIME_US };


void timeline_init(struct timeline *t)
{
	(void)pthread_mutex_init(&t->mu, NULL);
	t->origin_us = 0;
}


void timeline_start(struct timeline *t, uint64_t now_us)
{
	(void)pthread_mutex_lock(&t->mu);
	t->origin_us = now_us;
	(void)pthread_mutex_unlock(&t->mu);
}


uint64_t timeline_origin(struct timeline *t)
{
	uint64_t us;

	(void)pthread_mutex_lock(&t->mu);
	us = t->origin_us;
	(void)pthread_mutex_unlock(&t->mu);
	return us;
}


void timeline_jump(struct timeline *t, int64_t forward_us)
{
	(void)pthread_mutex_lock(&t->mu);
	t->origin_us -= (uint64_t)forward_us;
	(void)pthread_mutex_unlock(&t->mu);
}


void sender_push(struct sender *s, const uint8_t *data, size_t len, uint64_t capture_us, bool key)
{
	struct media_frame f = { .data = data, .len = len, .capture_us = capture_us, .key = key };
	int err = session_send(s->st, &f);

	if (err == EMSGSIZE)
		sender_trouble(s, "a frame is too large to be sent: lower the bit rate");
}


void sender_trouble(struct sender *s, const char *why)
{
	if (s->failed)
		return;
	s->failed = true;
	log_warn("%s: %s", s->kind == MEDIA_VIDEO ? "video" : "audio", why);
	report_media("source_error", s->call_id, (int)s->id, why);
}


/* Frames are taken at whole fractions of each second, so that one falls on
 * the second itself, where the test sound begins. */
static uint64_t next_tick(uint64_t now, unsigned fps)
{
	uint64_t sec = now / SECOND_US * SECOND_US;
	uint64_t k = (now - sec) * fps / SECOND_US + 1;

	return sec + (k * SECOND_US + fps - 1) / fps;
}


static void one_picture(struct sender *s, uint64_t now)
{
	bool key = atomic_load(&s->want_key) && now - s->key_sent_us >= KEY_GAP_US, is_key;
	const uint8_t *data;
	size_t len;
	int err = s->src->ops->picture(s->src, s->pic, now);

	if (err == EAGAIN)
		return;
	if (err) {
		sender_trouble(s, strerror(err));
		return;
	}
	s->pic->capture_us = now;
	if (key)
		atomic_store(&s->want_key, false);
	err = h264enc_encode(s->venc, s->pic, key, &data, &len, &is_key);
	if (err)
		sender_trouble(s, "the encoder refuses a picture");
	if (err || !len)
		return;
	if (is_key)
		s->key_sent_us = now;
	sender_push(s, data, len, now, is_key);
	if (shots_due(&s->shot, now))
		shots_take(s->shots, s->pic, "sent", now, s->id);
}


static void run_video(struct sender *s)
{
	uint64_t now = clock_us(), next;

	do {
		one_picture(s, now);
		next = next_tick(clock_us(), s->format.fps);
		if (next - now < SECOND_US / s->format.fps / 2)
			next = next_tick(next, s->format.fps);
	} while (worker_pause_until(&s->w, next) && (now = clock_us()));
}


/* Samples for the 20 ms from t on; a clip without Opus is read as samples. */
static int get_pcm(struct sender *s, int16_t *pcm, uint64_t t)
{
	if (!s->src->clip)
		return s->src->ops->pcm(s->src, pcm, t);
	clip_pcm(s->src->clip, (int64_t)(t - timeline_origin(s->tl)), pcm, AUDIO_FRAME);
	return 0;
}


/* t: when the block begins; 0: it ends when the device has given it. */
static void one_block(struct sender *s, uint64_t t)
{
	uint8_t out[AUDIO_PACKET_MAX];
	int16_t pcm[AUDIO_FRAME];
	size_t len;
	int err = get_pcm(s, pcm, t);

	if (err == EAGAIN)
		return;
	if (!t)
		t = clock_us() - PTIME_US;
	if (!err)
		err = audioenc_encode(s->aenc, pcm, out, sizeof(out), &len);
	if (err)
		sender_trouble(s, strerror(err));
	else
		sender_push(s, out, len, t - audioenc_delay_us(s->aenc), true);
}


/* A device keeps its own pace; one that gives sound faster than time passes
 * (some do) is held back. */
static void run_live(struct sender *s)
{
	uint64_t paced = clock_us();

	while (worker_pause_until(&s->w, paced > LEAD_US ? paced - LEAD_US : 0)) {
		uint64_t now;

		one_block(s, 0);
		now = clock_us();
		paced = paced + PTIME_US > now ? paced + PTIME_US : now;
	}
}


static void run_audio(struct sender *s)
{
	uint64_t t = (clock_us() / PTIME_US + 1) * PTIME_US;

	while (worker_pause_until(&s->w, t)) {
		uint64_t now = clock_us();

		if (now > t + AUDIO_LATE_US)
			t = now / PTIME_US * PTIME_US;
		one_block(s, t);
		t += PTIME_US;
	}
}


static void *run(void *arg)
{
	struct sender *s = arg;

	if (s->kind == MEDIA_VIDEO)
		(s->packets ? sender_run_clip_video : run_video)(s);
	else
		(s->packets ? sender_run_clip_audio : s->src->ops->live ? run_live : run_audio)(s);
	return NULL;
}


int sender_start(struct sender *s)
{
	atomic_store(&s->want_key, true);
	s->key_sent_us = 0;
	s->shot = (struct shots_clock){0};
	s->failed = false;
	return worker_start(&s->w, run, s, s->kind == MEDIA_VIDEO ? "send-video" : "send-audio");
}


void sender_stop(struct sender *s)
{
	worker_stop(&s->w);
}


void sender_keyframe(struct sender *s)
{
	atomic_store(&s->want_key, true);
	worker_wake(&s->w);
}
