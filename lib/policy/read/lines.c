#include <string.h>
#include <strings.h>

#include "lib/policy/read/lines.h"

enum { BINARY_LOOK = 65536, TAB = 8 };


void lines_init(struct lines *l, const char *text, size_t len)
{
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	l->p = text;
	l->end = text + len;
	l->line = 0;
	l->raw = (struct config_text){ text, 0 };
	l->s = l->buf;
	l->n = l->indent = 0;
	l->cut = l->unended = false;
	l->buf[0] = '\0';
}


/** Set raw to the next line and step over its end: LF, CR LF, CR CR LF. */
static void take_raw(struct lines *l)
{
	size_t left = (size_t)(l->end - l->p);
	const char *nl = memchr(l->p, '\n', left);
	size_t n = nl ? (size_t)(nl - l->p) : left;

	l->raw = (struct config_text){ l->p, n };
	l->unended = !nl;
	l->p = nl ? nl + 1 : l->end;
	while (l->raw.n && l->raw.p[l->raw.n - 1] == '\r')
		l->raw.n--;
}


/** A terminal's control sequence at s (behind ESC); @return its length */
static size_t escape_len(const char *s, size_t n)
{
	size_t i = 1;

	if (!n || *s != '[')
		return n ? 1 : 0;
	while (i < n && (unsigned char)s[i] < 0x40)
		i++;
	return i < n ? i + 1 : i;
}


/** Do what the terminal did: a backspace steps back, a carriage return goes
 *  to the start, what follows writes over. */
static void clean(struct lines *l)
{
	size_t at = 0, n = 0;

	if (l->raw.n <= LINES_LEN_MAX && !memchr(l->raw.p, '\b', l->raw.n) &&
	    !memchr(l->raw.p, '\r', l->raw.n) && !memchr(l->raw.p, 27, l->raw.n)) {
		memcpy(l->buf, l->raw.p, l->raw.n);
		l->n = l->raw.n;
		l->buf[l->n] = '\0';
		return;
	}

	for (size_t i = 0; i < l->raw.n; i++) {
		char c = l->raw.p[i];

		if (c == '\b') {
			at -= at > 0;
		} else if (c == '\r') {
			at = 0;
		} else if (c == 27) {
			i += escape_len(l->raw.p + i + 1, l->raw.n - i - 1);
		} else if (at < LINES_LEN_MAX) {
			l->buf[at++] = c;
			n = at > n ? at : n;
		} else {
			l->cut = true;
		}
	}

	l->buf[n] = '\0';
	l->n = n;
}


/** "--More--", " --More-- ", "<--- More --->", "---(more 12%)---" at the line's
 *  start: what a pager left. @return its length */
static size_t pager_len(const char *s, size_t n)
{
	static const char *const known[] = { "--More--", "<--- More --->", "---(more" };
	size_t lead = strspn(s, " ");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t k = strlen(known[i]);

		if (strncasecmp(s + lead, known[i], k) != 0)
			continue;
		if (i == 2) {
			const char *close = strstr(s + lead, ")---");

			if (!close)
				continue;
			k = (size_t)(close - s) - lead + 4;
		}
		return lead + k < n ? lead + k : n;
	}

	return 0;
}


static void find_indent(struct lines *l)
{
	size_t i = 0;

	l->indent = 0;
	for (; i < l->n && (l->s[i] == ' ' || l->s[i] == '\t'); i++)
		l->indent = l->s[i] == '\t' ? (l->indent / TAB + 1) * TAB : l->indent + 1;
}


bool lines_next(struct lines *l)
{
	size_t pager;

	if (l->p >= l->end)
		return false;

	take_raw(l);
	l->line++;
	l->cut = false;
	clean(l);
	while (l->n && (l->buf[l->n - 1] == ' ' || l->buf[l->n - 1] == '\t'))
		l->buf[--l->n] = '\0';
	l->s = l->buf;
	pager = pager_len(l->buf, l->n);
	if (pager) {
		l->s += pager;
		l->n -= pager;
	}
	find_indent(l);
	return true;
}


bool words_next(struct words *ws, const char **w, size_t *n)
{
	const char *p = ws->p + strspn(ws->p, " \t");

	if (!*p) {
		ws->p = p;
		return false;
	}
	if (*p == '"') {
		*w = ++p;
		*n = strcspn(p, "\"");
		ws->p = p + *n + (p[*n] == '"');
		return true;
	}

	*w = p;
	*n = strcspn(p, " \t");
	ws->p = p + *n;
	return true;
}


bool word_is(const char *w, size_t n, const char *name)
{
	return strlen(name) == n && !strncasecmp(w, name, n);
}


bool word_begins(const char *w, size_t n, const char *name, size_t min)
{
	return n >= min && n <= strlen(name) && !strncasecmp(w, name, n);
}


bool word_number(unsigned long *v, const char *w, size_t n, unsigned long max)
{
	unsigned long x = 0;

	if (!n || n > 10)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (w[i] < '0' || w[i] > '9')
			return false;
		x = x * 10 + (unsigned long)(w[i] - '0');
	}

	*v = x;
	return x <= max;
}


bool lines_binary(const char *text, size_t len)
{
	size_t look = len < BINARY_LOOK ? len : BINARY_LOOK, odd = 0;

	for (size_t i = 0; i < look; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!c)
			return true;
		odd += c < ' ' && !strchr("\t\n\r\b\f\033\a", c);
	}

	return odd > 8 && odd > look / 50;
}
