/*
 * What `nft list ruleset` prints, and files for `nft -f` of the same form:
 * tables with sets, maps and chains. Sets are gathered first, rules second,
 * since a rule may name a set that stands below it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/linux/clause.h"
#include "lib/policy/read/linux/nft.h"
#include "lib/policy/read/linux/nft_read.h"
#include "lib/policy/read/reader.h"


struct nft_set *nft_set_find(const struct nft_file *f, const char *name)
{
	for (size_t k = 0; k < f->nsets; k++)
		if (!strcmp(f->sets[k].name, name) && !strcmp(f->sets[k].table, f->table))
			return &f->sets[k];

	return NULL;
}


int nft_list_name(const char **name, struct nft_file *f, const char *chain)
{
	*name = f->ntables < 2 ? arena_strdup(&f->c->mem, chain) :
		arena_printf(&f->c->mem, "%s %s", f->table, chain);
	return *name ? 0 : ENOMEM;
}


static int set_get(struct nft_set **s, struct nft_file *f, const char *name)
{
	int err;

	*s = nft_set_find(f, name);
	if (*s)
		return 0;
	err = arena_grow(&f->c->mem, (void **)&f->sets, f->nsets, &f->sets_cap, sizeof(**s));
	if (err)
		return err;
	*s = &f->sets[f->nsets];
	**s = (struct nft_set){ .table = arena_strdup(&f->c->mem, f->table),
				.name = arena_strdup(&f->c->mem, name) };
	if (!(*s)->table || !(*s)->name)
		return ENOMEM;
	f->nsets++;
	return 0;
}


static int copy(const char **out, struct nft_file *f, size_t i)
{
	*out = arena_strdup(&f->c->mem, nft_tok(&f->x, i));
	return *out ? 0 : ENOMEM;
}


/** The parts of one element: "10.0.0.1 . 80"; *i goes past them */
static int element_parts(struct nft_file *f, struct nft_set *s, struct nft_elem *e, size_t *i)
{
	int err = 0;

	do {
		if (e->nparts == NFT_PARTS_MAX) {
			s->odd = true;
			return 0;
		}
		s->odd |= nft_is(&f->x, *i, "*") || !nft_tok(&f->x, *i)[0];
		err = copy(&e->part[e->nparts], f, (*i)++);
		if (!err && nft_is(&f->x, *i, "-")) {	/* "1 - 5" */
			e->part[e->nparts] = arena_printf(&f->c->mem, "%s-%s", e->part[e->nparts],
							  nft_tok(&f->x, *i + 1));
			*i += 2;
			err = e->part[e->nparts] ? 0 : ENOMEM;
		}
		while (!err && nft_is(&f->x, *i, "|")) {	/* flags: "syn | ack" */
			e->part[e->nparts] = arena_printf(&f->c->mem, "%s|%s", e->part[e->nparts],
							  nft_tok(&f->x, *i + 1));
			*i += 2;
			err = e->part[e->nparts] ? 0 : ENOMEM;
		}
		e->nparts++;
	} while (!err && nft_is(&f->x, *i, ".") && (*i)++ < f->x.w.n);

	return err;
}


/** ": accept", ": jump chain", or other data of a map */
static int element_data(struct nft_file *f, struct nft_elem *e, size_t *i)
{
	int err = copy(&e->verdict, f, *i);

	if (!err && (nft_is(&f->x, *i, "jump") || nft_is(&f->x, *i, "goto")))
		err = copy(&e->target, f, ++*i);
	(*i)++;
	return err;
}


/** What follows an element: a comment, counters, when it goes, its verdict */
static int element_rest(struct nft_file *f, struct nft_set *s, struct nft_elem *e, size_t *i)
{
	static const struct {
		const char *word;
		unsigned values;
		bool dynamic;
	} known[] = {
		{"comment", 1, false}, {"timeout", 1, true}, {"expires", 1, true},
		{"counter", 4, false},
	};
	int err = 0;

	while (!err && *i < f->x.w.n && !nft_is(&f->x, *i, ",") && !nft_is(&f->x, *i, "}")) {
		size_t k = 0;

		if (nft_is(&f->x, *i, ":")) {
			(*i)++;
			err = element_data(f, e, i);
			continue;
		}
		while (k < sizeof(known) / sizeof(known[0]) && !nft_is(&f->x, *i, known[k].word))
			k++;
		if (k == sizeof(known) / sizeof(known[0])) {
			s->odd = true;
			(*i)++;
			continue;
		}
		s->dynamic |= known[k].dynamic;
		*i += 1 + known[k].values;
	}

	return err;
}


int nft_elements(struct nft_file *f, struct nft_set *s, size_t *i)
{
	int err = 0;

	while (!err && *i < f->x.w.n && !nft_is(&f->x, *i, "}")) {
		struct nft_elem e = {0};

		if (nft_is(&f->x, *i, ",")) {
			(*i)++;
			continue;
		}
		err = element_parts(f, s, &e, i);
		if (!err)
			err = element_rest(f, s, &e, i);
		if (!err)
			err = arena_grow(&f->c->mem, (void **)&s->v, s->n, &s->cap, sizeof(*s->v));
		if (!err)
			s->v[s->n++] = e;
	}

	s->odd |= *i >= f->x.w.n;
	(*i)++;
	return err;
}


/** Words that make the kernel track connections */
static bool tracks(const char *word)
{
	static const char *const words[] = { "ct", "snat", "dnat", "masquerade", "flow", "nat" };

	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (!strcmp(words[k], word))
			return true;

	return false;
}


/** Go past the block that was opened, whatever it holds. */
static int skip_block(struct nft_file *f)
{
	unsigned depth = 1;
	int err = 0;

	while (!err && depth) {
		err = nft_lex_next(&f->x, true);
		for (size_t i = 0; !err && f->first_pass && i < f->x.w.n; i++)
			f->tracked |= tracks(nft_tok(&f->x, i));
		if (!err)
			depth += f->x.opens ? 1 : f->x.closes ? (unsigned)-1 : 0;
	}

	return err == ENODATA ? 0 : err;
}


static int read_set(struct nft_file *f, const char *name)
{
	struct nft_set *s;
	int err = set_get(&s, f, name);

	while (!err) {
		err = nft_lex_next(&f->x, false);
		if (err || f->x.closes)
			break;
		s->odd |= f->x.w.overflow || f->x.unended;
		if (nft_is(&f->x, 0, "flags")) {
			for (size_t i = 1; i < f->x.w.n; i++)
				s->dynamic |= nft_is(&f->x, i, "dynamic") || nft_is(&f->x, i, "timeout");
		} else if (nft_is(&f->x, 0, "elements")) {
			size_t i = 3;

			err = nft_elements(f, s, &i);
		}
	}

	return err == ENODATA ? 0 : err;
}


static const struct hook_name {
	const char *name;
	enum config_where where;
} hook_names[] = {
	{"forward", CONFIG_FORWARD}, {"prerouting", CONFIG_FORWARD},
	{"postrouting", CONFIG_FORWARD}, {"input", CONFIG_LOCAL}, {"output", CONFIG_LOCAL},
	{"ingress", CONFIG_IN}, {"egress", CONFIG_OUT},
};


/** A chain that may look at anything: nothing can be told for certain. */
static int blind_hook(struct nft_file *f, const char *list)
{
	struct config_hook h = { .where = CONFIG_FORWARD, .family = f->family,
				 .tracking = CONFIG_STATE_RULES, .line = f->x.line };
	const struct config_match any = { .family = f->family };
	char *name = arena_printf(&f->c->mem, "%s (where is not known)", list);
	struct config_list *l;
	struct config_rule *r;
	int err = name ? config_list_get(&l, f->c, name, strlen(name), f->family) : ENOMEM;

	if (err)
		return err;
	l->defined = true;
	l->line = f->x.line;
	l->fallthrough = CONFIG_PERMIT;
	err = config_rule_add(&r, f->c, l, f->x.line, f->x.raw);
	if (err)
		return err;
	r->uncertain = true;
	err = config_rule_match(f->c, r, &any);
	if (err)
		return err;

	h.list = name;
	err = config_unknown(f->c, f->x.line, f->x.raw, "where this chain is applied is not understood");
	return err ? err : config_hook_add(f->c, &h);
}


/** "type filter hook forward priority filter" */
static int read_hook(struct nft_file *f, const char *list, bool *nat)
{
	struct nft_lex *x = &f->x;
	struct config_hook h = { .list = list, .family = f->family, .line = x->line,
				 .tracking = CONFIG_STATE_RULES };
	struct config_list *l;
	int err;

	*nat = nft_is(x, 1, "nat");
	err = config_list_get(&l, f->c, list, strlen(list), f->family);
	if (err)
		return err;
	l->fallthrough = CONFIG_PERMIT;
	if (*nat)
		return 0;
	for (size_t k = 0; k < sizeof(hook_names) / sizeof(hook_names[0]); k++) {
		if (!nft_is(x, 3, hook_names[k].name))
			continue;
		h.where = hook_names[k].where;
		if (nft_is(x, 4, "device")) {
			h.iface = arena_strdup(&f->c->mem, tokens_plain(nft_tok(x, 5)));
			if (!h.iface)
				return ENOMEM;
		}
		if ((h.where == CONFIG_IN || h.where == CONFIG_OUT) && !h.iface)
			break;
		return config_hook_add(f->c, &h);
	}

	return blind_hook(f, list);
}


static int read_chain_line(struct nft_file *f, const char *list, bool *nat)
{
	struct nft_lex *x = &f->x;
	struct config_list *l;
	int err;

	if (nft_is(x, 0, "type") && nft_is(x, 2, "hook"))
		return read_hook(f, list, nat);
	if (nft_is(x, 0, "policy") && x->w.n == 2) {
		err = config_list_get(&l, f->c, list, strlen(list), f->family);
		if (!err)
			l->fallthrough = nft_is(x, 1, "accept") ? CONFIG_PERMIT : CONFIG_DENY;
		return err;
	}
	if ((nft_is(x, 0, "comment") && x->w.n == 2) || nft_is(x, 0, "flags") || nft_is(x, 0, "devices"))
		return 0;
	if (*nat) {
		if (f->nat)
			return 0;
		f->nat = true;
		return config_notice(f->c, x->line, "addresses are translated here; the rules are "
				     "held against addresses as their own chain sees them");
	}

	return nft_rule(f, list);
}


static int read_chain(struct nft_file *f, const char *name)
{
	struct config_list *l;
	const char *list;
	bool nat = false;
	int err = nft_list_name(&list, f, name);

	if (!err)
		err = config_list_get(&l, f->c, list, strlen(list), f->family);
	if (err)
		return err;
	if (!l->defined) {
		l->line = f->x.line;
		l->fallthrough = CONFIG_RETURN;
	}
	l->defined = true;

	while (!err) {
		err = nft_lex_next(&f->x, false);
		if (err || f->x.closes)
			break;
		err = read_chain_line(f, list, &nat);
	}
	if (err == ENODATA) {
		f->c->truncated = true;
		err = config_unknown(f->c, f->x.l.line, f->x.l.raw, "the file ends within a chain");
	}

	return err;
}


static int read_table_line(struct nft_file *f)
{
	struct nft_lex *x = &f->x;
	char name[CONFIG_NAME_LEN + 1];
	bool chain = nft_is(x, 0, "chain");
	bool set = nft_is(x, 0, "set") || nft_is(x, 0, "map");

	(void)snprintf(name, sizeof(name), "%s", nft_tok(x, 1));
	if (!x->opens)
		return 0;
	if (chain && !f->first_pass)
		return read_chain(f, name);
	if (set && f->first_pass)
		return read_set(f, name);
	return skip_block(f);
}


/** "table inet filter {" */
static int read_table(struct nft_file *f)
{
	static const struct {
		const char *name;
		uint8_t family;
		bool ours;
	} families[] = {
		{"inet", 0, true}, {"ip", 4, true}, {"ip6", 6, true}, {"netdev", 0, true},
		{"bridge", 0, false}, {"arp", 0, false},
	};
	struct nft_lex *x = &f->x;
	const char *family = x->w.n > 2 ? nft_tok(x, 1) : "ip", *name = nft_tok(x, x->w.n > 2 ? 2 : 1);
	char table[sizeof(f->table)];
	bool ours = false;
	int err = 0;

	(void)snprintf(table, sizeof(table), "%s %s", family, name);
	if (strcmp(table, f->table) != 0)
		f->ntables += f->first_pass;
	memcpy(f->table, table, sizeof(table));
	for (size_t k = 0; k < sizeof(families) / sizeof(families[0]); k++)
		if (!strcmp(families[k].name, family)) {
			f->family = families[k].family;
			ours = families[k].ours;
		}
	if (!ours) {
		if (!f->first_pass)
			err = config_notice(f->c, x->line, "the table \"%.60s\" is not looked at", table);
		return err ? err : skip_block(f);
	}

	while (!err) {
		err = nft_lex_next(x, true);
		if (err || x->closes)
			break;
		err = read_table_line(f);
	}
	if (err == ENODATA) {
		f->c->truncated = true;
		err = f->first_pass ? 0 : config_unknown(f->c, x->l.line, x->l.raw,
							 "the file ends within a table");
	}

	return err;
}


/** Lines outside of tables */
static int read_top(struct nft_file *f)
{
	struct nft_lex *x = &f->x;
	int err;

	if (nft_is(x, 0, "table") && x->opens)
		return read_table(f);
	if (f->first_pass)
		return x->opens ? skip_block(f) : 0;
	if (nft_is(x, 0, "define")) {
		config_skip(f->c);
		return x->opens ? skip_block(f) : 0;
	}
	if ((nft_is(x, 0, "flush") || nft_is(x, 0, "delete") || nft_is(x, 0, "destroy")) && !f->c->nrules)
		return 0;
	if ((nft_is(x, 0, "table") || nft_is(x, 0, "add")) && !x->opens &&
	    (nft_is(x, 0, "table") || nft_is(x, 1, "table")))
		return 0;
	if (x->closes)
		return 0;

	f->c->truncated |= x->unended;
	err = config_unknown(f->c, x->line, x->raw, nft_is(x, 0, "include") ?
			     "what the other file holds is not known" :
			     "this command is not known here");
	return err || !x->opens ? err : skip_block(f);
}


static int pass(struct nft_file *f, const char *text, size_t len)
{
	int err = 0;

	f->x.at = NULL;
	f->table[0] = '\0';
	lines_init(&f->x.l, text, len);
	while (!err) {
		err = nft_lex_next(&f->x, true);
		if (!err)
			err = read_top(f);
	}

	return err == ENODATA ? 0 : err;
}


static void find_families(struct config *c)
{
	unsigned seen = 0;

	for (size_t i = 0; i < c->nhooks; i++)
		seen |= c->hooks[i].family == 4 ? 1 : c->hooks[i].family == 6 ? 2 : 3;
	c->families = seen == 3 ? 0 : seen;
}


int nft_read(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct nft_file *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return ENOMEM;

	f->c = c;
	c->dialect = "nftables";
	f->first_pass = true;
	err = pass(f, text, len);
	f->first_pass = false;
	if (!err && !f->ntables) {
		diag_error(dl, ((struct diag_pos){ .file = c->file, .line = 1 }),
			   "there is no table in it; give the output of nft list ruleset");
		err = EBADMSG;
	}
	c->truncated = false;
	if (!err)
		err = pass(f, text, len);
	c->lines = f->x.l.line;
	find_families(c);

	tokens_reset(&f->x.w);
	free(f);
	return err;
}


static int detect(const char *text, size_t len)
{
	bool table = false, chain = false;
	struct lines l;

	lines_init(&l, text, len);
	while (lines_next(&l)) {
		const char *s = l.s + strspn(l.s, " \t");

		table |= !strncmp(s, "table ", 6) && strchr(s, '{') && strchr(s, '{') - s < 80 && s[6] != '<';
		chain |= !strncmp(s, "chain ", 6) || !strncmp(s, "type filter hook ", 17);
	}

	return table && chain ? READER_SURE : table ? READER_LIKELY : READER_NO;
}

const struct policy_reader policy_reader_nftables = {
	"nftables", "nft", "Linux nft list ruleset", detect, nft_read,
};
