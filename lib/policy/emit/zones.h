/**
 * What the writers for zone firewalls (SRX, PAN-OS, FortiOS) share: names
 * of zones, address groups and services, and remarks on the rows that need
 * no rule.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_ZONES_H
#define VISAVIS_LIB_POLICY_EMIT_ZONES_H

#include "lib/policy/emit/order.h"
#include "lib/policy/model/policy.h"

enum { ZONES_TEXT_MAX = 1000 };

/** A set of the policy, without addresses that lie behind no interface */
struct zones_set {
	struct need_addrs addrs;	/**< label: the group's name */
	bool used;			/**< by a rule that is written */
};

struct zones {
	struct arena *mem;
	const struct policy *p;
	const struct zones_want *want;
	const char **names;		/**< [p->ninterfaces], each of its own */
	struct order order;		/**< to write rules in: each one logs for its row */
	struct zones_set *sets;		/**< [p->nsets] */
	const char **remarks;		/**< rows first: "A2-01: ..." */
	size_t nremarks, remarks_cap;
};

/** What the dialect is like */
struct zones_want {
	size_t zone_max;		/**< bytes of a zone's name */
	bool helper;			/**< follows TFTP by itself */
	bool errors;			/**< has rules for ICMP errors */
};

/** @return 0 or ENOMEM */
int zones_make(struct zones *z, struct arena *a, const struct policy *p,
	       const struct zones_want *want);

/** Does a rule of that policy get written? With a helper the flows that it
 *  expects need none; ICMP errors belong to their flows; what other rules
 *  have whichever the order is left to them. */
bool zones_writes(const struct zones *z, const struct policy_rule *r);

/** The rule's comment, with the rows of those that are left to it */
const char *zones_comment(const struct zones *z, const struct policy_rule *r);

/** Have both ends of the rule addresses of that family? */
bool zones_has_family(const struct zones *z, const struct policy_rule *r, uint8_t family);

/**
 * A name of at most `max` bytes: letters, digits and what `more` holds stay,
 * the rest becomes '-'. A longer one ends in a number made of the whole, so
 * that two long names stay two.
 */
const char *zones_name(struct arena *a, const char *s, const char *more, size_t max);

/** "vv-tcp-443-from-1024-65535", at most `max` bytes; equal for equal ports */
const char *zones_service(struct arena *a, const struct policy_rule *r, size_t max);

/** Is rule i the first that is written with its ports? The later ones share
 *  its service. */
bool zones_service_first(const struct zones *z, size_t i);

/** How a dialect writes objects and groups of addresses */
struct zones_words {
	const char *(*name)(struct arena *a, const struct ip_range *r);	/**< or NULL: no memory */
	void (*object)(struct sbuf *sb, const char *name, const struct ip_range *r);
	void (*member)(struct sbuf *sb, const char *set, const char *name);
};

/** The objects, then the sets in use, a line a member: a new host is one new
 *  line (and its object). @return 0 or ENOMEM */
int zones_put_sets(struct sbuf *sb, struct zones *z, const struct zones_words *w);

/** Every range of the sets in use, once each, in order; family 0: both.
 *  @return 0 or ENOMEM */
int zones_objects(const struct ip_range **v, size_t *n, struct zones *z, uint8_t family);

/** Row ids of a need, blanks between; NULL: no memory */
const char *zones_rows(struct arena *a, const struct need *n);

/** Printable ASCII without quotes, at most max bytes */
void zones_put_text(struct sbuf *sb, const char *s, size_t max);

/** The first lines, each after `lead`: what this is, and the remarks */
void zones_put_head(struct sbuf *sb, const struct zones *z, const char *lead,
		    const char *dialect);

/** Do packets that open flows of the rule come in (go out) there? */
bool zones_in(const struct policy_rule *r, unsigned iface);
bool zones_out(const struct policy_rule *r, unsigned iface);

/** Tell the operator, once, what the dialect cannot. */
void zones_warn(const struct policy *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
