/** Who of the site measures: the addresses of its agents, quickly found. */
#ifndef VISAVIS_DAEMONS_SLA_AGENTS_H
#define VISAVIS_DAEMONS_SLA_AGENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/site/site.h"

struct agents {
	struct ip_range *v;	/**< sorted; those of a site do not overlap */
	size_t n;
};

/** @return 0 or ENOMEM; free with agents_reset() */
int agents_read(struct agents *a, const struct site *s);
void agents_reset(struct agents *a);

/** @param arg  struct agents */
bool agents_has(const struct ip_addr *ip, void *arg);

#endif
