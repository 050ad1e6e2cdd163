#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset/pset_walk.h"

enum {
	SAMPLE = 24,		/* boxes looked at to choose a cut */
	DEPTH_MAX = 4000,
	FLAG_BITS = 8,
	FIRST_FLAG = 2 + PSET_FIELDS,
	FIRST_BIT = FIRST_FLAG + FLAG_BITS,
	DIMS = FIRST_BIT,
	KEYS = 4,		/* lo and hi of both addresses */
	NUMS = 6,		/* and of ports, and of fragment with protocol */
	BLOCK = 64,		/* boxes looked at together */
	LANES = 8,		/* of them compared at once */
};

/** One run: the ids on the stack are candidates of each level, one after
 *  another, and `soft` those soft boxes that hold the piece. */
struct run {
	const struct pset_walk *w;
	const struct pset_box *v;
	uint32_t *stack;
	size_t top, cap;
};

/** Below `at` on one side, from `at` on on the other; of a bit: clear, set */
struct cut {
	int dim;
	pset_addr at;
	size_t cost;
};


/** 32 bits that keep the order of addresses within a family */
static int32_t key_of(const struct pset_box *b, pset_addr a)
{
	uint32_t k;

	if (!b->hi[PSET_FAMILY])
		k = a > UINT32_MAX ? UINT32_MAX : (uint32_t)a;
	else if (b->lo[PSET_FAMILY])
		k = (uint32_t)(a >> 96);
	else
		k = a ? UINT32_MAX : 0;

	return (int32_t)(k ^ 0x80000000u);
}


/** The digest of a box: what a question is compared with first. */
struct digest {
	int32_t addr[KEYS];
	int16_t num[NUMS];
};

/** BLOCK digests, turned so that one instruction compares several */
struct pset_block {
	int32_t addr[KEYS][BLOCK];
	int16_t num[NUMS][BLOCK];
};


/* LANES numbers, or half as many addresses, that one instruction compares */
typedef int16_t nums __attribute__((vector_size(2 * LANES)));
typedef int32_t addrs __attribute__((vector_size(2 * LANES)));


/* signed, because that is what the machine compares many of at once */
static int16_t num_key(unsigned num)
{
	return (int16_t)(num ^ 0x8000u);
}


static void digest_of(struct digest *d, const struct pset_box *b)
{
	for (int e = 0; e < 2; e++) {
		d->addr[2 * e] = key_of(b, b->alo[e]);
		d->addr[2 * e + 1] = key_of(b, b->ahi[e]);
		d->num[2 * e] = num_key(b->lo[PSET_SPORT + e]);
		d->num[2 * e + 1] = num_key(b->hi[PSET_SPORT + e]);
	}
	d->num[4] = num_key(b->lo[PSET_FRAGMENT] * 256u + b->lo[PSET_PROTOCOL]);
	d->num[5] = num_key(b->hi[PSET_FRAGMENT] * 256u + b->hi[PSET_PROTOCOL]);
}


int pset_index_make(struct pset_index *ix, const struct pset_box *v, size_t n)
{
	size_t blocks = (n + BLOCK - 1) / BLOCK;

	*ix = (struct pset_index){ .v = v, .n = n };
	ix->block = calloc(blocks + 1, sizeof(*ix->block));
	if (!ix->block)
		return ENOMEM;

	for (size_t i = 0; i < n; i++) {
		struct pset_block *blk = &ix->block[i / BLOCK];
		struct digest d;

		digest_of(&d, &v[i]);
		for (size_t j = 0; j < KEYS; j++)
			blk->addr[j][i % BLOCK] = d.addr[j];
		for (size_t j = 0; j < NUMS; j++)
			blk->num[j][i % BLOCK] = d.num[j];
		ix->bits = ix->bits || v[i].abits[0] || v[i].abits[1];
	}

	return 0;
}


void pset_index_reset(struct pset_index *ix)
{
	free(ix->block);
	*ix = (struct pset_index){0};
}


static int spend(const struct run *r, size_t steps)
{
	struct pset_budget *b = r->w->budget;

	if (b->left < steps) {
		b->left = 0;
		return ETIME;
	}

	b->left -= steps;
	return 0;
}


static int reserve(struct run *r, size_t n)
{
	size_t cap = r->cap ? r->cap : 1024;
	uint32_t *s;

	if (r->top + n <= r->cap)
		return 0;
	while (cap < r->top + n)
		cap *= 2;
	s = realloc(r->stack, cap * sizeof(*s));
	if (!s)
		return ENOMEM;

	r->stack = s;
	r->cap = cap;
	return 0;
}


static pset_addr range_lo(const struct pset_box *b, int dim)
{
	return dim < 2 ? b->alo[dim] : b->lo[dim - 2];
}


static pset_addr range_hi(const struct pset_box *b, int dim)
{
	return dim < 2 ? b->ahi[dim] : b->hi[dim - 2];
}


static uint8_t flag_of(int dim)
{
	return (uint8_t)(1 << (dim - FIRST_FLAG));
}


/** Where the k-th face (0, 1) of box b cuts q in a dimension */
static bool face(pset_addr *at, const struct pset_box *q, const struct pset_box *b,
		 int dim, int k)
{
	if (dim >= FIRST_FLAG) {
		*at = 1;
		return k == 0 && (b->flags_mask & ~q->flags_mask & flag_of(dim));
	}

	if (k == 0) {
		*at = range_lo(b, dim);
		return *at > range_lo(q, dim);
	}
	*at = range_hi(b, dim) + 1;
	return range_hi(b, dim) < range_hi(q, dim);
}


static bool bit_side(uint32_t bits, uint32_t value, uint32_t bit, int side)
{
	return !(bits & bit) || !!(value & bit) == side;
}


static bool on_side(const struct pset_box *b, const struct cut *c, int side)
{
	if (c->dim >= FIRST_BIT)
		return bit_side(b->abits[c->dim - FIRST_BIT], b->avalue[c->dim - FIRST_BIT],
				(uint32_t)c->at, side);
	if (c->dim >= FIRST_FLAG)
		return bit_side(b->flags_mask, b->flags, flag_of(c->dim), side);

	return side ? range_hi(b, c->dim) >= c->at : range_lo(b, c->dim) < c->at;
}


static void take_side(struct pset_box *q, const struct cut *c, int side)
{
	if (c->dim >= FIRST_BIT) {
		q->abits[c->dim - FIRST_BIT] |= (uint32_t)c->at;
		q->avalue[c->dim - FIRST_BIT] |= side ? (uint32_t)c->at : 0;
	} else if (c->dim >= FIRST_FLAG) {
		q->flags_mask |= flag_of(c->dim);
		q->flags = (uint8_t)(side ? q->flags | flag_of(c->dim)
					  : q->flags & ~flag_of(c->dim));
	} else if (c->dim < 2) {
		if (side)
			q->alo[c->dim] = c->at;
		else
			q->ahi[c->dim] = c->at - 1;
	} else if (side) {
		q->lo[c->dim - 2] = (uint16_t)c->at;
	} else {
		q->hi[c->dim - 2] = (uint16_t)(c->at - 1);
	}
}


static int addr_cmp(const void *pa, const void *pb)
{
	pset_addr a, b;

	memcpy(&a, pa, sizeof(a));
	memcpy(&b, pb, sizeof(b));
	return (a > b) - (a < b);
}


/** The middle one of the faces in a dimension; @return false without any */
static bool middle_face(struct cut *c, const struct run *r, const struct pset_box *q,
			const uint32_t *cand, size_t n, size_t step)
{
	pset_addr at[2 * (SAMPLE + 1)];
	size_t k = 0;

	for (size_t i = 0; i < n; i += step)
		for (int f = 0; f < 2; f++)
			if (k < 2 * SAMPLE && face(&at[k], q, &r->v[cand[i]], c->dim, f))
				k++;
	if (!k)
		return false;

	if (k > 2)
		qsort(at, k, sizeof(at[0]), addr_cmp);
	c->at = at[k / 2];
	return true;
}


/** How unwelcome a cut is: boxes on the fuller side, and those on both */
static size_t cut_cost(const struct run *r, const struct cut *c,
		       const uint32_t *cand, size_t n, size_t step)
{
	size_t side[2] = {0, 0};

	for (size_t i = 0; i < n; i += step)
		for (int s = 0; s < 2; s++)
			side[s] += on_side(&r->v[cand[i]], c, s);

	return side[0] + side[1] + (side[0] > side[1] ? side[0] : side[1]);
}


/** A bit of an address that some box asks for and q does not know yet */
static bool choose_bit(struct cut *c, const struct run *r, const struct pset_box *q,
		       const uint32_t *cand, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct pset_box *b = &r->v[cand[i]];

		for (int e = 0; e < 2; e++) {
			uint32_t open = b->abits[e] & ~q->abits[e];

			if (!open)
				continue;
			c->dim = FIRST_BIT + e;
			c->at = open & -open;
			return true;
		}
	}

	return false;
}


static void choose_cut(struct cut *best, const struct run *r,
		       const struct pset_box *q, const uint32_t *cand, size_t n)
{
	size_t step = n / SAMPLE + 1;

	*best = (struct cut){ .cost = SIZE_MAX };
	for (int dim = 0; dim < DIMS; dim++) {
		struct cut c = { .dim = dim };

		if (!middle_face(&c, r, q, cand, n, step))
			continue;
		c.cost = cut_cost(r, &c, cand, n, step);
		if (c.cost < best->cost)
			*best = c;
	}
	/* a box beyond the sample may be the only one with a face */
	if (best->cost == SIZE_MAX && r->w->ix->bits && choose_bit(best, r, q, cand, n))
		best->cost = 0;
	for (size_t i = 1; best->cost == SIZE_MAX && i < n; i++)
		for (int dim = 0; dim < DIMS; dim++) {
			struct cut c = { .dim = dim };

			if (middle_face(&c, r, q, cand + i, 1, 1)) {
				*best = c;
				best->cost = 0;
			}
		}
}


/** The bits that an IPv4 range fixes by itself: those that both ends begin with */
static void fix_bits(struct pset_box *q)
{
	if (q->lo[PSET_FAMILY] || q->hi[PSET_FAMILY])
		return;

	for (int e = 0; e < 2; e++) {
		uint32_t lo = (uint32_t)q->alo[e];
		uint32_t hi = q->ahi[e] > UINT32_MAX ? UINT32_MAX : (uint32_t)q->ahi[e];
		uint32_t diff = lo ^ hi;
		uint32_t same = diff ? ~(UINT32_MAX >> __builtin_clz(diff)) : UINT32_MAX;

		/* where the range disagrees with the bits, q is empty: leave the bits */
		same &= ~q->abits[e];
		q->abits[e] |= same;
		q->avalue[e] |= lo & same;
	}
}


static unsigned class_of(const struct pset_walk *w, uint32_t i)
{
	if (i < w->before)
		return w->before_class | (w->cls ? w->cls[i] & PSET_SOFT : 0);

	return w->cls ? w->cls[i] : 1;
}


/** What a level knows of its candidates */
struct level {
	size_t n;		/**< on the stack */
	size_t open;		/**< of those, boxes that do not hold q */
	unsigned classes;
	bool held;		/**< the last one is hard and holds q */
};


/** Take a candidate that meets q onto the stack. Room must be there. */
static void take(struct run *r, struct level *l, const struct pset_box *q, uint32_t c)
{
	unsigned cls;

	if (!pset_boxes_meet(q, &r->v[c]))
		return;
	cls = class_of(r->w, c);
	l->classes |= 1u << (cls & ~PSET_SOFT);
	if (!pset_box_holds(&r->v[c], q))
		l->open++;
	else
		l->held = !(cls & PSET_SOFT);
	r->stack[r->top++] = c;
	l->n++;
}


/** Put on the stack those of the n candidates at `from` that meet q, up to
 *  the first hard one that holds it. */
static int filter(struct run *r, struct level *l, const struct pset_box *q,
		  size_t from, size_t n)
{
	int err = spend(r, n + 1);

	if (!err)
		err = reserve(r, n);
	for (size_t i = 0; !err && i < n && !l->held; i++)
		take(r, l, q, r->stack[from + i]);

	return err;
}


static bool settled(const struct run *r, const struct level *l)
{
	unsigned rest = l->classes & ~r->w->together;

	return !l->open || !(l->classes & (l->classes - 1)) || !rest;
}


static int report(const struct run *r, const struct level *l, const struct pset_box *q,
		  size_t base)
{
	struct pset_leaf leaf = {
		.piece = q, .classes = l->classes, .by = r->stack + base, .nby = l->n,
		.fell = !l->held,
	};
	struct pset_packet p;

	if ((q->abits[0] || q->abits[1]) && !pset_box_first(&p, q))
		return 0;
	return r->w->leaf_h(&leaf, r->w->arg);
}


static int cut_and_go(struct run *r, const struct pset_box *piece, const struct pset_box *q,
		      struct level *l, size_t base, unsigned depth);


static int go_side(struct run *r, const struct pset_box *piece, const struct cut *c, int side,
		   size_t from, size_t n, unsigned depth)
{
	struct pset_box half = *piece, q;
	size_t base = r->top;
	struct level l = {0};
	int err;

	take_side(&half, c, side);
	q = half;
	if (r->w->ix->bits)
		fix_bits(&q);
	err = filter(r, &l, &q, from, n);
	if (!err)
		err = cut_and_go(r, &half, &q, &l, base, depth);

	r->top = base;
	return err;
}


/** @param q  the piece, with the address bits that its ranges fix */
static int cut_and_go(struct run *r, const struct pset_box *piece, const struct pset_box *q,
		      struct level *l, size_t base, unsigned depth)
{
	struct cut c;
	int err = 0;

	if (!l->held)
		l->classes |= 1u << r->w->fall;
	if (settled(r, l))
		return report(r, l, piece, base);
	if (depth > DEPTH_MAX)
		return ETIME;

	/* an open box has a face inside q, so there is a cut */
	choose_cut(&c, r, q, r->stack + base, l->n);
	for (int side = 0; !err && side < 2; side++)
		err = go_side(r, piece, &c, side, base, l->n, depth + 1);

	return err;
}


/** Of LANES digests from lane i on: all bits of those whose numbers meet d's */
static nums compare_nums(const struct pset_block *b, size_t i, const struct digest *d)
{
	nums hit = ~(nums){0};

	for (size_t k = 0; k < NUMS; k += 2) {
		nums lo, hi, dlo = (nums){0} + d->num[k], dhi = (nums){0} + d->num[k + 1];

		memcpy(&lo, &b->num[k][i], sizeof(lo));
		memcpy(&hi, &b->num[k + 1][i], sizeof(hi));
		hit &= ~((lo > dhi) | (dlo > hi));
	}

	return hit;
}


/** As compare_nums, of half as many addresses */
static addrs compare_addrs(const struct pset_block *b, size_t i, const struct digest *d)
{
	addrs hit = ~(addrs){0};

	for (size_t k = 0; k < KEYS; k += 2) {
		addrs lo, hi, dlo = (addrs){0} + d->addr[k], dhi = (addrs){0} + d->addr[k + 1];

		memcpy(&lo, &b->addr[k][i], sizeof(lo));
		memcpy(&hi, &b->addr[k + 1][i], sizeof(hi));
		hit &= ~((lo > dhi) | (dlo > hi));
	}

	return hit;
}


/** Digests that meet d, as a bit each */
static uint64_t compare_block(const struct pset_block *b, const struct digest *d)
{
	int16_t n[LANES];
	int32_t a[LANES];
	uint64_t hits = 0, some[2];

	for (size_t i = 0; i < BLOCK; i += LANES) {
		addrs lo = compare_addrs(b, i, d), hi = compare_addrs(b, i + LANES / 2, d);
		addrs any = lo | hi;
		nums h;

		memcpy(some, &any, sizeof(some));
		if (!(some[0] | some[1]))
			continue;
		h = compare_nums(b, i, d);
		memcpy(some, &h, sizeof(some));
		if (!(some[0] | some[1]))
			continue;
		memcpy(n, &h, sizeof(n));
		memcpy(a, &lo, sizeof(lo));
		memcpy(a + LANES / 2, &hi, sizeof(hi));
		for (size_t k = 0; k < LANES; k++)
			hits |= (uint64_t)(n[k] & a[k] & 1) << (i + k);
	}

	return hits;
}


/** Take the boxes of one block, from..to-1 of the index, that meet q. */
static int scan_block(struct run *r, struct level *l, const struct pset_box *q,
		      const struct digest *d, size_t from, size_t to)
{
	const struct pset_index *ix = r->w->ix;
	uint64_t hits = compare_block(&ix->block[from / BLOCK], d) >> from % BLOCK;
	size_t before = l->n;
	int err = hits ? reserve(r, BLOCK) : 0;

	for (size_t i = from; !err && hits && !l->held && i < to; i++, hits >>= 1) {
		unsigned gap = (unsigned)__builtin_ctzll(hits);

		i += gap;
		hits >>= gap;
		if (i < to && !(r->w->skip && r->w->skip[i]))
			take(r, l, q, (uint32_t)i);
	}

	return err ? err : spend(r, l->n - before);
}


int pset_walk_run(const struct pset_walk *w, const struct pset_box *piece,
		  size_t from, size_t to)
{
	struct run r = { .w = w, .v = w->ix->v };
	struct pset_box q = *piece;
	struct level l = {0};
	struct digest d;
	int err = to >= UINT32_MAX ? EOVERFLOW : 0;

	if (w->ix->bits)
		fix_bits(&q);
	digest_of(&d, &q);
	while (!err && from < to && !l.held) {
		size_t end = (from / BLOCK + 1) * BLOCK;

		err = spend(&r, 1);
		if (!err)
			err = scan_block(&r, &l, &q, &d, from, end < to ? end : to);
		from = end;
	}
	if (!err)
		err = cut_and_go(&r, piece, &q, &l, 0, 0);

	free(r.stack);
	return err;
}
