#include "lib/sla/sample.h"

/* Times of a sane operation lie within some 140 years of 1970, so that no
 * difference of two of them, nor of two differences, overflows. */
#define TIME_MAX ((int64_t)1 << 62)


static bool times_sane(const struct sla_sample *s)
{
	const int64_t v[] = {s->t1, s->t2, s->t3, s->t4};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i] < 0 || v[i] >= TIME_MAX)
			return false;

	return true;
}


uint64_t sla_picture_of(unsigned pps, unsigned pictures, uint32_t seq)
{
	return (uint64_t)seq * pictures / pps;
}


static const char *samples_wrong(const struct sla_stream *st)
{
	bool closing = false;

	for (size_t i = 0; i < st->nsamples; i++) {
		const struct sla_sample *s = &st->samples[i];

		if (s->seq != i)
			return "a sample's number is not its index";
		if (closing && !(s->flags & SLA_CLOSING))
			return "a packet follows a closing one";
		closing = s->flags & SLA_CLOSING;
		if (!s->arrival && (s->copies || s->rseq))
			return "a packet without an answer has copies of it";
		if (s->arrival > st->nsamples + st->ncopies)
			return "more answers are counted than there are";
		if (!times_sane(s))
			return "a time is out of range";
	}

	return NULL;
}


static const char *copies_wrong(const struct sla_stream *st)
{
	uint64_t n = 0;

	for (size_t i = 0; i < st->nsamples; i++)
		n += st->samples[i].copies;
	if (n != st->ncopies)
		return "copies are counted that are not there";

	for (size_t i = 0; i < st->ncopies; i++) {
		const struct sla_copy *c = &st->copies[i];

		if (c->seq >= st->nsamples || !st->samples[c->seq].arrival)
			return "a copy of an answer that never came";
		if (c->arrival <= st->samples[c->seq].arrival)
			return "a copy came before its original";
	}

	return NULL;
}


static const char *reached_wrong(const struct sla_stream *st)
{
	for (size_t i = 0; i < st->nreached; i++)
		if (st->reached[i].seq >= st->nsamples || !st->reached[i].rseq)
			return "a packet that was never sent reached the far end";

	return NULL;
}


static const char *sizes_wrong(const struct sla_run *run)
{
	size_t samples = 0, copies = 0;

	if (run->nstreams > SLA_STREAMS_MAX)
		return "too many streams";
	for (size_t i = 0; i < run->nstreams; i++) {
		const struct sla_stream *st = &run->streams[i];

		samples += st->nsamples;
		copies += st->ncopies;
		if (samples > SLA_SAMPLES_MAX + run->nstreams * SLA_CLOSING_MAX || copies > SLA_SAMPLES_MAX ||
		    st->nreached > 2 * (size_t)SLA_SAMPLES_MAX)
			return "too many samples";
	}

	return NULL;
}


const char *sla_run_wrong(const struct sla_run *run)
{
	const char *wrong = sizes_wrong(run);

	for (size_t i = 0; !wrong && i < run->nstreams; i++) {
		const struct sla_stream *st = &run->streams[i];

		wrong = samples_wrong(st);
		wrong = wrong ? wrong : copies_wrong(st);
		wrong = wrong ? wrong : reached_wrong(st);
	}

	return wrong;
}


/* Nobody holds a packet for longer than it is away: a responder that says so
 * has a clock that stepped, or lies. Two clocks do not run the same. */
static bool held_sane(const struct sla_sample *s)
{
	return s->t3 >= s->t2 && s->t3 - s->t2 <= s->t4 - s->t1 + SLA_HELD_MORE;
}


static bool has_times(const struct sla_sample *s)
{
	return s->arrival && (s->flags & SLA_HAS_ALL) == SLA_HAS_ALL && !(s->flags & SLA_STEPPED) &&
		held_sane(s);
}


bool sla_sample_rtt(const struct sla_sample *s, int64_t *ns)
{
	if (!s->arrival || (s->flags & SLA_HAS_OWN) != SLA_HAS_OWN || s->flags & SLA_STEPPED)
		return false;
	*ns = s->t4 - s->t1;
	if (has_times(s))
		*ns -= s->t3 - s->t2;
	return true;
}


bool sla_sample_forward(const struct sla_sample *s, int64_t *ns)
{
	if (!has_times(s))
		return false;
	*ns = s->t2 - s->t1;
	return true;
}


bool sla_sample_back(const struct sla_sample *s, int64_t *ns)
{
	if (!has_times(s))
		return false;
	*ns = s->t4 - s->t3;
	return true;
}


bool sla_sample_in_time(const struct sla_sample *s, int64_t late_ns)
{
	int64_t rtt;

	if (!s->arrival)
		return false;
	return late_ns <= 0 || !sla_sample_rtt(s, &rtt) || rtt <= late_ns;
}


const char *sla_stop_name(enum sla_stop stop)
{
	static const char *const names[] = {
		[SLA_STOP_DONE] = "done",
		[SLA_STOP_INTERRUPTED] = "interrupted",
		[SLA_STOP_LIMIT] = "limit",
		[SLA_STOP_NO_RESPONDER] = "no responder",
		[SLA_STOP_REFUSED] = "refused",
		[SLA_STOP_ERROR] = "error",
	};

	return (size_t)stop < sizeof(names) / sizeof(names[0]) ? names[stop] : "unknown";
}


const char *sla_kind_name(enum sla_kind kind)
{
	static const char *const names[] = {
		[SLA_PLAIN] = "plain",
		[SLA_VIDEO] = "video",
		[SLA_AUDIO] = "audio",
		[SLA_CONTENT] = "content",
	};

	return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}
