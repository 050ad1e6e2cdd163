/**
 * What becomes of a packet: rules, and what each has seen so far. Pure.
 *
 * A packet belongs to the first rule that matches it and is the rule's n-th
 * in its direction, counted from 0. Loss, duplication, reordering and jitter
 * of packet n follow from the seed, the direction, the rule and n alone; the
 * queue of a rate limit follows from when packets came, too.
 */
#ifndef VISAVIS_LAB_IMPAIR_MODEL_H
#define VISAVIS_LAB_IMPAIR_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/impair/dist.h"
#include "lab/impair/packet.h"

enum impair_dir { IMPAIR_FORWARD = 0, IMPAIR_BACK, IMPAIR_DIRS };

enum {
	IMPAIR_RULES_MAX = 64,
	IMPAIR_PICKS_MAX = 4096,	/**< ranges in a list of packets */
	IMPAIR_QUEUE_MAX = 10000,	/**< packets before a rate limit */
};

/** Which packets something happens to. */
enum pick_kind {
	PICK_NONE = 0,
	PICK_CHANCE,	/**< each with probability p, by itself */
	PICK_EVERY,	/**< the every-th, twice that-th, ... */
	PICK_LIST,	/**< those numbered; the first packet is 1 */
	PICK_BURST,	/**< Gilbert and Elliott: see below */
};

struct pick_range {
	uint64_t lo, hi;
};

/** PICK_BURST is a chain of two states that moves before each packet: from
 *  good to bad with `enter`, back with `leave`; in the bad state packets are
 *  picked with probability p, in the good state never. A burst is 1 / leave
 *  packets long on average. */
struct pick {
	enum pick_kind kind;
	double p;
	double enter, leave;
	uint64_t every;
	const struct pick_range *list;	/**< ascending; borrowed */
	size_t nlist;
};

/** Filters that are all 0 and `dscp` of -1 match every IP packet. */
struct impair_rule {
	const char *link;	/**< of which link; NULL: of every one */
	bool dir[IMPAIR_DIRS];
	bool udp;		/**< UDP only, and then: */
	uint16_t port_lo, port_hi;	/**< either port is in here; 0: any */
	int dscp;		/**< or -1 */
	bool neighbours;	/**< ARP and neighbour discovery too */

	int64_t delay_ns;
	struct dist jitter;
	bool free_order;	/**< jitter may let packets overtake */
	uint64_t rate_bps;	/**< of whole frames; 0: no limit */
	unsigned queue;		/**< packets that wait for the rate, at most */
	struct pick loss;
	struct pick reorder;
	int64_t reorder_ns;	/**< those picked are held so much longer */
	struct pick duplicate;
	int64_t duplicate_ns;	/**< the second comes so much later */
	int new_dscp;		/**< or -1: as it came */
};

enum impair_act {
	IMPAIR_PASS = 0,	/**< no rule: goes on at once, is not counted */
	IMPAIR_SEND,
	IMPAIR_LOSE,		/**< loss */
	IMPAIR_FULL,		/**< the rate limit's queue was full */
};

struct impair_verdict {
	enum impair_act act;
	unsigned rule;
	uint64_t n;		/**< the rule's n-th in this direction, from 0 */
	int64_t due_ns;		/**< when it is to go, on the clock of `now` */
	int64_t again_ns;	/**< when its copy is to go; with `duplicate` */
	bool duplicate;
	bool reordered;		/**< held back by `reorder` */
	int dscp;		/**< to write, or -1 */
};

struct model;

/** @param rules  n of them, borrowed for the model's life
 *  @return 0, ENOMEM, EOVERFLOW: more than IMPAIR_RULES_MAX */
int model_alloc(struct model **mp, uint64_t seed, const struct impair_rule *rules, size_t n);
void model_free(struct model *m);

/** Decide on the next packet.
 *  @param at_ns  when it came; not before the direction's last one
 *  @param len    of the frame, for the rate */
void model_decide(struct model *m, struct impair_verdict *v, enum impair_dir dir,
		  const struct packet *p, int64_t at_ns, size_t len);

/** Is packet n picked? `bad` is the state of the burst chain, kept by the
 *  caller from n to n + 1, and false at 0. */
bool pick_take(const struct pick *k, bool *bad, uint64_t seed, uint32_t stream, uint64_t n,
	       uint32_t draw);

#endif
