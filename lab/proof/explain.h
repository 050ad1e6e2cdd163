/**
 * Which need explains a packet? The memory of the proof: every captured
 * packet is either a need's (in one of its two directions), housekeeping of
 * the link, or unexplained.
 *
 * Pure: fed with frames in the order of their times.
 */
#ifndef VISAVIS_LAB_EXPLAIN_H
#define VISAVIS_LAB_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/proof/frame.h"
#include "lib/policy/model/need.h"

/** Packets that exist on every link, with the reason why no row has them. */
struct explain_house {
	const char *what;
	const char *reason;
	uint64_t packets;
};

enum { EXPLAIN_HOUSES = 9, EXPLAIN_UNEXPLAINED_MAX = 256,
       EXPLAIN_SUMMARY = 160 };

/** Packets of one kind that no row explains. */
struct explain_stranger {
	uint64_t packets;
	uint64_t first_ns;
	char where[64];			/**< "core eth1" */
	char summary[EXPLAIN_SUMMARY];	/**< of the first */
	const char *why;
	struct need_packet key;		/**< source port 0: any */
};

/** What was seen of one need. */
struct explain_need {
	uint64_t packets;	/**< in the direction of the need */
	uint64_t replies;
	uint64_t bytes;		/**< both */
	uint64_t errors;	/**< ICMP errors that quote its packets */
	uint64_t first_ns;
	uint64_t last_ns;
};

struct explain;

/**
 * @param ep         owned by the caller, explain_free()
 * @param nl         borrowed
 * @param flows_max  flows remembered; past it packets are still explained,
 *                   but a reply without its request is no longer told
 * @return 0 or ENOMEM
 */
int explain_alloc(struct explain **ep, const struct need_list *nl,
		  size_t flows_max);
void explain_free(struct explain *e);

/** @param where  interface and firewall, copied */
void explain_frame(struct explain *e, const struct frame *f, uint64_t t_ns,
		   const char *where);

/** Per need, in the order of the list. */
const struct explain_need *explain_needs(const struct explain *e);
const struct explain_house *explain_houses(const struct explain *e);
const struct explain_stranger *explain_strangers(const struct explain *e,
						 size_t *n);
/** All unexplained packets, those past the list's end too. */
uint64_t explain_unexplained(const struct explain *e);
uint64_t explain_total(const struct explain *e);

#endif
