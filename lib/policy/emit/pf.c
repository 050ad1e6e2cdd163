/*
 * pf of OpenBSD and FreeBSD: tables for the sets, one `pass in` a row. The
 * rules on the way in decide; on the way out everything passes that does not
 * return to the interface that it came by, which a tag remembers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/order.h"
#include "lib/policy/model/policy.h"

struct pf {
	struct sbuf *sb;
	const struct policy *p;
	bool *in;		/**< [ninterfaces] by which a row's flows come in */
	struct order order;
};

enum { COMMENT_MAX = 200 };


/** pf's tables take prefixes alone. */
static void put_range(struct sbuf *sb, const struct ip_range *range)
{
	struct ip_range r = *range;
	char buf[IP_STRLEN];

	for (;;) {
		struct ip_prefix p = ip_range_first_prefix(&r);
		struct ip_range done = ip_prefix_range(&p);

		sbuf_printf(sb, "\t%s\n", p.len == ip_bits(&p.addr) ?
			    ip_str(&p.addr, buf) : ip_prefix_str(&p, buf));
		if (ip_cmp(&done.hi, &r.hi) >= 0)
			return;
		r.lo = done.hi;
		(void)ip_next(&r.lo);
	}
}


static void put_table(struct pf *o, const char *prefix, const char *name,
		      const struct need_addrs *s)
{
	sbuf_printf(o->sb, "table <%s%s> const {\n", prefix, name);
	for (size_t i = 0; i < s->n; i++)
		put_range(o->sb, &s->v[i]);
	sbuf_puts(o->sb, "}\n");
}


/* pf cuts the names of tables at 31 bytes: long ones go by number */
static void put_set_name(struct sbuf *sb, const struct policy *p, size_t set)
{
	if (strlen(p->sets[set].label) <= 24)
		sbuf_printf(sb, "%s", p->sets[set].label);
	else
		sbuf_printf(sb, "set.%zu", set);
}


static void put_tables(struct pf *o)
{
	struct sbuf name = {0};
	char number[24];

	sbuf_puts(o->sb, "\n# who is who: a new host is one new line\n");
	for (size_t i = 0; i < o->p->nsets; i++) {
		name.len = 0;
		put_set_name(&name, o->p, i);
		put_table(o, "", sbuf_str(&name), &o->p->sets[i]);
		if (name.err)
			o->sb->err = name.err;
	}
	sbuf_reset(&name);

	sbuf_puts(o->sb, "\n# what lies behind each interface\n");
	for (size_t i = 0; i < o->p->ninterfaces; i++) {
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		put_table(o, "behind.", number, &o->p->interfaces[i].addrs);
	}
}


static void put_title(struct pf *o)
{
	sbuf_puts(o->sb, "# Firewall ");
	backend_put_names(o->sb, o->p);
	sbuf_puts(o->sb, ", written by visavis policy compile --to pf.\n"
		  "# Change the site file or the matrix, not this. Load it with pfctl -f; connections that\n"
		  "# are open go on: end those of rows that are gone with pfctl -k or pfctl -k label.\n"
		  "# Each rule's label is its row: pfctl -vsl shows the packets of each row, both ways.\n"
		  "# Errors that are about an open flow pass with it, of any type; pf cannot choose among them.\n\n");
	for (size_t i = 0; i < o->p->ninterfaces; i++)
		sbuf_printf(o->sb, "if_%zu = \"%s\"\n", i + 1, o->p->interfaces[i].name);
}


/** Does any row let flows in there? No other packet has its tag. */
static bool comes_in(const struct pf *o, size_t iface)
{
	for (size_t i = 0; i < o->order.n; i++)
		for (size_t k = 0; k < o->order.v[i].rule->npairs; k++)
			if (o->order.v[i].rule->pairs[k].in == iface)
				return true;

	return false;
}


static void put_guard(struct pf *o)
{
	sbuf_puts(o->sb, "\nset block-policy drop\nset skip on lo0\n\n"
		  "# what no rule below passes; pflog has it\n"
		  "block drop log all label \"" POLICY_COUNTER_DROPPED "\"\n");
	if (policy_has_family(o->p, 6))
		sbuf_puts(o->sb, "pass in quick inet6 proto ipv6-icmp icmp6-type { neighbrsol, "
			  "neighbradv, routersol } no state label \"" POLICY_COUNTER_NEIGHBOUR "\"\n");
	sbuf_puts(o->sb, "block drop in quick inet to { 255.255.255.255, 224.0.0.0/4 } "
		  "label \"" POLICY_COUNTER_ON_LINK "\"\n"
		  "block drop in quick inet6 to ff00::/8 label \"" POLICY_COUNTER_ON_LINK "\"\n\n"
		  "# sources must belong behind the interface that they come in by\n");
	for (size_t i = 0; i < o->p->ninterfaces; i++)
		sbuf_printf(o->sb, "block drop in log quick on $if_%zu from ! <behind.%zu> "
			    "label \"" POLICY_COUNTER_SPOOFED "\"\n", i + 1, i + 1);
	sbuf_puts(o->sb, "\n# nothing goes back where it came from; what came in by a row goes out, and\n"
		  "# so does what the firewall itself sends\n");
	for (size_t i = 0; i < o->p->ninterfaces; i++)
		if (comes_in(o, i))
			sbuf_printf(o->sb, "block drop out log quick on $if_%zu tagged \"from_%s\" "
				    "label \"" POLICY_COUNTER_DROPPED "\"\n", i + 1,
				    o->p->interfaces[i].name);
	sbuf_puts(o->sb, "pass out quick all keep state\n");
}


static bool every_port(const struct flow_port *v, size_t n)
{
	return !n || (n == 1 && v[0].lo == 0 && v[0].hi == 65535);
}


static void put_ports(struct sbuf *sb, const struct flow_port *v, size_t n)
{
	if (every_port(v, n))
		return;

	sbuf_puts(sb, n > 1 ? " port { " : " port ");
	for (size_t i = 0; i < n; i++) {
		sbuf_printf(sb, "%s%u", i ? ", " : "", v[i].lo);
		if (v[i].hi > v[i].lo)
			sbuf_printf(sb, ":%u", v[i].hi);
	}
	if (n > 1)
		sbuf_puts(sb, " }");
}


/** The interfaces by which the row's flows come in; @return how many of them
 *  have the family (0: either) behind them */
static size_t find_in(struct pf *o, const struct policy_rule *r, uint8_t family)
{
	size_t n = 0;

	memset(o->in, 0, o->p->ninterfaces * sizeof(*o->in));
	for (size_t i = 0; i < r->npairs; i++)
		o->in[r->pairs[i].in] = true;
	for (size_t i = 0; i < o->p->ninterfaces; i++) {
		if (family && !addrs_has_family(&o->p->interfaces[i].addrs, family))
			o->in[i] = false;
		n += o->in[i];
	}

	return n;
}


static void put_interfaces(struct pf *o, size_t n)
{
	size_t k = 0;

	if (n > 1)
		sbuf_puts(o->sb, "{ ");
	for (size_t i = 0; i < o->p->ninterfaces; i++)
		if (o->in[i])
			sbuf_printf(o->sb, "%s$if_%zu", k++ ? ", " : "", i + 1);
	if (n > 1)
		sbuf_puts(o->sb, " }");
}


/** pf replaces $if in a quoted tag by the name of each interface. */
static void put_pass(struct pf *o, const struct policy_rule *r, uint8_t family,
		     const char *proto, const char *opens)
{
	size_t n = find_in(o, r, family);

	if (!n)
		return;

	sbuf_puts(o->sb, "pass in quick on ");
	put_interfaces(o, n);
	sbuf_printf(o->sb, " %s from <", proto);
	put_set_name(o->sb, o->p, r->src);
	sbuf_putc(o->sb, '>');
	put_ports(o->sb, r->sports, r->nsports);
	sbuf_puts(o->sb, " to <");
	put_set_name(o->sb, o->p, r->dst);
	sbuf_putc(o->sb, '>');
	put_ports(o->sb, r->dports, r->ndports);
	sbuf_printf(o->sb, "%s keep state label \"%.60s\" tag \"from_$if\"\n", opens,
		    r->counter);
}


static void put_rule(struct pf *o, const struct order_line *l)
{
	const struct policy_rule *r = l->rule;

	sbuf_printf(o->sb, "# %s\n", o->order.comment[r - o->p->rules]);
	if (r->how == POLICY_EXPECTED)
		sbuf_printf(o->sb, "# pf has no helper that reads %s, so these ports are open; "
			    "tftp-proxy(8) can stand here instead.\n", r->helper->protocol);
	if (r->transport == FLOW_TCP)
		put_pass(o, r, 0, "proto tcp", " flags S/FSRA");
	if (r->transport == FLOW_UDP)
		put_pass(o, r, 0, "proto udp", "");
	if (r->transport != FLOW_ICMP)
		return;
	if (l->families & ORDER_V4)
		put_pass(o, r, 4, "inet proto icmp", " icmp-type echoreq");
	if (l->families & ORDER_V6)
		put_pass(o, r, 6, "inet6 proto ipv6-icmp", " icmp6-type echoreq");
}


int backend_pf(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	const struct order_want want = { .apart = true, .comment_max = COMMENT_MAX };
	struct pf o = { .sb = sb, .p = p };
	int err = order_make(&o.order, a, p, &want);

	if (err)
		return err;
	o.in = arena_calloc(a, p->ninterfaces + 1, sizeof(*o.in));
	if (!o.in)
		return ENOMEM;

	put_title(&o);
	put_tables(&o);
	put_guard(&o);

	sbuf_puts(sb, "\n# the rows: ping first, which the firewall answers too\n");
	for (size_t i = 0; i < o.order.n; i++)
		if (o.order.v[i].rule->transport == FLOW_ICMP)
			put_rule(&o, &o.order.v[i]);
	sbuf_puts(sb, "block drop in log quick to self label \"" POLICY_COUNTER_DROPPED "\"\n");
	for (size_t i = 0; i < o.order.n; i++)
		if (o.order.v[i].rule->transport != FLOW_ICMP)
			put_rule(&o, &o.order.v[i]);

	return sb->err;
}
