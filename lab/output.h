/**
 * The output folder of a lab: everything it writes, and who lives in it.
 */
#ifndef VISAVIS_LAB_OUTPUT_H
#define VISAVIS_LAB_OUTPUT_H

#include "lab/lab.h"

/** Name all paths; makes nothing. @return 0, ENOMEM, EINVAL (said) */
int output_name(struct lab *lab);

/**
 * Take the folder for this lab: make it, lock it, clear what an earlier run
 * left (generated clips stay). What is wrong is said on stderr.
 * @param lock  descriptor to keep open as long as the lab lives
 * @return 0, EBUSY: a lab lives in it, or another errno
 */
int output_take(struct lab *lab, int *lock);

/** The lab has ended: sockets and pid file go, results stay. */
void output_leave(struct lab *lab);

/** mkdir -p. @return 0 or errno */
int output_mkdir(const char *path);

/** Write a whole file. @return 0 or errno */
int output_write(const char *path, unsigned mode, const char *text);

#endif
