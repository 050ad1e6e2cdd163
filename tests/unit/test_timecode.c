#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemons/media/picture/scene.h"
#include "daemons/media/picture/timecode.h"
#include "tests/unit/failmalloc.h"

static const struct { unsigned w, h; } sizes[] = {
	{ 1920, 1080 }, { 1280, 720 }, { 640, 360 }, { 320, 180 }, { 854, 480 }, { 176, 144 },
};


static void test_round_trip(void **state)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct timecode in = { TIMECODE_LIVE, 1795352400123456ull, 0x5a }, out = {0};
		struct picture *p;

		assert_int_equal(picture_alloc(&p, sizes[i].w, sizes[i].h), 0);
		assert_int_equal(timecode_read(&out, p), ENOENT);
		timecode_burn(p, &in);
		assert_int_equal(timecode_read(&out, p), 0);
		assert_int_equal(out.us, in.us);
		assert_int_equal(out.kind, in.kind);
		assert_int_equal(out.tag, in.tag);
		picture_free(p);
	}
}


/* One wrong cell must not give a wrong time. */
static void test_damage(void **state)
{
	struct timecode in = { TIMECODE_CLIP, 7266666, 1 }, out;
	struct picture *p;
	unsigned y0 = 360 - timecode_height(640);

	assert_int_equal(picture_alloc(&p, 640, 360), 0);
	for (unsigned col = 0; col < 48; col++) {
		timecode_burn(p, &in);
		for (unsigned y = y0; y < y0 + timecode_height(640) / 2; y++)
			for (unsigned x = col * 640 / 48; x < (col + 1) * 640 / 48; x++)
				p->p[0][y * p->stride[0] + x] ^= 0xff;
		assert_int_equal(timecode_read(&out, p), ENOENT);
	}
	picture_free(p);
}


/* Noise of a strong compressor, half the contrast, raised blacks. */
static void test_noise(void **state)
{
	struct timecode in = { TIMECODE_LIVE, 0x123456789abcdefull, 9 }, out;
	struct picture *p;
	unsigned seed = 1;

	assert_int_equal(picture_alloc(&p, 320, 180), 0);
	timecode_burn(p, &in);
	for (unsigned y = 0; y < p->h; y++)
		for (unsigned x = 0; x < p->w; x++) {
			uint8_t *v = &p->p[0][y * p->stride[0] + x];

			seed = seed * 1103515245u + 12345u;
			*v = (uint8_t)(60 + *v / 2 + (seed >> 16) % 50);
		}
	assert_int_equal(timecode_read(&out, p), 0);
	assert_int_equal(out.us, in.us);
	picture_free(p);
}


static void test_scene(void **state)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct timecode out;
		struct picture *p;
		struct scene *s;

		assert_int_equal(scene_alloc(&s, "a room with a very long name indeed", sizes[i].w, sizes[i].h), 0);
		assert_int_equal(picture_alloc(&p, sizes[i].w, sizes[i].h), 0);
		scene_render(s, p, TIMECODE_LIVE, 1795352400000001ull);
		assert_int_equal(timecode_read(&out, p), 0);
		assert_int_equal(out.us, 1795352400000001ull);
		scene_slate(p, "NO SOURCE", "x");
		assert_int_equal(timecode_read(&out, p), ENOENT);
		picture_free(p);
		scene_free(s);
	}
}


static void alloc_scene(void *arg)
{
	struct scene *s = NULL;

	if (!scene_alloc(&s, "paris", 320, 180))
		scene_free(s);
}


static void test_scene_memory(void **state)
{
	assert_true(failmalloc_each(alloc_scene, NULL) > 5);
}


static void test_picture_sizes(void **state)
{
	struct picture *p;

	assert_int_equal(picture_alloc(&p, 641, 360), EINVAL);
	assert_int_equal(picture_alloc(&p, 640, 2), EINVAL);
	assert_int_equal(picture_alloc(&p, 100000, 100000), EINVAL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damage), cmocka_unit_test(test_noise),
		cmocka_unit_test(test_scene), cmocka_unit_test(test_scene_memory), cmocka_unit_test(test_picture_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
