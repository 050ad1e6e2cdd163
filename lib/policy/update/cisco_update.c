#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/update/cisco_update.h"
#include "lib/policy/update/cisco_update_work.h"


/* Which list of the device is the wanted one's */

static size_t times_bound(const struct side *s, const char *name, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < s->c.nhooks; i++)
		n += s->c.hooks[i].family == family && !strcmp(s->c.hooks[i].list, name);
	return n;
}


static bool can_edit(struct work *w, const struct ulist *l, uint8_t family)
{
	struct config_text head = side_line(&w->now, l->list->line);

	if (times_bound(&w->now, l->list->name, family) != 1)
		return false;
	if (memmem(head.p, head.n, "standard", 8) ||
	    (w->flavour == FLAVOUR_IOS && strtoul(l->list->name, NULL, 10) &&
	     (strtoul(l->list->name, NULL, 10) < 100 || strlen(l->list->name) > 3)))
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].rule->states)
			return false;

	return l->n > 0;
}


static int free_name(struct work *w, struct pair *p)
{
	const char *base = p->want->list->name;

	p->name = base;
	for (unsigned n = 2; p->name; n++) {
		bool taken = false;

		for (size_t i = 0; i < w->now.c.nlists; i++)
			taken |= !strcmp(w->now.c.lists[i].name, p->name);
		if (!taken)
			return 0;
		p->name = arena_printf(&w->mem, "%s-%u", base, n);
	}

	return ENOMEM;
}


static int make_pair(struct work *w, const struct config_hook *h)
{
	struct pair *p = &w->pairs[w->npairs++];
	uint8_t family = w->flavour == FLAVOUR_ASA ? 0 : h->family;

	*p = (struct pair){ .iface = h->iface, .want = side_list(&w->want, h->list, family) };
	if (!p->want)
		return EINVAL;
	for (size_t i = 0; i < w->now.c.nhooks; i++) {
		const struct config_hook *o = &w->now.c.hooks[i];

		if (o->where != CONFIG_IN || o->family != h->family || !o->iface ||
		    !config_iface_match(o->iface, h->iface))
			continue;
		p->old = o->list;
		p->iface = o->iface;
		p->now = side_list(&w->now, o->list, family);
	}
	if (p->now && !can_edit(w, p->now, family))
		p->now = NULL;
	p->name = p->now ? p->now->list->name : NULL;
	return p->name ? 0 : free_name(w, p);
}


static int find_pairs(struct work *w)
{
	int err = 0;

	w->pairs = arena_calloc(&w->mem, w->want.c.nhooks + 1, sizeof(*w->pairs));
	if (!w->pairs)
		return ENOMEM;
	for (size_t i = 0; !err && i < w->want.c.nhooks; i++)
		err = make_pair(w, &w->want.c.hooks[i]);
	return err;
}


/* Lines */

/** The same packets; or the same words, where groups are edited in place */
static bool same_line(size_t now, size_t want, void *arg)
{
	struct work *w = arg;
	const struct uline *a = &w->pair->now->v[now], *b = &w->pair->want->v[want];
	bool in_place = false;

	for (size_t i = 0; i < b->ngroups; i++)
		in_place |= work_change_of(w, b->groups[i])->in_place;
	return in_place ? !strcmp(a->words, b->words) : uline_same(a, b);
}


/** Lines whose groups are edited are found by their words. */
static unsigned long hash_line(struct work *w, const struct uline *l, bool wanted)
{
	for (size_t i = 0; i < l->ngroups; i++) {
		struct change *ch = wanted ? work_change_of(w, l->groups[i]) :
				    work_change_of_now(w, l->groups[i]);

		if (ch && ch->in_place)
			return (unsigned long)sets_hash(1, l->words, strlen(l->words));
	}

	return l->hash;
}


static int compare_lines(struct work *w, struct pair *p)
{
	unsigned long *hp = arena_calloc(&w->mem, p->now->n + 1, sizeof(*hp));
	unsigned long *hw = arena_calloc(&w->mem, p->want->n + 1, sizeof(*hw));

	if (!hp || !hw)
		return ENOMEM;
	for (size_t i = 0; i < p->now->n; i++)
		hp[i] = hash_line(w, &p->now->v[i], false);
	for (size_t i = 0; i < p->want->n; i++)
		hw[i] = hash_line(w, &p->want->v[i], true);
	w->pair = p;
	return update_find(&p->u, &w->mem, hp, p->now->n, hw, p->want->n, same_line, w);
}


static bool number_used(const struct pair *p, const unsigned long *added, size_t n,
			unsigned long number)
{
	for (size_t i = 0; i < p->now->n; i++)
		if (p->now->v[i].number == number)
			return true;
	for (size_t i = 0; i < p->now->nremarks; i++)
		if (p->now->remarks[i] == number)
			return true;
	for (size_t i = 0; i < n; i++)
		if (added[i] == number)
			return true;

	return false;
}


/** The wanted number where it is free and above the line that refuses the
 *  rest, else the next free one above that line; 0: none is free. */
static unsigned long choose_number(const struct pair *p, const unsigned long *added, size_t n,
				   size_t want)
{
	unsigned long number = p->want->v[want].number, below = UINT32_MAX;

	if (p->u.last != UPDATE_NONE)
		below = p->now->v[p->u.last].number;
	if (p->u.last == UPDATE_NONE && want + 1 == p->want->n) {
		/* the refusal itself: behind all that is there */
		for (size_t i = 0; i < p->now->n; i++)
			if (p->now->v[i].number >= number)
				number = p->now->v[i].number + 10;
		return number < 2147483647UL ? number : 0;
	}
	if (number < below && !number_used(p, added, n, number))
		return number;
	for (number = below - 1; number && number_used(p, added, n, number); number--)
		;
	return number;
}


bool work_resequences(const struct work *w, const struct pair *p)
{
	return w->flavour == FLAVOUR_IOS && p->want->list->family == 4 && !p->now->numbered;
}


/** Numbers of all lines to come; EOVERFLOW: there is no room */
static int number_lines(struct work *w, struct pair *p)
{
	size_t n = 0;

	p->numbers = arena_calloc(&w->mem, p->u.nsteps + 1, sizeof(*p->numbers));
	if (!p->numbers)
		return ENOMEM;
	if (work_resequences(w, p))
		for (size_t i = 0; i < p->now->n; i++)
			p->now->v[i].number = RESEQUENCE * (i + 1);
	for (size_t i = 0; i < p->u.nsteps; i++) {
		if (p->u.steps[i].kind != UPDATE_INSERT)
			continue;
		p->numbers[n] = choose_number(p, p->numbers, n, p->u.steps[i].line);
		if (!p->numbers[n++])
			return EOVERFLOW;
	}

	return 0;
}


static bool nothing_to_do(const struct work *w)
{
	for (size_t i = 0; i < w->npairs; i++)
		if (!w->pairs[i].now || w->pairs[i].u.nsteps)
			return false;
	for (size_t i = 0; i < w->nchanges; i++)
		if (w->changes[i].in_place)
			return false;

	return true;
}


static void need_groups(struct work *w, const struct uline *l)
{
	for (size_t i = 0; i < l->ngroups; i++)
		work_change_of(w, l->groups[i])->needed = true;
}


/** The steps of one list; without room between two numbers it is written anew. */
static int plan_pair(struct work *w, struct pair *p)
{
	int err = p->now ? compare_lines(w, p) : 0;

	if (!err && p->now && w->flavour != FLAVOUR_ASA)
		err = number_lines(w, p);
	if (err == EOVERFLOW) {
		p->now = NULL;
		err = free_name(w, p);
	}
	if (err)
		return err;

	for (size_t i = 0; p->now && i < p->u.nsteps; i++)
		if (p->u.steps[i].kind == UPDATE_INSERT)
			need_groups(w, &p->want->v[p->u.steps[i].line]);
	for (size_t i = 0; !p->now && i < p->want->n; i++)
		need_groups(w, &p->want->v[i]);
	return 0;
}


static int put_all(struct work *w)
{
	int err = 0;

	for (size_t i = 0; !err && i < w->npairs; i++)
		err = plan_pair(w, &w->pairs[i]);
	if (err || nothing_to_do(w))
		return err;

	work_put(w);
	return w->sb->err;
}


int cisco_update(struct sbuf *sb, const char *dialect, const char *name, const char *now,
		 size_t nlen, const char *want, size_t wlen, struct diag_list *dl)
{
	struct work *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return ENOMEM;
	w->sb = sb;
	err = side_read(&w->now, dialect, name, now, nlen, dl);
	if (!err)
		err = side_read(&w->want, dialect, "wanted", want, wlen, dl);
	if (!err) {
		w->flavour = w->want.r->flavour;
		err = find_pairs(w);
	}
	if (!err)
		err = work_find_changes(w);
	if (!err)
		err = put_all(w);

	side_drop(&w->now);
	side_drop(&w->want);
	arena_reset(&w->mem);
	free(w);
	return err;
}
