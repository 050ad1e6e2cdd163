#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/yaml/text.h"


enum { INDENT_MAX = 16 };

struct text {
	const unsigned char *p;
	size_t len;
	size_t i;
	struct diag_pos pos;
	bool indent;		/* nothing but blanks in this line so far */
	bool told;		/* this line has its message */
};


/* One character; 0 bytes taken when it is not UTF-8. */
static size_t utf8_next(const unsigned char *p, size_t n, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t want = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 :
		(p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;

	if (!want || want > n)
		return 0;

	*c = want == 1 ? p[0] : p[0] & (0x7fu >> want);
	for (size_t i = 1; i < want; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}

	if (*c < least[want] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return want;
}


/* YAML 1.1, section 4.1.1; a byte order mark in the middle is of no use. */
static bool printable(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7e) ||
		c == 0x85 || (c >= 0xa0 && c <= 0xfffd && c != 0xfeff) ||
		c >= 0x10000;
}


static const char *judge(const struct text *t, size_t n, uint32_t c)
{
	if (n == 0)
		return "this byte is not UTF-8: save the file as UTF-8";
	if (c == 0)
		return "a NUL byte: this is not a text file";
	if (c == 0xfeff && t->i == 0)
		return NULL;
	if (!printable(c))
		return "a control character: remove it";
	if (c == '\t' && t->indent)
		return "a tab in the indentation: use spaces";
	return NULL;
}


static void step(struct text *t, size_t n, uint32_t c)
{
	t->i += n ? n : 1;
	t->pos.col++;
	if (c != ' ' && c != '\t')
		t->indent = false;
	if (n && c == '\n') {
		t->pos.line++;
		t->pos.col = 1;
		t->indent = true;
		t->told = false;
	}
}


static bool check(const unsigned char *p, size_t len, const char *file, struct diag_list *dl)
{
	struct text t = { .p = p, .len = len, .pos = {file, 1, 1}, .indent = true };
	bool clean = true;

	while (t.i < t.len) {
		uint32_t c = 0;
		size_t n = utf8_next(t.p + t.i, t.len - t.i, &c);
		const char *why = judge(&t, n, c);

		if (why && !t.told) {
			diag_error(dl, t.pos, "%s", why);
			t.told = true;
		}
		if (why)
			clean = false;
		step(&t, n, c);
	}
	return clean;
}


static size_t line_len(const char *p, size_t n)
{
	const char *end = memchr(p, '\n', n);

	return end ? (size_t)(end - p) + 1 : n;
}


/* Copy one line; bytes that are no text become underscores. */
static size_t copy_line(char *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t k = utf8_next((const unsigned char *)p + i, n - i, &c);

		if (k && printable(c))
			memcpy(out + i, p + i, k);
		else
			memset(out + i, '_', k ? k : 1);
		i += k ? k : 1;
	}
	return n;
}


/* Where a line that is indented with a tab was meant to begin: as the line
 * before it, or deeper when that one opens something. */
static size_t guess_indent(const char *out, size_t len, size_t before)
{
	while (len && strchr(" \r\n", out[len - 1]))
		len--;
	if (len && out[len - 1] == ':' && before + 2 <= INDENT_MAX)
		return before + 2;
	return before <= INDENT_MAX ? before : INDENT_MAX;
}


static size_t clean_copy(char *out, const char *p, size_t len)
{
	size_t n = 0, indent = 0;

	while (len) {
		size_t all = line_len(p, len), blank = 0, pad;

		while (blank < all && (p[blank] == ' ' || p[blank] == '\t'))
			blank++;
		pad = blank;
		if (memchr(p, '\t', blank))
			pad = indent = guess_indent(out, n, indent);
		else if (blank < all && !strchr("\r\n#", p[blank]))
			indent = blank;

		memset(out + n, ' ', pad);
		n += pad;
		n += copy_line(out + n, p + blank, all - blank);
		p += all;
		len -= all;
	}
	return n;
}


/* Each line may grow by a guessed indentation. */
static size_t clean_max(const char *p, size_t len)
{
	size_t lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += p[i] == '\n';
	return len + lines * INDENT_MAX;
}


int yaml_text_check(const char **clean, size_t *clean_len, struct arena *a,
		    const char *text, size_t len, const char *file,
		    struct diag_list *dl)
{
	char *copy;

	*clean = text;
	*clean_len = len;
	if (check((const unsigned char *)text, len, file, dl))
		return 0;

	copy = arena_alloc(a, clean_max(text, len));
	if (!copy)
		return ENOMEM;
	*clean_len = clean_copy(copy, text, len);
	*clean = copy;
	return EBADMSG;
}
