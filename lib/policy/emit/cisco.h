/**
 * What the dialects of Cisco's systems share: how a plan (acl.h) becomes
 * groups, lines and bindings. A dialect is a table of words and functions.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_CISCO_H
#define VISAVIS_LIB_POLICY_EMIT_CISCO_H

#include "lib/base/sbuf.h"
#include "lib/policy/emit/acl.h"
#include "lib/policy/model/sets.h"

/** Addresses or ports with a name */
struct cisco_group {
	const char *name;
	uint8_t family;			/**< of addresses; 0: both */
	struct need_addrs addrs;	/**< n 0: a group of ports */
	enum flow_transport transport;
	const struct flow_port *sports;	/**< services of IOS alone have them */
	size_t nsports;
	const struct flow_port *ports;
	size_t nports;
};

struct cisco;

struct cisco_dialect {
	const char *to;			/**< as --to takes it */
	const char *device;
	struct acl_want want;
	bool groups4, groups6;		/**< addresses in groups */
	const char *net_ref;		/**< before a group of addresses */
	const char *port_ref;		/**< before a group of ports; NULL: none */
	bool services;			/**< groups hold protocol and both ports */
	bool eq_list4;			/**< "eq 80 443" in IPv4 */
	bool prefixes;			/**< "10.0.0.0/8", no wildcards */
	const char *icmp6;		/**< ICMPv6 as a protocol */
	bool icmp6_numbers;		/**< its types as numbers */
	bool numbered_remarks;
	void (*put_group)(struct cisco *o, const struct cisco_group *g);
	void (*put_list)(struct cisco *o, const struct acl *l);	/**< its head */
	/** All up to "permit" */
	void (*put_start)(struct cisco *o, const struct acl *l, uint32_t seq);
	void (*put_remark)(struct cisco *o, const struct acl *l, uint32_t seq,
			   const char *text);
	void (*put_tail)(struct cisco *o);	/**< bindings */
};

/** An end of an entry in words, one a line to be written */
struct cisco_terms {
	const char **v;
	size_t n, cap;
};

struct cisco {
	struct sbuf *sb;
	struct arena *mem;
	const struct acl_plan *plan;
	const struct cisco_dialect *d;
	struct cisco_group *groups;
	size_t ngroups, groups_cap;
	struct sets_index group_ix;
	uint32_t seq;
};

/** A policy in the dialect. @return 0, ENOMEM, EOVERFLOW */
int cisco_emit(struct sbuf *sb, struct arena *a, const struct policy *p,
	       const struct cisco_dialect *d);

/** Nothing but the list's entries with their remarks: no head, no refusal at
 *  the end. o->d has no groups. @return 0, ENOMEM, EOVERFLOW */
int cisco_put_entries(struct cisco *o, const struct acl *l);

/** "host A", "A WILDCARD" or "P/len" */
char *cisco_prefix_str(struct arena *a, const struct ip_prefix *p, bool prefixes);
/** "A MASK" */
char *cisco_mask_str(struct arena *a, const struct ip_prefix *p);

/** Bindings "interface X" with one line for each family's list */
void cisco_put_interfaces(struct cisco *o, const char *fmt4, const char *fmt6);

/** Ports in order of writing: " eq 5", " range 1 9"; "" when any */
void cisco_put_port(struct sbuf *sb, const struct flow_port *p);
bool cisco_every_port(const struct flow_port *v, size_t n);

#endif
