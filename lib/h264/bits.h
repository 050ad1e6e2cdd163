/**
 * Bits of a raw byte sequence payload, emulation prevention taken out on the
 * way (ITU-T H.264 sections 7.3.1, 9.1). Reads past the end give zeros and a
 * sticky error.
 */
#ifndef VISAVIS_LIB_H264_BITS_H
#define VISAVIS_LIB_H264_BITS_H

#include <stddef.h>
#include <stdint.h>

struct h264_bits {
	const uint8_t *p;
	const uint8_t *end;
	unsigned zeros;		/**< zero bytes just before p */
	unsigned cur;		/**< the byte being read */
	unsigned left;		/**< its unread bits */
	int err;		/**< 0, ENODATA, EBADMSG (a code too long) */
};

void h264_bits_init(struct h264_bits *b, const uint8_t *p, size_t len);
/** @param n  0..32 */
uint32_t h264_bits_u(struct h264_bits *b, unsigned n);
uint32_t h264_bits_ue(struct h264_bits *b);
int32_t h264_bits_se(struct h264_bits *b);

#endif
