/*
 * What iptables-save and ip6tables-save print, or iptables-restore takes. The
 * table "filter" decides; chains of other tables count where they refuse
 * something, and address translation is noticed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/read/linux/clause.h"
#include "lib/policy/read/linux/ipt.h"
#include "lib/policy/read/reader.h"

enum { TOKENS_LEN = LINES_LEN_MAX + 1 };

struct ipt_file {
	struct config *c;
	uint8_t family;			/**< of the lines that follow; 0: both */
	char table[32];			/**< "" outside of tables */
	bool tables;			/**< there was one */
	bool nat;			/**< translation has been noticed */
	bool tracked;			/**< connections are tracked, or the older
					  iptables is at work: ports are never looked
					  for in fragments */
	struct lines l;
	char tokens[TOKENS_LEN];	/**< of the line, each with its NUL */
	const char *token[IPT_TOKENS_MAX];
	size_t ntokens;
	size_t last;			/**< index of the list used last */
	char seen[IPT_TABLES_MAX][48];	/**< tables that stood, with their family */
	size_t nseen;
};

/** Chains that the kernel itself calls, and for which packets */
static const struct base {
	const char *table;
	const char *chain;
	enum config_where where;
} bases[] = {
	{"filter", "FORWARD", CONFIG_FORWARD},
	{"filter", "INPUT", CONFIG_LOCAL},
	{"filter", "OUTPUT", CONFIG_LOCAL},
	{"raw", "PREROUTING", CONFIG_FORWARD},
	{"mangle", "PREROUTING", CONFIG_FORWARD},
	{"mangle", "FORWARD", CONFIG_FORWARD},
	{"mangle", "POSTROUTING", CONFIG_FORWARD},
	{"security", "FORWARD", CONFIG_FORWARD},
	{NULL, NULL, CONFIG_LOCAL},
};


/** Cut a line as the program does: blanks, double quotes, backslash. */
static bool tokenize(struct ipt_file *f, const char *s)
{
	char *out = f->tokens;

	f->ntokens = 0;
	for (;;) {
		bool quoted = false;

		s += strspn(s, " \t");
		if (!*s)
			return true;
		if (f->ntokens == IPT_TOKENS_MAX)
			return false;
		f->token[f->ntokens++] = out;
		for (; *s && (quoted || !strchr(" \t", *s)); s++) {
			if (*s == '"')
				quoted = !quoted;
			else if (*s == '\\' && quoted && s[1])
				*out++ = *++s;
			else
				*out++ = *s;
		}
		*out++ = '\0';
		if (quoted)
			return false;
	}
}


static bool is_filter(const struct ipt_file *f)
{
	return !strcmp(f->table, "filter");
}


/** The list of a chain: other tables' chains carry the table's name. */
static int chain_list(struct config_list **l, struct ipt_file *f, const char *chain)
{
	char name[CONFIG_NAME_LEN + 1];
	int err;

	if (is_filter(f))
		(void)snprintf(name, sizeof(name), "%s", chain);
	else
		(void)snprintf(name, sizeof(name), "%s:%s", f->table, chain);

	if (f->last < f->c->nlists) {
		*l = &f->c->lists[f->last];
		if ((*l)->family == f->family && !strcmp((*l)->name, name))
			return 0;
	}
	err = config_list_get(l, f->c, name, strlen(name), f->family);
	if (!err)
		f->last = (size_t)(*l - f->c->lists);
	return err;
}


static const struct base *base_find(const struct ipt_file *f, const char *chain)
{
	for (const struct base *b = bases; b->table; b++)
		if (!strcmp(b->table, f->table) && !strcmp(b->chain, chain))
			return b;

	return NULL;
}


/** ":FORWARD DROP [0:0]", ":mine - [0:0]", "-P FORWARD DROP", "-N mine" */
static int declare(struct ipt_file *f, const char *chain, const char *policy)
{
	const struct base *b = base_find(f, chain);
	struct config_list *l;
	struct config_hook h;
	int err;

	if (!strcmp(f->table, "nat"))
		return 0;
	err = chain_list(&l, f, chain);
	if (err || l->defined) {
		if (!err && strcmp(policy, "-") != 0)
			l->fallthrough = !strcmp(policy, "ACCEPT") ? CONFIG_PERMIT : CONFIG_DENY;
		return err;
	}

	l->defined = true;
	l->line = f->l.line;
	l->fallthrough = !strcmp(policy, "ACCEPT") ? CONFIG_PERMIT :
			 strcmp(policy, "-") != 0 ? CONFIG_DENY : CONFIG_RETURN;
	if (!b)
		return 0;
	h = (struct config_hook){ .list = l->name, .where = b->where, .family = f->family,
				  .tracking = CONFIG_STATE_RULES, .line = f->l.line };
	return config_hook_add(f->c, &h);
}


static bool loaded(const struct ipt_rule *rr, const char *module)
{
	for (size_t i = 0; i < rr->nmodules; i++)
		if (!strcmp(rr->modules[i], module))
			return true;

	return !strcmp(module, "udp") && rr->ports;
}


static const struct ipt_opt *opt_find(const struct ipt_rule *rr, const char *name)
{
	for (const struct ipt_opt *o = ipt_opts; o->name; o++)
		if (!strcmp(o->name, name) && (!o->module || loaded(rr, o->module)))
			return o;

	return NULL;
}


/** Values of one option: all up to the next one */
static size_t values(const struct ipt_file *f, size_t i)
{
	size_t n = 0;

	while (i + n < f->ntokens && f->token[i + n][0] != '-' &&
	       strcmp(f->token[i + n], "!") != 0)
		n++;
	return n;
}


/** Is it an option of a match that packet sets cannot hold? */
static bool sometimes(const struct ipt_rule *rr, const char *name)
{
	const char *last = rr->nmodules ? rr->modules[rr->nmodules - 1] : "";

	return ipt_module_sometimes(last) ||
	       (!strncmp(name, "--ct", 4) && loaded(rr, "conntrack"));
}


static int unknown_option(struct ipt_file *f, struct ipt_rule *rr, size_t *i)
{
	const char *name = f->token[*i];

	(*i)++;
	*i += values(f, *i);
	if (name[0] != '-')
		return clause_unknown(f->c, &rr->r, "\"%.60s\" is no option", name);
	if (sometimes(rr, name)) {
		rr->r.sometimes = true;
		return 0;
	}
	if (rr->target)
		return 0;	/* the target's own */

	return clause_unknown(f->c, &rr->r, "the option \"%.60s\" is not known", name);
}


/** The option at *i with its values; *i goes past them. */
static int take_option(struct ipt_file *f, struct ipt_rule *rr, size_t *i, bool negate)
{
	const struct ipt_opt *o = opt_find(rr, f->token[*i]);
	const char *name = f->token[*i], *value = "";
	char both[600];
	int err;

	if (!o)
		return unknown_option(f, rr, i);
	(*i)++;
	if (!o->bare) {
		size_t n = 1 + (!strcmp(name, "--tcp-flags") || !strcmp(name, "-c") ||
				!strcmp(name, "--match-set"));

		if (*i < f->ntokens && !strcmp(f->token[*i], "!")) {	/* -s ! address */
			negate = !negate;
			(*i)++;
		}
		if (*i + n > f->ntokens)
			return clause_unknown(f->c, &rr->r, "the option \"%s\" has no value", name);
		value = f->token[*i];
		if (n == 2) {
			(void)snprintf(both, sizeof(both), "%s %s", value, f->token[*i + 1]);
			value = both;
		}
		*i += n;
	}

	rr->header |= o->header;
	err = o->header && rr->blind ? 0 : o->h(rr, negate, value);
	if (err == EINVAL || err == ENOTSUP)
		return clause_unknown(f->c, &rr->r, "the value of \"%s%s\" is not understood",
				      negate ? "! " : "", name);
	return err;
}


static int resolve_target(struct ipt_file *f, struct ipt_rule *rr)
{
	const struct ipt_target *t = rr->target ? ipt_target_find(rr->target) : NULL;
	char name[CONFIG_NAME_LEN + 1];
	struct config_list *l;

	rr->r.action = t ? t->action : CONFIG_CONTINUE;
	if (!rr->target || t)
		return 0;

	(void)snprintf(name, sizeof(name), "%s%s%s", is_filter(f) ? "" : f->table,
		       is_filter(f) ? "" : ":", rr->target);
	l = config_list_find(f->c, name, f->family);
	if (!l || !l->defined)
		return clause_unknown(f->c, &rr->r, "there is no chain and no known target "
				      "\"%.60s\"", rr->target);

	rr->r.action = rr->goes ? CONFIG_GOTO : CONFIG_JUMP;
	rr->r.target = l->name;
	return 0;
}


/** A rule's options from token i on */
static int read_rule(struct ipt_file *f, struct ipt_rule *rr, size_t i)
{
	int err = clause_begin(f->c, &rr->r, f->family);

	while (!err && i < f->ntokens) {
		bool negate = !strcmp(f->token[i], "!");

		i += negate;
		if (i == f->ntokens)
			err = clause_unknown(f->c, &rr->r, "nothing follows \"!\"");
		else
			err = take_option(f, rr, &i, negate);
	}

	return err ? err : resolve_target(f, rr);
}


static int keep(struct ipt_file *f, const char *chain, struct ipt_rule *rr)
{
	struct config_list *l;
	struct config_rule *r;
	int err = chain_list(&l, f, chain);

	if (!err && !l->defined)
		err = clause_unknown(f->c, &rr->r, "the chain \"%.60s\" is not declared", chain);
	if (!err)
		err = config_rule_add(&r, f->c, l, rr->r.line, rr->r.text);
	if (!err)
		*r = rr->r;
	return err;
}


/* Over nf_tables the kernel compares the bytes where a transport header would
 * stand also in later fragments, unless connection tracking has put them
 * together before: whether the rule takes them cannot be told. */
static int append_blind(struct ipt_file *f, const char *chain, size_t i)
{
	struct ipt_rule rr = { .c = f->c, .family = f->family, .blind = true,
			       .r = { .line = f->l.line, .text = f->l.raw, .sometimes = true } };
	struct config_match m = { .family = 4, .fragments = CONFIG_FRAGMENTS_ONLY };
	size_t unknown = f->c->nunknown;
	int err = read_rule(f, &rr, i);

	f->c->nunknown = unknown < f->c->nunknown ? unknown : f->c->nunknown;	/* said before */
	if (!err)
		err = clause_and_match(f->c, &rr.r, &m);
	return err || !rr.r.nboxes ? err : keep(f, chain, &rr);
}


static int append(struct ipt_file *f, const char *chain, size_t i)
{
	struct ipt_rule rr = { .c = f->c, .family = f->family };
	int err;

	if (!strcmp(f->table, "nat")) {
		if (!f->nat)
			err = config_notice(f->c, f->l.line, "addresses are translated here "
					    "(table nat); the rules are held against addresses as "
					    "the table filter sees them");
		else
			err = 0;
		f->nat = true;
		return err;
	}

	rr.r.line = f->l.line;
	rr.r.text = f->l.raw;
	if (f->l.cut)
		err = clause_unknown(f->c, &rr.r, "the line is longer than %d bytes", LINES_LEN_MAX);
	else
		err = read_rule(f, &rr, i);
	if (!err && f->l.cut)
		err = clause_begin(f->c, &rr.r, f->family);
	if (!err && !rr.nothing)
		err = keep(f, chain, &rr);
	if (err || rr.nothing || !rr.header || f->tracked)
		return err;

	return append_blind(f, chain, i);
}


static int line_unknown(struct ipt_file *f, const char *why)
{
	return config_unknown(f->c, f->l.line, f->l.raw, "%s", why);
}


static int read_command(struct ipt_file *f)
{
	size_t i = 0;

	/* [packets:bytes] before the rule */
	if (f->token[0][0] == '[' && f->ntokens > 1)
		i++;
	if (i + 2 <= f->ntokens && (!strcmp(f->token[i], "-A") ||
				    !strcmp(f->token[i], "--append")))
		return append(f, f->token[i + 1], i + 2);
	if (i + 2 <= f->ntokens && (!strcmp(f->token[i], "-N") ||
				    !strcmp(f->token[i], "--new-chain")))
		return declare(f, f->token[i + 1], "-");
	if (i + 3 <= f->ntokens && (!strcmp(f->token[i], "-P") ||
				    !strcmp(f->token[i], "--policy")))
		return declare(f, f->token[i + 1], f->token[i + 2]);

	return line_unknown(f, "this command is not known here");
}


/** "# Generated by ip6tables-save v1.8.9 ..." tells whose lines follow. */
static void read_comment(struct ipt_file *f, const char *s)
{
	if (!strstr(s, "Generated by ") || f->table[0])
		return;
	if (strstr(s, "ip6tables"))
		f->family = 6;
	else if (strstr(s, "iptables"))
		f->family = 4;
}


/** A table that stands again takes the place of the one before. */
static int note_table(struct ipt_file *f)
{
	char name[sizeof(f->seen[0])];

	(void)snprintf(name, sizeof(name), "%u%.40s", f->family, f->table);
	for (size_t i = 0; i < f->nseen; i++)
		if (!strcmp(f->seen[i], name))
			return line_unknown(f, "this table stands twice; give each dump by itself");
	if (f->nseen < IPT_TABLES_MAX)
		memcpy(f->seen[f->nseen++], name, sizeof(name));
	return 0;
}


static int read_line(struct ipt_file *f)
{
	const char *s = f->l.s + strspn(f->l.s, " \t");

	if (!*s)
		return 0;
	if (*s == '#') {
		read_comment(f, s);
		return 0;
	}
	if (*s == '*') {
		f->tables = true;
		(void)snprintf(f->table, sizeof(f->table), "%s", s + 1);
		return note_table(f);
	}
	if (!strcmp(s, "COMMIT")) {
		f->table[0] = '\0';
		return 0;
	}
	if (!f->table[0])
		return line_unknown(f, "it stands outside of a table");
	if (!tokenize(f, *s == ':' ? s + 1 : s) || !f->ntokens)
		return line_unknown(f, "its quotes do not end, or it has too many words");
	if (*s == ':')
		return f->ntokens >= 2 ? declare(f, f->token[0], f->token[1]) :
					 line_unknown(f, "a chain without its policy");
	return read_command(f);
}


/** Forget the hooks of other tables' chains that let everything pass. */
static bool refuses(const struct config *c, const char *prefix, uint8_t family)
{
	size_t n = strlen(prefix);

	for (size_t i = 0; i < c->nlists; i++) {
		const struct config_list *l = &c->lists[i];

		if (strncmp(l->name, prefix, n) != 0 || l->family != family)
			continue;
		if (l->fallthrough == CONFIG_DENY)
			return true;
		for (size_t k = 0; k < l->nrules; k++)
			if (l->rules[k].uncertain || l->rules[k].action == CONFIG_DENY)
				return true;
	}

	return false;
}


static void drop_idle_hooks(struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nhooks; i++) {
		const char *colon = strchr(c->hooks[i].list, ':');
		char prefix[40];

		(void)snprintf(prefix, sizeof(prefix), "%.*s:", colon ?
			       (int)(colon - c->hooks[i].list) : 0, c->hooks[i].list);
		if (!colon || refuses(c, prefix, c->hooks[i].family))
			c->hooks[n++] = c->hooks[i];
	}
	c->nhooks = n;
}


/** Whose lines are these, when no header says so? */
static uint8_t guess_family(const char *text, size_t len)
{
	struct lines l;
	bool four = false, six = false;

	lines_init(&l, text, len < READER_DETECT_LEN ? len : READER_DETECT_LEN);
	while (lines_next(&l)) {
		const char *s = strstr(l.s, " -s "), *d = strstr(l.s, " -d ");
		const char *a = s ? s + 4 : d ? d + 4 : "";

		if (strstr(l.s, " -4 ") || strstr(l.s, " -6 "))
			return 0;
		if (strstr(l.s, "icmp6") || strstr(l.s, "icmpv6"))
			six = true;
		if (*a && memchr(a, ':', strcspn(a, " ")))
			six = true;
		else if (*a)
			four = true;
	}

	return six && !four ? 6 : 4;
}


/** Does a line of the file make the kernel track connections, or is it not
 *  of iptables over nf_tables? */
static bool is_tracked(const char *text, size_t len)
{
	static const char *const words[] = { "--ctstate", "--state ", "*nat", "-j CT", "-j CONNMARK" };
	bool over_nft = false;
	struct lines l;

	lines_init(&l, text, len);
	while (lines_next(&l)) {
		over_nft |= l.s[0] == '#' && strstr(l.s, "(nf_tables)");
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (strstr(l.s, words[k]))
				return true;
	}

	return !over_nft;
}


static void find_families(struct config *c)
{
	unsigned seen = 0;

	for (size_t i = 0; i < c->nhooks; i++)
		seen |= c->hooks[i].family == 4 ? 1 : c->hooks[i].family == 6 ? 2 : 3;
	c->families = seen == 3 ? 0 : seen;
}


static int read_file(struct config *c, const char *text, size_t len, struct diag_list *dl,
		     uint8_t family)
{
	struct ipt_file *f = calloc(1, sizeof(*f));
	int err = 0;

	if (!f)
		return ENOMEM;

	f->c = c;
	f->family = family;
	f->tracked = is_tracked(text, len);
	lines_init(&f->l, text, len);
	while (!err && lines_next(&f->l))
		err = read_line(f);
	c->lines = f->l.line;
	c->truncated = f->table[0] != '\0';
	if (!err && c->truncated)
		err = config_unknown(c, f->l.line, f->l.raw,
				     "the file ends before the table's COMMIT");
	if (!err && !f->tables) {
		diag_error(dl, ((struct diag_pos){ .file = c->file, .line = 1 }),
			   "there is no table in it; give the output of iptables-save");
		err = EBADMSG;
	}
	if (!err) {
		drop_idle_hooks(c);
		find_families(c);
	}

	free(f);
	return err;
}


static int read_iptables(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	uint8_t family = guess_family(text, len);

	c->dialect = "iptables";
	return read_file(c, text, len, dl, family);
}


static int detect(const char *text, size_t len)
{
	bool table = false, append_seen = false;
	struct lines l;

	lines_init(&l, text, len);
	while (lines_next(&l)) {
		if (strstr(l.s, "tables-save v"))
			return READER_SURE;
		table |= l.s[0] == '*' && (!strcmp(l.s, "*filter") || !strcmp(l.s, "*nat") ||
					   !strcmp(l.s, "*raw") || !strcmp(l.s, "*mangle"));
		append_seen |= !strncmp(l.s, "-A ", 3) || l.s[0] == ':';
	}

	return table && append_seen ? READER_SURE : table || append_seen ? READER_MAYBE : READER_NO;
}

const struct policy_reader policy_reader_iptables = {
	"iptables", "iptables", "Linux iptables-save, ip6tables-save", detect, read_iptables,
};
