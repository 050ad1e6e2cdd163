#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/fmtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned w = 1920, h = 1080, fps = 30, br = 4000000;
	char *s = calloc(1, size + 1);
	struct fmtp_h264 f;

	if (!s)
		return 0;
	memcpy(s, data, size);
	if (!fmtp_h264_parse(&f, s) && !fmtp_h264_fit(&f, &w, &h, &fps, &br) &&
	    (w > 1920 || h > 1080 || fps > 30 || fps < 5))
		abort();
	free(s);
	return 0;
}
