/*
 * The two passes over a text, and lists with what stands in them.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/cisco/cisco_read.h"

enum { CUT_WORDS = 5 };	/* of a line that is too long: fewer say nothing */
enum list_type { LIST_EXTENDED = 0, LIST_STANDARD };


bool cisco_tokens(struct cisco_read *r)
{
	struct words ws = { r->ln.s };
	const char *w;
	size_t n;

	r->ntok = r->at = 0;
	r->too_many = false;
	while (words_next(&ws, &w, &n)) {
		if (r->ntok == TOKENS_MAX) {
			r->too_many = true;
			break;
		}
		if (n)
			r->tok[r->ntok++] = (struct token){ w, n };
	}

	return r->ntok > 0;
}


const struct token *cisco_peek(const struct cisco_read *r)
{
	return r->at < r->ntok ? &r->tok[r->at] : NULL;
}


const struct token *cisco_next(struct cisco_read *r)
{
	return r->at < r->ntok ? &r->tok[r->at++] : NULL;
}


bool cisco_is(const struct token *t, const char *word)
{
	return t && word_is(t->p, t->n, word);
}


bool cisco_take(struct cisco_read *r, const char *word)
{
	if (!cisco_is(cisco_peek(r), word))
		return false;

	r->at++;
	return true;
}


bool cisco_number(const struct token *t, unsigned long *v, unsigned long max)
{
	return word_number(v, t->p, t->n, max);
}


static int list_state(struct cisco_read *r, size_t i)
{
	while (r->nlists <= i) {
		int err = arena_grow(&r->c->mem, (void **)&r->lists, r->nlists, &r->lists_cap,
				     sizeof(*r->lists));
		if (err)
			return err;
		r->lists[r->nlists++] = (struct list_state){0};
	}

	return 0;
}


/** The list of that name, defined from here on; *out is its index */
static int open_list(size_t *out, struct cisco_read *r, const struct token *name,
		     uint8_t family)
{
	struct config_list *l;
	int err = config_list_get(&l, r->c, name->p, name->n, family);

	if (err)
		return err;
	if (!l->defined)
		l->line = r->ln.line;
	l->defined = true;
	*out = (size_t)(l - r->c->lists);
	return list_state(r, *out);
}


static int remark(struct cisco_read *r)
{
	const char *raw = r->ln.raw.p;
	size_t n = r->ln.raw.n;

	if (r->remarks_used)
		r->nremarks = 0;
	r->remarks_used = false;
	while (n >= 6 && strncasecmp(raw, "remark", 6) != 0) {
		raw++;
		n--;
	}
	if (n > 6 && r->nremarks < sizeof(r->remarks) / sizeof(r->remarks[0]))
		r->remarks[r->nremarks++] = (struct config_text){ raw + 6, n - 6 };
	return 0;
}


/** A line of the list that nobody knows: it may do anything. */
static int unknown_line(struct cisco_read *r, size_t list)
{
	struct config_rule *rule;
	struct config_match m = { .family = r->c->lists[list].family };
	int err = config_rule_add(&rule, r->c, &r->c->lists[list], r->ln.line, r->ln.raw);

	if (!err)
		err = config_rule_match(r->c, rule, &m);
	if (!err)
		err = cisco_number_rule(r, list, UINT32_MAX);
	if (err)
		return err;

	rule->uncertain = true;
	return config_unknown(r->c, r->ln.line, r->ln.raw, "this line of a list is not known");
}


static int evaluate(struct cisco_read *r, size_t list, uint32_t seq)
{
	const struct token *t = cisco_next(r);
	struct config_rule *rule;
	int err;

	if (!t)
		return unknown_line(r, list);
	err = config_rule_add(&rule, r->c, &r->c->lists[list], r->ln.line, r->ln.raw);
	if (!err)
		err = cisco_number_rule(r, list, seq);
	if (!err)
		err = arena_grow(&r->c->mem, (void **)&r->evaluates, r->nevaluates,
				 &r->evaluates_cap, sizeof(*r->evaluates));
	if (err)
		return err;

	rule->action = CONFIG_PERMIT;
	rule->states = CONFIG_ESTABLISHED;
	r->lists[list].evaluates = true;
	r->evaluates[r->nevaluates] = (struct reflexive){
		arena_strndup(&r->c->mem, t->p, t->n), t->n, list,
		r->c->lists[list].nrules - 1 };
	return r->evaluates[r->nevaluates++].name ? 0 : ENOMEM;
}


/** "no 10": the line with that number goes. */
static int remove_line(struct cisco_read *r, size_t list)
{
	struct config_list *l = &r->c->lists[list];
	struct list_state *s = &r->lists[list];
	unsigned long seq;

	(void)cisco_take(r, "sequence");
	if (!cisco_peek(r) || !cisco_number(cisco_peek(r), &seq, UINT32_MAX))
		return unknown_line(r, list);
	for (size_t i = 0; i < l->nrules; i++)
		if (s->seq[i] == seq) {
			l->rules[i].nboxes = 0;
			l->rules[i].uncertain = false;
			l->rules[i].implied = true;
		}

	return 0;
}


static bool known_setting(const struct token *t)
{
	static const char *const words[] = {
		"statistics", "fragments", "hardware-count", "description", "common",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (cisco_is(t, words[i]))
			return true;

	return false;
}


/** @return ENOENT: the line is none of a list's */
static int list_line(struct cisco_read *r, size_t list)
{
	const struct token *t = cisco_peek(r);
	unsigned long seq = UINT32_MAX;

	if (cisco_is(t, "sequence")) {
		(void)cisco_next(r);
		t = cisco_peek(r);
	}
	if (t && r->at + 1 < r->ntok && cisco_number(t, &seq, UINT32_MAX - 1)) {
		(void)cisco_next(r);
		t = cisco_peek(r);
	}
	if (!t)
		return ENOENT;
	if (cisco_is(t, "permit") || cisco_is(t, "deny"))
		return cisco_ace(r, list, (uint32_t)seq, r->standard);
	if (cisco_is(t, "remark"))
		return remark(r);
	if (cisco_take(r, "evaluate"))
		return evaluate(r, list, (uint32_t)seq);
	if (cisco_is(t, "no") && r->ln.indent) {
		(void)cisco_next(r);
		return remove_line(r, list);
	}
	if (known_setting(t) && r->ln.indent)
		return 0;

	return r->ln.indent || seq != UINT32_MAX ? unknown_line(r, list) : ENOENT;
}


/** The list that this line opens, by the words in front of its name */
static const struct list_opener {
	const char *words[4];
	uint8_t family;
	enum list_type type;
} list_openers[] = {
	{{"ip", "access-list", "extended", NULL}, 4, LIST_EXTENDED},
	{{"ip", "access-list", "standard", NULL}, 4, LIST_STANDARD},
	{{"extended", "ip", "access", "list"}, 4, LIST_EXTENDED},
	{{"standard", "ip", "access", "list"}, 4, LIST_STANDARD},
	{{"ipv6", "access", "list", NULL}, 6, LIST_EXTENDED},
	{{"ip", "access", "list", NULL}, 4, LIST_EXTENDED},
	{{"ip", "access-list", NULL, NULL}, 4, LIST_EXTENDED},
	{{"ipv4", "access-list", NULL, NULL}, 4, LIST_EXTENDED},
	{{"ipv6", "access-list", NULL, NULL}, 6, LIST_EXTENDED},
};


static bool is_setting(const struct token *t)
{
	static const char *const words[] = {
		"resequence", "log-update", "logging", "helper", "match-local-traffic",
		"persistent", "log", "commit", "maximum",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (cisco_is(t, words[i]))
			return true;

	return false;
}


static const struct list_opener *find_list(struct cisco_read *r)
{
	size_t start = r->at;

	for (size_t i = 0; i < sizeof(list_openers) / sizeof(list_openers[0]); i++) {
		const struct list_opener *o = &list_openers[i];
		size_t k = 0;

		while (k < 4 && o->words[k] && start + k < r->ntok &&
		       cisco_is(&r->tok[start + k], o->words[k]))
			k++;
		if ((k == 4 || !o->words[k]) && start + k < r->ntok) {
			r->at = start + k;
			return o;
		}
	}

	return NULL;
}


static bool standard_number(unsigned long n)
{
	return n <= 99 || (n >= 1300 && n <= 1999);
}


static bool ip_number(unsigned long n)
{
	return (n >= 1 && n <= 199) || (n >= 1300 && n <= 2699);
}


/** IOS: "access-list 101 permit ..." */
static int numbered(struct cisco_read *r)
{
	const struct token *name = cisco_next(r);
	unsigned long n;
	size_t list;
	int err;

	if (!name || !cisco_number(name, &n, 99999) || !ip_number(n)) {
		config_skip(r->c);
		return 0;
	}

	err = open_list(&list, r, name, 4);
	if (err)
		return err;
	if (cisco_is(cisco_peek(r), "remark"))
		return remark(r);
	if (!cisco_is(cisco_peek(r), "permit") && !cisco_is(cisco_peek(r), "deny"))
		return unknown_line(r, list);

	return cisco_ace(r, list, UINT32_MAX, standard_number(n));
}


/** ASA: "access-list NAME [line N] extended permit ..." */
static int asa_line(struct cisco_read *r)
{
	const struct token *name = cisco_next(r);
	unsigned long line = 0;
	size_t list;
	int err;

	if (!name || cisco_is(cisco_peek(r), "ethertype") || cisco_is(cisco_peek(r), "webtype") ||
	    is_setting(name) || cisco_is(name, "alert-interval") || cisco_is(name, "deny-flow-max")) {
		config_skip(r->c);
		return 0;
	}
	err = open_list(&list, r, name, 0);
	if (err)
		return err;
	if (cisco_take(r, "line") && (!cisco_peek(r) || !cisco_number(cisco_next(r), &line, 99999999)))
		return unknown_line(r, list);
	if (cisco_is(cisco_peek(r), "remark"))
		return remark(r);
	if (cisco_take(r, "standard"))
		return cisco_ace(r, list, UINT32_MAX, true);
	(void)cisco_take(r, "extended");
	if (!cisco_is(cisco_peek(r), "permit") && !cisco_is(cisco_peek(r), "deny"))
		return unknown_line(r, list);

	return cisco_ace(r, list, line ? (uint32_t)line * 10 : UINT32_MAX, false);
}


/** A list that is taken away before it is written again */
static int remove_list(struct cisco_read *r)
{
	const struct list_opener *o = find_list(r);
	const struct token *name = cisco_peek(r);
	struct config_list *l;

	if (!o && cisco_take(r, "access-list"))
		name = cisco_peek(r);
	else if (!o)
		name = NULL;
	l = name && name->n <= CONFIG_NAME_LEN ? config_list_find(r->c, "", 4) : NULL;
	for (size_t i = 0; name && i < r->nlists; i++) {
		l = &r->c->lists[i];
		if (strlen(l->name) == name->n && !memcmp(l->name, name->p, name->n) &&
		    (!o || l->family == o->family)) {
			r->c->nrules -= l->nrules;
			l->nrules = r->lists[i].n = 0;
		}
	}

	config_skip(r->c);
	return 0;
}


/** "banner motd ^C", up to the same mark again */
static void open_banner(struct cisco_read *r)
{
	const struct token *t = r->ntok > 2 ? &r->tok[2] : NULL;
	size_t n = t ? (t->p[0] == '^' && t->n > 1 ? 2 : 1) : 0;

	if (!n || r->flavour == FLAVOUR_ASA)
		return;
	memcpy(r->banner, t->p, n);
	r->banner[n] = '\0';
	if (strstr(t->p + n, r->banner))
		r->banner[0] = '\0';
}


/** "access-list NAME permit ...", also where the whole text stands in */
static bool is_list_line(const struct cisco_read *r)
{
	static const char *const words[] = {
		"permit", "deny", "extended", "standard", "remark", "line",
	};

	if (!r->ln.indent)
		return true;
	for (size_t i = 0; r->ntok > 3 && i < sizeof(words) / sizeof(words[0]); i++)
		if (cisco_is(&r->tok[2], words[i]))
			return true;

	return false;
}


static int top_line(struct cisco_read *r)
{
	const struct list_opener *o;
	int err;

	if (cisco_is(cisco_peek(r), "banner")) {
		open_banner(r);
		config_skip(r->c);
		return 0;
	}
	if (cisco_group_opens(r)) {
		r->iface = NULL;
		return 0;
	}
	if (r->flavour == FLAVOUR_ASA && cisco_is(cisco_peek(r), "no") && r->ntok > 1 &&
	    cisco_is(&r->tok[1], "access-group"))
		return cisco_unbind_asa(r);
	if (cisco_is(cisco_peek(r), "no") && (!r->ln.indent || !r->iface)) {
		(void)cisco_next(r);
		return remove_list(r);
	}
	o = find_list(r);
	if (o && !is_setting(cisco_peek(r))) {
		size_t list;

		r->iface = NULL;
		r->standard = o->type == LIST_STANDARD;
		err = open_list(&list, r, cisco_peek(r), o->family);
		if (!err)
			r->in_list = list + 1;
		r->nremarks = 0;
		return err;
	}
	if (is_list_line(r) && cisco_take(r, "access-list"))
		return r->flavour == FLAVOUR_ASA ? asa_line(r) : numbered(r);

	return cisco_bind_line(r);
}


static int read_line(struct cisco_read *r)
{
	int err;

	if (r->banner[0]) {
		if (strstr(r->ln.s, r->banner))
			r->banner[0] = '\0';
		return 0;
	}
	if ((!cisco_tokens(r) && !r->ln.cut) || (r->ntok && r->tok[0].p[0] == '!'))
		return 0;
	if (r->ln.cut && r->in_list && r->ntok < CUT_WORDS)
		return unknown_line(r, r->in_list - 1);
	if (r->in_list) {
		err = list_line(r, r->in_list - 1);
		if (err != ENOENT)
			return err;
		r->in_list = 0;
		r->at = 0;
	}

	return r->ntok ? top_line(r) : 0;
}


static int each_line(struct cisco_read *r, const char *text, size_t len,
		     int (*fn)(struct cisco_read *))
{
	int err = 0;

	lines_init(&r->ln, text, len);
	while (!err && lines_next(&r->ln))
		err = fn(r);
	return err;
}


static int first_pass(struct cisco_read *r)
{
	bool words = cisco_tokens(r);
	int err = cisco_own_line(r);

	if (!err && words)
		err = cisco_group_line(r);
	return err || !r->ln.cut ? err : cisco_group_doubt(r);
}


static int read_groups(struct cisco_read **out, enum flavour flavour, struct config *c,
		       const char *text, size_t len, struct diag_list *dl)
{
	struct cisco_read *r = arena_alloc(&c->mem, sizeof(*r));
	int err;

	*out = r;
	if (!r)
		return ENOMEM;
	r->c = c;
	r->dl = dl;
	r->flavour = flavour;
	err = each_line(r, text, len, first_pass);
	return err ? err : cisco_groups_resolve(r);
}


/** May the last line say something about lists, and more have followed? */
static bool is_open(const struct cisco_read *r)
{
	static const char *const words[] = { "access-list", "access-group", "ip", "ipv4", "ipv6" };

	for (size_t i = 0; r->ntok && i < sizeof(words) / sizeof(words[0]); i++)
		if (word_begins(r->tok[0].p, r->tok[0].n, words[i], 2))
			return true;

	return false;
}


static int read_cisco(enum flavour flavour, struct config *c, const char *text, size_t len,
		      struct diag_list *dl)
{
	struct diag_pos pos = { .file = c->file };
	struct cisco_read *r;
	int err = read_groups(&r, flavour, c, text, len, dl);

	if (!r)
		return ENOMEM;
	if (!err)
		err = each_line(r, text, len, read_line);
	c->lines = r->ln.line;
	c->truncated = r->ln.unended && (r->in_list || r->in_group || r->banner[0] || is_open(r));
	if (!err)
		err = cisco_finish(r);
	if (err == EOVERFLOW) {
		pos.line = r->ln.line;
		diag_error(dl, pos, "too many lists, groups or lines; read the lists alone");
		return EBADMSG;
	}

	return err;
}


#define DIALECT(id, flavour) \
static int read_##id(struct config *c, const char *text, size_t len, struct diag_list *dl) \
{ \
	return read_cisco(flavour, c, text, len, dl); \
} \
static int detect_##id(const char *text, size_t len) \
{ \
	return cisco_detect(flavour, text, len); \
}


DIALECT(ios, FLAVOUR_IOS)
DIALECT(iosxr, FLAVOUR_XR)
DIALECT(nxos, FLAVOUR_NXOS)
DIALECT(asa, FLAVOUR_ASA)

const struct policy_reader policy_reader_ios = {
	"ios", "ios", "Cisco IOS and IOS-XE", detect_ios, read_ios,
};
const struct policy_reader policy_reader_iosxr = {
	"iosxr", "iosxr", "Cisco IOS-XR", detect_iosxr, read_iosxr,
};
const struct policy_reader policy_reader_nxos = {
	"nxos", "nxos", "Cisco NX-OS", detect_nxos, read_nxos,
};
const struct policy_reader policy_reader_asa = {
	"asa", "asa", "Cisco ASA", detect_asa, read_asa,
};


int cisco_groups_read(struct cisco_read **r, struct config *c, const char *dialect,
		      const char *text, size_t len, struct diag_list *dl)
{
	static const char *const names[] = { "ios", "iosxr", "nxos", "asa" };
	unsigned i = 0;

	while (i < FLAVOUR_ASA && strcmp(names[i], dialect) != 0)
		i++;
	return read_groups(r, (enum flavour)i, c, text, len, dl);
}
