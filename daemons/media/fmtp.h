/**
 * H.264 format parameters (RFC 6184 section 8.1) and what they permit.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_FMTP_H
#define VISAVIS_DAEMONS_MEDIA_FMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmtp_h264 {
	uint8_t profile_idc;	/**< 66: Baseline, 77: Main, 100: High */
	uint8_t profile_iop;	/**< constraint flags */
	uint8_t level_idc;	/**< ten times the level; 1b: 9 */
	unsigned packetization_mode;
	unsigned max_fs;	/**< macroblocks a frame, level and fmtp together */
	unsigned max_mbps;	/**< macroblocks a second */
	unsigned max_br;	/**< kbit/s */
};

/** The field of "name=value;..." or NULL. Names are compared without case.
 *  @return false when there is none; value is cut at size - 1 bytes */
bool fmtp_get(const char *fmtp, const char *name, char *value, size_t size);

/** Read what a peer takes. Absent parameters get RFC 6184's defaults
 *  (Constrained Baseline, level 1, mode 0).
 *  @param fmtp  text, or NULL
 *  @return 0, or EBADMSG: a profile-level-id or number that is none */
int fmtp_h264_parse(struct fmtp_h264 *f, const char *fmtp);

/** A picture format within f's limits: width and height are halved, then the
 *  frame rate lowered, from what is wished.
 *  @return 0, or ERANGE: not even the smallest format fits */
int fmtp_h264_fit(const struct fmtp_h264 *f, unsigned *w, unsigned *h, unsigned *fps, unsigned *bitrate);

/** The lowest level that permits this format, for offers. */
uint8_t fmtp_h264_level(unsigned w, unsigned h, unsigned fps, unsigned bitrate);

/** May a stream of this profile and level be sent to f as it is?
 *  constraint: the SPS's constraint_set flags byte. */
bool fmtp_h264_takes(const struct fmtp_h264 *f, uint8_t profile_idc, uint8_t constraint, unsigned w, unsigned h,
		     unsigned fps);

#endif
