#include "lib/sla/stamp.h"

#define NTP_1970 2208988800LL	/* seconds from NTP's epoch to ours */


uint64_t sla_ntp_from_ns(int64_t ns)
{
	int64_t s = ns / SLA_NS, rest = ns % SLA_NS;
	uint64_t fraction;

	if (rest < 0) {
		s--;
		rest += SLA_NS;
	}
	fraction = (((uint64_t)rest << 32) + SLA_NS / 2) / SLA_NS;
	/* rounding may carry into the seconds */
	return ((uint64_t)(uint32_t)(s + NTP_1970) << 32) + fraction;
}


int64_t sla_ntp_to_ns(uint64_t ntp, int64_t near)
{
	uint32_t s = (uint32_t)(ntp >> 32);
	int64_t near_s = near / SLA_NS + NTP_1970;
	int64_t full = near_s + (int32_t)(s - (uint32_t)near_s);
	uint64_t ns = ((ntp & UINT32_MAX) * (uint64_t)SLA_NS + (1ULL << 31)) >> 32;

	return (full - NTP_1970) * SLA_NS + (int64_t)ns;
}


static int64_t day_ms(int64_t ns)
{
	int64_t ms = ns / 1000000 % SLA_DAY_MS;

	return ms < 0 ? ms + SLA_DAY_MS : ms;
}


uint32_t sla_day_ms_from_ns(int64_t ns)
{
	return (uint32_t)day_ms(ns);
}


int64_t sla_day_ms_to_ns(uint32_t ms, int64_t near)
{
	int64_t near_ms = near / 1000000;
	int64_t d = (int64_t)(ms % SLA_DAY_MS) - day_ms(near);

	if (d > SLA_DAY_MS / 2)
		d -= SLA_DAY_MS;
	else if (d < -(int64_t)(SLA_DAY_MS / 2))
		d += SLA_DAY_MS;
	return (near_ms + d) * 1000000;
}


uint64_t sla_span_from_ns(int64_t ns)
{
	if (ns < 0 || ns / SLA_NS > INT32_MAX)
		return UINT64_MAX;
	return ((uint64_t)(ns / SLA_NS) << 32) +
		(((uint64_t)(ns % SLA_NS) << 32) + SLA_NS / 2) / SLA_NS;
}


int64_t sla_span_to_ns(uint64_t span)
{
	if (span == UINT64_MAX || span >> 63)
		return -1;
	return (int64_t)(span >> 32) * SLA_NS +
		(int64_t)(((span & UINT32_MAX) * (uint64_t)SLA_NS + (1ULL << 31)) >> 32);
}
