#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/srtp/sdes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* What was taken can be printed and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdes_crypto c, again;
	char line[SDES_STRLEN];
	char *s = malloc(size + 1);

	if (!s)
		return 0;
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	if (!sdes_parse(&c, s)) {
		if (sdes_print(&c, line, sizeof(line)) ||
		    sdes_parse(&again, line) ||
		    memcmp(c.key, again.key, sizeof(c.key)))
			abort();
	}
	free(s);
	return 0;
}
