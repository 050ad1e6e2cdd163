/* What the media process says it can, and what it is told to do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemons/codec/media.h"

enum { PT_DYNAMIC = 96, PT_MAX = 127 };


static int static_pt(const char *name)
{
	static const struct { const char *name; int pt; } v[] = {
		{"PCMU", 0}, {"PCMA", 8}, {"G722", 9},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (!strcasecmp(v[i].name, name))
			return v[i].pt;
	return -1;
}


static bool text_ok(const char *s, size_t max)
{
	if (!s || strlen(s) >= max)
		return false;
	return !strpbrk(s, "\r\n");
}


static void codec_add(struct neg_caps *caps, enum sdp_kind kind, const json_t *o, int *pt)
{
	const char *name = json_string_value(json_object_get(o, "codec"));
	const char *fmtp = json_string_value(json_object_get(o, "fmtp"));
	json_int_t rate = json_integer_value(json_object_get(o, "clock_rate"));
	json_int_t ch = json_integer_value(json_object_get(o, "channels"));
	struct neg_codec *c = &caps->v[caps->n];

	fmtp = fmtp ? fmtp : "";
	if (caps->n == NEG_CODECS_MAX || !text_ok(name, sizeof(c->name)) ||
	    !text_ok(fmtp, sizeof(c->fmtp)) || *pt > PT_MAX)
		return;

	*c = (struct neg_codec){ .kind = kind };
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	(void)snprintf(c->fmtp, sizeof(c->fmtp), "%s", fmtp);
	c->rate = rate > 0 && rate <= 192000 ? (uint32_t)rate : kind == SDP_VIDEO ? 90000 : 8000;
	c->channels = ch > 0 && ch <= 8 ? (unsigned)ch : 1;
	c->pt = static_pt(name);
	if (c->pt < 0)
		c->pt = (*pt)++;
	caps->n++;
}


int media_caps(struct neg_caps *caps, const json_t *ready, const char *audio)
{
	const json_t *v = json_object_get(ready, "audio");
	int pt = PT_DYNAMIC;
	json_t *o;
	size_t i;

	caps->n = 0;
	for (; *audio; audio += strcspn(audio, ","), audio += *audio == ',') {
		size_t n = strcspn(audio, ",");

		json_array_foreach(v, i, o) {
			const char *name = json_string_value(json_object_get(o, "codec"));

			if (name && strlen(name) == n && !strncasecmp(name, audio, n))
				codec_add(caps, SDP_AUDIO, o, &pt);
		}
	}
	json_array_foreach(json_object_get(ready, "video"), i, o)
		codec_add(caps, SDP_VIDEO, o, &pt);
	return caps->n ? 0 : EBADMSG;
}


static json_t *peer_json(const struct ip_addr *a, uint16_t port)
{
	char ip[IP_STRLEN], buf[IP_STRLEN + 10];

	(void)snprintf(buf, sizeof(buf), a->family == 6 ? "[%s]:%u" : "%s:%u",
		       ip_str(a, ip), port);
	return json_string(buf);
}


static json_t *srtp_json(const char *suite, const char *key)
{
	return suite ? json_pack("{s:s, s:s}", "suite", suite, "key", key) : json_null();
}


static json_t *stream_json(const struct neg_stream *s, const char *cname, uint32_t ssrc,
			   uint32_t video_bitrate,
			   uint32_t audio_bitrate)
{
	uint32_t br = s->kind == SDP_VIDEO ? video_bitrate : audio_bitrate;
	json_t *o;

	if (s->bitrate && s->bitrate < br)
		br = s->bitrate;
	o = json_pack("{s:s, s:i, s:s, s:i, s:i, s:s, s:s, s:i, s:i, s:I, s:s}",
		      "kind", s->kind == SDP_VIDEO ? "video" : "audio", "id", (int)s->id,
		      "codec", s->codec, "clock_rate", (int)s->rate, "channels", (int)s->channels,
		      "fmtp_tx", s->fmtp_tx, "fmtp_rx", s->fmtp_rx, "pt_tx", s->pt_tx,
		      "pt_rx", s->pt_rx, "ssrc", (json_int_t)ssrc, "cname", cname);
	if (!o)
		return NULL;
	if (json_object_update_new(o, json_pack("{s:I, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o}",
		"bitrate", (json_int_t)br, "send", s->send, "recv", s->recv,
		"pli", (s->fb & SDP_FB_PLI) != 0, "fir", (s->fb & SDP_FB_FIR) != 0,
		"peer_rtp", peer_json(&s->peer, s->peer_rtp),
		"peer_rtcp", peer_json(&s->peer, s->peer_rtcp),
		"srtp_tx", srtp_json(s->suite, s->key_tx),
		"srtp_rx", srtp_json(s->suite, s->key_rx)))) {
		json_decref(o);
		return NULL;
	}
	return o;
}


json_t *media_streams_json(const struct neg_result *res, const char *cname,
			   const uint32_t ssrc[3], uint32_t video_bitrate,
			   uint32_t audio_bitrate)
{
	json_t *v = json_array();

	for (size_t i = 0; v && i < res->n; i++)
		if (json_array_append_new(v, stream_json(&res->v[i], cname, ssrc[res->v[i].kind],
							 video_bitrate, audio_bitrate))) {
			json_decref(v);
			return NULL;
		}
	return v;
}
