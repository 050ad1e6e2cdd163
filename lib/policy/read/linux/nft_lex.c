#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/linux/nft.h"

static const char breaks[] = " \t{}(),;=!<>&|^\"#";


const char *nft_tok(const struct nft_lex *x, size_t i)
{
	return i < x->n ? sbuf_str(&x->text) + x->off[i] : "";
}


bool nft_is(const struct nft_lex *x, size_t i, const char *word)
{
	return !strcmp(nft_tok(x, i), word);
}


const char *nft_word(const char *token)
{
	return token + (token[0] == '"');
}


static int add_token(struct nft_lex *x, const char *mark, const char *s, size_t n)
{
	uint32_t *v;

	if (x->n >= NFT_TOKENS_MAX || x->text.len + n + 2 > NFT_TEXT_MAX) {
		x->overflow = true;
		return 0;
	}
	if (x->n == x->cap) {
		v = realloc(x->off, (x->cap * 2 + 64) * sizeof(*v));
		if (!v)
			return ENOMEM;
		x->off = v;
		x->cap = x->cap * 2 + 64;
	}

	x->off[x->n++] = (uint32_t)x->text.len;
	sbuf_puts(&x->text, mark);
	sbuf_put(&x->text, s, n);
	sbuf_putc(&x->text, '\0');
	return x->text.err;
}


/** Stand on the next token. @return 0 in the line, 1 at a line's end, 2 at the
 *  end of the file */
static int skip_blanks(struct nft_lex *x)
{
	if (!x->at) {
		if (!lines_next(&x->l))
			return 2;
		x->overflow |= x->l.cut;
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
		return add_token(x, "\"", s + 1, n);
	}
	n = strcspn(s, breaks);
	if (!n)
		n = strchr("=!<>", *s) && (s[1] == '=' || (s[1] == s[0] && *s != '!')) ? 2 : 1;
	x->at = s + n;
	return add_token(x, "", s, n);
}


/** The statement's text runs from its first byte to where the reader stands. */
static void note_raw(struct nft_lex *x, const char *start)
{
	const char *end = x->at ? x->l.raw.p + x->l.raw.n : x->l.p;

	x->raw = (struct config_text){ start, end > start ? (size_t)(end - start) : 0 };
	if (x->raw.n > 400)
		x->raw.n = 400;
	while (x->raw.n && strchr("\r\n\t ", x->raw.p[x->raw.n - 1]))
		x->raw.n--;
}


int nft_lex_next(struct nft_lex *x, bool blocks)
{
	const char *start = NULL;
	unsigned depth = 0;
	int err = 0, at;

	x->n = 0;
	x->text.len = 0;
	x->opens = x->closes = x->overflow = x->unended = false;
	while (!err) {
		at = skip_blanks(x);
		if (at == 2) {
			x->unended = x->n > 0;
			break;
		}
		if (at == 1) {
			if (x->n && !depth)
				break;
			continue;
		}
		if (*x->at == ';' && !depth) {
			x->at++;
			if (x->n)
				break;
			continue;
		}
		if (*x->at == '}' && !depth) {
			if (x->n)
				break;
			x->at++;
			x->line = x->l.line;
			x->closes = true;
			return 0;
		}
		if (!x->n) {
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
	if (!x->n && !x->opens)
		return ENODATA;

	x->overflow |= x->l.cut;
	note_raw(x, start ? start : x->l.raw.p);
	return 0;
}
