/* Sound into a WAV file: one channel of 16 bits at AUDIO_RATE. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemons/media/coding/encoder.h"
#include "daemons/media/coding/resample.h"
#include "daemons/media/ends/sink.h"

enum { HEAD = 44, OUT_MAX = 8192, WAV_MAX = 1000000000 };	/* below the sandbox's limit */

struct wav {
	struct sink s;
	struct resample *rs;
	unsigned rate;
	int fd;
	uint32_t bytes;		/* of sound */
	uint32_t told;		/* of these, in the head */
};


static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}


/* Written again as the sound grows, so that a process that is killed leaves a
 * file that plays. */
static int head_write(struct wav *w)
{
	uint8_t h[HEAD] = "RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0........\x02\0\x10\0data";

	put32(h + 4, HEAD - 8 + w->bytes);
	put32(h + 24, AUDIO_RATE);
	put32(h + 28, AUDIO_RATE * 2);
	put32(h + 40, w->bytes);
	w->told = w->bytes;
	return pwrite(w->fd, h, HEAD, 0) == HEAD ? 0 : EIO;
}


static int wav_open(struct sink **sp, const char *arg, const char *title, char *why, size_t size)
{
	struct wav *w = calloc(1, sizeof(*w));
	int err = 0;

	if (!w)
		return ENOMEM;
	w->s.ops = &sink_file;
	w->rate = AUDIO_RATE;
	w->fd = open(arg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (w->fd < 0)
		err = errno;
	else
		err = head_write(w);
	if (err) {
		(void)snprintf(why, size, "%s: %s: give a file in a folder that the room can write", arg,
			       strerror(err));
		if (w->fd >= 0)
			(void)close(w->fd);
		free(w);
		return err;
	}
	*sp = &w->s;
	return 0;
}


static void wav_close(struct sink *s)
{
	struct wav *w = (struct wav *)s;

	(void)head_write(w);
	(void)close(w->fd);
	resample_free(w->rs);
	free(w);
}


static int set_rate(struct wav *w, unsigned rate)
{
	if (rate == w->rate)
		return 0;
	resample_free(w->rs);
	w->rs = NULL;
	w->rate = rate;
	return rate == AUDIO_RATE ? 0 : resample_alloc(&w->rs, rate, AUDIO_RATE);
}


static int wav_play(struct sink *s, const int16_t *pcm, size_t n, unsigned rate, unsigned *delay_us)
{
	struct wav *w = (struct wav *)s;
	int16_t out[OUT_MAX];
	ssize_t len;
	int err = set_rate(w, rate);

	*delay_us = 0;
	if (err)
		return err;
	if (w->rs) {
		n = resample_run(w->rs, out, OUT_MAX, pcm, n);
		pcm = out;
	}
	len = (ssize_t)(n * sizeof(*pcm));
	if (w->bytes + (size_t)len > WAV_MAX)
		return EFBIG;
	if (pwrite(w->fd, pcm, (size_t)len, (off_t)(HEAD + w->bytes)) != len)
		return EIO;
	w->bytes += (uint32_t)len;
	return w->bytes - w->told >= AUDIO_RATE * 2 ? head_write(w) : 0;
}


const struct media_sink_ops sink_file = {
	.name = "file", .kind = MEDIA_AUDIO, .open = wav_open, .close = wav_close, .play = wav_play,
};
