/**
 * The boxes of a rule as matches of nftables.
 */
#ifndef VISAVIS_LIB_POLICY_TRANSLATE_SAY_H
#define VISAVIS_LIB_POLICY_TRANSLATE_SAY_H

#include "lib/base/arena.h"
#include "lib/base/sbuf.h"
#include "lib/policy/pset/pset.h"

/** Fields that become sets: "{ a, b-c }" */
enum say_dim {
	SAY_SRC = 0, SAY_DST, SAY_SPORT, SAY_DPORT, SAY_PROTOCOL, SAY_TYPE, SAY_CODE, SAY_DSCP,
	SAY_DIMS,
};

struct say_range {
	pset_addr lo, hi;
};

/** Ascending, apart; n 0: any */
struct say_ranges {
	struct say_range *v;
	size_t n;
};

/** One line: packets that have one of the ranges in every field */
struct say_line {
	struct say_ranges dim[SAY_DIMS];
	uint8_t family;			/**< 4, 6, 0: both */
	uint8_t later;			/**< bit 0: whole or first, bit 1: later
					  fragments */
	bool missing;			/**< IPv6 without a header of fragments */
	uint8_t flags_mask, flags;
	uint32_t abits[2], avalue[2];
};

/**
 * As few lines as joining boxes that differ in one field gives.
 * @param whole  fragments never come here alone: the connection tracking has
 *               put them together. Else each line with ports, types or flags
 *               asks for a packet that has them
 * @param v,n  from the arena; PSET_STATE, PSET_IN and PSET_OUT are left out
 * @return 0 or ENOMEM
 */
int say_lines(struct say_line **v, size_t *n, struct arena *mem, const struct pset_box *boxes,
	      size_t nboxes, bool whole);

/** "ip saddr 10.0.0.0/8 tcp dport 80 ", "" for all packets */
void say_line_put(struct sbuf *sb, const struct say_line *l);

#endif
