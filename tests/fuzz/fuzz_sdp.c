#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sdp/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp offer, answer, again;
	static struct neg_result res;
	static struct neg_caps caps = { .n = 2, .v = {
		{ .kind = SDP_AUDIO, .name = "opus", .rate = 48000, .channels = 2, .pt = 96 },
		{ .kind = SDP_VIDEO, .name = "H264", .rate = 90000, .channels = 1, .pt = 97,
		  .fmtp = "profile-level-id=42e01f;packetization-mode=1" } } };
	struct neg_call call = { .addr = { .family = 4, .b = {10, 0, 0, 1} } };
	struct sbuf sb = {0};
	char *s = malloc(size + 1);

	if (!s)
		return 0;
	memcpy(s, data, size);
	call.local[SDP_AUDIO] = (struct neg_local){ true, 16384, 16385, {"A", "B"} };
	call.local[SDP_VIDEO] = (struct neg_local){ true, 16386, 16387, {"C", "D"} };
	for (int secure = 0; secure < 2 && !sdp_decode_text(&offer, s, size); secure++) {
		caps.secure = secure;
		if (!neg_answer(&answer, &res, &offer, &caps, &call)) {
			sdp_print(&sb, &answer);
			if (!sb.err && (sdp_decode_text(&again, sb.p, sb.len) || again.nm != offer.nm))
				abort();
			sbuf_reset(&sb);
		}
		neg_offer(&answer, &caps, &call);
		(void)neg_accept(&res, &answer, &offer, &caps, &call);
	}
	free(s);
	return 0;
}
