/**
 * What is wrong with a list by itself: lines that never match, lines that
 * make no difference, duplicates.
 */
#ifndef VISAVIS_LIB_POLICY_AUDIT_LINT_H
#define VISAVIS_LIB_POLICY_AUDIT_LINT_H

#include "lib/policy/read/config.h"

enum lint_kind {
	LINT_UNREACHABLE = 0,	/**< `by` together have all its packets first;
				  none: it matches no packet at all */
	LINT_DUPLICATE,		/**< of `by`, which stands before */
	LINT_REDUNDANT,		/**< in a list without the above, every packet fares
				  the same without it, because of `by`, or of the
				  list's end (none). A last line that says what the
				  end says is none, nor is a line that logs or
				  counts what would else be logged or counted
				  otherwise */
	LINT_CANNOT_TELL,	/**< the steps ran out */
};

struct lint_ref {
	const struct config_list *list;
	const struct config_rule *rule;
};

struct lint_finding {
	enum lint_kind kind;
	struct lint_ref at;
	struct lint_ref *by;
	size_t nby;
};

/** Findings in the order of lists and lines */
struct lint {
	struct lint_finding *v;
	size_t n, cap;
	size_t count[LINT_CANNOT_TELL + 1];
};

enum {
	LINT_STEPS = 1 << 22,	/**< of each query, by default */
	LINT_BY_MAX = 64,	/**< lines named beside a redundant one */
};

/**
 * Lint every list of the config.
 *
 * A rule counts as unreachable when it is in every hook that uses its list;
 * lists that no hook uses are looked at alone. What never matches is noted in
 * the config (`dead`), for what is asked of it later.
 *
 * @param lt     filled; lives in the config's memory
 * @param steps  per query; 0: LINT_STEPS
 * @param reach  only lines that never match: no LINT_REDUNDANT
 * @return 0, ENOMEM, EOVERFLOW
 */
int lint_config(struct lint *lt, struct config *c, uint64_t steps, bool reach);

#endif
