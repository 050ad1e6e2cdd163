/**
 * A set of strings that keeps the order in which they came.
 */
#ifndef VISAVIS_LIB_BASE_STRSET_H
#define VISAVIS_LIB_BASE_STRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"

/** Zero it and set `mem` before use; the strings stay whose they are. */
struct strset {
	struct arena *mem;
	const char **v;		/**< ends with NULL; may be NULL while n is 0 */
	size_t n, cap;
	uint32_t *slot;		/**< index in v, plus 1; 0: free */
	size_t nslots;
	int err;		/**< ENOMEM, from then on nothing is added */
};

/** @return false when it is there already */
bool strset_add(struct strset *ss, const char *s);
bool strset_has(const struct strset *ss, const char *s);

#endif
