/* CSV (RFC 4180). */
#include <inttypes.h>

#include "lib/sla/show/show_int.h"


static void csv_series(struct sbuf *sb, const struct sla_series *s, bool known)
{
	const int64_t v[] = {
		s->s.min, sla_sums_mean(&s->s), s->s.max, s->p50, s->p90, s->p95, s->p99,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		sbuf_putc(sb, ',');
		if (known && s->s.n)
			sbuf_put_fixed(sb, v[i], 6);
	}
}


static void csv_line(struct sbuf *sb, const struct sla_show *sh, const char *stream,
		     const struct sla_figures *f, const struct sla_voice *v, const char *verdict)
{
	sbuf_put_csv(sb, sh->run->from ? sh->run->from : "");
	sbuf_putc(sb, ',');
	sbuf_put_csv(sb, sh->run->to ? sh->run->to : "");
	sbuf_putc(sb, ',');
	show_time(sb, sh->run->start_ns);
	sbuf_putc(sb, ',');
	sbuf_put_csv(sb, stream);
	sbuf_printf(sb, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, f->sent,
		    f->loss_forward.lost, f->loss_back.lost, f->lost_unknown, f->late, f->order.n, f->duplicate);
	csv_series(sb, &f->rtt, true);
	csv_series(sb, &f->forward, f->one_way);
	csv_series(sb, &f->back, f->one_way);
	csv_series(sb, &f->jitter_forward.all, true);
	csv_series(sb, &f->jitter_back.all, true);
	csv_series(sb, &f->picture_forward, true);
	csv_series(sb, &f->picture_back, true);
	sbuf_putc(sb, ',');
	if (v->known)
		sbuf_put_fixed(sb, v->mos100, 2);
	sbuf_printf(sb, ",%s\r\n", verdict);
}


void show_csv(struct sbuf *sb, const struct sla_show *sh)
{
	static const char *const series[] = {
		"rtt", "forward", "back", "jitter_forward", "jitter_back", "picture_jitter_forward",
		"picture_jitter_back",
	};
	static const char *const values[] = {"min", "mean", "max", "p50", "p90", "p95", "p99"};

	sbuf_puts(sb, "from,to,start,stream,sent,lost_forward,lost_back,lost_unknown,late,out_of_order,duplicate");
	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++)
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
			sbuf_printf(sb, ",%s_%s_ms", series[i], values[k]);
	sbuf_puts(sb, ",mos,verdict\r\n");
	for (size_t i = 0; i < sh->run->nstreams; i++)
		csv_line(sb, sh, sh->run->streams[i].name ? sh->run->streams[i].name : "", &sh->streams[i],
			 &sh->voices[i], "");
	csv_line(sb, sh, "all", &sh->total, &sh->voice, sla_answer_name(sh->verdict.answer));
}
