/*
 * What apply-groups merges in, and prefix lists by apply-path. A group's
 * statement counts where it is applied; "<*>" in it stands for each thing of
 * that place that the configuration has already. What the configuration says
 * itself goes before.
 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "lib/policy/read/other/junos.h"

enum { STEPS_MAX = 1 << 25, MERGED_MAX = 1 << 17, PATTERN_MAX = 256 };

/** One statement of one group, on its way to the places it is meant for */
struct merge {
	struct junos *j;
	const struct junos_line *group;
	struct junos_words words;
	size_t at;			/* words of the place where it is applied */
	junos_statement_h *h;
};


int junos_keep(struct junos *j, const struct junos_statement *s, bool merged)
{
	struct junos_line k = { .line = s->line, .text = s->text, .block = s->block,
				.n = s->path->n, .merged = merged };

	k.w = arena_calloc(&j->c->mem, k.n + 1, sizeof(*k.w));
	if (!k.w || arena_grow(&j->c->mem, (void **)&j->kept, j->nkept, &j->kept_cap, sizeof(k)))
		return ENOMEM;
	for (size_t i = 0; i < k.n; i++) {
		k.w[i] = arena_strdup(&j->c->mem, s->path->v[i]);
		if (!k.w[i])
			return ENOMEM;
	}
	j->kept[j->nkept++] = k;
	return 0;
}


static bool is_pattern(const char *w)
{
	size_t n = strlen(w);

	return n > 2 && w[0] == '<' && w[n - 1] == '>' && n < PATTERN_MAX;
}


static bool fits(const char *pattern, const char *w)
{
	char p[PATTERN_MAX];

	if (!is_pattern(pattern))
		return !strcmp(pattern, w);
	memcpy(p, pattern + 1, strlen(pattern) - 2);
	p[strlen(pattern) - 2] = '\0';
	return !fnmatch(p, w, 0);
}


static bool spent(struct junos *j)
{
	return ++j->steps > STEPS_MAX || j->nmerged > MERGED_MAX;
}


static bool begins_with(const struct junos_line *k, const char *const *w, size_t n)
{
	if (k->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(k->w[i], w[i]) != 0)
			return false;

	return true;
}


/** Does "apply-groups-except" keep the group from this path? */
static bool kept_out(struct merge *m)
{
	const char *group = m->group->w[1];

	for (size_t i = 0; i < m->j->nkept; i++) {
		const struct junos_line *k = &m->j->kept[i];

		if (k->except && k->n <= m->words.n + 2 && !strcmp(k->w[k->n - 1], group) &&
		    !strcmp(k->w[k->n - 2], "apply-groups-except")) {
			size_t n = 0;

			while (n + 2 < k->n && !strcmp(k->w[n], m->words.v[n]))
				n++;
			if (n + 2 == k->n)
				return true;
		}
	}

	return false;
}


static int deliver(struct merge *m)
{
	struct junos_statement s = {
		.path = &m->words, .line = m->group->line, .text = m->group->text, .remark = "",
		.block = m->group->block, .command = "set",
	};
	int err;

	if (kept_out(m))
		return 0;
	m->j->nmerged++;
	err = junos_keep(m->j, &s, true);
	return err ? err : m->h(&s, m->j);
}


static int expand(struct merge *m, size_t at);


/** Each word that the configuration has at this place and that fits */
static int expand_pattern(struct merge *m, size_t at)
{
	const char *pattern = m->group->w[2 + at];
	const char *done[64];
	size_t ndone = 0, n = m->j->nkept;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		const struct junos_line *k = &m->j->kept[i];
		size_t d = 0;

		if (spent(m->j))
			return EOVERFLOW;
		if (k->merged || k->n <= at || !begins_with(k, m->words.v, at) ||
		    !fits(pattern, k->w[at]))
			continue;
		while (d < ndone && strcmp(done[d], k->w[at]) != 0)
			d++;
		if (d < ndone)
			continue;
		if (ndone == sizeof(done) / sizeof(done[0]))
			return EOVERFLOW;
		done[ndone++] = k->w[at];
		m->words.v[at] = k->w[at];
		err = expand(m, at + 1);
	}
	return err;
}


static int expand(struct merge *m, size_t at)
{
	if (at == m->group->n - 2) {
		m->words.n = at;
		m->words.v[at] = NULL;
		return deliver(m);
	}
	if (is_pattern(m->group->w[2 + at]))
		return expand_pattern(m, at);
	m->words.v[at] = m->group->w[2 + at];
	return expand(m, at + 1);
}


/** One group's statement, for the place where k applies the group */
static int merge(struct junos *j, const struct junos_line *k, const struct junos_line *g,
		 junos_statement_h *h)
{
	struct merge m = { .j = j, .group = g, .at = k->n - 2, .h = h };

	if (g->n - 2 <= m.at)
		return 0;
	for (size_t i = 0; i < m.at; i++) {
		if (!fits(g->w[2 + i], k->w[i]))
			return 0;
		m.words.v[i] = k->w[i];
	}
	return expand(&m, m.at);
}


/** "apply-groups NAME" at the end of the path, outside of groups */
static bool applies(const struct junos_line *k)
{
	return k->n >= 2 && !strcmp(k->w[k->n - 2], "apply-groups") &&
	       strcmp(k->w[0], "groups") != 0 && !k->merged;
}


static bool is_group(const struct junos_line *g, const char *name)
{
	return g->n > 2 && !strcmp(g->w[0], "groups") && !strcmp(g->w[1], name);
}


static bool has_group(const struct junos *j, const char *name)
{
	for (size_t i = 0; i < j->nkept; i++)
		if (j->kept[i].n > 1 && !strcmp(j->kept[i].w[0], "groups") &&
		    !strcmp(j->kept[i].w[1], name))
			return true;

	return false;
}


/** A cluster's "${node}" is node0 or node1, as each member is. They hold names
 *  and management addresses; @return whether nothing that lists are made of
 *  depends on which of them it is */
static bool same_at_nodes(const struct junos *j)
{
	static const char *const harmless[] = {
		"system", "interfaces", "chassis", "snmp", "routing-options", "event-options",
		"when",
	};
	bool found = false;

	for (size_t i = 0; i < j->nkept; i++) {
		const struct junos_line *g = &j->kept[i];
		bool ok = g->n < 3;

		if (!is_group(g, "node0") && !is_group(g, "node1"))
			continue;
		found = true;
		for (size_t k = 0; !ok && k < sizeof(harmless) / sizeof(harmless[0]); k++)
			ok = !strcmp(g->w[2], harmless[k]);
		for (size_t k = 3; ok && k < g->n; k++)
			ok = strcmp(g->w[k], "filter") != 0;
		if (!ok)
			return false;
	}

	return found;
}


int junos_groups(struct junos *j, junos_statement_h *h)
{
	size_t n = j->nkept;
	int err = 0;

	for (size_t i = 0; i < n; i++)
		j->kept[i].except = j->kept[i].n >= 2 && !j->kept[i].merged &&
			!strcmp(j->kept[i].w[j->kept[i].n - 2], "apply-groups-except");
	for (size_t i = 0; !err && i < n; i++) {
		struct junos_line k = j->kept[i];
		const char *name;

		if (!applies(&k))
			continue;
		name = k.w[k.n - 1];
		if (!strcmp(name, "${node}") && same_at_nodes(j))
			continue;
		if (!has_group(j, name)) {
			err = junos_lost(j, k.line, k.text, "what group \"%s\" merges in is not in "
					 "the file; give the configuration with \"| display "
					 "inheritance\"", name);
			continue;
		}
		for (size_t g = 0; !err && g < n; g++) {
			if (spent(j))
				err = EOVERFLOW;
			else if (is_group(&j->kept[g], name)) {
				struct junos_line group = j->kept[g];

				err = merge(j, &k, &group, h);
			}
		}
		if (err == EOVERFLOW)
			err = junos_lost(j, k.line, k.text, "group \"%s\" merges in too much to be "
					 "followed", name);
	}
	return err;
}


/* apply-path */

static size_t split(char *text, const char **v, size_t max)
{
	char *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (n == max)
			return 0;
		v[n++] = w;
	}
	return n;
}


int junos_apply_path(struct junos *j, struct junos_prefix_list *l)
{
	const char *v[JUNOS_WORDS_MAX];
	char *path = arena_strdup(&j->c->mem, l->path);
	size_t n = path ? split(path, v, JUNOS_WORDS_MAX) : 0;

	if (!path)
		return ENOMEM;
	l->uncertain = !n;
	for (size_t i = 0; n && i < j->nkept; i++) {
		const struct junos_line *k = &j->kept[i];
		size_t at = 0;
		int err;

		if (spent(j)) {
			l->uncertain = true;
			return 0;
		}
		while (at < n && at < k->n && fits(v[at], k->w[at]))
			at++;
		if (at < n || !strcmp(k->w[0], "groups"))
			continue;
		err = junos_list_add(j, l, k->w[n - 1], k->line, k->text);
		if (err)
			return err;
	}
	return 0;
}
