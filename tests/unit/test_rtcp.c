#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/rtp/rtcp.h"
#include "tests/unit/hex.h"

static void test_round_trip(void **state)
{
	static const struct rtcp_report r = {
		.ssrc = 7, .fraction = 3, .lost = -2, .max_seq = 70000,
		.jitter = 9, .lsr = 0x11223344, .dlsr = 65536,
	};
	static const struct rtcp_sender s = {
		.ntp = 0xe000000080000000u, .rtp_ts = 5, .packets = 6,
		.octets = 8,
	};
	uint8_t buf[256];
	struct rtcp_writer w = { .p = buf, .max = sizeof(buf) };
	struct rtcp_fir fir = { .ssrc = 7, .seq = 200 };
	struct rtcp_nack nack = { .pid = 65535, .blp = 5 };
	struct rtcp_iter it;
	struct rtcp_packet p;

	rtcp_put_sr(&w, 42, &s, &r, 1);
	rtcp_put_sdes(&w, 42, "room");
	rtcp_put_app(&w, 42, 1, "test", (const uint8_t *)"1234", 4);
	rtcp_put_nack(&w, 42, 7, &nack, 1);
	rtcp_put_pli(&w, 42, 7);
	rtcp_put_fir(&w, 42, &fir, 1);
	rtcp_put_bye(&w, 42, "over");
	assert_int_equal(w.err, 0);
	assert_int_equal(rtcp_begin(&it, buf, w.len), 0);
	assert_true(rtcp_next(&it, &p));
	assert_int_equal(p.type, RTCP_SR);
	assert_int_equal(p.ssrc, 42);
	assert_memory_equal(&p.u.report.sender, &s, sizeof(s));
	assert_int_equal(p.n, 1);
	assert_memory_equal(&p.u.report.v[0], &r, sizeof(r));
	assert_true(rtcp_next(&it, &p));
	assert_int_equal(p.u.sdes[0].ssrc, 42);
	assert_int_equal(p.u.sdes[0].cname_len, 4);
	assert_memory_equal(p.u.sdes[0].cname, "room", 4);
	assert_true(rtcp_next(&it, &p));
	assert_string_equal(p.u.app.name, "test");
	assert_int_equal(p.count, 1);
	assert_int_equal(p.u.app.len, 4);
	assert_true(rtcp_next(&it, &p));
	assert_int_equal(p.media, 7);
	assert_int_equal(p.u.nack[0].pid, 65535);
	assert_int_equal(p.u.nack[0].blp, 5);
	assert_true(rtcp_next(&it, &p));
	assert_int_equal(p.count, RTCP_FMT_PLI);
	assert_int_equal(p.media, 7);
	assert_true(rtcp_next(&it, &p));
	assert_int_equal(p.count, RTCP_FMT_FIR);
	assert_int_equal(p.u.fir[0].ssrc, 7);
	assert_int_equal(p.u.fir[0].seq, 200);
	assert_true(rtcp_next(&it, &p));
	assert_int_equal(p.u.bye.ssrc[0], 42);
	assert_int_equal(p.u.bye.reason_len, 4);
	assert_false(rtcp_next(&it, &p));
	assert_int_equal(it.err, 0);
}


/* CNAMEs of every length end on a word with at least one zero. */
static void test_sdes_lengths(void **state)
{
	for (size_t n = 0; n < 20; n++) {
		uint8_t buf[64];
		char name[32] = "";
		struct rtcp_writer w = { .p = buf, .max = sizeof(buf) };
		struct rtcp_iter it;
		struct rtcp_packet p;

		memset(name, 'x', n);
		rtcp_put_rr(&w, 1, NULL, 0);
		rtcp_put_sdes(&w, 1, name);
		assert_int_equal(w.len % 4, 0);
		assert_int_equal(rtcp_begin(&it, buf, w.len), 0);
		assert_true(rtcp_next(&it, &p));
		assert_true(rtcp_next(&it, &p));
		assert_int_equal(p.u.sdes[0].cname_len, n);
		assert_false(rtcp_next(&it, &p));
		assert_int_equal(it.err, 0);
	}
}


static void test_tmmbr(void **state)
{
	uint8_t buf[64];
	struct rtcp_iter it;
	struct rtcp_packet p;
	/* exponent 3, mantissa 100000, overhead 40 */
	size_t n = hex(buf, sizeof(buf), "80c90001 0000002a"
		"83cd0004 0000002a 00000000 00000007 0f0d4028");

	assert_int_equal(rtcp_begin(&it, buf, n), 0);
	assert_true(rtcp_next(&it, &p));
	assert_true(rtcp_next(&it, &p));
	assert_int_equal(p.type, RTCP_RTPFB);
	assert_int_equal(p.u.tmmbr[0].ssrc, 7);
	assert_int_equal(p.u.tmmbr[0].bitrate, 800000);
	assert_int_equal(p.u.tmmbr[0].overhead, 40);
}


/* RFC 3550 section A.2 */
static void test_bad_compound(void **state)
{
	static const struct {
		const char *hex;
		int err;
	} v[] = {
		{ "80c90001", ENODATA },
		{ "81ca0002 00000001 01000000", EBADMSG },	/* SDES first */
		{ "80c90002 00000001", EBADMSG },		/* too long */
		{ "40c90001 00000001", EBADMSG },		/* version */
		{ "80c90001 00000001 80", EBADMSG },		/* rest */
		{ "a0c90001 00000001 80cb0000", EBADMSG },	/* padding */
		{ "80c90001 00000001", 0 },
	};
	struct rtcp_iter it;
	uint8_t p[64];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t n = hex(p, sizeof(p), v[i].hex);

		assert_int_equal(rtcp_begin(&it, p, n), v[i].err);
	}
}


/* Lengths add up, but a packet lies about its inside. */
static void test_bad_inside(void **state)
{
	static const char *const v[] = {
		"81c90001 00000001",			/* a block is missing */
		"80c80001 00000001",			/* SR without sender */
		"81ca0001 00000001",			/* chunk without end */
		"81ca0002 00000001 01ff6161",		/* item past the end */
		"82cb0001 00000001",			/* BYE of two */
		"81cb0002 00000001 09616161",		/* reason too long */
		"80cc0001 00000001",			/* APP without name */
		"81ce0001 00000001",			/* PLI without media */
		"84ce0003 00000001 00000000 00000007",	/* half a FIR */
		"a0cb0001 00000005",			/* padding of five */
		"a0cb0001 00000000",
	};
	struct rtcp_iter it;
	struct rtcp_packet pkt;
	uint8_t p[64];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t n = hex(p, sizeof(p), "80c90001 00000001");

		n += hex(p + n, sizeof(p) - n, v[i]);
		assert_int_equal(rtcp_begin(&it, p, n), 0);
		assert_true(rtcp_next(&it, &pkt));
		assert_false(rtcp_next(&it, &pkt));
		assert_int_equal(it.err, EBADMSG);
	}
}


static void test_writer_limits(void **state)
{
	static const struct rtcp_report r[32];
	uint8_t buf[64];
	char name[300];
	struct rtcp_writer w = { .p = buf, .max = sizeof(buf) };

	rtcp_put_rr(&w, 1, r, 3);
	assert_int_equal(w.err, EOVERFLOW);
	rtcp_put_pli(&w, 1, 2);		/* sticky */
	assert_int_equal(w.len, 0);
	w.err = 0;
	rtcp_put_rr(&w, 1, r, 32);
	assert_int_equal(w.err, EINVAL);
	w.err = 0;
	memset(name, 'x', sizeof(name));
	name[299] = '\0';
	rtcp_put_sdes(&w, 1, name);
	assert_int_equal(w.err, EINVAL);
	w.err = 0;
	rtcp_put_app(&w, 1, 0, "abc", NULL, 0);
	assert_int_equal(w.err, EINVAL);
}


static void test_time(void **state)
{
	struct rtcp_report r = { .lsr = 0xb7052000, .dlsr = 0x00054000 };

	/* the example of RFC 3550 section 6.4.1: 6.125 s */
	assert_int_equal(rtcp_rtt_us(&r, (uint64_t)0xb7108000u << 16),
			 6125000);
	r.lsr = 0;
	assert_int_equal(rtcp_rtt_us(&r, (uint64_t)0xb7108000u << 16), 0);
	for (uint64_t us = 1790000000000000u; us < 1790000000003000u; us++)
		assert_int_equal(rtcp_us_from_ntp(rtcp_ntp_from_us(us)), us);
	/* past the wrap of 2036 */
	assert_int_equal(rtcp_us_from_ntp(rtcp_ntp_from_us(
		2100000000000001u)), 2100000000000001u);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_sdes_lengths),
		cmocka_unit_test(test_tmmbr),
		cmocka_unit_test(test_bad_compound),
		cmocka_unit_test(test_bad_inside),
		cmocka_unit_test(test_writer_limits),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
