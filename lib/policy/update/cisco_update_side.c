#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/update/cisco_update_side.h"
#include "lib/policy/pset/names.h"

enum { WORDS_MAX = 64 };

struct word {
	const char *p;
	size_t n;
};


static int split_lines(struct side *s)
{
	size_t cap = 0;
	const char *p = s->text, *end = s->text + s->len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl ? (size_t)(nl - p) : (size_t)(end - p);

		if (arena_grow(&s->c.mem, (void **)&s->lines, s->nlines, &cap, sizeof(*s->lines)))
			return ENOMEM;
		while (n && p[n - 1] == '\r')
			n--;
		s->lines[s->nlines++] = (struct config_text){ p, n };
		p = nl ? nl + 1 : end;
	}

	return 0;
}


struct config_text side_line(const struct side *s, unsigned line)
{
	return line && line <= s->nlines ? s->lines[line - 1] : (struct config_text){ "", 0 };
}


static size_t split(struct word *v, struct config_text t)
{
	size_t n = 0, i = 0;

	while (i < t.n && n < WORDS_MAX) {
		while (i < t.n && (t.p[i] == ' ' || t.p[i] == '\t'))
			i++;
		if (i == t.n || t.p[i] == '(')
			break;
		v[n].p = t.p + i;
		while (i < t.n && t.p[i] != ' ' && t.p[i] != '\t')
			i++;
		v[n].n = (size_t)(t.p + i - v[n].p);
		n++;
	}

	return n;
}


static bool is(const struct word *w, const char *s)
{
	return word_is(w->p, w->n, s);
}


static bool is_operator(const struct word *w)
{
	return is(w, "eq") || is(w, "neq") || is(w, "gt") || is(w, "lt") || is(w, "range");
}


/** Where the action stands, and the number before or behind it */
static size_t find_action(struct uline *l, const struct word *v, size_t n)
{
	size_t i = 0;

	while (i < n && !is(&v[i], "permit") && !is(&v[i], "deny"))
		i++;
	if (i && i < n && (i == 1 || (i == 2 && is(&v[0], "sequence"))))
		(void)word_number(&l->number, v[i - 1].p, v[i - 1].n, UINT32_MAX);
	for (size_t k = i; k + 1 < n; k++)
		if (is(&v[k], "sequence"))
			(void)word_number(&l->number, v[k + 1].p, v[k + 1].n, UINT32_MAX);

	return i;
}


static int put_word(struct sbuf *sb, const struct word *v, size_t i, bool *in_ports, bool tcp,
		    bool udp)
{
	unsigned port;

	if (is_operator(&v[i])) {
		*in_ports = true;
	} else if (*in_ports && names_port(&port, v[i].p, v[i].n, tcp, udp)) {
		sbuf_printf(sb, "%u ", port);
		return 0;
	} else {
		*in_ports = false;
	}
	sbuf_put(sb, v[i].p, v[i].n);
	sbuf_putc(sb, ' ');
	return sb->err;
}


static void find_groups(struct side *s, struct uline *l, const struct word *w)
{
	struct token t = { w->p, w->n };

	for (int kind = GROUP_NET; kind <= GROUP_ICMP; kind++) {
		struct group *g = cisco_group_find(s->r, &t, (enum group_kind)kind);

		bool six = s->r->flavour == FLAVOUR_XR && l->family == 6;

		if ((kind == GROUP_NET6 && !six) || (kind == GROUP_NET && six))
			continue;
		if (g && l->ngroups < LINE_GROUPS)
			l->groups[l->ngroups++] = g;
	}
}


static bool names_group(const struct word *w)
{
	return is(w, "object-group") || is(w, "object") || is(w, "net-group") ||
	       is(w, "port-group") || is(w, "addrgroup") || is(w, "portgroup");
}


static int make_words(struct side *s, struct uline *l)
{
	struct word v[WORDS_MAX];
	size_t n = split(v, l->rule->text), i = find_action(l, v, n);
	bool tcp = i + 1 < n && is(&v[i + 1], "tcp"), udp = i + 1 < n && is(&v[i + 1], "udp");
	bool in_ports = false;
	struct sbuf sb = {0};
	int err;

	for (; i < n; i++) {
		if (is(&v[i], "log") || is(&v[i], "log-input"))
			continue;
		if (is(&v[i], "sequence") && i + 1 < n) {
			i++;
			continue;
		}
		(void)put_word(&sb, v, i, &in_ports, tcp, udp);
		if (names_group(&v[i]) && i + 1 < n)
			find_groups(s, l, &v[i + 1]);
	}
	l->words = sb.err ? NULL : arena_strndup(&s->c.mem, sbuf_str(&sb), sb.len);
	err = l->words ? 0 : ENOMEM;
	sbuf_reset(&sb);
	return err;
}


static int box_cmp(const void *pa, const void *pb)
{
	const struct pset_box *a = pa, *b = pb;
	int c = memcmp(a->alo, b->alo, sizeof(a->alo));

	c = c ? c : memcmp(a->ahi, b->ahi, sizeof(a->ahi));
	c = c ? c : memcmp(a->lo, b->lo, sizeof(a->lo));
	c = c ? c : memcmp(a->hi, b->hi, sizeof(a->hi));
	c = c ? c : memcmp(a->abits, b->abits, sizeof(a->abits));
	c = c ? c : memcmp(a->avalue, b->avalue, sizeof(a->avalue));
	c = c ? c : (a->flags_mask > b->flags_mask) - (a->flags_mask < b->flags_mask);
	return c ? c : (a->flags > b->flags) - (a->flags < b->flags);
}


static unsigned long hash_rule(struct config_rule *r)
{
	uint64_t h = sets_hash(0, &r->action, sizeof(r->action));

	if (r->nboxes)
		qsort(r->boxes, r->nboxes, sizeof(*r->boxes), box_cmp);
	for (size_t i = 0; i < r->nboxes; i++) {
		h = sets_hash(h, r->boxes[i].alo, sizeof(r->boxes[i].alo));
		h = sets_hash(h, r->boxes[i].hi, sizeof(r->boxes[i].hi));
	}

	return (unsigned long)h;
}


bool uline_same(const struct uline *a, const struct uline *b)
{
	const struct config_rule *x = a->rule, *y = b->rule;

	if (x->action != y->action || x->nboxes != y->nboxes || x->states != y->states ||
	    x->sometimes || y->sometimes || x->uncertain || y->uncertain)
		return false;
	for (size_t i = 0; i < x->nboxes; i++)
		if (box_cmp(&x->boxes[i], &y->boxes[i]) != 0)
			return false;

	return true;
}


/** Remarks take numbers too, where they have them. */
static int take_remarks(struct side *s, struct ulist *u, unsigned line)
{
	size_t cap = 0;

	for (unsigned i = line + 1; i <= s->nlines; i++) {
		struct word v[WORDS_MAX];
		size_t n = split(v, side_line(s, i));
		unsigned long number;

		if (n && v[0].p == side_line(s, i).p)
			break;		/* not indented: the list ends */
		if (n < 2 || !is(&v[1], "remark") ||
		    !word_number(&number, v[0].p, v[0].n, UINT32_MAX))
			continue;
		if (arena_grow(&s->c.mem, (void **)&u->remarks, u->nremarks, &cap,
			       sizeof(*u->remarks)))
			return ENOMEM;
		u->remarks[u->nremarks++] = number;
	}

	return 0;
}


static int take_list(struct side *s, struct ulist *u, struct config_list *l)
{
	unsigned long highest = 0;

	u->list = l;
	u->v = arena_calloc(&s->c.mem, l->nrules + 1, sizeof(*u->v));
	if (!u->v)
		return ENOMEM;
	for (size_t i = 0; i < l->nrules; i++) {
		struct uline *x = &u->v[u->n];

		if (l->rules[i].implied)
			continue;
		x->rule = &l->rules[i];
		x->family = l->family;
		x->hash = hash_rule(&l->rules[i]);
		if (make_words(s, x))
			return ENOMEM;
		u->numbered |= x->number != NUMBER_NONE;
		if (x->number == NUMBER_NONE)
			x->number = highest + 10;
		highest = x->number > highest ? x->number : highest;
		if (u->n && u->v[u->n - 1].rule->action != CONFIG_PERMIT)
			u->denies = true;
		u->n++;
	}

	return l->family && l->defined ? take_remarks(s, u, l->line) : 0;
}


int side_read(struct side *s, const char *dialect, const char *name, const char *text,
	      size_t len, struct diag_list *dl)
{
	int err;

	s->text = text;
	s->len = len;
	s->g.file = s->c.file = name;
	err = policy_read(&s->c, dialect, name, text, len, dl);
	if (!err)
		err = cisco_groups_read(&s->r, &s->g, dialect, text, len, dl);
	if (!err)
		err = split_lines(s);
	if (err)
		return err;

	s->lists = arena_calloc(&s->c.mem, s->c.nlists + 1, sizeof(*s->lists));
	if (!s->lists)
		return ENOMEM;
	for (size_t i = 0; !err && i < s->c.nlists; i++)
		err = take_list(s, &s->lists[i], &s->c.lists[i]);
	return err;
}


void side_drop(struct side *s)
{
	config_reset(&s->c);
	config_reset(&s->g);
}


struct ulist *side_list(const struct side *s, const char *name, uint8_t family)
{
	for (size_t i = 0; i < s->c.nlists; i++)
		if (s->c.lists[i].defined && s->c.lists[i].family == family &&
		    !strcmp(s->c.lists[i].name, name))
			return &s->lists[i];

	return NULL;
}


int group_addrs(struct need_addrs *out, struct arena *a, const struct group *g)
{
	struct ip_range *v = arena_calloc(a, g->addrs.n + 1, sizeof(*v));

	if (!v)
		return ENOMEM;
	for (size_t i = 0; i < g->addrs.n; i++)
		v[i] = g->addrs.v[i].range;
	*out = (struct need_addrs){ .v = v, .n = addrs_normalise(v, g->addrs.n) };
	return 0;
}
