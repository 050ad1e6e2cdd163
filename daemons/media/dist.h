/**
 * A distribution of times: count, mean, extremes and percentiles in constant
 * memory. Percentiles are exact to a quarter of a millisecond up to 2 s.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_DIST_H
#define VISAVIS_DAEMONS_MEDIA_DIST_H

#include <stdint.h>

enum { DIST_BIN_US = 250, DIST_BINS = 8000 };

/** Zero-initialise before use. Not locked. */
struct dist {
	uint64_t n;
	double sum_us;
	int64_t min_us;
	int64_t max_us;
	uint32_t bin[DIST_BINS + 1];
};

void dist_add(struct dist *d, int64_t us);

/** All in milliseconds; 0 when nothing was added. */
double dist_mean_ms(const struct dist *d);
double dist_percentile_ms(const struct dist *d, unsigned percent);

#endif
