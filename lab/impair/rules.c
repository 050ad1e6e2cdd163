#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/impair/rules_int.h"

enum { LINKS_MAX = IMPAIR_RULES_MAX, LINK_NAME_MAX = 63 };


static bool ends_rule(char c)
{
	return c == '\n' || c == ';' || c == '#' || c == '\0';
}


static bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == ':' || ends_rule(c);
}


static void rules_skip(struct words *w)
{
	while (w->at < w->end && (*w->at == ' ' || *w->at == '\t' || *w->at == '\r'))
		w->at++;
}


struct diag_pos rules_pos(struct words *w)
{
	rules_skip(w);

	return (struct diag_pos){w->file, w->line, (unsigned)(w->at - w->line_at) + 1};
}


bool rules_peek(struct words *w, struct word *d)
{
	const char *p;

	rules_skip(w);
	for (p = w->at; p < w->end && !ends_word(*p); p++)
		;
	*d = (struct word){w->at, (size_t)(p - w->at)};

	return d->len > 0;
}


bool rules_next(struct words *w, struct word *d)
{
	if (!rules_peek(w, d))
		return false;
	w->at += d->len;

	return true;
}


bool rules_colon(struct words *w)
{
	rules_skip(w);
	if (w->at == w->end || *w->at != ':')
		return false;
	w->at++;

	return true;
}


bool rules_is(const struct word *d, const char *s)
{
	return strlen(s) == d->len && !memcmp(s, d->p, d->len);
}


/* To the end of what stands between two separators, and over it. */
static void rules_end(struct words *w)
{
	while (w->at < w->end && *w->at != '\n' && *w->at != ';' && *w->at != '#')
		w->at++;
	if (w->at < w->end && *w->at == '#')
		while (w->at < w->end && *w->at != '\n')
			w->at++;
	if (w->at < w->end && *w->at++ == '\n') {
		w->line++;
		w->line_at = w->at;
	}
}


static bool at_end(struct words *w)
{
	rules_skip(w);

	return w->at == w->end || ends_rule(*w->at);
}


static int link_add(struct reading *r, const struct word *d, struct diag_pos pos)
{
	struct impair_rules *out = r->out;
	char *name = arena_strndup(r->a, d->p, d->len);

	if (!name)
		return ENOMEM;
	r->link = name;
	for (size_t i = 0; i < out->nlinks; i++)
		if (!strcmp(out->links[i], name))
			return 0;
	if (out->nlinks == LINKS_MAX) {
		diag_error(r->dl, pos, "more than %d links", LINKS_MAX);
		return 0;
	}
	out->links_pos[out->nlinks] = pos;
	out->links[out->nlinks++] = name;

	return 0;
}


static int read_link(struct reading *r, struct words *w)
{
	struct word d;
	struct diag_pos pos;

	pos = rules_pos(w);
	if (!rules_next(w, &d) || d.len > LINK_NAME_MAX) {
		diag_error(r->dl, pos, "a link has a name of at most %d letters", LINK_NAME_MAX);
		return 0;
	}

	return link_add(r, &d, pos);
}


static void read_seed(struct reading *r, struct words *w)
{
	struct word d;
	struct diag_pos pos;

	pos = rules_pos(w);
	if (!rules_next(w, &d) || rules_seed(&r->out->seed, d.p, d.len))
		diag_error(r->dl, pos, "a seed is a number below 2^64");
}


int rules_seed(uint64_t *seed, const char *p, size_t len)
{
	uint64_t n = 0;

	if (!len)
		return EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(p[i] - '0');

		if (p[i] < '0' || p[i] > '9' || n > (UINT64_MAX - digit) / 10)
			return EINVAL;
		n = n * 10 + digit;
	}
	*seed = n;

	return 0;
}


static int read_rule(struct reading *r, struct words *w)
{
	struct diag_pos pos = rules_pos(w);
	struct impair_rule rule = {.link = r->link, .dscp = -1, .new_dscp = -1,
				   .queue = RULES_QUEUE};
	int err = rule_read(r, w, &rule);

	if (err)
		return err == EBADMSG ? 0 : err;
	if (r->out->n == IMPAIR_RULES_MAX) {
		diag_error(r->dl, pos, "more than %d rules", IMPAIR_RULES_MAX);
		return 0;
	}
	r->out->v[r->out->n++] = rule;

	return 0;
}


static int read_line(struct reading *r, struct words *w)
{
	struct words first = *w;
	size_t errors = r->dl->errors;
	struct word d;
	int err = 0;

	(void)rules_peek(w, &d);
	if (rules_is(&d, "link")) {
		(void)rules_next(w, &d);
		err = read_link(r, w);
	}
	else if (rules_is(&d, "seed")) {
		(void)rules_next(w, &d);
		read_seed(r, w);
	}
	else {
		*w = first;
		err = read_rule(r, w);
	}
	if (!err && r->dl->errors == errors && !at_end(w))
		diag_error(r->dl, rules_pos(w), "nothing more can stand here");

	return err;
}


int rules_parse(struct impair_rules *out, struct arena *a, const char *text, size_t len,
		const char *file, struct diag_list *dl)
{
	struct words w = {.at = text, .end = text + len, .line_at = text, .line = 1,
			  .file = file};
	struct reading r = {.out = out, .a = a, .dl = dl};
	size_t errors = dl->errors;
	int err = 0;

	*out = (struct impair_rules){.seed = 1};
	out->v = arena_calloc(a, IMPAIR_RULES_MAX, sizeof(*out->v));
	out->links = arena_calloc(a, LINKS_MAX, sizeof(*out->links));
	out->links_pos = arena_calloc(a, LINKS_MAX, sizeof(*out->links_pos));
	if (!out->v || !out->links || !out->links_pos)
		return ENOMEM;
	if (len > RULES_TEXT_MAX) {
		diag_error(dl, rules_pos(&w), "more than %d bytes", RULES_TEXT_MAX);
		return EBADMSG;
	}
	while (!err && w.at < w.end) {
		if (!at_end(&w))
			err = read_line(&r, &w);
		rules_end(&w);
	}

	return err ? err : dl->errors > errors ? EBADMSG : 0;
}


size_t rules_keep_link(struct impair_rules *r, const char *link)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].link || (link && !strcmp(r->v[i].link, link)))
			r->v[n++] = r->v[i];
	r->n = n;

	return n;
}
