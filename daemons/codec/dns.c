/* Where call control is: SRV and address records (RFC 3263), as far as the site file agrees. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/codec/codec.h"
#include "io/flowtab.h"
#include "io/log.h"

enum { DNS_PATIENCE_MS = 1500 };

static struct {
	struct dns_query *q;
	struct tmr tmr;
	char name[256];		/* asked for now */
	uint16_t port;		/* the row's */
	void (*h)(void *arg);
	void *arg;
} rs;


void net_resolve_cancel(struct codec *c)
{
	(void)c;
	tmr_cancel(&rs.tmr);
	rs.q = mem_deref(rs.q);
	rs.h = NULL;
}


static void done(struct codec *c, const char *host)
{
	void (*h)(void *arg) = rs.h;
	void *arg = rs.arg;
	int err;

	net_resolve_cancel(c);
	(void)snprintf(c->route, sizeof(c->route), "sip:%s:%u;transport=%s", host,
		       sa_port(&c->cc_addr),
		       c->tls ? "tls" : strcmp(c->row, ROW_SIP_UDP) ? "tcp" : "udp");
	err = flowtab_dial(c->row, &c->cc_addr);
	if (err)
		log_error("row %s does not let us dial call control: %s", c->row, strerror(err));
	if (h)
		h(arg);
}


static void dns_log(const char *outcome, const char *detail)
{
	struct sa srv[1];

	if (flowtab_peers(srv, 1, ROW_DNS))
		flowtab_log(ROW_DNS, "out", NULL, &srv[0], outcome, detail);
}


/* No name service, or none that answers: the site file knows the address. */
static void fallback(struct codec *c, const char *why)
{
	char host[80];
	struct ip_addr a;

	if (why) {
		log_warn("DNS: %s: %s; using the address of the site file", rs.name, why);
		dns_log("timeout", why);
	}
	if (!site_host_addr(c->cc, 0, &a))
		return;
	(void)flowtab_sa(&c->cc_addr, &a, rs.port);
	(void)re_snprintf(host, sizeof(host), sa_af(&c->cc_addr) == AF_INET6 ? "[%j]" : "%j",
			  &c->cc_addr);
	done(c, host);
}


static void timeout_handler(void *arg)
{
	fallback(arg, "no answer");
}


static int ask(struct codec *c, uint16_t type, dns_query_h *h)
{
	rs.q = mem_deref(rs.q);
	tmr_start(&rs.tmr, DNS_PATIENCE_MS, timeout_handler, c);
	return dnsc_query(&rs.q, c->dnsc, rs.name, type, DNS_CLASS_IN, true, h, c);
}


static bool of_callcontrol(const struct codec *c, const struct ip_addr *a)
{
	for (size_t i = 0; i < c->cc->naddrs; i++)
		if (ip_range_has(&c->cc->addrs[i], a))
			return true;
	return false;
}


/* Only an address that the site gives call control is taken: a name service
 * that lies leads nowhere. */
static bool addr_handler(struct dnsrr *rr, void *arg)
{
	struct codec *c = arg;
	struct ip_addr a = { 0 };
	char buf[IP_STRLEN];

	if (rr->type == DNS_TYPE_A) {
		a.family = 4;
		for (int i = 0; i < 4; i++)
			a.b[i] = (uint8_t)(rr->rdata.a.addr >> (24 - 8 * i));
	}
	else {
		a.family = 6;
		memcpy(a.b, rr->rdata.aaaa.addr, 16);
	}
	if (!of_callcontrol(c, &a)) {
		log_warn("DNS: %s is at %s, which the site file does not give %s: refused", rs.name,
			 ip_str(&a, buf), c->cc->name);
		return false;
	}
	(void)flowtab_sa(&c->cc_addr, &a, rs.port);
	return true;
}


/* The family that the site file gives call control. */
static uint16_t address_type(const struct codec *c)
{
	return site_host_addr(c->cc, 4, &(struct ip_addr){0}) ? DNS_TYPE_A : DNS_TYPE_AAAA;
}


static void address_handler(int err, const struct dnshdr *hdr, struct list *ansl,
			    struct list *authl, struct list *addl, void *arg)
{
	struct codec *c = arg;

	(void)hdr;
	(void)authl;
	(void)addl;
	if (err)
		fallback(c, strerror(err));
	else if (!dns_rrlist_apply(ansl, NULL, address_type(c), DNS_CLASS_IN, false, addr_handler, c))
		fallback(c, "no address of call control in the answer");
	else {
		dns_log("ok", rs.name);
		done(c, rs.name);
	}
}


static int address_ask(struct codec *c)
{
	return ask(c, address_type(c), address_handler);
}


/* The first target whose port is that of our row. */
static bool srv_rr_handler(struct dnsrr *rr, void *arg)
{
	const struct codec *c = arg;

	if (rr->rdata.srv.port == rs.port)
		return true;
	log_warn("DNS: %s names port %u of %s, row %s has %u: refused", rs.name,
		 rr->rdata.srv.port, rr->rdata.srv.target, c->row, rs.port);
	return false;
}


/* Without such a record, or with none that we may follow, the name that call
 * control has in every site is asked for. */
static void srv_handler(int err, const struct dnshdr *hdr, struct list *ansl,
			struct list *authl, struct list *addl, void *arg)
{
	struct codec *c = arg;
	struct dnsrr *rr = NULL;

	(void)hdr;
	(void)authl;
	(void)addl;
	if (!err) {
		dns_rrlist_sort(ansl, DNS_TYPE_SRV, rand_u32());
		rr = dns_rrlist_apply(ansl, NULL, DNS_TYPE_SRV, DNS_CLASS_IN, false,
				      srv_rr_handler, c);
	}
	if (rr)
		(void)re_snprintf(rs.name, sizeof(rs.name), "%s", rr->rdata.srv.target);
	else
		(void)snprintf(rs.name, sizeof(rs.name), "%s", c->cc_name);
	err = address_ask(c);
	if (err)
		fallback(c, strerror(err));
}


int net_resolve(struct codec *c, void (*h)(void *arg), void *arg)
{
	int err;

	net_resolve_cancel(c);
	rs.h = h;
	rs.arg = arg;
	err = flowtab_port(&rs.port, NULL, c->row);
	if (err)
		return err;
	(void)re_snprintf(rs.name, sizeof(rs.name), "%s.%s", c->tls ? "_sips._tcp" :
			  strcmp(c->row, ROW_SIP_UDP) ? "_sip._tcp" : "_sip._udp", c->domain);
	if (!c->dnsc) {
		fallback(c, NULL);
		return 0;
	}
	err = ask(c, DNS_TYPE_SRV, srv_handler);
	if (err)
		fallback(c, strerror(err));
	return 0;
}
