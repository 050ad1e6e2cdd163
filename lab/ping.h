/**
 * Reachability: echo requests between hosts, logged at both ends.
 */
#ifndef VISAVIS_LAB_PING_H
#define VISAVIS_LAB_PING_H

#include "lab/lab.h"

/** From every host of role admin to every other host: all at once.
 *  @return 0; EHOSTUNREACH with the silent ones named in the step's line */
int ping_all(struct lab *lab);

#endif
