#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/srtp/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Bytes from a stranger are refused, or were made with our key (the corpus). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[SRTP_MAX_KEY] = { 1, 2, 3 };

	for (unsigned k = 0; k < 4; k++) {
		struct srtp *s;
		size_t len = size;
		size_t key_len = k & 1 ? 28 : 30;
		uint8_t *p = malloc(size ? size : 1);

		if (!p || srtp_alloc(&s, (enum srtp_suite)(k & 1), key,
				     key_len)) {
			free(p);
			return 0;
		}
		if (size)
			memcpy(p, data, size);
		if (!(k & 2 ? srtcp_unprotect(s, p, &len) :
		      srtp_unprotect(s, p, &len)) && len >= size)
			abort();
		srtp_free(s);
		free(p);
	}
	return 0;
}
