/**
 * What is kept of the operations on a path when their samples are gone: the
 * figures of the last one and sums over all, for a monitoring system.
 */
#ifndef VISAVIS_LIB_SLA_SHOW_METRICS_H
#define VISAVIS_LIB_SLA_SHOW_METRICS_H

#include "lib/sla/show/show.h"

enum { SLA_COUNTS = 8 };
extern const char *const sla_count_names[SLA_COUNTS];	/**< "sent", "lost_forward", ... */

struct sla_metrics {
	const char *from, *to;		/**< the caller's, set before the rest */
	/* of the last operation */
	int64_t start_ns;
	struct sla_figures total;
	struct sla_verdict verdict;
	struct sla_voice voice;
	/* of all: sla_metrics_add() */
	int64_t since_ns;		/**< when the first began */
	uint64_t measurements;
	uint64_t failed;		/**< of them those that did not come to their end */
	uint64_t counts[SLA_COUNTS];	/**< packets */
};

/** The last operation alone, without sums */
void sla_metrics_set(struct sla_metrics *m, const struct sla_show *sh);
/** One more operation; each can tell of a few packets only */
void sla_metrics_add(struct sla_metrics *m, const struct sla_show *sh);

/** Several paths in Prometheus' text format 0.0.4, each family once; with the
 *  sums where there are any: all of them have some, or none. */
void sla_metrics_write(struct sbuf *sb, const struct sla_metrics *v, size_t n);

#endif
