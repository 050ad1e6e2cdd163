/**
 * Loading a site for a command: messages go to the standard error.
 */
#ifndef VISAVIS_TOOLS_LOAD_H
#define VISAVIS_TOOLS_LOAD_H

#include "io/siteload.h"

/**
 * Read a site and its matrices, print every mistake.
 * @return EXIT_OK, or EXIT_USAGE: the site cannot be used
 */
int load_site(struct site *s, struct arena *a, const char *path);

#endif
