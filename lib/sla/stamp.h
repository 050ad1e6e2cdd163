/**
 * Times on the wire and times in the program: nanoseconds since 1970 (UTC)
 * against NTP's 32.32 (RFC 5905) and milliseconds since midnight.
 */
#ifndef VISAVIS_LIB_SLA_STAMP_H
#define VISAVIS_LIB_SLA_STAMP_H

#include <stdint.h>

#define SLA_NS 1000000000LL		/**< in a second */
#define SLA_DAY_MS 86400000U		/**< milliseconds in a day */

/** Rounded to the nearest 2^-32 s; eras wrap as NTP's do. */
uint64_t sla_ntp_from_ns(int64_t ns);

/** In the era that lies within 68 years of `near`. */
int64_t sla_ntp_to_ns(uint64_t ntp, int64_t near);

uint32_t sla_day_ms_from_ns(int64_t ns);

/** In the day that puts it within twelve hours of `near`: a measurement may
 *  run over midnight. Values of a day and more are taken modulo the day. */
int64_t sla_day_ms_to_ns(uint32_t ms, int64_t near);

/** A span of seconds as 32.32, as the clock offset fields have it. Negative
 *  and too large spans give UINT64_MAX, which says "not known". */
uint64_t sla_span_from_ns(int64_t ns);

/** @return -1 for UINT64_MAX, "not known" */
int64_t sla_span_to_ns(uint64_t span);

#endif
