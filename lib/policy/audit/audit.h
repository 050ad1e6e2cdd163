/**
 * A device's configuration against the flows that site and matrix require.
 */
#ifndef VISAVIS_LIB_POLICY_AUDIT_AUDIT_H
#define VISAVIS_LIB_POLICY_AUDIT_AUDIT_H

#include "lib/policy/audit/device.h"
#include "lib/policy/model/policy.h"

enum audit_verdict {
	AUDIT_PERMITTED = 0,
	AUDIT_BLOCKED,
	AUDIT_PARTLY,
	AUDIT_UNKNOWN,		/**< because of the lines in `unknown` */
	AUDIT_OUT_OF_STEPS,	/**< cannot tell: the budget ended */
	AUDIT_VERDICTS,
};

const char *audit_verdict_name(enum audit_verdict v);	/**< "permitted" */

/** A line that has a part in a verdict; rule NULL: the end of the list */
struct audit_line {
	const struct config *config;
	const struct config_list *list;
	const struct config_rule *rule;
};

/** At most AUDIT_LINES_MAX, in the order of the file; more are counted */
struct audit_lines {
	struct audit_line *v;
	size_t n, cap;
	size_t more;
};

enum {
	AUDIT_LINES_MAX = 64,
	AUDIT_PIECES_MAX = 64,	/**< boxes of a remaining or excess set */
};

/** A rule of the policy between two interfaces */
struct audit_flow {
	const struct policy_rule *rule;
	struct policy_pair pair;	/**< of policy.interfaces */
	uint8_t family;
	enum audit_verdict verdict;
	struct audit_lines permit, block, unknown;
	bool unhooked;		/**< some of it passes because no list looks at it */
	bool back;		/**< what is blocked is the return direction */
	bool own_mark;		/**< all of it passes with the row's own DSCP */
	bool more_blocked;	/**< `blocked` is not all of it */
	struct pset blocked;	/**< what is required and does not pass; first
				  packets, or with `back` those that return */
	struct pset_packet witness;	/**< one packet of it, or of unknown fate */
	bool has_witness;
};

/** What a line permits beyond need. */
struct audit_excess {
	struct audit_line line;	/**< list NULL: no list looks at these packets */
	unsigned in;		/**< of policy.interfaces */
	unsigned out;		/**< policy.ninterfaces: any but `in` */
	uint8_t family;
	bool exact;		/**< packets are exactly the excess. Else: those
				  of `packets`, except what is needed and what
				  the lines of `except` have first */
	struct pset packets;
	bool more;		/**< `packets` is cut at AUDIT_PIECES_MAX */
	struct audit_lines except;
	struct pset_packet witness;
	bool cannot_tell;	/**< the budget ended before a packet was found */
	double size;		/**< how many packets, roughly: worst first */
};

struct audit {
	struct device device;
	const struct policy *policy;
	const struct need_list *needs;	/**< may be NULL */
	struct arena *mem;
	uint64_t steps;
	struct audit_flow *flows;
	size_t nflows, flows_cap;
	size_t count[AUDIT_VERDICTS];
	struct audit_excess *excess;
	size_t nexcess, excess_cap;
	size_t excess_more;		/**< past AUDIT_EXCESS_MAX */
};

enum { AUDIT_EXCESS_MAX = 20000, AUDIT_STEPS = 1 << 22 };

/**
 * Audit one device.
 *
 * @param au     filled; audit_reset() when done, whatever was returned
 * @param needs  those of the policy: broadcasts among them cross no firewall,
 *               but a list may let them in without that being too much
 * @param steps  per question; 0: AUDIT_STEPS
 * @return 0, ENOMEM, EOVERFLOW
 */
int audit_run(struct audit *au, struct arena *mem, struct config *const *v, size_t n,
	      const struct policy *p, const struct need_list *needs, uint64_t steps);
void audit_reset(struct audit *au);

/* The parts, called by audit_run */
int audit_flows(struct audit *au);
int audit_find_excess(struct audit *au);

int audit_lines_add(struct audit_lines *l, struct arena *mem, struct audit_line line);

/** Append the packets of a rule between two interfaces, one family.
 *  @param back  those that return
 *  @return 0, ENOMEM, EOVERFLOW */
int audit_rule_boxes(struct pset *out, struct audit *au, const struct policy_rule *r,
		     struct policy_pair pair, uint8_t family, bool back);

#endif
