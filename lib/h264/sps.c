#include "lib/h264/sps.h"

#include <errno.h>
#include <string.h>

#include "lib/h264/bits.h"
#include "lib/h264/nal.h"

/* Level 6.2 has at most 139,264 macroblocks, no side over sqrt(8 * that). */
enum { MAX_SIDE_MBS = 1055, MAX_FRAME_MBS = 139264 };

static const uint8_t high_profiles[] = {
	100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
};

static bool is_high(uint8_t profile_idc)
{
	return memchr(high_profiles, profile_idc, sizeof(high_profiles));
}


static void scaling_list_skip(struct h264_bits *b, unsigned size)
{
	int32_t last = 8, next = 8;

	for (unsigned i = 0; i < size && !b->err; i++) {
		if (next) {
			int32_t delta = h264_bits_se(b);

			if (delta < -128 || delta > 127) {
				b->err = EBADMSG;
				return;
			}
			next = (last + delta + 256) % 256;
		}
		last = next ? next : last;
	}
}


static void high_parse(struct h264_sps *s, struct h264_bits *b)
{
	s->chroma_format_idc = h264_bits_ue(b);
	if (s->chroma_format_idc == 3)
		h264_bits_u(b, 1);	/* separate_colour_plane_flag */
	s->bit_depth = 8 + h264_bits_ue(b);
	h264_bits_ue(b);		/* bit_depth_chroma_minus8 */
	h264_bits_u(b, 1);		/* qpprime_y_zero_transform_bypass */
	if (!h264_bits_u(b, 1))
		return;
	for (unsigned i = 0; i < (s->chroma_format_idc == 3 ? 12u : 8u); i++) {
		if (h264_bits_u(b, 1))
			scaling_list_skip(b, i < 6 ? 16 : 64);
	}
}


static int poc_parse(struct h264_sps *s, struct h264_bits *b)
{
	uint32_t n;

	s->poc_type = h264_bits_ue(b);
	if (s->poc_type > 2)
		return EBADMSG;
	if (s->poc_type == 0)
		h264_bits_ue(b);	/* log2_max_pic_order_cnt_lsb_minus4 */
	if (s->poc_type != 1)
		return 0;
	h264_bits_u(b, 1);
	h264_bits_se(b);
	h264_bits_se(b);
	n = h264_bits_ue(b);
	if (n > 255)
		return EBADMSG;
	while (n-- && !b->err)
		h264_bits_se(b);
	return 0;
}


static int crop_parse(struct h264_sps *s, struct h264_bits *b)
{
	unsigned cx = s->chroma_format_idc == 1 || s->chroma_format_idc == 2 ?
		2 : 1;
	unsigned cy = (s->chroma_format_idc == 1 ? 2 : 1) *
		(s->frame_mbs_only ? 1 : 2);
	uint64_t x = 0, y = 0;

	if (h264_bits_u(b, 1)) {
		x = h264_bits_ue(b);
		x += h264_bits_ue(b);
		y = h264_bits_ue(b);
		y += h264_bits_ue(b);
	}
	x *= cx;
	y *= cy;
	if (x >= s->mb_width * 16 || y >= s->mb_height * 16)
		return EBADMSG;
	s->width = s->mb_width * 16 - (unsigned)x;
	s->height = s->mb_height * 16 - (unsigned)y;
	return 0;
}


static int size_parse(struct h264_sps *s, struct h264_bits *b)
{
	uint64_t w = (uint64_t)h264_bits_ue(b) + 1;
	uint64_t h = (uint64_t)h264_bits_ue(b) + 1;

	s->frame_mbs_only = h264_bits_u(b, 1);
	if (!s->frame_mbs_only) {
		h *= 2;
		h264_bits_u(b, 1);	/* mb_adaptive_frame_field_flag */
	}
	if (b->err)
		return b->err;
	if (w > MAX_SIDE_MBS || h > MAX_SIDE_MBS || w * h > MAX_FRAME_MBS)
		return EBADMSG;
	s->mb_width = (unsigned)w;
	s->mb_height = (unsigned)h;
	h264_bits_u(b, 1);		/* direct_8x8_inference_flag */
	return crop_parse(s, b);
}


/* Table E-1 */
static const uint8_t sar_table[17][2] = {
	{ 0, 0 }, { 1, 1 }, { 12, 11 }, { 10, 11 }, { 16, 11 }, { 40, 33 },
	{ 24, 11 }, { 20, 11 }, { 32, 11 }, { 80, 33 }, { 18, 11 }, { 15, 11 },
	{ 64, 33 }, { 160, 99 }, { 4, 3 }, { 3, 2 }, { 2, 1 },
};

static void sar_parse(struct h264_sps *s, struct h264_bits *b)
{
	unsigned idc = h264_bits_u(b, 8);

	if (idc == 255) {
		s->sar_num = h264_bits_u(b, 16);
		s->sar_den = h264_bits_u(b, 16);
	}
	else if (idc < 17) {
		s->sar_num = sar_table[idc][0];
		s->sar_den = sar_table[idc][1];
	}
}


static void hrd_skip(struct h264_bits *b)
{
	uint32_t n = h264_bits_ue(b);

	if (n > 31) {
		b->err = EBADMSG;
		return;
	}
	h264_bits_u(b, 8);
	for (uint32_t i = 0; i <= n && !b->err; i++) {
		h264_bits_ue(b);
		h264_bits_ue(b);
		h264_bits_u(b, 1);
	}
	h264_bits_u(b, 20);
}


static void restriction_parse(struct h264_sps *s, struct h264_bits *b)
{
	uint32_t reorder;

	h264_bits_u(b, 1);
	for (int i = 0; i < 4; i++)
		h264_bits_ue(b);
	reorder = h264_bits_ue(b);
	h264_bits_ue(b);		/* max_dec_frame_buffering */
	if (!b->err && reorder <= 16)
		s->max_reorder = (int)reorder;
}


static void vui_parse(struct h264_sps *s, struct h264_bits *b)
{
	bool nal, vcl;

	if (h264_bits_u(b, 1))
		sar_parse(s, b);
	if (h264_bits_u(b, 1))
		h264_bits_u(b, 1);	/* overscan_appropriate_flag */
	if (h264_bits_u(b, 1)) {
		h264_bits_u(b, 3);
		s->full_range = h264_bits_u(b, 1);
		if (h264_bits_u(b, 1))
			h264_bits_u(b, 24);
	}
	if (h264_bits_u(b, 1)) {
		h264_bits_ue(b);
		h264_bits_ue(b);
	}
	if (h264_bits_u(b, 1)) {
		s->num_units_in_tick = h264_bits_u(b, 32);
		s->time_scale = h264_bits_u(b, 32);
		s->fixed_frame_rate = h264_bits_u(b, 1);
	}
	nal = h264_bits_u(b, 1);
	if (nal)
		hrd_skip(b);
	vcl = h264_bits_u(b, 1);
	if (vcl)
		hrd_skip(b);
	if (nal || vcl)
		h264_bits_u(b, 1);
	h264_bits_u(b, 1);		/* pic_struct_present_flag */
	if (h264_bits_u(b, 1))
		restriction_parse(s, b);
}


static int body_parse(struct h264_sps *s, struct h264_bits *b)
{
	int err;

	s->id = h264_bits_ue(b);
	if (is_high(s->profile_idc))
		high_parse(s, b);
	s->log2_max_frame_num = 4 + h264_bits_ue(b);
	if (s->id > 31 || s->chroma_format_idc > 3 || s->bit_depth > 14 ||
	    s->log2_max_frame_num > 16)
		return EBADMSG;
	err = poc_parse(s, b);
	if (err)
		return err;
	s->num_ref_frames = h264_bits_ue(b);
	h264_bits_u(b, 1);
	if (s->num_ref_frames > 16)
		return EBADMSG;
	err = size_parse(s, b);
	if (err)
		return err;
	if (h264_bits_u(b, 1))
		vui_parse(s, b);
	return b->err;
}


int h264_sps_parse(struct h264_sps *s, const uint8_t *p, size_t len)
{
	struct h264_bits b;

	memset(s, 0, sizeof(*s));
	s->chroma_format_idc = 1;
	s->bit_depth = 8;
	s->max_reorder = -1;
	if (len < 5)
		return ENODATA;
	if (p[0] & 0x80 || h264_nal_type(p[0]) != H264_NAL_SPS)
		return EBADMSG;
	s->profile_idc = p[1];
	s->constraints = p[2];
	s->level_idc = p[3];
	h264_bits_init(&b, p + 4, len - 4);
	return body_parse(s, &b);
}


double h264_sps_fps(const struct h264_sps *s)
{
	if (!s->num_units_in_tick)
		return 0;
	return (double)s->time_scale / (2.0 * s->num_units_in_tick);
}


int h264_pps_parse(struct h264_pps *pps, const uint8_t *p, size_t len)
{
	struct h264_bits b;

	memset(pps, 0, sizeof(*pps));
	if (len < 2)
		return ENODATA;
	if (p[0] & 0x80 || h264_nal_type(p[0]) != H264_NAL_PPS)
		return EBADMSG;
	h264_bits_init(&b, p + 1, len - 1);
	pps->id = h264_bits_ue(&b);
	pps->sps_id = h264_bits_ue(&b);
	pps->cabac = h264_bits_u(&b, 1);
	if (pps->id > 255 || pps->sps_id > 31)
		return EBADMSG;
	return b.err;
}
