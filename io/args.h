/**
 * A program's command line as a table: what is read, what is refused and
 * what --help prints come from the same rows. Needs nothing but libc.
 */
#ifndef VISAVIS_IO_ARGS_H
#define VISAVIS_IO_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ARGS_MAX = 32,		/**< rows of one program */
	ARGS_EXIT_USAGE = 3,	/**< every program's status for bad usage */
};

/** What an option's value is, and the type of what `to` points at. */
enum arg_kind {
	ARG_TEXT,	/**< const char *, into argv */
	ARG_FLAG,	/**< bool; takes no value */
	ARG_NUMBER,	/**< unsigned, from lo to hi */
	ARG_CHOICE,	/**< int, the index of the word in `choices` */
};

struct arg {
	const char *name;		/**< "site" is --site; "v" is -v */
	enum arg_kind kind;
	void *to;			/**< left alone when not given */
	const char *value;		/**< "FILE", for --help; NULL: a flag */
	const char *help;		/**< NULL: not shown */
	bool required;
	unsigned lo, hi;
	const char *const *choices;	/**< NULL-terminated */
};

/**
 * Read a command line. What is wrong is said on stderr; --help is answered
 * on stdout, --version with the version.
 *
 * @param prog  "visavis-codec"
 * @param v     n rows, at most ARGS_MAX
 * @return 0; ECANCELED: --help or --version was answered, end with status 0;
 *         EINVAL: end with ARGS_EXIT_USAGE
 */
int args_parse(const char *prog, const struct arg *v, size_t n, int argc, char *argv[]);

#endif
