#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "daemons/media/picture/timecode.h"

enum {
	COLS = 48,
	ROWS = 2,
	BITS = COLS * ROWS,
	BYTES = BITS / 8,
	SYNC = 0xa0,
	WHITE = 235,
	BLACK = 16,
	CONTRAST_MIN = 40,	/* between the darkest and the brightest cell */
};


static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	while (n--) {
		crc ^= (uint16_t)(*p++ << 8);
		for (int i = 0; i < 8; i++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return crc;
}


static unsigned cell_height(unsigned w)
{
	return (w / COLS + 1) & ~1u;
}


unsigned timecode_height(unsigned w)
{
	return ROWS * cell_height(w);
}


static void pack(uint8_t b[BYTES], const struct timecode *tc)
{
	uint16_t crc;

	b[0] = (uint8_t)(SYNC | (tc->kind & 15));
	for (int i = 0; i < 8; i++)
		b[1 + i] = (uint8_t)(tc->us >> (56 - 8 * i));
	b[9] = tc->tag;
	crc = crc16(b, 10);
	b[10] = (uint8_t)(crc >> 8);
	b[11] = (uint8_t)crc;
}


static int unpack(struct timecode *tc, const uint8_t b[BYTES])
{
	uint64_t v = 0;

	if ((b[0] & 0xf0) != SYNC || crc16(b, 10) != (uint16_t)(b[10] << 8 | b[11]))
		return ENOENT;
	if ((b[0] & 15) != TIMECODE_LIVE && (b[0] & 15) != TIMECODE_CLIP)
		return ENOENT;
	for (int i = 0; i < 8; i++)
		v = v << 8 | b[1 + i];
	tc->kind = (enum timecode_kind)(b[0] & 15);
	tc->us = v;
	tc->tag = b[9];
	return 0;
}


static bool fits(const struct picture *p)
{
	return p->w >= PICTURE_MIN && p->h >= 2 * timecode_height(p->w);
}


void timecode_burn(struct picture *p, const struct timecode *tc)
{
	unsigned ch = cell_height(p->w), y0 = p->h - timecode_height(p->w);
	uint8_t b[BYTES];

	if (!fits(p))
		return;
	pack(b, tc);

	for (unsigned row = 0; row < ROWS; row++) {
		uint8_t *line = p->p[0] + (size_t)(y0 + row * ch) * p->stride[0];

		for (unsigned col = 0; col < COLS; col++) {
			unsigned bit = row * COLS + col;
			unsigned x0 = col * p->w / COLS, x1 = (col + 1) * p->w / COLS;

			memset(line + x0, b[bit / 8] >> (7 - bit % 8) & 1 ? WHITE : BLACK, x1 - x0);
		}
		for (unsigned y = 1; y < ch; y++)
			memcpy(line + (size_t)y * p->stride[0], line, p->w);
	}
	for (int i = 1; i < 3; i++)
		for (unsigned y = y0 / 2; y < p->h / 2; y++)
			memset(p->p[i] + (size_t)y * p->stride[i], 128, p->w / 2);
}


/* Mean brightness of the middle of a cell: its edges ring when compressed. */
static unsigned cell_mean(const struct picture *p, unsigned row, unsigned col)
{
	unsigned ch = cell_height(p->w), y0 = p->h - timecode_height(p->w) + row * ch;
	unsigned x0 = col * p->w / COLS, x1 = (col + 1) * p->w / COLS;
	unsigned dx = (x1 - x0) / 4, dy = ch / 4, sum = 0, n = 0;

	for (unsigned y = y0 + dy; y < y0 + ch - dy; y++)
		for (unsigned x = x0 + dx; x < x1 - dx; x++) {
			sum += p->p[0][(size_t)y * p->stride[0] + x];
			n++;
		}
	return n ? sum / n : 0;
}


int timecode_read(struct timecode *tc, const struct picture *p)
{
	unsigned mean[BITS], lo = 255, hi = 0;
	uint8_t b[BYTES] = {0};

	if (!fits(p))
		return ENOENT;
	for (unsigned i = 0; i < BITS; i++) {
		mean[i] = cell_mean(p, i / COLS, i % COLS);
		lo = mean[i] < lo ? mean[i] : lo;
		hi = mean[i] > hi ? mean[i] : hi;
	}
	if (hi - lo < CONTRAST_MIN)
		return ENOENT;
	for (unsigned i = 0; i < BITS; i++)
		if (mean[i] > (lo + hi) / 2)
			b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return unpack(tc, b);
}
