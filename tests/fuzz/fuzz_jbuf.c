#include <stdint.h>
#include <stdlib.h>

#include "lib/rtp/jbuf.h"
#include "lib/rtp/reorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Records of four bytes: step of number, of timestamp, of time, what to do. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t seq = 65536 + 65000, ts = 0xffff0000u, lost;
	uint64_t now = 1000000000;
	struct reorder r;
	struct jbuf jb;
	struct jbuf_frame f;

	if (jbuf_alloc(&jb, 8000, 20, 400))
		return 0;
	if (reorder_alloc(&r, 64, 20000)) {
		jbuf_free(&jb);
		return 0;
	}
	for (; size >= 4; data += 4, size -= 4) {
		seq += (uint32_t)(int8_t)data[0] * (data[3] & 2 ? 100 : 1);
		ts += (uint32_t)(int8_t)data[1] * 160;
		now += data[2] * 1000u;
		(void)jbuf_put(&jb, seq, ts, data, 4, now);
		(void)reorder_put(&r, seq, ts, data[3] & 1, data, 4, now);
		while (!(data[3] & 4) && jbuf_get(&jb, now, 20000, &f))
			;
		while (reorder_get(&r, now, data[3] & 8, &lost))
			;
		if (jb.stored > JBUF_SLOTS || r.stored > 64)
			abort();
	}
	jbuf_free(&jb);
	reorder_free(&r);
	return 0;
}
