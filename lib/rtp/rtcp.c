#include "lib/rtp/rtcp.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"

enum { REPORT_SIZE = 24, SENDER_SIZE = 20 };

int rtcp_begin(struct rtcp_iter *it, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	*it = (struct rtcp_iter){ .p = p, .end = end };
	if (len < 8)
		return ENODATA;
	if (p[1] != RTCP_SR && p[1] != RTCP_RR)
		return EBADMSG;
	while (p < end) {
		size_t size;

		if (end - p < 4)
			return EBADMSG;
		size = 4 * ((size_t)get16(p + 2) + 1);
		if (p[0] >> 6 != 2 || size > (size_t)(end - p))
			return EBADMSG;
		if ((p[0] & 0x20) && size != (size_t)(end - p))
			return EBADMSG;
		p += size;
	}
	return 0;
}


static int32_t signed24(const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

	return v & 0x800000 ? (int32_t)v - 0x1000000 : (int32_t)v;
}


static void report_parse(struct rtcp_report *r, const uint8_t *p)
{
	r->ssrc = get32(p);
	r->fraction = p[4];
	r->lost = signed24(p + 5);
	r->max_seq = get32(p + 8);
	r->jitter = get32(p + 12);
	r->lsr = get32(p + 16);
	r->dlsr = get32(p + 20);
}


static int reports_decode(struct rtcp_packet *pkt, const uint8_t *p,
			  size_t len)
{
	if (len < (size_t)pkt->count * REPORT_SIZE)
		return EBADMSG;
	for (pkt->n = 0; pkt->n < pkt->count; pkt->n++)
		report_parse(&pkt->u.report.v[pkt->n],
			     p + pkt->n * REPORT_SIZE);
	return 0;
}


static int sr_decode(struct rtcp_packet *pkt, const uint8_t *p, size_t len)
{
	struct rtcp_sender *s = &pkt->u.report.sender;

	if (len < 4 + SENDER_SIZE)
		return EBADMSG;
	s->ntp = get64(p + 4);
	s->rtp_ts = get32(p + 12);
	s->packets = get32(p + 16);
	s->octets = get32(p + 20);
	return reports_decode(pkt, p + 4 + SENDER_SIZE, len - 4 - SENDER_SIZE);
}


static int rr_decode(struct rtcp_packet *pkt, const uint8_t *p, size_t len)
{
	if (len < 4)
		return EBADMSG;
	return reports_decode(pkt, p + 4, len - 4);
}


/* One chunk: SSRC, items, then zeros up to a multiple of four. */
static int chunk_decode(struct rtcp_sdes_chunk *c, const uint8_t **pp,
			const uint8_t *start, const uint8_t *end)
{
	const uint8_t *p = *pp;

	if (end - p < 4)
		return EBADMSG;
	*c = (struct rtcp_sdes_chunk){ .ssrc = get32(p) };
	p += 4;
	while (p < end && *p) {
		if (end - p < 2 || end - p - 2 < p[1])
			return EBADMSG;
		if (*p == 1 && !c->cname) {
			c->cname = p + 2;
			c->cname_len = p[1];
		}
		p += 2 + p[1];
	}
	if (p == end)
		return EBADMSG;
	p += 4 - (p - start) % 4;
	if (p > end)
		return EBADMSG;
	*pp = p;
	return 0;
}


static int sdes_decode(struct rtcp_packet *pkt, const uint8_t *p, size_t len)
{
	const uint8_t *start = p, *end = p + len;

	for (pkt->n = 0; pkt->n < pkt->count; pkt->n++) {
		int err = chunk_decode(&pkt->u.sdes[pkt->n], &p, start, end);

		if (err)
			return err;
	}
	return 0;
}


static int bye_decode(struct rtcp_packet *pkt, const uint8_t *p, size_t len)
{
	size_t pos = 4 * (size_t)pkt->count;

	if (len < pos)
		return EBADMSG;
	for (pkt->n = 0; pkt->n < pkt->count; pkt->n++)
		pkt->u.bye.ssrc[pkt->n] = get32(p + 4 * pkt->n);
	if (len == pos)
		return 0;
	if (len - pos - 1 < p[pos])
		return EBADMSG;
	pkt->u.bye.reason = p + pos + 1;
	pkt->u.bye.reason_len = p[pos];
	return 0;
}


static int app_decode(struct rtcp_packet *pkt, const uint8_t *p, size_t len)
{
	if (len < 8)
		return EBADMSG;
	memcpy(pkt->u.app.name, p + 4, 4);
	pkt->u.app.data = p + 8;
	pkt->u.app.len = len - 8;
	return 0;
}


static void nack_entry(struct rtcp_packet *pkt, size_t i, const uint8_t *p)
{
	pkt->u.nack[i].pid = get16(p);
	pkt->u.nack[i].blp = get16(p + 2);
}


static void fir_entry(struct rtcp_packet *pkt, size_t i, const uint8_t *p)
{
	pkt->u.fir[i].ssrc = get32(p);
	pkt->u.fir[i].seq = p[4];
}


static void tmmbr_entry(struct rtcp_packet *pkt, size_t i, const uint8_t *p)
{
	uint32_t v = get32(p + 4);
	unsigned exp = v >> 26;
	uint64_t mantissa = (v >> 9) & 0x1ffff;

	pkt->u.tmmbr[i].ssrc = get32(p);
	pkt->u.tmmbr[i].bitrate = exp > 46 ? UINT64_MAX : mantissa << exp;
	pkt->u.tmmbr[i].overhead = v & 0x1ff;
}


static const struct {
	uint8_t type;
	uint8_t fmt;
	size_t size;
	void (*entry)(struct rtcp_packet *pkt, size_t i, const uint8_t *p);
} feedbacks[] = {
	{ RTCP_RTPFB, RTCP_FMT_NACK, 4, nack_entry },
	{ RTCP_RTPFB, RTCP_FMT_TMMBR, 8, tmmbr_entry },
	{ RTCP_RTPFB, RTCP_FMT_TMMBN, 8, tmmbr_entry },
	{ RTCP_PSFB, RTCP_FMT_FIR, 8, fir_entry },
};

static int fb_decode(struct rtcp_packet *pkt, const uint8_t *p, size_t len)
{
	if (len < 8)
		return EBADMSG;
	pkt->media = get32(p + 4);
	p += 8;
	len -= 8;
	for (size_t i = 0; i < sizeof(feedbacks) / sizeof(feedbacks[0]); i++) {
		size_t size = feedbacks[i].size;

		if (feedbacks[i].type != pkt->type ||
		    feedbacks[i].fmt != pkt->count)
			continue;
		if (len % size)
			return EBADMSG;
		for (; len && pkt->n < RTCP_MAX_ITEMS; p += size, len -= size)
			feedbacks[i].entry(pkt, pkt->n++, p);
	}
	return 0;
}


static int (*const decoders[])(struct rtcp_packet *, const uint8_t *,
			       size_t) = {
	[RTCP_SR - RTCP_SR] = sr_decode,
	[RTCP_RR - RTCP_SR] = rr_decode,
	[RTCP_SDES - RTCP_SR] = sdes_decode,
	[RTCP_BYE - RTCP_SR] = bye_decode,
	[RTCP_APP - RTCP_SR] = app_decode,
	[RTCP_RTPFB - RTCP_SR] = fb_decode,
	[RTCP_PSFB - RTCP_SR] = fb_decode,
};

bool rtcp_next(struct rtcp_iter *it, struct rtcp_packet *pkt)
{
	const uint8_t *p = it->p;
	size_t len;

	if (it->err || it->end - p < 4)
		return false;
	len = 4 * (size_t)get16(p + 2);
	if (len > (size_t)(it->end - p - 4)) {
		it->err = EBADMSG;
		return false;
	}
	it->p = p + 4 + len;
	memset(pkt, 0, sizeof(*pkt));
	pkt->type = p[1];
	pkt->count = p[0] & 0x1f;
	if (p[0] & 0x20) {
		uint8_t pad = len ? p[3 + len] : 0;

		if (!pad || pad % 4 || pad > len) {
			it->err = EBADMSG;
			return false;
		}
		len -= pad;
	}
	pkt->body = p + 4;
	pkt->body_len = len;
	if (len >= 4)
		pkt->ssrc = get32(p + 4);
	if (pkt->type >= RTCP_SR && pkt->type <= RTCP_PSFB)
		it->err = decoders[pkt->type - RTCP_SR](pkt, p + 4, len);
	return !it->err;
}
