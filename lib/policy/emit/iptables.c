/*
 * iptables and ip6tables: one file that iptables-restore and
 * ip6tables-restore both load, since each leaves out the lines of the other
 * family by their -4 and -6. A flow's first packet finds its row; what
 * follows passes by connection tracking.
 *
 * Rows between the same two sets of addresses share their address tests: a
 * chain of the row's name holds the second test or the rows, where that is
 * fewer rules than one for each pair of addresses.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/order.h"
#include "lib/policy/emit/spare.h"
#include "lib/policy/model/policy.h"

enum {
	ADDRS_A_LINE = 100,	/* of a list after -s */
	MULTIPORT_MAX = 15,	/* ports of one multiport match; a range is two */
	CHAIN_MAX = 22,		/* of 28, so that a suffix fits */
	COMMENT_MAX = 240,	/* of 255 */
	ROWS_MAX = 200,		/* of a comment with many rows */
};

struct ipt {
	struct sbuf *sb;
	struct arena *mem;
	const struct policy *p;
	const char **chain;	/**< [nrules] names, free of doubles */
	struct order order;	/**< families: in which a rule has lines */
	bool *done;		/**< [nrules] written for this family */
	bool *headed;		/**< [2 * nrules] its chain, its second chain are declared */
	struct spare spare;	/**< lines of rows that nobody would miss */
	bool finding;		/**< gather those, write nothing */
	size_t at;		/**< the line that is to be written */
	struct sbuf heads;	/**< ":chain" lines of the filter table */
	struct sbuf body;
};

/** What differs between the two families */
static const struct family {
	uint8_t family;
	unsigned bit;		/**< enum ORDER_ */
	const char *flag;
	const char *icmp;	/**< protocol and type, before the type's name */
} families[] = {
	{4, ORDER_V4, "-4", "-p icmp --icmp-type"},
	{6, ORDER_V6, "-6", "-p icmpv6 --icmpv6-type"},
};

enum { NFAMILIES = 2 };

static const struct error {
	unsigned bit;
	uint8_t family;
	const char *type;
} errors[] = {
	{FLOW_ICMP_PACKET_TOO_BIG, 4, "fragmentation-needed"},
	{FLOW_ICMP_PACKET_TOO_BIG, 6, "packet-too-big"},
	{FLOW_ICMP_UNREACHABLE, 4, "destination-unreachable"},
	{FLOW_ICMP_UNREACHABLE, 6, "destination-unreachable"},
	{FLOW_ICMP_TIME_EXCEEDED, 4, "time-exceeded"},
	{FLOW_ICMP_TIME_EXCEEDED, 6, "time-exceeded"},
};

enum { NERRORS = sizeof(errors) / sizeof(errors[0]) };

/** Addresses, or ports, of one text; n 0: any */
struct piece {
	const struct ip_range *addrs;
	const struct flow_port *ports;
	size_t n;
};

/** Conditions as text, one a rule line */
struct texts {
	const char **v;
	size_t n, cap;
	struct piece *of;	/**< [n] what each says */
	size_t of_cap;
	size_t rules;		/**< in the kernel: a list of addresses is many */
};

/** A row's line within a group: ports, comment, target */
struct term {
	const char *match;
	const struct policy_rule *rule;
	struct piece sports, dports;
};

/** Rows between the same sets, for one family */
struct group {
	const struct family *f;
	struct texts src, dst;
	struct term *terms;
	size_t nterms, cap;
	const char *name;	/**< of its chains */
	bool *headed;		/**< [2] */
};


static int texts_add(struct texts *t, struct arena *mem, const char *s, size_t rules,
		     struct piece of)
{
	if (!s || arena_grow(mem, (void **)&t->v, t->n, &t->cap, sizeof(*t->v)) ||
	    arena_grow(mem, (void **)&t->of, t->n, &t->of_cap, sizeof(*t->of)))
		return ENOMEM;
	t->of[t->n] = of;
	t->v[t->n++] = s;
	t->rules += rules;
	return 0;
}


/** Prefixes of the set as lists, then its ranges one by one */
static int texts_addrs(struct texts *t, struct arena *mem, const struct need_addrs *s,
		       uint8_t family, bool source)
{
	const struct ip_range *v;
	size_t n = addrs_family(s, family, &v), listed = 0;
	struct ip_range *of = arena_calloc(mem, n + 1, sizeof(*of));
	char buf[IP_STRLEN];
	struct sbuf list = {0};
	struct ip_prefix p;
	int err = of ? 0 : ENOMEM;

	for (size_t i = 0; !err && i <= n; i++) {
		bool prefix = i < n && addrs_as_prefix(&v[i], &p);

		if (listed && (i == n || listed == ADDRS_A_LINE)) {
			err = list.err ? list.err : texts_add(t, mem, arena_strdup(mem,
						sbuf_str(&list)), listed,
						(struct piece){ .addrs = of, .n = listed });
			of += listed;
			list.len = listed = 0;
		}
		if (!prefix || err)
			continue;
		of[listed] = v[i];
		sbuf_printf(&list, "%s%s", listed++ ? "," : source ? "-s " : "-d ",
			    p.len == ip_bits(&p.addr) ? ip_str(&p.addr, buf)
						      : ip_prefix_str(&p, buf));
	}
	for (size_t i = 0; !err && i < n; i++)
		if (!addrs_as_prefix(&v[i], &p))
			err = texts_add(t, mem, arena_printf(mem, "-m iprange --%s-range %s",
							     source ? "src" : "dst",
							     ip_range_str(&v[i], buf)), 1,
					(struct piece){ .addrs = &v[i], .n = 1 });
	sbuf_reset(&list);
	return err;
}


static bool every_port(const struct flow_port *v, size_t n)
{
	return !n || (n == 1 && v[0].lo == 0 && v[0].hi == 65535);
}


/** Tests of one end's ports: nothing, one range, or multiport in pieces */
static int texts_ports(struct texts *t, struct arena *mem, const struct flow_port *v,
		       size_t n, char end)
{
	const char *s = "";
	struct piece of = { .ports = v };
	unsigned used = 0;
	int err = 0;

	if (every_port(v, n))
		return texts_add(t, mem, "", 1, of);
	of.n = n == 1;
	if (n == 1)
		return texts_add(t, mem, v->lo == v->hi ?
				 arena_printf(mem, " --%cport %u", end, v->lo) :
				 arena_printf(mem, " --%cport %u:%u", end, v->lo, v->hi), 1, of);

	for (size_t i = 0; !err && i < n; i++) {
		unsigned need = v[i].lo == v[i].hi ? 1 : 2;

		if (used + need > MULTIPORT_MAX) {
			err = texts_add(t, mem, s, 1, of);
			of = (struct piece){ .ports = v + i };
			used = 0;
		}
		s = used ? arena_printf(mem, "%s,%u", s, v[i].lo) :
			   arena_printf(mem, " -m multiport --%cports %u", end, v[i].lo);
		if (s && need == 2)
			s = arena_printf(mem, "%s:%u", s, v[i].hi);
		if (!s)
			return ENOMEM;
		of.n++;
		used += need;
	}

	return err ? err : texts_add(t, mem, s, 1, of);
}


static int add_term(struct group *g, struct arena *mem, const char *match,
		    const struct policy_rule *r, struct piece sports, struct piece dports)
{
	if (!match || arena_grow(mem, (void **)&g->terms, g->nterms, &g->cap,
				 sizeof(*g->terms)))
		return ENOMEM;
	g->terms[g->nterms++] = (struct term){ match, r, sports, dports };
	return 0;
}


static int add_terms(struct group *g, struct ipt *o, const struct policy_rule *r)
{
	struct texts sports = {0}, dports = {0};
	int err;

	if (r->transport == FLOW_ICMP)
		return add_term(g, o->mem, arena_printf(o->mem, "%s echo-request", g->f->icmp), r,
				(struct piece){0}, (struct piece){0});

	err = texts_ports(&sports, o->mem, r->sports, r->nsports, 's');
	if (!err)
		err = texts_ports(&dports, o->mem, r->dports, r->ndports, 'd');
	for (size_t i = 0; !err && i < sports.n; i++)
		for (size_t j = 0; !err && j < dports.n; j++)
			err = add_term(g, o->mem, arena_printf(o->mem, "-p %s%s%s",
				flow_transport_name(r->transport), sports.v[i], dports.v[j]), r,
				sports.of[i], dports.of[j]);
	return err;
}


static bool in_group(const struct policy *p, const struct policy_rule *a,
		     const struct policy_rule *b)
{
	return a->how == b->how && p->sets[a->src].v == p->sets[b->src].v &&
	       p->sets[a->dst].v == p->sets[b->dst].v;
}


/** The group that begins with this rule */
static int gather(struct group *g, struct ipt *o, size_t first)
{
	const struct policy *p = o->p;
	const struct policy_rule *r = &p->rules[first];
	int err;

	g->name = o->chain[first];
	g->headed = &o->headed[2 * first];
	err = texts_addrs(&g->src, o->mem, &p->sets[r->src], g->f->family, true);
	if (!err)
		err = texts_addrs(&g->dst, o->mem, &p->sets[r->dst], g->f->family, false);
	for (size_t i = first; !err && i < p->nrules; i++) {
		if (o->done[i] || !(o->order.families[i] & g->f->bit) ||
		    !in_group(p, r, &p->rules[i]))
			continue;
		o->done[i] = true;
		err = add_terms(g, o, &p->rules[i]);
	}

	return err;
}


static void put_head(struct ipt *o, bool *headed, const char *name, const char *suffix)
{
	if (!*headed)
		sbuf_printf(&o->heads, ":%s%s - [0:0]\n", name, suffix);
	*headed = true;
}


static int push_ports(struct spare *s, struct pset_box *b, const struct term *t)
{
	static const struct flow_port every = { .lo = 0, .hi = 65535 };
	const struct flow_port *v = t->sports.n ? t->sports.ports : &every;
	const struct flow_port *w = t->dports.n ? t->dports.ports : &every;
	int err = 0;

	for (size_t i = 0; !err && i < (t->sports.n ? t->sports.n : 1); i++)
		for (size_t k = 0; !err && k < (t->dports.n ? t->dports.n : 1); k++) {
			b->lo[PSET_SPORT] = v[i].lo;
			b->hi[PSET_SPORT] = v[i].hi;
			b->lo[PSET_DPORT] = w[k].lo;
			b->hi[PSET_DPORT] = w[k].hi;
			err = spare_push(s, b);
		}
	return err;
}


/** The packets of a line, for those that nobody would miss; a list of no
 *  addresses is that of the chain, all of the group's. */
static int find_term(struct ipt *o, const struct group *g, const struct term *t,
		     struct piece src, struct piece dst)
{
	struct spare *s = &o->spare;
	struct pset_box b;
	int err = spare_begin(s);

	if (!src.n)
		src.n = addrs_family(&o->p->sets[t->rule->src], g->f->family, &src.addrs);
	if (!dst.n)
		dst.n = addrs_family(&o->p->sets[t->rule->dst], g->f->family, &dst.addrs);
	for (size_t i = 0; !err && !s->many && i < src.n; i++)
		for (size_t k = 0; !err && !s->many && k < dst.n; k++) {
			pset_box_init(&b, g->f->family);
			b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = (uint16_t)t->rule->transport;
			pset_box_set_addrs(&b, PSET_SRC, &src.addrs[i]);
			pset_box_set_addrs(&b, PSET_DST, &dst.addrs[k]);
			err = push_ports(s, &b, t);
		}
	return err;
}


static void put_term(struct ipt *o, const struct group *g, const char *chain,
		     const char *addrs, const struct term *t)
{
	sbuf_printf(&o->body, "-A %s %s %s%s%s -m comment --comment \"%s\" -j ACCEPT\n", chain,
		    g->f->flag, addrs, *addrs ? " " : "", t->match,
		    o->order.comment[t->rule - o->p->rules]);
}


/** The terms in that chain, each for each of the addresses, if any are left */
static void put_terms(struct ipt *o, const struct group *g, const char *chain,
		      const struct texts *a, const struct texts *b)
{
	static const char *nothing = "";
	static struct piece all;
	static const struct texts none = { .v = &nothing, .n = 1, .of = &all };
	bool source = a == &g->src;

	a = a ? a : &none;
	b = b ? b : &none;
	for (size_t k = 0; k < g->nterms; k++)
		for (size_t i = 0; i < a->n; i++)
			for (size_t j = 0; j < b->n; j++) {
				const struct piece *x = &a->of[i], *y = &b->of[j];
				const char *both;

				if (o->finding && find_term(o, g, &g->terms[k], source ? *x : *y,
							    source ? *y : *x))
					o->body.err = ENOMEM;
				if (o->finding || o->spare.gone[o->at++])
					continue;
				both = arena_printf(o->mem, "%s%s%s", a->v[i],
						*a->v[i] && *b->v[j] ? " " : "", b->v[j]);

				if (!both)
					o->body.err = ENOMEM;
				else
					put_term(o, g, chain, both, &g->terms[k]);
			}
}


/** Counters of the group's rows, for the comment of a jump */
static void put_rows_comment(struct ipt *o, const struct group *g)
{
	size_t start;

	sbuf_puts(&o->body, " -m comment --comment \"");
	start = o->body.len;
	for (size_t k = 0; k < g->nterms; k++) {
		if (k && g->terms[k].rule == g->terms[k - 1].rule)
			continue;
		if (o->body.len - start > ROWS_MAX) {
			sbuf_puts(&o->body, " ...");
			break;
		}
		sbuf_printf(&o->body, "%s%.40s", k ? " " : "", g->terms[k].rule->counter);
	}
	sbuf_putc(&o->body, '"');
}


static void put_jumps(struct ipt *o, const struct group *g, const char *chain,
		      const struct texts *a, const char *suffix)
{
	put_head(o, &g->headed[*suffix != '\0'], g->name, suffix);
	for (size_t i = 0; i < a->n; i++) {
		sbuf_printf(&o->body, "-A %s %s %s", chain, g->f->flag, a->v[i]);
		put_rows_comment(o, g);
		sbuf_printf(&o->body, " -j %s%s\n", g->name, suffix);
	}
}


enum layout {
	FLAT = 0,		/* each term with both ends */
	SOURCE_FIRST,		/* the source leads to a chain of terms with destination */
	DESTINATION_FIRST,
	SOURCE_THEN_DESTINATION,	/* two chains, the second with terms alone */
};


/** The fewest rules in the kernel; at a draw the simpler one */
static enum layout choose(const struct group *g)
{
	size_t n = g->src.rules, m = g->dst.rules, k = g->nterms;
	const size_t cost[] = { n * m * k, n + m * k, m + n * k, n + m + k };
	enum layout best = FLAT;

	for (unsigned i = SOURCE_FIRST; i <= SOURCE_THEN_DESTINATION; i++)
		if (cost[i] < cost[best])
			best = i;

	return best;
}


static void put_group(struct ipt *o, const struct group *g, const char *chain)
{
	char second[32];

	(void)snprintf(second, sizeof(second), "%s.to", g->name);
	switch (choose(g)) {
	case FLAT:
		put_terms(o, g, chain, &g->src, &g->dst);
		break;
	case SOURCE_FIRST:
		put_jumps(o, g, chain, &g->src, "");
		put_terms(o, g, g->name, &g->dst, NULL);
		break;
	case DESTINATION_FIRST:
		put_jumps(o, g, chain, &g->dst, "");
		put_terms(o, g, g->name, &g->src, NULL);
		break;
	case SOURCE_THEN_DESTINATION:
		put_jumps(o, g, chain, &g->src, "");
		put_jumps(o, g, g->name, &g->dst, ".to");
		put_terms(o, g, second, NULL, NULL);
		break;
	}
}


static int put_groups(struct ipt *o, enum policy_how how, const char *chain)
{
	const struct policy *p = o->p;

	for (int f = 0; f < NFAMILIES; f++) {
		memset(o->done, 0, p->nrules * sizeof(*o->done));
		for (size_t i = 0; i < p->nrules; i++) {
			const struct policy_rule *r = &p->rules[i];
			struct group g = { .f = &families[f] };
			int err;

			if (o->done[i] || r->how != how || !(o->order.families[i] & g.f->bit))
				continue;
			err = gather(&g, o, i);
			if (err)
				return err;
			put_group(o, &g, chain);
		}
	}

	return 0;
}


/** Twice: a line for some of a row's addresses may lie within other rows. */
static int put_rules(struct ipt *o, enum policy_how how, const char *chain)
{
	size_t body = o->body.len, heads = o->heads.len;
	int err;

	o->spare = (struct spare){ .mem = o->mem };
	o->finding = true;
	err = put_groups(o, how, chain);
	if (!err)
		err = spare_find(&o->spare);
	o->finding = false;
	o->body.len = body;
	o->heads.len = heads;
	o->at = 0;
	memset(o->headed, 0, 2 * o->p->nrules * sizeof(*o->headed));
	if (!err)
		err = put_groups(o, how, chain);
	spare_reset(&o->spare);
	return err;
}


static const struct policy_rule *icmp_rule(const struct policy *p, unsigned bit)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].transport == FLOW_ICMP && p->rules[i].icmp & bit)
			return &p->rules[i];

	return NULL;
}


/** The row that asks for it, where it is not the one of unreachable */
static const char *too_big_row(const struct policy *p, const struct policy_rule *unreachable)
{
	const struct policy_rule *r = icmp_rule(p, FLOW_ICMP_PACKET_TOO_BIG);

	return r && r != unreachable ? r->counter : "";
}


/* RFC 4890, section 4.3.1: packet-too-big passes wherever unreachable does */
static void put_errors(struct ipt *o)
{
	for (size_t i = 0; i < NERRORS; i++) {
		const struct error *e = &errors[i];
		const struct policy_rule *r = icmp_rule(o->p, e->bit);
		const struct policy_rule *all = icmp_rule(o->p, FLOW_ICMP_UNREACHABLE);
		const struct family *f = &families[e->family == 6];
		const char *also = "";

		if (all && e->bit == FLOW_ICMP_PACKET_TOO_BIG && e->family == 4)
			continue;	/* a code of unreachable */
		if (r && e->bit == FLOW_ICMP_UNREACHABLE && e->family == 4)
			also = too_big_row(o->p, r);
		if (!r && e->bit == FLOW_ICMP_PACKET_TOO_BIG && e->family == 6)
			r = icmp_rule(o->p, FLOW_ICMP_UNREACHABLE);
		if (r && policy_has_family(o->p, e->family))
			sbuf_printf(&o->body, "-A related %s %s %s -m comment --comment "
				    "\"%.40s%s%s\" -j ACCEPT\n", f->flag, f->icmp, e->type, also,
				    *also ? " " : "", r->comment);
	}
}


#define SPOOFED "-m comment --comment \"" POLICY_COUNTER_SPOOFED "\" -g refuse\n"

/** Sources must belong behind the interface that they come in by. */
static int put_interface_guard(struct ipt *o, size_t i)
{
	const struct policy_interface *ifc = &o->p->interfaces[i];
	bool headed = false;

	for (int f = 0; f < NFAMILIES; f++) {
		struct texts t = {0};
		char chain[32];
		int err = texts_addrs(&t, o->mem, &ifc->addrs, families[f].family, true);

		if (err)
			return err;
		(void)snprintf(chain, sizeof(chain), "from-%s", ifc->name);
		if (!t.n) {
			sbuf_printf(&o->body, "-A guard %s -i %s " SPOOFED, families[f].flag, ifc->name);
			continue;
		}
		if (t.rules == 1) {
			bool range = !strncmp(t.v[0], "-m iprange ", 11);

			sbuf_printf(&o->body, "-A guard %s -i %s %s! %s " SPOOFED, families[f].flag,
				    ifc->name, range ? "-m iprange " : "", t.v[0] + (range ? 11 : 0));
			continue;
		}
		put_head(o, &headed, chain, "");
		sbuf_printf(&o->body, "-A guard %s -i %s -j %s\n", families[f].flag, ifc->name, chain);
		for (size_t k = 0; k < t.n; k++)
			sbuf_printf(&o->body, "-A %s %s %s -j RETURN\n", chain, families[f].flag, t.v[k]);
		sbuf_printf(&o->body, "-A %s %s " SPOOFED, chain, families[f].flag);
	}

	return 0;
}


/** Every packet returns from here or is refused. The interfaces that are
 *  known return from `known`. */
static int put_guard(struct ipt *o)
{
	int err = 0;

	sbuf_puts(&o->body, "-A guard -j known\n");
	for (size_t i = 0; !err && i < o->p->ninterfaces; i++)
		err = put_interface_guard(o, i);
	sbuf_puts(&o->body, "-A guard -m conntrack --ctstate INVALID -m comment --comment \""
		  POLICY_COUNTER_INVALID "\" -g refuse\n");
	for (size_t i = 0; i < o->p->ninterfaces; i++)
		sbuf_printf(&o->body, "-A known -i %s -j RETURN\n", o->p->interfaces[i].name);
	sbuf_puts(&o->body, "-A known " SPOOFED);
	return err;
}


static void put_forward(struct ipt *o)
{
	sbuf_puts(&o->body, "-A FORWARD -j guard\n");
	for (size_t i = 0; i < o->p->ninterfaces; i++)
		sbuf_printf(&o->body, "-A FORWARD -i %s -o %s -m comment --comment "
			    "\"never back where it came from\" -g refuse\n",
			    o->p->interfaces[i].name, o->p->interfaces[i].name);
	sbuf_puts(&o->body, "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
		  "-A FORWARD -m conntrack --ctstate RELATED -g related\n"
		  "-A FORWARD -m conntrack --ctstate NEW -g rows\n"
		  "-A FORWARD -g refuse\n");
}


/** The firewall itself: it answers echo as the matrix says, finds its IPv6
 *  neighbours, and hears the answers to what it asks. */
static void put_input(struct ipt *o)
{
	sbuf_puts(&o->body, "-A INPUT -i lo -j ACCEPT\n");
	for (unsigned type = 133; policy_has_family(o->p, 6) && type <= 136; type++)
		if (type != 134)	/* it is no host that listens to routers */
			sbuf_printf(&o->body, "-A INPUT -6 -p icmpv6 --icmpv6-type %u -m hl "
				    "--hl-eq 255 -m comment --comment \"" POLICY_COUNTER_NEIGHBOUR
				    "\" -j ACCEPT\n", type);
	sbuf_puts(&o->body, "-A INPUT -m pkttype --pkt-type broadcast -m comment --comment \""
		  POLICY_COUNTER_ON_LINK "\" -j DROP\n"
		  "-A INPUT -m pkttype --pkt-type multicast -m comment --comment \""
		  POLICY_COUNTER_ON_LINK "\" -j DROP\n"
		  "-A INPUT -j guard\n"
		  "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
		  "-A INPUT -4 -p icmp --icmp-type echo-request -g rows\n"
		  "-A INPUT -6 -p icmpv6 --icmpv6-type echo-request -g rows\n"
		  "-A INPUT -g refuse\n");
}


static void put_refuse(struct ipt *o)
{
	sbuf_printf(&o->body, "-A refuse -m limit --limit 20/second --limit-burst 100 -j NFLOG "
		    "--nflog-group %d --nflog-prefix \"" POLICY_LOG_PREFIX "\"\n"
		    "-A refuse -m comment --comment \"" POLICY_COUNTER_DROPPED "\" -j DROP\n",
		    POLICY_LOG_GROUP);
}


static void put_title(struct ipt *o)
{
	sbuf_puts(o->sb, "# Firewall ");
	backend_put_names(o->sb, o->p);
	sbuf_puts(o->sb, ", written by visavis policy compile --to iptables.\n"
		  "# Change the site file or the matrix, not this. Load it twice: iptables-restore and\n"
		  "# ip6tables-restore each take their own lines of it (-4, -6) and replace the tables filter and raw.\n"
		  "# Each rule's comment begins with its rows; its counter counts the row's flows.\n");
}


/** Requests whose answers come from ports that only a helper learns */
static int put_helpers(struct ipt *o)
{
	struct texts t;
	int err;

	sbuf_puts(o->sb, "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
	for (size_t i = 0; i < o->p->nrules; i++) {
		const struct policy_rule *r = &o->p->rules[i];

		for (int f = 0; r->helper && r->how == POLICY_OPEN && f < NFAMILIES; f++) {
			if (!addrs_has_family(&o->p->sets[r->src], families[f].family))
				continue;
			t = (struct texts){0};
			err = texts_addrs(&t, o->mem, &o->p->sets[r->dst], families[f].family, false);
			if (err)
				return err;
			for (size_t k = 0; k < t.n; k++)
				sbuf_printf(o->sb, "-A PREROUTING %s %s -p %s --dport %u -m comment "
					    "--comment \"%s\" -j CT --helper %s\n", families[f].flag,
					    t.v[k], flow_transport_name(r->transport),
					    r->helper->port, r->comment, r->helper->name);
		}
	}
	sbuf_puts(o->sb, "COMMIT\n");
	return 0;
}


/** Names of chains from those of counters, cut where they are too long */
static int name_chains(struct ipt *o)
{
	const struct policy *p = o->p;

	o->chain = arena_calloc(o->mem, p->nrules + 1, sizeof(*o->chain));
	o->done = arena_calloc(o->mem, p->nrules + 1, sizeof(*o->done));
	o->headed = arena_calloc(o->mem, p->nrules + 1, 2 * sizeof(*o->headed));
	if (!o->chain || !o->done || !o->headed)
		return ENOMEM;

	for (size_t i = 0; i < p->nrules; i++) {
		const char *s = p->rules[i].counter;

		o->chain[i] = strlen(s) <= CHAIN_MAX && strchr(s, '-') &&
			      strncmp(s, "from-", 5) != 0 ? s :
			      arena_printf(o->mem, "row-%u", p->rules[i].mark);
		if (!o->chain[i])
			return ENOMEM;
	}

	return 0;
}


static int put_filter(struct ipt *o)
{
	int err;

	sbuf_puts(&o->heads, ":guard - [0:0]\n:known - [0:0]\n:refuse - [0:0]\n"
		  ":related - [0:0]\n:rows - [0:0]\n");
	put_input(o);
	put_forward(o);
	err = put_guard(o);
	put_refuse(o);
	put_errors(o);
	if (!err)
		err = put_rules(o, POLICY_EXPECTED, "related");
	sbuf_puts(&o->body, "-A related -g refuse\n"
		  "-A rows -p tcp ! --syn -m comment --comment \"" POLICY_COUNTER_INVALID
		  "\" -g refuse\n");
	if (!err)
		err = put_rules(o, POLICY_OPEN, "rows");
	sbuf_puts(&o->body, "-A rows -g refuse\n");

	sbuf_puts(o->sb, "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
	sbuf_put(o->sb, sbuf_str(&o->heads), o->heads.len);
	sbuf_put(o->sb, sbuf_str(&o->body), o->body.len);
	sbuf_puts(o->sb, "COMMIT\n");
	if (!err)
		err = o->heads.err ? o->heads.err : o->body.err;
	return err;
}


int backend_iptables(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	const struct order_want want = { .helper = true, .comment_max = COMMENT_MAX };
	struct ipt o = { .sb = sb, .mem = a, .p = p };
	int err = name_chains(&o);

	if (!err)
		err = order_make(&o.order, a, p, &want);
	if (!err) {
		put_title(&o);
		err = put_helpers(&o);
	}
	if (!err)
		err = put_filter(&o);

	sbuf_reset(&o.heads);
	sbuf_reset(&o.body);
	return err ? err : sb->err;
}
