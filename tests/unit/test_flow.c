#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/flow/flow.h"


static void builtin_is_complete(void **state)
{
	static const char *const tables[] = {"A-2", "A-3", "A-4", "A-5", "A-6", "A-7", "A-8", "A-9"};
	static const size_t counts[] = {24, 18, 22, 21, 18, 15, 9, 10};
	struct arena a = {0};
	struct flow_matrix m;

	assert_int_equal(flow_matrix_builtin(&m, &a), 0);
	for (size_t t = 0; t < 8; t++) {
		size_t n = 0;

		for (size_t i = 0; i < m.nrows; i++)
			if (m.rows[i].table && !strcmp(m.rows[i].table, tables[t]))
				assert_int_equal(m.rows[i].number, ++n);
		assert_int_equal(n, counts[t]);
	}
	arena_reset(&a);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
