/**
 * Write JSON (RFC 8259) into an sbuf, two blanks a level. The caller keeps
 * objects and arrays balanced; keys are NULL inside arrays.
 */
#ifndef VISAVIS_LIB_BASE_JSONW_H
#define VISAVIS_LIB_BASE_JSONW_H

#include <stdbool.h>

#include "lib/base/sbuf.h"

enum { JSONW_DEPTH_MAX = 16 };

struct jsonw {
	struct sbuf *sb;
	unsigned depth;
	bool more[JSONW_DEPTH_MAX];	/**< something stands at this level */
	bool array[JSONW_DEPTH_MAX];
	bool flat;			/**< inside a jsonw_list_open() */
};

void jsonw_object_open(struct jsonw *w, const char *key);
void jsonw_array_open(struct jsonw *w, const char *key);
/** An array of single values in one line. */
void jsonw_list_open(struct jsonw *w, const char *key);
void jsonw_close(struct jsonw *w);

/** s must be UTF-8; NULL writes null. */
void jsonw_str(struct jsonw *w, const char *key, const char *s);
void jsonw_uint(struct jsonw *w, const char *key, unsigned long v);
void jsonw_int(struct jsonw *w, const char *key, long v);
/** v with so many of its digits behind the point, exactly: 1250 with 3 is 1.25 */
void jsonw_fixed(struct jsonw *w, const char *key, long long v, unsigned decimals);
void jsonw_null(struct jsonw *w, const char *key);
void jsonw_bool(struct jsonw *w, const char *key, bool v);

#endif
