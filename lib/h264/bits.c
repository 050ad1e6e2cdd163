#include "lib/h264/bits.h"

#include <errno.h>

void h264_bits_init(struct h264_bits *b, const uint8_t *p, size_t len)
{
	*b = (struct h264_bits){ .p = p, .end = p + len };
}


static void load(struct h264_bits *b)
{
	if (b->zeros >= 2 && b->p < b->end && *b->p == 3) {
		b->p++;
		b->zeros = 0;
	}
	b->left = 8;
	b->cur = 0;
	if (b->p == b->end) {
		if (!b->err)
			b->err = ENODATA;
		return;
	}
	b->cur = *b->p++;
	b->zeros = b->cur ? 0 : b->zeros + 1;
}


uint32_t h264_bits_u(struct h264_bits *b, unsigned n)
{
	uint32_t v = 0;

	while (n--) {
		if (!b->left)
			load(b);
		b->left--;
		v = v << 1 | ((b->cur >> b->left) & 1);
	}
	return v;
}


uint32_t h264_bits_ue(struct h264_bits *b)
{
	unsigned zeros = 0;

	while (!b->err && !h264_bits_u(b, 1)) {
		if (++zeros > 31) {
			b->err = EBADMSG;
			return 0;
		}
	}
	if (b->err)
		return 0;
	return ((uint32_t)1 << zeros) - 1 + h264_bits_u(b, zeros);
}


int32_t h264_bits_se(struct h264_bits *b)
{
	uint32_t k = h264_bits_ue(b);

	return k & 1 ? (int32_t)(k / 2 + 1) : -(int32_t)(k / 2);
}
