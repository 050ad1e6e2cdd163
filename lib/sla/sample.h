/**
 * What an operation on a path saw: one record for each probe packet, and the
 * streams that they belong to. The agent fills it; every figure is computed
 * from it and from nothing else.
 *
 * All times are nanoseconds. t1 and t4 are read on the agent's clock, t2 and
 * t3 on the responder's; what is read on one clock is never compared with
 * what is read on the other, except for one-way delay, which says its error.
 */
#ifndef VISAVIS_LIB_SLA_SAMPLE_H
#define VISAVIS_LIB_SLA_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLA_STREAMS_MAX = 64,		/**< of one operation */
	SLA_SAMPLES_MAX = 1 << 22,	/**< of one operation, all streams; of copies as many */
	SLA_CLOSING_MAX = 8,		/**< closing packets of one stream, besides those */
	SLA_DSCP_UNKNOWN = 0xff,
	SLA_HELD_MORE = 1000000,	/**< ns that a responder may say it held a packet
					     beyond the round trip: else its times are none */
};

/** What is known of a packet's times. A stamp that is not had is missing; one
 *  that is had and not of the kernel was read by the program. */
enum sla_flag {
	SLA_HAS_T1 = 1 << 0,
	SLA_HAS_T2 = 1 << 1,
	SLA_HAS_T3 = 1 << 2,
	SLA_HAS_T4 = 1 << 3,
	SLA_KERNEL_T1 = 1 << 4,
	SLA_KERNEL_T2 = 1 << 5,		/**< only where the responder tells */
	SLA_KERNEL_T3 = 1 << 6,
	SLA_KERNEL_T4 = 1 << 7,
	/** A clock stepped between the first and the last of its stamps: its
	 *  times count for nothing, its arrival counts. */
	SLA_STEPPED = 1 << 8,
	/** Sent after the stream's last packet, in no figure: its answer only
	 *  tells how many had reached the responder by then. */
	SLA_CLOSING = 1 << 9,

	SLA_HAS_OWN = SLA_HAS_T1 | SLA_HAS_T4,
	SLA_HAS_ALL = SLA_HAS_T1 | SLA_HAS_T2 | SLA_HAS_T3 | SLA_HAS_T4,
};

/** One probe packet, and the first answer to it. */
struct sla_sample {
	uint32_t seq;		/**< of the stream, from 0, in the order of sending;
				     equal to its index; the agent takes the wrap
				     of 16 bits out */
	uint32_t arrival;	/**< how many answers of the stream had come with
				     this one, copies too; 0: none came */
	uint32_t rseq;		/**< how many packets of the stream had reached the
				     responder with this one, copies too, from 1,
				     without the wrap; 0: it does not tell */
	uint32_t copies;	/**< further answers to the same number */
	int64_t t1;		/**< agent sent */
	int64_t t2;		/**< responder received */
	int64_t t3;		/**< responder sent */
	int64_t t4;		/**< agent received */
	uint16_t flags;		/**< enum sla_flag */
	uint16_t bytes;		/**< of the IP packet, headers included */
	uint8_t dscp_far;	/**< seen at the responder, or SLA_DSCP_UNKNOWN */
	uint8_t dscp_near;	/**< of the answer, seen at the agent */
};

/** A further answer to a number that was answered already. */
struct sla_copy {
	uint32_t seq;
	uint32_t arrival;	/**< as above, never 0 */
	uint32_t rseq;		/**< equal to another answer's: doubled on the way
				     back; its own: doubled on the way there */
	uint16_t flags;
	int64_t t2;
	int64_t t3;
	int64_t t4;
};

/** A packet that reached the responder, as a later answer told. */
struct sla_reached {
	uint32_t seq;
	uint32_t rseq;
};

enum sla_kind {
	SLA_PLAIN = 0,		/**< no figure of speech is made of it */
	SLA_VIDEO,
	SLA_AUDIO,
	SLA_CONTENT,
};

/** Packets of one kind between the same two ports. */
struct sla_stream {
	const char *name;	/**< "left video" */
	const char *profile;	/**< name of the profile, or NULL */
	enum sla_kind kind;
	const char *codec;	/**< of audio: "g711", "g729", "opus", ... or NULL */
	uint8_t dscp;		/**< that was asked for */
	uint32_t period_us;	/**< between packets on average, 0: unknown */
	uint16_t pps, pictures;	/**< packets and pictures a second, where a picture's packets
				     go as one burst; 0: they do not */
	struct sla_sample *samples;	/**< by seq; closing ones last */
	size_t nsamples;
	struct sla_copy *copies;	/**< in any order */
	size_t ncopies;
	struct sla_reached *reached;	/**< besides what answers tell of themselves, in any
					     order; may repeat them */
	size_t nreached;
};

/** How far a clock may be from true time. */
struct sla_clock {
	bool known;
	int64_t error_ns;	/**< at most, either way; when known */
};

enum sla_stop {
	SLA_STOP_DONE = 0,	/**< everything was sent and waited for */
	SLA_STOP_INTERRUPTED,	/**< by whoever started it */
	SLA_STOP_LIMIT,		/**< of rate, count or time */
	SLA_STOP_NO_RESPONDER,	/**< control was not answered */
	SLA_STOP_REFUSED,	/**< the responder said no */
	SLA_STOP_ERROR,		/**< of the operating system; see `why` */
};

/** By how much the program's stamps differ from the kernel's, where both
 *  were taken. */
struct sla_stamp_gap {
	uint64_t n;
	int64_t sum_ns;
	int64_t max_ns;
};

/** The whole operation. */
struct sla_run {
	const char *from;	/**< names of the ends, for people */
	const char *to;
	struct sla_stream *streams;
	size_t nstreams;
	int64_t start_ns;	/**< wall clock, since 1970 */
	int64_t duration_ns;	/**< from the first packet sent to the end of the
				     wait for answers */
	int64_t late_ns;	/**< a round trip above this is late; 0: none is */
	int64_t quantum_ns;	/**< resolution of the responder's stamps: 1000000
				     in the millisecond form, else 1 */
	struct sla_clock near;	/**< of the agent */
	struct sla_clock far;	/**< of the responder */
	int64_t step_ns;	/**< sum of the clock steps seen, 0: none */
	unsigned steps;
	struct sla_stamp_gap gap_tx;
	struct sla_stamp_gap gap_rx;
	enum sla_stop stop;
	const char *why;	/**< more about the end, or NULL */
};

/**
 * Does a run keep the contract above: every seq its index, no arrival number
 * above the count of answers, closing packets last, copies of packets that
 * were answered, times since 1970, sizes within the limits?
 * @return NULL, or what it breaks
 */
const char *sla_run_wrong(const struct sla_run *run);

/** Was it answered within the limit? */
bool sla_sample_in_time(const struct sla_sample *s, int64_t late_ns);

/** Which picture a packet is of, where so many packets and pictures go a second:
 *  they are spread as evenly as whole packets can be. Both above 0. */
uint64_t sla_picture_of(unsigned pps, unsigned pictures, uint32_t seq);

/** Round trip, with the responder's own time taken out where it tells it (an
 *  echo does not, and of one that tells nonsense it stays in); @return false: a stamp of ours is missing or the clock
 *  stepped */
bool sla_sample_rtt(const struct sla_sample *s, int64_t *ns);

/** One way there and back, as the two clocks read; @return false: any of the
 *  stamps is missing or nonsense or the clock stepped */
bool sla_sample_forward(const struct sla_sample *s, int64_t *ns);
bool sla_sample_back(const struct sla_sample *s, int64_t *ns);

const char *sla_stop_name(enum sla_stop stop);	/**< "done", "interrupted", ... */
const char *sla_kind_name(enum sla_kind kind);	/**< "plain", "video", ... */

#endif
