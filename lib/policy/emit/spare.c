#include <errno.h>
#include <string.h>

#include "lib/policy/emit/spare.h"
#include "lib/policy/pset/pset_index.h"
#include "lib/policy/pset/pset_walk.h"

#define STEPS_MAX ((uint64_t)1 << 24)	/* of all questions */


int spare_begin(struct spare *s)
{
	/* one more, for the end of the last line */
	while (s->n + 2 > s->cap)
		if (arena_grow(s->mem, (void **)&s->first, s->cap, &s->cap, sizeof(*s->first)))
			return ENOMEM;

	s->first[s->n++] = s->boxes.n;
	s->first[s->n] = s->boxes.n;
	return 0;
}


int spare_push(struct spare *s, const struct pset_box *b)
{
	int err;

	if (s->many || s->boxes.n >= SPARE_BOXES_MAX) {
		s->many = true;
		return 0;
	}

	err = pset_push(&s->boxes, b);
	s->first[s->n] = s->boxes.n;
	return err;
}


static int covered(bool *yes, struct spare *s, const struct pset_index *ix, size_t line,
		   bool *used, const bool *skip, struct pset_budget *budget)
{
	int err = 0;

	*yes = s->first[line + 1] > s->first[line];
	for (size_t i = s->first[line]; !err && *yes && i < s->first[line + 1]; i++)
		err = pset_index_covered(yes, used, NULL, &s->boxes.v[i], ix, 0, s->boxes.n, skip,
					 budget);
	if (err)
		*yes = false;
	return err == ETIME ? 0 : err;
}


/** The later of two that are alike goes. */
int spare_find(struct spare *s)
{
	struct pset_budget budget = { STEPS_MAX };
	struct pset_index ix = {0};
	bool *skip = arena_calloc(s->mem, s->boxes.n + 1, sizeof(*skip));
	bool *used = arena_calloc(s->mem, s->boxes.n + 1, sizeof(*used));
	int err;

	s->gone = arena_calloc(s->mem, s->n + 1, sizeof(*s->gone));
	if (!skip || !used || !s->gone)
		return ENOMEM;
	if (s->many)
		return 0;

	err = pset_index_make(&ix, s->boxes.v, s->boxes.n);
	for (size_t i = s->n; !err && i--;) {
		bool *own = skip + s->first[i];
		size_t n = s->first[i + 1] - s->first[i];

		memset(own, true, n);
		err = covered(&s->gone[i], s, &ix, i, used, skip, &budget);
		memset(own, s->gone[i], n);
	}
	pset_index_reset(&ix);
	return err;
}


void spare_reset(struct spare *s)
{
	pset_reset(&s->boxes);
}
