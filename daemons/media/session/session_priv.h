/**
 * The inside of a media session, shared by its files.
 *
 * One lock guards all of it. The session's thread holds the lock while it
 * works and lets it go while it sleeps and around every handler; what other
 * threads do under the lock is short and changes only the send queue, the
 * requests and the playout records.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SESSION_PRIV_H
#define VISAVIS_DAEMONS_MEDIA_SESSION_PRIV_H

#include <pthread.h>

#include "daemons/media/session/session.h"
#include "lib/h264/assemble.h"
#include "lib/rtp/clock.h"
#include "lib/rtp/jbuf.h"
#include "lib/rtp/reorder.h"
#include "lib/rtp/rtcp.h"
#include "lib/rtp/rtp.h"
#include "lib/rtp/rtpstat.h"
#include "lib/srtp/srtp.h"

enum {
	SESSION_MAX_STREAMS = 16,
	SESSION_BATCH = 32,		/* packets a system call */
	SESSION_QUEUE_MAX = 64,		/* frames waiting to be sent */
	SESSION_FRAME_MAX = 4 << 20,	/* bytes of one */
	SESSION_QUEUE_BYTES = 8 << 20,
	SESSION_REORDER = 1024,		/* video packets */
	SESSION_REORDER_US = 20000,
	SESSION_AUDIO_LEAD_US = 20000,
	SESSION_REPORTS = 256,		/* playouts kept for lip sync */
	SESSION_DELAY_MAX_MS = 2000,
};

/** A distribution in whole milliseconds. */
struct session_hist {
	uint64_t n;
	int64_t sum_us;
	uint64_t min_us;
	uint64_t max_us;
	uint32_t bucket[SESSION_DELAY_MAX_MS + 1];
};

/** A frame cut into payloads. */
struct tx_frame {
	struct tx_frame *next;
	uint32_t rtp_ts;
	bool key;
	size_t bytes;		/* payload bytes in all */
	size_t size;		/* of this allocation */
	unsigned n;
	unsigned pos;		/* the packet to go next */
	uint16_t *len;		/* [n] payload lengths */
	uint8_t *data;		/* [n] of stride bytes */
	size_t stride;
};

struct tx_state {
	struct tx_frame *head;
	struct tx_frame **tail;
	size_t n;
	size_t bytes;
	uint16_t seq;
	uint64_t us0;		/* capture time that ts0 stands for */
	uint32_t ts0;
	bool have_ts0;
	uint64_t next_us;	/* monotonic: when the next packet may go */
	uint64_t step_us;	/* between packets of this frame */
	bool frame_open;	/* pacing of head was set */
	uint64_t packets;
	uint64_t octets;	/* payload, as sender reports count */
	uint64_t frames;
	uint64_t dropped;	/* frames that found the queue full */
	uint64_t errors;	/* packets the system refused */
};

struct rx_state {
	bool have_ssrc;
	uint32_t ssrc;
	bool have_candidate;	/* another source, seen once */
	uint32_t candidate;
	uint16_t candidate_seq;
	struct rtpstat stat;
	struct rtpclock clock;
	bool have_clock_ssrc;
	uint32_t clock_ssrc;	/* whose report the clock stands for */
	struct reorder reorder;	/* video */
	struct h264_asm as;
	struct jbuf jbuf;	/* audio */
	uint64_t packets;
	uint64_t bytes;
	uint64_t frames;
	uint64_t late;
	uint64_t rejected;
	uint64_t heard_us;	/* monotonic: last valid packet of any kind */
	bool silent;
	bool first_told;
	int64_t need_us;	/* playout less capture that this stream needs */
	uint64_t need_at_us;	/* monotonic; 0: not known */
};

struct rtcp_state {
	uint64_t next_us;	/* monotonic */
	bool sr_sent;		/* a sender report went out after the first packet */
	uint32_t lsr;
	uint64_t lsr_us;	/* monotonic, when it came */
	uint64_t rtt_us;
	bool want_key;		/* ask the peer as soon as the rate permits */
	uint64_t asked_us;	/* monotonic, last request */
	bool answered;		/* a key frame came since */
	unsigned asks;		/* requests since the last answer */
	uint8_t fir_seq;
	bool fir_sent;
	bool have_fir_in;
	uint8_t fir_in;		/* last one obeyed */
	uint32_t fir_in_ssrc;
	uint64_t key_told_us;	/* monotonic: keyframe_h called */
	uint64_t pli_sent, fir_sent_n, pli_received, fir_received;
};

struct playout {
	uint64_t capture_us;
	uint64_t played_us;
};

struct playout_state {
	struct session_hist delay;
	struct playout ring[SESSION_REPORTS];
	uint64_t n;		/* reports so far; the ring holds the last ones */
	uint64_t paired;	/* video: reports already compared */
};

struct session_stream {
	struct session *s;
	struct session_stream_config cfg;
	char codec[32];
	char cname[256];
	void *user;
	struct srtp *srtp_tx;
	struct srtp *srtp_rx;
	uint64_t collided_us;	/* monotonic: we last changed our SSRC */
	struct tx_state tx;
	struct rx_state rx;
	struct rtcp_state rtcp;
	struct playout_state play;
};

struct session_batch;

struct session {
	struct session_handlers h;
	struct session_stream *v[SESSION_MAX_STREAMS];
	size_t n;
	pthread_t thread;
	pthread_mutex_t lock;
	bool running;
	bool stop;
	int wake_fd;
	bool woken;
	struct session_batch *batch;	/* receive and send buffers */
	bool have_delay;
	int64_t delay_us;	/* capture to playout, common to all streams */
	uint64_t delay_at_us;	/* monotonic */
	struct session_hist lip;
	int64_t lip_sum_us;	/* with sign */
};

uint64_t session_now(void);		/* CLOCK_REALTIME, microseconds */
uint64_t session_mono(void);		/* CLOCK_MONOTONIC */
uint32_t session_random(void);
void session_wake(struct session *s);

/* Earliest of two deadlines where 0 means none. */
static inline uint64_t session_earliest(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

/* session_batch.c */
int session_batch_alloc(struct session_batch **bp);
void session_batch_free(struct session_batch *b);

struct session_in {
	uint8_t *p;
	size_t len;
	bool torn;		/* larger than any packet we take */
	uint64_t arrival_us;	/* CLOCK_REALTIME, by the kernel */
	const struct sockaddr_storage *from;
};

/** @return packets read, at most SESSION_BATCH */
size_t session_batch_recv(struct session_batch *b, int fd);
void session_batch_get(struct session_batch *b, size_t i,
		       struct session_in *in);
/** Room for one more packet to send, or NULL: flush first. */
uint8_t *session_batch_room(struct session_batch *b, size_t *max);
void session_batch_add(struct session_batch *b, size_t len);
/** Send what was added. @return packets that the system refused */
size_t session_batch_flush(struct session_batch *b, int fd,
			   const struct sockaddr_storage *to);
int session_socket_prepare(int fd);
bool session_addr_equal(const struct sockaddr_storage *a,
			const struct sockaddr_storage *b);
uint16_t session_addr_port(const struct sockaddr_storage *a);
void session_addr_set_port(struct sockaddr_storage *a, uint16_t port);
/** Is it the negotiated peer, or may and does it move there? */
bool session_addr_accept(struct sockaddr_storage *peer,
			 const struct sockaddr_storage *from, uint16_t lo,
			 uint16_t hi);

/* session_tx.c */
void session_tx_init(struct session_stream *st);
void session_tx_free(struct session_stream *st);
/** Send what is due. @return when to come back (monotonic), 0: not */
uint64_t session_tx_run(struct session_stream *st, uint64_t mono);

/* session_rx.c */
int session_rx_init(struct session_stream *st);
void session_rx_free(struct session_stream *st);
void session_rx_input(struct session_stream *st, const struct session_in *in,
		      uint64_t mono);
/** Deliver what is due. @return when to come back (CLOCK_REALTIME), 0: not */
uint64_t session_rx_run(struct session_stream *st, uint64_t now,
			uint64_t mono);
void session_rx_heard(struct session_stream *st, uint64_t mono);

/* session_rtcp.c */
void session_rtcp_init(struct session_stream *st, uint64_t mono);
void session_rtcp_input(struct session_stream *st,
			const struct session_in *in, uint64_t mono);
uint64_t session_rtcp_run(struct session_stream *st, uint64_t mono);
void session_rtcp_bye(struct session_stream *st);
/** Someone else has our SSRC: say BYE and take another. */
void session_rtcp_collision(struct session_stream *st, uint64_t mono);

/* session_play.c */
/** The delay from capture to playout that all streams share. */
void session_delay_update(struct session *s, uint64_t mono);

/* Handlers are called without the lock. */
void session_tell(struct session_stream *st, const char *what);
void session_tell_frame(struct session_stream *st,
			const struct media_frame *f);
void session_tell_keyframe(struct session_stream *st);

#endif
