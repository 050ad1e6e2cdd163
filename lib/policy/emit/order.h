/**
 * In which order the rules of a policy are written where the first that fits
 * decides, and which of them need no line.
 *
 * Rows may overlap, and one may lie within others. Written as the matrix has
 * them, a line behind those that together have all of its packets would never
 * match. All rules permit, so their order means nothing to packets, and a line
 * that others cover together means nothing either.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_ORDER_H
#define VISAVIS_LIB_POLICY_EMIT_ORDER_H

#include "lib/policy/model/policy.h"

/** Families of a rule's lines */
enum { ORDER_V4 = 1 << 0, ORDER_V6 = 1 << 1 };

struct order_want {
	bool apart;		/**< each line counts or logs for its own row: a rule
				  comes before those that have its packets, and is
				  left out only where no order lets each of them
				  have some. Else whatever others cover is left out */
	bool helper;		/**< what a helper expects has a list of its own */
	size_t comment_max;	/**< bytes of a comment */
};

struct order_line {
	const struct policy_rule *rule;
	unsigned families;	/**< ORDER_ bits: in which it has packets of its own;
				  who writes both in one line need not look */
};

struct order {
	struct order_line *v;
	size_t n;
	unsigned *families;	/**< [nrules], by the policy's index; 0: no line */
	const char **comment;	/**< [nrules], by the policy's index: that of the rule,
				  before it the counters of those left out for it */
};

/**
 * Order the rules that open flows, of ICMP those with echo; the others are not
 * among the lines. Where rules have very many pairs of addresses, what only
 * several of them cover together is not looked for.
 *
 * @param o  filled; lives in a
 * @return 0 or ENOMEM
 */
int order_make(struct order *o, struct arena *a, const struct policy *p,
	       const struct order_want *want);

/** Do the rule's packets open flows? Errors of ICMP alone do not. */
bool order_opens(const struct policy_rule *r);

#endif
