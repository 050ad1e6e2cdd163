/**
 * The SDP parameters of H.264 and their offer/answer (RFC 6184 sections 8.1
 * and 8.2.2).
 */
#ifndef VISAVIS_LIB_H264_FMTP_H
#define VISAVIS_LIB_H264_FMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/h264/nal.h"
#include "lib/h264/sps.h"

/** Profiles as profile_idc and profile-iop together name them (table 5). */
enum h264_profile {
	H264_PROFILE_UNKNOWN = 0,
	H264_PROFILE_CONSTRAINED_BASELINE,
	H264_PROFILE_BASELINE,
	H264_PROFILE_MAIN,
	H264_PROFILE_EXTENDED,
	H264_PROFILE_HIGH,
	H264_PROFILE_CONSTRAINED_HIGH,
	H264_PROFILE_HIGH10,
	H264_PROFILE_HIGH422,
};

#define H264_SPROP_MAX 1024

/** Zero-initialised it is what RFC 6184 takes for an empty fmtp, but for the
 *  profile-level-id: use h264_fmtp_default(). */
struct h264_fmtp {
	uint8_t profile_idc;
	uint8_t constraints;		/**< profile-iop */
	uint8_t level_idc;
	unsigned packetization_mode;	/**< 0 or 1; 2 is parsed, never matched */
	bool level_asymmetry;
	/* receiver capabilities beyond the level; 0: not given */
	uint32_t max_mbps;		/**< macroblocks/s */
	uint32_t max_fs;		/**< macroblocks */
	uint32_t max_br;		/**< 1000 or 1200 bit/s units */
	uint32_t max_dpb;
	uint32_t max_smbps;
	uint32_t max_cpb;
	uint32_t max_fps;		/**< 1/100 frames/s */
	/* sprop-parameter-sets, decoded, in Annex B form */
	uint8_t sprop[H264_SPROP_MAX];
	size_t sprop_len;
};

/** Constrained Baseline is what no profile-level-id means: Baseline, level 1
 *  (section 8.1). */
void h264_fmtp_default(struct h264_fmtp *f);

/**
 * Read the parameters of a=fmtp, without "fmtp:" and payload type. Unknown
 * ones are ignored; NULL or "" gives the default.
 * @return 0, EBADMSG (a known parameter with a bad value), EOVERFLOW (sprop)
 */
int h264_fmtp_parse(struct h264_fmtp *f, const char *s);

/** Print what h264_fmtp_parse() reads. @return 0 or EOVERFLOW */
int h264_fmtp_print(const struct h264_fmtp *f, char *buf, size_t size);

/** Take profile, level and parameter sets from an SPS and a PPS unit (as
 *  found in a stream). @return 0, EBADMSG, ENODATA, EOVERFLOW */
int h264_fmtp_from_sets(struct h264_fmtp *f, const struct h264_nal *sps,
			const struct h264_nal *pps);

enum h264_profile h264_fmtp_profile(const struct h264_fmtp *f);

/**
 * Answer one offered format.
 *
 * @param ans    what to put in the answer's fmtp; says what we receive
 * @param ours   what we can receive, and our level-asymmetry-allowed
 * @param offer  the offerer's fmtp
 * @return 0, or ENOENT: another profile or packetization mode
 */
int h264_fmtp_answer(struct h264_fmtp *ans, const struct h264_fmtp *ours,
		     const struct h264_fmtp *offer);

/** Does the answer fit what we offered? @return 0, or EPROTO with the level
 *  raised without asymmetry, another profile or mode */
int h264_fmtp_check_answer(const struct h264_fmtp *offer,
			   const struct h264_fmtp *ans);

/** What one direction may carry. */
struct h264_limits {
	enum h264_profile profile;
	uint8_t level_idc;
	unsigned packetization_mode;
	uint32_t max_mbps;		/**< macroblocks/s */
	uint32_t max_fs;		/**< macroblocks */
	uint32_t max_br;		/**< bit/s */
	uint32_t max_fps;		/**< 1/100 frames/s; 0: by mbps alone */
};

/** What we may send, from the receiver's fmtp and, without asymmetry, the
 *  lower level of both. */
void h264_limits_tx(struct h264_limits *l, const struct h264_fmtp *local,
		    const struct h264_fmtp *remote);

/** May pictures of that size and rate be sent? fps in frames/s; 0: any. */
bool h264_limits_fit(const struct h264_limits *l, unsigned width,
		     unsigned height, unsigned fps);

/** May this stream be sent as it is? A stream of a profile that the
 *  receiver's profile includes fits (a constrained one into its parent). */
bool h264_limits_fit_sps(const struct h264_limits *l,
			 const struct h264_sps *sps);

#endif
