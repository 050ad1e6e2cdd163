#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rtp/clock.h"
#include "lib/rtp/jbuf.h"
#include "lib/rtp/reorder.h"
#include "lib/rtp/rtp.h"
#include "lib/rtp/rtpstat.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/hex.h"

static void test_header(void **state)
{
	struct rtp_packet pkt;
	uint8_t p[64], again[64];
	const uint8_t *e;
	size_t n, len;

	/* two CSRCs, one-byte extension (id 1: 2 bytes, id 3: 1), 3 padding */
	n = hex(p, sizeof(p), "b2e01234 00000064 cafebabe 11111111 22222222"
		"bede0002 11aabb00 30cc0000 01020304 05000003");
	assert_int_equal(rtp_parse(&pkt, p, n), 0);
	assert_true(pkt.hdr.marker && pkt.hdr.ext && pkt.hdr.padding);
	assert_int_equal(pkt.hdr.pt, 96);
	assert_int_equal(pkt.hdr.seq, 0x1234);
	assert_int_equal(pkt.hdr.ts, 100);
	assert_int_equal(pkt.hdr.ssrc, 0xcafebabe);
	assert_int_equal(pkt.hdr.ncsrc, 2);
	assert_int_equal(pkt.hdr.csrc[1], 0x22222222);
	assert_int_equal(pkt.payload_len, 5);
	assert_int_equal(pkt.payload[4], 5);
	assert_true(rtp_ext_find(&pkt.hdr, 1, &e, &len));
	assert_int_equal(len, 2);
	assert_int_equal(e[1], 0xbb);
	assert_true(rtp_ext_find(&pkt.hdr, 3, &e, &len));
	assert_int_equal(len, 1);
	assert_false(rtp_ext_find(&pkt.hdr, 2, &e, &len));
	assert_int_equal(rtp_header_write(again, &len, sizeof(again),
					  &pkt.hdr), 0);
	assert_int_equal(len, pkt.header_len);
	assert_memory_equal(again, p, len);
	assert_int_equal(rtp_header_write(again, &len, len - 1, &pkt.hdr),
			 EOVERFLOW);
	for (size_t i = 0; i < pkt.header_len; i++)
		assert_int_equal(rtp_parse(&pkt, p, i), ENODATA);
}


static void test_header_bad(void **state)
{
	static const struct {
		const char *hex;
		int err;
	} v[] = {
		{ "40600001 00000000 00000001", EBADMSG },	/* version 1 */
		{ "8f600001 00000000 00000001", ENODATA },	/* CSRCs */
		{ "90600001 00000000 00000001 bede0001", ENODATA },
		{ "a0600001 00000000 00000001", EBADMSG },	/* no padding */
		{ "a0600001 00000000 00000001 00", EBADMSG },
		{ "a0600001 00000000 00000001 02", EBADMSG },
		{ "a0600001 00000000 00000001 01", 0 },
		{ "80600001 00000000 00000001", 0 },
	};
	struct rtp_packet pkt;
	uint8_t p[64];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t n = hex(p, sizeof(p), v[i].hex);

		assert_int_equal(rtp_parse(&pkt, p, n), v[i].err);
	}
	assert_true(rtp_is_rtcp((const uint8_t *)"\x80\xc8", 2));
	assert_false(rtp_is_rtcp((const uint8_t *)"\x80\xe0", 2));
}


static void test_ext_two_byte(void **state)
{
	struct rtp_packet pkt;
	uint8_t p[64];
	const uint8_t *e;
	size_t n, len;

	n = hex(p, sizeof(p), "90600001 00000000 00000001 10000002"
		"0500 0703 aabbcc 00");
	assert_int_equal(rtp_parse(&pkt, p, n), 0);
	assert_true(rtp_ext_find(&pkt.hdr, 5, &e, &len));
	assert_int_equal(len, 0);
	assert_true(rtp_ext_find(&pkt.hdr, 7, &e, &len));
	assert_int_equal(len, 3);
	p[19] = 9;	/* an element past the end */
	assert_int_equal(rtp_parse(&pkt, p, n), 0);
	assert_false(rtp_ext_find(&pkt.hdr, 7, &e, &len));
}


static void test_stat_wrap(void **state)
{
	struct rtpstat st;
	uint32_t ext;

	rtpstat_init(&st);
	for (uint32_t i = 65530; i < 65530 + 140000; i++)
		assert_int_equal(rtpstat_update(&st, (uint16_t)i, &ext),
				 RTPSTAT_NEXT);
	assert_int_equal(ext, 65536 + 65530 + 140000 - 1);
	assert_int_equal(rtpstat_lost(&st), 0);
	assert_int_equal(st.unique, 140000);
}


static void test_stat_kinds(void **state)
{
	struct rtpstat st;
	uint32_t ext;

	rtpstat_init(&st);
	assert_int_equal(rtpstat_update(&st, 65534, &ext), RTPSTAT_NEXT);
	assert_int_equal(rtpstat_update(&st, 1, &ext), RTPSTAT_NEXT);
	assert_int_equal(rtpstat_lost(&st), 2);
	assert_int_equal(rtpstat_update(&st, 65535, &ext), RTPSTAT_REORDERED);
	assert_int_equal(ext, 65536 + 65535);
	assert_int_equal(rtpstat_update(&st, 65535, &ext), RTPSTAT_DUPLICATE);
	assert_int_equal(rtpstat_update(&st, 1, &ext), RTPSTAT_DUPLICATE);
	assert_int_equal(rtpstat_lost(&st), 1);
	assert_int_equal(rtpstat_lost_report(&st), -1);	/* two repeats */
	/* before the very first one */
	assert_int_equal(rtpstat_update(&st, 65533, &ext), RTPSTAT_REORDERED);
	assert_int_equal(rtpstat_lost(&st), 1);
	/* far away once is ignored, twice in a row is a restart */
	assert_int_equal(rtpstat_update(&st, 20000, &ext), RTPSTAT_JUMP);
	assert_int_equal(rtpstat_update(&st, 2, &ext), RTPSTAT_NEXT);
	assert_int_equal(rtpstat_update(&st, 20000, &ext), RTPSTAT_JUMP);
	assert_int_equal(rtpstat_update(&st, 20001, &ext), RTPSTAT_RESTART);
	assert_int_equal(rtpstat_update(&st, 20003, &ext), RTPSTAT_NEXT);
	assert_int_equal(rtpstat_lost(&st), 2);
}


static void test_stat_fraction(void **state)
{
	struct rtpstat st;
	uint32_t ext;

	rtpstat_init(&st);
	for (unsigned i = 0; i < 100; i++) {
		if (i % 4 != 3)
			(void)rtpstat_update(&st, (uint16_t)i, &ext);
	}
	/* 0..98 expected, 75 came */
	assert_int_equal(rtpstat_fraction(&st), 24 * 256 / 99);
	assert_int_equal(rtpstat_fraction(&st), 0);
	(void)rtpstat_update(&st, 101, &ext);
	assert_int_equal(rtpstat_fraction(&st), 2 * 256 / 3);
}


/* RFC 3550 A.8: J += (|D| - J) / 16, here with D of 16 units each time */
static void test_stat_jitter(void **state)
{
	struct rtpstat st;

	rtpstat_init(&st);
	rtpstat_jitter(&st, 0, 1000);
	rtpstat_jitter(&st, 160, 1160);
	assert_int_equal(rtpstat_jitter_get(&st), 0);
	rtpstat_jitter(&st, 320, 1336);
	assert_int_equal(st.jitter_q4, 16);
	assert_int_equal(rtpstat_jitter_get(&st), 1);
	for (uint32_t i = 3; i < 300; i++)
		rtpstat_jitter(&st, i * 160, 1000 + i * 160 +
			       (i % 2 ? 0 : 16));
	assert_in_range(rtpstat_jitter_get(&st), 15, 16);
	/* across the wrap of both clocks */
	rtpstat_jitter(&st, 0xffffff00u, 0xffffff00u + 1000);
	assert_in_range(rtpstat_jitter_get(&st), 14, 24);
}


static void test_clock(void **state)
{
	struct rtp_unwrap u = { 0 };
	struct rtpclock c = { .rate = 90000 };

	assert_int_equal(rtpclock_us(&c, 5), 0);
	rtpclock_report(&c, 1000000000, 0xffffff00u);
	assert_int_equal(rtpclock_us(&c, 0xffffff00u + 90000), 1001000000);
	assert_int_equal(rtpclock_us(&c, 0xffffff00u - 45000), 999500000);
	assert_int_equal(rtpclock_ts(3000000, 1000000, 0xffffffffu, 90000),
			 179999);
	assert_int_equal(rtpclock_ts(0, 1000000, 100000, 90000), 10000);
	assert_true(rtp_unwrap(&u, 0xfffffff0u) == 0x1fffffff0u);
	assert_true(rtp_unwrap(&u, 16) == 0x200000010u);
	assert_true(rtp_unwrap(&u, 0xfffffff1u) == 0x1fffffff1u);
	assert_true(rtp_unwrap(&u, 17) == 0x200000011u);
}


/* --- reordering --- */

static int put(struct reorder *r, uint32_t seq, uint64_t now)
{
	uint8_t b = (uint8_t)seq;

	return reorder_put(r, seq, seq * 10, false, &b, 1, now);
}


/* Every order of six packets comes out in order, without loss. */
static void permute(struct reorder *r, uint32_t *v, unsigned k)
{
	const struct reorder_packet *p;
	uint32_t lost, want = 65530;

	if (k < 6) {
		for (unsigned i = k; i < 6; i++) {
			uint32_t t = v[k];

			v[k] = v[i];
			v[i] = t;
			permute(r, v, k + 1);
			v[i] = v[k];
			v[k] = t;
		}
		return;
	}
	reorder_reset(r);
	assert_int_equal(put(r, want, 1000), 0);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(put(r, v[i], 1000 + i), 0);
	while ((p = reorder_get(r, 1006, false, &lost))) {
		assert_int_equal(lost, 0);
		assert_int_equal(p->seq, want++);
		assert_int_equal(p->data[0], (uint8_t)p->seq);
	}
	assert_int_equal(want, 65537);
	assert_int_equal(reorder_deadline(r), 0);
}


static void test_reorder_all(void **state)
{
	uint32_t v[6] = { 65531, 65532, 65533, 65534, 65535, 65536 };
	struct reorder r;

	assert_int_equal(reorder_alloc(&r, 16, 20000), 0);
	permute(&r, v, 0);
	reorder_free(&r);
}


static void test_reorder_loss(void **state)
{
	struct reorder r;
	const struct reorder_packet *p;
	uint32_t lost;

	assert_int_equal(reorder_alloc(&r, 16, 20000), 0);
	assert_int_equal(put(&r, 100, 1000), 0);
	assert_non_null(reorder_get(&r, 1000, false, &lost));
	assert_int_equal(put(&r, 103, 2000), 0);
	assert_int_equal(put(&r, 105, 9000), 0);
	assert_int_equal(put(&r, 103, 2000), EALREADY);
	assert_int_equal(reorder_deadline(&r), 22000);
	assert_null(reorder_get(&r, 21999, false, &lost));
	p = reorder_get(&r, 22000, false, &lost);
	assert_non_null(p);
	assert_int_equal(p->seq, 103);
	assert_int_equal(lost, 2);
	assert_int_equal(put(&r, 101, 22001), ETIME);
	/* the second gap counts from the packet that showed it */
	assert_int_equal(reorder_deadline(&r), 29000);
	assert_null(reorder_get(&r, 28999, false, &lost));
	assert_int_equal(put(&r, 104, 28999), 0);
	assert_int_equal(reorder_get(&r, 28999, false, &lost)->seq, 104);
	assert_int_equal(reorder_get(&r, 28999, false, &lost)->seq, 105);
	assert_int_equal(lost, 0);
	assert_int_equal(put(&r, 106 + 16, 30000), ENOSPC);
	assert_int_equal(put(&r, 106 + 15, 30000), 0);
	assert_int_equal(reorder_get(&r, 30000, true, &lost)->seq, 121);
	assert_int_equal(lost, 15);
	assert_int_equal(reorder_put(&r, 122, 0, false, NULL, 9999, 0),
			 EMSGSIZE);
	reorder_free(&r);
	assert_int_equal(reorder_alloc(&r, 15, 1), EINVAL);
}


/* --- jitter buffer: 8 kHz, 20 ms packets --- */

enum { T0 = 1000000000, STEP = 20000 };

static int jput(struct jbuf *jb, uint32_t i, int64_t delay)
{
	uint8_t b[4] = { (uint8_t)i };

	return jbuf_put(jb, 65530 + i, 0xffffff00u + i * 160, b, sizeof(b),
			(uint64_t)(T0 + (int64_t)i * STEP + delay));
}


static void test_jbuf_steady(void **state)
{
	struct jbuf jb;
	struct jbuf_frame f;

	assert_int_equal(jbuf_alloc(&jb, 8000, 20, 400), 0);
	for (uint32_t i = 0; i < 300; i++) {
		uint64_t now = T0 + (uint64_t)i * STEP;

		assert_int_equal(jput(&jb, i, 0), 0);
		/* the least delay is 20 ms, so it may be told right away */
		assert_true(jbuf_get(&jb, now, STEP, &f));
		assert_int_equal(f.len, 4);
		assert_int_equal(f.data[0], (uint8_t)i);
		assert_int_equal(f.ts, 0xffffff00u + i * 160);
		assert_int_equal(f.playout_us, now + 20000);
		assert_false(jbuf_get(&jb, now, STEP, &f));
		assert_int_equal(jbuf_deadline(&jb, STEP), 0);
	}
	jbuf_free(&jb);
}


static void test_jbuf_loss(void **state)
{
	struct jbuf jb;
	struct jbuf_frame f;

	assert_int_equal(jbuf_alloc(&jb, 8000, 40, 400), 0);
	for (uint32_t i = 0; i < 6; i++) {
		if (i != 3)
			assert_int_equal(jput(&jb, i, 0), 0);
	}
	for (uint32_t i = 0; i < 6; i++) {
		uint64_t due = T0 + i * STEP + 40000;
		uint64_t at = due - (i == 3 ? 5000 : 20000);

		assert_int_equal(jbuf_deadline(&jb, STEP), at);
		assert_false(jbuf_get(&jb, at - 1, STEP, &f));
		assert_true(jbuf_get(&jb, at, STEP, &f));
		assert_int_equal(f.len, i == 3 ? 0 : 4);
		assert_int_equal(f.ts, 0xffffff00u + i * 160);
		assert_int_equal(f.playout_us, due);
	}
	assert_int_equal(jput(&jb, 3, 90000), ETIME);
	assert_int_equal(jput(&jb, 6, 0), 0);
	assert_int_equal(jput(&jb, 6, 0), EALREADY);
	jbuf_free(&jb);
}


/* A slow packet raises the delay at once; calm lowers it slowly. */
static void test_jbuf_adapts(void **state)
{
	struct jbuf jb;
	struct jbuf_frame f;
	uint64_t top = 0, last = 0;

	assert_int_equal(jbuf_alloc(&jb, 8000, 20, 400), 0);
	for (uint32_t i = 0; i < 1400; i++) {
		int64_t late = i == 50 ? 90000 : 0;

		assert_int_equal(jput(&jb, i, late), 0);
		while (jbuf_get(&jb, T0 + (uint64_t)i * STEP + 400000, STEP,
				&f)) {
			uint64_t d = f.playout_us - (T0 + (uint64_t)i * STEP);

			assert_true(f.len);
			if (d > top)
				top = d;
			last = d;
		}
	}
	assert_int_equal(top, 90000);
	assert_int_equal(last, 20000);
	jbuf_set_floor(&jb, jbuf_need(&jb) + 50000);
	assert_int_equal(jput(&jb, 1400, 0), 0);
	assert_true(jbuf_get(&jb, UINT64_MAX, STEP, &f));
	assert_int_equal(f.playout_us, T0 + 1400ull * STEP + 70000);
	jbuf_free(&jb);
}


static void test_jbuf_holes(void **state)
{
	struct jbuf jb;
	struct jbuf_frame f;
	unsigned lost = 0;

	assert_int_equal(jbuf_alloc(&jb, 8000, 20, 400), 0);
	assert_int_equal(jput(&jb, 0, 0), 0);
	assert_true(jbuf_get(&jb, UINT64_MAX, STEP, &f));
	assert_int_equal(jput(&jb, 100, 0), 0);		/* a long hole: once */
	while (jbuf_get(&jb, UINT64_MAX, STEP, &f))
		lost += !f.len;
	assert_int_equal(lost, 1);
	assert_int_equal(jput(&jb, 1000, 0), 0);	/* past the buffer */
	assert_true(jbuf_get(&jb, UINT64_MAX, STEP, &f));
	assert_int_equal(f.len, 4);
	/* the first packets of a stream may come swapped */
	jbuf_reset(&jb);
	assert_int_equal(jput(&jb, 11, 0), 0);
	assert_int_equal(jput(&jb, 10, 20000), 0);
	assert_true(jbuf_get(&jb, UINT64_MAX, STEP, &f));
	assert_int_equal(f.data[0], 10);
	assert_true(jbuf_get(&jb, UINT64_MAX, STEP, &f));
	assert_int_equal(f.data[0], 11);
	jbuf_free(&jb);
}


static void alloc_fn(void *arg)
{
	struct jbuf jb;
	struct reorder r;

	if (!jbuf_alloc(&jb, 8000, 20, 400))
		jbuf_free(&jb);
	if (!reorder_alloc(&r, 16, 1))
		reorder_free(&r);
}


static void test_no_memory(void **state)
{
	struct jbuf jb;

	assert_int_equal(failmalloc_each(alloc_fn, NULL), 2);
	assert_int_equal(jbuf_alloc(&jb, 0, 20, 400), EINVAL);
	assert_int_equal(jbuf_alloc(&jb, 8000, 20, 10), EINVAL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_header_bad),
		cmocka_unit_test(test_ext_two_byte),
		cmocka_unit_test(test_stat_wrap),
		cmocka_unit_test(test_stat_kinds),
		cmocka_unit_test(test_stat_fraction),
		cmocka_unit_test(test_stat_jitter),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_reorder_all),
		cmocka_unit_test(test_reorder_loss),
		cmocka_unit_test(test_jbuf_steady),
		cmocka_unit_test(test_jbuf_loss),
		cmocka_unit_test(test_jbuf_adapts),
		cmocka_unit_test(test_jbuf_holes),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
