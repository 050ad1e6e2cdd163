#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "daemons/codec/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct neg_caps caps;
	json_t *o = json_loadb((const char *)data, size, 0, NULL);

	if (!o)
		return 0;
	if (!media_caps(&caps, o, "opus,G722,PCMU,PCMA") && (!caps.n || caps.n > NEG_CODECS_MAX))
		abort();
	json_decref(o);
	return 0;
}
