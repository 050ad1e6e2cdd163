/* Which counts of which nonces were used. A ring of nonces in the order of
 * first use, found through a hash table of ring positions. When the ring is
 * full the oldest is forgotten; nonces issued up to then are refused from
 * there on, so that forgetting never lets a used one in again. */
#include <errno.h>
#include <stdlib.h>

#include "lib/digest/digest.h"


enum { WINDOW = 64, NONE = 0 };

struct seen {
	uint64_t salt;
	uint64_t window;	/* bit i: count high - i was used */
	uint32_t issued;
	uint32_t high;
	uint32_t next;		/* ring position + 1 in the same bucket */
};

struct digest_seen {
	struct seen *ring;
	uint32_t *buckets;
	uint32_t max;
	uint32_t mask;
	uint32_t pos;		/* where the next one goes */
	uint32_t n;
	uint32_t floor;		/* issued at or before: may be forgotten */
};


int digest_seen_alloc(struct digest_seen **dsp, size_t max)
{
	struct digest_seen *ds;
	uint32_t nb = 1;

	if (!max || max > 1u << 24)
		return EINVAL;
	while (nb < max)
		nb <<= 1;
	ds = calloc(1, sizeof(*ds));
	if (!ds)
		return ENOMEM;
	ds->ring = calloc(max, sizeof(*ds->ring));
	ds->buckets = calloc(nb, sizeof(*ds->buckets));
	if (!ds->ring || !ds->buckets) {
		digest_seen_free(ds);
		return ENOMEM;
	}
	ds->max = (uint32_t)max;
	ds->mask = nb - 1;
	*dsp = ds;
	return 0;
}


void digest_seen_free(struct digest_seen *ds)
{
	if (!ds)
		return;
	free(ds->ring);
	free(ds->buckets);
	free(ds);
}


static uint32_t *bucket(const struct digest_seen *ds, uint64_t salt)
{
	uint64_t h = salt * 0x9e3779b97f4a7c15u;

	return &ds->buckets[(uint32_t)(h >> 40) & ds->mask];
}


static struct seen *find(const struct digest_seen *ds, uint64_t salt)
{
	for (uint32_t i = *bucket(ds, salt); i != NONE; i = ds->ring[i - 1].next) {
		if (ds->ring[i - 1].salt == salt)
			return &ds->ring[i - 1];
	}
	return NULL;
}


static void forget_oldest(struct digest_seen *ds)
{
	struct seen *s = &ds->ring[ds->pos];
	uint32_t *at = bucket(ds, s->salt);

	while (*at != ds->pos + 1)
		at = &ds->ring[*at - 1].next;
	*at = s->next;
	if (s->issued > ds->floor)
		ds->floor = s->issued;
	ds->n--;
}


static struct seen *add(struct digest_seen *ds, uint32_t issued, uint64_t salt)
{
	struct seen *s;
	uint32_t *b;

	if (ds->n == ds->max)
		forget_oldest(ds);
	s = &ds->ring[ds->pos];
	b = bucket(ds, salt);
	*s = (struct seen){.salt = salt, .issued = issued, .next = *b};
	*b = ds->pos + 1;
	ds->pos = (ds->pos + 1) % ds->max;
	ds->n++;
	return s;
}


int digest_seen_use(struct digest_seen *ds, uint32_t issued, uint64_t salt,
		    uint32_t nc)
{
	struct seen *s = find(ds, salt);
	uint32_t back;

	if (!s) {
		if (ds->floor && issued <= ds->floor)
			return ESTALE;
		s = add(ds, issued, salt);
		s->high = nc;
		s->window = 1;
		return 0;
	}
	if (nc > s->high) {
		uint32_t up = nc - s->high;

		s->window = up < WINDOW ? s->window << up | 1 : 1;
		s->high = nc;
		return 0;
	}
	back = s->high - nc;
	if (back >= WINDOW || s->window & (uint64_t)1 << back)
		return EALREADY;
	s->window |= (uint64_t)1 << back;
	return 0;
}
