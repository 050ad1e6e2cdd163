#include "lib/rtp/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int reorder_alloc(struct reorder *r, size_t n, uint64_t wait_us)
{
	memset(r, 0, sizeof(*r));
	if (!n || n & (n - 1) || n > 65536)
		return EINVAL;
	r->v = calloc(n, sizeof(*r->v));
	if (!r->v)
		return ENOMEM;
	r->n = n;
	r->wait_us = wait_us;
	return 0;
}


void reorder_free(struct reorder *r)
{
	free(r->v);
	memset(r, 0, sizeof(*r));
}


void reorder_reset(struct reorder *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->v[i].used = false;
	r->stored = 0;
	r->started = false;
	r->gap_us = 0;
}


static struct reorder_packet *slot(struct reorder *r, uint32_t seq)
{
	return &r->v[seq & (r->n - 1)];
}


int reorder_put(struct reorder *r, uint32_t seq, uint32_t ts, bool marker,
		const uint8_t *data, size_t len, uint64_t now_us)
{
	struct reorder_packet *p = slot(r, seq);

	if (len > sizeof(p->data))
		return EMSGSIZE;
	if (!r->started) {
		r->started = true;
		r->next = r->high = seq;
	}
	if ((int32_t)(seq - r->next) < 0)
		return ETIME;
	if (seq - r->next >= r->n)
		return ENOSPC;
	if (p->used)
		return EALREADY;
	p->used = true;
	p->seq = seq;
	p->ts = ts;
	p->marker = marker;
	p->arrival_us = now_us;
	p->len = len;
	memcpy(p->data, data, len);
	r->stored++;
	if ((int32_t)(seq + 1 - r->high) > 0)
		r->high = seq + 1;
	if (seq != r->next && !r->gap_us && !slot(r, r->next)->used)
		r->gap_us = now_us;
	return 0;
}


/* A later gap has been open since the packet behind it came. */
static void gap_restart(struct reorder *r)
{
	r->gap_us = 0;
	if (!r->stored || slot(r, r->next)->used)
		return;
	for (uint32_t s = r->next; s != r->high; s++) {
		if (slot(r, s)->used) {
			r->gap_us = slot(r, s)->arrival_us;
			return;
		}
	}
}


const struct reorder_packet *reorder_get(struct reorder *r, uint64_t now_us,
					 bool flush, uint32_t *lost)
{
	struct reorder_packet *p;

	*lost = 0;
	if (!r->stored)
		return NULL;
	p = slot(r, r->next);
	if (!p->used && !flush && now_us < r->gap_us + r->wait_us)
		return NULL;
	while (!p->used) {
		(*lost)++;
		p = slot(r, ++r->next);
	}
	p->used = false;
	r->next++;
	r->stored--;
	if (r->gap_us || r->stored)
		gap_restart(r);
	return p;
}


uint64_t reorder_deadline(const struct reorder *r)
{
	return r->gap_us ? r->gap_us + r->wait_us : 0;
}
