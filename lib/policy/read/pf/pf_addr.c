/*
 * Addresses: hosts of a rule, tables. In a table the most specific entry that
 * holds an address decides, so "{ 10/8, ! 10.1/16 }" is what it looks like; in
 * a rule's list each entry is a rule of its own, and the same list is
 * everything but 10.1/16.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/pset/names.h"
#include "lib/policy/read/pf/pf.h"

struct entry {
	struct ip_range range;
	uint8_t len;			/* of the prefix */
	bool negate;
};

struct entries {
	struct entry *v;
	size_t n, cap;
	bool negated;
	bool unknown;
	bool unsure;			/* what is elsewhere may take away */
};


const struct pf_table *pf_table_find(const struct pf_file *f, const char *name)
{
	for (size_t i = f->ntables; i-- > 0;)
		if (!strcmp(f->tables[i].name, name))
			return &f->tables[i];

	return NULL;
}


/** "10/8", "10.1/16": pf fills up with zeros */
static bool short_prefix(struct ip_prefix *p, const char *s)
{
	char full[IP_STRLEN];
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : 0, dots = 0;

	if (!n || n > 11 || strspn(s, "0123456789.") != n)
		return false;
	for (size_t i = 0; i < n; i++)
		dots += s[i] == '.';
	if (dots > 2)
		return false;
	(void)snprintf(full, sizeof(full), "%.*s%s%.8s", (int)n, s, &".0.0.0"[2 * dots], slash);
	return ip_prefix_parse(p, full) != EINVAL;
}


/** An address or prefix; *len is the prefix's. A scope ("%em0") is left off:
 *  whoever needs it has `scoped` set. */
static bool host_range(struct ip_range *r, uint8_t *len, bool *scoped, const char *s)
{
	char plain[IP_STRLEN];
	struct ip_prefix p;
	const char *percent = strchr(s, '%');
	size_t n = percent ? (size_t)(percent - s) : strlen(s);
	const char *rest = percent ? percent + strcspn(percent, "/") : "";

	if (n + strlen(rest) >= sizeof(plain))
		return false;
	(void)snprintf(plain, sizeof(plain), "%.*s%s", (int)n, s, rest);
	*scoped = percent != NULL;
	if (!ip_parse(&p.addr, plain)) {
		p.len = (uint8_t)ip_bits(&p.addr);
	} else {
		int err = ip_prefix_parse(&p, plain);

		if (err && err != EDOM && !short_prefix(&p, plain))
			return false;
	}

	*len = p.len;
	*r = ip_prefix_range(&p);
	return true;
}


static int entry_cmp(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return a->len != b->len ? (a->len > b->len) - (a->len < b->len) : 0;
}


/** What is left of the ranges without r; *n may grow by one. `v` has room. */
static void cut_range(struct ip_range *v, size_t *n, const struct ip_range *r)
{
	size_t had = *n;

	for (size_t i = 0; i < had; i++) {
		struct ip_range left = v[i], right = v[i];

		if (!ip_range_overlaps(&v[i], r))
			continue;
		left.hi = r->lo;
		for (int k = (int)ip_bits(&left.hi) / 8 - 1; k >= 0; k--)
			if (left.hi.b[k]--)
				break;
		right.lo = r->hi;
		(void)ip_next(&right.lo);
		if (ip_cmp(&v[i].lo, &r->lo) < 0) {
			v[i] = left;
			if (ip_cmp(&right.hi, &r->hi) > 0)
				v[(*n)++] = right;
		} else if (ip_cmp(&right.hi, &r->hi) > 0) {
			v[i] = right;
		} else {	/* nothing is left: an empty range, dropped below */
			v[i].hi.family = 0;
		}
	}

	for (size_t i = 0; i < *n;)
		if (!v[i].hi.family)
			v[i] = v[--*n];
		else
			i++;
}


/** From the widest to the most specific, each adds or takes away. */
static int apply_entries(struct config *c, struct pf_table *t, struct entries *e)
{
	struct ip_range *v = arena_calloc(&c->mem, e->n * 2 + 1, sizeof(*v));
	size_t n = 0;
	int err = 0;

	if (!v)
		return ENOMEM;
	if (e->negated)
		qsort(e->v, e->n, sizeof(*e->v), entry_cmp);
	for (size_t i = 0; i < e->n; i++) {
		if (!e->v[i].negate)
			v[n++] = e->v[i].range;
		else
			cut_range(v, &n, &e->v[i].range);
	}

	t->addrs.given = true;
	for (size_t i = 0; !err && !e->unsure && i < n; i++)
		err = config_addrs_add(c, &t->addrs, &v[i]);
	return err;
}


/** "{ 10/8, ! 10.1.2.3 }" from behind the brace */
static int table_entries(struct pf_file *f, struct entries *e, size_t *i)
{
	bool negate = false;
	int err;

	for (; *i < f->x.w.n && !pf_is(&f->x, *i, "}"); (*i)++) {
		struct entry one = { .negate = negate };
		bool scoped;

		if (pf_is(&f->x, *i, "!")) {
			negate = !negate;
			continue;
		}
		if (pf_is(&f->x, *i, ","))
			continue;
		if (!host_range(&one.range, &one.len, &scoped, tokens_plain(pf_tok(&f->x, *i))) || scoped) {
			e->unknown = true;
			e->unsure |= negate;
			negate = false;
			continue;
		}
		e->negated |= negate;
		negate = false;
		err = arena_grow(&f->c->mem, (void **)&e->v, e->n, &e->cap, sizeof(*e->v));
		if (err)
			return err;
		e->v[e->n++] = one;
	}

	(*i)++;
	return 0;
}


/** Every word of the table but its members */
static int table_options(struct pf_file *f, struct pf_table *t, struct entries *e, size_t i)
{
	bool listed = false, persist = false;
	int err = 0;

	while (!err && i < f->x.w.n) {
		if (pf_is(&f->x, i, "{")) {
			i++;
			listed = true;
			err = table_entries(f, e, &i);
		} else if (pf_is(&f->x, i, "file")) {
			i += 2;
			t->unknown = e->unsure = true;
		} else if (pf_is(&f->x, i, "persist")) {
			i++;
			persist = true;
		} else {
			t->unknown |= !pf_is(&f->x, i, "const") && !pf_is(&f->x, i, "counters");
			i++;
		}
	}
	t->unknown |= e->unknown || (persist && !listed) || f->x.w.overflow || f->x.unended || f->x.unquoted;
	return err;
}


int pf_table(struct pf_file *f)
{
	struct entries e = {0};
	struct pf_table *t;
	int err;

	if (!pf_is(&f->x, 1, "<") || !pf_is(&f->x, 3, ">") || f->ntables == PF_TABLES_MAX)
		return config_unknown(f->c, f->x.number, f->x.raw, "the table has no name");
	err = arena_grow(&f->c->mem, (void **)&f->tables, f->ntables, &f->tables_cap, sizeof(*t));
	if (err)
		return err;
	t = &f->tables[f->ntables];
	*t = (struct pf_table){ .name = arena_strdup(&f->c->mem, tokens_plain(pf_tok(&f->x, 2))) };
	if (!t->name)
		return ENOMEM;

	f->ntables++;
	err = table_options(f, t, &e, 4);
	if (!err)
		err = apply_entries(f->c, t, &e);
	if (!err && e.unknown)
		err = config_unknown(f->c, f->x.number, f->x.raw, "a member of the table is no address: "
				     "who is in it is not known");
	return err;
}


/* Elements of a rule's list */

static int add_addrs(struct pf_file *f, struct pf_side *s, const struct config_addrs *a,
		     uint8_t family)
{
	struct config_match m = { .family = family };

	*(s->end == PSET_SRC ? &m.src : &m.dst) = *a;
	return clause_add_match(f->c, &s->addr, &m);
}


/** "<name>" from behind the "<" */
static int host_table(struct pf_file *f, struct pf_side *s, size_t *i, bool negate)
{
	const char *name = tokens_plain(pf_tok(&f->x, *i));
	char plain[64];
	const struct pf_table *t;
	struct config_addrs a;

	if (!pf_is(&f->x, *i + 1, ">"))
		return EINVAL;
	(void)snprintf(plain, sizeof(plain), "%s", name);
	plain[strcspn(plain, ":")] = '\0';	/* "<name:3>": how many are in it */
	t = pf_table_find(f, plain);
	*i += 2;
	if (!t || t->unknown)
		s->unknown = true;
	if (!t || (t->unknown && negate))
		return 0;

	a = t->addrs;
	a.negate = negate;
	return add_addrs(f, s, &a, 0);
}


/** "10.0.0.1 - 10.0.0.9" or one host. */
static int host_plain(struct pf_file *f, struct pf_side *s, size_t *i, bool negate)
{
	struct config_addrs a = { .negate = negate };
	struct ip_range r, last;
	bool scoped, scoped2 = false;
	uint8_t len;
	int err;

	if (!host_range(&r, &len, &scoped, tokens_plain(pf_tok(&f->x, *i)))) {
		/* a name of the DNS, or an interface whose address it is */
		s->unknown = true;
		(*i)++;
		return 0;
	}
	(*i)++;
	if (pf_is(&f->x, *i, "-")) {
		if (!host_range(&last, &len, &scoped2, pf_tok(&f->x, *i + 1)) ||
		    last.lo.family != r.lo.family || ip_cmp(&r.lo, &last.hi) > 0)
			return EINVAL;
		r.hi = last.hi;
		*i += 2;
	}
	if (scoped || scoped2) {
		s->unknown = true;
		return 0;
	}

	err = config_addrs_add(f->c, &a, &r);
	return err ? err : add_addrs(f, s, &a, r.lo.family);
}


/** "(em0)", "(em0:0)", "(em0:network)" from behind the "(" */
static int host_dynamic(struct pf_file *f, struct pf_side *s, size_t *i)
{
	if (!pf_is(&f->x, *i + 1, ")"))
		return EINVAL;
	*i += 2;
	if (!strncmp(pf_tok(&f->x, *i), "/", 1))
		(*i)++;
	s->unknown = true;
	return 0;
}


typedef int (item_h)(struct pf_file *f, size_t *i, void *arg);


/** One item, or those of a list in braces; lists stand in lists, and commas
 *  between items may be missing. */
static int each_item(struct pf_file *f, size_t *i, item_h *one, void *arg)
{
	unsigned depth = 0;
	int err = 0;

	if (!pf_is(&f->x, *i, "{"))
		return one(f, i, arg);
	while (!err && *i < f->x.w.n) {
		if (pf_is(&f->x, *i, "{")) {
			depth++;
			(*i)++;
		} else if (pf_is(&f->x, *i, "}")) {
			(*i)++;
			if (!--depth)
				return 0;
		} else if (pf_is(&f->x, *i, ",")) {
			(*i)++;
		} else {
			err = one(f, i, arg);
		}
	}

	return err ? err : EINVAL;
}


static int host(struct pf_file *f, size_t *i, void *arg)
{
	struct pf_side *s = arg;
	bool negate = false;

	for (; pf_is(&f->x, *i, "!"); (*i)++)
		negate = !negate;
	if (*i >= f->x.w.n || strchr("{}),=", pf_tok(&f->x, *i)[0]))
		return EINVAL;
	if (pf_is(&f->x, *i, "<")) {
		(*i)++;
		return host_table(f, s, i, negate);
	}
	if (pf_is(&f->x, *i, "(")) {
		(*i)++;
		return host_dynamic(f, s, i);
	}
	if (pf_is(&f->x, *i, "any") || pf_is(&f->x, *i, "all")) {
		(*i)++;
		s->any |= !negate;
		return 0;
	}
	if (pf_is(&f->x, *i, "self")) {
		(*i)++;
		s->self = s->self || !negate;
		s->unknown |= negate;
		return 0;
	}
	if (pf_is(&f->x, *i, "no-route") || pf_is(&f->x, *i, "urpf-failed") ||
	    pf_is(&f->x, *i, "unknown")) {
		(*i)++;
		s->unknown = true;
		return 0;
	}
	if (pf_is(&f->x, *i, "route")) {
		*i += 2;
		s->unknown = true;
		return 0;
	}

	return host_plain(f, s, i, negate);
}


int pf_hosts(struct pf_file *f, struct pf_side *s, size_t *i)
{
	return each_item(f, i, host, s);
}


/* Ports, and other numbers in the same form */

static bool port(unsigned *v, const char *s, size_t n)
{
	unsigned long number;

	if (word_number(&number, s, n, UINT16_MAX)) {
		*v = (unsigned)number;
		return true;
	}

	return names_port(v, s, n, true, true) || names_port(v, s, n, true, false) ||
	       names_port(v, s, n, false, true);
}


/** What a unary operator leaves of 0..65535 */
static int add_unary(struct config *c, struct config_nums *v, const char *op, unsigned n)
{
	static const struct {
		const char *op, *word;
		int step;
	} ops[] = {
		{"=", "eq", 0}, {"!=", "neq", 0}, {"<", "lt", 0}, {"<=", "lt", 1}, {">", "gt", 0},
		{">=", "gt", -1},
	};

	for (size_t k = 0; k < sizeof(ops) / sizeof(ops[0]); k++) {
		int at = (int)n + ops[k].step;

		if (strcmp(ops[k].op, op) != 0)
			continue;
		if (at < 0 || at > UINT16_MAX)
			return config_nums_add(c, v, 0, UINT16_MAX);
		return config_nums_add_op(c, v, ops[k].word, strlen(ops[k].word), (unsigned)at, 0,
					  UINT16_MAX);
	}

	return EINVAL;
}


/** "1024:2048", "1024 >< 2048", "1024 <> 2048", a port alone */
static int add_plain(struct pf_file *f, struct config_nums *v, size_t *i)
{
	const char *s = tokens_plain(pf_tok(&f->x, *i));
	const char *colon = strchr(s, ':');
	unsigned lo = 0, hi = 0;
	int err;

	(*i)++;
	if (colon) {
		if ((colon > s && !port(&lo, s, (size_t)(colon - s))) || (colon == s) ||
		    !port(&hi, colon + 1, strlen(colon + 1)) || lo > hi)
			return EINVAL;
		return config_nums_add(f->c, v, lo, hi);
	}
	if (!port(&lo, s, strlen(s)))
		return EINVAL;
	if (!pf_is(&f->x, *i, "><") && !pf_is(&f->x, *i, "<>"))
		return config_nums_add(f->c, v, lo, lo);
	s = tokens_plain(pf_tok(&f->x, *i + 1));
	if (!port(&hi, s, strlen(s)) || lo > hi)
		return EINVAL;

	*i += 2;
	if (pf_is(&f->x, *i - 2, "><")) {
		v->given = true;
		return hi - lo < 2 ? 0 : config_nums_add(f->c, v, lo + 1, hi - 1);
	}
	err = add_unary(f->c, v, "<", lo);
	return err ? err : add_unary(f->c, v, ">", hi);
}


static int one_number(struct pf_file *f, size_t *i, void *arg)
{
	struct config_nums *v = arg;
	const char *op = pf_tok(&f->x, *i), *s;
	unsigned n;

	if (!*op || !strchr("=!<>", op[0]))
		return add_plain(f, v, i);
	s = tokens_plain(pf_tok(&f->x, *i + 1));
	if (!port(&n, s, strlen(s)))
		return EINVAL;

	*i += 2;
	return add_unary(f->c, v, op, n);
}


int pf_numbers(struct pf_file *f, struct config_nums *v, size_t *i)
{
	return each_item(f, i, one_number, v);
}
