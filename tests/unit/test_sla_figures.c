/* Figures against vectors worked out by hand, against slow definitions, and
 * against paths whose every loss, double and delay is known, by seed. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sla/figures.h"
#include "tests/unit/failmalloc.h"

#define MS INT64_C(1000000)

enum { MAX = 4000, COPIES = 2000 };

/* A stream under construction, and what really happened to it. */
struct path {
	struct sla_sample s[MAX];
	struct sla_copy c[COPIES];
	struct sla_stream st;
	struct sla_run run;
	uint32_t arrivals;
	struct sla_reached reached[2 * MAX];	/* all; st.nreached: of them told */
	size_t nreached;
	uint64_t forward, back, doubled_forward, doubled_back;
};


static void path_init(struct path *p, size_t n)
{
	memset(p, 0, sizeof(*p));
	p->st = (struct sla_stream){
		.name = "probe", .samples = p->s, .nsamples = n, .copies = p->c, .dscp = 32,
		.reached = p->reached,
	};
	p->run = (struct sla_run){ .streams = &p->st, .nstreams = 1, .quantum_ns = 1 };
	for (size_t i = 0; i < n; i++)
		p->s[i] = (struct sla_sample){
			.seq = (uint32_t)i, .t1 = (int64_t)i * 20 * MS, .bytes = 60, .flags = SLA_HAS_T1,
			.dscp_far = SLA_DSCP_UNKNOWN, .dscp_near = SLA_DSCP_UNKNOWN,
		};
}


/* Delays in ms; the responder keeps each packet for 1 ms. */
static void answer(struct path *p, uint32_t seq, uint32_t rseq, int64_t there, int64_t back)
{
	struct sla_sample *s = &p->s[seq];

	if (s->arrival) {
		p->c[p->st.ncopies++] = (struct sla_copy){
			.seq = seq, .rseq = rseq, .arrival = ++p->arrivals,
		};
		s->copies++;
		return;
	}
	s->arrival = ++p->arrivals;
	s->rseq = rseq;
	s->t2 = s->t1 + there * MS;
	s->t3 = s->t2 + MS;
	s->t4 = s->t3 + back * MS;
	s->flags |= SLA_HAS_ALL;
}


static struct sla_figures figures(struct path *p)
{
	struct sla_figures f, one;
	struct arena a = {0};

	assert_null(sla_run_wrong(&p->run));
	assert_int_equal(sla_figures_get(&f, &one, &a, &p->run), 0);
	arena_reset(&a);
	/* one stream is the whole */
	assert_memory_equal(&f.rtt, &one.rtt, sizeof(f.rtt));
	assert_int_equal(f.loss_back.lost, one.loss_back.lost);
	return f;
}


static void test_delays(void **state)
{
	static const int64_t there[] = {10, 12, 11, 11, 20};
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 5);
	for (uint32_t i = 0; i < 5; i++)
		answer(&p, i, i + 1, there[i], 30);
	f = figures(&p);

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
	assert_int_equal(f.rtt.p50, 41 * MS);
	assert_int_equal(f.rtt.p90, 50 * MS);
	assert_int_equal(f.rtt.p99, 50 * MS);
	assert_int_equal(sla_sums_mean(&f.forward.s), 12800000);
	assert_int_equal(sla_sums_mean(&f.back.s), 30 * MS);
	/* variance of 40 42 41 41 50: 1845.2 - 42.8^2 = 13.36 */
	assert_int_equal(sla_sums_deviation(&f.rtt.s), 3655133);

	/* differences +2, -1, 0, +9 */
	assert_int_equal(f.jitter_forward.positive.n, 2);
	assert_true(f.jitter_forward.positive.sum == 11 * MS);
	assert_true(f.jitter_forward.positive.sum2 == (sla_uint128)85 * MS * MS);
	assert_int_equal(f.jitter_forward.positive.min, 2 * MS);
	assert_int_equal(f.jitter_forward.positive.max, 9 * MS);
	assert_int_equal(f.jitter_forward.negative.n, 1);
	assert_true(f.jitter_forward.negative.sum == MS);
	assert_int_equal(f.jitter_forward.all.s.n, 4);
	assert_int_equal(sla_jitter_average(&f.jitter_forward), 4 * MS);
	assert_int_equal(sla_sums_mean(&f.jitter_forward.all.s), 3 * MS);
	/* 16 J: 2; 2 + 1 - 0.125; + 0 - its 16th; + 9 - its 16th: 11.526855 ms */
	assert_in_range(f.jitter_forward.rfc3550, 720427, 720429);
	assert_int_equal(f.jitter_back.all.s.max, 0);
	assert_int_equal(f.jitter_back.positive.n + f.jitter_back.negative.n, 0);
	assert_int_equal(f.jitter_back.rfc3550, 0);
}


/* 0 1 [2 3] 4 [5] 6 [7 8 9] 10 [11 12]: 2 there, 3 back, 5 there, 7 back,
 * 8 and 9 there, and nobody knows of 11 and 12. */
/* Eight packets a second in three pictures, of 3, 3 and 2 packets: the last of
 * a picture to come tells its delay, and a hole makes it none. */
static void test_pictures(void **state)
{
	static struct path p;
	const int64_t there[] = {10, 14, 10, 10, 10, 10, 30, 11, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10};
	struct sla_figures f;

	(void)state;
	path_init(&p, 18);
	p.st.pps = 8;
	p.st.pictures = 3;
	for (uint32_t i = 0; i < 18; i++) {
		/* a picture's packets leave at once */
		p.s[i].t1 = (int64_t)sla_picture_of(8, 3, i) * 333 * MS;
		if (i != 9)
			answer(&p, i, i + 1, there[i], 20);
	}
	f = figures(&p);
	/* 0-2 | 3-5 | 6-7 | 8-10, with a hole | 11-13 | 14-15 | 16-17, cut off */
	assert_int_equal(f.pictures, 7);
	assert_int_equal(f.pictures_whole, 6);
	/* 14, 10, 30 | 10, 10, 10 */
	assert_int_equal(f.picture_forward.s.n, 4);
	assert_int_equal(f.picture_forward.s.max, 20 * MS);
	assert_true(f.picture_forward.s.sum == 24 * MS);
	assert_int_equal(f.picture_forward.p50, 0);
	/* every way back took as long */
	assert_int_equal(f.picture_back.s.max, 0);
	p.st.pps = 0;
	assert_string_equal(sla_run_wrong(&p.run), "pictures without packets");
}


static void test_loss(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 13);
	answer(&p, 0, 1, 10, 10);
	answer(&p, 1, 2, 10, 10);
	answer(&p, 4, 4, 10, 10);
	answer(&p, 6, 5, 10, 10);
	answer(&p, 10, 7, 10, 10);
	f = figures(&p);

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
	/* no difference is taken across a loss: 0-1 alone */
	assert_int_equal(f.jitter_forward.all.s.n, 1);
}


/* The same end, with a closing packet that was answered: 11 came, 12 did not. */
static void test_closing(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 14);
	for (uint32_t i = 0; i < 11; i++)
		answer(&p, i, i + 1, 10, 10);
	p.s[13].flags |= SLA_CLOSING;
	answer(&p, 13, 13, 10, 10);
	f = figures(&p);

	assert_int_equal(f.sent, 13);
	assert_int_equal(f.answered, 11);
	assert_int_equal(f.loss_back.lost, 1);
	assert_int_equal(f.loss_forward.lost, 1);
	assert_int_equal(f.lost_unknown, 0);
	assert_int_equal(f.timed, 11);
}


static void test_uncounted(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 4);
	answer(&p, 0, 0, 10, 10);
	answer(&p, 3, 0, 10, 10);
	f = figures(&p);
	assert_false(f.directions);
	assert_int_equal(f.lost_unknown, 2);

	path_init(&p, 4);
	f = figures(&p);
	assert_int_equal(f.lost_unknown, 4);
	assert_int_equal(f.loss.longest, 4);
	assert_int_equal(f.rtt.s.n, 0);
	assert_int_equal(f.window_rtt, 0);

	path_init(&p, 0);
	f = figures(&p);
	assert_int_equal(f.sent, 0);

	/* two packets with one number: such a responder is not believed */
	path_init(&p, 4);
	answer(&p, 0, 1, 10, 10);
	answer(&p, 3, 1, 10, 10);
	f = figures(&p);
	assert_false(f.directions);
	assert_int_equal(f.lost_unknown, 2);
	assert_int_equal(f.duplicate_forward, 0);
}


/* 1 doubled on the way there, 2 on the way back, 3 there with one answer
 * lost; at the responder 5 overtakes 4, on the way back 7 overtakes 6. */
static void test_doubles_and_order(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 8);
	answer(&p, 0, 1, 10, 10);
	answer(&p, 1, 2, 10, 10);
	answer(&p, 1, 3, 10, 10);
	answer(&p, 2, 4, 10, 10);
	answer(&p, 2, 4, 10, 10);
	answer(&p, 3, 5, 10, 10);
	answer(&p, 5, 7, 10, 10);
	answer(&p, 4, 8, 60, 10);
	answer(&p, 7, 10, 10, 10);
	answer(&p, 6, 9, 10, 60);
	f = figures(&p);

	assert_int_equal(f.loss.lost, 0);
	assert_int_equal(f.duplicate, 2);
	assert_int_equal(f.duplicate_forward, 2);
	assert_int_equal(f.duplicate_back, 1);
	assert_int_equal(f.order.n, 2);
	assert_int_equal(f.order.extent_max, 1);
	assert_int_equal(f.order_forward.n, 1);
	assert_int_equal(f.order_back.n, 1);
}


/* 1 doubled on the way there, both answers lost; 2 lost there; 3 doubled, the
 * answer to one of both lost. Numbers alone do not tell that from each other,
 * what the responder tells does. */
static void test_reached(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 5);
	answer(&p, 0, 1, 10, 10);
	answer(&p, 3, 5, 10, 10);
	answer(&p, 4, 6, 10, 10);
	p.reached[0] = (struct sla_reached){ 1, 2 };
	p.reached[1] = (struct sla_reached){ 1, 3 };
	p.reached[2] = (struct sla_reached){ 3, 4 };
	p.reached[3] = (struct sla_reached){ 3, 5 };
	p.st.nreached = 4;
	f = figures(&p);
	assert_int_equal(f.loss_back.lost, 1);
	assert_int_equal(f.loss_forward.lost, 1);
	assert_int_equal(f.lost_unknown, 0);
	assert_int_equal(f.duplicate, 0);
	assert_int_equal(f.duplicate_forward, 2);
	assert_int_equal(f.duplicate_back, 0);

	p.reached[0].seq = 5;
	assert_non_null(sla_run_wrong(&p.run));
	p.reached[0] = (struct sla_reached){ 1, 0 };
	assert_non_null(sla_run_wrong(&p.run));
}


/* A closing packet that comes doubled is in no figure either. */
static void test_closing_doubled(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 3);
	p.s[2].flags |= SLA_CLOSING;
	answer(&p, 0, 1, 10, 10);
	answer(&p, 1, 2, 10, 10);
	answer(&p, 1, 2, 10, 10);
	answer(&p, 2, 3, 10, 10);
	answer(&p, 2, 3, 10, 10);
	answer(&p, 2, 4, 10, 10);
	f = figures(&p);
	assert_int_equal(f.duplicate, 1);
	assert_int_equal(f.duplicate_back, 1);
	assert_int_equal(f.duplicate_forward, 0);
}


/* The far end tells no times: a round trip of all that passed, and no more. */
static void test_echo(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 3);
	p.run.late_ns = 60 * MS;
	answer(&p, 0, 0, 10, 20);
	answer(&p, 1, 0, 20, 40);
	answer(&p, 2, 0, 10, 10);
	for (int i = 0; i < 3; i++) {
		p.s[i].flags &= (uint16_t)~(SLA_HAS_T2 | SLA_HAS_T3);
		p.s[i].t2 = p.s[i].t3 = 0;
	}
	f = figures(&p);
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
	assert_int_equal(figures(&p).timed, 1);
}


/* RFC 4737: 1 2 4 5 3 6: 3 is late by two packets. */
static void test_extent(void **state)
{
	static const uint32_t seqs[] = {0, 1, 3, 4, 2, 5};
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 6);
	for (uint32_t i = 0; i < 6; i++)
		answer(&p, seqs[i], i + 1, 10, 10);
	f = figures(&p);
	assert_int_equal(f.order.n, 1);
	assert_int_equal(f.order.extent_max, 2);
	assert_int_equal(f.order_forward.extent_sum, 2);
	assert_int_equal(f.order_back.n, 0);
}


static void test_late(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 3);
	p.run.late_ns = 100 * MS;
	answer(&p, 0, 1, 50, 50);
	answer(&p, 1, 2, 50, 51);
	answer(&p, 2, 3, 10, 10);
	p.s[2].flags |= SLA_STEPPED;
	f = figures(&p);
	assert_int_equal(f.answered, 3);
	assert_int_equal(f.late, 1);
	assert_int_equal(f.timed, 1);
	assert_int_equal(f.rtt.s.max, 100 * MS);
	assert_int_equal(f.loss.lost, 0);
}


/* One-way delay only where both clocks are known and did not step. */
static void test_clocks(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 1);
	answer(&p, 0, 1, 10, 10);
	p.run.near = (struct sla_clock){ true, 300 };
	assert_false(figures(&p).one_way);
	p.run.far = (struct sla_clock){ true, 40 };
	p.run.quantum_ns = MS;
	f = figures(&p);
	assert_true(f.one_way);
	assert_int_equal(f.one_way_error, MS + 340);
	p.run.steps = 1;
	assert_false(figures(&p).one_way);
}


/* 20 s of 50 packets/s, with 5 s of 300 ms in the midst of 20 ms. */
static void test_window(void **state)
{
	static struct path p;

	(void)state;
	path_init(&p, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		answer(&p, i, i + 1, i >= 500 && i < 750 ? 300 : 20, 10);
	assert_int_equal(figures(&p).window_forward, 160 * MS);
	assert_int_equal(figures(&p).window_back, 10 * MS);
}


static void test_remarked(void **state)
{
	static struct path p;
	struct sla_figures f;

	(void)state;
	path_init(&p, 4);
	for (uint32_t i = 0; i < 4; i++) {
		answer(&p, i, i + 1, 10, 10);
		p.s[i].dscp_far = i ? 0 : 32;
		p.s[i].dscp_near = SLA_DSCP_UNKNOWN;
	}
	f = figures(&p);
	assert_int_equal(f.dscp_far, 0);
	assert_int_equal(f.remarked_far, 3);
	assert_int_equal(f.dscp_near, SLA_DSCP_UNKNOWN);
	assert_int_equal(f.remarked_near, 0);
}


static void test_contract(void **state)
{
	static struct path p;
	struct sla_figures f;
	struct arena a = {0};

	(void)state;
	path_init(&p, 2);
	p.s[1].seq = 7;
	assert_int_equal(sla_figures_get(&f, NULL, &a, &p.run), EINVAL);
	path_init(&p, 2);
	p.s[0].flags |= SLA_CLOSING;
	assert_non_null(sla_run_wrong(&p.run));
	path_init(&p, 2);
	p.s[0].copies = 1;
	assert_non_null(sla_run_wrong(&p.run));
	path_init(&p, 2);
	p.s[0].t2 = INT64_MAX;
	assert_non_null(sla_run_wrong(&p.run));
	arena_reset(&a);
}


static uint64_t random_state;

static uint32_t rnd(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((random_state >> 33) % below);
}


/* One packet on its way, and in which order it was put there. */
struct flight {
	int64_t at;
	uint32_t seq, rseq, order;
	int64_t t2;
};

enum { LOSE = 1, JITTER = 2, REORDER = 4, DOUBLE = 8 };

static int by_time(const void *a, const void *b)
{
	const struct flight *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}


/* Send all of `in` over a way. @return how many come out */
static size_t way(struct flight *out, const struct flight *in, size_t n, unsigned what, uint64_t *lost,
		  uint64_t *doubled)
{
	int64_t last = 0;
	size_t m = 0;
	unsigned burst = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t delay = 10 * MS + (what & JITTER ? (int64_t)rnd(8000) * 1000 : 0);
		unsigned copies = 1;

		if (what & LOSE && !burst && rnd(50) == 0)
			burst = 1 + rnd(4);
		if (burst) {
			burst--;
			(*lost)++;
			continue;
		}
		if (what & DOUBLE && rnd(40) == 0) {
			copies = 2;
			(*doubled)++;
		}
		if (what & REORDER && rnd(30) == 0)
			delay += 5 * MS;
		else if (in[i].at + delay < last)	/* a queue keeps its order */
			delay = last - in[i].at;
		if (delay <= 18 * MS)
			last = in[i].at + delay;
		for (unsigned k = 0; k < copies; k++, m++) {
			out[m] = in[i];
			out[m].at = in[i].at + delay;
			out[m].order = (uint32_t)m;
		}
	}
	qsort(out, m, sizeof(*out), by_time);
	return m;
}


/* What came back, in order, into the records that an agent keeps. */
static void take(struct path *p, const struct flight *back, size_t m)
{
	for (size_t i = 0; i < m; i++) {
		const struct flight *f = &back[i];
		struct sla_sample *s = &p->s[f->seq];

		answer(p, f->seq, f->rseq, 0, 0);
		if (s->arrival == p->arrivals) {
			s->t2 = f->t2;
			s->t3 = f->t2 + MS / 10;
			s->t4 = f->at + MS / 10;
		}
	}
}


static void simulate(struct path *p, size_t n, unsigned what, unsigned seed)
{
	static struct flight sent[MAX], there[2 * MAX], back[4 * MAX];
	size_t m, closing;

	random_state = seed;
	path_init(p, n + 3);
	for (size_t i = 0; i < n + 3; i++) {
		sent[i] = (struct flight){ .at = (int64_t)i * 2 * MS, .seq = (uint32_t)i };
		if (i >= n)	/* closing packets long after the others, never lost */
			sent[i].at += 1000 * MS;
		p->s[i].t1 = sent[i].at;
	}
	m = way(there, sent, n, what, &p->forward, &p->doubled_forward);
	closing = m;
	for (size_t i = n; i < n + 3; i++) {
		p->s[i].flags |= SLA_CLOSING;
		there[m++] = sent[i];
	}
	for (size_t i = 0; i < m; i++) {
		there[i].rseq = (uint32_t)i + 1;
		there[i].t2 = there[i].at;
		p->reached[p->nreached++] = (struct sla_reached){ there[i].seq, there[i].rseq };
	}
	m = way(back, there, closing, what, &p->back, &p->doubled_back);
	for (size_t i = 0; i < 3; i++)
		back[m++] = there[closing + i];
	take(p, back, m);
}


static int64_t place(const struct path *p, size_t n, unsigned percent)
{
	/* the smallest value that enough others do not exceed */
	int64_t best = INT64_MAX;
	size_t timed = 0;

	for (size_t i = 0; i < n; i++)
		timed += p->s[i].arrival != 0;
	for (size_t i = 0; i < n; i++) {
		size_t below = 0;
		int64_t v, x;

		if (!sla_sample_rtt(&p->s[i], &v))
			continue;
		for (size_t k = 0; k < n; k++)
			below += sla_sample_rtt(&p->s[k], &x) && x <= v;
		if (below * 100 >= timed * percent && v < best)
			best = v;
	}
	return best;
}


/* In the order of definition, and slowly. */
static uint64_t overtaken(const struct path *p, size_t n)
{
	uint64_t count = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; p->s[i].arrival && k < n; k++)
			if (p->s[k].arrival && p->s[k].arrival < p->s[i].arrival) {
				count++;
				break;
			}
	return count;
}


static double interarrival(const struct path *p, size_t n)
{
	double j = 0, before = 0;
	bool any = false;

	for (uint32_t at = 1; at <= p->arrivals; at++)
		for (size_t i = 0; i < n; i++) {
			double now = (double)(p->s[i].t4 - p->s[i].t3);

			if (p->s[i].arrival != at)
				continue;
			if (any)
				j += (fabs(now - before) - j) / 16;
			before = now;
			any = true;
		}
	return j;
}


static void check_definitions(const struct path *p, const struct sla_figures *f, size_t n)
{
	uint64_t answered = 0, runs = 0, lost = 0, positive = 0;
	sla_int128 sum = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t v;

		answered += p->s[i].arrival != 0;
		lost += !p->s[i].arrival;
		runs += !p->s[i].arrival && (!i || p->s[i - 1].arrival);
		if (sla_sample_rtt(&p->s[i], &v))
			sum += v;
		positive += i && p->s[i].arrival && p->s[i - 1].arrival &&
			p->s[i].t2 - p->s[i].t1 > p->s[i - 1].t2 - p->s[i - 1].t1;
	}
	assert_int_equal(f->sent, n);
	assert_int_equal(f->answered, answered);
	assert_int_equal(f->loss.lost, lost);
	assert_int_equal(f->loss.runs, runs);
	assert_int_equal(f->loss_forward.lost + f->loss_back.lost + f->lost_unknown, lost);
	assert_true(f->rtt.s.sum == sum);
	assert_int_equal(f->jitter_forward.positive.n, positive);
	assert_int_equal(f->order.n, overtaken(p, n));
	assert_int_equal(f->rtt.p50, place(p, n, 50));
	assert_int_equal(f->rtt.p99, place(p, n, 99));
	assert_true(fabs((double)f->jitter_back.rfc3550 - interarrival(p, n)) < 2);
}


/* Where nothing is doubled, the counts are what the path did, exactly. */
static void test_paths_exact(void **state)
{
	static const unsigned whats[] = {0, LOSE, LOSE | JITTER, LOSE | JITTER | REORDER, DOUBLE | JITTER,
					 DOUBLE | JITTER | REORDER};
	static struct path p;

	(void)state;
	for (size_t k = 0; k < sizeof(whats) / sizeof(whats[0]); k++)
		for (unsigned seed = 1; seed <= 40; seed++) {
			struct sla_figures f;

			simulate(&p, 600, whats[k], seed);
			f = figures(&p);
			check_definitions(&p, &f, 600);
			assert_true(f.directions);
			assert_int_equal(f.lost_unknown, 0);
			assert_int_equal(f.loss_forward.lost, p.forward);
			assert_int_equal(f.loss_back.lost, p.back);
			assert_int_equal(f.duplicate_forward, p.doubled_forward);
			assert_int_equal(f.duplicate_back, p.doubled_back);
		}
}


/* Losses and doubles together: an answer of a double that was lost looks like
 * the answer of a neighbour that was. Totals stay exact. */
static void test_paths_mixed(void **state)
{
	static struct path p;
	unsigned exact = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 100; seed++) {
		struct sla_figures f;

		simulate(&p, 600, LOSE | JITTER | DOUBLE, seed);
		f = figures(&p);
		check_definitions(&p, &f, 600);
		exact += f.loss_forward.lost == p.forward;
		assert_in_range(f.loss_forward.lost + 2, p.forward, p.forward + 4);
	}
	assert_true(exact >= 80);
}


static void figures_alloc(void *arg)
{
	struct path *p = arg;
	struct sla_figures f;
	struct arena a = {0};
	int err = sla_figures_get(&f, NULL, &a, &p->run);

	assert_int_equal(err, failmalloc_hit() ? ENOMEM : 0);
	arena_reset(&a);
}


/* Told of all that reached the responder, the agent knows each packet's fate, whatever else happened. */
static void test_paths_told(void **state)
{
	static struct path p;
	static uint8_t there[MAX];

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		uint64_t forward = 0, back = 0;
		struct sla_figures f;

		simulate(&p, 2000, LOSE | DOUBLE | REORDER, seed);
		p.st.nreached = p.nreached;
		memset(there, 0, sizeof(there));
		for (size_t i = 0; i < p.nreached; i++)
			there[p.reached[i].seq] = 1;
		for (size_t i = 0; i < 2000; i++) {
			forward += !there[i];
			back += there[i] && !p.s[i].arrival;
		}
		f = figures(&p);
		assert_int_equal(f.loss_forward.lost, forward);
		assert_int_equal(f.loss_back.lost, back);
		assert_int_equal(f.lost_unknown, 0);
	}
}


static void test_memory(void **state)
{
	static struct path p;

	(void)state;
	simulate(&p, 600, LOSE | DOUBLE, 7);
	assert_true(failmalloc_each(figures_alloc, &p) >= 2);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_uncounted),
		cmocka_unit_test(test_doubles_and_order),
		cmocka_unit_test(test_reached),
		cmocka_unit_test(test_closing_doubled),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_extent),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_remarked),
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_paths_exact),
		cmocka_unit_test(test_paths_mixed),
		cmocka_unit_test(test_paths_told),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
