/**
 * A site and its matrices from files. Needs nothing but libc, so that the
 * policy tool and every daemon share it.
 */
#ifndef VISAVIS_IO_SITELOAD_H
#define VISAVIS_IO_SITELOAD_H

#include <stddef.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/site/site.h"

/**
 * Read a file of at most YAML_TEXT_MAX bytes; "-" is the standard input.
 * A failure is also an entry in dl that says what to do.
 * @param text  in `a`
 * @return 0, ENOMEM, EFBIG, or the errno of open and read
 */
int siteload_text(char **text, size_t *len, struct arena *a, const char *path,
		  struct diag_list *dl);

/**
 * Read a site file and the matrices it names, relative to its folder.
 *
 * @param s   filled; lives in `a`
 * @param dl  every mistake in all files, sorted
 * @return 0; EBADMSG when dl got an error; ENOMEM; or the errno of reading
 */
int siteload_read(struct site *s, struct arena *a, const char *path,
		  struct diag_list *dl);

/** A path that a file names: as it is when absolute, else in that file's
 *  folder. @return 0 or ENAMETOOLONG */
int siteload_path(char *buf, size_t size, const char *file, const char *path);

/** Print "file:line:column: message" lines, then how many were left out. */
void siteload_print(FILE *f, const struct diag_list *dl);

#endif
