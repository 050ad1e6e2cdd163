#include <stdint.h>
#include <stdlib.h>

#include "lib/h264/assemble.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void frame_h(const struct h264_frame *f, void *arg)
{
	struct h264_nal_iter it;
	struct h264_nal n;

	if (!f->len || f->len > 4096)
		abort();
	h264_annexb_begin(&it, f->data, f->len);
	while (h264_nal_next(&it, &n))
		;
}


/* Records: flags, length, payload. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct h264_asm a;
	uint32_t ts = 0;

	if (h264_asm_alloc(&a, 4096, frame_h, NULL))
		return 0;
	while (size >= 2) {
		size_t n = data[1] > size - 2 ? size - 2 : data[1];

		ts += data[0] >> 4;
		h264_asm_put(&a, ts, data[0] & 1, data + 2, n, data[0] & 2, 0);
		data += 2 + n;
		size -= 2 + n;
	}
	h264_asm_free(&a);
	return 0;
}
