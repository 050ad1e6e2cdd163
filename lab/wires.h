/**
 * Links of the lab that delay and lose: FILE.impair beside the site file
 * FILE.yaml names them by the host at their end. An impairing forwarder
 * (visavis-impair) joins the two halves of each; forward is from the host to
 * the network. Without such a file all links are as good as the kernel's.
 */
#ifndef VISAVIS_LAB_WIRES_H
#define VISAVIS_LAB_WIRES_H

#include "lab/lab.h"

/** Read the file, if there is one, and mark the hosts in the plan.
 *  @param dl  what is wrong with it, as errors with their place
 *  @return 0; EBADMSG when dl got an error; ENOMEM */
int wires_load(struct lab *lab, struct diag_list *dl);

/** Join the halves by their forwarders; all are ready on return. */
int wires_start(struct lab *lab);

/** The forwarders end and write their records, capture/HOST.impair.jsonl;
 *  from here on these links are as good as the others. */
int wires_end(struct lab *lab);

#endif
