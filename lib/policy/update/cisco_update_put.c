/*
 * The commands: new groups, lists line by line or anew, what goes.
 */
#include <stdio.h>
#include <string.h>

#include "lib/policy/update/cisco_update_work.h"


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

	if (work_resequences(w, p))
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

			if (remark.n && !end && !work_text_equal(remark, last))
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
		if (but && work_has_member(but, of->members[i]))
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


void work_put(struct work *w)
{
	put_groups_before(w);
	for (size_t i = 0; i < w->npairs; i++)
		put_pair(w, &w->pairs[i]);
	put_groups_after(w);
}
