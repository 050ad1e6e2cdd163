#include <errno.h>
#include <stdlib.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "daemons/media/coding/resample.h"

struct resample {
	SwrContext *swr;
};


int resample_alloc(struct resample **rp, unsigned from, unsigned to)
{
	AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
	struct resample *r = calloc(1, sizeof(*r));

	if (!r)
		return ENOMEM;
	if (swr_alloc_set_opts2(&r->swr, &mono, AV_SAMPLE_FMT_S16, (int)to, &mono, AV_SAMPLE_FMT_S16, (int)from, 0,
				NULL) < 0 ||
	    swr_init(r->swr) < 0) {
		resample_free(r);
		return EINVAL;
	}
	*rp = r;
	return 0;
}


void resample_free(struct resample *r)
{
	if (!r)
		return;
	swr_free(&r->swr);
	free(r);
}


size_t resample_run(struct resample *r, int16_t *out, size_t max, const int16_t *in, size_t n)
{
	uint8_t *dst = (uint8_t *)out;
	const uint8_t *src = (const uint8_t *)in;
	int got = swr_convert(r->swr, &dst, (int)max, &src, (int)n);

	return got < 0 ? 0 : (size_t)got;
}
