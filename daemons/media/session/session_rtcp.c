#include <errno.h>
#include <string.h>

#include "daemons/media/session/session_priv.h"

enum {
	INTERVAL_US = 1000000,
	FIRST_US = 150000,
	ASK_US = 300000,	/* between two requests for a key frame */
	REPEAT_US = 500000,	/* an unanswered one is sent again, */
	REPEAT_MAX = 20,	/* so often */
	TELL_US = 200000,	/* between two that we obey */
	COLLISION_US = 10000000,
};

void session_rtcp_init(struct session_stream *st, uint64_t mono)
{
	st->rtcp.next_us = mono + FIRST_US / 2 +
		session_random() % (FIRST_US / 2);
	st->rtcp.answered = true;
}


static uint32_t dlsr(const struct rtcp_state *r, uint64_t mono)
{
	if (!r->lsr)
		return 0;
	return (uint32_t)(((mono - r->lsr_us) << 16) / 1000000);
}


static void report_make(struct session_stream *st, struct rtcp_report *r,
			uint64_t mono)
{
	struct rtpstat *stat = &st->rx.stat;

	*r = (struct rtcp_report){
		.ssrc = st->rx.ssrc,
		.fraction = rtpstat_fraction(stat),
		.lost = rtpstat_lost_report(stat),
		.max_seq = stat->max,
		.jitter = rtpstat_jitter_get(stat),
		.lsr = st->rtcp.lsr,
		.dlsr = dlsr(&st->rtcp, mono),
	};
}


static void put_report(struct session_stream *st, struct rtcp_writer *w,
		       uint64_t mono)
{
	struct rtcp_report r;
	size_t n = st->rx.have_ssrc && st->rx.stat.started;

	if (n)
		report_make(st, &r, mono);
	if (st->tx.packets) {
		uint64_t now = session_now();
		struct rtcp_sender s = {
			.ntp = rtcp_ntp_from_us(now),
			.rtp_ts = rtpclock_ts(now, st->tx.us0, st->tx.ts0,
					      st->cfg.clock_rate),
			.packets = (uint32_t)st->tx.packets,
			.octets = (uint32_t)st->tx.octets,
		};

		rtcp_put_sr(w, st->cfg.ssrc, &s, &r, n);
		st->rtcp.sr_sent = true;
	}
	else {
		rtcp_put_rr(w, st->cfg.ssrc, &r, n);
	}
	rtcp_put_sdes(w, st->cfg.ssrc, st->cname);
}


static void compound_send(struct session_stream *st, struct rtcp_writer *w,
			  size_t max)
{
	size_t len = w->len;

	if (w->err || (st->srtp_tx &&
		       srtcp_protect(st->srtp_tx, w->p, &len, max)))
		return;
	session_batch_add(st->s->batch, len);
	(void)session_batch_flush(st->s->batch, st->cfg.rtcp_fd,
				  &st->cfg.peer_rtcp);
}


static void writer_begin(struct session_stream *st, struct rtcp_writer *w,
			 size_t *max)
{
	*w = (struct rtcp_writer){
		.p = session_batch_room(st->s->batch, max),
	};
	w->max = *max - SRTP_MAX_OVERHEAD;
}


/* A new FIR number is a new wish; while the last is unanswered it is the same
 * one again (RFC 5104 section 4.3.1.2). */
static void put_request(struct session_stream *st, struct rtcp_writer *w)
{
	struct rtcp_state *r = &st->rtcp;
	struct rtcp_fir fir = { .ssrc = st->rx.ssrc };

	if (st->cfg.rtcp_fb_pli) {
		rtcp_put_pli(w, st->cfg.ssrc, st->rx.ssrc);
		r->pli_sent++;
		return;
	}
	if (r->answered || !r->fir_sent)
		r->fir_seq++;
	fir.seq = r->fir_seq;
	rtcp_put_fir(w, st->cfg.ssrc, &fir, 1);
	r->fir_sent = true;
	r->fir_sent_n++;
}


static void request_send(struct session_stream *st, uint64_t mono)
{
	struct rtcp_state *r = &st->rtcp;
	struct rtcp_writer w;
	size_t max;

	writer_begin(st, &w, &max);
	put_report(st, &w, mono);
	put_request(st, &w);
	compound_send(st, &w, max);
	r->asks = r->answered ? 1 : r->asks + 1;
	r->want_key = false;
	r->answered = false;
	r->asked_us = mono;
}


/* Requests and their answers get lost too, so one that has no answer is
 * repeated for a while. */
static uint64_t request_run(struct session_stream *st, uint64_t mono)
{
	struct rtcp_state *r = &st->rtcp;
	bool again = !r->answered && r->asks < REPEAT_MAX;
	uint64_t at;

	if (!st->cfg.rtcp_fb_pli && !st->cfg.rtcp_fb_fir)
		r->want_key = again = false;
	if ((!r->want_key && !again) || !st->rx.have_ssrc || !st->cfg.recv)
		return 0;
	at = r->asked_us ? r->asked_us + (r->want_key ? ASK_US : REPEAT_US) : 0;
	if (mono >= at) {
		request_send(st, mono);
		at = mono + REPEAT_US;
	}
	return at;
}


uint64_t session_rtcp_run(struct session_stream *st, uint64_t mono)
{
	struct rtcp_state *r = &st->rtcp;
	uint64_t ask = request_run(st, mono);
	bool first_sr = st->tx.packets && !r->sr_sent;

	if (mono >= r->next_us || first_sr) {
		struct rtcp_writer w;
		size_t max;

		writer_begin(st, &w, &max);
		put_report(st, &w, mono);
		compound_send(st, &w, max);
		r->next_us = mono + INTERVAL_US * 4 / 5 +
			session_random() % (INTERVAL_US * 2 / 5);
	}
	return session_earliest(ask, r->next_us);
}


void session_rtcp_bye(struct session_stream *st)
{
	struct rtcp_writer w;
	size_t max;

	writer_begin(st, &w, &max);
	put_report(st, &w, session_mono());
	rtcp_put_bye(&w, st->cfg.ssrc, NULL);
	compound_send(st, &w, max);
}


void session_rtcp_collision(struct session_stream *st, uint64_t mono)
{
	/* our own packets in a loop would make us change for ever */
	if (st->collided_us && mono - st->collided_us < COLLISION_US)
		return;
	st->collided_us = mono;
	session_rtcp_bye(st);
	st->cfg.ssrc = session_random();
	st->tx.packets = st->tx.octets = 0;
	st->rtcp.sr_sent = false;
}


static void key_wanted(struct session_stream *st, uint64_t mono)
{
	struct rtcp_state *r = &st->rtcp;

	if (r->key_told_us && mono - r->key_told_us < TELL_US)
		return;
	r->key_told_us = mono;
	session_tell_keyframe(st);
}


static void sr_input(struct session_stream *st, const struct rtcp_packet *pkt,
		     uint64_t mono)
{
	const struct rtcp_sender *s = &pkt->u.report.sender;
	struct rx_state *rx = &st->rx;

	if (rx->have_ssrc && pkt->ssrc != rx->ssrc)
		return;
	rx->clock_ssrc = pkt->ssrc;
	rtpclock_report(&rx->clock, rtcp_us_from_ntp(s->ntp), s->rtp_ts);
	st->rtcp.lsr = (uint32_t)(s->ntp >> 16);
	st->rtcp.lsr_us = mono;
}


static void report_input(struct session_stream *st,
			 const struct rtcp_packet *pkt)
{
	uint64_t now = rtcp_ntp_from_us(session_now());

	for (size_t i = 0; i < pkt->n; i++) {
		const struct rtcp_report *r = &pkt->u.report.v[i];
		uint64_t rtt;

		if (r->ssrc != st->cfg.ssrc)
			continue;
		rtt = rtcp_rtt_us(r, now);
		if (rtt)
			st->rtcp.rtt_us = rtt;
	}
}


static void bye_input(struct session_stream *st,
		      const struct rtcp_packet *pkt)
{
	for (size_t i = 0; i < pkt->n; i++) {
		if (!st->rx.have_ssrc || pkt->u.bye.ssrc[i] != st->rx.ssrc)
			continue;
		st->rx.have_ssrc = false;
		rtpstat_restart(&st->rx.stat);
		session_tell(st, "bye");
		return;
	}
}


static void fir_input(struct session_stream *st,
		      const struct rtcp_packet *pkt, uint64_t mono)
{
	struct rtcp_state *r = &st->rtcp;

	for (size_t i = 0; i < pkt->n; i++) {
		const struct rtcp_fir *f = &pkt->u.fir[i];

		if (f->ssrc != st->cfg.ssrc)
			continue;
		r->fir_received++;
		if (r->have_fir_in && r->fir_in == f->seq &&
		    r->fir_in_ssrc == pkt->ssrc)
			continue;	/* the same wish again */
		r->have_fir_in = true;
		r->fir_in = f->seq;
		r->fir_in_ssrc = pkt->ssrc;
		key_wanted(st, mono);
	}
}


static void psfb_input(struct session_stream *st,
		       const struct rtcp_packet *pkt, uint64_t mono)
{
	if (pkt->count == RTCP_FMT_FIR) {
		fir_input(st, pkt, mono);
	}
	else if (pkt->count == RTCP_FMT_PLI && pkt->media == st->cfg.ssrc) {
		st->rtcp.pli_received++;
		key_wanted(st, mono);
	}
}


static void packet_input(struct session_stream *st,
			 const struct rtcp_packet *pkt, uint64_t mono)
{
	switch (pkt->type) {
	case RTCP_SR:
		sr_input(st, pkt, mono);
		report_input(st, pkt);
		break;
	case RTCP_RR:
		report_input(st, pkt);
		break;
	case RTCP_BYE:
		bye_input(st, pkt);
		break;
	case RTCP_PSFB:
		psfb_input(st, pkt, mono);
		break;
	default:
		break;
	}
}


static bool compound_check(struct session_stream *st,
			   const struct session_in *in, size_t *len)
{
	struct rtcp_iter it;
	struct rtcp_packet pkt;

	*len = in->len;
	if (in->torn || !session_addr_accept(&st->cfg.peer_rtcp, in->from,
					     st->cfg.latch_lo,
					     st->cfg.latch_hi))
		return false;
	if (st->srtp_rx && srtcp_unprotect(st->srtp_rx, in->p, len))
		return false;
	if (rtcp_begin(&it, in->p, *len))
		return false;
	while (rtcp_next(&it, &pkt)) {
		if (pkt.ssrc == st->cfg.ssrc && pkt.type <= RTCP_RR)
			return false;	/* our own, looped */
	}
	return !it.err;
}


void session_rtcp_input(struct session_stream *st, const struct session_in *in,
			uint64_t mono)
{
	struct rtcp_iter it;
	struct rtcp_packet pkt;
	size_t len;

	if (!compound_check(st, in, &len)) {
		st->rx.rejected++;
		return;
	}
	if (!session_addr_equal(&st->cfg.peer_rtcp, in->from))
		st->cfg.peer_rtcp = *in->from;
	session_rx_heard(st, mono);
	(void)rtcp_begin(&it, in->p, len);
	while (rtcp_next(&it, &pkt))
		packet_input(st, &pkt, mono);
}
