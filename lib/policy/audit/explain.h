/**
 * One packet's way through a list, rule by rule, as the device goes: this
 * asks the rules themselves, not the flattened sequence.
 */
#ifndef VISAVIS_LIB_POLICY_AUDIT_EXPLAIN_H
#define VISAVIS_LIB_POLICY_AUDIT_EXPLAIN_H

#include "lib/policy/audit/flat.h"

enum { EXPLAIN_DEPTH_MAX = 64 };

/** A rule that the packet matches, or a list's end (rule NULL) */
struct explain_step {
	unsigned depth;			/**< of jumps */
	const struct config_list *list;
	const struct config_rule *rule;
	bool maybe;			/**< it may match, or was not understood */
};

typedef int (explain_step_h)(const struct explain_step *s, void *arg);

struct explain_where {
	const char *in, *out;		/**< interfaces; NULL or "": not known, and
					  conditions on them may match */
};

/**
 * @param verdict  FLAT_PERMIT, FLAT_DENY or FLAT_UNKNOWN
 * @param step_h   may be NULL
 * @return 0 or what step_h returned
 */
int explain_list(enum flat_class *verdict, const struct config *c,
		 const struct config_list *l, const struct pset_packet *p,
		 const struct explain_where *where, explain_step_h *step_h, void *arg);

#endif
