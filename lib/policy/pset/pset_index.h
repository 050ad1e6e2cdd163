/**
 * Finds, among many boxes, those that may meet a question, without reading
 * them all. About 25 bytes a box.
 */
#ifndef VISAVIS_LIB_POLICY_PSET_PSET_INDEX_H
#define VISAVIS_LIB_POLICY_PSET_PSET_INDEX_H

#include "lib/policy/pset/pset.h"

enum {
	PSET_INDEX_FIELDS = 5,	/**< both addresses and ports, and the protocol */
	PSET_INDEX_CUTS = 63,	/**< in a field */
	PSET_INDEX_SPAN = 8,	/**< buckets that a question looks at in a field */
	PSET_INDEX_RUN = 8,	/**< words of hits told at once */
};

/** A field's values: bucket i ends below cut[i], the last has no end */
struct pset_buckets {
	pset_addr cut[PSET_INDEX_CUTS];
	size_t ncuts;
	size_t row;		/**< of bucket 0 */
};

struct pset_index {
	const struct pset_box *v;
	size_t n;
	bool bits;		/**< some box has address bits */
	struct pset_buckets *fields;	/**< owned; NULL: too few boxes for it */
	uint64_t *rows;		/**< owned */
	size_t words;		/**< of a row */
};

/** A question, as rows to be combined */
struct pset_ask {
	const uint64_t *row[PSET_INDEX_FIELDS];
	uint8_t span[PSET_INDEX_FIELDS];	/**< rows from there on */
	size_t nfields;
	size_t words;
};

/** @param v  must stay as it is as long as the index
 *  @return 0 or ENOMEM; pset_index_reset() when done, whatever was returned */
int pset_index_make(struct pset_index *ix, const struct pset_box *v, size_t n);
void pset_index_reset(struct pset_index *ix);

void pset_index_ask(struct pset_ask *a, const struct pset_index *ix, const struct pset_box *q);

/** Bits of the boxes that may meet the question, from box 64 * word on; bits
 *  past the last box are of no meaning.
 *  @param word  a multiple of PSET_INDEX_RUN */
void pset_index_hits(uint64_t hits[PSET_INDEX_RUN], const struct pset_ask *a, size_t word);

/** Set met[i] of the boxes from..to-1 that meet q; others stay as they are. */
void pset_index_meet(bool *met, const struct pset_index *ix, const struct pset_box *q,
		     size_t from, size_t to);

#endif
