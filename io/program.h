/**
 * What every daemon is before it is itself: a command line, a log, a site
 * file with a host that it is, a folder for what it keeps, an end.
 *
 * All take --site FILE --host NAME --state DIR [--log FILE]
 * [--security on|off] [-v]; a program adds rows of its own.
 */
#ifndef VISAVIS_IO_PROGRAM_H
#define VISAVIS_IO_PROGRAM_H

#include "io/args.h"
#include "lib/base/arena.h"
#include "lib/site/site.h"

/** Names in a program's state folder. */
#define STATE_CERT "tls.pem"		/**< certificate and key, PEM */
#define STATE_CA "ca.pem"		/**< whom it trusts, PEM */
#define STATE_PASSWORD "password"	/**< of its number, first line */

enum { PROGRAM_PATH = 1024 };		/**< of a file in the state folder, with the 0 */

struct program {
	/* given */
	const char *name;		/**< "visavis-codec" */
	const char *role;		/**< that its host must have: "codec" */
	const struct arg *args;		/**< its own options */
	size_t nargs;
	/** Start and serve until told to end. @return 0 or errno; why is logged */
	int (*run_h)(struct program *p);
	/** Give back what run_h got, also when that failed half way. */
	void (*end_h)(struct program *p);

	/* from the command line */
	const char *site_path;
	const char *host;
	const char *state;
	const char *log;
	int security;			/**< 0 on, 1 off, -1 as the site file says */
	bool verbose;

	/* from the site file, while run_h runs */
	struct arena arena;
	struct site site;
	const struct site_host *self;
};

/**
 * The program from its command line to its exit status: reads options,
 * opens the log, reads the site, arms the guard of sockets, starts libre,
 * calls run_h, then end_h, and closes all.
 *
 * @return 0 after a normal end, 1 when it could not start or run,
 *         ARGS_EXIT_USAGE for bad usage
 */
int program_main(struct program *p, int argc, char *argv[]);

/** Run libre's main loop until SIGINT or SIGTERM. @return 0 or errno */
int program_serve(void);

/** The path of a file in the state folder.
 *  @return 0 or ENAMETOOLONG, which is logged */
int program_path(char buf[PROGRAM_PATH], const struct program *p, const char *name);

#endif
