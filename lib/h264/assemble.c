#include "lib/h264/assemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int h264_asm_alloc(struct h264_asm *a, size_t max, h264_frame_h *h, void *arg)
{
	memset(a, 0, sizeof(*a));
	a->d.buf = malloc(max);
	if (!a->d.buf)
		return ENOMEM;
	a->d.max = max;
	a->h = h;
	a->arg = arg;
	return 0;
}


void h264_asm_free(struct h264_asm *a)
{
	free(a->d.buf);
	memset(a, 0, sizeof(*a));
}


void h264_asm_reset(struct h264_asm *a)
{
	a->open = false;
	a->lost = true;
	h264_depkt_reset(&a->d);
}


static void finish(struct h264_asm *a)
{
	struct h264_frame f = {
		.data = a->d.buf, .ts = a->ts, .arrival_us = a->arrival_us,
	};

	a->open = false;
	h264_depkt_end(&a->d);
	if (a->d.damaged || !a->d.len) {
		a->dropped++;
		a->lost = true;
		return;
	}
	f.len = a->d.len;
	f.key = a->d.key;
	f.lost_before = a->lost;
	a->lost = false;
	a->h(&f, a->arg);
}


/* Was it the end of the old unit or the beginning of the new one that got
 * lost? The old one has no marker, so it may lack its end; the new one is
 * whole only if it starts a picture. */
static void open_next(struct h264_asm *a, uint32_t ts, const uint8_t *p,
		      size_t len, bool lost)
{
	if (a->open) {
		if (lost)
			h264_depkt_lost(&a->d);
		finish(a);
	}
	h264_depkt_reset(&a->d);
	a->open = true;
	a->ts = ts;
	if (!lost)
		return;
	a->lost = true;
	if (!h264_payload_starts_picture(p, len))
		h264_depkt_lost(&a->d);
}


void h264_asm_put(struct h264_asm *a, uint32_t ts, bool marker,
		  const uint8_t *payload, size_t len, bool lost,
		  uint64_t arrival_us)
{
	if (!a->open || ts != a->ts)
		open_next(a, ts, payload, len, lost);
	else if (lost)
		h264_depkt_lost(&a->d);
	a->arrival_us = arrival_us;
	if (h264_depkt_put(&a->d, payload, len))
		a->malformed++;
	if (marker)
		finish(a);
}
