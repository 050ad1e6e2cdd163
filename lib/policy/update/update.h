/**
 * From one list of lines to another in single commands, such that no state
 * on the way lets pass what neither list does, or stops what both let pass.
 *
 * The wanted list permits and ends in a refusal of the rest, so its permits
 * may stand in any order: each line that the device has already stays where
 * it is. Then the steps are
 *
 *  1. lines behind a refusal of the rest that stays go: nothing reaches them;
 *  2. what is new comes, from the top downwards. A packet meets either a
 *     present line that it met before, or a wanted one with all wanted ones
 *     above in place;
 *  3. what is not wanted goes, from the bottom upwards. A packet meets either
 *     a wanted line, or a present one with all present ones above in place.
 *
 * Each state thus does to each packet what the first or the last list does,
 * whatever the lines mean, and no sequence that keeps the order is shorter.
 */
#ifndef VISAVIS_LIB_POLICY_UPDATE_UPDATE_H
#define VISAVIS_LIB_POLICY_UPDATE_UPDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"

#define UPDATE_NONE ((size_t)-1)

enum update_kind {
	UPDATE_INSERT = 0,
	UPDATE_DELETE,
};

struct update_step {
	enum update_kind kind;
	size_t line;		/**< of the wanted list to insert, of the
				     present one to delete */
};

struct update {
	size_t *kept;		/**< [nwant] the present line, UPDATE_NONE */
	struct update_step *steps;
	size_t nsteps;
	size_t last;		/**< present line that refuses the rest and stays;
				     inserts come above it. UPDATE_NONE: none */
};

/** Do the present and the wanted line say the same? */
typedef bool (update_same_h)(size_t present, size_t wanted, void *arg);

/**
 * Find the steps.
 *
 * @param hp,hw   [np], [nw] hashes: equal where same_h may be true
 * @param nw      lines wanted, the last of which refuses the rest
 * @return 0 or ENOMEM; lives in a
 */
int update_find(struct update *u, struct arena *a, const unsigned long *hp, size_t np,
		const unsigned long *hw, size_t nw, update_same_h *same_h, void *arg);

#endif
