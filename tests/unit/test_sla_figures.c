/* Figures against vectors worked out by hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sla/figures_int.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/sla_path.h"


static void test_delays(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 5);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 30}, {1, 2, 12, 30}, {2, 3, 11, 30}, {3, 4, 11, 30}, {4, 5, 20, 30});
	f = sla_path_figures(&p);

	assert_int_equal(f.sent, 5);
	assert_int_equal(f.answered, 5);
	assert_int_equal(f.timed, 5);
	assert_int_equal(f.bytes, 300);
	/* round trips of 40, 42, 41, 41, 50 ms, without the responder's 1 ms */
	assert_int_equal(f.rtt.s.n, 5);
	assert_true(f.rtt.s.sum == 214 * MS);
	assert_true(f.rtt.s.sum2 == (sla_uint128)(1600 + 1764 + 1681 + 1681 + 2500) * MS * MS);
	assert_int_equal(f.rtt.s.min, 40 * MS);
	assert_int_equal(f.rtt.s.max, 50 * MS);
	assert_int_equal(sla_sums_mean(&f.rtt.s), 42800000);
	assert_int_equal(sla_sums_mean(&f.forward.s), 12800000);
	assert_int_equal(sla_sums_mean(&f.back.s), 30 * MS);
	/* variance of 40 42 41 41 50: 1845.2 - 42.8^2 = 13.36 */
	assert_int_equal(sla_sums_deviation(&f.rtt.s), 3655133);
	assert_int_equal(f.jitter_back.all.s.max, 0);
	assert_int_equal(f.jitter_back.positive.n + f.jitter_back.negative.n, 0);
	assert_int_equal(f.jitter_back.rfc3550, 0);
}


/* Clocks that differ make delays one way negative; halves go away from zero. */
static void test_delays_negative(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 3);
	SLA_PATH_ANSWERS(&p, {1, 1, -5, 30}, {2, 2, -5, 30});
	p.s[2].t2--;
	f = sla_path_figures(&p);
	assert_int_equal(f.forward.s.min, -5 * MS - 1);
	assert_int_equal(f.forward.s.max, -5 * MS);
	assert_int_equal(sla_sums_mean(&f.forward.s), -5 * MS - 1);
	assert_int_equal(f.window_forward, -5 * MS - 1);
	assert_int_equal(f.jitter_forward.negative.n, 1);
	assert_int_equal(f.jitter_forward.negative.max, 1);
}


/* Nearest rank: of 20 values the 10th, 18th, 19th and 20th; of 100 the 99th. */
static void test_percentiles(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 100);
	for (uint32_t i = 0; i < 20; i++)
		SLA_PATH_ANSWERS(&p, {i, i + 1, 20 - i, 100});
	f = sla_path_figures(&p);
	assert_int_equal(f.forward.p50, 10 * MS);
	assert_int_equal(f.forward.p90, 18 * MS);
	assert_int_equal(f.forward.p95, 19 * MS);
	assert_int_equal(f.forward.p99, 20 * MS);
	assert_int_equal(f.rtt.p90, 118 * MS);
	for (uint32_t i = 20; i < 100; i++)
		SLA_PATH_ANSWERS(&p, {i, i + 1, i + 1, 100});
	f = sla_path_figures(&p);
	assert_int_equal(f.forward.p50, 50 * MS);
	assert_int_equal(f.forward.p95, 95 * MS);
	assert_int_equal(f.forward.p99, 99 * MS);
}


/* There +2, -1, 0, +9 ms; back -3, +4, 0, -5. */
static void test_jitter(void **state)
{
	static struct sla_path p;
	const struct sla_jitter *j;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 5);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 30}, {1, 2, 12, 27}, {2, 3, 11, 31}, {3, 4, 11, 31}, {4, 5, 20, 26});
	f = sla_path_figures(&p);

	j = &f.jitter_forward;
	assert_int_equal(j->positive.n, 2);
	assert_true(j->positive.sum == 11 * MS);
	assert_true(j->positive.sum2 == (sla_uint128)85 * MS * MS);
	assert_int_equal(j->positive.min, 2 * MS);
	assert_int_equal(j->positive.max, 9 * MS);
	assert_int_equal(j->negative.n, 1);
	assert_true(j->negative.sum == MS && j->negative.sum2 == (sla_uint128)MS * MS);
	assert_int_equal(j->all.s.n, 4);
	assert_int_equal(j->all.p50, MS);
	assert_int_equal(j->all.p95, 9 * MS);
	assert_int_equal(sla_jitter_average(j), 4 * MS);
	assert_int_equal(sla_sums_mean(&j->all.s), 3 * MS);

	j = &f.jitter_back;
	assert_int_equal(j->positive.n, 1);
	assert_true(j->positive.sum == 4 * MS);
	assert_int_equal(j->negative.n, 2);
	assert_true(j->negative.sum == 8 * MS);
	assert_true(j->negative.sum2 == (sla_uint128)34 * MS * MS);
	assert_int_equal(j->negative.min, 3 * MS);
	assert_int_equal(j->negative.max, 5 * MS);
	assert_int_equal(sla_jitter_average(j), 4 * MS);
}


/* No difference is taken across a packet that was lost, late or out of time. */
static void test_jitter_gaps(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 8);
	p.run.late_ns = 100 * MS;
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {1, 2, 11, 10}, {3, 3, 20, 10}, {4, 4, 90, 90}, {5, 5, 30, 10},
			 {6, 6, 40, 10}, {7, 7, 43, 10});
	p.s[6].flags |= SLA_STEPPED;
	f = sla_path_figures(&p);
	assert_int_equal(f.jitter_forward.all.s.n, 1);
	assert_int_equal(f.jitter_forward.positive.n, 1);
	assert_int_equal(f.jitter_forward.positive.max, MS);
}


/* RFC 3550, A.8, 16 times larger: 40 ns, then four times less a rounded 16th: 37, 35, 33, 31; the greatest
 * stays known. */
static void test_interarrival(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 6);
	sla_path_answer_all(&p, 6, 10, 10);
	for (int i = 1; i < 6; i++)
		p.s[i].t4 += 40;
	f = sla_path_figures(&p);
	assert_int_equal(f.jitter_back.rfc3550, 31 / 16);
	assert_int_equal(f.jitter_back.rfc3550_max, 40 / 16);
	assert_int_equal(f.jitter_forward.rfc3550_max, 0);

	/* 16 J: 2; 2 + 1 - 0.125; + 0 - its 16th; + 9 - its 16th: 11.526855 ms */
	sla_path_init(&p, 5);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 30}, {1, 2, 12, 30}, {2, 3, 11, 30}, {3, 4, 11, 30}, {4, 5, 20, 30});
	assert_int_equal(sla_path_figures(&p).jitter_forward.rfc3550, 11526855 / 16);
}


/* Each way in the order of arrival there: at the responder 0 2 1, here 0 1 2. */
static void test_interarrival_order(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 3);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {1, 3, 42, 10}, {2, 2, 10, 42});
	f = sla_path_figures(&p);
	/* 0, then 32 / 16; 0, then 32 / 16 */
	assert_int_equal(f.jitter_forward.rfc3550, 2 * MS);
	assert_int_equal(f.jitter_back.rfc3550, 2 * MS);
	/* by number it is 32 there, -32 there; 0, 32 back */
	assert_int_equal(f.jitter_forward.positive.n + f.jitter_forward.negative.n, 2);
	assert_int_equal(f.jitter_back.positive.n, 1);
}


/* 0 1 [2 3] 4 [5] 6 [7 8 9] 10 [11 12]: 2 there, 3 back, 5 there, 7 back,
 * 8 and 9 there, and nobody knows of 11 and 12. */
static void test_loss(void **state)
{
	static const uint8_t want[13] = {
		[2] = SLA_LOST_BACK, [3] = SLA_LOST_FORWARD, [5] = SLA_LOST_FORWARD, [7] = SLA_LOST_BACK,
		[8] = SLA_LOST_FORWARD, [9] = SLA_LOST_FORWARD, [11] = SLA_LOST_UNKNOWN, [12] = SLA_LOST_UNKNOWN,
	};
	static struct sla_path p;
	struct sla_figures f;
	struct arena a = {0};
	const uint8_t *fates;

	(void)state;
	sla_path_init(&p, 13);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {1, 2, 10, 10}, {4, 4, 10, 10}, {6, 5, 10, 10}, {10, 7, 10, 10});
	f = sla_path_figures(&p);

	assert_true(f.directions);
	assert_int_equal(f.loss.lost, 8);
	assert_int_equal(f.loss.runs, 4);
	assert_int_equal(f.loss.longest, 3);
	assert_int_equal(f.loss.length[0], 1);
	assert_int_equal(f.loss.length[1], 2);
	assert_int_equal(f.loss.length[2], 1);
	assert_int_equal(f.loss_forward.lost, 4);
	assert_int_equal(f.loss_forward.runs, 3);
	assert_int_equal(f.loss_forward.longest, 2);
	assert_int_equal(f.loss_back.lost, 2);
	assert_int_equal(f.loss_back.runs, 2);
	assert_int_equal(f.lost_unknown, 2);
	assert_int_equal(f.duplicate_forward, 0);
	assert_int_equal(sla_fates_get(&fates, &a, &p.st), 0);
	assert_memory_equal(fates, want, sizeof(want));
	arena_reset(&a);
}


/* The last entry takes all runs from there on. */
static void test_long_runs(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 32 + 33 + 31 + 4);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {33, 2, 10, 10}, {67, 3, 10, 10}, {99, 4, 10, 10});
	f = sla_path_figures(&p);
	assert_int_equal(f.loss_forward.runs, 3);
	assert_int_equal(f.loss_forward.longest, 33);
	assert_int_equal(f.loss_forward.length[SLA_RUNS - 1], 2);
	assert_int_equal(f.loss_forward.length[SLA_RUNS - 2], 1);
	assert_int_equal(f.loss_forward.length[0], 0);
}


/* The same end, with a closing packet that was answered: 11 came, 12 did not. */
static void test_closing(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 14);
	sla_path_answer_all(&p, 11, 10, 10);
	p.s[13].flags |= SLA_CLOSING;
	SLA_PATH_ANSWERS(&p, {13, 13, 10, 10});
	f = sla_path_figures(&p);

	assert_int_equal(f.sent, 13);
	assert_int_equal(f.answered, 11);
	assert_int_equal(f.loss_back.lost, 1);
	assert_int_equal(f.loss_forward.lost, 1);
	assert_int_equal(f.lost_unknown, 0);
	assert_int_equal(f.timed, 11);
}


/* A closing packet that comes doubled is in no figure either. */
static void test_closing_doubled(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 3);
	p.s[2].flags |= SLA_CLOSING;
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {1, 2, 10, 10}, {1, 2, 10, 10}, {2, 3, 10, 10}, {2, 3, 10, 10},
			 {2, 4, 10, 10});
	f = sla_path_figures(&p);
	assert_int_equal(f.duplicate, 1);
	assert_int_equal(f.duplicate_back, 1);
	assert_int_equal(f.duplicate_forward, 0);
}


static void check_uncounted(const struct sla_path *p, uint64_t unknown)
{
	struct sla_figures f = sla_path_figures(p);

	assert_false(f.directions);
	assert_int_equal(f.lost_unknown, unknown);
	assert_int_equal(f.loss.lost, unknown);
	assert_int_equal(f.loss_forward.lost + f.loss_back.lost, 0);
	assert_int_equal(f.duplicate_forward, 0);
}


static void test_uncounted(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 4);
	SLA_PATH_ANSWERS(&p, {0, 0, 10, 10}, {3, 0, 10, 10});
	check_uncounted(&p, 2);
	/* one that counts now and then */
	sla_path_init(&p, 4);
	SLA_PATH_ANSWERS(&p, {0, 0, 10, 10}, {3, 2, 10, 10});
	check_uncounted(&p, 2);
	/* two packets with one number: such a responder is not believed */
	sla_path_init(&p, 4);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {3, 1, 10, 10});
	check_uncounted(&p, 2);
	/* nor one that counts far more than can have come */
	sla_path_init(&p, 4);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {3, 17, 10, 10});
	check_uncounted(&p, 2);

	sla_path_init(&p, 4);
	check_uncounted(&p, 4);
	f = sla_path_figures(&p);
	assert_int_equal(f.loss.longest, 4);
	assert_int_equal(f.rtt.s.n, 0);
	assert_int_equal(f.rtt.p99, 0);
	assert_int_equal(f.window_rtt, 0);
	assert_int_equal(sla_sums_mean(&f.rtt.s), 0);
	assert_int_equal(sla_sums_deviation(&f.rtt.s), 0);

	sla_path_init(&p, 0);
	check_uncounted(&p, 0);
}


/* 1 doubled on the way there, 2 on the way back, 3 there with one answer
 * lost; at the responder 5 overtakes 4, on the way back 7 overtakes 6. */
static void test_doubles_and_order(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 8);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {1, 2, 10, 10}, {1, 3, 10, 10}, {2, 4, 10, 10}, {2, 4, 10, 10},
			 {3, 5, 10, 10}, {5, 7, 10, 10}, {4, 8, 60, 10}, {7, 10, 10, 10}, {6, 9, 10, 60});
	f = sla_path_figures(&p);

	assert_int_equal(f.loss.lost, 0);
	assert_int_equal(f.duplicate, 2);
	assert_int_equal(f.duplicate_forward, 2);
	assert_int_equal(f.duplicate_back, 1);
	assert_int_equal(f.order.n, 2);
	assert_int_equal(f.order.extent_max, 1);
	assert_int_equal(f.order_forward.n, 1);
	assert_int_equal(f.order_back.n, 1);
}


/* 6 overtakes 5, so others may have been overtaken as far: 2 and 3 are lost there, 10 on the way back after
 * 11 had overtaken it, or after it had overtaken 9. Its number stands beside its place. */
static void test_loss_among_overtaken(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	for (int doubled = 0; doubled < 2; doubled++)
		for (int before = 0; before < 2; before++) {
			uint32_t n = 0;

			sla_path_init(&p, 13);
			SLA_PATH_ANSWERS(&p, {0, ++n, 10, 10}, {1, ++n, 10, 10});
			if (doubled)
				SLA_PATH_ANSWERS(&p, {1, ++n, 10, 10});
			SLA_PATH_ANSWERS(&p, {4, ++n, 10, 10}, {6, ++n, 10, 10}, {5, ++n, 10, 10},
					 {7, ++n, 10, 10}, {8, ++n, 10, 10});
			n += (uint32_t)before;
			SLA_PATH_ANSWERS(&p, {9, ++n, 10, 10}, {11, ++n, 10, 10});
			n += !before;
			SLA_PATH_ANSWERS(&p, {12, ++n, 10, 10});
			f = sla_path_figures(&p);
			assert_int_equal(f.loss_forward.lost, 2);
			assert_int_equal(f.loss_forward.runs, 1);
			assert_int_equal(f.loss_back.lost, 1);
			assert_int_equal(f.lost_unknown, 0);
			assert_int_equal(f.duplicate_forward, doubled);
		}
}


/* RFC 4737: 1 2 4 5 3 6: 3 is late by two packets. */
static void test_extent(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 6);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {1, 2, 10, 10}, {3, 3, 10, 10}, {4, 4, 10, 10}, {2, 5, 10, 10},
			 {5, 6, 10, 10});
	f = sla_path_figures(&p);
	assert_int_equal(f.order.n, 1);
	assert_int_equal(f.order.extent_max, 2);
	assert_int_equal(f.order_forward.extent_sum, 2);
	assert_int_equal(f.order_back.n, 0);
}


/* 1 doubled on the way there, both answers lost; 2 lost there; 3 doubled, the
 * answer to one of both lost. Numbers alone do not tell that from each other,
 * what the responder tells does. */
static void test_reached(void **state)
{
	static const struct sla_reached told[] = {{1, 2}, {1, 3}, {3, 4}, {3, 5}};
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 5);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {3, 5, 10, 10}, {4, 6, 10, 10});
	memcpy(p.reached, told, sizeof(told));
	p.st.nreached = 4;
	f = sla_path_figures(&p);
	assert_int_equal(f.loss_back.lost, 1);
	assert_int_equal(f.loss_forward.lost, 1);
	assert_int_equal(f.lost_unknown, 0);
	assert_int_equal(f.duplicate, 0);
	assert_int_equal(f.duplicate_forward, 2);
	assert_int_equal(f.duplicate_back, 0);
}


/* The far end tells no times: a round trip of all that passed, and no more. */
static void test_echo(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 3);
	p.run.late_ns = 60 * MS;
	SLA_PATH_ANSWERS(&p, {0, 0, 10, 20}, {1, 0, 20, 40}, {2, 0, 10, 10});
	for (int i = 0; i < 3; i++) {
		p.s[i].flags &= (uint16_t)~(SLA_HAS_T2 | SLA_HAS_T3);
		p.s[i].t2 = p.s[i].t3 = 0;
	}
	f = sla_path_figures(&p);
	assert_int_equal(f.timed, 2);
	assert_int_equal(f.late, 1);
	assert_int_equal(f.rtt.s.min, 21 * MS);
	assert_int_equal(f.rtt.s.max, 31 * MS);
	assert_int_equal(f.window_rtt, 26 * MS);
	assert_int_equal(f.forward.s.n, 0);
	assert_int_equal(f.back.s.n, 0);
	assert_int_equal(f.jitter_forward.all.s.n, 0);
	assert_int_equal(f.jitter_back.rfc3550, 0);

	p.s[0].flags &= (uint16_t)~SLA_HAS_T1;
	assert_int_equal(sla_path_figures(&p).timed, 1);
}


/* At the limit is in time; what is lost is not late, and what has no round trip neither. */
static void test_late(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 5);
	p.run.late_ns = 100 * MS;
	SLA_PATH_ANSWERS(&p, {0, 1, 50, 50}, {1, 2, 50, 51}, {2, 3, 100, 100}, {4, 4, 10, 10});
	p.s[2].flags |= SLA_STEPPED;
	p.s[4].flags |= SLA_CLOSING;
	f = sla_path_figures(&p);
	assert_int_equal(f.answered, 3);
	assert_int_equal(f.late, 1);
	assert_int_equal(f.timed, 1);
	assert_int_equal(f.rtt.s.max, 100 * MS);
	assert_int_equal(f.loss.lost, 1);
}


/* A far end that says it held a packet for longer than that was away, or for
 * less than nothing: its times count for nothing. */
static void test_held(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 4);
	SLA_PATH_ANSWERS(&p, {0, 1, 5, 5}, {1, 2, 5, 5}, {2, 3, 5, 5}, {3, 4, 5, 5});
	p.s[1].t3 += 3600000LL * MS;
	p.s[2].t3 = p.s[2].t2 - 1;
	p.run.near.known = p.run.far.known = true;
	f = sla_path_figures(&p);
	assert_int_equal(f.timed, 4);
	assert_int_equal(f.rtt.s.min, 10 * MS);
	assert_int_equal(f.rtt.s.max, 11 * MS);
	assert_int_equal(f.forward.s.n, 2);
	assert_int_equal(f.back.s.max, 5 * MS);
}


/* One-way delay only where both clocks are known and did not step. */
static void test_clocks(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 1);
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10});
	p.run.near = (struct sla_clock){ true, 300 };
	assert_false(sla_path_figures(&p).one_way);
	p.run.far = (struct sla_clock){ true, 40 };
	p.run.quantum_ns = MS;
	f = sla_path_figures(&p);
	assert_true(f.one_way);
	assert_int_equal(f.one_way_error, MS + 340);
	p.run.steps = 1;
	assert_false(sla_path_figures(&p).one_way);
}


/* 20 s of 50 packets/s, with 5 s of 300 ms in the midst of 20 ms. */
static void test_window(void **state)
{
	static struct sla_path p;

	(void)state;
	sla_path_init(&p, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		SLA_PATH_ANSWERS(&p, {i, i + 1, i >= 500 && i < 750 ? 300 : 20, 10});
	assert_int_equal(sla_path_figures(&p).window_forward, 160 * MS);
	assert_int_equal(sla_path_figures(&p).window_back, 10 * MS);
}


/* Pictures of 3 and 2 packets, 0-2 3-4 5-7 8-9 10-12. The second waits for its first packet, both ways; of the
 * third one is lost, so that the fourth follows none; the fifth takes 2 ms more. */
static void test_pictures(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 14);
	p.st.pps = 25;
	p.st.pictures = 10;
	p.s[13].flags |= SLA_CLOSING;
	SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {1, 2, 10, 10}, {2, 3, 10, 10}, {3, 4, 45, 70}, {4, 5, 10, 10},
			 {5, 6, 10, 10}, {7, 7, 10, 10}, {8, 8, 10, 10}, {9, 9, 10, 10}, {10, 10, 12, 10},
			 {11, 11, 12, 10}, {12, 12, 12, 10}, {13, 13, 10, 10});
	p.s[3].t3 += 2 * MS;
	f = sla_path_figures(&p);
	assert_int_equal(f.pictures, 5);
	assert_int_equal(f.pictures_whole, 4);
	/* there at 105 ms, sent at 80; before: 50 and 40 */
	assert_int_equal(f.picture_forward.s.n, 2);
	assert_int_equal(f.picture_forward.s.max, 15 * MS);
	assert_int_equal(f.picture_forward.s.min, 2 * MS);
	/* here at 176 ms, answered at 108; before: 61 and 51 */
	assert_int_equal(f.picture_back.s.n, 2);
	assert_int_equal(f.picture_back.s.max, 58 * MS);
	assert_int_equal(f.picture_back.s.min, 0);

	/* a packet that is late breaks its picture, too */
	p.run.late_ns = 100 * MS;
	f = sla_path_figures(&p);
	assert_int_equal(f.pictures_whole, 3);
	assert_int_equal(f.picture_forward.s.n, 1);
	assert_int_equal(f.picture_forward.s.max, 2 * MS);
	/* packets that go evenly are no pictures */
	p.st.pictures = 0;
	assert_int_equal(sla_path_figures(&p).pictures, 0);
}


static void test_remarked(void **state)
{
	static struct sla_path p;
	struct sla_figures f;

	(void)state;
	sla_path_init(&p, 5);
	sla_path_answer_all(&p, 4, 10, 10);
	for (uint32_t i = 0; i < 4; i++) {
		p.s[i].dscp_far = i ? 0 : 32;
		p.s[i].dscp_near = i == 3 ? SLA_DSCP_UNKNOWN : i ? 32 : 46;
	}
	f = sla_path_figures(&p);
	assert_int_equal(f.dscp_far, 0);
	assert_int_equal(f.remarked_far, 3);
	assert_int_equal(f.dscp_near, 32);
	assert_int_equal(f.remarked_near, 1);
}


/* Three streams, of which nothing was sent in one: counts add up, the worst of windows and inter-arrival
 * jitter counts, percentiles are those of all values. */
static void test_streams(void **state)
{
	static struct sla_path a, b, none;
	struct sla_stream st[3];
	struct sla_figures f, each[3];
	struct sla_run run;
	struct arena mem = {0};

	(void)state;
	sla_path_init(&a, 4);
	SLA_PATH_ANSWERS(&a, {0, 1, 10, 10}, {1, 2, 26, 10}, {3, 3, 10, 10});
	sla_path_init(&b, 3);
	SLA_PATH_ANSWERS(&b, {0, 1, 40, 10}, {2, 3, 40, 10}, {1, 2, 40, 26}, {1, 2, 40, 26});
	sla_path_init(&none, 0);
	for (int i = 0; i < 4; i++)
		a.s[i].dscp_far = b.s[i].dscp_far = 32;
	run = a.run;
	st[0] = a.st;
	st[1] = none.st;
	st[2] = b.st;
	run.streams = st;
	run.nstreams = 3;
	assert_int_equal(sla_figures_get(&f, each, &mem, &run), 0);
	arena_reset(&mem);

	assert_int_equal(each[0].sent, 4);
	assert_int_equal(each[1].sent, 0);
	assert_int_equal(each[2].duplicate_back, 1);
	assert_int_equal(f.sent, 7);
	assert_int_equal(f.answered, 6);
	assert_int_equal(f.bytes, 420);
	assert_true(f.directions);
	assert_int_equal(f.loss_forward.lost, 1);
	assert_int_equal(f.loss_forward.length[0], 1);
	assert_int_equal(f.duplicate, 1);
	assert_int_equal(f.duplicate_back, 1);
	assert_int_equal(f.order.n, 1);
	assert_int_equal(f.order_back.n, 1);
	assert_int_equal(f.forward.s.n, 6);
	assert_true(f.forward.s.sum == (10 + 26 + 10 + 40 + 40 + 40) * MS);
	assert_int_equal(f.forward.p50, 26 * MS);
	assert_int_equal(f.window_forward, 40 * MS);
	assert_int_equal(f.window_back, (10 + 26 + 10) * MS / 3);
	/* 26 - 10 and, after a loss, 10 - 26 in the order of arrival; back 26 - 10 */
	assert_int_equal(f.jitter_forward.rfc3550, each[0].jitter_forward.rfc3550);
	assert_int_equal(f.jitter_back.rfc3550, MS);
	assert_int_equal(f.jitter_forward.positive.n, 1);
	assert_int_equal(f.jitter_back.positive.n, 1);
	assert_int_equal(f.jitter_back.negative.n, 1);
	assert_int_equal(f.dscp_far, 32);
}


/* A stream that was not answered adds nothing to what the others say, but that a direction is not known. */
static void test_streams_silent(void **state)
{
	static struct sla_path a, silent;
	struct sla_stream st[2];
	struct sla_figures f;
	struct sla_run run;
	struct arena mem = {0};

	(void)state;
	sla_path_init(&a, 3);
	SLA_PATH_ANSWERS(&a, {1, 1, -7, 10}, {2, 2, -5, 10});
	a.s[1].dscp_far = a.s[2].dscp_far = 32;
	sla_path_init(&silent, 2);
	run = a.run;
	run.streams = st;
	run.nstreams = 2;
	for (int i = 0; i < 2; i++) {
		st[i] = a.st;
		st[!i] = silent.st;
		assert_int_equal(sla_figures_get(&f, NULL, &mem, &run), 0);
		assert_false(f.directions);
		assert_int_equal(f.loss.lost, 3);
		assert_int_equal(f.lost_unknown, 2);
		assert_int_equal(f.window_forward, -6 * MS);
		assert_int_equal(f.dscp_far, 32);
	}
	arena_reset(&mem);
}


static void break_seq(struct sla_path *p)	{ p->s[1].seq = 7; }
static void break_closing(struct sla_path *p)	{ p->s[0].flags |= SLA_CLOSING; }
static void break_unanswered(struct sla_path *p) { p->s[1].copies = 1; }
static void break_late_time(struct sla_path *p)	{ p->s[0].t2 = INT64_MAX; }
static void break_early_time(struct sla_path *p) { p->s[0].t1 = -1; }
static void break_arrival(struct sla_path *p)	{ p->s[2].arrival = 5; }
static void break_copies(struct sla_path *p)	{ p->s[2].copies = 1; }
static void break_copy(struct sla_path *p)	{ p->c[0].seq = 1; }
static void break_order(struct sla_path *p)	{ p->c[0].arrival = 1; }
static void break_reached(struct sla_path *p)	{ p->reached[0].seq = 3; }
static void break_number(struct sla_path *p)	{ p->reached[0].rseq = 0; }
static void break_streams(struct sla_path *p)	{ p->run.nstreams = SLA_STREAMS_MAX + 1; }
static void break_samples(struct sla_path *p)	{ p->st.nsamples = SLA_SAMPLES_MAX + SLA_CLOSING_MAX + 1; }
static void break_many(struct sla_path *p)	{ p->st.ncopies = SLA_SAMPLES_MAX + 1; }


static void test_contract(void **state)
{
	static void (*const breaks[])(struct sla_path *p) = {
		break_seq, break_closing, break_unanswered, break_late_time, break_early_time, break_arrival,
		break_copies, break_copy, break_order, break_reached, break_number, break_streams,
		break_samples, break_many,
	};
	static struct sla_path p;
	struct sla_figures f;
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		sla_path_init(&p, 3);
		SLA_PATH_ANSWERS(&p, {0, 1, 10, 10}, {0, 2, 10, 10}, {2, 3, 10, 10});
		p.st.nreached = 1;
		p.reached[0] = (struct sla_reached){1, 4};
		assert_null(sla_run_wrong(&p.run));
		breaks[i](&p);
		assert_non_null(sla_run_wrong(&p.run));
		assert_int_equal(sla_figures_get(&f, NULL, &a, &p.run), EINVAL);
	}
	arena_reset(&a);
}


static void figures_alloc(void *arg)
{
	struct sla_path *p = arg;
	struct sla_figures f;
	struct arena a = {0};
	int err = sla_figures_get(&f, NULL, &a, &p->run);

	assert_int_equal(err, failmalloc_hit() ? ENOMEM : 0);
	arena_reset(&a);
}


static void fates_alloc(void *arg)
{
	struct sla_path *p = arg;
	struct arena a = {0};
	const uint8_t *fates;
	int err = sla_fates_get(&fates, &a, &p->st);

	assert_int_equal(err, failmalloc_hit() ? ENOMEM : 0);
	arena_reset(&a);
}


static void test_memory(void **state)
{
	static struct sla_path p;

	(void)state;
	sla_path_init(&p, 600);
	sla_path_answer_all(&p, 500, 10, 10);
	assert_true(failmalloc_each(figures_alloc, &p) >= 2);
	assert_true(failmalloc_each(fates_alloc, &p) >= 2);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_delays_negative),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_jitter_gaps),
		cmocka_unit_test(test_interarrival),
		cmocka_unit_test(test_interarrival_order),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_long_runs),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_closing_doubled),
		cmocka_unit_test(test_uncounted),
		cmocka_unit_test(test_doubles_and_order),
		cmocka_unit_test(test_loss_among_overtaken),
		cmocka_unit_test(test_extent),
		cmocka_unit_test(test_reached),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_remarked),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_streams_silent),
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
