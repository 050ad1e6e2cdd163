#include <errno.h>
#include <string.h>

#include "daemons/sla/result.h"
#include "lib/sla/show/show.h"

/* Figures that need no table: what the samples say at once. */
struct brief {
	uint64_t sent, answered, copies, kernel_tx, kernel_rx, kernel_far, n;
	int64_t min, max, sum;
	unsigned dscp_far, dscp_near;
};


static void brief_get(struct brief *b, const struct sla_run *run)
{
	*b = (struct brief){.dscp_far = SLA_DSCP_UNKNOWN, .dscp_near = SLA_DSCP_UNKNOWN};
	for (size_t i = 0; i < run->nstreams; i++)
		for (size_t k = 0; k < run->streams[i].nsamples; k++) {
			const struct sla_sample *s = &run->streams[i].samples[k];
			int64_t rtt;

			if (s->flags & SLA_CLOSING)
				continue;
			b->sent++;
			b->answered += s->arrival > 0;
			b->copies += s->copies;
			b->kernel_tx += !!(s->flags & SLA_KERNEL_T1);
			b->kernel_rx += !!(s->flags & SLA_KERNEL_T4);
			b->kernel_far += !!(s->flags & SLA_KERNEL_T2);
			if (s->arrival) {
				b->dscp_far = s->dscp_far;
				b->dscp_near = s->dscp_near;
			}
			if (!sla_sample_rtt(s, &rtt))
				continue;
			b->min = !b->n || rtt < b->min ? rtt : b->min;
			b->max = !b->n || rtt > b->max ? rtt : b->max;
			b->sum += rtt;
			b->n++;
		}
}


static json_t *dscp(unsigned v)
{
	return v == SLA_DSCP_UNKNOWN ? json_null() : json_integer(v);
}


static json_t *clock_json(const struct sla_clock *c)
{
	return c->known ? json_real((double)c->error_ns / 1e6) : json_null();
}


static double gap_mean(const struct sla_stamp_gap *g)
{
	return g->n ? (double)g->sum_ns / (double)g->n / 1e3 : 0;
}


json_t *result_summary(const struct sla_run *run)
{
	struct brief b;

	brief_get(&b, run);
	return json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:I, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:i, s:f, s:f}",
		"from", run->from, "to", run->to, "stop", sla_stop_name(run->stop), "why", run->why,
		"sent", (json_int_t)b.sent, "answered", (json_int_t)b.answered,
		"duplicate", (json_int_t)b.copies,
		"rtt_min_ms", (double)b.min / 1e6,
		"rtt_mean_ms", b.n ? (double)b.sum / (double)b.n / 1e6 : 0.0,
		"rtt_max_ms", (double)b.max / 1e6,
		"dscp_far", dscp(b.dscp_far), "dscp_near", dscp(b.dscp_near),
		"clock_near_ms", clock_json(&run->near), "clock_far_ms", clock_json(&run->far),
		"clock_steps", (int)run->steps,
		"stamp_gap_tx_us", gap_mean(&run->gap_tx), "stamp_gap_rx_us", gap_mean(&run->gap_rx));
}


static int summary_write(struct sbuf *sb, const struct sla_run *run)
{
	json_t *o = result_summary(run);
	char *s = o ? json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;

	if (s)
		sbuf_printf(sb, "%s\n", s);
	json_decref(o);
	free(s);
	return s ? 0 : ENOMEM;
}


static int samples_write(struct sbuf *sb, const struct sla_run *run)
{
	sbuf_puts(sb, "stream,seq,arrival,rseq,copies,t1,t2,t3,t4,flags,bytes,dscp_far,dscp_near\n");
	for (size_t i = 0; i < run->nstreams; i++)
		for (size_t k = 0; k < run->streams[i].nsamples; k++) {
			const struct sla_sample *s = &run->streams[i].samples[k];

			sbuf_printf(sb, "%zu,%u,%u,%u,%u,%lld,%lld,%lld,%lld,%u,%u,%u,%u\n", i, s->seq,
				    s->arrival, s->rseq, s->copies, (long long)s->t1, (long long)s->t2,
				    (long long)s->t3, (long long)s->t4, s->flags, s->bytes, s->dscp_far,
				    s->dscp_near);
		}
	return 0;
}


const char *const result_formats[] = {
	"text", "json", "csv", "prometheus", "plot", "plot-ascii", "html", "brief", "samples", NULL,
};


int result_write(struct sbuf *sb, const struct sla_run *run, const char *format)
{
	if (sla_run_wrong(run))
		return EBADMSG;
	if (!strcmp(format, "samples"))
		return samples_write(sb, run);
	if (!strcmp(format, "brief"))
		return summary_write(sb, run);
	return sla_show_write(sb, run, format);
}


bool result_unfit(const struct sla_run *run)
{
	struct sla_show sh;
	struct arena a = {0};
	bool unfit = !sla_show_init(&sh, &a, run, 0) && sh.verdict.answer == SLA_UNFIT;

	arena_reset(&a);
	return unfit;
}
