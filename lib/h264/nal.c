#include "lib/h264/nal.h"

#include <errno.h>
#include <string.h>

/* The next 00 00 01 at or after p, or end. */
static const uint8_t *start_code(const uint8_t *p, const uint8_t *end)
{
	while (end - p >= 3) {
		const uint8_t *one = memchr(p + 2, 1, (size_t)(end - p - 2));

		if (!one)
			return end;
		if (!one[-1] && !one[-2])
			return one - 2;
		p = one - 1;
	}
	return end;
}


void h264_annexb_begin(struct h264_nal_iter *it, const uint8_t *p, size_t len)
{
	*it = (struct h264_nal_iter){ .p = p, .end = p + len };
	it->p = start_code(p, it->end);
}


void h264_avcc_begin(struct h264_nal_iter *it, const uint8_t *p, size_t len,
		     unsigned len_size)
{
	*it = (struct h264_nal_iter){
		.p = p, .end = p + len, .len_size = len_size,
	};
	if (len_size != 1 && len_size != 2 && len_size != 4)
		it->err = EBADMSG;
}


static bool next_annexb(struct h264_nal_iter *it, struct h264_nal *nal)
{
	while (it->end - it->p > 3) {
		const uint8_t *p = it->p + 3;
		const uint8_t *stop = start_code(p, it->end);

		it->p = stop;
		while (stop > p && !stop[-1])
			stop--;
		if (stop > p) {
			nal->p = p;
			nal->len = (size_t)(stop - p);
			return true;
		}
	}
	return false;
}


static bool next_avcc(struct h264_nal_iter *it, struct h264_nal *nal)
{
	while (!it->err && it->p < it->end) {
		size_t left = (size_t)(it->end - it->p);
		size_t n = 0;

		if (left < it->len_size)
			break;
		for (unsigned i = 0; i < it->len_size; i++)
			n = n << 8 | it->p[i];
		if (n > left - it->len_size)
			break;
		nal->p = it->p + it->len_size;
		nal->len = n;
		it->p = nal->p + n;
		if (n)
			return true;
	}
	if (it->p < it->end)
		it->err = EBADMSG;
	return false;
}


bool h264_nal_next(struct h264_nal_iter *it, struct h264_nal *nal)
{
	return it->len_size ? next_avcc(it, nal) : next_annexb(it, nal);
}


bool h264_annexb_is_key(const uint8_t *p, size_t len)
{
	struct h264_nal_iter it;
	struct h264_nal nal;

	h264_annexb_begin(&it, p, len);
	while (h264_nal_next(&it, &nal)) {
		if (h264_nal_type(nal.p[0]) == H264_NAL_IDR)
			return true;
	}
	return false;
}


int h264_annexb_append(uint8_t *dst, size_t *len, size_t max,
		       const struct h264_nal *nal)
{
	static const uint8_t start[4] = { 0, 0, 0, 1 };

	if (max < *len || max - *len < sizeof(start) ||
	    max - *len - sizeof(start) < nal->len)
		return EOVERFLOW;
	memcpy(dst + *len, start, sizeof(start));
	memcpy(dst + *len + sizeof(start), nal->p, nal->len);
	*len += sizeof(start) + nal->len;
	return 0;
}


int h264_avcc_to_annexb(uint8_t *dst, size_t *len, size_t max,
			const uint8_t *src, size_t src_len, unsigned len_size)
{
	struct h264_nal_iter it;
	struct h264_nal nal;

	h264_avcc_begin(&it, src, src_len, len_size);
	while (h264_nal_next(&it, &nal)) {
		int err = h264_annexb_append(dst, len, max, &nal);

		if (err)
			return err;
	}
	return it.err;
}


/* One counted list of parameter sets, each with a 16-bit length. */
static int sets_parse(struct h264_nal *v, size_t *n, unsigned count,
		      const uint8_t **pp, const uint8_t *end)
{
	const uint8_t *p = *pp;

	if (count > H264_AVCC_MAX_SETS)
		return EOVERFLOW;
	for (*n = 0; *n < count; (*n)++) {
		size_t len;

		if (end - p < 2)
			return ENODATA;
		len = (size_t)p[0] << 8 | p[1];
		p += 2;
		if (!len)
			return EBADMSG;
		if ((size_t)(end - p) < len)
			return ENODATA;
		v[*n] = (struct h264_nal){ .p = p, .len = len };
		p += len;
	}
	*pp = p;
	return 0;
}


int h264_avcc_config_parse(struct h264_avcc_config *c, const uint8_t *p,
			   size_t len)
{
	const uint8_t *end = p + len;
	int err;

	memset(c, 0, sizeof(*c));
	if (len < 7)
		return ENODATA;
	if (p[0] != 1)
		return EBADMSG;
	c->profile_idc = p[1];
	c->constraints = p[2];
	c->level_idc = p[3];
	c->len_size = (p[4] & 3u) + 1;
	if (c->len_size == 3)
		return EBADMSG;
	p += 6;
	err = sets_parse(c->sps, &c->nsps, p[-1] & 0x1f, &p, end);
	if (err)
		return err;
	if (p == end)
		return ENODATA;
	p++;
	return sets_parse(c->pps, &c->npps, p[-1], &p, end);
}
