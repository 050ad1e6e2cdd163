#include <stdint.h>
#include <string.h>

#include "lib/yaml/tree.h"


static size_t find(const struct yaml_node *n, const char *key)
{
	if (n && n->kind == YAML_MAP)
		for (size_t i = 0; i < n->n; i++)
			if (!strcmp(n->k[i]->s, key))
				return i;
	return SIZE_MAX;
}


const struct yaml_node *yaml_get(const struct yaml_node *n, const char *key)
{
	size_t i = find(n, key);

	return i == SIZE_MAX ? NULL : n->v[i];
}


const struct yaml_node *yaml_get_key(const struct yaml_node *n, const char *key)
{
	size_t i = find(n, key);

	return i == SIZE_MAX ? NULL : n->k[i];
}


enum { WORD_MAX = 40 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}


/* How many letters to change, add, drop or swap with their neighbour. */
static unsigned distance(const char *a, const char *b)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return UINT32_MAX;

	for (size_t i = 0; i <= na; i++) {
		for (size_t j = 0; j <= nb; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[na][nb];
}


const char *yaml_nearest(const char *word, const char *const known[])
{
	unsigned best = (unsigned)strlen(word) / 3;
	const char *near = NULL;

	for (size_t i = 0; known[i]; i++) {
		unsigned d = distance(word, known[i]);

		if (d <= best && d < strlen(known[i])) {
			near = known[i];
			if (!d)
				break;
			best = d - 1;
		}
	}
	return near;
}


static const char *kind_name(const struct yaml_node *n)
{
	static const char *const names[] = {
		[YAML_NULL] = "nothing", [YAML_SCALAR] = "a single value",
		[YAML_LIST] = "a list", [YAML_MAP] = "a map",
	};

	return names[n->kind];
}


bool yaml_check_map(struct yaml_reader *r, const struct yaml_node *n,
		    const char *what, const char *const known[])
{
	if (n->kind != YAML_MAP) {
		diag_error(r->dl, n->pos, "%s must be a map of \"key: value\", this is %s",
			   what, kind_name(n));
		return false;
	}

	for (size_t i = 0; i < n->n; i++) {
		const char *key = n->k[i]->s, *near;
		size_t j = 0;

		while (known[j] && strcmp(known[j], key))
			j++;
		if (known[j])
			continue;
		near = yaml_nearest(key, known);
		if (near)
			diag_error(r->dl, n->k[i]->pos, "%s has no key \"%.64s\"; did you mean \"%s\"?",
				   what, key, near);
		else
			diag_error(r->dl, n->k[i]->pos, "%s has no key \"%.64s\"", what, key);
	}
	return true;
}


const char *yaml_str(struct yaml_reader *r, const struct yaml_node *n,
		     const char *what)
{
	if (!n)
		return NULL;
	if (n->kind == YAML_SCALAR && *n->s)
		return n->s;

	diag_error(r->dl, n->pos, "%s must be a single value, this is %s", what,
		   n->kind == YAML_SCALAR ? "empty" : kind_name(n));
	return NULL;
}


bool yaml_uint(struct yaml_reader *r, const struct yaml_node *n,
	       const char *what, unsigned min, unsigned max, unsigned *v)
{
	const char *s = yaml_str(r, n, what);
	unsigned long x = 0;
	size_t len;

	if (!s)
		return false;

	len = strspn(s, "0123456789");
	for (size_t i = 0; i < len && x <= UINT32_MAX; i++)
		x = x * 10 + (unsigned long)(s[i] - '0');

	if (!len || s[len] || x < min || x > max) {
		diag_error(r->dl, n->pos, "%s must be a number from %u to %u, not \"%.64s\"",
			   what, min, max, s);
		return false;
	}
	*v = (unsigned)x;
	return true;
}


bool yaml_bool(struct yaml_reader *r, const struct yaml_node *n,
	       const char *what, bool *v)
{
	static const char *const words[] = {"off", "on", "false", "true", "no", "yes"};
	const char *s = yaml_str(r, n, what);

	if (!s)
		return false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(s, words[i])) {
			*v = i % 2;
			return true;
		}
	}
	diag_error(r->dl, n->pos, "%s must be on or off, not \"%.64s\"", what, s);
	return false;
}


size_t yaml_items(const struct yaml_node *n)
{
	if (!n || n->kind == YAML_NULL)
		return 0;
	return n->kind == YAML_LIST ? n->n : 1;
}


const struct yaml_node *yaml_item(const struct yaml_node *n, size_t i)
{
	return n->kind == YAML_LIST ? n->v[i] : n;
}
