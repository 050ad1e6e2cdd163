/**
 * Exact sets of packets.
 *
 * A set is a list of boxes: a range in each header field, and a mask and
 * value over the TCP flags. One question carries all others: is this box
 * covered by these boxes? Yes, and by which of them together; or no, and
 * here is a packet that is left. Union, difference and equality follow.
 *
 * The answer is found by branch and cut: boxes that do not meet the question
 * are left out, one that holds it ends it, otherwise the question is cut in
 * two. Worst cases are exponential for any exact method, hence a budget of
 * steps, whose end is an answer of its own (ETIME), never "covered".
 *
 * A field that a protocol does not have (ports of ICMP, flags of UDP) is
 * left at its full range by whoever makes a box.
 */
#ifndef VISAVIS_LIB_POLICY_PSET_PSET_H
#define VISAVIS_LIB_POLICY_PSET_PSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"

typedef unsigned __int128 pset_addr;

/** Fields with ranges of small numbers */
enum pset_field {
	PSET_FAMILY = 0,	/**< 0: IPv4, 1: IPv6 */
	PSET_PROTOCOL,		/**< 0..255 */
	PSET_SPORT,		/**< 0..65535 */
	PSET_DPORT,
	PSET_ICMP_TYPE,		/**< 0..255, of ICMP or ICMPv6 by family */
	PSET_ICMP_CODE,
	PSET_FRAGMENT,		/**< 0: first or whole, 1: a later fragment */
	PSET_DSCP,		/**< 0..63 */
	PSET_STATE,		/**< 0..4, the bits of enum config_state */
	PSET_IN,		/**< interface by number, given by who asks */
	PSET_OUT,
	PSET_FIELDS,
};

enum { PSET_SRC = 0, PSET_DST = 1 };

/** Both ends of each range belong to the box. A range of IPv4 addresses that
 *  ends in 255.255.255.255 goes on to the last number, so that "any address"
 *  is the same range in both families. */
struct pset_box {
	pset_addr alo[2], ahi[2];	/**< PSET_SRC, PSET_DST */
	uint16_t lo[PSET_FIELDS], hi[PSET_FIELDS];
	uint32_t abits[2];	/**< bits of IPv4 addresses that matter; 0: none.
				  Only in boxes of IPv4 alone */
	uint32_t avalue[2];	/**< and what they are; 0 where abits is 0 */
	uint8_t flags_mask;		/**< TCP flags that matter */
	uint8_t flags;			/**< and what they are */
};

/** One packet: a box of a single point. */
struct pset_packet {
	pset_addr addr[2];
	uint16_t field[PSET_FIELDS];
	uint8_t flags;
};

struct pset {
	struct pset_box *v;
	size_t n;
	size_t cap;
	size_t max;		/**< boxes at most; 0: PSET_MAX_DEFAULT */
};

enum { PSET_MAX_DEFAULT = 1 << 20 };

/** Steps (comparisons of two boxes) that a question may take. */
struct pset_budget {
	uint64_t left;
};

#define PSET_BUDGET_DEFAULT ((uint64_t)1 << 30)

/** All packets of one family (4, 6), or of both (0). */
void pset_box_init(struct pset_box *b, uint8_t family);
/** Narrow an end to a range of addresses, and the family with it. */
void pset_box_set_addrs(struct pset_box *b, int end, const struct ip_range *r);

bool pset_box_has(const struct pset_box *b, const struct pset_packet *p);
bool pset_box_holds(const struct pset_box *outer, const struct pset_box *inner);
/** @return false when they do not meet; out may be one of them */
bool pset_box_meet(struct pset_box *out, const struct pset_box *a,
		   const struct pset_box *b);

/** The address of a packet, by its PSET_FAMILY */
struct ip_addr pset_packet_addr(const struct pset_packet *p, int end);

/**
 * Is q covered by the n boxes of v?
 *
 * @param covered  the answer
 * @param used     [n], may be NULL: set where the box is one of those that
 *                 cover q together; untouched when it is not covered
 * @param witness  may be NULL: a packet of q in none of v, when not covered
 * @param budget   is used up; on ETIME nothing is known
 * @return 0, ETIME (out of budget), ENOMEM
 */
int pset_covered(bool *covered, bool *used, struct pset_packet *witness,
		 const struct pset_box *q, const struct pset_box *v, size_t n,
		 struct pset_budget *budget);

/** Append what q has beyond v, as boxes that do not meet.
 *  @return 0, ETIME, ENOMEM, EOVERFLOW (past out->max); then `out` holds an
 *  unfinished part */
int pset_subtract(struct pset *out, const struct pset_box *q,
		  const struct pset_box *v, size_t n, struct pset_budget *budget);

/** Append the packets of q that are not yet in ps; boxes stay disjoint if
 *  they were. @return as pset_subtract; ps is as before on error */
int pset_add(struct pset *ps, const struct pset_box *q, struct pset_budget *budget);

/** Does a hold all packets of b? The first packet that it lacks is put in
 *  *witness (may be NULL). @return 0, ETIME, ENOMEM */
int pset_includes(bool *yes, struct pset_packet *witness, const struct pset *a,
		  const struct pset *b, struct pset_budget *budget);

/** Do both hold the same packets? *witness is in one of them alone. */
int pset_equal(bool *yes, struct pset_packet *witness, const struct pset *a,
	       const struct pset *b, struct pset_budget *budget);

/** Join boxes that differ in one field and touch, until none do; at most
 *  `rounds` passes over the list. The set of packets stays the same. */
void pset_join(struct pset *ps, unsigned rounds);

void pset_reset(struct pset *ps);

#endif
