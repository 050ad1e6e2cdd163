#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/arena.h"
#include "lib/base/b64.h"
#include "lib/base/diag.h"
#include "lib/base/ip.h"
#include "lib/base/sbuf.h"
#include "lib/base/strset.h"
#include "tests/unit/failmalloc.h"


static void ip_text_round_trip(void **state)
{
	/* RFC 5952 section 4: what each must print as */
	static const char *const v[][2] = {
		{"10.77.1.10", "10.77.1.10"},
		{"255.255.255.255", "255.255.255.255"},
		{"::", "::"}, {"::1", "::1"}, {"1::", "1::"},
		{"2001:DB8::1", "2001:db8::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"::ffff:10.0.0.1", "::ffff:a00:1"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ip_addr a;
		char buf[IP_STRLEN];

		assert_int_equal(ip_parse(&a, v[i][0]), 0);
		assert_string_equal(ip_str(&a, buf), v[i][1]);
	}
}


static void ip_text_refused(void **state)
{
	static const char *const v[] = {
		"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
		"1.2.3.4 ", "-1.2.3.4", ":", ":::", "1::2::3", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "12345::", "1:", ":1", "g::", "1.2.3.4::",
		"::1.2.3.4:5", "1:2:3:4:5:6:7:8::",
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ip_addr a;

		if (!ip_parse(&a, v[i]))
			fail_msg("took \"%s\"", v[i]);
	}
}


static void ip_prefixes_and_ranges(void **state)
{
	struct ip_prefix p;
	struct ip_range r, q;
	struct ip_addr a;
	char buf[IP_STRLEN];

	assert_int_equal(ip_prefix_parse(&p, "10.77.1.0/24"), 0);
	r = ip_prefix_range(&p);
	assert_string_equal(ip_range_str(&r, buf), "10.77.1.0-10.77.1.255");
	assert_int_equal(ip_prefix_parse(&p, "10.77.1.9/24"), EDOM);
	assert_string_equal(ip_prefix_str(&p, buf), "10.77.1.0/24");
	assert_int_equal(ip_prefix_parse(&p, "10.0.0.0/33"), EINVAL);
	assert_int_equal(ip_prefix_parse(&p, "0.0.0.0/0"), 0);
	assert_int_equal(ip_prefix_parse(&p, "2001:db8::/33"), 0);

	assert_int_equal(ip_range_parse(&r, "10.0.0.5-10.0.0.9"), 0);
	p = ip_range_first_prefix(&r);
	assert_string_equal(ip_prefix_str(&p, buf), "10.0.0.5/32");
	assert_int_equal(ip_range_parse(&q, "10.0.0.8-10.0.0.24"), 0);
	p = ip_range_first_prefix(&q);
	assert_string_equal(ip_prefix_str(&p, buf), "10.0.0.8/29");
	assert_int_equal(ip_range_parse(&q, "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 0);
	p = ip_range_first_prefix(&q);
	assert_string_equal(ip_prefix_str(&p, buf), "::/0");
	assert_int_equal(ip_range_parse(&q, "10.0.0.9-10.0.0.5"), EDOM);
	assert_int_equal(ip_range_parse(&q, "10.0.0.9-::1"), EINVAL);
	assert_int_equal(ip_parse(&a, "10.0.0.9"), 0);
	assert_true(ip_range_has(&r, &a));
	assert_true(ip_next(&a));
	assert_false(ip_range_has(&r, &a));
	assert_int_equal(ip_parse(&a, "255.255.255.255"), 0);
	assert_false(ip_next(&a));
}


static void sbuf_stops_at_max(void **state)
{
	struct sbuf sb = { .max = 16 };

	sbuf_printf(&sb, "%s", "fifteen letters");
	assert_int_equal(sb.err, 0);
	sbuf_putc(&sb, '!');
	assert_int_equal(sb.err, EOVERFLOW);
	assert_string_equal(sbuf_str(&sb), "");
	sbuf_reset(&sb);
	sb.max = 0;

	sbuf_put_html(&sb, "<a & 'b'>");
	assert_string_equal(sbuf_str(&sb), "&lt;a &amp; &#39;b&#39;&gt;");
	sbuf_reset(&sb);
}


static void diag_keeps_order(void **state)
{
	struct diag_list dl = {0};

	diag_error(&dl, ((struct diag_pos){"b", 2, 1}), "second");
	diag_warn(&dl, ((struct diag_pos){"b", 1, 9}), "first %d", 1);
	diag_error(&dl, ((struct diag_pos){"b", 2, 1}), "third");
	diag_sort(&dl);
	assert_int_equal(dl.n, 3);
	assert_int_equal(dl.errors, 2);
	assert_string_equal(dl.v[0].msg, "first 1");
	assert_string_equal(dl.v[2].msg, "third");
	diag_reset(&dl);
}


static void strset_keeps_order(void **state)
{
	struct arena a = {0};
	struct strset ss = { .mem = &a };
	char text[16];

	assert_false(strset_has(&ss, "n0"));
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "n%u", i);
		assert_true(strset_add(&ss, arena_strdup(&a, text)));
		assert_false(strset_add(&ss, text));
	}
	assert_int_equal(ss.n, 1000);
	assert_int_equal(ss.err, 0);
	assert_string_equal(ss.v[0], "n0");
	assert_string_equal(ss.v[999], "n999");
	assert_null(ss.v[1000]);
	assert_true(strset_has(&ss, "n500"));
	assert_false(strset_has(&ss, "n1000"));
	arena_reset(&a);
}


static void sbuf_printf_grows(void **state)
{
	struct sbuf sb = { .max = 1000 };

	for (unsigned i = 0; i < 90; i++)
		sbuf_printf(&sb, "%s %03u", "number", i);
	assert_int_equal(sb.err, 0);
	assert_int_equal(sb.len, 900);
	assert_int_equal(strlen(sb.p), 900);
	assert_memory_equal(sb.p + 890, "number 089", 10);
	sbuf_printf(&sb, "%0200u", 1);
	assert_int_equal(sb.err, EOVERFLOW);
	assert_int_equal(strlen(sb.p), 900);
	sbuf_reset(&sb);
}


static void use_all(void *arg)
{
	struct arena a = {0};
	struct strset ss = { .mem = &a };
	struct sbuf sb = {0};
	struct diag_list dl = {0};
	size_t cap = 0;
	void *v = NULL;

	for (int i = 0; i < 9; i++)
		diag_error(&dl, ((struct diag_pos){"f", 1, 1}), "m");
	assert_int_equal(dl.errors, 9);
	assert_int_equal(dl.n + dl.dropped, 9);

	(void)arena_printf(&a, "%d", 1);
	(void)arena_alloc(&a, 100000);
	(void)arena_grow(&a, &v, 0, &cap, 8);
	(void)strset_add(&ss, "s");
	assert_int_equal(strset_has(&ss, "s"), !ss.err);
	sbuf_puts(&sb, "x");
	assert_int_equal(sb.err, sb.p ? 0 : ENOMEM);

	diag_reset(&dl);
	sbuf_reset(&sb);
	arena_reset(&a);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(use_all, NULL) >= 10);
}


static void arena_has_a_maximum(void **state)
{
	struct arena a = { .max = 20000 };

	assert_non_null(arena_alloc(&a, 100));
	assert_null(arena_alloc(&a, 19000));
	assert_null(arena_calloc(&a, SIZE_MAX / 2, 4));
	arena_reset(&a);
}


/* RFC 4648 section 10 */
static void base64_round_trip(void **state)
{
	static const struct { const char *text, *bytes; } v[] = {
		{"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg==", "foob"},
		{"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"},
	};
	uint8_t out[8];
	char text[16];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t n = strlen(v[i].bytes), got = sizeof(out);

		assert_int_equal(b64_decode(out, &got, v[i].text, strlen(v[i].text)), 0);
		assert_int_equal(got, n);
		assert_memory_equal(out, v[i].bytes, n);
		assert_int_equal(b64_encode(text, B64_LEN(n) + 1, out, n), 0);
		assert_string_equal(text, v[i].text);
		assert_int_equal(b64_encode(text, B64_LEN(n), out, n), EOVERFLOW);
	}
}


static void base64_refused(void **state)
{
	static const char *const bad[] = {
		"A", "AAAAA", "AA=A", "A===", "AB==", "AAB=", "AA!A", "=", "Zm 8", "Zg===", "Zg==x",
	};
	uint8_t out[8];
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = sizeof(out);
		assert_int_equal(b64_decode(out, &n, bad[i], strlen(bad[i])), EBADMSG);
	}
	n = sizeof(out);
	assert_int_equal(b64_decode(out, &n, "Zm9vYmE", 7), 0);	/* padding left out */
	assert_int_equal(n, 5);
	n = 4;
	assert_int_equal(b64_decode(out, &n, "Zm9vYmE=", 8), EOVERFLOW);
}


/* A whole number with its digits behind the point, to the last of them. */
static void fixed_point(void **state)
{
	static const struct {
		long long v;
		unsigned decimals;
		const char *want;
	} rows[] = {
		{1250, 3, "1.25"}, {-1250, 3, "-1.25"}, {5, 6, "0.000005"}, {-5, 1, "-0.5"}, {7000, 3, "7"},
		{0, 6, "0"}, {42, 0, "42"}, {1, 18, "0.000000000000000001"},
		{INT64_MIN, 9, "-9223372036.854775808"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sbuf sb = {0};

		sbuf_put_fixed(&sb, rows[i].v, rows[i].decimals);
		assert_string_equal(sbuf_str(&sb), rows[i].want);
		sbuf_reset(&sb);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_point),
		cmocka_unit_test(ip_text_round_trip),
		cmocka_unit_test(ip_text_refused),
		cmocka_unit_test(ip_prefixes_and_ranges),
		cmocka_unit_test(sbuf_stops_at_max),
		cmocka_unit_test(sbuf_printf_grows),
		cmocka_unit_test(strset_keeps_order),
		cmocka_unit_test(diag_keeps_order),
		cmocka_unit_test(allocations_may_fail),
		cmocka_unit_test(arena_has_a_maximum),
		cmocka_unit_test(base64_round_trip),
		cmocka_unit_test(base64_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
