#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/b64.h"
#include "lib/sdp/negotiate.h"

const struct neg_suite neg_suites[NEG_SUITES] = {
	{"AEAD_AES_128_GCM", 28},		/* RFC 7714: 16 + 12 */
	{"AES_CM_128_HMAC_SHA1_80", 30},	/* RFC 4568: 16 + 14 */
};


static struct sdp_span str(const char *s)
{
	return (struct sdp_span){s, strlen(s)};
}


static void copy(char *dst, size_t size, struct sdp_span s)
{
	size_t n = s.n < size - 1 ? s.n : size - 1;

	if (n)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
}


static int suite_of(const struct sdp_crypto_attr *a)
{
	for (int i = 0; i < NEG_SUITES; i++)
		if (sdp_span_is(a->suite, neg_suites[i].name))
			return i;
	return -1;
}


/* Does it hold exactly the master key and salt of the suite? */
static bool key_ok(struct sdp_span s, int suite)
{
	size_t want = neg_suites[suite].key_len, len = NEG_KEY_MAX;
	uint8_t key[NEG_KEY_MAX];

	return s.n == B64_LEN(want) && s.n < NEG_KEY64_MAX &&
		!b64_decode(key, &len, s.p, s.n) && len == want;
}


/* The peer's key that we take: our order of suites, its first of each. */
static const struct sdp_crypto_attr *crypto_pick(const struct sdp_m *m, int *suite)
{
	for (*suite = 0; *suite < NEG_SUITES; (*suite)++)
		for (size_t i = 0; i < m->ncrypto; i++)
			if (suite_of(&m->cryptov[i]) == *suite &&
			    key_ok(m->cryptov[i].key, *suite))
				return &m->cryptov[i];
	return NULL;
}


static bool proto_secure(enum sdp_proto p)
{
	return p == SDP_PROTO_SAVP || p == SDP_PROTO_SAVPF;
}


static bool codec_matches(const struct neg_codec *c, const struct sdp_fmt *f)
{
	if (!sdp_span_is(f->name, c->name) || f->rate != c->rate || f->channels != c->channels)
		return false;
	return strcasecmp(c->name, "H264") || neg_h264_match(str(c->fmtp), f->fmtp);
}


static const struct neg_codec *codec_find(const struct neg_caps *caps, enum sdp_kind kind,
					  const struct sdp_fmt *f)
{
	for (size_t i = 0; i < caps->n; i++)
		if (caps->v[i].kind == kind && codec_matches(&caps->v[i], f))
			return &caps->v[i];
	return NULL;
}


/* Our most preferred codec that the peer has. */
static const struct neg_codec *codec_pick(const struct neg_caps *caps, const struct sdp_m *m,
					  const struct sdp_fmt **fp)
{
	for (size_t i = 0; i < caps->n; i++) {
		if (caps->v[i].kind != m->kind)
			continue;
		for (size_t k = 0; k < m->nfmt; k++)
			if (codec_matches(&caps->v[i], &m->fmtv[k])) {
				*fp = &m->fmtv[k];
				return &caps->v[i];
			}
	}
	return NULL;
}


static bool addr_usable(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	if (a->family == 4)
		return a->b[0] < 224;	/* no multicast, no broadcast */
	return a->family == 6 && a->b[0] != 0xff && memcmp(a->b, zero, 16);
}


/* 0.0.0.0 is how RFC 2543 said hold. */
static bool addr_held(const struct ip_addr *a)
{
	return a->family == 4 && !a->b[0];
}


/* What stands against this m-line whatever its codecs, or NULL. */
static const char *unfit(const struct sdp_m *m, const struct neg_caps *caps,
			 const struct neg_call *call)
{
	uint16_t rtcp = m->rtcp_port ? m->rtcp_port : (uint16_t)(m->port + 1);

	if (m->kind == SDP_OTHER || !call->local[m->kind].open)
		return "media type not supported";
	if (!m->port)
		return "media refused";
	if (m->proto == SDP_PROTO_OTHER)
		return "transport profile not supported";
	if (caps->secure && !proto_secure(m->proto))
		return "SRTP required, plain RTP offered";
	if (!caps->secure && proto_secure(m->proto))
		return "plain RTP required, SRTP offered";
	if (m->addr.family != call->addr.family || !addr_usable(&m->addr) ||
	    (m->rtcp_addr.family && ip_cmp(&m->rtcp_addr, &m->addr)))
		return "media address not usable";
	if (!rtcp || rtcp == m->port ||
	    (caps->port_ok_h && (!caps->port_ok_h(m->port, caps->arg) ||
				 !caps->port_ok_h(rtcp, caps->arg))))
		return "media port outside the flow matrix";
	return NULL;
}


static void warn(struct neg_result *res, const char *why)
{
	if (why && !res->why[0])
		(void)snprintf(res->why, sizeof(res->why), "%s", why);
}


static bool has_kind(const struct neg_result *res, enum sdp_kind kind)
{
	for (size_t i = 0; i < res->n; i++)
		if (res->v[i].kind == kind)
			return true;
	return false;
}


static unsigned want(const struct neg_call *call)
{
	return call->hold ? SDP_SEND : SDP_SEND | SDP_RECV;
}


/* Our direction, when the peer's text says `dir`. */
static unsigned mirror(unsigned dir)
{
	return (dir & SDP_SEND ? SDP_RECV : 0) | (dir & SDP_RECV ? SDP_SEND : 0);
}


static void stream_fill(struct neg_stream *s, const struct sdp_m *m, size_t id,
			const struct neg_codec *c, const struct sdp_fmt *f)
{
	memset(s, 0, sizeof(*s));
	s->kind = m->kind;
	s->id = (unsigned)id;
	memcpy(s->codec, c->name, sizeof(s->codec));
	s->rate = c->rate;
	s->channels = c->channels;
	copy(s->fmtp_tx, sizeof(s->fmtp_tx), f->fmtp);
	memcpy(s->fmtp_rx, c->fmtp, sizeof(s->fmtp_rx));
	s->pt_tx = s->pt_rx = f->pt;
	s->fb = m->fb | f->fb;
	s->bitrate = m->bandwidth;
	s->peer = m->addr;
	s->peer_rtp = m->port;
	s->peer_rtcp = m->rtcp_port ? m->rtcp_port : (uint16_t)(m->port + 1);
}


static void stream_secure(struct neg_stream *s, const struct neg_call *call, int suite,
			  const struct sdp_crypto_attr *peer)
{
	s->suite = neg_suites[suite].name;
	memcpy(s->key_tx, call->local[s->kind].key[suite], sizeof(s->key_tx));
	copy(s->key_rx, sizeof(s->key_rx), peer->key);
}


static void stream_direct(struct neg_stream *s, const struct sdp_m *m, unsigned dir)
{
	s->send = dir & SDP_SEND && !addr_held(&m->addr);
	s->recv = dir & SDP_RECV;
}


static void session_head(struct sdp *s, const struct neg_call *call)
{
	memset(s, 0, sizeof(*s));
	s->id = call->id;
	s->version = call->version;
	s->addr = call->addr;
}


static void m_head(struct sdp_m *m, enum sdp_kind kind, const struct neg_caps *caps,
		   const struct neg_call *call)
{
	const struct neg_local *l = &call->local[kind];

	m->kind = kind;
	m->type = kind == SDP_AUDIO ? SDP_SPAN("audio") : SDP_SPAN("video");
	m->fmts = SDP_SPAN("0");
	m->port = l->open ? l->rtp_port : 0;
	m->rtcp_port = l->rtcp_port;
	m->addr = call->addr;
	m->label = kind == SDP_AUDIO ? SDP_SPAN("1") : SDP_SPAN("2");
	if (kind == SDP_VIDEO) {
		m->fb = SDP_FB_PLI | SDP_FB_FIR;
		m->content = SDP_SPAN("main");
		m->bandwidth = caps->video_bitrate;
	}
	else {
		m->ptime = 20;
	}
}


static void m_codec(struct sdp_m *m, const struct neg_codec *c, int pt)
{
	if (m->nfmt == SDP_FORMATS_MAX)
		return;
	m->fmtv[m->nfmt++] = (struct sdp_fmt){
		.pt = pt, .name = str(c->name), .rate = c->rate,
		.channels = c->channels, .fmtp = str(c->fmtp),
	};
}


static void offer_media(struct sdp *offer, enum sdp_kind kind, const struct neg_caps *caps,
			const struct neg_call *call)
{
	struct sdp_m *m = &offer->mv[offer->nm++];

	m_head(m, kind, caps, call);
	m->proto_str = caps->secure ? SDP_SPAN("RTP/SAVP") : SDP_SPAN("RTP/AVP");
	m->proto = caps->secure ? SDP_PROTO_SAVP : SDP_PROTO_AVP;
	m->dir = want(call);
	for (size_t i = 0; i < caps->n; i++)
		if (caps->v[i].kind == kind)
			m_codec(m, &caps->v[i], caps->v[i].pt);
	for (int i = 0; caps->secure && i < NEG_SUITES; i++)
		m->cryptov[m->ncrypto++] = (struct sdp_crypto_attr){
			.tag = (uint32_t)i + 1, .suite = str(neg_suites[i].name),
			.key = str(call->local[kind].key[i]),
		};
}


void neg_offer(struct sdp *offer, const struct neg_caps *caps, const struct neg_call *call)
{
	session_head(offer, call);
	offer_media(offer, SDP_AUDIO, caps, call);
	offer_media(offer, SDP_VIDEO, caps, call);
}


/* What fills an answer's m-line that we refuse: the offer's, port 0. */
static void m_refuse(struct sdp_m *m, const struct sdp_m *o)
{
	memset(m, 0, sizeof(*m));
	m->kind = o->kind;
	m->type = o->type;
	m->proto_str = o->proto_str;
	m->fmts = o->fmts;
}


/* What we take of one offered m-line into a stream; or why not. */
static const char *take(struct neg_stream *s, struct sdp_m *m, const struct sdp_m *o, size_t id,
			const struct neg_caps *caps, const struct neg_call *call)
{
	const char *why = unfit(o, caps, call);
	const struct sdp_crypto_attr *key = NULL;
	const struct neg_codec *c;
	const struct sdp_fmt *f;
	int suite = -1;

	if (why)
		return why;
	c = codec_pick(caps, o, &f);
	if (!c)
		return "no common codec";
	if (caps->secure) {
		key = crypto_pick(o, &suite);
		if (!key)
			return "no usable SRTP key";
	}

	stream_fill(s, o, id, c, f);
	if (c->kind == SDP_VIDEO && !strcasecmp(c->name, "H264"))
		neg_h264_answer(s->fmtp_rx, c->fmtp, f->fmtp);
	m_head(m, o->kind, caps, call);
	m->proto = o->proto;
	m->proto_str = o->proto_str;
	m->dir = mirror(o->dir) & want(call);
	m_codec(m, c, f->pt);
	m->fmtv[0].fmtp = str(s->fmtp_rx);
	stream_direct(s, o, m->dir);
	if (key) {
		stream_secure(s, call, suite, key);
		m->cryptov[m->ncrypto++] = (struct sdp_crypto_attr){
			.tag = key->tag, .suite = str(s->suite),
			.key = str(call->local[o->kind].key[suite]),
		};
	}
	return NULL;
}


int neg_answer(struct sdp *answer, struct neg_result *res, const struct sdp *offer,
	       const struct neg_caps *caps, const struct neg_call *call)
{
	memset(res, 0, sizeof(*res));
	session_head(answer, call);

	for (size_t i = 0; i < offer->nm; i++) {
		const struct sdp_m *o = &offer->mv[i];
		struct sdp_m *m = &answer->mv[answer->nm++];
		const char *why = "a stream of this kind is there already";

		if (!has_kind(res, o->kind))
			why = take(&res->v[res->n], m, o, i, caps, call);
		if (why) {
			m_refuse(m, o);
			warn(res, o->kind == SDP_OTHER ? NULL : why);
		}
		else {
			res->n++;
		}
	}

	if (!res->n)
		warn(res, "no audio or video offered");
	return res->n ? 0 : EPROTO;
}


static const struct sdp_fmt *own_format(const struct sdp_m *m, const struct neg_codec *c)
{
	for (size_t i = 0; i < m->nfmt; i++)
		if (m->fmtv[i].name.p == c->name)
			return &m->fmtv[i];
	return NULL;
}


/* The answer's key must be one of the suites we offered, under its tag. */
static int answered_suite(const struct sdp_m *o, const struct sdp_m *a)
{
	int suite;

	if (a->ncrypto != 1)
		return -1;
	suite = suite_of(&a->cryptov[0]);
	if (suite < 0 || !key_ok(a->cryptov[0].key, suite))
		return -1;
	for (size_t i = 0; i < o->ncrypto; i++)
		if (o->cryptov[i].tag == a->cryptov[0].tag && suite_of(&o->cryptov[i]) == suite)
			return suite;
	return -1;
}


static const char *accept_one(struct neg_stream *s, const struct sdp_m *o, const struct sdp_m *a,
			      size_t id, const struct neg_caps *caps, const struct neg_call *call)
{
	const char *why = unfit(a, caps, call);
	const struct neg_codec *c = NULL;
	const struct sdp_fmt *own = NULL;
	int suite = -1;
	size_t i;

	if (why)
		return why;
	if (a->kind != o->kind)
		return "answer does not follow the offer";
	for (i = 0; i < a->nfmt && !own; i++) {
		c = codec_find(caps, a->kind, &a->fmtv[i]);
		own = c ? own_format(o, c) : NULL;
	}
	if (!own)
		return "no common codec";
	if (caps->secure) {
		suite = answered_suite(o, a);
		if (suite < 0)
			return "no usable SRTP key";
	}

	stream_fill(s, a, id, c, &a->fmtv[i - 1]);
	s->pt_rx = own->pt;
	stream_direct(s, a, mirror(a->dir) & want(call));
	if (suite >= 0)
		stream_secure(s, call, suite, &a->cryptov[0]);
	return NULL;
}


int neg_accept(struct neg_result *res, const struct sdp *offer, const struct sdp *answer,
	       const struct neg_caps *caps, const struct neg_call *call)
{
	memset(res, 0, sizeof(*res));
	if (answer->nm != offer->nm) {
		warn(res, "answer does not follow the offer");
		return EPROTO;
	}

	for (size_t i = 0; i < offer->nm; i++) {
		const char *why = NULL;

		if (!offer->mv[i].port || res->n == 2)
			continue;
		why = accept_one(&res->v[res->n], &offer->mv[i], &answer->mv[i], i, caps, call);
		if (why)
			warn(res, why);
		else
			res->n++;
	}
	return res->n ? 0 : EPROTO;
}
