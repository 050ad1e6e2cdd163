/**
 * Make the n-th allocation of the code under test fail.
 *
 * The linker sends malloc, calloc, realloc and strdup of our own objects
 * here (shared libraries keep theirs).
 */
#ifndef VISAVIS_TESTS_UNIT_FAILMALLOC_H
#define VISAVIS_TESTS_UNIT_FAILMALLOC_H

#include <stdbool.h>

/** From now on the n-th allocation (from 1) fails, once. 0: none. */
void failmalloc_set(unsigned n);

/** Did the failure happen since failmalloc_set()? */
bool failmalloc_hit(void);

/**
 * Call fn with the first, second, ... allocation failing until a run needs
 * no more of them. fn must cope: clean up and return.
 * @return the number of runs in which an allocation failed
 */
unsigned failmalloc_each(void (*fn)(void *arg), void *arg);

#endif
