/**
 * Groups of a configuration for Cisco's systems: each is found by its
 * content, or made, so that no line names a group that is not defined.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_CISCO_GROUP_H
#define VISAVIS_LIB_POLICY_EMIT_CISCO_GROUP_H

#include "lib/policy/emit/cisco.h"

/* All return 0 or ENOMEM; the name lives in the arena. */

int cisco_group_addrs(const char **name, struct cisco *o, const struct need_addrs *s,
		      uint8_t family);
/** Named by what it holds: "tcp-80-443" */
int cisco_group_ports(const char **name, struct cisco *o, enum flow_transport t,
		      const struct acl_end *end);
/** Protocol and both ports */
int cisco_group_service(const char **name, struct cisco *o, const struct acl_entry *e);

#endif
