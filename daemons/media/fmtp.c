#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemons/media/fmtp.h"

/* H.264 table A-1: level, macroblocks a second, macroblocks a frame, kbit/s. */
static const struct level {
	uint8_t idc;
	unsigned mbps;
	unsigned fs;
	unsigned br;
} levels[] = {
	{ 10,    1485,    99,     64 }, {  9,    1485,    99,    128 },
	{ 11,    3000,   396,    192 }, { 12,    6000,   396,    384 },
	{ 13,   11880,   396,    768 }, { 20,   11880,   396,   2000 },
	{ 21,   19800,   792,   4000 }, { 22,   20250,  1620,   4000 },
	{ 30,   40500,  1620,  10000 }, { 31,  108000,  3600,  14000 },
	{ 32,  216000,  5120,  20000 }, { 40,  245760,  8192,  20000 },
	{ 41,  245760,  8192,  50000 }, { 42,  522240,  8704,  50000 },
	{ 50,  589824, 22080, 135000 }, { 51,  983040, 36864, 240000 },
	{ 52, 2073600, 36864, 240000 },
};

enum { NLEVELS = sizeof(levels) / sizeof(levels[0]), FPS_MIN = 5, W_MIN = 128, H_MIN = 96 };


bool fmtp_get(const char *fmtp, const char *name, char *value, size_t size)
{
	size_t nlen = strlen(name);

	for (const char *p = fmtp; p && *p; p = strchr(p, ';') ? strchr(p, ';') + 1 : NULL) {
		size_t n;

		p += strspn(p, " \t");
		if (strncasecmp(p, name, nlen) || p[nlen] != '=')
			continue;
		p += nlen + 1;
		n = strcspn(p, "; \t\r\n");
		if (n >= size)
			n = size - 1;
		memcpy(value, p, n);
		value[n] = '\0';
		return true;
	}
	return false;
}


static int get_number(unsigned *v, const char *fmtp, const char *name, unsigned max)
{
	char s[16], *end;
	unsigned long n;

	if (!fmtp_get(fmtp, name, s, sizeof(s)))
		return ENOENT;
	if (!isdigit((unsigned char)s[0]))
		return EBADMSG;
	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno || *end)
		return EBADMSG;
	*v = n > max ? max : (unsigned)n;
	return 0;
}


static const struct level *level_find(const struct fmtp_h264 *f)
{
	uint8_t idc = f->level_idc;

	/* level 1b of the lower profiles is 11 with constraint_set3 */
	if (idc == 11 && f->profile_iop & 0x10 && f->profile_idc != 100)
		idc = 9;
	for (unsigned i = 0; i < NLEVELS; i++)
		if (levels[i].idc == idc)
			return &levels[i];
	return NULL;
}


static int parse_profile(struct fmtp_h264 *f, const char *fmtp)
{
	char s[16], *end;
	unsigned long v;

	if (!fmtp_get(fmtp, "profile-level-id", s, sizeof(s)))
		return 0;
	if (strlen(s) != 6 || !isxdigit((unsigned char)s[0]))
		return EBADMSG;
	v = strtoul(s, &end, 16);
	if (*end)
		return EBADMSG;
	f->profile_idc = (uint8_t)(v >> 16);
	f->profile_iop = (uint8_t)(v >> 8);
	f->level_idc = (uint8_t)v;
	return 0;
}


/* max-fs and its like only ever raise what the level gives (RFC 6184 8.1). */
static int raise_limit(unsigned *limit, const char *fmtp, const char *name, unsigned max)
{
	unsigned v = 0;
	int err = get_number(&v, fmtp, name, max);

	if (err == ENOENT)
		return 0;
	if (!err && v > *limit)
		*limit = v;
	return err;
}


int fmtp_h264_parse(struct fmtp_h264 *f, const char *fmtp)
{
	const struct level *l;
	int err;

	*f = (struct fmtp_h264){ .profile_idc = 66, .profile_iop = 0xc0, .level_idc = 10 };
	err = parse_profile(f, fmtp);
	if (err)
		return err;
	l = level_find(f);
	if (!l)
		return EBADMSG;
	f->max_fs = l->fs;
	f->max_mbps = l->mbps;
	f->max_br = l->br;

	err = get_number(&f->packetization_mode, fmtp, "packetization-mode", 2);
	if (err && err != ENOENT)
		return err;
	err = raise_limit(&f->max_fs, fmtp, "max-fs", 139264);
	if (!err)
		err = raise_limit(&f->max_mbps, fmtp, "max-mbps", 16711680);
	if (!err)
		err = raise_limit(&f->max_br, fmtp, "max-br", 800000);
	return err;
}


static unsigned macroblocks(unsigned w, unsigned h)
{
	return (w + 15) / 16 * ((h + 15) / 16);
}


int fmtp_h264_fit(const struct fmtp_h264 *f, unsigned *w, unsigned *h, unsigned *fps, unsigned *bitrate)
{
	/* thirds keep 16:9 formats even: 1920, 1280, 960, 640, 480, 320 */
	static const unsigned num[] = { 12, 8, 6, 4, 3, 2 };

	for (unsigned i = 0; i < sizeof(num) / sizeof(num[0]); i++) {
		unsigned sw = *w * num[i] / 12 & ~1u, sh = *h * num[i] / 12 & ~1u;
		unsigned fs = macroblocks(sw, sh), rate;

		if (sw < W_MIN || sh < H_MIN)
			break;
		if (fs > f->max_fs || (uint64_t)sw * sw > 8ull * f->max_fs * 256 ||
		    (uint64_t)sh * sh > 8ull * f->max_fs * 256)
			continue;
		rate = f->max_mbps / fs;
		if (rate < *fps && rate < 15 && i + 1 < sizeof(num) / sizeof(num[0]))
			continue;	/* a smaller picture that still moves */
		if (rate < FPS_MIN)
			continue;
		*w = sw;
		*h = sh;
		*fps = rate < *fps ? rate : *fps;
		if (*bitrate > f->max_br * 1000)
			*bitrate = f->max_br * 1000;
		return 0;
	}
	return ERANGE;
}


uint8_t fmtp_h264_level(unsigned w, unsigned h, unsigned fps, unsigned bitrate)
{
	unsigned fs = macroblocks(w, h);

	for (unsigned i = 0; i < NLEVELS; i++)
		if (levels[i].idc != 9 && fs <= levels[i].fs && fs * fps <= levels[i].mbps &&
		    bitrate <= levels[i].br * 1000)
			return levels[i].idc;
	return levels[NLEVELS - 1].idc;
}


/* Profiles in the order of what they contain; 0: not one that we know. */
static unsigned profile_rank(uint8_t profile_idc, uint8_t constraint)
{
	if (profile_idc == 66 || (profile_idc == 77 && constraint & 0x80))
		return constraint & 0x40 ? 1 : 2;
	if (profile_idc == 77)
		return 3;
	return profile_idc == 100 ? 4 : 0;
}


bool fmtp_h264_takes(const struct fmtp_h264 *f, uint8_t profile_idc, uint8_t constraint, unsigned w, unsigned h,
		     unsigned fps)
{
	unsigned have = profile_rank(profile_idc, constraint), take = profile_rank(f->profile_idc, f->profile_iop);
	unsigned fs = macroblocks(w, h);

	/* Baseline proper (rank 2) has tools that Main and High lack */
	if (!have || !take || have > take || (have == 2 && take > 2))
		return false;
	return fs <= f->max_fs && fs * fps <= f->max_mbps;
}
