/**
 * What the programs of a site find on disk before they start: certificates
 * of the lab's own authority, passwords, name files.
 */
#ifndef VISAVIS_LAB_STATE_H
#define VISAVIS_LAB_STATE_H

#include "lab/lab.h"

/** The site's domain: "<site>.visavis.test" */
const char *state_domain(struct lab *lab);

/** Folder of a host's own things: state/<host> */
const char *state_dir(struct lab *lab, const struct lab_node *n);

/** Make all files. @return 0 or errno, said */
int state_make(struct lab *lab);

#endif
