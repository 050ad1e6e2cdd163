/* What a plan says to ip(8), to the kernel's settings and to people. */
#include "lab/plan/plan.h"


static void put_route(struct sbuf *sb, const struct plan_node *n, const struct plan_route *rt)
{
	char buf[IP_STRLEN];

	if (rt->dst.len)
		sbuf_puts(sb, ip_prefix_str(&rt->dst, buf));
	else
		sbuf_puts(sb, rt->dst.addr.family == 6 ? "::/0" : "0.0.0.0/0");
	if (rt->via.family)
		sbuf_printf(sb, " via %s", ip_str(&rt->via, buf));
	sbuf_printf(sb, " dev %s", n->ifaces[rt->iface].name);
}


/* Where the network's end of node i's interface k is: in the node, or, with
 * an impaired link between, beside us. */
static void put_end(struct sbuf *sb, const struct plan *p, size_t i, size_t k, const int *pids)
{
	if (p->nodes[i].impaired)
		sbuf_printf(sb, PLAN_FAR, i);
	else
		sbuf_printf(sb, "%s netns %d", p->nodes[i].ifaces[k].name, pids[i]);
}


static void put_halves(struct sbuf *sb, const struct plan *p, size_t segment, const int *pids)
{
	for (size_t i = 0; i < p->nnodes; i++)
		for (size_t k = 0; k < p->nodes[i].nifaces; k++)
			if (p->nodes[i].impaired && p->nodes[i].ifaces[k].segment == segment)
				sbuf_printf(sb, "link add " PLAN_NEAR " type veth peer name %s "
					    "netns %d\n", i, p->nodes[i].ifaces[k].name, pids[i]);
}


static void put_pair(struct sbuf *sb, const struct plan *p, size_t segment, const int *pids)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nnodes; i++)
		for (size_t k = 0; k < p->nodes[i].nifaces; k++) {
			if (p->nodes[i].ifaces[k].segment != segment)
				continue;
			sbuf_puts(sb, n ? " type veth peer name " : "link add ");
			put_end(sb, p, i, k, pids);
			if (n++)
				sbuf_putc(sb, '\n');
		}
}


static void put_bridge(struct sbuf *sb, const struct plan *p, size_t segment, const int *pids)
{
	const char *br = p->segments[segment].bridge;

	sbuf_printf(sb, "link add %s type bridge mcast_snooping 0\n", br);
	for (size_t i = 0; i < p->nnodes; i++)
		for (size_t k = 0; k < p->nodes[i].nifaces; k++) {
			if (p->nodes[i].ifaces[k].segment != segment)
				continue;
			sbuf_printf(sb, "link add p%zu-%zu type veth peer name ", i, k);
			put_end(sb, p, i, k, pids);
			sbuf_printf(sb, "\nlink set p%zu-%zu master %s up\n", i, k, br);
		}
	sbuf_printf(sb, "link set %s up\n", br);
}


void plan_put_links(struct sbuf *sb, const struct plan *p, const int *pids)
{
	for (size_t s = 0; s < p->nsegments; s++) {
		put_halves(sb, p, s, pids);
		if (p->segments[s].bridge)
			put_bridge(sb, p, s, pids);
		else
			put_pair(sb, p, s, pids);
	}
}


void plan_put_splice(struct sbuf *sb, size_t i)
{
	sbuf_printf(sb, "link add w%zu type bridge mcast_snooping 0\nlink set w%zu up\n", i, i);
	sbuf_printf(sb, "link set " PLAN_NEAR " master w%zu up\n", i, i);
	sbuf_printf(sb, "link set " PLAN_FAR " master w%zu up\n", i, i);
}


void plan_put_node(struct sbuf *sb, const struct plan_node *n)
{
	char buf[IP_STRLEN];

	sbuf_puts(sb, "link set lo up\n");
	for (size_t i = 0; i < n->nifaces; i++) {
		const struct plan_iface *f = &n->ifaces[i];

		for (size_t k = 0; k < f->naddrs; k++)
			sbuf_printf(sb, "addr add %s/%u dev %s%s\n",
				    ip_str(&f->addrs[k].addr, buf), f->addrs[k].len, f->name,
				    f->addrs[k].addr.family == 6 ? " nodad" : "");
		sbuf_printf(sb, "link set %s up\n", f->name);
	}
	for (size_t i = 0; i < n->nroutes; i++) {
		sbuf_puts(sb, "route add ");
		put_route(sb, n, &n->routes[i]);
		sbuf_putc(sb, '\n');
	}
}


void plan_put_sysctls(struct sbuf *sb, const struct plan_node *n)
{
	/* Interfaces are born with the defaults, so these come first. */
	sbuf_puts(sb,
		  "ipv6/conf/default/accept_dad=0\n"
		  "ipv6/conf/default/dad_transmits=0\n"
		  "ipv6/conf/default/accept_ra=0\n"
		  "ipv6/conf/default/autoconf=0\n"
		  "ipv6/conf/default/router_solicitations=0\n"
		  "ipv4/conf/all/rp_filter=0\n"
		  "ipv4/conf/default/rp_filter=0\n"
		  "ipv4/icmp_ratelimit=0\n"
		  "ipv6/icmp/ratelimit=0\n");
	if (!n->ipv6)
		sbuf_puts(sb, "ipv6/conf/default/disable_ipv6=1\n");
	if (n->firewall)
		sbuf_puts(sb,
			  "ipv4/ip_forward=1\n"
			  "ipv6/conf/all/forwarding=1\n"
			  "ipv4/conf/all/send_redirects=0\n"
			  "ipv4/conf/default/send_redirects=0\n");
}


static void put_segment(struct sbuf *sb, const struct plan *p, size_t i)
{
	const struct plan_segment *seg = &p->segments[i];

	sbuf_printf(sb, "segment %zu %s:", i, seg->bridge ? seg->bridge : "pair");
	for (size_t k = 0; k < seg->nnetworks; k++)
		sbuf_printf(sb, " %s", seg->networks[k]->name);
	sbuf_printf(sb, " (%zu)\n", seg->nmembers);
}


static void put_node(struct sbuf *sb, const struct plan_node *n)
{
	char buf[IP_STRLEN];

	sbuf_printf(sb, "%s %s\n", n->firewall ? "firewall" : "host", n->name);
	for (size_t i = 0; i < n->nifaces; i++) {
		const struct plan_iface *f = &n->ifaces[i];

		sbuf_printf(sb, "  %s segment %zu", f->name, f->segment);
		for (size_t k = 0; k < f->naddrs; k++)
			sbuf_printf(sb, " %s/%u", ip_str(&f->addrs[k].addr, buf),
				    f->addrs[k].len);
		sbuf_puts(sb, n->impaired ? " impaired\n" : "\n");
	}
	for (size_t i = 0; i < n->nroutes; i++) {
		sbuf_puts(sb, "  route ");
		put_route(sb, n, &n->routes[i]);
		sbuf_putc(sb, '\n');
	}
}


void plan_put_text(struct sbuf *sb, const struct plan *p)
{
	for (size_t s = 0; s < p->nsegments; s++)
		put_segment(sb, p, s);
	for (size_t i = 0; i < p->nnodes; i++)
		put_node(sb, &p->nodes[i]);
}
