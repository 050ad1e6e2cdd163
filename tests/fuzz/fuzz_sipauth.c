#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/codec/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth a = { .user = "1001", .password = "secret" };
	struct sbuf sb = {0};
	char *s = malloc(size + 1);

	if (!s)
		return 0;
	memcpy(s, data, size);
	if (!auth_challenge(&a, s, size, false)) {
		(void)auth_header(&sb, &a, "REGISTER", "sip:demo", 1);
		/* what a stranger wrote must not end our header line */
		if (!sb.err && (!sb.p || strcspn(sb.p, "\r\n") != sb.len - 2))
			abort();
	}
	sbuf_reset(&sb);
	free(s);
	return 0;
}
