/**
 * Parameter sets of H.264: what a stream's pictures are (ITU-T H.264
 * sections 7.3.2.1, 7.3.2.2 and annex E).
 */
#ifndef VISAVIS_LIB_H264_SPS_H
#define VISAVIS_LIB_H264_SPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct h264_sps {
	uint8_t profile_idc;
	uint8_t constraints;		/**< constraint_set0 is the top bit */
	uint8_t level_idc;		/**< 31 is level 3.1 */
	unsigned id;			/**< 0..31 */
	unsigned chroma_format_idc;	/**< 1: 4:2:0 */
	unsigned bit_depth;		/**< luma */
	unsigned log2_max_frame_num;
	unsigned poc_type;
	unsigned num_ref_frames;
	bool frame_mbs_only;
	unsigned mb_width;
	unsigned mb_height;		/**< of the frame */
	unsigned width;			/**< cropped, pixels */
	unsigned height;
	unsigned sar_num;		/**< 0: not given */
	unsigned sar_den;
	bool full_range;
	uint32_t num_units_in_tick;	/**< 0: no timing in the VUI */
	uint32_t time_scale;
	bool fixed_frame_rate;
	int max_reorder;		/**< max_num_reorder_frames; -1: not given */
};

/**
 * @param p    the unit with its header byte, without start code
 * @return 0, EBADMSG (not an SPS, or forbidden values), ENODATA truncated
 */
int h264_sps_parse(struct h264_sps *sps, const uint8_t *p, size_t len);

/** Frames per second of the VUI, 0 when not given. */
double h264_sps_fps(const struct h264_sps *sps);

struct h264_pps {
	unsigned id;		/**< 0..255 */
	unsigned sps_id;	/**< 0..31 */
	bool cabac;
};

/** @return 0, EBADMSG, ENODATA */
int h264_pps_parse(struct h264_pps *pps, const uint8_t *p, size_t len);

#endif
