#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/sdp/sdp.h"


struct ctx {
	struct sdp *s;
	struct sdp_m *m;	/* NULL: session level */
	unsigned dir;		/* of the session */
	uint32_t bandwidth;
	bool tias;
};

/* RFC 3551 table 4 and 5: what needs no rtpmap here */
static const struct { int pt; const char *name; uint32_t rate; } statics[] = {
	{0, "PCMU", 8000}, {8, "PCMA", 8000}, {9, "G722", 8000},
};


static struct sdp_span trim(struct sdp_span s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}


/* Cut the first part off s, up to sep. */
static struct sdp_span cut(struct sdp_span *s, char sep)
{
	const char *e = s->n ? memchr(s->p, sep, s->n) : NULL;
	struct sdp_span head = *s;

	if (e) {
		head.n = (size_t)(e - s->p);
		s->p = e + 1;
		s->n -= head.n + 1;
	}
	else {
		s->p += s->n;
		s->n = 0;
	}
	return head;
}


static struct sdp_span word(struct sdp_span *s)
{
	*s = trim(*s);
	return cut(s, ' ');
}


bool sdp_span_is(struct sdp_span s, const char *str)
{
	return s.n == strlen(str) && !strncasecmp(s.p, str, s.n);
}


static bool number(struct sdp_span s, uint32_t max, uint32_t *v)
{
	uint64_t n = 0;

	if (!s.n || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (n > max)
		return false;
	*v = (uint32_t)n;
	return true;
}


bool sdp_fmtp_get(struct sdp_span fmtp, const char *key, struct sdp_span *val)
{
	while (fmtp.n) {
		struct sdp_span v = cut(&fmtp, ';');
		struct sdp_span k = trim(cut(&v, '='));

		if (sdp_span_is(k, key)) {
			*val = trim(v);
			return true;
		}
	}
	return false;
}


/* "IN IP4 10.0.0.1[/ttl]"; a name instead of an address leaves family 0 */
static void address(struct ip_addr *a, struct sdp_span s)
{
	struct sdp_span net = word(&s), type = word(&s), host;
	char buf[IP_STRLEN];

	memset(a, 0, sizeof(*a));
	host = word(&s);
	host = cut(&host, '/');
	if (!sdp_span_is(net, "IN") || host.n >= sizeof(buf))
		return;
	memcpy(buf, host.p, host.n);
	buf[host.n] = '\0';
	if (ip_parse(a, buf) || (a->family == 6) != sdp_span_is(type, "IP6"))
		memset(a, 0, sizeof(*a));
}


static void format_add(struct sdp_m *m, int pt)
{
	struct sdp_fmt *f;

	for (size_t i = 0; i < m->nfmt; i++)
		if (m->fmtv[i].pt == pt)
			return;
	if (m->nfmt == SDP_FORMATS_MAX)
		return;

	f = &m->fmtv[m->nfmt++];
	*f = (struct sdp_fmt){ .pt = pt, .channels = 1 };
	for (size_t i = 0; i < sizeof(statics) / sizeof(statics[0]); i++)
		if (statics[i].pt == pt) {
			f->name = (struct sdp_span){statics[i].name, 4};
			f->rate = statics[i].rate;
		}
}


static enum sdp_proto proto_of(struct sdp_span s)
{
	static const char *const v[] = {"", "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"};

	for (unsigned i = 1; i < sizeof(v) / sizeof(v[0]); i++)
		if (sdp_span_is(s, v[i]))
			return (enum sdp_proto)i;
	return SDP_PROTO_OTHER;
}


static int m_line(struct ctx *c, struct sdp_span s)
{
	struct sdp_span port, w;
	struct sdp_m *m;
	uint32_t n;

	if (c->s->nm == SDP_MEDIA_MAX)
		return EOVERFLOW;

	m = c->m = &c->s->mv[c->s->nm];
	memset(m, 0, sizeof(*m));
	m->type = word(&s);
	m->kind = sdp_span_is(m->type, "audio") ? SDP_AUDIO :
		sdp_span_is(m->type, "video") ? SDP_VIDEO : SDP_OTHER;
	w = word(&s);
	port = cut(&w, '/');
	m->proto_str = word(&s);
	m->proto = proto_of(m->proto_str);
	m->fmts = trim(s);
	if (!m->type.n || !m->proto_str.n || !m->fmts.n || !number(port, 65535, &n))
		return EBADMSG;

	m->port = (uint16_t)n;
	m->addr = c->s->addr;
	m->dir = c->dir;
	c->tias = false;
	c->s->nm++;
	for (s = m->fmts; m->proto != SDP_PROTO_OTHER && s.n;) {
		if (!number(word(&s), 127, &n))
			return EBADMSG;
		format_add(m, (int)n);
	}
	return 0;
}


static void b_line(struct ctx *c, struct sdp_span s)
{
	struct sdp_span type = cut(&s, ':');
	uint32_t *bw = c->m ? &c->m->bandwidth : &c->bandwidth;
	uint32_t n;

	s = trim(s);
	if (sdp_span_is(type, "TIAS") && number(s, UINT32_MAX, &n)) {
		*bw = n;
		c->tias = true;
	}
	else if (sdp_span_is(type, "AS") && !c->tias && number(s, UINT32_MAX / 1000, &n))
		*bw = n * 1000;
}


static struct sdp_fmt *format_of(struct sdp_m *m, struct sdp_span pt)
{
	uint32_t n;

	if (!number(pt, 127, &n))
		return NULL;
	for (size_t i = 0; i < m->nfmt; i++)
		if (m->fmtv[i].pt == (int)n)
			return &m->fmtv[i];
	return NULL;
}


static int a_rtpmap(struct sdp_m *m, struct sdp_span s)
{
	struct sdp_fmt *f = format_of(m, word(&s));
	struct sdp_span name, rate;
	uint32_t n, ch = 1;

	s = trim(s);
	name = cut(&s, '/');
	rate = cut(&s, '/');
	if (!name.n || !number(rate, 1000000, &n) || !n || (s.n && !number(s, 64, &ch)))
		return EBADMSG;
	if (f) {
		f->name = name;
		f->rate = n;
		f->channels = ch;
	}
	return 0;
}


static int a_fmtp(struct sdp_m *m, struct sdp_span s)
{
	struct sdp_fmt *f = format_of(m, word(&s));

	if (f)
		f->fmtp = trim(s);
	return 0;
}


static int a_rtcp(struct sdp_m *m, struct sdp_span s)
{
	uint32_t n;

	if (!number(word(&s), 65535, &n))
		return EBADMSG;
	m->rtcp_port = (uint16_t)n;
	if (trim(s).n)
		address(&m->rtcp_addr, s);
	return 0;
}


static int a_rtcp_fb(struct sdp_m *m, struct sdp_span s)
{
	struct sdp_span pt = word(&s), what = word(&s), sub = word(&s);
	struct sdp_fmt *f = format_of(m, pt);
	unsigned bit = 0;

	if (sdp_span_is(what, "nack") && sdp_span_is(sub, "pli"))
		bit = SDP_FB_PLI;
	else if (sdp_span_is(what, "ccm") && sdp_span_is(sub, "fir"))
		bit = SDP_FB_FIR;

	if (sdp_span_is(pt, "*"))
		m->fb |= bit;
	else if (f)
		f->fb |= bit;
	return 0;
}


/* One key a line is what we take; MKI and session parameters that change
 * the packets make the line unusable, which is not an error of the text. */
static int a_crypto(struct sdp_m *m, struct sdp_span s)
{
	struct sdp_span tag = word(&s), suite = word(&s), key = word(&s), method;
	struct sdp_span mki, lifetime;
	struct sdp_crypto_attr *a;
	uint32_t n;

	if (!number(tag, 999999999, &n) || !suite.n || !key.n)
		return EBADMSG;
	method = cut(&key, ':');
	if (!sdp_span_is(method, "inline") || trim(s).n || memchr(key.p, ';', key.n))
		return 0;
	mki = key;
	key = cut(&mki, '|');
	lifetime = cut(&mki, '|');
	if (mki.n || (lifetime.n && memchr(lifetime.p, ':', lifetime.n)))
		return 0;
	if (m->ncrypto == SDP_CRYPTO_MAX)
		return 0;

	a = &m->cryptov[m->ncrypto++];
	a->tag = n;
	a->suite = suite;
	a->key = key;
	return 0;
}


static int a_ptime(struct sdp_m *m, struct sdp_span s)
{
	uint32_t n;

	if (number(trim(s), 1000, &n))
		m->ptime = n;
	return 0;
}


static int a_rtcp_mux(struct sdp_m *m, struct sdp_span s)
{
	m->rtcp_mux = true;
	return 0;
}


static int a_content(struct sdp_m *m, struct sdp_span s)
{
	m->content = trim(s);
	return 0;
}


static int a_label(struct sdp_m *m, struct sdp_span s)
{
	m->label = trim(s);
	return 0;
}


static const struct {
	const char *name;
	int (*h)(struct sdp_m *m, struct sdp_span val);
} attrs[] = {
	{"rtpmap", a_rtpmap}, {"fmtp", a_fmtp}, {"rtcp", a_rtcp}, {"rtcp-fb", a_rtcp_fb},
	{"crypto", a_crypto}, {"ptime", a_ptime}, {"rtcp-mux", a_rtcp_mux},
	{"content", a_content}, {"label", a_label},
};


static int a_line(struct ctx *c, struct sdp_span s)
{
	static const char *const dirs[] = {"inactive", "recvonly", "sendonly", "sendrecv"};
	struct sdp_span name = trim(cut(&s, ':'));

	for (unsigned i = 0; i < 4; i++)
		if (sdp_span_is(name, dirs[i])) {
			*(c->m ? &c->m->dir : &c->dir) = i;
			return 0;
		}
	if (!c->m)
		return 0;
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (sdp_span_is(name, attrs[i].name))
			return attrs[i].h(c->m, s);
	return 0;
}


static int line(struct ctx *c, char type, struct sdp_span val)
{
	switch (type) {

	case 'c':
		address(c->m ? &c->m->addr : &c->s->addr, val);
		return 0;
	case 'm':
		return m_line(c, val);
	case 'b':
		b_line(c, val);
		return 0;
	case 'a':
		return a_line(c, val);
	default:
		return 0;
	}
}


int sdp_decode_text(struct sdp *s, const char *p, size_t len)
{
	struct ctx c = { .s = s, .dir = SDP_RECV | SDP_SEND };
	struct sdp_span text = {p, len}, l;

	memset(s, 0, sizeof(*s));
	if (len > SDP_TEXT_MAX)
		return EOVERFLOW;
	if (!len || memchr(p, '\0', len))
		return EBADMSG;
	l = trim(cut(&text, '\n'));
	if (!sdp_span_is(l, "v=0"))
		return EBADMSG;

	while (text.n) {
		int err;

		l = trim(cut(&text, '\n'));
		if (!l.n)
			continue;
		if (l.n < 2 || l.p[1] != '=')
			return EBADMSG;
		err = line(&c, l.p[0], (struct sdp_span){l.p + 2, l.n - 2});
		if (err)
			return err;
	}

	for (size_t i = 0; i < s->nm; i++)
		if (!s->mv[i].bandwidth)
			s->mv[i].bandwidth = c.bandwidth;
	return 0;
}
