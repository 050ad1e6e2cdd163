/*
 * The questions of pset.h, asked of the walk: boxes have class 1, what is in
 * none of them class 0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset/pset_walk.h"

enum { LEFT = 0, THIN_MAX = 64 };

/* -1 is no errno: it ends the search, and is not an error */
enum { FOUND = -1 };

struct asked {
	bool *used;			/**< may be NULL */
	struct pset_packet *left;	/**< stop at the first packet left; or */
	struct pset *out;		/**< keep all that is left */
	const bool *skip;
};


static int take_leaf(const struct pset_leaf *leaf, void *arg)
{
	struct asked *a = arg;

	if (!leaf->fell) {
		if (a->used)
			a->used[leaf->by[leaf->nby - 1]] = true;
		return 0;
	}
	if (a->out)
		return pset_push(a->out, leaf->piece);

	/* a box without a packet is never reported */
	(void)pset_box_first(a->left, leaf->piece);
	return FOUND;
}


static int ask(struct asked *a, const struct pset_box *q, const struct pset_index *ix,
	       size_t from, size_t to, struct pset_budget *budget)
{
	struct pset_walk w = {
		.ix = ix, .fall = LEFT, .budget = budget, .leaf_h = take_leaf, .arg = a,
		.skip = a->skip,
	};

	return pset_walk_run(&w, q, from, to);
}


static int ask_boxes(struct asked *a, const struct pset_box *q, const struct pset_box *v,
		     size_t n, struct pset_budget *budget)
{
	struct pset_index ix;
	int err = pset_index_make(&ix, v, n);

	if (!err)
		err = ask(a, q, &ix, 0, n, budget);
	pset_index_reset(&ix);
	return err;
}


int pset_subtract(struct pset *out, const struct pset_box *q,
		  const struct pset_box *v, size_t n, struct pset_budget *budget)
{
	struct asked a = { .out = out };

	return ask_boxes(&a, q, v, n, budget);
}


/** Leave out, from the last on, boxes without which the rest still covers. */
static int thin_out(bool *used, const struct pset_box *q, const struct pset_index *ix,
		    size_t from, size_t to, struct pset_budget *budget)
{
	struct pset_box some[THIN_MAX];
	size_t at[THIN_MAX], k = 0;
	struct pset_packet p;
	struct asked a = { .left = &p };

	for (size_t i = from; i < to; i++) {
		if (!used[i])
			continue;
		if (k == THIN_MAX)
			return 0;
		at[k] = i;
		some[k++] = ix->v[i];
	}

	for (size_t i = k; k > 1 && i-- > 0;) {
		struct pset_box out = some[i];
		int err;

		memmove(&some[i], &some[i + 1], (k - i - 1) * sizeof(out));
		err = ask_boxes(&a, q, some, k - 1, budget);
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


int pset_index_covered(bool *covered, bool *used, struct pset_packet *witness,
		       const struct pset_box *q, const struct pset_index *ix,
		       size_t from, size_t to, const bool *skip,
		       struct pset_budget *budget)
{
	struct pset_packet left;
	struct asked a = { .left = &left, .skip = skip };
	int err;

	if (used) {
		a.used = calloc(ix->n + 1, sizeof(*a.used));
		if (!a.used)
			return ENOMEM;
	}

	err = ask(&a, q, ix, from, to, budget);
	*covered = err == 0;
	if (err == FOUND) {
		if (witness)
			*witness = left;
		err = 0;
	} else if (!err && used) {
		/* out of budget here, the longer list is as true */
		err = thin_out(a.used, q, ix, from, to, budget);
		if (err == ETIME)
			err = 0;
		for (size_t i = from; !err && i < to; i++)
			used[i] = a.used[i];
	}

	free(a.used);
	return err;
}


int pset_covered(bool *covered, bool *used, struct pset_packet *witness,
		 const struct pset_box *q, const struct pset_box *v, size_t n,
		 struct pset_budget *budget)
{
	struct pset_index ix;
	int err = pset_index_make(&ix, v, n);

	if (!err)
		err = pset_index_covered(covered, used, witness, q, &ix, 0, n, NULL, budget);
	pset_index_reset(&ix);
	return err;
}
