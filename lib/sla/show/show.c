#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/sla/figures_int.h"
#include "lib/sla/show/show_int.h"

const struct sla_format sla_formats[] = {
	{"text", "the figures, in 80 columns", show_text},
	{"json", "all figures for programs", show_json},
	{"csv", "a line for each stream and one for all", show_csv},
	{"prometheus", "metrics in Prometheus' text format", show_prometheus},
	{"plot", "delay over time and its distribution, in 80 columns", show_plot},
	{"plot-ascii", "the same without Unicode", show_plot_ascii},
	{"html", "one page with figures and drawings", show_html},
	{"brief", "a few figures, for a status", show_brief},
	{NULL, NULL, NULL},
};


int sla_show_init(struct sla_show *sh, struct arena *a, const struct sla_run *run, unsigned advantage)
{
	struct arena tmp = {0};
	int err;

	*sh = (struct sla_show){ .run = run, .advantage = advantage };
	if (sla_run_wrong(run))
		return EINVAL;
	sh->streams = arena_calloc(a, run->nstreams + 1, sizeof(*sh->streams));
	sh->voices = arena_calloc(a, run->nstreams + 1, sizeof(*sh->voices));
	sh->fates = arena_calloc(a, run->nstreams + 1, sizeof(*sh->fates));
	if (!sh->streams || !sh->voices || !sh->fates)
		return ENOMEM;

	err = sla_figures_get(&sh->total, sh->streams, &tmp, run);
	arena_reset(&tmp);
	for (size_t i = 0; !err && i < run->nstreams; i++)
		err = sla_fates_get(&sh->fates[i], a, &run->streams[i]);
	if (err)
		return err;

	sla_verdict_get(&sh->verdict, &sh->total);
	sla_voice_get(&sh->voice, &sh->total, NULL, advantage);
	for (size_t i = 0; i < run->nstreams; i++) {
		const struct sla_stream *st = &run->streams[i];

		sla_voice_get(&sh->voices[i], &sh->streams[i], st->codec, advantage);
		if (st->codec && !sh->codec) {
			sh->codec = st->codec;
			sh->voice = sh->voices[i];
		}
	}

	return 0;
}


const struct sla_format *sla_format_find(const char *name)
{
	for (const struct sla_format *f = sla_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}


int sla_show_write(struct sbuf *sb, const struct sla_run *run, const char *format)
{
	const struct sla_format *f = sla_format_find(format);
	struct arena a = {0};
	struct sla_show sh;
	int err;

	if (!f)
		return ENOENT;

	err = sla_show_init(&sh, &a, run, 0);
	if (!err)
		f->write(sb, &sh);
	arena_reset(&a);
	return err ? err : sb->err;
}


static void sent_range(const struct sla_run *run, int64_t *first, int64_t *last)
{
	bool any = false;

	*first = *last = 0;
	for (size_t i = 0; i < run->nstreams; i++)
		for (size_t k = 0; k < run->streams[i].nsamples; k++) {
			const struct sla_sample *s = &run->streams[i].samples[k];

			if (s->flags & SLA_CLOSING || !(s->flags & SLA_HAS_T1))
				continue;
			*first = !any || s->t1 < *first ? s->t1 : *first;
			*last = !any || s->t1 > *last ? s->t1 : *last;
			any = true;
		}
}


int64_t show_duration(const struct sla_run *run)
{
	int64_t first, last;

	sent_range(run, &first, &last);
	return last - first;
}


static bool value_of(int64_t *v, const struct sla_sample *s, enum show_value what)
{
	return what == SHOW_FORWARD ? sla_sample_forward(s, v) :
		what == SHOW_BACK ? sla_sample_back(s, v) : sla_sample_rtt(s, v);
}


static void slot_add(struct show_slot *o, const struct sla_sample *s, uint8_t fate, int64_t late_ns,
		     enum show_value what)
{
	int64_t v;

	/* which way a late one was held up is not known */
	if (!sla_sample_in_time(s, late_ns) && fate != (what == SHOW_FORWARD ? SLA_LOST_BACK :
							what == SHOW_BACK ? SLA_LOST_FORWARD : SLA_LOST))
		o->lost++;
	if (!sla_sample_timed(s, late_ns) || !value_of(&v, s, what))
		return;
	o->min = !o->n || v < o->min ? v : o->min;
	o->max = !o->n || v > o->max ? v : o->max;
	o->sum += v;
	o->n++;
}


void show_over_time(struct show_slot *v, size_t n, const struct sla_show *sh, enum show_value what)
{
	const struct sla_run *run = sh->run;
	int64_t first, last;

	memset(v, 0, n * sizeof(*v));
	sent_range(run, &first, &last);
	for (size_t i = 0; i < run->nstreams; i++)
		for (size_t k = 0; k < run->streams[i].nsamples; k++) {
			const struct sla_sample *s = &run->streams[i].samples[k];
			sla_int128 at = (sla_int128)(s->t1 - first) * (sla_int128)n / (last - first + 1);

			if (!(s->flags & SLA_CLOSING) && s->flags & SLA_HAS_T1)
				slot_add(&v[at], s, sh->fates[i][k], run->late_ns, what);
		}
}


void show_spread(uint64_t *v, size_t n, const struct sla_show *sh, enum show_value what, int64_t lo,
		 int64_t hi)
{
	const struct sla_run *run = sh->run;

	memset(v, 0, n * sizeof(*v));
	for (size_t i = 0; i < run->nstreams; i++)
		for (size_t k = 0; k < run->streams[i].nsamples; k++) {
			const struct sla_sample *s = &run->streams[i].samples[k];
			sla_int128 at;
			int64_t x;

			if (!sla_sample_timed(s, run->late_ns) || !value_of(&x, s, what))
				continue;
			at = (sla_int128)(x - lo) * (sla_int128)n / (hi > lo ? hi - lo : 1);
			v[at < 0 ? 0 : at >= (sla_int128)n ? n - 1 : (size_t)at]++;
		}
}


/* Days since 1970 as a date (Gregorian, years from March on). */
void show_time(struct sbuf *sb, int64_t ns)
{
	int64_t s = ns / 1000000000, days = s / 86400 + 719468, era, doe, yoe, doy, mp;

	s %= 86400;
	era = days / 146097;
	doe = days % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	sbuf_printf(sb, "%04" PRId64 "-%02" PRId64 "-%02" PRId64 " %02" PRId64 ":%02" PRId64 ":%02" PRId64 " UTC",
		    yoe + era * 400 + (mp >= 10), mp < 10 ? mp + 3 : mp - 9, doy - (153 * mp + 2) / 5 + 1,
		    s / 3600, s / 60 % 60, s % 60);
}


void show_ms(struct sbuf *sb, int64_t ns, int width)
{
	int64_t m = ns < 0 ? -ns : ns;

	sbuf_printf(sb, "%*.*f", width, m < 10000000 ? 3 : m < 100000000 ? 2 : 1, (double)ns / 1e6);
}


void show_percent(struct sbuf *sb, uint64_t part, uint64_t of)
{
	sbuf_printf(sb, "%.3g %%", of ? 100.0 * (double)part / (double)of : 0.0);
}


bool show_new_profile(const struct sla_run *run, size_t n)
{
	for (size_t i = 0; run->streams[n].profile && i < n; i++)
		if (run->streams[i].profile && !strcmp(run->streams[i].profile, run->streams[n].profile))
			return false;
	return run->streams[n].profile;
}


void show_title(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_run *run = sh->run;
	const char *lead = ", ";

	sbuf_printf(sb, "%s to %s", run->from ? run->from : "here", run->to ? run->to : "there");
	for (size_t i = 0; i < run->nstreams; i++)
		if (show_new_profile(run, i)) {
			sbuf_printf(sb, "%s%s", lead, run->streams[i].profile);
			lead = " + ";
		}
}


void show_hint(struct sbuf *sb, const struct sla_show *sh)
{
	int64_t ns = show_duration(sh->run);
	uint64_t sent = sh->total.sent, needed = 0;

	for (unsigned t = 0; t < SLA_TARGETS; t++)
		for (unsigned w = 0; w < SLA_WAYS; w++)
			if (sh->verdict.checks[t][w].needed > needed)
				needed = sh->verdict.checks[t][w].needed;
	if (needed <= sent || sent < 2 || ns <= 0)
		return;
	sbuf_printf(sb, "%" PRIu64 " packets at this rate: --duration %.0f", needed,
		    ceil((double)needed * (double)ns / (double)(sent - 1) / 1e9));
}


void show_wrapped(struct sbuf *sb, unsigned at, unsigned indent, const char *text)
{
	for (const char *word = text; *word;) {
		size_t n = strcspn(word, " ");

		if (at > indent && at + n + 1 > SHOW_WIDTH) {
			sbuf_printf(sb, "\n%*s", (int)indent, "");
			at = indent;
		}
		else if (word > text) {
			sbuf_putc(sb, ' ');
			at++;
		}
		sbuf_printf(sb, "%.*s", (int)n, word);
		at += (unsigned)n;
		word += n;
		word += strspn(word, " ");
	}
	sbuf_putc(sb, '\n');
}


static double gap_us(const struct sla_stamp_gap *g)
{
	return g->n ? (double)g->sum_ns / (double)g->n / 1e3 : 0;
}


void show_stamps(struct sbuf *sb, const struct sla_run *run)
{
	if (run->gap_tx.n || run->gap_rx.n)
		sbuf_printf(sb, "Stamps are the kernel's; the program's own are off by %.0f us when sending, "
			    "%.0f us when receiving.", gap_us(&run->gap_tx), gap_us(&run->gap_rx));
}


int64_t show_step(int64_t range, unsigned n)
{
	int64_t step = 1;

	for (;;) {
		if (range / step <= n)
			return step;
		if (range / (2 * step) <= n)
			return 2 * step;
		if (range / (5 * step) <= n)
			return 5 * step;
		if (step > INT64_MAX / 100)
			return step;
		step *= 10;
	}
}
