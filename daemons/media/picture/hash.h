/** Pictures by their MD5, to prove that two are equal. */
#ifndef VISAVIS_DAEMONS_MEDIA_HASH_H
#define VISAVIS_DAEMONS_MEDIA_HASH_H

#include "daemons/media/picture/picture.h"

/** MD5 over the three planes, rows without padding, in hex; @return hex */
char *hash_picture(const struct picture *p, char hex[33]);

#endif
