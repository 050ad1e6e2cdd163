/* Paths whose every loss, double and delay is known, by seed: counts against what the path did, and figures
 * against their definitions, slowly. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sla_path.h"

enum { MAX = SLA_PATH_MAX };

/* A path, and what really happened on it. */
struct path {
	struct sla_path p;
	size_t nreached;	/* of p.reached: all; p.st.nreached of them are told */
	uint64_t forward, back, doubled_forward, doubled_back;
};


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
static void take(struct sla_path *p, const struct flight *back, size_t m)
{
	for (size_t i = 0; i < m; i++) {
		const struct flight *f = &back[i];
		struct sla_sample *s = &p->s[f->seq];

		SLA_PATH_ANSWERS(p, {f->seq, f->rseq, 0, 0});
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
	memset(p, 0, sizeof(*p));
	sla_path_init(&p->p, n + 3);
	for (size_t i = 0; i < n + 3; i++) {
		sent[i] = (struct flight){ .at = (int64_t)i * 2 * MS, .seq = (uint32_t)i };
		if (i >= n)	/* closing packets long after the others, never lost */
			sent[i].at += 1000 * MS;
		p->p.s[i].t1 = sent[i].at;
	}
	m = way(there, sent, n, what, &p->forward, &p->doubled_forward);
	closing = m;
	for (size_t i = n; i < n + 3; i++) {
		p->p.s[i].flags |= SLA_CLOSING;
		there[m++] = sent[i];
	}
	for (size_t i = 0; i < m; i++) {
		there[i].rseq = (uint32_t)i + 1;
		there[i].t2 = there[i].at;
		p->p.reached[p->nreached++] = (struct sla_reached){ there[i].seq, there[i].rseq };
	}
	m = way(back, there, closing, what, &p->back, &p->doubled_back);
	for (size_t i = 0; i < 3; i++)
		back[m++] = there[closing + i];
	take(&p->p, back, m);
}


static int64_t place(const struct sla_path *p, size_t n, unsigned percent)
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
static uint64_t overtaken(const struct sla_path *p, size_t n)
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


/* Back in the order of arrival here, forward in that of arrival there. */
static double interarrival(const struct sla_path *p, size_t n, bool forward)
{
	double j = 0, before = 0;
	bool any = false;

	for (uint32_t at = 1; at <= 2 * p->st.nsamples; at++)
		for (size_t i = 0; i < n; i++) {
			const struct sla_sample *s = &p->s[i];
			double now = (double)(forward ? s->t2 - s->t1 : s->t4 - s->t3);

			if (!s->arrival || (forward ? s->rseq : s->arrival) != at)
				continue;
			if (any)
				j += (fabs(now - before) - j) / 16;
			before = now;
			any = true;
		}
	return j;
}


/* Differences each way: counts, and sums of squares. */
static void check_jitter(const struct sla_path *p, const struct sla_figures *f, size_t n)
{
	uint64_t rose[2] = {0}, fell[2] = {0};
	sla_uint128 up2[2] = {0}, down2[2] = {0};
	const struct sla_jitter *const j[2] = {&f->jitter_forward, &f->jitter_back};

	for (size_t i = 1; i < n; i++) {
		const struct sla_sample *a = &p->s[i - 1], *b = &p->s[i];
		const int64_t d[2] = {(b->t2 - b->t1) - (a->t2 - a->t1), (b->t4 - b->t3) - (a->t4 - a->t3)};

		for (int w = 0; w < 2 && a->arrival && b->arrival; w++) {
			rose[w] += d[w] > 0;
			fell[w] += d[w] < 0;
			*(d[w] > 0 ? &up2[w] : &down2[w]) += (sla_uint128)((sla_int128)d[w] * d[w]);
		}
	}
	for (int w = 0; w < 2; w++) {
		assert_int_equal(j[w]->positive.n, rose[w]);
		assert_int_equal(j[w]->negative.n, fell[w]);
		assert_true(j[w]->positive.sum2 == up2[w] && j[w]->negative.sum2 == down2[w]);
	}
	assert_true(fabs((double)f->jitter_back.rfc3550 - interarrival(p, n, false)) < 2);
	assert_true(fabs((double)f->jitter_forward.rfc3550 - interarrival(p, n, true)) < 2);
}


static void check_definitions(const struct sla_path *p, const struct sla_figures *f, size_t n)
{
	uint64_t answered = 0, runs = 0, lost = 0;
	sla_int128 sum = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t v;

		answered += p->s[i].arrival != 0;
		lost += !p->s[i].arrival;
		runs += !p->s[i].arrival && (!i || p->s[i - 1].arrival);
		if (sla_sample_rtt(&p->s[i], &v))
			sum += v;
	}
	assert_int_equal(f->sent, n);
	assert_int_equal(f->answered, answered);
	assert_int_equal(f->loss.lost, lost);
	assert_int_equal(f->loss.runs, runs);
	assert_int_equal(f->loss_forward.lost + f->loss_back.lost + f->lost_unknown, lost);
	assert_true(f->rtt.s.sum == sum);
	assert_int_equal(f->order.n, overtaken(p, n));
	assert_int_equal(f->rtt.p50, place(p, n, 50));
	assert_int_equal(f->rtt.p90, place(p, n, 90));
	assert_int_equal(f->rtt.p95, place(p, n, 95));
	assert_int_equal(f->rtt.p99, place(p, n, 99));
	check_jitter(p, f, n);
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
			f = sla_path_figures(&p.p);
			check_definitions(&p.p, &f, 600);
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
	static const unsigned whats[] = {LOSE | JITTER | DOUBLE, LOSE | JITTER | DOUBLE | REORDER};
	static struct path p;

	(void)state;
	for (size_t k = 0; k < sizeof(whats) / sizeof(whats[0]); k++) {
		unsigned exact = 0;

		for (unsigned seed = 1; seed <= 100; seed++) {
			struct sla_figures f;

			simulate(&p, 600, whats[k], seed);
			f = sla_path_figures(&p.p);
			check_definitions(&p.p, &f, 600);
			exact += f.loss_forward.lost == p.forward;
			assert_in_range(f.loss_forward.lost + 2, p.forward, p.forward + 4);
		}
		assert_true(exact >= 80);
	}
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
		p.p.st.nreached = p.nreached;
		memset(there, 0, sizeof(there));
		for (size_t i = 0; i < p.nreached; i++)
			there[p.p.reached[i].seq] = 1;
		for (size_t i = 0; i < 2000; i++) {
			forward += !there[i];
			back += there[i] && !p.p.s[i].arrival;
		}
		f = sla_path_figures(&p.p);
		assert_int_equal(f.loss_forward.lost, forward);
		assert_int_equal(f.loss_back.lost, back);
		assert_int_equal(f.lost_unknown, 0);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_exact),
		cmocka_unit_test(test_paths_mixed),
		cmocka_unit_test(test_paths_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
