/**
 * The figures of a path, from its samples. docs/sla-figures.md defines each.
 *
 * All times are whole nanoseconds and all counts are exact. A packet whose
 * answer came in time and whose round trip is known is called timed; only
 * timed packets are in the delays and jitters, and of an echo, which has no
 * stamps of the far end, only the round trip.
 */
#ifndef VISAVIS_LIB_SLA_FIGURES_H
#define VISAVIS_LIB_SLA_FIGURES_H

#include "lib/base/arena.h"
#include "lib/sla/sample.h"

__extension__ typedef __int128 sla_int128;
__extension__ typedef unsigned __int128 sla_uint128;

enum {
	SLA_RUNS = 32,			/**< lengths that are told apart */
	SLA_WINDOW_S = 10,		/**< of the worst window */
};

/** Sums of one quantity, enough for mean and deviation. */
struct sla_sums {
	uint64_t n;
	int64_t min;			/**< 0 when n is 0, as all that follows */
	int64_t max;
	sla_int128 sum;
	sla_uint128 sum2;		/**< of squares; stays at its greatest */
};

/** The same with the values' places: the p-th percentile is the smallest
 *  value that at least p of 100 values do not exceed (nearest rank). */
struct sla_series {
	struct sla_sums s;
	int64_t p50;
	int64_t p90;
	int64_t p95;
	int64_t p99;
};

/** Differences of delay between a timed packet and the timed one with the
 *  number before it, one way. */
struct sla_jitter {
	struct sla_sums positive;	/**< delay grew */
	struct sla_sums negative;	/**< delay fell; values without the sign */
	struct sla_series all;		/**< without the sign, zeros too */
	int64_t rfc3550;		/**< inter-arrival jitter after the last packet,
					     in the order of arrival */
	int64_t rfc3550_max;
};

/** Packets lost one after the other: between two that were answered, those
 *  lost in the same direction are one run. */
struct sla_loss {
	uint64_t lost;
	uint64_t runs;
	uint32_t longest;
	uint64_t length[SLA_RUNS];	/**< [i]: runs of i + 1, the last: or more */
};

/** RFC 4737: a packet is reordered when one with a higher number came before
 *  it; extent: how many packets ago the first such came. */
struct sla_order {
	uint64_t n;
	uint32_t extent_max;
	uint64_t extent_sum;
};

struct sla_figures {
	uint64_t sent;			/**< closing packets are in no figure */
	uint64_t answered;
	uint64_t late;			/**< answered above the limit */
	uint64_t timed;
	uint64_t bytes;			/**< sent, IP packets */
	/* loss */
	struct sla_loss loss;
	struct sla_loss loss_forward;
	struct sla_loss loss_back;
	uint64_t lost_unknown;		/**< in which direction cannot be told */
	bool directions;		/**< the responder counts, so that it can */
	/* more than one answer */
	uint64_t duplicate;		/**< further answers that came */
	uint64_t duplicate_forward;	/**< doubled on the way there; also where the
					     answer to the double was lost */
	uint64_t duplicate_back;
	/* order of first answers here, at the responder, and of answers as the
	 * responder sent them */
	struct sla_order order;
	struct sla_order order_forward;
	struct sla_order order_back;
	/* delay */
	struct sla_series rtt;		/**< without the responder's own time */
	struct sla_series forward;	/**< as the two clocks read */
	struct sla_series back;
	bool one_way;			/**< both clocks' errors are known, no step */
	int64_t one_way_error;		/**< at most, either way; of one_way */
	int64_t window_rtt;		/**< mean of the worst SLA_WINDOW_S seconds */
	int64_t window_forward;
	int64_t window_back;
	struct sla_jitter jitter_forward;
	struct sla_jitter jitter_back;
	/* pictures, where their packets go as bursts: the delay of one is from when its
	 * last packet was sent to when the last to come was there */
	uint64_t pictures;		/**< sent */
	uint64_t pictures_whole;	/**< of which all packets are timed */
	struct sla_series picture_forward;	/**< differences of delay, without the sign,
						     of whole pictures that follow each other */
	struct sla_series picture_back;
	/* marks: the one seen most, and how many packets had another than asked */
	uint8_t dscp_far;
	uint8_t dscp_near;
	uint64_t remarked_far;
	uint64_t remarked_near;
};

/**
 * @param total    all streams together; inter-arrival jitter, runs and order
 *                 stay those of each stream: the worst, the sum, the sum
 * @param streams  [run->nstreams] or NULL
 * @param tmp      for scratch memory; may be reset afterwards
 * @return 0; EINVAL the run breaks its contract (sla_run_wrong()); ENOMEM
 */
int sla_figures_get(struct sla_figures *total, struct sla_figures *streams, struct arena *tmp,
		    const struct sla_run *run);

/** Rounded to the nearest whole; 0 of nothing */
int64_t sla_sums_mean(const struct sla_sums *s);
/** Standard deviation of the values at hand (divided by n) */
int64_t sla_sums_deviation(const struct sla_sums *s);

/** Mean of positive and negative series together, zeros left out, as an
 *  IP SLA operation's average jitter is formed */
int64_t sla_jitter_average(const struct sla_jitter *j);

#endif
