/**
 * A media session: the RTP and RTCP of one call, in a thread of its own.
 *
 * The session owns packets: packetisation, SRTP, pacing, RTCP, loss and
 * jitter, the playout clock. It knows no codec and no picture; sources push
 * encoded frames in, handlers get encoded frames out.
 *
 * Clocks: *_us are microseconds of CLOCK_REALTIME, so that a frame's capture
 * time can travel as NTP time in RTCP sender reports (RFC 3550 section 6.4).
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SESSION_H
#define VISAVIS_DAEMONS_MEDIA_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <jansson.h>

enum media_kind { MEDIA_AUDIO = 0, MEDIA_VIDEO };

/** SRTP of one direction (RFC 3711, RFC 7714; keys from SDES, RFC 4568). */
struct session_srtp {
	const char *suite;	/**< "AES_CM_128_HMAC_SHA1_80",
				  "AEAD_AES_128_GCM"; NULL: plain RTP */
	uint8_t key[64];	/**< master key, then master salt */
	size_t key_len;
};

struct session_stream_config {
	enum media_kind kind;
	unsigned id;		/**< position in the offer, from 0 */
	const char *codec;	/**< "H264", "opus", "G722", "PCMU", "PCMA" */
	uint32_t clock_rate;	/**< RTP clock; 8000 for G722, RFC 3551 4.5.2 */
	uint8_t pt_tx;
	uint8_t pt_rx;
	uint32_t ssrc;		/**< ours */
	const char *cname;
	unsigned packetization_mode;	/**< H.264: 0 or 1, of what we send */
	size_t max_payload;	/**< 0: 1100 bytes */
	unsigned bitrate;	/**< bit/s we may send; paces the packets */
	bool send;
	bool recv;
	bool rtcp_fb_pli;	/**< the peer takes PLI (RFC 4585) */
	bool rtcp_fb_fir;	/**< the peer takes FIR (RFC 5104) */
	int rtp_fd;		/**< owned by the session once added */
	int rtcp_fd;
	struct sockaddr_storage peer_rtp;
	struct sockaddr_storage peer_rtcp;	/**< family 0: RTP's port + 1 */
	uint16_t latch_lo;	/**< a peer that sends from another port of its
				  address, within these, is followed there; */
	uint16_t latch_hi;	/**< 0: only the negotiated port is taken */
	struct session_srtp srtp_tx;
	struct session_srtp srtp_rx;
};

/** A coded frame: a video access unit in Annex B form, or one audio packet's
 *  payload. */
struct media_frame {
	const uint8_t *data;
	size_t len;
	uint32_t rtp_ts;
	uint64_t capture_us;	/**< 0: not known (no sender report yet) */
	uint64_t arrival_us;	/**< of its last packet; receive side only */
	uint64_t playout_us;	/**< when to show or play it for lip sync;
				  receive side only */
	bool key;		/**< video: holds an IDR picture */
	bool lost_before;	/**< something before it is missing */
};

struct session;
struct session_stream;

/** All run in the session's thread and must return within a millisecond:
 *  copy the frame into a queue. */
struct session_handlers {
	/** A whole frame in decoding order, as soon as it is complete (video)
	 *  or at most 20 ms before its playout (audio). A lost audio packet
	 *  comes with len 0. */
	void (*frame_h)(struct session_stream *st, const struct media_frame *f,
			void *arg);
	/** The peer wants a key frame (PLI, FIR). */
	void (*keyframe_h)(struct session_stream *st, void *arg);
	/** First packet, peer silent for 5 s and back, peer said BYE:
	 *  "first_packet", "lost_peer", "back", "bye". */
	void (*event_h)(struct session_stream *st, const char *what, void *arg);
	void *arg;
};

/** Make a session; nothing runs yet. */
int session_alloc(struct session **sp, const struct session_handlers *h);

/** Add a stream before session_start(). Strings are copied.
 *  @return 0, EINVAL, ENOTSUP (SRTP suite), ENOSPC too many, ENOMEM; on error
 *          the descriptors stay the caller's */
int session_stream_add(struct session_stream **stp, struct session *s,
		       const struct session_stream_config *cfg, void *user);

int session_start(struct session *s);

/** Send BYE, stop the thread, free all, close the descriptors. */
void session_free(struct session *s);

/** From any thread: queue one encoded frame for sending. rtp_ts is made from
 *  capture_us (0: now). The oldest frame goes when the queue is full.
 *  @return 0; ENOBUFS: this one is queued, an older one was dropped (counted):
 *          video needs a key frame; EMSGSIZE: above what one frame may have, or
 *          a unit above max_payload in packetization mode 0; EPERM: the stream
 *          does not send; ENODATA: empty; ENOMEM */
int session_send(struct session_stream *st, const struct media_frame *f);

/** From any thread: ask the peer for a key frame (rate-limited). */
void session_request_keyframe(struct session_stream *st);

/** Change direction, payload types, bit rate, feedback, the peer's addresses or
 *  keys (re-INVITE); descriptors, SSRC, codec and kind stay as they are. Takes
 *  effect within the session's next round.
 *  @return 0, or as session_stream_add() */
int session_stream_update(struct session_stream *st,
			  const struct session_stream_config *cfg);

/** What was shown or played, for delay and lip sync; from any thread. */
void session_report_playout(struct session_stream *st, uint64_t capture_us,
			    uint64_t played_us);

/** The stream's fields of event "stats" that the session knows. */
json_t *session_stream_stats(struct session_stream *st);

/** Lip sync of the first audio and the first video stream that were reported
 *  played: how far apart sound and picture of one capture time came,
 *  {"mean","p95","max","n"} in ms without sign, and "skew", the mean with sign
 *  (positive: the picture came later). NULL: no memory. */
json_t *session_lip_sync_stats(struct session *s);

void *session_stream_user(const struct session_stream *st);
enum media_kind session_stream_kind(const struct session_stream *st);
unsigned session_stream_id(const struct session_stream *st);

#endif
