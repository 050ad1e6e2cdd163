#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/pset/pset_walk.h"
#include "tests/unit/failmalloc.h"

/* Enough boxes for rows over several runs of words, and not a whole word at the end */
enum { BOXES = 1500, QUESTIONS = 400 };

static uint32_t seed = 7;


static unsigned rnd(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}


static void random_addrs(struct pset_box *b, int end)
{
	struct ip_prefix p = { .addr = { 4, { 10, (uint8_t)rnd(4), (uint8_t)rnd(256), 0 } },
			       .len = (uint8_t)(16 + 8 * rnd(2)) };
	struct ip_range r;

	if (!rnd(20))
		return;
	if (p.len == 16)
		p.addr.b[2] = 0;
	r = ip_prefix_range(&p);
	if (rnd(2))
		r.lo.b[3] = r.hi.b[3] = (uint8_t)rnd(256);
	pset_box_set_addrs(b, end, &r);
}


static void random_box(struct pset_box *b)
{
	static const uint16_t protocols[] = { 1, 6, 17 };

	pset_box_init(b, 4);
	random_addrs(b, PSET_SRC);
	random_addrs(b, PSET_DST);
	if (!rnd(30)) {
		pset_box_init(b, 6);
		b->alo[PSET_SRC] = b->ahi[PSET_SRC] = rnd(1000);
	}
	if (rnd(5))
		b->lo[PSET_PROTOCOL] = b->hi[PSET_PROTOCOL] = protocols[rnd(3)];
	if (rnd(3)) {
		b->lo[PSET_DPORT] = (uint16_t)(rnd(30) * 1000);
		b->hi[PSET_DPORT] = (uint16_t)(b->lo[PSET_DPORT] + (rnd(2) ? 0 : rnd(5000)));
	}
	if (!rnd(6))
		b->hi[PSET_SPORT] = (uint16_t)rnd(65536);
	b->hi[PSET_FRAGMENT] = (uint16_t)rnd(2);
	if (rnd(2))
		b->lo[PSET_FRAGMENT] = b->hi[PSET_FRAGMENT];
}


static struct pset_box *make_boxes(size_t n)
{
	struct pset_box *v = calloc(n, sizeof(*v));

	assert_non_null(v);
	for (size_t i = 0; i < n; i++)
		random_box(&v[i]);
	return v;
}


static void finds_what_comparing_all_finds(void **state)
{
	struct pset_box *v = make_boxes(BOXES), q;
	struct pset_index ix;
	size_t found = 0;
	bool *met = calloc(BOXES, sizeof(*met));

	assert_non_null(met);
	assert_int_equal(pset_index_make(&ix, v, BOXES), 0);
	assert_non_null(ix.rows);
	for (unsigned k = 0; k < QUESTIONS; k++) {
		size_t from = rnd(BOXES), to = from + rnd((unsigned)(BOXES - from) + 1);

		random_box(&q);
		memset(met, 0, BOXES * sizeof(*met));
		pset_index_meet(met, &ix, &q, from, to);
		for (size_t i = 0; i < BOXES; i++) {
			bool meets = i >= from && i < to && pset_boxes_meet(&q, &v[i]);

			assert_int_equal(met[i], meets);
			found += meets;
		}
	}
	/* neither all nor none, or nothing was shown */
	assert_in_range(found, QUESTIONS, (size_t)QUESTIONS * BOXES / 4);

	pset_index_reset(&ix);
	free(met);
	free(v);
}


/** A witness lies in the question and in no box; what is covered has each of
 *  its corners in some box. */
static void answers_hold(void **state)
{
	struct pset_box *v = make_boxes(BOXES), q;
	unsigned yes = 0, no = 0;

	for (unsigned k = 0; k < QUESTIONS; k++) {
		struct pset_budget budget = { PSET_BUDGET_DEFAULT };
		struct pset_packet p;
		bool covered, in = false;

		random_box(&q);
		assert_int_equal(pset_covered(&covered, NULL, &p, &q, v, BOXES, &budget), 0);
		if (covered)
			assert_true(pset_box_first(&p, &q));
		else
			assert_true(pset_box_has(&q, &p));
		for (size_t i = 0; !in && i < BOXES; i++)
			in = pset_box_has(&v[i], &p);
		assert_int_equal(in, covered);
		yes += covered;
		no += !covered;
	}
	assert_in_range(yes, 1, QUESTIONS - 1);
	assert_int_equal(yes + no, QUESTIONS);

	free(v);
}


static void make_under_failure(void *arg)
{
	struct pset_index ix;
	int err = pset_index_make(&ix, arg, 100);

	assert_true(err == 0 || err == ENOMEM);
	pset_index_reset(&ix);
}


static void allocations_may_fail(void **state)
{
	struct pset_box *v = make_boxes(100);

	failmalloc_each(make_under_failure, v);
	free(v);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_comparing_all_finds),
		cmocka_unit_test(answers_hold),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
