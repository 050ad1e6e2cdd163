#include <errno.h>
#include <string.h>

#include "daemons/sla/result.h"
#include "lib/sla/show/show.h"

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


json_t *result_count(struct sla_metrics *m, const struct sla_run *run)
{
	struct sbuf sb = {0};
	struct sla_show sh;
	struct arena a = {0};
	json_t *o = NULL;

	if (!sla_show_init(&sh, &a, run, 0)) {
		sla_metrics_add(m, &sh);
		sla_format_find("brief")->write(&sb, &sh);
		o = json_loads(sbuf_str(&sb), 0, NULL);
	}
	sbuf_reset(&sb);
	arena_reset(&a);
	return o;
}
