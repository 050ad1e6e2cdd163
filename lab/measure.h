/**
 * Paths assessed: each measuring host finds its peers by name and measures to
 * each of them.
 */
#ifndef VISAVIS_LAB_MEASURE_H
#define VISAVIS_LAB_MEASURE_H

#include "lab/lab.h"

/** Hosts of the roles sla-agent and sla-responder ask the name service for
 *  each other. @return 0; EADDRNOTAVAIL, told in the step's line */
int measure_names(struct lab *lab);

/** Each agent to each responder, for so long as a meeting lasts; results go
 *  to paths/AGENT-RESPONDER.json. A bad path is a result, not a failure.
 *  @return 0 or the first error */
int measure_all(struct lab *lab);

#endif
