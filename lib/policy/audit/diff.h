/**
 * What changed in effect between two configurations, whatever their dialects:
 * the packets that one lets through and the other does not.
 *
 * Interfaces are matched by name, else by network; where that cannot be, one
 * configuration's interface stands for "any other" of the other's. When one of
 * the two tracks flows, the packets that open flows are compared (of TCP: SYN
 * alone), else all. Two that track ICMP by inspection at most (ASA) are compared
 * in what their rules must let back too: errors, and echo replies where
 * inspection does not.
 */
#ifndef VISAVIS_LIB_POLICY_AUDIT_DIFF_H
#define VISAVIS_LIB_POLICY_AUDIT_DIFF_H

#include "lib/policy/audit/audit.h"
#include "lib/policy/audit/device.h"

enum { DIFF_PIECES_MAX = 4096, DIFF_STEPS = 1 << 22 };

/** Packets, through one pair of interfaces of A, of one fate each side */
struct diff_piece {
	struct pset_box box;
	size_t in, out;			/**< interfaces of A */
	bool more_out;			/**< and other interfaces out */
	struct audit_line a, b;		/**< the first lines to blame; list NULL:
					  no list looks at them */
	bool unknown;			/**< one side cannot tell */
};

struct diff {
	struct device a, b;
	struct arena *mem;
	uint64_t steps;
	struct diff_piece *lost, *gained;	/**< permitted by A alone, by B alone */
	size_t nlost, ngained, lost_cap, gained_cap;
	bool cut;		/**< out of steps or past DIFF_PIECES_MAX: there may
				  be more */
};

/** @return 0, ENOMEM, EOVERFLOW; diff_reset() when done, in any case */
int diff_run(struct diff *d, struct arena *mem, struct config *a, struct config *b,
	     uint64_t steps);
void diff_reset(struct diff *d);

#endif
