/**
 * The namespaces of a lab: the supervisor's own, and one set a node.
 */
#ifndef VISAVIS_LAB_NS_H
#define VISAVIS_LAB_NS_H

#include "lab/lab.h"

/**
 * Leave the caller's namespaces: the next fork is the first process of a
 * lab. Without the right to, a user namespace with only our own user in it
 * is made first.
 * @param rootless  set: are we in a user namespace of our own now?
 * @return 0 or errno
 */
int ns_leave(bool *rootless);

/** In the supervisor: private mounts, own /proc, /run with the run folder
 *  of the output in a short place. */
int ns_settle(struct lab *lab);

/** Start each node's holder and open its namespaces. */
int ns_hold(struct lab *lab);

/** Settings, links, addresses and routes, as planned. On failure *msg says
 *  what the system said. */
int ns_wire(struct lab *lab, const char **msg);

/** Close what ns_hold() opened. */
void ns_close(struct lab *lab);

#endif
