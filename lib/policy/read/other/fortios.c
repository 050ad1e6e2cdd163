/*
 * FortiOS: what `show full-configuration` and `show` print, or a part of it.
 * Interfaces and zones are the zones of srx.c here, addresses, services and
 * policies its objects and policies; an IPv6 address, which has names of its
 * own, gets " (IPv6)" behind its name. An entry's settings are gathered until
 * its `next`, because what one means may depend on another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/read/other/fortios.h"
#include "lib/policy/read/reader.h"


/* Words. A quoted word may go on over lines. */

static void put_byte(struct fortios *o, char b)
{
	if (o->len + 1 < sizeof(o->text))
		o->text[o->len++] = b;
	else
		o->overflow = true;
}


static void end_word(struct fortios *o)
{
	if (!o->in_word)
		return;
	o->in_word = false;
	put_byte(o, '\0');
	if (o->nw == FORTIOS_WORDS_MAX || o->overflow)
		o->overflow = true;
	else
		o->w[o->nw++] = o->text + o->word;
}


static void begin_word(struct fortios *o)
{
	if (!o->in_word)
		o->word = o->len;
	o->in_word = true;
}


/** @return false: the line ends within quotes */
static bool split(struct fortios *o, const char *s)
{
	for (; *s; s++) {
		if (!o->quoted && (*s == ' ' || *s == '\t')) {
			end_word(o);
			continue;
		}
		begin_word(o);
		if (*s == '"')
			o->quoted = !o->quoted;
		else if (*s == '\\' && s[1])
			put_byte(o, *++s);
		else
			put_byte(o, *s);
	}
	if (o->quoted) {
		put_byte(o, '\n');
		return false;
	}
	end_word(o);
	o->w[o->nw] = NULL;
	return true;
}


int fortios_lost(struct fortios *o, const char *why)
{
	if (!o->x.lost) {
		o->x.lost = o->line;
		o->x.lost_text = o->raw;
	}
	if (!o->x.line)
		o->x.line = o->line;
	return config_unknown(o->c, o->line, o->raw, "%s", why);
}


int fortios_give(struct fortios *o, fortios_part_h *h, const char *const *w)
{
	struct junos_statement s = { .path = &o->path, .line = o->at, .text = o->at_text,
				     .remark = "", .command = "set" };

	return h(&o->x, &s, w);
}


/* Settings of an entry */

const struct fortios_set *fortios_get(const struct fortios *o, const char *key)
{
	for (size_t i = 0; i < o->nsets; i++)
		if (!strcmp(o->sets[i].key, key))
			return &o->sets[i];

	return NULL;
}


const char *fortios_value(const struct fortios *o, const char *key, const char *otherwise)
{
	const struct fortios_set *s = fortios_get(o, key);

	return s && s->n ? s->v[0] : otherwise;
}


bool fortios_enabled(const struct fortios *o, const char *key)
{
	return !strcmp(fortios_value(o, key, ""), "enable");
}


static int add_values(struct fortios *o, struct fortios_set *s)
{
	for (size_t i = 2; i < o->nw; i++) {
		if (arena_grow(&o->c->mem, (void **)&s->v, s->n, &s->cap, sizeof(*s->v)))
			return ENOMEM;
		s->v[s->n] = arena_strdup(&o->c->mem, o->w[i]);
		if (!s->v[s->n])
			return ENOMEM;
		s->n++;
	}
	return 0;
}


static int keep_setting(struct fortios *o)
{
	bool append = !strcmp(o->w[0], "append");
	struct fortios_set *s = NULL;

	for (size_t i = 0; i < o->nsets && !s; i++)
		if (!strcmp(o->sets[i].key, o->w[1]))
			s = &o->sets[i];
	if (!s) {
		if (o->nsets == FORTIOS_SETS_MAX)
			return fortios_lost(o, "an entry with so many settings is not read");
		s = &o->sets[o->nsets];
		*s = (struct fortios_set){ .key = arena_strdup(&o->c->mem, o->w[1]) };
		if (!s->key)
			return ENOMEM;
		o->nsets++;
	}
	if (!append)
		s->n = 0;
	return add_values(o, s);
}


static int setting(struct fortios *o)
{
	bool note = o->nw > 1 && (!strncmp(o->w[1], "comment", 7) ||
				  !strcmp(o->w[1], "description"));

	if (!o->frames[o->depth - 1].section)
		return 0;
	if (o->overflow)
		return note ? 0 : fortios_lost(o, "line is too long");
	return o->nw > 1 ? keep_setting(o) : 0;
}


/* Sections */

static int finish_entry(struct fortios *o)
{
	struct fortios_frame *f = &o->frames[o->depth - 1];
	struct config_text raw = o->raw;
	unsigned line = o->line;
	int err = 0;

	if (!f->section)
		return 0;	/* the settings may be those of the entry around it */
	o->line = o->at;
	o->raw = o->at_text;
	if (f->open)
		err = f->section->h(o, f->entry);
	o->line = line;
	o->raw = raw;
	f->open = false;
	o->nsets = 0;
	return err;
}


/** One more word of a section's name. @return its length, or more than fits */
static size_t name_add(struct fortios_frame *f, size_t n, const char *word)
{
	size_t len = strlen(word);

	if (n + len + 2 > sizeof(f->name))
		return sizeof(f->name);
	if (n)
		f->name[n++] = ' ';
	memcpy(f->name + n, word, len + 1);
	return n + len;
}


static int open_section(struct fortios *o)
{
	const struct fortios_frame *up = o->depth ? &o->frames[o->depth - 1] : NULL;
	bool top = !up || !strcmp(up->name, "vdom") || !strcmp(up->name, "global");
	struct fortios_frame *f = &o->frames[o->depth];
	size_t n = 0;

	if (o->depth == FORTIOS_DEPTH_MAX)
		return fortios_lost(o, "sections this deep are not read");
	memset(f, 0, sizeof(*f));
	if (!top)
		n = name_add(f, n, up->name);
	for (size_t i = 1; i < o->nw; i++)
		n = name_add(f, n, o->w[i]);
	if (n >= sizeof(f->name))
		f->name[0] = '\0';
	f->section = fortios_section(f->name);
	o->depth++;
	if (f->section && f->section->whole) {
		f->open = true;
		o->nsets = 0;
		o->at = o->line;
		o->at_text = o->raw;
	}
	return 0;
}


static int open_entry(struct fortios *o)
{
	struct fortios_frame *f = &o->frames[o->depth - 1];
	int err = finish_entry(o);

	if (err)
		return err;
	(void)snprintf(f->entry, sizeof(f->entry), "%s", o->nw > 1 ? o->w[1] : "");
	f->open = true;
	if (f->section) {
		o->at = o->line;
		o->at_text = o->raw;
	}
	if (!strcmp(f->name, "vdom"))
		(void)snprintf(o->vdom, sizeof(o->vdom), "%s", f->entry);
	return 0;
}


static int close_section(struct fortios *o)
{
	int err = finish_entry(o);

	o->depth--;
	return err;
}


static int unset(struct fortios *o)
{
	for (size_t i = 0; o->nw > 1 && i < o->nsets; i++)
		if (!strcmp(o->sets[i].key, o->w[1]))
			o->sets[i].n = 0;

	return 0;
}


static int edit_command(struct fortios *o)
{
	return !o->frames[o->depth - 1].section ? 0 :
	       fortios_lost(o, "commands that change entries are not followed; give the "
			    "configuration as it is now");
}


static int command(struct fortios *o)
{
	static const struct {
		const char *name;
		int (*h)(struct fortios *);
	} table[] = {
		{"edit", open_entry}, {"set", setting}, {"append", setting}, {"unset", unset},
		{"next", finish_entry}, {"end", close_section}, {"delete", edit_command},
		{"move", edit_command}, {"rename", edit_command}, {"clone", edit_command},
		{"purge", edit_command}, {"unselect", edit_command}, {"select", edit_command},
	};

	if (!o->nw || o->w[0][0] == '#')
		return 0;
	if (!strcmp(o->w[0], "config") && o->nw > 1)
		return open_section(o);
	for (size_t i = 0; o->depth && i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, o->w[0]))
			return table[i].h(o);
	config_skip(o->c);
	return 0;
}


static int read_lines(struct fortios *o, const char *text, size_t len)
{
	int err = 0;

	lines_init(&o->l, text, len);
	while (!err && lines_next(&o->l)) {
		const char *s = o->l.s + strspn(o->l.s, " \t");

		if (!o->quoted) {
			if (*s == '#')
				continue;
			o->nw = o->len = 0;
			o->in_word = o->overflow = false;
			o->line = o->l.line;
			o->raw = o->l.raw;
		}
		o->overflow |= o->l.cut;
		if (split(o, s))
			err = command(o);
	}
	o->c->lines = o->l.line;
	o->c->truncated = o->depth > 0 || o->quoted;
	while (!err && o->depth)
		err = close_section(o);
	return err;
}


static int read_fortios(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct fortios *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return ENOMEM;
	o->c = o->x.c = c;
	o->x.plain = true;
	o->x.predefined_h = fortios_predefined;
	err = read_lines(o, text, len);
	if (!err)
		err = fortios_finish(o);
	free(o);
	return err;
}


static int detect_fortios(const char *text, size_t len)
{
	static const char *const sure[] = {
		"#config-version=FG", "config firewall policy", "config firewall address",
		"config firewall service", "config firewall addrgrp",
	};

	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		if (memmem(text, len, sure[i], strlen(sure[i])))
			return READER_SURE;
	return READER_NO;
}


const struct policy_reader policy_reader_fortios = {
	"fortios", "fortios", "FortiOS", detect_fortios, read_fortios,
};
