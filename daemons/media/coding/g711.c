#include "daemons/media/coding/g711.h"

/* mu-law works on 14 bits with a bias, so that the segment is the position of
 * the highest set bit; kept at 16-bit scale here: bias 33 << 2. */
enum { ULAW_BIAS = 132, ULAW_CLIP = 32635 };


/* Position of the highest set bit above bit 7; v < 32768. */
static unsigned segment(unsigned v)
{
	unsigned seg = 0;

	while (v >> (seg + 8) && seg < 7)
		seg++;
	return seg;
}


uint8_t g711_ulaw_encode(int16_t s)
{
	int v = s;
	unsigned sign = 0, seg;

	if (v < 0) {
		v = -v;
		sign = 0x80;
	}
	if (v > ULAW_CLIP)
		v = ULAW_CLIP;
	v += ULAW_BIAS;
	seg = segment((unsigned)v);
	return (uint8_t)~(sign | seg << 4 | ((unsigned)v >> (seg + 3) & 15));
}


int16_t g711_ulaw_decode(uint8_t u)
{
	unsigned c = (uint8_t)~u;
	int v = (int)(((c & 15) << 3 | 0x84) << (c >> 4 & 7)) - ULAW_BIAS;

	return (int16_t)(c & 0x80 ? -v : v);
}


uint8_t g711_alaw_encode(int16_t s)
{
	int v = s;
	unsigned mask = 0xd5, seg, a;

	/* negative values use one's complement, so that -1 is in the lowest step */
	if (v < 0) {
		v = ~v;
		mask = 0x55;
	}
	seg = segment((unsigned)v);
	a = seg << 4 | ((unsigned)v >> (seg ? seg + 3 : 4) & 15);
	return (uint8_t)(a ^ mask);
}


int16_t g711_alaw_decode(uint8_t a)
{
	unsigned c = a ^ 0x55u;
	unsigned seg = c >> 4 & 7;
	int v = (int)((c & 15) << 4 | 8);

	if (seg)
		v = (v + 0x100) << (seg - 1);
	return (int16_t)(c & 0x80 ? v : -v);
}
