/*
 * Statements of pf.conf. A line's macros are worked in before it is cut into
 * words, as text and once: what stands in a macro is not looked at again, and
 * "$if:network" is one word.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/pf/pf.h"

static const char breaks[] = " \t(){}<>!=,\"'";


static const char *macro(const struct pf_lex *x, const char *s, size_t n)
{
	for (size_t i = x->nmacros; i-- > 0;)
		if (!strncmp(x->macros[i].name, s, n) && !x->macros[i].name[n])
			return x->macros[i].value;

	return NULL;
}


/** "$name" at s; @return behind it */
static const char *put_macro(struct pf_lex *x, const char *s)
{
	size_t n = 0;
	const char *value;

	while (isalnum((unsigned char)s[1 + n]) || s[1 + n] == '_')
		n++;
	value = macro(x, s + 1, n);
	if (value) {
		sbuf_puts(&x->line, value);
		return s + 1 + n;
	}

	if (!x->no_macro)
		x->no_macro = s;
	sbuf_put(&x->line, s, 1 + n);
	return s + 1 + n;
}


/** One line of the file to x->line, without its comment. */
static void put_line(struct pf_lex *x, bool *comment)
{
	const char *s = x->l.s;
	char quote = '\0';
	size_t n = strlen(s);
	size_t end = n && s[n - 1] == '\\' ? n - 1 : n;

	for (const char *p = s; !*comment && p < s + end;) {
		if (!quote && *p == '#') {
			*comment = true;
		} else if (!quote && *p == '$') {
			p = put_macro(x, p);
		} else {
			if (quote ? *p == quote : *p == '"' || *p == '\'')
				quote = quote ? '\0' : *p;
			sbuf_putc(&x->line, *p++);
		}
		if (x->line.len > TOKENS_TEXT_MAX) {
			x->w.overflow = true;
			return;
		}
	}
	if (quote) {
		x->unquoted = true;
		sbuf_putc(&x->line, quote);
	}
	sbuf_putc(&x->line, ' ');
}


/** The next line, with those that a backslash at the end adds. A comment goes
 *  on behind a backslash too. @return false at the end of the file */
static bool take_line(struct pf_lex *x)
{
	bool comment = false, more = true;

	for (bool first = true; more; first = false) {
		if (!lines_next(&x->l)) {
			x->unended |= !first;
			return !first;
		}
		if (first) {
			x->first = x->l.line;
			x->start = x->l.raw.p;
			x->start += (x->l.s - x->l.buf) + (ptrdiff_t)strspn(x->l.s, " \t");
		}
		more = x->l.n && x->l.s[x->l.n - 1] == '\\';
		x->w.overflow |= x->l.cut;
		put_line(x, &comment);
	}

	return true;
}


static size_t operator_len(const char *s)
{
	static const char *const two[] = { "!=", "<=", ">=", "><", "<>" };

	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++)
		if (!strncmp(s, two[i], 2))
			return 2;

	return 1;
}


/** Cut what is in x->line from `at` on into words; *depth counts braces. */
static int cut_words(struct pf_lex *x, size_t at, unsigned *depth)
{
	const char *s = sbuf_str(&x->line) + at;
	int err = 0;

	while (!err) {
		size_t n;

		s += strspn(s, " \t");
		if (!*s)
			break;
		if (*s == '"' || *s == '\'') {
			n = strcspn(s + 1, *s == '"' ? "\"" : "'");
			err = tokens_add(&x->w, "\"", s + 1, n);
			s += 1 + n + (s[1 + n] != '\0');
			continue;
		}
		n = strcspn(s, breaks);
		if (n == 1 && *s == '-' && s[1] == '>')
			n = 2;
		if (!n)
			n = operator_len(s);
		*depth += *s == '{';
		*depth -= *s == '}' && *depth;
		err = tokens_add(&x->w, "", s, n);
		s += n;
	}

	return err;
}


/** The comment lines right before a statement are its remark. */
static void note_remark(struct pf_lex *x)
{
	const char *s = x->l.s + strspn(x->l.s, " \t");

	if (*s != '#') {
		x->remark.n = 0;
		return;
	}
	if (!x->remark.n)
		x->remark.p = x->l.raw.p;
	x->remark.n = (size_t)(x->l.raw.p + x->l.raw.n - x->remark.p);
}


static void note_raw(struct pf_lex *x, const char *start)
{
	const char *end = x->l.raw.p + x->l.raw.n;

	x->raw = tokens_raw(start, end);
}


static bool is_anchor(const struct pf_lex *x)
{
	return pf_is(x, 0, "anchor");
}


int pf_lex_next(struct pf_lex *x)
{
	const char *start = NULL;
	unsigned depth = 0;
	int err = 0;

	tokens_begin(&x->w);
	x->remark.n = 0;
	x->no_macro = NULL;
	x->opens = x->unended = x->unquoted = false;
	do {
		x->line.len = 0;
		if (!take_line(x)) {
			x->unended = x->w.n > 0;
			break;
		}
		if (x->line.err)
			return x->line.err;
		if (!x->w.n) {
			start = x->start;
			x->number = x->first;
		}
		err = cut_words(x, 0, &depth);
		if (!x->w.n)
			note_remark(x);
		if (depth == 1 && is_anchor(x) && pf_is(x, x->w.n - 1, "{")) {
			x->opens = true;
			break;
		}
	} while (!err && (!x->w.n || depth));
	if (err)
		return err;
	if (!x->w.n)
		return ENODATA;

	note_raw(x, start);
	return 0;
}


void pf_lex_reset(struct pf_lex *x)
{
	sbuf_reset(&x->line);
	tokens_reset(&x->w);
}
