#include "lib/base/jsonw.h"


static void quote(struct sbuf *sb, const char *s)
{
	sbuf_putc(sb, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			sbuf_printf(sb, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			sbuf_printf(sb, "\\u%04x", c);
		else
			sbuf_putc(sb, (char)c);
	}
	sbuf_putc(sb, '"');
}


static void line(struct jsonw *w)
{
	sbuf_putc(w->sb, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		sbuf_puts(w->sb, "  ");
}


/* Comma, line and key before a value. */
static void lead(struct jsonw *w, const char *key)
{
	if (w->depth) {
		if (w->more[w->depth - 1])
			sbuf_puts(w->sb, w->flat ? ", " : ",");
		w->more[w->depth - 1] = true;
		if (!w->flat)
			line(w);
	}
	if (key) {
		quote(w->sb, key);
		sbuf_puts(w->sb, ": ");
	}
}


static void open_level(struct jsonw *w, const char *key, bool array)
{
	lead(w, key);
	sbuf_putc(w->sb, array ? '[' : '{');
	if (w->depth < JSONW_DEPTH_MAX) {
		w->more[w->depth] = false;
		w->array[w->depth] = array;
		w->depth++;
	}
}


void jsonw_object_open(struct jsonw *w, const char *key)
{
	open_level(w, key, false);
}


void jsonw_array_open(struct jsonw *w, const char *key)
{
	open_level(w, key, true);
}


void jsonw_list_open(struct jsonw *w, const char *key)
{
	open_level(w, key, true);
	w->flat = true;
}


void jsonw_close(struct jsonw *w)
{
	w->depth--;
	if (w->more[w->depth] && !w->flat)
		line(w);
	w->flat = false;
	sbuf_putc(w->sb, w->array[w->depth] ? ']' : '}');
	if (!w->depth)
		sbuf_putc(w->sb, '\n');
}


void jsonw_str(struct jsonw *w, const char *key, const char *s)
{
	lead(w, key);
	if (s)
		quote(w->sb, s);
	else
		sbuf_puts(w->sb, "null");
}


void jsonw_uint(struct jsonw *w, const char *key, unsigned long v)
{
	lead(w, key);
	sbuf_printf(w->sb, "%lu", v);
}


void jsonw_int(struct jsonw *w, const char *key, long v)
{
	lead(w, key);
	sbuf_printf(w->sb, "%ld", v);
}


void jsonw_bool(struct jsonw *w, const char *key, bool v)
{
	lead(w, key);
	sbuf_puts(w->sb, v ? "true" : "false");
}


void jsonw_null(struct jsonw *w, const char *key)
{
	lead(w, key);
	sbuf_puts(w->sb, "null");
}


void jsonw_fixed(struct jsonw *w, const char *key, long long v, unsigned decimals)
{
	lead(w, key);
	sbuf_put_fixed(w->sb, v, decimals);
}
