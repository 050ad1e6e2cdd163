/**
 * A policy as lists for devices that filter per interface, inbound: one list
 * an interface and family.
 *
 * Every list permits and ends in a refusal of the rest, so the order of its
 * entries means nothing to packets. A packet is looked at where it comes
 * in: the source of each entry is what lies behind that interface, the
 * destination what lies behind others. So sources cannot be forged across
 * interfaces, and nobody goes back out by the interface that he came by.
 *
 * For a device without state the lists hold the way back too: TCP packets of
 * an open connection, UDP with its ports exchanged, the echo reply.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_ACL_H
#define VISAVIS_LIB_POLICY_EMIT_ACL_H

#include "lib/policy/model/policy.h"

enum {
	ACL_REMARK_MAX = 100,	/**< what all of Cisco's systems take */
	ACL_NAME_MAX = 60,
	ACL_STEP = 10,
};

/** First number of the entry after which nothing may follow */
#define ACL_SEQ_LAST 2000000000U

/** A type of ICMP in one family */
struct acl_icmp {
	uint8_t type;
	uint8_t code_lo, code_hi;	/**< 0..255: any */
};

/** Addresses of one end, with the name of their group */
struct acl_end {
	struct need_addrs addrs;	/**< label: the group's name */
	const struct flow_port *ports;	/**< n 0: any */
	size_t nports;
};

struct acl_entry {
	const struct policy_rule *rule;
	const char *remark;	/**< rows first, at most ACL_REMARK_MAX */
	const char *rows;	/**< "A2-08 A2-18" */
	uint32_t base;		/**< its lines count up from here, by row and
				     direction; 0: in one sequence instead */
	bool back;		/**< the answers to what the row opens */
	enum flow_transport transport;
	struct acl_icmp icmp;
	struct acl_end src, dst;
	bool established;	/**< TCP with ACK or RST alone */
	size_t order;		/**< among those of one base */
};

struct acl {
	const char *name;
	unsigned iface;		/**< index into policy->interfaces */
	uint8_t family;		/**< 4 or 6; 0: both in one */
	struct acl_entry *entries;	/**< ordered by base */
	size_t nentries;
};

/** Flows of the site that have no line, and why. */
struct acl_note {
	const char *text;	/**< at most ACL_REMARK_MAX, rows first */
};

struct acl_plan {
	const struct policy *policy;
	struct acl *lists;
	size_t nlists;
	struct acl_note *notes;
	size_t nnotes;
};

/** What a dialect needs */
struct acl_want {
	bool stateful;		/**< no way back; helpers do their work */
	bool joined;		/**< both families in one list */
};

/** @return 0 or ENOMEM; the plan lives in a */
int acl_plan(struct acl_plan *plan, struct arena *a, const struct policy *p,
	     const struct acl_want *want);

/** Ranges as the fewest prefixes; vector lives in a. @return 0 or ENOMEM */
int acl_prefixes(struct ip_prefix **v, size_t *n, struct arena *a,
		 const struct ip_range *ranges, size_t nranges);

/** A name that every one of Cisco's systems takes, at most ACL_NAME_MAX long:
 *  prefix, s with other characters as '_', suffix. NULL: no memory. */
const char *acl_name(struct arena *a, const char *prefix, const char *s,
		     const char *suffix);

#endif
