/*
 * Cisco NX-OS: ip and ipv6 access-lists in prefix notation with address and
 * port groups. They keep no state; counting has to be asked for.
 */
#include <errno.h>

#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/cisco.h"


static void put_list(struct cisco *o, const struct acl *l)
{
	sbuf_printf(o->sb, "!\n%s access-list %s\n  statistics per-entry\n",
		    l->family == 6 ? "ipv6" : "ip", l->name);
}


static void put_start(struct cisco *o, const struct acl *l, uint32_t seq)
{
	sbuf_printf(o->sb, "  %u ", seq);
}


static void put_remark(struct cisco *o, const struct acl *l, uint32_t seq, const char *text)
{
	sbuf_printf(o->sb, "  %u remark %s\n", seq, text);
}


static void put_addresses(struct cisco *o, const struct cisco_group *g)
{
	struct ip_prefix *v;
	size_t n;

	if (acl_prefixes(&v, &n, o->mem, g->addrs.v, g->addrs.n)) {
		o->sb->err = ENOMEM;
		return;
	}

	sbuf_printf(o->sb, "!\nobject-group %s address %s\n",
		    g->addrs.v[0].lo.family == 6 ? "ipv6" : "ip", g->name);
	for (size_t i = 0; i < n; i++) {
		char *s = cisco_prefix_str(o->mem, &v[i], true);

		if (!s)
			o->sb->err = ENOMEM;
		else
			sbuf_printf(o->sb, "  %zu %s\n", 10 * (i + 1), s);
	}
}


static void put_group(struct cisco *o, const struct cisco_group *g)
{
	if (g->addrs.n) {
		put_addresses(o, g);
		return;
	}

	sbuf_printf(o->sb, "!\nobject-group ip port %s\n", g->name);
	for (size_t i = 0; i < g->nports; i++) {
		sbuf_printf(o->sb, "  %zu", 10 * (i + 1));
		cisco_put_port(o->sb, &g->ports[i]);
		sbuf_putc(o->sb, '\n');
	}
}


static void put_tail(struct cisco *o)
{
	cisco_put_interfaces(o, "  ip access-group * in", "  ipv6 traffic-filter * in");
}


int backend_nxos(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	static const struct cisco_dialect d = {
		.to = "nxos", .device = "Cisco NX-OS",
		.groups4 = true, .groups6 = true, .prefixes = true,
		.net_ref = "addrgroup ", .port_ref = "portgroup ",
		.icmp6 = "icmp", .numbered_remarks = true,
		.put_group = put_group, .put_list = put_list, .put_start = put_start,
		.put_remark = put_remark, .put_tail = put_tail,
	};

	return cisco_emit(sb, a, p, &d);
}
