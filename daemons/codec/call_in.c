/* Requests that come: calls, and what is said inside them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/codec/codec.h"
#include "io/log.h"

enum { ACK_MS = 64 * SIP_T1 };


static void treply(struct codec *c, const struct sip_msg *msg, uint16_t code, const char *reason)
{
	(void)sip_treply(NULL, c->sip, msg, code, reason);
}


/* A reason phrase of ours may carry a quote from nobody but us. */
static void reply_warning(struct codec *c, struct sip_strans **st, const struct sip_msg *msg,
			  uint16_t code, const char *why)
{
	static const struct { uint16_t code; const char *phrase; } v[] = {
		{400, "Bad Request"}, {415, "Unsupported Media Type"},
		{488, "Not Acceptable Here"}, {500, "Server Internal Error"},
	};
	const char *phrase = "Not Acceptable Here";

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		if (v[i].code == code)
			phrase = v[i].phrase;
	(void)sip_treplyf(st, NULL, c->sip, msg, false, code, phrase,
			  "Warning: 399 %s \"%s\"\r\n%sContent-Length: 0\r\n\r\n", c->self->name, why,
			  code == 415 ? "Accept: application/sdp\r\n" : "");
}


static void ok_stop(struct call *call)
{
	tmr_cancel(&call->ok_tmr);
	call->ok = mem_deref(call->ok);
	call->ok_msg = mem_deref(call->ok_msg);
}


/* The 2xx is sent until its ACK comes (RFC 3261 section 13.3.1.4). */
static void ok_handler(void *arg)
{
	struct call *call = arg;
	const struct sip_msg *msg = call->ok_msg;

	if (tmr_jiffies() - call->ok_since > ACK_MS) {
		ok_stop(call);
		call_do(call, EV_HANGUP, 408, "no ACK came");
		return;
	}
	call->ok->pos = 0;
	(void)sip_send(call->c->sip, msg->sock, msg->tp, &call->ok_dst, call->ok);
	call->ok_ms = call->ok_ms * 2 > SIP_T2 ? SIP_T2 : call->ok_ms * 2;
	tmr_start(&call->ok_tmr, call->ok_ms, ok_handler, call);
}


/* 200 to an INVITE, with SDP */
static int ok_send(struct call *call, struct sip_strans **st, const struct sip_msg *msg,
		   const char *body, bool say_uac, bool require)
{
	struct mbuf *hdr = mbuf_alloc(256);
	int err;

	if (!hdr)
		return ENOMEM;
	err = net_contact(hdr, call->c, &msg->dst, msg->tp, false);
	if (!err)
		err = call_timer_print(hdr, call, say_uac, require);
	if (err)
		goto out;

	ok_stop(call);
	err = sip_treplyf(st, &call->ok, call->c->sip, msg, true, 200, "OK",
			  "%bAllow: %s\r\nSupported: timer\r\nContent-Type: application/sdp\r\n"
			  "Content-Length: %zu\r\n\r\n%s", hdr->buf, hdr->end, call_allow,
			  strlen(body), body);
	if (err)
		goto out;
	call->ok_msg = mem_ref((void *)(uintptr_t)msg);
	sip_reply_addr(&call->ok_dst, msg, true);
	call->ok_since = tmr_jiffies();
	call->ok_ms = SIP_T1;
	tmr_start(&call->ok_tmr, call->ok_ms, ok_handler, call);
out:
	mem_deref(hdr);
	return err;
}


void call_refuse(struct call *call, unsigned code, const char *reason)
{
	rel_stop(call);
	if (call->st)
		(void)sip_treply(&call->st, call->c->sip, call->invite, (uint16_t)code, reason);
}


int call_accept(struct call *call)
{
	struct core_timer_hdrs h;
	bool say_uac;
	int err;

	rel_stop(call);
	call_timer_hdrs(&h, call->invite);
	(void)core_timer_answer(&call->se, &say_uac, &h);
	err = ok_send(call, &call->st, call->invite, call->offer_text, say_uac,
		      say_uac || h.supported);
	if (err)
		return err;

	call->code = 200;
	(void)re_snprintf(call->reason, sizeof(call->reason), "OK");
	call->since = tmr_jiffies();
	tmr_cancel(&call->tmr);
	call_do(call, EV_ANSWER, 200, "answered");
	if (!call->offered)
		media_go(call);
	call_timer_start(call);
	call_log(call, "established");
	log_info("call with %s established%s", call->peer, call->caps.secure ? ", encrypted" : "");
	ctl_call_news(call->c, call);
	return 0;
}


static void cancel_handler(void *arg)
{
	call_do(arg, EV_CANCEL, 487, "Request Terminated");
}


static void ring_handler(void *arg)
{
	call_do(arg, EV_CANCEL, 480, "nobody answered");
}


static void call_ring(struct call *call)
{
	struct mbuf *hdr = mbuf_alloc(128);

	if (hdr && !net_contact(hdr, call->c, &call->invite->dst, call->invite->tp, false)) {
		if (rel_wanted(call->invite))
			(void)rel_ring(call, hdr);
		else
			(void)sip_treplyf(&call->st, NULL, call->c->sip, call->invite, true, 180,
					  "Ringing", "%bContent-Length: 0\r\n\r\n", hdr->buf,
					  hdr->end);
	}
	mem_deref(hdr);
	tmr_start(&call->tmr, core_patience_ms(CALL_INCOMING), ring_handler, call);
}


static bool require_handler(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct pl *unknown = arg;

	(void)msg;
	if (!pl_strcasecmp(&hdr->val, "timer") || !pl_strcasecmp(&hdr->val, "100rel") ||
	    !hdr->val.l)
		return false;
	*unknown = hdr->val;
	return true;
}


/* Reasons to refuse an INVITE before its body is looked at. */
static bool refuse_early(struct codec *c, const struct sip_msg *msg)
{
	struct core_timer_hdrs h;
	struct core_timer t;
	const char *reason;
	struct pl unknown;
	bool say_uac;
	unsigned code;

	if (sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, require_handler, &unknown)) {
		(void)sip_replyf(c->sip, msg, 420, "Bad Extension",
				 "Unsupported: %r\r\nContent-Length: 0\r\n\r\n", &unknown);
		return true;
	}
	call_timer_hdrs(&h, msg);
	if (core_timer_answer(&t, &say_uac, &h)) {
		(void)sip_treplyf(NULL, NULL, c->sip, msg, false, 422,
				  "Session Interval Too Small",
				  "Min-SE: %u\r\nContent-Length: 0\r\n\r\n", SE_MIN);
		return true;
	}
	code = core_call_came(&reason, c->call, c->dnd, media_is_ready(c->media));
	if (code)
		treply(c, msg, (uint16_t)code, reason);
	return code;
}


static int call_take(struct call *call, const struct sip_msg *msg)
{
	struct codec *c = call->c;
	int err;

	call->invite = mem_ref((void *)(uintptr_t)msg);
	(void)pl_strcpy(&msg->from.uri.user, call->peer, sizeof(call->peer));
	(void)pl_strcpy(&msg->callid, call->id, sizeof(call->id));
	call->peer_cseq = msg->cseq.num;
	err = sip_dialog_accept(&call->dlg, msg);
	if (!err)
		err = sip_strans_alloc(&call->st, c->sip, msg, cancel_handler, call);
	if (err)
		return err == EBADMSG ? 400 : 500;
	err = media_open(call);
	if (err) {
		log_error("no ports for media: %s", strerror(err));
		return 500;
	}
	if (mbuf_get_left(msg->mb))
		return media_answer(call, msg, &call->offer_text);
	call->offered = true;
	return media_offer(call) ? 500 : 0;
}


static void invite_new(struct codec *c, const struct sip_msg *msg)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr addr;
	struct call *call;
	int code;

	if (refuse_early(c, msg))
		return;
	if (!h || sip_addr_decode(&addr, &h->val) || !pl_isset(&msg->callid)) {
		treply(c, msg, 400, "Contact Needed");
		return;
	}
	call = call_new(c);
	if (!call) {
		treply(c, msg, 500, "Server Internal Error");
		return;
	}
	(void)pl_strcpy(&addr.auri, call->local_uri, sizeof(call->local_uri));
	code = call_take(call, msg);
	if (code) {
		log_info("call from %s refused: %s", call->peer, call->res.why);
		reply_warning(c, call->st ? &call->st : NULL, msg, (uint16_t)code, call->res.why);
		mem_deref(call);
		return;
	}

	call_peer_can(call, msg);
	c->call = call;
	(void)core_call_event(&call->state, EV_INVITE);
	call_log(call, "incoming");
	log_info("call from %s", call->peer);
	if (!c->auto_answer) {
		call_ring(call);
		call_log(call, "ringing");
	}
	else if (call_accept(call)) {
		call_do(call, EV_REJECT, 500, "Server Internal Error");
	}
}


static struct call *call_find(struct codec *c, const struct sip_msg *msg)
{
	struct le *le;

	for (le = list_head(&c->calls); le; le = le->next) {
		struct call *call = le->data;

		if (call->dlg && sip_dialog_cmp(call->dlg, msg))
			return call;
	}
	return NULL;
}


static void in_ack(struct call *call, const struct sip_msg *msg)
{
	const struct sip_msg *inv = call->ok_msg;
	int code;

	if (!inv || inv->cseq.num != msg->cseq.num)
		return;
	ok_stop(call);
	if (call->state == CALL_ENDED) {
		call_do(call, EV_PROGRESS, 0, "");	/* nothing holds it any more */
		return;
	}
	if (!call->offered)
		return;
	call->offered = false;
	code = media_accept(call, msg);
	if (code)
		call_do(call, EV_HANGUP, (unsigned)code, call->res.why);
	else
		media_go(call);
}


/* What the far end says of its BYE (RFC 3326), when it is a fault. */
static unsigned bye_reason(char *buf, size_t size, const struct sip_msg *msg)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, SIP_HDR_REASON);
	struct pl cause = PL_INIT, text = PL_INIT;

	(void)re_snprintf(buf, size, "the far end hung up");
	if (!h || re_regex(h->val.p, h->val.l, "SIP[^]*;cause=[0-9]3", NULL, &cause) ||
	    pl_u32(&cause) < 300)
		return 200;
	if (!re_regex(h->val.p, h->val.l, "text=\"[ -!#-~]+\"", &text))
		(void)re_snprintf(buf, size, "the far end hung up: %r", &text);
	return pl_u32(&cause);
}


static void in_bye(struct call *call, const struct sip_msg *msg)
{
	char reason[128];
	unsigned code = bye_reason(reason, sizeof(reason), msg);

	treply(call->c, msg, 200, "OK");
	ok_stop(call);
	if (call->state == CALL_INCOMING)
		call_do(call, EV_BYE, 487, "Request Terminated");
	else
		call_do(call, EV_BYE, code, reason);
}


/* re-INVITE, and UPDATE with or without a body */
static void in_invite(struct call *call, const struct sip_msg *msg)
{
	bool update = !pl_strcmp(&msg->met, "UPDATE"), say_uac;
	bool body = mbuf_get_left(msg->mb) > 0;
	struct core_timer_hdrs h;
	char *text = NULL;
	int code, err;

	code = (int)core_change_came(&(struct core_change){ call->state, update, body,
				     call->rereq || call->offered, call->ok != NULL });
	if (code == 491) {
		treply(call->c, msg, 491, "Request Pending");
		return;
	}
	if (code) {
		(void)sip_treplyf(NULL, NULL, call->c->sip, msg, false, 500, "Server Internal Error",
				  "Retry-After: %u\r\nContent-Length: 0\r\n\r\n", rand_u32() % 11);
		return;
	}
	call_timer_hdrs(&h, msg);
	if (core_timer_answer(&call->se, &say_uac, &h)) {
		(void)sip_treplyf(NULL, NULL, call->c->sip, msg, false, 422,
				  "Session Interval Too Small",
				  "Min-SE: %u\r\nContent-Length: 0\r\n\r\n", SE_MIN);
		return;
	}
	if (body)
		code = media_answer(call, msg, &text);
	else if (!update)
		code = media_offer(call) ? 500 : 0;
	if (code) {
		reply_warning(call->c, NULL, msg, (uint16_t)code, call->res.why);
		goto out;
	}

	(void)sip_dialog_update(call->dlg, msg);
	call_peer_can(call, msg);
	if (!update) {
		call->offered = !body;
		err = ok_send(call, NULL, msg, body ? text : call->offer_text, say_uac,
			      say_uac || h.supported);
	}
	else {
		struct mbuf *hdr = mbuf_alloc(256);

		err = hdr ? net_contact(hdr, call->c, &msg->dst, msg->tp, false) : ENOMEM;
		if (!err)
			err = call_timer_print(hdr, call, say_uac, say_uac || h.supported);
		if (!err)
			err = sip_treplyf(NULL, NULL, call->c->sip, msg, false, 200, "OK",
					  "%b%sContent-Length: %zu\r\n\r\n%s", hdr->buf, hdr->end,
					  body ? "Content-Type: application/sdp\r\n" : "",
					  body ? strlen(text) : (size_t)0, body ? text : "");
		mem_deref(hdr);
	}
	if (!err && body)
		media_go(call);
	call_timer_start(call);
out:
	mem_deref(text);
}


static void in_ok(struct call *call, const struct sip_msg *msg)
{
	treply(call->c, msg, 200, "OK");
}


static void options(struct codec *c, const struct sip_msg *msg)
{
	(void)sip_treplyf(NULL, NULL, c->sip, msg, false, 200, "OK",
			  "Allow: %s\r\nAccept: application/sdp\r\nSupported: timer, 100rel\r\n"
			  "Content-Length: 0\r\n\r\n", call_allow);
}


static const struct {
	const char *met;
	void (*h)(struct call *call, const struct sip_msg *msg);
} methods[] = {
	{"ACK", in_ack}, {"BYE", in_bye}, {"INVITE", in_invite}, {"UPDATE", in_invite},
	{"INFO", in_ok}, {"OPTIONS", in_ok}, {"PRACK", rel_prack},
};


static void inside(struct call *call, const struct sip_msg *msg)
{
	/* the ACK of a 2xx has the number of its INVITE */
	if (pl_strcmp(&msg->met, "ACK")) {
		if (msg->cseq.num < call->peer_cseq) {
			treply(call->c, msg, 500, "CSeq Too Low");
			return;
		}
		call->peer_cseq = msg->cseq.num;
	}
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (!pl_strcmp(&msg->met, methods[i].met)) {
			methods[i].h(call, msg);
			return;
		}
	(void)sip_treplyf(NULL, NULL, call->c->sip, msg, false, 405, "Method Not Allowed",
			  "Allow: %s\r\nContent-Length: 0\r\n\r\n", call_allow);
}


bool call_request(struct codec *c, const struct sip_msg *msg)
{
	bool is_ack = !pl_strcmp(&msg->met, "ACK");
	struct call *call;

	if (!net_from_callcontrol(c, msg)) {
		if (!is_ack)
			(void)sip_reply(c->sip, msg, 403, "Not From Call Control");
		return true;
	}
	if (msg->to.tag.l) {
		call = call_find(c, msg);
		if (call)
			inside(call, msg);
		else if (!is_ack)
			treply(c, msg, 481, "Call Does Not Exist");
	}
	else if (!pl_strcmp(&msg->met, "INVITE")) {
		invite_new(c, msg);
	}
	else if (!pl_strcmp(&msg->met, "OPTIONS")) {
		options(c, msg);
	}
	else if (!is_ack) {
		(void)sip_treplyf(NULL, NULL, c->sip, msg, false, 405, "Method Not Allowed",
				  "Allow: %s\r\nContent-Length: 0\r\n\r\n", call_allow);
	}
	return true;
}
