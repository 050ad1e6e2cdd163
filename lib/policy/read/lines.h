/**
 * The lines of a text that may have been pasted from a terminal: Windows
 * line ends, a pager's "--More--" and the backspaces or escape sequences that
 * wiped it, a byte-order mark, blanks at the end. One pass, bounded memory
 * whatever the length of the text.
 */
#ifndef VISAVIS_LIB_POLICY_READ_LINES_H
#define VISAVIS_LIB_POLICY_READ_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/policy/read/config.h"

enum { LINES_LEN_MAX = 16384 };

struct lines {
	const char *p, *end;
	unsigned line;			/**< number of the line in `s` */
	struct config_text raw;		/**< as in the text, without its end */
	const char *s;			/**< cleaned, NUL-terminated; valid until
					  the next line */
	size_t n;
	size_t indent;			/**< blanks before the first other byte;
					  s includes them; a tab goes to the next
					  multiple of 8 */
	bool cut;			/**< longer than LINES_LEN_MAX: the rest of
					  the line is left out */
	bool unended;			/**< the text ends before this line does */
	char buf[LINES_LEN_MAX + 1];
};

void lines_init(struct lines *l, const char *text, size_t len);
/** @return false at the end */
bool lines_next(struct lines *l);

/** Words of a line; double quotes hold blanks together and are left off. */
struct words {
	const char *p;
};

/** @param w,n  the next word, not NUL-terminated; @return false at the end */
bool words_next(struct words *ws, const char **w, size_t *n);
bool word_is(const char *w, size_t n, const char *name);	/**< any case */
/** The word is a beginning of name, at least `min` bytes: "perm" of permit */
bool word_begins(const char *w, size_t n, const char *name, size_t min);
/** Decimal number up to max; @return false: no number */
bool word_number(unsigned long *v, const char *w, size_t n, unsigned long max);

/** Does the text hold what no configuration holds (NUL bytes, mostly bytes
 *  that cannot be printed)? Then it is an image, an archive, UTF-16. */
bool lines_binary(const char *text, size_t len);

#endif
