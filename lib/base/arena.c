#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"


enum { BLOCK_SIZE = 16 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t cap;
	size_t used;
	alignas(max_align_t) unsigned char data[];
};


static struct arena_block *block_alloc(struct arena *a, size_t size)
{
	size_t max = a->max ? a->max : ARENA_MAX_DEFAULT;
	size_t cap = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct arena_block *b;

	if (cap > max || a->used > max - cap)
		return NULL;

	b = calloc(1, sizeof(*b) + cap);
	if (!b)
		return NULL;

	b->cap = cap;
	b->next = a->head;
	a->head = b;
	a->used += cap;
	return b;
}


void *arena_alloc(struct arena *a, size_t size)
{
	const size_t al = alignof(max_align_t);
	struct arena_block *b = a->head;
	void *p;

	if (size > SIZE_MAX - al)
		return NULL;
	size = (size + al - 1) / al * al;

	if (!b || b->cap - b->used < size) {
		b = block_alloc(a, size);
		if (!b)
			return NULL;
	}

	p = b->data + b->used;
	b->used += size;
	return p;
}


void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;

	return arena_alloc(a, n * size);
}


int arena_grow(struct arena *a, void **v, size_t n, size_t *cap, size_t size)
{
	/* most vectors of large objects stay short */
	size_t first = size <= 64 ? 4 : 2;
	size_t ncap = *cap ? *cap * 2 : first;
	void *nv;

	if (n < *cap)
		return 0;

	nv = arena_calloc(a, ncap, size);
	if (!nv)
		return ENOMEM;

	if (n)
		memcpy(nv, *v, n * size);
	*v = nv;
	*cap = ncap;
	return 0;
}


char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (p)
		memcpy(p, s, n);
	return p;
}


char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}


char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char few[256];
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(few, sizeof(few), fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;

	p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	if ((size_t)n < sizeof(few))
		return memcpy(p, few, (size_t)n);

	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}


void arena_reset(struct arena *a)
{
	while (a->head) {
		struct arena_block *b = a->head;

		a->head = b->next;
		free(b);
	}
	a->used = 0;
}
