/* G.711 against the decoder output values of ITU-T G.711 tables 1a, 1b, 2a, 2b. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemons/media/coding/g711.h"


/* The tables give values at 14 and 13 bits; ours are left-aligned to 16. */
static void test_ulaw_table(void **state)
{
	static const struct { uint8_t code; int value; } t[] = {
		{ 0x80, 8031 }, { 0x8f, 4191 }, { 0x90, 3999 }, { 0x9f, 2079 }, { 0xaf, 1023 }, { 0xbf, 495 },
		{ 0xcf, 231 }, { 0xdf, 99 }, { 0xef, 33 }, { 0xfe, 2 }, { 0xff, 0 },
		{ 0x00, -8031 }, { 0x7e, -2 }, { 0x7f, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(g711_ulaw_decode(t[i].code), t[i].value * 4);
}


static void test_alaw_table(void **state)
{
	static const struct { uint8_t code; int value; } t[] = {
		{ 0xaa, 4032 }, { 0xa5, 2112 }, { 0xba, 2016 }, { 0xb5, 1056 }, { 0xd5, 1 }, { 0xd4, 3 },
		{ 0x55, -1 }, { 0x2a, -4032 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(g711_alaw_decode(t[i].code), t[i].value * 8);
}


/* A code survives decoding and encoding (but for mu-law's second zero). */
static void test_codes(void **state)
{
	for (unsigned c = 0; c < 256; c++) {
		assert_int_equal(g711_alaw_encode(g711_alaw_decode((uint8_t)c)), c);
		assert_int_equal(g711_ulaw_encode(g711_ulaw_decode((uint8_t)c)), c == 0x7f ? 0xff : c);
	}
}


/* Every sample comes back as the nearest value of its segment. */
static void check_all(uint8_t (*enc)(int16_t), int16_t (*dec)(uint8_t), int clip, int floor_err)
{
	for (int s = INT16_MIN; s <= INT16_MAX; s++) {
		int back = dec(enc((int16_t)s)), want = s > clip ? clip : s < -clip ? -clip : s;
		int limit = abs(want) / 32 + floor_err;

		assert_in_range(abs(back - want), 0, limit);
		assert_true((s < 0) == (back < 0) || abs(s) < 8);
	}
}


static void test_all_samples(void **state)
{
	check_all(g711_ulaw_encode, g711_ulaw_decode, 32635, 8);
	check_all(g711_alaw_encode, g711_alaw_decode, 32767, 9);
}


static void test_monotonic(void **state)
{
	for (int s = INT16_MIN; s < INT16_MAX; s++) {
		assert_true(g711_ulaw_decode(g711_ulaw_encode((int16_t)s)) <=
			    g711_ulaw_decode(g711_ulaw_encode((int16_t)(s + 1))));
		assert_true(g711_alaw_decode(g711_alaw_encode((int16_t)s)) <=
			    g711_alaw_decode(g711_alaw_encode((int16_t)(s + 1))));
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ulaw_table), cmocka_unit_test(test_alaw_table), cmocka_unit_test(test_codes),
		cmocka_unit_test(test_all_samples), cmocka_unit_test(test_monotonic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
