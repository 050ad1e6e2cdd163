/**
 * The search behind pset.h.
 */
#ifndef VISAVIS_LIB_POLICY_PSET_WALK_H
#define VISAVIS_LIB_POLICY_PSET_WALK_H

#include "lib/policy/pset.h"

/** A piece of the question that no box meets; a return other than 0 stops
 *  the search and becomes its result. */
typedef int (pset_left_h)(const struct pset_box *piece, void *arg);

/** Cut q until each piece is held by one of v (then used[i] is set, unless
 *  NULL) or meets none (then left_h gets it). @return 0, ETIME, ENOMEM, or
 *  what left_h returned */
int pset_walk(const struct pset_box *q, const struct pset_box *v, size_t n,
	      bool *used, struct pset_budget *budget,
	      pset_left_h *left_h, void *arg);

bool pset_boxes_meet(const struct pset_box *a, const struct pset_box *b);
int pset_push(struct pset *ps, const struct pset_box *b);

#endif
