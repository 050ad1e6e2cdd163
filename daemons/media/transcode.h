/**
 * A clip for a peer that does not take it as it is: decoded, scaled, and
 * encoded again by the sender.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_TRANSCODE_H
#define VISAVIS_DAEMONS_MEDIA_TRANSCODE_H

#include "daemons/media/sender.h"

/** @param c, tl  borrowed
 *  @return 0 or ENOMEM; source_close() frees it */
int transcode_alloc(struct source **sp, const struct clip *c, struct timeline *tl);

#endif
