/**
 * Fewer entries that permit the same; see acl.h.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_ACL_MERGE_H
#define VISAVIS_LIB_POLICY_EMIT_ACL_MERGE_H

#include "lib/policy/emit/acl.h"

/** Take from each entry the ports that a wider one, or an earlier one of the
 *  same addresses, permits already, where that makes no further lines. An
 *  entry of which nothing is left goes; the one that stands for it names its
 *  rows.
 *  @return 0 or ENOMEM */
int acl_merge(struct acl *l, struct arena *a);

/** The remark of an entry: its rows, its way, and as much text as fits;
 *  NULL: no memory */
const char *acl_remark(struct arena *a, const struct acl_entry *e, const char *text);

#endif
