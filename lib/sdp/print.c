#include <inttypes.h>

#include "lib/sdp/sdp.h"


static void span(struct sbuf *sb, struct sdp_span s)
{
	sbuf_put(sb, s.p, s.n);
}


static void address(struct sbuf *sb, const struct ip_addr *a)
{
	char buf[IP_STRLEN];

	sbuf_printf(sb, "IN IP%c %s", a->family == 6 ? '6' : '4', ip_str(a, buf));
}


static void format(struct sbuf *sb, const struct sdp_fmt *f)
{
	sbuf_printf(sb, "a=rtpmap:%d ", f->pt);
	span(sb, f->name);
	sbuf_printf(sb, "/%u", f->rate);
	if (f->channels > 1)
		sbuf_printf(sb, "/%u", f->channels);
	sbuf_puts(sb, "\r\n");
	if (f->fmtp.n) {
		sbuf_printf(sb, "a=fmtp:%d ", f->pt);
		span(sb, f->fmtp);
		sbuf_puts(sb, "\r\n");
	}
}


static void refused(struct sbuf *sb, const struct sdp_m *m)
{
	sbuf_puts(sb, "m=");
	span(sb, m->type);
	sbuf_puts(sb, " 0 ");
	span(sb, m->proto_str);
	sbuf_putc(sb, ' ');
	span(sb, m->fmts);
	sbuf_puts(sb, "\r\n");
}


static void keys(struct sbuf *sb, const struct sdp_m *m)
{
	for (size_t i = 0; i < m->ncrypto; i++) {
		sbuf_printf(sb, "a=crypto:%u ", m->cryptov[i].tag);
		span(sb, m->cryptov[i].suite);
		sbuf_puts(sb, " inline:");
		span(sb, m->cryptov[i].key);
		sbuf_puts(sb, "\r\n");
	}
}


static void tagged(struct sbuf *sb, const char *name, struct sdp_span val)
{
	if (!val.n)
		return;
	sbuf_printf(sb, "a=%s:", name);
	span(sb, val);
	sbuf_puts(sb, "\r\n");
}


static void media(struct sbuf *sb, const struct sdp *s, const struct sdp_m *m)
{
	static const char *const dirs[] = {"inactive", "recvonly", "sendonly", "sendrecv"};

	sbuf_puts(sb, "m=");
	span(sb, m->type);
	sbuf_printf(sb, " %u ", m->port);
	span(sb, m->proto_str);
	for (size_t i = 0; i < m->nfmt; i++)
		sbuf_printf(sb, " %d", m->fmtv[i].pt);
	sbuf_puts(sb, "\r\n");
	if (m->addr.family && ip_cmp(&m->addr, &s->addr)) {
		sbuf_puts(sb, "c=");
		address(sb, &m->addr);
		sbuf_puts(sb, "\r\n");
	}
	if (m->bandwidth)
		sbuf_printf(sb, "b=AS:%u\r\nb=TIAS:%u\r\n",
			    m->bandwidth / 1000 + (m->bandwidth % 1000 != 0), m->bandwidth);
	for (size_t i = 0; i < m->nfmt; i++)
		format(sb, &m->fmtv[i]);
	if (m->rtcp_port)
		sbuf_printf(sb, "a=rtcp:%u\r\n", m->rtcp_port);
	keys(sb, m);
	if (m->fb & SDP_FB_PLI)
		sbuf_puts(sb, "a=rtcp-fb:* nack pli\r\n");
	if (m->fb & SDP_FB_FIR)
		sbuf_puts(sb, "a=rtcp-fb:* ccm fir\r\n");
	if (m->ptime)
		sbuf_printf(sb, "a=ptime:%u\r\n", m->ptime);
	tagged(sb, "content", m->content);
	tagged(sb, "label", m->label);
	sbuf_printf(sb, "a=%s\r\n", dirs[m->dir & 3]);
}


void sdp_print(struct sbuf *sb, const struct sdp *s)
{
	sbuf_printf(sb, "v=0\r\no=- %" PRIu64 " %" PRIu64 " ", s->id, s->version);
	address(sb, &s->addr);
	sbuf_puts(sb, "\r\ns=Visavis\r\nc=");
	address(sb, &s->addr);
	sbuf_puts(sb, "\r\nt=0 0\r\n");
	for (size_t i = 0; i < s->nm; i++) {
		if (s->mv[i].port)
			media(sb, s, &s->mv[i]);
		else
			refused(sb, &s->mv[i]);
	}
}
