#include <stdlib.h>
#include <string.h>

#include "tests/unit/failmalloc.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

static unsigned countdown;
static bool hit;


void failmalloc_set(unsigned n)
{
	countdown = n;
	hit = false;
}


bool failmalloc_hit(void)
{
	return hit;
}


unsigned failmalloc_each(void (*fn)(void *arg), void *arg)
{
	unsigned runs = 0;

	for (unsigned n = 1;; n++) {
		failmalloc_set(n);
		fn(arg);
		if (!hit)
			break;
		runs++;
	}

	failmalloc_set(0);
	return runs;
}


static bool fails(void)
{
	if (!countdown || --countdown)
		return false;

	hit = true;
	return true;
}


void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}


void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}


void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}


char *__wrap_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = __wrap_malloc(n);

	return p ? memcpy(p, s, n) : NULL;
}
