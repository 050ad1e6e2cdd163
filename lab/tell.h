/**
 * What a person at the terminal sees: a line a step, and on what the lab
 * waits when that takes longer than two seconds.
 */
#ifndef VISAVIS_LAB_TELL_H
#define VISAVIS_LAB_TELL_H

#include "lab/lab.h"

enum { LAB_STEPS_MAX = 1024 };

/** @return 0 or ENOMEM */
int tell_init(struct lab *lab);

/** Called all the time while waiting since begin_us, at most until
 *  limit_us (0: no limit is known). */
void tell_waiting(struct lab *lab, const char *what, uint64_t begin_us, uint64_t limit_us);

#endif
