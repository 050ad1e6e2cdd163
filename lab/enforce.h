/**
 * The firewalls' policy, compiled and loaded; routers forward nothing before.
 */
#ifndef VISAVIS_LAB_ENFORCE_H
#define VISAVIS_LAB_ENFORCE_H

#include "lab/lab.h"

/** @return 0 or errno; the step has said what was wrong */
int enforce_all(struct lab *lab);

#endif
