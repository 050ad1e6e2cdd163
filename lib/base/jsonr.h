/**
 * Read JSON (RFC 8259), strictly, into a tree with the line of each value.
 */
#ifndef VISAVIS_LIB_BASE_JSONR_H
#define VISAVIS_LIB_BASE_JSONR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"

enum jsonr_type {
	JSONR_NULL = 0,
	JSONR_BOOL,
	JSONR_NUMBER,
	JSONR_STRING,
	JSONR_ARRAY,
	JSONR_OBJECT,
};

enum {
	JSONR_DEPTH_MAX = 64,
	JSONR_VALUES_MAX = 1 << 22,	/**< of one text */
};

struct jsonr {
	enum jsonr_type type;
	unsigned line;			/**< where it begins */
	const char *at;			/**< in the text, borrowed */
	const char *key;		/**< in an object, else NULL */
	const char *s;			/**< string without escapes, UTF-8; number
					  as written; NUL-terminated */
	bool yes;			/**< of a boolean */
	struct jsonr *first;		/**< of an array or object */
	struct jsonr *next;		/**< in the same array or object */
};

struct jsonr_error {
	unsigned line;
	const char *what;		/**< "string is not closed" */
};

/**
 * @param root  the tree; lives in `a`
 * @param e     filled on EBADMSG, ENODATA and EOVERFLOW; may be NULL
 * @return 0; EBADMSG; ENODATA (the text ends too early); EOVERFLOW (too deep,
 *         too many values); ENOMEM
 */
int jsonr_parse(struct jsonr **root, struct arena *a, const char *text, size_t len,
		struct jsonr_error *e);

/** The member of an object, or NULL (also when v is NULL or no object) */
const struct jsonr *jsonr_get(const struct jsonr *v, const char *key);
/** The string of that member, or NULL */
const char *jsonr_str(const struct jsonr *v, const char *key);
/** First element of that member when it is an array, else NULL; then ->next */
const struct jsonr *jsonr_each(const struct jsonr *v, const char *key);
/** A whole number without fraction and exponent; @return false: it is none */
bool jsonr_int(const struct jsonr *v, long *out);

#endif
