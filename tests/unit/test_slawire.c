#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sla/auth.h"
#include "lib/sla/history.h"
#include "lib/sla/stamp.h"
#include "lib/sla/wire_v1.h"
#include "lib/sla/wire_v2.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/hex.h"

/* What a router was seen to send: open 50505 on 2001:6e8:280::1:342d for 7 s. */
#define V1_IP6 "013c0044 00000000 00080020 00000000" \
	"200106e8028000000000000000" "01342d" "c549 00000000 1b58 0001001c" \
	"000000000000000000000000000000000000000000000000"
#define V1_IP4 "01070034 00000000 00040010 00000000 0a4d0114 4000 1388 0001001c" \
	"000000000000000000000000000000000000000000000000"


static void test_v1_request(void **state)
{
	struct sla_v1_control c;
	uint8_t p[128], again[128];
	char ip[IP_STRLEN];
	size_t n = hex(p, sizeof(p), V1_IP6), len;

	(void)state;
	assert_int_equal(n, 68);
	assert_int_equal(sla_v1_control_parse(&c, p, n), 0);
	assert_int_equal(c.id, 0x3c);
	assert_int_equal(c.port, 50505);
	assert_int_equal(c.duration_ms, 7000);
	assert_string_equal(ip_str(&c.target, ip), "2001:6e8:280::1:342d");
	assert_int_equal(sla_v1_control_write(again, &len, sizeof(again), &c), 0);
	assert_int_equal(len, n);
	assert_memory_equal(again, p, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sla_v1_control_parse(&c, p, i), ENODATA);

	n = hex(p, sizeof(p), V1_IP4);
	assert_int_equal(sla_v1_control_parse(&c, p, n), 0);
	assert_int_equal(c.port, 16384);
	assert_int_equal(p[0x14] << 8 | p[0x15], 16384);
	assert_int_equal(c.duration_ms, 5000);
	assert_string_equal(ip_str(&c.target, ip), "10.77.1.20");
	assert_int_equal(sla_v1_control_write(again, &len, sizeof(again), &c), 0);
	assert_int_equal(len, n);
	assert_memory_equal(again, p, n);
	assert_int_equal(sla_v1_control_write(again, &len, len - 1, &c), EOVERFLOW);
	c.duration_ms = 65536;
	assert_int_equal(sla_v1_control_write(again, &len, sizeof(again), &c), EOVERFLOW);
	p[40] = 1;
	assert_int_equal(sla_v1_control_parse(&c, p, n), 0);
}


static void test_v1_request_bad(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{0, 2}, {0, 0}, {3, 0x0f}, {9, 5}, {11, 0x11}, {25, 2}, {27, 3}, {27, 0x1d},
	};
	struct sla_v1_control c;
	uint8_t p[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = hex(p, sizeof(p), V1_IP4);
		p[bad[i].at] = bad[i].value;
		assert_int_equal(sla_v1_control_parse(&c, p, n), EBADMSG);
	}
}


static void test_v1_reply(void **state)
{
	uint8_t req[64], p[64], want[64], id;
	uint32_t status;
	size_t n = hex(req, sizeof(req), V1_IP4), len, w;

	(void)state;
	w = hex(want, sizeof(want), "01070008 00000000 00000000 00000000 0a4d0114 4000 1388");
	assert_int_equal(sla_v1_reply_write(p, &len, sizeof(p), req, n), 0);
	assert_int_equal(len, 24);
	assert_int_equal(len, w);
	assert_memory_equal(p, want, w);
	assert_int_equal(sla_v1_reply_write(p, &len, 23, req, n), EOVERFLOW);
	assert_int_equal(sla_v1_reply_parse(&id, &status, p, w), 0);
	assert_int_equal(id, 7);
	assert_int_equal(status, 0);
	p[7] = 4;
	assert_int_equal(sla_v1_reply_parse(&id, &status, p, w), 0);
	assert_int_equal(status, 4);
	assert_int_equal(sla_v1_reply_parse(&id, &status, p, 7), ENODATA);
	p[3] = 7;
	assert_int_equal(sla_v1_reply_parse(&id, &status, p, w), EBADMSG);
}


static void test_v1_probe(void **state)
{
	struct sla_v1_probe pr, back;
	uint8_t p[128], want[128], again[128];
	size_t n = hex(p, sizeof(p), "0002 0000 01e17e53 00000000 005d 0000 abcd abcd abcd abcd");

	(void)state;
	assert_int_equal(sla_v1_probe_parse(&pr, p, n), 0);
	assert_int_equal(pr.type, SLA_V1_MS);
	assert_int_equal(pr.send, 0x1e17e53);
	assert_int_equal(pr.seq, 93);
	assert_int_equal(sla_v1_probe_write(again, n, &pr), 0);
	assert_memory_equal(again, p, n);
	pr.rx = 0x1e17e60;
	pr.rseq = 92;
	sla_v1_probe_answer(p, &pr);
	(void)hex(want, sizeof(want), "0002 0000 01e17e53 01e17e60 005d 005c abcd abcd abcd abcd");
	assert_memory_equal(p, want, n);
	for (size_t i = 2; i < SLA_V1_PROBE_MS; i++)
		assert_int_equal(sla_v1_probe_parse(&pr, p, i), ENODATA);

	pr = (struct sla_v1_probe){.type = SLA_V1_US, .send = 0xe800000180000000, .seq = 65535};
	assert_int_equal(sla_v1_probe_write(p, 64, &pr), 0);
	(void)hex(want, sizeof(want), "0003 0000 e800000180000000 0000000000000000 0000000000000000"
		"0000000000000000 0000000000000000 0000000000000000 ffff 0000 abcdabcdabcdabcd");
	assert_memory_equal(p, want, 64);
	pr.rx = 1;
	pr.tx = 2;
	pr.rseq = 3;
	sla_v1_probe_answer(p, &pr);
	(void)hex(want, sizeof(want), "0003 0000 e800000180000000 0000000000000001 0000000000000002"
		"0000000000000000 ffffffffffffffff 0000000000000000 ffff 0003 abcdabcdabcdabcd");
	assert_memory_equal(p, want, 64);
	assert_int_equal(sla_v1_probe_parse(&back, p, 64), 0);
	assert_memory_equal(&back, &pr, sizeof(pr));
	assert_int_equal(sla_v1_probe_write(p, SLA_V1_PROBE_US - 1, &pr), EOVERFLOW);
	assert_int_equal(sla_v1_probe_parse(&pr, p, SLA_V1_PROBE_US - 1), ENODATA);
}


static void test_v1_echo(void **state)
{
	struct sla_v1_probe pr = {.type = SLA_V1_ECHO, .seq = 500}, back;
	uint8_t p[16], was[16];

	(void)state;
	assert_int_equal(sla_v1_probe_write(p, sizeof(p), &pr), 0);
	memcpy(was, p, sizeof(p));
	assert_int_equal(sla_v1_probe_parse(&back, p, sizeof(p)), 0);
	assert_int_equal(back.seq, 500);
	back.rx = 77;
	back.rseq = 77;
	sla_v1_probe_answer(p, &back);
	assert_memory_equal(p, was, sizeof(p));
	assert_int_equal(sla_v1_probe_parse(&back, p, 2), 0);
	assert_int_equal(sla_v1_probe_parse(&back, p, 1), ENODATA);
	for (unsigned type = 0; type < 65536; type += type < 300 ? 1 : 251) {
		p[0] = (uint8_t)(type >> 8);
		p[1] = (uint8_t)type;
		if (type < 1 || type > 3)
			assert_int_equal(sla_v1_probe_parse(&back, p, sizeof(p)), EBADMSG);
	}
}


#define V2_HEAD(len) "0200 0000 0000002a 000000" len " e800000180000000"
#define V2_AUTH "00010000 0000003c 02 00 0005 000102030405060708090a0b0c0d0e0f" \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define V2_UDP "00020000 0000005c 02 01 0000 01020304" \
	"0a4d0114000000000000000000000000 0a4d0214000000000000000000000000" \
	"0a4d0114000000000000000000000000 0a4d0214000000000000000000000000" \
	"c000 0000 c001 4000 00001388"
#define V2_REPORT "28000000 0000000c 20000000"


static void request(struct sla_v2_control *c)
{
	memset(c, 0, sizeof(*c));
	c->seq = 42;
	c->sent = 0xe800000180000000;
	c->auth.mode = SLA_AUTH_HMAC;
	c->auth.key_id = 5;
	c->auth.full = true;
	for (uint8_t i = 0; i < SLA_V2_RANDOM; i++)
		c->auth.random[i] = i;
	c->udp.role = 1;
	c->udp.session = 0x01020304;
	(void)ip_parse(&c->udp.control_source, "10.77.1.20");
	(void)ip_parse(&c->udp.control_destination, "10.77.2.20");
	c->udp.source = c->udp.control_source;
	c->udp.destination = c->udp.control_destination;
	c->udp.control_port = 0xc000;
	c->udp.source_port = 0xc001;
	c->udp.destination_port = 16384;
	c->udp.duration_ms = 5000;
}


static void test_v2_request(void **state)
{
	struct sla_v2_control c, back;
	uint8_t p[256], want[256];
	size_t n, w = hex(want, sizeof(want), V2_HEAD("ac") V2_AUTH V2_UDP);

	(void)state;
	request(&c);
	assert_int_equal(sla_v2_control_write(p, &n, sizeof(p), &c), 0);
	assert_int_equal(n, 172);
	assert_int_equal(n, w);
	assert_memory_equal(p, want, n);
	assert_int_equal(sla_v2_control_parse(&back, p, n), 0);
	assert_memory_equal(&back, &c, sizeof(c));
	assert_int_equal(sla_v2_control_write(p, &n, n - 1, &c), EOVERFLOW);

	w = hex(want, sizeof(want), V2_HEAD("b8") V2_AUTH V2_UDP V2_REPORT);
	c.report.present = true;
	c.report.dscp = 32;
	assert_int_equal(sla_v2_control_write(p, &n, sizeof(p), &c), 0);
	assert_int_equal(n, w);
	assert_memory_equal(p, want, n);
	assert_int_equal(sla_v2_control_parse(&back, p, n), 0);
	assert_memory_equal(&back, &c, sizeof(c));

	c.auth = (struct sla_v2_auth){0};
	assert_int_equal(sla_v2_control_write(p, &n, sizeof(p), &c), 0);
	assert_int_equal(n, 20 + 12 + 92 + 12);
	assert_int_equal(sla_v2_control_parse(&back, p, n), 0);
	assert_memory_equal(&back, &c, sizeof(c));

	(void)ip_parse(&c.udp.control_source, "2001:db8::1");
	c.udp.control_destination = c.udp.source = c.udp.destination = c.udp.control_source;
	assert_int_equal(sla_v2_control_write(p, &n, sizeof(p), &c), 0);
	assert_int_equal(sla_v2_control_parse(&back, p, n), 0);
	assert_memory_equal(&back, &c, sizeof(c));
	c.udp.destination.family = 0;
	assert_int_equal(sla_v2_control_write(p, &n, sizeof(p), &c), EAFNOSUPPORT);
}


static void test_v2_request_bad(void **state)
{
	static const struct {
		const char *hex;
		int err;
	} v[] = {
		{"", ENODATA},
		{"0200 0000 0000002a 00000013 e8000001800000", ENODATA},
		{"0100 0000 0000002a 00000014 e800000180000000", EBADMSG},
		{"0300 0000 0000002a 00000014 e800000180000000", EBADMSG},
		{"0200 0000 0000002a 00000015 e800000180000000", EBADMSG},
		/* nothing follows; half a CSLD; lengths that lie */
		{V2_HEAD("14"), EPROTO},
		{V2_HEAD("18") "00010000", EPROTO},
		{V2_HEAD("1c") "00010000 00000000", EPROTO},
		{V2_HEAD("1c") "00010000 ffffffff", EPROTO},
		{V2_HEAD("1c") "00010000 00000008", EPROTO},
		/* an unknown one; no measurement; no authentication; doubled; the wrong way round */
		{V2_HEAD("1c") "00630000 00000008", EPROTO},
		{V2_HEAD("50") V2_AUTH, EPROTO},
		{V2_HEAD("70") V2_UDP, EPROTO},
		{V2_HEAD("8c") V2_AUTH V2_AUTH, EPROTO},
		{V2_HEAD("ac") V2_UDP V2_AUTH, EPROTO},
		{V2_HEAD("5c") V2_AUTH V2_REPORT, EPROTO},
		/* no authentication and none of its fields: good; mode 3; modes without their fields */
		{V2_HEAD("7c") "00010000 0000000c 00 00 0000" V2_UDP, 0},
		{V2_HEAD("7c") "00010000 0000000c 03 00 0005" V2_UDP, EPROTO},
		{V2_HEAD("7c") "00010000 0000000c 02 00 0005" V2_UDP, EPROTO},
		{V2_HEAD("7c") "00010000 0000000c 01 00 0005" V2_UDP, EPROTO},
	};
	struct sla_v2_control c;
	uint8_t p[256];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t n = hex(p, sizeof(p), v[i].hex);

		assert_int_equal(sla_v2_control_parse(&c, p, n), v[i].err);
	}
}


static void test_v2_field_bad(void **state)
{
	/* address family, role, length of the measurement, DSCP */
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = { {88, 1}, {88, 4}, {89, 0}, {89, 3}, {87, 0x5b}, {180, 64} };
	struct sla_v2_control c;
	uint8_t p[256];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = hex(p, sizeof(p), V2_HEAD("b8") V2_AUTH V2_UDP V2_REPORT);
		assert_int_equal(sla_v2_control_parse(&c, p, n), 0);
		p[bad[i].at] = bad[i].value;
		assert_int_equal(sla_v2_control_parse(&c, p, n), EPROTO);
		assert_int_equal(c.seq, 42);
	}
	/* both numbers of the responder's role */
	n = hex(p, sizeof(p), V2_HEAD("ac") V2_AUTH V2_UDP);
	p[89] = 2;
	assert_int_equal(sla_v2_control_parse(&c, p, n), 0);
}


static void test_v2_answer(void **state)
{
	const struct sla_v2_answer ok = {.sent = 0xe800000200000000, .port = 16400};
	const struct sla_v2_answer no = {.status = SLA_AUTHENTICATION,
		.auth_status = SLA_AUTHENTICATION, .sent = 9, .port = 16400};
	struct sla_v2_control c, back;
	uint8_t p[256];
	size_t n = hex(p, sizeof(p), V2_HEAD("ac") V2_AUTH V2_UDP);

	(void)state;
	assert_int_equal(sla_v2_control_parse(&c, p, n), 0);
	memset(p + c.auth.digest_at, 0xee, SLA_V2_DIGEST);
	sla_v2_control_answer(p, n, &c, &ok);
	assert_int_equal(p[c.auth.digest_at], 0);
	assert_int_equal(sla_v2_control_parse(&back, p, n), 0);
	assert_int_equal(back.status, SLA_OK);
	assert_int_equal(back.sent, ok.sent);
	assert_int_equal(back.udp.destination_port, 16400);
	assert_memory_equal(back.auth.random, c.auth.random, SLA_V2_RANDOM);
	sla_v2_control_answer(p, n, &c, &no);
	assert_int_equal(sla_v2_control_parse(&back, p, n), 0);
	assert_int_equal(back.status, SLA_AUTHENTICATION);
	assert_int_equal(back.auth.status, SLA_AUTHENTICATION);
	assert_int_equal(back.udp.status, SLA_OK);
}


/* Numbers 1 to 40 of which the responder remembers the last; number 39 left 1000 ns late. */
static void test_history(void **state)
{
	struct sla_history h = {0};
	struct sla_past v[SLA_HISTORY];
	uint8_t p[SLA_HISTORY_BYTES], want[16];

	(void)state;
	memset(p, 0xff, sizeof(p));
	sla_history_write(p, sizeof(p), &h, 1);
	assert_int_equal(p[62], 0);
	for (uint32_t i = 1; i <= 40; i++)
		sla_history_add(&h, i, 100 + i);
	sla_history_left(&h, 39, 1000);
	sla_history_left(&h, 40, -2);
	sla_history_left(&h, 40, (int64_t)SLA_LATE_UNKNOWN + 7);
	sla_history_left(&h, 7, 5);

	sla_history_write(p, 64 + 2 * 8, &h, 41);
	assert_int_equal(p[62], 2);
	assert_int_equal(hex(want, sizeof(want), "0000008c ffffffff 0000008b 000003e8"), 16);
	assert_memory_equal(p + 64, want, 16);
	assert_int_equal(p[64 + 16], 0xff);
	assert_int_equal(sla_history_read(v, p, 64 + 2 * 8, 41), 2);
	assert_int_equal(v[1].rseq, 39);
	assert_int_equal(v[1].seq, 139);
	assert_int_equal(v[1].late_ns, 1000);
	/* cut, and more of them than were ever before */
	assert_int_equal(sla_history_read(v, p, 64 + 15, 41), 0);
	assert_int_equal(sla_history_read(v, p, 63, 41), 0);
	assert_int_equal(sla_history_read(v, p, 64 + 16, 2), 0);
	assert_int_equal(sla_history_read(v, p, 64 + 16, 0), 0);

	sla_history_write(p, sizeof(p), &h, 41);
	assert_int_equal(sla_history_read(v, p, sizeof(p), 41), SLA_HISTORY);
	assert_int_equal(v[SLA_HISTORY - 1].rseq, 41 - SLA_HISTORY);
	p[62] = SLA_HISTORY + 1;
	assert_int_equal(sla_history_read(v, p, sizeof(p), 41), 0);
}


static void test_v2_probe(void **state)
{
	struct sla_v2_probe pr = {.send = 0xe800000180000000, .send_error = 0x00010000, .seq = 0x01020304},
		back = {.reported = false};
	uint8_t p[128], want[128];
	size_t n = hex(want, sizeof(want), "0003 0000 e800000180000000 0000000000000000"
		"0000000000000000 0000000000000000 0000000000010000 0000000000000000"
		"01020304 00000000 0000000000000000");

	(void)state;
	assert_int_equal(sla_v2_probe_write(p, n, &pr), 0);
	assert_memory_equal(p, want, n);
	pr.rx = 5;
	pr.tx = 6;
	pr.error = UINT64_MAX;
	pr.rseq = 0x0a0b0c0d;
	sla_v2_probe_answer(p, n, &pr);
	(void)hex(want, sizeof(want), "0003 0000 e800000180000000 0000000000000005 0000000000000006"
		"0000000000000000 0000000000010000 ffffffffffffffff 01020304 0a0b0c0d 0000000000000000");
	assert_memory_equal(p, want, n);
	assert_int_equal(sla_v2_probe_parse(&back, p, n), 0);
	assert_memory_equal(&back, &pr, sizeof(pr));
	for (size_t i = 0; i < SLA_V2_PROBE_MIN; i++)
		assert_int_equal(sla_v2_probe_parse(&back, p, i), ENODATA);

	pr.reported = true;
	pr.seen_dscp = 34;
	pr.rx_kernel = true;
	sla_v2_probe_answer(p, n, &pr);
	assert_int_equal(p[60], 34);
	assert_int_equal(p[61], 1);
	back.reported = true;
	assert_int_equal(sla_v2_probe_parse(&back, p, n), 0);
	assert_memory_equal(&back, &pr, sizeof(pr));
	pr.rx_kernel = false;
	pr.stepped = true;
	sla_v2_probe_answer(p, n, &pr);
	assert_int_equal(p[61], 2);
	/* a class of eight bits is none that a DSCP has */
	p[60] = 0x40 | 10;
	back.reported = true;
	assert_int_equal(sla_v2_probe_parse(&back, p, n), 0);
	assert_int_equal(back.seen_dscp, 10);
	assert_true(back.stepped && !back.rx_kernel);
	back.reported = true;
	assert_int_equal(sla_v2_probe_parse(&back, p, 63), 0);
	assert_false(back.reported);
	assert_int_equal(sla_v2_probe_write(p, 63, &pr), EOVERFLOW);
	assert_int_equal(sla_v2_probe_write(p, 64, &pr), 0);
	p[1] = 2;
	assert_int_equal(sla_v2_probe_parse(&back, p, n), EBADMSG);
}


static void test_digests(void **state)
{
	/* made with Python's hashlib and hmac over the message of test_v2_request */
	static const struct {
		uint8_t mode;
		const char *digest;
	} v[] = {
		{SLA_AUTH_HMAC, "c9df714ae61f40b3b72fadf24b77ee93dcfb301a4bf522702791839e4e3320d3"},
		{SLA_AUTH_SHA256, "d4930df6312bf354aa0c3308967dbc93fb8814ef41b329cfe85df9c31299f095"},
	};
	struct sla_key key = {.id = 5, .secret = "a shared secret", .len = 15};
	uint8_t p[256], want[SLA_V2_DIGEST];
	size_t n = hex(p, sizeof(p), V2_HEAD("ac") V2_AUTH V2_UDP);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		key.mode = v[i].mode;
		p[28] = v[i].mode;
		memset(p + 48, 0xaa, SLA_V2_DIGEST);
		assert_int_equal(sla_auth_sign(p, n, 48, &key), 0);
		(void)hex(want, sizeof(want), v[i].digest);
		assert_memory_equal(p + 48, want, sizeof(want));
		assert_int_equal(sla_auth_verify(p, n, 48, &key), 0);
		for (size_t k = 0; k < n; k += 3) {
			p[k] ^= 1;
			assert_int_equal(sla_auth_verify(p, n, 48, &key), EACCES);
			p[k] ^= 1;
		}
		key.secret[0] ^= 1;
		assert_int_equal(sla_auth_verify(p, n, 48, &key), EACCES);
		key.secret[0] ^= 1;
	}
	assert_int_equal(sla_auth_sign(p, 79, 48, &key), EOVERFLOW);
	assert_int_equal(sla_auth_sign(p, 10, 48, &key), EOVERFLOW);
}


static void keys_are(const char *text, size_t n, size_t errors)
{
	struct diag_list dl = {0};
	struct sla_keys k;

	assert_int_equal(sla_keys_parse(&k, text, strlen(text), "keys", &dl), errors ? EBADMSG : 0);
	assert_int_equal(k.n, n);
	assert_int_equal(dl.errors, errors);
	diag_reset(&dl);
}


static void test_keys(void **state)
{
	static const char good[] = "# the far site\n\n1 hmac-sha-256 secret-one\r\n  65535\tsha256  secret-two";
	char many[SLA_KEYS_TEXT];
	struct diag_list dl = {0};
	struct sla_keys k;
	size_t n = 0;

	(void)state;
	assert_int_equal(sla_keys_parse(&k, good, strlen(good), "keys", &dl), 0);
	assert_int_equal(k.n, 2);
	assert_int_equal(sla_key_find(&k, 1)->len, 10);
	assert_int_equal(sla_key_find(&k, 1)->mode, SLA_AUTH_HMAC);
	assert_memory_equal(sla_key_find(&k, 65535)->secret, "secret-two", 10);
	assert_null(sla_key_find(&k, 2));
	keys_are("", 0, 0);
	keys_are("65536 sha256 longenough\n-1 sha256 longenough\n1 md5 longenough\n1 sha256 short12\n"
		 "1 sha256\n1 sha256 two words\n2 sha256 longenough\n2 sha256 longenough\n", 1, 7);
	for (unsigned i = 0; i < SLA_KEYS_MAX + 1; i++)
		n += (size_t)snprintf(many + n, sizeof(many) - n, "%u sha256 longenough\n", i);
	keys_are(many, SLA_KEYS_MAX, 1);
}


static void keys_fail(void *arg)
{
	struct diag_list dl = {0};
	struct sla_keys k;

	(void)arg;
	assert_int_equal(sla_keys_parse(&k, "x\ny\n", 4, "keys", &dl), EBADMSG);
	assert_int_equal(dl.errors, 2);
	diag_reset(&dl);
}


static void test_keys_memory(void **state)
{
	(void)state;
	assert_true(failmalloc_each(keys_fail, NULL) > 0);
}


/* What a responder wrote is told from what it is to answer. */
static void test_answered(void **state)
{
	uint8_t p[124];
	struct sla_v2_probe v2 = {.send = 1, .seq = 1}, in2 = {.reported = false};

	(void)state;
	assert_int_equal(sla_v2_probe_write(p, sizeof(p), &v2), 0);
	assert_int_equal(sla_v2_probe_parse(&in2, p, sizeof(p)), 0);
	assert_false(sla_v2_probe_answered(&in2));
	in2.rseq = 1;
	in2.rx = 5;
	sla_v2_probe_answer(p, sizeof(p), &in2);
	sla_probe_sent(p, 6);
	assert_int_equal(sla_v2_probe_parse(&in2, p, sizeof(p)), 0);
	assert_true(sla_v2_probe_answered(&in2));
	for (uint16_t type = SLA_V1_ECHO; type <= SLA_V1_US; type++) {
		struct sla_v1_probe v1 = {.type = type, .send = 1, .seq = 1};

		assert_int_equal(sla_v1_probe_write(p, sizeof(p), &v1), 0);
		assert_int_equal(sla_v1_probe_parse(&v1, p, sizeof(p)), 0);
		assert_false(sla_v1_probe_answered(&v1));
		v1.rx = v1.tx = 5;
		v1.rseq = 1;
		sla_v1_probe_answer(p, &v1);
		assert_int_equal(sla_v1_probe_parse(&v1, p, sizeof(p)), 0);
		assert_int_equal(sla_v1_probe_answered(&v1), type != SLA_V1_ECHO);
	}
}


static void test_replay(void **state)
{
	struct sla_replay *r = calloc(1, sizeof(*r));
	uint8_t d[SLA_V2_DIGEST] = {1};
	const int64_t now = 1700000000LL * SLA_NS, w = 30 * SLA_NS;

	(void)state;
	assert_non_null(r);
	r->window_ns = w;
	assert_int_equal(sla_replay_check(r, d, now - w - 1, now), ESTALE);
	assert_int_equal(sla_replay_check(r, d, now + w + 1, now), ESTALE);
	assert_int_equal(sla_replay_check(r, d, now + w, now), 0);
	assert_int_equal(sla_replay_check(r, d, now + w, now), EALREADY);
	assert_int_equal(sla_replay_check(r, d, now + w, now + 2 * w), EALREADY);
	assert_int_equal(sla_replay_check(r, d, now + w, now + 2 * w + 1), ESTALE);
	for (uint32_t i = 1; i < SLA_REPLAYS; i++) {
		memcpy(d + 4, &i, sizeof(i));
		assert_int_equal(sla_replay_check(r, d, now + w, now), 0);
	}
	d[0] = 2;
	assert_int_equal(sla_replay_check(r, d, now + w, now), EBUSY);
	assert_int_equal(sla_replay_check(r, d, now + 2 * w + 2, now + 2 * w + 2), 0);
	/* the clock is set back by a day: what is remembered of that day keeps nobody out */
	assert_int_equal(sla_replay_check(r, d, now - 86400 * SLA_NS, now - 86400 * SLA_NS), EALREADY);
	d[0] = 3;
	assert_int_equal(sla_replay_check(r, d, now - 86400 * SLA_NS, now - 86400 * SLA_NS), 0);
	r->since_ns = now;
	d[0] = 4;
	assert_int_equal(sla_replay_check(r, d, now - 1, now), ESTALE);
	free(r);
}


static void test_stamps(void **state)
{
	static const int64_t v[] = {
		0, 1, 999999999, 1700000000123456789, 2085978495999999999, 2085978496000000000,
		-1, -1700000000123456789,
	};
	const int64_t midnight = 1700006400 * SLA_NS;

	(void)state;
	assert_true(sla_ntp_from_ns(0) == 2208988800ULL << 32);
	assert_true(sla_ntp_from_ns(500000000) == (2208988800ULL << 32 | 0x80000000));
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_true(sla_ntp_to_ns(sla_ntp_from_ns(v[i]), v[i] + 60LL * 365 * 86400 * SLA_NS) == v[i]);
		assert_true(sla_ntp_to_ns(sla_ntp_from_ns(v[i]), v[i] - 60LL * 365 * 86400 * SLA_NS) == v[i]);
	}
	assert_int_equal(sla_day_ms_from_ns(midnight), 0);
	assert_int_equal(sla_day_ms_from_ns(midnight - 1), SLA_DAY_MS - 1);
	assert_true(sla_day_ms_to_ns(5, midnight - SLA_NS) == midnight + 5000000);
	assert_true(sla_day_ms_to_ns(SLA_DAY_MS - 5, midnight + SLA_NS) == midnight - 5000000);
	assert_true(sla_day_ms_to_ns(SLA_DAY_MS + 5, midnight) == midnight + 5000000);
	assert_true(sla_span_to_ns(sla_span_from_ns(1500000000)) == 1500000000);
	assert_true(sla_span_to_ns(sla_span_from_ns(12345)) == 12345);
	assert_true(sla_span_from_ns(-1) == UINT64_MAX);
	assert_true(sla_span_from_ns(INT64_MAX) == UINT64_MAX);
	assert_true(sla_span_to_ns(UINT64_MAX) == -1);
	assert_true(sla_span_to_ns(1ULL << 63) == -1);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1_request),
		cmocka_unit_test(test_v1_request_bad),
		cmocka_unit_test(test_v1_reply),
		cmocka_unit_test(test_v1_probe),
		cmocka_unit_test(test_v1_echo),
		cmocka_unit_test(test_v2_request),
		cmocka_unit_test(test_v2_request_bad),
		cmocka_unit_test(test_v2_field_bad),
		cmocka_unit_test(test_v2_answer),
		cmocka_unit_test(test_v2_probe),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_keys_memory),
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_stamps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
