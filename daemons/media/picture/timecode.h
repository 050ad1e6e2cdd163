/**
 * A time code burnt into the picture: two rows of large black and white
 * cells along the lower edge, 48 in a row, that survive strong compression
 * and scaling.
 *
 * Bits, first cell first: 4 sync (1010), 4 kind, 64 value, 8 tag, 16 CRC
 * (CRC-16/CCITT over kind, value and tag). A cell's width is the picture's
 * width over 48, so that a reader needs nothing but the picture.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_TIMECODE_H
#define VISAVIS_DAEMONS_MEDIA_TIMECODE_H

#include <stdint.h>

#include "daemons/media/picture/picture.h"

enum timecode_kind {
	TIMECODE_LIVE = 1,	/**< value: CLOCK_REALTIME of capture, us */
	TIMECODE_CLIP = 2,	/**< value: time within a recorded clip, us */
};

struct timecode {
	enum timecode_kind kind;
	uint64_t us;
	uint8_t tag;		/**< tells rooms apart */
};

/** Lines at the lower edge that the code covers in a picture of width w. */
unsigned timecode_height(unsigned w);

/** Draw the code over the picture's lower edge. */
void timecode_burn(struct picture *p, const struct timecode *tc);

/** @return 0, or ENOENT: no code that can be read in this picture */
int timecode_read(struct timecode *tc, const struct picture *p);

#endif
