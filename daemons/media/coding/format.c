#include <errno.h>

#include "daemons/media/coding/format.h"
#include "lib/h264/level.h"

enum { W_MIN = 128, H_MIN = 72, FPS_MIN = 5, FPS_GOOD = 15 };


static unsigned macroblocks(unsigned w, unsigned h)
{
	return (w + 15) / 16 * ((h + 15) / 16);
}


/* Neither side may be longer than sqrt(8 * MaxFS) macroblocks (A.3.1). */
static bool size_fits(const struct h264_limits *l, unsigned w, unsigned h)
{
	uint64_t mw = (w + 15) / 16, mh = (h + 15) / 16;

	return mw * mh <= l->max_fs && mw * mw <= 8ull * l->max_fs && mh * mh <= 8ull * l->max_fs;
}


static unsigned rate_for(const struct h264_limits *l, unsigned w, unsigned h)
{
	unsigned rate = l->max_mbps / macroblocks(w, h);

	if (l->max_fps && l->max_fps / 100 < rate)
		rate = l->max_fps / 100;
	return rate;
}


int format_fit(struct format *f, const struct h264_limits *l)
{
	/* 24ths that keep 16:9 sizes even: 1920, 1280, 960, 640, 480, 320, 240 */
	static const unsigned steps[] = { 24, 16, 12, 8, 6, 4, 3 };
	enum { N = sizeof(steps) / sizeof(steps[0]) };

	for (unsigned i = 0; i < N; i++) {
		unsigned w = f->w * steps[i] / 24 & ~1u, h = f->h * steps[i] / 24 & ~1u, rate;

		if (w < W_MIN || h < H_MIN)
			break;
		if (!size_fits(l, w, h))
			continue;
		rate = rate_for(l, w, h);
		if (rate < FPS_MIN || (rate < f->fps && rate < FPS_GOOD && i + 1 < N))
			continue;
		f->w = w;
		f->h = h;
		f->fps = rate < f->fps ? rate : f->fps;
		f->bitrate = f->bitrate > l->max_br ? l->max_br : f->bitrate;
		return 0;
	}
	return ERANGE;
}


uint8_t format_level(const struct format *f)
{
	static const uint8_t idc[] = { 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52 };
	unsigned fs = macroblocks(f->w, f->h), i;

	for (i = 0; i + 1 < sizeof(idc); i++) {
		const struct h264_level *l = h264_level_find(66, 0xe0, idc[i]);

		if (fs <= l->max_fs && fs * f->fps <= l->max_mbps && f->bitrate / 1000 <= l->max_br)
			break;
	}
	return idc[i];
}


int format_limits(struct h264_limits *l, const char *fmtp_ours, const char *fmtp_peer)
{
	struct h264_fmtp ours, peer;
	int err;

	err = h264_fmtp_parse(&ours, fmtp_ours);
	if (!err)
		err = h264_fmtp_parse(&peer, fmtp_peer);
	if (!err)
		h264_limits_tx(l, &ours, &peer);
	return err;
}
