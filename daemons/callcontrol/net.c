#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemons/callcontrol/conns.h"
#include "daemons/callcontrol/net.h"
#include "daemons/callcontrol/proxy.h"
#include "daemons/callcontrol/regq.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "io/sipstack.h"


enum { SEEN = 1024, HASH_SIZE = 4096 };

struct net {
	struct net_config cfg;
	struct sip *sip;
	struct sip_lsnr *req_lsnr;
	struct sip_lsnr *resp_lsnr;
	struct proxy *proxy;
	struct regq *regq;
	struct tmr tmr;
	struct net_stats stats;
	uint64_t refused_logged;
	struct {
		struct sa src;
		enum sip_transp tp;
	} seen[SEEN];			/* whose flow was logged as ok */
};

/* Where we listen. Several rows name one port; it is opened once. */
static const char *const listen_rows[] = {
	"A2-19", "A2-20", "A3-13", "A3-14", "A6-14", "A6-16", "A7-13", "A7-14",
	NULL
};

/* By whom a flow comes in. */
static const struct {
	const char *role;
	const char *udp;
	const char *tcp;
} in_rows[] = {
	{"codec", "A2-19", "A2-20"},
	{"phone", "A3-13", "A3-14"},
	{"multipoint", "A6-14", "A6-16"},
	{"recorder", "A7-13", "A7-14"},
};

/* Whom we dial without their having registered, the connection first. */
static const struct {
	const char *role;
	const char *row;
} out_rows[] = {
	{"multipoint", "A6-17"},
	{"multipoint", "A6-15"},
	{"gateway", "A9-09"},
};


static void destructor(void *arg)
{
	struct net *n = arg;

	tmr_cancel(&n->tmr);
	mem_deref(n->regq);
	mem_deref(n->proxy);
	mem_deref(n->req_lsnr);
	mem_deref(n->resp_lsnr);
	mem_deref(n->sip);
}


static struct ip_addr address(const struct sa *sa)
{
	struct ip_addr a = {.family = 4};

	if (sa_af(sa) == AF_INET6) {
		a.family = 6;
		sa_in6(sa, a.b);
	}
	else {
		memcpy(a.b, &sa->u.in.sin_addr, 4);
	}
	return a;
}


/* The first accepted request of a client shows that the flow is carried. */
static void flow_ok(struct net *n, const struct sip_msg *msg)
{
	size_t i = (sa_hash(&msg->src, SA_ALL) + (uint32_t)msg->tp) % SEEN;
	struct ip_addr a = address(&msg->src);
	const struct site_host *h;

	if (n->seen[i].tp == msg->tp &&
	    sa_cmp(&n->seen[i].src, &msg->src, SA_ALL))
		return;
	n->seen[i].src = msg->src;
	n->seen[i].tp = msg->tp;
	h = site_host_by_addr(n->cfg.site, &a);
	for (i = 0; h && i < ARRAY_SIZE(in_rows); i++) {
		if (site_host_has_role(h, in_rows[i].role))
			flowtab_log(msg->tp == SIP_TRANSP_UDP ? in_rows[i].udp :
				    in_rows[i].tcp, "in", &msg->dst, &msg->src, "ok",
				    NULL);
	}
}


static void log_refused(struct net *n, const struct sip_msg *msg,
			const struct core_decision *d)
{
	char src[80], who[LOCATION_AOR_MAX], line[256];

	n->stats.refused++;
	if (tmr_jiffies() - n->refused_logged < 1000)
		return;
	n->refused_logged = tmr_jiffies();
	(void)pl_strcpy(&msg->from.uri.user, who, sizeof(who));
	(void)re_snprintf(src, sizeof(src), "%J", &msg->src);
	(void)re_snprintf(line, sizeof(line), "%r", &msg->met);
	for (char *p = who; *p; p++)
		*p = *p < ' ' || *p > '~' ? '?' : *p;
	log_warn("%s of %s from %s refused: %s", line, who, src,
		 auth_result_text(d->auth));
	log_event("register", "{s:s, s:s, s:i, s:s, s:i}", "state", "failed",
		  "aor", who, "code", (int)d->code, "reason",
		  auth_result_text(d->auth), "expires", 0);
}


static void answer(struct net *n, const struct sip_msg *msg,
		   const struct core_decision *d)
{
	n->stats.replies++;
	if (d->auth == AUTH_WRONG || d->auth == AUTH_REPLAY ||
	    d->auth == AUTH_LOCKED || d->auth == AUTH_MALFORMED)
		log_refused(n, msg, d);
	proxy_reply(n->proxy, msg, d->code, d->reason, sbuf_str(&d->headers));
}


static void decide(struct net *n, const struct sip_msg *msg)
{
	static struct core_decision d;	/* large, and one thread */

	core_request(n->cfg.core, &d, msg, (uint64_t)time(NULL),
		     proxy_looped(n->proxy, msg));
	if (d.authenticated)
		flow_ok(n, msg);
	switch (d.what) {
	case CORE_REPLY:
		answer(n, msg, &d);
		break;
	case CORE_REGISTER:
		regq_add(n->regq, msg, d.aor);
		break;
	case CORE_FORWARD:
		proxy_forward(n->proxy, msg, &d);
		break;
	case CORE_DROP:
		break;
	}
	sbuf_reset(&d.headers);
}


static bool request_handler(const struct sip_msg *msg, void *arg)
{
	struct net *n = arg;

	n->stats.requests++;
	if (msg->tp != SIP_TRANSP_UDP)
		conns_message(&msg->src);
	/* without these no answer finds its way */
	if (!pl_isset(&msg->via.sentby) || !pl_isset(&msg->via.branch))
		return true;
	if (!pl_strcmp(&msg->met, "CANCEL")) {
		proxy_reply(n->proxy, msg, 481, "No Such Transaction", "");
		return true;
	}
	decide(n, msg);
	return true;
}


static bool response_handler(const struct sip_msg *msg, void *arg)
{
	struct net *n = arg;

	return proxy_stray_response(n->proxy, msg);
}


static bool alive_handler(enum sip_transp tp, const struct sa *src, void *arg)
{
	(void)tp;
	(void)arg;
	return conns_alive(src);
}


static bool dial(const struct site_host *h, const char *row,
		 enum sip_transp *tp, struct sa *dst)
{
	struct ip_addr a;
	uint16_t port;
	bool tls;

	if (flowtab_port(&port, &tls, row) || !site_host_addr(h, 0, &a) ||
	    flowtab_sa(dst, &a, port) || flowtab_dial(row, dst))
		return false;
	if (flowtab_transport(row) == FLOW_UDP)
		*tp = SIP_TRANSP_UDP;
	else
		*tp = tls ? SIP_TRANSP_TLS : SIP_TRANSP_TCP;
	return true;
}


static bool static_handler(const char *number, enum sip_transp *tp,
			   struct sa *dst, void *arg)
{
	const struct net *n = arg;

	for (size_t i = 0; i < n->cfg.site->nhosts; i++) {
		const struct site_host *h = &n->cfg.site->hosts[i];

		if (!h->number || strcmp(h->number, number))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(out_rows); k++) {
			if (site_host_has_role(h, out_rows[k].role) &&
			    dial(h, out_rows[k].row, tp, dst))
				return true;
		}
	}
	return false;
}


static void expired_handler(const struct aor *aor, const struct binding *b,
			    void *arg)
{
	unsigned *n = arg;

	(void)b;
	++*n;
	log_event("register", "{s:s, s:s, s:i, s:s, s:i}", "state", "removed",
		  "aor", aor->name, "code", 0, "reason", "expired", "expires", 0);
}


static void second_handler(void *arg)
{
	struct net *n = arg;
	uint64_t now = (uint64_t)time(NULL);
	unsigned expired = 0;

	tmr_start(&n->tmr, 1000, second_handler, n);
	location_expire(n->cfg.core->loc, now, expired_handler, &expired);
	/* what stays on a full disk is left out when it is read again */
	if (expired)
		(void)db_binding_expire(n->cfg.db, now);
	conns_sweep(tmr_jiffies());
}


/* The addresses that we listen on: those of the rows, as they were opened. */
static void own_addresses(struct core *c)
{
	static const int families[] = {4, 6};

	for (size_t i = 0; listen_rows[i]; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(families); k++) {
			struct sa sa;
			size_t at = 0;

			if (c->naddrs == CORE_ADDRS ||
			    flowtab_listen(&sa, listen_rows[i], families[k]))
				continue;
			while (at < c->naddrs && !sa_cmp(&c->addrs[at], &sa, SA_ALL))
				at++;
			if (at == c->naddrs)
				c->addrs[c->naddrs++] = sa;
		}
	}
}


static int start(struct net *n)
{
	const struct sipstack_config sc = {
		.software = "visavis-callcontrol/" VISAVIS_VERSION,
		.listen = listen_rows,
		.cert = n->cfg.cert,
		.ca = n->cfg.ca,
		.hash_size = HASH_SIZE,
	};
	int err;

	err = sipstack_alloc(&n->sip, NULL, &sc);
	if (err)
		return err;
	own_addresses(n->cfg.core);
	err = proxy_alloc(&n->proxy, n->sip, n->cfg.core, n->cfg.calls);
	if (!err)
		err = regq_alloc(&n->regq, n->sip, n->cfg.core, n->cfg.db, &n->stats);
	if (!err)
		err = sip_listen(&n->req_lsnr, n->sip, true, request_handler, n);
	if (!err)
		err = sip_listen(&n->resp_lsnr, n->sip, false, response_handler, n);
	return err;
}


int net_alloc(struct net **np, const struct net_config *cfg)
{
	struct net *n = mem_zalloc(sizeof(*n), destructor);
	int err;

	if (!n)
		return ENOMEM;
	n->cfg = *cfg;
	cfg->core->alive_h = alive_handler;
	cfg->core->static_h = static_handler;
	cfg->core->arg = n;
	err = start(n);
	if (err) {
		mem_deref(n);
		return err;
	}
	tmr_start(&n->tmr, 1000, second_handler, n);
	*np = n;
	return 0;
}


const struct net_stats *net_stats(const struct net *n)
{
	return &n->stats;
}
