#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/yaml/tree.h"


static void tree_has_places(void **state)
{
	static const char text[] = "a: 1\nb: [x, 'y']\n";
	struct arena a = {0};
	struct diag_list dl = {0};
	struct yaml_reader r = { .a = &a, .dl = &dl, .file = "f" };
	struct yaml_node *root;
	const struct yaml_node *b;

	assert_int_equal(yaml_read(&root, &r, text, sizeof(text) - 1), 0);
	b = yaml_get(root, "b");
	assert_non_null(b);
	assert_int_equal(b->kind, YAML_LIST);
	assert_int_equal(b->n, 2);
	assert_string_equal(b->v[1]->s, "y");
	assert_int_equal(b->v[1]->pos.line, 2);
	assert_int_equal(b->v[1]->pos.col, 8);
	assert_null(yaml_get(root, "c"));
	arena_reset(&a);
	diag_reset(&dl);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_has_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
