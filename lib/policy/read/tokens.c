#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/tokens.h"


void tokens_begin(struct tokens *w)
{
	w->text.max = TOKENS_TEXT_MAX + 4096;	/* tokens_add() looks first */
	w->text.len = 0;
	w->n = 0;
	w->overflow = false;
}


void tokens_reset(struct tokens *w)
{
	sbuf_reset(&w->text);
	free(w->off);
	*w = (struct tokens){0};
}


int tokens_add(struct tokens *w, const char *mark, const char *s, size_t n)
{
	if (w->n >= TOKENS_MAX || w->text.len + n + 2 > TOKENS_TEXT_MAX) {
		w->overflow = true;
		return 0;
	}
	if (w->n == w->cap) {
		uint32_t *v = realloc(w->off, (w->cap * 2 + 64) * sizeof(*v));

		if (!v)
			return ENOMEM;
		w->off = v;
		w->cap = w->cap * 2 + 64;
	}

	w->off[w->n++] = (uint32_t)w->text.len;
	sbuf_puts(&w->text, mark);
	sbuf_put(&w->text, s, n);
	sbuf_putc(&w->text, '\0');
	return w->text.err;
}


void tokens_drop(struct tokens *w, size_t n)
{
	if (n > w->n)
		n = w->n;
	memmove(w->off, w->off + n, (w->n - n) * sizeof(*w->off));
	w->n -= n;
}


const char *tokens_at(const struct tokens *w, size_t i)
{
	return i < w->n ? sbuf_str(&w->text) + w->off[i] : "";
}


bool tokens_is(const struct tokens *w, size_t i, const char *word)
{
	return !strcmp(tokens_at(w, i), word);
}


const char *tokens_plain(const char *word)
{
	return word + (word[0] == '"');
}


struct config_text tokens_raw(const char *start, const char *end)
{
	struct config_text t = { start, end > start ? (size_t)(end - start) : 0 };

	if (t.n > TOKENS_RAW_MAX)
		t.n = TOKENS_RAW_MAX;
	while (t.n && strchr("\r\n\t ", t.p[t.n - 1]))
		t.n--;
	return t;
}
