/** Pictures as PNG files. */
#ifndef VISAVIS_DAEMONS_MEDIA_PNGFILE_H
#define VISAVIS_DAEMONS_MEDIA_PNGFILE_H

#include "daemons/media/picture/picture.h"

struct pngfile;

/** An encoder to use again and again. @return 0, ENOTSUP, ENOMEM */
int pngfile_alloc(struct pngfile **pp);
void pngfile_free(struct pngfile *p);

/** Write pic to dir/name: complete or not at all (a temporary name first).
 *  @param dirfd  the folder
 *  @return 0 or errno (ENOSPC, EACCES, ...) */
int pngfile_write(struct pngfile *p, int dirfd, const char *name, const struct picture *pic);

#endif
