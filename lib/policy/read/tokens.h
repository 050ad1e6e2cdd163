/**
 * The words of one statement, cut by a reader whose dialect ends statements
 * where it likes: nftables, pf. Words of a string keep a mark, the quote
 * before them, so that "accept" in quotes is no verdict.
 */
#ifndef VISAVIS_LIB_POLICY_READ_TOKENS_H
#define VISAVIS_LIB_POLICY_READ_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/sbuf.h"
#include "lib/policy/read/config.h"

enum {
	TOKENS_MAX = 1 << 20,		/**< of one statement */
	TOKENS_TEXT_MAX = 16 << 20,	/**< bytes of one statement */
	TOKENS_RAW_MAX = 400,		/**< bytes that are kept to quote it */
};

struct tokens {
	struct sbuf text;	/**< each word with its NUL */
	uint32_t *off;		/**< of each word in `text` */
	size_t n, cap;
	bool overflow;		/**< too many: those beyond are left out */
};

/** Begin a statement; the memory is kept. Zero the struct before the first. */
void tokens_begin(struct tokens *w);
void tokens_reset(struct tokens *w);
/** @param mark  "\"" of a string, else "". @return 0 (see `overflow`), ENOMEM */
int tokens_add(struct tokens *w, const char *mark, const char *s, size_t n);
/** Leave out the first n. */
void tokens_drop(struct tokens *w, size_t n);

/** Word i with its mark, or "" past the end */
const char *tokens_at(const struct tokens *w, size_t i);
bool tokens_is(const struct tokens *w, size_t i, const char *word);
/** The word without its mark */
const char *tokens_plain(const char *word);

/** The statement as the file has it: at most TOKENS_RAW_MAX bytes, without
 *  blanks at its end */
struct config_text tokens_raw(const char *start, const char *end);

#endif
