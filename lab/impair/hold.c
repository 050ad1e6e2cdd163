#include <errno.h>
#include <stdlib.h>

#include "lab/impair/hold.h"

struct slot {
	struct hold_item item;
	uint64_t seq;
};

struct hold {
	struct slot *v;
	size_t n, max;
	uint64_t seq;
};


int hold_alloc(struct hold **hp, size_t max)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (!h)
		return ENOMEM;
	h->max = max;
	h->v = calloc(max ? max : 1, sizeof(*h->v));
	if (!h->v) {
		free(h);
		return ENOMEM;
	}
	*hp = h;

	return 0;
}


void hold_free(struct hold *h)
{
	if (h)
		free(h->v);
	free(h);
}


static bool before(const struct slot *a, const struct slot *b)
{
	if (a->item.due_ns != b->item.due_ns)
		return a->item.due_ns < b->item.due_ns;

	return a->seq < b->seq;
}


int hold_put(struct hold *h, int64_t due_ns, void *frame)
{
	struct slot s = {{due_ns, frame}, h->seq};
	size_t i = h->n;

	if (h->n == h->max)
		return EOVERFLOW;
	h->seq++;
	h->n++;
	for (; i && before(&s, &h->v[(i - 1) / 2]); i = (i - 1) / 2)
		h->v[i] = h->v[(i - 1) / 2];
	h->v[i] = s;

	return 0;
}


const struct hold_item *hold_next(const struct hold *h)
{
	return h->n ? &h->v[0].item : NULL;
}


void *hold_take(struct hold *h)
{
	struct slot last;
	size_t i = 0, child;
	void *frame;

	if (!h->n)
		return NULL;
	frame = h->v[0].item.frame;
	last = h->v[--h->n];
	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && before(&h->v[child + 1], &h->v[child]))
			child++;
		if (!before(&h->v[child], &last))
			break;
		h->v[i] = h->v[child];
		i = child;
	}
	h->v[i] = last;

	return frame;
}


size_t hold_count(const struct hold *h)
{
	return h->n;
}
