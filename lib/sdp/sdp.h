/**
 * SDP of a room: what RFC 8866 says of sessions with audio and video over
 * RTP, read into fixed memory and written back.
 *
 * Text fields of a decoded session are spans of the decoded text, which the
 * caller keeps as long as the session.
 */
#ifndef VISAVIS_LIB_SDP_SDP_H
#define VISAVIS_LIB_SDP_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"
#include "lib/base/sbuf.h"

enum {
	SDP_TEXT_MAX = 32 * 1024,	/**< longer text is refused */
	SDP_MEDIA_MAX = 8,
	SDP_FORMATS_MAX = 32,		/**< of one m-line; the rest is skipped */
	SDP_CRYPTO_MAX = 8,
};

/** Part of a text, not NUL-terminated */
struct sdp_span {
	const char *p;
	size_t n;
};

#define SDP_SPAN(s) ((struct sdp_span){(s), sizeof(s) - 1})

enum sdp_kind { SDP_OTHER = 0, SDP_AUDIO, SDP_VIDEO };

/** RTP profiles; PROTO_OTHER is refused in an answer. */
enum sdp_proto {
	SDP_PROTO_OTHER = 0,
	SDP_PROTO_AVP,
	SDP_PROTO_AVPF,
	SDP_PROTO_SAVP,
	SDP_PROTO_SAVPF,
};

/** Bits: who sends, seen by the writer of the text (RFC 3264) */
enum { SDP_RECV = 1, SDP_SEND = 2 };

/** RTCP feedback (RFC 4585, RFC 5104), bits */
enum { SDP_FB_PLI = 1, SDP_FB_FIR = 2 };

struct sdp_fmt {
	int pt;			/**< 0..127 */
	struct sdp_span name;	/**< "H264"; empty: no rtpmap and not static */
	uint32_t rate;
	unsigned channels;	/**< 1 when not written */
	struct sdp_span fmtp;
	unsigned fb;		/**< SDP_FB_ bits of this format alone */
};

/** a=crypto (RFC 4568) with one inline key */
struct sdp_crypto_attr {
	unsigned tag;
	struct sdp_span suite;
	struct sdp_span key;	/**< base64 of master key and salt */
};

struct sdp_m {
	enum sdp_kind kind;
	struct sdp_span type;	/**< "audio" */
	struct sdp_span proto_str;
	struct sdp_span fmts;	/**< the m-line's formats as written */
	enum sdp_proto proto;
	uint16_t port;		/**< 0: refused */
	struct ip_addr addr;	/**< family 0: none, or not numeric */
	uint16_t rtcp_port;	/**< 0: port + 1 */
	struct ip_addr rtcp_addr;	/**< family 0: as addr */
	unsigned dir;
	struct sdp_fmt fmtv[SDP_FORMATS_MAX];
	size_t nfmt;
	struct sdp_crypto_attr cryptov[SDP_CRYPTO_MAX];
	size_t ncrypto;
	unsigned fb;		/**< SDP_FB_ bits of all formats */
	uint32_t bandwidth;	/**< bit/s: b=TIAS or b=AS; 0: none */
	unsigned ptime;
	bool rtcp_mux;
	struct sdp_span content;	/**< RFC 4796 */
	struct sdp_span label;		/**< RFC 4574 */
};

struct sdp {
	uint64_t id;		/**< o= session, for writing */
	uint64_t version;
	struct ip_addr addr;	/**< c= of the session */
	struct sdp_m mv[SDP_MEDIA_MAX];
	size_t nm;
};

/**
 * Read a session description.
 *
 * @return 0; EBADMSG malformed; EOVERFLOW longer than SDP_TEXT_MAX or more
 *         m-lines than SDP_MEDIA_MAX
 */
int sdp_decode_text(struct sdp *s, const char *p, size_t len);

/** Write a session description; errors stick in sb. */
void sdp_print(struct sbuf *sb, const struct sdp *s);

bool sdp_span_is(struct sdp_span s, const char *str);	/**< case ignored */

/** Value of key in "k=v;k2=v2" (RFC 6184 style); false when not there. A
 *  key without "=" has an empty value. */
bool sdp_fmtp_get(struct sdp_span fmtp, const char *key, struct sdp_span *val);

#endif
