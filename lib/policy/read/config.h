/**
 * A firewall configuration that was read, the same for every dialect.
 *
 * A reader (reader.h) turns text into a struct config: lists of rules in
 * their order, and hooks that say where each list is applied. It decides
 * nothing about packets; flat.h and audit.h do, from what stands here.
 *
 * What a reader does not understand it says, in one of three ways:
 *  - outside the lists (routing, users, ...): config_skip() counts it;
 *  - inside a list: the rule is kept, with the boxes it could match at most,
 *    and marked `uncertain`, and config_unknown() names the line. Such a rule
 *    may match or not, permit or deny: the verdict of every packet that it
 *    could touch becomes "cannot tell because of line N";
 *  - a rule that matches only at times (time-range, rate limit, random) is
 *    marked `sometimes`: its action is known, whether it matches is not.
 * Never drop a line silently, never widen or narrow what it says.
 */
#ifndef VISAVIS_LIB_POLICY_READ_CONFIG_H
#define VISAVIS_LIB_POLICY_READ_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/ip.h"
#include "lib/policy/pset/pset.h"

enum {
	CONFIG_BOXES_MAX = 1 << 16,	/**< of one rule */
	CONFIG_RULES_MAX = 1 << 20,	/**< of one configuration */
	CONFIG_LISTS_MAX = 1 << 16,
	CONFIG_UNKNOWN_MAX = 10000,	/**< kept; more are counted */
	CONFIG_NAME_LEN = 255,		/**< of lists, interfaces, groups */
	CONFIG_WILDCARD_MAX = 64,	/**< ranges of one wildcard; see below */
};

/** A piece of the file's text, not NUL-terminated; borrowed. */
struct config_text {
	const char *p;
	size_t n;
};

enum config_action {
	CONFIG_DENY = 0,	/**< drop or reject */
	CONFIG_PERMIT,
	CONFIG_JUMP,		/**< to rule->target, and back at its end */
	CONFIG_GOTO,		/**< to rule->target; its end is ours */
	CONFIG_RETURN,		/**< leave this list; the hook's list: default */
	CONFIG_CONTINUE,	/**< decides nothing: log, count, mark */
};

/** What connection tracking may say of a packet; bits of rule->states.
 *  The order is that of PSET_STATE. */
enum config_state {
	CONFIG_UNTRACKED = 1 << 0,
	CONFIG_NEW = 1 << 1,
	CONFIG_RELATED = 1 << 2,
	CONFIG_ESTABLISHED = 1 << 3,
	CONFIG_INVALID = 1 << 4,
	CONFIG_STATES = 5,
	CONFIG_STATE_ANY = (1 << CONFIG_STATES) - 1,
};

/** Names of interfaces that a rule asks for; n 0: any. A name may end in '*'
 *  (any ending), as readers of "eth+" write it. */
struct config_ifaces {
	const char **v;
	size_t n, cap;
	bool negate;		/**< any but these */
};

/** Row ids of the matrix found in a remark or comment ("A2-07", "X-01") */
struct config_rows {
	const char **v;
	size_t n, cap;
};

/**
 * A rule: its packets, what becomes of them, and marks. The marks hold
 * together so:
 *  - `uncertain` goes before all others: its boxes are the most that it may
 *    match, its action may be any. A line of config_unknown() says why;
 *  - `sometimes` leaves the action certain. Every verdict counts it as both
 *    matching and not; `also` changes that for none, it only lets who writes
 *    the rule again write all of it. So `also` is NULL unless it is the whole
 *    of what the boxes lack;
 *  - `effect`, `part` and `implied` change no verdict. Lint looks at all three
 *    (lint.h), an update leaves implied rules alone.
 */
struct config_rule {
	unsigned line;			/**< where it begins */
	struct config_text text;	/**< the line, or all of it, as written */
	enum config_action action;
	const char *target;		/**< list's name, of JUMP and GOTO */
	/** The packets: what any of the boxes holds; made by
	 *  config_rule_match(), or by hand. n 0: matches nothing.
	 *  PSET_STATE, PSET_IN and PSET_OUT stay full in them. */
	struct pset_box *boxes;
	size_t nboxes;
	unsigned states;		/**< enum config_state bits; 0 is any */
	struct config_ifaces in, out;
	bool no_state;		/**< a permit on a hook of CONFIG_STATE_IMPLICIT
				  that opens no return direction ("no state") */
	bool sometimes;		/**< may not match what its boxes hold */
	bool uncertain;		/**< not understood; see the file's head */
	const char *also;	/**< of `sometimes`: all that it asks beyond the boxes,
				  in nftables' words ("ip6 hoplimit 255"); or NULL */
	const char *effect;	/**< what it does beside its verdict ("log", "counter
				     X"), equal texts for the same; NULL: nothing
				     that the line would be kept for */
	bool implied;		/**< not in the file: made by the reader, `text`
				  says what it stands for; no lint about it */
	bool part;		/**< one of several of the same `line`, which became
				  them: lint speaks of the line when what it says
				  holds for all */
	struct config_rows rows;
};

struct config_list {
	const char *name;
	unsigned line;
	uint8_t family;			/**< 4, 6, 0: both */
	struct config_rule *rules;
	size_t nrules, cap;
	/** What happens at the end of a list that a hook names: PERMIT or
	 *  DENY. User chains, which only jumps reach, have RETURN. */
	enum config_action fallthrough;
	bool defined;		/**< false: named by a jump or hook only. Its
				  packets cannot be told */
};

/** Where a list is applied. A packet that crosses the device passes when
 *  every hook that looks at it permits: first CONFIG_IN at the interface it
 *  comes in by, then CONFIG_FORWARD, then CONFIG_OUT. */
enum config_where {
	CONFIG_IN = 0,
	CONFIG_FORWARD,
	CONFIG_OUT,
	CONFIG_LOCAL,		/**< to or from the device itself: never crosses;
				  linted, not audited */
};

/** How a hook treats what belongs to a flow that it let open. */
enum config_tracking {
	CONFIG_STATELESS = 0,	/**< looks at every packet's headers alone */
	CONFIG_STATE_RULES,	/**< the rules ask for the state themselves */
	CONFIG_STATE_IMPLICIT,	/**< packets of open flows pass unseen, both
				  ways: ASA, SRX, security groups */
};

struct config_hook {
	const char *list;
	enum config_where where;
	const char *iface;	/**< interface, NULL: all (FORWARD) */
	uint8_t family;		/**< packets that it looks at: 4, 6, 0: both */
	enum config_tracking tracking;
	unsigned line;
};

struct config_interface {
	const char *name;	/**< as hooks and rules name it */
	const char *alias;	/**< another name ("nameif", zone), or NULL */
	struct ip_prefix *addrs;	/**< host bits kept zero: the networks */
	size_t naddrs, cap;
	unsigned line;
	bool shutdown;
	uint8_t level;			/**< ASA: security level + 1; 0: not known */
	bool source_check;	/**< takes packets only from where it would send
				  what answers them: what comes from behind
				  another interface is no excess of its lists */
};

struct config_unknown {
	unsigned line;
	struct config_text text;
	const char *reason;	/**< "keyword \"foo\" is not known" */
};

/** A protocol whose packets it reads, and so lets through what belongs to them:
 *  "tftp", "sip", "icmp" */
struct config_helper {
	const char *name;
	const char *iface;	/**< reads what comes in or goes out there; NULL: all */
	bool maybe;		/**< perhaps not all of the protocol */
};

/** Something worth a word that changes no verdict: NAT, VPN, inspection. */
struct config_notice {
	unsigned line;
	const char *text;
};

/** In three parts: what was read, how it was read, and what is known of it. */
struct config {
	struct arena mem;	/**< owns all below */
	const char *file;	/**< name for messages */
	const char *dialect;	/**< of the reader: "ios" */
	const char *hostname;	/**< as the file says, or NULL */
	struct config_list *lists;
	size_t nlists, lists_cap;
	struct config_hook *hooks;
	size_t nhooks, hooks_cap;
	struct config_interface *ifaces;
	size_t nifaces, ifaces_cap;
	struct config_helper *helpers;
	size_t nhelpers, helpers_cap;
	size_t nrules;		/**< of all lists */

	/* what kind of configuration it is: the same for all of a dialect, or of
	 * one of its forms */
	unsigned families;	/**< 1: speaks for IPv4, 2: for IPv6; 0 is both */
	bool at_hosts;		/**< its lists stand at each host, in all that comes
				     and goes there, not between interfaces: it is
				     held against policy_build_hosts() */
	bool no_sports;		/**< its language cannot ask for source ports: any
				  of them is no excess */
	bool icmp_by_helper;	/**< tracks ICMP only where the helper "icmp" reads
				     it: else echo replies need rules (ASA) */

	struct config_unknown *unknown;
	size_t nunknown, unknown_cap;
	size_t unknown_more;	/**< past CONFIG_UNKNOWN_MAX */
	struct config_notice *notices;
	size_t nnotices, notices_cap;
	size_t skipped;		/**< lines outside of lists */
	unsigned lines;		/**< of the file */
	bool truncated;		/**< the file ends in mid-line or mid-block */

	const bool *dead;	/**< [nrules] lines that never match, as lint_config()
				  found, by flat_rule_id(); NULL: not known */
};

/** Zero the config first, or use a fresh one. */
void config_reset(struct config *c);

/* Building a config. All return 0, ENOMEM or EOVERFLOW; the out-parameter
 * points into a vector and is valid until the next call that adds to it. */

/** The list of that name: found, or made with `defined` false. A name may
 *  stand once per family (IPv4 and IPv6 lists have their own names in some
 *  dialects): family 0 finds any. */
int config_list_get(struct config_list **l, struct config *c, const char *name,
		    size_t len, uint8_t family);
struct config_list *config_list_find(const struct config *c, const char *name,
				     uint8_t family);
/** Append an empty rule (DENY, nothing matched) to the list. */
int config_rule_add(struct config_rule **r, struct config *c, struct config_list *l,
		    unsigned line, struct config_text text);
int config_hook_add(struct config *c, const struct config_hook *h);
/** The interface of that name, made when it is new */
int config_iface_get(struct config_interface **i, struct config *c,
		     const char *name, size_t len);
int config_iface_add_addr(struct config *c, struct config_interface *i,
			  const struct ip_prefix *p);
int config_ifaces_add(struct config *c, struct config_ifaces *v, const char *name,
		      size_t len);
/** Row ids in a remark's text: [A-Z][A-Z0-9]*-[0-9]+ and those of the words
 *  before the first ':'; others are left. Appended to the rule's. */
int config_rows_scan(struct config *c, struct config_rows *rows,
		     struct config_text remark);
/** The line was not understood; mark the rule `uncertain` yourself. */
int config_unknown(struct config *c, unsigned line, struct config_text text,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int config_notice(struct config *c, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** An inspection or connection-tracking helper that is switched on.
 *  @param h  its iface must outlive the config; of its name, len bytes are copied */
int config_helper_add(struct config *c, const struct config_helper *h, size_t len);
static inline void config_skip(struct config *c) { c->skipped++; }

/* A rule's conditions, gathered field by field; all must hold. */

/** An address condition: a range, and bits of IPv4 addresses that must have a
 *  value (bits 0: the range alone). */
struct config_addr {
	struct ip_range range;
	uint32_t bits, value;
};

/** any of; not given: no condition; given and n 0: matches nothing */
struct config_addrs {
	struct config_addr *v;
	size_t n, cap;
	bool given;
	bool negate;		/**< none of them. With `bits` in it: ENOTSUP */
};

struct config_num {
	uint16_t lo, hi;
};

struct config_nums {
	struct config_num *v;
	size_t n, cap;
	bool given;
	bool negate;
};

struct config_icmp {
	uint8_t type_lo, type_hi;
	uint8_t code_lo, code_hi;
};

struct config_icmps {
	struct config_icmp *v;
	size_t n, cap;
	bool given;
};

/** TCP flags: bit 0 FIN, SYN, RST, PSH, ACK, URG, ECE, bit 7 CWR */
enum {
	CONFIG_FIN = 1, CONFIG_SYN = 2, CONFIG_RST = 4, CONFIG_PSH = 8,
	CONFIG_ACK = 16, CONFIG_URG = 32, CONFIG_ECE = 64, CONFIG_CWR = 128,
};

struct config_flags {
	uint8_t mask, value;
};

/** How a rule takes later fragments, which have no ports, types and flags. */
enum config_fragments {
	CONFIG_FRAGMENTS_BY_RULE = 0,	/**< with ports and such: never; without:
					  like any packet (iptables, JunOS) */
	CONFIG_FRAGMENTS_TOO,		/**< also those whose addresses and
					  protocol fit (Cisco's permit) */
	CONFIG_FRAGMENTS_ONLY,		/**< the keyword "fragments" */
	CONFIG_FRAGMENTS_FIRST,		/**< first and whole packets only */
};

struct config_match {
	uint8_t family;			/**< 4, 6, 0: both */
	struct config_addrs src, dst;
	struct config_nums protocol;
	struct config_nums sport, dport;
	struct config_icmps icmp;
	struct config_flags flags[8];	/**< any of; established: ACK or RST */
	size_t nflags;
	struct config_nums dscp;
	enum config_fragments fragments;
};

/** All append one alternative. The memory is the config's. */
int config_addrs_add(struct config *c, struct config_addrs *a,
		     const struct ip_range *r);
int config_addrs_add_prefix(struct config *c, struct config_addrs *a,
			    const struct ip_prefix *p);
/** IPv4 address and wildcard: bits set in `wild` are free. A wildcard without
 *  holes is one range; with holes it becomes up to CONFIG_WILDCARD_MAX ranges,
 *  and beyond that one range with `bits`, which pset cuts when it must. Set
 *  a->negate before: then more are made, as there is no "all but these bits". */
int config_addrs_add_wildcard(struct config *c, struct config_addrs *a,
			      uint32_t addr, uint32_t wild);
/** All alternatives of `from`, for nested groups */
int config_addrs_add_all(struct config *c, struct config_addrs *a,
			 const struct config_addrs *from);
int config_nums_add(struct config *c, struct config_nums *v, unsigned lo, unsigned hi);
int config_nums_add_all(struct config *c, struct config_nums *v,
			const struct config_nums *from);
int config_icmp_add(struct config *c, struct config_icmps *v, unsigned type_lo,
		    unsigned type_hi, unsigned code_lo, unsigned code_hi);
/** "eq", "neq", "lt", "gt", "range" (lo and hi); @return also EINVAL: no such
 *  operator, or nothing is left ("lt 0") */
int config_nums_add_op(struct config *c, struct config_nums *v, const char *op,
		       size_t len, unsigned lo, unsigned hi, unsigned max);

/**
 * Make the rule's boxes of the conditions.
 *
 * Ports or flags without a protocol do not narrow the protocol: a reader says
 * what its dialect means. Past CONFIG_BOXES_MAX the rule gets one box around
 * all and is marked uncertain, and config_unknown() is called.
 * @return 0, ENOMEM, EOVERFLOW, ENOTSUP
 */
int config_rule_match(struct config *c, struct config_rule *r,
		      const struct config_match *m);

/* What a config means by names. */

/** Is this the interface meant? Equal without regard to case, or short and
 *  long forms of the same ("Gi0/1", "GigabitEthernet0/1"); '*' at the end of
 *  pattern is any ending. */
bool config_iface_match(const char *pattern, const char *name);
/** As config_iface_match, by either name of an interface that has two. */
bool config_iface_named(const struct config *c, const char *pattern, const char *name);

#endif
