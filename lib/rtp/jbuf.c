#include "lib/rtp/jbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOW_US = 4000000,
	LOSS_MARGIN_US = 5000,	/* a hole is told this long before its time */
	SKIP_MAX = 50,		/* longer holes are told once */
	SLEW_DIV = 200,		/* the delay shrinks by 0.5 % of time */
};

int jbuf_alloc(struct jbuf *jb, uint32_t rate, unsigned min_ms,
	       unsigned max_ms)
{
	memset(jb, 0, sizeof(*jb));
	if (!rate || min_ms > max_ms || max_ms > 10000)
		return EINVAL;
	jb->v = calloc(JBUF_SLOTS, sizeof(*jb->v));
	if (!jb->v)
		return ENOMEM;
	jb->rate = rate;
	jb->min_us = (int64_t)min_ms * 1000;
	jb->max_us = (int64_t)max_ms * 1000;
	return 0;
}


void jbuf_free(struct jbuf *jb)
{
	free(jb->v);
	memset(jb, 0, sizeof(*jb));
}


static void drop_all(struct jbuf *jb)
{
	for (size_t i = 0; i < JBUF_SLOTS; i++)
		jb->v[i].used = false;
	jb->stored = 0;
	jb->have_last = false;
}


void jbuf_reset(struct jbuf *jb)
{
	struct jbuf keep = *jb;

	drop_all(jb);
	memset(jb, 0, sizeof(*jb));
	jb->v = keep.v;
	jb->rate = keep.rate;
	jb->min_us = keep.min_us;
	jb->max_us = keep.max_us;
}


static struct jbuf_packet *slot(const struct jbuf *jb, uint32_t seq)
{
	return &jb->v[seq % JBUF_SLOTS];
}


static int64_t ts_us(const struct jbuf *jb, uint64_t ts)
{
	return (int64_t)(ts / jb->rate * 1000000 +
			 ts % jb->rate * 1000000 / jb->rate);
}


int64_t jbuf_ts_us(struct jbuf *jb, uint32_t ts)
{
	struct rtp_unwrap u = jb->unwrap;

	return ts_us(jb, rtp_unwrap(&u, ts));
}


static void window_add(struct jbuf_window *w, uint64_t now, int64_t v,
		       bool least)
{
	if (!w->since_us) {
		w->since_us = now;
		w->cur = v;
	}
	else if (now - w->since_us > WINDOW_US) {
		w->prev = w->cur;
		w->have_prev = true;
		w->since_us = now;
		w->cur = v;
	}
	else if (least ? v < w->cur : v > w->cur) {
		w->cur = v;
	}
}


static int64_t window_get(const struct jbuf_window *w, bool least)
{
	if (w->have_prev && (least ? w->prev < w->cur : w->prev > w->cur))
		return w->prev;
	return w->cur;
}


int64_t jbuf_need(const struct jbuf *jb)
{
	int64_t base = window_get(&jb->fast, true);
	int64_t spread = window_get(&jb->slow, false) - base;

	if (spread < jb->min_us)
		spread = jb->min_us;
	if (spread > jb->max_us)
		spread = jb->max_us;
	return base + spread;
}


/* The delay rises at once, so that nothing more comes late, and falls
 * slowly, so that no ear notices. */
static void adapt(struct jbuf *jb, uint64_t now)
{
	int64_t want = jbuf_need(jb), step;

	if (jb->have_floor && jb->floor > want)
		want = jb->floor;
	if (want >= jb->offset || !jb->moved_us) {
		jb->offset = want;
		jb->moved_us = now;
		return;
	}
	step = (int64_t)(now - jb->moved_us) / SLEW_DIV;
	if (now < jb->moved_us || step <= 0)
		return;
	jb->offset -= jb->offset - want < step ? jb->offset - want : step;
	jb->moved_us = now;
}


void jbuf_set_floor(struct jbuf *jb, int64_t offset)
{
	int64_t limit = window_get(&jb->fast, true) + jb->max_us;

	jb->floor = offset > limit ? limit : offset;
	jb->have_floor = true;
}


static int seq_check(struct jbuf *jb, uint32_t seq)
{
	if (!jb->started) {
		jb->started = true;
		jb->next = jb->high = seq;
	}
	if ((int32_t)(seq - jb->next) < 0) {
		/* before anything was played the start may still move back */
		if (jb->have_last || jb->high - seq > JBUF_SLOTS / 2)
			return ETIME;
		jb->next = seq;
	}
	if (seq - jb->next >= JBUF_SLOTS) {	/* nobody drained us */
		drop_all(jb);
		jb->next = jb->high = seq;
	}
	return slot(jb, seq)->used ? EALREADY : 0;
}


int jbuf_put(struct jbuf *jb, uint32_t seq, uint32_t ts, const uint8_t *data,
	     size_t len, uint64_t arrival_us)
{
	struct jbuf_packet *p;
	int64_t transit;
	uint64_t ext;
	int err;

	if (!len || len > sizeof(p->data))
		return EMSGSIZE;
	ext = rtp_unwrap(&jb->unwrap, ts);
	transit = (int64_t)arrival_us - ts_us(jb, ext);
	window_add(&jb->fast, arrival_us, transit, true);
	window_add(&jb->slow, arrival_us, transit, false);
	adapt(jb, arrival_us);
	err = seq_check(jb, seq);
	if (err)
		return err;
	p = slot(jb, seq);
	p->used = true;
	p->ts = ext;
	p->arrival_us = arrival_us;
	p->len = len;
	memcpy(p->data, data, len);
	jb->stored++;
	if ((int32_t)(seq + 1 - jb->high) > 0)
		jb->high = seq + 1;
	return 0;
}


static uint32_t first_stored(const struct jbuf *jb)
{
	uint32_t s = jb->next;

	while (!slot(jb, s)->used)
		s++;
	return s;
}


static uint64_t playout(const struct jbuf *jb, uint64_t ts)
{
	int64_t us = ts_us(jb, ts) + jb->offset;

	return us > 0 ? (uint64_t)us : 0;
}


/* Where the missing packet belongs: evenly between its neighbours. */
static uint64_t missing_ts(const struct jbuf *jb, uint32_t found)
{
	uint64_t after = slot(jb, found)->ts;
	uint32_t steps = found - jb->next + 1;

	if (!jb->have_last || after <= jb->last_ts)
		return after;
	return jb->last_ts + (after - jb->last_ts) / steps;
}


static uint64_t due(const struct jbuf *jb, uint64_t lead_us)
{
	uint32_t found;
	uint64_t t;

	if (!jb->stored)
		return 0;
	found = first_stored(jb);
	if (found == jb->next) {
		t = playout(jb, slot(jb, found)->ts);
	}
	else {
		t = playout(jb, missing_ts(jb, found));
		lead_us = LOSS_MARGIN_US;
	}
	return t > lead_us ? t - lead_us : 1;
}


uint64_t jbuf_deadline(const struct jbuf *jb, uint64_t lead_us)
{
	return due(jb, lead_us);
}


static void lost_get(struct jbuf *jb, uint32_t found, struct jbuf_frame *f)
{
	uint64_t ts = missing_ts(jb, found);

	f->ts = (uint32_t)ts;
	f->playout_us = playout(jb, ts);
	if (found - jb->next > SKIP_MAX) {
		f->lost_before = true;
		jb->next = found;
	}
	else {
		jb->next++;
	}
	jb->last_ts = ts;
	jb->have_last = true;
}


bool jbuf_get(struct jbuf *jb, uint64_t now_us, uint64_t lead_us,
	      struct jbuf_frame *f)
{
	uint64_t when = due(jb, lead_us);
	struct jbuf_packet *p;
	uint32_t found;

	if (!when || now_us < when)
		return false;
	memset(f, 0, sizeof(*f));
	found = first_stored(jb);
	if (found != jb->next) {
		lost_get(jb, found, f);
		return true;
	}
	p = slot(jb, found);
	f->data = p->data;
	f->len = p->len;
	f->ts = (uint32_t)p->ts;
	f->arrival_us = p->arrival_us;
	f->playout_us = playout(jb, p->ts);
	p->used = false;
	jb->stored--;
	jb->next++;
	jb->last_ts = p->ts;
	jb->have_last = true;
	return true;
}
