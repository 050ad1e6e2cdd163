#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonr.h"

struct parser {
	struct arena *mem;
	const char *p, *end;
	unsigned line;
	unsigned depth;
	size_t values;
	struct jsonr_error *e;
};

static int parse_value(struct parser *ps, struct jsonr **out);


static int fail(struct parser *ps, int err, const char *what)
{
	if (ps->e)
		*ps->e = (struct jsonr_error){ ps->line, what };
	return err;
}


static int bad(struct parser *ps, const char *what)
{
	return ps->p == ps->end ? fail(ps, ENODATA, "the text ends too early")
				: fail(ps, EBADMSG, what);
}


static void skip_blanks(struct parser *ps)
{
	for (; ps->p < ps->end && strchr(" \t\r\n", *ps->p) && *ps->p; ps->p++)
		ps->line += *ps->p == '\n';
}


static bool take(struct parser *ps, char c)
{
	if (ps->p == ps->end || *ps->p != c)
		return false;
	ps->p++;
	return true;
}


static bool hex4(struct parser *ps, uint32_t *v)
{
	*v = 0;
	if (ps->end - ps->p < 4)
		return false;
	for (int i = 0; i < 4; i++, ps->p++) {
		char c = *ps->p;

		if (c >= '0' && c <= '9')
			*v = *v << 4 | (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			*v = *v << 4 | (uint32_t)((c | 32) - 'a' + 10);
		else
			return false;
	}
	return true;
}


/** RFC 3629; @return bytes written */
static size_t utf8(char *out, uint32_t v)
{
	size_t n = v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (char)v;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--, v >>= 6)
		out[i] = (char)(0x80 | (v & 0x3f));
	out[0] = (char)((0xf00 >> n & 0xff) | v);
	return n;
}


/** Behind "\u"; halves of pairs must come in pairs. */
static bool unicode(struct parser *ps, char *out, size_t *n)
{
	uint32_t v, low;

	if (!hex4(ps, &v) || !v || (v >= 0xdc00 && v <= 0xdfff))
		return false;
	if (v >= 0xd800 && v <= 0xdbff) {
		if (!take(ps, '\\') || !take(ps, 'u') || !hex4(ps, &low) ||
		    low < 0xdc00 || low > 0xdfff)
			return false;
		v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
	}
	*n += utf8(out + *n, v);
	return true;
}


static bool escape(struct parser *ps, char *out, size_t *n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (take(ps, 'u'))
		return unicode(ps, out, n);
	at = ps->p < ps->end && *ps->p ? strchr(from, *ps->p) : NULL;
	if (!at)
		return false;
	out[(*n)++] = to[at - from];
	ps->p++;
	return true;
}


static int parse_string(struct parser *ps, const char **out)
{
	const char *q = ps->p + 1;
	size_t n = 0;
	char *s;

	if (!take(ps, '"'))
		return bad(ps, "a string was expected");
	for (; q < ps->end && *q != '"'; q++)
		q += *q == '\\' && q + 1 < ps->end;
	s = arena_alloc(ps->mem, (size_t)(q - ps->p) + 1);
	if (!s)
		return ENOMEM;

	while (ps->p < ps->end && *ps->p != '"') {
		if ((unsigned char)*ps->p < ' ')
			return fail(ps, EBADMSG, "control character in a string");
		if (!take(ps, '\\'))
			s[n++] = *ps->p++;
		else if (!escape(ps, s, &n))
			return bad(ps, "no such escape in a string");
	}
	s[n] = '\0';
	*out = s;
	return take(ps, '"') ? 0 : bad(ps, "string is not closed");
}


static size_t digits(struct parser *ps)
{
	size_t n = 0;

	for (; ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9'; n++)
		ps->p++;
	return n;
}


static int parse_number(struct parser *ps, struct jsonr *v)
{
	const char *start = ps->p;
	bool zero;

	(void)take(ps, '-');
	zero = ps->p < ps->end && *ps->p == '0';
	if (zero ? (ps->p++, digits(ps) > 0) : digits(ps) == 0)
		return bad(ps, "a value was expected");
	if (take(ps, '.') && !digits(ps))
		return bad(ps, "digits are missing");
	if (take(ps, 'e') || take(ps, 'E')) {
		if (!take(ps, '+'))
			(void)take(ps, '-');
		if (!digits(ps))
			return bad(ps, "digits are missing");
	}
	v->type = JSONR_NUMBER;
	v->s = arena_strndup(ps->mem, start, (size_t)(ps->p - start));
	return v->s ? 0 : ENOMEM;
}


static int parse_members(struct parser *ps, struct jsonr *v, char close)
{
	struct jsonr **tail = &v->first;
	int err;

	skip_blanks(ps);
	if (take(ps, close))
		return 0;
	for (;;) {
		const char *key = NULL;

		skip_blanks(ps);
		if (close == '}') {
			err = parse_string(ps, &key);
			if (err)
				return err;
			skip_blanks(ps);
			if (!take(ps, ':'))
				return bad(ps, "':' was expected");
		}
		err = parse_value(ps, tail);
		if (err)
			return err;
		(*tail)->key = key;
		tail = &(*tail)->next;
		skip_blanks(ps);
		if (take(ps, close))
			return 0;
		if (!take(ps, ','))
			return bad(ps, "',' or the end of the list was expected");
	}
}


static int parse_word(struct parser *ps, struct jsonr *v)
{
	static const struct {
		const char *word;
		enum jsonr_type type;
		bool yes;
	} words[] = {
		{"true", JSONR_BOOL, true}, {"false", JSONR_BOOL, false},
		{"null", JSONR_NULL, false},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);

		if ((size_t)(ps->end - ps->p) >= n && !memcmp(ps->p, words[i].word, n)) {
			ps->p += n;
			v->type = words[i].type;
			v->yes = words[i].yes;
			return 0;
		}
	}

	return parse_number(ps, v);
}


static int parse_value(struct parser *ps, struct jsonr **out)
{
	struct jsonr *v;
	int err;

	skip_blanks(ps);
	if (ps->depth == JSONR_DEPTH_MAX)
		return fail(ps, EOVERFLOW, "too deep");
	if (ps->values++ == JSONR_VALUES_MAX)
		return fail(ps, EOVERFLOW, "too many values");
	v = arena_alloc(ps->mem, sizeof(*v));
	if (!v)
		return ENOMEM;
	v->line = ps->line;
	v->at = ps->p;
	*out = v;

	ps->depth++;
	if (ps->p < ps->end && *ps->p == '"') {
		v->type = JSONR_STRING;
		err = parse_string(ps, &v->s);
	} else if (take(ps, '{')) {
		v->type = JSONR_OBJECT;
		err = parse_members(ps, v, '}');
	} else if (take(ps, '[')) {
		v->type = JSONR_ARRAY;
		err = parse_members(ps, v, ']');
	} else {
		err = parse_word(ps, v);
	}
	ps->depth--;
	return err;
}


int jsonr_parse(struct jsonr **root, struct arena *a, const char *text, size_t len,
		struct jsonr_error *e)
{
	struct parser ps = { .mem = a, .p = text, .end = text + len, .line = 1, .e = e };
	int err;

	*root = NULL;
	err = parse_value(&ps, root);
	if (err)
		return err;
	skip_blanks(&ps);
	return ps.p == ps.end ? 0 : fail(&ps, EBADMSG, "text behind the end");
}


const struct jsonr *jsonr_get(const struct jsonr *v, const char *key)
{
	if (!v || v->type != JSONR_OBJECT)
		return NULL;
	for (const struct jsonr *m = v->first; m; m = m->next)
		if (!strcmp(m->key, key))
			return m;

	return NULL;
}


const char *jsonr_str(const struct jsonr *v, const char *key)
{
	const struct jsonr *m = jsonr_get(v, key);

	return m && m->type == JSONR_STRING ? m->s : NULL;
}


const struct jsonr *jsonr_each(const struct jsonr *v, const char *key)
{
	const struct jsonr *m = jsonr_get(v, key);

	return m && m->type == JSONR_ARRAY ? m->first : NULL;
}


bool jsonr_int(const struct jsonr *v, long *out)
{
	char *end;

	if (!v || v->type != JSONR_NUMBER)
		return false;
	errno = 0;
	*out = strtol(v->s, &end, 10);
	return !errno && !*end;
}
