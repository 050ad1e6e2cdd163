/**
 * Mistakes in files that people write, each with its place.
 *
 * A parser adds one entry per mistake and goes on; the caller prints the
 * list as "file:line:column: message" and exits non-zero when it holds an
 * error. Nothing here prints.
 */
#ifndef VISAVIS_LIB_BASE_DIAG_H
#define VISAVIS_LIB_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

enum diag_level {
	DIAG_ERROR = 0,
	DIAG_WARNING,
};

/** A place in a file; line and column start at 1, 0 means "not known". */
struct diag_pos {
	const char *file;	/**< borrowed; outlives the list */
	unsigned line;
	unsigned col;
};

struct diag {
	enum diag_level level;
	struct diag_pos pos;
	char *msg;		/**< owned by the list */
};

/** A list of mistakes; zero-initialise it before use. */
struct diag_list {
	struct diag *v;
	size_t n;
	size_t cap;
	size_t errors;		/**< entries at DIAG_ERROR, dropped ones too */
	size_t dropped;		/**< entries past DIAG_MAX or out of memory */
};

/** The list stops growing here, so that a hostile file cannot fill memory. */
#define DIAG_MAX 1000

void diag_reset(struct diag_list *dl);

/** Add one entry. Never fails towards the caller: what cannot be stored is
 *  counted in `dropped` (and in `errors`). */
void diag_add(struct diag_list *dl, enum diag_level level,
	      struct diag_pos pos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define diag_error(dl, pos, ...) diag_add(dl, DIAG_ERROR, pos, __VA_ARGS__)
#define diag_warn(dl, pos, ...) diag_add(dl, DIAG_WARNING, pos, __VA_ARGS__)

/** Sort by file, line, column; entries at one place keep their order. */
void diag_sort(struct diag_list *dl);

#endif
