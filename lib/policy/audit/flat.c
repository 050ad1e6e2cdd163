#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/audit/flat.h"

enum {
	DEPTH_MAX = 64,			/* of jumps */
	REGION_MAX = 4096,		/* boxes that returns may cut a list into */
	ENTRIES_MAX = 1 << 21,
	STEPS = 1 << 22,
};

struct maker {
	struct flat *f;
	const struct config *c;
	const struct flat_ifaces *ifaces;
	uint8_t end;			/**< class of packets at the list's end */
	size_t cap, ecap;
	const struct config_list *stack[DEPTH_MAX];
	unsigned depth;
	struct pset_budget budget;
};

/** A rule's boxes where a list is looked at */
struct place {
	const struct config_list *list;
	const struct config_rule *rule;
	bool soft;
};


static bool is_iface(const struct flat_ifaces *f, size_t i, const char *pattern)
{
	return config_iface_match(pattern, f->v[i].name) ||
	       (f->v[i].alias && config_iface_match(pattern, f->v[i].alias));
}


size_t flat_iface_find(const struct flat_ifaces *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (is_iface(f, i, name))
			return i;

	return f->n;
}


static int add_name(struct flat_ifaces *f, struct config *c, const char *name,
		    const char *alias)
{
	size_t n = strlen(name);
	int err;

	/* "eth*" is met by the names that are there, and by a name of its own */
	if (!name[0] || (name[n - 1] != '*' && flat_iface_find(f, name) < f->n))
		return 0;
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->v[i].name, name))
			return 0;
	if (f->n >= UINT16_MAX - 1)
		return EOVERFLOW;

	err = arena_grow(&c->mem, (void **)&f->v, f->n, &f->cap, sizeof(*f->v));
	if (!err)
		f->v[f->n++] = (struct flat_iface){ name, alias };
	return err;
}


static int add_names(struct flat_ifaces *f, struct config *c, const struct config_ifaces *v)
{
	int err = 0;

	for (size_t i = 0; !err && i < v->n; i++)
		err = add_name(f, c, v->v[i], NULL);
	return err;
}


int flat_ifaces_add(struct flat_ifaces *f, struct config *c)
{
	int err = 0;

	for (size_t i = 0; !err && i < c->nifaces; i++)
		err = add_name(f, c, c->ifaces[i].name, c->ifaces[i].alias);
	for (size_t i = 0; !err && i < c->nhooks; i++)
		if (c->hooks[i].iface)
			err = add_name(f, c, c->hooks[i].iface, NULL);
	for (size_t i = 0; !err && i < c->nlists; i++) {
		const struct config_list *l = &c->lists[i];

		for (size_t j = 0; !err && j < l->nrules; j++) {
			err = add_names(f, c, &l->rules[j].in);
			if (!err)
				err = add_names(f, c, &l->rules[j].out);
		}
	}

	return err;
}


size_t flat_rule_id(const struct config *c, const struct config_list *l,
		    const struct config_rule *r)
{
	size_t id = 0;

	for (const struct config_list *k = c->lists; k != l; k++)
		id += k->nrules;
	return id + (size_t)(r - l->rules);
}


/** Append the boxes that b leaves after a condition on interfaces. */
static int take_ifaces(struct maker *m, struct pset *out, const struct pset_box *b,
		       enum pset_field f, const struct config_ifaces *v)
{
	size_t n = m->ifaces->n;
	int err = 0;

	if (!v->n)
		return pset_push(out, b);
	for (size_t i = 0; !err && i <= n; i++) {
		struct pset_box one = *b;
		bool in = false;

		for (size_t j = 0; i < n && !in && j < v->n; j++)
			in = is_iface(m->ifaces, i, v->v[j]);
		if (in == v->negate)
			continue;
		one.lo[f] = (uint16_t)i;
		one.hi[f] = i == n ? UINT16_MAX : (uint16_t)i;
		err = pset_push(out, &one);
	}

	return err;
}


/** Append the boxes that b leaves after a condition on the state: one for
 *  each run of states. */
static int take_states(struct pset *out, const struct pset_box *b, unsigned states)
{
	int err = 0;

	if (!states || states == CONFIG_STATE_ANY)
		return pset_push(out, b);
	for (unsigned lo = 0; !err && lo < CONFIG_STATES; lo++) {
		struct pset_box one = *b;
		unsigned hi = lo;

		if (!(states & 1u << lo))
			continue;
		while (hi + 1 < CONFIG_STATES && states & 1u << (hi + 1))
			hi++;
		one.lo[PSET_STATE] = (uint16_t)lo;
		one.hi[PSET_STATE] = (uint16_t)hi;
		err = pset_push(out, &one);
		lo = hi;
	}

	return err;
}


/** The packets of a rule: its boxes with all conditions, within the region. */
static int rule_boxes(struct maker *m, struct pset *out, const struct config_rule *r,
		      const struct pset *region)
{
	struct pset a = {0}, b = {0}, c = {0};
	int err = 0;

	for (size_t i = 0; !err && i < r->nboxes; i++)
		err = take_states(&a, &r->boxes[i], r->states);
	for (size_t i = 0; !err && i < a.n; i++)
		err = take_ifaces(m, &b, &a.v[i], PSET_IN, &r->in);
	for (size_t i = 0; !err && i < b.n; i++)
		err = take_ifaces(m, &c, &b.v[i], PSET_OUT, &r->out);
	for (size_t i = 0; !err && i < c.n; i++)
		for (size_t j = 0; !err && j < region->n; j++) {
			struct pset_box meet;

			if (pset_box_meet(&meet, &c.v[i], &region->v[j]))
				err = pset_push(out, &meet);
		}

	pset_reset(&a);
	pset_reset(&b);
	pset_reset(&c);
	return err;
}


static int grow(void **v, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 64;
	void *p;

	if (n < *cap)
		return 0;
	if (want > ENTRIES_MAX)
		return EOVERFLOW;
	p = realloc(*v, want * size);
	if (!p)
		return ENOMEM;

	*v = p;
	*cap = want;
	return 0;
}


static int emit(struct maker *m, const struct place *at, uint8_t cls, const struct pset *boxes)
{
	struct flat *f = m->f;
	size_t first = f->boxes.n;
	int err = grow((void **)&f->v, f->n, &m->cap, sizeof(*f->v));

	for (size_t i = 0; !err && i < boxes->n; i++)
		err = pset_push(&f->boxes, &boxes->v[i]);
	if (err)
		return err;

	f->v[f->n++] = (struct flat_entry){
		.list = at->list, .rule = at->rule, .first = first, .n = boxes->n, .cls = cls,
		.id = at->rule ? flat_rule_id(m->c, at->list, at->rule) : SIZE_MAX,
	};
	return 0;
}


/** Does every packet that enters the list end there? */
static bool ends_all(const struct maker *m, const struct config_list *l, uint8_t family,
		     unsigned depth)
{
	struct pset_box all;

	pset_box_init(&all, family);
	for (size_t i = 0; i < l->nrules; i++) {
		const struct config_rule *r = &l->rules[i];
		bool whole = !r->sometimes && !r->uncertain && !r->in.n && !r->out.n &&
			     (!r->states || r->states == CONFIG_STATE_ANY) && r->nboxes == 1 &&
			     pset_box_holds(&r->boxes[0], &all);

		if (r->action == CONFIG_RETURN)
			return false;
		if (whole && r->action <= CONFIG_PERMIT)
			return true;
		if (whole && (r->action == CONFIG_JUMP || r->action == CONFIG_GOTO) && depth < 8) {
			const struct config_list *t =
				config_list_find(m->c, r->target ? r->target : "", family);

			if (t && t->defined && ends_all(m, t, family, depth + 1))
				return true;
		}
	}

	return false;
}


static int walk_list(struct maker *m, const struct config_list *l, struct pset *region,
		     bool soft);


/** Take `gone` out of the region; @return as pset_subtract */
static int region_cut(struct maker *m, struct pset *region, const struct pset *gone)
{
	struct pset left = { .max = REGION_MAX };
	int err = 0;

	for (size_t i = 0; !err && i < region->n; i++)
		err = pset_subtract(&left, &region->v[i], gone->v, gone->n, &m->budget);
	if (err) {
		pset_reset(&left);
		return err;
	}

	pset_reset(region);
	*region = left;
	return 0;
}


/** Packets that leave the list here go on in the list that called it. */
static int leave(struct maker *m, const struct place *at, struct pset *region,
		 const struct pset *boxes)
{
	int err;

	if (m->depth == 1)
		return emit(m, at, (uint8_t)(m->end | (at->soft ? PSET_SOFT : 0)), boxes);
	if (at->soft)
		return emit(m, at, FLAT_UNKNOWN | PSET_SOFT, boxes);

	err = region_cut(m, region, boxes);
	if (err != ETIME && err != EOVERFLOW)
		return err;
	m->f->complex = true;
	return emit(m, at, FLAT_UNKNOWN | PSET_SOFT, boxes);
}


static bool loops(const struct maker *m, const struct config_list *l)
{
	for (unsigned i = 0; i < m->depth; i++)
		if (m->stack[i] == l)
			return true;

	return m->depth == DEPTH_MAX;
}


static int jump(struct maker *m, const struct place *at, struct pset *region,
		struct pset *boxes)
{
	const struct config_rule *r = at->rule;
	const struct config_list *t = config_list_find(m->c, r->target ? r->target : "",
						       at->list->family);
	bool cut = r->action == CONFIG_GOTO && t && !ends_all(m, t, at->list->family, 0);
	struct pset inner = {0};
	int err = 0;

	if (!t || !t->defined || loops(m, t))
		return emit(m, at, FLAT_UNKNOWN | PSET_SOFT, boxes);

	for (size_t i = 0; !err && i < boxes->n; i++)
		err = pset_push(&inner, &boxes->v[i]);
	if (!err)
		err = walk_list(m, t, &inner, at->soft);
	if (!err && cut)
		err = leave(m, at, region, boxes);

	pset_reset(&inner);
	return err;
}


static int take_rule(struct maker *m, const struct place *at, struct pset *region)
{
	const struct config_rule *r = at->rule;
	struct pset boxes = {0};
	int err;

	if (r->action == CONFIG_CONTINUE && !r->uncertain)
		return 0;

	err = rule_boxes(m, &boxes, r, region);
	if (!err && boxes.n) {
		if (r->uncertain)
			err = emit(m, at, FLAT_UNKNOWN | PSET_SOFT, &boxes);
		else if (r->action <= CONFIG_PERMIT)
			err = emit(m, at, (r->action == CONFIG_PERMIT ? FLAT_PERMIT : FLAT_DENY) |
				   (at->soft ? PSET_SOFT : 0), &boxes);
		else if (r->action == CONFIG_RETURN)
			err = leave(m, at, region, &boxes);
		else
			err = jump(m, at, region, &boxes);
	}

	pset_reset(&boxes);
	return err;
}


static int walk_list(struct maker *m, const struct config_list *l, struct pset *region,
		     bool soft)
{
	int err = 0;

	m->stack[m->depth++] = l;
	for (size_t i = 0; !err && i < l->nrules && region->n; i++) {
		struct place at = { l, &l->rules[i], soft || l->rules[i].sometimes };

		err = take_rule(m, &at, region);
	}

	m->depth--;
	return err;
}


static int index_boxes(struct flat *f)
{
	f->entry = calloc(f->boxes.n + 1, sizeof(*f->entry));
	f->cls = calloc(f->boxes.n + 1, sizeof(*f->cls));
	if (!f->entry || !f->cls)
		return ENOMEM;

	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->v[i].n; k++) {
			f->entry[f->v[i].first + k] = (uint32_t)i;
			f->cls[f->v[i].first + k] = f->v[i].cls;
		}

	return pset_index_make(&f->ix, f->boxes.v, f->boxes.n);
}


/** A list that only jumps reach has no end of its own. */
static uint8_t end_class(enum config_action a)
{
	return a == CONFIG_PERMIT ? FLAT_PERMIT : a == CONFIG_DENY ? FLAT_DENY : FLAT_IGNORE;
}


int flat_make(struct flat *f, const struct config *c, const struct config_list *l,
	      uint8_t family, const struct flat_ifaces *ifaces)
{
	struct maker m = {
		.f = f, .c = c, .ifaces = ifaces, .budget = { STEPS },
		.end = !l->defined ? FLAT_UNKNOWN : end_class(l->fallthrough),
	};
	struct place end = { .list = l };
	struct pset region = {0}, all = {0};
	struct pset_box b;
	int err;

	*f = (struct flat){ .config = c };
	pset_box_init(&b, family);
	err = pset_push(&region, &b);
	if (!err)
		err = pset_push(&all, &b);
	if (!err && l->defined)
		err = walk_list(&m, l, &region, false);
	if (!err)
		err = emit(&m, &end, m.end, &all);
	if (!err)
		err = index_boxes(f);

	pset_reset(&region);
	pset_reset(&all);
	return err;
}


void flat_reset(struct flat *f)
{
	free(f->v);
	free(f->entry);
	free(f->cls);
	pset_reset(&f->boxes);
	pset_index_reset(&f->ix);
	*f = (struct flat){0};
}
