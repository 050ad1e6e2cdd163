/* What is kept of several paths: each family of metrics once, sums over all
 * operations, the last operation's figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sla/show/metrics.h"

#define S INT64_C(1000000000)

enum { MS = 1000000 };


/* Two packets, of which so many come back, 10 ms there and 20 ms back. */
static void add(struct sla_metrics *m, unsigned answered, int64_t start, enum sla_stop stop)
{
	struct sla_sample samples[2] = {0};
	struct sla_stream st = {.name = "probe", .samples = samples, .nsamples = 2};
	const struct sla_run run = {
		.from = m->from, .to = m->to, .streams = &st, .nstreams = 1, .start_ns = start, .quantum_ns = 1,
		.stop = stop,
	};
	struct arena a = {0};
	struct sla_show sh;

	for (unsigned i = 0; i < 2; i++) {
		samples[i] = (struct sla_sample){.seq = i, .flags = SLA_HAS_T1, .t1 = i * S, .bytes = 60};
		if (i >= answered)
			continue;
		samples[i].flags = SLA_HAS_ALL;
		samples[i].arrival = samples[i].rseq = i + 1;
		samples[i].t2 = samples[i].t3 = samples[i].t1 + 10 * MS;
		samples[i].t4 = samples[i].t3 + 20 * MS;
	}
	assert_int_equal(sla_show_init(&sh, &a, &run, 0), 0);
	sla_metrics_add(m, &sh);
	arena_reset(&a);
}


static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}


static void two_paths(void **state)
{
	struct sla_metrics m[2] = {{.from = "head", .to = "good"}, {.from = "head", .to = "a\"b\\c\n"}};
	struct sbuf sb = {0};
	const char *text;

	(void)state;
	add(&m[0], 2, 5 * S, SLA_STOP_DONE);
	add(&m[0], 1, 7 * S, SLA_STOP_DONE);
	add(&m[1], 0, 6 * S, SLA_STOP_NO_RESPONDER);
	assert_int_equal(m[0].since_ns, 5 * S);
	sla_metrics_write(&sb, m, 2);
	assert_int_equal(sb.err, 0);
	text = sbuf_str(&sb);

	/* the last operation, and all of them */
	assert_non_null(strstr(text, "visavis_sla_packets{from=\"head\",to=\"good\",what=\"answered\"} 1\n"));
	assert_non_null(strstr(text, "visavis_sla_packets_total{from=\"head\",to=\"good\",what=\"sent\"} 4\n"));
	assert_non_null(strstr(text, "visavis_sla_packets_total{from=\"head\",to=\"good\",what=\"answered\"} 3\n"));
	assert_non_null(strstr(text, "visavis_sla_operations_total{from=\"head\",to=\"good\"} 2\n"));
	assert_non_null(strstr(text, "visavis_sla_operations_failed_total{from=\"head\",to=\"good\"} 0\n"));
	assert_non_null(strstr(text, "visavis_sla_start_time_seconds{from=\"head\",to=\"good\"} 7\n"));
	assert_non_null(strstr(text, "visavis_sla_rtt_seconds{from=\"head\",to=\"good\",quantile=\"0.5\"} 0.03\n"));
	/* names are escaped as the format asks */
	assert_non_null(strstr(text, "visavis_sla_operations_failed_total{from=\"head\",to=\"a\\\"b\\\\c\\n\"} 1\n"));
	assert_non_null(strstr(text, "visavis_sla_rtt_seconds_count{from=\"head\",to=\"a\\\"b\\\\c\\n\"} 0\n"));

	/* a family is announced once, and one that nobody has not at all */
	assert_int_equal(times(text, "# TYPE visavis_sla_rtt_seconds summary\n"), 1);
	assert_int_equal(times(text, "# TYPE visavis_sla_packets_total counter\n"), 1);
	assert_int_equal(times(text, "forward_seconds summary"), 1);	/* jitter's: no clocks are known */
	assert_int_equal(times(text, "_mos"), 0);
	sbuf_reset(&sb);
}


static void one_operation(void **state)
{
	struct sla_metrics m = {.from = "a", .to = "b"};
	struct sbuf sb = {0};

	(void)state;
	sla_metrics_write(&sb, &m, 0);
	assert_int_equal(sb.len, 0);
	/* without sums there are none to tell */
	sla_metrics_write(&sb, &m, 1);
	assert_null(strstr(sbuf_str(&sb), "_total"));
	sbuf_reset(&sb);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_paths),
		cmocka_unit_test(one_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
