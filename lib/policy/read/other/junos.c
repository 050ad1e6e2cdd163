/*
 * Junos: stateless firewall filters, their prefix lists and where they are
 * bound. Filters keep no state.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/reader.h"
#include "lib/policy/read/other/junos.h"

enum { OFF_MAX = 4096, KEY_MAX = 3 * (CONFIG_NAME_LEN + 1) };

/** Names as one key; an index finds entries by it. */
struct key {
	const struct junos *j;
	size_t filter;
	uint8_t family;
	enum config_where where;
	const char *name;
};


static uint64_t hash_key(const struct key *k)
{
	uint64_t h = sets_hash(k->family, k->name, strlen(k->name));

	return sets_hash(h + (uint64_t)k->where, &k->filter, sizeof(k->filter));
}


static bool filter_equal(const void *arg, size_t i)
{
	const struct key *k = arg;

	return k->j->filters[i].family == k->family && !strcmp(k->j->filters[i].name, k->name);
}


static uint64_t filter_hash(const void *arg, size_t i)
{
	const struct junos *j = ((const struct key *)arg)->j;

	return hash_key(&(struct key){ .family = j->filters[i].family,
				       .name = j->filters[i].name });
}


static bool term_equal(const void *arg, size_t i)
{
	const struct key *k = arg;

	return k->j->terms[i].filter == k->filter && !strcmp(k->j->terms[i].name, k->name);
}


static uint64_t term_hash(const void *arg, size_t i)
{
	const struct junos *j = ((const struct key *)arg)->j;

	return hash_key(&(struct key){ .filter = j->terms[i].filter, .name = j->terms[i].name });
}


static bool list_equal(const void *arg, size_t i)
{
	const struct key *k = arg;

	return !strcmp(k->j->lists[i].name, k->name);
}


static uint64_t list_hash(const void *arg, size_t i)
{
	return hash_key(&(struct key){ .name = ((const struct key *)arg)->j->lists[i].name });
}


static bool binding_equal(const void *arg, size_t i)
{
	const struct key *k = arg;
	const struct junos_binding *b = &k->j->bindings[i];

	return b->family == k->family && b->where == k->where && !strcmp(b->iface, k->name);
}


static uint64_t binding_hash(const void *arg, size_t i)
{
	const struct junos_binding *b = &((const struct key *)arg)->j->bindings[i];

	return hash_key(&(struct key){ .family = b->family, .where = b->where,
				       .name = b->iface });
}


static int get_filter(size_t *out, struct junos *j, const char *name, uint8_t family,
		      unsigned line)
{
	struct key k = { .j = j, .family = family, .name = name };
	struct config_list *l;
	int err;

	*out = sets_index_find(&j->filter_ix, hash_key(&k), filter_equal, &k);
	if (*out != SIZE_MAX)
		return 0;

	err = config_list_get(&l, j->c, name, strlen(name), family);
	if (!err) {
		l->defined = true;
		l->line = line;
		l->fallthrough = CONFIG_DENY;
		err = arena_grow(&j->c->mem, (void **)&j->filters, j->nfilters,
				 &j->filters_cap, sizeof(*j->filters));
	}
	if (err)
		return err;
	*out = j->nfilters;
	j->filters[j->nfilters++] = (struct junos_filter){
		.name = arena_strdup(&j->c->mem, name), .family = family, .line = line };
	if (!j->filters[*out].name)
		return ENOMEM;
	return sets_index_add(&j->filter_ix, &j->c->mem, hash_key(&k), filter_hash, &k);
}


static int new_term(size_t *out, struct junos *j, size_t filter, const char *name,
		    const struct junos_statement *s)
{
	struct junos_term t = {
		.filter = filter, .line = s->line, .text = s->text, .action = CONFIG_PERMIT,
		.name = arena_strdup(&j->c->mem, name),
	};
	struct junos_filter *f = &j->filters[filter];
	struct config_text words = { t.name, strlen(name) };
	int err;

	if (!t.name || arena_grow(&j->c->mem, (void **)&j->terms, j->nterms, &j->terms_cap,
				  sizeof(*j->terms)) ||
	    arena_grow(&j->c->mem, (void **)&f->terms, f->nterms, &f->cap, sizeof(*f->terms)))
		return ENOMEM;
	if (j->nterms == CONFIG_RULES_MAX)
		return EOVERFLOW;
	err = config_rows_scan(j->c, &t.rows, words);
	if (!err && !t.rows.n) {
		char *remark = arena_strdup(&j->c->mem, s->remark);

		words = (struct config_text){ remark, strlen(s->remark) };
		err = remark ? config_rows_scan(j->c, &t.rows, words) : ENOMEM;
	}
	*out = j->nterms;
	if (j->merging && f->own) {
		/* whether it goes before the filter's own is not sure */
		t.uncertain = true;
		memmove(f->terms + 1, f->terms, f->nterms * sizeof(*f->terms));
		f->terms[0] = j->nterms;
		if (!err)
			err = config_unknown(j->c, s->line, s->text, "where a group's term \"%s\" "
					     "stands among the filter's own is not known", name);
	} else {
		f->own = f->own || !j->merging;
		f->terms[f->nterms] = j->nterms;
	}
	f->nterms++;
	j->terms[j->nterms++] = t;
	return err;
}


static int get_term(size_t *out, struct junos *j, size_t filter, const char *name,
		    const struct junos_statement *s)
{
	struct key k = { .j = j, .filter = filter, .name = name };
	int err;

	*out = sets_index_find(&j->term_ix, hash_key(&k), term_equal, &k);
	if (*out != SIZE_MAX)
		return 0;

	err = new_term(out, j, filter, name, s);
	return err ? err : sets_index_add(&j->term_ix, &j->c->mem, hash_key(&k), term_hash, &k);
}


struct junos_prefix_list *junos_list_find(const struct junos *j, const char *name)
{
	struct key k = { .j = j, .name = name };
	size_t i = sets_index_find(&j->list_ix, hash_key(&k), list_equal, &k);

	return i == SIZE_MAX ? NULL : &j->lists[i];
}


static int get_list(struct junos_prefix_list **out, struct junos *j, const char *name)
{
	struct key k = { .j = j, .name = name };

	*out = junos_list_find(j, name);
	if (*out)
		return 0;

	if (arena_grow(&j->c->mem, (void **)&j->lists, j->nlists, &j->lists_cap,
		       sizeof(*j->lists)))
		return ENOMEM;
	*out = &j->lists[j->nlists++];
	**out = (struct junos_prefix_list){ .name = arena_strdup(&j->c->mem, name) };
	if (!(*out)->name)
		return ENOMEM;
	return sets_index_add(&j->list_ix, &j->c->mem, hash_key(&k), list_hash, &k);
}


int junos_list_add(struct junos *j, struct junos_prefix_list *l, const char *word,
		   unsigned line, struct config_text text)
{
	struct junos_prefix p = {0};

	if (ip_prefix_parse(&p.p, word) == EINVAL) {
		if (ip_parse(&p.p.addr, word)) {
			l->uncertain = true;
			return config_unknown(j->c, line, text,
					      "\"%s\" in a prefix-list is no prefix", word);
		}
		p.p.len = (uint8_t)ip_bits(&p.p.addr);
	}
	if (l->n == JUNOS_LIST_MAX)
		return EOVERFLOW;
	if (arena_grow(&j->c->mem, (void **)&l->v, l->n, &l->cap, sizeof(*l->v)))
		return ENOMEM;
	l->v[l->n++] = p;
	return 0;
}


/** policy-options prefix-list NAME PREFIX */
static int read_prefix_list(struct junos *j, const struct junos_statement *s,
			    const char *const *w)
{
	struct junos_prefix_list *l;
	int err;

	if (!w[0])
		return 0;
	err = get_list(&l, j, w[0]);
	if (err || !w[1])
		return err;
	if (strcmp(w[1], "apply-path") != 0 || !w[2])
		return junos_list_add(j, l, w[1], s->line, s->text);
	l->path = arena_strdup(&j->c->mem, w[2]);
	return l->path ? 0 : ENOMEM;
}


static int read_term(struct junos *j, const struct junos_statement *s, size_t filter,
		     const char *const *w)
{
	size_t i;
	int err;

	if (!w[0])
		return 0;
	err = get_term(&i, j, filter, w[0], s);
	if (err || !w[1])
		return err;
	if (!strcmp(w[1], "from"))
		return junos_from(j, &j->terms[i], s, w + 2);
	if (!strcmp(w[1], "then"))
		return junos_then(j, &j->terms[i], s, w + 2);

	if (s->block)
		return 0;
	j->terms[i].uncertain = true;
	return config_unknown(j->c, s->line, s->text, "\"%s\" in a term is not known", w[1]);
}


/** filter NAME term ..., behind "firewall" or its family */
static int read_filter(struct junos *j, const struct junos_statement *s, uint8_t family,
		       const char *const *w)
{
	static const char *const quiet[] = {
		"interface-specific", "physical-interface-filter", "accounting-profile",
		"enhanced-mode", "fast-filter-lookup", "instance-shared",
	};
	size_t filter;
	int err;

	if (!w[0])
		return 0;
	err = get_filter(&filter, j, w[0], family, s->line);
	if (err || !w[1])
		return err;
	if (!strcmp(w[1], "term"))
		return read_term(j, s, filter, w + 2);
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (!strcmp(quiet[i], w[1]))
			return 0;

	/* anything may stand there, so nothing of the filter is sure */
	err = get_term(&filter, j, filter, "", s);
	if (!err) {
		j->terms[filter].uncertain = true;
		err = config_unknown(j->c, s->line, s->text,
				     "\"%s\" in a filter is not known", w[1]);
	}
	return err;
}


static int read_firewall(struct junos *j, const struct junos_statement *s, const char *const *w)
{
	if (w[0] && !strcmp(w[0], "filter"))
		return read_filter(j, s, 4, w + 1);
	if (w[0] && !strcmp(w[0], "family") && w[1] && w[2] && !strcmp(w[2], "filter")) {
		if (!strcmp(w[1], "inet"))
			return read_filter(j, s, 4, w + 3);
		if (!strcmp(w[1], "inet6"))
			return read_filter(j, s, 6, w + 3);
	}
	config_skip(j->c);	/* policers, filters of other families */
	return 0;
}


static int get_binding(struct junos_binding **out, struct junos *j, const char *iface,
		       uint8_t family, enum config_where where, unsigned line)
{
	struct key k = { .j = j, .family = family, .where = where, .name = iface };
	size_t i = sets_index_find(&j->binding_ix, hash_key(&k), binding_equal, &k);

	if (i != SIZE_MAX) {
		*out = &j->bindings[i];
		return 0;
	}
	if (arena_grow(&j->c->mem, (void **)&j->bindings, j->nbindings, &j->bindings_cap,
		       sizeof(*j->bindings)))
		return ENOMEM;
	*out = &j->bindings[j->nbindings++];
	**out = (struct junos_binding){ .iface = iface, .family = family, .where = where,
					.line = line };
	return sets_index_add(&j->binding_ix, &j->c->mem, hash_key(&k), binding_hash, &k);
}


/** filter input NAME, filter input-list [ A B ] */
static int read_binding(struct junos *j, const struct junos_statement *s, const char *iface,
			uint8_t family, const char *const *w)
{
	bool in = w[0] && !strncmp(w[0], "input", 5), list = w[0] && strstr(w[0], "-list");
	struct junos_binding *b;
	const char *name;
	int err;

	if (!w[0] || (!in && strncmp(w[0], "output", 6) != 0) || !w[1]) {
		config_skip(j->c);
		return 0;
	}
	name = arena_strdup(&j->c->mem, !strcmp(w[1], "filter-name") && w[2] ? w[2] : w[1]);
	if (!name)
		return ENOMEM;
	err = get_binding(&b, j, iface, family, in ? CONFIG_IN : CONFIG_OUT, s->line);
	if (err)
		return err;
	if (j->merging && b->n && !b->merged)
		return 0;	/* what the unit says itself goes before */
	b->merged = j->merging;
	if (!list)
		b->n = 0;
	if (b->n == JUNOS_INPUTS_MAX)
		return EOVERFLOW;
	b->filters[b->n++] = name;
	return 0;
}


static int read_family(struct junos *j, const struct junos_statement *s, const char *iface,
		       const char *const *w)
{
	uint8_t family = w[0] && !strcmp(w[0], "inet") ? 4 :
			 w[0] && !strcmp(w[0], "inet6") ? 6 : 0;
	struct config_interface *ci;
	struct ip_prefix p;
	int err;

	if (!family || !w[1]) {
		config_skip(j->c);
		return 0;
	}
	if (!strcmp(w[1], "filter"))
		return read_binding(j, s, iface, family, w + 2);
	if (strcmp(w[1], "address") != 0 || !w[2] || ip_prefix_parse(&p, w[2]) == EINVAL) {
		config_skip(j->c);
		return 0;
	}
	err = config_iface_get(&ci, j->c, iface, strlen(iface));
	return err ? err : config_iface_add_addr(j->c, ci, &p);
}


/** interfaces NAME unit N ... */
static int read_interface(struct junos *j, const struct junos_statement *s,
			  const char *const *w)
{
	struct config_interface *ci;
	const char *name;
	int err;

	if (!w[0] || !w[1] || strcmp(w[1], "unit") != 0 || !w[2]) {
		config_skip(j->c);
		return 0;
	}
	name = arena_printf(&j->c->mem, "%s.%s", w[0], w[2]);
	if (!name)
		return ENOMEM;
	err = config_iface_get(&ci, j->c, name, strlen(name));
	if (err)
		return err;
	if (!ci->line)
		ci->line = s->line;
	if (!ci->alias && !strcmp(w[2], "0")) {
		ci->alias = arena_strdup(&j->c->mem, w[0]);
		if (!ci->alias)
			return ENOMEM;
	}
	if (w[3] && !strcmp(w[3], "disable"))
		ci->shutdown = true;
	else if (w[3] && !strcmp(w[3], "family"))
		return read_family(j, s, ci->name, w + 4);
	return 0;
}


static int read_policy_options(struct junos *j, const struct junos_statement *s,
			       const char *const *w)
{
	if (w[0] && !strcmp(w[0], "prefix-list"))
		return read_prefix_list(j, s, w + 1);

	config_skip(j->c);
	return 0;
}


static int read_system(struct junos *j, const struct junos_statement *s, const char *const *w)
{
	config_skip(j->c);
	if (w[0] && !strcmp(w[0], "host-name") && w[1] && !(j->merging && j->c->hostname)) {
		j->c->hostname = arena_strdup(&j->c->mem, w[1]);
		return j->c->hostname ? 0 : ENOMEM;
	}
	return 0;
}


static int read_security(struct junos *j, const struct junos_statement *s,
			 const char *const *w)
{
	if (w[0] && !strcmp(w[0], "policies"))
		return srx_policies(&j->zones, s, w + 1);
	if (w[0] && !strcmp(w[0], "zones"))
		return srx_zones(&j->zones, s, w + 1);
	if (w[0] && !strcmp(w[0], "address-book"))
		return srx_address_book(&j->zones, s, w + 1);
	return srx_security(&j->zones, s, w);
}


static int read_applications(struct junos *j, const struct junos_statement *s,
			     const char *const *w)
{
	return srx_applications(&j->zones, s, w);
}


/** The path begins with these words. */
static bool path_begins(const struct junos_words *path, const char *key)
{
	for (size_t i = 0; i < path->n; i++) {
		size_t n = strlen(path->v[i]);

		if (strncmp(key, path->v[i], n) != 0)
			return false;
		if (!key[n])
			return true;
		if (key[n] != ' ')
			return false;
		key += n + 1;
	}

	return false;
}


static int deactivate(struct junos *j, const struct junos_statement *s, bool off)
{
	char *key = arena_strdup(&j->c->mem, "");
	size_t k = 0;

	for (size_t i = 0; key && i < s->path->n; i++)
		key = arena_printf(&j->c->mem, "%s%s%s", key, i ? " " : "", s->path->v[i]);
	if (!key)
		return ENOMEM;
	while (k < j->noff && strcmp(j->off[k], key) != 0)
		k++;
	if (!off && k < j->noff)
		j->off[k] = j->off[--j->noff];
	if (!off || k < j->noff)
		return 0;
	if (j->noff == OFF_MAX)
		return EOVERFLOW;
	if (arena_grow(&j->c->mem, (void **)&j->off, j->noff, &j->off_cap, sizeof(*j->off)))
		return ENOMEM;
	j->off[j->noff++] = key;
	return 0;
}


/** The first pass: what is switched off, and what needs the others, stand
 *  anywhere. */
static int look_ahead(const struct junos_statement *s, void *arg)
{
	struct junos *j = arg;
	bool off = !strcmp(s->command, "deactivate");

	for (size_t i = 0; i < s->path->n; i++)
		j->keeping = j->keeping || !strcmp(s->path->v[i], "apply-groups") ||
			     !strcmp(s->path->v[i], "apply-path");
	return off || !strcmp(s->command, "activate") ? deactivate(j, s, off) : 0;
}


static int ignore_strange(unsigned line, struct config_text text, const char *reason, void *arg)
{
	return 0;
}


int junos_lost(struct junos *j, unsigned line, struct config_text text, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (!j->lost) {
		j->lost = j->zones.lost = line;
		j->lost_text = j->zones.lost_text = text;
	}
	return config_unknown(j->c, line, text, "%s", why);
}


/** Lines of a session that set nothing */
static bool is_idle(const struct junos_statement *s)
{
	static const char *const idle[] = {
		"deactivate", "activate", "annotate", "protect", "top", "up", "exit",
	};

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (!strcmp(idle[i], s->command))
			return true;

	return !s->path->n;
}


/** "apply-groups NAME" at the end, or data that stands for nothing */
static bool is_apply(const struct junos_words *path)
{
	for (size_t i = 1; i < path->n; i++)
		if (!strcmp(path->v[i], "apply-macro"))
			return true;

	return path->n > 1 && !strncmp(path->v[path->n - 2], "apply-groups", 12);
}


static int read_statement(const struct junos_statement *s, void *arg)
{
	static const struct {
		const char *name;
		int (*h)(struct junos *, const struct junos_statement *, const char *const *);
	} parts[] = {
		{"firewall", read_firewall}, {"interfaces", read_interface},
		{"policy-options", read_policy_options}, {"system", read_system},
		{"security", read_security}, {"applications", read_applications},
	};
	struct junos *j = arg;
	int err = 0;

	if (s->off || is_idle(s))
		return 0;
	for (size_t i = 0; i < j->noff; i++)
		if (path_begins(s->path, j->off[i]))
			return 0;
	if (strcmp(s->command, "set") != 0)
		return junos_lost(j, s->line, s->text, "\"%s\" is not followed; give the "
				  "configuration as it is now", s->command);
	if (j->keeping && !j->merging)
		err = junos_keep(j, s, false);
	if (err || is_apply(s->path))
		return err;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(parts[i].name, s->path->v[0]))
			return parts[i].h(j, s, s->path->v + 1);

	config_skip(j->c);
	return 0;
}


/** What groups merge in, and the lists that are made of other parts */
static int read_merged(struct junos *j)
{
	int err;

	j->merging = j->zones.merging = true;
	err = junos_groups(j, read_statement);
	j->merging = j->zones.merging = false;
	for (size_t i = 0; !err && i < j->nlists; i++)
		if (j->lists[i].path)
			err = junos_apply_path(j, &j->lists[i]);
	return err;
}


static int read_strange(unsigned line, struct config_text text, const char *reason, void *arg)
{
	struct junos *j = arg;

	return config_unknown(j->c, line, text, "%s", reason);
}


static struct junos_filter *filter_find(const struct junos *j, const char *name, uint8_t family)
{
	struct key k = { .j = j, .family = family, .name = name };
	size_t i = sets_index_find(&j->filter_ix, hash_key(&k), filter_equal, &k);

	return i == SIZE_MAX ? NULL : &j->filters[i];
}


static int filter_rules(struct junos *j, const struct junos_filter *f, const char *list)
{
	struct junos_term lost = {
		.name = "", .filter = (size_t)(f - j->filters), .line = j->lost,
		.text = j->lost_text, .uncertain = true,
	};
	int err = j->lost ? junos_term_rules(j, &lost, list) : 0;

	for (size_t i = 0; !err && i < f->nterms; i++)
		err = junos_term_rules(j, &j->terms[f->terms[i]], list);
	return err;
}


/** The filters of an input-list are read as one after the other. */
static int join_filters(const char **out, struct junos *j, const struct junos_binding *b)
{
	struct config_list *l;
	char *name = arena_printf(&j->c->mem, "%s-%s-list", b->iface,
				  b->where == CONFIG_IN ? "input" : "output");
	int err = name ? config_list_get(&l, j->c, name, strlen(name), b->family) : ENOMEM;

	if (err)
		return err;
	l->defined = true;
	l->line = b->line;
	l->fallthrough = CONFIG_DENY;
	*out = name;
	for (size_t i = 0; !err && i < b->n; i++) {
		const struct junos_filter *f = filter_find(j, b->filters[i], b->family);

		if (f) {
			err = filter_rules(j, f, name);
		} else {
			err = config_list_get(&l, j->c, name, strlen(name), b->family);
			if (!err)
				l->defined = false;
		}
	}
	return err;
}


static int bind(struct junos *j, const struct junos_binding *b)
{
	struct config_hook h = {
		.list = b->filters[0], .iface = b->iface, .family = b->family,
		.where = strncmp(b->iface, "lo0", 3) ? b->where : CONFIG_LOCAL,
		.tracking = CONFIG_STATELESS, .line = b->line,
	};
	struct config_list *l;
	int err = 0;

	if (b->n > 1)
		err = join_filters(&h.list, j, b);
	if (!err)
		err = config_list_get(&l, j->c, h.list, strlen(h.list), b->family);
	return err ? err : config_hook_add(j->c, &h);
}


static int make_rules(struct junos *j)
{
	int err = 0;

	for (size_t i = 0; !err && i < j->nfilters; i++)
		err = filter_rules(j, &j->filters[i], j->filters[i].name);
	for (size_t i = 0; !err && i < j->nbindings; i++)
		err = bind(j, &j->bindings[i]);
	return err ? err : srx_rules(&j->zones);
}


static int read_junos(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct junos j = { .c = c, .zones = { .c = c } };
	bool truncated;
	unsigned lines;
	int err = junos_statements(text, len, look_ahead, ignore_strange, &j, &truncated, &lines);

	if (!err)
		err = junos_statements(text, len, read_statement, read_strange, &j,
				       &c->truncated, &c->lines);
	if (!err && j.keeping)
		err = read_merged(&j);
	if (!err)
		err = make_rules(&j);
	return err;
}


struct sign {
	const char *words;
	int sure;
};


static int detect(const struct sign *v, size_t n, const char *text, size_t len)
{
	int sure = READER_NO;

	for (size_t i = 0; i < n; i++)
		if (v[i].sure > sure && memmem(text, len, v[i].words, strlen(v[i].words)))
			sure = v[i].sure;
	return sure;
}


static int detect_junos(const char *text, size_t len)
{
	static const struct sign signs[] = {
		{"set firewall family inet", READER_SURE}, {"set firewall filter ", READER_SURE},
		{"set policy-options prefix-list ", READER_SURE},
		{"## Last commit", READER_SURE}, {"family inet {", READER_LIKELY + 20},
		{"set interfaces ", READER_LIKELY}, {"prefix-list-name", READER_MAYBE},
		{"host-name ", READER_MAYBE}, {"\nfirewall {", READER_LIKELY + 20},
		{"\n    filter ", READER_MAYBE},
	};
	int sure = detect(signs, sizeof(signs) / sizeof(signs[0]), text, len);

	return sure < READER_LIKELY && len >= 10 && !memcmp(text, "firewall {", 10) ? READER_LIKELY
										     : sure;
}


static int detect_srx(const char *text, size_t len)
{
	static const struct sign signs[] = {
		{"set security policies ", READER_SURE}, {"set security zones ", READER_SURE},
		{"set security address-book ", READER_SURE},
		{" to-zone ", READER_LIKELY}, {" security-zone ", READER_SURE},
	};

	return detect(signs, sizeof(signs) / sizeof(signs[0]), text, len);
}


/* One text may hold both: each reads all of it. */
const struct policy_reader policy_reader_srx = {
	"srx", "srx", "SRX zone policies and Junos filters", detect_srx, read_junos,
};

const struct policy_reader policy_reader_junos = {
	"junos", "junos", "Junos firewall filters, set lines or blocks", detect_junos, read_junos,
};
