/**
 * A string that grows, with a maximum and a sticky error: write as much as
 * you like, check `err` once at the end.
 */
#ifndef VISAVIS_LIB_BASE_SBUF_H
#define VISAVIS_LIB_BASE_SBUF_H

#include <stddef.h>

struct sbuf {
	char *p;	/**< always NUL-terminated once something was written */
	size_t len;
	size_t cap;
	size_t max;	/**< 0: SBUF_MAX_DEFAULT */
	int err;	/**< 0, ENOMEM, or EOVERFLOW past max */
};

#define SBUF_MAX_DEFAULT ((size_t)64 << 20)

void sbuf_reset(struct sbuf *sb);
void sbuf_put(struct sbuf *sb, const void *p, size_t n);
void sbuf_puts(struct sbuf *sb, const char *s);
void sbuf_putc(struct sbuf *sb, char c);
void sbuf_printf(struct sbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Write s so that a browser shows it as it is: & < > " ' escaped. */
void sbuf_put_html(struct sbuf *sb, const char *s);

/** A field of CSV (RFC 4180), quoted where it must be. */
void sbuf_put_csv(struct sbuf *sb, const char *s);

/** v with so many of its digits behind the point, exactly and without zeros
 *  at the end: 1250 with 3 is 1.25. At most 18 decimals. */
void sbuf_put_fixed(struct sbuf *sb, long long v, unsigned decimals);

/** What was written, "" when nothing was or when err is set. */
const char *sbuf_str(const struct sbuf *sb);

#endif
