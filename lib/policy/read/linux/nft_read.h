/**
 * The nftables reader, for readers of other forms of a ruleset.
 */
#ifndef VISAVIS_LIB_POLICY_READ_LINUX_NFT_READ_H
#define VISAVIS_LIB_POLICY_READ_LINUX_NFT_READ_H

#include "lib/base/diag.h"
#include "lib/policy/read/config.h"

/** As struct policy_reader's read() */
int nft_read(struct config *c, const char *text, size_t len, struct diag_list *dl);

#endif
