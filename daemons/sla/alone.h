/** Agent and responder of somebody who has no site. */
#ifndef VISAVIS_DAEMONS_SLA_ALONE_H
#define VISAVIS_DAEMONS_SLA_ALONE_H

#include <stdbool.h>

/** Does the command line ask for one measurement of one address? */
bool alone_wanted(int argc, char *argv[]);

/** @return exit status: 0 measured, 1 not, ARGS_EXIT_USAGE */
int alone_main(int argc, char *argv[]);

/** Does it ask for a responder without a site? */
bool alone_answers(int argc, char *argv[]);

/** Answers until it is told to end. @return exit status, as above */
int alone_respond_main(int argc, char *argv[]);

#endif
