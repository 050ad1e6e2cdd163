/**
 * Required flows: the matrix expanded over a site.
 *
 * One need is one direction of one row's port set between two groups of
 * addresses under the site's conditions. The policy compiler turns needs
 * into rules, the auditor asks whether each is permitted, and the proof asks
 * of each captured packet which need explains it.
 */
#ifndef VISAVIS_LIB_POLICY_MODEL_NEED_H
#define VISAVIS_LIB_POLICY_MODEL_NEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/ip.h"
#include "lib/flow/flow.h"
#include "lib/site/site.h"

/** What need_expand does with the rows, by their ends and conditions:
 *
 *  - A row gives a need when its condition holds, each end has a host and it
 *    concerns the site (site_row_concerns()). Of its ports those count whose
 *    own condition holds.
 *  - "any" is every network of the site. "broadcast" and "unspecified" are
 *    255.255.255.255 and 0.0.0.0: such a need explains a packet on its link,
 *    and no firewall carries it (a DHCP relay is a flow between two hosts,
 *    so it takes a row of its own).
 *  - A site's narrowing takes the place of the row's end or ports; its names
 *    may be roles, hosts or networks, looked up in that order.
 *  - A row that goes both ways gives a second need with the ends exchanged,
 *    unless that is the same set of packets.
 *  - Rows that give the same set of packets share one need.
 *  - Rows of the link layer give none.
 *
 *  Needs come in the order of the matrix.
 */

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
	bool both_ways;			/**< the row names both directions */
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
	uint8_t icmp_type;		/**< of ICMP or ICMPv6, by src.family */
	uint8_t icmp_code;
};

/** A type of ICMP and of ICMPv6 that a row may name. */
struct need_icmp {
	unsigned bit;			/**< enum flow_icmp */
	uint8_t family;
	uint8_t type;
	uint8_t code_lo, code_hi;
	bool opens;			/**< else it answers a packet of a flow */
};

/** All of them; ends with bit 0. */
extern const struct need_icmp need_icmp_types[];

/** Does a row with these bits (enum flow_icmp) need the type? Packet-too-big
 *  of IPv6 goes wherever unreachable does (RFC 4890, section 4.3.1). */
bool need_icmp_has(unsigned bits, const struct need_icmp *t);

/** ICMPv6 that ends on its link and without which no IPv6 works there: every
 *  list may let it in to the addresses of the link. */
struct need_link {
	uint8_t type_lo, type_hi;
	bool anywhere;			/**< a router never passes it on whatever
					  its destination (hop limit 255) */
};

/** Neighbour discovery, listener discovery; ends with type_hi 0. */
extern const struct need_link need_link_types[];
/** Multicasts of the link and link-local addresses; ends with family 0. */
extern const struct ip_range need_link_addrs[];

/**
 * Expand all matrices of the site.
 *
 * @param nl  filled; lives in `a`
 * @param dl  contradictions, and rows without any host, as warnings
 * @return 0, ENOMEM
 */
int need_expand(struct need_list *nl, struct arena *a, const struct site *s,
		struct diag_list *dl);

/** Are these the same port ranges, in the same order? */
bool need_ports_equal(const struct flow_port *a, size_t na,
		      const struct flow_port *b, size_t nb);

/** Is this a packet that opens a flow of the need? Of ICMP: any type that
 *  the need names, answers and errors included. */
bool need_has(const struct need *n, const struct need_packet *p);

/** The first need that allows this packet to open a flow, or NULL. Replies
 *  are found by asking again with the two ends exchanged. */
const struct need *need_match(const struct need_list *nl,
			      const struct need_packet *p);

/** The first need that explains a packet seen on a wire: as one that opens
 *  a flow, else as one that comes back; *back (may be NULL) tells which. */
const struct need *need_explain(const struct need_list *nl,
				const struct need_packet *p, bool *back);

#endif
