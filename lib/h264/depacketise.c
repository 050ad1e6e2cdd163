#include <errno.h>
#include <string.h>

#include "lib/h264/pkt.h"

void h264_depkt_reset(struct h264_depkt *d)
{
	d->len = 0;
	d->fu_start = 0;
	d->fu_open = false;
	d->key = false;
	d->has_picture = false;
	d->damaged = false;
}


static void fu_drop(struct h264_depkt *d)
{
	if (!d->fu_open)
		return;
	d->len = d->fu_start;
	d->fu_open = false;
	d->damaged = true;
}


void h264_depkt_lost(struct h264_depkt *d)
{
	fu_drop(d);
	d->damaged = true;
}


void h264_depkt_end(struct h264_depkt *d)
{
	fu_drop(d);
}


static void note_type(struct h264_depkt *d, unsigned type)
{
	if (type >= H264_NAL_SLICE && type <= H264_NAL_IDR)
		d->has_picture = true;
	if (type == H264_NAL_IDR)
		d->key = true;
}


static int single_put(struct h264_depkt *d, const uint8_t *p, size_t len)
{
	struct h264_nal nal = { .p = p, .len = len };
	int err = h264_annexb_append(d->buf, &d->len, d->max, &nal);

	if (!err)
		note_type(d, h264_nal_type(p[0]));
	return err;
}


static int stap_put(struct h264_depkt *d, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	p++;
	if (p == end)
		return EBADMSG;
	while (p < end) {
		size_t n;
		unsigned type;
		int err;

		if (end - p < 3)
			return EBADMSG;
		n = (size_t)p[0] << 8 | p[1];
		p += 2;
		if (!n || n > (size_t)(end - p))
			return EBADMSG;
		type = h264_nal_type(p[0]);
		if (!type || type >= H264_NAL_STAP_A)
			return EBADMSG;
		err = single_put(d, p, n);
		if (err)
			return err;
		p += n;
	}
	return 0;
}


static int fu_begin(struct h264_depkt *d, const uint8_t *p)
{
	uint8_t header = (uint8_t)((p[0] & 0xe0) | (p[1] & 0x1f));
	struct h264_nal nal = { .p = &header, .len = 1 };
	size_t start = d->len;
	int err = h264_annexb_append(d->buf, &d->len, d->max, &nal);

	if (err)
		return err;
	d->fu_start = start;
	d->fu_open = true;
	return 0;
}


static int fu_put(struct h264_depkt *d, const uint8_t *p, size_t len)
{
	bool start, end;
	unsigned type;
	int err;

	if (len < 3)
		return EBADMSG;
	start = p[1] & 0x80;
	end = p[1] & 0x40;
	type = p[1] & 0x1f;
	if ((start && end) || !type || type >= H264_NAL_STAP_A)
		return EBADMSG;
	if (start) {
		fu_drop(d);
		err = fu_begin(d, p);
		if (err)
			return err;
	}
	else if (!d->fu_open ||
		 h264_nal_type(d->buf[d->fu_start + 4]) != type) {
		fu_drop(d);
		d->damaged = true;	/* its beginning was lost */
		return 0;
	}
	if (d->max - d->len < len - 2) {
		fu_drop(d);
		return EOVERFLOW;
	}
	memcpy(d->buf + d->len, p + 2, len - 2);
	d->len += len - 2;
	if (end) {
		d->fu_open = false;
		note_type(d, type);
	}
	return 0;
}


int h264_depkt_put(struct h264_depkt *d, const uint8_t *p, size_t len)
{
	unsigned type;
	int err;

	if (!len) {
		d->damaged = true;
		return EBADMSG;
	}
	type = h264_nal_type(p[0]);
	if (type == H264_NAL_FU_A) {
		err = fu_put(d, p, len);
	}
	else {
		fu_drop(d);
		if (type == H264_NAL_STAP_A)
			err = stap_put(d, p, len);
		else if (!type || type > H264_NAL_STAP_A)
			err = EBADMSG;
		else
			err = single_put(d, p, len);
	}
	if (err)
		d->damaged = true;
	return err;
}


static bool starts_picture(unsigned type, const uint8_t *body, size_t len)
{
	if (type >= H264_NAL_SEI && type <= H264_NAL_AUD)
		return true;
	/* first_mb_in_slice is 0: the Exp-Golomb code of a single one bit */
	return (type == H264_NAL_SLICE || type == 2 || type == H264_NAL_IDR) &&
		len && (body[0] & 0x80);
}


bool h264_payload_starts_picture(const uint8_t *p, size_t len)
{
	unsigned type = len ? h264_nal_type(p[0]) : 0;

	if (type == H264_NAL_FU_A)
		return len >= 3 && (p[1] & 0x80) &&
			starts_picture(p[1] & 0x1f, p + 2, len - 2);
	if (type == H264_NAL_STAP_A)
		return len >= 4 &&
			starts_picture(h264_nal_type(p[3]), p + 4, len - 4);
	return len && starts_picture(type, p + 1, len - 1);
}
