#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemons/media/ipc.h"
#include "lib/base/b64.h"

/* One reader of one message: the first mistake stays in `why`. */
struct reader {
	const json_t *o;
	char *why;
	size_t size;
	int err;
};


static void bad(struct reader *r, const char *key, const char *what)
{
	if (!r->err)
		(void)snprintf(r->why, r->size, "%s: %s", key, what);
	r->err = EBADMSG;
}


/* Absent or null leaves def; other types and what does not fit are errors. */
static void get_str(struct reader *r, const char *key, char *dst, size_t size, const char *def)
{
	const json_t *v = json_object_get(r->o, key);
	const char *s = json_string_value(v);

	if (!v || json_is_null(v))
		s = def;
	if (!s)
		bad(r, key, "must be text");
	else if (strlen(s) >= size)
		bad(r, key, "is too long");
	else
		(void)snprintf(dst, size, "%s", s);
}


static unsigned get_num(struct reader *r, const char *key, unsigned max, unsigned def)
{
	const json_t *v = json_object_get(r->o, key);
	json_int_t n = json_integer_value(v);

	if (!v || json_is_null(v))
		return def;
	if (!json_is_integer(v) || n < 0 || n > (json_int_t)max) {
		bad(r, key, "is not a number in its range");
		return def;
	}
	return (unsigned)n;
}


static bool get_bool(struct reader *r, const char *key, bool def)
{
	const json_t *v = json_object_get(r->o, key);

	if (!v || json_is_null(v))
		return def;
	if (!json_is_boolean(v))
		bad(r, key, "must be true or false");
	return json_is_true(v);
}


int ipc_parse_init(struct ipc_init *m, const json_t *o, char *why, size_t size)
{
	struct reader r = { .o = o, .why = why, .size = size };

	memset(m, 0, sizeof(*m));
	get_str(&r, "host", m->host, sizeof(m->host), "visavis");
	get_str(&r, "out_dir", m->out_dir, sizeof(m->out_dir), "");
	get_str(&r, "video_source", m->video_source, sizeof(m->video_source), "none");
	get_str(&r, "audio_source", m->audio_source, sizeof(m->audio_source), "none");
	get_str(&r, "video_sink", m->video_sink, sizeof(m->video_sink), "none");
	get_str(&r, "audio_sink", m->audio_sink, sizeof(m->audio_sink), "none");
	m->video_bitrate = get_num(&r, "video_bitrate", 100000000, 0);
	m->log_frames = get_bool(&r, "log_frames", false);
	if (!m->video_bitrate)
		m->video_bitrate = 2000000;
	return r.err;
}


int ipc_parse_addr(struct sockaddr_storage *ss, const char *s)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	const char *colon = strrchr(s, ':');
	unsigned long port;
	char host[64], *end;
	size_t len;

	memset(ss, 0, sizeof(*ss));
	if (!colon || colon[1] < '0' || colon[1] > '9')
		return EBADMSG;
	port = strtoul(colon + 1, &end, 10);
	len = (size_t)(colon - s);
	if (*end || port < 1 || port > 65535 || len >= sizeof(host))
		return EBADMSG;
	memcpy(host, s, len);
	host[len] = '\0';

	if (host[0] == '[' && len > 2 && host[len - 1] == ']') {
		host[len - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1 ? 0 : EBADMSG;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? 0 : EBADMSG;
}


static void get_addr(struct reader *r, const char *key, struct sockaddr_storage *ss)
{
	char s[80] = "";

	get_str(r, key, s, sizeof(s), NULL);
	if (!r->err && ipc_parse_addr(ss, s))
		bad(r, key, "is not address:port");
}


static void get_srtp(struct reader *r, const char *key, struct session_srtp *srtp, char *suite, size_t size)
{
	const json_t *v = json_object_get(r->o, key);
	struct reader sub = { .o = v, .why = r->why, .size = r->size, .err = r->err };
	char key64[128] = "";

	if (!v || json_is_null(v))
		return;
	if (!json_is_object(v)) {
		bad(r, key, "must be {suite, key} or null");
		return;
	}
	get_str(&sub, "suite", suite, size, NULL);
	get_str(&sub, "key", key64, sizeof(key64), NULL);
	srtp->key_len = sizeof(srtp->key);
	if (!sub.err && b64_decode(srtp->key, &srtp->key_len, key64, strlen(key64)))
		bad(&sub, key, "the key is not base64");
	r->err = sub.err;
	srtp->suite = suite;
}


static void parse_kind(struct reader *r, struct session_stream_config *c)
{
	char kind[8] = "";

	get_str(r, "kind", kind, sizeof(kind), NULL);
	c->kind = !strcmp(kind, "video") ? MEDIA_VIDEO : MEDIA_AUDIO;
	if (!r->err && strcmp(kind, "video") && strcmp(kind, "audio"))
		bad(r, "kind", "is neither audio nor video");
}


static void parse_stream(struct reader *r, struct ipc_stream *s)
{
	struct session_stream_config *c = &s->cfg;

	parse_kind(r, c);
	get_str(r, "codec", s->codec, sizeof(s->codec), NULL);
	get_str(r, "cname", s->cname, sizeof(s->cname), "visavis");
	get_str(r, "fmtp_tx", s->fmtp_tx, sizeof(s->fmtp_tx), "");
	get_str(r, "fmtp_rx", s->fmtp_rx, sizeof(s->fmtp_rx), "");
	c->codec = s->codec;
	c->cname = s->cname;
	c->id = get_num(r, "id", 255, 0);
	c->clock_rate = get_num(r, "clock_rate", 192000, 0);
	s->channels = get_num(r, "channels", 8, 1);
	c->pt_tx = (uint8_t)get_num(r, "pt_tx", 127, 0);
	c->pt_rx = (uint8_t)get_num(r, "pt_rx", 127, 0);
	c->ssrc = get_num(r, "ssrc", UINT32_MAX, 0);
	c->bitrate = get_num(r, "bitrate", 1000000000, 0);
	c->send = get_bool(r, "send", true);
	c->recv = get_bool(r, "recv", true);
	c->rtcp_fb_pli = get_bool(r, "pli", false);
	c->rtcp_fb_fir = get_bool(r, "fir", false);
	c->rtp_fd = c->rtcp_fd = -1;
	get_addr(r, "peer_rtp", &c->peer_rtp);
	get_addr(r, "peer_rtcp", &c->peer_rtcp);
	get_srtp(r, "srtp_tx", &c->srtp_tx, s->suite_tx, sizeof(s->suite_tx));
	get_srtp(r, "srtp_rx", &c->srtp_rx, s->suite_rx, sizeof(s->suite_rx));
	if (!c->clock_rate)
		bad(r, "clock_rate", "is missing");
}


int ipc_parse_start(struct ipc_start *m, const json_t *o, char *why, size_t size)
{
	struct reader r = { .o = o, .why = why, .size = size };
	const json_t *streams = json_object_get(o, "streams");

	memset(m, 0, sizeof(*m));
	get_str(&r, "call_id", m->call_id, sizeof(m->call_id), "");
	if (!json_is_array(streams))
		bad(&r, "streams", "must be a list");
	else if (json_array_size(streams) > IPC_STREAMS_MAX)
		bad(&r, "streams", "are too many");
	for (size_t i = 0; !r.err && i < json_array_size(streams); i++) {
		r.o = json_array_get(streams, i);
		if (!json_is_object(r.o))
			bad(&r, "streams", "must be objects");
		else
			parse_stream(&r, &m->v[m->n++]);
	}
	return r.err;
}
