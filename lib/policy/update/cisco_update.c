#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/update/cisco_update.h"
#include "lib/policy/update/cisco_update_side.h"

enum { RESEQUENCE = 1000 };

/** A wanted group and what the device has under its name */
struct change {
	struct group *want, *now;	/* now: NULL when it is new */
	const char *name;		/* under which it will stand */
	bool changed;
	bool in_place;
	bool comes, goes;		/* members do */
	bool needed;			/* by a line to come */
};

/** A wanted list and where it will stand */
struct pair {
	struct ulist *want, *now;	/* now: NULL, write it anew */
	const char *iface;
	const char *name;
	const char *old;		/* bound there so far, or NULL */
	struct update u;
	unsigned long *numbers;		/* of lines to come */
};

struct work {
	struct sbuf *sb;
	struct arena mem;
	struct side now, want;
	enum flavour flavour;
	struct change *changes;		/* [nchanges] */
	size_t nchanges;
	struct pair *pairs;
	size_t npairs;
	const struct pair *pair;	/* while its lines are compared */
};


static struct change *change_of(struct work *w, const struct group *want)
{
	return &w->changes[want - w->want.r->groups];
}


static bool text_equal(struct config_text a, struct config_text b)
{
	return a.n == b.n && !memcmp(a.p, b.p, a.n);
}


static bool has_member(const struct group *g, struct config_text t)
{
	for (size_t i = 0; i < g->nmembers; i++)
		if (text_equal(g->members[i], t))
			return true;

	return false;
}


static bool same_members(const struct group *a, const struct group *b)
{
	for (size_t i = 0; i < a->nmembers; i++)
		if (!has_member(b, a->members[i]))
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


static struct change *change_of_now(struct work *w, const struct group *now)
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
		struct change *ch = change_of_now(w, l->groups[i]);

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
		struct change *ch = change_of_now(w, l->groups[i]);

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
		struct change *ch = change_of(w, l->groups[i]);

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


static int find_changes(struct work *w)
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
		in_place |= change_of(w, b->groups[i])->in_place;
	return in_place ? !strcmp(a->words, b->words) : uline_same(a, b);
}


/** Lines whose groups are edited are found by their words. */
static unsigned long hash_line(struct work *w, const struct uline *l, bool wanted)
{
	for (size_t i = 0; i < l->ngroups; i++) {
		struct change *ch = wanted ? change_of(w, l->groups[i]) :
				    change_of_now(w, l->groups[i]);

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


/** A line of the wanted text, with groups under the names that they get */
static void put_renamed(struct work *w, const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		size_t len = 0;
		const char *name = NULL;

		while (i + len < n && s[i + len] != ' ')
			len++;
		for (size_t k = 0; !name && k < w->nchanges; k++)
			if (w->changes[k].want->len == len && w->changes[k].changed &&
			    !w->changes[k].in_place &&
			    !memcmp(w->changes[k].want->name, s + i, len))
				name = w->changes[k].name;
		if (name)
			sbuf_puts(w->sb, name);
		else
			sbuf_put(w->sb, s + i, len);
		i += len;
		if (i < n)
			sbuf_putc(w->sb, s[i++]);
	}
}


/** From the action on */
static void put_body(struct work *w, const struct uline *l)
{
	struct config_text t = l->rule->text;
	const char *p = memmem(t.p, t.n, "permit ", 7), *d = memmem(t.p, t.n, "deny ", 5);

	if (!p || (d && d < p))
		p = d;
	if (p)
		put_renamed(w, p, t.n - (size_t)(p - t.p));
	sbuf_putc(w->sb, '\n');
}


/** The remark in front of a wanted line, or nothing */
static struct config_text remark_of(const struct work *w, const struct uline *l)
{
	struct config_text none = { "", 0 };

	for (unsigned line = l->rule->line; line > 1; line--) {
		struct config_text t = side_line(&w->want, line - 1);
		const char *p = memmem(t.p, t.n, "remark ", 7);

		if (p)
			return (struct config_text){ p, t.n - (size_t)(p - t.p) };
		if (!memmem(t.p, t.n, "permit ", 7))
			return none;
	}

	return none;
}


static const char *list_mode(const struct work *w, uint8_t family)
{
	if (w->flavour == FLAVOUR_XR)
		return family == 6 ? "ipv6 access-list" : "ipv4 access-list";
	if (family == 6)
		return "ipv6 access-list";
	return w->flavour == FLAVOUR_NXOS ? "ip access-list" : "ip access-list extended";
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


/** IOS shows no numbers of IPv4 lists in a configuration, but has them. */
static bool resequences(const struct work *w, const struct pair *p)
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
	if (resequences(w, p))
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


static void put_insert(struct work *w, const struct pair *p, size_t want, unsigned long number)
{
	const struct uline *l = &p->want->v[want];
	struct config_text remark = remark_of(w, l);

	if (remark.n)
		sbuf_printf(w->sb, " ! %.*s\n", (int)remark.n - 7, remark.p + 7);
	sbuf_printf(w->sb, w->flavour == FLAVOUR_IOS && p->want->list->family == 6 ?
		    " sequence %lu " : " %lu ", number);
	put_body(w, l);
}


static void put_numbered(struct work *w, const struct pair *p)
{
	size_t n = 0;

	if (resequences(w, p))
		sbuf_printf(w->sb, "ip access-list resequence %s %d %d\n", p->name, RESEQUENCE,
			    RESEQUENCE);
	sbuf_printf(w->sb, "%s %s\n", list_mode(w, p->want->list->family), p->name);
	for (size_t i = 0; i < p->u.nsteps; i++) {
		const struct update_step *s = &p->u.steps[i];

		if (s->kind == UPDATE_INSERT)
			put_insert(w, p, s->line, p->numbers[n++]);
		else if (w->flavour == FLAVOUR_IOS && p->want->list->family == 6)
			sbuf_printf(w->sb, " no sequence %lu\n", p->now->v[s->line].number);
		else
			sbuf_printf(w->sb, " no %lu\n", p->now->v[s->line].number);
	}
	sbuf_puts(w->sb, w->flavour == FLAVOUR_XR ? "!\n" : "exit\n");
}


/** ASA counts lines and remarks; new ones come first, one below the other. */
static void put_asa(struct work *w, const struct pair *p)
{
	unsigned at = 1;
	struct config_text last = { "", 0 };

	for (size_t i = 0; i < p->u.nsteps; i++) {
		const struct update_step *s = &p->u.steps[i];
		struct config_text t;
		const char *ext;

		if (s->kind == UPDATE_INSERT) {
			struct config_text remark = remark_of(w, &p->want->v[s->line]);
			bool end = s->line + 1 == p->want->n;

			if (remark.n && !end && !text_equal(remark, last))
				sbuf_printf(w->sb, "access-list %s line %u %.*s\n", p->name, at++,
					    (int)remark.n, remark.p);
			last = remark;
			if (end)
				sbuf_printf(w->sb, "access-list %s extended ", p->name);
			else
				sbuf_printf(w->sb, "access-list %s line %u extended ", p->name, at++);
			put_body(w, &p->want->v[s->line]);
			continue;
		}
		t = p->now->v[s->line].rule->text;
		ext = memmem(t.p, t.n, " line ", 6);
		if (ext) {		/* "line 7" is no part of the entry */
			const char *e = memmem(t.p, t.n, "extended", 8);

			sbuf_printf(w->sb, "no access-list %s %.*s\n", p->name,
				    e ? (int)(t.p + t.n - e) : 0, e ? e : "");
		} else {
			sbuf_printf(w->sb, "no %.*s\n", (int)t.n, t.p);
		}
	}
}


static void put_binding(struct work *w, const struct pair *p)
{
	uint8_t family = p->want->list->family;

	if (w->flavour == FLAVOUR_ASA)
		sbuf_printf(w->sb, "access-group %s in interface %s\n", p->name, p->iface);
	else if (w->flavour == FLAVOUR_XR)
		sbuf_printf(w->sb, "interface %s\n ipv%u access-group %s ingress\n!\n", p->iface,
			    family, p->name);
	else
		sbuf_printf(w->sb, "interface %s\n %s %s in\nexit\n", p->iface, family == 6 ?
			    "ipv6 traffic-filter" : "ip access-group", p->name);
	if (p->old)
		sbuf_printf(w->sb, "! %s is not bound here any more\n", p->old);
}


/** All of the wanted list as it was written, under the name it gets */
static void put_new(struct work *w, const struct pair *p)
{
	const struct ulist *l = p->want;
	unsigned first = l->list->line, last = l->n ? l->v[l->n - 1].rule->line : first;
	size_t name = strlen(l->list->name);

	if (w->flavour != FLAVOUR_ASA)
		sbuf_printf(w->sb, "%s %s\n", list_mode(w, l->list->family), p->name);
	for (unsigned i = w->flavour == FLAVOUR_ASA ? first : first + 1; i <= last; i++) {
		struct config_text t = side_line(&w->want, i);

		if (w->flavour == FLAVOUR_ASA && t.n > 12 + name) {
			sbuf_printf(w->sb, "access-list %s", p->name);
			t.p += 12 + name;
			t.n -= 12 + name;
		}
		put_renamed(w, t.p, t.n);
		sbuf_putc(w->sb, '\n');
	}
	if (w->flavour != FLAVOUR_ASA)
		sbuf_puts(w->sb, w->flavour == FLAVOUR_XR ? "!\n" : "exit\n");
	put_binding(w, p);
}


static void put_pair(struct work *w, const struct pair *p)
{
	if (!p->now)
		put_new(w, p);
	else if (!p->u.nsteps)
		return;
	else if (w->flavour == FLAVOUR_ASA)
		put_asa(w, p);
	else
		put_numbered(w, p);
}


/* Groups */

static void put_group_mode(struct work *w, const struct change *ch)
{
	const struct group *g = ch->want;
	const char *p = memmem(g->header.p, g->header.n, g->name, g->len);
	size_t n = p ? (size_t)(p - g->header.p) : 0;

	/* the name is the last word that says so, behind "object-group network" */
	for (const char *q = p; q; q = memmem(q + 1, g->header.n - (size_t)(q + 1 - g->header.p),
					      g->name, g->len))
		if (q > g->header.p && q[-1] == ' ') {
			n = (size_t)(q - g->header.p);
			p = q;
		}
	sbuf_put(w->sb, g->header.p, n);
	sbuf_puts(w->sb, ch->name);
	if (p)
		sbuf_put(w->sb, p + g->len, g->header.n - n - g->len);
	sbuf_putc(w->sb, '\n');
}


static void put_members(struct work *w, const struct change *ch, const struct group *of,
			const struct group *but, const char *before)
{
	bool open = false;

	for (size_t i = 0; i < of->nmembers; i++) {
		if (but && has_member(but, of->members[i]))
			continue;
		if (!open)
			put_group_mode(w, ch);
		open = true;
		sbuf_printf(w->sb, " %s%.*s\n", before, (int)of->members[i].n, of->members[i].p);
	}
	if (open)
		sbuf_puts(w->sb, w->flavour == FLAVOUR_XR ? "!\n" : "exit\n");
}


/** What must be there before lines name it */
static void put_groups_before(struct work *w)
{
	for (size_t i = 0; i < w->nchanges; i++) {
		const struct change *ch = &w->changes[i];

		if (ch->in_place)
			put_members(w, ch, ch->want, ch->now, "");
		else if (ch->needed && (!ch->now || ch->changed))
			put_members(w, ch, ch->want, NULL, "");
	}
}


static void put_groups_after(struct work *w)
{
	for (size_t i = 0; i < w->nchanges; i++)
		if (w->changes[i].in_place)
			put_members(w, &w->changes[i], w->changes[i].now, w->changes[i].want, "no ");
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
		change_of(w, l->groups[i])->needed = true;
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

	put_groups_before(w);
	for (size_t i = 0; i < w->npairs; i++)
		put_pair(w, &w->pairs[i]);
	put_groups_after(w);
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
		err = find_changes(w);
	if (!err)
		err = put_all(w);

	side_drop(&w->now);
	side_drop(&w->want);
	arena_reset(&w->mem);
	free(w);
	return err;
}
