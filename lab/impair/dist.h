/**
 * Distributions of a delay that varies. Pure.
 */
#ifndef VISAVIS_LAB_IMPAIR_DIST_H
#define VISAVIS_LAB_IMPAIR_DIST_H

#include <stddef.h>
#include <stdint.h>

enum dist_kind {
	DIST_NONE = 0,
	DIST_UNIFORM,	/**< between -spread and +spread */
	DIST_NORMAL,	/**< standard deviation `spread`, cut at four of them */
	DIST_PARETO,	/**< 0 and more, mean `spread`, shape 3: most of it is
			  little, some is much; cut at 50 times `spread` */
	DIST_SERIES,	/**< the given values, one a packet, round and round */
};

enum { DIST_SERIES_MAX = 4096 };

struct dist {
	enum dist_kind kind;
	int64_t spread_ns;
	const int64_t *series;	/**< nanoseconds; borrowed */
	size_t nseries;
};

/**
 * What to add to the delay of packet n.
 * @param u, v  two independent fractions, at least 0, below 1
 * @return nanoseconds, of either sign
 */
int64_t dist_value(const struct dist *d, uint64_t n, double u, double v);

#endif
