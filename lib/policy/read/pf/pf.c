/*
 * pf.conf of OpenBSD and FreeBSD, and what pfctl -sr prints: the statements of
 * a file, and the two lists that its rules become.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/pf/pf.h"
#include "lib/policy/read/reader.h"

struct statement {
	const char *word;
	int (*h)(struct pf_file *f);
};


static struct pf_block *block_of(struct pf_file *f)
{
	return &f->anchors[f->depth]->block;
}


static int say_unknown(struct pf_file *f, const char *why)
{
	return config_unknown(f->c, f->x.number, f->x.raw, "%s", why);
}


/** What stopped the reading of a statement at token i */
static int obscure(struct pf_file *f, const struct pf_match *m, size_t i)
{
	char name[64];

	if (f->x.no_macro) {
		size_t n = 1 + strspn(f->x.no_macro + 1, "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		(void)snprintf(name, sizeof(name), "%.*s", (int)(n < 60 ? n : 60), f->x.no_macro);
		return pf_obscure(f, block_of(f), m, "the macro \"%s\" is not defined", name);
	}
	if (f->x.w.overflow)
		return pf_obscure(f, block_of(f), m, "the statement is too long");
	if (f->x.unquoted)
		return pf_obscure(f, block_of(f), m, "the quote has no end in its line");
	if (f->x.unended)
		return pf_obscure(f, block_of(f), m, "the file ends within this statement");

	return pf_obscure(f, block_of(f), m, "\"%.60s\" is not understood here",
			  tokens_plain(pf_tok(&f->x, i < f->x.w.n ? i : f->x.w.n - 1)));
}


static int st_filter(struct pf_file *f)
{
	struct pf_match m = { .action = pf_is(&f->x, 0, "pass") ? CONFIG_PERMIT :
			      pf_is(&f->x, 0, "block") ? CONFIG_DENY : CONFIG_CONTINUE };
	size_t i = 1;
	int err = config_rows_scan(f->c, &m.rows, f->x.remark);

	if (!err)
		err = pf_conditions(f, &m, &i);
	if (err == EINVAL || (!err && i < f->x.w.n))
		return obscure(f, &m, i);
	return err ? err : pf_emit(f, block_of(f), &m);
}


/* Anchors */

/** "anchor "x" in on em0 {": @return the token behind the name */
static size_t anchor_name(struct pf_file *f, const char **name)
{
	const char *s = pf_tok(&f->x, 1);

	*name = "";
	if (!*s || *s == '{' || pf_option_word(s))
		return 1;

	*name = arena_strdup(&f->c->mem, tokens_plain(s));
	return 2;
}


/** Its rules are elsewhere: whatever it is asked about it may decide. */
static int anchor_without_body(struct pf_file *f, struct pf_match *m, const char *name)
{
	int err;

	m->action = CONFIG_DENY;
	m->uncertain = true;
	m->quick = true;
	err = pf_emit(f, block_of(f), m);
	return err ? err : config_unknown(f->c, f->x.number, f->x.raw, "the rules of the anchor "
					  "\"%.60s\" are not in this file", name);
}


static int st_anchor(struct pf_file *f)
{
	struct pf_match m = { .action = CONFIG_JUMP };
	struct pf_anchor *a;
	const char *name;
	size_t i = anchor_name(f, &name);
	bool bad;
	int err;

	if (!name)
		return ENOMEM;
	err = pf_conditions(f, &m, &i);
	bad = err == EINVAL || (!err && i + f->x.opens < f->x.w.n);
	if (bad)
		err = obscure(f, &m, i);
	if (err)
		return err;
	if (!f->x.opens)
		return bad ? 0 : anchor_without_body(f, &m, name);
	if (f->depth + 1 == PF_DEPTH_MAX) {
		f->passed = 1;
		return bad ? 0 : pf_obscure(f, block_of(f), &m, "the anchors are too deep");
	}

	a = arena_alloc(&f->c->mem, sizeof(*a));
	if (!a)
		return ENOMEM;
	*a = (struct pf_anchor){ .m = m, .name = name, .line = f->x.number, .text = f->x.raw,
				 .obscure = bad };
	f->anchors[++f->depth] = a;
	return 0;
}


static int fill(struct pf_file *f, struct config_list *l, const struct pf_rules *v, int dir,
		bool backwards)
{
	int err = 0;

	for (size_t i = 0; !err && i < v->n; i++) {
		const struct pf_rule *pr = &v->v[backwards ? v->n - 1 - i : i];
		struct config_ifaces others = f->names;
		struct config_rule *r;

		err = config_rule_add(&r, f->c, l, pr->r.line, pr->r.text);
		if (err)
			break;
		*r = pr->r;
		others.negate = true;
		if (pr->others && dir)
			r->out = others;
		else if (pr->others)
			r->in = others;
	}

	return err;
}


static int make_list(const char **name, struct pf_file *f, const char *want, unsigned line,
		     enum config_action end)
{
	struct config_list *l;
	int err = want ? config_list_get(&l, f->c, want, strlen(want), 0) : ENOMEM;

	if (err)
		return err;
	l->defined = true;
	l->line = line;
	l->fallthrough = end;
	*name = l->name;
	return 0;
}


/** The quick rules or the others of an anchor as a list of their own. */
static int anchor_list(struct pf_file *f, struct pf_anchor *a, int dir, bool quick, bool last)
{
	struct pf_rules *q = &a->block.quick[dir], *v = &a->block.last[dir];
	const char *want;
	int err;

	if (!(quick && q->n) && !(last && v->n))
		return 0;
	want = arena_printf(&f->c->mem, "anchor %.60s line %u %s%s", a->name, a->line,
			    dir ? "out" : "in", quick ? "" : ", not quick");
	err = make_list(&a->m.target[dir], f, want, a->line, CONFIG_RETURN);
	if (!err && quick)
		err = fill(f, config_list_find(f->c, want, 0), q, dir, false);
	if (!err && last)
		err = fill(f, config_list_find(f->c, want, 0), v, dir, true);
	return err;
}


static void note_tags(struct pf_file *f, struct pf_rules *v)
{
	for (size_t i = 0; i < v->n; i++) {
		f->tags_inside |= v->v[i].tag != NULL;
		v->v[i].r.sometimes |= v->v[i].tagged != NULL;
	}
}


/* A quick rule is final wherever it stands; what else an anchor's rules say
 * holds until a later one matches, or at once when the anchor is quick. */
static int anchor_close(struct pf_file *f)
{
	struct pf_anchor *a = f->anchors[f->depth];
	struct config_text raw = f->x.raw;
	unsigned number = f->x.number;
	bool both = a->m.quick;
	int err = 0;

	f->depth--;
	if (a->obscure)
		return 0;
	for (int dir = 0; dir < 2; dir++) {
		note_tags(f, &a->block.quick[dir]);
		note_tags(f, &a->block.last[dir]);
	}
	f->x.raw = a->text;
	f->x.number = a->line;
	for (int round = 0; !err && round < (both ? 1 : 2); round++) {
		a->m.target[0] = a->m.target[1] = NULL;
		for (int dir = 0; !err && dir < 2; dir++)
			err = anchor_list(f, a, dir, both || !round, both || round);
		a->m.quick = !round;
		if (!err)
			err = pf_emit(f, block_of(f), &a->m);
	}

	f->x.raw = raw;
	f->x.number = number;
	return err;
}


static int st_close(struct pf_file *f)
{
	if (f->x.w.n > 1 || !f->depth)
		return pf_obscure(f, block_of(f), &(struct pf_match){0}, "no anchor ends here");

	return anchor_close(f);
}


/* Other statements */

static int st_skip(struct pf_file *f)
{
	config_skip(f->c);
	return 0;
}


static int st_table(struct pf_file *f)
{
	return 0;		/* read before */
}


static int set_skip(struct pf_file *f)
{
	struct pf_match m = { .action = CONFIG_PERMIT, .quick = true, .no_state = true,
			      .from.any = true, .to.any = true };
	size_t i = 3;
	int err = pf_is(&f->x, 2, "on") ? pf_interfaces(f, &m, &i) : EINVAL;

	if (err == EINVAL)
		return obscure(f, &m, i);
	return err ? err : pf_emit(f, &f->skip, &m);
}


static int st_set(struct pf_file *f)
{
	static const char *const known[] = {
		"block-policy", "debug", "fingerprints", "fail-policy", "hostid", "keepcounters",
		"limit", "loginterface", "optimization", "reassemble", "require-order",
		"ruleset-optimization", "state-defaults", "state-policy", "syncookies", "timeout",
	};

	if (pf_is(&f->x, 1, "skip"))
		return set_skip(f);
	if (pf_is(&f->x, 1, "state-policy") && pf_is(&f->x, 2, "if-bound"))
		return config_notice(f->c, f->x.number, "an open flow passes only by the interfaces "
				     "that it was opened by (if-bound)");
	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
		if (pf_is(&f->x, 1, known[k]))
			return st_skip(f);

	return say_unknown(f, "this setting is not known");
}


static int st_load(struct pf_file *f)
{
	return say_unknown(f, "what the other file holds is not known");
}


/** Its rules may be quick, and anything. */
static int st_include(struct pf_file *f)
{
	struct pf_match m = { .quick = true };

	return pf_obscure(f, block_of(f), &m, "what the other file holds is not known");
}


/** "rdr pass on em0 ... -> 10.0.0.5" passes what it translates, unless a line
 *  before it has the packet. */
static int st_nat(struct pf_file *f)
{
	struct pf_match m = { .action = CONFIG_PERMIT, .quick = true, .sometimes = true };
	size_t i = 2;
	int err = pf_notice_nat(f);

	if (err || !pf_is(&f->x, 1, "pass"))
		return err;
	m.in = pf_is(&f->x, 0, "rdr");
	m.out = !m.in;
	err = pf_conditions(f, &m, &i);
	return err == EINVAL ? obscure(f, &m, i) : err ? err : pf_emit(f, block_of(f), &m);
}


/** "antispoof quick for { lo0, em0 } inet": sources of an interface's network
 *  that come in by another one, and its own address. Of lo0 both are known. */
static int antispoof_one(struct pf_file *f, const char *name, bool quick, uint8_t family)
{
	struct pf_match m = { .action = CONFIG_DENY, .in = true, .quick = quick,
			      .family = family, .to.any = true, .from = { .given = true } };
	struct pf_on on = { .negate = true, .n = 1 };
	int err = 0;

	on.v = arena_calloc(&f->c->mem, 1, sizeof(*on.v));
	if (!on.v)
		return ENOMEM;
	on.v[0] = arena_strdup(&f->c->mem, name);
	if (!on.v[0])
		return ENOMEM;
	m.on = &on;
	m.non = 1;
	m.from.end = PSET_SRC;
	m.to.end = PSET_DST;
	if (!strcmp(name, "lo0") || !strcmp(name, "lo")) {
		struct config_match cm = {0};
		struct ip_range v4 = { { 4, { 127 } }, { 4, { 127, 255, 255, 255 } } };
		struct ip_range v6 = { { 6, { [15] = 1 } }, { 6, { [15] = 1 } } };

		err = config_addrs_add(f->c, &cm.src, &v4);
		err = err ? err : config_addrs_add(f->c, &cm.src, &v6);
		err = err ? err : clause_add_match(f->c, &m.from.addr, &cm);
	} else {
		m.from.unknown = true;
	}

	return err ? err : pf_emit(f, block_of(f), &m);
}


static int st_antispoof(struct pf_file *f)
{
	bool quick = false, list;
	uint8_t family = 0;
	size_t i = 0, at = 0;
	int err = 0;

	for (i = 1; i < f->x.w.n; i++) {
		quick |= pf_is(&f->x, i, "quick");
		family = pf_is(&f->x, i, "inet") ? 4 : pf_is(&f->x, i, "inet6") ? 6 : family;
		if (pf_is(&f->x, i, "for"))
			at = i + 1;
	}
	if (!at || f->x.no_macro || f->x.unended || f->x.unquoted)
		return obscure(f, &(struct pf_match){ .in = true, .quick = quick }, f->x.w.n);

	list = pf_is(&f->x, at, "{");
	for (i = at; !err && i < f->x.w.n; i++) {
		const char *s = tokens_plain(pf_tok(&f->x, i));

		if (*s && !strchr("{},()", *s))
			err = antispoof_one(f, s, quick, family);
		if (!list || *s == '}')
			break;
	}

	return err;
}


static const struct statement statements[] = {
	{"pass", st_filter}, {"block", st_filter}, {"match", st_filter}, {"anchor", st_anchor},
	{"}", st_close}, {"table", st_table}, {"set", st_set}, {"load", st_load},
	{"include", st_include}, {"antispoof", st_antispoof}, {"nat", st_nat}, {"rdr", st_nat},
	{"binat", st_nat}, {"no", st_nat}, {"nat-anchor", st_nat}, {"rdr-anchor", st_nat},
	{"binat-anchor", st_nat}, {"scrub", st_skip}, {"scrub-anchor", st_skip},
	{"altq", st_skip}, {"queue", st_skip}, {"oldqueue", st_skip}, {"[", st_skip},
};


static bool is_macro(const struct pf_file *f)
{
	const char *s = pf_tok(&f->x, 0);

	return pf_is(&f->x, 1, "=") && *s != '"' && strspn(s, "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(s);
}


/** name = "em0"; more words are joined with blanks */
static int define(struct pf_file *f)
{
	struct pf_lex *x = &f->x;
	struct sbuf sb = { .max = TOKENS_TEXT_MAX };
	struct pf_macro m = { .name = arena_strdup(&f->c->mem, pf_tok(x, 0)) };
	int err = 0;

	for (size_t i = 2; i < x->w.n; i++)
		sbuf_printf(&sb, "%s%s", i > 2 ? " " : "", tokens_plain(pf_tok(x, i)));
	m.value = arena_strdup(&f->c->mem, sbuf_str(&sb));
	if (!m.name || !m.value || sb.err)
		err = ENOMEM;
	sbuf_reset(&sb);
	if (err || x->nmacros == PF_MACROS_MAX || x->no_macro || x->w.overflow || x->unquoted)
		return err;

	err = arena_grow(&f->c->mem, (void **)&x->macros, x->nmacros, &x->macros_cap, sizeof(m));
	if (!err)
		x->macros[x->nmacros++] = m;
	return err;
}


static bool counters(const struct pf_lex *x)
{
	return pf_tok(x, 0)[0] == '[';		/* "[ Evaluations: 12 ... ]" of pfctl -v */
}


static int take_statement(struct pf_file *f)
{
	struct pf_lex *x = &f->x;

	if (f->passed) {
		f->passed += x->opens;
		f->passed -= pf_is(x, 0, "}");
		return 0;
	}
	if (is_macro(f) && x->unquoted)
		return config_unknown(f->c, x->number, x->raw, "the quote has no end in its line");
	if (is_macro(f))
		return define(f);
	if (pf_tok(x, 0)[0] == '@') {		/* "@3 pass ..." of pfctl -vv */
		size_t off = 1;

		if (pf_is(x, 1, "("))
			pf_skip_group(x, &off);
		tokens_drop(&x->w, off);
	}
	if (!x->w.n || counters(x))
		return 0;
	for (size_t k = 0; k < sizeof(statements) / sizeof(statements[0]); k++)
		if (pf_is(x, 0, statements[k].word)) {
			f->nfilter++;
			return statements[k].h(f);
		}

	return pf_obscure(f, block_of(f), &(struct pf_match){ .quick = true },
			  "\"%.60s\" begins nothing that is known here", tokens_plain(pf_tok(x, 0)));
}


/** Tables may stand behind the rules that name them. */
static int read_tables(struct pf_file *f, const char *text, size_t len)
{
	int err = 0;

	lines_init(&f->x.l, text, len);
	while (!err) {
		err = pf_lex_next(&f->x);
		if (err)
			break;
		if (is_macro(f))
			err = define(f);
		else if (pf_is(&f->x, 0, "table"))
			err = pf_table(f);
	}

	f->x.nmacros = 0;
	return err == ENODATA ? 0 : err;
}


static int read_statements(struct pf_file *f, const char *text, size_t len)
{
	int err = 0;

	lines_init(&f->x.l, text, len);
	while (!err) {
		err = pf_lex_next(&f->x);
		if (err)
			break;
		f->c->truncated |= f->x.unended;
		err = take_statement(f);
	}
	if (err != ENODATA)
		return err;

	err = 0;
	while (!err && f->depth) {
		f->c->truncated = true;
		err = anchor_close(f);
		if (!err)
			err = config_unknown(f->c, f->x.l.line, f->x.l.raw,
					     "the file ends within an anchor");
	}
	return err;
}


/** An ICMP error about a packet of an open flow passes with the flow. */
static int add_errors(struct pf_file *f, struct config_list *l)
{
	static const struct {
		uint8_t family, protocol, lo, hi;
	} errors[] = { {4, 1, 3, 5}, {4, 1, 11, 12}, {6, 58, 1, 4} };
	static const char text[] = "(ICMP errors about an open flow pass with it)";
	struct clause k = {0};
	struct config_rule *r;
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct pset_box b;

		pset_box_init(&b, errors[i].family);
		b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = errors[i].protocol;
		b.lo[PSET_ICMP_TYPE] = errors[i].lo;
		b.hi[PSET_ICMP_TYPE] = errors[i].hi;
		err = clause_add(f->c, &k, &b);
	}
	if (!err)
		err = config_rule_add(&r, f->c, l, 1, (struct config_text){ text, sizeof(text) - 1 });
	if (err)
		return err;

	r->action = CONFIG_PERMIT;
	r->implied = true;
	r->states = CONFIG_RELATED;
	r->boxes = k.v;
	r->nboxes = k.n;
	return 0;
}


static int make_lists(struct pf_file *f)
{
	static const char *const names[] = { "in", "out" };
	struct pf_block *b = &f->anchors[0]->block;
	int err = pf_resolve_tags(f, b);

	for (int dir = 0; !err && dir < 2; dir++) {
		struct config_hook h = { .where = dir ? CONFIG_OUT : CONFIG_IN,
					 .tracking = CONFIG_STATE_IMPLICIT };
		struct config_list *l;

		err = make_list(&h.list, f, names[dir], 1, CONFIG_PERMIT);
		if (err)
			return err;
		l = config_list_find(f->c, h.list, 0);
		err = add_errors(f, l);
		err = err ? err : fill(f, l, &f->skip.quick[dir], dir, false);
		err = err ? err : fill(f, l, &b->quick[dir], dir, false);
		err = err ? err : fill(f, l, &b->last[dir], dir, true);
		err = err ? err : config_hook_add(f->c, &h);
	}

	return err;
}


static int pf_read(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct pf_file *f = calloc(1, sizeof(*f));
	struct pf_anchor root = {0};
	int err;

	if (!f)
		return ENOMEM;

	f->c = c;
	f->x.line.max = TOKENS_TEXT_MAX + 4 * LINES_LEN_MAX;
	f->anchors[0] = &root;
	err = read_tables(f, text, len);
	if (!err)
		err = read_statements(f, text, len);
	c->lines = f->x.l.line;
	if (!err && !f->nfilter) {
		diag_error(dl, ((struct diag_pos){ .file = c->file, .line = 1 }),
			   "there is no rule in it; give pf.conf or the output of pfctl -sr");
		err = EBADMSG;
	}
	if (!err)
		err = make_lists(f);

	pf_lex_reset(&f->x);
	free(f);
	return err;
}


static bool begins(const char *s, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(s, word, n) && (!s[n] || strchr(" \t<\"", s[n]));
}


static int detect(const char *text, size_t len)
{
	static const char *const known[] = {
		"table <", "set skip on", "set block-policy", "block drop", "block return",
		"block in", "block out", "block log", "block all", "block quick", "pass in",
		"pass out", "pass quick", "pass log", "pass on", "pass all", "pass proto",
		"pass inet", "pass inet6", "pass from", "match in", "match out", "match on",
		"scrub in", "scrub on", "antispoof for", "antispoof quick", "antispoof log",
		"anchor \"", "nat on", "rdr on", "rdr pass", "nat-anchor", "rdr-anchor",
	};
	unsigned seen = 0;
	struct lines l;

	lines_init(&l, text, len);
	while (lines_next(&l)) {
		const char *s = l.s + strspn(l.s, " \t");

		if (*s == '@')
			s += strcspn(s, " ") + (strchr(s, ' ') != NULL);
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			seen += begins(s, known[k]) || (k == 0 && !strncmp(s, known[0], 7));
	}

	return seen > 1 ? READER_SURE : seen ? READER_LIKELY : READER_NO;
}

const struct policy_reader policy_reader_pf = {
	"pf", "pf", "OpenBSD and FreeBSD pf.conf, rules as pfctl shows them", detect, pf_read,
};
