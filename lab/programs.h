/** Debian's programs that a lab runs. */
#ifndef VISAVIS_LAB_PROGRAMS_H
#define VISAVIS_LAB_PROGRAMS_H

#include "lab/lab.h"

/** Say in one line which of those that this site needs are missing, and how
 *  to install them. @return 0 or ENOENT */
int programs_check(struct lab *lab);

#endif
