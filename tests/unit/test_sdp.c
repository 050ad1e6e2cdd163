#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sdp/negotiate.h"
#include "lib/srtp/srtp.h"
#include "tests/unit/failmalloc.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
#define KEY30 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define KEY28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="

static struct sdp offer, answer, text;
static struct neg_result res;


static bool in_range(uint16_t port, void *arg)
{
	return port >= 16384 && port <= 32768;
}


static struct neg_caps caps_make(bool secure)
{
	return (struct neg_caps){ .n = 4, .secure = secure, .video_bitrate = 4000000,
		.port_ok_h = in_range, .v = {
		{ SDP_AUDIO, "opus", 48000, 2, "useinbandfec=1", 96 },
		{ SDP_AUDIO, "PCMU", 8000, 1, "", 0 },
		{ SDP_VIDEO, "H264", 90000, 1,
		  "profile-level-id=42e028;packetization-mode=1;level-asymmetry-allowed=1", 97 },
		{ SDP_VIDEO, "H264", 90000, 1, "profile-level-id=42e028;packetization-mode=0", 98 } } };
}


static struct neg_call call_make(uint8_t last, const char *gcm, const char *cm)
{
	struct neg_call c = { .addr = { .family = 4, .b = {10, 0, 0, last} }, .id = 7, .version = 7 };

	for (int k = SDP_AUDIO; k <= SDP_VIDEO; k++) {
		c.local[k].open = true;
		c.local[k].rtp_port = (uint16_t)(20000 + last * 4 + k * 2);
		c.local[k].rtcp_port = (uint16_t)(c.local[k].rtp_port + 1);
		strcpy(c.local[k].key[0], gcm);
		strcpy(c.local[k].key[1], cm);
	}
	return c;
}


static int answer_to(const char *s, bool secure)
{
	static struct neg_caps caps;
	static struct neg_call call;

	caps = caps_make(secure);
	call = call_make(1, KEY28, KEY30);
	assert_int_equal(sdp_decode_text(&offer, s, strlen(s)), 0);
	return neg_answer(&answer, &res, &offer, &caps, &call);
}


static void two_rooms_agree(void **state)
{
	struct neg_caps caps = caps_make(true);
	struct neg_call a = call_make(1, KEY28, KEY30);
	struct neg_call b = call_make(2, "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==",
				      "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd");
	struct neg_result rb;
	struct sbuf so = {0}, sa = {0};

	neg_offer(&offer, &caps, &a);
	sdp_print(&so, &offer);
	assert_int_equal(sdp_decode_text(&text, so.p, so.len), 0);
	assert_int_equal(neg_answer(&answer, &rb, &text, &caps, &b), 0);
	sdp_print(&sa, &answer);
	assert_int_equal(sdp_decode_text(&text, sa.p, sa.len), 0);
	assert_int_equal(neg_accept(&res, &offer, &text, &caps, &a), 0);

	assert_int_equal(res.n, 2);
	assert_string_equal(res.v[0].codec, "opus");
	assert_string_equal(res.v[1].codec, "H264");
	assert_int_equal(res.v[1].pt_tx, 97);
	assert_int_equal(res.v[1].fb, SDP_FB_PLI | SDP_FB_FIR);
	assert_int_equal(res.v[1].peer_rtcp, 20000 + 8 + 5);
	assert_int_equal(res.v[1].bitrate, 4000000);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(res.v[i].suite, "AEAD_AES_128_GCM");
		assert_string_equal(res.v[i].key_tx, rb.v[i].key_rx);
		assert_string_equal(res.v[i].key_rx, rb.v[i].key_tx);
		assert_string_not_equal(res.v[i].key_rx, res.v[i].key_tx);
		assert_true(res.v[i].send && res.v[i].recv);
	}
	sbuf_reset(&so);
	sbuf_reset(&sa);
}


static void hold_stops_what_the_far_end_sends(void **state)
{
	assert_int_equal(answer_to(HEAD "m=audio 20000 RTP/AVP 0\r\na=sendonly\r\n", false), 0);
	assert_true(!res.v[0].send && res.v[0].recv);
	assert_int_equal(answer.mv[0].dir, SDP_RECV);
	assert_int_equal(answer_to(HEAD "a=inactive\r\nm=audio 20000 RTP/AVP 0\r\n", false), 0);
	assert_true(!res.v[0].send && !res.v[0].recv);
	/* RFC 2543 hold */
	assert_int_equal(answer_to("v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 20000 RTP/AVP 0\r\n", false), 0);
	assert_false(res.v[0].send);
}


static void refusals_say_why(void **state)
{
	static const struct { bool secure; const char *s, *why; } v[] = {
		{true, HEAD "m=audio 20000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
		 "\r\n", "SRTP required"},
		{false, HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
		 "\r\n", "plain RTP required"},
		{true, HEAD "m=audio 20000 RTP/SAVP 0\r\n", "no usable SRTP key"},
		{true, HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n",
		 "no usable SRTP key"},
		{true, HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" KEY30
		 "\r\n", "no usable SRTP key"},
		{true, HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
		 " UNENCRYPTED_SRTP\r\n", "no usable SRTP key"},
		{true, HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
		 "|2^20|1:4\r\n", "no usable SRTP key"},
		{false, HEAD "m=audio 5004 RTP/AVP 0\r\n", "outside the flow matrix"},
		{false, HEAD "m=audio 32768 RTP/AVP 0\r\n", "outside the flow matrix"},
		{false, HEAD "m=audio 20000 RTP/AVP 0\r\na=rtcp:53\r\n", "outside the flow matrix"},
		{false, HEAD "m=audio 20000 RTP/AVP 0\r\na=rtcp:20001 IN IP4 10.9.9.9\r\n", "address"},
		{false, HEAD "m=audio 20000 RTP/AVP 0\r\nc=IN IP4 224.1.1.1\r\n", "address"},
		{false, HEAD "m=audio 20000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", "address"},
		{false, HEAD "m=audio 20000 RTP/AVP 0\r\nc=IN IP4 evil.example\r\n", "address"},
		{false, HEAD "m=audio 20000 RTP/AVP 3\r\n", "no common codec"},
		{false, HEAD "m=audio 0 RTP/AVP 0\r\n", "media refused"},
		{false, HEAD "m=audio 20000 UDP/TLS/RTP/SAVPF 0\r\n", "profile"},
		{false, HEAD, "no audio or video"},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(answer_to(v[i].s, v[i].secure), EPROTO);
		if (!strstr(res.why, v[i].why))
			fail_msg("%zu: \"%s\"", i, res.why);
	}
}


static void weaker_suite_and_first_lines_are_taken(void **state)
{
	assert_int_equal(answer_to(HEAD "m=audio 20000 RTP/SAVPF 0\r\n"
		"a=crypto:3 F8_128_HMAC_SHA1_80 inline:" KEY30 "\r\n"
		"a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 "|2^20\r\n"
		"m=audio 20004 RTP/SAVPF 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 "\r\n"
		"m=application 5070 UDP/BFCP *\r\n", true), 0);
	assert_int_equal(res.n, 1);
	assert_int_equal(answer.nm, 3);
	assert_int_equal(answer.mv[0].cryptov[0].tag, 9);
	assert_int_equal(answer.mv[0].proto, SDP_PROTO_SAVPF);
	assert_int_equal(answer.mv[1].port, 0);
	assert_int_equal(answer.mv[2].port, 0);
}


static void answers_that_cheat_are_refused(void **state)
{
	static const char *const v[] = {
		HEAD,	/* fewer m-lines */
		HEAD "m=video 20000 RTP/SAVP 97\r\nm=audio 20002 RTP/SAVP 0\r\n",
		/* a tag we did not offer; another suite under a tag; two keys; plain */
		HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:7 AEAD_AES_128_GCM inline:" KEY28
			"\r\nm=video 0 RTP/SAVP 97\r\n",
		HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
			"\r\nm=video 0 RTP/SAVP 97\r\n",
		HEAD "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_128_GCM inline:" KEY28
			"\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
			"\r\nm=video 0 RTP/SAVP 97\r\n",
		HEAD "m=audio 20000 RTP/AVP 0\r\nm=video 0 RTP/AVP 97\r\n",
	};
	struct neg_caps caps = caps_make(true);
	struct neg_call call = call_make(1, KEY28, KEY30);

	neg_offer(&offer, &caps, &call);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(sdp_decode_text(&text, v[i], strlen(v[i])), 0);
		if (neg_accept(&res, &offer, &text, &caps, &call) != EPROTO)
			fail_msg("took answer %zu", i);
	}
}


static void malformed_text(void **state)
{
	static const struct { const char *s; int err; } v[] = {
		{"", EBADMSG}, {"o=x\r\n", EBADMSG}, {"v=1\r\n", EBADMSG}, {"v=0\r\nnonsense\r\n", EBADMSG},
		{"v=0\r\nm=audio\r\n", EBADMSG}, {"v=0\r\nm=audio 99999 RTP/AVP 0\r\n", EBADMSG},
		{"v=0\r\nm=audio -1 RTP/AVP 0\r\n", EBADMSG}, {"v=0\r\nm=audio 9 RTP/AVP 128\r\n", EBADMSG},
		{"v=0\r\nm=audio 9 RTP/AVP 96\r\na=rtpmap:96 x/0\r\n", EBADMSG},
		{"v=0\r\nm=audio 9 RTP/AVP 96\r\na=rtcp:70000\r\n", EBADMSG},
		{"v=0\nm=audio 9 RTP/AVP 0\n", 0},	/* bare newlines are taken */
	};
	char *big = calloc(1, SDP_TEXT_MAX + 2);
	struct sbuf sb = {0};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(sdp_decode_text(&text, v[i].s, strlen(v[i].s)), v[i].err);
	assert_int_equal(sdp_decode_text(&text, "v=0\r\n\0\r\n", 8), EBADMSG);
	memset(big, 'a', SDP_TEXT_MAX + 1);
	assert_int_equal(sdp_decode_text(&text, big, SDP_TEXT_MAX + 1), EOVERFLOW);
	free(big);
	sbuf_puts(&sb, "v=0\r\n");
	for (int i = 0; i <= SDP_MEDIA_MAX; i++)
		sbuf_puts(&sb, "m=audio 20000 RTP/AVP 0\r\n");
	assert_int_equal(sdp_decode_text(&text, sb.p, sb.len), EOVERFLOW);
	sbuf_reset(&sb);
}


static struct sdp_span span(const char *s)
{
	return (struct sdp_span){s, strlen(s)};
}


static void h264_formats_match_by_mode_and_profile(void **state)
{
	static const struct { const char *a, *b; bool match; } v[] = {
		{"profile-level-id=42e01f;packetization-mode=1",
		 "packetization-mode=1; profile-level-id=42E00D", true},
		{"profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f", false},
		{"profile-level-id=42e01f", "profile-level-id=42801f;packetization-mode=0", true},
		{"profile-level-id=42e01f", "", true},
		{"profile-level-id=42e01f", "profile-level-id=64001f", false},
		{"profile-level-id=42e01f", "profile-level-id=4d801f", true},
		{"profile-level-id=42e01f", "profile-level-id=4d001f", false},
		{"profile-level-id=42e01f", "profile-level-id=42e01", false},
		{"profile-level-id=42e01f", "profile-level-id=42g01f", false},
		{"profile-level-id=64001f", "profile-level-id=640028", true},
	};
	char out[NEG_FMTP_MAX];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (neg_h264_match(span(v[i].a), span(v[i].b)) != v[i].match)
			fail_msg("%s / %s", v[i].a, v[i].b);

	neg_h264_answer(out, "profile-level-id=42e028;packetization-mode=1",
			span("packetization-mode=1;profile-level-id=42e01e"));
	assert_string_equal(out, "profile-level-id=42E01E;packetization-mode=1");
	neg_h264_answer(out, "level-asymmetry-allowed=1;profile-level-id=42e028",
			span("profile-level-id=42e01e;level-asymmetry-allowed=1"));
	assert_string_equal(out, "profile-level-id=42E028;packetization-mode=0;"
			    "level-asymmetry-allowed=1");
	/* the offerer's words for the same profile, and our level */
	neg_h264_answer(out, "profile-level-id=42e01e", span("profile-level-id=42801f"));
	assert_string_equal(out, "profile-level-id=42801E;packetization-mode=0");
}


static void print_once(void *arg)
{
	struct neg_caps caps = caps_make(true);
	struct neg_call call = call_make(1, KEY28, KEY30);
	struct sbuf sb = {0};

	neg_offer(&offer, &caps, &call);
	sdp_print(&sb, &offer);
	assert_true(sb.err || sb.len);
	sbuf_reset(&sb);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(print_once, NULL) >= 1);
}


static void suites_are_those_of_srtp(void **state)
{
	assert_int_equal(NEG_SUITES, SRTP_NSUITES);
	assert_int_equal(NEG_KEY_MAX, SRTP_MAX_KEY);
	for (int i = 0; i < NEG_SUITES; i++) {
		const struct srtp_suite_info *info;
		enum srtp_suite suite;

		assert_int_equal(srtp_suite_find(&suite, neg_suites[i].name), 0);
		info = srtp_suite_info(suite);
		assert_int_equal(neg_suites[i].key_len, info->key_len + info->salt_len);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites_are_those_of_srtp),
		cmocka_unit_test(two_rooms_agree),
		cmocka_unit_test(hold_stops_what_the_far_end_sends),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(weaker_suite_and_first_lines_are_taken),
		cmocka_unit_test(answers_that_cheat_are_refused),
		cmocka_unit_test(malformed_text),
		cmocka_unit_test(h264_formats_match_by_mode_and_profile),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
