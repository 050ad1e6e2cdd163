/* CSV (RFC 4180) and Prometheus' text format 0.0.4. */
#include <inttypes.h>
#include <string.h>

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


static void label(struct sbuf *sb, const char *name, const char *value)
{
	sbuf_printf(sb, "%s=\"", name);
	for (const char *p = value ? value : ""; *p; p++) {
		if (*p == '\\' || *p == '"')
			sbuf_printf(sb, "\\%c", *p);
		else if (*p == '\n')
			sbuf_puts(sb, "\\n");
		else
			sbuf_putc(sb, *p);
	}
	sbuf_putc(sb, '"');
}


/* Name and labels of a sample, a blank after it. */
static void sample(struct sbuf *sb, const struct sla_show *sh, const char *name, const char *key,
		   const char *value)
{
	sbuf_printf(sb, "visavis_sla_%s{", name);
	label(sb, "from", sh->run->from);
	sbuf_putc(sb, ',');
	label(sb, "to", sh->run->to);
	if (key) {
		sbuf_putc(sb, ',');
		label(sb, key, value);
	}
	sbuf_puts(sb, "} ");
}


static void head(struct sbuf *sb, const char *name, const char *type, const char *help)
{
	sbuf_printf(sb, "# HELP visavis_sla_%s %s\n# TYPE visavis_sla_%s %s\n", name, help, name, type);
}


static void put_quantiles(struct sbuf *sb, const struct sla_show *sh, const char *name, const char *help,
			  const struct sla_series *s)
{
	const struct {
		const char *q;
		int64_t v;
	} rows[] = {
		{"0", s->s.min}, {"0.5", s->p50}, {"0.9", s->p90}, {"0.95", s->p95}, {"0.99", s->p99},
		{"1", s->s.max},
	};
	char full[64];

	head(sb, name, "summary", help);
	for (size_t i = 0; s->s.n && i < sizeof(rows) / sizeof(rows[0]); i++) {
		sample(sb, sh, name, "quantile", rows[i].q);
		sbuf_put_fixed(sb, rows[i].v, 9);
		sbuf_putc(sb, '\n');
	}
	(void)strcpy(full, name);
	(void)strcat(full, "_sum");
	sample(sb, sh, full, NULL, NULL);
	sbuf_printf(sb, "%.9f\n", (double)s->s.sum / 1e9);
	(void)strcpy(full + strlen(name), "_count");
	sample(sb, sh, full, NULL, NULL);
	sbuf_printf(sb, "%" PRIu64 "\n", s->s.n);
}


static void put_packets(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_figures *f = &sh->total;
	const struct {
		const char *what;
		uint64_t n;
	} rows[] = {
		{"sent", f->sent}, {"lost_forward", f->loss_forward.lost}, {"lost_back", f->loss_back.lost},
		{"lost_unknown", f->lost_unknown}, {"late", f->late}, {"out_of_order", f->order.n},
		{"duplicate", f->duplicate},
	};

	head(sb, "packets", "gauge", "Packets of the last operation by what became of them.");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sample(sb, sh, "packets", "what", rows[i].what);
		sbuf_printf(sb, "%" PRIu64 "\n", rows[i].n);
	}
}


static void put_answers(struct sbuf *sb, const struct sla_show *sh)
{
	static const char *const names[] = {"fit", "cannot tell", "unfit"};

	head(sb, "verdict", "gauge", "1 for the verdict on the last operation.");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sample(sb, sh, "verdict", "verdict", names[i]);
		sbuf_printf(sb, "%d\n", sh->verdict.answer == (enum sla_answer)i);
	}
	if (sh->voice.known) {
		head(sb, "mos", "gauge", "Opinion score of speech by the E-model.");
		sample(sb, sh, "mos", NULL, NULL);
		sbuf_put_fixed(sb, sh->voice.mos100, 2);
		sbuf_putc(sb, '\n');
	}
}


void show_prometheus(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_figures *f = &sh->total;

	put_packets(sb, sh);
	put_quantiles(sb, sh, "rtt_seconds", "Round trip without the responder's own time.", &f->rtt);
	if (f->one_way) {
		put_quantiles(sb, sh, "forward_seconds", "One-way delay there.", &f->forward);
		put_quantiles(sb, sh, "back_seconds", "One-way delay back.", &f->back);
	}
	put_quantiles(sb, sh, "jitter_forward_seconds", "Difference of delay from packet to packet there.",
		      &f->jitter_forward.all);
	put_quantiles(sb, sh, "jitter_back_seconds", "Difference of delay from packet to packet back.",
		      &f->jitter_back.all);
	if (f->pictures) {
		put_quantiles(sb, sh, "picture_jitter_forward_seconds",
			      "Difference of delay from picture to picture there.", &f->picture_forward);
		put_quantiles(sb, sh, "picture_jitter_back_seconds",
			      "Difference of delay from picture to picture back.", &f->picture_back);
	}
	put_answers(sb, sh);
	head(sb, "start_time_seconds", "gauge", "When the last operation began.");
	sample(sb, sh, "start_time_seconds", NULL, NULL);
	sbuf_put_fixed(sb, sh->run->start_ns, 9);
	sbuf_putc(sb, '\n');
}
