/**
 * G.711 companding: one byte a sample (ITU-T G.711; RTP: RFC 3551 4.5.14).
 * Samples are 16-bit linear; every value of the full range is valid.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_G711_H
#define VISAVIS_DAEMONS_MEDIA_G711_H

#include <stdint.h>

uint8_t g711_ulaw_encode(int16_t s);
uint8_t g711_alaw_encode(int16_t s);
int16_t g711_ulaw_decode(uint8_t u);
int16_t g711_alaw_decode(uint8_t a);

#endif
