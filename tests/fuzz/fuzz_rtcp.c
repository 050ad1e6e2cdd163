#include <stdint.h>
#include <stdlib.h>

#include "lib/rtp/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile uint8_t sink;
	struct rtcp_iter it;
	struct rtcp_packet p;
	size_t total = 0;

	if (rtcp_begin(&it, data, size))
		return 0;
	while (rtcp_next(&it, &p)) {
		total += 4 + p.body_len;
		if (p.n > RTCP_MAX_ITEMS || total > size)
			abort();
		for (size_t i = 0; p.type == RTCP_SDES && i < p.n; i++) {
			for (size_t k = 0; k < p.u.sdes[i].cname_len; k++)
				sink = p.u.sdes[i].cname[k];
		}
		for (size_t i = 0; p.type == RTCP_BYE &&
		     i < p.u.bye.reason_len; i++)
			sink = p.u.bye.reason[i];
		for (size_t i = 0; p.type == RTCP_APP && i < p.u.app.len; i++)
			sink = p.u.app.data[i];
	}
	(void)sink;
	return 0;
}
