/**
 * Smooth shapes on pictures: each is a signed distance function, so that
 * edges are anti-aliased at every size.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_DRAW_H
#define VISAVIS_DAEMONS_MEDIA_DRAW_H

#include <stdint.h>

#include "daemons/media/picture/picture.h"

struct draw_colour {
	uint8_t y;
	uint8_t u;
	uint8_t v;
};

/** Where to draw: a picture, and coverage beside it when it is a sprite. */
struct draw_target {
	struct picture *pic;
	uint8_t *alpha;		/**< w * h, or NULL */
};

enum draw_kind { DRAW_BOX = 0, DRAW_ELLIPSE, DRAW_LINE };

/** Box and ellipse: centre x, y and half sizes a, b; round is the box's
 *  corner radius. Line: from x, y to a, b, round is half its thickness. */
struct draw_shape {
	enum draw_kind kind;
	float x;
	float y;
	float a;
	float b;
	float round;
};

/** 0xRRGGBB to limited-range BT.709. */
struct draw_colour draw_rgb(uint32_t rgb);
/** Hue 0..360, saturation and lightness 0..1, to 0xRRGGBB. */
uint32_t draw_hsl(float hue, float sat, float light);

/** Blend the shape in; opacity 0..1. Parts outside the picture are cut. */
void draw_shape(const struct draw_target *t, const struct draw_shape *s, struct draw_colour c, float opacity);

/** A vertical gradient over lines y0..y1-1. */
void draw_gradient(struct picture *p, unsigned y0, unsigned y1, struct draw_colour from, struct draw_colour to);

/** Put a sprite at x, y (rounded to even); parts outside are cut. */
void draw_sprite(struct picture *dst, const struct draw_target *sprite, int x, int y);

#endif
