#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/sbuf.h"


void sbuf_reset(struct sbuf *sb)
{
	free(sb->p);
	sb->p = NULL;
	sb->len = sb->cap = 0;
	sb->err = 0;
}


static int sbuf_reserve(struct sbuf *sb, size_t n)
{
	size_t max = sb->max ? sb->max : SBUF_MAX_DEFAULT;
	size_t cap = sb->cap ? sb->cap : 256;
	char *p;

	if (sb->err)
		return sb->err;

	if (n >= max || sb->len > max - n - 1)
		return sb->err = EOVERFLOW;

	if (sb->len + n < sb->cap)
		return 0;

	while (cap <= sb->len + n)
		cap *= 2;

	p = realloc(sb->p, cap);
	if (!p)
		return sb->err = ENOMEM;

	sb->p = p;
	sb->cap = cap;
	return 0;
}


void sbuf_put(struct sbuf *sb, const void *p, size_t n)
{
	if (sbuf_reserve(sb, n))
		return;

	if (n)
		memcpy(sb->p + sb->len, p, n);
	sb->len += n;
	sb->p[sb->len] = '\0';
}


void sbuf_puts(struct sbuf *sb, const char *s)
{
	sbuf_put(sb, s, strlen(s));
}


void sbuf_putc(struct sbuf *sb, char c)
{
	sbuf_put(sb, &c, 1);
}


void sbuf_printf(struct sbuf *sb, const char *fmt, ...)
{
	size_t room = sb->err ? 0 : sb->cap - sb->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? sb->p + sb->len : NULL, room, fmt, ap);
	va_end(ap);

	if (n >= 0 && (size_t)n < room && !sbuf_reserve(sb, (size_t)n)) {
		sb->len += (size_t)n;
		return;
	}
	/* what did not fit is not there */
	if (room)
		sb->p[sb->len] = '\0';
	if (n < 0 || sbuf_reserve(sb, (size_t)n))
		return;

	va_start(ap, fmt);
	(void)vsnprintf(sb->p + sb->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	sb->len += (size_t)n;
}


static const char *html_entity(char c)
{
	switch (c) {
	case '&':  return "&amp;";
	case '<':  return "&lt;";
	case '>':  return "&gt;";
	case '"':  return "&quot;";
	case '\'': return "&#39;";
	default:   return NULL;
	}
}


void sbuf_put_html(struct sbuf *sb, const char *s)
{
	for (; *s; s++) {
		const char *e = html_entity(*s);

		if (e)
			sbuf_puts(sb, e);
		else
			sbuf_putc(sb, *s);
	}
}


const char *sbuf_str(const struct sbuf *sb)
{
	return sb->p && !sb->err ? sb->p : "";
}


void sbuf_put_csv(struct sbuf *sb, const char *s)
{
	if (!strpbrk(s, ",\"\r\n")) {
		sbuf_puts(sb, s);
		return;
	}
	sbuf_putc(sb, '"');
	for (; *s; s++) {
		if (*s == '"')
			sbuf_putc(sb, '"');
		sbuf_putc(sb, *s);
	}
	sbuf_putc(sb, '"');
}


void sbuf_put_fixed(struct sbuf *sb, long long v, unsigned decimals)
{
	unsigned long long u = v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v, unit = 1;

	for (unsigned i = 0; i < decimals; i++)
		unit *= 10;
	sbuf_printf(sb, "%s%llu", v < 0 ? "-" : "", u / unit);
	u %= unit;
	if (!u)
		return;
	while (u % 10 == 0) {
		u /= 10;
		decimals--;
	}
	sbuf_printf(sb, ".%0*llu", (int)decimals, u);
}
