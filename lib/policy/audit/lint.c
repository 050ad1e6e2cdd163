#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/audit/flat.h"
#include "lib/policy/audit/lint.h"

/** What the sequences seen so far say of a rule */
enum { UNSEEN = 0, DEAD, ALIVE, UNTOLD };
enum { DIFFERS = -1 };		/* ends a walk, is no errno */
enum { OTHER_EFFECT = 5 };	/* a class: the same verdict, but it logs or counts otherwise */

struct judged {
	uint8_t reach;		/**< UNSEEN .. UNTOLD */
	uint8_t same;		/**< without it nothing changes: UNSEEN, ALIVE (no), DEAD */
	uint32_t places;	/**< in this sequence */
	size_t *by;		/**< ids, in ascending order of finding */
	size_t nby, by_cap;
};

struct linter {
	struct config *c;
	struct lint *lt;
	struct judged *v;	/**< [nrules] */
	struct lint_ref *ref;	/**< [nrules] */
	size_t *next_part;	/**< [nrules] the next that its line became, in a ring */
	bool *visited;		/**< [nlists] */
	struct flat f;
	bool *skip;		/**< [boxes] that hide nothing: soft ones, and
				  those that earlier ones hide wholly */
	bool *own;		/**< [boxes] hidden, or of the rule in question */
	uint8_t *cls;		/**< [boxes] as a line of that effect sees them */
	const char *effect;
	bool effects;		/**< cls is made */
	uint32_t *stamp;	/**< [boxes] query in which it was noted */
	uint32_t *hider;	/**< [boxes] those noted in this query */
	size_t nhiders;
	struct pset_packet *reacher;	/**< [entries] a packet that each decides */
	uint32_t query;
	size_t asked;			/**< entry in this query */
	uint64_t steps;
	bool reach;		/**< ask that alone */
};

/** A walk that asks whether a rule could be left out */
struct without {
	struct linter *l;
	struct judged *j;
	unsigned good;		/**< classes */
	size_t from;		/**< boxes that stand behind the rule */
};


static int add_by(struct linter *l, struct judged *j, size_t id)
{
	int err;

	/* of thousands, one named twice does no harm until they are sorted */
	for (size_t i = j->nby > LINT_BY_MAX ? j->nby - LINT_BY_MAX : 0; i < j->nby; i++)
		if (j->by[i] == id)
			return 0;

	err = arena_grow(&l->c->mem, (void **)&j->by, j->nby, &j->by_cap, sizeof(*j->by));
	if (!err)
		j->by[j->nby++] = id;
	return err;
}


/** Note which box hides a piece, or stop where none does. */
static int hide(const struct pset_leaf *leaf, void *arg)
{
	struct linter *l = arg;
	uint32_t by;

	if (leaf->fell) {
		(void)pset_box_first(&l->reacher[l->asked], leaf->piece);
		return DIFFERS;
	}

	by = leaf->by[leaf->nby - 1];
	if (l->stamp[by] != l->query) {
		l->stamp[by] = l->query;
		l->hider[l->nhiders++] = by;
	}
	return 0;
}


/** Name the rules behind the boxes that hide box k; of a few, only those that
 *  are needed for it. */
static int name_hiders(struct linter *l, struct judged *j, size_t k)
{
	struct pset_box some[LINT_BY_MAX];
	bool used[LINT_BY_MAX], covered;
	struct pset_budget budget = { l->steps };
	bool few = l->nhiders > 1 && l->nhiders <= LINT_BY_MAX;
	int err = 0;

	for (size_t i = 0; few && i < l->nhiders; i++)
		some[i] = l->f.boxes.v[l->hider[i]];
	if (few)
		err = pset_covered(&covered, used, NULL, &l->f.boxes.v[k], some, l->nhiders,
				   &budget);
	few = few && !err;
	if (err == ETIME)
		err = 0;
	for (size_t i = 0; !err && i < l->nhiders; i++)
		if (!few || used[i])
			err = add_by(l, j, l->f.v[l->f.entry[l->hider[i]]].id);

	return err;
}


/** Do earlier boxes hide box k wholly? @return 0, ETIME, ENOMEM */
static int judge_box(bool *hidden, struct linter *l, const struct flat_entry *e, size_t k)
{
	struct pset_budget budget = { l->steps };
	struct pset_walk walk = {
		.ix = &l->f.ix, .fall = 0, .skip = l->skip, .budget = &budget,
		.leaf_h = hide, .arg = l,
	};
	int err;

	l->query++;
	l->asked = (size_t)(e - l->f.v);
	l->nhiders = 0;
	err = pset_walk_run(&walk, &l->f.boxes.v[k], 0, e->first);
	*hidden = !err;
	if (*hidden)
		l->skip[k] = true;
	return err == DIFFERS ? 0 : err;
}


/** Does any packet reach the entry? */
static int judge_reach(struct linter *l, const struct flat_entry *e, struct judged *j)
{
	bool all = true, hidden;
	size_t before = j->nby;
	int err = 0;

	for (size_t k = e->first; !err && k < e->first + e->n; k++) {
		err = judge_box(&hidden, l, e, k);
		if (!err && hidden && all && j->reach != ALIVE)
			err = name_hiders(l, j, k);
		all = all && hidden;
	}
	if (err == ETIME) {
		j->reach = j->reach == ALIVE ? ALIVE : UNTOLD;
		return 0;
	}
	if (err)
		return err;

	if (!all) {
		j->nby = j->reach == DEAD ? 0 : before;
		j->reach = ALIVE;
	} else if (j->reach == UNSEEN) {
		j->reach = DEAD;
	}
	return 0;
}


static int compare_fate(const struct pset_leaf *leaf, void *arg)
{
	struct without *w = arg;

	if (leaf->classes & ~w->good)
		return DIFFERS;
	for (size_t i = 0; i < leaf->nby && w->j->nby < LINT_BY_MAX; i++) {
		const struct flat_entry *e = &w->l->f.v[w->l->f.entry[leaf->by[i]]];
		int err;

		if (leaf->by[i] < w->from || !e->rule)
			continue;
		err = add_by(w->l, w->j, e->id);
		if (err)
			return err;
	}

	return 0;
}


static void own_boxes(struct linter *l, const struct flat_entry *e, bool own)
{
	memset(l->own + e->first, own, e->n * sizeof(*l->own));
}


/** The boxes of the entry, and of the rule's other places when it has some */
static void mark_own(struct linter *l, const struct flat_entry *e, bool own)
{
	own_boxes(l, e, own);
	for (size_t i = 0; l->v[e->id].places > 1 && i < l->f.n; i++)
		if (l->f.v[i].id == e->id)
			own_boxes(l, &l->f.v[i], own);
}


static int point_fate(const struct pset_leaf *leaf, void *arg)
{
	const struct without *w = arg;

	return leaf->classes & ~w->good ? DIFFERS : 0;
}


/** The one packet that is known to reach the entry: most lines show by it
 *  already that they matter. */
static int ask_point(const struct linter *l, const struct flat_entry *e,
		     const struct pset_walk *walk, const struct without *w)
{
	const struct pset_packet *p = &l->reacher[e - l->f.v];
	struct pset_box b = { .flags_mask = UINT8_MAX, .flags = p->flags };
	struct pset_walk one = *walk;

	memcpy(b.alo, p->addr, sizeof(b.alo));
	memcpy(b.ahi, p->addr, sizeof(b.ahi));
	memcpy(b.lo, p->field, sizeof(b.lo));
	memcpy(b.hi, p->field, sizeof(b.hi));
	one.leaf_h = point_fate;
	return pset_walk_run(&one, &b, w->from, l->f.boxes.n);
}


static bool same_effect(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}


/** A line that logs or counts is not replaced by one that does not. */
static void see_effects(struct linter *l, const char *effect)
{
	if (l->effects && same_effect(l->effect, effect))
		return;
	for (size_t i = 0; i < l->f.boxes.n; i++) {
		const struct config_rule *r = l->f.v[l->f.entry[i]].rule;
		unsigned cls = l->f.cls[i] & ~PSET_SOFT;
		bool other = cls <= FLAT_PERMIT && !same_effect(r ? r->effect : NULL, effect);

		l->cls[i] = other ? OTHER_EFFECT | (l->f.cls[i] & PSET_SOFT) : l->f.cls[i];
	}

	l->effect = effect;
	l->effects = true;
}


/** Would what the entry decides fare the same behind it? */
static int judge_same(struct linter *l, const struct flat_entry *e, struct judged *j)
{
	unsigned cls = e->cls & ~PSET_SOFT;
	struct without w = {
		.l = l, .j = j, .good = 1u << FLAT_IGNORE | 1u << cls,
		.from = e->first + e->n,
	};
	struct pset_budget budget = { l->steps };
	struct pset_walk walk = {
		.ix = &l->f.ix, .cls = l->cls, .fall = FLAT_UNKNOWN, .together = w.good,
		.before = e->first, .before_class = FLAT_IGNORE, .skip = l->own,
		.budget = &budget, .leaf_h = compare_fate, .arg = &w,
	};
	int err = 0;

	see_effects(l, e->rule->effect);
	mark_own(l, e, true);
	err = ask_point(l, e, &walk, &w);
	for (size_t k = e->first; !err && k < w.from; k++)
		if (!l->skip[k])
			err = pset_walk_run(&walk, &l->f.boxes.v[k], 0, l->f.boxes.n);
	mark_own(l, e, false);

	if (err && err != DIFFERS && err != ETIME)
		return err;
	j->same = err || j->same == ALIVE ? ALIVE : DEAD;
	return 0;
}


static int reach_entry(struct linter *l, const struct flat_entry *e)
{
	struct judged *j = e->rule ? &l->v[e->id] : NULL;

	if (!j || j->reach == UNTOLD)
		return 0;
	return judge_reach(l, e, j);
}


/** Asked when all lines that never match are known: they support nothing. */
static int same_entry(struct linter *l, const struct flat_entry *e)
{
	struct judged *j = e->rule ? &l->v[e->id] : NULL;
	int err = 0;

	if (!j || j->reach != ALIVE || (e->cls & PSET_SOFT))
		return 0;
	if (j->same != ALIVE)
		err = judge_same(l, e, j);
	if (j->same == ALIVE)
		j->nby = 0;
	return err;
}


static void count_places(struct linter *l)
{
	for (size_t i = 0; i < l->f.n; i++) {
		const struct flat_entry *e = &l->f.v[i];

		l->visited[e->list - l->c->lists] = true;
		if (e->rule)
			l->v[e->id].places = 0;
	}
	for (size_t i = 0; i < l->f.n; i++)
		if (l->f.v[i].rule)
			l->v[l->f.v[i].id].places++;
}


/** Is the list no other's, and looked at by hooks of one family at most? */
static bool seen_once(const struct config *c, const struct config_list *list)
{
	int family = -1;

	for (size_t i = 0; i < c->nhooks; i++) {
		if (strcmp(c->hooks[i].list, list->name) != 0)
			continue;
		if (family >= 0 && family != c->hooks[i].family)
			return false;
		family = c->hooks[i].family;
	}

	return list->fallthrough != CONFIG_RETURN;
}


static int lint_list(struct linter *l, const struct config_list *list, uint8_t family,
		     const struct flat_ifaces *ifaces)
{
	bool once = seen_once(l->c, list);
	int err = flat_make(&l->f, l->c, list, family, ifaces);
	size_t n = l->f.boxes.n + 1;

	if (!err) {
		count_places(l);
		l->skip = calloc(n, sizeof(*l->skip));
		l->stamp = calloc(n, sizeof(*l->stamp));
		l->hider = calloc(n, sizeof(*l->hider));
		l->reacher = calloc(l->f.n + 1, sizeof(*l->reacher));
		l->own = calloc(n, sizeof(*l->own));
		l->cls = calloc(n, sizeof(*l->cls));
		l->effects = false;
		if (!l->skip || !l->own || !l->cls || !l->stamp || !l->hider || !l->reacher)
			err = ENOMEM;
	}
	l->query = 0;
	for (size_t i = 0; !err && i < l->f.boxes.n; i++)
		l->skip[i] = l->f.cls[i] & PSET_SOFT;
	for (size_t i = 0; !err && i < l->f.n; i++)
		err = reach_entry(l, &l->f.v[i]);
	/* where a line is seen once, one that never matches can be left out; not
	 * so what the device adds by itself */
	for (size_t i = 0; !err && i < l->f.n; i++)
		if (once && l->f.v[i].list == list && l->f.v[i].rule &&
		    !l->f.v[i].rule->implied &&
		    l->v[l->f.v[i].id].reach == DEAD)
			own_boxes(l, &l->f.v[i], true);
	for (size_t i = 0; !err && !l->reach && i < l->f.n; i++)
		err = same_entry(l, &l->f.v[i]);

	free(l->skip);
	free(l->own);
	free(l->cls);
	free(l->stamp);
	free(l->hider);
	free(l->reacher);
	l->skip = l->own = NULL;
	l->cls = NULL;
	l->stamp = l->hider = NULL;
	l->reacher = NULL;
	flat_reset(&l->f);
	return err;
}


/** Has an earlier hook the same list and packets? */
static bool hook_again(const struct config *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(c->hooks[k].list, c->hooks[i].list) &&
		    c->hooks[k].family == c->hooks[i].family)
			return true;

	return false;
}


static int lint_lists(struct linter *l)
{
	struct config *c = l->c;
	struct flat_ifaces ifaces = {0};
	int err = flat_ifaces_add(&ifaces, c);

	for (size_t i = 0; !err && i < c->nhooks; i++) {
		const struct config_list *list =
			config_list_find(c, c->hooks[i].list, c->hooks[i].family);

		if (list && list->defined && !hook_again(c, i))
			err = lint_list(l, list, c->hooks[i].family, &ifaces);
	}
	/* what only other lists reach is seen in them; the rest stands alone */
	for (int jumped = 0; jumped < 2; jumped++)
		for (size_t i = 0; !err && i < c->nlists; i++)
			if (!l->visited[i] && c->lists[i].defined &&
			    (jumped || c->lists[i].fallthrough != CONFIG_RETURN))
				err = lint_list(l, &c->lists[i], c->lists[i].family, &ifaces);

	return err;
}


static bool same_rule(const struct config_rule *a, const struct config_rule *b)
{
	if (a->action != b->action || a->nboxes != b->nboxes || a->states != b->states ||
	    a->in.n || b->in.n || a->out.n || b->out.n || a->sometimes || b->sometimes)
		return false;
	for (size_t i = 0; i < a->nboxes; i++)
		if (!pset_box_holds(&a->boxes[i], &b->boxes[i]) ||
		    !pset_box_holds(&b->boxes[i], &a->boxes[i]))
			return false;

	return true;
}


/** A last line that says what the list's end says anyway is good practice. */
static bool closes_list(const struct lint_ref *at)
{
	size_t last = at->list->nrules;

	while (last && at->list->rules[last - 1].implied)
		last--;
	return at->rule + 1 == &at->list->rules[last] &&
	       at->rule->action == at->list->fallthrough;
}


static int kind_of(const struct linter *l, size_t id, const struct judged *j)
{
	const struct lint_ref *at = &l->ref[id];

	if (at->rule->implied || at->rule->uncertain)
		return -1;
	if (j->reach == UNTOLD)
		return LINT_CANNOT_TELL;
	if (j->reach == DEAD && j->nby == 1 && j->by[0] < id &&
	    same_rule(at->rule, l->ref[j->by[0]].rule))
		return LINT_DUPLICATE;
	if (j->reach == DEAD)
		return LINT_UNREACHABLE;
	if (j->reach == ALIVE && j->same == DEAD && !closes_list(at))
		return LINT_REDUNDANT;
	if (j->reach == UNSEEN && !at->rule->nboxes && at->rule->action != CONFIG_CONTINUE)
		return LINT_UNREACHABLE;

	return -1;
}


/** Of rules that one line became: does what is found of this one hold for the
 *  others too, and was it not told yet? */
static bool whole_line(const struct linter *l, size_t id, int kind)
{
	const struct config_rule *r = l->ref[id].rule;

	if (!r->part)
		return true;
	for (size_t i = l->next_part[id]; i != id; i = l->next_part[i]) {
		/* one may be of use because of the other */
		if (kind_of(l, i, &l->v[i]) < 0 || i < id ||
		    (kind == LINT_REDUNDANT && l->ref[i].list == l->ref[id].list))
			return false;
	}

	return true;
}


static int id_cmp(const void *pa, const void *pb)
{
	const size_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}


static int report(struct linter *l, size_t id, struct judged *j)
{
	int kind = kind_of(l, id, j);
	struct lint *lt = l->lt;
	struct lint_finding *f;
	int err;

	if (kind < 0 || !whole_line(l, id, kind))
		return 0;
	err = arena_grow(&l->c->mem, (void **)&lt->v, lt->n, &lt->cap, sizeof(*lt->v));
	if (err)
		return err;

	f = &lt->v[lt->n];
	*f = (struct lint_finding){ .kind = (enum lint_kind)kind, .at = l->ref[id] };
	f->by = arena_calloc(&l->c->mem, j->nby + 1, sizeof(*f->by));
	if (!f->by)
		return ENOMEM;
	if (j->nby > 1)
		qsort(j->by, j->nby, sizeof(*j->by), id_cmp);
	for (size_t i = 0; i < j->nby; i++)
		if (!i || j->by[i] != j->by[i - 1])
			f->by[f->nby++] = l->ref[j->by[i]];

	lt->n++;
	lt->count[kind]++;
	return 0;
}


/** Let later questions leave out the lines that never match. */
static int keep_dead(struct linter *l)
{
	bool *dead = arena_calloc(&l->c->mem, l->c->nrules + 1, sizeof(*dead));

	if (!dead)
		return ENOMEM;
	for (size_t id = 0; id < l->c->nrules; id++)
		dead[id] = l->v[id].reach == DEAD;
	l->c->dead = dead;
	return 0;
}


/** Rules that one line became, in rings */
static int join_parts(struct linter *l)
{
	size_t *last = arena_calloc(&l->c->mem, l->c->lines + 1u, sizeof(*last));

	l->next_part = arena_calloc(&l->c->mem, l->c->nrules + 1, sizeof(*l->next_part));
	if (!last || !l->next_part)
		return ENOMEM;
	for (size_t id = 0; id < l->c->nrules; id++) {
		const struct config_rule *r = l->ref[id].rule;
		size_t *at = r->part && r->line <= l->c->lines ? &last[r->line] : NULL;

		l->next_part[id] = at && *at ? l->next_part[*at - 1] : id;
		if (at && *at)
			l->next_part[*at - 1] = id;
		if (at)
			*at = id + 1;
	}

	return 0;
}


int lint_config(struct lint *lt, struct config *c, uint64_t steps, bool reach)
{
	struct linter l = { .c = c, .lt = lt, .reach = reach,
			    .steps = steps ? steps : LINT_STEPS };
	size_t id = 0;
	int err = 0;

	*lt = (struct lint){0};
	c->dead = NULL;
	l.v = arena_calloc(&c->mem, c->nrules + 1, sizeof(*l.v));
	l.ref = arena_calloc(&c->mem, c->nrules + 1, sizeof(*l.ref));
	l.visited = arena_calloc(&c->mem, c->nlists + 1, sizeof(*l.visited));
	if (!l.v || !l.ref || !l.visited)
		return ENOMEM;

	for (size_t i = 0; i < c->nlists; i++)
		for (size_t k = 0; k < c->lists[i].nrules; k++)
			l.ref[id++] = (struct lint_ref){ &c->lists[i], &c->lists[i].rules[k] };
	err = join_parts(&l);
	if (!err)
		err = lint_lists(&l);
	for (id = 0; !err && id < c->nrules; id++)
		err = report(&l, id, &l.v[id]);

	return err ? err : keep_dead(&l);
}
