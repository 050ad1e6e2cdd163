#include "lib/rtp/clock.h"

uint64_t rtp_unwrap(struct rtp_unwrap *u, uint32_t ts)
{
	uint64_t v;

	if (!u->started) {
		u->started = true;
		u->last = ((uint64_t)1 << 32) + ts;
		return u->last;
	}
	v = u->last + (uint64_t)(int64_t)(int32_t)(ts - (uint32_t)u->last);
	if (v > u->last)
		u->last = v;
	return v;
}


void rtpclock_report(struct rtpclock *c, uint64_t us, uint32_t ts)
{
	c->known = true;
	c->us = us;
	c->ts = ts;
}


uint64_t rtpclock_us(const struct rtpclock *c, uint32_t ts)
{
	int64_t d = (int32_t)(ts - c->ts);

	if (!c->known || !c->rate)
		return 0;
	d = d * 1000000 / (int64_t)c->rate;
	if (d < 0 && (uint64_t)-d > c->us)
		return 0;
	return c->us + (uint64_t)d;
}


uint32_t rtpclock_ts(uint64_t us, uint64_t us0, uint32_t ts0, uint32_t rate)
{
	int64_t d = (int64_t)(us - us0);
	int64_t sec = d / 1000000, rest = d % 1000000;

	/* rounded to the nearest tick, so that equal steps stay equal */
	rest = (rest * rate + (rest < 0 ? -500000 : 500000)) / 1000000;
	return ts0 + (uint32_t)(sec * rate + rest);
}
