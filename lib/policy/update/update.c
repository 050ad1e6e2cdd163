#include <errno.h>
#include <stdlib.h>

#include "lib/policy/update/update.h"

struct entry {
	unsigned long hash;
	size_t line;
};


static int by_hash(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}


/** First of the entries with that hash */
static size_t first_of(const struct entry *v, size_t n, unsigned long hash)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}


/** The wanted line that the present one is, not yet found elsewhere */
static size_t find_wanted(const struct update *u, const struct entry *v, size_t nw,
			  unsigned long hash, size_t present, update_same_h *same_h, void *arg)
{
	for (size_t i = first_of(v, nw, hash); i < nw && v[i].hash == hash; i++)
		if (u->kept[v[i].line] == UPDATE_NONE && same_h(present, v[i].line, arg))
			return v[i].line;

	return UPDATE_NONE;
}


int update_find(struct update *u, struct arena *a, const unsigned long *hp, size_t np,
		const unsigned long *hw, size_t nw, update_same_h *same_h, void *arg)
{
	struct entry *v = arena_calloc(a, nw + 1, sizeof(*v));
	bool *stays = arena_calloc(a, np + 1, sizeof(*stays));

	*u = (struct update){ .last = UPDATE_NONE };
	u->kept = arena_calloc(a, nw + 1, sizeof(*u->kept));
	u->steps = arena_calloc(a, np + nw + 1, sizeof(*u->steps));
	if (!v || !stays || !u->kept || !u->steps)
		return ENOMEM;

	for (size_t i = 0; i < nw; i++) {
		v[i] = (struct entry){ hw[i], i };
		u->kept[i] = UPDATE_NONE;
	}
	qsort(v, nw, sizeof(*v), by_hash);
	for (size_t i = 0; i < np && u->last == UPDATE_NONE; i++) {
		size_t w = find_wanted(u, v, nw, hp[i], i, same_h, arg);

		if (w == UPDATE_NONE)
			continue;
		u->kept[w] = i;
		stays[i] = true;
		if (w + 1 == nw)
			u->last = i;
	}

	for (size_t i = np; u->last != UPDATE_NONE && i-- > u->last + 1;)
		u->steps[u->nsteps++] = (struct update_step){ UPDATE_DELETE, i };
	for (size_t i = 0; i < nw; i++)
		if (u->kept[i] == UPDATE_NONE)
			u->steps[u->nsteps++] = (struct update_step){ UPDATE_INSERT, i };
	for (size_t i = u->last == UPDATE_NONE ? np : u->last; i-- > 0;)
		if (!stays[i])
			u->steps[u->nsteps++] = (struct update_step){ UPDATE_DELETE, i };

	return 0;
}
