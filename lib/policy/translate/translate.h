/**
 * A configuration of any dialect, said again in the words of nftables: the
 * same packets pass.
 *
 * Each list becomes a chain, each hook a base chain that jumps to it; the
 * chains of a packet's way follow each other by priority, so that every hook
 * must let it pass. Lists of a stateless hook look at each packet alone (those
 * at the way in before the connection tracking, for the device itself too);
 * behind a hook that tracks flows, what belongs to an open one passes first.
 */
#ifndef VISAVIS_LIB_POLICY_TRANSLATE_TRANSLATE_H
#define VISAVIS_LIB_POLICY_TRANSLATE_TRANSLATE_H

#include "lib/base/diag.h"
#include "lib/base/sbuf.h"
#include "lib/policy/read/config.h"

/** An interface of the configuration and those of the Linux machine that
 *  stand for it: "eth1" or "eth1,eth2" */
struct translate_iface {
	const char *from, *to;
};

struct translate_options {
	const struct translate_iface *ifaces;
	size_t nifaces;
	bool assume_deny;	/**< what was not understood, or holds at times
				  only, lets nothing pass that it could touch */
};

/**
 * @param sb  the file for `nft -f`; nothing of use in it on error
 * @param c   as read; grows in its own memory
 * @param dl  what cannot be translated, each with its line: errors, or with
 *            assume_deny warnings
 * @return 0; ENOTSUP (dl says why), ENOMEM, EOVERFLOW
 */
int translate_nftables(struct sbuf *sb, struct config *c, const struct translate_options *o,
		       struct diag_list *dl);

#endif
