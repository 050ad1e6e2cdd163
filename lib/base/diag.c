#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/diag.h"


void diag_reset(struct diag_list *dl)
{
	for (size_t i = 0; i < dl->n; i++)
		free(dl->v[i].msg);

	free(dl->v);
	memset(dl, 0, sizeof(*dl));
}


static bool diag_grow(struct diag_list *dl)
{
	size_t cap = dl->cap ? dl->cap * 2 : 8;
	struct diag *v = realloc(dl->v, cap * sizeof(*v));

	if (!v)
		return false;

	dl->v = v;
	dl->cap = cap;
	return true;
}


void diag_add(struct diag_list *dl, enum diag_level level,
	      struct diag_pos pos, const char *fmt, ...)
{
	char msg[512];
	char *copy;
	va_list ap;

	if (level == DIAG_ERROR)
		dl->errors++;

	if (dl->n >= DIAG_MAX || (dl->n == dl->cap && !diag_grow(dl))) {
		dl->dropped++;
		return;
	}

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);

	copy = strdup(msg);
	if (!copy) {
		dl->dropped++;
		return;
	}

	dl->v[dl->n++] = (struct diag){ level, pos, copy };
}


static int diag_cmp(const struct diag *a, const struct diag *b)
{
	int c = strcmp(a->pos.file ? a->pos.file : "",
		       b->pos.file ? b->pos.file : "");

	if (c)
		return c;
	if (a->pos.line != b->pos.line)
		return a->pos.line < b->pos.line ? -1 : 1;
	if (a->pos.col != b->pos.col)
		return a->pos.col < b->pos.col ? -1 : 1;
	return 0;
}


/* Insertion sort: lists are short and it is stable, which qsort is not. */
void diag_sort(struct diag_list *dl)
{
	for (size_t i = 1; i < dl->n; i++) {
		struct diag d = dl->v[i];
		size_t k = i;

		for (; k > 0 && diag_cmp(&dl->v[k - 1], &d) > 0; k--)
			dl->v[k] = dl->v[k - 1];
		dl->v[k] = d;
	}
}
