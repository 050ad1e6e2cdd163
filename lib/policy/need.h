/**
 * Required flows: the matrix expanded over a site.
 *
 * One need is one direction of one row's port set between two groups of
 * addresses under the site's conditions. The policy compiler turns needs
 * into rules, the auditor asks whether each is permitted, and the proof asks
 * of each captured packet which need explains it.
 */
#ifndef VISAVIS_LIB_POLICY_NEED_H
#define VISAVIS_LIB_POLICY_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/ip.h"
#include "lib/flow/flow.h"
#include "lib/site/site.h"

/** A set of addresses: sorted, disjoint, not adjacent; IPv4 first. */
struct need_addrs {
	const struct ip_range *v;
	size_t n;
	const char *label;	/**< "codec", "any", for sets and comments */
};

struct need {
	const struct flow_row **rows;	/**< the row, then the rows of other
					  tables that say the same */
	size_t nrows;
	enum flow_transport transport;	/**< FLOW_TCP, FLOW_UDP, FLOW_ICMP */
	unsigned icmp;			/**< enum flow_icmp bits */
	struct need_addrs src;
	struct need_addrs dst;
	const struct flow_port *sports;	/**< merged; n 0: any port */
	size_t nsports;
	const struct flow_port *dports;
	size_t ndports;
	bool reverse;			/**< the second half of a both_ways row */
};

struct need_list {
	struct need *v;
	size_t n;
};

/** A packet's headers, as far as needs speak of them. */
struct need_packet {
	struct ip_addr src;
	struct ip_addr dst;
	enum flow_transport transport;
	uint16_t sport;
	uint16_t dport;
	uint8_t icmp_type;
	uint8_t icmp_code;
};

/**
 * Expand all matrices of the site.
 *
 * @param nl  filled; lives in `a`
 * @param dl  contradictions, and rows without any host, as warnings
 * @return 0, ENOMEM
 */
int need_expand(struct need_list *nl, struct arena *a, const struct site *s,
		struct diag_list *dl);

/** The first need that allows this packet to open a flow, or NULL. Replies
 *  are found by asking again with the two ends exchanged. */
const struct need *need_match(const struct need_list *nl,
			      const struct need_packet *p);

#endif
