#include <errno.h>
#include <string.h>

#include "lib/h264/pkt.h"

struct packetiser {
	size_t max;
	unsigned mode;
	h264_payload_h *h;
	void *arg;
	uint8_t stap[H264_PAYLOAD_MAX];
	size_t stap_len;	/* 0: nothing collected */
	unsigned stap_n;
};

/* The walk shows only what travels: delimiters and filler do not. */
static bool next_unit(struct h264_nal_iter *it, struct h264_nal *nal)
{
	while (h264_nal_next(it, nal)) {
		unsigned type = h264_nal_type(nal->p[0]);

		if (type >= 1 && type < H264_NAL_STAP_A &&
		    type != H264_NAL_AUD && type != H264_NAL_FILLER)
			return true;
	}
	return false;
}


static int flush(struct packetiser *pk, bool last)
{
	const uint8_t *p = pk->stap;
	size_t len = pk->stap_len;

	if (!len)
		return 0;
	if (pk->stap_n == 1) {		/* alone it needs no STAP-A */
		p += 3;
		len -= 3;
	}
	pk->stap_len = 0;
	pk->stap_n = 0;
	return pk->h(p, len, last, pk->arg);
}


/* F is the OR, NRI the maximum of the units inside (RFC 6184 5.7). */
static void collect(struct packetiser *pk, const struct h264_nal *nal)
{
	uint8_t *p;

	if (!pk->stap_len) {
		pk->stap[0] = H264_NAL_STAP_A;
		pk->stap_len = 1;
	}
	pk->stap[0] |= nal->p[0] & 0x80;
	if ((nal->p[0] & 0x60) > (pk->stap[0] & 0x60))
		pk->stap[0] = (uint8_t)((pk->stap[0] & ~0x60) |
					(nal->p[0] & 0x60));
	p = pk->stap + pk->stap_len;
	p[0] = (uint8_t)(nal->len >> 8);
	p[1] = (uint8_t)nal->len;
	memcpy(p + 2, nal->p, nal->len);
	pk->stap_len += 2 + nal->len;
	pk->stap_n++;
}


static int fragment(struct packetiser *pk, const struct h264_nal *nal,
		    bool last)
{
	const uint8_t *p = nal->p + 1;
	size_t left = nal->len - 1;
	size_t room = pk->max - 2;
	size_t parts = (left + room - 1) / room;
	uint8_t *out = pk->stap;	/* empty here */
	bool first = true;

	while (left) {
		size_t n = (left + parts - 1) / parts;
		int err;

		out[0] = (nal->p[0] & 0xe0) | H264_NAL_FU_A;
		out[1] = (uint8_t)((first ? 0x80 : 0) |
				   (n == left ? 0x40 : 0) |
				   (nal->p[0] & 0x1f));
		memcpy(out + 2, p, n);
		err = pk->h(out, n + 2, last && n == left, pk->arg);
		if (err)
			return err;
		p += n;
		left -= n;
		parts--;
		first = false;
	}
	return 0;
}


static int unit_put(struct packetiser *pk, const struct h264_nal *nal,
		    bool last)
{
	size_t used = pk->stap_len ? pk->stap_len : 1;
	int err;

	if (pk->mode == 1 && used + 2 + nal->len <= pk->max) {
		collect(pk, nal);
		return last ? flush(pk, true) : 0;
	}
	err = flush(pk, false);
	if (err)
		return err;
	if (nal->len > pk->max)
		return fragment(pk, nal, last);
	if (pk->mode == 1 && 3 + nal->len <= pk->max && !last) {
		collect(pk, nal);
		return 0;
	}
	return pk->h(nal->p, nal->len, last, pk->arg);
}


static bool all_fit(const uint8_t *au, size_t len, size_t max)
{
	struct h264_nal_iter it;
	struct h264_nal nal;

	h264_annexb_begin(&it, au, len);
	while (next_unit(&it, &nal)) {
		if (nal.len > max)
			return false;
	}
	return true;
}


int h264_packetise(const uint8_t *au, size_t len, unsigned mode, size_t max,
		   h264_payload_h *h, void *arg)
{
	struct packetiser pk = { .max = max, .mode = mode, .h = h, .arg = arg };
	struct h264_nal_iter it;
	struct h264_nal nal, next;
	bool more;

	if (mode > 1 || max < 64 || max > H264_PAYLOAD_MAX)
		return EINVAL;
	if (mode == 0 && !all_fit(au, len, max))
		return EMSGSIZE;
	h264_annexb_begin(&it, au, len);
	if (!next_unit(&it, &nal))
		return ENODATA;
	do {
		int err;

		more = next_unit(&it, &next);
		err = unit_put(&pk, &nal, !more);
		if (err)
			return err;
		nal = next;
	} while (more);
	return 0;
}


static int count_h(const uint8_t *payload, size_t len, bool marker, void *arg)
{
	size_t *n = arg;

	(*n)++;
	return 0;
}


size_t h264_packet_count(const uint8_t *au, size_t len, unsigned mode,
			 size_t max)
{
	size_t n = 0;

	return h264_packetise(au, len, mode, max, count_h, &n) ? 0 : n;
}
