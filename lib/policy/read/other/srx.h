/**
 * What a Junos configuration says of zones: address books and applications
 * (srx_objects.c), zones and the policies between them (srx.c), the rules that
 * come of those (srx_rules.c). It is gathered first, because policies may stand
 * before what they name.
 */
#ifndef VISAVIS_LIB_POLICY_READ_OTHER_SRX_H
#define VISAVIS_LIB_POLICY_READ_OTHER_SRX_H

#include "lib/policy/model/sets.h"
#include "lib/policy/read/config.h"
#include "lib/policy/read/other/junos_text.h"

enum {
	SRX_NAMES_MAX = 1 << 16,	/**< of one set, zone or condition */
	SRX_DEPTH_MAX = 16,		/**< of sets in sets */
};

struct srx_names {
	const char **v;
	size_t n, cap;
};

/** Where a name stands: the applications, or one of the address books */
enum srx_scope {
	SRX_APPLICATIONS = 0,
	SRX_GLOBAL,			/**< the global address book */
	SRX_BOOKS,			/**< first of the others */
};

/** One term of an application: what a packet must have */
struct srx_term {
	const char *name;
	struct config_nums protocol, sport, dport, icmp_type, icmp_code;
	const char *alg;		/**< its gateway, or NULL */
};

/** An address, an application, or a set of such */
struct srx_object {
	size_t scope;
	const char *name;
	unsigned line;
	struct config_text text;
	struct srx_names members;	/**< of a set */
	struct config_addrs addrs;	/**< of an address */
	struct srx_term *terms;		/**< of an application */
	size_t nterms, cap;
	const char *strange;		/**< why it cannot be told, or NULL */
	bool told;			/**< that was reported */
};

struct srx_book {
	const char *name;
	struct srx_names zones;		/**< that it is attached to */
};

struct srx_zone {
	const char *name;
	struct srx_names ifaces;
	const char *screen;		/**< or NULL */
	bool told;			/**< that it has no interface was reported */
	bool open;			/**< what stays in it passes by default */
};

struct srx_policy {
	const char *name;
	struct srx_names from, to;	/**< zones; none: any */
	bool global;
	unsigned line;
	struct config_text text;
	struct config_rows rows;
	struct srx_names src, dst, apps;
	enum config_action action;
	const char *effect;		/**< as in struct config_rule */
	bool src_excluded, dst_excluded;
	bool decided;			/**< permit, deny or reject was said */
	bool own;			/**< no group brought it */
	bool interzone, intrazone;	/**< only from zone to other zone; to itself */
	bool first;			/**< brought among others: goes before them */
	uint8_t family;			/**< 4, 6, 0: both */
	bool sometimes, uncertain;
};

struct srx {
	struct config *c;
	struct srx_object *objects;
	size_t nobjects, objects_cap;
	struct srx_book *books;		/**< from SRX_BOOKS on */
	size_t nbooks, books_cap;
	struct srx_zone *zones;
	size_t nzones, zones_cap;
	struct srx_policy *policies;
	size_t npolicies, policies_cap;
	struct sets_index object_ix, policy_ix;
	struct srx_names algs_off;
	struct srx_names spoofing;	/**< screens that drop forged sources */
	struct srx_names alarming;	/**< screens that drop nothing */
	unsigned line;			/**< of the first policy; 0: none */
	unsigned permit_all;		/**< line of that default; 0: deny */
	struct config_text permit_text;
	unsigned bypassed[2];		/**< IPv4, IPv6: line that takes packets past
					     the policies, or refuses them all */
	struct config_text bypass_text[2];
	bool refused[2];
	bool nat, screen, inspected;	/**< was noticed */
	bool intrazone;			/**< what stays in a zone passes by default */
	bool plain;			/**< interfaces have no units */
	const char *(*predefined_h)(const char *name);	/**< NULL: srx_predefined() */
	bool merging;			/**< what is read now comes of a group */
	bool own;			/**< a policy is there that no group brought */
	unsigned lost;			/**< as in struct junos */
	struct config_text lost_text;
};

/** Statements behind these words. @return 0, ENOMEM, EOVERFLOW */
int srx_policies(struct srx *x, const struct junos_statement *s, const char *const *w);
int srx_zones(struct srx *x, const struct junos_statement *s, const char *const *w);
int srx_address_book(struct srx *x, const struct junos_statement *s, const char *const *w);
int srx_applications(struct srx *x, const struct junos_statement *s, const char *const *w);
/** All others behind "security" */
int srx_security(struct srx *x, const struct junos_statement *s, const char *const *w);

/** Make the list and its hook, when there are policies. */
int srx_rules(struct srx *x);

bool srx_has_zone(const struct srx *x, const char *name);
/** Found, or made. @return 0, ENOMEM, EOVERFLOW */
int srx_zone_get(struct srx_zone **z, struct srx *x, const char *name);

/** Is there an object of that name in the global address book? */
bool srx_has_address(const struct srx *x, const char *name);

/* Between the files */

int srx_name_add(struct srx *x, struct srx_names *v, const char *name);
bool srx_name_in(const struct srx_names *v, const char *name);

/** An address of the old form, in the zone's own book */
int srx_zone_address(struct srx *x, const struct junos_statement *s, const char *zone,
		     const char *const *w);

/**
 * What a name stands for: addresses looked up in the zone's books and then in
 * the global one (zone NULL: there alone), terms of applications.
 * @param known  set to false when something of it cannot be told, which is
 *               reported once with the line of what it is, or of the policy
 */
int srx_addresses(struct srx *x, struct config_addrs *out, const struct srx_policy *p,
		  const char *zone, const char *name, bool *known);

/** Calls h for each term of the application. @return 0 or what h returned */
typedef int (srx_term_h)(const struct srx_term *t, void *arg);
int srx_application(struct srx *x, const struct srx_policy *p, const char *name, bool *known,
		    srx_term_h *h, void *arg);

/** A predefined application's terms: "tcp/443", "udp/69/tftp", blanks between;
 *  NULL: not known here */
const char *srx_predefined(const char *name);

#endif
