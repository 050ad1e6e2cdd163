#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/session/session_priv.h"
#include "lib/h264/pkt.h"

enum {
	PAYLOAD_DEFAULT = 1100,
	PACE_US = 12000,	/* a frame leaves within this */
	PACE_KEY_US = 30000,
	RETRY_US = 1000,
};

void session_tx_init(struct session_stream *st)
{
	st->tx.tail = &st->tx.head;
	/* far from the wrap, so that a peer that misses the first packets
	 * still guesses the rollover counter (RFC 3711 section 3.3.1) */
	st->tx.seq = (uint16_t)(session_random() & 0x7fff);
	st->tx.ts0 = session_random();
}


static void frame_drop(struct tx_state *tx, struct tx_frame **link)
{
	struct tx_frame *f = *link;

	if (link == &tx->head)
		tx->frame_open = false;
	*link = f->next;
	if (!*link)
		tx->tail = link;
	tx->n--;
	tx->bytes -= f->size;
	free(f);
}


void session_tx_free(struct session_stream *st)
{
	while (st->tx.head)
		frame_drop(&st->tx, &st->tx.head);
}


static size_t payload_max(const struct session_stream *st)
{
	return st->cfg.max_payload ? st->cfg.max_payload : PAYLOAD_DEFAULT;
}


static bool is_h264(const struct session_stream *st)
{
	return st->cfg.kind == MEDIA_VIDEO;
}


/* All of a frame in one allocation: lengths, then the packets' places. */
static struct tx_frame *frame_alloc(size_t n, size_t payload)
{
	size_t size = sizeof(struct tx_frame) + n * (sizeof(uint16_t) + payload);
	struct tx_frame *f = malloc(size);

	if (!f)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->size = size;
	f->stride = payload;
	f->len = (uint16_t *)(void *)(f + 1);
	f->data = (uint8_t *)(f->len + n);
	return f;
}


static int payload_h(const uint8_t *payload, size_t len, bool marker,
		     void *arg)
{
	struct tx_frame *f = arg;

	memcpy(f->data + f->n * f->stride, payload, len);
	f->len[f->n++] = (uint16_t)len;
	f->bytes += len;
	return 0;
}


static int frame_make(struct tx_frame **fp, const struct session_stream *st,
		      const struct media_frame *mf)
{
	size_t max = payload_max(st), n = 1;
	unsigned mode = st->cfg.packetization_mode;
	struct tx_frame *f;
	int err;

	if (!mf->len)
		return ENODATA;
	if (mf->len > (is_h264(st) ? (size_t)SESSION_FRAME_MAX :
		       (size_t)H264_PAYLOAD_MAX))
		return EMSGSIZE;
	if (is_h264(st))
		n = h264_packet_count(mf->data, mf->len, mode, max);
	else if (mf->len > max)
		max = mf->len;
	f = frame_alloc(n, max);
	if (!f)
		return ENOMEM;
	err = is_h264(st) ?
		h264_packetise(mf->data, mf->len, mode, max, payload_h, f) :
		payload_h(mf->data, mf->len, true, f);
	if (err)
		free(f);
	else
		*fp = f;
	return err;
}


static uint32_t frame_ts(struct session_stream *st, uint64_t capture_us)
{
	struct tx_state *tx = &st->tx;

	if (!tx->have_ts0) {
		tx->have_ts0 = true;
		tx->us0 = capture_us;
	}
	return rtpclock_ts(capture_us, tx->us0, tx->ts0, st->cfg.clock_rate);
}


/* Make room by dropping the oldest frame that is not already on its way. */
static int queue_room(struct tx_state *tx, size_t size)
{
	int err = 0;

	while (tx->n && (tx->n >= SESSION_QUEUE_MAX ||
			 tx->bytes + size > SESSION_QUEUE_BYTES)) {
		bool busy = tx->head->pos && tx->head->next;

		frame_drop(tx, busy ? &tx->head->next : &tx->head);
		tx->dropped++;
		err = ENOBUFS;
	}
	return err;
}


int session_send(struct session_stream *st, const struct media_frame *mf)
{
	struct tx_frame *f = NULL;
	struct tx_state *tx = &st->tx;
	int err;

	pthread_mutex_lock(&st->s->lock);
	err = st->cfg.send ? frame_make(&f, st, mf) : EPERM;
	if (f) {
		err = queue_room(tx, f->size);
		f->rtp_ts = frame_ts(st, mf->capture_us ? mf->capture_us :
				     session_now());
		f->key = mf->key;
		*tx->tail = f;
		tx->tail = &f->next;
		tx->n++;
		tx->bytes += f->size;
		session_wake(st->s);
	}
	pthread_mutex_unlock(&st->s->lock);
	return err;
}


/* Spread a picture's packets over the time that twice the bit rate needs, but
 * never over so long that the delay would show. */
static void pace(struct session_stream *st, struct tx_frame *f, uint64_t mono)
{
	struct tx_state *tx = &st->tx;
	uint64_t limit = f->key ? PACE_KEY_US : PACE_US;
	uint64_t span = limit;

	tx->frame_open = true;
	if (st->cfg.bitrate)
		span = (uint64_t)f->bytes * 8 * 1000000 /
			(2 * (uint64_t)st->cfg.bitrate);
	if (span > limit)
		span = limit;
	if (st->cfg.kind == MEDIA_AUDIO || tx->n > 2)
		span = 0;
	tx->step_us = span / f->n;
	if (tx->next_us < mono || !span)
		tx->next_us = mono;
}


static int packet_make(struct session_stream *st, struct tx_frame *f,
		       uint8_t *dst, size_t *len, size_t max)
{
	const uint8_t *src = f->data + f->pos * f->stride;
	struct rtp_header h = {
		.pt = st->cfg.pt_tx, .seq = st->tx.seq, .ts = f->rtp_ts,
		.ssrc = st->cfg.ssrc,
		.marker = is_h264(st) ? f->pos + 1 == f->n :
			!st->tx.packets,
	};
	int err = rtp_header_write(dst, len, max, &h);

	if (err)
		return err;
	memcpy(dst + *len, src, f->len[f->pos]);
	*len += f->len[f->pos];
	return st->srtp_tx ? srtp_protect(st->srtp_tx, dst, len, max) : 0;
}


static void flush(struct session_stream *st)
{
	st->tx.errors += session_batch_flush(st->s->batch, st->cfg.rtp_fd,
					     &st->cfg.peer_rtp);
}


static void packet_send(struct session_stream *st, struct tx_frame *f)
{
	struct tx_state *tx = &st->tx;
	size_t len, max;
	uint8_t *p = session_batch_room(st->s->batch, &max);

	if (!p) {
		flush(st);
		p = session_batch_room(st->s->batch, &max);
	}
	if (packet_make(st, f, p, &len, max)) {
		tx->errors++;
	}
	else {
		session_batch_add(st->s->batch, len);
		tx->packets++;
		tx->octets += f->len[f->pos];
	}
	tx->seq++;
	f->pos++;
}


uint64_t session_tx_run(struct session_stream *st, uint64_t mono)
{
	struct tx_state *tx = &st->tx;

	while (tx->head) {
		struct tx_frame *f = tx->head;

		if (!tx->frame_open)
			pace(st, f, mono);
		while (f->pos < f->n && tx->next_us <= mono) {
			packet_send(st, f);
			tx->next_us += tx->step_us;
		}
		if (f->pos < f->n)
			break;
		tx->frames++;
		frame_drop(tx, &tx->head);
	}
	flush(st);
	if (!tx->head)
		return 0;
	return tx->next_us > mono ? tx->next_us : mono + RETRY_US;
}
