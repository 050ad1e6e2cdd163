#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/sla/agents.h"

#define ROLE "sla-agent"


static int order(const void *x, const void *y)
{
	const struct ip_range *a = x, *b = y;

	return ip_cmp(&a->lo, &b->lo);
}


static size_t count(const struct site *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nhosts; i++)
		n += site_host_has_role(&s->hosts[i], ROLE) ? s->hosts[i].naddrs : 0;
	return n;
}


int agents_read(struct agents *a, const struct site *s)
{
	a->n = 0;
	a->v = calloc(count(s) + 1, sizeof(*a->v));
	if (!a->v)
		return ENOMEM;
	for (size_t i = 0; i < s->nhosts; i++)
		for (size_t k = 0; site_host_has_role(&s->hosts[i], ROLE) && k < s->hosts[i].naddrs; k++)
			a->v[a->n++] = s->hosts[i].addrs[k];
	qsort(a->v, a->n, sizeof(*a->v), order);
	return 0;
}


void agents_reset(struct agents *a)
{
	free(a->v);
	memset(a, 0, sizeof(*a));
}


bool agents_has(const struct ip_addr *ip, void *arg)
{
	const struct agents *a = arg;
	size_t lo = 0, hi = a->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ip_cmp(&a->v[mid].lo, ip) > 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo && ip_range_has(&a->v[lo - 1], ip);
}
