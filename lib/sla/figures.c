#include <errno.h>
#include <string.h>

#include "lib/sla/figures_int.h"

/* More than the difference of any two delays of use; keeps 16 of them, as
 * inter-arrival jitter adds up, in 64 bits. */
#define DIFFERENCE_MAX ((int64_t)1 << 58)

/* Values of all streams, one after the other. */
struct values {
	int64_t *v;
	size_t n;
	size_t from;		/* where the stream at hand begins */
};

enum { RTT, FORWARD, BACK, JITTER_FORWARD, JITTER_BACK, PICTURE_FORWARD, PICTURE_BACK, VALUES };

struct work {
	struct values v[VALUES];
	uint64_t *order;	/* of the stream at hand */
	sla_int128 *sums[3];
	struct arena *tmp;
	int64_t late_ns;
};


bool sla_sample_timed(const struct sla_sample *s, int64_t late_ns)
{
	int64_t rtt;

	return !(s->flags & SLA_CLOSING) && sla_sample_rtt(s, &rtt) && sla_sample_in_time(s, late_ns);
}


static void push(struct values *v, int64_t x)
{
	v->v[v->n++] = x;
}


int64_t sla_magnitude(int64_t v)
{
	return v < 0 ? v == INT64_MIN ? INT64_MAX : -v : v;
}


static void jitter_add(struct sla_jitter *j, struct values *v, int64_t before, int64_t now)
{
	int64_t d = now - before;

	if (d)
		sla_sums_add(d > 0 ? &j->positive : &j->negative, sla_magnitude(d));
	push(v, sla_magnitude(d));
}


static void delays_read(struct sla_figures *f, struct work *w, const struct sla_stream *st)
{
	const struct sla_sample *before = NULL;

	for (size_t i = 0; i < st->nsamples; i++) {
		const struct sla_sample *s = &st->samples[i];
		bool timed = sla_sample_timed(s, w->late_ns);
		int64_t rtt, there, back;

		if (timed && sla_sample_rtt(s, &rtt)) {
			f->timed++;
			push(&w->v[RTT], rtt);
		}
		if (!timed || !sla_sample_forward(s, &there) || !sla_sample_back(s, &back)) {
			before = NULL;
			continue;
		}
		push(&w->v[FORWARD], there);
		push(&w->v[BACK], back);
		if (before) {
			jitter_add(&f->jitter_forward, &w->v[JITTER_FORWARD],
				   before->t2 - before->t1, s->t2 - s->t1);
			jitter_add(&f->jitter_back, &w->v[JITTER_BACK],
				   before->t4 - before->t3, s->t4 - s->t3);
		}
		before = s;
	}
}


static void pictures_read(struct sla_figures *f, struct work *w, const struct sla_stream *st)
{
	struct values *there = &w->v[PICTURE_FORWARD], *back = &w->v[PICTURE_BACK];
	size_t n = sla_pictures_read(f, there->v + there->n, back->v + back->n, st, w->late_ns);

	there->n += n;
	back->n += n;
}


/* RFC 3550 section 6.4.1 and A.8 on nanoseconds: the sum is kept 16 times
 * larger, so that its rounding is the RFC's. */
static void interarrival(struct sla_jitter *j, const struct work *w, const struct sla_stream *st,
			 size_t n, bool back)
{
	int64_t before = 0;
	uint64_t q4 = 0, max = 0;

	for (size_t i = 0; i < n; i++) {
		const struct sla_sample *s = &st->samples[(uint32_t)w->order[i]];
		int64_t now = back ? s->t4 - s->t3 : s->t2 - s->t1;
		int64_t d = i ? sla_magnitude(now - before) : 0;

		if (i)
			q4 += (uint64_t)(d < DIFFERENCE_MAX ? d : DIFFERENCE_MAX) - ((q4 + 8) >> 4);
		max = q4 > max ? q4 : max;
		before = now;
	}
	j->rfc3550 = (int64_t)(q4 >> 4);
	j->rfc3550_max = (int64_t)(max >> 4);
}


static size_t order_by(const struct work *w, const struct sla_stream *st, bool back)
{
	size_t n = 0;

	for (size_t i = 0; i < st->nsamples; i++) {
		const struct sla_sample *s = &st->samples[i];
		int64_t there;

		if (sla_sample_timed(s, w->late_ns) && sla_sample_forward(s, &there))
			w->order[n++] = (uint64_t)(back ? s->arrival : s->rseq) << 32 | (uint32_t)i;
	}
	sla_sort_keys(w->order, n);
	return n;
}


/* The greatest mean of what was sent within SLA_WINDOW_S; windows begin at
 * packets and end before the last one, or there is one over all. An echo has
 * but round trips. */
static void windows(struct sla_figures *f, const struct work *w, const struct sla_stream *st)
{
	int64_t *worst[] = {&f->window_rtt, &f->window_forward, &f->window_back};
	const int64_t *v[] = {
		&w->v[RTT].v[w->v[RTT].from], &w->v[FORWARD].v[w->v[FORWARD].from],
		&w->v[BACK].v[w->v[BACK].from],
	};
	const int64_t length = (int64_t)SLA_WINDOW_S * 1000000000;
	unsigned kinds = w->v[FORWARD].n - w->v[FORWARD].from == w->v[RTT].n - w->v[RTT].from ? 3 : 1;
	size_t n = 0, end = 0;

	for (size_t i = 0; i < st->nsamples; i++) {
		if (!sla_sample_timed(&st->samples[i], w->late_ns))
			continue;
		w->order[n] = i;
		for (unsigned k = 0; k < kinds; k++)
			w->sums[k][n + 1] = w->sums[k][n] + v[k][n];
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t from = st->samples[w->order[i]].t1;

		while (end < n && st->samples[w->order[end]].t1 - from < length)
			end++;
		for (unsigned k = 0; k < kinds; k++) {
			struct sla_sums s = { .n = end - i, .sum = w->sums[k][end] - w->sums[k][i] };
			int64_t mean = end > i ? sla_sums_mean(&s) : INT64_MIN;

			*worst[k] = !i || mean > *worst[k] ? mean : *worst[k];
		}
		if (end == n)
			break;
	}
}


static uint8_t most(const uint64_t seen[SLA_DSCP_UNKNOWN + 1])
{
	unsigned best = SLA_DSCP_UNKNOWN;

	for (unsigned i = 0; i < SLA_DSCP_UNKNOWN; i++)
		if (seen[i] && (best == SLA_DSCP_UNKNOWN || seen[i] > seen[best]))
			best = i;
	return (uint8_t)best;
}


static void marks_count(struct sla_figures *f, const struct sla_stream *st)
{
	uint64_t far[SLA_DSCP_UNKNOWN + 1] = {0}, near[SLA_DSCP_UNKNOWN + 1] = {0};

	for (size_t i = 0; i < st->nsamples; i++) {
		const struct sla_sample *s = &st->samples[i];

		if (!s->arrival || s->flags & SLA_CLOSING)
			continue;
		far[s->dscp_far]++;
		near[s->dscp_near]++;
		f->remarked_far += s->dscp_far != SLA_DSCP_UNKNOWN && s->dscp_far != st->dscp;
		f->remarked_near += s->dscp_near != SLA_DSCP_UNKNOWN && s->dscp_near != st->dscp;
	}
	f->dscp_far = most(far);
	f->dscp_near = most(near);
}


static void counts_read(struct sla_figures *f, const struct work *w, const struct sla_stream *st)
{
	for (size_t i = 0; i < st->nsamples; i++) {
		const struct sla_sample *s = &st->samples[i];

		if (s->flags & SLA_CLOSING)
			continue;
		f->sent++;
		f->bytes += s->bytes;
		f->answered += s->arrival != 0;
		f->late += s->arrival && !sla_sample_in_time(s, w->late_ns);
	}
}


static struct sla_series *series_of(struct sla_figures *f, unsigned i)
{
	struct sla_series *v[VALUES] = {
		&f->rtt, &f->forward, &f->back, &f->jitter_forward.all, &f->jitter_back.all,
		&f->picture_forward, &f->picture_back,
	};

	return v[i];
}


static int stream_figures(struct sla_figures *f, struct work *w, const struct sla_stream *st)
{
	int err;

	memset(f, 0, sizeof(*f));
	for (unsigned i = 0; i < VALUES; i++)
		w->v[i].from = w->v[i].n;

	counts_read(f, w, st);
	marks_count(f, st);
	err = sla_paths_count(f, w->tmp, st);
	if (err)
		return err;
	delays_read(f, w, st);
	pictures_read(f, w, st);
	interarrival(&f->jitter_forward, w, st, order_by(w, st, false), false);
	interarrival(&f->jitter_back, w, st, order_by(w, st, true), true);
	windows(f, w, st);
	/* sorts, so it comes last */
	for (unsigned i = 0; i < VALUES; i++)
		sla_series_of(series_of(f, i), &w->v[i].v[w->v[i].from], w->v[i].n - w->v[i].from);

	return 0;
}


static void sums_join(struct sla_sums *to, const struct sla_sums *from)
{
	if (!from->n)
		return;
	to->min = !to->n || from->min < to->min ? from->min : to->min;
	to->max = !to->n || from->max > to->max ? from->max : to->max;
	to->n += from->n;
	to->sum += from->sum;
	if (__builtin_add_overflow(to->sum2, from->sum2, &to->sum2))
		to->sum2 = ~(sla_uint128)0;
}


static void jitter_join(struct sla_jitter *to, const struct sla_jitter *from)
{
	sums_join(&to->positive, &from->positive);
	sums_join(&to->negative, &from->negative);
	to->rfc3550 = from->rfc3550 > to->rfc3550 ? from->rfc3550 : to->rfc3550;
	to->rfc3550_max = from->rfc3550_max > to->rfc3550_max ? from->rfc3550_max : to->rfc3550_max;
}


static void loss_join(struct sla_loss *to, const struct sla_loss *from)
{
	to->lost += from->lost;
	to->runs += from->runs;
	to->longest = from->longest > to->longest ? from->longest : to->longest;
	for (unsigned i = 0; i < SLA_RUNS; i++)
		to->length[i] += from->length[i];
}


static void order_join(struct sla_order *to, const struct sla_order *from)
{
	to->n += from->n;
	to->extent_sum += from->extent_sum;
	to->extent_max = from->extent_max > to->extent_max ? from->extent_max : to->extent_max;
}


static void windows_join(struct sla_figures *t, const struct sla_figures *f, bool first)
{
	t->window_rtt = first || f->window_rtt > t->window_rtt ? f->window_rtt : t->window_rtt;
	t->window_forward = first || f->window_forward > t->window_forward ? f->window_forward :
		t->window_forward;
	t->window_back = first || f->window_back > t->window_back ? f->window_back : t->window_back;
}


/* One mark of all streams, or none: of those that were answered. */
static void marks_join(struct sla_figures *t, const struct sla_figures *f)
{
	if (!f->answered)
		return;
	t->dscp_far = !t->answered || t->dscp_far == f->dscp_far ? f->dscp_far : SLA_DSCP_UNKNOWN;
	t->dscp_near = !t->answered || t->dscp_near == f->dscp_near ? f->dscp_near : SLA_DSCP_UNKNOWN;
}


static void figures_join(struct sla_figures *t, const struct sla_figures *f)
{
	if (f->timed)
		windows_join(t, f, !t->timed);
	if (f->sent)
		t->directions = f->directions && (t->directions || !t->sent);
	marks_join(t, f);
	t->sent += f->sent;
	t->answered += f->answered;
	t->late += f->late;
	t->timed += f->timed;
	t->bytes += f->bytes;
	loss_join(&t->loss, &f->loss);
	loss_join(&t->loss_forward, &f->loss_forward);
	loss_join(&t->loss_back, &f->loss_back);
	t->lost_unknown += f->lost_unknown;
	t->duplicate += f->duplicate;
	t->duplicate_forward += f->duplicate_forward;
	t->duplicate_back += f->duplicate_back;
	order_join(&t->order, &f->order);
	order_join(&t->order_forward, &f->order_forward);
	order_join(&t->order_back, &f->order_back);
	jitter_join(&t->jitter_forward, &f->jitter_forward);
	jitter_join(&t->jitter_back, &f->jitter_back);
	t->pictures += f->pictures;
	t->pictures_whole += f->pictures_whole;
	t->remarked_far += f->remarked_far;
	t->remarked_near += f->remarked_near;
}


static void clocks_judge(struct sla_figures *f, const struct sla_run *run)
{
	f->one_way = run->near.known && run->far.known && !run->steps;
	f->one_way_error = f->one_way ? run->near.error_ns + run->far.error_ns + run->quantum_ns : 0;
}


static int work_init(struct work *w, struct arena *tmp, const struct sla_run *run)
{
	size_t all = 1, most_of_one = 1;

	*w = (struct work){ .tmp = tmp, .late_ns = run->late_ns };
	for (size_t i = 0; i < run->nstreams; i++) {
		size_t n = run->streams[i].nsamples;

		all += n;
		most_of_one = n > most_of_one ? n : most_of_one;
	}
	for (unsigned i = 0; i < VALUES; i++)
		if (!(w->v[i].v = arena_calloc(tmp, all, sizeof(int64_t))))
			return ENOMEM;
	for (unsigned i = 0; i < 3; i++)
		if (!(w->sums[i] = arena_calloc(tmp, most_of_one + 1, sizeof(sla_int128))))
			return ENOMEM;
	w->order = arena_calloc(tmp, most_of_one, sizeof(*w->order));
	return w->order ? 0 : ENOMEM;
}


int sla_figures_get(struct sla_figures *total, struct sla_figures *streams, struct arena *tmp,
		    const struct sla_run *run)
{
	struct work w;

	memset(total, 0, sizeof(*total));
	if (sla_run_wrong(run))
		return EINVAL;
	if (work_init(&w, tmp, run))
		return ENOMEM;

	total->dscp_far = total->dscp_near = SLA_DSCP_UNKNOWN;
	for (size_t i = 0; i < run->nstreams; i++) {
		struct sla_figures one;
		int err = stream_figures(&one, &w, &run->streams[i]);

		if (err)
			return err;
		clocks_judge(&one, run);
		figures_join(total, &one);
		if (streams)
			streams[i] = one;
	}
	for (unsigned i = 0; i < VALUES; i++)
		sla_series_of(series_of(total, i), w.v[i].v, w.v[i].n);
	clocks_judge(total, run);

	return 0;
}
