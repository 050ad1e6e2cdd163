/*
 * Junos firewall filters: `set` lines, one filter an interface and family,
 * on the packets that come in. Filters keep no state, so the way back has
 * terms too. They look at what comes to the router itself as well: routing
 * protocols and management need terms of their own before "refuse".
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/emit/acl.h"
#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/zones.h"

enum { NAME_MAX_LEN = 63 };

/** A prefix list that was written */
struct group {
	const char *name;
	struct need_addrs addrs;
};

struct junos {
	struct sbuf *sb;
	struct arena *mem;
	const struct policy *p;
	struct acl_plan plan;
	struct group *groups;
	size_t ngroups, cap;
	bool v6;
};


static const char *family_name(uint8_t family)
{
	return family == 6 ? "inet6" : "inet";
}


/** The list of these addresses; written when it is new. Two contents of one
 *  name are told apart by a number. */
static int find_group(const char **out, struct junos *o, const struct need_addrs *s,
		      uint8_t family)
{
	const char *base = arena_printf(o->mem, "vv-%s-v%u", s->label, family), *name;
	size_t i = 0;

	base = base ? zones_name(o->mem, base, "-_", NAME_MAX_LEN) : NULL;
	name = base;
	for (unsigned n = 2; name && i < o->ngroups; i++) {
		if (strcmp(o->groups[i].name, name) != 0)
			continue;
		if (addrs_equal(&o->groups[i].addrs, s))
			break;
		name = arena_printf(o->mem, "%s-%u", base, n++);
		i = (size_t)-1;
	}
	*out = name;
	if (!name)
		return ENOMEM;
	if (i < o->ngroups)
		return 0;

	if (arena_grow(o->mem, (void **)&o->groups, o->ngroups, &o->cap, sizeof(*o->groups)))
		return ENOMEM;
	o->groups[o->ngroups++] = (struct group){ name, *s };
	return 0;
}


static int put_group(struct junos *o, const struct group *g)
{
	char buf[IP_STRLEN];
	struct ip_prefix *v;
	size_t n;
	int err = acl_prefixes(&v, &n, o->mem, g->addrs.v, g->addrs.n);

	for (size_t i = 0; !err && i < n; i++)
		sbuf_printf(o->sb, "set policy-options prefix-list %s %s\n", g->name,
			    ip_prefix_str(&v[i], buf));
	return err;
}


/** Each list before it is used, in the order of use */
static int put_groups(struct junos *o)
{
	int err = 0;

	for (size_t i = 0; !err && i < o->plan.nlists; i++) {
		const struct acl *l = &o->plan.lists[i];

		for (size_t j = 0; !err && j < l->nentries; j++) {
			const char *name;

			err = find_group(&name, o, &l->entries[j].src.addrs, l->family);
			if (!err)
				err = find_group(&name, o, &l->entries[j].dst.addrs, l->family);
		}
	}
	for (size_t i = 0; !err && i < o->ngroups; i++)
		err = put_group(o, &o->groups[i]);
	return err;
}


static void put_ports(struct sbuf *sb, const char *at, const char *word,
		      const struct flow_port *v, size_t n)
{
	if (!n)
		return;
	sbuf_printf(sb, "%s from %s%s", at, word, n > 1 ? " [" : "");
	for (size_t i = 0; i < n; i++) {
		sbuf_printf(sb, " %u", v[i].lo);
		if (v[i].hi > v[i].lo)
			sbuf_printf(sb, "-%u", v[i].hi);
	}
	sbuf_puts(sb, n > 1 ? " ]\n" : "\n");
}


static void put_protocol(struct junos *o, const char *at, const struct acl_entry *e,
			 uint8_t family)
{
	const char *word = family == 6 ? "next-header" : "protocol";
	struct sbuf *sb = o->sb;

	if (e->transport != FLOW_ICMP) {
		sbuf_printf(sb, "%s from %s %s\n", at, word, flow_transport_name(e->transport));
		put_ports(sb, at, "source-port", e->src.ports, e->src.nports);
		put_ports(sb, at, "destination-port", e->dst.ports, e->dst.nports);
		if (e->established)
			sbuf_printf(sb, "%s from tcp-established\n", at);
		return;
	}

	sbuf_printf(sb, "%s from %s %s\n%s from icmp-type %u\n", at, word,
		    family == 6 ? "icmp6" : "icmp", at, e->icmp.type);
	if (e->icmp.code_lo > 0 || e->icmp.code_hi < 255)
		sbuf_printf(sb, "%s from icmp-code %u\n", at, e->icmp.code_lo);
}


/** Row, direction and type of ICMP: that is one entry of a list. */
static const char *term_name(struct arena *a, const struct acl *l, size_t i)
{
	const struct acl_entry *e = &l->entries[i];
	const char *back = e->back ? "-back" : "";
	char *s = e->transport == FLOW_ICMP
		? arena_printf(a, "%s-icmp-%u%s%s", e->rule->counter, e->icmp.type,
			       e->icmp.code_lo ? "-4" : "", back)
		: arena_printf(a, "%s%s", e->rule->counter, back);
	unsigned same = 0;

	for (size_t j = i; j > 0 && l->entries[j - 1].rule == e->rule; j--) {
		const struct acl_entry *b = &l->entries[j - 1];

		if (b->back == e->back && b->icmp.type == e->icmp.type &&
		    b->icmp.code_lo == e->icmp.code_lo)
			same++;
	}
	if (s && same)
		s = arena_printf(a, "%s-%u", s, same + 1);
	return s ? zones_name(a, s, "-_.", NAME_MAX_LEN) : NULL;
}


static int put_term(struct junos *o, const struct acl *l, size_t i)
{
	const struct acl_entry *e = &l->entries[i];
	const char *name = term_name(o->mem, l, i), *src, *dst, *at;
	int err = find_group(&src, o, &e->src.addrs, l->family);

	if (!err)
		err = find_group(&dst, o, &e->dst.addrs, l->family);
	if (err || !name)
		return ENOMEM;
	at = arena_printf(o->mem, "set firewall family %s filter %s term %s",
			  family_name(l->family), l->name, name);
	if (!at)
		return ENOMEM;

	sbuf_printf(o->sb, "# %s\n%s from source-prefix-list %s\n"
		    "%s from destination-prefix-list %s\n", e->remark, at, src, at, dst);
	put_protocol(o, at, e, l->family);
	sbuf_printf(o->sb, "%s then count %s\n%s then accept\n", at,
		    zones_name(o->mem, e->rule->counter, "-_.", NAME_MAX_LEN), at);
	return 0;
}


/* RFC 4861: without these on its own link no router speaks IPv6 */
static void put_neighbours(struct junos *o, const struct acl *l)
{
	const char *at = arena_printf(o->mem, "set firewall family inet6 filter %s term neighbours",
				      l->name);
	const struct need_addrs *own = &o->p->interfaces[l->iface].addrs;
	const struct ip_range *v;
	size_t n = addrs_family(own, 6, &v), np;
	struct ip_prefix *p;
	char buf[IP_STRLEN];

	if (!at || acl_prefixes(&p, &np, o->mem, v, n)) {
		o->sb->err = ENOMEM;
		return;
	}
	sbuf_printf(o->sb, "# neighbour discovery stays on the link\n"
		    "%s from destination-address ff02::/16\n"
		    "%s from destination-address fe80::/10\n", at, at);
	for (size_t i = 0; i < np; i++)
		sbuf_printf(o->sb, "%s from destination-address %s\n", at,
			    ip_prefix_str(&p[i], buf));
	sbuf_printf(o->sb, "%s from next-header icmp6\n"
		    "%s from icmp-type [ 133 135 136 ]\n%s from hop-limit 255\n"
		    "%s then count neighbour\n%s then accept\n", at, at, at, at, at);
}


static bool used_anywhere(const struct junos *o, uint8_t family)
{
	const struct ip_range *v;

	for (size_t i = 0; i < o->p->ninterfaces; i++)
		if (addrs_family(&o->p->interfaces[i].addrs, family, &v))
			return true;

	return false;
}


static int put_filter(struct junos *o, const struct acl *l)
{
	const char *iface = o->p->interfaces[l->iface].name, *dot = strchr(iface, '.');
	const char *family = family_name(l->family);
	const struct ip_range *v;
	int err = 0;

	if (!used_anywhere(o, l->family))
		return 0;		/* nothing to filter: the family is not there */
	if (!addrs_family(&o->p->interfaces[l->iface].addrs, l->family, &v))
		sbuf_printf(o->sb, "# %s: no IPv%u belongs behind it\n", iface, l->family);
	else if (l->family == 6)
		put_neighbours(o, l);
	for (size_t i = 0; !err && i < l->nentries; i++)
		err = put_term(o, l, i);
	sbuf_printf(o->sb, "set firewall family %s filter %s term refuse then count dropped\n"
		    "set firewall family %s filter %s term refuse then log\n"
		    "set firewall family %s filter %s term refuse then discard\n"
		    "set interfaces %.*s unit %s family %s filter input %s\n",
		    family, l->name, family, l->name, family, l->name,
		    (int)(dot ? dot - iface : (long)strlen(iface)), iface,
		    dot ? dot + 1 : "0", family, l->name);
	o->v6 = o->v6 || l->family == 6;
	return err;
}


static void put_head(struct junos *o)
{
	sbuf_puts(o->sb, "# Firewall \"");
	zones_put_text(o->sb, o->p->firewall->name, ZONES_TEXT_MAX);
	sbuf_puts(o->sb, "\" of site \"");
	zones_put_text(o->sb, o->p->site->name, ZONES_TEXT_MAX);
	sbuf_puts(o->sb, "\", written by visavis policy compile --to junos.\n"
		  "# Change the site file or the matrix, not this. Terms and counters are named by rows.\n"
		  "# What the router itself needs (routing protocols, management) goes before \"refuse\".\n");
	for (size_t i = 0; i < o->plan.nnotes; i++)
		sbuf_printf(o->sb, "# %s\n", o->plan.notes[i].text);
}


int backend_junos(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	static const struct acl_want want = { .stateful = false, .joined = false };
	struct junos o = { .sb = sb, .mem = a, .p = p };
	int err = acl_plan(&o.plan, a, p, &want);

	if (err)
		return err;

	put_head(&o);
	err = put_groups(&o);
	for (size_t i = 0; !err && i < o.plan.nlists; i++)
		err = put_filter(&o, &o.plan.lists[i]);
	zones_warn(p, "junos: filters keep no state: the way back is open to packets with the "
		   "right ports and flags, and later fragments, which have no ports, are refused");
	if (o.v6)
		zones_warn(p, "junos: next-header sees the first header alone; IPv6 packets with "
			   "extension headers are refused");
	return err ? err : sb->err;
}
