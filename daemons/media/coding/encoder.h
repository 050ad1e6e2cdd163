/**
 * Encoders. Video: H.264 Constrained Baseline through openh264. Audio: Opus,
 * G.722, G.711, 20 ms of one channel a packet.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_ENCODER_H
#define VISAVIS_DAEMONS_MEDIA_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemons/media/picture/picture.h"

struct h264enc_config {
	unsigned w;
	unsigned h;
	unsigned fps;
	unsigned bitrate;	/**< bit/s */
	unsigned threads;	/**< 1: one slice a picture */
	unsigned key_interval;	/**< pictures; 0: on request only */
	unsigned max_nal;	/**< bytes of a NAL unit; 0: any (RFC 6184 mode 1) */
};

struct h264enc;

/** @return 0, EINVAL (a format openh264 refuses), ENOMEM */
int h264enc_alloc(struct h264enc **ep, const struct h264enc_config *cfg);
void h264enc_free(struct h264enc *e);
const struct h264enc_config *h264enc_config(const struct h264enc *e);

/**
 * @param key   ask for an IDR picture
 * @param data  Annex B access unit, parameter sets before each IDR; valid
 *              until the next call; *len 0 when the picture was skipped
 * @return 0 or EIO
 */
int h264enc_encode(struct h264enc *e, const struct picture *p, bool key, const uint8_t **data, size_t *len,
		   bool *is_key);

enum { AUDIO_RATE = 48000, AUDIO_PTIME_MS = 20, AUDIO_FRAME = 960, AUDIO_PACKET_MAX = 1500 };

struct audioenc;

/** @param codec  "opus", "G722", "PCMU", "PCMA"
 *  @return 0, ENOTSUP, ENOMEM, EINVAL */
int audioenc_alloc(struct audioenc **ep, const char *codec, unsigned bitrate);
void audioenc_free(struct audioenc *e);

/** AUDIO_FRAME samples at AUDIO_RATE, one channel, to one packet.
 *  @return 0 or EIO */
int audioenc_encode(struct audioenc *e, const int16_t *pcm, uint8_t *out, size_t max, size_t *len);

/** How much later than its input the decoded sound is, microseconds. */
unsigned audioenc_delay_us(const struct audioenc *e);

#endif
