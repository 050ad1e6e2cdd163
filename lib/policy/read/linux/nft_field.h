/**
 * The fields that a condition of nftables looks at, a row each, and the words
 * that stand for their values. What no packet set holds is not here: see
 * nft_other_begins().
 */
#ifndef VISAVIS_LIB_POLICY_READ_LINUX_NFT_FIELD_H
#define VISAVIS_LIB_POLICY_READ_LINUX_NFT_FIELD_H

#include "lib/policy/read/linux/clause.h"
#include "lib/policy/read/linux/nft.h"

enum nft_kind {
	NFT_SRC = 0, NFT_DST, NFT_PROTOCOL, NFT_SPORT, NFT_DPORT, NFT_TYPE, NFT_CODE, NFT_DSCP,
	NFT_FAMILY, NFT_IN, NFT_OUT, NFT_STATE, NFT_FLAGS, NFT_OFFSET, NFT_OTHER,
};

/** A field as a rule names it, and what the packet must be to have it */
struct nft_field {
	const char *word[2];
	enum nft_kind kind;
	uint8_t family;
	uint8_t protocol;
};

/** The field that tokens *i and maybe the next name; *i goes past them. NULL:
 *  none that packet sets hold, *i stays. */
const struct nft_field *nft_field_find(const struct nft_lex *x, size_t *i);
/** Does a condition begin with the word that packet sets do not hold? It takes
 *  one word more. */
bool nft_other_begins(const char *word);

/** Does the field stand beside the boxes of a rule: interfaces and states? */
bool nft_by_rule(const struct nft_field *fd);
/** Does it stand in a header that later fragments lack: ports, types, flags? */
bool nft_header_field(const struct nft_field *fd);

/** What a packet must be to have the field at all. @return 0, ENOMEM, EOVERFLOW */
int nft_implied(struct config *c, struct config_rule *r, const struct nft_field *fd);
/** The protocols that have ports, as alternatives. @return 0, ENOMEM */
int nft_with_ports(struct config *c, struct config_nums *v);

/**
 * One value of a field that boxes hold, as alternatives.
 * @param op     "", "==", "!=", "<", ">", "<=", ">="; whoever calls negates
 * @param exact  of flags: these and no others
 * @return 0, EINVAL (no such value, or none that can be compared so), ENOMEM
 */
int nft_value(struct config *c, struct clause *k, const struct nft_field *fd, const char *op,
	      bool exact, const char *s);
/** "syn", "0x02". @return 0, EINVAL */
int nft_flag(uint8_t *bit, const char *s);
/** An enum config_state bit, or 0 */
unsigned nft_state_bit(const char *s);

#endif
