/* What it all amounts to; and the sum of several lives. */
#include <stdio.h>
#include <string.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum { WHY = 200 };


bool report_row_used(json_t *row)
{
	json_t *l;
	size_t i;

	json_array_foreach(json_object_get(row, "logged"), i, l) {
		const char *o = report_str(l, "outcome");

		if (strcmp(o, "open") && strcmp(o, "closed"))
			return true;
	}

	return false;
}


/** Rows that programs of this lab used, and those carried */
static void rows_count(json_t *rows, size_t *tried, size_t *carried)
{
	json_t *r;
	size_t i;

	*tried = *carried = 0;
	json_array_foreach(rows, i, r) {
		if (report_true(r, "carried"))
			(*carried)++;
		else if (!report_row_used(r) ||
			 json_is_false(json_object_get(r, "judged")))
			continue;
		(*tried)++;
	}
}


static bool steps_ok(json_t *steps, const char **failed)
{
	json_t *s;
	size_t i;

	json_array_foreach(steps, i, s) {
		if (!report_true(s, "ok")) {
			*failed = report_str(s, "name");
			return false;
		}
	}

	return true;
}


static json_t *sufficient(json_t *r)
{
	double drops = report_num(r, "dropped_packets");
	double strangers = report_num(r, "unexplained_packets");
	double missed = report_num(r, "missed_packets");
	char why[WHY] = "no packet dropped, every captured packet explained";
	bool ok = drops == 0 && strangers == 0 && missed == 0;

	if (!report_true(r, "watched"))
		return json_pack("{s:n, s:s}", "ok", "why", "not watched");

	if (!ok)
		(void)snprintf(why, sizeof(why), "%.0f dropped, %.0f "
			       "unexplained, %.0f missed by the capture",
			       drops, strangers, missed);

	return json_pack("{s:b, s:s}", "ok", ok, "why", why);
}


static size_t role_count(json_t *site, const char *role)
{
	json_t *h, *o;
	size_t i, j, n = 0;

	json_array_foreach(json_object_get(site, "hosts"), i, h)
		json_array_foreach(json_object_get(h, "roles"), j, o)
			n += !strcmp(json_string_value(o), role);

	return n;
}


/** No row was tried at all: what does a meeting need that is not there? */
static const char *nothing_why(json_t *site)
{
	size_t rooms = role_count(site, "codec");

	if (!rooms)
		return "no host has the role codec, and a meeting needs two";
	if (!role_count(site, "callcontrol"))
		return "no host has the role callcontrol, where rooms register";
	if (rooms < 2)
		return "one host has the role codec, and a meeting needs two";

	return "no program logged that it used a row of the matrix";
}


static void verdict_text(char *buf, size_t size, json_t *r, bool ok,
			 const char *failed)
{
	json_t *tight = json_object_get(r, "tight");
	double rows = report_num(r, "rows_carried");
	const char *t = !json_is_object(tight) ? "tightness not tried"
		: report_true(tight, "ok") ? "nothing else passes"
		: "not tight";

	if (failed)
		(void)snprintf(buf, size, "Failed: %s", failed);
	else if (report_num(r, "rows_tried") == 0)
		(void)snprintf(buf, size, "Nothing to carry: %s",
			       nothing_why(json_object_get(r, "site")));
	else if (ok)
		(void)snprintf(buf, size, "%.0f rows carried, nothing dropped, "
			       "nothing unexplained, %s", rows, t);
	else
		(void)snprintf(buf, size, "%.0f of %.0f rows carried, "
			       "packets dropped: %.0f, unexplained: %.0f, %s", rows,
			       report_num(r, "rows_tried"),
			       report_num(r, "dropped_packets"),
			       report_num(r, "unexplained_packets"), t);
}


void report_judge(json_t *r)
{
	json_t *tight = json_object_get(r, "tight");
	const char *failed = NULL;
	size_t tried, carried;
	char text[WHY + 80];
	bool ok;

	rows_count(json_object_get(r, "rows"), &tried, &carried);
	json_object_set_new(r, "rows_tried", json_integer((json_int_t)tried));
	json_object_set_new(r, "rows_carried",
			    json_integer((json_int_t)carried));
	json_object_set_new(r, "sufficient", sufficient(r));

	ok = steps_ok(json_object_get(r, "steps"), &failed) &&
	     carried == tried && carried > 0 &&
	     report_true(json_object_get(r, "sufficient"), "ok") &&
	     (!json_is_object(tight) || report_true(tight, "ok"));
	verdict_text(text, sizeof(text), r, ok, failed);
	json_object_set_new(r, "verdict", json_pack("{s:b, s:o}", "ok", ok,
			    "text", report_string(text)));
}


bool report_ok(json_t *report)
{
	return report_true(json_object_get(report, "verdict"), "ok");
}


static void port_text(char *buf, size_t size, unsigned lo, unsigned hi)
{
	if (lo == hi)
		(void)snprintf(buf, size, "%u", lo);
	else
		(void)snprintf(buf, size, "%u-%u", lo, hi);
}


static json_t *finding_json(const struct sweep_finding *f)
{
	char sport[16], dport[16];

	port_text(sport, sizeof(sport), f->sport_lo, f->sport_hi);
	port_text(dport, sizeof(dport), f->dport_lo, f->dport_hi);
	return json_pack("{s:s, s:s, s:s}", "what",
			 f->extra ? "extra" : "missing", "sport", sport,
			 "dport", dport);
}


static json_t *part_json(const struct sweep_part *p,
			 const struct sweep_config *cfg)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < p->nfindings; i++)
		json_array_append_new(findings, finding_json(&p->findings[i]));

	return json_pack("{s:o, s:o, s:o, s:i, s:s, s:s, s:i, s:I, s:I, s:I, "
			 "s:I, s:I, s:b, s:o}",
			 "from", report_string(cfg->hosts[p->from].name),
			 "to", report_string(cfg->hosts[p->to].name),
			 "as", report_string(p->as == p->from ? NULL
					     : cfg->hosts[p->as].name),
			 "ip", (int)cfg->hosts[p->from].addr.family,
			 "transport", flow_transport_name(p->transport),
			 "kind", sweep_kind_name(p->kind), "fixed",
			 (int)p->fixed, "probes", (json_int_t)p->probes,
			 "expected", (json_int_t)p->expected, "passed",
			 (json_int_t)p->passed, "missing",
			 (json_int_t)p->missing, "extra", (json_int_t)p->extra,
			 "tried", p->err == 0, "findings", findings);
}


json_t *report_tight(const struct sweep_result *r,
		     const struct sweep_config *cfg)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < r->nparts; i++)
		json_array_append_new(parts, part_json(&r->parts[i], cfg));

	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:f, s:b, s:o}", "ok",
			 !r->missing && !r->extra && !r->failed && r->nparts,
			 "probes", (json_int_t)r->probes, "missing",
			 (json_int_t)r->missing, "extra", (json_int_t)r->extra,
			 "untried", (json_int_t)r->failed, "seconds",
			 r->seconds, "quick", cfg->quick, "parts", parts);
}


static json_t *row_by_id(json_t *report, const char *id)
{
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, r)
		if (!strcmp(report_str(r, "id"), id))
			return r;

	return NULL;
}


static void ports_merge(json_t *row, json_t *other)
{
	json_t *ports = json_object_get(row, "ports"), *p;
	json_t *theirs = json_object_get(other, "ports");
	static const char *const keys[] = {"applies", "carried"};
	size_t i;

	json_array_foreach(ports, i, p)
		for (size_t k = 0; k < 2; k++)
			if (report_true(json_array_get(theirs, i), keys[k]))
				json_object_set_new(p, keys[k], json_true());
}


/** After merging: each port that applied in some life was carried in one */
static void row_settle(json_t *row, bool link_layer)
{
	json_t *ports = json_object_get(row, "ports"), *p;
	bool all = true, none = true;
	size_t i;

	json_array_foreach(ports, i, p) {
		if (report_true(p, "carried"))
			none = false;
		else if (report_true(p, "applies"))
			all = false;
	}

	if (!json_array_size(ports) || link_layer)
		return;

	json_object_set_new(row, "carried", json_boolean(all && !none));
	if (all && !none)
		json_object_set_new(row, "reason", report_string(
			report_true(row, "beside") ? REPORT_BESIDE : NULL));
	else if (!none)
		json_object_set_new(row, "reason",
			json_string("not every port of it was used"));
}


/** Beside only when no life used it across a firewall; judged when one did */
static void beside_merge(json_t *row, json_t *other)
{
	bool beside = (report_true(row, "beside") || !report_row_used(row)) &&
		      (report_true(other, "beside") || !report_row_used(other));
	bool unjudged = json_is_false(json_object_get(row, "judged")) ||
			json_is_false(json_object_get(other, "judged"));
	bool carried = report_true(row, "carried") ||
		       report_true(other, "carried");

	beside = beside && (report_true(row, "beside") ||
			    report_true(other, "beside"));
	json_object_set_new(row, "beside", json_boolean(beside));
	json_object_set_new(row, "judged", json_boolean(carried || !unjudged ||
							!beside));
}


static void row_merge(json_t *row, json_t *other)
{
	static const char *const sums[] = {"packets", "bytes", "seen",
					   "replies"};
	json_t *l;
	size_t i;

	for (size_t k = 0; k < 4; k++)
		json_object_set_new(row, sums[k], json_integer((json_int_t)(
			report_num(row, sums[k]) + report_num(other, sums[k]))));

	json_array_foreach(json_object_get(other, "logged"), i, l)
		json_array_append(json_object_get(row, "logged"), l);

	beside_merge(row, other);

	/* why a row fails is told by the life in which it could have been */
	if (report_true(other, "applies") && !report_true(row, "applies")) {
		json_object_set_new(row, "applies", json_true());
		json_object_set(row, "reason", json_object_get(other, "reason"));
	}
	if (report_true(other, "carried") && !report_true(row, "carried")) {
		json_object_set_new(row, "carried", json_true());
		json_object_set_new(row, "reason", json_null());
	}

	ports_merge(row, other);
	row_settle(row, !strcmp(report_str(row, "transport"), "l2"));
}


static void tight_merge(json_t *sum, json_t *other)
{
	json_t *a = json_object_get(sum, "tight");
	json_t *b = json_object_get(other, "tight");
	static const char *const keys[] = {"probes", "missing", "extra",
					   "untried"};

	if (!json_is_object(b))
		return;
	if (!json_is_object(a)) {
		json_object_set_new(sum, "tight", json_deep_copy(b));
		return;
	}

	for (size_t i = 0; i < 4; i++)
		json_object_set_new(a, keys[i], json_integer((json_int_t)(
			report_num(a, keys[i]) + report_num(b, keys[i]))));
	json_object_set_new(a, "seconds", json_real(report_num(a, "seconds") +
						    report_num(b, "seconds")));
	json_object_set_new(a, "ok", json_boolean(report_true(a, "ok") &&
						  report_true(b, "ok")));
	(void)json_array_extend(json_object_get(a, "parts"),
				json_object_get(b, "parts"));
}


static void life_merge(json_t *sum, json_t *other)
{
	static const char *const lists[] = {"dropped", "unexplained", "streams",
		"housekeeping", "captures", "steps", "complaints"};
	static const char *const counts[] = {"dropped_packets",
		"unexplained_packets", "captured_packets", "missed_packets",
		"events", "torn_lines"};
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(sum, "rows"), i, r) {
		json_t *o = row_by_id(other, report_str(r, "id"));

		if (o)
			row_merge(r, o);
	}

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++)
		(void)json_array_extend(json_object_get(sum, lists[k]),
					json_object_get(other, lists[k]));
	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++)
		json_object_set_new(sum, counts[k], json_integer((json_int_t)(
			report_num(sum, counts[k]) +
			report_num(other, counts[k]))));

	if (!report_true(other, "watched"))
		json_object_set_new(sum, "watched", json_false());
	json_object_set(sum, "ended", json_object_get(other, "ended"));
	tight_merge(sum, other);
}


static void name_move(json_t *o, const char *key, const char *prefix)
{
	const char *name = report_str(o, key);

	if (name[0] && name[0] != '/')
		json_object_set_new(o, key, json_pack("s++", prefix, "/", name));
}


void report_move(json_t *report, const char *prefix)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(report, "pictures"), i, o) {
		name_move(o, "seen", prefix);
		name_move(o, "sent", prefix);
	}

	json_array_foreach(json_object_get(report, "captures"), i, o)
		name_move(o, "file", prefix);
}


json_t *report_combine(json_t *const *v, size_t n)
{
	json_t *sum = n ? json_deep_copy(v[0]) : NULL;

	if (!sum)
		return NULL;

	for (size_t i = 1; i < n; i++)
		life_merge(sum, v[i]);

	json_object_set_new(sum, "lives", json_integer((json_int_t)n));
	report_judge(sum);
	return sum;
}
