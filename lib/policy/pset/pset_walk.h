/**
 * The search behind pset.h and behind every question about a list of rules:
 * which box decides each packet of q, when the first that has it does?
 */
#ifndef VISAVIS_LIB_POLICY_PSET_PSET_WALK_H
#define VISAVIS_LIB_POLICY_PSET_PSET_WALK_H

#include "lib/policy/pset/pset_index.h"

enum {
	PSET_CLASSES = 8,
	PSET_SOFT = 0x80,	/**< in cls: the box may decide, or not */
};

/** Packets whose fate is one: those of `piece`. */
struct pset_leaf {
	const struct pset_box *piece;
	unsigned classes;	/**< bit per class that may decide; one, unless
				  soft boxes took part, or `together` */
	const uint32_t *by;	/**< boxes that decide, in order */
	size_t nby;
	bool fell;		/**< some packets of it are in no hard box */
};

/** A return other than 0 stops the search and becomes its result. */
typedef int (pset_leaf_h)(const struct pset_leaf *leaf, void *arg);

struct pset_walk {
	const struct pset_index *ix;
	const uint8_t *cls;	/**< [n] class, 0..7, of each box, maybe with
				  PSET_SOFT; NULL: all are 1 */
	unsigned fall;		/**< class of packets in no box */
	unsigned together;	/**< classes that need not be told apart */
	size_t before;		/**< boxes below this index count as class
				  `before_class`, hard or not as they are */
	unsigned before_class;
	const bool *skip;	/**< [n] boxes left out; may be NULL */
	struct pset_budget *budget;
	pset_leaf_h *leaf_h;
	void *arg;
};

/** Cut q until the fate of each piece is one; boxes from..to-1 count.
 *  @return 0, ETIME, ENOMEM, or what leaf_h returned */
int pset_walk_run(const struct pset_walk *w, const struct pset_box *q,
		  size_t from, size_t to);

bool pset_boxes_meet(const struct pset_box *a, const struct pset_box *b);
int pset_push(struct pset *ps, const struct pset_box *b);
/** The first packet of a box; @return false: its address bits leave none */
bool pset_box_first(struct pset_packet *p, const struct pset_box *b);

/** As pset_covered, with boxes from..to-1 of an index.
 *  @param used  [ix->n]
 *  @param skip  [ix->n] boxes left out; may be NULL */
int pset_index_covered(bool *covered, bool *used, struct pset_packet *witness,
		       const struct pset_box *q, const struct pset_index *ix,
		       size_t from, size_t to, const bool *skip,
		       struct pset_budget *budget);

#endif
