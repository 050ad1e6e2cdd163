#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/srtp/cipher.h"
#include "lib/srtp/srtp.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/hex.h"

#define assert_hex(p, n, text) do { \
	uint8_t want_[256]; \
	size_t len_ = hex(want_, sizeof(want_), text); \
	assert_int_equal(len_, n); \
	assert_memory_equal(p, want_, len_); \
} while (0)

enum { SUITES = 2, PAYLOAD = 100 };

static const uint8_t master[SRTP_MAX_KEY] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
};

static struct srtp *make(unsigned suite)
{
	const struct srtp_suite_info *i = srtp_suite_info((enum srtp_suite)suite);
	struct srtp *s = NULL;

	assert_int_equal(srtp_alloc(&s, (enum srtp_suite)suite, master,
				    i->key_len + i->salt_len), 0);
	return s;
}


static size_t packet(uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	memset(p, 0x5a, 12 + PAYLOAD);
	p[0] = 0x80;
	p[1] = 96;
	put16(p + 2, seq);
	put32(p + 4, seq * 160u);
	put32(p + 8, ssrc);
	return 12 + PAYLOAD;
}


/* RFC 3711 section B.3 */
static void test_derive(void **state)
{
	uint8_t key[16], salt[14], out[94];

	hex(key, 16, "E1F97A0D3E018BE0D64FA32C06DE4139");
	hex(salt, 14, "0EC675AD498AFEEBB6960B3AABE6");
	assert_int_equal(srtp_derive(out, 16, key, salt, 0), 0);
	assert_hex(out, 16, "C61E7A93744F39EE10734AFE3FF7A087");
	assert_int_equal(srtp_derive(out, 14, key, salt, 2), 0);
	assert_hex(out, 14, "30CBBC08863D8C85D49DB34A9AE1");
	assert_int_equal(srtp_derive(out, 94, key, salt, 1), 0);
	assert_hex(out, 94, "CEBE321F6FF7716B6FD4AB49AF256A15"
		   "6D38BAA48F0A0ACF3C34E2359E6CDBCE"
		   "E049646C43D9327AD175578EF7227098"
		   "6371C10C9A369AC2F94A8C5FBCDDDC25"
		   "6D6E919A48B610EF17C2041E47403576"
		   "6B68642C59BBFC2F34DB60DBDFB2");
}


/* RFC 3711 section B.2: blocks 0 to 2 and FEFF to FF01 of one key stream */
static void test_key_stream(void **state)
{
	static uint8_t buf[0xff02 * 16];
	uint8_t key[16], salt[14];
	struct srtp_cipher c;

	hex(key, 16, "2B7E151628AED2A6ABF7158809CF4F3C");
	hex(salt, 14, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
	memset(buf, 0, sizeof(buf));
	assert_int_equal(srtp_cipher_keys(&c, SRTP_AES_CM_128_HMAC_SHA1_80,
					  key, buf, salt), 0);
	assert_int_equal(srtp_cm_crypt(&c, 0, 0, buf, sizeof(buf)), 0);
	assert_hex(buf, 48, "E03EAD0935C95E80E166B16DD92B4EB4"
		   "D23513162B02D0F72A43A2FE4A5F97AB"
		   "41E95B3BB0A2E8DD477901E4FCA894C0");
	assert_hex(buf + 0xfeff * 16, 48, "EC8CDF7398607CB0F2D21675EA9EA1E4"
		   "362B7C3C6773516318A077D7FC5073AE"
		   "6A2CC3787889374FBEB4C81B17BA6C44");
	srtp_cipher_free(&c);
}


/* RFC 2202 section 3, case 1: HMAC-SHA1, its first 80 bits */
static void test_hmac(void **state)
{
	uint8_t key[16] = { 0 }, auth[20], salt[14] = { 0 }, tag[10];
	struct srtp_cipher c;

	memset(auth, 0x0b, sizeof(auth));
	assert_int_equal(srtp_cipher_keys(&c, SRTP_AES_CM_128_HMAC_SHA1_80,
					  key, auth, salt), 0);
	assert_int_equal(srtp_cm_tag(&c, (const uint8_t *)"Hi There", 8, NULL,
				     tag), 0);
	assert_hex(tag, 10, "b617318655057264e28b");
	assert_int_equal(srtp_cm_tag(&c, (const uint8_t *)"Hi T", 4,
				     (const uint8_t *)"here", tag), 0);
	assert_hex(tag, 10, "b617318655057264e28b");
	srtp_cipher_free(&c);
}


static void gcm_init(struct srtp_cipher *c)
{
	uint8_t key[16], salt[14] = "Quid pro quo";

	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	assert_int_equal(srtp_cipher_keys(c, SRTP_AEAD_AES_128_GCM, key, NULL,
					  salt), 0);
}


/* RFC 7714 section 16.1 */
static void test_gcm_rtp(void **state)
{
	uint8_t p[66], iv[12];
	struct srtp_cipher c;
	struct srtp_aad aad = { .p = p, .len = 12 };

	gcm_init(&c);
	assert_int_equal(hex(p, sizeof(p), "8040f17b 8041f8d3 5501a0b2"
		"47616c6c 69612065 7374206f 6d6e6973 20646976 69736120"
		"696e2070 61727465 73207472 6573"), 50);
	srtp_gcm_iv(&c, 0x5501a0b2, 0xf17b, iv);
	assert_hex(iv, 12, "51753c6580c2726f20718414");
	assert_int_equal(srtp_gcm_seal(&c, iv, &aad, p + 12, 38, p + 50), 0);
	assert_hex(p, 66, "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c"
		"acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b"
		"36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce");
	assert_int_equal(srtp_gcm_open(&c, iv, &aad, p + 12, 38, p + 50), 0);
	assert_memory_equal(p + 12, "Gallia est omnis divisa in partes tres",
			    38);
	p[50] ^= 1;
	assert_int_equal(srtp_gcm_open(&c, iv, &aad, p + 12, 38, p + 50),
			 EACCES);
	srtp_cipher_free(&c);
}


/* RFC 7714 section 17.1 */
static void test_gcm_rtcp(void **state)
{
	uint8_t p[80], iv[12], word[4];
	struct srtp_cipher c;
	struct srtp_aad aad = { .p = p, .len = 8, .more = word };

	gcm_init(&c);
	hex(word, 4, "800005d4");
	assert_int_equal(hex(p, sizeof(p), "81c8000d 4d617273 4e545031"
		"4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef"
		"deadbeef deadbeef deadbeef deadbeef"), 52);
	srtp_gcm_iv(&c, 0x4d617273, 0x5d4, iv);
	assert_hex(iv, 12, "517524055203726f207170bb");
	assert_int_equal(srtp_gcm_seal(&c, iv, &aad, p + 8, 44, p + 52), 0);
	assert_hex(p, 68, "81c8000d 4d617273 63e94885 dcdab67c a727d766"
		"2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46"
		"86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade");
	srtp_cipher_free(&c);
}


static void test_round_trip(void **state)
{
	for (unsigned suite = 0; suite < SUITES; suite++) {
		struct srtp *tx = make(suite), *rx = make(suite);
		uint8_t p[256], want[256];
		size_t len, n = packet(want, 7, 42), tag;

		tag = srtp_suite_info((enum srtp_suite)suite)->tag_len;
		len = packet(p, 7, 42);
		assert_int_equal(srtp_protect(tx, p, &len, len + tag - 1),
				 EOVERFLOW);
		assert_int_equal(srtp_protect(tx, p, &len, sizeof(p)), 0);
		assert_int_equal(len, n + tag);
		assert_memory_equal(p, want, 12);
		assert_memory_not_equal(p + 12, want + 12, PAYLOAD);
		assert_int_equal(srtp_unprotect(rx, p, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(p, want, n);
		/* the same number may not be protected twice */
		len = packet(p, 7, 42);
		assert_int_equal(srtp_protect(tx, p, &len, sizeof(p)),
				 EALREADY);
		srtp_free(tx);
		srtp_free(rx);
	}
}


/* Every bit of a packet is covered, the rollover counter too. */
static void test_forged(void **state)
{
	for (unsigned suite = 0; suite < SUITES; suite++) {
		struct srtp *tx = make(suite), *rx = make(suite);
		uint8_t good[256], p[256];
		size_t len = packet(good, 7, 42), n;

		assert_int_equal(srtp_protect(tx, good, &len, 256), 0);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			memcpy(p, good, len);
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			n = len;
			assert_int_not_equal(srtp_unprotect(rx, p, &n), 0);
		}
		for (n = 0; n < len; n++) {
			size_t cut = n;

			memcpy(p, good, len);
			assert_int_not_equal(srtp_unprotect(rx, p, &cut), 0);
		}
		n = len;
		assert_int_equal(srtp_unprotect(rx, good, &n), 0);
		srtp_free(tx);
		srtp_free(rx);
	}
}


static int send_one(struct srtp *tx, struct srtp *rx, uint16_t seq,
		    uint8_t *keep, size_t *keep_len)
{
	uint8_t p[256];
	size_t len = packet(p, seq, 42);
	int err = srtp_protect(tx, p, &len, sizeof(p));

	assert_int_equal(err, 0);
	if (keep) {
		memcpy(keep, p, len);
		*keep_len = len;
	}
	return rx ? srtp_unprotect(rx, p, &len) : 0;
}


/* Three turns of the sequence number, with losses on every wrap. */
static void test_rollover(void **state)
{
	for (unsigned suite = 0; suite < SUITES; suite++) {
		struct srtp *tx = make(suite), *rx = make(suite);

		for (uint32_t i = 65000; i < 65000 + 3 * 65536; i += 1) {
			uint32_t at = i & 0xffff;
			bool near = at > 65000 || at < 600 || at % 4096 == 0;
			bool lost = at > 65530 || at < 20;

			if (!near)	/* the sender skips: it is loss too */
				continue;
			assert_int_equal(send_one(tx, lost ? NULL : rx,
						  (uint16_t)i, NULL, NULL), 0);
		}
		srtp_free(tx);
		srtp_free(rx);
	}
}


/* A packet from before the wrap that comes after it. */
static void test_rollover_reordered(void **state)
{
	struct srtp *tx = make(0), *rx = make(0);
	uint8_t a[256], b[256];
	size_t la, lb;

	assert_int_equal(send_one(tx, rx, 65533, NULL, NULL), 0);
	assert_int_equal(send_one(tx, NULL, 65534, a, &la), 0);
	assert_int_equal(send_one(tx, NULL, 65535, b, &lb), 0);
	assert_int_equal(send_one(tx, rx, 0, NULL, NULL), 0);
	assert_int_equal(send_one(tx, rx, 1, NULL, NULL), 0);
	assert_int_equal(srtp_unprotect(rx, b, &lb), 0);
	assert_int_equal(srtp_unprotect(rx, a, &la), 0);
	assert_int_equal(send_one(tx, rx, 2, NULL, NULL), 0);
	srtp_free(tx);
	srtp_free(rx);
}


static void test_roc_limit(void **state)
{
	struct srtp *tx = make(1);
	uint8_t p[256];
	size_t len;

	assert_int_equal(srtp_set_roc(tx, 42, UINT32_MAX), 0);
	assert_int_equal(send_one(tx, NULL, 65535, NULL, NULL), 0);
	len = packet(p, 0, 42);
	assert_int_equal(srtp_protect(tx, p, &len, sizeof(p)), EKEYEXPIRED);
	srtp_free(tx);
}


static void test_replay(void **state)
{
	for (unsigned suite = 0; suite < SUITES; suite++) {
		struct srtp *tx = make(suite), *rx = make(suite);
		uint8_t first[256], p[256], mid[256];
		size_t lf, lp, lm;

		assert_int_equal(send_one(tx, NULL, 10, first, &lf), 0);
		memcpy(p, first, lf);
		lp = lf;
		assert_int_equal(srtp_unprotect(rx, p, &lp), 0);
		memcpy(p, first, lf);
		lp = lf;
		assert_int_equal(srtp_unprotect(rx, p, &lp), EALREADY);
		/* at the far edge of the window, then past it */
		assert_int_equal(send_one(tx, NULL, 11, mid, &lm), 0);
		assert_int_equal(send_one(tx, rx, 10 + SRTP_REPLAY_WINDOW,
					  NULL, NULL), 0);
		memcpy(p, first, lf);
		lp = lf;
		assert_int_equal(srtp_unprotect(rx, p, &lp), EALREADY);
		assert_int_equal(srtp_unprotect(rx, mid, &lm), 0);
		srtp_free(tx);
		srtp_free(rx);
	}
}


static size_t compound(uint8_t *p)
{
	return hex(p, 64, "80c90001 0000002a 81ca0003 0000002a"
		   "01027676 00000000");
}


static void test_rtcp(void **state)
{
	for (unsigned suite = 0; suite < SUITES; suite++) {
		struct srtp *tx = make(suite), *rx = make(suite);
		uint8_t p[128], want[64], old[128], bad[128];
		size_t n = compound(want), len, old_len;

		len = compound(p);
		assert_int_equal(srtcp_protect(tx, p, &len, sizeof(p)), 0);
		memcpy(old, p, len);
		old_len = len;
		for (size_t bit = 0; bit < 8 * len; bit++) {
			size_t l = len;

			memcpy(bad, p, len);
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(srtcp_unprotect(rx, bad, &l), 0);
		}
		assert_int_equal(srtcp_unprotect(rx, p, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(p, want, n);
		assert_int_equal(srtcp_unprotect(rx, old, &old_len), EALREADY);
		len = compound(p);
		assert_int_equal(srtcp_protect(tx, p, &len, sizeof(p)), 0);
		assert_int_equal(srtcp_unprotect(rx, p, &len), 0);
		srtp_free(tx);
		srtp_free(rx);
	}
}


/* Forged sources do not fill the table; authentic ones have a limit. */
static void test_sources(void **state)
{
	struct srtp *tx = make(0), *rx = make(0);
	uint8_t p[256];
	size_t len;

	for (uint32_t i = 0; i < 1000; i++) {
		len = packet(p, 1, i) + 10;
		assert_int_equal(srtp_unprotect(rx, p, &len), EACCES);
	}
	for (uint32_t i = 0; i < SRTP_MAX_SSRC; i++) {
		len = packet(p, 1, i);
		assert_int_equal(srtp_protect(tx, p, &len, sizeof(p)), 0);
		assert_int_equal(srtp_unprotect(rx, p, &len), 0);
	}
	len = packet(p, 1, 12345);
	assert_int_equal(srtp_protect(tx, p, &len, sizeof(p)), ENOSPC);
	srtp_free(tx);
	srtp_free(rx);
}


static void alloc_fn(void *arg)
{
	struct srtp *s = NULL;
	int err = srtp_alloc(&s, SRTP_AES_CM_128_HMAC_SHA1_80, master, 30);

	assert_true(err == 0 || err == ENOMEM);
	assert_true((err == 0) == (s != NULL));
	srtp_free(s);
}


static void test_no_memory(void **state)
{
	struct srtp *s;

	assert_true(failmalloc_each(alloc_fn, NULL) >= 1);
	assert_int_equal(srtp_alloc(&s, SRTP_AEAD_AES_128_GCM, master, 30),
			 EINVAL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_key_stream),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_gcm_rtp),
		cmocka_unit_test(test_gcm_rtcp),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_rollover),
		cmocka_unit_test(test_rollover_reordered),
		cmocka_unit_test(test_roc_limit),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_rtcp),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
