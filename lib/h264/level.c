#include "lib/h264/level.h"

#include <stddef.h>

static const struct h264_level levels[] = {
	{ 10, 1485, 99, 64 },
	{ 9, 1485, 99, 128 },
	{ 11, 3000, 396, 192 },
	{ 12, 6000, 396, 384 },
	{ 13, 11880, 396, 768 },
	{ 20, 11880, 396, 2000 },
	{ 21, 19800, 792, 4000 },
	{ 22, 20250, 1620, 4000 },
	{ 30, 40500, 1620, 10000 },
	{ 31, 108000, 3600, 14000 },
	{ 32, 216000, 5120, 20000 },
	{ 40, 245760, 8192, 20000 },
	{ 41, 245760, 8192, 50000 },
	{ 42, 522240, 8704, 50000 },
	{ 50, 589824, 22080, 135000 },
	{ 51, 983040, 36864, 240000 },
	{ 52, 2073600, 36864, 240000 },
	{ 60, 4177920, 139264, 240000 },
	{ 61, 8355840, 139264, 480000 },
	{ 62, 16711680, 139264, 800000 },
};

static bool is_1b(uint8_t profile_idc, uint8_t constraints, uint8_t level_idc)
{
	bool old = profile_idc == 66 || profile_idc == 77 || profile_idc == 88;

	return level_idc == 9 ||
		(old && level_idc == 11 && (constraints & 0x10));
}


const struct h264_level *h264_level_find(uint8_t profile_idc,
					 uint8_t constraints,
					 uint8_t level_idc)
{
	const struct h264_level *best = &levels[0];

	if (is_1b(profile_idc, constraints, level_idc))
		return &levels[1];
	for (size_t i = 2; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i].idc <= level_idc)
			best = &levels[i];
	}
	return best;
}
