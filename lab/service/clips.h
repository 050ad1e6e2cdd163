/**
 * Clips that rooms send: found beside the site file, or made.
 */
#ifndef VISAVIS_LAB_CLIPS_H
#define VISAVIS_LAB_CLIPS_H

#include "lab/lab.h"

/**
 * For each source "file:NAME" of a room put NAME into the media folder: a
 * link to a file of that name beside the site file, else a clip made by
 * visavis-media, kept for the next run. Absolute paths are left alone.
 * @return 0 or errno, said
 */
int clips_make(struct lab *lab);

#endif
