/**
 * One device: its configurations (several files may speak for it, such as
 * iptables-save and ip6tables-save), and what becomes of packets that cross
 * it from one interface to another.
 */
#ifndef VISAVIS_LIB_POLICY_AUDIT_DEVICE_H
#define VISAVIS_LIB_POLICY_AUDIT_DEVICE_H

#include "lib/policy/audit/flat.h"
#include "lib/policy/model/policy.h"

enum { DEVICE_CONFIGS_MAX = 16, DEVICE_CHAIN_MAX = 32, DEVICE_ASK = 1 << 8 };

struct device_hook {
	const struct config *config;
	struct config_hook hook;
	size_t iface;		/**< number, SIZE_MAX: all */
	size_t flat;		/**< index into device.flats */
	bool assumed;		/**< no hook was in the file: applied to all */
};

struct device {
	struct config *const *configs;
	size_t nconfigs;
	struct flat_ifaces ifaces;
	struct device_hook *hooks;	/**< CONFIG_LOCAL ones left out */
	size_t nhooks;
	struct flat *flats;
	size_t nflats;
	size_t *site_iface;	/**< [policy interfaces] number of each */
	bool *missing;		/**< [policy interfaces] no configuration has it */
	size_t nsite;
	struct arena *mem;
};

/**
 * @param d  filled; device_reset() when done, whatever was returned
 * @param p  the site's view of this firewall, to match interfaces by name or
 *           by network; may be NULL
 * @return 0, ENOMEM, EOVERFLOW
 */
int device_make(struct device *d, struct arena *mem, struct config *const *v, size_t n,
		const struct policy *p);
void device_reset(struct device *d);

/** The name in the configuration, or "any other interface" */
const char *device_iface_name(const struct device *d, size_t number);

enum device_reads { DEVICE_NO = 0, DEVICE_PERHAPS, DEVICE_YES };

/** Does a helper of that name read what goes between two interfaces? */
enum device_reads device_helper_reads(const struct device *d, const char *name, size_t in,
				      size_t out);
/** Where a hook tracks flows unseen: are echo replies part of them? */
enum device_reads device_ties_echo(const struct device *d, size_t in, size_t out);

/** Does a configuration say anything of the family (4, 6)? */
bool device_speaks(const struct device *d, uint8_t family);

/** What one list makes of packets that came as far as to it. */
struct device_step {
	const struct pset_box *piece;
	enum flat_class verdict;	/**< DENY, PERMIT, UNKNOWN */
	bool last;			/**< no list looks at it after this one */
	const struct device_hook *hook;	/**< NULL: no list looks at it at all */
	const struct flat *flat;
	const uint32_t *by;		/**< boxes of the flat that decide */
	size_t nby;
};

typedef int (device_step_h)(const struct device_step *s, void *arg);

/**
 * Follow a box through the lists between two interfaces.
 *
 * @param q         of one family; PSET_IN and PSET_OUT set as in, out
 * @param skip      bit per enum config_tracking: hooks passed unseen; DEVICE_ASK
 *                  << enum config_where: not those, no state was kept there
 * @return 0, ETIME, ENOMEM, or what step_h returned
 */
int device_follow(const struct device *d, size_t in, size_t out, const struct pset_box *q,
		  unsigned skip, struct pset_budget *budget,
		  device_step_h *step_h, void *arg);

/** As device_follow, from hook number `from` of the chain on; nothing is said
 *  of those before. With no hook left, PERMIT with hook NULL. */
int device_follow_from(const struct device *d, size_t in, size_t out,
		       const struct pset_box *q, size_t from, struct pset_budget *budget,
		       device_step_h *step_h, void *arg);

/** The hooks between two interfaces, in their order; at most
 *  DEVICE_CHAIN_MAX. @return how many */
size_t device_chain(const struct device_hook **chain, const struct device *d, size_t in,
		    size_t out, uint8_t family);

#endif
