/**
 * Packets back in order, for video: what is in order passes at once, a gap
 * is waited for a bounded time and then told to the caller.
 */
#ifndef VISAVIS_LIB_RTP_REORDER_H
#define VISAVIS_LIB_RTP_REORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rtp/rtp.h"

struct reorder_packet {
	uint32_t seq;		/**< extended */
	uint32_t ts;
	bool marker;
	bool used;
	uint64_t arrival_us;
	size_t len;
	uint8_t data[RTP_PACKET_MAX];
};

struct reorder {
	struct reorder_packet *v;
	size_t n;		/**< a power of two */
	size_t stored;
	bool started;
	uint32_t next;		/**< the number that would continue */
	uint32_t high;		/**< one above the highest stored */
	uint64_t wait_us;
	uint64_t gap_us;	/**< since when `next` is missed; 0: no gap */
};

/** @param n  packets, a power of two; @return 0, EINVAL, ENOMEM */
int reorder_alloc(struct reorder *r, size_t n, uint64_t wait_us);
void reorder_free(struct reorder *r);
/** Forget all packets; the next one starts anew. */
void reorder_reset(struct reorder *r);

/**
 * Copy a packet in.
 * @return 0; EALREADY a duplicate; ETIME its place was given up already;
 *         ENOSPC too far ahead: call reorder_get() with flush, put again;
 *         EMSGSIZE
 */
int reorder_put(struct reorder *r, uint32_t seq, uint32_t ts, bool marker,
		const uint8_t *data, size_t len, uint64_t now_us);

/**
 * The next packet in order; valid until the next call.
 * @param lost   out: numbers given up just before it
 * @param flush  do not wait for gaps
 * @return NULL when there is none, or a gap is still waited for
 */
const struct reorder_packet *reorder_get(struct reorder *r, uint64_t now_us,
					 bool flush, uint32_t *lost);

/** When the gap now waited for is given up; 0: there is none. */
uint64_t reorder_deadline(const struct reorder *r);

#endif
