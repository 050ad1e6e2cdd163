/*
 * Cisco IOS and IOS-XE: named extended lists, inbound on each interface, with
 * the way back, for these lists keep no state. Object groups are known to
 * IPv4 alone; IPv6 lists are written out.
 */
#include <errno.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/cisco.h"


static void put_list(struct cisco *o, const struct acl *l)
{
	sbuf_printf(o->sb, "!\n%s %s\n", l->family == 6 ? "ipv6 access-list" :
		    "ip access-list extended", l->name);
}


static void put_start(struct cisco *o, const struct acl *l, uint32_t seq)
{
	sbuf_printf(o->sb, l->family == 6 ? " sequence %u " : " %u ", seq);
}


static void put_remark(struct cisco *o, const struct acl *l, uint32_t seq, const char *text)
{
	sbuf_printf(o->sb, " remark %s\n", text);
}


static void put_tail(struct cisco *o)
{
	cisco_put_interfaces(o, " ip access-group * in", " ipv6 traffic-filter * in");
	sbuf_puts(o->sb, "!\nend\n");
}


static void put_range(struct cisco *o, const struct ip_range *r)
{
	char lo[IP_STRLEN], hi[IP_STRLEN];
	struct ip_prefix p;
	char *s;

	if (ip_cmp(&r->lo, &r->hi) == 0) {
		sbuf_printf(o->sb, " host %s\n", ip_str(&r->lo, lo));
	} else if (addrs_as_prefix(r, &p)) {
		s = cisco_mask_str(o->mem, &p);
		sbuf_printf(o->sb, " %s\n", s ? s : "");
		if (!s)
			o->sb->err = ENOMEM;
	} else {
		sbuf_printf(o->sb, " range %s %s\n", ip_str(&r->lo, lo), ip_str(&r->hi, hi));
	}
}


static void put_service(struct cisco *o, const struct cisco_group *g,
			const struct flow_port *sport, const struct flow_port *dport)
{
	sbuf_printf(o->sb, " %s", flow_transport_name(g->transport));
	if (sport) {
		sbuf_puts(o->sb, " source");
		cisco_put_port(o->sb, sport);
	}
	if (dport)
		cisco_put_port(o->sb, dport);
	sbuf_putc(o->sb, '\n');
}


static void put_services(struct cisco *o, const struct cisco_group *g)
{
	bool any_s = cisco_every_port(g->sports, g->nsports);
	bool any_d = cisco_every_port(g->ports, g->nports);
	size_t ns = any_s ? 1 : g->nsports, nd = any_d ? 1 : g->nports;

	sbuf_printf(o->sb, "!\nobject-group service %s\n", g->name);
	for (size_t i = 0; i < ns; i++)
		for (size_t k = 0; k < nd; k++)
			put_service(o, g, any_s ? NULL : &g->sports[i],
				    any_d ? NULL : &g->ports[k]);
}


static void put_group(struct cisco *o, const struct cisco_group *g)
{
	if (!g->addrs.n) {
		put_services(o, g);
		return;
	}

	sbuf_printf(o->sb, "!\nobject-group network %s\n", g->name);
	for (size_t i = 0; i < g->addrs.n; i++)
		put_range(o, &g->addrs.v[i]);
}


int backend_ios(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	static const struct cisco_dialect d = {
		.to = "ios", .device = "Cisco IOS and IOS-XE",
		.eq_list4 = true, .icmp6 = "icmp",
		.put_group = put_group, .put_list = put_list, .put_start = put_start,
		.put_remark = put_remark, .put_tail = put_tail,
	};

	return cisco_emit(sb, a, p, &d);
}


int backend_ios_groups(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	static const struct cisco_dialect d = {
		.to = "ios-groups", .device = "Cisco IOS and IOS-XE with object groups",
		.groups4 = true, .net_ref = "object-group ", .services = true,
		.icmp6 = "icmp",
		.put_group = put_group, .put_list = put_list, .put_start = put_start,
		.put_remark = put_remark, .put_tail = put_tail,
	};

	return cisco_emit(sb, a, p, &d);
}
