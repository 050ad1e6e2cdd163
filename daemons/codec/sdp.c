/* A call's media: sockets, offer and answer, what the media process does. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "daemons/codec/codec.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "lib/base/b64.h"

enum { FD_RTP = 0, FD_RTCP, SOCKS_PER_STREAM = 2 };

static const enum sdp_kind kinds[] = { SDP_AUDIO, SDP_VIDEO };


static int *fds_of(struct call *call, enum sdp_kind kind)
{
	return call->fds + (kind == SDP_VIDEO ? SOCKS_PER_STREAM : 0);
}


static bool port_ok(uint16_t port, void *arg)
{
	(void)arg;
	return flowtab_peer_port_ok(ROW_RTP, port);
}


/* RTP on an even port, RTCP on the next (RFC 3550 section 11). */
static int pair_open(int fds[2], const struct sa *local, uint16_t *port)
{
	struct sa a = *local;
	int err;

	sa_set_port(&a, *port);
	err = flowtab_udp(&fds[FD_RTP], ROW_RTP, &a, !*port);
	if (err)
		return err;
	*port = sa_port(&a);
	sa_set_port(&a, (uint16_t)(*port + 1));
	err = flowtab_udp(&fds[FD_RTCP], ROW_RTP, &a, false);
	if (err) {
		(void)close(fds[FD_RTP]);
		fds[FD_RTP] = -1;
	}
	return err;
}


/* Another pair each call, in a random place of the row's range. */
static int pair_take(int fds[2], const struct sa *local, uint16_t *port)
{
	int err = EADDRINUSE;

	for (int tries = 0; err == EADDRINUSE && tries < 100; tries++) {
		*port = 0;
		err = pair_open(fds, local, port);
	}
	return err;
}


static int keys_make(struct neg_local *l)
{
	for (int i = 0; i < NEG_SUITES; i++) {
		size_t n = neg_suites[i].key_len;
		uint8_t key[NEG_KEY_MAX];
		int err = RAND_bytes(key, (int)n) == 1 ? 0 : EIO;

		if (!err)
			err = b64_encode(l->key[i], sizeof(l->key[i]), key, n);
		explicit_bzero(key, sizeof(key));
		if (err)
			return err;
	}
	return 0;
}


static bool kind_wanted(const struct neg_caps *caps, enum sdp_kind kind)
{
	for (size_t i = 0; i < caps->n; i++)
		if (caps->v[i].kind == kind)
			return true;
	return false;
}


static int stream_open(struct call *call, enum sdp_kind kind, const struct sa *local)
{
	struct neg_local *l = &call->neg.local[kind];
	struct sa a = *local;
	int err;

	if (!kind_wanted(&call->caps, kind))
		return 0;
	err = pair_take(fds_of(call, kind), local, &l->rtp_port);
	if (!err)
		err = keys_make(l);
	if (err)
		return err;
	l->rtcp_port = (uint16_t)(l->rtp_port + 1);
	l->open = true;
	call->ssrc[kind] = rand_u32();
	sa_set_port(&a, l->rtp_port);
	flowtab_log(ROW_RTP, "out", &a, NULL, "open", NULL);
	return 0;
}


int media_open(struct call *call)
{
	uint8_t family = sa_af(&call->c->cc_addr) == AF_INET6 ? 6 : 4;
	struct sa local;
	int err = 0;

	call->caps.port_ok_h = port_ok;
	if (!site_host_addr(call->c->self, family, &call->neg.addr))
		return EADDRNOTAVAIL;
	(void)flowtab_sa(&local, &call->neg.addr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !err; i++)
		err = stream_open(call, kinds[i], &local);
	return err;
}


static int sdp_text(char **textp, const struct sdp *s)
{
	struct sbuf sb = { .max = SDP_TEXT_MAX };
	char *text = NULL;
	int err;

	sdp_print(&sb, s);
	err = sb.err ? sb.err : str_dup(&text, sbuf_str(&sb));
	sbuf_reset(&sb);
	if (err)
		return err;
	mem_deref(*textp);
	*textp = text;
	return 0;
}


int media_offer(struct call *call)
{
	neg_offer(call->offer, &call->caps, &call->neg);
	return sdp_text(&call->offer_text, call->offer);
}


static int why(struct call *call, int code, const char *text)
{
	(void)snprintf(call->res.why, sizeof(call->res.why), "%s", text);
	return code;
}


static int body_decode(struct call *call, struct sdp *s, const struct sip_msg *msg)
{
	int err;

	if (!mbuf_get_left(msg->mb))
		return why(call, 488, "no SDP");
	/* a datagram longer than libre reads comes without its end */
	if (pl_isset(&msg->clen) && pl_u32(&msg->clen) > mbuf_get_left(msg->mb))
		return why(call, 400, "body cut short");
	if (!msg_ctype_cmp(&msg->ctyp, "application", "sdp"))
		return why(call, 415, "only application/sdp is taken");
	err = sdp_decode_text(s, (const char *)mbuf_buf(msg->mb), mbuf_get_left(msg->mb));
	if (err == EOVERFLOW)
		return why(call, 488, "SDP too large");
	return err ? why(call, 400, "SDP malformed") : 0;
}


int media_answer(struct call *call, const struct sip_msg *msg, char **answer)
{
	struct sdp *o = mem_zalloc(2 * sizeof(*o), NULL);
	struct neg_result res;
	int code;

	if (!o)
		return why(call, 500, "out of memory");
	code = body_decode(call, o, msg);
	if (code)
		goto out;
	call->neg.version++;
	if (neg_answer(o + 1, &res, o, &call->caps, &call->neg)) {
		code = why(call, 488, res.why);
		goto out;
	}
	if (sdp_text(answer, o + 1)) {
		code = why(call, 500, "out of memory");
		goto out;
	}
	call->res = res;
out:
	mem_deref(o);
	return code;
}


int media_accept(struct call *call, const struct sip_msg *msg)
{
	struct sdp *a = mem_zalloc(sizeof(*a), NULL);
	struct neg_result res;
	int code;

	if (!a)
		return why(call, 500, "out of memory");
	code = body_decode(call, a, msg);
	if (!code && neg_accept(&res, call->offer, a, &call->caps, &call->neg))
		code = why(call, 488, res.why);
	if (!code)
		call->res = res;
	mem_deref(a);
	return code;
}


static void stream_sas(const struct call *call, const struct neg_stream *s, struct sa *local,
		       struct sa *peer)
{
	(void)flowtab_sa(local, &call->neg.addr, call->neg.local[s->kind].rtp_port);
	(void)flowtab_sa(peer, &s->peer, s->peer_rtp);
}


static void started_handler(const json_t *o, void *arg)
{
	struct call *call = arg;
	const char *msg = json_string_value(json_object_get(o, "msg"));
	const char *error = json_string_value(json_object_get(o, "error"));
	struct sa local, peer;

	if (!o || call->state == CALL_ENDED)
		return;
	if (!msg || !strcmp(msg, "failed")) {
		call_do(call, EV_HANGUP, 500, error ? error : "media failed");
		return;
	}
	for (size_t i = 0; i < call->res.n; i++) {
		stream_sas(call, &call->res.v[i], &local, &peer);
		if (!strcmp(msg, "started"))
			flowtab_log(ROW_RTP, "out", &local, &peer, "ok", call->res.v[i].codec);
	}
}


static unsigned ids_of(const struct neg_result *res)
{
	unsigned ids = 0;

	for (size_t i = 0; i < res->n; i++)
		ids |= 1u << res->v[i].id;
	return ids;
}


static json_t *go_message(struct call *call, const char *msg)
{
	char cname[384];

	(void)snprintf(cname, sizeof(cname), "%s@%s", call->c->self->name, call->c->domain);
	return json_pack("{s:s, s:s, s:o}", "msg", msg, "call_id", call->id, "streams",
			 media_streams_json(&call->res, cname, call->ssrc,
					    call->c->video_bitrate, call->c->audio_bitrate));
}


void media_go(struct call *call)
{
	int fds[4];
	size_t n = 0;
	bool update = call->media_on && call->ids == ids_of(&call->res);
	int err;

	if (call->media_on && !update)
		(void)media_send(call->c->media, json_pack("{s:s, s:s}", "msg", "stop", "call_id",
							   call->id), NULL, 0, NULL, NULL);
	for (size_t i = 0; !update && i < call->res.n; i++) {
		const int *pair = fds_of(call, call->res.v[i].kind);

		fds[n++] = pair[FD_RTP];
		fds[n++] = pair[FD_RTCP];
	}

	err = media_send(call->c->media, go_message(call, update ? "update" : "start"), fds, n,
			 started_handler, call);
	call->ids = ids_of(&call->res);
	call->media_on = true;
	/* other streams may be taken now: silence is counted anew */
	call->silent = 0;
	tmr_cancel(&call->silent_tmr);
	/* a process that is being started again is told when it is there */
	if (err && err != ENOTCONN)
		call_do(call, EV_HANGUP, 500, "media process does not listen");
}


void media_stop(struct call *call)
{
	if (call->media_on)
		(void)media_send(call->c->media, json_pack("{s:s, s:s}", "msg", "stop", "call_id",
							   call->id), NULL, 0, NULL, NULL);
	call->media_on = false;
	for (size_t i = 0; i < ARRAY_SIZE(call->fds); i++) {
		if (call->fds[i] >= 0)
			(void)close(call->fds[i]);
		call->fds[i] = -1;
	}
	memset(call->neg.local, 0, sizeof(call->neg.local));
}


static void lost_handler(void *arg)
{
	call_do(arg, EV_HANGUP, 500, "the media process died and did not come back");
}


void media_died(struct call *call)
{
	if (call->media_on)
		tmr_start(&call->media_tmr, CORE_MEDIA_MS, lost_handler, call);
	call->silent = 0;
	tmr_cancel(&call->silent_tmr);
}


static void silent_handler(void *arg)
{
	call_do(arg, EV_HANGUP, 408, "nothing is heard of the far end any more");
}


/* A stream fell silent for as long as the media process waits, or is back.
 * What comes back within our patience was a disturbance of the network. */
static void silence(struct call *call, json_int_t id, bool silent)
{
	unsigned ears = 0;

	if (id < 0 || id >= SDP_MEDIA_MAX)
		return;
	call->silent = silent ? call->silent | 1u << id : call->silent & ~(1u << id);
	for (size_t i = 0; i < call->res.n; i++)
		ears |= call->res.v[i].recv ? 1u << call->res.v[i].id : 0;
	if (!core_far_end_lost(ears, call->silent))
		tmr_cancel(&call->silent_tmr);
	else if (!tmr_isrunning(&call->silent_tmr))
		tmr_start(&call->silent_tmr, CORE_SILENCE_MS, silent_handler, call);
}


/* The same SRTP keys with sequence numbers that start anew would use a key
 * stream twice; new SSRCs make it another one (RFC 3711 section 9.1). */
void media_again(struct call *call)
{
	if (!call->media_on)
		return;
	tmr_cancel(&call->media_tmr);
	for (size_t i = 0; i < ARRAY_SIZE(call->ssrc); i++)
		call->ssrc[i] = rand_u32();
	call->media_on = false;
	log_info("media of the call with %s goes on in a new process", call->peer);
	media_go(call);
}


void media_event(struct call *call, const json_t *ev)
{
	const char *what = json_string_value(json_object_get(ev, "what"));
	json_int_t id = json_integer_value(json_object_get(ev, "stream"));
	struct sa local, peer;

	if (!what)
		return;
	if (!strcmp(what, "lost_peer") || !strcmp(what, "back"))
		silence(call, id, *what == 'l');
	if (strcmp(what, "first_packet"))
		return;
	for (size_t i = 0; i < call->res.n; i++) {
		if (call->res.v[i].id != id || call->heard[i])
			continue;
		call->heard[i] = true;
		stream_sas(call, &call->res.v[i], &local, &peer);
		flowtab_log(ROW_RTP, "in", &local, &peer, "ok", call->res.v[i].codec);
	}
}
