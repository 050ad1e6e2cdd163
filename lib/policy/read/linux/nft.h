/**
 * What the parts of the nftables reader share: words and statements
 * (nft_lex.c), fields and their values (nft_field.c), conditions (nft_expr.c),
 * rules (nft_rule.c), tables, sets and chains (nft.c).
 */
#ifndef VISAVIS_LIB_POLICY_READ_LINUX_NFT_H
#define VISAVIS_LIB_POLICY_READ_LINUX_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/read/config.h"
#include "lib/policy/read/lines.h"
#include "lib/policy/read/tokens.h"

enum {
	NFT_PARTS_MAX = 5,		/**< of a concatenation */
	NFT_VARIANTS_MAX = 4096,	/**< rules that one line becomes */
};

/** The words of one statement. */
struct nft_lex {
	struct lines l;
	const char *at;			/**< within the line; NULL: take the next */
	struct tokens w;		/**< of the statement */
	unsigned line;			/**< where the statement began */
	struct config_text raw;		/**< its text in the file */
	bool opens;			/**< it ended in "{" */
	bool closes;			/**< it is "}" alone */
	bool unended;			/**< the file ends within it */
};

/**
 * The next statement.
 * @param blocks  "{" ends a statement (tables and chains begin so); else it
 *                nests, as in sets
 * @return 0; ENODATA at the end of the file; ENOMEM
 */
int nft_lex_next(struct nft_lex *x, bool blocks);

static inline const char *nft_tok(const struct nft_lex *x, size_t i) { return tokens_at(&x->w, i); }

static inline bool nft_is(const struct nft_lex *x, size_t i, const char *word)
{
	return tokens_is(&x->w, i, word);
}

/** A set or map of a table; the elements are kept as words. */
struct nft_set {
	const char *table;		/**< "inet filter" */
	const char *name;
	struct nft_elem *v;
	size_t n, cap;
	bool dynamic;			/**< its members come and go */
	bool odd;			/**< a part was not understood */
	struct pset_box *boxes[2];	/**< of its members as sources, as
					  destinations; NULL: not made yet */
	size_t nboxes[2];
};

struct nft_elem {
	const char *part[NFT_PARTS_MAX];
	unsigned nparts;
	const char *verdict;		/**< "accept", "jump", ...; of maps, or NULL */
	const char *target;
};

struct nft_file {
	struct config *c;
	struct nft_lex x;
	struct nft_set *sets;
	size_t nsets, sets_cap;
	char table[256];		/**< "inet filter" */
	uint8_t family;			/**< of the table's packets; 0: both */
	size_t ntables;
	bool first_pass;		/**< sets and names of chains alone */
	bool nat;			/**< translation has been noticed */
	bool tracked;			/**< connections are tracked: no packet comes
					  in fragments */
};

struct nft_set *nft_set_find(const struct nft_file *f, const char *name);
/** Elements from token *i on, which is behind "{"; *i goes behind "}". The
 *  memory is the config's. @return 0, ENOMEM */
int nft_elements(struct nft_file *f, struct nft_set *s, size_t *i);

/** The rules that a line becomes: a map of verdicts is one for each, a
 *  concatenation with interfaces too. */
struct nft_variants {
	struct config_rule *v;
	size_t n, cap;
};

/**
 * A condition that begins with token *i; *i goes past it.
 *
 * @param vs    narrowed by the condition
 * @param hits  of a verdict map: the rules that its elements make; else empty
 * @return 0; ENOENT: no condition begins here; EINVAL: it is not understood;
 *         ENOMEM
 */
int nft_condition(struct nft_file *f, size_t *i, struct nft_variants *vs,
		  struct nft_variants *hits);

/** Read the statement as a rule of that chain. @return 0, ENOMEM, EOVERFLOW */
int nft_rule(struct nft_file *f, const char *list);
/** accept, drop, jump, ... into r. @return false: no such verdict */
bool nft_verdict(struct nft_file *f, struct config_rule *r, const char *verdict,
		 const char *target);
/** The list's name of a chain in the table that is read. @return 0, ENOMEM */
int nft_list_name(const char **name, struct nft_file *f, const char *chain);

#endif
