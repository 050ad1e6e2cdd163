#include <errno.h>
#include <string.h>

#include "lib/base/strset.h"


static uint32_t hash_of(const char *s)
{
	uint32_t h = 0x811c9dc5u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x01000193u;

	return h ^ h >> 15;
}


/** The slot that holds the string, or the free one that it would take */
static size_t slot_of(const struct strset *ss, const char *s)
{
	size_t i = hash_of(s) & (ss->nslots - 1);

	while (ss->slot[i] && strcmp(ss->v[ss->slot[i] - 1], s) != 0)
		i = (i + 1) & (ss->nslots - 1);

	return i;
}


static int more_slots(struct strset *ss)
{
	size_t n = ss->nslots ? ss->nslots * 2 : 64;
	uint32_t *slot = n < UINT32_MAX ? arena_calloc(ss->mem, n, sizeof(*slot)) : NULL;

	if (!slot)
		return ENOMEM;
	ss->slot = slot;
	ss->nslots = n;
	for (size_t i = 0; i < ss->n; i++)
		ss->slot[slot_of(ss, ss->v[i])] = (uint32_t)i + 1;

	return 0;
}


bool strset_add(struct strset *ss, const char *s)
{
	size_t at;

	if (!ss->err && (ss->n + 1) * 2 > ss->nslots)
		ss->err = more_slots(ss);
	if (!ss->err && ss->n + 1 >= ss->cap)
		ss->err = arena_grow(ss->mem, (void **)&ss->v, ss->cap, &ss->cap, sizeof(*ss->v));
	if (ss->err)
		return !strset_has(ss, s);

	at = slot_of(ss, s);
	if (ss->slot[at])
		return false;
	ss->v[ss->n++] = s;
	ss->slot[at] = (uint32_t)ss->n;
	return true;
}


bool strset_has(const struct strset *ss, const char *s)
{
	return ss->nslots && ss->slot[slot_of(ss, s)];
}
