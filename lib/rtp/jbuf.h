/**
 * A jitter buffer for audio: packets in, a steady sequence with marked holes
 * out, each with the time when it is to be played. The delay follows the
 * jitter seen, and may be raised for lip sync.
 */
#ifndef VISAVIS_LIB_RTP_JBUF_H
#define VISAVIS_LIB_RTP_JBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rtp/clock.h"
#include "lib/rtp/rtp.h"

enum { JBUF_SLOTS = 256 };

struct jbuf_packet {
	bool used;
	uint64_t ts;		/**< unwrapped */
	uint64_t arrival_us;
	size_t len;
	uint8_t data[RTP_PACKET_MAX];
};

/** Extremes of the recent past: the running window and the one before. */
struct jbuf_window {
	uint64_t since_us;
	int64_t cur;
	int64_t prev;
	bool have_prev;
};

struct jbuf {
	struct jbuf_packet *v;	/**< JBUF_SLOTS of them */
	uint32_t rate;		/**< RTP clock */
	int64_t min_us;		/**< delay above the fastest packet */
	int64_t max_us;
	struct rtp_unwrap unwrap;
	bool started;
	uint32_t next;		/**< extended number to be played next */
	uint32_t high;		/**< one above the highest stored */
	size_t stored;
	uint64_t last_ts;	/**< of what was played last */
	bool have_last;
	struct jbuf_window fast;	/**< least transit */
	struct jbuf_window slow;	/**< greatest transit */
	int64_t offset;		/**< playout time less timestamp time */
	int64_t floor;		/**< lip sync asks for at least this */
	bool have_floor;
	uint64_t moved_us;	/**< when offset was last lowered */
};

struct jbuf_frame {
	const uint8_t *data;	/**< valid until the next call */
	size_t len;		/**< 0: lost */
	uint32_t ts;
	uint64_t arrival_us;	/**< 0 when lost */
	uint64_t playout_us;
	bool lost_before;	/**< more is missing than was told as lost */
};

/** @param min_ms, max_ms  bounds of the delay; @return 0, EINVAL, ENOMEM */
int jbuf_alloc(struct jbuf *jb, uint32_t rate, unsigned min_ms,
	       unsigned max_ms);
void jbuf_free(struct jbuf *jb);
/** Forget packets and timing: the source restarted. */
void jbuf_reset(struct jbuf *jb);

/** @param seq  extended; @return 0, EALREADY, ETIME too late, EMSGSIZE */
int jbuf_put(struct jbuf *jb, uint32_t seq, uint32_t ts, const uint8_t *data,
	     size_t len, uint64_t arrival_us);

/** The next frame whose playout is at most lead_us away, or whose loss is
 *  certain. @return false: nothing is due */
bool jbuf_get(struct jbuf *jb, uint64_t now_us, uint64_t lead_us,
	      struct jbuf_frame *f);

/** When jbuf_get() will have something; 0: not before the next packet. */
uint64_t jbuf_deadline(const struct jbuf *jb, uint64_t lead_us);

/** Delay that the jitter alone asks for: playout less timestamp time. */
int64_t jbuf_need(const struct jbuf *jb);

/** Microseconds of a timestamp as the buffer counts them, for a floor. */
int64_t jbuf_ts_us(struct jbuf *jb, uint32_t ts);

/** Play no earlier than timestamp time + offset. */
void jbuf_set_floor(struct jbuf *jb, int64_t offset);

#endif
