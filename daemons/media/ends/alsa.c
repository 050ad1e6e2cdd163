#include <alsa/asoundlib.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemons/media/coding/encoder.h"
#include "daemons/media/coding/resample.h"
#include "daemons/media/ends/sink.h"
#include "daemons/media/ends/source.h"

enum { LATENCY_US = 40000, WAIT_MS = 100, OUT_MAX = 8192 };

struct capture {
	struct source s;
	snd_pcm_t *pcm;
};

struct playback {
	struct sink s;
	snd_pcm_t *pcm;
	struct resample *rs;
	unsigned rate;		/* of what comes in */
};


/* ALSA's own complaints on stderr would repeat what `why` says. */
static void silent(const char *file, int line, const char *fn, int err, const char *fmt, ...)
{
}


static int device_open(snd_pcm_t **pcm, const char *name, snd_pcm_stream_t dir, char *why, size_t size)
{
	int rc;

	(void)snd_lib_error_set_handler(silent);
	rc = snd_pcm_open(pcm, *name ? name : "default", dir, SND_PCM_NONBLOCK);
	if (rc >= 0) {
		rc = snd_pcm_set_params(*pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1, AUDIO_RATE, 1,
					LATENCY_US);
		if (rc >= 0)
			return 0;
		(void)snd_pcm_close(*pcm);
	}
	(void)snprintf(why, size, "alsa:%s: %s: arecord -L and aplay -L list the devices", name, snd_strerror(rc));
	return ENODEV;
}


static int capture_open(struct source **sp, const char *arg, const char *host, char *why, size_t size)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return ENOMEM;
	c->s.ops = &source_alsa;
	err = device_open(&c->pcm, arg, SND_PCM_STREAM_CAPTURE, why, size);
	if (err) {
		free(c);
		return err;
	}
	*sp = &c->s;
	return 0;
}


static void capture_close(struct source *s)
{
	struct capture *c = (struct capture *)s;

	(void)snd_pcm_close(c->pcm);
	free(c);
}


static int capture_pcm(struct source *s, int16_t *pcm, uint64_t us)
{
	struct capture *c = (struct capture *)s;
	snd_pcm_uframes_t have = 0;

	while (have < AUDIO_FRAME) {
		snd_pcm_sframes_t n = snd_pcm_readi(c->pcm, pcm + have, AUDIO_FRAME - have);

		if (n == -EAGAIN) {
			if (snd_pcm_wait(c->pcm, WAIT_MS) == 0)
				return EAGAIN;
			continue;
		}
		if (n < 0)
			n = snd_pcm_recover(c->pcm, (int)n, 1);
		if (n < 0)
			return EIO;
		have += (snd_pcm_uframes_t)n;
	}
	return 0;
}


static int playback_open(struct sink **sp, const char *arg, const char *title, char *why, size_t size)
{
	struct playback *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return ENOMEM;
	p->s.ops = &sink_alsa;
	p->rate = AUDIO_RATE;
	err = device_open(&p->pcm, arg, SND_PCM_STREAM_PLAYBACK, why, size);
	if (err) {
		free(p);
		return err;
	}
	*sp = &p->s;
	return 0;
}


static void playback_close(struct sink *s)
{
	struct playback *p = (struct playback *)s;

	(void)snd_pcm_close(p->pcm);
	resample_free(p->rs);
	free(p);
}


static int set_rate(struct playback *p, unsigned rate)
{
	if (rate == p->rate)
		return 0;
	resample_free(p->rs);
	p->rs = NULL;
	p->rate = rate;
	return rate == AUDIO_RATE ? 0 : resample_alloc(&p->rs, rate, AUDIO_RATE);
}


static int playback_play(struct sink *s, const int16_t *pcm, size_t n, unsigned rate, unsigned *delay_us)
{
	struct playback *p = (struct playback *)s;
	snd_pcm_sframes_t delay = 0;
	int16_t out[OUT_MAX];
	int err = set_rate(p, rate);

	if (err)
		return err;
	if (p->rs) {
		n = resample_run(p->rs, out, OUT_MAX, pcm, n);
		pcm = out;
	}
	if (snd_pcm_delay(p->pcm, &delay) < 0 || delay < 0)
		delay = 0;
	*delay_us = (unsigned)((uint64_t)delay * 1000000 / AUDIO_RATE);
	while (n) {
		snd_pcm_sframes_t w = snd_pcm_writei(p->pcm, pcm, n);

		if (w == -EAGAIN)
			return 0;	/* the device is full: late sound is dropped */
		if (w < 0)
			w = snd_pcm_recover(p->pcm, (int)w, 1);
		if (w < 0)
			return EIO;
		pcm += w;
		n -= (size_t)w;
	}
	return 0;
}


const struct media_source_ops source_alsa = {
	.name = "alsa", .kind = MEDIA_AUDIO, .open = capture_open, .close = capture_close, .pcm = capture_pcm,
	.live = true,
};

const struct media_sink_ops sink_alsa = {
	.name = "alsa", .kind = MEDIA_AUDIO, .open = playback_open, .close = playback_close, .play = playback_play,
};
