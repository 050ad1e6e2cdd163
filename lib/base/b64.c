#include "lib/base/b64.h"

#include <errno.h>
#include <string.h>

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int b64_decode(uint8_t *dst, size_t *len, const char *s, size_t n)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t out = 0;

	for (int pad = 0; pad < 2 && n > 1 && n % 4 == (pad ? 3 : 0) &&
	     s[n - 1] == '='; pad++)
		n--;
	if (n % 4 == 1)
		return EBADMSG;
	for (size_t i = 0; i < n; i++) {
		const char *c = s[i] ? strchr(alphabet, s[i]) : NULL;

		if (!c)
			return EBADMSG;
		acc = (acc << 6 | (uint32_t)(c - alphabet)) & 0xffffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (out == *len)
			return EOVERFLOW;
		dst[out++] = (uint8_t)(acc >> bits);
	}
	if (acc & ((1u << bits) - 1))
		return EBADMSG;
	*len = out;
	return 0;
}


int b64_encode(char *dst, size_t size, const uint8_t *p, size_t n)
{
	if (size <= B64_LEN(n))
		return EOVERFLOW;
	for (; n; p += 3) {
		uint32_t v = (uint32_t)p[0] << 16;

		if (n > 1)
			v |= (uint32_t)p[1] << 8;
		if (n > 2)
			v |= p[2];
		dst[0] = alphabet[v >> 18];
		dst[1] = alphabet[(v >> 12) & 63];
		dst[2] = n > 1 ? alphabet[(v >> 6) & 63] : '=';
		dst[3] = n > 2 ? alphabet[v & 63] : '=';
		dst += 4;
		n -= n < 3 ? n : 3;
	}
	*dst = '\0';
	return 0;
}
