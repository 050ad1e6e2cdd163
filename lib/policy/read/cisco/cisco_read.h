/**
 * Reading configurations of Cisco's systems. One engine serves four readers;
 * what sets them apart is an enum flavour.
 *
 * Two passes over the text: the first collects names, objects and groups,
 * which lines may use before they stand; the second reads lists and what
 * binds them to interfaces.
 */
#ifndef VISAVIS_LIB_POLICY_READ_CISCO_CISCO_READ_H
#define VISAVIS_LIB_POLICY_READ_CISCO_CISCO_READ_H

#include "lib/policy/read/config.h"
#include "lib/policy/read/lines.h"
#include "lib/policy/read/reader.h"
#include "lib/policy/model/sets.h"

enum flavour {
	FLAVOUR_IOS = 0,
	FLAVOUR_XR,
	FLAVOUR_NXOS,
	FLAVOUR_ASA,
};

enum {
	TOKENS_MAX = 512,
	NEST_MAX = 32,		/**< groups within groups */
	OWN_MAX = 4096,		/**< interfaces of an ASA */
};

struct token {
	const char *p;
	size_t n;
};

enum group_kind {
	GROUP_NET = 0,
	GROUP_NET6,		/**< XR keeps IPv6 names apart */
	GROUP_SERVICE,		/**< protocols with ports */
	GROUP_PORT,
	GROUP_PROTOCOL,
	GROUP_ICMP,
};

/** One alternative of a service */
struct service {
	struct config_nums protocol, sport, dport;
	struct config_icmps icmp;
};

/** A group's use of another */
struct nested {
	const char *name;
	size_t len;
	unsigned line;
};

struct group {
	const char *name;
	size_t len;
	enum group_kind kind;
	unsigned line;
	struct config_addrs addrs;	/**< resolved ones include nested */
	struct config_nums nums;	/**< ports or protocols */
	struct config_icmps icmps;
	struct service *services;
	size_t nservices, services_cap;
	struct nested *nested;
	size_t nnested, nested_cap;
	struct config_text header;	/**< its lines as written */
	struct config_text *members;	/**< without numbers */
	size_t nmembers, members_cap;
	int state;			/**< 0, 1 while being resolved, 2 */
	bool uncertain;			/**< a member was not understood */
	bool given;			/**< defined, not only named */
};

/** What is known of a list besides its rules */
struct list_state {
	uint32_t *seq;			/**< [nrules] */
	uint32_t highest;
	size_t n, cap;
	bool unsorted;
	bool evaluates;			/**< asks for reflected sessions */
};

/** A line that reflects, or evaluates what was reflected */
struct reflexive {
	const char *name;
	size_t len;
	size_t list, rule;
};

/** ASA: a protocol that a policy inspects, or where a policy is applied */
struct asa_inspect {
	struct config_text policy, class, protocol;
	const char *iface;		/**< of applied ones; NULL: all */
};

/** ASA: a condition of a class */
struct asa_class {
	struct config_text name;
	bool wide;			/**< all that inspection reads by default */
};

/** ASA: an interface of its own */
struct asa_own {
	const char *name;		/**< its nameif, or NULL */
	struct ip_addr addr;
	bool known;			/**< the IPv4 address, addr */
	bool ipv6;			/**< it has addresses of IPv6 as well */
	bool lost;			/**< not all of its lines were read */
};

struct cisco_read {
	struct config *c;
	struct diag_list *dl;
	enum flavour flavour;
	struct lines ln;
	struct token tok[TOKENS_MAX];
	size_t ntok, at;
	bool too_many;			/**< words in the line */

	struct group *groups;
	size_t ngroups, groups_cap;
	struct sets_index group_ix;
	size_t in_group;		/**< index + 1; 0: in none */

	struct list_state *lists;	/**< beside c->lists */
	size_t nlists, lists_cap;
	size_t in_list;			/**< index + 1 */
	bool standard;
	bool list_indented;
	struct config_text remarks[4];
	size_t nremarks;
	bool remarks_used;

	char *iface;			/**< the interface block, or NULL */
	bool in_line;			/**< "line vty" */
	struct reflexive *reflects, *evaluates;
	size_t nreflects, reflects_cap, nevaluates, evaluates_cap;
	size_t in_object;		/**< pass 2: lines of a group go by */
	const char *global;		/**< ASA: list behind all others */
	size_t global_len;
	unsigned global_line;
	/* ASA: policies of inspection, in pass 2 */
	struct config_text policy_map, policy_class, class_map;	/**< the block */
	struct asa_inspect *inspects, *applied;
	size_t ninspects, inspects_cap, napplied, applied_cap;
	struct asa_class *classes;
	size_t nclasses, classes_cap;
	struct asa_own *own;		/**< from pass 1 */
	size_t nown, own_cap;
	size_t in_own;			/**< index + 1 of the block; 0: in none */
	bool same_level;		/**< interfaces of one level may meet */
	char banner[8];			/**< ends a banner; "" outside */
};

/* words: read.c */
bool cisco_tokens(struct cisco_read *r);	/**< split the line; false: empty */
const struct token *cisco_peek(const struct cisco_read *r);
const struct token *cisco_next(struct cisco_read *r);	/**< NULL at the end */
bool cisco_is(const struct token *t, const char *word);
bool cisco_take(struct cisco_read *r, const char *word); /**< step over it if it is */
bool cisco_number(const struct token *t, unsigned long *v, unsigned long max);

/* groups: groups.c. All return 0, ENOMEM, EOVERFLOW, EBADMSG. */

/** A line of the first pass */
int cisco_group_line(struct cisco_read *r);
/** In the first pass: the line is too long, so the group's content is not known */
int cisco_group_doubt(struct cisco_read *r);
/** Does this line open a group (then its lines go by in the second pass)? */
bool cisco_group_opens(struct cisco_read *r);
/** The first pass is over: nested groups into their users */
int cisco_groups_resolve(struct cisco_read *r);
/** The first pass alone, over the whole text; *r lives in the config's memory */
int cisco_groups_read(struct cisco_read **r, struct config *c, const char *dialect,
		      const char *text, size_t len, struct diag_list *dl);
struct group *cisco_group_find(struct cisco_read *r, const struct token *name,
			       enum group_kind kind);

/* ASA's own addresses: own.c */

/** A line of the first pass; @return 0, ENOMEM, EOVERFLOW */
int cisco_own_line(struct cisco_read *r);
/** The only interface of that nameif, or NULL */
const struct asa_own *cisco_own_find(const struct cisco_read *r, const struct token *name);

/* lines of lists: ace.c, addr.c, options.c, ports.c */

/** The last rule of the list gets this number; UINT32_MAX: ten more than the
 *  highest. @return 0 or ENOMEM */
int cisco_number_rule(struct cisco_read *r, size_t list, uint32_t seq);

/** One line with an action, behind its number. Adds the rule.
 *  @param seq  UINT32_MAX: none given */
int cisco_ace(struct cisco_read *r, size_t list, uint32_t seq, bool standard);

/** Conditions of one line while they are gathered */
struct ace {
	struct config_match m;
	const struct group *services;	/**< alternatives of protocol and ports */
	bool sometimes;
	bool inactive;
	bool log;
	const char *bad;		/**< what was not understood, or NULL */
	bool lost;			/**< and so neither is what follows */
	char why[160];
	uint32_t seq;
	struct token reflect;
};

/** @param fmt  has "%.*s" for the token, or t is NULL */
void cisco_bad(struct ace *a, const char *fmt, const struct token *t);
/** As cisco_bad(), but the words of the line are clear: go on with the next. */
void cisco_doubt(struct ace *a, const char *fmt, const struct token *t);

/** @return 0, ENOMEM; what is not understood goes to a->bad */
int cisco_addr(struct cisco_read *r, struct ace *a, struct config_addrs *v);
/** An address by itself or by name; @return false: none */
bool cisco_ip(struct cisco_read *r, const struct token *t, struct ip_addr *out);
/** Two tokens "ADDRESS MASK"; @return false when the mask has holes */
bool cisco_masked(struct ip_range *out, const struct ip_addr *a, const struct ip_addr *mask);
int cisco_ports(struct cisco_read *r, struct ace *a, struct config_nums *v);
/** "eq 5", "range 1 2" ...; @return 0, ENOENT: no operator; EINVAL; ENOMEM */
int cisco_port_op(struct cisco_read *r, struct config_nums *v, bool tcp, bool udp);
bool cisco_is_protocol(const struct config_nums *v, unsigned number);
int cisco_icmp(struct cisco_read *r, struct config_icmps *v, uint8_t family);
int cisco_options(struct cisco_read *r, struct ace *a);

/** How surely is the text of this flavour? See struct policy_reader. */
int cisco_detect(enum flavour flavour, const char *text, size_t len);

/* blocks around lists: bind.c */

/** A line of an interface, or at top level, that binds a list or says
 *  something of note; @return 0, ENOMEM, EOVERFLOW */
int cisco_bind_line(struct cisco_read *r);
/** ASA: a line that begins "no access-group" */
int cisco_unbind_asa(struct cisco_read *r);

/* ASA's inspection and security levels: inspect.c */

/** @return ENOENT: no line of theirs */
int cisco_inspect_line(struct cisco_read *r);
/** Helpers of the policies that are applied */
int cisco_finish_inspection(struct cisco_read *r);
int cisco_security_level(struct cisco_read *r);
/** A list of what the levels let in at an interface without a list */
int cisco_add_levels(struct cisco_read *r, const struct config_interface *ifc);

/* blocks around lists: bind.c */

/** Hooks and lists after all is read */
int cisco_finish(struct cisco_read *r);

#endif
