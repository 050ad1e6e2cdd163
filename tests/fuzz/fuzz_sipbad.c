#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/sipbad.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = malloc(size + 64);
	size_t len = 0;

	if (!buf)
		return 0;
	/* the promised room is enough, and the answer is one message */
	switch (sipbad_reply(buf, size + 64, &len, (const char *)data, size)) {
	case 0:
		if (memcmp(buf, "SIP/2.0 400 ", 12) || memcmp(buf + len - 4, "\r\n\r\n", 4) ||
		    (const char *)memmem(buf, len, "\r\n\r\n", 4) != buf + len - 4)
			abort();
		break;
	case EOVERFLOW:
		abort();
	default:
		break;
	}
	free(buf);
	return 0;
}
