/*
 * Cisco IOS-XR: ipv4 and ipv6 access-lists that refer to groups of networks
 * and ports in both families. They keep no state.
 */
#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/cisco.h"


static void put_list(struct cisco *o, const struct acl *l)
{
	sbuf_printf(o->sb, "!\nipv%u access-list %s\n", l->family, l->name);
}


static void put_start(struct cisco *o, const struct acl *l, uint32_t seq)
{
	sbuf_printf(o->sb, " %u ", seq);
}


static void put_remark(struct cisco *o, const struct acl *l, uint32_t seq, const char *text)
{
	sbuf_printf(o->sb, " %u remark %s\n", seq, text);
}


static void put_range(struct cisco *o, const struct ip_range *r)
{
	char lo[IP_STRLEN], hi[IP_STRLEN];
	struct ip_prefix p;

	if (ip_cmp(&r->lo, &r->hi) == 0)
		sbuf_printf(o->sb, " host %s\n", ip_str(&r->lo, lo));
	else if (addrs_as_prefix(r, &p))
		sbuf_printf(o->sb, " %s\n", ip_prefix_str(&p, lo));
	else
		sbuf_printf(o->sb, " range %s %s\n", ip_str(&r->lo, lo), ip_str(&r->hi, hi));
}


static void put_group(struct cisco *o, const struct cisco_group *g)
{
	if (g->addrs.n) {
		sbuf_printf(o->sb, "!\nobject-group network ipv%u %s\n",
			    g->addrs.v[0].lo.family, g->name);
		for (size_t i = 0; i < g->addrs.n; i++)
			put_range(o, &g->addrs.v[i]);
		return;
	}

	sbuf_printf(o->sb, "!\nobject-group port %s\n", g->name);
	for (size_t i = 0; i < g->nports; i++) {
		cisco_put_port(o->sb, &g->ports[i]);
		sbuf_putc(o->sb, '\n');
	}
}


static void put_tail(struct cisco *o)
{
	cisco_put_interfaces(o, " ipv4 access-group * ingress", " ipv6 access-group * ingress");
	sbuf_puts(o->sb, "!\nend\n");
}


int backend_iosxr(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	static const struct cisco_dialect d = {
		.to = "iosxr", .device = "Cisco IOS-XR",
		.groups4 = true, .groups6 = true,
		.net_ref = "net-group ", .port_ref = "port-group ",
		.icmp6 = "icmpv6", .icmp6_numbers = true, .numbered_remarks = true,
		.put_group = put_group, .put_list = put_list, .put_start = put_start,
		.put_remark = put_remark, .put_tail = put_tail,
	};

	return cisco_emit(sb, a, p, &d);
}
