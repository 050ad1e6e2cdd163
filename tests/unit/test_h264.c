#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/h264/assemble.h"
#include "lib/h264/fmtp.h"
#include "lib/h264/nal.h"
#include "lib/h264/pkt.h"
#include "lib/h264/sps.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/hex.h"

/* Made with an encoder: 1080p30 High, 720p30 Constrained Baseline, 480p25 Main */
#define SPS_1080 "67640028acd940780227e5c044000003000400000300f03c60c658"
#define SPS_720 "6742c01fd9005005bb0110000003001000000303c0f1832480"
#define SPS_480 "674d401eeca06c1ef37808800000030080000019078b16cb"
#define PPS_720 "68cb83cb20"

static void test_sps(void **state)
{
	static const struct {
		const char *hex;
		uint8_t profile, level;
		unsigned w, h, fps;
	} v[] = {
		{ SPS_1080, 100, 40, 1920, 1080, 30 },
		{ SPS_720, 66, 31, 1280, 720, 30 },
		{ SPS_480, 77, 30, 854, 480, 25 },
	};
	struct h264_sps s;
	uint8_t p[64];

	for (size_t i = 0; i < 3; i++) {
		size_t n = hex(p, sizeof(p), v[i].hex);

		assert_int_equal(h264_sps_parse(&s, p, n), 0);
		assert_int_equal(s.profile_idc, v[i].profile);
		assert_int_equal(s.level_idc, v[i].level);
		assert_int_equal(s.width, v[i].w);
		assert_int_equal(s.height, v[i].h);
		assert_true(h264_sps_fps(&s) == v[i].fps);
		assert_int_equal(h264_sps_parse(&s, p, 3), ENODATA);
		assert_int_equal(h264_sps_parse(&s, p, 8), ENODATA);
	}
	p[0] = 0x68;
	assert_int_equal(h264_sps_parse(&s, p, 20), EBADMSG);
}


static void test_pps(void **state)
{
	struct h264_pps pps;
	uint8_t p[8];
	size_t n = hex(p, sizeof(p), PPS_720);

	assert_int_equal(h264_pps_parse(&pps, p, n), 0);
	assert_int_equal(pps.id, 0);
	assert_false(pps.cabac);
	n = hex(p, sizeof(p), "68ebe3cb20");
	assert_int_equal(h264_pps_parse(&pps, p, n), 0);
	assert_true(pps.cabac);
	assert_int_equal(h264_pps_parse(&pps, p, 1), ENODATA);
}


/* A picture of 70,000 macroblocks a side must not pass. */
static void test_sps_huge(void **state)
{
	struct h264_sps s;
	uint8_t p[] = { 0x67, 66, 0, 31, 0xf8, 0x00, 0x00, 0x80, 0x00, 0x40,
		0x00, 0x00, 0x80, 0x00, 0xff };

	assert_int_not_equal(h264_sps_parse(&s, p, sizeof(p)), 0);
}


static void test_annexb(void **state)
{
	static const uint8_t p[] = { 9, 9, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68,
		0, 0, 1, 0, 0, 1, 0x65, 0x80, 0, 0, 3, 1, 0, 0 };
	struct h264_nal_iter it;
	struct h264_nal n;

	h264_annexb_begin(&it, p, sizeof(p));
	assert_true(h264_nal_next(&it, &n));
	assert_int_equal(n.len, 2);
	assert_true(h264_nal_next(&it, &n));
	assert_int_equal(n.len, 1);
	assert_int_equal(n.p[0], 0x68);
	assert_true(h264_nal_next(&it, &n));
	assert_int_equal(n.len, 6);
	assert_false(h264_nal_next(&it, &n));
	assert_true(h264_annexb_is_key(p, sizeof(p)));
	assert_false(h264_annexb_is_key(p, 12));
	assert_false(h264_annexb_is_key(p, 0));
}


static void test_avcc(void **state)
{
	static const uint8_t p[] = { 0, 2, 0x67, 1, 0, 0, 0, 1, 0x68, 0, 9, 1 };
	static const uint8_t box[] = { 1, 66, 0xc0, 31, 0xff, 0xe1, 0, 2,
		0x67, 1, 1, 0, 1, 0x68 };
	struct h264_avcc_config c;
	uint8_t out[64];
	size_t len = 0;

	assert_int_equal(h264_avcc_to_annexb(out, &len, sizeof(out), p, 9, 2),
			 0);
	assert_int_equal(len, 11);
	assert_memory_equal(out, "\0\0\0\1\x67\1\0\0\0\1\x68", 11);
	len = 0;
	assert_int_equal(h264_avcc_to_annexb(out, &len, sizeof(out), p,
					     sizeof(p), 2), EBADMSG);
	len = 0;
	assert_int_equal(h264_avcc_to_annexb(out, &len, 8, p, 9, 2),
			 EOVERFLOW);
	assert_int_equal(h264_avcc_to_annexb(out, &len, 8, p, 9, 3), EBADMSG);

	assert_int_equal(h264_avcc_config_parse(&c, box, sizeof(box)), 0);
	assert_int_equal(c.len_size, 4);
	assert_int_equal(c.nsps, 1);
	assert_int_equal(c.npps, 1);
	assert_int_equal(c.pps[0].p[0], 0x68);
	for (size_t n = 0; n < sizeof(box); n++)
		assert_int_equal(h264_avcc_config_parse(&c, box, n), ENODATA);
}


static void test_fmtp_parse(void **state)
{
	static const char *const bad[] = {
		"profile-level-id=42e0", "profile-level-id=42e01g",
		"packetization-mode=3", "max-fs=-1", "max-mbps=99999999999",
		"sprop-parameter-sets=Z0*", "level-asymmetry-allowed=2",
	};
	struct h264_fmtp f, g;
	char buf[512];

	assert_int_equal(h264_fmtp_parse(&f, NULL), 0);
	assert_int_equal(f.profile_idc, 66);
	assert_int_equal(f.level_idc, 10);
	assert_int_equal(h264_fmtp_parse(&f, " profile-level-id=42E01F ; "
		"Packetization-Mode=1;max-mbps=245000;max-fs=9000;max-br=5000;"
		"level-asymmetry-allowed=1;x=y;sprop-parameter-sets="
		"Z0LAH9kAUAW7ARAAAAMAEAAAAwPA8YMkgA==,aMuDyyA="), 0);
	assert_int_equal(f.level_idc, 31);
	assert_int_equal(f.packetization_mode, 1);
	assert_int_equal(f.max_mbps, 245000);
	assert_int_equal(f.max_fs, 9000);
	assert_true(f.level_asymmetry);
	assert_int_equal(f.sprop_len, 25 + 5 + 8);
	assert_int_equal(h264_fmtp_print(&f, buf, sizeof(buf)), 0);
	assert_int_equal(h264_fmtp_parse(&g, buf), 0);
	assert_memory_equal(&f, &g, sizeof(f));
	for (size_t n = 1; n < strlen(buf) + 1; n++) {
		char small[512];

		assert_int_equal(h264_fmtp_print(&f, small, n), EOVERFLOW);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(h264_fmtp_parse(&f, bad[i]), EBADMSG);
}


static void fmtp(struct h264_fmtp *f, const char *s)
{
	assert_int_equal(h264_fmtp_parse(f, s), 0);
}


/* RFC 6184 section 8.2.2: what an answer may say */
static void test_answer(void **state)
{
	static const struct {
		const char *ours, *offer;
		int err;
		const char *answer;
	} v[] = {
		/* lower level of the two without asymmetry */
		{ "profile-level-id=42e01f;packetization-mode=1",
		  "profile-level-id=42e00d;packetization-mode=1", 0,
		  "profile-level-id=42E00D;packetization-mode=1" },
		{ "profile-level-id=42e00d;packetization-mode=1",
		  "profile-level-id=42e01f;packetization-mode=1", 0,
		  "profile-level-id=42E00D;packetization-mode=1" },
		/* each its own with it */
		{ "profile-level-id=42e01f;level-asymmetry-allowed=1",
		  "profile-level-id=42e00d;level-asymmetry-allowed=1", 0,
		  "profile-level-id=42E01F;packetization-mode=0;"
		  "level-asymmetry-allowed=1" },
		/* one of them does not allow it */
		{ "profile-level-id=42e01f;level-asymmetry-allowed=1",
		  "profile-level-id=42e00d", 0,
		  "profile-level-id=42E00D;packetization-mode=0" },
		/* Constrained Baseline written in two ways */
		{ "profile-level-id=42e01f", "profile-level-id=4d801f", 0,
		  "profile-level-id=4D801F;packetization-mode=0" },
		/* level 1b is below 1.1 and hides in the profile bits */
		{ "profile-level-id=42e00b", "profile-level-id=42f00b", 0,
		  "profile-level-id=42F00B;packetization-mode=0" },
		{ "profile-level-id=42e01f", "profile-level-id=64001f",
		  ENOENT, NULL },
		{ "profile-level-id=42e01f;packetization-mode=1",
		  "profile-level-id=42e01f", ENOENT, NULL },
		{ "profile-level-id=42e01f;packetization-mode=2",
		  "profile-level-id=42e01f;packetization-mode=2", ENOENT,
		  NULL },
	};
	struct h264_fmtp ours, offer, ans;
	char buf[128];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		fmtp(&ours, v[i].ours);
		fmtp(&offer, v[i].offer);
		assert_int_equal(h264_fmtp_answer(&ans, &ours, &offer),
				 v[i].err);
		if (v[i].err)
			continue;
		assert_int_equal(h264_fmtp_print(&ans, buf, sizeof(buf)), 0);
		assert_string_equal(buf, v[i].answer);
		assert_int_equal(h264_fmtp_check_answer(&offer, &ans), 0);
	}
	fmtp(&offer, "profile-level-id=42e00d");
	fmtp(&ans, "profile-level-id=42e01f");
	assert_int_equal(h264_fmtp_check_answer(&offer, &ans), EPROTO);
}


static void test_limits(void **state)
{
	struct h264_fmtp local, remote;
	struct h264_limits l;
	struct h264_sps s;
	uint8_t p[64];
	size_t n;

	fmtp(&local, "profile-level-id=42e028;level-asymmetry-allowed=1");
	fmtp(&remote, "profile-level-id=42e01f;level-asymmetry-allowed=1");
	h264_limits_tx(&l, &local, &remote);
	assert_true(h264_limits_fit(&l, 1280, 720, 30));
	assert_false(h264_limits_fit(&l, 1280, 720, 31));
	assert_false(h264_limits_fit(&l, 1920, 1080, 1));
	assert_int_equal(l.max_br, 14000000);
	fmtp(&remote, "profile-level-id=42e01f;level-asymmetry-allowed=1;"
	     "max-fs=8160;max-mbps=244800;max-br=20000;max-fps=2500");
	h264_limits_tx(&l, &local, &remote);
	assert_true(h264_limits_fit(&l, 1920, 1080, 25));
	assert_false(h264_limits_fit(&l, 1920, 1080, 30));
	assert_int_equal(l.max_br, 20000000);
	n = hex(p, sizeof(p), SPS_720);
	assert_int_equal(h264_sps_parse(&s, p, n), 0);
	l.max_fps = 0;
	assert_true(h264_limits_fit_sps(&l, &s));
	n = hex(p, sizeof(p), SPS_1080);
	assert_int_equal(h264_sps_parse(&s, p, n), 0);
	assert_false(h264_limits_fit_sps(&l, &s));
	fmtp(&remote, "profile-level-id=640028");
	fmtp(&local, "profile-level-id=640028");
	h264_limits_tx(&l, &local, &remote);
	assert_true(h264_limits_fit_sps(&l, &s));
}


/* --- payloads --- */

enum { MAX_PKT = 64 };

struct pkts {
	uint8_t p[MAX_PKT][H264_PAYLOAD_MAX];
	size_t len[MAX_PKT];
	bool marker[MAX_PKT];
	size_t n;
};

static int keep_h(const uint8_t *payload, size_t len, bool marker, void *arg)
{
	struct pkts *k = arg;

	assert_true(k->n < MAX_PKT);
	memcpy(k->p[k->n], payload, len);
	k->len[k->n] = len;
	k->marker[k->n++] = marker;
	return 0;
}


static size_t unit(uint8_t *p, uint8_t header, size_t len)
{
	memcpy(p, "\0\0\0\1", 4);
	p[4] = header;
	for (size_t i = 1; i < len; i++)
		p[4 + i] = (uint8_t)(0x80 | i % 120);
	return 4 + len;
}


static void test_packetise(void **state)
{
	static struct pkts k;
	uint8_t au[4096];
	size_t n = unit(au, 0x09, 2);	/* delimiter: left out */

	n += unit(au + n, 0x67, 20);
	n += unit(au + n, 0x68, 5);
	n += unit(au + n, 0x65, 2500);
	assert_int_equal(h264_packetise(au, n, 1, 1000, keep_h, &k), 0);
	assert_int_equal(k.n, 4);
	/* STAP-A, then three fragments of about the same size */
	assert_int_equal(k.p[0][0], 0x78);
	assert_int_equal(k.len[0], 1 + 2 + 20 + 2 + 5);
	assert_int_equal(k.p[0][2], 20);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(k.p[i][0], 0x7c);
		assert_true(k.len[i] > 800 && k.len[i] <= 1000);
		assert_int_equal(k.marker[i], i == 3);
	}
	assert_int_equal(k.p[1][1], 0x85);
	assert_int_equal(k.p[2][1], 0x05);
	assert_int_equal(k.p[3][1], 0x45);
	assert_int_equal(h264_packet_count(au, n, 1, 1000), 4);

	k.n = 0;
	assert_int_equal(h264_packetise(au, n, 0, 1000, keep_h, &k),
			 EMSGSIZE);
	assert_int_equal(k.n, 0);
	n = unit(au, 0x67, 20);
	n += unit(au + n, 0x65, 900);
	assert_int_equal(h264_packetise(au, n, 0, 1000, keep_h, &k), 0);
	assert_int_equal(k.n, 2);
	assert_int_equal(k.p[0][0], 0x67);
	assert_int_equal(k.len[1], 900);
	assert_int_equal(h264_packetise(au, 3, 1, 1000, keep_h, &k), ENODATA);
	assert_int_equal(h264_packetise(au, n, 2, 1000, keep_h, &k), EINVAL);
}


static void depkt_all(struct h264_depkt *d, const struct pkts *k)
{
	h264_depkt_reset(d);
	for (size_t i = 0; i < k->n; i++)
		assert_int_equal(h264_depkt_put(d, k->p[i], k->len[i]), 0);
	h264_depkt_end(d);
}


/* Every unit size around the limit comes back as it was. */
static void test_round_trip(void **state)
{
	static struct pkts k;
	uint8_t au[4096], out[4096];
	struct h264_depkt d = { .buf = out, .max = sizeof(out) };

	for (size_t len = 2; len < 700; len++) {
		for (unsigned mode = 0; mode < 2; mode++) {
			size_t n = unit(au, 0x67, 10);

			n += unit(au + n, 0x65, len);
			n += unit(au + n, 0x41, 3);
			k.n = 0;
			if (h264_packetise(au, n, mode, 200, keep_h, &k)) {
				assert_true(mode == 0 && len > 200);
				continue;
			}
			depkt_all(&d, &k);
			assert_false(d.damaged);
			assert_true(d.key && d.has_picture);
			assert_int_equal(d.len, n);
			assert_memory_equal(out, au, n);
		}
	}
}


/* Payloads written by hand (RFC 6184 sections 5.7.1, 5.8) */
static void test_depacketise_bad(void **state)
{
	static const char *const bad[] = {
		"00", "18", "18 0000", "18 0005 67", "18 0001 78", "1c",
		"1c 85", "7c c5 00", "7c 9c 00", "19 0000 0001 67", "1a", "1d",
		"1e", "1f",
	};
	uint8_t p[32], out[64];
	struct h264_depkt d = { .buf = out, .max = sizeof(out) };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t n = hex(p, sizeof(p), bad[i]);

		h264_depkt_reset(&d);
		assert_int_equal(h264_depkt_put(&d, p, n), EBADMSG);
		assert_true(d.damaged);
	}
	h264_depkt_reset(&d);
	assert_int_equal(h264_depkt_put(&d, p, 0), EBADMSG);
	/* past the end of the buffer */
	d.max = 6;
	h264_depkt_reset(&d);
	assert_int_equal(h264_depkt_put(&d, (const uint8_t *)"\x65\x80\x01",
					3), EOVERFLOW);
	assert_int_equal(h264_depkt_put(&d, (const uint8_t *)"\x7c\x85\x01\x02",
					4), EOVERFLOW);
	assert_int_equal(d.len, 0);
}


/* --- access units from lossy packets --- */

struct seen {
	unsigned frames, lost_before;
	uint32_t ts[8];
	bool whole;
};

static uint8_t sent[4][4096];
static size_t sent_len[4];

static void frame_h(const struct h264_frame *f, void *arg)
{
	struct seen *s = arg;
	size_t i = f->ts / 3000;

	assert_true(i < 4 && s->frames < 8);
	assert_int_equal(f->len, sent_len[i]);
	assert_memory_equal(f->data, sent[i], f->len);
	s->ts[s->frames++] = f->ts;
	s->lost_before += f->lost_before;
}


/* Four pictures of three packets; every subset of lost packets: only whole
 * pictures come out, and the one behind a loss says so. */
static void test_assemble_losses(void **state)
{
	static struct pkts k[4];
	struct h264_asm a;
	struct seen s;

	assert_int_equal(h264_asm_alloc(&a, 8192, frame_h, &s), 0);
	for (int i = 0; i < 4; i++) {
		sent_len[i] = unit(sent[i], i ? 0x41 : 0x65, 550);
		k[i].n = 0;
		assert_int_equal(h264_packetise(sent[i], sent_len[i], 1, 200,
						keep_h, &k[i]), 0);
		assert_int_equal(k[i].n, 3);
	}
	for (unsigned mask = 0; mask < 4096; mask++) {
		unsigned whole = 0;
		bool lost = false;

		memset(&s, 0, sizeof(s));
		h264_asm_reset(&a);
		a.lost = false;
		for (unsigned i = 0; i < 12; i++) {
			if (mask >> i & 1) {
				lost = true;
				continue;
			}
			h264_asm_put(&a, i / 3 * 3000, k[i / 3].marker[i % 3],
				     k[i / 3].p[i % 3], k[i / 3].len[i % 3],
				     lost, i);
			lost = false;
		}
		for (unsigned i = 0; i < 4; i++)
			whole += !(mask >> (3 * i) & 7);
		assert_int_equal(s.frames, whole);
		for (unsigned i = 0; i < s.frames; i++) {
			unsigned at = s.ts[i] / 3000;
			unsigned before = i ? s.ts[i - 1] / 3000 + 1 : 0;

			/* a gap in pictures is always told */
			if (at != before)
				assert_true(s.lost_before > 0);
		}
		if (!mask)
			assert_int_equal(s.lost_before, 0);
	}
	h264_asm_free(&a);
}


/* A sender that sets no marker: the timestamp ends the picture. */
static void test_assemble_no_marker(void **state)
{
	struct h264_asm a;
	struct seen s = { 0 };

	assert_int_equal(h264_asm_alloc(&a, 8192, frame_h, &s), 0);
	for (unsigned i = 0; i < 3; i++) {
		sent_len[i] = unit(sent[i], 0x41, 50);
		h264_asm_put(&a, i * 3000, false, sent[i] + 4,
			     sent_len[i] - 4, false, i);
	}
	assert_int_equal(s.frames, 2);
	h264_asm_free(&a);
}


static void alloc_fn(void *arg)
{
	struct h264_asm a;

	if (!h264_asm_alloc(&a, 100, frame_h, NULL))
		h264_asm_free(&a);
}


static void test_no_memory(void **state)
{
	assert_int_equal(failmalloc_each(alloc_fn, NULL), 1);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sps),
		cmocka_unit_test(test_pps),
		cmocka_unit_test(test_sps_huge),
		cmocka_unit_test(test_annexb),
		cmocka_unit_test(test_avcc),
		cmocka_unit_test(test_fmtp_parse),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_packetise),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_depacketise_bad),
		cmocka_unit_test(test_assemble_losses),
		cmocka_unit_test(test_assemble_no_marker),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
