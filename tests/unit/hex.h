/** Bytes written as hex digits, blanks between them allowed. */
#ifndef VISAVIS_TESTS_UNIT_HEX_H
#define VISAVIS_TESTS_UNIT_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** @return bytes written; aborts on anything that is not hex or too long */
static inline size_t hex(uint8_t *dst, size_t max, const char *s)
{
	size_t n = 0;

	while (*s) {
		char two[3] = { s[0], s[1], 0 };
		char *end;

		if (*s == ' ') {
			s++;
			continue;
		}
		if (n == max || !s[1])
			abort();
		dst[n++] = (uint8_t)strtoul(two, &end, 16);
		if (*end)
			abort();
		s += 2;
	}
	return n;
}

#endif
