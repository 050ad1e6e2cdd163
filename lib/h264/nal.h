/**
 * NAL units of H.264: finding them in Annex B and AVCC streams (ITU-T H.264
 * Annex B, ISO/IEC 14496-15), and turning one form into the other.
 */
#ifndef VISAVIS_LIB_H264_NAL_H
#define VISAVIS_LIB_H264_NAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum h264_nal_type {
	H264_NAL_SLICE = 1,
	H264_NAL_IDR = 5,
	H264_NAL_SEI = 6,
	H264_NAL_SPS = 7,
	H264_NAL_PPS = 8,
	H264_NAL_AUD = 9,
	H264_NAL_FILLER = 12,
	H264_NAL_STAP_A = 24,	/**< from here: RFC 6184 */
	H264_NAL_STAP_B = 25,
	H264_NAL_MTAP16 = 26,
	H264_NAL_MTAP24 = 27,
	H264_NAL_FU_A = 28,
	H264_NAL_FU_B = 29,
};

/** One NAL unit; p[0] is its header byte. len is at least 1. */
struct h264_nal {
	const uint8_t *p;
	size_t len;
};

static inline unsigned h264_nal_type(uint8_t header)
{
	return header & 0x1f;
}

static inline unsigned h264_nal_ref_idc(uint8_t header)
{
	return (header >> 5) & 3;
}

/** A walk over a buffer; the buffer is borrowed. */
struct h264_nal_iter {
	const uint8_t *p;
	const uint8_t *end;
	unsigned len_size;	/**< 0: Annex B; else bytes of an AVCC length */
	int err;		/**< EBADMSG: an AVCC length ran past the end */
};

/** Start codes of three or four bytes; what precedes the first is skipped. */
void h264_annexb_begin(struct h264_nal_iter *it, const uint8_t *p, size_t len);

/** @param len_size  bytes of each length, 1, 2 or 4 (avcC lengthSize) */
void h264_avcc_begin(struct h264_nal_iter *it, const uint8_t *p, size_t len,
		     unsigned len_size);

/** The next unit, trailing zero bytes taken off in Annex B; empty units are
 *  skipped. @return false at the end or on error (it->err) */
bool h264_nal_next(struct h264_nal_iter *it, struct h264_nal *nal);

/** Does the Annex B access unit hold an IDR picture? */
bool h264_annexb_is_key(const uint8_t *p, size_t len);

/**
 * Append one unit in Annex B form (start code of four bytes).
 * @param len  in: bytes used in dst; out: with the unit
 * @return 0 or EOVERFLOW (nothing written)
 */
int h264_annexb_append(uint8_t *dst, size_t *len, size_t max,
		       const struct h264_nal *nal);

/** An access unit from AVCC to Annex B, appended to dst.
 *  @return 0, EBADMSG (torn), EOVERFLOW */
int h264_avcc_to_annexb(uint8_t *dst, size_t *len, size_t max,
			const uint8_t *src, size_t src_len, unsigned len_size);

#define H264_AVCC_MAX_SETS 8

/** An avcC box's content (AVCDecoderConfigurationRecord); sets point into
 *  the parsed buffer. */
struct h264_avcc_config {
	uint8_t profile_idc;
	uint8_t constraints;
	uint8_t level_idc;
	unsigned len_size;
	struct h264_nal sps[H264_AVCC_MAX_SETS];
	size_t nsps;
	struct h264_nal pps[H264_AVCC_MAX_SETS];
	size_t npps;
};

/** @return 0, ENODATA truncated, EBADMSG, EOVERFLOW too many sets */
int h264_avcc_config_parse(struct h264_avcc_config *c, const uint8_t *p,
			   size_t len);

#endif
