#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset_walk.h"

enum {
	SAMPLE = 128,		/* boxes looked at to choose a cut */
	DEPTH_MAX = 4000,
	FLAG_BITS = 8,
	DIMS = 2 + PSET_FIELDS + FLAG_BITS,
};

struct walk {
	const struct pset_box *v;
	bool *used;
	struct pset_budget *budget;
	pset_left_h *left_h;
	void *arg;
	uint32_t *stack;	/**< candidates of each level, one after another */
	size_t top, cap;
};

/** Below `at` on one side, from `at` on on the other; of a flag: clear, set */
struct cut {
	int dim;
	pset_addr at;
	size_t cost;
};


static int spend(struct walk *w, size_t steps)
{
	if (w->budget->left < steps) {
		w->budget->left = 0;
		return ETIME;
	}

	w->budget->left -= steps;
	return 0;
}


static int push(struct walk *w, uint32_t i)
{
	if (w->top == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 1024;
		uint32_t *s = realloc(w->stack, cap * sizeof(*s));

		if (!s)
			return ENOMEM;
		w->stack = s;
		w->cap = cap;
	}

	w->stack[w->top++] = i;
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


/** Where the k-th face (0, 1) of box b cuts q in a dimension */
static bool face(pset_addr *at, const struct pset_box *q, const struct pset_box *b,
		 int dim, int k)
{
	if (dim >= 2 + PSET_FIELDS) {
		uint8_t bit = (uint8_t)(1 << (dim - 2 - PSET_FIELDS));

		*at = 1;
		return k == 0 && (b->flags_mask & bit) && !(q->flags_mask & bit);
	}

	if (k == 0) {
		*at = range_lo(b, dim);
		return *at > range_lo(q, dim);
	}
	*at = range_hi(b, dim) + 1;
	return range_hi(b, dim) < range_hi(q, dim);
}


static bool on_side(const struct pset_box *b, const struct cut *c, int side)
{
	if (c->dim >= 2 + PSET_FIELDS) {
		uint8_t bit = (uint8_t)(1 << (c->dim - 2 - PSET_FIELDS));

		return !(b->flags_mask & bit) || !!(b->flags & bit) == side;
	}

	return side ? range_hi(b, c->dim) >= c->at : range_lo(b, c->dim) < c->at;
}


static void take_side(struct pset_box *q, const struct cut *c, int side)
{
	if (c->dim >= 2 + PSET_FIELDS) {
		uint8_t bit = (uint8_t)(1 << (c->dim - 2 - PSET_FIELDS));

		q->flags_mask |= bit;
		q->flags = (uint8_t)(side ? q->flags | bit : q->flags & ~bit);
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
static bool middle_face(struct cut *c, const struct walk *w, const struct pset_box *q,
			const uint32_t *cand, size_t n, size_t step)
{
	pset_addr at[2 * (SAMPLE + 1)];
	size_t k = 0;

	for (size_t i = 0; i < n; i += step)
		for (int f = 0; f < 2; f++)
			if (k < 2 * SAMPLE && face(&at[k], q, &w->v[cand[i]], c->dim, f))
				k++;
	if (!k)
		return false;

	qsort(at, k, sizeof(at[0]), addr_cmp);
	c->at = at[k / 2];
	return true;
}


/** How unwelcome a cut is: boxes on the fuller side, and those on both */
static size_t cut_cost(const struct walk *w, const struct cut *c,
		       const uint32_t *cand, size_t n, size_t step)
{
	size_t side[2] = {0, 0};

	for (size_t i = 0; i < n; i += step)
		for (int s = 0; s < 2; s++)
			side[s] += on_side(&w->v[cand[i]], c, s);

	return side[0] + side[1] + (side[0] > side[1] ? side[0] : side[1]);
}


static void choose_cut(struct cut *best, const struct walk *w,
		       const struct pset_box *q, const uint32_t *cand, size_t n)
{
	size_t step = n / SAMPLE + 1;

	*best = (struct cut){ .cost = SIZE_MAX };
	for (int dim = 0; dim < DIMS; dim++) {
		struct cut c = { .dim = dim };

		if (!middle_face(&c, w, q, cand, n, step))
			continue;
		c.cost = cut_cost(w, &c, cand, n, step);
		if (c.cost < best->cost)
			*best = c;
	}
}


/**
 * Put on the stack those of the n candidates at `from` that meet q.
 * @param holder  set to the first that holds q; the rest is then left out
 */
static int filter(struct walk *w, const struct pset_box *q, size_t from, size_t n,
		  uint32_t *holder)
{
	int err = spend(w, n + 1);

	for (size_t i = 0; !err && i < n; i++) {
		uint32_t c = w->stack[from + i];

		if (!pset_boxes_meet(q, &w->v[c]))
			continue;
		if (pset_box_holds(&w->v[c], q)) {
			*holder = c;
			return 0;
		}
		err = push(w, c);
	}

	return err;
}


static int cut_and_go(struct walk *w, const struct pset_box *q, size_t from, size_t n,
		      unsigned depth)
{
	size_t base = w->top, k;
	uint32_t holder = UINT32_MAX;
	struct cut c = {0};
	int err;

	if (depth > DEPTH_MAX)
		return ETIME;

	err = filter(w, q, from, n, &holder);
	if (err)
		return err;
	if (holder != UINT32_MAX) {
		if (w->used)
			w->used[holder] = true;
		w->top = base;
		return 0;
	}
	k = w->top - base;
	if (!k)
		return w->left_h(q, w->arg);

	/* none holds q, so each has a face inside it and there is a cut */
	choose_cut(&c, w, q, w->stack + base, k);
	for (int side = 0; !err && side < 2; side++) {
		struct pset_box half = *q;

		take_side(&half, &c, side);
		err = cut_and_go(w, &half, base, k, depth + 1);
	}

	w->top = base;
	return err;
}


int pset_walk(const struct pset_box *q, const struct pset_box *v, size_t n,
	      bool *used, struct pset_budget *budget,
	      pset_left_h *left_h, void *arg)
{
	struct walk w = {
		.v = v, .used = used, .budget = budget, .left_h = left_h, .arg = arg,
	};
	int err = n >= UINT32_MAX ? EOVERFLOW : 0;

	for (size_t i = 0; !err && i < n; i++)
		if (pset_boxes_meet(q, &v[i]))
			err = push(&w, (uint32_t)i);
	if (!err)
		err = spend(&w, n);
	if (!err)
		err = cut_and_go(&w, q, 0, w.top, 0);

	free(w.stack);
	return err;
}


/* -1 is no errno: it ends the search, and is not an error */
enum { FOUND = -1 };


static int first_left(const struct pset_box *piece, void *arg)
{
	struct pset_packet *p = arg;

	memcpy(p->addr, piece->alo, sizeof(p->addr));
	memcpy(p->field, piece->lo, sizeof(p->field));
	p->flags = piece->flags & piece->flags_mask;
	return FOUND;
}


/** Leave out, from the last on, boxes without which the rest still covers. */
static int thin_out(bool *used, const struct pset_box *q, const struct pset_box *v,
		    size_t n, struct pset_budget *budget)
{
	enum { THIN_MAX = 64 };
	struct pset_box some[THIN_MAX];
	size_t at[THIN_MAX], k = 0;
	struct pset_packet p;

	for (size_t i = 0; i < n; i++) {
		if (!used[i])
			continue;
		if (k == THIN_MAX)
			return 0;
		at[k] = i;
		some[k++] = v[i];
	}

	for (size_t i = k; k > 1 && i-- > 0;) {
		struct pset_box out = some[i];
		int err;

		memmove(&some[i], &some[i + 1], (k - i - 1) * sizeof(out));
		err = pset_walk(q, some, k - 1, NULL, budget, first_left, &p);
		if (err != FOUND && err)
			return err;
		if (err == FOUND) {
			memmove(&some[i + 1], &some[i], (k - i - 1) * sizeof(out));
			some[i] = out;
			continue;
		}
		used[at[i]] = false;
		memmove(&at[i], &at[i + 1], (k - i - 1) * sizeof(at[0]));
		k--;
	}

	return 0;
}


int pset_covered(bool *covered, bool *used, struct pset_packet *witness,
		 const struct pset_box *q, const struct pset_box *v, size_t n,
		 struct pset_budget *budget)
{
	struct pset_packet left;
	bool *mine = NULL;
	int err;

	if (used) {
		mine = calloc(n + 1, sizeof(*mine));
		if (!mine)
			return ENOMEM;
	}

	err = pset_walk(q, v, n, mine, budget, first_left, &left);
	*covered = err == 0;
	if (err == FOUND) {
		if (witness)
			*witness = left;
		err = 0;
	} else if (!err && used) {
		/* out of budget here, the longer list is as true */
		err = thin_out(mine, q, v, n, budget);
		if (err == ETIME)
			err = 0;
		if (!err)
			memcpy(used, mine, n * sizeof(*used));
	}

	free(mine);
	return err;
}
