#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemons/codec/auth.h"
#include "tests/unit/failmalloc.h"


static int take(struct auth *a, const char *s)
{
	return auth_challenge(a, s, strlen(s), false);
}


static const char *answer(struct auth *a, struct sbuf *sb, const char *met, const char *uri)
{
	sbuf_reset(sb);
	assert_int_equal(auth_header(sb, a, met, uri, 1), 0);
	return sbuf_str(sb);
}


/* RFC 2617 section 3.5 without its qop; MD5 as RFC 2069 has it: the digest
 * computed by hand from the formula with md5sum */
static void md5_without_qop(void **state)
{
	struct auth a = { .user = "Mufasa", .password = "Circle Of Life" };
	struct sbuf sb = {0};

	assert_int_equal(take(&a, "Digest realm=\"testrealm@host.com\", "
			      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""), 0);
	assert_non_null(strstr(answer(&a, &sb, "GET", "/dir/index.html"),
			       "response=\"670fd8c2df070c60b045671b8b24ff02\""));
	assert_null(strstr(sb.p, "cnonce"));
	sbuf_reset(&sb);
}


static void strongest_algorithm_wins(void **state)
{
	struct auth a = { .user = "1001", .password = "x" };
	struct sbuf sb = {0};

	assert_int_equal(take(&a, "Digest realm=\"r\",nonce=\"n1\",algorithm=MD5,qop=\"auth\""), 0);
	assert_int_equal(take(&a, "Digest realm=\"r\",nonce=\"n1\",algorithm=SHA-256,"
			      "qop=\"auth-int,auth\""), 0);
	assert_int_equal(take(&a, "Digest realm=\"r\",nonce=\"n1\",qop=\"auth\""), 0);
	assert_int_equal(a.alg, AUTH_SHA256);
	/* printf '%s' "$(H 1001:r:x):n1:00000001:0000000000000001:auth:$(H REGISTER:sip:d)" | H */
	assert_non_null(strstr(answer(&a, &sb, "REGISTER", "sip:d"), "algorithm=SHA-256"));
	assert_non_null(strstr(sb.p, "nc=00000001"));
	assert_non_null(strstr(answer(&a, &sb, "REGISTER", "sip:d"), "nc=00000002"));
	sbuf_reset(&sb);
}


static void same_nonce_again_is_a_wrong_password(void **state)
{
	struct auth a = { .user = "1001", .password = "x" };
	struct sbuf sb = {0};

	assert_int_equal(take(&a, "Digest realm=\"r\",nonce=\"n1\""), 0);
	assert_false(a.tried);
	(void)answer(&a, &sb, "REGISTER", "sip:d");
	auth_forget(&a);
	assert_int_equal(take(&a, "Digest realm=\"r\",nonce=\"n1\""), 0);
	assert_true(a.tried);
	auth_forget(&a);
	assert_int_equal(take(&a, "Digest realm=\"r\",nonce=\"n2\""), 0);
	assert_false(a.tried);
	assert_string_equal(a.password, "x");
	sbuf_reset(&sb);
}


static void bad_challenges_are_refused(void **state)
{
	static const struct { const char *s; int err; } v[] = {
		{"", ENOTSUP}, {"Basic realm=\"r\"", ENOTSUP}, {"Digest ", EBADMSG},
		{"Digest realm=\"r\"", EBADMSG}, {"Digest realm=\"r,nonce=\"n\"", EBADMSG},
		{"Digest realm=\"r\",nonce=\"n\",algorithm=MD5-sess", ENOTSUP},
		{"Digest realm=\"r\",nonce=\"n\",qop=\"auth-int\"", ENOTSUP},
		{"Digest realm=\"r\r\nX: y\",nonce=\"n\"", EBADMSG},
	};
	char big[600] = "Digest realm=\"r\",nonce=\"";

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct auth a = {{0}};

		assert_int_equal(take(&a, v[i].s), v[i].err);
		assert_string_equal(a.realm, "");
	}
	memset(big + strlen(big), 'a', 300);
	big[strlen(big)] = '"';
	assert_int_equal(take(&(struct auth){{0}}, big), EOVERFLOW);
}


static void all(void *arg)
{
	struct auth a = { .user = "1001", .password = "x" };
	struct sbuf sb = {0};

	assert_int_equal(take(&a, "Digest realm=\"r\",nonce=\"n1\",qop=\"auth\""), 0);
	(void)auth_header(&sb, &a, "REGISTER", "sip:d", 1);
	sbuf_reset(&sb);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(all, NULL) >= 1);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5_without_qop),
		cmocka_unit_test(strongest_algorithm_wins),
		cmocka_unit_test(same_nonce_again_is_a_wrong_password),
		cmocka_unit_test(bad_challenges_are_refused),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
