/**
 * Which of many lines nobody would miss: all of them permit, and the others
 * have their packets. Exact, and none of those that stay can be left out.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_SPARE_H
#define VISAVIS_LIB_POLICY_EMIT_SPARE_H

#include "lib/base/arena.h"
#include "lib/policy/pset/pset.h"

enum { SPARE_BOXES_MAX = 20000 };	/**< with more, nothing is looked for */

struct spare {
	struct arena *mem;
	struct pset boxes;
	size_t *first;		/**< [n + 1], the lines' boxes */
	size_t n, cap;
	bool *gone;		/**< [n] after spare_find() */
	bool many;
};

/** A line whose boxes spare_push() adds. @return 0 or ENOMEM */
int spare_begin(struct spare *s);
int spare_push(struct spare *s, const struct pset_box *b);

/** Fill `gone`. @return 0 or ENOMEM */
int spare_find(struct spare *s);
void spare_reset(struct spare *s);

#endif
