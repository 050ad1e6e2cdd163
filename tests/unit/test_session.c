/* Two media sessions talk to each other, plain and encrypted. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/session_pair.h"

static void check_all(struct side *sd, struct side *from)
{
	for (int v = 0; v < 2; v++) {
		assert_int_equal(sd->got[v].bad, 0);
		assert_int_equal(sd->got[v].frames, 60);
		for (unsigned i = 0; i < 60; i++)
			assert_int_equal(sd->got[v].index[i], i);
		assert_int_equal(stat_get(sd, v, "lost"), 0);
		assert_int_equal(stat_get(sd, v, "rejected"), 0);
		assert_int_equal(stat_get(sd, v, "packets"),
				 stat_get(from, v, "sent_packets"));
		assert_int_equal(stat_get(sd, v, "bytes"),
				 stat_get(from, v, "sent_bytes"));
	}
	assert_int_equal(sd->got[1].keys, 2);
	assert_int_equal(sd->got[1].lost_before, 0);
	assert_int_equal(sd->first, 2);
}


static void direct(const char *suite)
{
	struct side a, b;
	pthread_t ta, tb;

	side_sockets(&a);
	side_sockets(&b);
	side_start(&a, b.addr, suite, 1, true);
	side_start(&b, a.addr, suite, 2, true);
	assert_int_equal(pthread_create(&ta, NULL, audio_main, &a), 0);
	assert_int_equal(pthread_create(&tb, NULL, audio_main, &b), 0);
	send_frames(&a, true, 0, 60);
	send_frames(&b, true, 0, 60);
	(void)pthread_join(ta, NULL);
	(void)pthread_join(tb, NULL);
	assert_true(wait_until(&a, all_60));
	assert_true(wait_until(&b, all_60));
	check_all(&a, &b);
	check_all(&b, &a);
	/* a sender report goes out with the first packets */
	assert_true(b.got[1].no_capture < 20);
	session_free(a.s);
	assert_true(wait_until(&b, got_bye));
	side_stop(&b);
}


static void test_plain(void **state)
{
	direct(NULL);
}


static void test_sha1(void **state)
{
	direct("AES_CM_128_HMAC_SHA1_80");
}


static void test_gcm(void **state)
{
	direct("AEAD_AES_128_GCM");
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_sha1),
		cmocka_unit_test(test_gcm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
