/**
 * G.722 through libavcodec: 64 kbit/s, 16 kHz (RFC 3551 section 4.5.2 says
 * why its RTP clock is 8 kHz all the same).
 */
#ifndef VISAVIS_DAEMONS_MEDIA_G722_H
#define VISAVIS_DAEMONS_MEDIA_G722_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct g722;

int g722_alloc(struct g722 **gp, bool encoder);
void g722_free(struct g722 *g);
/** @param n  samples, even and at most 960; *len  bytes written */
int g722_encode(struct g722 *g, const int16_t *pcm, size_t n, uint8_t *out, size_t max, size_t *len);
/** @param n  in: room in pcm; out: samples */
int g722_decode(struct g722 *g, const uint8_t *data, size_t len, int16_t *pcm, size_t *n);

#endif
