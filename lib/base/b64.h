/**
 * Base64 with padding (RFC 4648 section 4), strict: no line breaks, no
 * stray bits after the last character.
 */
#ifndef VISAVIS_LIB_BASE_B64_H
#define VISAVIS_LIB_BASE_B64_H

#include <stddef.h>
#include <stdint.h>

/** Characters for n bytes, without a NUL. */
#define B64_LEN(n) (((n) + 2) / 3 * 4)

/**
 * Decode n characters of s. Missing padding is accepted.
 * @param len  in: room in dst; out: bytes decoded
 * @return 0, EBADMSG (a foreign character, a torn group), EOVERFLOW
 */
int b64_decode(uint8_t *dst, size_t *len, const char *s, size_t n);

/** Encode; dst takes B64_LEN(n) characters and a NUL.
 *  @return 0 or EOVERFLOW */
int b64_encode(char *dst, size_t size, const uint8_t *p, size_t n);

#endif
