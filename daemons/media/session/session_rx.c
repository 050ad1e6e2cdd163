#include <errno.h>
#include <string.h>

#include "daemons/media/session/session_priv.h"

enum {
	SILENT_US = 5000000,
	SSRC_IDLE_US = 500000,	/* a source this quiet may be replaced at once */
	JBUF_MIN_MS = 20,
	JBUF_MAX_MS = 400,
	SHOW_US = 15000,	/* from a whole frame to light, about */
	PEAK_DIV = 100,		/* the need for delay falls by 1 % of time */
};

static void video_frame_h(const struct h264_frame *f, void *arg);

int session_rx_init(struct session_stream *st)
{
	struct rx_state *rx = &st->rx;
	int err;

	rtpstat_init(&rx->stat);
	rx->clock.rate = st->cfg.clock_rate;
	if (st->cfg.kind == MEDIA_AUDIO)
		return jbuf_alloc(&rx->jbuf, st->cfg.clock_rate, JBUF_MIN_MS,
				  JBUF_MAX_MS);
	err = reorder_alloc(&rx->reorder, SESSION_REORDER, SESSION_REORDER_US);
	if (err)
		return err;
	return h264_asm_alloc(&rx->as, SESSION_FRAME_MAX, video_frame_h, st);
}


void session_rx_free(struct session_stream *st)
{
	jbuf_free(&st->rx.jbuf);
	reorder_free(&st->rx.reorder);
	h264_asm_free(&st->rx.as);
}


/* The playout delay this stream needs, as seen from capture times: rises at
 * once, falls slowly. */
static void need_note(struct session_stream *st, int64_t need, uint64_t mono)
{
	struct rx_state *rx = &st->rx;
	int64_t fall;

	if (!rx->need_at_us || need >= rx->need_us) {
		rx->need_us = need;
	}
	else {
		fall = (int64_t)(mono - rx->need_at_us) / PEAK_DIV;
		if (rx->need_us - need < fall)
			fall = rx->need_us - need;
		rx->need_us -= fall;
	}
	rx->need_at_us = mono;
	session_delay_update(st->s, mono);
}


static uint64_t capture_of(const struct session_stream *st, uint32_t ts)
{
	return rtpclock_us(&st->rx.clock, ts);
}


static void video_frame_h(const struct h264_frame *f, void *arg)
{
	struct session_stream *st = arg;
	struct session *s = st->s;
	struct media_frame mf = {
		.data = f->data, .len = f->len, .rtp_ts = f->ts,
		.capture_us = capture_of(st, f->ts),
		.arrival_us = f->arrival_us, .playout_us = f->arrival_us,
		.key = f->key, .lost_before = f->lost_before,
	};

	if (f->key)
		st->rtcp.answered = true;
	if (mf.capture_us) {
		uint64_t planned;

		need_note(st, (int64_t)(f->arrival_us - mf.capture_us) +
			  SHOW_US, session_mono());
		planned = mf.capture_us + (uint64_t)s->delay_us;
		if (s->have_delay && planned > mf.playout_us)
			mf.playout_us = planned;
	}
	st->rx.frames++;
	session_tell_frame(st, &mf);
}


static void video_drain(struct session_stream *st, uint64_t now, bool flush)
{
	const struct reorder_packet *p;
	uint32_t lost;

	while ((p = reorder_get(&st->rx.reorder, now, flush, &lost)))
		h264_asm_put(&st->rx.as, p->ts, p->marker, p->data, p->len,
			     lost != 0, p->arrival_us);
}


static int video_put(struct session_stream *st, uint32_t ext,
		     const struct rtp_packet *pkt, uint64_t arrival)
{
	struct reorder *r = &st->rx.reorder;
	int err = reorder_put(r, ext, pkt->hdr.ts, pkt->hdr.marker,
			      pkt->payload, pkt->payload_len, arrival);

	if (err == ENOSPC) {
		video_drain(st, arrival, true);
		reorder_reset(r);
		h264_asm_reset(&st->rx.as);
		err = reorder_put(r, ext, pkt->hdr.ts, pkt->hdr.marker,
				  pkt->payload, pkt->payload_len, arrival);
	}
	video_drain(st, arrival, false);
	return err;
}


static int audio_put(struct session_stream *st, uint32_t ext,
		     const struct rtp_packet *pkt, uint64_t arrival,
		     uint64_t mono)
{
	struct rx_state *rx = &st->rx;
	int err = jbuf_put(&rx->jbuf, ext, pkt->hdr.ts, pkt->payload,
			   pkt->payload_len, arrival);
	uint64_t capture = capture_of(st, pkt->hdr.ts);
	int64_t shift;

	if (!capture)
		return err;
	shift = (int64_t)capture - jbuf_ts_us(&rx->jbuf, pkt->hdr.ts);
	need_note(st, jbuf_need(&rx->jbuf) - shift, mono);
	if (st->s->have_delay)
		jbuf_set_floor(&rx->jbuf, shift + st->s->delay_us);
	return err;
}


static void source_reset(struct session_stream *st)
{
	struct rx_state *rx = &st->rx;

	if (st->cfg.kind == MEDIA_AUDIO) {
		jbuf_reset(&rx->jbuf);
		return;
	}
	reorder_reset(&rx->reorder);
	h264_asm_reset(&rx->as);
}


static void source_take(struct session_stream *st, uint32_t ssrc)
{
	struct rx_state *rx = &st->rx;

	if (rx->packets) {
		rtpstat_restart(&rx->stat);
		source_reset(st);
	}
	if (rx->clock_ssrc != ssrc)
		rx->clock.known = false;
	rx->have_ssrc = true;
	rx->ssrc = ssrc;
	rx->have_candidate = false;
	rx->need_at_us = 0;
}


/* One source at a time: another one takes over when the old one is quiet,
 * or with its second packet in a row. */
static bool source_ok(struct session_stream *st, const struct rtp_header *h,
		      uint64_t mono)
{
	struct rx_state *rx = &st->rx;

	if (rx->have_ssrc && rx->ssrc == h->ssrc) {
		rx->have_candidate = false;
		return true;
	}
	if (!rx->have_ssrc || mono - rx->heard_us > SSRC_IDLE_US ||
	    (rx->have_candidate && rx->candidate == h->ssrc &&
	     h->seq == (uint16_t)(rx->candidate_seq + 1))) {
		source_take(st, h->ssrc);
		return true;
	}
	rx->have_candidate = true;
	rx->candidate = h->ssrc;
	rx->candidate_seq = h->seq;
	return false;
}


void session_rx_heard(struct session_stream *st, uint64_t mono)
{
	bool was = st->rx.silent;

	st->rx.heard_us = mono;
	st->rx.silent = false;
	if (was)
		session_tell(st, "back");
}


static uint32_t arrival_units(const struct session_stream *st, uint64_t us)
{
	uint32_t rate = st->cfg.clock_rate;

	return (uint32_t)(us / 1000000 * rate + us % 1000000 * rate / 1000000);
}


static void accept_packet(struct session_stream *st,
			  const struct rtp_packet *pkt, uint64_t arrival,
			  uint64_t mono)
{
	struct rx_state *rx = &st->rx;
	enum rtpstat_seq what;
	uint32_t ext = 0;
	int err;

	what = rtpstat_update(&rx->stat, pkt->hdr.seq, &ext);
	if (what == RTPSTAT_JUMP) {
		rx->rejected++;
		return;
	}
	if (what == RTPSTAT_RESTART)
		source_reset(st);
	if (what == RTPSTAT_DUPLICATE)
		return;
	rx->packets++;
	rx->bytes += pkt->payload_len;
	rtpstat_jitter(&rx->stat, pkt->hdr.ts, arrival_units(st, arrival));
	if (!rx->first_told) {
		rx->first_told = true;
		session_tell(st, "first_packet");
	}
	if (!pkt->payload_len)		/* padding alone keeps a path open */
		err = st->cfg.kind == MEDIA_VIDEO ?
			video_put(st, ext, pkt, arrival) : 0;
	else if (st->cfg.kind == MEDIA_AUDIO)
		err = audio_put(st, ext, pkt, arrival, mono);
	else
		err = video_put(st, ext, pkt, arrival);
	if (err == ETIME)
		rx->late++;
}


/* Everything that may be wrong with it before it is believed. */
static bool packet_check(struct session_stream *st, const struct session_in *in,
			 struct rtp_packet *pkt, uint64_t mono)
{
	size_t len = in->len;

	if (!st->cfg.recv || in->torn ||
	    !session_addr_accept(&st->cfg.peer_rtp, in->from,
				 st->cfg.latch_lo, st->cfg.latch_hi))
		return false;
	if (rtp_is_rtcp(in->p, len))
		return false;
	if (st->srtp_rx && srtp_unprotect(st->srtp_rx, in->p, &len))
		return false;
	if (rtp_parse(pkt, in->p, len))
		return false;
	if (pkt->hdr.ssrc == st->cfg.ssrc) {
		session_rtcp_collision(st, mono);
		return false;
	}
	return pkt->hdr.pt == st->cfg.pt_rx && source_ok(st, &pkt->hdr, mono);
}


void session_rx_input(struct session_stream *st, const struct session_in *in,
		      uint64_t mono)
{
	struct rtp_packet pkt;

	if (!packet_check(st, in, &pkt, mono)) {
		st->rx.rejected++;
		return;
	}
	if (!session_addr_equal(&st->cfg.peer_rtp, in->from))
		st->cfg.peer_rtp = *in->from;
	session_rx_heard(st, mono);
	accept_packet(st, &pkt, in->arrival_us, mono);
}


static void audio_tell(struct session_stream *st, const struct jbuf_frame *f)
{
	struct media_frame mf = {
		.data = f->data, .len = f->len, .rtp_ts = f->ts,
		.capture_us = capture_of(st, f->ts),
		.arrival_us = f->arrival_us, .playout_us = f->playout_us,
		.lost_before = f->lost_before,
	};

	if (f->len)
		st->rx.frames++;
	session_tell_frame(st, &mf);
}


static uint64_t audio_run(struct session_stream *st, uint64_t now)
{
	struct jbuf_frame f;

	while (jbuf_get(&st->rx.jbuf, now, SESSION_AUDIO_LEAD_US, &f))
		audio_tell(st, &f);
	return jbuf_deadline(&st->rx.jbuf, SESSION_AUDIO_LEAD_US);
}


uint64_t session_rx_run(struct session_stream *st, uint64_t now, uint64_t mono)
{
	struct rx_state *rx = &st->rx;

	if (!st->cfg.recv)
		return 0;
	if (!rx->silent && mono - rx->heard_us > SILENT_US) {
		rx->silent = true;
		session_tell(st, "lost_peer");
	}
	if (st->cfg.kind == MEDIA_AUDIO)
		return audio_run(st, now);
	video_drain(st, now, false);
	return reorder_deadline(&rx->reorder);
}
