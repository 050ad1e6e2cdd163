/**
 * What a configuration does with one packet, in the plainest way: rule after
 * rule. It is written apart from what the auditor does, to hold against it.
 */
#ifndef VISAVIS_TESTS_UNIT_CONFIG_EVAL_H
#define VISAVIS_TESTS_UNIT_CONFIG_EVAL_H

#include <stdbool.h>
#include <string.h>

#include "lib/policy/read/config.h"

enum eval { EVAL_DENY = 0, EVAL_PERMIT, EVAL_UNKNOWN, EVAL_NONE };

struct eval_packet {
	struct pset_packet p;
	unsigned state;			/**< one bit of enum config_state */
	const char *in, *out;
};


static inline bool eval_iface(const struct config_ifaces *v, const char *name)
{
	bool hit = false;

	for (size_t i = 0; i < v->n; i++)
		hit |= config_iface_match(v->v[i], name);
	return !v->n || hit != v->negate;
}


static inline bool eval_hits(const struct config_rule *r, const struct eval_packet *k)
{
	if ((r->states && !(r->states & k->state)) || !eval_iface(&r->in, k->in) ||
	    !eval_iface(&r->out, k->out))
		return false;
	for (size_t i = 0; i < r->nboxes; i++)
		if (pset_box_has(&r->boxes[i], &k->p))
			return true;

	return false;
}


/** @return EVAL_NONE when the list's end is reached, *ret on a return */
static inline enum eval eval_list(const struct config *c, const struct config_list *l,
				  const struct eval_packet *k, unsigned depth)
{
	if (!l || !l->defined || depth > 32)
		return EVAL_UNKNOWN;
	for (size_t i = 0; i < l->nrules; i++) {
		const struct config_rule *r = &l->rules[i];
		enum eval v;

		if (!eval_hits(r, k) || (r->action == CONFIG_CONTINUE && !r->uncertain))
			continue;
		if (r->uncertain || r->sometimes)
			return EVAL_UNKNOWN;
		if (r->action == CONFIG_RETURN)
			break;
		if (r->action == CONFIG_DENY || r->action == CONFIG_PERMIT)
			return r->action == CONFIG_PERMIT ? EVAL_PERMIT : EVAL_DENY;
		v = eval_list(c, config_list_find(c, r->target, l->family), k, depth + 1);
		if (v != EVAL_NONE)
			return v;
		if (r->action == CONFIG_GOTO)
			break;
	}

	return l->fallthrough == CONFIG_PERMIT ? EVAL_PERMIT :
	       l->fallthrough == CONFIG_DENY ? EVAL_DENY : EVAL_NONE;
}


/** A packet that crosses: every hook that looks at it must permit it. */
static inline enum eval eval_config(const struct config *c, const struct eval_packet *k)
{
	enum eval all = EVAL_PERMIT;

	for (size_t i = 0; i < c->nhooks; i++) {
		const struct config_hook *h = &c->hooks[i];
		const char *at = h->where == CONFIG_IN ? k->in : k->out;
		enum eval v;

		if (h->where == CONFIG_LOCAL || (h->iface && h->where != CONFIG_FORWARD &&
						 !config_iface_match(h->iface, at)))
			continue;
		if (h->family && h->family != (k->p.field[PSET_FAMILY] ? 6 : 4))
			continue;
		v = eval_list(c, config_list_find(c, h->list, h->family), k, 0);
		if (v == EVAL_DENY)
			return EVAL_DENY;
		if (v != EVAL_PERMIT)
			all = EVAL_UNKNOWN;
	}

	return c->nhooks ? all : EVAL_UNKNOWN;
}

#endif
