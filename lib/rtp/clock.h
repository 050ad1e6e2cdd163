/**
 * From RTP timestamps to the sender's wall clock, through sender reports
 * (RFC 3550 section 6.4.1).
 */
#ifndef VISAVIS_LIB_RTP_CLOCK_H
#define VISAVIS_LIB_RTP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** Timestamps as a 64-bit count without wraps, from 2^32 on. */
struct rtp_unwrap {
	bool started;
	uint64_t last;
};

uint64_t rtp_unwrap(struct rtp_unwrap *u, uint32_t ts);

struct rtpclock {
	uint32_t rate;		/**< Hz; set by the caller */
	bool known;
	uint64_t us;		/**< wall clock of the last report */
	uint32_t ts;
};

/** Take a sender report: wall clock in microseconds since 1970. */
void rtpclock_report(struct rtpclock *c, uint64_t us, uint32_t ts);

/** When was that timestamp sampled, by the sender's clock? 0: no report. */
uint64_t rtpclock_us(const struct rtpclock *c, uint32_t ts);

/** The timestamp of a wall-clock time for a sender whose timestamps start
 *  at ts0 when its clock shows us0. */
uint32_t rtpclock_ts(uint64_t us, uint64_t us0, uint32_t ts0, uint32_t rate);

#endif
