#include "daemons/media/session/session_priv.h"

enum {
	ACTIVE_US = 2000000,		/* a stream older than this has no say */
	APART_US = 1000000,		/* clocks this far apart are not one */
	RISE_DIV = 20,			/* the common delay rises by 5 % of time */
	FALL_DIV = 200,			/* and falls by 0.5 % */
	PAIR_US = 200000,		/* sound this far from a picture is none */
};

static void session_hist_add(struct session_hist *h, uint64_t us)
{
	uint64_t ms = us / 1000;

	h->bucket[ms > SESSION_DELAY_MAX_MS ? SESSION_DELAY_MAX_MS : ms]++;
	if (!h->n || us < h->min_us)
		h->min_us = us;
	if (us > h->max_us)
		h->max_us = us;
	h->sum_us += (int64_t)us;
	h->n++;
}


static double hist_p95(const struct session_hist *h)
{
	uint64_t want = (h->n * 95 + 99) / 100, seen = 0;

	for (unsigned ms = 0; ms <= SESSION_DELAY_MAX_MS; ms++) {
		seen += h->bucket[ms];
		if (seen >= want)
			return ms == SESSION_DELAY_MAX_MS ?
				(double)h->max_us / 1000 : ms + 0.5;
	}
	return 0;
}


static double hist_mean(const struct session_hist *h)
{
	return h->n ? (double)h->sum_us / (double)h->n / 1000 : 0;
}


/* What the slowest active stream needs; false when none is known. */
static bool wanted(const struct session *s, uint64_t mono, int64_t *want)
{
	int64_t least = 0, most = 0;
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct rx_state *rx = &s->v[i]->rx;

		if (!rx->need_at_us || mono - rx->need_at_us > ACTIVE_US)
			continue;
		if (!any || rx->need_us < least)
			least = rx->need_us;
		if (!any || rx->need_us > most)
			most = rx->need_us;
		any = true;
	}
	*want = most - least > APART_US ? least : most;
	return any;
}


void session_delay_update(struct session *s, uint64_t mono)
{
	int64_t want, gone, step;

	if (!wanted(s, mono, &want))
		return;
	gone = (int64_t)(mono - s->delay_at_us);
	if (!s->have_delay || gone > ACTIVE_US) {
		s->have_delay = true;
		s->delay_us = want;
		s->delay_at_us = mono;
		return;
	}
	step = gone / (want > s->delay_us ? RISE_DIV : FALL_DIV);
	if (!step)
		return;
	if (want > s->delay_us)
		s->delay_us += want - s->delay_us < step ?
			want - s->delay_us : step;
	else
		s->delay_us -= s->delay_us - want < step ?
			s->delay_us - want : step;
	s->delay_at_us = mono;
}


static struct session_stream *first_played(struct session *s,
					   enum media_kind kind)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i]->cfg.kind == kind && s->v[i]->play.n)
			return s->v[i];
	}
	return NULL;
}


static const struct playout *ring_at(const struct playout_state *p,
				     uint64_t i)
{
	return &p->ring[i % SESSION_REPORTS];
}


/* The audio report nearest in capture time; NULL when it may still come. */
static const struct playout *nearest(const struct playout_state *a,
				     uint64_t capture_us)
{
	uint64_t oldest = a->n > SESSION_REPORTS ? a->n - SESSION_REPORTS : 0;
	const struct playout *best = NULL;
	uint64_t best_gap = UINT64_MAX;

	if (ring_at(a, a->n - 1)->capture_us < capture_us)
		return NULL;
	for (uint64_t i = a->n; i > oldest; i--) {
		const struct playout *p = ring_at(a, i - 1);
		uint64_t gap = p->capture_us > capture_us ?
			p->capture_us - capture_us :
			capture_us - p->capture_us;

		if (gap < best_gap) {
			best_gap = gap;
			best = p;
		}
		else if (gap > best_gap && p->capture_us < capture_us) {
			break;
		}
	}
	return best;
}


static void pair(struct session *s)
{
	struct session_stream *a = first_played(s, MEDIA_AUDIO);
	struct session_stream *v = first_played(s, MEDIA_VIDEO);
	struct playout_state *p;

	if (!a || !v)
		return;
	p = &v->play;
	if (p->n - p->paired > SESSION_REPORTS)
		p->paired = p->n - SESSION_REPORTS;
	for (; p->paired < p->n; p->paired++) {
		const struct playout *pic = ring_at(p, p->paired);
		const struct playout *snd = nearest(&a->play, pic->capture_us);
		int64_t apart, skew;

		if (!snd)
			return;
		apart = (int64_t)(snd->capture_us - pic->capture_us);
		if (apart > PAIR_US || apart < -PAIR_US)
			continue;
		skew = (int64_t)(pic->played_us - pic->capture_us) -
			(int64_t)(snd->played_us - snd->capture_us);
		s->lip_sum_us += skew;
		session_hist_add(&s->lip, (uint64_t)(skew < 0 ? -skew : skew));
	}
}


void session_report_playout(struct session_stream *st, uint64_t capture_us,
			    uint64_t played_us)
{
	struct playout_state *p = &st->play;

	if (!capture_us)
		return;
	pthread_mutex_lock(&st->s->lock);
	session_hist_add(&p->delay, played_us > capture_us ?
			 played_us - capture_us : 0);
	p->ring[p->n++ % SESSION_REPORTS] = (struct playout){
		.capture_us = capture_us, .played_us = played_us,
	};
	pair(st->s);
	pthread_mutex_unlock(&st->s->lock);
}


json_t *session_lip_sync_stats(struct session *s)
{
	const struct session_hist *h = &s->lip;
	json_t *o;

	pthread_mutex_lock(&s->lock);
	o = json_pack("{s:f, s:f, s:f, s:f, s:I}", "mean", hist_mean(h),
		      "p95", hist_p95(h), "max", (double)h->max_us / 1000,
		      "skew", h->n ? (double)s->lip_sum_us / (double)h->n /
		      1000 : 0, "n", (json_int_t)h->n);
	pthread_mutex_unlock(&s->lock);
	return o;
}


static json_t *delay_json(const struct session_hist *h)
{
	if (!h->n)
		return json_null();
	return json_pack("{s:f, s:f, s:f, s:f, s:I, s:s}",
			 "min", (double)h->min_us / 1000, "mean", hist_mean(h),
			 "p95", hist_p95(h), "max", (double)h->max_us / 1000,
			 "n", (json_int_t)h->n, "by", "rtcp");
}


static json_t *jitter_json(const struct session_stream *st)
{
	const struct rtpstat *stat = &st->rx.stat;
	double ms = 1000.0 / st->cfg.clock_rate / 16;

	return json_pack("{s:f, s:f}", "mean", stat->jitter_n ?
			 (double)stat->jitter_sum_q4 /
			 (double)stat->jitter_n * ms : 0,
			 "max", stat->jitter_max_q4 * ms);
}


static json_t *received_json(const struct session_stream *st)
{
	const struct rx_state *rx = &st->rx;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "packets", (json_int_t)rx->packets,
			 "bytes", (json_int_t)rx->bytes,
			 "frames", (json_int_t)rx->frames,
			 "lost", (json_int_t)rtpstat_lost(&rx->stat),
			 "late", (json_int_t)rx->late,
			 "duplicate", (json_int_t)rx->stat.duplicates,
			 "reordered", (json_int_t)rx->stat.reordered,
			 "rejected", (json_int_t)rx->rejected);
}


static json_t *requests_json(const struct rtcp_state *r)
{
	return json_pack("{s:I, s:I, s:I, s:I}",
			 "pli_sent", (json_int_t)r->pli_sent,
			 "fir_sent", (json_int_t)r->fir_sent_n,
			 "pli_received", (json_int_t)r->pli_received,
			 "fir_received", (json_int_t)r->fir_received);
}


static json_t *stream_json(const struct session_stream *st)
{
	const struct tx_state *tx = &st->tx;

	return json_pack("{s:i, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:f}",
			 "id", (int)st->cfg.id,
			 "media", st->cfg.kind == MEDIA_AUDIO ?
			 "audio" : "video",
			 "codec", st->codec,
			 "secure", st->cfg.srtp_tx.suite,
			 "sent_packets", (json_int_t)tx->packets,
			 "sent_bytes", (json_int_t)tx->octets,
			 "sent_frames", (json_int_t)tx->frames,
			 "sent_dropped", (json_int_t)tx->dropped,
			 "send_errors", (json_int_t)tx->errors,
			 "rtt_ms", (double)st->rtcp.rtt_us / 1000);
}


json_t *session_stream_stats(struct session_stream *st)
{
	json_t *o, *in, *req;

	pthread_mutex_lock(&st->s->lock);
	o = stream_json(st);
	in = received_json(st);
	req = requests_json(&st->rtcp);
	if (!o || !in || !req || json_object_update(o, in) ||
	    json_object_update(o, req) ||
	    json_object_set_new(o, "jitter_ms", jitter_json(st)) ||
	    json_object_set_new(o, "delay_ms", delay_json(&st->play.delay))) {
		json_decref(o);
		o = NULL;
	}
	json_decref(in);
	json_decref(req);
	pthread_mutex_unlock(&st->s->lock);
	return o;
}
