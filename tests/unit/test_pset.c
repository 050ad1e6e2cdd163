#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/pset/pset.h"
#include "tests/unit/failmalloc.h"

/* A universe small enough to count out: every packet in it is asked. */
enum { SRC = 4, DST = 3, PROTO = 2, PORT = 4, FLAG = 4, DSCP = 2,
       UNIVERSE = SRC * DST * PROTO * PORT * FLAG * DSCP, BOXES = 12 };

static uint32_t seed;


static unsigned rnd(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}


static struct pset_packet packet(unsigned i)
{
	struct pset_packet p = {0};

	p.addr[PSET_SRC] = i % SRC;
	i /= SRC;
	p.addr[PSET_DST] = i % DST;
	i /= DST;
	p.field[PSET_PROTOCOL] = i % PROTO;
	i /= PROTO;
	p.field[PSET_DPORT] = (uint16_t)(i % PORT);
	i /= PORT;
	p.flags = i % FLAG;
	i /= FLAG;
	p.field[PSET_DSCP] = (uint16_t)i;
	return p;
}


/** Two numbers below n, in order; the whole range now and then */
static void range(unsigned *lo, unsigned *hi, unsigned n)
{
	*lo = rnd(n);
	*hi = rnd(n);
	if (*lo > *hi || !rnd(3)) {
		*lo = 0;
		*hi = n - 1;
	}
}


static void random_box(struct pset_box *b)
{
	unsigned lo, hi;

	memset(b, 0, sizeof(*b));
	range(&lo, &hi, SRC);
	b->alo[PSET_SRC] = lo, b->ahi[PSET_SRC] = hi;
	range(&lo, &hi, DST);
	b->alo[PSET_DST] = lo, b->ahi[PSET_DST] = hi;
	range(&lo, &hi, PROTO);
	b->lo[PSET_PROTOCOL] = (uint16_t)lo, b->hi[PSET_PROTOCOL] = (uint16_t)hi;
	range(&lo, &hi, PORT);
	b->lo[PSET_DPORT] = (uint16_t)lo, b->hi[PSET_DPORT] = (uint16_t)hi;
	range(&lo, &hi, DSCP);
	b->lo[PSET_DSCP] = (uint16_t)lo, b->hi[PSET_DSCP] = (uint16_t)hi;
	/* the other six flags are always clear, as in packet() */
	b->flags_mask = (uint8_t)(0xfc | rnd(FLAG));
	b->flags = (uint8_t)(rnd(FLAG) & b->flags_mask);
}


static bool any_has(const struct pset_box *v, size_t n, const struct pset_packet *p)
{
	for (size_t i = 0; i < n; i++)
		if (pset_box_has(&v[i], p))
			return true;

	return false;
}


static bool brute_covered(const struct pset_box *q, const struct pset_box *v, size_t n)
{
	for (unsigned i = 0; i < UNIVERSE; i++) {
		struct pset_packet p = packet(i);

		if (pset_box_has(q, &p) && !any_has(v, n, &p))
			return false;
	}

	return true;
}


static struct pset_budget plenty(void)
{
	return (struct pset_budget){ PSET_BUDGET_DEFAULT };
}


static void one_coverage(unsigned *yes, unsigned *together)
{
	struct pset_box q, v[BOXES], some[BOXES];
	struct pset_budget budget = plenty();
	struct pset_packet w;
	bool covered, used[BOXES] = {0};
	size_t n = rnd(BOXES + 1), k = 0;

	random_box(&q);
	for (size_t i = 0; i < n; i++)
		random_box(&v[i]);

	assert_int_equal(pset_covered(&covered, used, &w, &q, v, n, &budget), 0);
	assert_int_equal(covered, brute_covered(&q, v, n));
	for (size_t i = 0; i < n; i++)
		if (used[i])
			some[k++] = v[i];
	if (!covered) {
		assert_true(pset_box_has(&q, &w));
		assert_false(any_has(v, n, &w));
		assert_int_equal(k, 0);
		return;
	}

	/* those named cover it, and none of them can be left out */
	assert_true(brute_covered(&q, some, k));
	for (size_t i = 0; i < k; i++) {
		struct pset_box out = some[i];

		some[i] = some[k - 1];
		assert_false(brute_covered(&q, some, k - 1));
		some[i] = out;
	}
	++*yes;
	*together += k > 1;
}


static void coverage_equals_brute_force(void **state)
{
	unsigned yes = 0, together = 0;

	seed = 1;
	for (int i = 0; i < 6000; i++)
		one_coverage(&yes, &together);
	assert_in_range(yes, 1000, 5000);
	assert_true(together > 200);
}


static void subtraction_equals_brute_force(void **state)
{
	seed = 2;
	for (int round = 0; round < 1500; round++) {
		struct pset_box q, v[BOXES];
		struct pset_budget budget = plenty();
		struct pset out = {0};
		size_t n = rnd(BOXES + 1);

		random_box(&q);
		for (size_t i = 0; i < n; i++)
			random_box(&v[i]);
		assert_int_equal(pset_subtract(&out, &q, v, n, &budget), 0);

		for (int joined = 0; joined < 2; joined++) {
			for (unsigned i = 0; i < UNIVERSE; i++) {
				struct pset_packet p = packet(i);
				unsigned in = 0;

				for (size_t k = 0; k < out.n; k++)
					in += pset_box_has(&out.v[k], &p);
				assert_int_equal(in, pset_box_has(&q, &p) && !any_has(v, n, &p));
			}
			pset_join(&out, 10);
		}
		pset_reset(&out);
	}
}


static void union_and_equality(void **state)
{
	unsigned differed = 0;

	seed = 3;
	for (int round = 0; round < 800; round++) {
		struct pset a = {0}, b = {0};
		struct pset_box v[BOXES];
		struct pset_budget budget = plenty();
		struct pset_packet w;
		size_t n = 1 + rnd(BOXES);
		bool yes;

		for (size_t i = 0; i < n; i++) {
			random_box(&v[i]);
			assert_int_equal(pset_add(&a, &v[i], &budget), 0);
		}
		for (size_t i = n; i-- > 0;)
			assert_int_equal(pset_add(&b, &v[i], &budget), 0);
		assert_int_equal(pset_equal(&yes, &w, &a, &b, &budget), 0);
		assert_true(yes);

		b.n--;
		assert_int_equal(pset_equal(&yes, &w, &a, &b, &budget), 0);
		if (!yes) {
			differed++;
			assert_true(any_has(a.v, a.n, &w) != any_has(b.v, b.n, &w));
		}
		pset_reset(&a);
		pset_reset(&b);
	}
	assert_int_equal(differed, 800);
}


static void range_box(struct pset_box *b, const char *src, const char *dst)
{
	struct ip_range r;

	pset_box_init(b, 0);
	assert_int_equal(ip_range_parse(&r, src), 0);
	pset_box_set_addrs(b, PSET_SRC, &r);
	assert_int_equal(ip_range_parse(&r, dst), 0);
	pset_box_set_addrs(b, PSET_DST, &r);
}


static void families_and_whole_ranges(void **state)
{
	struct pset_budget budget = plenty();
	struct pset_box all, v[4];
	struct pset_packet w;
	struct ip_addr a;
	char buf[IP_STRLEN];
	bool yes, used[4] = {0};

	pset_box_init(&all, 0);
	range_box(&v[0], "0.0.0.0/1", "0.0.0.0/0");
	range_box(&v[1], "128.0.0.0/1", "0.0.0.0/0");
	range_box(&v[2], "::/0", "::/1");
	range_box(&v[3], "::/0", "8000::/1");
	assert_int_equal(pset_covered(&yes, used, NULL, &all, v, 4, &budget), 0);
	assert_true(yes);
	assert_true(used[0] && used[1] && used[2] && used[3]);

	range_box(&v[3], "::/0", "8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
	assert_int_equal(pset_covered(&yes, NULL, &w, &all, v, 4, &budget), 0);
	assert_false(yes);
	a = pset_packet_addr(&w, PSET_DST);
	assert_string_equal(ip_str(&a, buf), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

	/* two halves cover a /24 together: pairwise comparison misses it */
	range_box(&all, "10.0.0.0/24", "10.1.0.0/16");
	range_box(&v[0], "10.0.0.0/25", "10.1.0.0/16");
	range_box(&v[1], "10.0.0.128/25", "10.1.0.0/16");
	assert_int_equal(pset_covered(&yes, NULL, NULL, &all, v, 2, &budget), 0);
	assert_true(yes);
	assert_int_equal(pset_covered(&yes, NULL, &w, &all, v, 1, &budget), 0);
	assert_false(yes);
	a = pset_packet_addr(&w, PSET_SRC);
	assert_string_equal(ip_str(&a, buf), "10.0.0.128");
}


/** "established" of access lists: ACK or RST */
static void tcp_flags(void **state)
{
	enum { RST = 4, ACK = 16, SYN = 2 };
	struct pset_budget budget = plenty();
	struct pset_box q, v[3];
	struct pset_packet w;
	bool yes;

	for (int i = 0; i < 3; i++)
		pset_box_init(&v[i], 4);
	pset_box_init(&q, 4);
	v[0].flags_mask = v[0].flags = ACK;
	v[1].flags_mask = v[1].flags = RST;
	v[2].flags_mask = SYN | ACK | RST;
	v[2].flags = SYN;
	assert_int_equal(pset_covered(&yes, NULL, &w, &q, v, 3, &budget), 0);
	assert_false(yes);
	assert_int_equal(w.flags & (SYN | ACK | RST), 0);
	v[2].flags_mask = ACK | RST;
	v[2].flags = 0;
	assert_int_equal(pset_covered(&yes, NULL, &w, &q, v, 3, &budget), 0);
	assert_true(yes);
}


/** A grid of cells covers a square only together; without the last, not. */
static void grid_within_budget(void **state)
{
	enum { SIDE = 64, CELLS = SIDE * SIDE };
	struct pset_box *v = calloc(CELLS, sizeof(*v)), q;
	struct pset_budget budget = { 20 * 1000 * 1000 }, none = { 100 };
	struct pset_packet w;
	bool yes;

	assert_non_null(v);
	pset_box_init(&q, 4);
	q.ahi[PSET_SRC] = q.ahi[PSET_DST] = SIDE * 10 - 1;
	for (unsigned i = 0; i < CELLS; i++) {
		v[i] = q;
		v[i].alo[PSET_SRC] = i % SIDE * 10;
		v[i].ahi[PSET_SRC] = i % SIDE * 10 + 9;
		v[i].alo[PSET_DST] = i / SIDE * 10;
		v[i].ahi[PSET_DST] = i / SIDE * 10 + 9;
	}

	assert_int_equal(pset_covered(&yes, NULL, &w, &q, v, CELLS, &budget), 0);
	assert_true(yes);
	assert_int_equal(pset_covered(&yes, NULL, &w, &q, v, CELLS - 1, &budget), 0);
	assert_false(yes);
	assert_true(w.addr[PSET_SRC] >= SIDE * 10 - 10 && w.addr[PSET_DST] >= SIDE * 10 - 10);
	assert_int_equal(pset_covered(&yes, NULL, &w, &q, v, CELLS, &none), ETIME);
	free(v);
}


static void limits_are_said(void **state)
{
	struct pset_budget budget = plenty();
	struct pset out = { .max = 1 };
	struct pset_box q, hole;

	range_box(&q, "10.0.0.0/24", "10.1.0.0/16");
	range_box(&hole, "10.0.0.7", "10.1.0.0/16");
	assert_int_equal(pset_subtract(&out, &q, &hole, 1, &budget), EOVERFLOW);
	pset_reset(&out);

	/* an addition that fails leaves the set as it was */
	out.max = 2;
	assert_int_equal(pset_add(&out, &hole, &budget), 0);
	assert_int_equal(pset_add(&out, &q, &budget), EOVERFLOW);
	assert_int_equal(out.n, 1);
	pset_reset(&out);
}


static void use_all(void *arg)
{
	struct pset_budget budget = plenty();
	struct pset a = {0};
	struct pset_box v[BOXES];
	bool yes, used[BOXES];
	int err;

	seed = 9;
	for (int i = 0; i < BOXES; i++)
		random_box(&v[i]);
	for (int i = 0; i < BOXES; i++) {
		err = pset_add(&a, &v[i], &budget);
		assert_true(err == 0 || err == ENOMEM);
	}
	err = pset_covered(&yes, used, NULL, &v[0], &v[1], BOXES - 1, &budget);
	assert_true(err == 0 || err == ENOMEM);
	pset_reset(&a);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(use_all, NULL) >= 10);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coverage_equals_brute_force),
		cmocka_unit_test(subtraction_equals_brute_force),
		cmocka_unit_test(union_and_equality),
		cmocka_unit_test(families_and_whole_ranges),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(grid_within_budget),
		cmocka_unit_test(limits_are_said),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
