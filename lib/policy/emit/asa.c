/*
 * Cisco ASA: it keeps state, so only what opens a flow has a line, at the
 * interface where it comes in; one list holds both families (9.0 and later).
 * Masks are masks. Inspection reads TFTP and ties echo replies to their
 * requests; errors of ICMP need lines.
 */
#include <errno.h>

#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/cisco.h"


static void put_list(struct cisco *o, const struct acl *l)
{
	sbuf_puts(o->sb, "!\n");
}


static void put_start(struct cisco *o, const struct acl *l, uint32_t seq)
{
	sbuf_printf(o->sb, "access-list %s extended ", l->name);
}


static void put_remark(struct cisco *o, const struct acl *l, uint32_t seq, const char *text)
{
	sbuf_printf(o->sb, "access-list %s remark %s\n", l->name, text);
}


static char *member(struct arena *a, const struct ip_prefix *p)
{
	if (p->len == ip_bits(&p->addr) || p->addr.family == 6)
		return cisco_prefix_str(a, p, true);

	return cisco_mask_str(a, p);
}


static void put_networks(struct cisco *o, const struct cisco_group *g)
{
	struct ip_prefix *v;
	size_t n;

	if (acl_prefixes(&v, &n, o->mem, g->addrs.v, g->addrs.n)) {
		o->sb->err = ENOMEM;
		return;
	}

	sbuf_printf(o->sb, "!\nobject-group network %s\n", g->name);
	for (size_t i = 0; i < n; i++) {
		char *s = member(o->mem, &v[i]);

		if (!s)
			o->sb->err = ENOMEM;
		else
			sbuf_printf(o->sb, " network-object %s\n", s);
	}
}


static void put_group(struct cisco *o, const struct cisco_group *g)
{
	if (g->addrs.n) {
		put_networks(o, g);
		return;
	}

	sbuf_printf(o->sb, "!\nobject-group service %s %s\n", g->name,
		    flow_transport_name(g->transport));
	for (size_t i = 0; i < g->nports; i++) {
		sbuf_puts(o->sb, " port-object");
		cisco_put_port(o->sb, &g->ports[i]);
		sbuf_putc(o->sb, '\n');
	}
}


static bool opens_echo(const struct policy *p)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].transport == FLOW_ICMP && p->rules[i].icmp & FLOW_ICMP_ECHO)
			return true;

	return false;
}


/** Each helper once */
static void put_inspections(struct cisco *o)
{
	const struct policy *p = o->plan->policy;
	const struct policy_helper *done = NULL;

	sbuf_puts(o->sb, "!\nclass-map inspection_default\n match default-inspection-traffic\n"
		  "! Inspection joins to the flow of a row what comes back by it: echo "
		  "replies, TFTP's transfers.\n! SIP over TLS and its media cannot be read, so "
		  "their rows stand as lines.\n"
		  "policy-map global_policy\n class inspection_default\n");
	if (opens_echo(p))
		sbuf_puts(o->sb, "  inspect icmp\n");
	for (size_t i = 0; i < p->nrules; i++) {
		const struct policy_helper *h = p->rules[i].helper;

		if (!h || h == done || p->rules[i].how != POLICY_OPEN)
			continue;
		done = h;
		sbuf_printf(o->sb, "  inspect %s\n", h->name);
	}
	sbuf_puts(o->sb, "!\nservice-policy global_policy global\n");
}


static void put_tail(struct cisco *o)
{
	sbuf_puts(o->sb, "!\n");
	for (size_t i = 0; i < o->plan->nlists; i++)
		sbuf_printf(o->sb, "access-group %s in interface %s\n", o->plan->lists[i].name,
			    o->plan->policy->interfaces[o->plan->lists[i].iface].name);
	put_inspections(o);
}


int backend_asa(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	static const struct cisco_dialect d = {
		.to = "asa", .device = "Cisco ASA",
		.want = { .stateful = true, .joined = true },
		.groups4 = true, .groups6 = true,
		.net_ref = "object-group ", .port_ref = "object-group ",
		.icmp6 = "icmp6", .icmp6_numbers = true,
		.put_group = put_group, .put_list = put_list, .put_start = put_start,
		.put_remark = put_remark, .put_tail = put_tail,
	};

	return cisco_emit(sb, a, p, &d);
}
