#include <errno.h>
#include <opus/opus.h>
#include <stdlib.h>

#include "daemons/media/coding/audio_codec.h"
#include "daemons/media/coding/encoder.h"
#include "daemons/media/coding/g722.h"
#include "daemons/media/coding/resample.h"

enum { LOSS_EXPECTED = 5 };	/* per cent: how much Opus spends on repair */

struct audioenc {
	const struct audio_codec *codec;
	OpusEncoder *opus;
	struct g722 *g722;
	struct resample *rs;	/* NULL: AUDIO_RATE as it is */
	unsigned delay_us;
	int16_t low[AUDIO_FRAME];	/* waiting at the codec's rate */
	size_t nlow;
};


static int opus_open(struct audioenc *e, unsigned bitrate)
{
	opus_int32 ahead = 0;
	int oerr;

	e->opus = opus_encoder_create(AUDIO_RATE, 1, OPUS_APPLICATION_VOIP, &oerr);
	if (!e->opus)
		return ENOMEM;
	(void)opus_encoder_ctl(e->opus, OPUS_SET_BITRATE((opus_int32)(bitrate ? bitrate : 64000)));
	(void)opus_encoder_ctl(e->opus, OPUS_SET_INBAND_FEC(1));
	(void)opus_encoder_ctl(e->opus, OPUS_SET_PACKET_LOSS_PERC(LOSS_EXPECTED));
	(void)opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(5));
	if (!opus_encoder_ctl(e->opus, OPUS_GET_LOOKAHEAD(&ahead)))
		e->delay_us = (unsigned)((uint64_t)ahead * 1000000 / AUDIO_RATE);
	return 0;
}


int audioenc_alloc(struct audioenc **ep, const char *codec, unsigned bitrate)
{
	const struct audio_codec *c = audio_codec_find(codec);
	struct audioenc *e;
	int err = 0;

	if (!c)
		return ENOTSUP;
	e = calloc(1, sizeof(*e));
	if (!e)
		return ENOMEM;
	e->codec = c;
	if (c->rate != AUDIO_RATE)
		err = resample_alloc(&e->rs, AUDIO_RATE, c->rate);
	if (!err && c->rate == AUDIO_RATE)
		err = opus_open(e, bitrate);
	if (!err && c->rate == 16000)
		err = g722_alloc(&e->g722, true);
	if (err)
		audioenc_free(e);
	else
		*ep = e;
	return err;
}


void audioenc_free(struct audioenc *e)
{
	if (!e)
		return;
	if (e->opus)
		opus_encoder_destroy(e->opus);
	g722_free(e->g722);
	resample_free(e->rs);
	free(e);
}


/* The resampler gives a little less at first; a packet needs all its samples. */
static void downsample(struct audioenc *e, const int16_t *pcm, int16_t *frame, size_t want)
{
	size_t short_by;

	e->nlow += resample_run(e->rs, e->low + e->nlow, AUDIO_FRAME - e->nlow, pcm, AUDIO_FRAME);
	short_by = e->nlow < want ? want - e->nlow : 0;
	for (size_t i = 0; i < short_by; i++)
		frame[i] = 0;
	for (size_t i = short_by; i < want; i++)
		frame[i] = e->low[i - short_by];
	e->nlow -= want - short_by;
	for (size_t i = 0; i < e->nlow; i++)
		e->low[i] = e->low[i + want - short_by];
	e->delay_us += (unsigned)(short_by * 1000000 / e->codec->rate);
}


int audioenc_encode(struct audioenc *e, const int16_t *pcm, uint8_t *out, size_t max, size_t *len)
{
	size_t n = e->codec->rate * AUDIO_PTIME_MS / 1000;
	int16_t frame[AUDIO_FRAME];

	if (e->opus) {
		opus_int32 got = opus_encode(e->opus, pcm, AUDIO_FRAME, out, (opus_int32)max);

		*len = got > 0 ? (size_t)got : 0;
		return got > 0 ? 0 : EIO;
	}

	downsample(e, pcm, frame, n);
	if (e->g722)
		return g722_encode(e->g722, frame, n, out, max, len);
	if (n > max)
		return EIO;
	for (size_t i = 0; i < n; i++)
		out[i] = e->codec->encode1(frame[i]);
	*len = n;
	return 0;
}


unsigned audioenc_delay_us(const struct audioenc *e)
{
	return e->delay_us;
}
