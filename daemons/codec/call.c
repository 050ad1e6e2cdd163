#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/codec/codec.h"
#include "io/log.h"

enum {
	BYE_LOGINS = 4,
	NUMBER_MAX = 40,
};

const char call_allow[] = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO";

static void timer_handler(void *arg);
static int reinvite(struct call *call);
static int refresh(struct call *call);


static void destructor(void *arg)
{
	struct call *call = arg;

	list_unlink(&call->le);
	tmr_cancel(&call->tmr);
	tmr_cancel(&call->ok_tmr);
	tmr_cancel(&call->se_tmr);
	tmr_cancel(&call->re_tmr);
	tmr_cancel(&call->media_tmr);
	tmr_cancel(&call->silent_tmr);
	rel_stop(call);
	media_stop(call);
	media_forget(call->c->media, call);
	mem_deref(call->req);
	mem_deref(call->rereq);
	mem_deref(call->st);
	mem_deref((void *)(uintptr_t)call->invite);
	mem_deref(call->ok);
	mem_deref(call->ok_msg);
	mem_deref(call->dlg);
	mem_deref(call->early);
	mem_deref(call->offer);
	mem_deref(call->offer_text);
}


struct call *call_new(struct codec *c)
{
	struct call *call = mem_zalloc(sizeof(*call), destructor);

	if (!call)
		return NULL;
	call->c = c;
	call->caps = c->caps;
	for (size_t i = 0; i < ARRAY_SIZE(call->fds); i++)
		call->fds[i] = -1;
	call->offer = mem_zalloc(sizeof(*call->offer), NULL);
	if (!call->offer)
		return mem_deref(call);
	call->neg.id = (uint64_t)rand_u32() << 8 | 1;
	call->neg.version = call->neg.id;
	call->since = tmr_jiffies();
	list_append(&c->calls, &call->le, call);
	return call;
}


void call_log(const struct call *call, const char *state)
{
	log_event("call", "{s:s, s:s, s:s, s:i, s:s, s:b}", "state", state,
		  "call_id", call->id, "peer", call->peer, "code", (int)call->code,
		  "reason", call->reason, "secure", call->caps.secure);
}


static void reap_handler(void *arg)
{
	mem_deref(arg);
}


/* Gone once no transaction needs it any more. */
static void reap(struct call *call)
{
	if (call->state == CALL_ENDED && !call->req && !call->rereq && !call->ok)
		tmr_start(&call->tmr, 0, reap_handler, call);
}


static void bye_handler(int err, const struct sip_msg *msg, void *arg);


static void bye(struct call *call, const char *why)
{
	char extra[160];
	int err;

	call->rereq = mem_deref(call->rereq);
	(void)re_snprintf(extra, sizeof(extra), "Reason: SIP;cause=%u;text=\"%s\"\r\n",
			  call->code ? call->code : 200, why);
	err = net_request(&call->rereq, call->c, call->dlg, "BYE", 0, call->local_uri, extra, "",
			  bye_handler, call);
	if (err)
		log_warn("cannot send BYE: %s", strerror(err));
}


static void bye_handler(int err, const struct sip_msg *msg, void *arg)
{
	struct call *call = arg;

	if (!err && msg && msg->scode < 200)
		return;
	if (!err && msg && (msg->scode == 401 || msg->scode == 407) &&
	    call->tries.n++ < BYE_LOGINS && !net_challenged(call->c, msg)) {
		bye(call, call->reason);
		return;
	}
	reap(call);
}


static void ended(struct call *call)
{
	struct codec *c = call->c;

	tmr_cancel(&call->tmr);
	tmr_cancel(&call->se_tmr);
	tmr_cancel(&call->re_tmr);
	tmr_cancel(&call->media_tmr);
	tmr_cancel(&call->silent_tmr);
	if (c->call == call)
		c->call = NULL;
	call_log(call, "ended");
	log_info("call with %s ended: %s", call->peer, call->reason);
	ctl_call_news(c, call);
}


void call_do(struct call *call, enum call_event ev, unsigned code, const char *reason)
{
	enum call_state before = call->state;
	unsigned todo = core_call_event(&call->state, ev);

	if (todo & DO_ILLEGAL)
		return;
	if (call->state == CALL_ENDED && before != CALL_ENDED) {
		call->code = code;
		(void)re_snprintf(call->reason, sizeof(call->reason), "%s", reason);
	}
	if (todo & DO_CANCEL)
		sip_request_cancel(call->req);
	if (todo & DO_REFUSE)
		call_refuse(call, code, reason);
	if (todo & DO_BYE) {
		call->tries.n = 0;
		bye(call, reason);
	}
	if (todo & DO_STOP)
		media_stop(call);
	if (call->state == CALL_ENDED) {
		if (before != CALL_ENDED)
			ended(call);
		reap(call);
	}
}


static uint32_t hdr_number(const struct sip_msg *msg, enum sip_hdrid id, struct pl *params)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, id);
	struct pl n;

	if (!h || re_regex(h->val.p, h->val.l, "[0-9]+[^]*", &n, params) || n.l > 9)
		return 0;
	return pl_u32(&n);
}


void call_timer_hdrs(struct core_timer_hdrs *h, const struct sip_msg *msg)
{
	struct pl params = PL_INIT, who = PL_INIT;

	memset(h, 0, sizeof(*h));
	h->expires = hdr_number(msg, SIP_HDR_SESSION_EXPIRES, &params);
	if (!re_regex(params.p, params.l, "refresher[ ]*=[ ]*[a-z]+", NULL, NULL, &who))
		h->refresher = !pl_strcasecmp(&who, "uac") ? 1 : !pl_strcasecmp(&who, "uas") ? 2 : 0;
	h->min_se = hdr_number(msg, SIP_HDR_MIN_SE, &params);
	h->supported = sip_msg_hdr_has_value(msg, SIP_HDR_SUPPORTED, "timer");
}


int call_timer_print(struct mbuf *mb, const struct call *call, bool say_uac, bool require)
{
	int err = 0;

	if (!call->se.interval)
		return 0;
	if (require)
		err = mbuf_write_str(mb, "Require: timer\r\n");
	if (!err)
		err = mbuf_printf(mb, "Session-Expires: %u;refresher=%s\r\n", call->se.interval,
				  say_uac ? "uac" : "uas");
	return err;
}


void call_peer_can(struct call *call, const struct sip_msg *msg)
{
	if (sip_msg_hdr(msg, SIP_HDR_ALLOW))
		call->peer_update = sip_msg_hdr_has_value(msg, SIP_HDR_ALLOW, "UPDATE");
}


void call_timer_start(struct call *call)
{
	tmr_cancel(&call->se_tmr);
	if (call->se.interval)
		tmr_start(&call->se_tmr, core_timer_ms(&call->se), timer_handler, call);
}


static void timer_handler(void *arg)
{
	struct call *call = arg;

	if (!call->se.we_refresh) {
		call_do(call, EV_HANGUP, 408, "session timer expired");
		return;
	}
	if (refresh(call))
		tmr_start(&call->se_tmr, 2000, timer_handler, call);
}


/* What each (re-)INVITE and UPDATE of ours says of timers. */
static void timer_extra(const struct call *call, char *buf, size_t size, bool first)
{
	uint32_t se = first ? call->c->session_expires : call->se.interval;
	int n;

	if (se < call->tries.min_se)
		se = call->tries.min_se;
	n = re_snprintf(buf, size, "Allow: %s\r\nSupported: timer, 100rel\r\n", call_allow);
	if (se && n > 0)
		n += re_snprintf(buf + n, size - (size_t)n, "Session-Expires: %u%s\r\n", se,
				 first ? "" : ";refresher=uac");
	if (call->tries.min_se && n > 0)
		(void)re_snprintf(buf + n, size - (size_t)n, "Min-SE: %u\r\n", call->tries.min_se);
}


static void remote_target(struct call *call, const struct sip_msg *msg)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr addr;

	if (h && !sip_addr_decode(&addr, &h->val))
		(void)pl_strcpy(&addr.auri, call->local_uri, sizeof(call->local_uri));
}


static int ack(struct call *call, const struct sip_msg *msg)
{
	call->ack_cseq = msg->cseq.num;
	return net_request(NULL, call->c, call->dlg, "ACK", msg->cseq.num, call->local_uri, NULL,
			   "", NULL, NULL);
}


static int invite(struct call *call);


/* Something that the same INVITE, said better, may get past.
 * @return true when it was sent again */
static bool invite_again(struct call *call, const struct sip_msg *msg)
{
	struct core_timer_hdrs h;

	enum core_next next;

	if (call->state == CALL_ENDED)
		return false;
	call_timer_hdrs(&h, msg);
	next = core_invite_refused(&call->tries, msg->scode, h.min_se);
	if (next == NEXT_GIVE_UP || (next == NEXT_LOGIN && net_challenged(call->c, msg)))
		return false;
	return !invite(call);
}


static void established(struct call *call, const struct sip_msg *msg)
{
	struct core_timer_hdrs h;
	int code = 0;

	call_peer_can(call, msg);
	call_timer_hdrs(&h, msg);
	core_timer_accept(&call->se, &h);
	call->code = msg->scode;
	(void)re_snprintf(call->reason, sizeof(call->reason), "%r", &msg->reason);
	if (!call->answered || mbuf_get_left(msg->mb))
		code = media_accept(call, msg);
	if (code) {
		call_do(call, EV_HANGUP, (unsigned)code, call->res.why);
		return;
	}
	call->offered = false;
	call->since = tmr_jiffies();
	tmr_cancel(&call->tmr);
	media_go(call);
	call_timer_start(call);
	call_log(call, "established");
	log_info("call with %s established%s", call->peer, call->caps.secure ? ", encrypted" : "");
	ctl_call_news(call->c, call);
}


static void accepted(struct call *call, const struct sip_msg *msg)
{
	bool late = call->state == CALL_ENDED;
	int err = rel_accepted(call, msg);

	if (err) {
		call_do(call, EV_REFUSED, 500, "answer without a usable Contact");
		return;
	}
	remote_target(call, msg);
	(void)ack(call, msg);
	call_do(call, EV_ACCEPTED, msg->scode, "answered");
	if (!late)
		established(call, msg);
}


static void invite_handler(int err, const struct sip_msg *msg, void *arg)
{
	struct call *call = arg;
	char reason[128];

	if (err || !msg) {
		call_do(call, EV_REFUSED, err == ETIMEDOUT ? 408 : 503,
			err == ETIMEDOUT ? "no answer from call control" : strerror(err));
		reap(call);
		return;
	}
	if (msg->scode < 200) {
		rel_progress(call, msg);
		if (msg->scode > 100 && call->state == CALL_DIALING) {
			call_do(call, EV_PROGRESS, 0, "");
			call_log(call, "ringing");
		}
		return;
	}
	if (msg->scode < 300) {
		accepted(call, msg);
		return;
	}
	if (invite_again(call, msg))
		return;
	(void)re_snprintf(reason, sizeof(reason), "%r", &msg->reason);
	call_do(call, EV_REFUSED, msg->scode, reason);
	reap(call);
}


static int invite(struct call *call)
{
	char extra[512];

	timer_extra(call, extra, sizeof(extra), true);
	return net_request(&call->req, call->c, call->dlg, "INVITE", 0, call->local_uri, extra,
			   call->offer_text, invite_handler, call);
}


static void patience_handler(void *arg)
{
	call_do(arg, EV_HANGUP, 408, "nobody answered");
}


static bool number_ok(const char *s)
{
	size_t n = strlen(s);

	return n && n <= NUMBER_MAX && strspn(s, "0123456789*#+"
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") == n;
}


int call_dial(struct codec *c, const char *number)
{
	const char *route[1] = { c->route };
	struct call *call;
	int err;

	if (!number_ok(number))
		return EINVAL;
	if (c->call)
		return EBUSY;
	if (!media_is_ready(c->media))
		return ENODEV;
	call = call_new(c);
	if (!call)
		return ENOMEM;

	call->outgoing = true;
	(void)snprintf(call->peer, sizeof(call->peer), "%s", number);
	(void)re_snprintf(call->local_uri, sizeof(call->local_uri), "sip:%s@%s", number, c->domain);
	err = media_open(call);
	if (!err)
		err = media_offer(call);
	if (!err)
		err = sip_dialog_alloc(&call->dlg, call->local_uri, call->local_uri, NULL, c->aor,
				       route, 1);
	if (!err)
		err = invite(call);
	if (err) {
		mem_deref(call);
		return err;
	}

	(void)snprintf(call->id, sizeof(call->id), "%s", sip_dialog_callid(call->dlg));
	(void)core_call_event(&call->state, EV_DIAL);
	c->call = call;
	tmr_start(&call->tmr, core_patience_ms(call->state), patience_handler, call);
	call_log(call, "dialing");
	return 0;
}


int call_answer(struct call *call)
{
	return call->state == CALL_INCOMING ? call_accept(call) : EPROTO;
}


void call_reject(struct call *call, unsigned code, const char *reason)
{
	call_do(call, EV_REJECT, code, reason);
}


void call_hangup(struct call *call, const char *why)
{
	call_do(call, EV_HANGUP, call->state == CALL_INCOMING ? 603 :
		call->state == CALL_ESTABLISHED ? 200 : 487, why);
}


static void reinvite_retry(void *arg)
{
	struct call *call = arg;

	if (call->refresh_only ? refresh(call) : reinvite(call))
		tmr_start(&call->re_tmr, 1000, reinvite_retry, call);
}


/* A dialog that the far side or call control does not know is over;
 * what else fails leaves things as they were (RFC 3261 section 14.1). */
static void re_failed(struct call *call, const struct sip_msg *msg, int err)
{
	uint32_t wait_ms = 0;
	enum core_next next = core_change_refused(&call->tries, msg ? msg->scode : 0, call->outgoing,
						  rand_u32(), &wait_ms);

	if (next == NEXT_LOGIN && !net_challenged(call->c, msg)) {
		reinvite_retry(call);
		return;
	}
	if (next == NEXT_LATER) {
		tmr_start(&call->re_tmr, wait_ms, reinvite_retry, call);
		return;
	}
	if (next == NEXT_END) {
		call_do(call, EV_HANGUP, msg->scode, "the far end knows the call no more");
		return;
	}
	log_warn("change of the call not taken: %s",
		 msg ? "refused by the far end" : strerror(err));
	/* call control may be starting again: the timer tries once more */
	if (call->se.interval && call->se.we_refresh)
		tmr_start(&call->se_tmr, 5000, timer_handler, call);
}


static void reinvite_handler(int err, const struct sip_msg *msg, void *arg)
{
	struct call *call = arg;
	struct core_timer_hdrs h;
	int code;

	if (!err && msg->scode < 200)
		return;
	if (call->state == CALL_ENDED) {
		reap(call);
		return;
	}
	if (err || msg->scode >= 300) {
		re_failed(call, msg, err);
		return;
	}

	(void)sip_dialog_update(call->dlg, msg);
	remote_target(call, msg);
	call->tries.n = 0;
	call_timer_hdrs(&h, msg);
	core_timer_accept(&call->se, &h);
	call_timer_start(call);
	if (!pl_strcmp(&msg->cseq.met, "UPDATE"))
		return;
	(void)ack(call, msg);
	code = media_accept(call, msg);
	if (code) {
		call_do(call, EV_HANGUP, (unsigned)code, call->res.why);
		return;
	}
	media_go(call);
}


static int reinvite(struct call *call)
{
	char extra[512];
	int err;

	if (call->rereq || call->ok)
		return EAGAIN;
	err = media_offer(call);
	if (err)
		return err;
	timer_extra(call, extra, sizeof(extra), false);
	return net_request(&call->rereq, call->c, call->dlg, "INVITE", 0, call->local_uri, extra,
			   call->offer_text, reinvite_handler, call);
}


static int refresh(struct call *call)
{
	char extra[512];

	if (call->rereq)
		return EAGAIN;
	call->refresh_only = true;
	if (!call->peer_update)
		return reinvite(call);
	timer_extra(call, extra, sizeof(extra), false);
	return net_request(&call->rereq, call->c, call->dlg, "UPDATE", 0, call->local_uri, extra,
			   "", reinvite_handler, call);
}


int call_hold(struct call *call, bool hold)
{
	int err;

	if (call->state != CALL_ESTABLISHED)
		return EPROTO;
	if (call->neg.hold == hold)
		return EALREADY;
	call->neg.hold = hold;
	call->neg.version++;
	call->refresh_only = false;
	err = reinvite(call);
	if (err)
		call->neg.hold = !hold;
	return err;
}


bool call_response(struct codec *c, const struct sip_msg *msg)
{
	struct le *le;

	if (msg->scode < 200 || msg->scode >= 300 || pl_strcmp(&msg->cseq.met, "INVITE"))
		return false;
	for (le = list_head(&c->calls); le; le = le->next) {
		struct call *call = le->data;

		if (!call->dlg || !sip_dialog_cmp(call->dlg, msg))
			continue;
		if (msg->cseq.num == call->ack_cseq)
			(void)ack(call, msg);
		return true;
	}
	return false;
}


json_t *call_status(const struct call *call)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:f, s:i}",
			 "state", core_call_state_name(call->state), "call_id", call->id,
			 "peer", call->peer, "outgoing", call->outgoing,
			 "secure", call->caps.secure, "hold", call->neg.hold,
			 "seconds", (double)(tmr_jiffies() - call->since) / 1000.0,
			 "session_timer", (int)call->se.interval);
}


void call_end_all(struct codec *c)
{
	if (c->call)
		call_hangup(c->call, "the room is switched off");
}
