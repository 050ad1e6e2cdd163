#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"


static int range_cmp(const void *pa, const void *pb)
{
	const struct ip_range *a = pa, *b = pb;
	int c = ip_cmp(&a->lo, &b->lo);

	return c ? c : ip_cmp(&a->hi, &b->hi);
}


/** Does b start inside a or right after it? */
static bool joins(const struct ip_range *a, const struct ip_range *b)
{
	struct ip_addr next = a->hi;

	if (a->hi.family != b->lo.family)
		return false;
	if (ip_cmp(&b->lo, &a->hi) <= 0)
		return true;

	return ip_next(&next) && ip_cmp(&next, &b->lo) == 0;
}


size_t addrs_normalise(struct ip_range *v, size_t n)
{
	size_t w = 0;

	if (n < 2)
		return n;

	qsort(v, n, sizeof(*v), range_cmp);
	for (size_t i = 1; i < n; i++) {
		if (!joins(&v[w], &v[i]))
			v[++w] = v[i];
		else if (ip_cmp(&v[i].hi, &v[w].hi) > 0)
			v[w].hi = v[i].hi;
	}

	return w + 1;
}


/** Index of the first range that ends at or after `a` */
static size_t first_after(const struct need_addrs *s, const struct ip_addr *a)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ip_cmp(&s->v[mid].hi, a) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}


bool addrs_has(const struct need_addrs *s, const struct ip_addr *a)
{
	size_t i = first_after(s, a);

	return i < s->n && ip_range_has(&s->v[i], a);
}


bool addrs_overlap(const struct need_addrs *a, const struct need_addrs *b)
{
	if (a->n > b->n) {
		const struct need_addrs *t = a;

		a = b;
		b = t;
	}

	for (size_t i = 0; i < a->n; i++) {
		size_t j = first_after(b, &a->v[i].lo);

		if (j < b->n && ip_range_overlaps(&a->v[i], &b->v[j]))
			return true;
	}

	return false;
}


bool addrs_holds(const struct need_addrs *a, const struct need_addrs *b)
{
	size_t k = 0;

	for (size_t i = 0; i < b->n; i++) {
		while (k < a->n && ip_cmp(&a->v[k].hi, &b->v[i].lo) < 0)
			k++;
		if (k == a->n || ip_cmp(&a->v[k].lo, &b->v[i].lo) > 0 ||
		    ip_cmp(&a->v[k].hi, &b->v[i].hi) < 0)
			return false;
	}

	return true;
}


bool addrs_equal(const struct need_addrs *a, const struct need_addrs *b)
{
	if (a->n != b->n)
		return false;

	for (size_t i = 0; a->v != b->v && i < a->n; i++)
		if (range_cmp(&a->v[i], &b->v[i]))
			return false;

	return true;
}


int addrs_intersect(struct need_addrs *out, struct arena *mem,
		    const struct need_addrs *a, const struct need_addrs *b)
{
	struct ip_range *v;
	size_t i = 0, j = 0, n = 0;

	/* each step of the walk below ends one range of a or of b */
	v = arena_calloc(mem, a->n + b->n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;

	while (i < a->n && j < b->n) {
		const struct ip_range *ra = &a->v[i], *rb = &b->v[j];

		if (ip_range_overlaps(ra, rb)) {
			v[n].lo = ip_cmp(&ra->lo, &rb->lo) > 0 ? ra->lo : rb->lo;
			v[n].hi = ip_cmp(&ra->hi, &rb->hi) < 0 ? ra->hi : rb->hi;
			n++;
		}
		if (ip_cmp(&ra->hi, &rb->hi) < 0)
			i++;
		else
			j++;
	}

	*out = (struct need_addrs){ .v = v, .n = n, .label = a->label };
	return 0;
}


size_t addrs_family(const struct need_addrs *s, uint8_t family,
		    const struct ip_range **first)
{
	const struct ip_addr start6 = { .family = 6 };
	size_t split = first_after(s, &start6);

	*first = family == 4 ? s->v : s->v + split;
	return family == 4 ? split : s->n - split;
}


bool addrs_has_family(const struct need_addrs *s, uint8_t family)
{
	const struct ip_range *v;

	return addrs_family(s, family, &v) > 0;
}


bool addrs_as_prefix(const struct ip_range *r, struct ip_prefix *p)
{
	unsigned bits = ip_bits(&r->lo), len = 0;
	struct ip_range whole;

	while (len < bits &&
	       !(((r->lo.b[len / 8] ^ r->hi.b[len / 8]) >> (7 - len % 8)) & 1))
		len++;

	p->addr = r->lo;
	p->len = (uint8_t)len;
	whole = ip_prefix_range(p);
	for (unsigned i = len; i < bits; i++)
		if (r->lo.b[i / 8] >> (7 - i % 8) & 1)
			return false;

	return ip_cmp(&whole.hi, &r->hi) == 0;
}
