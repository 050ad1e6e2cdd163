/**
 * The audio codecs as a table: what a name in SDP means here.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_AUDIO_CODEC_H
#define VISAVIS_DAEMONS_MEDIA_AUDIO_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "daemons/media/coding/g711.h"

struct audio_codec {
	const char *name;
	unsigned rtp_rate;	/**< clock in SDP */
	unsigned rate;		/**< of the samples */
	unsigned channels;	/**< as SDP writes them */
	const char *fmtp;	/**< what we take, or "" */
	uint8_t (*encode1)(int16_t s);	/**< one byte a sample, or NULL */
	int16_t (*decode1)(uint8_t c);
};

/** Preferred first; ends with a NULL name. */
extern const struct audio_codec audio_codecs[];

/** By name without case; NULL: not ours. */
const struct audio_codec *audio_codec_find(const char *name);

#endif
