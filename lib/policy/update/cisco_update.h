/**
 * Commands that take a device of Cisco's from its present lists to wanted
 * ones; see update.h for why no state on the way opens or closes more than
 * either.
 *
 * A list that is bound where the wanted one belongs is edited in place, under
 * its own name. Where that cannot be done (it is bound elsewhere too, is a
 * standard list, has reflexive lines, or has no room between two numbers) the
 * wanted list is written beside it and bound in its stead, in one command.
 *
 * Groups: one that has another content on the device is edited in place only
 * where every state on the way stays between the two (all its lines permit
 * and stay, and no line joins members that come at one end with members that
 * go at the other); otherwise a new one with another name takes its place.
 */
#ifndef VISAVIS_LIB_POLICY_UPDATE_CISCO_UPDATE_H
#define VISAVIS_LIB_POLICY_UPDATE_CISCO_UPDATE_H

#include "lib/base/sbuf.h"
#include "lib/policy/read/config.h"

/**
 * @param sb       filled with one command a line; no command when there is
 *                 nothing to do
 * @param dialect  of the reader: "ios", "iosxr", "nxos", "asa"
 * @param now,nlen the device's configuration, as a name for messages and text
 * @param want     what the compiler wrote for the same device
 * @return 0; EBADMSG (dl says why), ENOMEM, EOVERFLOW
 */
int cisco_update(struct sbuf *sb, const char *dialect, const char *name, const char *now,
		 size_t nlen, const char *want, size_t wlen, struct diag_list *dl);

#endif
