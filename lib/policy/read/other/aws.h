/**
 * AWS's security groups as a tree, for the readers of its forms.
 */
#ifndef VISAVIS_LIB_POLICY_READ_OTHER_AWS_H
#define VISAVIS_LIB_POLICY_READ_OTHER_AWS_H

#include "lib/base/jsonr.h"
#include "lib/policy/read/config.h"

/** Read an object in the form of describe-security-groups and its like.
 *  @param text,len  the file, into which the tree's values point
 *  @return 0, ENOMEM, EOVERFLOW */
int aws_read_tree(struct config *c, const char *text, size_t len, const struct jsonr *root);

#endif
