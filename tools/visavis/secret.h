/**
 * A password from standard input: never from the command line, where every
 * user of the machine can read it.
 */
#ifndef VISAVIS_TOOLS_SECRET_H
#define VISAVIS_TOOLS_SECRET_H

#include <stddef.h>

/**
 * Read one line. On a terminal it is asked for with the prompt, twice, and
 * not shown.
 *
 * @param buf   holds it without its line end; cleared on error
 * @param what  "password of 1001"
 * @return 0; ENODATA if there is none; EOVERFLOW if it is too long; EINVAL
 *         if the two differ; EINTR if the person gave up
 */
int secret_read(char *buf, size_t size, const char *what);

#endif
