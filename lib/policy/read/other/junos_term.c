/*
 * Conditions and actions of a filter's term; the rules that they make are in
 * junos_rules.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/other/junos.h"

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, FLAGS_MAX = 8, FLAGS_DEPTH = 16 };

/** One line, in the term and for the reader of a condition */
struct at {
	struct junos *j;
	struct junos_term *t;
	const struct junos_statement *s;
	uint8_t family;
};

typedef int (condition_h)(struct at *a, const char *const *w);


static int unknown(struct at *a, const char *what, const char *word)
{
	a->t->uncertain = true;
	return config_unknown(a->j->c, a->s->line, a->s->text, "%s \"%s\" is not known",
			      what, word ? word : "");
}


static int add_prefix(struct at *a, struct junos_addrs *v, const char *const *w)
{
	bool except = w[0] && w[1] && !strcmp(w[1], "except");
	struct junos_prefix p = { .except = except };
	struct ip_range r;

	if (!w[0] || (w[1] && !except))
		return unknown(a, "address", w[0] ? w[1] : NULL);
	if (ip_prefix_parse(&p.p, w[0]) == EINVAL) {
		if (ip_parse(&r.lo, w[0]))
			return unknown(a, "address", w[0]);
		p.p.addr = r.lo;
		p.p.len = (uint8_t)ip_bits(&r.lo);
	}
	if (v->n == JUNOS_LIST_MAX)
		return EOVERFLOW;
	if (arena_grow(&a->j->c->mem, (void **)&v->v, v->n, &v->cap, sizeof(*v->v)))
		return ENOMEM;
	v->v[v->n++] = p;
	return 0;
}


static int add_ref(struct at *a, struct junos_addrs *v, const char *const *w)
{
	bool except = w[0] && w[1] && !strcmp(w[1], "except");
	struct junos_ref r = { .except = except, .line = a->s->line };

	if (!w[0] || (w[1] && !except))
		return unknown(a, "prefix list", w[0] ? w[1] : NULL);
	r.name = arena_strdup(&a->j->c->mem, w[0]);
	if (!r.name || arena_grow(&a->j->c->mem, (void **)&v->refs, v->nrefs, &v->refs_cap,
				  sizeof(*v->refs)))
		return ENOMEM;
	v->refs[v->nrefs++] = r;
	return 0;
}


static int src_address(struct at *a, const char *const *w) { return add_prefix(a, &a->t->src, w); }
static int dst_address(struct at *a, const char *const *w) { return add_prefix(a, &a->t->dst, w); }
static int any_address(struct at *a, const char *const *w) { return add_prefix(a, &a->t->either, w); }
static int src_list(struct at *a, const char *const *w) { return add_ref(a, &a->t->src, w); }
static int dst_list(struct at *a, const char *const *w) { return add_ref(a, &a->t->dst, w); }
static int any_list(struct at *a, const char *const *w) { return add_ref(a, &a->t->either, w); }

typedef bool (name_h)(struct at *a, unsigned *v, const char *s, size_t n);


static bool port_name(struct at *a, unsigned *v, const char *s, size_t n)
{
	return names_port(v, s, n, true, true);
}


static bool protocol_name(struct at *a, unsigned *v, const char *s, size_t n)
{
	if (n == 5 && !memcmp(s, "icmp6", n)) {
		*v = ICMP6;
		return true;
	}
	return names_protocol(v, s, n) && *v <= 255;
}


static bool dscp_name(struct at *a, unsigned *v, const char *s, size_t n)
{
	return names_dscp(v, s, n) && *v <= 63;
}


static bool icmp_type_name(struct at *a, unsigned *v, const char *s, size_t n)
{
	unsigned lo, hi;

	static const struct { const char *name; unsigned type; } more[] = {
		{"node-information-request", 139}, {"node-information-reply", 140},
		{"inverse-neighbor-discovery-solicitation", 141},
		{"inverse-neighbor-discovery-advertisement", 142},
		{"home-agent-address-discovery-request", 144},
		{"home-agent-address-discovery-reply", 145},
		{"mobile-prefix-solicitation", 146}, {"mobile-prefix-advertisement-reply", 147},
		{"certificate-path-solicitation", 148}, {"certificate-path-advertisement", 149},
	};

	/* a name that stands for one code would be more as a type */
	if (names_icmp(a->family, v, &lo, &hi, s, n) && *v <= 255 && lo == 0 && hi == 255)
		return true;
	for (size_t i = 0; a->family == 6 && i < sizeof(more) / sizeof(more[0]); i++)
		if (word_is(s, n, more[i].name)) {
			*v = more[i].type;
			return true;
		}

	return false;
}


static bool icmp_code_name(struct at *a, unsigned *v, const char *s, size_t n)
{
	static const struct { const char *name; uint8_t family; unsigned code; } codes[] = {
		{"network-unreachable", 4, 0}, {"host-unreachable", 4, 1},
		{"protocol-unreachable", 4, 2}, {"port-unreachable", 4, 3},
		{"fragmentation-needed", 4, 4}, {"source-route-failed", 4, 5},
		{"communication-prohibited-by-filtering", 4, 13},
		{"ttl-eq-zero-during-transit", 4, 0}, {"ttl-eq-zero-during-reassembly", 4, 1},
		{"no-route-to-destination", 6, 0},
		{"administratively-prohibited", 6, 1}, {"address-unreachable", 6, 3},
		{"port-unreachable", 6, 4},
	};
	unsigned long number;

	if (word_number(&number, s, n, 255)) {
		*v = (unsigned)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].family == a->family && word_is(s, n, codes[i].name)) {
			*v = codes[i].code;
			return true;
		}

	return false;
}


/** "22", "ssh", "1024-65535"; a name may hold dashes of its own */
static int add_nums(struct at *a, struct config_nums *v, const char *word, name_h *h,
		    bool negate, const char *what)
{
	size_t n = word ? strlen(word) : 0;
	unsigned lo, hi;

	if (!n || (v->given && v->negate != negate))
		return unknown(a, what, word);
	v->negate = negate;
	if (h(a, &lo, word, n))
		return config_nums_add(a->j->c, v, lo, lo);
	for (const char *dash = strchr(word, '-'); dash; dash = strchr(dash + 1, '-'))
		if (h(a, &lo, word, (size_t)(dash - word)) &&
		    h(a, &hi, dash + 1, strlen(dash + 1)) && lo <= hi)
			return config_nums_add(a->j->c, v, lo, hi);

	return unknown(a, what, word);
}


static int protocol(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.protocol, w[0], protocol_name, false, "protocol");
}

static int protocol_except(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.protocol, w[0], protocol_name, true, "protocol");
}

static int sport(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.sport, w[0], port_name, false, "port");
}

static int sport_except(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.sport, w[0], port_name, true, "port");
}

static int dport(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.dport, w[0], port_name, false, "port");
}

static int dport_except(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.dport, w[0], port_name, true, "port");
}

static int port(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->port, w[0], port_name, false, "port");
}

static int icmp_type(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->icmp_type, w[0], icmp_type_name, false, "type of ICMP");
}

static int icmp_type_except(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->icmp_type, w[0], icmp_type_name, true, "type of ICMP");
}

static int icmp_code_except(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->icmp_code, w[0], icmp_code_name, true, "code of ICMP");
}

static int icmp_code(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->icmp_code, w[0], icmp_code_name, false, "code of ICMP");
}

static int dscp(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.dscp, w[0], dscp_name, false, "DSCP");
}

static int dscp_except(struct at *a, const char *const *w)
{
	return add_nums(a, &a->t->m.dscp, w[0], dscp_name, true, "DSCP");
}


/* Flags as a sum of products: "(syn & !ack) | rst" */

struct flags {
	struct config_flags v[FLAGS_MAX];
	size_t n;
};

struct expression {
	const char *s;
	unsigned depth;
};

static bool flags_or(struct expression *e, struct flags *out, bool negate);


/** Every product of both; those that contradict themselves go. */
static bool multiply(struct flags *a, const struct flags *b)
{
	struct flags out = {0};

	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < b->n; k++) {
			const struct config_flags *x = &a->v[i], *y = &b->v[k];

			if ((x->value ^ y->value) & x->mask & y->mask)
				continue;
			if (out.n == FLAGS_MAX)
				return false;
			out.v[out.n++] = (struct config_flags){ x->mask | y->mask,
								x->value | y->value };
		}
	}
	*a = out;
	return true;
}


static bool add_up(struct flags *a, const struct flags *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (a->n == FLAGS_MAX)
			return false;
		a->v[a->n++] = b->v[i];
	}
	return true;
}


static bool flags_atom(struct expression *e, struct flags *out, bool negate)
{
	unsigned long number;
	uint8_t bit;
	size_t n;

	e->s += strspn(e->s, " ");
	while (*e->s == '!') {
		negate = !negate;
		e->s += 1 + strspn(e->s + 1, " ");
	}
	if (*e->s == '(') {
		if (++e->depth > FLAGS_DEPTH)
			return false;
		e->s++;
		if (!flags_or(e, out, negate))
			return false;
		e->s += strspn(e->s, " ");
		return *e->s++ == ')';
	}

	n = strcspn(e->s, " ()&|!+,");
	if (n > 2 && !memcmp(e->s, "0x", 2)) {
		number = strtoul(e->s, NULL, 16);
		if (!number || number > 255 || (number & (number - 1)))
			return false;
		bit = (uint8_t)number;
	} else if (!n || !names_tcp_flag(&bit, e->s, n)) {
		if (n == 4 && !memcmp(e->s, "push", n))
			bit = CONFIG_PSH;
		else if (n == 6 && !memcmp(e->s, "urgent", n))
			bit = CONFIG_URG;
		else
			return false;
	}
	e->s += n;
	out->v[0] = (struct config_flags){ bit, negate ? 0 : bit };
	out->n = 1;
	return true;
}


/* Under a negation, sums are products and products sums. */
static bool flags_and(struct expression *e, struct flags *out, bool negate)
{
	if (!flags_atom(e, out, negate))
		return false;
	for (;;) {
		struct flags more;

		e->s += strspn(e->s, " ");
		if (*e->s != '&' && *e->s != '+')
			return true;
		e->s += 1 + (e->s[1] == '&');
		if (!flags_atom(e, &more, negate) ||
		    !(negate ? add_up(out, &more) : multiply(out, &more)))
			return false;
	}
}


static bool flags_or(struct expression *e, struct flags *out, bool negate)
{
	if (!flags_and(e, out, negate))
		return false;
	for (;;) {
		struct flags more;

		e->s += strspn(e->s, " ");
		if (*e->s != '|' && *e->s != ',')
			return true;
		e->s += 1 + (e->s[1] == '|');
		if (!flags_and(e, &more, negate) ||
		    !(negate ? multiply(out, &more) : add_up(out, &more)))
			return false;
	}
}


static int set_flags(struct at *a, const char *text)
{
	struct expression e = { .s = text };
	struct flags f = {0};

	if (a->j->merging && a->t->m.nflags)
		return 0;	/* the term's own goes before */
	if (a->t->m.nflags || !flags_or(&e, &f, false) || e.s[strspn(e.s, " ")] || !f.n)
		return unknown(a, "expression of TCP flags", text);
	memcpy(a->t->m.flags, f.v, sizeof(f.v));
	a->t->m.nflags = f.n;
	return 0;
}


static int tcp_flags(struct at *a, const char *const *w)
{
	return set_flags(a, w[0] ? w[0] : "");
}

static int tcp_established(struct at *a, const char *const *w) { return set_flags(a, "ack | rst"); }
static int tcp_initial(struct at *a, const char *const *w) { return set_flags(a, "syn & !ack"); }


static int is_fragment(struct at *a, const char *const *w)
{
	a->t->m.fragments = CONFIG_FRAGMENTS_ONLY;
	return 0;
}


/** The first of several; whole packets have no "more fragments" */
static int first_fragment(struct at *a, const char *const *w)
{
	a->t->m.fragments = CONFIG_FRAGMENTS_FIRST;
	a->t->sometimes = true;
	a->t->nblind++;
	return 0;
}


static int fragment_offset(struct at *a, const char *const *w)
{
	if (w[0] && !strcmp(w[0], "0")) {
		a->t->m.fragments = CONFIG_FRAGMENTS_FIRST;
		return 0;
	}
	if (!w[0] || w[0][0] == '0')
		return unknown(a, "fragment offset", w[0]);
	a->t->sometimes = a->t->sometimes || strcmp(w[0], "1-8191") != 0;
	a->t->nblind += strcmp(w[0], "1-8191") != 0;
	return is_fragment(a, w);
}


static int interface(struct at *a, const char *const *w)
{
	if (!w[0])
		return unknown(a, "interface", NULL);
	return config_ifaces_add(a->j->c, &a->t->in, w[0], strlen(w[0]));
}


/** Of fields that packet sets do not speak of */
static int sometimes(struct at *a, const char *const *w)
{
	a->t->sometimes = true;
	a->t->nblind++;
	return 0;
}


static int hop_limit(struct at *a, const char *const *w)
{
	unsigned long v;

	if (!w[0] || w[1] || !word_number(&v, w[0], strlen(w[0]), 255))
		return sometimes(a, w);
	a->t->sometimes = true;
	a->t->nalso++;
	a->t->also = arena_printf(&a->j->c->mem, a->family == 6 ? "ip6 hoplimit %lu" : "ip ttl %lu", v);
	return a->t->also ? 0 : ENOMEM;
}


static const struct {
	const char *name;
	condition_h *h;
} conditions[] = {
	{"source-address", src_address}, {"destination-address", dst_address},
	{"address", any_address}, {"source-prefix-list", src_list},
	{"destination-prefix-list", dst_list}, {"prefix-list", any_list},
	{"protocol", protocol}, {"next-header", protocol}, {"payload-protocol", protocol},
	{"protocol-except", protocol_except}, {"next-header-except", protocol_except},
	{"payload-protocol-except", protocol_except},
	{"source-port", sport}, {"destination-port", dport}, {"port", port},
	{"source-port-except", sport_except}, {"destination-port-except", dport_except},
	{"icmp-type", icmp_type}, {"icmp-code", icmp_code},
	{"icmp-type-except", icmp_type_except}, {"icmp-code-except", icmp_code_except},
	{"tcp-flags", tcp_flags}, {"tcp-established", tcp_established},
	{"tcp-initial", tcp_initial}, {"is-fragment", is_fragment},
	{"first-fragment", first_fragment}, {"fragment-offset", fragment_offset},
	{"dscp", dscp}, {"traffic-class", dscp}, {"dscp-except", dscp_except},
	{"traffic-class-except", dscp_except}, {"interface", interface},
	{"ttl", hop_limit}, {"hop-limit", hop_limit}, {"packet-length", sometimes},
	{"ip-options", sometimes}, {"fragment-flags", sometimes},
	{"forwarding-class", sometimes}, {"loss-priority", sometimes},
	{"interface-group", sometimes}, {"interface-set", sometimes},
	{"precedence", sometimes}, {"vlan", sometimes}, {"ttl-except", sometimes},
	{"hop-limit-except", sometimes}, {"packet-length-except", sometimes},
	{"ip-options-except", sometimes}, {"fragment-offset-except", sometimes},
	{"forwarding-class-except", sometimes}, {"loss-priority-except", sometimes},
	{"interface-group-except", sometimes}, {"precedence-except", sometimes},
	{"extension-header", sometimes}, {"extension-header-except", sometimes},
	{"ah-spi", sometimes}, {"esp-spi", sometimes}, {"source-mac-address", sometimes},
};


int junos_from(struct junos *j, struct junos_term *t, const struct junos_statement *s,
	       const char *const *w)
{
	struct at a = { j, t, s, j->filters[t->filter].family };

	if (!w[0] || s->block)
		return 0;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (!strcmp(conditions[i].name, w[0]))
			return conditions[i].h(&a, w + 1);

	return unknown(&a, "condition", w[0]);
}


static bool decides(const char *const *w)
{
	return !strcmp(w[0], "accept") || !strcmp(w[0], "discard") || !strcmp(w[0], "reject") ||
	       (!strcmp(w[0], "next") && w[1] && !strcmp(w[1], "term"));
}


int junos_then(struct junos *j, struct junos_term *t, const struct junos_statement *s,
	       const char *const *w)
{
	static const char *const quiet[] = {
		"count", "log", "syslog", "sample", "loss-priority", "forwarding-class",
		"port-mirror", "dscp", "traffic-class", "packet-mode",
	};
	struct at a = { j, t, s, 0 };

	if (!w[0] || s->block)
		return 0;
	if (decides(w) && j->merging && t->decided)
		return 0;	/* the term's own goes before */
	t->decided = t->decided || (decides(w) && !j->merging);
	if (!strcmp(w[0], "accept") || !strcmp(w[0], "discard") || !strcmp(w[0], "reject")) {
		t->action = w[0][0] == 'a' ? CONFIG_PERMIT : CONFIG_DENY;
		return 0;
	}
	if (decides(w)) {
		t->next = true;
		return 0;
	}
	if (strstr(w[0], "policer"))
		return config_notice(j->c, s->line, "term \"%s\" has a policer; what it refuses "
				     "past its rate is not followed", t->name);
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (!strcmp(quiet[i], w[0])) {
			t->effect = arena_printf(&j->c->mem, "%s%s%s%s%s", t->effect ? t->effect
						 : "", t->effect ? ", " : "", w[0], w[1] ? " " : "",
						 w[1] ? w[1] : "");
			return t->effect ? 0 : ENOMEM;
		}

	return unknown(&a, "action", w[0]);
}
