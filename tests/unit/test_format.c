#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemons/media/coding/format.h"

static const char ours[] = "profile-level-id=42e028;packetization-mode=1;level-asymmetry-allowed=1";


static void fit(const char *peer, unsigned w, unsigned h, unsigned fps)
{
	struct format f = { 1920, 1080, 30, 4000000 };
	struct h264_limits l;

	assert_int_equal(format_limits(&l, ours, peer), 0);
	assert_int_equal(format_fit(&f, &l), 0);
	assert_int_equal(f.w, w);
	assert_int_equal(f.h, h);
	assert_int_equal(f.fps, fps);
	assert_true(f.bitrate <= l.max_br);
	assert_true(h264_limits_fit(&l, f.w, f.h, f.fps));
}


static void test_fit(void **state)
{
	fit("profile-level-id=42e028;packetization-mode=1;level-asymmetry-allowed=1", 1920, 1080, 30);
	fit("profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1", 1280, 720, 30);
	/* room for the picture, but not for 15 a second: a smaller one that moves */
	fit("profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1;max-fs=8160", 1280, 720, 30);
	fit("profile-level-id=42e01e;packetization-mode=1;level-asymmetry-allowed=1", 640, 360, 30);
	fit("profile-level-id=42e00d;packetization-mode=1;level-asymmetry-allowed=1", 320, 180, 30);
}


static void test_fit_none(void **state)
{
	struct format f = { 1280, 720, 30, 1000000 }, tiny = { 64, 64, 30, 1000000 };
	struct h264_limits l;

	/* no fmtp at all means level 1 */
	assert_int_equal(format_limits(&l, ours, NULL), 0);
	assert_int_equal(format_fit(&f, &l), 0);
	assert_int_equal(f.w, 160);
	assert_int_equal(f.fps, 24);
	assert_int_equal(f.bitrate, 64000);
	assert_int_equal(format_fit(&tiny, &l), ERANGE);
	assert_int_equal(format_limits(&l, ours, "profile-level-id=42e0"), EBADMSG);
}


static void test_level(void **state)
{
	assert_int_equal(format_level(&(struct format){ 1280, 720, 30, 2000000 }), 31);
	assert_int_equal(format_level(&(struct format){ 1920, 1080, 30, 4000000 }), 40);
	assert_int_equal(format_level(&(struct format){ 1920, 1080, 60, 4000000 }), 42);
	assert_int_equal(format_level(&(struct format){ 640, 360, 30, 1000000 }), 30);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit), cmocka_unit_test(test_fit_none), cmocka_unit_test(test_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
