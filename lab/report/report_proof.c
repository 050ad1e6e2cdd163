/* The page's sections on the matrix: carried, tight, sufficient, not yet. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum { PAIRS_HOSTS_MAX = 24, FINDINGS_SHOWN = 200 };


static void roles(struct sbuf *sb, json_t *end)
{
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(end, "roles"), i, s) {
		if (i)
			sbuf_puts(sb, ", ");
		sbuf_put_html(sb, json_string_value(s) ?: "");
	}
}


static void flow_cell(struct sbuf *sb, json_t *row)
{
	json_t *to = json_object_get(row, "to");
	const char *ports = report_str(to, "ports");

	sbuf_put_html(sb, report_str(row, "protocol"));
	sbuf_puts(sb, "<span class=\"flow\">");
	roles(sb, json_object_get(row, "from"));
	sbuf_puts(sb, " → ");
	roles(sb, to);
	sbuf_puts(sb, " · ");
	sbuf_put_html(sb, report_str(row, "transport"));
	if (ports[0] && strcmp(ports, "-")) {
		sbuf_puts(sb, " ");
		sbuf_put_html(sb, ports);
	}
	sbuf_puts(sb, "</span>");
}


/** "paris opened ok (2)" for each kind of line */
static void logged_cell(struct sbuf *sb, json_t *row)
{
	json_t *l;
	size_t i;

	json_array_foreach(json_object_get(row, "logged"), i, l) {
		const char *outcome = report_str(l, "outcome");

		/* that a socket was opened or closed is told by what came of it */
		if (!strcmp(outcome, "open") || !strcmp(outcome, "closed"))
			continue;
		sbuf_puts(sb, "<span class=\"flow\"><b>");
		sbuf_put_html(sb, report_str(l, "host"));
		sbuf_printf(sb, "</b> %s ", strcmp(report_str(l, "dir"), "in")
			    ? "out" : "in");
		sbuf_put_html(sb, outcome);
		if (report_num(l, "count") > 1)
			sbuf_printf(sb, " ×%.0f", report_num(l, "count"));
		sbuf_puts(sb, "</span>");
	}
}


static bool row_is_used(json_t *row)
{
	return report_true(row, "carried") || report_row_used(row);
}


/** Rows of other tables that state the same flow */
static void twins(struct sbuf *sb, json_t *list, json_t *row)
{
	bool any = false;
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		if (strcmp(report_str(o, "same_as"), report_str(row, "id")))
			continue;
		sbuf_puts(sb, any ? ", " : "<span class=\"flow\">also ");
		sbuf_put_html(sb, report_str(o, "id"));
		any = true;
	}
	if (any)
		sbuf_puts(sb, "</span>");
}


static void row_line(struct sbuf *sb, json_t *list, json_t *row)
{
	bool carried = report_true(row, "carried");
	const char *reason = report_str(row, "reason");

	sbuf_puts(sb, "<tr><th scope=\"row\">");
	sbuf_put_html(sb, report_str(row, "id"));
	twins(sb, list, row);
	sbuf_puts(sb, "</th><td>");
	flow_cell(sb, row);
	sbuf_puts(sb, "</td><td class=\"n\">");
	page_number(sb, report_num(row, "packets"), 0);
	sbuf_puts(sb, "</td><td class=\"n\">");
	page_number(sb, report_num(row, "seen") + report_num(row, "replies"), 0);
	sbuf_puts(sb, "</td><td class=\"who\">");
	logged_cell(sb, row);
	sbuf_puts(sb, "</td><td>");
	page_badge(sb, carried ? "good" : "bad", carried ? "carried"
							 : "not carried");
	if (reason[0]) {
		sbuf_puts(sb, "<span class=\"flow\">");
		sbuf_put_html(sb, reason);
		sbuf_puts(sb, "</span>");
	}
	sbuf_puts(sb, "</td></tr>");
}


static void rows(struct sbuf *sb, json_t *report)
{
	static const char *const heads[] = {"row", "flow", "#counted",
		"#captured", "logged by", "state"};
	json_t *list = json_object_get(report, "rows"), *row;
	size_t i;

	page_section(sb, "rows", "The flow matrix, row by row",
		     "A row is carried when the firewall counted its packets "
		     "and both ends logged success. Counted: packets that "
		     "the firewall let through for this row. Captured: both "
		     "directions, at the firewall.");
	sbuf_puts(sb, "<div class=\"card\">");
	page_table(sb, "Rows of the flow matrix that this run used", heads, 6);
	json_array_foreach(list, i, row)
		if (row_is_used(row) && !report_str(row, "same_as")[0])
			row_line(sb, list, row);
	page_table_end(sb);
	sbuf_puts(sb, "</div></section>");
}


/** Host pairs of the sweep: how many ports pass, how many differ */
static void pair_cell(struct sbuf *sb, json_t *parts, const char *from,
		      const char *to)
{
	double probes = 0, passed = 0, wrong = 0;
	bool tried = true;
	json_t *p;
	size_t i;

	json_array_foreach(parts, i, p) {
		if (strcmp(report_str(p, "from"), from) ||
		    strcmp(report_str(p, "to"), to))
			continue;
		probes += report_num(p, "probes");
		passed += report_num(p, "passed");
		wrong += report_num(p, "missing") + report_num(p, "extra");
		tried = tried && report_true(p, "tried");
	}

	sbuf_puts(sb, "<td class=\"x\">");
	if (probes == 0) {
		sbuf_puts(sb, "–</td>");
		return;
	}

	if (!tried)
		page_badge(sb, "warn", "untried");
	else if (wrong > 0)
		sbuf_printf(sb, "<span class=\"badge bad\">%.0f differ</span>",
			    wrong);
	else
		page_badge(sb, "good", "exact");
	sbuf_puts(sb, "<span class=\"flow\">");
	page_number(sb, passed, 0);
	sbuf_puts(sb, " of ");
	page_number(sb, probes, 0);
	sbuf_puts(sb, " pass</span></td>");
}


static size_t sweep_hosts(json_t *parts, const char **v)
{
	json_t *p;
	size_t i, n = 0;

	json_array_foreach(parts, i, p) {
		const char *from = report_str(p, "from");
		size_t j = 0;

		while (j < n && strcmp(v[j], from))
			j++;
		if (j == n && n < PAIRS_HOSTS_MAX)
			v[n++] = from;
	}

	return n;
}


static void pairs(struct sbuf *sb, json_t *parts)
{
	const char *v[PAIRS_HOSTS_MAX];
	size_t n = sweep_hosts(parts, v);

	sbuf_puts(sb, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		  "aria-label=\"Pairs of hosts\"><table><thead><tr>"
		  "<th scope=\"col\">from \\ to</th>");
	for (size_t i = 0; i < n; i++) {
		sbuf_puts(sb, "<th scope=\"col\" style=\"text-align:center\">");
		sbuf_put_html(sb, v[i]);
		sbuf_puts(sb, "</th>");
	}

	sbuf_puts(sb, "</tr></thead><tbody>");
	for (size_t i = 0; i < n; i++) {
		sbuf_puts(sb, "<tr><th scope=\"row\">");
		sbuf_put_html(sb, v[i]);
		sbuf_puts(sb, "</th>");
		for (size_t j = 0; j < n; j++)
			pair_cell(sb, parts, v[i], v[j]);
		sbuf_puts(sb, "</tr>");
	}
	page_table_end(sb);
}


static size_t finding_lines(struct sbuf *sb, json_t *p)
{
	json_t *findings = json_object_get(p, "findings"), *f;
	const char *as = report_str(p, "as");
	size_t i;

	json_array_foreach(findings, i, f) {
		bool extra = !strcmp(report_str(f, "what"), "extra");

		sbuf_puts(sb, "<tr><td>");
		page_badge(sb, "bad", extra ? "passes, must not"
					    : "must pass, does not");
		sbuf_puts(sb, "</td><td>");
		sbuf_put_html(sb, report_str(p, "from"));
		if (as[0]) {
			sbuf_puts(sb, " as ");
			sbuf_put_html(sb, as);
		}
		sbuf_puts(sb, " → ");
		sbuf_put_html(sb, report_str(p, "to"));
		sbuf_puts(sb, "</td>");
		page_cell(sb, NULL, report_str(p, "transport"));
		page_cell(sb, NULL, report_str(f, "sport"));
		page_cell(sb, NULL, report_str(f, "dport"));
		sbuf_puts(sb, "</tr>");
	}

	return i;
}


static void findings(struct sbuf *sb, json_t *parts)
{
	static const char *const heads[] = {"finding", "pair", "transport",
					    "source port", "port or type"};
	size_t shown = 0, i;
	json_t *p;

	page_table(sb, "What differs", heads, 5);
	json_array_foreach(parts, i, p)
		if (shown < FINDINGS_SHOWN)
			shown += finding_lines(sb, p);
	page_table_end(sb);
}


static void tight(struct sbuf *sb, json_t *report)
{
	json_t *t = json_object_get(report, "tight");
	json_t *parts = json_object_get(t, "parts");
	bool ok = report_true(t, "ok");

	page_section(sb, "tight", "Tight: nothing else passes",
		     "Every port from 1 to 65,535, TCP and UDP, and every ICMP "
		     "type, between every pair of hosts, from every kind of "
		     "source port and with false source addresses: what passes "
		     "is compared with what the matrix says.");
	if (!json_is_object(t)) {
		sbuf_puts(sb, "<p>Not tried in this run: <code>visavis lab "
			  "prove</code> does.</p></section>");
		return;
	}

	sbuf_puts(sb, "<div class=\"card\"><p>");
	page_badge(sb, ok ? "good" : "bad", ok ? "tight" : "not tight");
	sbuf_putc(sb, ' ');
	page_number(sb, report_num(t, "probes"), 0);
	sbuf_printf(sb, " probes in %.1f seconds, %.0f missing, %.0f extra",
		    report_num(t, "seconds"), report_num(t, "missing"),
		    report_num(t, "extra"));
	if (report_num(t, "untried") > 0)
		sbuf_printf(sb, ", %.0f parts could not be tried",
			    report_num(t, "untried"));
	sbuf_puts(sb, ".</p>");
	pairs(sb, parts);
	if (!ok)
		findings(sb, parts);
	sbuf_puts(sb, "</div></section>");
}


static void packets_table(struct sbuf *sb, json_t *list, const char *label,
			  const char *where, const char *note)
{
	const char *const heads[] = {"#packets", "where", "first packet", note};
	json_t *p;
	size_t i;

	page_table(sb, label, heads, note ? 4 : 3);
	json_array_foreach(list, i, p) {
		sbuf_puts(sb, "<tr>");
		page_cell_number(sb, report_num(p, "packets"), 0);
		sbuf_puts(sb, "<td>");
		sbuf_put_html(sb, report_str(p, where));
		if (!note) {
			sbuf_puts(sb, " ");
			sbuf_put_html(sb, report_str(p, "interface"));
		}
		sbuf_puts(sb, "</td>");
		page_cell(sb, "mono", report_str(p, "summary"));
		if (note)
			page_cell(sb, NULL, report_str(p, "why"));
		sbuf_puts(sb, "</tr>");
	}
	page_table_end(sb);
}


static void housekeeping(struct sbuf *sb, json_t *report)
{
	static const char *const heads[] = {"#packets", "what",
					    "why no row has it"};
	json_t *list = json_object_get(report, "housekeeping"), *h;
	size_t i;

	if (!json_array_size(list))
		return;

	sbuf_puts(sb, "<details><summary>Packets of the link itself"
		  "</summary>");
	page_table(sb, "Packets of the link itself", heads, 3);
	json_array_foreach(list, i, h) {
		sbuf_puts(sb, "<tr>");
		page_cell_number(sb, report_num(h, "packets"), 0);
		page_cell(sb, NULL, report_str(h, "what"));
		page_cell(sb, NULL, report_str(h, "reason"));
		sbuf_puts(sb, "</tr>");
	}
	page_table_end(sb);
	sbuf_puts(sb, "</details>");
}


static void sufficient(struct sbuf *sb, json_t *report)
{
	json_t *s = json_object_get(report, "sufficient");
	json_t *dropped = json_object_get(report, "dropped");
	json_t *strangers = json_object_get(report, "unexplained");
	bool ok = report_true(s, "ok");

	page_section(sb, "sufficient", "Sufficient: nothing is missing",
		     "No packet of a component may be dropped, and no captured "
		     "packet may be without a row.");
	sbuf_puts(sb, "<div class=\"card\"><p>");
	page_badge(sb, ok ? "good" : report_true(report, "watched") ? "bad"
		   : "warn", ok ? "sufficient"
		   : report_true(report, "watched") ? "not sufficient"
						    : "not watched");
	sbuf_puts(sb, " ");
	sbuf_put_html(sb, report_str(s, "why"));
	sbuf_puts(sb, ". ");
	page_number(sb, report_num(report, "captured_packets"), 0);
	sbuf_puts(sb, " packets captured.</p>");
	if (json_array_size(dropped)) {
		sbuf_puts(sb, "<h3>Dropped</h3>");
		packets_table(sb, dropped, "Dropped packets", "firewall", NULL);
	}
	if (json_array_size(strangers)) {
		sbuf_puts(sb, "<h3>Unexplained</h3>");
		packets_table(sb, strangers, "Unexplained packets", "where",
			      "why");
	}
	housekeeping(sb, report);
	sbuf_puts(sb, "</div></section>");
}


/** All rows that are not used, with this reason */
static void reason_group(struct sbuf *sb, json_t *list, const char *reason)
{
	static const char *const heads[] = {"row", "flow", "purpose"};
	size_t i, n = 0;
	json_t *row;

	json_array_foreach(list, i, row)
		n += !row_is_used(row) &&
		     !strcmp(report_str(row, "reason"), reason);

	sbuf_puts(sb, "<details><summary>");
	sbuf_put_html(sb, reason);
	sbuf_printf(sb, " <small>%zu row%s</small></summary>", n,
		    n == 1 ? "" : "s");
	page_table(sb, "Rows not carried for this reason", heads, 3);
	json_array_foreach(list, i, row) {
		if (row_is_used(row) || strcmp(report_str(row, "reason"), reason))
			continue;
		sbuf_puts(sb, "<tr><th scope=\"row\">");
		sbuf_put_html(sb, report_str(row, "id"));
		sbuf_puts(sb, "</th><td>");
		flow_cell(sb, row);
		sbuf_puts(sb, "</td>");
		page_cell(sb, NULL, report_str(row, "purpose"));
		sbuf_puts(sb, "</tr>");
	}
	page_table_end(sb);
	sbuf_puts(sb, "</details>");
}


static bool reason_before(json_t *list, size_t at)
{
	const char *reason = report_str(json_array_get(list, at), "reason");

	for (size_t i = 0; i < at; i++) {
		json_t *row = json_array_get(list, i);

		if (!row_is_used(row) &&
		    !strcmp(report_str(row, "reason"), reason))
			return true;
	}

	return false;
}


static void not_carried(struct sbuf *sb, json_t *report)
{
	json_t *list = json_object_get(report, "rows"), *row;
	size_t i;

	page_section(sb, "not", "Not carried yet",
		     "Rows of the matrix that nothing in this run used, by the "
		     "reason.");
	sbuf_puts(sb, "<div class=\"card\">");
	json_array_foreach(list, i, row)
		if (!row_is_used(row) && !reason_before(list, i))
			reason_group(sb, list, report_str(row, "reason"));
	sbuf_puts(sb, "</div></section>");
}


static void steps(struct sbuf *sb, json_t *report)
{
	static const char *const heads[] = {"#at s", "#took s", "step",
					    "result"};
	json_t *list = json_object_get(report, "steps"), *s;
	double begin = report_num(json_array_get(list, 0), "begin");
	size_t i;

	if (!json_array_size(list))
		return;

	page_section(sb, "steps", "The run, step by step", NULL);
	sbuf_puts(sb, "<div class=\"card\">");
	page_table(sb, "Steps of the run", heads, 4);
	json_array_foreach(list, i, s) {
		bool ok = report_true(s, "ok");

		sbuf_puts(sb, "<tr>");
		page_cell_number(sb, report_num(s, "begin") - begin, 1);
		page_cell_number(sb, report_num(s, "end") - report_num(s, "begin"), 1);
		page_cell(sb, NULL, report_str(s, "name"));
		sbuf_puts(sb, "<td>");
		page_badge(sb, ok ? "good" : "bad", ok ? "ok" : "failed");
		sbuf_puts(sb, " ");
		sbuf_put_html(sb, report_str(s, "detail"));
		sbuf_puts(sb, "</td></tr>");
	}
	page_table_end(sb);
	sbuf_puts(sb, "</div></section>");
}


static void complaints(struct sbuf *sb, json_t *report)
{
	static const char *const heads[] = {"host", "program", "level", "line"};
	json_t *list = json_object_get(report, "complaints"), *c;
	size_t i;

	if (!json_array_size(list))
		return;

	page_section(sb, "complaints", "What programs complained about", NULL);
	sbuf_puts(sb, "<div class=\"card\">");
	page_table(sb, "Warnings and errors", heads, 4);
	json_array_foreach(list, i, c) {
		static const char *const keys[] = {"host", "prog", "level",
						   "msg"};

		sbuf_puts(sb, "<tr>");
		for (size_t k = 0; k < 4; k++)
			page_cell(sb, NULL, report_str(c, keys[k]));
		sbuf_puts(sb, "</tr>");
	}
	page_table_end(sb);
	sbuf_puts(sb, "</div></section>");
}


void page_proof(struct sbuf *sb, json_t *report)
{
	rows(sb, report);
	tight(sb, report);
	sufficient(sb, report);
	not_carried(sb, report);
	steps(sb, report);
	complaints(sb, report);
}
