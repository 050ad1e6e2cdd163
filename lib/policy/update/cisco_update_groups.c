/*
 * Which groups change, and which may do so while lines use them.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/update/cisco_update_work.h"


struct change *work_change_of(struct work *w, const struct group *want)
{
	return &w->changes[want - w->want.r->groups];
}


bool work_text_equal(struct config_text a, struct config_text b)
{
	return a.n == b.n && !memcmp(a.p, b.p, a.n);
}


bool work_has_member(const struct group *g, struct config_text t)
{
	for (size_t i = 0; i < g->nmembers; i++)
		if (work_text_equal(g->members[i], t))
			return true;

	return false;
}


static bool same_members(const struct group *a, const struct group *b)
{
	for (size_t i = 0; i < a->nmembers; i++)
		if (!work_has_member(b, a->members[i]))
			return false;

	return a->nmembers == b->nmembers;
}


static bool holds(const struct need_addrs *outer, const struct need_addrs *inner, struct arena *a)
{
	struct need_addrs meet;

	return !addrs_intersect(&meet, a, outer, inner) &&
	       (meet.n = addrs_normalise((struct ip_range *)meet.v, meet.n),
		addrs_equal(&meet, inner));
}


static bool is_net(const struct group *g)
{
	return g->kind == GROUP_NET || g->kind == GROUP_NET6;
}


static int compare_group(struct work *w, struct change *ch)
{
	struct token name = { ch->want->name, ch->want->len };
	struct need_addrs a, b;

	ch->name = ch->want->name;
	ch->now = cisco_group_find(w->now.r, &name, ch->want->kind);
	if (ch->now && !ch->now->given)
		ch->now = NULL;
	if (!ch->now || same_members(ch->now, ch->want))
		return 0;
	if (!is_net(ch->want) || ch->now->nnested) {
		ch->changed = true;
		return 0;
	}
	if (group_addrs(&a, &w->mem, ch->now) || group_addrs(&b, &w->mem, ch->want))
		return ENOMEM;

	ch->changed = !addrs_equal(&a, &b);
	ch->comes = !holds(&a, &b, &w->mem);
	ch->goes = !holds(&b, &a, &w->mem);
	ch->in_place = ch->changed && !ch->now->uncertain;
	return 0;
}


static bool name_taken(struct work *w, const char *name)
{
	struct token t = { name, strlen(name) };

	for (int k = GROUP_NET; k <= GROUP_ICMP; k++)
		if (cisco_group_find(w->now.r, &t, (enum group_kind)k) ||
		    cisco_group_find(w->want.r, &t, (enum group_kind)k))
			return true;

	return false;
}


static int rename_group(struct work *w, struct change *ch)
{
	for (unsigned n = 2; n < 1000; n++) {
		const char *name = arena_printf(&w->mem, "%s-%u", ch->want->name, n);

		if (!name)
			return ENOMEM;
		if (!name_taken(w, name)) {
			ch->name = name;
			return 0;
		}
	}

	return EOVERFLOW;
}


struct change *work_change_of_now(struct work *w, const struct group *now)
{
	for (size_t i = 0; i < w->nchanges; i++)
		if (w->changes[i].now == now)
			return &w->changes[i];

	return NULL;
}


static const struct pair *pair_of(const struct work *w, const struct ulist *now)
{
	for (size_t i = 0; i < w->npairs; i++)
		if (w->pairs[i].now == now)
			return &w->pairs[i];

	return NULL;
}


static bool has_words(const struct ulist *l, const char *words)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].words, words))
			return true;

	return false;
}


/** May all changed groups of a present line be edited while it stands? Each
 *  state then permits no more than the line before and after together. */
static bool line_allows(struct work *w, const struct ulist *list, const struct uline *l)
{
	const struct pair *p = pair_of(w, list);
	bool comes = false, goes = false;
	size_t n = 0;

	for (size_t i = 0; i < l->ngroups; i++) {
		struct change *ch = work_change_of_now(w, l->groups[i]);

		if (!ch || !ch->in_place)
			continue;
		comes |= ch->comes;
		goes |= ch->goes;
		n++;
	}
	if (!n)
		return true;

	return p && !list->denies && l->rule->action == CONFIG_PERMIT &&
	       has_words(p->want, l->words) && !(n > 1 && comes && goes);
}


/** @return did any group lose its place? */
static bool restrict_line(struct work *w, const struct ulist *list, const struct uline *l)
{
	bool lost = false;

	if (line_allows(w, list, l))
		return false;
	for (size_t i = 0; i < l->ngroups; i++) {
		struct change *ch = work_change_of_now(w, l->groups[i]);

		lost |= ch && ch->in_place;
		if (ch)
			ch->in_place = false;
	}

	return lost;
}


/** A line to come must not find members that are to go yet. */
static bool restrict_new_line(struct work *w, const struct pair *p, const struct uline *l)
{
	bool lost = false;

	for (size_t i = 0; i < l->ngroups; i++) {
		struct change *ch = work_change_of(w, l->groups[i]);

		if (!ch->in_place || !ch->goes || (p->now && has_words(p->now, l->words)))
			continue;
		ch->in_place = false;
		lost = true;
	}

	return lost;
}


static void restrict_groups(struct work *w)
{
	bool again = true;

	for (size_t i = 0; i < w->now.r->ngroups; i++)
		for (size_t k = 0; k < w->now.r->groups[i].nnested; k++) {
			const struct nested *n = &w->now.r->groups[i].nested[k];

			for (size_t j = 0; j < w->nchanges; j++)
				if (w->changes[j].now && w->changes[j].now->len == n->len &&
				    !memcmp(w->changes[j].now->name, n->name, n->len))
					w->changes[j].in_place = false;
		}
	while (again) {
		again = false;
		for (size_t i = 0; i < w->now.c.nlists; i++)
			for (size_t k = 0; k < w->now.lists[i].n; k++)
				again |= restrict_line(w, &w->now.lists[i],
						       &w->now.lists[i].v[k]);
		for (size_t i = 0; i < w->npairs; i++)
			for (size_t k = 0; k < w->pairs[i].want->n; k++)
				again |= restrict_new_line(w, &w->pairs[i],
							   &w->pairs[i].want->v[k]);
	}
}


int work_find_changes(struct work *w)
{
	int err = 0;

	w->nchanges = w->want.r->ngroups;
	w->changes = arena_calloc(&w->mem, w->nchanges + 1, sizeof(*w->changes));
	if (!w->changes)
		return ENOMEM;
	for (size_t i = 0; !err && i < w->nchanges; i++) {
		w->changes[i].want = &w->want.r->groups[i];
		err = compare_group(w, &w->changes[i]);
	}
	if (!err)
		restrict_groups(w);
	for (size_t i = 0; !err && i < w->nchanges; i++)
		if (w->changes[i].changed && !w->changes[i].in_place)
			err = rename_group(w, &w->changes[i]);
	return err;
}
