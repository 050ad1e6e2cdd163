#include <math.h>

#include "lab/impair/dist.h"

static const double normal_cut = 4, pareto_cut = 50, pareto_shape = 3;


static double cut(double x, double lo, double hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}


/* Box and Muller's way: 1 - u is never 0. */
static double normal(double u, double v)
{
	return cut(sqrt(-2 * log(1 - u)) * cos(2 * M_PI * v), -normal_cut, normal_cut);
}


/* Lomax: a Pareto that begins at 0. Its mean is scale / (shape - 1). */
static double pareto(double u)
{
	double x = (pareto_shape - 1) * (pow(1 - u, -1 / pareto_shape) - 1);

	return cut(x, 0, pareto_cut);
}


int64_t dist_value(const struct dist *d, uint64_t n, double u, double v)
{
	double spread = (double)d->spread_ns;

	switch (d->kind) {
	case DIST_UNIFORM:
		return (int64_t)llround(spread * (2 * u - 1));
	case DIST_NORMAL:
		return (int64_t)llround(spread * normal(u, v));
	case DIST_PARETO:
		return (int64_t)llround(spread * pareto(u));
	case DIST_SERIES:
		return d->nseries ? d->series[n % d->nseries] : 0;
	case DIST_NONE:
	default:
		return 0;
	}
}
