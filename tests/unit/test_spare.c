#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/emit/spare.h"
#include "tests/unit/failmalloc.h"

/** A line of port ranges, two at most; lo 0: none */
struct given {
	uint16_t lo, hi, lo2, hi2;
};


static int gather(struct spare *s, const struct given *v, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		struct pset_box b;

		pset_box_init(&b, 4);
		err = spare_begin(s);
		b.lo[PSET_DPORT] = v[i].lo;
		b.hi[PSET_DPORT] = v[i].hi;
		if (!err && v[i].lo)
			err = spare_push(s, &b);
		b.lo[PSET_DPORT] = v[i].lo2;
		b.hi[PSET_DPORT] = v[i].hi2;
		if (!err && v[i].lo2)
			err = spare_push(s, &b);
	}
	return err ? err : spare_find(s);
}


/** One letter a line: x goes, o stays */
static void assert_gone(const struct given *v, const char *gone)
{
	struct arena mem = {0};
	struct spare s = { .mem = &mem };

	assert_int_equal(gather(&s, v, strlen(gone)), 0);
	assert_int_equal(s.n, strlen(gone));
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.gone[i], gone[i] == 'x');
	spare_reset(&s);
	arena_reset(&mem);
}


static void lines_go_that_others_have(void **state)
{
	assert_gone((struct given[]){ {1, 9}, {2, 3}, {9, 10} }, "oxo");
	assert_gone((struct given[]){ {2, 3}, {1, 9}, {9, 10} }, "xoo");
	assert_gone((struct given[]){ {1, 5}, {6, 9}, {3, 7} }, "oox");
	assert_gone((struct given[]){ {1, 5}, {6, 9}, {3, 12} }, "oxo");
	assert_gone((struct given[]){ {1, 2, 8, 9}, {2, 2, 8, 8}, {2, 2, 7, 8} }, "oxo");
	assert_gone((struct given[]){ {1, 9, 3, 4}, {20, 21} }, "oo");
}


/* Of two that stand for each other one stays */
static void not_all_go(void **state)
{
	assert_gone((struct given[]){ {5, 5}, {5, 5}, {5, 5} }, "oxx");
	assert_gone((struct given[]){ {1, 6}, {4, 9}, {1, 3, 7, 9} }, "oox");
	assert_gone((struct given[]){ {1, 9}, {1, 5}, {6, 9} }, "oxx");
}


static void too_many_stay(void **state)
{
	struct arena mem = {0};
	struct spare s = { .mem = &mem };
	struct given v = {5, 5};

	for (size_t i = 0; i <= SPARE_BOXES_MAX; i++) {
		struct pset_box b;

		pset_box_init(&b, 4);
		b.lo[PSET_DPORT] = b.hi[PSET_DPORT] = v.lo;
		assert_int_equal(spare_begin(&s), 0);
		assert_int_equal(spare_push(&s, &b), 0);
	}
	assert_int_equal(spare_find(&s), 0);
	for (size_t i = 0; i < s.n; i++)
		assert_false(s.gone[i]);
	spare_reset(&s);
	arena_reset(&mem);
}


static void find_or_fail(void *arg)
{
	static const struct given v[] = { {1, 5}, {6, 9}, {3, 7}, {1, 2, 8, 9} };
	struct arena mem = {0};
	struct spare s = { .mem = &mem };
	int err = gather(&s, v, 4);

	assert_true(err == 0 || err == ENOMEM);
	spare_reset(&s);
	arena_reset(&mem);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(find_or_fail, NULL) > 1);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_that_others_have),
		cmocka_unit_test(not_all_go),
		cmocka_unit_test(too_many_stay),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
