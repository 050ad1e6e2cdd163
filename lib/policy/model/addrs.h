/**
 * Sets of addresses as sorted ranges: struct need_addrs.
 *
 * In a set the ranges ascend (IPv4 before IPv6), do not overlap and do not
 * touch, so equal sets have equal ranges.
 */
#ifndef VISAVIS_LIB_POLICY_MODEL_ADDRS_H
#define VISAVIS_LIB_POLICY_MODEL_ADDRS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/policy/model/need.h"

/** Sort and merge n ranges in place; @return how many remain */
size_t addrs_normalise(struct ip_range *v, size_t n);

bool addrs_has(const struct need_addrs *s, const struct ip_addr *a);
bool addrs_overlap(const struct need_addrs *a, const struct need_addrs *b);
/** Are all addresses of b in a? */
bool addrs_holds(const struct need_addrs *a, const struct need_addrs *b);
bool addrs_equal(const struct need_addrs *a, const struct need_addrs *b);

/** What both hold; the label is a's. @return 0 or ENOMEM */
int addrs_intersect(struct need_addrs *out, struct arena *mem,
		    const struct need_addrs *a, const struct need_addrs *b);

/** The ranges of one family (4 or 6) within the set; @return how many */
size_t addrs_family(const struct need_addrs *s, uint8_t family,
		    const struct ip_range **first);
bool addrs_has_family(const struct need_addrs *s, uint8_t family);

/** Is the range exactly a prefix? Then *p is it. */
bool addrs_as_prefix(const struct ip_range *r, struct ip_prefix *p);

#endif
