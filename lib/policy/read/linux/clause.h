/**
 * Conditions of a rule, joined one after the other: each narrows the rule's
 * boxes to what they have in common with its own.
 */
#ifndef VISAVIS_LIB_POLICY_READ_LINUX_CLAUSE_H
#define VISAVIS_LIB_POLICY_READ_LINUX_CLAUSE_H

#include "lib/policy/read/config.h"

/** Alternatives, made one by one. */
struct clause {
	struct pset_box *v;
	size_t n, cap;
};

/** The rule matches all packets of the family (4, 6, 0: both). */
int clause_begin(struct config *c, struct config_rule *r, uint8_t family);

int clause_add(struct config *c, struct clause *k, const struct pset_box *b);
/** Append a box that is full but for one field. */
int clause_add_num(struct config *c, struct clause *k, enum pset_field f,
		   unsigned lo, unsigned hi);
/** Append the boxes of conditions that all must hold. */
int clause_add_match(struct config *c, struct clause *k, const struct config_match *m);
/** The packets that no box of k has, for boxes full but for one field or one
 *  address. @return 0, ENOMEM, ENOTSUP (they differ in more) */
int clause_negate(struct config *c, struct clause *k);

/** Past CONFIG_BOXES_MAX the condition is left out and the rule marked
 *  uncertain, with a line in c->unknown. @return 0, ENOMEM */
int clause_and(struct config *c, struct config_rule *r, const struct clause *k);
int clause_and_match(struct config *c, struct config_rule *r,
		     const struct config_match *m);

/** Mark the rule as not understood, and say why. @return 0, ENOMEM */
int clause_unknown(struct config *c, struct config_rule *r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** An address, prefix, range "a-b", or address with a mask in dotted form.
 *  @return 0; EINVAL: a name or nonsense; ENOMEM */
int clause_addr(struct config *c, struct config_addrs *a, const char *s);

#endif
