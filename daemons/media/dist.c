#include "daemons/media/dist.h"


void dist_add(struct dist *d, int64_t us)
{
	int64_t i = us < 0 ? 0 : us / DIST_BIN_US;

	d->bin[i > DIST_BINS ? DIST_BINS : i]++;
	if (!d->n || us < d->min_us)
		d->min_us = us;
	if (!d->n || us > d->max_us)
		d->max_us = us;
	d->sum_us += (double)us;
	d->n++;
}


double dist_mean_ms(const struct dist *d)
{
	return d->n ? d->sum_us / (double)d->n / 1000.0 : 0.0;
}


double dist_percentile_ms(const struct dist *d, unsigned percent)
{
	uint64_t want = (d->n * percent + 99) / 100, seen = 0;

	if (!d->n)
		return 0.0;
	for (unsigned i = 0; i < DIST_BINS; i++) {
		seen += d->bin[i];
		if (seen >= want) {
			int64_t us = (int64_t)(i + 1) * DIST_BIN_US;

			return (double)(us > d->max_us ? d->max_us : us) / 1000.0;
		}
	}
	return (double)d->max_us / 1000.0;
}
