#include <errno.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/coding/audio_codec.h"
#include "daemons/media/coding/decoder.h"
#include "daemons/media/coding/g722.h"

struct audiodec {
	const struct audio_codec *codec;
	OpusDecoder *opus;
	struct g722 *g722;
	int16_t last[DECODER_PCM_MAX];	/* for concealment without Opus */
	size_t nlast;
};


int audiodec_alloc(struct audiodec **dp, const char *codec)
{
	const struct audio_codec *c = audio_codec_find(codec);
	struct audiodec *d;
	int err = 0, oerr;

	if (!c)
		return ENOTSUP;
	d = calloc(1, sizeof(*d));
	if (!d)
		return ENOMEM;
	d->codec = c;
	if (c->rate == 48000) {
		d->opus = opus_decoder_create(48000, 1, &oerr);
		err = d->opus ? 0 : ENOMEM;
	} else if (c->rate == 16000) {
		err = g722_alloc(&d->g722, false);
	}
	if (err)
		audiodec_free(d);
	else
		*dp = d;
	return err;
}


void audiodec_free(struct audiodec *d)
{
	if (!d)
		return;
	if (d->opus)
		opus_decoder_destroy(d->opus);
	g722_free(d->g722);
	free(d);
}


unsigned audiodec_rate(const struct audiodec *d)
{
	return d->codec->rate;
}


/* The last packet again at half the volume: short gaps are hardly heard. */
static void conceal(struct audiodec *d, int16_t *pcm, size_t *n)
{
	if (!d->nlast) {
		d->nlast = d->codec->rate / 50;
		memset(d->last, 0, d->nlast * sizeof(d->last[0]));
	}
	for (size_t i = 0; i < d->nlast; i++)
		d->last[i] = (int16_t)(d->last[i] / 2);
	memcpy(pcm, d->last, d->nlast * sizeof(*pcm));
	*n = d->nlast;
}


static int decode_opus(struct audiodec *d, const uint8_t *data, size_t len, int16_t *pcm, size_t *n)
{
	opus_int32 last = 960;
	int got;

	if (!len)
		(void)opus_decoder_ctl(d->opus, OPUS_GET_LAST_PACKET_DURATION(&last));
	if (last <= 0 || last > DECODER_PCM_MAX)
		last = 960;
	got = opus_decode(d->opus, len ? data : NULL, (opus_int32)len, pcm, len ? DECODER_PCM_MAX : last, 0);
	*n = got > 0 ? (size_t)got : 0;
	return got > 0 ? 0 : EBADMSG;
}


int audiodec_decode(struct audiodec *d, const uint8_t *data, size_t len, int16_t *pcm, size_t *n)
{
	int err = 0;

	if (len > INT32_MAX / 2)
		return EBADMSG;
	if (d->opus)
		return decode_opus(d, data, len, pcm, n);
	if (!len) {
		conceal(d, pcm, n);
		return 0;
	}

	*n = DECODER_PCM_MAX;
	if (d->g722) {
		err = len * 2 > *n ? EBADMSG : g722_decode(d->g722, data, len, pcm, n);
	} else {
		*n = len < *n ? len : *n;
		for (size_t i = 0; i < *n; i++)
			pcm[i] = d->codec->decode1(data[i]);
	}
	if (!err) {
		memcpy(d->last, pcm, *n * sizeof(*pcm));
		d->nlast = *n;
	}
	return err;
}
