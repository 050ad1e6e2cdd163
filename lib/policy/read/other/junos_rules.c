/*
 * The rules that the conditions and actions of a filter's term make.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/other/junos.h"

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };


static bool addr_prev(struct ip_addr *a)
{
	for (size_t i = ip_bits(a) / 8; i-- > 0;)
		if (a->b[i]--)
			return true;

	return false;
}


static int prefix_cmp(const void *pa, const void *pb)
{
	const struct junos_prefix *a = pa, *b = pb;
	int c = ip_cmp(&a->p.addr, &b->p.addr);

	if (c)
		return c;
	if (a->p.len != b->p.len)
		return a->p.len < b->p.len ? -1 : 1;
	return (a->except > b->except) - (a->except < b->except);
}


struct sweep {
	struct config *c;
	struct config_addrs *out;
	struct junos_prefix stack[130];
	size_t depth;
	struct ip_addr at;		/* all before it is written */
	bool end;			/* there is nothing behind it */
};


/** What the innermost prefix says of the addresses up to `last` */
static int sweep_to(struct sweep *s, const struct ip_addr *last)
{
	struct ip_range r = { s->at, *last };
	int err = 0;

	if (s->end || ip_cmp(&s->at, last) > 0)
		return 0;
	if (!s->stack[s->depth - 1].except)
		err = config_addrs_add(s->c, s->out, &r);
	s->at = *last;
	s->end = !ip_next(&s->at);
	return err;
}


static int sweep_pop(struct sweep *s)
{
	struct ip_range r = ip_prefix_range(&s->stack[s->depth - 1].p);
	int err = sweep_to(s, &r.hi);

	s->depth--;
	return err;
}


/** Prefixes nest, so those around an address are a stack. */
static int sweep(struct config *c, struct config_addrs *out, struct junos_prefix *v,
		 size_t n, uint8_t family)
{
	struct sweep s = { .c = c, .out = out };
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		struct ip_range r = ip_prefix_range(&v[i].p), top;
		struct ip_addr before = r.lo;

		if (r.lo.family != family)
			continue;
		while (!err && s.depth) {
			top = ip_prefix_range(&s.stack[s.depth - 1].p);
			if (ip_cmp(&top.hi, &r.lo) >= 0)
				break;
			err = sweep_pop(&s);
		}
		if (!err && s.depth && addr_prev(&before))
			err = sweep_to(&s, &before);
		if (s.depth && s.stack[s.depth - 1].p.len == v[i].p.len)
			s.depth--;
		if (!s.depth || ip_cmp(&s.at, &r.lo) < 0)
			s.at = r.lo;
		s.end = false;
		s.stack[s.depth++] = v[i];
	}
	while (!err && s.depth)
		err = sweep_pop(&s);
	return err;
}


/** All prefixes of a condition, those of its lists too */
static int gather(struct junos *j, struct junos_term *t, const struct junos_addrs *from,
		  struct junos_prefix **out, size_t *n, bool *missing)
{
	size_t total = from->n, k = 0;

	for (size_t i = 0; i < from->nrefs; i++) {
		const struct junos_prefix_list *l = junos_list_find(j, from->refs[i].name);

		if (!l || l->uncertain || !l->n) {
			t->uncertain = *missing = true;
			if (config_unknown(j->c, from->refs[i].line, t->text,
					   "prefix-list \"%s\" is %s", from->refs[i].name,
					   !l ? "not in this file" :
					   l->n ? "made of other parts of the configuration"
						: "empty"))
				return ENOMEM;
			continue;
		}
		total += l->n;
	}
	if (total > JUNOS_LIST_MAX)
		return EOVERFLOW;
	*out = arena_calloc(&j->c->mem, total + 1, sizeof(**out));
	if (!*out)
		return ENOMEM;

	for (size_t i = 0; i < from->n; i++)
		(*out)[k++] = from->v[i];
	for (size_t i = 0; i < from->nrefs; i++) {
		const struct junos_prefix_list *l = junos_list_find(j, from->refs[i].name);

		for (size_t m = 0; l && !l->uncertain && m < l->n; m++) {
			(*out)[k] = l->v[m];
			(*out)[k++].except = from->refs[i].except;
		}
	}
	*n = k;
	return 0;
}


static int resolve(struct junos *j, struct junos_term *t, const struct junos_addrs *from,
		   struct config_addrs *out, uint8_t family)
{
	struct junos_prefix *v;
	bool some = false, both = false, missing = false;
	size_t n;
	int err;

	if (!from->n && !from->nrefs)
		return 0;
	err = gather(j, t, from, &v, &n, &missing);
	if (err || missing)
		return err;		/* any address: the most that it could match */

	qsort(v, n, sizeof(*v), prefix_cmp);
	for (size_t i = 0; i < n; i++) {
		some = some || !v[i].except;
		both = both || (i && v[i].except != v[i - 1].except &&
				v[i].p.len == v[i - 1].p.len &&
				!ip_cmp(&v[i].p.addr, &v[i - 1].p.addr));
	}
	if (!some || both) {
		t->uncertain = true;
		return config_unknown(j->c, t->line, t->text, both
				      ? "the same prefix with and without \"except\" in term \"%s\""
				      : "nothing but exceptions among the addresses of term \"%s\"",
				      t->name);
	}
	out->given = true;
	return sweep(j->c, out, v, n, family);
}


/** The numbers themselves, all 256 when none is asked for, or all but these */
static int types_of(struct config *c, struct config_nums *out, const struct config_nums *v)
{
	bool in[256] = {0};
	int err = 0;

	for (size_t i = 0; v->given && i < v->n; i++)
		for (unsigned k = v->v[i].lo; k <= v->v[i].hi && k < 256; k++)
			in[k] = true;
	for (unsigned lo = 0, hi; !err && lo < 256; lo = hi + 1) {
		hi = lo;
		if (v->given && in[lo] == v->negate)
			continue;
		while (hi < 255 && (!v->given || in[hi + 1] != v->negate))
			hi++;
		err = config_nums_add(c, out, lo, hi);
	}
	return err;
}


int junos_icmp(struct config *c, struct config_icmps *out, const struct config_nums *type,
	       const struct config_nums *code)
{
	struct config_nums t = {0}, k = {0};
	int err;

	if (!type->given && !code->given)
		return 0;
	out->given = true;
	err = types_of(c, &t, type);
	if (!err)
		err = types_of(c, &k, code);
	for (size_t i = 0; !err && i < t.n; i++)
		for (size_t j = 0; !err && j < k.n; j++)
			err = config_icmp_add(c, out, t.v[i].lo, t.v[i].hi, k.v[j].lo, k.v[j].hi);
	return err;
}


/* Junos looks at the bytes where ports would be whatever the protocol is; the
 * manual says to name the protocol. Nobody means other protocols. */
static int imply_protocol(struct junos *j, const struct junos_term *t, struct config_match *m)
{
	bool ports = m->sport.given || m->dport.given || t->port.given;
	int err = 0;

	if (m->protocol.given || (!ports && !m->nflags && !m->icmp.given))
		return 0;
	if (ports || m->nflags)
		err = config_nums_add(j->c, &m->protocol, TCP, TCP);
	if (!err && ports && !m->nflags)
		err = config_nums_add(j->c, &m->protocol, UDP, UDP);
	if (!err && m->icmp.given)
		err = config_nums_add(j->c, &m->protocol, m->family == 6 ? ICMP6 : ICMP,
				      m->family == 6 ? ICMP6 : ICMP);
	return err ? err : config_notice(j->c, t->line, "term \"%s\" names no protocol; read as "
					 "the protocol that has such fields", t->name);
}


static int add_rule(struct junos *j, const struct junos_term *t, const struct config_match *m,
		    const char *list)
{
	uint8_t family = j->filters[t->filter].family;
	struct config_list *l;
	struct config_rule *r;
	int err = config_list_get(&l, j->c, list, strlen(list), family);

	if (!err)
		err = config_rule_add(&r, j->c, l, t->line, t->text);
	if (err)
		return err;
	r->action = t->next ? CONFIG_CONTINUE : t->action;
	r->sometimes = t->sometimes;
	r->effect = t->effect;
	r->also = t->nalso == 1 && !t->nblind ? t->also : NULL;
	r->uncertain = t->uncertain;
	r->rows = t->rows;
	r->in = t->in;
	return config_rule_match(j->c, r, m);
}


int junos_term_rules(struct junos *j, struct junos_term *t, const char *list)
{
	uint8_t family = j->filters[t->filter].family;
	bool addrs = t->either.n || t->either.nrefs;
	struct config_addrs src = {0}, dst = {0}, either = {0};
	struct config_match m = t->m;
	int err = resolve(j, t, &t->src, &src, family);

	m.family = family;
	if (!err)
		err = resolve(j, t, &t->dst, &dst, family);
	if (!err)
		err = resolve(j, t, &t->either, &either, family);
	if (!err)
		err = junos_icmp(j->c, &m.icmp, &t->icmp_type, &t->icmp_code);
	if (!err)
		err = imply_protocol(j, t, &m);
	if (!err && ((addrs && (src.given || dst.given)) ||
		     (t->port.given && (m.sport.given || m.dport.given)))) {
		t->uncertain = true;
		err = config_unknown(j->c, t->line, t->text, "term \"%s\" asks for either end and "
				     "for one end at once", t->name);
	}

	/* "address" and "port" are at either end: a rule for each */
	for (int a = 0; !err && a < (addrs ? 2 : 1); a++) {
		for (int p = 0; !err && p < (t->port.given ? 2 : 1); p++) {
			struct config_match k = m;

			k.src = addrs && a == 0 ? either : src;
			k.dst = addrs && a == 1 ? either : dst;
			if (t->port.given)
				*(p ? &k.dport : &k.sport) = t->port;
			err = add_rule(j, t, &k, list);
		}
	}
	return err;
}
