#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/h264/fmtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A parameter set, an avcC box, an fmtp text: the same bytes as each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct h264_avcc_config c;
	struct h264_fmtp f;
	struct h264_sps s;
	struct h264_pps p;
	char *text = malloc(size + 1);
	char out[2048];

	if (!text)
		return 0;
	if (!h264_sps_parse(&s, data, size) &&
	    (!s.width || !s.height || s.width > 16880 || s.height > 16880))
		abort();
	(void)h264_pps_parse(&p, data, size);
	(void)h264_avcc_config_parse(&c, data, size);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!h264_fmtp_parse(&f, text) && !h264_fmtp_print(&f, out, sizeof(out)) &&
	    h264_fmtp_parse(&f, out))
		abort();
	free(text);
	return 0;
}
