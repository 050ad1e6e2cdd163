/**
 * What the parts of the iptables reader share: the tables of options in
 * ipt_match.c, lines and tables of the file in iptables.c.
 */
#ifndef VISAVIS_LIB_POLICY_READ_LINUX_IPT_H
#define VISAVIS_LIB_POLICY_READ_LINUX_IPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/read/config.h"

enum {
	IPT_TOKENS_MAX = 1024,
	IPT_MODULES_MAX = 16,
	IPT_TABLES_MAX = 16,
};

/** A rule while its options are read */
struct ipt_rule {
	struct config *c;
	struct config_rule r;
	uint8_t family;			/**< 4, 6; 0: both */
	const char *modules[IPT_MODULES_MAX];	/**< loaded by -m and -p */
	size_t nmodules;
	bool ports;			/**< the protocol given has ports */
	bool nothing;			/**< of the other family: not ours */
	bool goes;			/**< -g instead of -j */
	bool header;			/**< an option asked for ports, flags, types */
	bool blind;			/**< such options are passed over */
	const char *target;
};

struct ipt_opt {
	const char *module;		/**< NULL: always there */
	const char *name;
	bool bare;			/**< takes no value */
	bool header;			/**< looks at the transport's header */
	/** @return 0, EINVAL (the value is not understood), ENOMEM, EOVERFLOW */
	int (*h)(struct ipt_rule *rr, bool negate, const char *value);
};

/** Options whose meaning is known exactly; ends with a NULL name. */
extern const struct ipt_opt ipt_opts[];

/** Matches on what packet sets do not hold: a rule with one of them matches
 *  sometimes. */
bool ipt_module_sometimes(const char *name);
bool ipt_module_known(const char *name);

/** A target that is no chain */
struct ipt_target {
	const char *name;
	enum config_action action;
};
const struct ipt_target *ipt_target_find(const char *name);

#endif
