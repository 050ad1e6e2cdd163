/*
 * One line of a list: action, protocol, addresses, ports, types, options.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/cisco/cisco_read.h"


void cisco_doubt(struct ace *a, const char *fmt, const struct token *t)
{
	if (a->bad)
		return;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (t)
		(void)snprintf(a->why, sizeof(a->why), fmt, t->n < 60 ? (int)t->n : 60, t->p);
	else
		(void)snprintf(a->why, sizeof(a->why), "%s", fmt);
#pragma GCC diagnostic pop
	a->bad = a->why;
}


void cisco_bad(struct ace *a, const char *fmt, const struct token *t)
{
	cisco_doubt(a, fmt, t);
	a->lost = true;
}


/** "object-group NAME" in place of a protocol: protocols, or services */
static int protocol_group(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_next(r);
	const struct group *g;

	if (!t) {
		cisco_bad(a, "the name of a group is missing", NULL);
		return 0;
	}
	g = cisco_group_find(r, t, GROUP_PROTOCOL);
	if (g && g->given && !g->uncertain)
		return config_nums_add_all(r->c, &a->m.protocol, &g->nums);
	if (!g)
		g = cisco_group_find(r, t, GROUP_SERVICE);
	if (!g || !g->given)
		cisco_doubt(a, "group \"%.*s\" is not defined", t);
	else if (g->uncertain)
		cisco_doubt(a, "group \"%.*s\" has a member that is not understood", t);
	else
		a->services = g;

	return 0;
}


static int take_protocol(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_next(r);
	unsigned number;

	if (!t) {
		cisco_bad(a, "a protocol is missing", NULL);
		return 0;
	}
	if (cisco_is(t, "object-group") || cisco_is(t, "object"))
		return protocol_group(r, a);
	if (cisco_is(t, "ip") || cisco_is(t, "ipv4") ||
	    (cisco_is(t, "ipv6") && a->m.family == 6))
		return 0;
	if (a->m.family == 6 && cisco_is(t, "icmp"))
		return config_nums_add(r->c, &a->m.protocol, 58, 58);
	if (!names_protocol(&number, t->p, t->n)) {
		cisco_bad(a, "\"%.*s\" is no protocol", t);
		return 0;
	}

	return config_nums_add(r->c, &a->m.protocol, number, number);
}


static bool has_ports(const struct ace *a)
{
	return cisco_is_protocol(&a->m.protocol, 6) || cisco_is_protocol(&a->m.protocol, 17) ||
	       cisco_is_protocol(&a->m.protocol, 132);
}


/** ASA: a group of types behind the addresses */
static int icmp_group(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_next(r);
	const struct group *g = t ? cisco_group_find(r, t, GROUP_ICMP) : NULL;
	int err = 0;

	if (!g || g->uncertain) {
		cisco_doubt(a, t ? "group \"%.*s\" is not defined or not understood" :
			    "the name of a group is missing", t);
		return 0;
	}
	a->m.icmp.given = true;
	for (size_t i = 0; !err && i < g->icmps.n; i++)
		err = config_icmp_add(r->c, &a->m.icmp, g->icmps.v[i].type_lo,
				      g->icmps.v[i].type_hi, g->icmps.v[i].code_lo,
				      g->icmps.v[i].code_hi);
	return err;
}


static int take_types(struct cisco_read *r, struct ace *a)
{
	bool v4 = cisco_is_protocol(&a->m.protocol, 1), v6 = cisco_is_protocol(&a->m.protocol, 58);
	int err;

	if (a->lost || !cisco_peek(r) || (!v4 && !v6))
		return 0;
	if (cisco_take(r, "object-group"))
		return icmp_group(r, a);
	err = cisco_icmp(r, &a->m.icmp, v6 ? 6 : 4);
	return err == EINVAL ? 0 : err;
}


static int take_conditions(struct cisco_read *r, struct ace *a, bool standard)
{
	int err = standard ? 0 : take_protocol(r, a);

	if (!err && !a->lost)
		err = cisco_addr(r, a, &a->m.src);
	if (!err && !a->lost && has_ports(a))
		err = cisco_ports(r, a, &a->m.sport);
	if (!err && !a->lost && !standard)
		err = cisco_addr(r, a, &a->m.dst);
	if (!err && !a->lost && has_ports(a))
		err = cisco_ports(r, a, &a->m.dport);
	if (!err)
		err = take_types(r, a);
	if (!err && !a->lost)
		err = cisco_options(r, a);

	/* an address that was not understood narrows nothing */
	if (a->m.src.given && !a->m.src.n)
		a->m.src.given = !a->bad;
	if (a->m.dst.given && !a->m.dst.n)
		a->m.dst.given = !a->bad;
	return err;
}


/** The boxes of each alternative of a service, one after the other */
static int match_services(struct cisco_read *r, struct config_rule *rule, const struct ace *a)
{
	struct pset_box *v = NULL;
	size_t n = 0, cap = 0;
	int err = 0;

	for (size_t i = 0; !err && i < a->services->nservices; i++) {
		const struct service *s = &a->services->services[i];
		struct config_match m = a->m;

		m.protocol = s->protocol;
		m.sport = s->sport;
		m.dport = s->dport;
		m.icmp = s->icmp;
		if (m.protocol.n == 1 && m.protocol.v[0].lo == 0 && m.protocol.v[0].hi == 255)
			m.protocol.given = false;
		err = config_rule_match(r->c, rule, &m);
		for (size_t k = 0; !err && k < rule->nboxes; k++) {
			if (n >= CONFIG_BOXES_MAX)
				return EOVERFLOW;
			err = arena_grow(&r->c->mem, (void **)&v, n, &cap, sizeof(*v));
			if (!err)
				v[n++] = rule->boxes[k];
		}
	}

	rule->boxes = v;
	rule->nboxes = n;
	return err;
}


static int match(struct cisco_read *r, struct config_rule *rule, struct ace *a)
{
	bool uncertain = rule->uncertain;
	int err;

	if (a->m.fragments != CONFIG_FRAGMENTS_ONLY && rule->action == CONFIG_PERMIT)
		a->m.fragments = CONFIG_FRAGMENTS_TOO;
	err = a->services ? match_services(r, rule, a) : config_rule_match(r->c, rule, &a->m);
	rule->uncertain |= uncertain;
	return err;
}


static int scan_remarks(struct cisco_read *r, struct config_rule *rule)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->nremarks; i++)
		err = config_rows_scan(r->c, &rule->rows, r->remarks[i]);
	r->remarks_used = true;
	return err;
}


int cisco_number_rule(struct cisco_read *r, size_t list, uint32_t seq)
{
	struct list_state *s = &r->lists[list];
	int err = arena_grow(&r->c->mem, (void **)&s->seq, s->n, &s->cap, sizeof(*s->seq));

	if (err)
		return err;
	if (seq == UINT32_MAX)
		seq = s->highest < UINT32_MAX - 10 ? s->highest + 10 : s->highest;
	if (s->n && seq <= s->seq[s->n - 1])
		s->unsorted = true;
	s->seq[s->n++] = seq;
	s->highest = seq > s->highest ? seq : s->highest;
	return 0;
}


static int remember_reflect(struct cisco_read *r, const struct ace *a, size_t list)
{
	int err = arena_grow(&r->c->mem, (void **)&r->reflects, r->nreflects, &r->reflects_cap,
			     sizeof(*r->reflects));
	char *name = err ? NULL : arena_strndup(&r->c->mem, a->reflect.p, a->reflect.n);

	if (!name)
		return ENOMEM;
	r->reflects[r->nreflects++] = (struct reflexive){
		name, a->reflect.n, list, r->c->lists[list].nrules - 1 };
	return 0;
}


static int add_rule(struct cisco_read *r, size_t list, struct ace *a, bool permit)
{
	struct config_rule *rule;
	int err = config_rule_add(&rule, r->c, &r->c->lists[list], r->ln.line, r->ln.raw);

	if (err)
		return err;
	rule->action = permit ? CONFIG_PERMIT : CONFIG_DENY;
	rule->sometimes = a->sometimes;
	rule->effect = a->log ? "log" : NULL;
	if (r->ln.cut || r->too_many)
		cisco_bad(a, "the line is too long", NULL);
	else if (r->ln.unended)
		cisco_bad(a, "the file ends in mid-line", NULL);
	if (a->bad) {
		rule->uncertain = true;
		err = config_unknown(r->c, r->ln.line, r->ln.raw, "%s", a->bad);
	}
	if (!err)
		err = match(r, rule, a);
	if (!err)
		err = scan_remarks(r, rule);
	if (!err)
		err = cisco_number_rule(r, list, a->seq);
	if (!err && a->reflect.n)
		err = remember_reflect(r, a, list);
	return err;
}


int cisco_ace(struct cisco_read *r, size_t list, uint32_t seq, bool standard)
{
	struct ace a = { .seq = seq };
	bool permit = cisco_take(r, "permit");
	int err;

	a.m.family = r->c->lists[list].family;
	r->standard = standard;
	if (!permit && !cisco_take(r, "deny"))
		cisco_bad(&a, "an action is expected, not \"%.*s\"", cisco_peek(r));
	err = a.bad ? 0 : take_conditions(r, &a, standard);
	if (err)
		return err;
	if (a.inactive && !a.bad)
		return config_notice(r->c, r->ln.line, "this line is inactive");

	return add_rule(r, list, &a, permit);
}
