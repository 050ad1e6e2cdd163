/*
 * Tags. What a packet is tagged with on its way in depends on the rules that
 * it meets there; what asks for the tag on its way out is turned into a
 * question about the interface that it came in by, where that says the same:
 * on interfaces of which every pass gives the tag. Elsewhere such a rule
 * matches sometimes.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/read/pf/pf.h"

enum { STEPS = 1 << 22 };

struct tagging {
	struct pf_file *f;
	const struct pf_block *b;
	const char *tag;
	struct config_ifaces ifaces;	/**< whose passes give it */
	struct clause others;		/**< what may pass there without it */
	bool set;			/**< some rule gives it */
	bool unclear;
};


static bool gives(const struct tagging *t, const struct pf_rule *r)
{
	return r->tag && !strcmp(r->tag, t->tag) && !r->r.uncertain;
}


static bool is_full(const struct config_rule *r)
{
	struct pset_box all;

	pset_box_init(&all, 0);
	return r->nboxes == 1 && pset_box_holds(&r->boxes[0], &all);
}


/** Does everything that no rule passes end here? */
static bool blocks_all(const struct pf_rules *v)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct config_rule *r = &v->v[i].r;

		if (r->action == CONFIG_DENY && !r->in.n && !r->sometimes && !r->uncertain &&
		    !v->v[i].tagged && is_full(r))
			return true;
	}

	return false;
}


static bool any_tag(const struct pf_rules *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].tag)
			return true;

	return false;
}


static int note_giver(struct tagging *t, const struct pf_rule *r)
{
	int err = 0;

	t->set = true;
	if (!r->r.in.n || r->r.in.negate || r->others) {
		t->unclear = true;
		return 0;
	}
	for (size_t k = 0; !err && k < r->r.in.n; k++) {
		const char *name = r->r.in.v[k];
		bool there = false;

		t->unclear |= strchr(name, '*') != NULL;
		for (size_t i = 0; i < t->ifaces.n; i++)
			there |= !strcmp(t->ifaces.v[i], name);
		if (!there)
			err = config_ifaces_add(t->f->c, &t->ifaces, name, strlen(name));
	}

	return err;
}


static bool applies(const struct tagging *t, const struct pf_rule *r)
{
	if (!r->r.in.n || r->r.in.negate || r->others)
		return true;
	for (size_t k = 0; k < r->r.in.n; k++)
		for (size_t i = 0; i < t->ifaces.n; i++)
			if (config_iface_match(r->r.in.v[k], t->ifaces.v[i]))
				return true;

	return false;
}


static int note_others(struct tagging *t, const struct pf_rules *v)
{
	int err = 0;

	for (size_t i = 0; !err && i < v->n; i++) {
		const struct pf_rule *r = &v->v[i];
		bool passes = r->r.uncertain || r->r.action == CONFIG_PERMIT ||
			      r->r.action == CONFIG_JUMP ||
			      (r->r.action == CONFIG_CONTINUE && r->tag);

		if (!passes || gives(t, r) || !applies(t, r))
			continue;
		for (size_t k = 0; !err && k < r->r.nboxes; k++)
			err = clause_add(t->f->c, &t->others, &r->r.boxes[k]);
		if (t->others.n > CONFIG_BOXES_MAX)
			t->unclear = true;
		if (t->unclear)
			break;
	}

	return err;
}


static int study(struct tagging *t)
{
	const struct pf_rules *in[] = { &t->b->quick[0], &t->b->last[0] };
	int err = 0;

	t->unclear = t->f->tags_inside || t->f->nat || any_tag(&t->b->quick[1]) ||
		     any_tag(&t->b->last[1]) || !(blocks_all(in[0]) || blocks_all(in[1]));
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; !err && i < in[k]->n; i++)
			if (gives(t, &in[k]->v[i]))
				err = note_giver(t, &in[k]->v[i]);
	if (!err)
		err = note_others(t, &t->f->skip.quick[0]);
	for (int k = 0; !err && k < 2; k++)
		err = note_others(t, in[k]);

	return err;
}


static int put(struct pf_file *f, struct pf_rules *out, const struct pf_rule *r)
{
	int err = arena_grow(&f->c->mem, (void **)&out->v, out->n, &out->cap, sizeof(*out->v));

	if (!err)
		out->v[out->n++] = *r;
	return err;
}


/** What the others leave of the rule; @return ENOTSUP: too much work */
static int take_away(struct tagging *t, struct config_rule *r)
{
	struct pset_budget budget = { STEPS };
	struct pset left = { .max = CONFIG_BOXES_MAX };
	struct clause k = {0};
	int err = 0;

	for (size_t i = 0; !err && i < r->nboxes; i++)
		err = pset_subtract(&left, &r->boxes[i], t->others.v, t->others.n, &budget);
	for (size_t i = 0; !err && i < left.n; i++)
		err = clause_add(t->f->c, &k, &left.v[i]);
	pset_reset(&left);
	if (err)
		return err == ENOMEM ? ENOMEM : ENOTSUP;

	r->boxes = k.v;
	r->nboxes = k.n;
	return 0;
}


/** The rule itself, and what may or may not carry the tag apart */
static int split(struct tagging *t, struct pf_rules *out, const struct pf_rule *r)
{
	struct pf_rule sure = *r, maybe = *r;
	int err = 0;

	sure.r.in = maybe.r.in = t->ifaces;
	if (r->not_tagged)
		sure.r.in.negate = true;
	else
		err = take_away(t, &sure.r);
	if (err == ENOTSUP) {
		maybe.r.sometimes = true;
		return put(t->f, out, &maybe);
	}
	if (!err)
		err = put(t->f, out, &sure);
	if (err || !t->others.n)
		return err;

	maybe.r.sometimes = true;
	err = clause_and(t->f->c, &maybe.r, &t->others);
	return err ? err : put(t->f, out, &maybe);
}


static int resolve(struct pf_file *f, const struct pf_block *b, struct pf_rules *out,
		   const struct pf_rule *r)
{
	struct tagging t = { .f = f, .b = b, .tag = r->tagged };
	struct pf_rule one = *r;
	int err;

	if (!r->tagged)
		return put(f, out, r);
	err = study(&t);
	if (err)
		return err;
	if (!t.unclear && t.set && !r->r.in.n)
		return split(&t, out, r);

	if (t.unclear || t.set)
		one.r.sometimes = true;
	else if (!r->not_tagged)
		one.r.nboxes = 0;
	return put(f, out, &one);
}


int pf_resolve_tags(struct pf_file *f, struct pf_block *b)
{
	struct pf_rules *v[] = { &b->quick[1], &b->last[1] };
	size_t asked = 0;
	int err = 0;

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < v[k]->n; i++)
			asked += v[k]->v[i].tagged != NULL;
	for (int k = 0; !err && k < 2; k++) {
		struct pf_rules made = {0};

		for (size_t i = 0; !err && i < v[k]->n; i++) {
			if (asked > PF_TAGGED_MAX)
				v[k]->v[i].r.sometimes |= v[k]->v[i].tagged != NULL;
			else
				err = resolve(f, b, &made, &v[k]->v[i]);
		}
		if (asked <= PF_TAGGED_MAX && !err)
			*v[k] = made;
	}
	for (size_t i = 0; !err && i < b->quick[0].n; i++)
		b->quick[0].v[i].r.sometimes |= b->quick[0].v[i].tagged != NULL;
	for (size_t i = 0; !err && i < b->last[0].n; i++)
		b->last[0].v[i].r.sometimes |= b->last[0].v[i].tagged != NULL;

	return err;
}
