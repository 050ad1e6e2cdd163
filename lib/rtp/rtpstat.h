/**
 * What a receiver knows of one source: sequence, loss, jitter (RFC 3550
 * sections A.1, A.3, A.8).
 */
#ifndef VISAVIS_LIB_RTP_RTPSTAT_H
#define VISAVIS_LIB_RTP_RTPSTAT_H

#include <stdbool.h>
#include <stdint.h>

enum rtpstat_seq {
	RTPSTAT_NEXT = 0,	/**< a new highest number, gap or not */
	RTPSTAT_REORDERED,	/**< older than the highest, seen first now */
	RTPSTAT_DUPLICATE,
	RTPSTAT_JUMP,		/**< far off: not counted; a second packet that
				  follows it makes the source restart */
	RTPSTAT_RESTART,	/**< that second packet: all counts from anew */
};

/** How far back a packet may come and still be told from a duplicate. */
enum { RTPSTAT_WINDOW = 128 };

struct rtpstat {
	bool started;
	uint32_t base;		/**< first extended number */
	uint32_t max;		/**< highest extended number, from 65536 on */
	uint32_t bad;		/**< what would follow a jump; above 65535: none */
	uint64_t seen[RTPSTAT_WINDOW / 64];	/**< bit i: max - i was received */
	uint32_t received;	/**< duplicates too, as RFC 3550 reports */
	uint32_t unique;
	uint32_t reordered;
	uint32_t duplicates;
	uint32_t jumps;
	/* before the source last restarted */
	uint64_t past_lost;
	uint64_t past_unique;
	/* of the last report */
	uint32_t prior_expected;
	uint32_t prior_received;
	/* jitter */
	bool have_transit;
	uint32_t transit;
	uint32_t jitter_q4;	/**< RTP clock units, times 16 */
	uint32_t jitter_max_q4;
	uint64_t jitter_sum_q4;
	uint64_t jitter_n;
};

void rtpstat_init(struct rtpstat *st);

/** The next packet starts a new sequence (another SSRC); totals go on. */
void rtpstat_restart(struct rtpstat *st);

/** Judge a sequence number.
 *  @param ext  out: the extended number, except for a jump */
enum rtpstat_seq rtpstat_update(struct rtpstat *st, uint16_t seq,
				uint32_t *ext);

/** @param arrival  of the packet, in units of the RTP clock, any origin */
void rtpstat_jitter(struct rtpstat *st, uint32_t ts, uint32_t arrival);

/** In units of the RTP clock, as reports carry it. */
uint32_t rtpstat_jitter_get(const struct rtpstat *st);

/** Expected less those that came, each counted once; restarts included. */
uint64_t rtpstat_lost(const struct rtpstat *st);

/** Cumulative loss as RFC 3550 reports it: duplicates count as received,
 *  clamped to 24 bits, signed. */
int32_t rtpstat_lost_report(const struct rtpstat *st);

/** Loss since the last call, in 1/256 (A.3). */
uint8_t rtpstat_fraction(struct rtpstat *st);

#endif
