/**
 * A hook's list as one sequence in which the first rule that has a packet
 * decides it: jumps, gotos and returns are worked in, conditions on state and
 * interfaces stand in the boxes, and the end of the list is an entry too.
 */
#ifndef VISAVIS_LIB_POLICY_AUDIT_FLAT_H
#define VISAVIS_LIB_POLICY_AUDIT_FLAT_H

#include "lib/policy/read/config.h"
#include "lib/policy/pset/pset_walk.h"

/** Classes of the walk */
enum flat_class {
	FLAT_DENY = 0,
	FLAT_PERMIT,
	FLAT_UNKNOWN,		/**< a rule that was not understood */
	FLAT_IGNORE,		/**< for who asks: packets that do not matter */
	FLAT_NEEDED,		/**< for who asks: packets that are needed */
};

/** A rule in one place of the sequence; boxes of one entry follow each other.
 *  rule is NULL for the end of the hook's list. */
struct flat_entry {
	const struct config_list *list;
	const struct config_rule *rule;
	size_t id;		/**< of the rule in the config, see flat_rule_id;
				  SIZE_MAX at the end of the list */
	size_t first, n;	/**< boxes */
	uint8_t cls;		/**< enum flat_class, maybe PSET_SOFT */
};

struct flat {
	const struct config *config;
	struct flat_entry *v;
	size_t n;
	struct pset boxes;
	uint32_t *entry;	/**< [boxes.n] whose it is */
	uint8_t *cls;		/**< [boxes.n] */
	struct pset_index ix;	/**< over boxes */
	bool complex;		/**< some returns were too intricate: what they
				  touch is FLAT_UNKNOWN */
};

/** Interfaces by number, as PSET_IN and PSET_OUT count them. The last number,
 *  n, is any interface without a name here. */
struct flat_iface {
	const char *name;
	const char *alias;	/**< or NULL */
};

struct flat_ifaces {
	struct flat_iface *v;
	size_t n, cap;
};

/** Add every name that hooks, interfaces and rules of the config use, unless
 *  it matches one that is there. @return 0, ENOMEM, EOVERFLOW */
int flat_ifaces_add(struct flat_ifaces *f, struct config *c);
/** @return its number; f->n when it has none */
size_t flat_iface_find(const struct flat_ifaces *f, const char *name);

/**
 * Flatten the list as the hook sees it.
 *
 * @param f       filled; flat_reset() when done, whatever was returned
 * @param family  packets that the hook looks at: 4, 6, 0 both
 * @return 0, ENOMEM, EOVERFLOW (more boxes than pset's maximum)
 */
int flat_make(struct flat *f, const struct config *c, const struct config_list *l,
	      uint8_t family, const struct flat_ifaces *ifaces);
void flat_reset(struct flat *f);

/** Rules of a config by number: lists in order, rules in order. */
size_t flat_rule_id(const struct config *c, const struct config_list *l,
		    const struct config_rule *r);

#endif
