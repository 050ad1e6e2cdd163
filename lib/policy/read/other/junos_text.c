#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/read/other/junos_text.h"

enum { REMARK_MAX = 256, DEPTH_MAX = 40 };

struct parser {
	struct lines l;
	junos_statement_h *h;
	junos_strange_h *strange_h;
	void *arg;
	struct junos_words words;
	char text[JUNOS_TEXT_MAX];	/* of the words */
	size_t used;
	struct {
		size_t words, used;
		bool off;
	} stack[DEPTH_MAX];
	size_t depth;
	size_t too_deep;		/* blocks beyond the stack */
	bool off;
	bool overflow;			/* words of this statement were lost */
	bool list;			/* inside [ ] */
	size_t list_base, list_used, list_n;
	unsigned line;			/* where the statement began; 0: not yet */
	struct config_text raw;
	bool comment;			/* inside a block comment */
	char remark[REMARK_MAX];
	const char *command;
};

/* Words that begin a line of the first form; what follows is a path. */
static const char *const commands[] = {
	"set", "deactivate", "activate", "delete", "insert", "rename", "protect", "annotate",
	"edit", "copy", "replace", "top", "up", "exit",
};


static size_t base_words(const struct parser *p)
{
	return p->depth ? p->stack[p->depth - 1].words : 0;
}


static void begin(struct parser *p)
{
	size_t used = p->depth ? p->stack[p->depth - 1].used : 0;

	p->words.n = base_words(p);
	p->words.v[p->words.n] = NULL;
	p->used = used;
	p->line = 0;
	p->overflow = p->list = false;
	p->list_n = 0;
	p->off = p->depth ? p->stack[p->depth - 1].off : false;
}


static void add_word(struct parser *p, const char *w, size_t n)
{
	if (!p->line) {
		p->line = p->l.line;
		p->raw = p->l.raw;
	}
	if (p->words.n == JUNOS_WORDS_MAX || n + 1 > sizeof(p->text) - p->used) {
		p->overflow = true;
		return;
	}
	memcpy(p->text + p->used, w, n);
	p->text[p->used + n] = '\0';
	p->words.v[p->words.n++] = p->text + p->used;
	p->words.v[p->words.n] = NULL;
	p->used += n + 1;
}


static int strange(struct parser *p, const char *reason)
{
	return p->strange_h(p->line ? p->line : p->l.line, p->line ? p->raw : p->l.raw,
			    reason, p->arg);
}


static int deliver(struct parser *p, bool block)
{
	struct junos_statement s = {
		.path = &p->words, .line = p->line, .text = p->raw, .remark = p->remark,
		.block = block, .off = p->off, .command = p->command,
	};

	if (p->overflow)
		return strange(p, "statement is too long");
	return p->words.n > base_words(p) ? p->h(&s, p->arg) : 0;
}


static int end_statement(struct parser *p)
{
	int err = 0;

	if (p->line && !p->too_deep && !p->list_n)
		err = deliver(p, false);
	if (!err && p->list)
		err = strange(p, "list without an end");
	if (p->line)
		p->remark[0] = '\0';
	begin(p);
	return err;
}


static int list_member(struct parser *p, const char *w, size_t n)
{
	int err;

	p->words.n = p->list_base;
	p->used = p->list_used;
	add_word(p, w, n);
	p->list_n++;
	err = deliver(p, false);
	p->words.n = p->list_base;
	p->words.v[p->words.n] = NULL;
	p->used = p->list_used;
	return err;
}


static int open_block(struct parser *p)
{
	bool off = p->off;
	int err = 0;

	if (p->too_deep || p->depth == DEPTH_MAX || p->overflow) {
		if (!p->too_deep++)
			err = strange(p, "block is too deep");
		begin(p);
		return err;
	}
	/* an empty block says something too: "term T { }" */
	err = deliver(p, true);
	p->stack[p->depth].words = p->words.n;
	p->stack[p->depth].used = p->used;
	p->stack[p->depth].off = off;
	p->depth++;
	if (p->line)
		p->remark[0] = '\0';
	begin(p);
	return err;
}


static int close_block(struct parser *p)
{
	int err = end_statement(p);

	if (err)
		return err;
	if (p->too_deep) {
		p->too_deep--;
		return 0;
	}
	if (!p->depth)
		return strange(p, "'}' without a block");

	p->depth--;
	begin(p);
	return 0;
}


static void keep_remark(struct parser *p, const char *s, size_t n)
{
	size_t len = strlen(p->remark), room = sizeof(p->remark) - 1 - len;

	while (n && (*s == ' ' || *s == '*' || *s == '\t')) {
		s++;
		n--;
	}
	if (room < 2)
		return;
	if (n > room - 1)
		n = room - 1;
	if (len && n)
		p->remark[len++] = ' ';
	memcpy(p->remark + len, s, n);
	p->remark[len + n] = '\0';
}


static const char *skip_comment(struct parser *p, const char *s)
{
	const char *end = strstr(s, "*/");

	keep_remark(p, s, end ? (size_t)(end - s) : strlen(s));
	p->comment = !end;
	return end ? end + 2 : s + strlen(s);
}


static const char *take_word(struct parser *p, const char *s, int *err)
{
	const char *w = s;
	size_t n;

	if (*s == '"') {
		w = ++s;
		while (*s && *s != '"')
			s += *s == '\\' && s[1] ? 2 : 1;
		n = (size_t)(s - w);
		s += *s == '"';
	} else {
		s += strcspn(s, " \t{};\"[]");
		n = (size_t)(s - w);
	}

	if (p->list)
		*err = list_member(p, w, n);
	else if (n == 9 && !memcmp(w, "inactive:", n))
		p->off = true;
	else if (!(n == 8 && !memcmp(w, "replace:", n)) &&
		 !(n == 8 && !memcmp(w, "protect:", n)))
		add_word(p, w, n);
	return s;
}


static int open_list(struct parser *p)
{
	if (p->list)
		return strange(p, "list in a list");
	p->list = true;
	p->list_base = p->words.n;
	p->list_used = p->used;
	return 0;
}


static const char *take_token(struct parser *p, const char *s, int *err)
{
	switch (*s) {
	case '{':
		*err = open_block(p);
		return s + 1;
	case '}':
		*err = close_block(p);
		return s + 1;
	case ';':
		*err = end_statement(p);
		return s + 1;
	case '[':
		*err = open_list(p);
		return s + 1;
	case ']':
		p->list = false;
		return s + 1;
	default:
		return take_word(p, s, err);
	}
}


/** A line of blocks, or the rest of a `set` line */
static int take_line(struct parser *p, const char *s)
{
	int err = 0;

	while (!err) {
		s += strspn(s, " \t");
		if (!*s)
			break;
		if (!p->comment && (*s == '#' || (s[0] == '/' && s[1] == '*')))
			p->remark[0] = '\0';
		if (p->comment || (s[0] == '/' && s[1] == '*')) {
			s = skip_comment(p, p->comment ? s : s + 2);
		} else if (*s == '#') {
			keep_remark(p, s + strspn(s, "#"), strlen(s + strspn(s, "#")));
			break;
		} else {
			s = take_token(p, s, &err);
		}
	}

	return err;
}


static const char *command_of(const char *s, const char **rest)
{
	size_t n = strcspn(s, " \t");

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strlen(commands[i]) == n && !memcmp(s, commands[i], n)) {
			*rest = s + n;
			return commands[i];
		}

	return NULL;
}


/** The prompt that a session shows before what was typed: "user@host# set" */
static const char *skip_prompt(const char *s)
{
	size_t n = strcspn(s, " \t");

	if (n && memchr(s, '@', n) && (s[n - 1] == '#' || s[n - 1] == '>'))
		return s + n + strspn(s + n, " \t");
	return s;
}


static int next_line(struct parser *p)
{
	const char *s = p->l.s + strspn(p->l.s, " \t"), *rest;
	int err;

	if (!p->depth && !p->line && !p->comment && !p->too_deep) {
		s = skip_prompt(s);
		if (*s == '[' && !strncmp(s, "[edit", 5))
			return 0;
		p->command = command_of(s, &rest);
		if (p->command) {
			err = take_line(p, rest);
			return err ? err : end_statement(p);
		}
		p->command = "set";
	}

	return take_line(p, s);
}


int junos_statements(const char *text, size_t len, junos_statement_h *h,
		     junos_strange_h *strange_h, void *arg, bool *truncated, unsigned *lines)
{
	struct parser *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p)
		return ENOMEM;
	p->h = h;
	p->strange_h = strange_h;
	p->arg = arg;
	lines_init(&p->l, text, len);
	begin(p);
	while (!err && lines_next(&p->l)) {
		err = next_line(p);
		if (!err && p->l.cut)
			err = strange(p, "line is too long");
	}

	*lines = p->l.line;
	*truncated = p->depth || p->line || p->comment || p->too_deep;
	if (!err && *truncated)
		err = p->strange_h(p->line ? p->line : p->l.line, p->line ? p->raw : p->l.raw,
				   "the text ends inside a block; the rest is missing", p->arg);
	free(p);
	return err;
}
