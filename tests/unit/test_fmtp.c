#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemons/media/fmtp.h"


static void test_get(void **state)
{
	char v[8];

	assert_true(fmtp_get("a=1; Packetization-Mode=1 ;b=2", "packetization-mode", v, sizeof(v)));
	assert_string_equal(v, "1");
	assert_false(fmtp_get("xa=1", "a", v, sizeof(v)));
	assert_false(fmtp_get(NULL, "a", v, sizeof(v)));
	assert_false(fmtp_get("", "a", v, sizeof(v)));
	assert_false(fmtp_get("a;a =3", "a", v, sizeof(v)));
	assert_true(fmtp_get("a=123456789", "a", v, sizeof(v)));
	assert_string_equal(v, "1234567");
}


static void test_parse(void **state)
{
	struct fmtp_h264 f;

	assert_int_equal(fmtp_h264_parse(&f, "profile-level-id=42e01f;packetization-mode=1;max-fs=8160"), 0);
	assert_int_equal(f.profile_idc, 66);
	assert_int_equal(f.level_idc, 31);
	assert_int_equal(f.packetization_mode, 1);
	assert_int_equal(f.max_fs, 8160);
	assert_int_equal(f.max_mbps, 108000);

	/* defaults of RFC 6184; a lower max-fs does not lower the level's */
	assert_int_equal(fmtp_h264_parse(&f, "max-fs=1"), 0);
	assert_int_equal(f.level_idc, 10);
	assert_int_equal(f.max_fs, 99);
	assert_int_equal(f.packetization_mode, 0);
	assert_int_equal(fmtp_h264_parse(&f, NULL), 0);

	/* level 1b */
	assert_int_equal(fmtp_h264_parse(&f, "profile-level-id=42f00b"), 0);
	assert_int_equal(f.max_br, 128);
}


static void test_parse_bad(void **state)
{
	static const char *const bad[] = {
		"profile-level-id=42e0", "profile-level-id=42e01g", "profile-level-id=42e0ff", "profile-level-id=-2e01f",
		"profile-level-id=42e01f;max-fs=x", "profile-level-id=42e01f;max-mbps=-1",
		"profile-level-id=42e01f;packetization-mode=1a",
	};
	struct fmtp_h264 f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(fmtp_h264_parse(&f, bad[i]), EBADMSG);
}


static void fit(const char *fmtp, unsigned w, unsigned h, unsigned fps)
{
	struct fmtp_h264 f;
	unsigned gw = 1920, gh = 1080, gfps = 30, br = 4000000;

	assert_int_equal(fmtp_h264_parse(&f, fmtp), 0);
	assert_int_equal(fmtp_h264_fit(&f, &gw, &gh, &gfps, &br), 0);
	assert_int_equal(gw, w);
	assert_int_equal(gh, h);
	assert_int_equal(gfps, fps);
	assert_true(br <= f.max_br * 1000);
}


static void test_fit(void **state)
{
	fit("profile-level-id=42e028", 1920, 1080, 30);
	fit("profile-level-id=42e01f", 1280, 720, 30);
	/* room for the frame but not for 15 of them a second: a smaller one that moves */
	fit("profile-level-id=42e01f;max-fs=8160", 1280, 720, 30);
}


static void test_fit_small(void **state)
{
	struct fmtp_h264 f;
	unsigned w = 1280, h = 720, fps = 30, br = 1;

	fit("profile-level-id=42e01e", 640, 360, 30);
	fit("profile-level-id=42e00d", 320, 180, 30);
	assert_int_equal(fmtp_h264_parse(&f, "profile-level-id=42e00a"), 0);
	assert_int_equal(fmtp_h264_fit(&f, &w, &h, &fps, &br), ERANGE);
}


static void test_level(void **state)
{
	assert_int_equal(fmtp_h264_level(1280, 720, 30, 2000000), 31);
	assert_int_equal(fmtp_h264_level(1920, 1080, 30, 4000000), 40);
	assert_int_equal(fmtp_h264_level(1920, 1080, 60, 4000000), 42);
	assert_int_equal(fmtp_h264_level(640, 360, 30, 1000000), 30);
}


static void test_takes(void **state)
{
	struct fmtp_h264 cbp, high;

	assert_int_equal(fmtp_h264_parse(&cbp, "profile-level-id=42e01f"), 0);
	assert_int_equal(fmtp_h264_parse(&high, "profile-level-id=640028"), 0);
	assert_true(fmtp_h264_takes(&cbp, 66, 0xc0, 1280, 720, 30));
	assert_false(fmtp_h264_takes(&cbp, 66, 0xc0, 1920, 1080, 30));
	assert_false(fmtp_h264_takes(&cbp, 100, 0, 1280, 720, 30));
	assert_true(fmtp_h264_takes(&high, 66, 0x40, 1920, 1080, 30));
	assert_false(fmtp_h264_takes(&high, 66, 0, 1920, 1080, 30));
	assert_false(fmtp_h264_takes(&high, 88, 0, 1280, 720, 30));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get), cmocka_unit_test(test_parse), cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_fit), cmocka_unit_test(test_fit_small), cmocka_unit_test(test_level),
		cmocka_unit_test(test_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
