#include <errno.h>
#include <string.h>

#include "daemons/callcontrol/msgedit.h"
#include "daemons/callcontrol/proxy.h"
#include "io/log.h"


enum { BUCKETS = 1024 };

struct txn;

struct branch {
	struct txn *t;
	size_t i;
	struct sip_request *req;
	struct sip_msg *best;		/* its final response, when not 2xx */
	struct core_target target;
};

struct txn {
	struct le he;
	struct proxy *px;
	struct sip_msg *req;
	struct sip_strans *st;
	struct tmr tmr;
	struct fork fork;
	struct stimer stimer;
	bool invite;
	bool initial;			/* makes a dialog: gets Record-Route */
	unsigned busy;			/* do not go away while > 0 */
	struct branch b[FORK_MAX];
};

struct proxy {
	struct sip *sip;
	struct core *core;
	struct calls *calls;
	struct hash *txns;		/* by Call-ID */
	uint32_t n;
};

static void act(struct txn *t, const struct fork_act *a, struct sip_msg *resp);


static void proxy_destructor(void *arg)
{
	struct proxy *px = arg;

	hash_flush(px->txns);
	mem_deref(px->txns);
}


static void txn_destructor(void *arg)
{
	struct txn *t = arg;

	hash_unlink(&t->he);
	tmr_cancel(&t->tmr);
	for (size_t i = 0; i < FORK_MAX; i++) {
		mem_deref(t->b[i].req);
		mem_deref(t->b[i].best);
	}
	mem_deref(t->st);
	mem_deref(t->req);
	t->px->n--;
}


int proxy_alloc(struct proxy **pp, struct sip *sip, struct core *core,
		struct calls *calls)
{
	struct proxy *px = mem_zalloc(sizeof(*px), proxy_destructor);
	int err;

	if (!px)
		return ENOMEM;
	px->sip = sip;
	px->core = core;
	px->calls = calls;
	err = hash_alloc(&px->txns, BUCKETS);
	if (err)
		mem_deref(px);
	else
		*pp = px;
	return err;
}


void proxy_reply(struct proxy *px, const struct sip_msg *msg, uint16_t code,
		 const char *reason, const char *headers)
{
	(void)sip_replyf(px->sip, msg, code, reason, "%sContent-Length: 0\r\n\r\n",
			 headers);
}


/* Loops, RFC 3261 section 16.3 step 4: our Via is in it and we are still
 * passing it on to the same place. With another place it is a spiral. */

static bool own_via_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			    void *arg)
{
	const struct core *c = arg;
	struct sip_via via;

	(void)msg;
	if (sip_via_decode(&via, &hdr->val))
		return false;
	for (size_t i = 0; i < c->naddrs; i++) {
		if (sa_cmp(&via.addr, &c->addrs[i], SA_ALL))
			return true;
	}
	return false;
}


static bool same_request(struct le *le, void *arg)
{
	const struct txn *t = le->data;
	const struct sip_msg *msg = arg;

	return !pl_cmp(&t->req->callid, &msg->callid) &&
		!pl_cmp(&t->req->from.tag, &msg->from.tag) &&
		!pl_cmp(&t->req->met, &msg->met) &&
		t->req->cseq.num == msg->cseq.num &&
		!pl_cmp(&t->req->ruri, &msg->ruri);
}


bool proxy_looped(const struct proxy *px, const struct sip_msg *msg)
{
	union {
		const struct sip_msg *c;
		void *v;
	} key = {msg};

	return sip_msg_hdr_apply(msg, true, SIP_HDR_VIA, own_via_handler,
				 px->core) &&
		hash_lookup(px->txns, hash_joaat_pl(&msg->callid), same_request,
			    key.v);
}


/* Towards the caller. */

static void send_back(struct txn *t, const struct sip_msg *resp)
{
	uint32_t session = 0;
	struct mbuf *mb;
	struct sa dst;
	bool insert = false;
	int err;

	if (t->invite && resp->scode >= 200 && resp->scode < 300)
		session = stimer_response(&t->stimer, resp, &insert);
	mb = mbuf_alloc(1500);
	if (!mb)
		return;
	err = msgedit_response(mb, resp, insert ? session : 0);
	mb->pos = 0;
	sip_reply_addr(&dst, t->req, msgedit_rport(t->req));
	if (!err && t->st)
		err = sip_strans_reply(&t->st, t->px->sip, t->req, &dst,
				       resp->scode, mb);
	else if (!err)
		err = sip_send(t->px->sip, t->req->sock, t->req->tp, &dst, mb);
	mem_deref(mb);
	if (err)
		log_debug("response %u could not be sent back: %s", resp->scode,
			  strerror(err));
	if (t->invite) {
		char reason[64];

		(void)pl_strcpy(&resp->reason, reason, sizeof(reason));
		calls_response(t->px->calls, &t->req->callid, resp->scode, reason,
			       session);
	}
}


static const char *own_reason(uint16_t code)
{
	static const struct {
		uint16_t code;
		const char *reason;
	} v[] = {
		{408, "Request Timeout"}, {480, "Temporarily Unavailable"},
		{487, "Request Terminated"}, {500, "Server Internal Error"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		if (v[i].code == code)
			return v[i].reason;
	}
	return "Service Unavailable";
}


/* RFC 4320: nobody waits any more for the 408 of a request that is no INVITE. */
static void send_own(struct txn *t, uint16_t code)
{
	const char *reason = own_reason(code);

	if (code == 408 && !t->invite) {
		t->st = mem_deref(t->st);
		return;
	}
	(void)sip_treply(&t->st, t->px->sip, t->req, code, reason);
	if (t->invite)
		calls_response(t->px->calls, &t->req->callid, code, reason, 0);
}


static void note_bye(const struct txn *t, uint16_t code)
{
	if (code >= 200 && !pl_strcmp(&t->req->met, "BYE"))
		calls_end(t->px->calls, &t->req->callid, code, "BYE");
}


static bool all_done(const struct txn *t)
{
	for (size_t i = 0; i < t->fork.n; i++) {
		if (t->fork.b[i].state != FORK_DONE)
			return false;
	}
	return t->fork.final_sent;
}


static void timer_c_handler(void *arg)
{
	struct txn *t = arg;
	struct fork_act a;

	fork_tick(&t->fork, tmr_jiffies(), &a);
	act(t, &a, NULL);
}


static void timer_c_arm(struct txn *t)
{
	uint64_t at = fork_deadline(&t->fork), now = tmr_jiffies();

	if (at)
		tmr_start(&t->tmr, at > now ? at - now : 1, timer_c_handler, t);
	else
		tmr_cancel(&t->tmr);
}


static void act(struct txn *t, const struct fork_act *a, struct sip_msg *resp)
{
	t->busy++;
	if (a->forward && resp)
		send_back(t, resp);
	for (size_t i = 0; i < t->fork.n; i++) {
		if (a->cancel & 1u << i)
			sip_request_cancel(t->b[i].req);
	}
	if (a->finish) {
		if (a->best >= 0 && t->b[a->best].best)
			send_back(t, t->b[a->best].best);
		else
			send_own(t, a->code);
	}
	t->busy--;
	if (t->busy)
		return;
	if (all_done(t))
		mem_deref(t);
	else
		timer_c_arm(t);
}


/* Towards the callee. */

static void response_handler(int err, const struct sip_msg *msg, void *arg)
{
	struct branch *b = arg;
	struct txn *t = b->t;
	struct fork_act a;

	if (err || !msg) {
		/* 480: that client cannot be reached now, others may */
		fork_failed(&t->fork, b->i, err == ETIMEDOUT ? 408 : 480, &a);
		note_bye(t, 408);
		act(t, &a, NULL);
		return;
	}
	if (msg->scode >= 300) {
		mem_deref(b->best);
		b->best = mem_ref((void *)(uintptr_t)msg);
	}
	fork_response(&t->fork, b->i, msg->scode == 503 ? 500 : msg->scode,
		      tmr_jiffies(), &a);
	note_bye(t, msg->scode);
	act(t, &a, (struct sip_msg *)(uintptr_t)msg);
}


static int put_record_route(struct mbuf *mb, const struct sa *addr,
			    enum sip_transp tp, const char *token)
{
	return mbuf_printf(mb, "Record-Route: <sip:%s@%J%s;lr>\r\n", token, addr,
			   sip_transp_param(tp));
}


/* Section 16.6 step 4, and RFC 5658: two values when the message changes
 * from one of our addresses or transports to another. */
static int send_handler(enum sip_transp tp, const struct sa *src,
			const struct sa *dst, struct mbuf *mb, void *arg)
{
	struct branch *b = arg;
	struct txn *t = b->t;
	char token[CORE_TOKEN];
	int err = 0;

	(void)dst;
	if (t->initial) {
		err = core_token_make(t->px->core, token, t->req->tp, &t->req->src);
		if (!err)
			err = put_record_route(mb, src, tp, token);
		if (!err && (tp != t->req->tp || !sa_cmp(src, &t->req->dst, SA_ALL)))
			err = put_record_route(mb, &t->req->dst, t->req->tp, token);
	}
	if (!err && b->target.path)
		err = mbuf_printf(mb, "Route: %s\r\n", b->target.path);
	return err;
}


static int route_make(char *buf, size_t size, struct uri *uri,
		      const struct core_target *tgt)
{
	struct pl pl;
	const char *param = tgt->tp == SIP_TRANSP_UDP ? ";transport=udp" :
		sip_transp_param(tgt->tp);

	if (re_snprintf(buf, size, "sip:%J%s", &tgt->dst, param) < 0)
		return EOVERFLOW;
	pl_set_str(&pl, buf);
	return uri_decode(uri, &pl);
}


static int send_to(struct proxy *px, struct sip_request **reqp,
		   const struct sip_msg *msg, const struct core_target *tgt,
		   struct mbuf *mb, sip_send_h *sendh, sip_resp_h *resph,
		   void *arg)
{
	char buf[128];
	struct uri route;
	int err;

	err = route_make(buf, sizeof(buf), &route, tgt);
	if (err)
		return err;
	return sip_request(reqp, px->sip, resph != NULL, msg->met.p,
			   (int)msg->met.l, tgt->uri, (int)strlen(tgt->uri),
			   &route, mb, 0, sendh, resph, arg);
}


static int copy_make(struct mbuf **mbp, struct proxy *px,
		     const struct sip_msg *msg, const struct core_decision *d)
{
	struct msgedit me = {msg, d->strip_routes, px->core->auth,
			     d->stimer.applies ? &d->stimer : NULL};
	struct mbuf *mb = mbuf_alloc(2048);
	int err;

	if (!mb)
		return ENOMEM;
	err = msgedit_request(mb, &me);
	mb->pos = 0;
	if (err)
		mem_deref(mb);
	else
		*mbp = mb;
	return err;
}


static void forward_ack(struct proxy *px, const struct sip_msg *msg,
			const struct core_decision *d)
{
	struct mbuf *mb;

	if (!d->nt || copy_make(&mb, px, msg, d))
		return;
	(void)send_to(px, NULL, msg, &d->t[0], mb, NULL, NULL, NULL);
	mem_deref(mb);
}


static void cancel_handler(void *arg)
{
	struct txn *t = arg;
	struct fork_act a;

	fork_cancel(&t->fork, &a);
	act(t, &a, NULL);
}


static bool makes_dialog(const struct sip_msg *msg)
{
	static const char *const v[] = {"INVITE", "SUBSCRIBE", "REFER", "NOTIFY"};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		if (!pl_strcmp(&msg->met, v[i]))
			return true;
	}
	return false;
}


static int txn_make(struct txn **tp, struct proxy *px, const struct sip_msg *msg,
		    const struct core_decision *d)
{
	struct txn *t = mem_zalloc(sizeof(*t), txn_destructor);
	int err;

	if (!t)
		return ENOMEM;
	px->n++;
	t->px = px;
	t->req = mem_ref((void *)(uintptr_t)msg);
	t->invite = !pl_strcmp(&msg->met, "INVITE");
	t->initial = makes_dialog(msg);
	t->stimer = d->stimer;
	fork_init(&t->fork, d->nt, t->invite, tmr_jiffies());
	for (size_t i = 0; i < d->nt; i++)
		t->b[i] = (struct branch){.t = t, .i = i, .target = d->t[i]};
	err = sip_strans_alloc(&t->st, px->sip, msg, cancel_handler, t);
	if (err) {
		mem_deref(t);
		return err;
	}
	hash_append(px->txns, hash_joaat_pl(&msg->callid), &t->he, t);
	*tp = t;
	return 0;
}


/* All branches start before the first failure is weighed. */
static void start(struct txn *t, struct mbuf *mb)
{
	struct fork_act a;
	int err[FORK_MAX];

	t->busy++;
	for (size_t i = 0; i < t->fork.n; i++)
		err[i] = send_to(t->px, &t->b[i].req, t->req, &t->b[i].target, mb,
				 send_handler, response_handler, &t->b[i]);
	for (size_t i = 0; i < t->fork.n; i++) {
		t->b[i].target.path = NULL;
		if (!err[i])
			continue;
		fork_failed(&t->fork, i, 480, &a);
		act(t, &a, NULL);
	}
	t->busy--;
	if (all_done(t))
		mem_deref(t);
	else
		timer_c_arm(t);
}


void proxy_forward(struct proxy *px, const struct sip_msg *msg,
		   const struct core_decision *d)
{
	struct mbuf *mb;
	struct txn *t;

	if (!pl_strcmp(&msg->met, "ACK")) {
		forward_ack(px, msg, d);
		return;
	}
	if (px->n >= PROXY_TXNS) {
		proxy_reply(px, msg, 503, "Service Unavailable", "Retry-After: 5\r\n");
		return;
	}
	if (copy_make(&mb, px, msg, d)) {
		proxy_reply(px, msg, 400, "Bad Request", "");
		return;
	}
	if (txn_make(&t, px, msg, d)) {
		proxy_reply(px, msg, 500, "Server Internal Error", "");
	}
	else {
		if (t->invite) {
			if (!d->in_dialog)
				calls_invite(px->calls, msg, d->aor);
			(void)sip_treply(&t->st, px->sip, msg, 100, "Trying");
		}
		start(t, mb);
	}
	mem_deref(mb);
}


/* The second Via says where a response goes on to. */
struct second {
	unsigned n;
	struct sip_via via;
};


static bool second_via_handler(const struct sip_hdr *hdr,
			       const struct sip_msg *msg, void *arg)
{
	struct second *s = arg;

	(void)msg;
	if (++s->n < 2)
		return false;
	return !sip_via_decode(&s->via, &hdr->val);
}


static void via_dst(struct sa *dst, const struct sip_via *via)
{
	struct pl pl;

	*dst = via->addr;
	if (!msg_param_decode(&via->params, "received", &pl))
		(void)sa_set(dst, &pl, sa_port(&via->addr));
	if (!msg_param_decode(&via->params, "rport", &pl) && pl.l)
		sa_set_port(dst, (uint16_t)pl_u32(&pl));
	sa_set_port(dst, sip_transp_port(via->tp, sa_port(dst)));
}


/* Only towards clients that we know: a forged Via must not make us send. */
bool proxy_stray_response(struct proxy *px, const struct sip_msg *msg)
{
	struct second s = {0};
	struct mbuf *mb;
	struct sa dst;

	if (!own_via_handler(sip_msg_hdr(msg, SIP_HDR_VIA), msg, px->core) ||
	    !sip_msg_hdr_apply(msg, true, SIP_HDR_VIA, second_via_handler, &s))
		return true;
	via_dst(&dst, &s.via);
	if (!location_by_src(px->core->loc, s.via.tp, &dst, 0))
		return true;
	mb = mbuf_alloc(1500);
	if (mb && !msgedit_response(mb, msg, 0)) {
		mb->pos = 0;
		(void)sip_send(px->sip, NULL, s.via.tp, &dst, mb);
	}
	mem_deref(mb);
	return true;
}
