#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/cisco.h"
#include "lib/policy/emit/cisco_group.h"

enum {
	SEQ_FIRST = 10,
	SEQ_PLAIN = 1000,	/* lists that are numbered in one sequence */
	BLOCK_LINES = 490,	/* of one row and direction, in tens */
	BLOCK_LINES_MAX = 4900,
	EQ_MAX = 10,		/* ports after one "eq" */
};

/** An entry with its ends in words */
struct lines {
	struct cisco_terms src, dst, sport, dport;
	const char *service;	/* takes the place of protocol and ports */
};

static const struct icmp_word {
	uint8_t family, type;
	bool coded;		/* the one code that has a word */
	const char *word;
} icmp_words[] = {
	{4, 0, false, "echo-reply"},
	{4, 3, false, "unreachable"},
	{4, 3, true, "packet-too-big"},
	{4, 8, false, "echo"},
	{4, 11, false, "time-exceeded"},
	{6, 1, false, "unreachable"},
	{6, 2, false, "packet-too-big"},
	{6, 3, false, "time-exceeded"},
	{6, 128, false, "echo-request"},
	{6, 129, false, "echo-reply"},
	{6, 133, false, "router-solicitation"},
	{6, 135, false, "nd-ns"},
	{6, 136, false, "nd-na"},
};


bool cisco_every_port(const struct flow_port *v, size_t n)
{
	return !n || (n == 1 && v[0].lo == 0 && v[0].hi == 65535);
}


static void put_address(char *buf, size_t size, const uint8_t *b)
{
	(void)snprintf(buf, size, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}


static void mask_bytes(uint8_t b[4], unsigned len, bool wild)
{
	uint32_t m = len ? 0xffffffffu << (32 - len) : 0;

	if (wild)
		m = ~m;
	for (int i = 0; i < 4; i++)
		b[i] = (uint8_t)(m >> (24 - 8 * i));
}


static char *masked_str(struct arena *a, const struct ip_prefix *p, bool wild)
{
	char addr[IP_STRLEN], mask[IP_STRLEN];
	uint8_t b[4];

	mask_bytes(b, p->len, wild);
	put_address(mask, sizeof(mask), b);
	return arena_printf(a, "%s %s", ip_str(&p->addr, addr), mask);
}


char *cisco_mask_str(struct arena *a, const struct ip_prefix *p)
{
	return masked_str(a, p, false);
}


char *cisco_prefix_str(struct arena *a, const struct ip_prefix *p, bool prefixes)
{
	char buf[IP_STRLEN];

	if (p->len == ip_bits(&p->addr))
		return arena_printf(a, "host %s", ip_str(&p->addr, buf));
	if (p->len == 0)
		return arena_strdup(a, "any");
	if (p->addr.family == 6 || prefixes)
		return arena_strdup(a, ip_prefix_str(p, buf));

	return masked_str(a, p, true);
}


void cisco_put_port(struct sbuf *sb, const struct flow_port *p)
{
	if (p->lo == p->hi)
		sbuf_printf(sb, " eq %u", p->lo);
	else
		sbuf_printf(sb, " range %u %u", p->lo, p->hi);
}


static int add_term(struct cisco *o, struct cisco_terms *t, const char *s)
{
	int err = s ? arena_grow(o->mem, (void **)&t->v, t->n, &t->cap, sizeof(*t->v))
		    : ENOMEM;

	if (!err)
		t->v[t->n++] = s;
	return err;
}


static bool in_groups(const struct cisco *o, uint8_t family)
{
	return family == 6 ? o->d->groups6 : o->d->groups4;
}


static int addr_terms(struct cisco *o, struct cisco_terms *t, const struct acl_end *end,
		      uint8_t family)
{
	struct ip_prefix *v;
	const char *name;
	size_t n;
	int err;

	if (in_groups(o, family)) {
		err = cisco_group_addrs(&name, o, &end->addrs, family);
		return err ? err : add_term(o, t, arena_printf(o->mem, "%s%s",
							       o->d->net_ref, name));
	}

	err = acl_prefixes(&v, &n, o->mem, end->addrs.v, end->addrs.n);
	for (size_t i = 0; !err && i < n; i++)
		err = add_term(o, t, cisco_prefix_str(o->mem, &v[i], o->d->prefixes));
	return err;
}


/** Single ports share an "eq", ranges have a term each. */
static int port_list(struct cisco *o, struct cisco_terms *t, const struct acl_end *end)
{
	char *s = NULL;
	unsigned n = 0;
	int err = 0;

	for (size_t i = 0; !err && i < end->nports; i++) {
		const struct flow_port *p = &end->ports[i];

		if (p->lo != p->hi)
			continue;
		s = n ? arena_printf(o->mem, "%s %u", s, p->lo)
		      : arena_printf(o->mem, " eq %u", p->lo);
		if (!s)
			return ENOMEM;
		if (++n == EQ_MAX) {
			err = add_term(o, t, s);
			n = 0;
		}
	}
	if (!err && n)
		err = add_term(o, t, s);
	for (size_t i = 0; !err && i < end->nports; i++)
		if (end->ports[i].lo != end->ports[i].hi)
			err = add_term(o, t, arena_printf(o->mem, " range %u %u",
							  end->ports[i].lo,
							  end->ports[i].hi));
	return err;
}


static int port_terms(struct cisco *o, struct cisco_terms *t, const struct acl_end *end,
		      const struct acl_entry *e, uint8_t family)
{
	const char *name;
	int err = 0;

	if (cisco_every_port(end->ports, end->nports))
		return add_term(o, t, "");
	if (end->nports > 1 && in_groups(o, family) && o->d->port_ref) {
		err = cisco_group_ports(&name, o, e->transport, end);
		return err ? err : add_term(o, t, arena_printf(o->mem, " %s%s",
							       o->d->port_ref, name));
	}
	if (family == 4 && o->d->eq_list4)
		return port_list(o, t, end);

	for (size_t i = 0; !err && i < end->nports; i++) {
		const struct flow_port *p = &end->ports[i];

		err = add_term(o, t, p->lo == p->hi ?
			       arena_printf(o->mem, " eq %u", p->lo) :
			       arena_printf(o->mem, " range %u %u", p->lo, p->hi));
	}

	return err;
}


static int make_lines(struct cisco *o, struct lines *w, const struct acl *l,
		      const struct acl_entry *e)
{
	int err = addr_terms(o, &w->src, &e->src, l->family);

	if (!err)
		err = addr_terms(o, &w->dst, &e->dst, l->family);
	if (!err && o->d->services && in_groups(o, l->family) && !e->established &&
	    (e->src.nports > 1 || e->dst.nports > 1)) {
		err = cisco_group_service(&w->service, o, e);
		return err ? err : add_term(o, &w->sport, "") | add_term(o, &w->dport, "");
	}
	if (!err)
		err = port_terms(o, &w->sport, &e->src, e, l->family);
	if (!err)
		err = port_terms(o, &w->dport, &e->dst, e, l->family);

	return err;
}


static size_t count_lines(const struct lines *w)
{
	return w->src.n * w->dst.n * w->sport.n * w->dport.n;
}


static const char *icmp_word(uint8_t family, const struct acl_icmp *t)
{
	for (size_t i = 0; i < sizeof(icmp_words) / sizeof(icmp_words[0]); i++) {
		const struct icmp_word *w = &icmp_words[i];

		if (w->family == family && w->type == t->type &&
		    w->coded == (t->code_lo == t->code_hi))
			return w->word;
	}

	return NULL;
}


/** The family of an entry in a list of both: that of its addresses */
static uint8_t entry_family(const struct acl *l, const struct acl_entry *e)
{
	return l->family ? l->family : e->src.addrs.v[0].lo.family;
}


static void put_protocol(struct cisco *o, uint8_t family, const struct acl_entry *e)
{
	if (e->transport == FLOW_ICMP && family == 6)
		sbuf_puts(o->sb, o->d->icmp6);
	else
		sbuf_puts(o->sb, flow_transport_name(e->transport));
}


static void put_icmp(struct cisco *o, uint8_t family, const struct acl_icmp *t)
{
	const char *word = icmp_word(family, t);

	if (word && !(family == 6 && o->d->icmp6_numbers) &&
	    !(o->d->want.stateful && t->code_lo == t->code_hi))
		sbuf_printf(o->sb, " %s", word);
	else if (t->code_lo == t->code_hi)
		sbuf_printf(o->sb, " %u %u", t->type, t->code_lo);
	else
		sbuf_printf(o->sb, " %u", t->type);
}


static void put_line(struct cisco *o, const struct acl *l, const struct acl_entry *e,
		     const struct lines *w, const size_t at[4])
{
	uint8_t family = entry_family(l, e);

	o->d->put_start(o, l, o->seq);
	sbuf_puts(o->sb, "permit ");
	if (w->service)
		sbuf_printf(o->sb, "object-group %s", w->service);
	else
		put_protocol(o, family, e);
	sbuf_printf(o->sb, " %s%s %s%s", w->src.v[at[0]], w->sport.v[at[1]],
		    w->dst.v[at[2]], w->dport.v[at[3]]);
	if (e->transport == FLOW_ICMP)
		put_icmp(o, family, &e->icmp);
	if (e->established)
		sbuf_puts(o->sb, " established");
	sbuf_putc(o->sb, '\n');
}


static void put_entry(struct cisco *o, const struct acl *l, const struct acl_entry *e,
		      const struct lines *w, uint32_t step)
{
	size_t at[4];

	for (at[0] = 0; at[0] < w->src.n; at[0]++)
		for (at[2] = 0; at[2] < w->dst.n; at[2]++)
			for (at[1] = 0; at[1] < w->sport.n; at[1]++)
				for (at[3] = 0; at[3] < w->dport.n; at[3]++) {
					o->seq += step;
					put_line(o, l, e, w, at);
					if (o->sb->err)
						return;
				}
}


static bool same_remark(const struct acl_entry *a, const struct acl_entry *b)
{
	return a->base == b->base && !strcmp(a->remark, b->remark);
}


/** Tens where they fit between two rows, else ones; 0: neither */
static uint32_t block_step(const struct acl *l, const struct lines *w, size_t first)
{
	size_t n = 0;

	for (size_t i = first; i < l->nentries && l->entries[i].base == l->entries[first].base;
	     i++)
		n += count_lines(&w[i]) + 1;

	return n <= BLOCK_LINES ? ACL_STEP : n <= BLOCK_LINES_MAX ? 1 : 0;
}


/** Do the rows' own numbers serve all of the list? */
static bool in_blocks(const struct acl *l, const struct lines *w)
{
	for (size_t i = 0; i < l->nentries; i++)
		if ((!i || l->entries[i].base != l->entries[i - 1].base) &&
		    (!l->entries[i].base || !block_step(l, w, i)))
			return false;

	return true;
}


static void put_entries(struct cisco *o, const struct acl *l, const struct lines *w)
{
	bool blocks = in_blocks(l, w);
	uint32_t step = ACL_STEP;

	if (!blocks)
		o->seq = SEQ_PLAIN;
	for (size_t i = 0; i < l->nentries && !o->sb->err; i++) {
		const struct acl_entry *e = &l->entries[i];
		bool first = !i || l->entries[i - 1].base != e->base;

		if (blocks && first) {
			step = block_step(l, w, i);
			o->seq = e->base;
		} else if (!i || !same_remark(e, &l->entries[i - 1])) {
			o->seq += step;
		}
		if (!i || !same_remark(e, &l->entries[i - 1]))
			o->d->put_remark(o, l, o->seq, e->remark);
		put_entry(o, l, e, &w[i], step);
	}
}


/* RFC 4861: an explicit refusal at the end takes the place of the unseen
 * permits for neighbour discovery. What they would let across is left out:
 * multicasts of the link, link-local and the link's own addresses. */
static void put_neighbours(struct cisco *o, const struct acl *l)
{
	static const struct {
		const char *to;
		const char *what[3];
	} lines[] = {
		{"ff02::/16", {"nd-ns", "nd-na", "router-solicitation"}},
		{"fe80::/10", {"nd-ns", "nd-na", NULL}},
	};
	const struct need_addrs *own = &o->plan->policy->interfaces[l->iface].addrs;
	const struct ip_range *v;
	size_t n = addrs_family(own, 6, &v), np;
	struct ip_prefix *p;

	if (!n)
		return;
	o->d->put_remark(o, l, o->seq, "on this link alone: IPv6 finds its neighbours and routers");
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 3 && lines[i].what[k]; k++) {
			o->seq += ACL_STEP;
			o->d->put_start(o, l, o->seq);
			sbuf_printf(o->sb, "permit %s any %s %s\n", o->d->icmp6,
				    lines[i].to, lines[i].what[k]);
		}
	if (acl_prefixes(&p, &np, o->mem, v, n))
		o->sb->err = ENOMEM;
	for (size_t i = 0; !o->sb->err && i < 2 * np; i++) {
		const char *to = cisco_prefix_str(o->mem, &p[i / 2], o->d->prefixes);

		o->seq += ACL_STEP;
		o->d->put_start(o, l, o->seq);
		sbuf_printf(o->sb, "permit %s any %s %s\n", o->d->icmp6, to ? to : "any",
			    lines[1].what[i % 2]);
	}
}


int cisco_put_entries(struct cisco *o, const struct acl *l)
{
	struct lines *w = arena_calloc(o->mem, l->nentries + 1, sizeof(*w));
	int err = w ? 0 : ENOMEM;

	for (size_t k = 0; !err && k < l->nentries; k++)
		err = make_lines(o, &w[k], l, &l->entries[k]);
	if (!err)
		put_entries(o, l, w);
	return err ? err : o->sb->err;
}


static int put_list(struct cisco *o, const struct acl *l, const struct lines *w)
{
	const struct acl_plan *plan = o->plan;

	o->d->put_list(o, l);
	o->seq = 0;
	for (size_t i = 0; i < plan->nnotes && l->family != 6; i++)
		o->d->put_remark(o, l, ++o->seq, plan->notes[i].text);
	o->seq = o->seq < SEQ_FIRST ? SEQ_FIRST : o->seq + 1;
	if (l->family == 6)
		put_neighbours(o, l);
	put_entries(o, l, w);
	o->d->put_remark(o, l, ACL_SEQ_LAST - 1, l->nentries ?
			 "what no row of the matrix allows" :
			 "no row of the matrix passes here");
	o->d->put_start(o, l, ACL_SEQ_LAST);
	sbuf_printf(o->sb, "deny %s any any log\n", l->family == 6 ? "ipv6" : "ip");

	return o->sb->err;
}


static void put_head(struct cisco *o)
{
	sbuf_puts(o->sb, "! Firewall ");
	backend_put_names(o->sb, o->plan->policy);
	sbuf_printf(o->sb, " for %s, written by visavis policy compile --to %s.\n"
		    "! Change the site file or the matrix, not this. Remarks begin with the rows.\n"
		    "! On a device that has lists of these names already, use visavis policy "
		    "update.\n", o->d->device, o->d->to);
}


/** Groups come first in the text and last to be known. */
int cisco_emit(struct sbuf *sb, struct arena *a, const struct policy *p,
	       const struct cisco_dialect *d)
{
	struct acl_plan plan;
	struct cisco o = { .sb = sb, .mem = a, .plan = &plan, .d = d };
	struct lines **w;
	int err = acl_plan(&plan, a, p, &d->want);

	if (err)
		return err;
	w = arena_calloc(a, plan.nlists + 1, sizeof(struct lines *));
	if (!w)
		return ENOMEM;
	for (size_t i = 0; i < plan.nlists; i++) {
		w[i] = arena_calloc(a, plan.lists[i].nentries + 1, sizeof(**w));
		if (!w[i])
			return ENOMEM;
		for (size_t k = 0; k < plan.lists[i].nentries; k++) {
			err = make_lines(&o, &w[i][k], &plan.lists[i],
					 &plan.lists[i].entries[k]);
			if (err)
				return err;
		}
	}

	put_head(&o);
	for (size_t i = 0; i < o.ngroups; i++)
		d->put_group(&o, &o.groups[i]);
	for (size_t i = 0; !err && i < plan.nlists; i++)
		err = put_list(&o, &plan.lists[i], w[i]);
	if (!err)
		d->put_tail(&o);

	return err ? err : sb->err;
}


void cisco_put_interfaces(struct cisco *o, const char *fmt4, const char *fmt6)
{
	for (size_t i = 0; i < o->plan->nlists; i++) {
		const struct acl *l = &o->plan->lists[i];
		const char *fmt = l->family == 6 ? fmt6 : fmt4;
		const char *at = strchr(fmt, '*');

		if (!i || o->plan->lists[i - 1].iface != l->iface) {
			sbuf_puts(o->sb, "!\ninterface ");
			backend_put_word(o->sb, o->plan->policy->interfaces[l->iface].name);
			sbuf_putc(o->sb, '\n');
		}
		sbuf_put(o->sb, fmt, (size_t)(at - fmt));
		sbuf_printf(o->sb, "%s%s\n", l->name, at + 1);
	}
}
