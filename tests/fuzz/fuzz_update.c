#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/update/cisco_update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* The first byte chooses the dialect; a line of '=' alone parts what the device has from what it shall have. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const dialects[] = { "ios", "iosxr", "nxos", "asa" };
	const uint8_t *cut = size > 1 ? memmem(data + 1, size - 1, "\n=\n", 3) : NULL;
	struct sbuf sb = { .max = 1 << 20 };
	struct diag_list dl = {0};

	if (cut && cisco_update(&sb, dialects[(data[0] + 3u) % 4], "fuzz", (const char *)data + 1,
				(size_t)(cut - data), (const char *)cut + 3,
				size - (size_t)(cut + 3 - data), &dl) == EBADMSG && !dl.errors)
		abort();

	sbuf_reset(&sb);
	diag_reset(&dl);
	return 0;
}
