#include <errno.h>
#include <string.h>

#include "lib/policy/emit/acl.h"

struct out {
	struct ip_prefix *v;
	size_t n, cap;
};


int acl_prefixes(struct ip_prefix **v, size_t *n, struct arena *a,
		 const struct ip_range *ranges, size_t nranges)
{
	struct out o = {0};

	for (size_t i = 0; i < nranges; i++) {
		struct ip_range left = ranges[i];

		for (;;) {
			struct ip_prefix p = ip_range_first_prefix(&left);
			struct ip_addr last = ip_prefix_range(&p).hi;

			if (arena_grow(a, (void **)&o.v, o.n, &o.cap, sizeof(*o.v)))
				return ENOMEM;
			o.v[o.n++] = p;
			if (ip_cmp(&last, &left.hi) >= 0)
				break;
			left.lo = last;
			(void)ip_next(&left.lo);
		}
	}

	*v = o.v;
	*n = o.n;
	return 0;
}
