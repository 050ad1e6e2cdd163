#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "io/flowtab.h"
#include "io/guard.h"
#include "io/log.h"


static struct {
	const struct site *site;
	const struct site_host *self;
} ft;


void flowtab_init(const struct site *s, const struct site_host *self)
{
	ft.site = s;
	ft.self = self;
	guard_on();
}


static const struct flow_row *row_find(const char *id)
{
	const struct flow_row *row = site_row_find(ft.site, id);

	return row && site_condition(ft.site, row->when) ? row : NULL;
}


bool flowtab_applies(const char *row)
{
	return row_find(row) != NULL;
}


static bool end_is_us(const struct flow_end *e)
{
	for (size_t i = 0; i < e->nroles; i++)
		if (!strcmp(e->roles[i], FLOW_ROLE_ANY) ||
		    site_host_has_role(ft.self, e->roles[i]))
			return true;

	return false;
}


static const struct flow_port *port_first(const struct flow_end *e)
{
	for (size_t i = 0; i < e->nports; i++)
		if (site_condition(ft.site, e->ports[i].when))
			return &e->ports[i];

	return NULL;
}


/* An end without ports takes any: RTP goes "to any" */
static bool port_ok(const struct flow_end *e, uint16_t port)
{
	for (size_t i = 0; i < e->nports; i++)
		if (site_condition(ft.site, e->ports[i].when) &&
		    e->ports[i].lo <= port && port <= e->ports[i].hi)
			return true;

	return e->nports == 0;
}


int flowtab_port(uint16_t *port, bool *tls, const char *row)
{
	const struct flow_row *r = row_find(row);
	const struct flow_port *p = r ? port_first(&r->to) : NULL;

	if (!p)
		return ENOENT;

	*port = p->lo;
	if (tls)
		*tls = p->tls;
	return 0;
}


static int sock_type_of(const struct flow_row *r)
{
	return r->transport == FLOW_TCP ? SOCK_STREAM : SOCK_DGRAM;
}


static int self_addr(struct sa *sa, int family, uint16_t port)
{
	struct ip_addr a;

	if (!site_host_addr(ft.self, (uint8_t)family, &a))
		return EADDRNOTAVAIL;

	return flowtab_sa(sa, &a, port);
}


int flowtab_sa(struct sa *sa, const struct ip_addr *a, uint16_t port)
{
	if (a->family == 6)
		sa_set_in6(sa, a->b, port);
	else
		sa_set_in(sa, (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 |
			      (uint32_t)a->b[2] << 8 | a->b[3], port);
	return 0;
}


int flowtab_listen(struct sa *addr, const char *row, int family)
{
	const struct flow_row *r = row_find(row);
	const struct flow_port *p = r ? port_first(&r->to) : NULL;
	int err;

	if (!p)
		return ENOENT;
	if (!end_is_us(&r->to))
		return EACCES;

	err = self_addr(addr, family, p->lo);
	if (err)
		return err;

	return guard_permit_bind(r->id, r->dscp, sock_type_of(r), &addr->u.sa);
}


int flowtab_dial_local(struct sa *addr, const char *row, int family)
{
	const struct flow_row *r = row_find(row);
	int err;

	if (!r)
		return ENOENT;
	if (!end_is_us(&r->from))
		return EACCES;

	err = self_addr(addr, family, 0);
	if (err || r->transport != FLOW_TCP)
		return err;

	return guard_permit_bind(r->id, r->dscp, SOCK_STREAM, &addr->u.sa);
}


int flowtab_dial(const char *row, const struct sa *peer)
{
	const struct flow_row *r = row_find(row);

	if (!r)
		return ENOENT;
	if (!end_is_us(&r->from) || !port_ok(&r->to, sa_port(peer)))
		return EACCES;

	return guard_permit_peer(r->id, r->dscp, sock_type_of(r), &peer->u.sa);
}


static bool host_is(const struct site_host *h, const struct flow_end *e)
{
	for (size_t i = 0; i < e->nroles; i++)
		if (site_host_has_role(h, e->roles[i]))
			return true;

	return false;
}


size_t flowtab_peers(struct sa *v, size_t max, const char *row)
{
	const struct flow_row *r = row_find(row);
	const struct flow_port *p = r ? port_first(&r->to) : NULL;
	size_t n = 0;

	for (size_t i = 0; p && i < ft.site->nhosts; i++) {
		const struct site_host *h = &ft.site->hosts[i];

		for (size_t k = 0; k < h->naddrs && n < max; k++) {
			if (!host_is(h, &r->to))
				break;
			(void)flowtab_sa(&v[n], &h->addrs[k].lo, p->lo);
			if (!flowtab_dial(row, &v[n]))
				n++;
		}
	}

	return n;
}


enum flow_transport flowtab_transport(const char *row)
{
	const struct flow_row *r = site_row_find(ft.site, row);

	return r ? r->transport : FLOW_L2;
}


bool flowtab_peer_port_ok(const char *row, uint16_t port)
{
	const struct flow_row *r = row_find(row);

	if (!r || !port)
		return false;

	/* media goes both ways: the peer sends from its own row's ports, so
	 * the range at our end is the one that is open at theirs */
	return port_ok(r->both_ways ? &r->from : &r->to, port);
}


static int udp_bind(int *fdp, const struct flow_row *r, const struct sa *addr)
{
	int fd = socket(addr->u.sa.sa_family,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return errno;

	err = guard_bind(fd, r->dscp, &addr->u.sa, addr->len);
	if (err) {
		(void)close(fd);
		return err;
	}

	*fdp = fd;
	return 0;
}


/* Try each port of the range once, from a random one on. */
static int udp_bind_range(int *fdp, const struct flow_row *r, struct sa *addr,
			  const struct flow_port *p, bool even)
{
	uint32_t lo = even && p->lo % 2 ? p->lo + 1u : p->lo;
	uint32_t step = even ? 2 : 1;
	/* an even port's successor, for RTCP, must be in the range as well */
	uint32_t n = even ? (p->hi - lo + 1u) / 2 : p->hi - lo + 1u;
	uint32_t start = n ? rand_u32() % n : 0;

	for (uint32_t i = 0; i < n; i++) {
		int err;

		sa_set_port(addr, (uint16_t)(lo + (start + i) % n * step));
		err = udp_bind(fdp, r, addr);
		if (err != EADDRINUSE)
			return err;
	}

	return EADDRINUSE;
}


static int udp_any(int *fd, const struct flow_row *r, const struct flow_end *e,
		   struct sa *addr, bool even)
{
	const struct flow_port *p = port_first(e);

	if (!end_is_us(e) || !p)
		return EACCES;

	if (sa_port(addr))
		return port_ok(e, sa_port(addr)) ? udp_bind(fd, r, addr) : EACCES;

	return udp_bind_range(fd, r, addr, p, even);
}


int flowtab_udp(int *fd, const char *row, struct sa *addr, bool even)
{
	const struct flow_row *r = row_find(row);

	if (!r || r->transport != FLOW_UDP)
		return ENOENT;

	/* the end that is ours by role and not merely "any" */
	return udp_any(fd, r, end_is_us(&r->from) ? &r->from : &r->to, addr, even);
}


int flowtab_udp_answer(int *fd, const char *row, struct sa *addr)
{
	const struct flow_row *r = row_find(row);

	if (!r || r->transport != FLOW_UDP)
		return ENOENT;

	return udp_any(fd, r, &r->to, addr, false);
}


static int udp_dial(int *fdp, const struct flow_row *r, const struct sa *local,
		       const struct sa *peer)
{
	int err = udp_bind(fdp, r, local);

	if (err)
		return err;

	err = guard_connect(*fdp, &peer->u.sa, peer->len);
	if (err) {
		(void)close(*fdp);
		*fdp = -1;
	}
	return err;
}


int flowtab_udp_dial(int *fd, const char *row, const struct sa *peer, struct sa *local)
{
	const struct flow_row *r = row_find(row);
	struct sa here;
	socklen_t len;
	int err;

	if (!r || r->transport != FLOW_UDP)
		return ENOENT;
	if (!end_is_us(&r->from) || !port_ok(&r->to, sa_port(peer)))
		return EACCES;

	err = self_addr(&here, sa_af(peer) == AF_INET6 ? 6 : 4, 0);
	if (!err)
		err = udp_dial(fd, r, &here, peer);
	if (err || !local)
		return err;

	len = sizeof(local->u);
	(void)getsockname(*fd, &local->u.sa, &len);
	local->len = len;
	return 0;
}


int flowtab_range(uint16_t *lo, uint16_t *hi, const char *row)
{
	const struct flow_row *r = row_find(row);
	const struct flow_port *p = r ? port_first(&r->to) : NULL;

	if (!p)
		return ENOENT;

	*lo = p->lo;
	*hi = p->hi;
	return 0;
}


static json_t *sa_json(const struct sa *sa)
{
	char buf[80];

	if (!sa || !sa_isset(sa, SA_ADDR))
		return json_null();

	return re_snprintf(buf, sizeof(buf), "%J", sa) < 0 ? json_null() :
							      json_string(buf);
}


void flowtab_log(const char *row, const char *dir, const struct sa *local,
		 const struct sa *peer, const char *outcome,
		 const char *detail)
{
	const struct flow_row *r = site_row_find(ft.site, row);

	if (!log_has_file())
		return;

	log_event("flow", "{s:s, s:s, s:s, s:o, s:o, s:s, s:s*}",
		  "row", row, "dir", dir,
		  "transport", r ? flow_transport_name(r->transport) : "?",
		  "local", sa_json(local), "peer", sa_json(peer),
		  "outcome", outcome, "detail", detail);
}
