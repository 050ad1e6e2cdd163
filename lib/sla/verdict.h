/**
 * Figures held against targets. A verdict says no more than the samples do:
 * too few packets, or clocks too far apart, give "cannot tell" and what is
 * missing.
 */
#ifndef VISAVIS_LIB_SLA_VERDICT_H
#define VISAVIS_LIB_SLA_VERDICT_H

#include "lib/base/sbuf.h"
#include "lib/sla/figures.h"

enum sla_answer {
	SLA_FIT = 0,
	SLA_UNKNOWN,		/**< cannot tell */
	SLA_UNFIT,
};

enum sla_target_id {
	SLA_TARGET_DELAY = 0,	/**< mean, one way */
	SLA_TARGET_ALARM,	/**< mean of the worst 10 s, one way */
	SLA_TARGET_JITTER,	/**< 95 of 100 differences */
	SLA_TARGET_PICTURE,	/**< the same of whole pictures */
	SLA_TARGET_LOSS,	/**< lost or late, of those sent, one way */
	SLA_TARGETS,
};

/** A target of room telepresence, as published. */
struct sla_target {
	const char *name;	/**< "one-way delay" */
	const char *key;	/**< "delay_ms" */
	const char *figure;	/**< what is held against it: "mean"; "": all there is */
	const char *unit;	/**< "ms", "%" */
	int64_t limit;		/**< ns, or packets of a million */
};

extern const struct sla_target sla_targets[SLA_TARGETS];

enum sla_way { SLA_FORWARD = 0, SLA_BACK, SLA_WAYS };

struct sla_check {
	enum sla_answer answer;
	bool absent;		/**< nothing was sent that this target is for; fit */
	bool measured;		/**< value says something */
	bool bound;		/**< value is not of this way: half the round trip at
				     least, all of it at most */
	int64_t value;		/**< in the target's unit */
	int64_t error;		/**< of value, either way */
	uint64_t needed;	/**< packets for an answer, where too few were sent */
};

struct sla_verdict {
	enum sla_answer answer;		/**< the worst of all */
	struct sla_check checks[SLA_TARGETS][SLA_WAYS];
};

/** A percentile says something of a path from so many values on: fewer could
 *  all lie on one side of it by chance, 5 times in 100. */
uint64_t sla_p95_needed(void);

/** Packets without a loss that show, 95 times in 100, that loss is at most
 *  the target (5,990 for 0.05 %) */
uint64_t sla_loss_needed(int64_t per_million);

/** Is it less likely than 5 in 100 that so many of n are lost where the loss
 *  is at most the target? @param n  at most 1,000,000 */
bool sla_loss_certain(uint64_t lost, uint64_t n, int64_t per_million);

void sla_verdict_get(struct sla_verdict *v, const struct sla_figures *f);

const char *sla_answer_name(enum sla_answer a);		/**< "fit", "cannot tell", "unfit" */
const char *sla_way_name(enum sla_way w);		/**< "forward", "back" */

/** One sentence about a check: which figure of which target, by how much, and
 *  what it takes to tell. */
void sla_check_print(struct sbuf *sb, const struct sla_verdict *v, enum sla_target_id t,
		     enum sla_way w);

#endif
