/* H.264 parameters in offer and answer: RFC 6184 section 8. */
#include <stdio.h>
#include <string.h>

#include "lib/sdp/negotiate.h"

struct profile { unsigned idc, iop, level; };


static bool hex(struct sdp_span s, unsigned *v)
{
	unsigned n = 0;

	if (s.n != 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			n = n << 4 | (unsigned)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*v = n;
	return true;
}


/* Without the parameter: Baseline, level 1 (RFC 6184 section 8.1) */
static bool profile_get(struct profile *p, struct sdp_span fmtp)
{
	unsigned v = 0x42000a;
	struct sdp_span s;

	if (sdp_fmtp_get(fmtp, "profile-level-id", &s) && !hex(s, &v))
		return false;
	p->idc = v >> 16;
	p->iop = v >> 8 & 0xff;
	p->level = v & 0xff;
	return true;
}


/* Names of sub-profiles, RFC 6184 table 5. Baseline and Constrained Baseline
 * count as one: nobody sends what the latter leaves out. */
static unsigned family(const struct profile *p)
{
	if (p->idc == 0x42 || (p->idc == 0x4d && p->iop & 0x80) ||
	    (p->idc == 0x58 && p->iop & 0x80))
		return 0x42;
	return p->idc;
}


static unsigned mode_of(struct sdp_span fmtp)
{
	struct sdp_span s;

	if (!sdp_fmtp_get(fmtp, "packetization-mode", &s) || s.n != 1)
		return 0;
	return (unsigned)(s.p[0] - '0');
}


bool neg_h264_match(struct sdp_span a, struct sdp_span b)
{
	struct profile pa, pb;

	return mode_of(a) == mode_of(b) && profile_get(&pa, a) && profile_get(&pb, b) &&
		family(&pa) == family(&pb);
}


static bool asymmetry(struct sdp_span fmtp)
{
	struct sdp_span s;

	return sdp_fmtp_get(fmtp, "level-asymmetry-allowed", &s) && s.n == 1 && *s.p == '1';
}


/* Level 1b lies between 1 and 1.1: level_idc 11 with constraint_set3. */
static unsigned level_rank(const struct profile *p)
{
	bool b = p->level == 11 && p->iop & 0x10 && p->idc != 0x64;

	return p->level == 9 || b ? 21 : p->level * 2;
}


void neg_h264_answer(char out[NEG_FMTP_MAX], const char *ours, struct sdp_span theirs)
{
	struct sdp_span o = {ours, strlen(ours)}, s;
	struct profile po, pt;

	(void)snprintf(out, NEG_FMTP_MAX, "%s", ours);
	if (!profile_get(&po, o) || !profile_get(&pt, theirs) || (asymmetry(o) && asymmetry(theirs)) ||
	    level_rank(&po) <= level_rank(&pt) || !sdp_fmtp_get(o, "profile-level-id", &s))
		return;

	if (s.p - ours + 6 < NEG_FMTP_MAX) {
		char level[3];

		(void)snprintf(level, sizeof(level), "%02x", pt.level);
		memcpy(out + (s.p - ours) + 4, level, 2);
	}
}
