/* Which way a packet was lost, doubled or overtaken: the responder numbers what reaches it, so a number
 * that never came back stands for an answer that was lost, and a packet without a number for itself. */
#include <errno.h>
#include <string.h>

#include "lib/sla/figures_int.h"

/* No path delivers a packet more often: a responder whose numbers say so counts something else. */
enum { DELIVERED_MAX = 4 };

struct work {
	const struct sla_stream *st;
	size_t n;		/* packets that are no closing ones */
	uint8_t *fate;		/* [n], enum sla_fate */
	uint32_t *next;		/* [n + 1]: a lost packet not yet explained is here or further */
	uint64_t *marks;	/* rseq << 32 | seq, sorted, each once */
	size_t nmarks;
	uint32_t shift;		/* a packet was overtaken by numbers up to so much higher */
};


static uint64_t key(uint32_t hi, uint32_t lo)
{
	return (uint64_t)hi << 32 | lo;
}


static void run_add(struct sla_loss *l, uint32_t n)
{
	if (!n)
		return;
	l->lost += n;
	l->runs++;
	l->longest = n > l->longest ? n : l->longest;
	l->length[n < SLA_RUNS ? n - 1 : SLA_RUNS - 1]++;
}


/* Numbers in the order in which packets came. `first` gets the greatest so
 * far at each, so that the first higher one is found by halving. */
static void order_count(struct sla_order *o, uint32_t *first, const uint64_t *v, size_t n,
			uint32_t *shift)
{
	uint32_t top = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t seq = (uint32_t)v[i];
		size_t lo = 0, hi = i;

		top = !i || seq > top ? seq : top;
		first[i] = top;
		if (seq == top)
			continue;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (first[mid] > seq)
				hi = mid;
			else
				lo = mid + 1;
		}
		o->n++;
		o->extent_sum += i - lo;
		o->extent_max = i - lo > o->extent_max ? (uint32_t)(i - lo) : o->extent_max;
		*shift = top - seq > *shift ? top - seq : *shift;
	}
}


/* All answers as rseq and seq. @return false: the responder does not count, or contradicts itself */
static bool marks_read(struct work *w)
{
	const struct sla_stream *st = w->st;
	size_t n = 0, out = 0;

	for (size_t i = 0; i < st->nreached; i++)
		w->marks[n++] = key(st->reached[i].rseq, st->reached[i].seq);
	for (size_t i = 0; i < st->nsamples; i++)
		if (st->samples[i].arrival)
			w->marks[n++] = key(st->samples[i].rseq, st->samples[i].seq);
	for (size_t i = 0; i < st->ncopies; i++)
		w->marks[n++] = key(st->copies[i].rseq, st->copies[i].seq);
	sla_sort_keys(w->marks, n);

	for (size_t i = 0; i < n; i++) {
		if (out && w->marks[i] == w->marks[out - 1])
			continue;
		if (w->marks[i] >> 32 == 0 || (out && w->marks[i] >> 32 == w->marks[out - 1] >> 32))
			return false;
		w->marks[out++] = w->marks[i];
	}
	w->nmarks = out;
	return out && w->marks[out - 1] >> 32 <= DELIVERED_MAX * st->nsamples;
}


static uint32_t lost_from(struct work *w, uint32_t i)
{
	uint32_t at = i;

	while (w->next[at] != at)
		at = w->next[at];
	while (w->next[i] != at) {
		uint32_t up = w->next[i];

		w->next[i] = at;
		i = up;
	}
	return at;
}


static void lost_back(struct work *w, uint32_t i)
{
	w->fate[i] = SLA_LOST_BACK;
	w->next[i] = i + 1;
}


/* Explain up to `want` lost packets from lo to below hi. @return how many */
static uint32_t explain(struct work *w, uint32_t lo, uint32_t hi, uint32_t want)
{
	uint32_t n = 0;

	hi = hi < w->n ? hi : (uint32_t)w->n;
	for (uint32_t i = lo < hi ? lost_from(w, lo) : hi; i < hi && n < want; i = lost_from(w, i)) {
		lost_back(w, i);
		n++;
	}
	return n;
}


/* Numbers of the responder that were never seen, from neighbour to
 * neighbour: first what lies between the neighbours, then what may have been
 * overtaken as far as others were, then, where no packet is known to have
 * been doubled on the way, anything. What is left over are doubles.
 * @return how many are left over */
static uint64_t numbers_explain(struct work *w, uint32_t *missing, bool doubles)
{
	const uint32_t reach[] = {0, w->shift, doubles ? w->shift : (uint32_t)w->n};
	uint64_t left = 0;

	for (unsigned pass = 0; pass < 3; pass++) {
		uint32_t wide = reach[pass];

		for (size_t i = 0; i < w->nmarks; i++) {
			uint32_t b = (uint32_t)w->marks[i];
			int64_t a = i ? (int64_t)(uint32_t)w->marks[i - 1] : -1;
			/* the neighbours themselves are explained */
			int64_t lo = (a < b ? a : b) - wide, hi = (a < b ? b : a) + wide + 1;

			if (!pass)
				missing[i] = (uint32_t)((w->marks[i] >> 32) - (i ? w->marks[i - 1] >> 32 : 0) - 1);
			missing[i] -= explain(w, lo < 0 ? 0 : (uint32_t)lo,
					      hi > UINT32_MAX ? UINT32_MAX : (uint32_t)hi, missing[i]);
			left += pass == 2 ? missing[i] : 0;
		}
	}

	return left;
}


static void fates_settle(struct work *w, bool known)
{
	uint32_t top = 0;

	for (size_t i = 0; i < w->nmarks; i++)
		top = (uint32_t)w->marks[i] > top ? (uint32_t)w->marks[i] : top;
	for (uint32_t i = 0; i < w->n; i++)
		if (w->fate[i] == SLA_LOST)
			w->fate[i] = known && i < top ? SLA_LOST_FORWARD : SLA_LOST_UNKNOWN;
}


static void runs_count(struct sla_figures *f, const struct work *w)
{
	uint32_t n[SLA_LOST_UNKNOWN + 1] = {0};

	for (size_t i = 0; i <= w->n; i++) {
		if (i < w->n && w->fate[i] != SLA_ANSWERED) {
			n[w->fate[i]]++;
			continue;
		}
		run_add(&f->loss, n[SLA_LOST_BACK] + n[SLA_LOST_FORWARD] + n[SLA_LOST_UNKNOWN]);
		run_add(&f->loss_back, n[SLA_LOST_BACK]);
		run_add(&f->loss_forward, n[SLA_LOST_FORWARD]);
		f->lost_unknown += n[SLA_LOST_UNKNOWN];
		memset(n, 0, sizeof(n));
	}
}


/* In the order of the responder's numbers; a double does not count again.
 * What is lost and has a number of the responder was lost on the way back. */
static void forward_order(struct sla_figures *f, struct work *w, uint64_t *v, uint32_t *first,
			  uint8_t *seen)
{
	size_t n = 0;

	for (size_t i = 0; i < w->nmarks; i++) {
		uint32_t seq = (uint32_t)w->marks[i];

		if (seq >= w->n)
			continue;
		f->duplicate_forward += seen[seq];
		if (seen[seq])
			continue;
		seen[seq] = 1;
		v[n++] = seq;
		if (w->fate[seq] == SLA_LOST)
			lost_back(w, seq);
	}
	order_count(&f->order_forward, first, v, n, &w->shift);
}


/* The responder's numbers in the order in which answers came here; one that
 * comes again was doubled on the way. */
static void back_order(struct sla_figures *f, const struct work *w, uint64_t *v, uint32_t *first)
{
	const struct sla_stream *st = w->st;
	uint32_t shift = 0, last = 0;
	size_t n = 0, out = 0;

	for (size_t i = 0; i < st->nsamples; i++)
		if (st->samples[i].arrival && !(st->samples[i].flags & SLA_CLOSING))
			v[n++] = key(st->samples[i].arrival, st->samples[i].rseq);
	for (size_t i = 0; i < st->ncopies; i++) {
		const struct sla_copy *c = &st->copies[i];

		if (c->seq < w->n)
			v[n++] = key(c->arrival, c->rseq);
	}
	sla_sort_keys(v, n);
	/* an answer that was doubled comes again with its own number */
	for (size_t i = 0; i < n; i++)
		v[i] = key((uint32_t)v[i], (uint32_t)i);
	sla_sort_keys(v, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t rseq = (uint32_t)(v[i] >> 32);

		if (rseq != last)
			v[out++] = key((uint32_t)v[i], rseq);
		last = rseq;
	}
	f->duplicate_back = n - out;
	sla_sort_keys(v, out);
	order_count(&f->order_back, first, v, out, &shift);
}


static void arrival_order(struct sla_figures *f, const struct work *w, uint64_t *v, uint32_t *first)
{
	uint32_t shift = 0;
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (w->st->samples[i].arrival)
			v[n++] = key(w->st->samples[i].arrival, (uint32_t)i);
	sla_sort_keys(v, n);
	order_count(&f->order, first, v, n, &shift);
}


static int work_init(struct work *w, struct arena *tmp, const struct sla_stream *st)
{
	size_t marks = st->nsamples + st->ncopies + st->nreached + 1;

	*w = (struct work){ .st = st, .n = st->nsamples };
	while (w->n && st->samples[w->n - 1].flags & SLA_CLOSING)
		w->n--;
	w->fate = arena_calloc(tmp, w->n + 1, sizeof(*w->fate));
	w->next = arena_calloc(tmp, w->n + 1, sizeof(*w->next));
	w->marks = arena_calloc(tmp, marks, sizeof(*w->marks));
	if (!w->fate || !w->next || !w->marks)
		return ENOMEM;

	w->next[w->n] = (uint32_t)w->n;
	for (size_t i = w->n; i--;) {
		w->fate[i] = st->samples[i].arrival ? SLA_ANSWERED : SLA_LOST;
		w->next[i] = w->fate[i] == SLA_LOST ? (uint32_t)i : w->next[i + 1];
	}
	return 0;
}


/* All but the runs. */
static int paths_read(struct sla_figures *f, struct work *w, struct arena *tmp, const struct sla_stream *st)
{
	size_t most = st->nsamples + st->ncopies + st->nreached + 1;
	uint64_t *v;
	uint32_t *first;
	uint8_t *seen;

	if (work_init(w, tmp, st))
		return ENOMEM;
	v = arena_calloc(tmp, most, sizeof(*v));
	first = arena_calloc(tmp, most, sizeof(*first));
	seen = arena_calloc(tmp, w->n + 1, 1);
	if (!v || !first || !seen)
		return ENOMEM;

	for (size_t i = 0; i < st->ncopies; i++)
		f->duplicate += st->copies[i].seq < w->n;
	arrival_order(f, w, v, first);
	f->directions = marks_read(w);
	if (f->directions) {
		forward_order(f, w, v, first, seen);
		back_order(f, w, v, first);
		/* `first` is free again */
		f->duplicate_forward += numbers_explain(w, first, f->duplicate_forward > 0);
	}
	fates_settle(w, f->directions);
	return 0;
}


int sla_fates_get(const uint8_t **fates, struct arena *a, const struct sla_stream *st)
{
	struct sla_figures f = {0};
	struct arena tmp = {0};
	struct work w;
	uint8_t *v = arena_calloc(a, st->nsamples + 1, 1);
	int err = v ? paths_read(&f, &w, &tmp, st) : ENOMEM;

	for (size_t i = 0; !err && i < w.n; i++)
		v[i] = w.fate[i];
	*fates = v;
	arena_reset(&tmp);
	return err;
}


int sla_paths_count(struct sla_figures *f, struct arena *tmp, const struct sla_stream *st)
{
	struct work w;
	int err = paths_read(f, &w, tmp, st);

	if (!err)
		runs_count(f, &w);
	return err;
}
