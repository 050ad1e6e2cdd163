/* Prometheus' text format 0.0.4: all samples of a family stand together. */
#include <inttypes.h>
#include <string.h>

#include "lib/sla/show/metrics.h"
#include "lib/sla/show/show_int.h"

const char *const sla_count_names[SLA_COUNTS] = {
	"sent", "answered", "lost_forward", "lost_back", "lost_unknown", "late", "out_of_order", "duplicate",
};


static void counts_of(uint64_t v[SLA_COUNTS], const struct sla_figures *f)
{
	const uint64_t all[SLA_COUNTS] = {
		f->sent, f->answered, f->loss_forward.lost, f->loss_back.lost, f->lost_unknown, f->late,
		f->order.n, f->duplicate,
	};

	memcpy(v, all, sizeof(all));
}


void sla_metrics_set(struct sla_metrics *m, const struct sla_show *sh)
{
	m->start_ns = sh->run->start_ns;
	m->total = sh->total;
	m->verdict = sh->verdict;
	m->voice = sh->voice;
}


void sla_metrics_add(struct sla_metrics *m, const struct sla_show *sh)
{
	uint64_t v[SLA_COUNTS];

	sla_metrics_set(m, sh);
	if (!m->measurements++)
		m->since_ns = sh->run->start_ns;
	m->failed += sh->run->stop != SLA_STOP_DONE;
	counts_of(v, &sh->total);
	for (unsigned i = 0; i < SLA_COUNTS; i++)
		m->counts[i] += v[i];
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
static void sample(struct sbuf *sb, const struct sla_metrics *m, const char *name, const char *suffix,
		   const char *key, const char *value)
{
	sbuf_printf(sb, "visavis_sla_%s%s{", name, suffix);
	label(sb, "from", m->from);
	sbuf_putc(sb, ',');
	label(sb, "to", m->to);
	if (key) {
		sbuf_putc(sb, ',');
		label(sb, key, value);
	}
	sbuf_puts(sb, "} ");
}


static void sample_count(struct sbuf *sb, const struct sla_metrics *m, const char *name, const char *key,
			 const char *value, uint64_t n)
{
	sample(sb, m, name, "", key, value);
	sbuf_printf(sb, "%" PRIu64 "\n", n);
}


static void head(struct sbuf *sb, const char *name, const char *type, const char *help)
{
	sbuf_printf(sb, "# HELP visavis_sla_%s %s\n# TYPE visavis_sla_%s %s\n", name, help, name, type);
}


static void quantiles(struct sbuf *sb, const struct sla_metrics *m, const char *name,
		      const struct sla_series *s)
{
	const struct {
		const char *q;
		int64_t v;
	} rows[] = {
		{"0", s->s.min}, {"0.5", s->p50}, {"0.9", s->p90}, {"0.95", s->p95}, {"0.99", s->p99},
		{"1", s->s.max},
	};

	for (size_t i = 0; s->s.n && i < sizeof(rows) / sizeof(rows[0]); i++) {
		sample(sb, m, name, "", "quantile", rows[i].q);
		sbuf_put_fixed(sb, rows[i].v, 9);
		sbuf_putc(sb, '\n');
	}
	sample(sb, m, name, "_sum", NULL, NULL);
	sbuf_printf(sb, "%.9f\n", (double)s->s.sum / 1e9);
	sample(sb, m, name, "_count", NULL, NULL);
	sbuf_printf(sb, "%" PRIu64 "\n", s->s.n);
}


static bool has_all(const struct sla_figures *f)
{
	(void)f;
	return true;
}


static bool has_one_way(const struct sla_figures *f)
{
	return f->one_way;
}


static bool has_pictures(const struct sla_figures *f)
{
	return f->pictures != 0;
}


static const struct {
	const char *name, *help;
	size_t series;		/* in struct sla_figures */
	bool (*has_h)(const struct sla_figures *f);
} summaries[] = {
	{"rtt_seconds", "Round trip without the responder's own time.", offsetof(struct sla_figures, rtt), has_all},
	{"forward_seconds", "One-way delay there.", offsetof(struct sla_figures, forward), has_one_way},
	{"back_seconds", "One-way delay back.", offsetof(struct sla_figures, back), has_one_way},
	{"jitter_forward_seconds", "Difference of delay from packet to packet there.",
	 offsetof(struct sla_figures, jitter_forward.all), has_all},
	{"jitter_back_seconds", "Difference of delay from packet to packet back.",
	 offsetof(struct sla_figures, jitter_back.all), has_all},
	{"picture_jitter_forward_seconds", "Difference of delay from picture to picture there.",
	 offsetof(struct sla_figures, picture_forward), has_pictures},
	{"picture_jitter_back_seconds", "Difference of delay from picture to picture back.",
	 offsetof(struct sla_figures, picture_back), has_pictures},
};


static void put_summary(struct sbuf *sb, const struct sla_metrics *v, size_t n, size_t which)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (!summaries[which].has_h(&v[i].total))
			continue;
		if (!any)
			head(sb, summaries[which].name, "summary", summaries[which].help);
		any = true;
		quantiles(sb, &v[i], summaries[which].name,
			  (const void *)((const char *)&v[i].total + summaries[which].series));
	}
}


static void put_packets(struct sbuf *sb, const struct sla_metrics *v, size_t n)
{
	uint64_t counts[SLA_COUNTS];

	head(sb, "packets", "gauge", "Packets of the last operation by what became of them.");
	for (size_t i = 0; i < n; i++) {
		counts_of(counts, &v[i].total);
		for (unsigned k = 0; k < SLA_COUNTS; k++)
			sample_count(sb, &v[i], "packets", "what", sla_count_names[k], counts[k]);
	}
}


static void put_answers(struct sbuf *sb, const struct sla_metrics *v, size_t n)
{
	static const enum sla_answer answers[] = {SLA_FIT, SLA_UNKNOWN, SLA_UNFIT};
	bool any = false;

	head(sb, "verdict", "gauge", "1 for the verdict on the last operation.");
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(answers) / sizeof(answers[0]); k++)
			sample_count(sb, &v[i], "verdict", "verdict", sla_answer_name(answers[k]),
				     v[i].verdict.answer == answers[k]);
	for (size_t i = 0; i < n; i++) {
		if (!v[i].voice.known)
			continue;
		if (!any)
			head(sb, "mos", "gauge", "Opinion score of speech by the E-model.");
		any = true;
		sample(sb, &v[i], "mos", "", NULL, NULL);
		sbuf_put_fixed(sb, v[i].voice.mos100, 2);
		sbuf_putc(sb, '\n');
	}
}


static void put_sums(struct sbuf *sb, const struct sla_metrics *v, size_t n)
{
	head(sb, "operations_total", "counter", "Operations since the program began.");
	for (size_t i = 0; i < n; i++)
		sample_count(sb, &v[i], "operations_total", NULL, NULL, v[i].measurements);
	head(sb, "operations_failed_total", "counter", "Operations that did not come to their end.");
	for (size_t i = 0; i < n; i++)
		sample_count(sb, &v[i], "operations_failed_total", NULL, NULL, v[i].failed);
	head(sb, "packets_total", "counter", "Packets of all operations by what became of them.");
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < SLA_COUNTS; k++)
			sample_count(sb, &v[i], "packets_total", "what", sla_count_names[k], v[i].counts[k]);
}


void sla_metrics_write(struct sbuf *sb, const struct sla_metrics *v, size_t n)
{
	if (!n)
		return;
	put_packets(sb, v, n);
	for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++)
		put_summary(sb, v, n, i);
	put_answers(sb, v, n);
	head(sb, "start_time_seconds", "gauge", "When the last operation began.");
	for (size_t i = 0; i < n; i++) {
		sample(sb, &v[i], "start_time_seconds", "", NULL, NULL);
		sbuf_put_fixed(sb, v[i].start_ns, 9);
		sbuf_putc(sb, '\n');
	}
	if (v[0].measurements)
		put_sums(sb, v, n);
}


void show_prometheus(struct sbuf *sb, const struct sla_show *sh)
{
	struct sla_metrics m = {.from = sh->run->from, .to = sh->run->to};

	sla_metrics_set(&m, sh);
	sla_metrics_write(sb, &m, 1);
}
