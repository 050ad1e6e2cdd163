/** Table A-1 of ITU-T H.264, as far as senders need it. */
#ifndef VISAVIS_LIB_H264_LEVEL_H
#define VISAVIS_LIB_H264_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

struct h264_level {
	uint8_t idc;		/**< 9 stands for level 1b */
	uint32_t max_mbps;	/**< macroblocks/s */
	uint32_t max_fs;	/**< macroblocks */
	uint32_t max_br;	/**< units of 1000 bit/s (VCL, Baseline/Main) */
};

/** The level, or the next lower one that exists; never NULL. */
const struct h264_level *h264_level_find(uint8_t profile_idc,
					 uint8_t constraints,
					 uint8_t level_idc);

#endif
