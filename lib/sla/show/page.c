/* One page for people, in the product's frame: what it draws is SVG. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/page/page.h"
#include "lib/sla/show/show_int.h"

enum { W = 720, H = 240, LEFT = 56, TOP = 26, BOTTOM = 34, SLOTS = 320, BARS = 40 };

/* What drawings of delay need beyond the shared style. */
static const char style[] =
	"figure.plot{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.9rem;"
	"margin:.8rem 0}figure.plot svg{width:100%;height:auto}svg text.axis{fill:var(--soft);font-size:12px}"
	".grid{stroke:var(--line)}.band{fill:var(--accent);opacity:.28}.lost{fill:var(--bad)}"
	".mean{stroke:var(--accent);stroke-width:1.6;fill:none}.bar{fill:var(--accent)}"
	".limit{stroke:var(--warn);stroke-dasharray:5 4}.key{display:inline-block;width:.8rem;height:.8rem;"
	"border-radius:3px;margin:0 .3rem 0 .7rem;vertical-align:-.08rem}"
	"[aria-label=\"Against the targets\"]>table{min-width:0}"
	".key.l{background:var(--accent);opacity:.4}.key.x{background:var(--bad)}"
	"svg text.over{paint-order:stroke;stroke:var(--card);stroke-width:4px}"
	"ul.reasons{list-style:none;margin:.8rem 0 0;padding:0}ul.reasons li{margin:.3rem 0}"
	"@media(max-width:640px){svg text.axis{font-size:20px}}";


static double x_of(size_t i, size_t n)
{
	return LEFT + (double)(W - LEFT - 8) * (double)i / (double)n;
}


static double y_of(int64_t v, int64_t top)
{
	double h = H - TOP - BOTTOM;

	return TOP + h - h * (double)(v < 0 ? 0 : v) / (double)top;
}


static void svg_open(struct sbuf *sb, const char *label)
{
	sbuf_printf(sb, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", W, H, label);
}


static void grid(struct sbuf *sb, int64_t top)
{
	int64_t step = show_step(top, 5);

	for (int64_t v = 0; v <= top; v += step) {
		sbuf_printf(sb, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
			    "<text class=\"axis\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", LEFT, W - 8,
			    y_of(v, top), y_of(v, top), LEFT - 6, y_of(v, top) + 4, (double)v / 1e6);
	}
}


static void seconds(struct sbuf *sb, int64_t duration)
{
	for (unsigned i = 0; i <= 4; i++)
		sbuf_printf(sb, "<text class=\"axis\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%.3g s</text>\n", x_of(i, 4), H - 6,
			    i == 0 ? "start" : i == 4 ? "end" : "middle", (double)duration / 4e9 * i);
}


/* From least to greatest delay of each slice, its mean, and red where
 * packets were lost: the whole height of it for all of them. */
static void over_time(struct sbuf *sb, const struct sla_show *sh, enum show_value what, int64_t top)
{
	struct show_slot v[SLOTS];
	size_t filled = 0, last = 0, gap;
	bool line = false;

	show_over_time(v, SLOTS, sh, what);
	for (size_t i = 0; i < SLOTS; i++)
		filled += v[i].n > 0;
	/* a pause in sending is no line */
	gap = filled ? 4 * SLOTS / filled : SLOTS;
	for (size_t i = 0; i < SLOTS; i++)
		if (v[i].n)
			sbuf_printf(sb, "<rect class=\"band\" x=\"%.1f\" width=\"%.1f\" y=\"%.1f\" height=\"%.1f\"/>",
				    x_of(i, SLOTS), x_of(1, SLOTS) - x_of(0, SLOTS) + .2, y_of(v[i].max, top) - .5,
				    y_of(v[i].min, top) - y_of(v[i].max, top) + 1);
	sbuf_puts(sb, "\n<path class=\"mean\" d=\"");
	for (size_t i = 0; i < SLOTS; i++) {
		struct sla_sums s = { .n = v[i].n, .sum = v[i].sum };

		if (!v[i].n)
			continue;
		sbuf_printf(sb, "%c%.1f %.1f", line && i - last <= gap ? 'L' : 'M', x_of(2 * i + 1, (size_t)2 * SLOTS),
			    y_of(sla_sums_mean(&s), top));
		line = true;
		last = i;
	}
	sbuf_puts(sb, "\"/>\n");
	for (size_t i = 0; i < SLOTS; i++)
		if (v[i].lost) {
			double h = 6 + 10.0 * (double)v[i].lost / (double)(v[i].lost + v[i].n);

			sbuf_printf(sb, "<rect class=\"lost\" x=\"%.1f\" width=\"3\" y=\"%.1f\" height=\"%.1f\"/>",
				    x_of(i, SLOTS), H - BOTTOM + 1.0, h);
		}
}


/* Its name stands where the delay mostly is not. */
static void limit_line(struct sbuf *sb, const struct sla_series *s, int64_t limit, int64_t top)
{
	double y = y_of(limit, top);

	sbuf_printf(sb, "<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
		    "<text class=\"axis over\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">target %g ms</text>\n", LEFT,
		    W - 8, y, y, W - 8, sla_sums_mean(&s->s) > limit ? y + 20 : y - 4, (double)limit / 1e6);
}


static void time_figure(struct sbuf *sb, const struct sla_show *sh, enum show_value what,
			const char *name, const struct sla_series *s, int64_t limit)
{
	int64_t high = s->s.max > 0 ? s->s.max : 1, step = show_step(high, 5), top = (high + step - 1) / step * step;

	sbuf_printf(sb, "<figure class=\"plot\"><figcaption><b>%s delay over time</b>, ms<br>"
		    "<span class=\"key l\"></span>least to greatest, line: mean"
		    "<span class=\"key x\"></span>%s</figcaption>\n", name,
		    what == SHOW_RTT ? "lost or late" : "lost this way, or late");
	svg_open(sb, name);
	grid(sb, top);
	over_time(sb, sh, what, top);
	if (limit && limit <= top)
		limit_line(sb, s, limit, top);
	seconds(sb, show_duration(sh->run));
	sbuf_puts(sb, "</svg></figure>\n");
}


/* Lines at round numbers of packets. */
static void counts(struct sbuf *sb, uint64_t most)
{
	int64_t step = show_step((int64_t)most, 4);

	for (int64_t v = 0; v <= (int64_t)most; v += step)
		sbuf_printf(sb, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
			    "<text class=\"axis\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%" PRId64 "</text>\n", LEFT, W - 8,
			    y_of(v, (int64_t)most), y_of(v, (int64_t)most), LEFT - 6, y_of(v, (int64_t)most) + 4, v);
}


static void spread_figure(struct sbuf *sb, const struct sla_show *sh, enum show_value what,
			  const char *name, const struct sla_series *s)
{
	int64_t step = show_step(s->p99 - s->s.min, BARS - 4), lo = (s->s.min < 0 ? s->s.min - step : s->s.min) / step * step;
	unsigned n = (unsigned)((s->p99 - lo) / step) + 3;
	uint64_t bars[BARS], most = 1;

	n = n < BARS ? n : BARS;
	show_spread(bars, n, sh, what, lo, lo + step * n);
	for (unsigned i = 0; i < n; i++)
		most = bars[i] > most ? bars[i] : most;
	sbuf_printf(sb, "<figure class=\"plot\"><figcaption><b>%s delay, distribution</b>: packets by ms; the last bar holds all "
		    "above</figcaption>\n", name);
	svg_open(sb, "distribution");
	counts(sb, most);
	for (unsigned i = 0; i < n; i++) {
		double h = (H - TOP - BOTTOM) * (double)bars[i] / (double)most;

		if (bars[i])
			sbuf_printf(sb, "<rect class=\"bar\" x=\"%.1f\" width=\"%.1f\" y=\"%.1f\" height=\"%.1f\">"
				    "<title>%g ms and more: %" PRIu64 " packets</title></rect>", x_of(i, n) + .5,
				    x_of(1, n) - x_of(0, n) - 1, H - BOTTOM - (h < 1 ? 1 : h), h < 1 ? 1 : h,
				    (double)(lo + i * step) / 1e6, bars[i]);
	}
	for (unsigned i = 0; i < n; i += n > 5 ? n / 5 : 1)
		sbuf_printf(sb, "<text class=\"axis\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n", x_of(i, n), H - 6,
			    (double)(lo + i * step) / 1e6);
	sbuf_puts(sb, "</svg></figure>\n");
}


static const char *const tones[] = {"good", "warn", "bad"};


static void tile(struct sbuf *sb, const char *tone, const char *name, double v, int digits, const char *unit)
{
	char figure[32];

	if (v < 1000)
		(void)snprintf(figure, sizeof(figure), "%.*g", digits, v);
	else
		(void)snprintf(figure, sizeof(figure), "%.0f", v);
	page_tile_tone(sb, tone, figure, unit, name);
}


/* A figure with a target, in the tone of what became of it. */
static void target_tile(struct sbuf *sb, const struct sla_show *sh, enum sla_target_id id, enum sla_way way,
			const char *name, double v)
{
	const struct sla_target *t = &sla_targets[id];
	enum sla_answer answer = sh->verdict.checks[id][way].answer;
	bool percent = t->unit[0] == '%';
	char label[96];

	(void)snprintf(label, sizeof(label), "%s; target %g %s", name, (double)t->limit / (percent ? 10000 : 1e6), t->unit);
	tile(sb, answer == SLA_FIT ? NULL : tones[answer], label, v, percent ? 3 : 4, t->unit);
}


static void tiles(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_figures *f = &sh->total;
	double sent = f->sent ? (double)f->sent : 1;

	sbuf_puts(sb, "<ul class=\"tiles\">\n");
	if (f->one_way) {
		target_tile(sb, sh, SLA_TARGET_DELAY, SLA_FORWARD, "delay forward, mean",
			    (double)sla_sums_mean(&f->forward.s) / 1e6);
		target_tile(sb, sh, SLA_TARGET_DELAY, SLA_BACK, "delay back, mean",
			    (double)sla_sums_mean(&f->back.s) / 1e6);
	}
	else if (f->timed) {
		tile(sb, NULL, "round trip, mean", (double)sla_sums_mean(&f->rtt.s) / 1e6, 4, "ms");
	}
	if (f->forward.s.n) {
		target_tile(sb, sh, SLA_TARGET_JITTER, SLA_FORWARD, "jitter forward, p95",
			    (double)f->jitter_forward.all.p95 / 1e6);
		target_tile(sb, sh, SLA_TARGET_JITTER, SLA_BACK, "jitter back, p95", (double)f->jitter_back.all.p95 / 1e6);
	}
	target_tile(sb, sh, SLA_TARGET_LOSS, SLA_FORWARD, "lost forward", 100 * (double)f->loss_forward.lost / sent);
	target_tile(sb, sh, SLA_TARGET_LOSS, SLA_BACK, "lost back", 100 * (double)f->loss_back.lost / sent);
	if (f->lost_unknown)
		tile(sb, NULL, "lost either way", 100 * (double)f->lost_unknown / sent, 3, "%");
	if (sh->voice.known)
		tile(sb, NULL, "MOS of speech", sh->voice.mos100 / 100.0, 3, "");
	sbuf_puts(sb, "</ul>\n");
}


/* What stands between the path and "fit", before all else. */
static void reasons(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_verdict *v = &sh->verdict;
	struct sbuf text = {0};

	sbuf_puts(sb, "<ul class=\"reasons\">\n");
	for (unsigned t = 0; sh->total.sent && t < SLA_TARGETS; t++)
		for (unsigned w = 0; w < SLA_WAYS; w++) {
			enum sla_answer answer = v->checks[t][w].answer;

			if (answer == SLA_FIT || (!v->checks[t][w].measured && !sh->total.timed))
				continue;
			sla_check_print(&text, v, (enum sla_target_id)t, (enum sla_way)w);
			sbuf_puts(sb, "<li>");
			page_badge(sb, tones[answer], sla_answer_name(answer));
			sbuf_putc(sb, ' ');
			sbuf_put_html(sb, sbuf_str(&text));
			sbuf_puts(sb, "</li>\n");
			sbuf_reset(&text);
		}
	show_hint(&text, sh);
	if (text.len)
		sbuf_printf(sb, "<li>%s</li>\n", sbuf_str(&text));
	sbuf_puts(sb, "</ul>\n");
	sbuf_reset(&text);
}


static void checks(struct sbuf *sb, const struct sla_verdict *v)
{
	static const char *const heads[] = {"Answer", "Target and figure"};

	page_section(sb, "targets", "Against the targets", NULL);
	page_table(sb, "Against the targets", heads, 2);
	for (unsigned t = 0; t < SLA_TARGETS; t++)
		for (unsigned w = 0; w < SLA_WAYS; w++) {
			enum sla_answer answer = v->checks[t][w].answer;
			struct sbuf text = {0};

			if (v->checks[t][w].absent)
				continue;
			sla_check_print(&text, v, (enum sla_target_id)t, (enum sla_way)w);
			sbuf_puts(sb, "<tr><td>");
			page_badge(sb, tones[answer], sla_answer_name(answer));
			sbuf_puts(sb, "</td><td>");
			sbuf_put_html(sb, sbuf_str(&text));
			sbuf_puts(sb, "</td></tr>\n");
			sbuf_reset(&text);
		}
	page_table_end(sb);
	sbuf_puts(sb, "</section>\n");
}


static void row(struct sbuf *sb, const char *name, const struct sla_series *s)
{
	const int64_t v[] = {s->s.min, sla_sums_mean(&s->s), s->p50, s->p90, s->p95, s->p99, s->s.max};

	sbuf_printf(sb, "<tr><td>%s</td>", name);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		sbuf_puts(sb, "<td class=\"n\">");
		if (s->s.n)
			show_ms(sb, v[i], 0);
		sbuf_puts(sb, "</td>");
	}
	sbuf_puts(sb, "</tr>\n");
}


static void delay_table(struct sbuf *sb, const struct sla_figures *f)
{
	static const char *const heads[] = {"ms", "#min", "#mean", "#p50", "#p90", "#p95", "#p99", "#max"};

	page_table(sb, "Delays and jitters", heads, sizeof(heads) / sizeof(heads[0]));
	row(sb, "round trip", &f->rtt);
	if (f->one_way) {
		row(sb, "forward", &f->forward);
		row(sb, "back", &f->back);
	}
	row(sb, "jitter forward", &f->jitter_forward.all);
	row(sb, "jitter back", &f->jitter_back.all);
	if (f->pictures) {
		row(sb, "of pictures, forward", &f->picture_forward);
		row(sb, "of pictures, back", &f->picture_back);
	}
	page_table_end(sb);
}


/* Runs of losses, marks, speech, stamps: what has no drawing. */
static void as_text(struct sbuf *sb, const struct sla_show *sh)
{
	struct sbuf text = {0};

	show_text(&text, sh);
	sbuf_puts(sb, "<details><summary>All figures as text</summary><pre tabindex=\"0\">");
	sbuf_put_html(sb, sbuf_str(&text));
	sbuf_puts(sb, "</pre></details>\n");
	sbuf_reset(&text);
}


static void tables(struct sbuf *sb, const struct sla_show *sh)
{
	static const char *const heads[] = {
		"stream", "#sent", "#lost forward", "#lost back", "#unknown", "#late", "#out of order", "#duplicate",
		"#longest run",
	};

	page_section(sb, "figures", "Figures", NULL);
	delay_table(sb, &sh->total);
	sbuf_puts(sb, "<details><summary>Streams</summary>");
	page_table(sb, "Streams", heads, sizeof(heads) / sizeof(heads[0]));
	for (size_t i = 0; i < sh->run->nstreams; i++) {
		const struct sla_figures *s = &sh->streams[i];
		const uint64_t v[] = {
			s->sent, s->loss_forward.lost, s->loss_back.lost, s->lost_unknown, s->late, s->order.n,
			s->duplicate, s->loss.longest,
		};

		sbuf_puts(sb, "<tr><td>");
		sbuf_put_html(sb, sh->run->streams[i].name ? sh->run->streams[i].name : "probe");
		sbuf_puts(sb, "</td>");
		for (size_t k = 0; k < sizeof(v) / sizeof(v[0]); k++)
			sbuf_printf(sb, "<td class=\"n\">%" PRIu64 "</td>", v[k]);
		sbuf_puts(sb, "</tr>\n");
	}
	page_table_end(sb);
	sbuf_puts(sb, "</details>\n");
	as_text(sb, sh);
	sbuf_puts(sb, "</section>\n");
}


static void figures(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_figures *f = &sh->total;
	const int64_t limit = sla_targets[SLA_TARGET_DELAY].limit;

	if (!f->timed) {
		sbuf_puts(sb, "<p>No packet came back with its times: there is nothing to draw.</p>\n");
		return;
	}
	if (!f->one_way) {
		time_figure(sb, sh, SHOW_RTT, "Round trip", &f->rtt, 0);
		spread_figure(sb, sh, SHOW_RTT, "Round trip", &f->rtt);
		return;
	}
	time_figure(sb, sh, SHOW_FORWARD, "Forward", &f->forward, limit);
	spread_figure(sb, sh, SHOW_FORWARD, "Forward", &f->forward);
	time_figure(sb, sh, SHOW_BACK, "Back", &f->back, limit);
	spread_figure(sb, sh, SHOW_BACK, "Back", &f->back);
}


void show_html(struct sbuf *sb, const struct sla_show *sh)
{
	enum sla_answer answer = sh->verdict.answer;
	struct sbuf title = {0};

	show_title(&title, sh);
	page_open(sb, sbuf_str(&title), "measurement");
	sbuf_printf(sb, "<style>%s</style>\n<header class=\"top\"><div class=\"wrap\"><h1>", style);
	sbuf_put_html(sb, sbuf_str(&title));
	sbuf_puts(sb, "</h1><p class=\"lead\">");
	page_badge(sb, tones[answer], sla_answer_name(answer));
	sbuf_putc(sb, ' ');
	show_time(sb, sh->run->start_ns);
	sbuf_printf(sb, ", %" PRIu64 " packets in %.1f s", sh->total.sent, (double)show_duration(sh->run) / 1e9);
	if (sh->run->stop != SLA_STOP_DONE) {
		sbuf_printf(sb, ", ended: %s%s", sla_stop_name(sh->run->stop), sh->run->why ? ": " : "");
		sbuf_put_html(sb, sh->run->why ? sh->run->why : "");
	}
	sbuf_puts(sb, "</p>\n");
	reasons(sb, sh);
	tiles(sb, sh);
	sbuf_puts(sb, "</div></header><main id=\"main\" class=\"wrap\">\n");
	figures(sb, sh);
	checks(sb, &sh->verdict);
	tables(sb, sh);
	sbuf_puts(sb, "</main>");
	page_close(sb);
	sbuf_reset(&title);
}
