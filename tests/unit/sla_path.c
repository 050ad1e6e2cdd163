#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sla_path.h"


void sla_path_init(struct sla_path *p, size_t n)
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


void sla_path_take(struct sla_path *p, const struct sla_path_answer *an)
{
	struct sla_sample *s = &p->s[an->seq];

	if (s->arrival) {
		assert_true(p->st.ncopies < SLA_PATH_COPIES);
		p->c[p->st.ncopies++] = (struct sla_copy){
			.seq = an->seq, .rseq = an->rseq, .arrival = ++p->arrivals,
		};
		s->copies++;
		return;
	}
	s->arrival = ++p->arrivals;
	s->rseq = an->rseq;
	s->t2 = s->t1 + an->there * MS;
	s->t3 = s->t2 + MS;
	s->t4 = s->t3 + an->back * MS;
	s->flags |= SLA_HAS_ALL;
}


void sla_path_answer_all(struct sla_path *p, uint32_t n, int64_t there, int64_t back)
{
	for (uint32_t i = 0; i < n; i++)
		SLA_PATH_ANSWERS(p, {i, i + 1, there, back});
}


static void same_sums(const struct sla_sums *a, const struct sla_sums *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->min, b->min);
	assert_int_equal(a->max, b->max);
	assert_true(a->sum == b->sum && a->sum2 == b->sum2);
}


static void same_jitter(const struct sla_jitter *a, const struct sla_jitter *b)
{
	same_sums(&a->positive, &b->positive);
	same_sums(&a->negative, &b->negative);
	same_sums(&a->all.s, &b->all.s);
	assert_int_equal(a->all.p95, b->all.p95);
	assert_int_equal(a->rfc3550, b->rfc3550);
	assert_int_equal(a->rfc3550_max, b->rfc3550_max);
}


static void same(const struct sla_figures *a, const struct sla_figures *b)
{
	const uint64_t v[][2] = {
		{a->sent, b->sent}, {a->answered, b->answered}, {a->late, b->late}, {a->timed, b->timed},
		{a->bytes, b->bytes}, {a->lost_unknown, b->lost_unknown}, {a->directions, b->directions},
		{a->duplicate, b->duplicate}, {a->duplicate_forward, b->duplicate_forward},
		{a->duplicate_back, b->duplicate_back}, {a->one_way, b->one_way},
		{a->dscp_far, b->dscp_far}, {a->dscp_near, b->dscp_near},
		{a->remarked_far, b->remarked_far}, {a->remarked_near, b->remarked_near},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(v[i][0], v[i][1]);
	assert_memory_equal(&a->loss, &b->loss, sizeof(a->loss));
	assert_memory_equal(&a->loss_forward, &b->loss_forward, sizeof(a->loss));
	assert_memory_equal(&a->loss_back, &b->loss_back, sizeof(a->loss));
	assert_int_equal(a->order.n + a->order_forward.n, b->order.n + b->order_forward.n);
	assert_int_equal(a->order_back.extent_sum, b->order_back.extent_sum);
	assert_int_equal(a->one_way_error, b->one_way_error);
	assert_int_equal(a->window_rtt, b->window_rtt);
	assert_int_equal(a->window_forward, b->window_forward);
	assert_int_equal(a->window_back, b->window_back);
	same_sums(&a->rtt.s, &b->rtt.s);
	same_sums(&a->forward.s, &b->forward.s);
	same_sums(&a->back.s, &b->back.s);
	same_jitter(&a->jitter_forward, &b->jitter_forward);
	same_jitter(&a->jitter_back, &b->jitter_back);
}


struct sla_figures sla_path_figures(const struct sla_path *p)
{
	struct sla_figures f, one;
	struct arena a = {0};

	assert_null(sla_run_wrong(&p->run));
	assert_int_equal(sla_figures_get(&f, &one, &a, &p->run), 0);
	arena_reset(&a);
	/* a whole of one stream differs in nothing */
	same(&f, &one);
	return f;
}
