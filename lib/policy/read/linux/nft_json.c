/*
 * What `nft -j list ruleset` prints: each object is put into the words that
 * `nft list ruleset` has for it, and those are read by the nftables reader, so
 * that both forms mean the same. What has no words here gets one that no rule
 * has, and is unknown with its line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonr.h"
#include "lib/base/sbuf.h"
#include "lib/policy/read/linux/nft_read.h"
#include "lib/policy/read/reader.h"

enum { TEXT_MAX = 512 << 20, MEMBERS = 16 };

struct njson {
	struct sbuf sb;
	struct config *c;
	unsigned *line;			/**< [lines of sb] in the JSON */
	size_t n, cap;
	const char **dynamic;		/**< sets that rules add to */
	size_t ndynamic, dynamic_cap;
	const struct jsonr **nat;	/**< chains of that type */
	size_t nnat, nat_cap;
	const struct jsonr *open;	/**< rule or chain whose chain's block is open */
};

static void put_expr(struct njson *o, const struct jsonr *v);


/** A word as it is, or in quotes when it could be taken for more than one */
static void put_word(struct njson *o, const char *s, bool quote)
{
	for (const char *p = s; *p; p++)
		quote = quote || !(isalnum((unsigned char)*p) || strchr("._:/*@+-%", *p));
	if (!quote && *s) {
		sbuf_puts(&o->sb, s);
		return;
	}

	sbuf_putc(&o->sb, '"');
	for (; *s; s++)
		sbuf_putc(&o->sb, *s == '"' || (unsigned char)*s < ' ' ? '?' : *s);
	sbuf_putc(&o->sb, '"');
}


static const char *name_of(const struct jsonr *v, const char *key)
{
	const char *s = jsonr_str(v, key);

	return s ? s : "";
}


/** The next line of the text stands for that value. */
static int end_line(struct njson *o, const struct jsonr *v)
{
	int err = arena_grow(&o->c->mem, (void **)&o->line, o->n, &o->cap, sizeof(*o->line));

	if (err)
		return err;
	o->line[o->n++] = v->line;
	sbuf_putc(&o->sb, '\n');
	return o->sb.err;
}


static void put_joined(struct njson *o, const struct jsonr *v, const char *between)
{
	for (const struct jsonr *e = v->first; e; e = e->next) {
		put_expr(o, e);
		if (e->next)
			sbuf_puts(&o->sb, between);
	}
}


static void x_payload(struct njson *o, const struct jsonr *v)
{
	if (!jsonr_get(v, "protocol")) {
		sbuf_puts(&o->sb, "raw-payload");
		return;
	}
	put_word(o, name_of(v, "protocol"), false);
	sbuf_putc(&o->sb, ' ');
	put_word(o, name_of(v, "field"), false);
}


static void x_meta(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "meta ");
	put_word(o, name_of(v, "key"), false);
}


static void x_ct(struct njson *o, const struct jsonr *v)
{
	bool directed = jsonr_get(v, "dir") != NULL;

	sbuf_puts(&o->sb, directed ? "ct original-" : "ct ");
	put_word(o, name_of(v, "key"), false);
}


static void x_prefix(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *len = jsonr_get(v, "len"), *addr = jsonr_get(v, "addr");

	if (addr)
		put_expr(o, addr);
	sbuf_putc(&o->sb, '/');
	if (len)
		put_expr(o, len);
}


static void x_range(struct njson *o, const struct jsonr *v)
{
	put_joined(o, v, "-");
}


static void x_concat(struct njson *o, const struct jsonr *v)
{
	put_joined(o, v, " . ");
}


/** "value : verdict" of a map's pair, or a member */
static void put_member(struct njson *o, const struct jsonr *e)
{
	if (e->type == JSONR_ARRAY && e->first && e->first->next && !e->first->next->next) {
		put_expr(o, e->first);
		sbuf_puts(&o->sb, " : ");
		put_expr(o, e->first->next);
	} else {
		put_expr(o, e);
	}
}


/** Some members a line: what reads them has a maximum for lines. */
static void x_set(struct njson *o, const struct jsonr *v)
{
	unsigned n = 0;

	sbuf_puts(&o->sb, "{ ");
	if (v->type != JSONR_ARRAY)
		put_expr(o, v);
	for (const struct jsonr *e = v->type == JSONR_ARRAY ? v->first : NULL; e; e = e->next) {
		put_member(o, e);
		sbuf_puts(&o->sb, e->next ? ", " : "");
		if (++n % MEMBERS == 0 && end_line(o, e))
			o->sb.err = o->sb.err ? o->sb.err : ENOMEM;
	}
	sbuf_puts(&o->sb, " }");
}


static void x_elem(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *val = jsonr_get(v, "val");

	if (val)
		put_expr(o, val);
	if (jsonr_get(v, "timeout") || jsonr_get(v, "expires"))
		sbuf_puts(&o->sb, " timeout 1s");
}


static void x_and(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *mask = v->first ? v->first->next : NULL;

	if (!mask || mask->next) {
		sbuf_puts(&o->sb, "odd-mask");
		return;
	}
	put_expr(o, v->first);
	sbuf_puts(&o->sb, " & ");
	if (mask->type == JSONR_ARRAY) {
		sbuf_putc(&o->sb, '(');
		put_joined(o, mask, " | ");
		sbuf_putc(&o->sb, ')');
	} else {
		put_expr(o, mask);
	}
}


static void x_or(struct njson *o, const struct jsonr *v)
{
	put_joined(o, v, " | ");
}


static void x_jump(struct njson *o, const struct jsonr *v)
{
	sbuf_printf(&o->sb, "%s ", v->key);
	put_word(o, name_of(v, "target"), false);
}


static void x_verdict(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, v->key);
}


static bool is_list(const struct jsonr *v)
{
	return v && v->type == JSONR_ARRAY;
}


/** The words of states or flags; interfaces always in quotes */
static void put_right(struct njson *o, const struct jsonr *left, const struct jsonr *right)
{
	const char *key = name_of(jsonr_get(left, "meta"), "key");

	if (right->type == JSONR_STRING && strstr(key, "ifname"))
		put_word(o, right->s, true);
	else if (is_list(right))
		put_joined(o, right, jsonr_get(left, "ct") ? "," : " | ");
	else
		put_expr(o, right);
}


static void s_match(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *left = jsonr_get(v, "left"), *right = jsonr_get(v, "right");
	const char *op = name_of(v, "op");
	bool flags = jsonr_get(left, "&") ||
		     !strcmp(name_of(jsonr_get(left, "payload"), "field"), "flags");
	static const char *const ops[] = { "==", "!=", "<", ">", "<=", ">=" };

	if (!left || !right) {
		sbuf_puts(&o->sb, "odd-match");
		return;
	}
	put_expr(o, left);
	sbuf_putc(&o->sb, ' ');
	for (size_t k = 0; k < sizeof(ops) / sizeof(ops[0]); k++)
		if (!strcmp(ops[k], op) && (k || flags))
			sbuf_printf(&o->sb, "%s ", op);
	if (jsonr_get(left, "fib"))
		sbuf_puts(&o->sb, "missing");
	else
		put_right(o, left, right);
}


static void s_vmap(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *key = jsonr_get(v, "key"), *data = jsonr_get(v, "data");

	if (key)
		put_expr(o, key);
	sbuf_puts(&o->sb, " vmap ");
	if (data)
		put_expr(o, data);
}


static void s_counter(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "counter");
	if (v->type != JSONR_STRING)
		return;
	sbuf_puts(&o->sb, " name ");
	put_word(o, v->s, true);
}


static void s_log(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "log");
	if (!jsonr_get(v, "prefix"))
		return;
	sbuf_puts(&o->sb, " prefix ");
	put_word(o, name_of(v, "prefix"), true);
}


static void s_limit(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "limit rate 1/second");
}


/** Decides nothing, whatever the value is */
static void s_mangle(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *key = jsonr_get(v, "key"), *opt = jsonr_get(key, "tcp option");

	if (opt)
		sbuf_puts(&o->sb, "tcp option maxseg size");
	else if (key)
		put_expr(o, key);
	sbuf_puts(&o->sb, " set 1");
}


static void s_helper(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "ct helper set ");
	put_word(o, v->s ? v->s : "", true);
}


static void s_set(struct njson *o, const struct jsonr *v)
{
	bool limits = jsonr_get(v, "stmt") != NULL;

	sbuf_puts(&o->sb, "update ");
	put_word(o, name_of(v, "set"), false);
	sbuf_printf(&o->sb, " { x%s }", limits ? " limit" : "");
}


static void s_flow(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "flow add ");
	put_word(o, name_of(v, "flowtable"), false);
}


static void s_nat(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, v->key);
}


static void s_count(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "ct count over 1");
}


static void x_fib(struct njson *o, const struct jsonr *v)
{
	sbuf_puts(&o->sb, "fib saddr . iif oif");
}


static const struct expr {
	const char *key;
	void (*h)(struct njson *o, const struct jsonr *v);
} exprs[] = {
	{"payload", x_payload}, {"meta", x_meta}, {"ct", x_ct}, {"prefix", x_prefix},
	{"range", x_range}, {"concat", x_concat}, {"elem", x_elem}, {"&", x_and}, {"|", x_or},
	{"fib", x_fib}, {"jump", x_jump}, {"goto", x_jump}, {"accept", x_verdict},
	{"drop", x_verdict}, {"return", x_verdict}, {"continue", x_verdict}, {"set", x_set},
	{NULL, NULL},
}, statements[] = {
	{"match", s_match}, {"vmap", s_vmap}, {"counter", s_counter}, {"log", s_log},
	{"limit", s_limit}, {"quota", s_limit}, {"mangle", s_mangle}, {"ct helper", s_helper},
	{"set", s_set}, {"flow", s_flow}, {"reject", s_nat}, {"masquerade", s_nat},
	{"snat", s_nat}, {"dnat", s_nat}, {"redirect", s_nat}, {"notrack", s_nat},
	{"ct count", s_count}, {"accept", x_verdict}, {"drop", x_verdict}, {"return", x_verdict},
	{"continue", x_verdict}, {"jump", x_jump}, {"goto", x_jump}, {NULL, NULL},
};


static void put_by(struct njson *o, const struct jsonr *v, const struct expr *table)
{
	const struct jsonr *m = v->type == JSONR_OBJECT ? v->first : NULL;

	for (const struct expr *e = table; m && e->key; e++)
		if (!strcmp(e->key, m->key)) {
			e->h(o, m);
			return;
		}

	sbuf_puts(&o->sb, "json-");
	put_word(o, m ? m->key : "value", true);
}


static void put_expr(struct njson *o, const struct jsonr *v)
{
	if (v->type == JSONR_STRING || v->type == JSONR_NUMBER)
		put_word(o, v->s, false);
	else
		put_by(o, v, exprs);
}


static int close_block(struct njson *o, const struct jsonr *v)
{
	if (!o->open)
		return 0;
	o->open = NULL;
	sbuf_puts(&o->sb, "} }");
	return end_line(o, v);
}


static int open_table(struct njson *o, const struct jsonr *v, const char *table)
{
	sbuf_puts(&o->sb, "table ");
	put_word(o, name_of(v, "family"), false);
	sbuf_putc(&o->sb, ' ');
	put_word(o, table, false);
	sbuf_puts(&o->sb, " {");
	return end_line(o, v);
}


static int open_chain(struct njson *o, const struct jsonr *v, const char *chain)
{
	int err = open_table(o, v, name_of(v, "table"));

	if (err)
		return err;
	sbuf_puts(&o->sb, "chain ");
	put_word(o, chain, false);
	sbuf_puts(&o->sb, " {");
	o->open = v;
	return end_line(o, v);
}


static int put_type(struct njson *o, const struct jsonr *chain)
{
	sbuf_puts(&o->sb, "type ");
	put_word(o, name_of(chain, "type"), false);
	sbuf_puts(&o->sb, " hook ");
	put_word(o, name_of(chain, "hook"), false);
	if (jsonr_str(chain, "dev")) {
		sbuf_puts(&o->sb, " device ");
		put_word(o, name_of(chain, "dev"), true);
	}
	sbuf_puts(&o->sb, " priority 0; policy ");
	put_word(o, jsonr_str(chain, "policy") ? name_of(chain, "policy") : "accept", false);
	return end_line(o, chain);
}


static int o_table(struct njson *o, const struct jsonr *v)
{
	int err = open_table(o, v, name_of(v, "name"));

	sbuf_puts(&o->sb, "}");
	return err ? err : end_line(o, v);
}


static int o_chain(struct njson *o, const struct jsonr *v)
{
	int err = open_chain(o, v, name_of(v, "name"));

	if (!err && jsonr_str(v, "hook"))
		err = put_type(o, v);
	if (!err && !strcmp(name_of(v, "type"), "nat")) {
		err = arena_grow(&o->c->mem, (void **)&o->nat, o->nnat, &o->nat_cap, sizeof(v));
		if (!err)
			o->nat[o->nnat++] = v;
	}

	return err ? err : close_block(o, v);
}


static bool is_dynamic(const struct njson *o, const char *name)
{
	for (size_t i = 0; i < o->ndynamic; i++)
		if (o->dynamic[i][0] == '@' && !strcmp(o->dynamic[i] + 1, name))
			return true;

	return false;
}


static int o_set(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *elems = jsonr_get(v, "elem");
	int err = open_table(o, v, name_of(v, "table"));

	if (err)
		return err;
	sbuf_printf(&o->sb, "%s ", v->key);
	put_word(o, name_of(v, "name"), false);
	sbuf_puts(&o->sb, " {");
	err = end_line(o, v);
	if (!err && (jsonr_get(v, "timeout") || is_dynamic(o, name_of(v, "name")))) {
		sbuf_puts(&o->sb, "flags dynamic");
		err = end_line(o, v);
	}
	if (!err && is_list(elems)) {
		sbuf_puts(&o->sb, "elements = ");
		x_set(o, elems);
		err = end_line(o, elems);
	}

	sbuf_puts(&o->sb, "} }");
	return err ? err : end_line(o, v);
}


static bool same_chain(const struct jsonr *a, const struct jsonr *b, const char *b_name)
{
	return a && !strcmp(name_of(a, "chain"), name_of(b, b_name)) &&
	       !strcmp(name_of(a, "table"), name_of(b, "table")) &&
	       !strcmp(name_of(a, "family"), name_of(b, "family"));
}


static int o_rule(struct njson *o, const struct jsonr *v)
{
	const struct jsonr *e = jsonr_each(v, "expr");
	int err = 0;

	if (!same_chain(o->open, v, "chain")) {
		err = close_block(o, v);
		err = err ? err : open_chain(o, v, name_of(v, "chain"));
		for (size_t i = 0; !err && i < o->nnat; i++)
			if (same_chain(v, o->nat[i], "name"))
				err = put_type(o, o->nat[i]);
	}
	if (err)
		return err;
	for (; e; e = e->next) {
		put_by(o, e, statements);
		sbuf_putc(&o->sb, ' ');
	}
	if (jsonr_str(v, "comment")) {
		sbuf_puts(&o->sb, "comment ");
		put_word(o, name_of(v, "comment"), true);
	}

	return end_line(o, v);
}


static const struct object {
	const char *key;
	int (*h)(struct njson *o, const struct jsonr *v);
} objects[] = {
	{"table", o_table}, {"chain", o_chain}, {"set", o_set}, {"map", o_set}, {"rule", o_rule},
};


/** Sets that a rule adds members to: the listing does not say so of the set. */
static int find_dynamic(struct njson *o, const struct jsonr *rule)
{
	int err = 0;

	for (const struct jsonr *e = jsonr_each(rule, "expr"); !err && e; e = e->next) {
		const char *name = jsonr_str(jsonr_get(e, "set"), "set");

		if (!name)
			continue;
		err = arena_grow(&o->c->mem, (void **)&o->dynamic, o->ndynamic, &o->dynamic_cap,
				 sizeof(*o->dynamic));
		if (!err)
			o->dynamic[o->ndynamic++] = name;
	}

	return err;
}


static int write_all(struct njson *o, const struct jsonr *root)
{
	int err = 0;

	for (const struct jsonr *v = jsonr_each(root, "nftables"); !err && v; v = v->next)
		if (jsonr_get(v, "rule"))
			err = find_dynamic(o, jsonr_get(v, "rule"));
	for (const struct jsonr *v = jsonr_each(root, "nftables"); !err && v; v = v->next)
		for (size_t k = 0; !err && k < sizeof(objects) / sizeof(objects[0]); k++) {
			const struct jsonr *m = jsonr_get(v, objects[k].key);

			if (m && strcmp(objects[k].key, "rule") != 0)
				err = close_block(o, m);
			if (m && !err)
				err = objects[k].h(o, m);
		}
	if (!err && o->open)
		err = close_block(o, root);

	return err;
}


static unsigned json_line(const struct njson *o, unsigned line)
{
	return line && line <= o->n ? o->line[line - 1] : 1;
}


static void set_lines(struct njson *o, unsigned lines)
{
	struct config *c = o->c;

	for (size_t i = 0; i < c->nlists; i++) {
		c->lists[i].line = json_line(o, c->lists[i].line);
		for (size_t k = 0; k < c->lists[i].nrules; k++)
			c->lists[i].rules[k].line = json_line(o, c->lists[i].rules[k].line);
	}
	for (size_t i = 0; i < c->nhooks; i++)
		c->hooks[i].line = json_line(o, c->hooks[i].line);
	for (size_t i = 0; i < c->nunknown; i++)
		c->unknown[i].line = json_line(o, c->unknown[i].line);
	for (size_t i = 0; i < c->nnotices; i++)
		c->notices[i].line = json_line(o, c->notices[i].line);
	c->lines = lines;
}


/** The texts of rules are those of nft: they must live as long as the config. */
static int read_words(struct njson *o, unsigned lines, struct diag_list *dl)
{
	const char *text = arena_strdup(&o->c->mem, sbuf_str(&o->sb));
	int err = text ? nft_read(o->c, text, o->sb.len, dl) : ENOMEM;

	set_lines(o, lines);
	return err;
}


static int nft_json_read(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct njson o = { .c = c, .sb = { .max = TEXT_MAX } };
	struct arena mem = {0};
	struct jsonr *root;
	struct jsonr_error e = {0};
	unsigned lines = len && text[len - 1] != '\n';
	int err = jsonr_parse(&root, &mem, text, len, &e);

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (err && err != ENOMEM)
		diag_error(dl, ((struct diag_pos){ .file = c->file, .line = e.line }),
			   "%s; give all that nft -j list ruleset prints", e.what);
	else if (!err && !jsonr_each(root, "nftables")) {
		diag_error(dl, ((struct diag_pos){ .file = c->file, .line = 1 }),
			   "there is no ruleset in it; give the output of nft -j list ruleset");
		err = EBADMSG;
	}
	if (!err)
		err = write_all(&o, root);
	if (!err)
		err = read_words(&o, lines, dl);

	sbuf_reset(&o.sb);
	arena_reset(&mem);
	return err == ENODATA || (err == EOVERFLOW && dl->errors) ? EBADMSG : err;
}


static int detect(const char *text, size_t len)
{
	static const char word[] = "\"nftables\"";
	size_t i = 0;

	while (i < len && isspace((unsigned char)text[i]))
		i++;
	if (i == len || text[i] != '{')
		return READER_NO;

	return memmem(text, len, word, sizeof(word) - 1) ? READER_SURE : READER_NO;
}

const struct policy_reader policy_reader_nft_json = {
	"nftables-json", "json", "Linux nft list ruleset, as JSON", detect, nft_json_read,
};
