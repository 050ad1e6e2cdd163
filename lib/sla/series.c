#include <math.h>
#include <stdlib.h>

#include "lib/sla/figures_int.h"


void sla_sums_add(struct sla_sums *s, int64_t v)
{
	sla_uint128 square = (sla_uint128)((sla_int128)v * v);

	if (!s->n || v < s->min)
		s->min = v;
	if (!s->n || v > s->max)
		s->max = v;
	s->n++;
	s->sum += v;
	if (__builtin_add_overflow(s->sum2, square, &s->sum2))
		s->sum2 = ~(sla_uint128)0;
}


static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}


static int64_t percentile(const int64_t *sorted, size_t n, unsigned p)
{
	return sorted[(n * p + 99) / 100 - 1];
}


void sla_series_of(struct sla_series *s, int64_t *v, size_t n)
{
	*s = (struct sla_series){0};
	if (!n)
		return;

	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		sla_sums_add(&s->s, v[i]);
	s->p50 = percentile(v, n, 50);
	s->p90 = percentile(v, n, 90);
	s->p95 = percentile(v, n, 95);
	s->p99 = percentile(v, n, 99);
}


static int64_t divide(sla_int128 sum, uint64_t n)
{
	sla_int128 half = n / 2;

	return n ? (int64_t)((sum < 0 ? sum - half : sum + half) / (sla_int128)n) : 0;
}


int64_t sla_sums_mean(const struct sla_sums *s)
{
	return divide(s->sum, s->n);
}


int64_t sla_sums_deviation(const struct sla_sums *s)
{
	long double n = (long double)s->n, mean, var;

	if (!s->n)
		return 0;
	mean = (long double)s->sum / n;
	var = (long double)s->sum2 / n - mean * mean;
	return var > 0 ? (int64_t)llroundl(sqrtl(var)) : 0;
}


int64_t sla_jitter_average(const struct sla_jitter *j)
{
	return divide(j->positive.sum + j->negative.sum, j->positive.n + j->negative.n);
}


static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}


void sla_sort_keys(uint64_t *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof(*v), by_key);
}
