/* The summary for the terminal: 80 columns, no colours. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum { COLUMNS = 80, LINES_MAX = 10 };


/** Print at most 80 columns; what strangers sent cannot steer a terminal */
static void line(FILE *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void line(FILE *f, const char *fmt, ...)
{
	char buf[COLUMNS + 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	for (char *p = buf; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
	(void)fprintf(f, "%s\n", buf);
}


static void num(char *buf, size_t size, const json_t *v, int decimals)
{
	if (json_is_number(v))
		(void)snprintf(buf, size, "%.*f", decimals,
			       json_number_value(v));
	else
		(void)snprintf(buf, size, "-");
}


static void streams(FILE *f, json_t *report)
{
	json_t *list = json_object_get(report, "streams"), *s;
	char jitter[16], delay[16];
	size_t i;

	if (!json_array_size(list))
		return;

	line(f, "  %-24s %-6s %9s %6s %10s %9s", "stream", "media", "packets",
	     "lost", "jitter ms", "delay ms");
	json_array_foreach(list, i, s) {
		char who[64];

		(void)snprintf(who, sizeof(who), "%.11s > %.11s",
			       report_str(s, "from"), report_str(s, "to"));
		num(jitter, sizeof(jitter), json_object_get(s, "jitter_ms"), 2);
		num(delay, sizeof(delay), json_object_get(s, "delay_ms"), 1);
		line(f, "  %-24s %-6.6s %9.0f %6.0f %10s %9s", who,
		     report_str(s, "media"), report_num(s, "packets"),
		     report_num(s, "lost"), jitter, delay);
	}
	line(f, "%s", "");
}


static void moments(FILE *f, json_t *report)
{
	char setup[16], first[16], lips[16];

	num(setup, sizeof(setup), json_object_get(report, "setup_ms"), 0);
	num(first, sizeof(first), json_object_get(report, "first_picture_ms"),
	    0);
	num(lips, sizeof(lips), json_object_get(report, "lip_sync_ms"), 0);
	line(f, "  call set up %s ms, first picture %s ms, lip sync %s ms",
	     setup, first, lips);
}


static void rows(FILE *f, json_t *report)
{
	json_t *row;
	size_t i, shown = 0;

	line(f, "  rows carried %.0f of %.0f used (%zu in the matrix)",
	     report_num(report, "rows_carried"),
	     report_num(report, "rows_tried"),
	     json_array_size(json_object_get(report, "rows")));
	json_array_foreach(json_object_get(report, "rows"), i, row) {
		bool carried = report_true(row, "carried");

		if (report_str(row, "same_as")[0] && carried)
			continue;
		if ((carried && !report_true(row, "beside")) ||
		    !report_row_used(row) || shown++ >= LINES_MAX)
			continue;
		line(f, "    %s: %s %s: %s", carried ? "by logs alone"
		     : json_is_false(json_object_get(row, "judged"))
		     ? "not judged" : "not carried", report_str(row, "id"),
		     report_str(row, "protocol"), report_str(row, "reason"));
	}
}


static void packets(FILE *f, json_t *report, const char *key, const char *what,
		    const char *where)
{
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(report, key), i, p)
		if (i < LINES_MAX)
			line(f, "    %s: %.0f x %s at %s", what,
			     report_num(p, "packets"), report_str(p, "summary"),
			     report_str(p, where));
}


static void tight_part(FILE *f, json_t *p, size_t *shown)
{
	json_t *d;
	size_t i;

	json_array_foreach(json_object_get(p, "findings"), i, d) {
		const char *as = report_str(p, "as");

		if ((*shown)++ >= LINES_MAX)
			return;
		line(f, "    %s: %s %s%s%s%s > %s port %s from %s",
		     report_str(d, "what"), report_str(p, "transport"),
		     report_str(p, "from"), as[0] ? " (as " : "", as,
		     as[0] ? ")" : "", report_str(p, "to"),
		     report_str(d, "dport"), report_str(d, "sport"));
	}
}


static void tight(FILE *f, json_t *report)
{
	json_t *t = json_object_get(report, "tight"), *p;
	size_t i, shown = 0;

	if (!json_is_object(t)) {
		line(f, "  tight        not tried (visavis lab prove does)");
		return;
	}

	line(f, "  tight        %s: %.0f probes in %.1f s, %.0f missing, %.0f "
	     "extra", report_true(t, "ok") ? "yes" : "NO",
	     report_num(t, "probes"), report_num(t, "seconds"),
	     report_num(t, "missing"), report_num(t, "extra"));
	json_array_foreach(json_object_get(t, "parts"), i, p)
		tight_part(f, p, &shown);
}


void report_text(FILE *f, json_t *report, const char *page)
{
	json_t *s = json_object_get(report, "sufficient");

	line(f, "%s", "");
	streams(f, report);
	moments(f, report);
	rows(f, report);
	line(f, "  sufficient   %s: %s", report_true(s, "ok") ? "yes" : "NO",
	     report_str(s, "why"));
	packets(f, report, "dropped", "dropped", "firewall");
	packets(f, report, "unexplained", "unexplained", "where");
	tight(f, report);
	line(f, "%s", "");
	(void)fprintf(f, "%s %s\n", report_ok(report) ? "PASS" : "FAIL",
		      report_str(json_object_get(report, "verdict"), "text"));
	if (page)
		(void)fprintf(f, "%s\n", page);
}
