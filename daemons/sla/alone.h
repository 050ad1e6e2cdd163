/** A measurement by somebody who has no site: one address, one result. */
#ifndef VISAVIS_DAEMONS_SLA_ALONE_H
#define VISAVIS_DAEMONS_SLA_ALONE_H

#include <stdbool.h>

/** Does the command line ask for it? */
bool alone_wanted(int argc, char *argv[]);

/** @return exit status: 0 measured, 1 not, ARGS_EXIT_USAGE */
int alone_main(int argc, char *argv[]);

#endif
