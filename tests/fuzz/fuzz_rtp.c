#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* What was read must lie inside, and be written again as it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_packet pkt;
	uint8_t *again;
	const uint8_t *e;
	size_t len;

	(void)rtp_is_rtcp(data, size);
	if (rtp_parse(&pkt, data, size))
		return 0;
	if (pkt.header_len + pkt.payload_len + pkt.pad_len != size)
		abort();
	for (unsigned id = 0; id < 256; id++) {
		if (rtp_ext_find(&pkt.hdr, (uint8_t)id, &e, &len) &&
		    (e < data || len > size || e + len > data + size))
			abort();
	}
	again = malloc(pkt.header_len);
	if (!again)
		return 0;
	if (rtp_header_write(again, &len, pkt.header_len, &pkt.hdr) ||
	    len != pkt.header_len || memcmp(again, data, len))
		abort();
	free(again);
	return 0;
}
