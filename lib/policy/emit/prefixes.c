#include <errno.h>
#include <string.h>

#include "lib/policy/emit/acl.h"

struct out {
	struct ip_prefix *v;
	size_t n, cap;
};


static bool bit(const struct ip_addr *a, unsigned i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1;
}


/** The longest run of addresses that begins at lo, is a prefix, and does not
 *  pass hi */
static struct ip_prefix widest(const struct ip_addr *lo, const struct ip_addr *hi)
{
	unsigned bits = ip_bits(lo);
	struct ip_prefix p = { *lo, (uint8_t)bits };

	while (p.len && !bit(lo, p.len - 1u)) {
		struct ip_prefix wider = { *lo, (uint8_t)(p.len - 1) };
		struct ip_range r = ip_prefix_range(&wider);

		if (ip_cmp(&r.hi, hi) > 0)
			break;
		p = wider;
	}

	return p;
}


int acl_prefixes(struct ip_prefix **v, size_t *n, struct arena *a,
		 const struct ip_range *ranges, size_t nranges)
{
	struct out o = {0};

	for (size_t i = 0; i < nranges; i++) {
		struct ip_addr lo = ranges[i].lo;

		for (;;) {
			struct ip_prefix p = widest(&lo, &ranges[i].hi);
			struct ip_addr last = ip_prefix_range(&p).hi;

			if (arena_grow(a, (void **)&o.v, o.n, &o.cap, sizeof(*o.v)))
				return ENOMEM;
			o.v[o.n++] = p;
			if (ip_cmp(&last, &ranges[i].hi) >= 0)
				break;
			lo = last;
			(void)ip_next(&lo);
		}
	}

	*v = o.v;
	*n = o.n;
	return 0;
}
