#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lib/h264/fmtp.h"
#include "lib/h264/level.h"

/* RFC 6184 table 5: profile_idc, and the bits of profile-iop that must be
 * one and zero. Constrained High is H.264 A.2.4.2. */
static const struct {
	uint8_t idc;
	uint8_t mask;
	uint8_t value;
	enum h264_profile profile;
} profiles[] = {
	{ 0x42, 0x4f, 0x40, H264_PROFILE_CONSTRAINED_BASELINE },
	{ 0x4d, 0x8f, 0x80, H264_PROFILE_CONSTRAINED_BASELINE },
	{ 0x58, 0xcf, 0xc0, H264_PROFILE_CONSTRAINED_BASELINE },
	{ 0x42, 0x4f, 0x00, H264_PROFILE_BASELINE },
	{ 0x58, 0xcf, 0x80, H264_PROFILE_BASELINE },
	{ 0x4d, 0xaf, 0x00, H264_PROFILE_MAIN },
	{ 0x58, 0xcf, 0x00, H264_PROFILE_EXTENDED },
	{ 0x64, 0xff, 0x00, H264_PROFILE_HIGH },
	{ 0x64, 0xff, 0x0c, H264_PROFILE_CONSTRAINED_HIGH },
	{ 0x6e, 0xff, 0x00, H264_PROFILE_HIGH10 },
	{ 0x7a, 0xff, 0x00, H264_PROFILE_HIGH422 },
};

static enum h264_profile profile_of(uint8_t idc, uint8_t iop)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (profiles[i].idc == idc &&
		    (iop & profiles[i].mask) == profiles[i].value)
			return profiles[i].profile;
	}
	return H264_PROFILE_UNKNOWN;
}


enum h264_profile h264_fmtp_profile(const struct h264_fmtp *f)
{
	return profile_of(f->profile_idc, f->constraints);
}


static const struct h264_level *level_of(const struct h264_fmtp *f)
{
	return h264_level_find(f->profile_idc, f->constraints, f->level_idc);
}


static int h264_level_cmp(const struct h264_fmtp *a, const struct h264_fmtp *b)
{
	const struct h264_level *x = level_of(a), *y = level_of(b);

	return x == y ? 0 : x < y ? -1 : 1;	/* one table, in order */
}


static bool same_format(const struct h264_fmtp *a, const struct h264_fmtp *b)
{
	enum h264_profile p = h264_fmtp_profile(a);

	if (a->packetization_mode != b->packetization_mode ||
	    a->packetization_mode > 1)
		return false;
	if (p == H264_PROFILE_UNKNOWN)
		return a->profile_idc == b->profile_idc &&
			a->constraints == b->constraints;
	return p == h264_fmtp_profile(b);
}


/* Level 1b lives in profile-iop, so the level is copied with its bit, while
 * the profile keeps the bits that name it. */
static void level_copy(struct h264_fmtp *dst, const struct h264_fmtp *src)
{
	bool b1 = level_of(src)->idc == 9;
	bool old = dst->profile_idc == 66 || dst->profile_idc == 77 ||
		dst->profile_idc == 88;

	dst->level_idc = src->level_idc;
	if (old)
		dst->constraints &= (uint8_t)~0x10;
	if (b1 && old) {
		dst->level_idc = 11;
		dst->constraints |= 0x10;
	}
	else if (b1)
		dst->level_idc = 9;
}


int h264_fmtp_answer(struct h264_fmtp *ans, const struct h264_fmtp *ours,
		     const struct h264_fmtp *offer)
{
	struct h264_fmtp a = *ours;

	if (!same_format(ours, offer))
		return ENOENT;
	a.profile_idc = offer->profile_idc;
	a.constraints = offer->constraints;
	a.level_asymmetry = ours->level_asymmetry && offer->level_asymmetry;
	level_copy(&a, ours);
	if (!a.level_asymmetry && h264_level_cmp(ours, offer) > 0)
		level_copy(&a, offer);
	*ans = a;
	return 0;
}


int h264_fmtp_check_answer(const struct h264_fmtp *offer,
			   const struct h264_fmtp *ans)
{
	if (!same_format(offer, ans))
		return EPROTO;
	if (!(offer->level_asymmetry && ans->level_asymmetry) &&
	    h264_level_cmp(ans, offer) > 0)
		return EPROTO;
	return 0;
}


static uint32_t at_least(uint32_t declared, uint32_t level)
{
	return declared > level ? declared : level;
}


/* cpbBrVclFactor of H.264 table A-2 */
static uint32_t bitrate_factor(uint8_t profile_idc)
{
	switch (profile_idc) {
	case 100: return 1250;
	case 110: return 3000;
	case 122: return 4000;
	default: return 1000;
	}
}


void h264_limits_tx(struct h264_limits *l, const struct h264_fmtp *local,
		    const struct h264_fmtp *remote)
{
	bool lower = !(local->level_asymmetry && remote->level_asymmetry) &&
		h264_level_cmp(local, remote) < 0;
	const struct h264_level *lv = level_of(lower ? local : remote);
	uint64_t br = at_least(remote->max_br, lv->max_br);

	memset(l, 0, sizeof(*l));
	l->profile = h264_fmtp_profile(remote);
	l->level_idc = lv->idc;
	l->packetization_mode = remote->packetization_mode;
	l->max_mbps = at_least(remote->max_mbps, lv->max_mbps);
	l->max_fs = at_least(remote->max_fs, lv->max_fs);
	l->max_fps = remote->max_fps;
	br *= bitrate_factor(remote->profile_idc);
	l->max_br = br > UINT32_MAX ? UINT32_MAX : (uint32_t)br;
}


bool h264_limits_fit(const struct h264_limits *l, unsigned width,
		     unsigned height, unsigned fps)
{
	uint64_t w = ((uint64_t)width + 15) / 16;
	uint64_t h = ((uint64_t)height + 15) / 16;
	uint64_t side = 8 * (uint64_t)l->max_fs;

	if (w > UINT16_MAX || h > UINT16_MAX || w * h > l->max_fs ||
	    w * w > side || h * h > side)
		return false;
	if (l->max_fps && (uint64_t)fps * 100 > l->max_fps)
		return false;
	return w * h * fps <= l->max_mbps;
}


/* Which profiles' decoders also decode the stream's profile. */
static bool profile_includes(enum h264_profile decoder,
			     enum h264_profile stream)
{
	static const uint8_t rank[] = {
		[H264_PROFILE_CONSTRAINED_BASELINE] = 1,
		[H264_PROFILE_MAIN] = 2,
		[H264_PROFILE_CONSTRAINED_HIGH] = 2,
		[H264_PROFILE_HIGH] = 3,
		[H264_PROFILE_HIGH10] = 4,
		[H264_PROFILE_HIGH422] = 5,
	};

	if (decoder == stream)
		return true;
	if (stream == H264_PROFILE_CONSTRAINED_BASELINE)
		return decoder != H264_PROFILE_UNKNOWN;
	if (decoder >= sizeof(rank) || stream >= sizeof(rank))
		return false;
	return rank[stream] && rank[decoder] > rank[stream];
}


bool h264_limits_fit_sps(const struct h264_limits *l,
			 const struct h264_sps *sps)
{
	double fps = h264_sps_fps(sps);
	unsigned whole = fps > 0 && fps < 1000 ? (unsigned)(fps + 0.5) : 0;

	return profile_includes(l->profile, profile_of(sps->profile_idc,
						       sps->constraints)) &&
		h264_limits_fit(l, sps->mb_width * 16, sps->mb_height * 16,
				whole);
}
