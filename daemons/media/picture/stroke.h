/**
 * Text in strokes: capital letters, digits and little else, drawn as lines
 * with round ends. Small letters show as capitals.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_STROKE_H
#define VISAVIS_DAEMONS_MEDIA_STROKE_H

#include "daemons/media/picture/draw.h"

/** Draw text with its upper left corner at x, y; `size` is the height of a
 *  capital. @return the width drawn */
float stroke_text(const struct draw_target *t, float x, float y, float size, const char *text, struct draw_colour c);

float stroke_width(float size, const char *text);

#endif
