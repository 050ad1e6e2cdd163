/*
 * From conditions, field by field, to boxes. Each field becomes a list of
 * alternatives in the form of boxes that are full in all other fields; the
 * rule's boxes are what one of each has in common.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/read/config.h"

enum {
	FIELD_MAX = 8,		/* lists of alternatives in a rule */
	HOLES_MAX = 6,		/* free bits: 1 << 6 is CONFIG_WILDCARD_MAX */
	HOLES_NEGATED_MAX = 12,	/* "all but" is made of ranges, not of bits */
};

/** Most have one alternative: room for it is here, not in the config's memory */
struct choice {
	struct pset_box *v;
	size_t n, cap;
	struct pset_box few[2];
};


int config_addrs_add(struct config *c, struct config_addrs *a,
		     const struct ip_range *r)
{
	int err = arena_grow(&c->mem, (void **)&a->v, a->n, &a->cap, sizeof(*a->v));

	a->given = true;
	if (!err)
		a->v[a->n++] = (struct config_addr){ .range = *r };
	return err;
}


int config_addrs_add_prefix(struct config *c, struct config_addrs *a,
			    const struct ip_prefix *p)
{
	struct ip_range r = ip_prefix_range(p);

	return config_addrs_add(c, a, &r);
}


static struct ip_addr ipv4(uint32_t v)
{
	return (struct ip_addr){ .family = 4,
		.b = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v } };
}


int config_addrs_add_wildcard(struct config *c, struct config_addrs *a,
			      uint32_t addr, uint32_t wild)
{
	uint32_t low = wild & (wild ^ (wild + 1));	/* the run of free bits at the end */
	uint32_t holes = wild & ~low, sub = 0;
	int err = 0;

	addr &= ~wild;
	if (__builtin_popcount(holes) > (a->negate ? HOLES_NEGATED_MAX : HOLES_MAX)) {
		struct ip_range r = { ipv4(addr), ipv4(addr | wild) };

		err = config_addrs_add(c, a, &r);
		if (!err) {
			a->v[a->n - 1].bits = ~wild;
			a->v[a->n - 1].value = addr;
		}
		return err;
	}

	do {
		struct ip_range r = { ipv4(addr | sub), ipv4(addr | sub | low) };

		err = config_addrs_add(c, a, &r);
		sub = (sub - holes) & holes;	/* the next number within the holes */
	} while (!err && sub);

	return err;
}


int config_addrs_add_all(struct config *c, struct config_addrs *a,
			 const struct config_addrs *from)
{
	int err = 0;

	a->given = true;
	for (size_t i = 0; !err && i < from->n; i++) {
		struct config_addr add = from->v[i];

		err = arena_grow(&c->mem, (void **)&a->v, a->n, &a->cap, sizeof(*a->v));
		if (!err)
			a->v[a->n++] = add;
	}

	return err;
}


int config_nums_add(struct config *c, struct config_nums *v, unsigned lo, unsigned hi)
{
	int err = arena_grow(&c->mem, (void **)&v->v, v->n, &v->cap, sizeof(*v->v));

	v->given = true;
	if (!err)
		v->v[v->n++] = (struct config_num){ (uint16_t)lo, (uint16_t)hi };
	return err;
}


int config_nums_add_all(struct config *c, struct config_nums *v,
			const struct config_nums *from)
{
	int err = 0;

	v->given = true;
	for (size_t i = 0; !err && i < from->n; i++)
		err = config_nums_add(c, v, from->v[i].lo, from->v[i].hi);
	return err;
}


int config_icmp_add(struct config *c, struct config_icmps *v, unsigned type_lo,
		    unsigned type_hi, unsigned code_lo, unsigned code_hi)
{
	int err = arena_grow(&c->mem, (void **)&v->v, v->n, &v->cap, sizeof(*v->v));

	v->given = true;
	if (!err)
		v->v[v->n++] = (struct config_icmp){
			(uint8_t)type_lo, (uint8_t)type_hi, (uint8_t)code_lo, (uint8_t)code_hi };
	return err;
}


int config_nums_add_op(struct config *c, struct config_nums *v, const char *op,
		       size_t len, unsigned lo, unsigned hi, unsigned max)
{
	static const char *const names[] = { "eq", "neq", "lt", "gt", "range" };
	size_t i = 0;
	int err = 0;

	while (i < 5 && (strncasecmp(names[i], op, len) != 0 || names[i][len]))
		i++;
	v->given = true;
	switch (i) {
	case 0:
		return config_nums_add(c, v, lo, lo);
	case 1:
		if (lo > 0)
			err = config_nums_add(c, v, 0, lo - 1);
		if (!err && lo < max)
			err = config_nums_add(c, v, lo + 1, max);
		return err;
	case 2:
		return lo ? config_nums_add(c, v, 0, lo - 1) : EINVAL;
	case 3:
		return lo < max ? config_nums_add(c, v, lo + 1, max) : EINVAL;
	case 4:
		return lo <= hi ? config_nums_add(c, v, lo, hi) : EINVAL;
	default:
		return EINVAL;
	}
}


static int choice_add(struct config *c, struct choice *o, const struct pset_box *b)
{
	int err = 0;

	if (!o->cap) {
		o->v = o->few;
		o->cap = sizeof(o->few) / sizeof(o->few[0]);
	}
	err = arena_grow(&c->mem, (void **)&o->v, o->n, &o->cap, sizeof(*o->v));
	if (!err)
		o->v[o->n++] = *b;
	return err;
}


static struct pset_box full(uint8_t family)
{
	struct pset_box b;

	pset_box_init(&b, family);
	return b;
}


/** What no range holds, in both families */
static int add_gaps(struct config *c, struct choice *o, int end, uint8_t family,
		    const struct ip_range *v, size_t n)
{
	struct ip_addr zero = { .family = family }, last = { .family = family };
	struct ip_range gap = { .lo = zero };
	bool open = true;
	int err = 0;

	memset(last.b, 0xff, ip_bits(&last) / 8);
	for (size_t i = 0; !err && i < n; i++) {
		struct pset_box b = full(family);

		if (v[i].lo.family != family)
			continue;
		gap.hi = v[i].lo;
		if (ip_cmp(&gap.lo, &gap.hi) < 0) {
			for (int k = (int)ip_bits(&gap.hi) / 8 - 1; k >= 0; k--)
				if (gap.hi.b[k]--)
					break;
			pset_box_set_addrs(&b, end, &gap);
			err = choice_add(c, o, &b);
		}
		gap.lo = v[i].hi;
		open = ip_next(&gap.lo);
	}
	if (!err && open) {
		struct pset_box b = full(family);

		gap.hi = last;
		pset_box_set_addrs(&b, end, &gap);
		err = choice_add(c, o, &b);
	}

	return err;
}


static int addr_choice(struct config *c, struct choice *o, int end,
		       const struct config_addrs *a)
{
	struct ip_range *v = arena_calloc(&c->mem, a->n + 1, sizeof(*v));
	size_t n = 0;
	int err = 0;

	if (!v)
		return ENOMEM;
	for (size_t i = 0; !err && i < a->n; i++) {
		struct pset_box b = full(0);

		if (!a->v[i].bits) {
			v[n++] = a->v[i].range;
			continue;
		}
		if (a->negate)
			return ENOTSUP;
		pset_box_set_addrs(&b, end, &a->v[i].range);
		b.abits[end] = a->v[i].bits;
		b.avalue[end] = a->v[i].value & a->v[i].bits;
		err = choice_add(c, o, &b);
	}

	n = addrs_normalise(v, n);
	if (a->negate) {
		err = add_gaps(c, o, end, 4, v, n);
		return err ? err : add_gaps(c, o, end, 6, v, n);
	}
	for (size_t i = 0; !err && i < n; i++) {
		struct pset_box b = full(0);

		pset_box_set_addrs(&b, end, &v[i]);
		err = choice_add(c, o, &b);
	}

	return err;
}


static int num_cmp(const void *pa, const void *pb)
{
	const struct config_num *a = pa, *b = pb;

	return (a->lo > b->lo) - (a->lo < b->lo);
}


static size_t merge_nums(struct config_num *v, size_t n)
{
	size_t w = 0;

	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), num_cmp);
	for (size_t i = 1; i < n; i++) {
		if (v[i].lo > (unsigned)v[w].hi + 1)
			v[++w] = v[i];
		else if (v[i].hi > v[w].hi)
			v[w].hi = v[i].hi;
	}

	return w + 1;
}


static int add_num(struct config *c, struct choice *o, enum pset_field f,
		   unsigned lo, unsigned hi)
{
	struct pset_box b = full(0);

	b.lo[f] = (uint16_t)lo;
	b.hi[f] = (uint16_t)hi;
	return choice_add(c, o, &b);
}


static int num_choice(struct config *c, struct choice *o, enum pset_field f,
		      const struct config_nums *nums)
{
	struct config_num *v = arena_calloc(&c->mem, nums->n + 1, sizeof(*v));
	unsigned max = full(0).hi[f], next = 0;
	size_t n;
	int err = 0;

	if (!v)
		return ENOMEM;
	if (nums->n)
		memcpy(v, nums->v, nums->n * sizeof(*v));
	n = merge_nums(v, nums->n);

	for (size_t i = 0; !err && i < n; i++) {
		if (!nums->negate)
			err = add_num(c, o, f, v[i].lo, v[i].hi);
		else if (v[i].lo > next)
			err = add_num(c, o, f, next, v[i].lo - 1u);
		next = v[i].hi + 1u;
	}
	if (!err && nums->negate && next <= max)
		err = add_num(c, o, f, next, max);

	return err;
}


static int icmp_choice(struct config *c, struct choice *o, const struct config_icmps *v)
{
	int err = 0;

	for (size_t i = 0; !err && i < v->n; i++) {
		struct pset_box b = full(0);

		b.lo[PSET_ICMP_TYPE] = v->v[i].type_lo;
		b.hi[PSET_ICMP_TYPE] = v->v[i].type_hi;
		b.lo[PSET_ICMP_CODE] = v->v[i].code_lo;
		b.hi[PSET_ICMP_CODE] = v->v[i].code_hi;
		err = choice_add(c, o, &b);
	}

	return err;
}


static int flags_choice(struct config *c, struct choice *o, const struct config_match *m)
{
	int err = 0;

	for (size_t i = 0; !err && i < m->nflags; i++) {
		struct pset_box b = full(0);

		b.flags_mask = m->flags[i].mask;
		b.flags = m->flags[i].value & m->flags[i].mask;
		err = choice_add(c, o, &b);
	}

	return err;
}


static bool needs_header(const struct config_match *m)
{
	return m->sport.given || m->dport.given || m->icmp.given || m->nflags;
}


static int gather(struct config *c, struct choice *o, size_t *n, const struct config_match *m,
		  bool header)
{
	int err = 0;

#define TAKE(given, call) \
	do { if (!err && (given)) { err = call; (*n)++; } } while (0)
	TAKE(m->src.given, addr_choice(c, &o[*n], PSET_SRC, &m->src));
	TAKE(m->dst.given, addr_choice(c, &o[*n], PSET_DST, &m->dst));
	TAKE(m->protocol.given, num_choice(c, &o[*n], PSET_PROTOCOL, &m->protocol));
	TAKE(m->dscp.given, num_choice(c, &o[*n], PSET_DSCP, &m->dscp));
	TAKE(header && m->sport.given, num_choice(c, &o[*n], PSET_SPORT, &m->sport));
	TAKE(header && m->dport.given, num_choice(c, &o[*n], PSET_DPORT, &m->dport));
	TAKE(header && m->icmp.given, icmp_choice(c, &o[*n], &m->icmp));
	TAKE(header && m->nflags, flags_choice(c, &o[*n], m));
#undef TAKE
	return err;
}


/** Append what one of each list has in common with b. */
static int product(struct config *c, struct choice *out, const struct pset_box *b,
		   const struct choice *o, size_t n)
{
	int err = 0;

	if (!n)
		return out->n < CONFIG_BOXES_MAX ? choice_add(c, out, b) : EOVERFLOW;
	for (size_t i = 0; !err && i < o->n; i++) {
		struct pset_box meet;

		if (pset_box_meet(&meet, b, &o->v[i]))
			err = product(c, out, &meet, o + 1, n - 1);
	}

	return err;
}


/** One box around all, when they are too many. */
static int give_up(struct config *c, struct config_rule *r, uint8_t family)
{
	r->boxes = arena_alloc(&c->mem, sizeof(*r->boxes));
	if (!r->boxes)
		return ENOMEM;

	*r->boxes = full(family);
	r->nboxes = 1;
	r->uncertain = true;
	return config_unknown(c, r->line, r->text, "its groups together make more than %d "
			      "combinations", CONFIG_BOXES_MAX);
}


static int add_part(struct config *c, struct choice *out, const struct config_match *m,
		    bool header, unsigned frag_lo, unsigned frag_hi)
{
	struct choice o[FIELD_MAX];
	struct pset_box b = full(m->family);
	size_t n = 0;
	int err;

	for (size_t i = 0; i < FIELD_MAX; i++)
		o[i].n = o[i].cap = 0;
	err = gather(c, o, &n, m, header);

	b.lo[PSET_FRAGMENT] = (uint16_t)frag_lo;
	b.hi[PSET_FRAGMENT] = (uint16_t)frag_hi;
	return err ? err : product(c, out, &b, o, n);
}


int config_rule_match(struct config *c, struct config_rule *r,
		      const struct config_match *m)
{
	struct choice out = {0};
	bool header = needs_header(m);
	int err = 0;

	if (m->fragments == CONFIG_FRAGMENTS_ONLY)
		err = add_part(c, &out, m, false, 1, 1);
	else if (m->fragments == CONFIG_FRAGMENTS_FIRST || header)
		err = add_part(c, &out, m, true, 0, 0);
	else
		err = add_part(c, &out, m, true, 0, 1);
	if (!err && header && m->fragments == CONFIG_FRAGMENTS_TOO)
		err = add_part(c, &out, m, false, 1, 1);
	if (err == EOVERFLOW)
		return give_up(c, r, m->family);

	if (!err && out.v == out.few) {
		r->boxes = arena_calloc(&c->mem, out.n, sizeof(*r->boxes));
		if (!r->boxes)
			return ENOMEM;
		memcpy(r->boxes, out.few, out.n * sizeof(*r->boxes));
	} else {
		r->boxes = out.v;
	}
	r->nboxes = out.n;
	return err;
}
