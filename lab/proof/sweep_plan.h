/**
 * Which probes a sweep consists of, and which of them the needs let pass.
 * Pure.
 */
#ifndef VISAVIS_LAB_SWEEP_PLAN_H
#define VISAVIS_LAB_SWEEP_PLAN_H

#include "lab/proof/probe.h"
#include "lab/proof/sweep.h"

enum { SWEEP_EDGES_MAX = 512, SWEEP_PROBES_MAX = 65536 };

/** The ports next to which something changes, ascending. */
struct sweep_edges {
	uint16_t v[SWEEP_EDGES_MAX];
	size_t n;
};

struct sweep_plan {
	const struct sweep_config *cfg;
	struct sweep_part *parts;
	size_t nparts;
	size_t cap;
	struct sweep_edges sports[2];	/**< TCP, UDP */
	struct sweep_edges dports[2];
};

/** @return 0 or ENOMEM */
int sweep_plan_make(struct sweep_plan *p, struct arena *a,
		    const struct sweep_config *cfg);

/** Fill probe i of a part: transport, addresses, ports. */
void sweep_plan_probe(const struct sweep_plan *p, const struct sweep_part *part,
		      uint32_t i, struct probe *probe);

/** Should each probe of the part pass? want[i] = 1 or 0, part->probes long.
 *  Sets part->expected. */
void sweep_plan_expect(const struct sweep_plan *p, struct sweep_part *part,
		       uint8_t *want);

/** Compare, count, and list what differs as ranges.
 *  @return 0 or ENOMEM */
int sweep_plan_judge(const struct sweep_plan *p, struct arena *a,
		     struct sweep_part *part, const uint8_t *want,
		     const uint8_t *seen);

#endif
