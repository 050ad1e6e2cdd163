#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "lib/yaml/text.h"
#include "lib/yaml/tree.h"


/* A collection being read; `key` waits for its value. */
struct frame {
	struct yaml_node *node;
	struct yaml_node *key;
	size_t cap_k;
	size_t cap_v;
	bool keys_told;
};

struct reading {
	struct yaml_reader *r;
	yaml_parser_t parser;
	struct frame stack[YAML_DEPTH_MAX];
	size_t depth;
	struct yaml_node *root;
	size_t nodes;
	bool done;
	bool dirty;	/* the text was mended: its YAML mistakes are ours */
};


static struct diag_pos pos_of(const struct reading *rd, yaml_mark_t m)
{
	return (struct diag_pos){
		rd->r->file, (unsigned)m.line + 1, (unsigned)m.column + 1
	};
}


static void tell(struct reading *rd, yaml_mark_t m, const char *why)
{
	diag_error(rd->r->dl, pos_of(rd, m), "%s", why);
}


/* No reading on from here. */
static int fail(struct reading *rd, yaml_mark_t m, const char *why)
{
	tell(rd, m, why);
	return EBADMSG;
}


static int syntax_error(struct reading *rd)
{
	const yaml_parser_t *p = &rd->parser;

	if (p->error == YAML_MEMORY_ERROR)
		return ENOMEM;
	if (rd->dirty)
		return EBADMSG;

	if (p->context)
		diag_error(rd->r->dl, pos_of(rd, p->problem_mark), "%s (%s that began in line %u)",
			   p->problem, p->context, (unsigned)p->context_mark.line + 1);
	else
		diag_error(rd->r->dl, pos_of(rd, p->problem_mark), "%s", p->problem);
	return EBADMSG;
}


static struct yaml_node *node_new(struct reading *rd, enum yaml_kind kind, yaml_mark_t m)
{
	struct yaml_node *n = arena_alloc(rd->r->a, sizeof(*n));

	if (!n)
		return NULL;

	n->kind = kind;
	n->pos = pos_of(rd, m);
	n->s = "";
	return n;
}


static int vector_push(struct reading *rd, struct yaml_node ***v, size_t n,
		       size_t *cap, struct yaml_node *item)
{
	void *p = *v;
	int err = arena_grow(rd->r->a, &p, n, cap, sizeof(**v));

	if (err)
		return err;

	*v = p;
	(*v)[n] = item;
	return 0;
}


/* A key that is itself a list or a map is refused, with what it holds. */
static int key_take(struct reading *rd, struct frame *f, struct yaml_node *n)
{
	if (n->kind == YAML_LIST || n->kind == YAML_MAP) {
		diag_error(rd->r->dl, n->pos, "a key must be a plain word");
		n->s = "?";
	}
	f->key = n;
	return 0;
}


static int attach(struct reading *rd, struct yaml_node *n)
{
	struct frame *f;
	int err;

	if (!rd->depth) {
		rd->root = n;
		return 0;
	}

	f = &rd->stack[rd->depth - 1];
	if (f->node->kind == YAML_MAP) {
		if (!f->key)
			return key_take(rd, f, n);
		err = vector_push(rd, &f->node->k, f->node->n, &f->cap_k, f->key);
		if (err)
			return err;
		f->key = NULL;
	}

	err = vector_push(rd, &f->node->v, f->node->n, &f->cap_v, n);
	if (err)
		return err;
	f->node->n++;
	return 0;
}


static bool is_null(const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value;

	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		(!*s || !strcmp(s, "~") || !strcmp(s, "null"));
}


/* @return what a value may not have, or NULL */
static const char *decoration(const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return "an anchor (&name): write the value out in each place";
	return tag ? "a tag (!name): leave it out" : NULL;
}


static int on_scalar(struct reading *rd, const yaml_event_t *e)
{
	size_t len = e->data.scalar.length;
	const char *s = (const char *)e->data.scalar.value;
	const char *why = decoration(e->data.scalar.anchor, e->data.scalar.tag);
	struct yaml_node *n;

	if (len > YAML_SCALAR_MAX)
		return fail(rd, e->start_mark, "a value of more than 4096 bytes: shorten it");
	if (strlen(s) != len)
		why = "a NUL character in a value: remove it";
	if (why)
		tell(rd, e->start_mark, why);

	n = node_new(rd, is_null(e) ? YAML_NULL : YAML_SCALAR, e->start_mark);
	if (!n)
		return ENOMEM;

	n->s = arena_strndup(rd->r->a, s, len);
	return n->s ? attach(rd, n) : ENOMEM;
}


static int on_alias(struct reading *rd, const yaml_event_t *e)
{
	struct yaml_node *n = node_new(rd, YAML_SCALAR, e->start_mark);

	tell(rd, e->start_mark, "an alias (*name): write the value out in each place");
	return n ? attach(rd, n) : ENOMEM;
}


static int on_open(struct reading *rd, const yaml_event_t *e)
{
	bool map = e->type == YAML_MAPPING_START_EVENT;
	const char *why = map
		? decoration(e->data.mapping_start.anchor, e->data.mapping_start.tag)
		: decoration(e->data.sequence_start.anchor, e->data.sequence_start.tag);
	struct yaml_node *n;
	int err;

	if (why)
		tell(rd, e->start_mark, why);
	if (rd->depth == YAML_DEPTH_MAX)
		return fail(rd, e->start_mark, "nested more than 16 deep: flatten it");

	n = node_new(rd, map ? YAML_MAP : YAML_LIST, e->start_mark);
	if (!n)
		return ENOMEM;

	err = attach(rd, n);
	if (err)
		return err;

	rd->stack[rd->depth++] = (struct frame){ .node = n };
	return 0;
}


static int key_order(const void *a, const void *b)
{
	const struct yaml_node *x = *(struct yaml_node *const *)a;
	const struct yaml_node *y = *(struct yaml_node *const *)b;
	int c = strcmp(x->s, y->s);

	if (c)
		return c;
	if (x->pos.line != y->pos.line)
		return x->pos.line < y->pos.line ? -1 : 1;
	return x->pos.col < y->pos.col ? -1 : x->pos.col > y->pos.col;
}


static int on_close(struct reading *rd)
{
	struct yaml_node *n = rd->stack[--rd->depth].node;
	struct yaml_node **sorted;

	if (n->kind != YAML_MAP || n->n < 2)
		return 0;

	sorted = arena_calloc(rd->r->a, n->n, sizeof(*sorted));
	if (!sorted)
		return ENOMEM;

	memcpy(sorted, n->k, n->n * sizeof(*sorted));
	qsort(sorted, n->n, sizeof(*sorted), key_order);
	for (size_t i = 1; i < n->n; i++)
		if (!strcmp(sorted[i]->s, sorted[i - 1]->s))
			diag_error(rd->r->dl, sorted[i]->pos, "\"%s\" is given twice (first in line %u)",
				   sorted[i]->s, sorted[i - 1]->pos.line);
	return 0;
}


static int on_event(struct reading *rd, const yaml_event_t *e)
{
	if (++rd->nodes > YAML_NODES_MAX)
		return fail(rd, e->start_mark, "more than 200000 values: split the file");

	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(rd, e);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return on_open(rd, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(rd);
	case YAML_ALIAS_EVENT:
		return on_alias(rd, e);
	case YAML_DOCUMENT_START_EVENT:
		return rd->done ? fail(rd, e->start_mark, "a second document (---): keep one in a file") : 0;
	default:
		rd->done |= e->type == YAML_DOCUMENT_END_EVENT;
		return 0;
	}
}


static int read_events(struct reading *rd)
{
	bool more = true;
	int err = 0;

	while (more && !err) {
		yaml_event_t e;

		if (!yaml_parser_parse(&rd->parser, &e))
			return syntax_error(rd);
		more = e.type != YAML_STREAM_END_EVENT;
		err = on_event(rd, &e);
		yaml_event_delete(&e);
	}
	return err;
}


/* Take the entry that is incomplete out of its section: the tree then holds
 * whole entries only. Level 0 is the file, 1 a section, 2 an entry. */
static void drop_open(struct reading *rd)
{
	struct yaml_node *section = rd->depth > 2 ? rd->stack[1].node : NULL;

	if (section && section->n && section->v[section->n - 1] == rd->stack[2].node)
		section->n--;
	rd->r->partial = true;
}


static int read_text(struct reading *rd, const char *text, size_t len)
{
	int err;

	if (!yaml_parser_initialize(&rd->parser))
		return ENOMEM;

	yaml_parser_set_encoding(&rd->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&rd->parser, (const unsigned char *)text, len);
	err = read_events(rd);
	yaml_parser_delete(&rd->parser);
	if (err == EBADMSG) {
		drop_open(rd);
		err = 0;
	}
	return err;
}


int yaml_read(struct yaml_node **root, struct yaml_reader *r,
	      const char *text, size_t len)
{
	struct reading *rd;
	int err;

	*root = NULL;
	if (len > YAML_TEXT_MAX) {
		diag_error(r->dl, ((struct diag_pos){r->file, 1, 1}), "more than 4 MB: split the file");
		r->partial = true;
		return 0;
	}

	rd = calloc(1, sizeof(*rd));
	if (!rd)
		return ENOMEM;

	rd->r = r;
	err = yaml_text_check(&text, &len, r->a, text, len, r->file, r->dl);
	rd->dirty = err == EBADMSG;
	if (err != ENOMEM && len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	if (err != ENOMEM)
		err = read_text(rd, text, len);
	if (!err)
		*root = rd->root;
	free(rd);
	return err;
}
