#include <strings.h>

#include "daemons/media/coding/audio_codec.h"

const struct audio_codec audio_codecs[] = {
	{ "opus", 48000, 48000, 2, "minptime=10;useinbandfec=1", NULL, NULL },
	{ "G722",  8000, 16000, 1, "", NULL, NULL },
	{ "PCMU",  8000,  8000, 1, "", g711_ulaw_encode, g711_ulaw_decode },
	{ "PCMA",  8000,  8000, 1, "", g711_alaw_encode, g711_alaw_decode },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};


const struct audio_codec *audio_codec_find(const char *name)
{
	for (const struct audio_codec *c = audio_codecs; c->name; c++)
		if (!strcasecmp(c->name, name))
			return c;
	return NULL;
}
