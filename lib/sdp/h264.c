/* H.264 in offer and answer: lib/h264 decides, this puts its words into SDP. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/h264/fmtp.h"
#include "lib/sdp/negotiate.h"

enum { CONSTRAINT_SET1 = 0x40 };


static int fmtp_read(struct h264_fmtp *f, struct sdp_span s)
{
	char text[NEG_FMTP_MAX];

	if (s.n >= sizeof(text))
		return EOVERFLOW;
	(void)snprintf(text, sizeof(text), "%.*s", (int)s.n, s.n ? s.p : "");
	return h264_fmtp_parse(f, text);
}


/* Baseline and Constrained Baseline count as one: nobody sends what the
 * latter leaves out, and many leave its bit out. */
static int answer(struct h264_fmtp *ans, const struct h264_fmtp *ours, const struct h264_fmtp *theirs)
{
	struct h264_fmtp a = *ours, b = *theirs;
	int err;

	if (h264_fmtp_profile(&a) == H264_PROFILE_BASELINE)
		a.constraints |= CONSTRAINT_SET1;
	if (h264_fmtp_profile(&b) == H264_PROFILE_BASELINE)
		b.constraints |= CONSTRAINT_SET1;
	err = h264_fmtp_answer(ans, &a, &b);
	/* the profile in the offerer's own words */
	if (!err && b.constraints != theirs->constraints)
		ans->constraints &= (uint8_t)~CONSTRAINT_SET1;
	return err;
}


bool neg_h264_match(struct sdp_span a, struct sdp_span b)
{
	struct h264_fmtp fa, fb, ans;

	return !fmtp_read(&fa, a) && !fmtp_read(&fb, b) && !answer(&ans, &fa, &fb);
}


void neg_h264_answer(char out[NEG_FMTP_MAX], const char *ours, struct sdp_span theirs)
{
	struct sdp_span o = {ours, strlen(ours)};
	struct h264_fmtp fo, ft, ans;

	if (fmtp_read(&fo, o) || fmtp_read(&ft, theirs) || answer(&ans, &fo, &ft) ||
	    h264_fmtp_print(&ans, out, NEG_FMTP_MAX))
		(void)snprintf(out, NEG_FMTP_MAX, "%s", ours);
}
