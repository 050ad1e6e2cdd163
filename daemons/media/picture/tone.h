/**
 * The test sound: a beep of 1 kHz and 50 ms that begins at each full second,
 * together with the picture's lamp; and its detection.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_TONE_H
#define VISAVIS_DAEMONS_MEDIA_TONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** n samples beginning at time `us`. */
void tone_fill(int16_t *pcm, size_t n, unsigned rate, uint64_t us);

/** Zero-initialise. */
struct tone_detector {
	unsigned quiet;		/**< samples of silence so far */
};

/** @param at  sample at which a beep begins
 *  @return true when one begins in this block */
bool tone_detect(struct tone_detector *d, const int16_t *pcm, size_t n, unsigned rate, size_t *at);

#endif
