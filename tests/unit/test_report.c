#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/report/report.h"
#include "tests/unit/failmalloc.h"

static const char site_yaml[] =
	"site: two\nsecurity: on\n"
	"networks:\n  a: 10.77.1.0/24\n  b: 10.77.2.0/24\n  c: 10.77.3.0/24\n"
	"hosts:\n"
	"  paris:  { role: codec, address: 10.77.1.10, number: \"1001\" }\n"
	"  london: { role: codec, address: 10.77.2.10, number: \"1002\" }\n"
	"  cc:     { role: callcontrol, address: 10.77.3.10 }\n"
	"firewalls:\n  core:\n    dialect: nftables\n"
	"    interfaces: { a: eth1, b: eth2, c: eth3 }\n"
	"narrow:\n  A2-21: { to: [codec], ports: 16384-32768 }\n";

static struct arena arena;
static struct site site;
static struct need_list needs;
static struct policy policy;


static int setup(void **state)
{
	struct diag_list dl = {0};
	int err = site_parse(&site, &arena, site_yaml, strlen(site_yaml),
			     "two.yaml", &dl);

	site.matrices = arena_calloc(&arena, 1, sizeof(*site.matrices));
	site.nmatrices = 1;
	if (!err)
		err = flow_matrix_builtin(&site.matrices[0], &arena);
	if (!err)
		err = need_expand(&needs, &arena, &site, &dl);
	if (!err)
		err = policy_build(&policy, &arena, &site, &site.firewalls[0],
				   &needs);
	for (size_t i = 0; i < dl.n; i++)
		if (dl.v[i].level == DIAG_ERROR)
			print_error("%s\n", dl.v[i].msg);
	diag_reset(&dl);
	return err;
}


static int teardown(void **state)
{
	arena_reset(&arena);
	return 0;
}


static json_t *make(const char *const *lines, size_t n, const char *counters)
{
	struct evidence ev = {0};
	json_t *c = counters ? json_loads(counters, 0, NULL) : NULL;
	json_t *cap = json_pack("{s:[], s:[], s:i}", "dropped", "unexplained",
				"captured_packets", 9);
	struct report_input in = {
		.site = &site, .needs = &needs, .policies = &policy,
		.npolicies = 1, .ev = &ev, .counters = c, .capture = cap,
	};
	json_t *r;

	for (size_t i = 0; i < n; i++)
		(void)evidence_line(&ev, lines[i], strlen(lines[i]));
	evidence_sort(&ev);
	r = report_make(&in);
	evidence_reset(&ev);
	json_decref(c);
	json_decref(cap);
	return r;
}


static json_t *row(json_t *report, const char *id)
{
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, r)
		if (!strcmp(json_string_value(json_object_get(r, "id")), id))
			return r;

	fail_msg("no row %s", id);
	return NULL;
}


static bool is(json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}


#define FLOW(host, dir, local, peer, outcome) \
	"{\"t\":1,\"host\":\"" host "\",\"prog\":\"p\",\"ev\":\"flow\"," \
	"\"row\":\"A2-20\",\"dir\":\"" dir "\",\"transport\":\"tcp\"," \
	"\"local\":\"" local "\",\"peer\":\"" peer "\",\"outcome\":\"" outcome \
	"\"}"
#define OUT(o) FLOW("paris", "out", "10.77.1.10:40000", "10.77.3.10:5061", o)
#define IN(o) FLOW("cc", "in", "10.77.3.10:5061", "10.77.1.10:40000", o)
#define COUNTED "{\"core\":{\"A2-20\":{\"packets\":12,\"bytes\":900}}}"


static void carried_needs_counter_and_both_ends(void **state)
{
	static const struct {
		const char *lines[2];
		const char *counters;
		bool carried;
		const char *reason;
	} v[] = {
		{{OUT("ok"), IN("ok")}, COUNTED, true, NULL},
		{{OUT("ok"), IN("ok")}, NULL, false,
		 "no packet crossed a firewall"},
		{{OUT("ok"), IN("open")}, COUNTED, false,
		 "the far end logged no success"},
		{{OUT("refused"), IN("ok")}, COUNTED, false,
		 "the opener logged no success"},
		{{OUT("ok"), ""}, COUNTED, false,
		 "the far end logged nothing"},
		{{"", ""}, COUNTED, false,
		 "no program of this lab opens it yet"},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		json_t *r = make(v[i].lines, 2, v[i].counters);
		json_t *o = row(r, "A2-20");
		const char *reason = json_string_value(
			json_object_get(o, "reason"));

		assert_int_equal(is(o, "carried"), v[i].carried);
		if (v[i].reason)
			assert_string_equal(reason, v[i].reason);
		else
			assert_int_equal(json_integer_value(
				json_object_get(o, "packets")), 12);
		assert_int_equal(report_ok(r), v[i].carried);
		json_decref(r);
	}
}


static void another_port_does_not_carry(void **state)
{
	const char *lines[] = {
		FLOW("paris", "out", "10.77.1.10:40000", "10.77.3.10:5060", "ok"),
		FLOW("cc", "in", "10.77.3.10:5060", "10.77.1.10:40000", "ok"),
	};
	json_t *r = make(lines, 2, COUNTED);

	assert_false(is(row(r, "A2-20"), "carried"));
	json_decref(r);
}


static void rows_say_why_not(void **state)
{
	json_t *r = make(NULL, 0, NULL);

	assert_int_equal(json_array_size(json_object_get(r, "rows")),
			 site.matrices[0].nrows);
	assert_string_equal(json_string_value(json_object_get(
		row(r, "A2-05"), "reason")), "no ntp in this site");
	assert_false(report_ok(r));
	json_decref(r);
}


static const char flat_yaml[] =
	"site: flat\nsecurity: on\n"
	"networks:\n  a: [10.77.1.0/24, \"fd00:1::/64\"]\n  b: 10.77.2.0/24\n"
	"hosts:\n"
	"  paris:  { role: codec, address: [10.77.1.10, \"fd00:1::a\"] }\n"
	"  cc:     { role: callcontrol, address: [10.77.1.11, \"fd00:1::b\"] }\n"
	"  desk:   { role: admin, address: 10.77.2.10 }\n"
	"firewalls:\n  core:\n    dialect: nftables\n"
	"    interfaces: { a: eth1, b: eth2 }\n";


/** As make(), of a site whose rooms lie beside call control */
static json_t *make_flat(const char *text, const char *const *lines, size_t n,
			 bool firewall)
{
	struct site was = site;
	struct need_list was_needs = needs;
	struct policy was_policy = policy;
	struct diag_list dl = {0};
	json_t *r;

	assert_int_equal(site_parse(&site, &arena, text, strlen(text),
				    "flat.yaml", &dl), 0);
	site.matrices = was.matrices;
	site.nmatrices = was.nmatrices;
	assert_int_equal(need_expand(&needs, &arena, &site, &dl), 0);
	if (firewall)
		assert_int_equal(policy_build(&policy, &arena, &site,
					      &site.firewalls[0], &needs), 0);
	r = make(lines, n, NULL);
	diag_reset(&dl);
	site = was;
	needs = was_needs;
	policy = was_policy;
	return r;
}


#define FLAT_OUT(o) FLOW("paris", "out", "10.77.1.10:40000", \
			 "10.77.1.11:5061", o)
#define FLAT_IN(o) FLOW("cc", "in", "10.77.1.11:5061", "10.77.1.10:40000", o)
#define FLAT_OUT6 FLOW("paris", "out", "[fd00:1::a]:40000", \
		       "[fd00:1::b]:5061", "ok")
#define FLAT_IN6 FLOW("cc", "in", "[fd00:1::b]:5061", "[fd00:1::a]:40000", "ok")
/* a socket that was never bound to one address */
#define FLAT_OUT_SOME \
	"{\"t\":1,\"host\":\"paris\",\"prog\":\"p\",\"ev\":\"flow\"," \
	"\"row\":\"A2-20\",\"dir\":\"out\",\"local\":null," \
	"\"peer\":\"10.77.1.11:5061\",\"outcome\":\"ok\"}"
/* not of the site: who knows what stands between */
#define FAR_OUT FLOW("paris", "out", "10.77.1.10:40000", "192.0.2.1:5061", "ok")


static void one_network_is_judged_by_logs(void **state)
{
	static const struct {
		const char *lines[3];
		bool carried, judged, pass;
		const char *reason;
	} v[] = {
		{{FLAT_OUT("ok"), FLAT_IN("ok"), ""}, true, true, true,
		 "no firewall between them"},
		{{FLAT_OUT6, FLAT_IN6, ""}, true, true, true,
		 "no firewall between them"},
		{{FLAT_OUT_SOME, FLAT_IN("ok"), ""}, true, true, true,
		 "no firewall between them"},
		{{FLAT_OUT("ok"), FLAT_IN("open"), ""}, false, true, false,
		 "the far end logged no success"},
		{{FLAT_OUT("refused"), FLAT_IN("ok"), ""}, false, true, false,
		 "the opener logged no success"},
		{{FLAT_OUT("ok"), FLAT_IN("ok"), FAR_OUT}, false, true, false,
		 "no packet crossed a firewall"},
		/* a far end that is not ours: nothing could tell */
		{{FLAT_OUT("ok"), "", ""}, false, false, false,
		 "no firewall between them, and the far end keeps no log"},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		json_t *r = make_flat(flat_yaml, v[i].lines, 3, true);
		json_t *o = row(r, "A2-20");

		assert_string_equal(json_string_value(
			json_object_get(o, "reason")), v[i].reason);
		assert_int_equal(is(o, "carried"), v[i].carried);
		assert_int_equal(is(o, "judged"), v[i].judged);
		assert_int_equal(report_ok(r), v[i].pass);
		json_decref(r);
	}
}


static void lives_in_one_network_add_up(void **state)
{
	const char *lines[] = {FLAT_OUT("ok"), FLAT_IN("ok")};
	json_t *v[2] = {make_flat(flat_yaml, lines, 2, true),
			make_flat(flat_yaml, lines, 2, true)};
	json_t *sum = report_combine(v, 2), *o = row(sum, "A2-20");

	assert_true(report_ok(sum));
	assert_true(is(o, "beside"));
	assert_string_equal(json_string_value(json_object_get(o, "reason")),
			    "no firewall between them");
	json_decref(sum);
	json_decref(v[0]);
	json_decref(v[1]);
}


static void nothing_to_carry_says_what_is_missing(void **state)
{
	static const struct {
		const char *hosts, *why;
	} v[] = {
		{"  desk: { role: admin, address: 10.77.1.10 }\n",
		 "no host has the role codec, and a meeting needs two"},
		{"  paris: { role: codec, address: 10.77.1.10 }\n",
		 "no host has the role callcontrol, where rooms register"},
		{"  paris: { role: codec, address: 10.77.1.10 }\n"
		 "  cc: { role: callcontrol, address: 10.77.1.11 }\n",
		 "one host has the role codec, and a meeting needs two"},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char text[512], want[160];
		json_t *r;

		(void)snprintf(text, sizeof(text), "site: none\nnetworks:\n"
			       "  a: 10.77.1.0/24\nhosts:\n%s", v[i].hosts);
		(void)snprintf(want, sizeof(want), "Nothing to carry: %s",
			       v[i].why);
		r = make_flat(text, NULL, 0, false);
		assert_false(report_ok(r));
		assert_string_equal(json_string_value(json_object_get(
			json_object_get(r, "verdict"), "text")), want);
		json_decref(r);
	}
}


#define SIP(t, host, dir, local, peer, line) \
	"{\"t\":" t ",\"host\":\"" host "\",\"prog\":\"p\",\"ev\":\"sip\"," \
	"\"dir\":\"" dir "\",\"transport\":\"tls\",\"local\":\"" local "\"," \
	"\"peer\":\"" peer "\",\"line\":\"" line "\",\"call_id\":\"c1\"," \
	"\"cseq\":\"1 INVITE\"}"
#define EVIL "INVITE sip:</script><img src=x onerror=alert(1)>&\\\"' SIP/2.0"


static void ladder_has_each_message_once(void **state)
{
	const char *lines[] = {
		"{\"t\":1,\"host\":\"paris\",\"ev\":\"call\",\"state\":\"dialing\","
		"\"call_id\":\"c1\"}",
		SIP("1.0010", "paris", "tx", "10.77.1.10:1", "10.77.3.10:5061", EVIL),
		SIP("1.0012", "cc", "rx", "10.77.3.10:5061", "10.77.1.10:40000", EVIL),
		SIP("1.0030", "cc", "tx", "10.77.3.10:5061", "10.77.1.10:40000",
		    "SIP/2.0 200 OK"),
		"{\"t\":1.5,\"host\":\"paris\",\"ev\":\"call\","
		"\"state\":\"established\",\"call_id\":\"c1\"}",
		"{\"t\":1.51,\"host\":\"pa",
	};
	json_t *r = make(lines, 6, NULL), *l = json_object_get(r, "ladder");
	struct sbuf sb = {0};

	assert_int_equal(json_array_size(l), 2);
	assert_string_equal(json_string_value(json_object_get(
		json_array_get(l, 0), "to")), "cc");
	assert_true(json_number_value(json_object_get(r, "setup_ms")) > 499.9);
	assert_int_equal(json_integer_value(json_object_get(r, "torn_lines")), 1);

	/* what a stranger sent is shown, and does nothing */
	assert_int_equal(report_page(&sb, r, "."), 0);
	assert_null(strstr(sbuf_str(&sb), "<img src=x"));
	assert_null(strstr(sbuf_str(&sb), "</script>"));
	assert_non_null(strstr(sbuf_str(&sb), "&lt;img src=x"));
	assert_null(strstr(sbuf_str(&sb), "http://"));
	assert_null(strstr(sbuf_str(&sb), "https://"));
	sbuf_reset(&sb);
	json_decref(r);
}


#define STATS(host, sent, got, lost) \
	"{\"t\":3,\"host\":\"" host "\",\"ev\":\"stats\",\"call_id\":\"c1\"," \
	"\"final\":true,\"streams\":[{\"id\":1,\"media\":\"video\"," \
	"\"sent_packets\":" sent ",\"packets\":" got ",\"lost\":" lost "," \
	"\"jitter_ms\":{\"mean\":0.5,\"max\":2},\"delay_ms\":{\"mean\":70," \
	"\"p95\":80,\"max\":90,\"by\":\"timecode\"}}]," \
	"\"lip_sync_ms\":{\"mean\":-5,\"p95\":12,\"max\":20,\"n\":9}}"


static void streams_join_both_ends(void **state)
{
	const char *lines[] = {STATS("paris", "100", "89", "1"),
			       STATS("london", "90", "100", "0")};
	json_t *r = make(lines, 2, NULL), *s;

	s = json_array_get(json_object_get(r, "streams"), 0);
	assert_string_equal(json_string_value(json_object_get(s, "from")),
			    "london");
	assert_string_equal(json_string_value(json_object_get(s, "to")),
			    "paris");
	assert_int_equal(json_integer_value(json_object_get(s, "sent")), 90);
	assert_int_equal(json_integer_value(json_object_get(s, "packets")), 89);
	assert_int_equal(json_integer_value(json_object_get(s, "lost")), 1);
	assert_true(json_number_value(json_object_get(s, "delay_ms")) == 70);
	assert_true(json_number_value(json_object_get(r, "lip_sync_ms")) == 12);
	json_decref(r);
}


static void counters_are_read(void **state)
{
	json_t *c = report_counters(
		"{\"nftables\":[{\"metainfo\":{}},{\"counter\":{\"name\":"
		"\"A2-20\",\"packets\":3,\"bytes\":180}}]}");
	json_t *bad = report_counters("{ no json");

	assert_int_equal(json_integer_value(json_object_get(
		json_object_get(c, "A2-20"), "packets")), 3);
	assert_int_equal(json_object_size(bad), 0);
	json_decref(c);
	json_decref(bad);
}


static void lives_add_up(void **state)
{
	const char *lines[] = {OUT("ok"), IN("ok")};
	json_t *v[2] = {make(lines, 2, COUNTED), make(lines, 2, COUNTED)}, *sum;

	json_object_set_new(v[1], "dropped_packets", json_integer(2));
	sum = report_combine(v, 2);
	assert_int_equal(json_integer_value(json_object_get(
		row(sum, "A2-20"), "packets")), 24);
	assert_true(is(row(sum, "A2-20"), "carried"));
	assert_false(report_ok(sum));
	assert_true(report_ok(v[0]));
	json_decref(sum);

	/* a port that one life used and the other did not */
	json_object_set_new(json_array_get(json_object_get(row(v[1], "A2-20"),
			    "ports"), 0), "carried", json_false());
	json_object_set_new(v[1], "dropped_packets", json_integer(0));
	sum = report_combine(v, 2);
	assert_true(is(row(sum, "A2-20"), "carried"));
	json_decref(sum);
	json_decref(v[0]);
	json_decref(v[1]);
}


static void files_are_named_from_elsewhere(void **state)
{
	json_t *r = json_pack("{s:[{s:s, s:s, s:n}], s:[{s:s}]}", "pictures",
			      "host", "paris", "seen", "pictures/a.png", "sent",
			      "captures", "file", "/abs/core.pcapng");
	json_t *p = json_array_get(json_object_get(r, "pictures"), 0);
	json_t *c = json_array_get(json_object_get(r, "captures"), 0);

	assert_non_null(r);
	report_move(r, "secure");
	assert_string_equal(json_string_value(json_object_get(p, "seen")),
			    "secure/pictures/a.png");
	assert_true(json_is_null(json_object_get(p, "sent")));
	assert_string_equal(json_string_value(json_object_get(c, "file")),
			    "/abs/core.pcapng");
	json_decref(r);
}


static void a_full_disk_is_no_pass(void **state)
{
	static const char *const files[] = {"report.html", "report.json"};
	const char *lines[] = {OUT("ok"), IN("ok")};

	for (size_t i = 0; i < 2; i++) {
		char dir[] = "/tmp/visavis-report-XXXXXX", path[64], full[64];
		json_t *r = make(lines, 2, COUNTED);
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		assert_true(report_ok(r));
		assert_non_null(mkdtemp(dir));
		assert_int_equal(report_write(r, dir, NULL), 0);
		(void)snprintf(full, sizeof(full), "%s/%s.new", dir, files[i]);
		assert_int_equal(symlink("/dev/full", full), 0);

		assert_int_equal(report_write(r, dir, f), ENOSPC);
		(void)fclose(f);
		assert_false(report_ok(r));
		assert_null(strstr(text, "PASS"));
		assert_non_null(strstr(text, "FAIL The report cannot be written"));
		assert_non_null(strstr(text, "No space left"));
		assert_null(strstr(text, "report.html"));
		for (size_t k = 0; k < 2; k++) {
			/* nor is the last one left to be taken for this one */
			(void)snprintf(path, sizeof(path), "%s/%s", dir, files[k]);
			assert_int_equal(access(path, F_OK), -1);
		}
		assert_int_equal(rmdir(dir), 0);
		free(text);
		json_decref(r);
	}
}


static void lines_without_memory(void *arg)
{
	struct evidence ev = {0};
	const char *line = OUT("ok");

	(void)arg;
	(void)evidence_line(&ev, line, strlen(line));
	evidence_sort(&ev);
	evidence_reset(&ev);
}


static void evidence_without_memory(void **state)
{
	assert_true(failmalloc_each(lines_without_memory, NULL) > 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carried_needs_counter_and_both_ends),
		cmocka_unit_test(another_port_does_not_carry),
		cmocka_unit_test(rows_say_why_not),
		cmocka_unit_test(one_network_is_judged_by_logs),
		cmocka_unit_test(lives_in_one_network_add_up),
		cmocka_unit_test(nothing_to_carry_says_what_is_missing),
		cmocka_unit_test(ladder_has_each_message_once),
		cmocka_unit_test(streams_join_both_ends),
		cmocka_unit_test(counters_are_read),
		cmocka_unit_test(lives_add_up),
		cmocka_unit_test(files_are_named_from_elsewhere),
		cmocka_unit_test(a_full_disk_is_no_pass),
		cmocka_unit_test(evidence_without_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
