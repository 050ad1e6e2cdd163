/*
 * ASA: what is inspected, where the policy that says so is applied, and what
 * interfaces without a list let in by their security levels.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/read/cisco/cisco_read.h"


static bool same(const struct config_text *a, const struct config_text *b)
{
	return a->n == b->n && !memcmp(a->p, b->p, a->n);
}


static bool text_is(const struct config_text *t, const char *s)
{
	return t->n == strlen(s) && !memcmp(t->p, s, t->n);
}


static int keep(struct cisco_read *r, struct config_text *out, const struct token *t)
{
	out->n = t->n;
	out->p = arena_strndup(&r->c->mem, t->p, t->n);
	return out->p ? 0 : ENOMEM;
}


/** "policy-map NAME", "class-map [match-any] NAME"; those with a type are other things */
static int open_map(struct cisco_read *r, struct config_text *name)
{
	*name = (struct config_text){0};
	if (r->ntok < 2 || cisco_is(&r->tok[1], "type"))
		return 0;

	return keep(r, name, &r->tok[r->ntok - 1]);
}


/** "service-policy NAME global", "service-policy NAME interface IF" */
static int apply(struct cisco_read *r)
{
	struct asa_inspect in = {0};
	int err;

	if (r->ntok < 3 || (cisco_is(&r->tok[2], "interface") && r->ntok < 4))
		return 0;
	err = keep(r, &in.policy, &r->tok[1]);
	if (!err && cisco_is(&r->tok[2], "interface")) {
		in.iface = arena_strndup(&r->c->mem, r->tok[3].p, r->tok[3].n);
		err = in.iface ? 0 : ENOMEM;
	}
	if (!err)
		err = arena_grow(&r->c->mem, (void **)&r->applied, r->napplied, &r->applied_cap,
				 sizeof(*r->applied));
	if (!err)
		r->applied[r->napplied++] = in;
	return err;
}


static int add_inspect(struct cisco_read *r)
{
	struct asa_inspect in = { .policy = r->policy_map, .class = r->policy_class };
	int err = keep(r, &in.protocol, &r->tok[1]);

	/* "inspect icmp error" reads addresses within errors, and lets none in */
	if (err || (r->ntok > 2 && cisco_is(&r->tok[2], "error")))
		return err;
	err = arena_grow(&r->c->mem, (void **)&r->inspects, r->ninspects, &r->inspects_cap,
			 sizeof(*r->inspects));
	if (!err)
		r->inspects[r->ninspects++] = in;
	return err;
}


/** A line of a class-map: is the class all traffic, or inspection's own? */
static int match_line(struct cisco_read *r)
{
	struct asa_class c = { .name = r->class_map };
	int err;

	c.wide = r->ntok == 2 && (cisco_is(&r->tok[1], "any") ||
				  cisco_is(&r->tok[1], "default-inspection-traffic"));
	err = arena_grow(&r->c->mem, (void **)&r->classes, r->nclasses, &r->classes_cap,
			 sizeof(*r->classes));
	if (!err)
		r->classes[r->nclasses++] = c;
	return err;
}


int cisco_inspect_line(struct cisco_read *r)
{
	const struct token *t = &r->tok[0];

	if (!r->ln.indent) {
		r->policy_map = r->policy_class = r->class_map = (struct config_text){0};
		if (cisco_is(t, "policy-map"))
			return open_map(r, &r->policy_map);
		if (cisco_is(t, "class-map"))
			return open_map(r, &r->class_map);
		return cisco_is(t, "service-policy") ? apply(r) : ENOENT;
	}
	if (r->class_map.n && cisco_is(t, "match"))
		return match_line(r);
	if (r->policy_map.n && cisco_is(t, "class") && r->ntok > 1)
		return keep(r, &r->policy_class, &r->tok[1]);
	if (r->policy_class.n && cisco_is(t, "inspect") && r->ntok > 1)
		return add_inspect(r);

	return ENOENT;
}


/** The class "inspection_default" is there by default, with all of it. */
static bool is_wide(const struct cisco_read *r, const struct config_text *name)
{
	bool wide = text_is(name, "class-default") || text_is(name, "inspection_default");

	for (size_t i = 0; i < r->nclasses; i++) {
		if (!same(&r->classes[i].name, name))
			continue;
		if (!r->classes[i].wide)
			return false;
		wide = true;
	}

	return wide;
}


static int add_helpers(struct cisco_read *r, const struct asa_inspect *in)
{
	int err = 0;

	for (size_t k = 0; !err && k < r->napplied; k++) {
		struct config_helper h = { .name = in->protocol.p,
					   .iface = r->applied[k].iface,
					   .maybe = !is_wide(r, &in->class) };

		if (same(&r->applied[k].policy, &in->policy))
			err = config_helper_add(r->c, &h, in->protocol.n);
	}

	return err;
}


int cisco_finish_inspection(struct cisco_read *r)
{
	int err = 0;

	r->c->icmp_by_helper = true;
	for (size_t i = 0; !err && i < r->ninspects; i++)
		err = add_helpers(r, &r->inspects[i]);

	return err;
}


int cisco_security_level(struct cisco_read *r)
{
	unsigned long v;

	if (r->ntok < 2 || !cisco_number(&r->tok[1], &v, 100))
		return 0;
	for (size_t i = 0; i < r->c->nifaces; i++)
		if (!strcmp(r->c->ifaces[i].name, r->iface))
			r->c->ifaces[i].level = (uint8_t)(v + 1);

	return 0;
}


/** One line of what levels do, to the interfaces of the kind */
static int add_level_rule(struct cisco_read *r, struct config_list *l,
			  const struct config_interface *from, bool known)
{
	static const char yes[] = "security levels: to lower ones, permitted unseen";
	static const char perhaps[] = "a security level is not in the file";
	struct config_text text = known ? (struct config_text){ yes, sizeof(yes) - 1 }
					: (struct config_text){ perhaps, sizeof(perhaps) - 1 };
	struct config_match m = {0};
	struct config_ifaces out = {0};
	struct config_rule *rule;
	int err = 0;

	for (size_t i = 0; !err && i < r->c->nifaces; i++) {
		const struct config_interface *to = &r->c->ifaces[i];
		bool certain = from->level && to->level;
		bool passes = to->level < from->level ||
			      (to->level == from->level && r->same_level);

		if (to != from && certain == known && (passes || !known))
			err = config_ifaces_add(r->c, &out, to->name, strlen(to->name));
	}
	if (err || !out.n)
		return err;
	err = config_rule_add(&rule, r->c, l, from->line, text);
	if (!err)
		err = config_rule_match(r->c, rule, &m);
	if (err)
		return err;

	rule->action = CONFIG_PERMIT;
	rule->out = out;
	rule->implied = true;
	rule->uncertain = !known;
	return known ? 0 : config_unknown(r->c, from->line, text,
			"interface %s has no list, and what its security level lets in is "
			"not known", from->name);
}


int cisco_add_levels(struct cisco_read *r, const struct config_interface *ifc)
{
	struct config_hook h = { .where = CONFIG_IN, .iface = ifc->name, .line = ifc->line,
				 .tracking = CONFIG_STATE_IMPLICIT };
	struct config_list *l;
	char *name = arena_printf(&r->c->mem, "security-level %s", ifc->name);
	int err = name ? config_list_get(&l, r->c, name, strlen(name), 0) : ENOMEM;

	if (err)
		return err;
	l->defined = true;
	l->line = ifc->line;
	l->fallthrough = CONFIG_DENY;
	h.list = l->name;
	err = add_level_rule(r, l, ifc, true);
	if (!err)
		err = add_level_rule(r, l, ifc, false);

	return err ? err : config_hook_add(r->c, &h);
}
