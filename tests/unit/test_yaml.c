#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/yaml/text.h"
#include "lib/yaml/tree.h"
#include "tests/unit/failmalloc.h"

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

struct fixture {
	struct arena a;
	struct diag_list dl;
	struct yaml_reader r;
	struct yaml_node *root;
};


static void read_n(struct fixture *f, const char *text, size_t len)
{
	memset(f, 0, sizeof(*f));
	f->r = (struct yaml_reader){ .a = &f->a, .dl = &f->dl, .file = "f" };
	assert_int_equal(yaml_read(&f->root, &f->r, text, len), 0);
}


static void read_s(struct fixture *f, const char *text)
{
	read_n(f, text, strlen(text));
}


static void done(struct fixture *f)
{
	diag_reset(&f->dl);
	arena_reset(&f->a);
}


static void tree_has_places(void **state)
{
	struct fixture f;
	const struct yaml_node *b;

	read_s(&f, "a: 1\nb: [x, 'y']\nc: ~\nd:\n");
	assert_int_equal(f.dl.n, 0);
	b = yaml_get(f.root, "b");
	assert_int_equal(b->kind, YAML_LIST);
	assert_int_equal(yaml_items(b), 2);
	assert_string_equal(yaml_item(b, 1)->s, "y");
	assert_int_equal(b->v[1]->pos.line, 2);
	assert_int_equal(b->v[1]->pos.col, 8);
	assert_int_equal(yaml_get_key(f.root, "b")->pos.col, 1);
	assert_int_equal(yaml_get(f.root, "c")->kind, YAML_NULL);
	assert_int_equal(yaml_items(yaml_get(f.root, "d")), 0);
	assert_int_equal(yaml_items(yaml_get(f.root, "a")), 1);
	assert_null(yaml_get(f.root, "e"));
	assert_null(yaml_get(b, "e"));
	done(&f);
}


static void mistakes_have_places(void **state)
{
	static const struct { const char *text, *msg; unsigned line, col; } v[] = {
		{"a: 1\nb: 2\na: 3\n", "\"a\" is given twice (first in line 1)", 3, 1},
		{"a: &x 1\n", "an anchor (&name): write the value out in each place", 1, 4},
		{"a: *x\n", "an alias (*name): write the value out in each place", 1, 4},
		{"a: !!str 1\n", "a tag (!name): leave it out", 1, 4},
		{"a: &x [1]\n", "an anchor (&name): write the value out in each place", 1, 4},
		{"[a]: 1\n", "a key must be a plain word", 1, 1},
		{"a: 1\n---\nb: 2\n", "a second document (---): keep one in a file", 2, 1},
		{"a: \"x\\0y\"\n", "a NUL character in a value: remove it", 1, 4},
		{"a:\n\tb: 1\n", "a tab in the indentation: use spaces", 2, 1},
		{"a: \xc3\x28\n", "this byte is not UTF-8: save the file as UTF-8", 1, 4},
		{"a: \xc0\x80\n", "this byte is not UTF-8: save the file as UTF-8", 1, 4},
		{"a: \xed\xa0\x80\n", "this byte is not UTF-8: save the file as UTF-8", 1, 4},
		{"\xc3\xa4: \x7f\n", "a control character: remove it", 1, 4},
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct fixture f;

		read_s(&f, v[i].text);
		assert_int_equal(f.dl.n, 1);
		assert_string_equal(f.dl.v[0].msg, v[i].msg);
		assert_int_equal(f.dl.v[0].pos.line, v[i].line);
		assert_int_equal(f.dl.v[0].pos.col, v[i].col);
		done(&f);
	}
}


/* Entries before a mistake in the YAML are kept, the broken one is not. */
static void reading_goes_on(void **state)
{
	struct fixture f;

	read_s(&f, "hosts:\n  a: { x: 1 }\n  b: { x: [1 }\nmore: 2\n");
	assert_true(f.r.partial);
	assert_int_equal(f.dl.n, 1);
	assert_int_equal(yaml_get(f.root, "hosts")->n, 1);
	assert_null(yaml_get(f.root, "more"));
	done(&f);

	read_s(&f, "a:\n\tb: 1\n\tc:\n\t\td: 2\ne: \x01\n");
	assert_false(f.r.partial);
	assert_int_equal(f.dl.n, 4);
	assert_string_equal(yaml_get(yaml_get(f.root, "a"), "b")->s, "1");
	assert_string_equal(yaml_get(yaml_get(yaml_get(f.root, "a"), "c"), "d")->s, "2");
	assert_string_equal(yaml_get(f.root, "e")->s, "_");
	done(&f);

	read_n(&f, "a: 1\0b", 6);
	assert_int_equal(f.dl.v[0].pos.col, 5);
	done(&f);

	read_s(&f, "\xef\xbb\xbf" "a: 1\r\nb: 2\r\n");
	assert_int_equal(f.dl.n, 0);
	assert_string_equal(yaml_get(f.root, "b")->s, "2");
	done(&f);
}


static void empty_is_nothing(void **state)
{
	static const char *const v[] = {"", "\n\n", "# a comment\n"};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct fixture f;

		read_s(&f, v[i]);
		assert_null(f.root);
		assert_int_equal(f.dl.n, 0);
		done(&f);
	}
}


/* A text of n times `unit`; the caller frees it. */
static char *repeat(const char *unit, size_t n)
{
	size_t len = strlen(unit);
	char *p = malloc(n * len + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		memcpy(p + i * len, unit, len);
	p[n * len] = '\0';
	return p;
}


static void limits_hold(void **state)
{
	static const struct { const char *unit; size_t n; const char *msg; } v[] = {
		{"[", 17, "nested more than 16 deep: flatten it"},
		{"{a: ", 5000, "nested more than 16 deep: flatten it"},
		{"x", 4097, "a value of more than 4096 bytes: shorten it"},
		{"- 1\n", 200001, "more than 200000 values: split the file"},
		{"#234567890123456789012345678901\n", 131073, "more than 4 MB: split the file"},
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		char *text = repeat(v[i].unit, v[i].n);
		struct fixture f;

		read_s(&f, text);
		assert_true(f.r.partial);
		assert_int_equal(f.dl.n, 1);
		assert_string_equal(f.dl.v[0].msg, v[i].msg);
		done(&f);
		free(text);
	}
}


static void values_are_checked(void **state)
{
	static const char *const keys[] = {"n", "b", "s", "big", NULL};
	struct fixture f;
	unsigned n = 7;
	bool b = false;

	read_s(&f, "n: 12\nb: yes\ns: []\nbig: 4294967297\nbgi: 1\n");
	assert_true(yaml_uint(&f.r, yaml_get(f.root, "n"), "n", 1, 12, &n));
	assert_int_equal(n, 12);
	assert_true(yaml_bool(&f.r, yaml_get(f.root, "b"), "b", &b));
	assert_true(b);
	assert_int_equal(f.dl.n, 0);

	assert_false(yaml_uint(&f.r, yaml_get(f.root, "n"), "n", 1, 11, &n));
	assert_false(yaml_uint(&f.r, yaml_get(f.root, "big"), "big", 0, 9, &n));
	assert_false(yaml_uint(&f.r, yaml_get(f.root, "b"), "b", 0, 9, &n));
	assert_false(yaml_bool(&f.r, yaml_get(f.root, "n"), "n", &b));
	assert_null(yaml_str(&f.r, yaml_get(f.root, "s"), "s"));
	assert_null(yaml_str(&f.r, NULL, "absent"));
	assert_int_equal(f.dl.n, 5);
	assert_true(yaml_check_map(&f.r, f.root, "this", keys));
	assert_string_equal(f.dl.v[5].msg, "this has no key \"bgi\"; did you mean \"big\"?");
	assert_false(yaml_check_map(&f.r, yaml_get(f.root, "s"), "this", keys));
	done(&f);
}


static void nearest_word(void **state)
{
	static const char *const known[] = {"networks", "hosts", "narrow", "id", NULL};

	assert_string_equal(yaml_nearest("netwroks", known), "networks");
	assert_string_equal(yaml_nearest("host", known), "hosts");
	assert_string_equal(yaml_nearest("narow", known), "narrow");
	assert_null(yaml_nearest("firewalls", known));
	assert_null(yaml_nearest("zz", known));
	assert_null(yaml_nearest("", known));
	assert_null(yaml_nearest("a-word-of-more-than-forty-letters-is-never-near", known));
}


static void read_all(void *arg)
{
	static const char text[] = "a: [1, 2, { b: c }]\n\td: e\nf: \xff\n";
	struct arena a = {0};
	struct diag_list dl = {0};
	struct yaml_reader r = { .a = &a, .dl = &dl, .file = "f" };
	struct yaml_node *root;
	int err = yaml_read(&root, &r, text, sizeof(text) - 1);

	if (err)
		assert_int_equal(err, ENOMEM);
	else
		assert_int_equal(dl.errors, 2);
	diag_reset(&dl);
	arena_reset(&a);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(read_all, NULL) >= 3);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_has_places),
		cmocka_unit_test(mistakes_have_places),
		cmocka_unit_test(reading_goes_on),
		cmocka_unit_test(empty_is_nothing),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(nearest_word),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
