#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/digest/digest.h"
#include "tests/unit/failmalloc.h"


static const uint8_t key[DIGEST_KEY] = {1, 2, 3};


/* RFC 7616 section 3.9.1 */
static void rfc_vectors(void **state)
{
	static const struct {
		const char *alg;
		const char *response;
	} v[] = {
		{"MD5", "8ca523f5e9506fed4657c9700eebdbec"},
		{"SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5"
		 "856cb6c1"},
	};
	char ha1[DIGEST_HEX], out[DIGEST_HEX], text[512];

	for (size_t i = 0; i < 2; i++) {
		struct digest_cred c;
		enum digest_alg alg;

		(void)snprintf(text, sizeof(text), "Digest username=\"Mufasa\", "
			"realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
			"algorithm=%s, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
			"nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", "
			"qop=auth, response=\"%s\"", v[i].alg, v[i].response);
		assert_int_equal(digest_cred_parse(&c, text, strlen(text)), 0);
		assert_int_equal(digest_alg_parse(&alg, &c.algorithm), 0);
		assert_int_equal(alg, i);
		assert_int_equal(digest_ha1(ha1, alg, "Mufasa", "http-auth@example.org",
					    "Circle of Life"), 0);
		assert_int_equal(digest_response(out, alg, ha1, &c, "GET", 3), 0);
		assert_string_equal(out, v[i].response);
		assert_true(digest_equal(out, &c.response));
		out[0] ^= 1;
		assert_false(digest_equal(out, &c.response));
	}
}


static void malformed(void **state)
{
	static const char *const v[] = {
		"Digest", "Digest ", "Digest x", "Digest x=", "Digest username=\"a",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\"",
		"Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\",",
		"Digest username=\"a\", username=\"b\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\"",
		"Digest username=\"a\" realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\"",
		"Digest username=\"a\\", "Digest username=\"a\nb\"",
	};
	struct digest_cred c;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(digest_cred_parse(&c, v[i], strlen(v[i])), EBADMSG);
	assert_int_equal(digest_cred_parse(&c, "Basic abc", 9), ENOTSUP);
	assert_int_equal(digest_cred_parse(&c, "", 0), ENOTSUP);
}


static void unknown_algorithm_and_qop(void **state)
{
	struct digest_cred c = {.qop = {"auth-int", 8}};
	struct digest_str s = {"SHA-512", 7};
	char large[2000];
	char out[DIGEST_HEX];
	enum digest_alg alg;

	assert_int_equal(digest_alg_parse(&alg, &s), ENOTSUP);
	assert_int_equal(digest_response(out, DIGEST_MD5, "", &c, "GET", 3), ENOTSUP);
	c.qop = (struct digest_str){"auth", 4};
	assert_int_equal(digest_response(out, DIGEST_MD5, "", &c, "GET", 3), EBADMSG);
	memset(large, 'x', sizeof(large));
	c.qop.p = NULL;
	c.uri = (struct digest_str){large, sizeof(large)};
	assert_int_equal(digest_response(out, DIGEST_MD5, "", &c, "GET", 3), EOVERFLOW);
}


static void nonce_tells_its_time(void **state)
{
	char text[DIGEST_NONCE];
	struct digest_str s = {text, DIGEST_NONCE - 1};
	uint32_t issued;
	uint64_t salt;

	assert_int_equal(digest_nonce_make(text, key, 1700000000, 0x1122334455667788), 0);
	assert_int_equal(strlen(text), DIGEST_NONCE - 1);
	assert_int_equal(digest_nonce_check(&issued, &salt, key, &s), 0);
	assert_int_equal(issued, 1700000000);
	assert_true(salt == 0x1122334455667788);
	for (size_t i = 0; i < s.n; i++) {
		text[i] ^= 1;
		assert_int_equal(digest_nonce_check(&issued, &salt, key, &s), EBADMSG);
		text[i] ^= 1;
	}
	s.n--;
	assert_int_equal(digest_nonce_check(&issued, &salt, key, &s), EBADMSG);
}


static void counts_once(void **state)
{
	struct digest_seen *ds;

	assert_int_equal(digest_seen_alloc(&ds, 4), 0);
	assert_int_equal(digest_seen_use(ds, 100, 1, 1), 0);
	assert_int_equal(digest_seen_use(ds, 100, 1, 1), EALREADY);
	assert_int_equal(digest_seen_use(ds, 100, 1, 3), 0);
	assert_int_equal(digest_seen_use(ds, 100, 1, 2), 0);
	assert_int_equal(digest_seen_use(ds, 100, 1, 2), EALREADY);
	assert_int_equal(digest_seen_use(ds, 100, 1, 200), 0);
	assert_int_equal(digest_seen_use(ds, 100, 1, 4), EALREADY);
	assert_int_equal(digest_seen_use(ds, 100, 1, 199), 0);
	digest_seen_free(ds);
}


/* Forgetting must never let a used nonce in again. */
static void forgotten_is_stale(void **state)
{
	struct digest_seen *ds;

	assert_int_equal(digest_seen_alloc(&ds, 4), 0);
	for (uint64_t i = 1; i <= 5; i++)
		assert_int_equal(digest_seen_use(ds, 100 + (uint32_t)i, i, 1), 0);
	assert_int_equal(digest_seen_use(ds, 101, 1, 1), ESTALE);
	assert_int_equal(digest_seen_use(ds, 102, 2, 1), EALREADY);
	assert_int_equal(digest_seen_use(ds, 103, 99, 1), 0);
	digest_seen_free(ds);
}


static void alloc_seen(void *arg)
{
	struct digest_seen *ds;

	(void)arg;
	if (!digest_seen_alloc(&ds, 16))
		digest_seen_free(ds);
}


static void no_memory(void **state)
{
	struct digest_seen *ds;

	assert_int_equal(failmalloc_each(alloc_seen, NULL), 3);
	assert_int_equal(digest_seen_alloc(&ds, 0), EINVAL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_vectors),
		cmocka_unit_test(malformed),
		cmocka_unit_test(unknown_algorithm_and_qop),
		cmocka_unit_test(nonce_tells_its_time),
		cmocka_unit_test(counts_once),
		cmocka_unit_test(forgotten_is_stale),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
