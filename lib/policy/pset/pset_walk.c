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
	WORD = 64,
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


/** The k-th in order of n values, which are moved about */
static pset_addr nth_of(pset_addr *v, size_t n, size_t k)
{
	size_t lo = 0, hi = n - 1;

	while (lo < hi) {
		pset_addr pivot = v[(lo + hi) / 2], t;
		size_t i = lo, j = hi;

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i > j)
				break;
			t = v[i];
			v[i++] = v[j];
			v[j] = t;
			if (!j--)
				break;
		}
		if (k < i && (j == SIZE_MAX || k > j))
			break;
		if (k >= i)
			lo = i;
		else
			hi = j;
	}

	return v[k];
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

	c->at = k > 2 ? nth_of(at, k, k / 2) : at[k / 2];
	return true;
}


/** The dimensions, as bits, in which box b has a face inside q */
static uint32_t faces_of(const struct pset_box *q, const struct pset_box *b)
{
	uint32_t dims = (uint32_t)(uint8_t)(b->flags_mask & ~q->flags_mask) << FIRST_FLAG;

	for (int e = 0; e < 2; e++)
		if (b->alo[e] > q->alo[e] || b->ahi[e] < q->ahi[e])
			dims |= 1u << e;
	for (int f = 0; f < PSET_FIELDS; f++)
		dims |= (uint32_t)((b->lo[f] > q->lo[f]) | (b->hi[f] < q->hi[f])) << (2 + f);

	return dims;
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
	uint32_t dims = 0;

	*best = (struct cut){ .cost = SIZE_MAX };
	for (size_t i = 0; i < n; i += step)
		dims |= faces_of(q, &r->v[cand[i]]);
	for (int dim = 0; dim < DIMS; dim++) {
		struct cut c = { .dim = dim };

		if (!(dims & 1u << dim) || !middle_face(&c, r, q, cand, n, step))
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
static void take_met(struct run *r, struct level *l, const struct pset_box *q, uint32_t c)
{
	unsigned cls = class_of(r->w, c);

	l->classes |= 1u << (cls & ~PSET_SOFT);
	if (!pset_box_holds(&r->v[c], q))
		l->open++;
	else
		l->held = !(cls & PSET_SOFT);
	r->stack[r->top++] = c;
	l->n++;
}


static void take(struct run *r, struct level *l, const struct pset_box *q, uint32_t c)
{
	if (pset_boxes_meet(q, &r->v[c]))
		take_met(r, l, q, c);
}


/** Put on the stack those of the n candidates at `from` that meet q, one side
 *  of a cut, up to the first hard one that holds it. */
static int filter(struct run *r, struct level *l, const struct pset_box *q,
		  const struct cut *c, int side, size_t from, size_t n)
{
	bool bits = r->w->ix->bits;
	int err = spend(r, n + 1);

	if (!err)
		err = reserve(r, n);
	for (size_t i = 0; !err && i < n && !l->held; i++) {
		uint32_t id = r->stack[from + i];

		/* it met the whole; what a range says of bits, only the boxes tell */
		if (bits)
			take(r, l, q, id);
		else if (on_side(&r->v[id], c, side))
			take_met(r, l, q, id);
	}

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
		.piece = q, .classes = l->classes, .by = r->stack ? r->stack + base : NULL, .nby = l->n,
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
	err = filter(r, &l, &q, c, side, from, n);
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


/** Take the boxes of one word of hits, from..to-1 of the index, that meet q. */
static int scan_word(struct run *r, struct level *l, const struct pset_box *q,
		     uint64_t hits, size_t from, size_t to)
{
	size_t tried = 0;
	int err;

	if (to - from < WORD)
		hits &= ((uint64_t)1 << (to - from)) - 1;
	if (!hits)
		return 0;
	err = reserve(r, WORD);
	for (; !err && hits && !l->held; hits &= hits - 1) {
		size_t i = from + (unsigned)__builtin_ctzll(hits);

		if (r->w->skip && r->w->skip[i])
			continue;
		tried++;
		take(r, l, q, (uint32_t)i);
	}

	return err ? err : spend(r, tried);
}


/** Take those of the boxes from..to-1 that meet q, up to one that holds it. */
static int scan(struct run *r, struct level *l, const struct pset_box *q, size_t from, size_t to)
{
	enum { RUN = PSET_INDEX_RUN * WORD };
	uint64_t hits[PSET_INDEX_RUN];
	struct pset_ask ask;
	int err = 0;

	pset_index_ask(&ask, r->w->ix, q);
	for (size_t at = from / RUN * RUN; !err && at < to && !l->held; at += RUN) {
		err = spend(r, PSET_INDEX_RUN);
		pset_index_hits(hits, &ask, at / WORD);
		if (at < from) {
			memset(hits, 0, (from - at) / WORD * sizeof(*hits));
			hits[(from - at) / WORD] &= ~(uint64_t)0 << from % WORD;
		}
		for (size_t i = 0; !err && i < PSET_INDEX_RUN && !l->held; i++)
			if (hits[i] && at + i * WORD < to)
				err = scan_word(r, l, q, hits[i], at + i * WORD, to);
	}

	return err;
}


int pset_walk_run(const struct pset_walk *w, const struct pset_box *piece,
		  size_t from, size_t to)
{
	struct run r = { .w = w, .v = w->ix->v };
	struct pset_box q = *piece;
	struct level l = {0};
	int err = to >= UINT32_MAX ? EOVERFLOW : 0;

	if (w->ix->bits)
		fix_bits(&q);
	if (!err && from < to)
		err = scan(&r, &l, &q, from, to);
	if (!err)
		err = cut_and_go(&r, piece, &q, &l, 0, 0);

	free(r.stack);
	return err;
}
