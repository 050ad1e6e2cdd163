/*
 * nftables: one inet table, replaced as a whole by `nft -f`. A flow's first
 * packet finds its row's rule, which sets the connection's mark; packets that
 * follow, both ways, find the row's counter by that mark. A row that is taken
 * out leaves the map, so its running connections end with it.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/order.h"
#include "lib/policy/model/policy.h"

struct nft {
	struct sbuf *sb;
	struct arena *mem;
	const struct policy *p;
	const char **from_chain;	/**< [ninterfaces] */
	struct order order;
};

/** What differs between the two families in a rule */
struct family {
	uint8_t family;
	unsigned bit;			/**< enum ORDER_ */
	const char *name;		/**< suffix of sets: "v4" */
	const char *type;		/**< of a set's elements */
	const char *match;		/**< "ip saddr" */
	const char *icmp;		/**< "icmp type" */
	const char *proto;		/**< of meta nfproto */
};

static const struct family families[] = {
	{4, ORDER_V4, "v4", "ipv4_addr", "ip", "icmp", "ipv4"},
	{6, ORDER_V6, "v6", "ipv6_addr", "ip6", "icmpv6", "ipv6"},
};

enum { NFAMILIES = 2 };

/** nft's words for the types that report; the narrower ones first */
static const struct error {
	unsigned bit;
	uint8_t family;
	const char *match;
} errors[] = {
	{FLOW_ICMP_PACKET_TOO_BIG, 4, "icmp type destination-unreachable icmp code 4"},
	{FLOW_ICMP_PACKET_TOO_BIG, 6, "icmpv6 type packet-too-big"},
	{FLOW_ICMP_UNREACHABLE, 4, "icmp type destination-unreachable"},
	{FLOW_ICMP_UNREACHABLE, 6, "icmpv6 type destination-unreachable"},
	{FLOW_ICMP_TIME_EXCEEDED, 4, "icmp type time-exceeded"},
	{FLOW_ICMP_TIME_EXCEEDED, 6, "icmpv6 type time-exceeded"},
};

enum { NERRORS = sizeof(errors) / sizeof(errors[0]) };


/* comments of rules have 128 bytes at most */
static const struct order_want want = { .apart = true, .helper = true, .comment_max = POLICY_COMMENT_MAX };


static void put_range(struct sbuf *sb, const struct ip_range *r)
{
	char buf[IP_STRLEN];
	struct ip_prefix p;

	if (ip_cmp(&r->lo, &r->hi) == 0)
		sbuf_puts(sb, ip_str(&r->lo, buf));
	else if (addrs_as_prefix(r, &p))
		sbuf_puts(sb, ip_prefix_str(&p, buf));
	else
		sbuf_puts(sb, ip_range_str(r, buf));
}


/** One element a line, so that a new host is one new line. */
static void put_set(struct nft *o, const char *prefix, const struct need_addrs *s,
		    const struct family *f)
{
	const struct ip_range *v;
	size_t n = addrs_family(s, f->family, &v);

	if (!n)
		return;

	sbuf_printf(o->sb, "\n\tset %s%s_%s {\n\t\ttype %s\n\t\tflags interval\n"
		    "\t\telements = {\n", prefix, s->label, f->name, f->type);
	for (size_t i = 0; i < n; i++) {
		sbuf_puts(o->sb, "\t\t\t");
		put_range(o->sb, &v[i]);
		sbuf_puts(o->sb, ",\n");
	}
	sbuf_puts(o->sb, "\t\t}\n\t}\n");
}


static bool every_port(const struct flow_port *v, size_t n)
{
	return !n || (n == 1 && v[0].lo == 0 && v[0].hi == 65535);
}


static void put_ports(struct sbuf *sb, const char *match,
		      const struct flow_port *v, size_t n)
{
	if (every_port(v, n))
		return;

	sbuf_printf(sb, "%s ", match);
	if (n > 1)
		sbuf_puts(sb, "{ ");
	for (size_t i = 0; i < n; i++) {
		sbuf_printf(sb, "%s%u", i ? ", " : "", v[i].lo);
		if (v[i].hi > v[i].lo)
			sbuf_printf(sb, "-%u", v[i].hi);
	}
	sbuf_puts(sb, n > 1 ? " } " : " ");
}


static void put_transport(struct sbuf *sb, const struct policy_rule *r,
			  const struct family *f)
{
	const char *name = flow_transport_name(r->transport);

	if (r->transport == FLOW_ICMP) {
		sbuf_printf(sb, "%s type echo-request ", f->icmp);
		return;
	}
	if (every_port(r->sports, r->nsports) && every_port(r->dports, r->ndports))
		sbuf_printf(sb, "meta l4proto %s ", name);
	put_ports(sb, r->transport == FLOW_TCP ? "tcp sport" : "udp sport",
		  r->sports, r->nsports);
	put_ports(sb, r->transport == FLOW_TCP ? "tcp dport" : "udp dport",
		  r->dports, r->ndports);
}


static void put_rule(struct nft *o, const struct order_line *l)
{
	const struct policy_rule *r = l->rule;
	const struct need_addrs *src = &o->p->sets[r->src];
	const struct need_addrs *dst = &o->p->sets[r->dst];

	for (int i = 0; i < NFAMILIES; i++) {
		const struct family *f = &families[i];

		if (!(l->families & f->bit))
			continue;
		sbuf_printf(o->sb, "\t\t%s saddr @%s_%s %s daddr @%s_%s ",
			    f->match, src->label, f->name,
			    f->match, dst->label, f->name);
		put_transport(o->sb, r, f);
		if (r->helper && r->how == POLICY_OPEN)
			sbuf_printf(o->sb, "ct helper set \"%s\" ", r->helper->name);
		sbuf_printf(o->sb, "ct mark set %u counter name \"%s\" accept comment \"%s\"\n",
			    r->mark, r->counter, o->order.comment[r - o->p->rules]);
	}
}


static void put_head(struct nft *o)
{
	sbuf_puts(o->sb, "#!/usr/sbin/nft -f\n# Firewall ");
	backend_put_names(o->sb, o->p);
	sbuf_puts(o->sb, ", written by visavis policy compile --to nftables.\n"
		  "# Change the site file or the matrix, not this. Loading it replaces the table as a whole:\n"
		  "# running connections go on as long as their row stands, counters start again.\n"
		  "# Each rule's comment begins with its rows; each row has its counter.\n\n"
		  "table inet visavis {}\ndelete table inet visavis\n\n"
		  "table inet visavis {\n");
}


static void put_counters(struct nft *o)
{
	static const char *const own[] = {
		POLICY_COUNTER_DROPPED, POLICY_COUNTER_INVALID,
		POLICY_COUNTER_SPOOFED, POLICY_COUNTER_ON_LINK,
		POLICY_COUNTER_NEIGHBOUR,
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sbuf_printf(o->sb, "\tcounter %s {}\n", own[i]);
	for (size_t i = 0; i < o->p->nrules; i++)
		sbuf_printf(o->sb, "\tcounter %s {}\n", o->p->rules[i].counter);

	sbuf_puts(o->sb, "\n\t# connection mark -> counter of its row\n"
		  "\tmap row_counters {\n\t\ttype mark : counter\n");
	if (o->p->nrules)
		sbuf_puts(o->sb, "\t\telements = {\n");
	for (size_t i = 0; i < o->p->nrules; i++)
		sbuf_printf(o->sb, "\t\t\t%u : \"%s\",\n",
			    o->p->rules[i].mark, o->p->rules[i].counter);
	if (o->p->nrules)
		sbuf_puts(o->sb, "\t\t}\n");
	sbuf_puts(o->sb, "\t}\n");
}


static void put_sets(struct nft *o)
{
	const struct policy *p = o->p;

	for (size_t i = 0; i < p->nsets; i++)
		for (int f = 0; f < NFAMILIES; f++)
			put_set(o, "", &p->sets[i], &families[f]);

	sbuf_puts(o->sb, "\n\t# what lies behind each interface\n");
	for (size_t i = 0; i < p->ninterfaces; i++) {
		struct need_addrs s = p->interfaces[i].addrs;

		s.label = o->from_chain[i];
		for (int f = 0; f < NFAMILIES; f++)
			put_set(o, "behind-", &s, &families[f]);
	}

	sbuf_puts(o->sb, "\n\tset same_interface {\n\t\ttype ifname . ifname\n");
	if (p->ninterfaces)
		sbuf_puts(o->sb, "\t\telements = {\n");
	for (size_t i = 0; i < p->ninterfaces; i++)
		sbuf_printf(o->sb, "\t\t\t\"%s\" . \"%s\",\n",
			    p->interfaces[i].name, p->interfaces[i].name);
	if (p->ninterfaces)
		sbuf_puts(o->sb, "\t\t}\n");
	sbuf_puts(o->sb, "\t}\n");
}


static void put_helpers(struct nft *o)
{
	const struct policy_helper *done = NULL;

	for (size_t i = 0; i < o->p->nrules; i++) {
		const struct policy_helper *h = o->p->rules[i].helper;

		if (!h || h == done || o->p->rules[i].how != POLICY_OPEN)
			continue;
		done = h;
		sbuf_printf(o->sb, "\n\t# reads the first packets of %s, to know the ports "
			    "of its transfers\n\tct helper %s {\n"
			    "\t\ttype \"%s\" protocol %s\n\t}\n",
			    h->protocol, h->name, h->name,
			    flow_transport_name(h->transport));
	}
}


static void put_refuse(struct nft *o)
{
	sbuf_printf(o->sb, "\n\tchain refuse {\n"
		    "\t\tcounter name \"" POLICY_COUNTER_DROPPED "\"\n"
		    "\t\tlimit rate 20/second burst 100 packets "
		    "log group %d prefix \"" POLICY_LOG_PREFIX "\"\n"
		    "\t\tdrop\n\t}\n", POLICY_LOG_GROUP);
}


/** Sources must belong behind the interface that they come in by. */
static void put_guard(struct nft *o)
{
	const struct policy *p = o->p;

	for (size_t i = 0; i < p->ninterfaces; i++) {
		sbuf_printf(o->sb, "\n\tchain from-%s {\n", o->from_chain[i]);
		for (int j = 0; j < NFAMILIES; j++) {
			const struct family *f = &families[j];

			if (addrs_has_family(&p->interfaces[i].addrs, f->family))
				sbuf_printf(o->sb, "\t\t%s saddr != @behind-%s_%s ",
					    f->match, o->from_chain[i], f->name);
			else
				sbuf_printf(o->sb, "\t\tmeta nfproto %s ", f->proto);
			sbuf_puts(o->sb, "counter name \"" POLICY_COUNTER_SPOOFED
				  "\" goto refuse\n");
		}
		sbuf_puts(o->sb, "\t}\n");
	}

	sbuf_puts(o->sb, "\n\t# every packet returns from here or is refused\n"
		  "\tchain guard {\n");
	for (size_t i = 0; i < p->ninterfaces; i++)
		sbuf_printf(o->sb, "%s\"%s\"", i ? ", " : "\t\tiifname != { ",
			    p->interfaces[i].name);
	sbuf_printf(o->sb, "%scounter name \"" POLICY_COUNTER_SPOOFED "\" goto refuse\n",
		    p->ninterfaces ? " } " : "\t\t");
	for (size_t i = 0; i < p->ninterfaces; i++)
		sbuf_printf(o->sb, "\t\tiifname \"%s\" jump from-%s\n",
			    p->interfaces[i].name, o->from_chain[i]);
	sbuf_puts(o->sb, "\t\tct state invalid counter name \"" POLICY_COUNTER_INVALID
		  "\" goto refuse\n\t}\n");
}


static const struct policy_rule *icmp_rule(const struct policy *p, unsigned bit)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].transport == FLOW_ICMP && p->rules[i].icmp & bit)
			return &p->rules[i];

	return NULL;
}


/* RFC 4890, section 4.3.1: IPv6 does not work where packet-too-big is lost, so
 * it passes wherever unreachable does. */
static const struct policy_rule *error_rule(const struct policy *p, const struct error *e)
{
	const struct policy_rule *r = icmp_rule(p, e->bit);

	if (!r && e->bit == FLOW_ICMP_PACKET_TOO_BIG && e->family == 6)
		r = icmp_rule(p, FLOW_ICMP_UNREACHABLE);
	return r;
}


static void put_errors(struct nft *o)
{
	for (size_t i = 0; i < NERRORS; i++) {
		const struct policy_rule *r = error_rule(o->p, &errors[i]);

		if (r && policy_has_family(o->p, errors[i].family))
			sbuf_printf(o->sb, "\t\t%s counter name \"%s\" accept comment \"%s\"\n",
				    errors[i].match, r->counter, r->comment);
	}
}


static void put_rules(struct nft *o, enum policy_how how, bool icmp_only)
{
	for (size_t i = 0; i < o->order.n; i++) {
		const struct policy_rule *r = o->order.v[i].rule;

		if (r->how == how && (!icmp_only || r->transport == FLOW_ICMP))
			put_rule(o, &o->order.v[i]);
	}
}


static void put_rows(struct nft *o)
{
	sbuf_puts(o->sb, "\n\t# errors of flows that pass, and what helpers wait for\n"
		  "\tchain related {\n");
	put_errors(o);
	put_rules(o, POLICY_EXPECTED, false);
	sbuf_puts(o->sb, "\t\tgoto refuse\n\t}\n"
		  "\n\t# the first packet of each flow\n\tchain rows {\n"
		  "\t\ttcp flags & (fin | syn | rst | ack) != syn "
		  "counter name \"" POLICY_COUNTER_INVALID "\" goto refuse\n");
	put_rules(o, POLICY_OPEN, false);
	sbuf_puts(o->sb, "\t\tgoto refuse\n\t}\n");
}


static void put_forward(struct nft *o)
{
	sbuf_puts(o->sb, "\n\tchain forward {\n"
		  "\t\ttype filter hook forward priority filter; policy drop;\n"
		  "\t\tjump guard\n"
		  "\t\tiifname . oifname @same_interface goto refuse\n"
		  "\t\tct state established counter name ct mark map @row_counters accept\n"
		  "\t\tct state related goto related\n"
		  "\t\tct state new goto rows\n"
		  "\t\tgoto refuse\n\t}\n");
}


/** The firewall itself: it answers echo as the matrix says, finds its IPv6
 *  neighbours, and hears the answers to what it asks. */
static void put_input(struct nft *o)
{
	sbuf_puts(o->sb, "\n\tchain input {\n"
		  "\t\ttype filter hook input priority filter; policy drop;\n"
		  "\t\tiifname \"lo\" accept\n");
	if (policy_has_family(o->p, 6))
		sbuf_puts(o->sb, "\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, "
			  "nd-router-solicit } ip6 hoplimit 255 "
			  "counter name \"" POLICY_COUNTER_NEIGHBOUR "\" accept\n");
	sbuf_puts(o->sb, "\t\tmeta pkttype { broadcast, multicast } "
		  "counter name \"" POLICY_COUNTER_ON_LINK "\" drop\n"
		  "\t\tjump guard\n"
		  "\t\tct state established counter name ct mark map @row_counters accept\n"
		  "\t\tct state established,related accept\n");
	put_rules(o, POLICY_OPEN, true);
	sbuf_puts(o->sb, "\t\tgoto refuse\n\t}\n");

	sbuf_puts(o->sb, "\n\tchain output {\n"
		  "\t\ttype filter hook output priority filter; policy accept;\n"
		  "\t\tct state established counter name ct mark map @row_counters accept\n");
	put_errors(o);
	sbuf_puts(o->sb, "\t}\n");
}


/** Interface names as parts of names; '.' in "eth0.100" may stay */
static int name_chains(struct nft *o)
{
	const struct policy *p = o->p;

	o->from_chain = arena_calloc(o->mem, p->ninterfaces + 1, sizeof(*o->from_chain));
	if (!o->from_chain)
		return ENOMEM;

	for (size_t i = 0; i < p->ninterfaces; i++) {
		char *s = arena_strdup(o->mem, p->interfaces[i].name);

		for (char *c = s; c && *c; c++)
			if (!((*c | 32) >= 'a' && (*c | 32) <= 'z') &&
			    !(*c >= '0' && *c <= '9') && !strchr("._-", *c))
				*c = '_';
		for (size_t j = 0; s && j < i; j++)
			if (!strcmp(o->from_chain[j], s))
				s = arena_printf(o->mem, "%s_%zu", s, i);
		if (!s)
			return ENOMEM;
		o->from_chain[i] = s;
	}

	return 0;
}


int backend_nftables(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	struct nft o = { .sb = sb, .mem = a, .p = p };
	int err = name_chains(&o);

	if (!err)
		err = order_make(&o.order, a, p, &want);
	if (err)
		return err;

	put_head(&o);
	put_counters(&o);
	put_sets(&o);
	put_helpers(&o);
	put_refuse(&o);
	put_guard(&o);
	put_rows(&o);
	put_forward(&o);
	put_input(&o);
	sbuf_puts(sb, "}\n");

	return sb->err;
}
