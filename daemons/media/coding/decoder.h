/**
 * Decoders of what the far end sends. Nothing here trusts its input.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_DECODER_H
#define VISAVIS_DAEMONS_MEDIA_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemons/media/picture/picture.h"

/** Room that a caller of audiodec_decode() gives: 120 ms at 48 kHz. */
enum { DECODER_PCM_MAX = 5760 };

struct h264dec;

int h264dec_alloc(struct h264dec **dp);
void h264dec_free(struct h264dec *d);
/** Forget all pictures: the next access unit should be a key frame. */
void h264dec_flush(struct h264dec *d);

/**
 * Decode one access unit in Annex B form.
 * @param h    called for each picture that comes out, in display order; the
 *             picture is borrowed for the call; its capture_us is the one
 *             given with the access unit it came from
 * @return 0, EBADMSG (a key frame is needed to go on), ENOMEM, ENOTSUP (not
 *         8-bit 4:2:0, or too large)
 */
int h264dec_decode(struct h264dec *d, const uint8_t *au, size_t len, uint64_t capture_us,
		   void (*h)(const struct picture *p, bool key, void *arg), void *arg);

/** Give out what is held back for reordering; then flush. */
void h264dec_drain(struct h264dec *d, void (*h)(const struct picture *p, bool key, void *arg), void *arg);

struct audiodec;

int audiodec_alloc(struct audiodec **dp, const char *codec);
void audiodec_free(struct audiodec *d);
unsigned audiodec_rate(const struct audiodec *d);

/** @param data  NULL or len 0: conceal a lost packet
 *  @param n     samples written, one channel; room is DECODER_PCM_MAX
 *  @return 0 or EBADMSG */
int audiodec_decode(struct audiodec *d, const uint8_t *data, size_t len, int16_t *pcm, size_t *n);

#endif
