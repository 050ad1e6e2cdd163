/**
 * Offer and answer of a room (RFC 3264): what we can, what the peer wrote,
 * and the streams that follow from both.
 */
#ifndef VISAVIS_LIB_SDP_NEGOTIATE_H
#define VISAVIS_LIB_SDP_NEGOTIATE_H

#include "lib/sdp/sdp.h"

enum {
	NEG_CODECS_MAX = 8,
	NEG_FMTP_MAX = 512,
	NEG_SUITES = 2,
	NEG_KEY_MAX = 30,	/**< bytes of key and salt */
	NEG_KEY64_MAX = 48,
};

struct neg_codec {
	enum sdp_kind kind;
	char name[16];
	uint32_t rate;
	unsigned channels;
	char fmtp[NEG_FMTP_MAX];
	int pt;			/**< what we offer it as */
};

/** What this room can, preferred first. */
struct neg_caps {
	struct neg_codec v[NEG_CODECS_MAX];
	size_t n;
	bool secure;		/**< SRTP with SDES, nothing else */
	uint32_t video_bitrate;	/**< bit/s we take; 0: not said */
	/** May the peer use this port (RTP, RTCP)? NULL: any */
	bool (*port_ok_h)(uint16_t port, void *arg);
	void *arg;
};

/** The suites, preferred first, and the bytes of key and salt. lib/srtp has
 *  them too, but shares names with libre, so that no program links both: a
 *  test holds the two together. */
extern const struct neg_suite {
	const char *name;
	size_t key_len;
} neg_suites[NEG_SUITES];

/** Our end of one m-line, the same for the life of a call. */
struct neg_local {
	bool open;		/**< ports are there */
	uint16_t rtp_port;
	uint16_t rtcp_port;
	char key[NEG_SUITES][NEG_KEY64_MAX];	/**< base64, one a suite */
};

struct neg_call {
	struct ip_addr addr;
	uint64_t id;
	uint64_t version;	/**< raised by the caller with each new text */
	bool hold;		/**< we want to send, not to receive */
	struct neg_local local[3];	/**< by enum sdp_kind */
};

/** One stream that both ends agreed on. */
struct neg_stream {
	enum sdp_kind kind;
	unsigned id;		/**< m-line, from 0 */
	char codec[16];
	uint32_t rate;
	unsigned channels;
	int pt_tx, pt_rx;
	char fmtp_tx[NEG_FMTP_MAX];	/**< the peer's */
	char fmtp_rx[NEG_FMTP_MAX];	/**< ours */
	bool send, recv;
	unsigned fb;			/**< SDP_FB_ the peer takes */
	uint32_t bitrate;		/**< bit/s the peer allows; 0: not said */
	struct ip_addr peer;
	uint16_t peer_rtp, peer_rtcp;
	const char *suite;		/**< NULL: plain RTP */
	char key_tx[NEG_KEY64_MAX];
	char key_rx[NEG_KEY64_MAX];
};

struct neg_result {
	struct neg_stream v[2];		/**< audio, video; each at most once */
	size_t n;
	char why[96];			/**< why nothing, or less, was agreed */
};

/** Write what we offer. The text's spans point into caps and call. */
void neg_offer(struct sdp *offer, const struct neg_caps *caps,
	       const struct neg_call *call);

/**
 * Answer an offer.
 * @return 0, or EPROTO: nothing that we could agree on; res->why says what
 *         (the text of a Warning header, RFC 3261 section 20.43)
 */
int neg_answer(struct sdp *answer, struct neg_result *res,
	       const struct sdp *offer, const struct neg_caps *caps,
	       const struct neg_call *call);

/** Take the answer to our offer; @return as neg_answer() */
int neg_accept(struct neg_result *res, const struct sdp *offer,
	       const struct sdp *answer, const struct neg_caps *caps,
	       const struct neg_call *call);

/** Do both describe H.264 that goes together: packetization-mode equal,
 *  profiles compatible (RFC 6184 section 8.2.2)? */
bool neg_h264_match(struct sdp_span a, struct sdp_span b);

/** Our fmtp in an answer to theirs: their profile, the lower level when levels
 *  may not differ (RFC 6184 section 8.2.2); as lib/h264 prints it. */
void neg_h264_answer(char out[NEG_FMTP_MAX], const char *ours, struct sdp_span theirs);

#endif
