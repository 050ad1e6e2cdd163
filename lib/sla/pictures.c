/* A decoder shows a picture when its last packet is there: what jitter does to
 * whole pictures, not to packets, is what people see. */
#include "lib/sla/figures_int.h"

struct picture {
	bool any;
	bool whole;		/* every packet so far is timed */
	int64_t sent, reached, answered, back;	/* the last of each */
};


static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}


static void packet_add(struct picture *p, const struct sla_sample *s, int64_t late_ns)
{
	int64_t there, back;
	bool timed = sla_sample_timed(s, late_ns) && sla_sample_forward(s, &there) && sla_sample_back(s, &back);

	if (!p->any)
		*p = (struct picture){true, timed, s->t1, s->t2, s->t3, s->t4};
	p->whole = p->whole && timed;
	if (!p->whole)
		return;
	p->sent = later(p->sent, s->t1);
	p->reached = later(p->reached, s->t2);
	p->answered = later(p->answered, s->t3);
	p->back = later(p->back, s->t4);
}


size_t sla_pictures_read(struct sla_figures *f, int64_t *forward, int64_t *back,
			 const struct sla_stream *st, int64_t late_ns)
{
	struct picture before = {0};
	size_t n = 0, i = 0;

	while (st->pictures && i < st->nsamples && !(st->samples[i].flags & SLA_CLOSING)) {
		uint64_t at = sla_picture_of(st->pps, st->pictures, (uint32_t)i);
		struct picture p = {0};

		for (; i < st->nsamples && !(st->samples[i].flags & SLA_CLOSING) &&
		     sla_picture_of(st->pps, st->pictures, (uint32_t)i) == at; i++)
			packet_add(&p, &st->samples[i], late_ns);
		f->pictures++;
		f->pictures_whole += p.whole;
		if (p.whole && before.whole) {
			forward[n] = sla_magnitude((p.reached - p.sent) - (before.reached - before.sent));
			back[n++] = sla_magnitude((p.back - p.answered) - (before.back - before.answered));
		}
		before = p;
	}

	return n;
}
