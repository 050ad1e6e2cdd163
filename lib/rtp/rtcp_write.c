#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/rtp/rtcp.h"

#define NTP_UNIX_OFFSET 2208988800u	/* 1970 in seconds since 1900 */

/* Room for one packet of `size` bytes, header written; NULL: sticky error. */
static uint8_t *begin(struct rtcp_writer *w, uint8_t type, size_t count,
		      size_t size, uint32_t ssrc)
{
	uint8_t *p = w->p + w->len;

	if (w->err)
		return NULL;
	if (count > 31) {
		w->err = EINVAL;
		return NULL;
	}
	if (w->max - w->len < size) {
		w->err = EOVERFLOW;
		return NULL;
	}
	memset(p, 0, size);
	p[0] = (uint8_t)(0x80 | count);
	p[1] = type;
	put16(p + 2, (uint16_t)(size / 4 - 1));
	put32(p + 4, ssrc);
	w->len += size;
	return p;
}


static void report_write(uint8_t *p, const struct rtcp_report *r)
{
	put32(p, r->ssrc);
	put32(p + 4, (uint32_t)r->lost & 0xffffff);
	p[4] = r->fraction;
	put32(p + 8, r->max_seq);
	put32(p + 12, r->jitter);
	put32(p + 16, r->lsr);
	put32(p + 20, r->dlsr);
}


void rtcp_put_sr(struct rtcp_writer *w, uint32_t ssrc,
		 const struct rtcp_sender *s, const struct rtcp_report *v,
		 size_t n)
{
	uint8_t *p = begin(w, RTCP_SR, n, 28 + 24 * n, ssrc);

	if (!p)
		return;
	put64(p + 8, s->ntp);
	put32(p + 16, s->rtp_ts);
	put32(p + 20, s->packets);
	put32(p + 24, s->octets);
	for (size_t i = 0; i < n; i++)
		report_write(p + 28 + 24 * i, &v[i]);
}


void rtcp_put_rr(struct rtcp_writer *w, uint32_t ssrc,
		 const struct rtcp_report *v, size_t n)
{
	uint8_t *p = begin(w, RTCP_RR, n, 8 + 24 * n, ssrc);

	for (size_t i = 0; p && i < n; i++)
		report_write(p + 8 + 24 * i, &v[i]);
}


void rtcp_put_sdes(struct rtcp_writer *w, uint32_t ssrc, const char *cname)
{
	size_t len = strlen(cname);
	uint8_t *p;

	if (len > 255) {
		w->err = EINVAL;
		return;
	}
	/* item header, text, and at least one zero, up to four bytes */
	p = begin(w, RTCP_SDES, 1, 8 + (2 + len + 4) / 4 * 4, ssrc);
	if (!p)
		return;
	p[8] = 1;
	p[9] = (uint8_t)len;
	memcpy(p + 10, cname, len);
}


void rtcp_put_bye(struct rtcp_writer *w, uint32_t ssrc, const char *reason)
{
	size_t len = reason ? strlen(reason) : 0;
	uint8_t *p;

	if (len > 255) {
		w->err = EINVAL;
		return;
	}
	p = begin(w, RTCP_BYE, 1, 8 + (reason ? (1 + len + 3) / 4 * 4 : 0),
		  ssrc);
	if (!p || !reason)
		return;
	p[8] = (uint8_t)len;
	memcpy(p + 9, reason, len);
}


void rtcp_put_app(struct rtcp_writer *w, uint32_t ssrc, uint8_t subtype,
		  const char *name, const uint8_t *data, size_t len)
{
	uint8_t *p;

	if (len % 4 || len > 4096 || strlen(name) != 4) {
		w->err = EINVAL;
		return;
	}
	p = begin(w, RTCP_APP, subtype, 12 + len, ssrc);
	if (!p)
		return;
	memcpy(p + 8, name, 4);
	if (len)
		memcpy(p + 12, data, len);
}


void rtcp_put_nack(struct rtcp_writer *w, uint32_t ssrc, uint32_t media,
		   const struct rtcp_nack *v, size_t n)
{
	uint8_t *p = begin(w, RTCP_RTPFB, RTCP_FMT_NACK, 12 + 4 * n, ssrc);

	if (!p)
		return;
	put32(p + 8, media);
	for (size_t i = 0; i < n; i++) {
		put16(p + 12 + 4 * i, v[i].pid);
		put16(p + 14 + 4 * i, v[i].blp);
	}
}


void rtcp_put_pli(struct rtcp_writer *w, uint32_t ssrc, uint32_t media)
{
	uint8_t *p = begin(w, RTCP_PSFB, RTCP_FMT_PLI, 12, ssrc);

	if (p)
		put32(p + 8, media);
}


void rtcp_put_fir(struct rtcp_writer *w, uint32_t ssrc,
		  const struct rtcp_fir *v, size_t n)
{
	uint8_t *p = begin(w, RTCP_PSFB, RTCP_FMT_FIR, 12 + 8 * n, ssrc);

	for (size_t i = 0; p && i < n; i++) {
		put32(p + 12 + 8 * i, v[i].ssrc);
		p[16 + 8 * i] = v[i].seq;
	}
}


uint64_t rtcp_ntp_from_us(uint64_t us)
{
	uint64_t sec = us / 1000000 + NTP_UNIX_OFFSET;

	/* rounded up, so that the way back gives the same microsecond */
	return sec << 32 | (((us % 1000000) << 32) + 999999) / 1000000;
}


uint64_t rtcp_us_from_ntp(uint64_t ntp)
{
	uint64_t sec = ntp >> 32;

	/* a top bit of zero is the era that begins in 2036 (RFC 5905) */
	if (!(sec & 0x80000000u))
		sec += (uint64_t)1 << 32;
	return (sec - NTP_UNIX_OFFSET) * 1000000 +
		(((ntp & 0xffffffffu) * 1000000) >> 32);
}


uint64_t rtcp_rtt_us(const struct rtcp_report *r, uint64_t now)
{
	uint32_t mid = (uint32_t)(now >> 16);
	uint32_t rtt = mid - r->lsr - r->dlsr;

	if (!r->lsr || rtt & 0x80000000u)
		return 0;
	return ((uint64_t)rtt * 1000000) >> 16;
}
