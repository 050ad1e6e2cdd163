#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/linux/nft.h"

static const char breaks[] = " \t{}(),;=!<>&|^\"#";


/** Stand on the next token. @return 0 in the line, 1 at a line's end, 2 at the
 *  end of the file */
static int skip_blanks(struct nft_lex *x)
{
	if (!x->at) {
		if (!lines_next(&x->l))
			return 2;
		x->w.overflow |= x->l.cut;
		x->at = x->l.s;
	}
	x->at += strspn(x->at, " \t");
	if (*x->at == '\\' && !x->at[1 + strspn(x->at + 1, " \t")]) {
		x->at = NULL;
		return skip_blanks(x);
	}
	if (*x->at && *x->at != '#')
		return 0;

	x->at = NULL;
	return 1;
}


static int take_token(struct nft_lex *x)
{
	const char *s = x->at;
	size_t n;

	if (*s == '"') {
		n = strcspn(s + 1, "\"");
		x->at = s + 1 + n + (s[1 + n] == '"');
		return tokens_add(&x->w, "\"", s + 1, n);
	}
	n = strcspn(s, breaks);
	if (!n)
		n = strchr("=!<>", *s) && (s[1] == '=' || (s[1] == s[0] && *s != '!')) ? 2 : 1;
	x->at = s + n;
	return tokens_add(&x->w, "", s, n);
}


/** The statement's text runs from its first byte to where the reader stands. */
static void note_raw(struct nft_lex *x, const char *start)
{
	const char *end = x->at ? x->l.raw.p + x->l.raw.n : x->l.p;

	x->raw = tokens_raw(start, end);
}


int nft_lex_next(struct nft_lex *x, bool blocks)
{
	const char *start = NULL;
	unsigned depth = 0;
	int err = 0, at;

	tokens_begin(&x->w);
	x->opens = x->closes = x->unended = false;
	while (!err) {
		at = skip_blanks(x);
		if (at == 2) {
			x->unended = x->w.n > 0;
			break;
		}
		if (at == 1) {
			if (x->w.n && !depth)
				break;
			continue;
		}
		if (*x->at == ';' && !depth) {
			x->at++;
			if (x->w.n)
				break;
			continue;
		}
		if (*x->at == '}' && !depth) {
			if (x->w.n)
				break;
			x->at++;
			x->line = x->l.line;
			x->closes = true;
			return 0;
		}
		if (!x->w.n) {
			x->line = x->l.line;
			start = x->l.raw.p + (x->at - x->l.s <= (ptrdiff_t)x->l.raw.n ? x->at - x->l.s : 0);
		}
		if (*x->at == '{' && blocks) {
			x->at++;
			x->opens = true;
			break;
		}
		depth += *x->at == '{' || *x->at == '(';
		depth -= (*x->at == '}' || *x->at == ')') && depth;
		err = take_token(x);
	}
	if (err)
		return err;
	if (!x->w.n && !x->opens)
		return ENODATA;

	x->w.overflow |= x->l.cut;
	note_raw(x, start ? start : x->l.raw.p);
	return 0;
}
