#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemons/media/ipc.h"

static char why[256];


static int start(struct ipc_start *m, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	int err;

	assert_non_null(o);
	why[0] = '\0';
	err = ipc_parse_start(m, o, why, sizeof(why));
	json_decref(o);
	return err;
}


static void test_start(void **state)
{
	static struct ipc_start m;

	assert_int_equal(start(&m, "{\"call_id\":\"c\",\"streams\":[{\"kind\":\"video\",\"id\":3,\"codec\":\"H264\","
			       "\"clock_rate\":90000,\"pt_tx\":97,\"pt_rx\":98,\"ssrc\":4294967295,\"bitrate\":4000000,"
			       "\"send\":true,\"recv\":false,\"pli\":true,\"fmtp_tx\":\"profile-level-id=42e01f\","
			       "\"peer_rtp\":\"10.0.0.1:16384\",\"peer_rtcp\":\"[2001:db8::1]:16385\","
			       "\"srtp_tx\":{\"suite\":\"AEAD_AES_128_GCM\",\"key\":\"AAECAw==\"},\"srtp_rx\":null}]}"), 0);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.v[0].cfg.kind, MEDIA_VIDEO);
	assert_int_equal(m.v[0].cfg.id, 3);
	assert_int_equal(m.v[0].cfg.ssrc, 4294967295u);
	assert_true(m.v[0].cfg.send && !m.v[0].cfg.recv && m.v[0].cfg.rtcp_fb_pli && !m.v[0].cfg.rtcp_fb_fir);
	assert_string_equal(m.v[0].fmtp_tx, "profile-level-id=42e01f");
	assert_string_equal(m.v[0].cfg.srtp_tx.suite, "AEAD_AES_128_GCM");
	assert_int_equal(m.v[0].cfg.srtp_tx.key_len, 4);
	assert_memory_equal(m.v[0].cfg.srtp_tx.key, "\0\1\2\3", 4);
	assert_null(m.v[0].cfg.srtp_rx.suite);
}


static void test_start_bad(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"streams\":{}}", "{\"streams\":[1]}", "{\"streams\":[{}]}",
		"{\"streams\":[{\"kind\":\"smell\"}]}",
		"{\"streams\":[{\"kind\":\"audio\",\"codec\":5}]}",
		"{\"streams\":[{\"kind\":\"audio\",\"codec\":\"opus\",\"clock_rate\":48000}]}",
		"{\"streams\":[{\"kind\":\"audio\",\"codec\":\"opus\",\"clock_rate\":-1}]}",
		"{\"streams\":[{\"kind\":\"audio\",\"codec\":\"a name that is far too long\"}]}",
		"{\"call_id\":7,\"streams\":[]}",
		"{\"streams\":[{},{},{},{},{},{},{},{},{}]}",
	};
	static struct ipc_start m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(start(&m, bad[i]), EBADMSG);
		assert_true(why[0]);
	}
}


static void test_addr(void **state)
{
	static const char *const bad[] = {
		"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:1x", "1.2.3.4:-1", "::1:5",
		"[::1]", "[::1:5", "x:5", "[]:5", "1.2.3:5",
	};
	struct sockaddr_storage ss;

	assert_int_equal(ipc_parse_addr(&ss, "192.0.2.1:5004"), 0);
	assert_int_equal(ntohs(((struct sockaddr_in *)&ss)->sin_port), 5004);
	assert_int_equal(ipc_parse_addr(&ss, "[2001:db8::1]:65535"), 0);
	assert_int_equal(ss.ss_family, AF_INET6);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ipc_parse_addr(&ss, bad[i]), EBADMSG);
}


static void test_init(void **state)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:b}", "host", "paris", "video_source", "pattern", "video_bitrate", 5, "log_frames", 1);
	struct ipc_init m;

	assert_int_equal(ipc_parse_init(&m, o, why, sizeof(why)), 0);
	assert_string_equal(m.audio_source, "none");
	assert_int_equal(m.video_bitrate, 5);
	assert_true(m.log_frames);
	(void)json_object_set_new(o, "video_bitrate", json_string("fast"));
	assert_int_equal(ipc_parse_init(&m, o, why, sizeof(why)), EBADMSG);
	assert_non_null(strstr(why, "video_bitrate"));
	json_decref(o);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start), cmocka_unit_test(test_start_bad), cmocka_unit_test(test_addr),
		cmocka_unit_test(test_init),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
