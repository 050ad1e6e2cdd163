#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/jsonr.h"
#include "tests/unit/failmalloc.h"


static int parse_only(const char *text)
{
	struct arena a = {0};
	struct jsonr *v;
	int err = jsonr_parse(&v, &a, text, strlen(text), NULL);

	arena_reset(&a);
	return err;
}


static void values_are_read(void **state)
{
	static const char text[] = "{ \"a\": [1, -2.5e+3, \"x\\n\\u00e9\\ud83d\\ude00\"],\n"
		"\"b\": {\"c\": true, \"d\": null}, \"e\": \"\" }\n";
	struct arena a = {0};
	const struct jsonr *v;
	struct jsonr *root;
	long n;

	assert_int_equal(jsonr_parse(&root, &a, text, strlen(text), NULL), 0);
	v = jsonr_each(root, "a");
	assert_true(jsonr_int(v, &n) && n == 1);
	assert_false(jsonr_int(v->next, &n));
	assert_string_equal(v->next->s, "-2.5e+3");
	assert_string_equal(v->next->next->s, "x\n\xc3\xa9\xf0\x9f\x98\x80");
	assert_null(v->next->next->next);
	assert_true(jsonr_get(jsonr_get(root, "b"), "c")->yes);
	assert_int_equal(jsonr_get(jsonr_get(root, "b"), "d")->type, JSONR_NULL);
	assert_int_equal(jsonr_get(root, "b")->line, 2);
	assert_string_equal(jsonr_str(root, "e"), "");
	assert_null(jsonr_str(root, "f"));
	assert_null(jsonr_each(root, "b"));
	arena_reset(&a);
}


static void mistakes_are_refused(void **state)
{
	static const char *const wrong[] = {
		"{\"a\" 1}", "[1,]", "[1 2]", "{a:1}", "[01]", "[1.x]", "[-]x", "\"\\x\"", "\"\\ud800x\"",
		"\"\\u0000\"", "\"a\nb\"", "[] []", "tru!", "nan", "{\"a\":1,}", "'a'",
	};
	static const char *const short_ones[] = { "", "{", "[1,", "\"abc", "{\"a\":", "-", "[1" };
	char deep[200];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse_only(wrong[i]) != EBADMSG)
			fail_msg("%s: %d", wrong[i], parse_only(wrong[i]));
	for (size_t i = 0; i < sizeof(short_ones) / sizeof(short_ones[0]); i++)
		if (parse_only(short_ones[i]) != ENODATA)
			fail_msg("%s: %d", short_ones[i], parse_only(short_ones[i]));
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(parse_only(deep), EOVERFLOW);
}


static void the_line_is_told(void **state)
{
	struct jsonr_error e = {0};
	struct arena a = {0};
	struct jsonr *v;

	assert_int_equal(jsonr_parse(&v, &a, "[\n1,\n2 3]", 9, &e), EBADMSG);
	assert_int_equal(e.line, 3);
	assert_non_null(e.what);
	arena_reset(&a);
}


static void parse_once(void *arg)
{
	int err = parse_only("{\"a\": [1, \"two\", {\"three\": 3}]}");

	assert_true(err == 0 || err == ENOMEM);
}


static void without_memory(void **state)
{
	assert_true(failmalloc_each(parse_once, NULL) > 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(mistakes_are_refused),
		cmocka_unit_test(the_line_is_told),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
