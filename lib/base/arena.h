/**
 * Memory for models that die together (a site, a matrix, a policy).
 */
#ifndef VISAVIS_LIB_BASE_ARENA_H
#define VISAVIS_LIB_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

/** Zero-initialise before use; `max` of 0 means ARENA_MAX_DEFAULT bytes. */
struct arena {
	struct arena_block *head;
	size_t used;
	size_t max;
};

#define ARENA_MAX_DEFAULT ((size_t)1 << 30)

/** Zeroed memory aligned for any type, or NULL (no memory, or past max). */
void *arena_alloc(struct arena *a, size_t size);

/** As arena_alloc, for n objects; overflow of n * size gives NULL. */
void *arena_calloc(struct arena *a, size_t n, size_t size);

/** Make room for one more in a growing vector: *v holds n objects with room
 *  for *cap; the old vector's memory stays in the arena.
 *  @return 0, or ENOMEM and nothing has changed */
int arena_grow(struct arena *a, void **v, size_t n, size_t *cap, size_t size);

char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Free all; the arena can be used again. */
void arena_reset(struct arena *a);

#endif
