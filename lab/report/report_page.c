/* The page: sections in the order in which a reader asks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"
#include "lib/base/b64.h"

enum { PICTURE_BYTES_MAX = 6 << 20, PAGE_MAX = 64 << 20, PATH_LEN = 1024 };


void page_number(struct sbuf *sb, double v, int decimals)
{
	char buf[64];
	int n = snprintf(buf, sizeof(buf), "%.*f", decimals, v);
	const char *point = strchr(buf, '.');
	int whole = point ? (int)(point - buf) : n;

	/* thousands apart, so that a long one can be read */
	for (int i = 0; i < n && n < (int)sizeof(buf); i++) {
		if (i && i < whole && (whole - i) % 3 == 0 && buf[i - 1] != '-')
			sbuf_putc(sb, ',');
		sbuf_putc(sb, buf[i]);
	}
}


static void page_num(struct sbuf *sb, const json_t *v, int decimals)
{
	if (json_is_number(v))
		page_number(sb, json_number_value(v), decimals);
	else
		sbuf_puts(sb, "–");
}


static void tile(struct sbuf *sb, const json_t *v, int decimals,
		 const char *unit, const char *what)
{
	sbuf_puts(sb, "<li><b>");
	page_num(sb, v, decimals);
	sbuf_printf(sb, " <small>%s</small></b><span>%s</span></li>", unit,
		    what);
}


/** Sum of a field over all streams, or the worst of one */
static json_t *over_streams(json_t *report, const char *key, bool worst)
{
	double sum = 0;
	bool any = false;
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(report, "streams"), i, s) {
		if (!json_is_number(json_object_get(s, key)))
			continue;
		any = true;
		sum = worst ? fmax(sum, report_num(s, key))
			    : sum + report_num(s, key);
	}

	return any ? json_real(sum) : json_null();
}


static void tiles(struct sbuf *sb, json_t *r)
{
	json_t *lost = over_streams(r, "lost", false);
	json_t *delay = over_streams(r, "delay_ms", true);
	json_t *tight = json_object_get(r, "tight");

	sbuf_puts(sb, "<ul class=\"tiles\">");
	tile(sb, json_object_get(r, "setup_ms"), 0, "ms", "call set up");
	tile(sb, json_object_get(r, "first_picture_ms"), 0, "ms",
	     "dial to first picture");
	tile(sb, delay, 0, "ms", "mean delay, slowest stream");
	tile(sb, json_object_get(r, "lip_sync_ms"), 0, "ms",
	     "lip sync, 95th percentile");
	tile(sb, lost, 0, "", "packets lost");
	tile(sb, json_object_get(r, "dropped_packets"), 0, "",
	     "dropped by the firewall");
	tile(sb, json_object_get(r, "rows_carried"), 0, "", "rows carried");
	if (json_is_object(tight))
		tile(sb, json_object_get(tight, "probes"), 0, "",
		     "probes for other ways through");
	sbuf_puts(sb, "</ul>");
	json_decref(lost);
	json_decref(delay);
}


static void page_head(struct sbuf *sb, json_t *r)
{
	json_t *site = json_object_get(r, "site");
	json_t *verdict = json_object_get(r, "verdict");
	bool ok = report_true(verdict, "ok");

	page_open(sb, report_str(site, "name"), "report");
	sbuf_puts(sb, "<header class=\"top\">"
		  "<div class=\"wrap\"><p class=\"brand\"><b>Visavis</b> · "
		  "report of site <b>");
	sbuf_put_html(sb, report_str(site, "name"));
	sbuf_puts(sb, "</b>");
	sbuf_puts(sb, json_integer_value(json_object_get(r, "lives")) > 1
		  ? " · security on and off"
		  : report_true(site, "security") ? " · security on"
						  : " · security off");
	sbuf_puts(sb, "</p><h1>");
	sbuf_put_html(sb, report_str(verdict, "text"));
	sbuf_puts(sb, "</h1>");
	page_badge(sb, ok ? "good" : "bad", ok ? "as it should be"
					       : "not as it should be");
	tiles(sb, r);
	sbuf_puts(sb, "<nav aria-label=\"Sections\">"
		  "<a href=\"#pictures\">Pictures</a>"
		  "<a href=\"#network\">Network</a><a href=\"#call\">Call</a>"
		  "<a href=\"#streams\">Streams</a>"
		  "<a href=\"#rows\">Flow matrix</a>"
		  "<a href=\"#tight\">Tight</a>"
		  "<a href=\"#sufficient\">Sufficient</a>"
		  "<a href=\"#not\">Not carried</a>"
		  "<a href=\"#again\">Reproduce</a></nav></div></header>"
		  "<main id=\"main\"><div class=\"wrap\">");
}


static void base64(struct sbuf *sb, const uint8_t *p, size_t n)
{
	enum { AT_ONCE = 3 * 512 };
	char text[B64_LEN(AT_ONCE) + 1];

	for (size_t i = 0; i < n; i += AT_ONCE) {
		size_t part = n - i < AT_ONCE ? n - i : AT_ONCE;

		(void)b64_encode(text, sizeof(text), p + i, part);
		sbuf_puts(sb, text);
	}
}


static const char *picture_type(const uint8_t *p, size_t n)
{
	if (n > 8 && !memcmp(p, "\x89PNG\r\n\x1a\n", 8))
		return "image/png";
	if (n > 3 && p[0] == 0xff && p[1] == 0xd8 && p[2] == 0xff)
		return "image/jpeg";

	return NULL;
}


static FILE *picture_open(const char *dir, const char *file)
{
	char path[PATH_LEN];
	FILE *f = NULL;

	if (file[0] == '/')
		return fopen(file, "re");

	for (size_t i = 0; i < 2 && !f; i++) {
		int n = i ? snprintf(path, sizeof(path), "%s/pictures/%s", dir,
				     file)
			  : snprintf(path, sizeof(path), "%s/%s", dir, file);

		if (n < (int)sizeof(path))
			f = fopen(path, "re");
	}

	return f;
}


/** @return true when an image was written */
static bool picture(struct sbuf *sb, const char *dir, const char *file,
		    const char *alt)
{
	FILE *f = file[0] ? picture_open(dir, file) : NULL;
	uint8_t *p = f ? malloc(PICTURE_BYTES_MAX) : NULL;
	size_t n = p ? fread(p, 1, PICTURE_BYTES_MAX, f) : 0;
	const char *type = n && n < PICTURE_BYTES_MAX ? picture_type(p, n)
						      : NULL;

	if (type) {
		sbuf_puts(sb, "<img alt=\"");
		sbuf_put_html(sb, alt);
		sbuf_printf(sb, "\" src=\"data:%s;base64,", type);
		base64(sb, p, n);
		sbuf_puts(sb, "\">");
	}

	free(p);
	if (f)
		(void)fclose(f);
	return type != NULL;
}


static void picture_figure(struct sbuf *sb, const char *dir, const char *file,
			   const char *who, const char *did)
{
	char alt[200];

	(void)snprintf(alt, sizeof(alt), "Picture that %s %s", who, did);
	sbuf_puts(sb, "<figure>");
	if (!picture(sb, dir, file, alt))
		sbuf_puts(sb, "<p class=\"lead\">No picture was kept.</p>");
	sbuf_puts(sb, "<figcaption><b>");
	sbuf_put_html(sb, who);
	sbuf_printf(sb, "</b> %s</figcaption></figure>", did);
}


static void pictures(struct sbuf *sb, json_t *r, const char *dir)
{
	json_t *list = json_object_get(r, "pictures"), *p;
	size_t i;

	page_section(sb, "pictures", "What each room saw",
		     "Left what one room sent, right what the other decoded "
		     "and showed.");
	if (!json_array_size(list))
		sbuf_puts(sb, "<p>No picture was kept in this run.</p>");
	json_array_foreach(list, i, p) {
		double apart = report_num(p, "apart_ms");

		sbuf_puts(sb, "<div class=\"card\"><div class=\"pair\">");
		picture_figure(sb, dir, report_str(p, "sent"),
			       report_str(p, "from"), "sent");
		picture_figure(sb, dir, report_str(p, "seen"),
			       report_str(p, "host"), "saw");
		sbuf_puts(sb, "</div>");
		if (json_is_number(json_object_get(p, "apart_ms")) &&
		    fabs(apart) >= 0.5)
			sbuf_printf(sb, "<p class=\"lead\">Taken %.0f ms apart "
				    "by the sender's clock.</p>", fabs(apart));
		sbuf_puts(sb, "</div>");
	}
	sbuf_puts(sb, "</section>");
}


static void network(struct sbuf *sb, json_t *r)
{
	page_section(sb, "network", "The network",
		     "Every line through the firewall drops what no row of the "
		     "matrix names.");
	sbuf_puts(sb, "<div class=\"card scroll\" role=\"region\" "
		  "tabindex=\"0\" aria-label=\"Network drawing\">");
	svg_network(sb, r);
	sbuf_puts(sb, "</div></section>");
}


static void ladder(struct sbuf *sb, json_t *r)
{
	static const char *const heads[] = {"#ms", "from", "to", "over",
					    "message"};
	json_t *list = json_object_get(r, "ladder"), *m;
	size_t i;

	page_section(sb, "call", "The call",
		     "Every SIP message once, at the time its sender logged.");
	if (!json_array_size(list)) {
		sbuf_puts(sb, "<p>No call was logged.</p></section>");
		return;
	}

	sbuf_puts(sb, "<div class=\"card\"><div class=\"scroll\" role=\"region\""
		  " tabindex=\"0\" aria-label=\"Ladder of the call\">");
	svg_ladder(sb, list);
	sbuf_puts(sb, "</div><details><summary>The same as a table</summary>");
	page_table(sb, "Messages of the call", heads, 5);
	json_array_foreach(list, i, m) {
		sbuf_puts(sb, "<tr>");
		page_cell_number(sb, report_num(m, "ms"), 1);
		page_cell(sb, NULL, report_str(m, "from"));
		page_cell(sb, NULL, report_str(m, "to"));
		page_cell(sb, NULL, report_str(m, "transport"));
		page_cell(sb, "mono", report_str(m, "line"));
		sbuf_puts(sb, "</tr>");
	}
	page_table_end(sb);
	sbuf_puts(sb, "</details></div></section>");
}


static void stream_row(struct sbuf *sb, json_t *s)
{
	static const struct {
		const char *key;
		int decimals;
	} cols[] = {
		{"sent", 0}, {"packets", 0}, {"lost", 0}, {"jitter_ms", 2},
		{"delay_ms", 1}, {"delay_p95_ms", 1}, {"rtt_ms", 1},
	};
	const char *secure = report_str(s, "secure");

	sbuf_puts(sb, "<tr><th scope=\"row\">");
	sbuf_put_html(sb, report_str(s, "from"));
	sbuf_puts(sb, " → ");
	sbuf_put_html(sb, report_str(s, "to"));
	sbuf_puts(sb, "</th><td>");
	sbuf_put_html(sb, report_str(s, "media"));
	sbuf_puts(sb, "<span class=\"flow\">");
	sbuf_put_html(sb, report_str(s, "codec"));
	if (report_num(s, "width") > 0)
		sbuf_printf(sb, " %.0f×%.0f", report_num(s, "width"),
			    report_num(s, "height"));
	if (report_num(s, "fps") > 0)
		sbuf_printf(sb, " at %.0f", report_num(s, "fps"));
	sbuf_puts(sb, "</span><span class=\"flow\">");
	sbuf_put_html(sb, secure[0] ? secure : "not encrypted");
	sbuf_puts(sb, "</span></td>");
	for (size_t i = 0; i < sizeof(cols) / sizeof(cols[0]); i++) {
		sbuf_puts(sb, "<td class=\"n\">");
		page_num(sb, json_object_get(s, cols[i].key), cols[i].decimals);
		sbuf_puts(sb, "</td>");
	}
	sbuf_puts(sb, "</tr>");
}


static void stream_plots(struct sbuf *sb, json_t *s)
{
	static const char *const keys[] = {"delay_ms", "jitter_ms"};
	static const char *const names[] = {"delay", "jitter"};
	json_t *series = json_object_get(s, "series");
	char label[160];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(label, sizeof(label), "%s → %s %s %s",
			       report_str(s, "from"), report_str(s, "to"),
			       report_str(s, "media"), names[i]);
		svg_plot(sb, series, keys[i], label, "ms");
	}
}


static void streams(struct sbuf *sb, json_t *r)
{
	static const char *const heads[] = {"stream", "media", "#sent",
		"#arrived", "#lost", "#jitter ms", "#delay ms", "#95 % ms",
		"#round trip ms"};
	json_t *list = json_object_get(r, "streams"), *s, *l;
	size_t i;

	page_section(sb, "streams", "Streams",
		     "As the receiver measured: loss and jitter after RFC 3550, "
		     "delay from capture to display.");
	if (!json_array_size(list)) {
		sbuf_puts(sb, "<p>No stream was measured.</p></section>");
		return;
	}

	sbuf_puts(sb, "<div class=\"card\">");
	page_table(sb, "Streams", heads, 9);
	json_array_foreach(list, i, s)
		stream_row(sb, s);
	page_table_end(sb);
	json_array_foreach(json_object_get(r, "lip_sync"), i, l) {
		sbuf_puts(sb, "<p>Lip sync at <b>");
		sbuf_put_html(sb, report_str(l, "host"));
		sbuf_printf(sb, "</b>: mean %.1f ms, 95 %% within %.1f ms, at "
			    "most %.1f ms.</p>", report_num(l, "mean"),
			    report_num(l, "p95"), report_num(l, "max"));
	}
	sbuf_puts(sb, "<div class=\"plots\">");
	json_array_foreach(list, i, s)
		stream_plots(sb, s);
	sbuf_puts(sb, "</div></div></section>");
}


static void page_end(struct sbuf *sb, json_t *r)
{
	char when[64] = "";
	time_t t = (time_t)report_num(r, "began");
	struct tm tm;

	if (gmtime_r(&t, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	page_section(sb, "again", "How to reproduce",
		     "On Debian 12, from the source folder:");
	sbuf_puts(sb, "<pre tabindex=\"0\"><code>./demo\nbuild/tools/visavis/"
		  "visavis lab prove ");
	sbuf_put_html(sb, report_str(r, "site_file")[0]
		      ? report_str(r, "site_file") : "SITE.yaml");
	sbuf_puts(sb, "</code></pre><p>The numbers of this page are in "
		  "<code>report.json</code>, the packets in "
		  "<code>capture/</code> (Wireshark opens them), the programs' "
		  "events in <code>log/</code>.</p></section></div></main>"
		  "<footer><div class=\"wrap\">Visavis ");
	sbuf_put_html(sb, report_str(r, "visavis"));
	sbuf_printf(sb, " · run of %s, %.0f seconds · %.0f events, %.0f packets "
		    "captured</div></footer>", when,
		    report_num(r, "ended") - report_num(r, "began"),
		    report_num(r, "events"), report_num(r, "captured_packets"));
	page_close(sb);
}


int report_page(struct sbuf *sb, json_t *report, const char *dir)
{
	sb->max = PAGE_MAX;
	page_head(sb, report);
	pictures(sb, report, dir);
	network(sb, report);
	ladder(sb, report);
	streams(sb, report);
	page_proof(sb, report);
	page_end(sb, report);
	return sb->err;
}
