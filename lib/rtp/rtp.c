#include "lib/rtp/rtp.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"

static int ext_parse(struct rtp_header *h, size_t *pos, const uint8_t *p,
		     size_t len)
{
	if (len - *pos < 4)
		return ENODATA;
	h->ext_profile = get16(p + *pos);
	h->ext_len = (size_t)get16(p + *pos + 2) * 4;
	*pos += 4;
	if (len - *pos < h->ext_len)
		return ENODATA;
	h->ext_data = p + *pos;
	*pos += h->ext_len;
	return 0;
}


int rtp_header_parse(struct rtp_header *h, size_t *header_len,
		     const uint8_t *p, size_t len)
{
	size_t pos = RTP_HEADER_SIZE;
	int err;

	memset(h, 0, sizeof(*h));
	if (len < RTP_HEADER_SIZE)
		return ENODATA;
	if (p[0] >> 6 != 2)
		return EBADMSG;
	h->padding = p[0] & 0x20;
	h->ext = p[0] & 0x10;
	h->ncsrc = p[0] & 0x0f;
	h->marker = p[1] & 0x80;
	h->pt = p[1] & 0x7f;
	h->seq = get16(p + 2);
	h->ts = get32(p + 4);
	h->ssrc = get32(p + 8);
	if (len - pos < 4 * h->ncsrc)
		return ENODATA;
	for (unsigned i = 0; i < h->ncsrc; i++, pos += 4)
		h->csrc[i] = get32(p + pos);
	if (h->ext) {
		err = ext_parse(h, &pos, p, len);
		if (err)
			return err;
	}
	*header_len = pos;
	return 0;
}


int rtp_parse(struct rtp_packet *pkt, const uint8_t *p, size_t len)
{
	int err;

	memset(pkt, 0, sizeof(*pkt));
	err = rtp_header_parse(&pkt->hdr, &pkt->header_len, p, len);
	if (err)
		return err;
	pkt->payload = p + pkt->header_len;
	pkt->payload_len = len - pkt->header_len;
	if (!pkt->hdr.padding)
		return 0;
	if (!pkt->payload_len)
		return EBADMSG;
	pkt->pad_len = p[len - 1];
	if (!pkt->pad_len || pkt->pad_len > pkt->payload_len)
		return EBADMSG;
	pkt->payload_len -= pkt->pad_len;
	return 0;
}


int rtp_header_write(uint8_t *dst, size_t *len, size_t max,
		     const struct rtp_header *h)
{
	size_t need = RTP_HEADER_SIZE + 4 * h->ncsrc;
	uint8_t *p = dst;

	if (h->pt > 127 || h->ncsrc > RTP_MAX_CSRC || h->ext_len % 4 ||
	    h->ext_len / 4 > UINT16_MAX)
		return EINVAL;
	if (h->ext)
		need += 4 + h->ext_len;
	if (need > max)
		return EOVERFLOW;
	p[0] = (uint8_t)(0x80 | (h->padding ? 0x20 : 0) |
			 (h->ext ? 0x10 : 0) | h->ncsrc);
	p[1] = (uint8_t)((h->marker ? 0x80 : 0) | h->pt);
	put16(p + 2, h->seq);
	put32(p + 4, h->ts);
	put32(p + 8, h->ssrc);
	p += RTP_HEADER_SIZE;
	for (unsigned i = 0; i < h->ncsrc; i++, p += 4)
		put32(p, h->csrc[i]);
	if (h->ext) {
		put16(p, h->ext_profile);
		put16(p + 2, (uint16_t)(h->ext_len / 4));
		if (h->ext_len)
			memcpy(p + 4, h->ext_data, h->ext_len);
	}
	*len = need;
	return 0;
}


bool rtp_is_rtcp(const uint8_t *p, size_t len)
{
	return len >= 2 && p[0] >> 6 == 2 && p[1] >= 192 && p[1] <= 223;
}


bool rtp_ext_find(const struct rtp_header *h, uint8_t id, const uint8_t **data,
		  size_t *len)
{
	const uint8_t *p = h->ext_data;
	const uint8_t *end;
	bool one = h->ext_profile == 0xbede;

	if (!h->ext || !h->ext_len || !id || (!one && (h->ext_profile & 0xfff0) != 0x1000))
		return false;
	end = p + h->ext_len;
	while (p < end) {
		uint8_t e;
		size_t n;

		if (!*p) {		/* padding between elements */
			p++;
			continue;
		}
		e = one ? *p >> 4 : *p;
		if (one && e == 15)
			return false;
		if (!one && end - p < 2)
			return false;
		n = one ? (*p & 0x0fu) + 1 : p[1];
		p += one ? 1 : 2;
		if ((size_t)(end - p) < n)
			return false;
		if (e == id) {
			*data = p;
			*len = n;
			return true;
		}
		p += n;
	}
	return false;
}
