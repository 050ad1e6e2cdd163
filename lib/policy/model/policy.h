/**
 * The policy of one firewall: its rules, before any dialect.
 *
 * Three layers. The front end (policy_build) turns needs into rules. The
 * model answers questions about packets: here for a policy, in pset.h for
 * sets of packets. A back end (struct policy_backend) writes the rules in
 * one dialect, and decides nothing.
 *
 * A rule lets the first packet of a flow pass; what belongs to the flow
 * afterwards, both ways, passes because of it. A packet passes only when its
 * source lies behind the interface that it comes in by and its destination
 * behind another one: two hosts on one network never meet here.
 */
#ifndef VISAVIS_LIB_POLICY_MODEL_POLICY_H
#define VISAVIS_LIB_POLICY_MODEL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/sbuf.h"
#include "lib/policy/model/need.h"
#include "lib/site/site.h"

/** An interface of the firewall and the addresses behind it. */
struct policy_interface {
	const char *name;
	struct need_addrs addrs;
};

/** In by one interface, out by another: indices into `interfaces`. */
struct policy_pair {
	unsigned in;
	unsigned out;
};

/** How a first packet comes to pass. */
enum policy_how {
	POLICY_OPEN = 0,	/**< by its headers alone */
	POLICY_EXPECTED,	/**< only when a helper, which reads the packets
				  of another rule, waits for it; a dialect
				  without that helper treats it as open */
};

/** Protocols whose second connection is agreed on inside the first. */
struct policy_helper {
	const char *name;	/**< "tftp" */
	const char *protocol;	/**< of the matrix's rows */
	enum flow_transport transport;
	uint16_t port;		/**< of the first connection */
};

struct policy_rule {
	const struct need *need;	/**< row ids: need->rows[..]->id */
	const char *counter;	/**< "A2-20", "A2-21.r" for the reverse half */
	const char *comment;	/**< row ids and purpose, at most
				  POLICY_COMMENT_MAX bytes, printable ASCII */
	uint32_t mark;		/**< identifies the rule, never 0; see below */
	enum flow_transport transport;	/**< FLOW_TCP, FLOW_UDP, FLOW_ICMP */
	unsigned icmp;		/**< enum flow_icmp bits */
	size_t src, dst;	/**< indices into `sets` */
	const struct flow_port *sports;	/**< n 0: any */
	size_t nsports;
	const struct flow_port *dports;
	size_t ndports;
	enum policy_how how;
	const struct policy_helper *helper;	/**< that watches it, or that
						  expects it; or NULL */
	const struct policy_pair *pairs;	/**< at least one */
	size_t npairs;
};

enum { POLICY_COMMENT_MAX = 120 };

struct policy {
	bool at_hosts;			/**< made by policy_build_hosts() */
	const struct site *site;
	const struct site_firewall *firewall;
	struct policy_interface *interfaces;
	size_t ninterfaces;
	struct need_addrs *sets;	/**< label is unique: an identifier of
					  letters, digits, _ */
	size_t nsets;
	struct policy_rule *rules;	/**< in the order of the matrix */
	size_t nrules;
	struct diag_list *notes;	/**< NULL, or where a back end says what
					  its dialect cannot, as warnings */
};

/**
 * Build the policy of one firewall.
 *
 * Marks: a row of a table "A-n" has n * 1000 + its number, the reverse half
 * 500 more (A2-20: 2020, A2-21.r: 2521); others count from 100001 in the
 * order of the matrix. So a mark, like a counter's name, stays when the site
 * changes elsewhere.
 *
 * @param p   filled; lives in `a`, borrows from site and needs
 * @return 0 or ENOMEM
 */
int policy_build(struct policy *p, struct arena *a, const struct site *s,
		 const struct site_firewall *fw, const struct need_list *needs);

/**
 * Build the policy of filters that stand at each host: one interface with all
 * networks behind it, and every need is a rule from it to itself, also between
 * two hosts of one network.
 *
 * @param p,a,s,needs  as of policy_build()
 * @return 0 or ENOMEM
 */
int policy_build_hosts(struct policy *p, struct arena *a, const struct site *s,
		       const struct need_list *needs);

/**
 * Pairs of networks that no single firewall has behind its interfaces, as
 * warnings: an interface must list all that lies behind it, far networks
 * too, or the firewall drops what comes from there.
 * @return 0 or ENOMEM
 */
int policy_check_paths(const struct site *s, struct arena *a,
		       struct diag_list *dl);

/** Is an address of that family (4, 6) behind any of its interfaces? */
bool policy_has_family(const struct policy *p, uint8_t family);

/** The addresses behind all interfaces but that one (SIZE_MAX: behind all),
 *  without a label. @return 0 or ENOMEM */
int policy_behind_others(struct need_addrs *out, struct arena *a, const struct policy *p,
			 size_t iface);

/** Does the pair's traffic cross this firewall at all? *pair (may be NULL)
 *  tells how. */
bool policy_crosses(const struct policy *p, const struct ip_addr *src,
		    const struct ip_addr *dst, struct policy_pair *pair);

/** The rule by which this packet, as the first of its flow, passes this
 *  firewall; NULL: it is dropped. ICMP answers and errors are never first. */
const struct policy_rule *policy_verdict(const struct policy *p,
					 const struct need_packet *first);

/**
 * Exactly the destination ports to which a first packet from src and sport
 * to dst passes this firewall.
 *
 * @param transport  FLOW_TCP or FLOW_UDP
 * @param v,n        merged ports; vector lives in `a`; n 0: none
 * @return 0, ENOMEM, EINVAL (other transports)
 */
int policy_ports(const struct policy *p, struct arena *a,
		 const struct ip_addr *src, const struct ip_addr *dst,
		 enum flow_transport transport, uint16_t sport,
		 const struct flow_port **v, size_t *n);

/** Does `outer` let every first packet of `inner` pass too? */
bool policy_rule_within(const struct policy *p, const struct policy_rule *inner,
			const struct policy_rule *outer);

/** The rule of a counter's name or of a mark, or NULL */
const struct policy_rule *policy_rule_by_counter(const struct policy *p,
						 const char *counter);
const struct policy_rule *policy_rule_by_mark(const struct policy *p,
					      uint32_t mark);

/** Counters that belong to no rule, in every dialect that has counters */
#define POLICY_COUNTER_DROPPED "dropped"	/**< every packet refused */
#define POLICY_COUNTER_INVALID "invalid"	/**< of those: of no flow */
#define POLICY_COUNTER_SPOOFED "spoofed"	/**< of those: wrong interface */
#define POLICY_COUNTER_ON_LINK "on_link"	/**< broadcasts, multicasts to
						  the firewall's own links */
#define POLICY_COUNTER_NEIGHBOUR "neighbour"	/**< IPv6 neighbour discovery */

/** Dropped packets are logged to this NFLOG group with this prefix. */
enum { POLICY_LOG_GROUP = 5 };
#define POLICY_LOG_PREFIX "visavis drop "

/** One dialect: one file, and one row of the table. */
struct policy_backend {
	const char *name;	/**< as --to takes it: "nftables" */
	const char *suffix;	/**< of the files: "nft" */
	const char *title;
	/** Write the whole configuration; the same policy always gives the
	 *  same text. @return 0, ENOMEM, EOVERFLOW (sb is full) */
	int (*emit)(struct sbuf *sb, struct arena *a, const struct policy *p);
};

/** Ends with a NULL name. */
extern const struct policy_backend policy_backends[];

const struct policy_backend *policy_backend_find(const char *name);

/** All in one: needs, policy and nftables text of the site's firewall named
 *  `firewall`. Warnings go to dl. @return 0, ENOENT (no such firewall),
 *  ENOMEM, EOVERFLOW */
int policy_compile_nftables(struct sbuf *sb, const struct site *s,
			    const char *firewall, struct diag_list *dl);

#endif
