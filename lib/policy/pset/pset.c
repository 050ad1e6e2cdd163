#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset/pset.h"
#include "lib/policy/pset/pset_walk.h"

/* in the order of enum pset_field */
static const uint16_t field_max[PSET_FIELDS] = {
	1, 255, 65535, 65535, 255, 255, 1, 63, 4, 65535, 65535,
};


void pset_box_init(struct pset_box *b, uint8_t family)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->hi, field_max, sizeof(b->hi));
	b->lo[PSET_FAMILY] = family == 6;
	b->hi[PSET_FAMILY] = family != 4;
	b->ahi[PSET_SRC] = b->ahi[PSET_DST] = ~(pset_addr)0;
}


static pset_addr addr_value(const struct ip_addr *a)
{
	pset_addr v = 0;

	for (unsigned i = 0; i < ip_bits(a) / 8; i++)
		v = v << 8 | a->b[i];

	return v;
}


void pset_box_set_addrs(struct pset_box *b, int end, const struct ip_range *r)
{
	b->alo[end] = addr_value(&r->lo);
	b->ahi[end] = addr_value(&r->hi);
	if (r->hi.family == 4 && b->ahi[end] == UINT32_MAX)
		b->ahi[end] = ~(pset_addr)0;
	b->lo[PSET_FAMILY] = b->hi[PSET_FAMILY] = r->lo.family == 6;
}


/** The lowest number from lo on that has the bits' value; @return false: none */
static bool first_with_bits(pset_addr *out, pset_addr lo, uint32_t bits, uint32_t value)
{
	uint32_t v = (uint32_t)lo;

	*out = lo;
	if (!((v ^ value) & bits))
		return true;

	/* it is above lo at some bit i, equal before, lowest behind */
	for (unsigned i = 0; i < 32; i++) {
		uint32_t bit = 1u << i, above = i == 31 ? 0 : UINT32_MAX << (i + 1);

		if ((v & bit) || ((v ^ value) & bits & above) ||
		    ((bits & bit) && !(value & bit)))
			continue;
		*out = (v & above) | bit | (value & (bit - 1));
		return true;
	}

	return false;
}


bool pset_box_first(struct pset_packet *p, const struct pset_box *b)
{
	for (int e = 0; e < 2; e++) {
		p->addr[e] = b->alo[e];
		if (b->abits[e] &&
		    (!first_with_bits(&p->addr[e], b->alo[e], b->abits[e], b->avalue[e]) ||
		     p->addr[e] > b->ahi[e]))
			return false;
	}
	memcpy(p->field, b->lo, sizeof(p->field));
	p->flags = b->flags & b->flags_mask;
	return true;
}


struct ip_addr pset_packet_addr(const struct pset_packet *p, int end)
{
	struct ip_addr a = { .family = p->field[PSET_FAMILY] ? 6 : 4 };
	pset_addr v = p->addr[end];

	for (unsigned i = ip_bits(&a) / 8; i-- > 0; v >>= 8)
		a.b[i] = (uint8_t)v;

	return a;
}


bool pset_box_has(const struct pset_box *b, const struct pset_packet *p)
{
	for (int i = 0; i < 2; i++)
		if (p->addr[i] < b->alo[i] || p->addr[i] > b->ahi[i])
			return false;
	for (int i = 0; i < PSET_FIELDS; i++)
		if (p->field[i] < b->lo[i] || p->field[i] > b->hi[i])
			return false;

	for (int i = 0; i < 2; i++)
		if (((uint32_t)p->addr[i] ^ b->avalue[i]) & b->abits[i])
			return false;

	return ((p->flags ^ b->flags) & b->flags_mask) == 0;
}


bool pset_box_holds(const struct pset_box *o, const struct pset_box *i)
{
	for (int k = 0; k < 2; k++)
		if (i->alo[k] < o->alo[k] || i->ahi[k] > o->ahi[k])
			return false;
	for (int k = 0; k < PSET_FIELDS; k++)
		if (i->lo[k] < o->lo[k] || i->hi[k] > o->hi[k])
			return false;
	for (int k = 0; k < 2; k++)
		if ((o->abits[k] & ~i->abits[k]) || ((o->avalue[k] ^ i->avalue[k]) & o->abits[k]))
			return false;

	return (o->flags_mask & ~i->flags_mask) == 0 &&
	       ((o->flags ^ i->flags) & o->flags_mask) == 0;
}


bool pset_boxes_meet(const struct pset_box *a, const struct pset_box *b)
{
	unsigned apart = 0;

	for (int k = 0; k < 2; k++)
		if (a->ahi[k] < b->alo[k] || b->ahi[k] < a->alo[k])
			return false;
	for (int k = 0; k < PSET_FIELDS; k++)
		apart |= (unsigned)(a->hi[k] < b->lo[k]) | (unsigned)(b->hi[k] < a->lo[k]);
	if (apart)
		return false;

	return !((a->avalue[0] ^ b->avalue[0]) & a->abits[0] & b->abits[0]) &&
	       !((a->avalue[1] ^ b->avalue[1]) & a->abits[1] & b->abits[1]) &&
	       !((a->flags ^ b->flags) & a->flags_mask & b->flags_mask);
}


bool pset_box_meet(struct pset_box *out, const struct pset_box *a,
		   const struct pset_box *b)
{
	struct pset_box r;

	if (!pset_boxes_meet(a, b))
		return false;

	for (int k = 0; k < 2; k++) {
		r.alo[k] = a->alo[k] > b->alo[k] ? a->alo[k] : b->alo[k];
		r.ahi[k] = a->ahi[k] < b->ahi[k] ? a->ahi[k] : b->ahi[k];
	}
	for (int k = 0; k < PSET_FIELDS; k++) {
		r.lo[k] = a->lo[k] > b->lo[k] ? a->lo[k] : b->lo[k];
		r.hi[k] = a->hi[k] < b->hi[k] ? a->hi[k] : b->hi[k];
	}
	for (int k = 0; k < 2; k++) {
		r.abits[k] = a->abits[k] | b->abits[k];
		r.avalue[k] = a->avalue[k] | b->avalue[k];
	}
	r.flags_mask = a->flags_mask | b->flags_mask;
	r.flags = (a->flags & a->flags_mask) | (b->flags & b->flags_mask);
	*out = r;
	return true;
}


int pset_push(struct pset *ps, const struct pset_box *b)
{
	if (ps->n >= (ps->max ? ps->max : PSET_MAX_DEFAULT))
		return EOVERFLOW;
	if (ps->n == ps->cap) {
		size_t cap = ps->cap ? ps->cap * 2 : 16;
		struct pset_box *v = realloc(ps->v, cap * sizeof(*v));

		if (!v)
			return ENOMEM;
		ps->v = v;
		ps->cap = cap;
	}

	ps->v[ps->n++] = *b;
	return 0;
}


void pset_reset(struct pset *ps)
{
	free(ps->v);
	*ps = (struct pset){ .max = ps->max };
}


int pset_add(struct pset *ps, const struct pset_box *q, struct pset_budget *budget)
{
	struct pset more = { .max = ps->max };
	size_t before = ps->n;
	int err = pset_subtract(&more, q, ps->v, ps->n, budget);

	for (size_t i = 0; !err && i < more.n; i++)
		err = pset_push(ps, &more.v[i]);
	if (err)
		ps->n = before;

	pset_reset(&more);
	return err;
}


int pset_includes(bool *yes, struct pset_packet *witness, const struct pset *a,
		  const struct pset *b, struct pset_budget *budget)
{
	*yes = true;
	for (size_t i = 0; i < b->n; i++) {
		int err = pset_covered(yes, NULL, witness, &b->v[i], a->v, a->n, budget);

		if (err || !*yes)
			return err;
	}

	return 0;
}


int pset_equal(bool *yes, struct pset_packet *witness, const struct pset *a,
	       const struct pset *b, struct pset_budget *budget)
{
	int err = pset_includes(yes, witness, a, b, budget);

	return err || !*yes ? err : pset_includes(yes, witness, b, a, budget);
}


/** Join b into a when they differ in one range and touch there, or in one flag. */
static bool join_two(struct pset_box *a, const struct pset_box *b)
{
	uint8_t flag = (a->flags ^ b->flags) & a->flags_mask;
	int diff = flag != 0, at = 0;

	if (a->flags_mask != b->flags_mask || flag & (flag - 1))
		return false;
	if (memcmp(a->abits, b->abits, sizeof(a->abits)) != 0 ||
	    memcmp(a->avalue, b->avalue, sizeof(a->avalue)) != 0)
		return false;
	for (int k = 0; k < 2; k++)
		if (a->alo[k] != b->alo[k] || a->ahi[k] != b->ahi[k]) {
			diff++;
			at = k;
		}
	for (int k = 0; k < PSET_FIELDS; k++)
		if (a->lo[k] != b->lo[k] || a->hi[k] != b->hi[k]) {
			diff++;
			at = 2 + k;
		}
	if (diff > 1)
		return false;
	if (flag) {
		a->flags_mask &= (uint8_t)~flag;
		a->flags &= a->flags_mask;
		return true;
	}

	if (at < 2) {
		/* the last address has none behind it */
		if (b->alo[at] && a->ahi[at] + 1 == b->alo[at])
			a->ahi[at] = b->ahi[at];
		else if (a->alo[at] && b->ahi[at] + 1 == a->alo[at])
			a->alo[at] = b->alo[at];
		else
			return !diff;
		return true;
	}

	at -= 2;
	if (a->hi[at] + 1 == b->lo[at])
		a->hi[at] = b->hi[at];
	else if (b->hi[at] + 1 == a->lo[at])
		a->lo[at] = b->lo[at];
	else
		return !diff;
	return true;
}


void pset_join(struct pset *ps, unsigned rounds)
{
	bool more = true;

	while (more && rounds-- > 0) {
		more = false;
		for (size_t i = 0; i < ps->n; i++) {
			for (size_t j = i + 1; j < ps->n;) {
				if (!join_two(&ps->v[i], &ps->v[j])) {
					j++;
					continue;
				}
				ps->v[j] = ps->v[--ps->n];
				more = true;
			}
		}
	}
}
