/**
 * SRTP keys in SDP: the a=crypto attribute (RFC 4568, RFC 7714 section 14).
 */
#ifndef VISAVIS_LIB_SRTP_SDES_H
#define VISAVIS_LIB_SRTP_SDES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/srtp/srtp.h"

struct sdes_crypto {
	unsigned tag;		/**< 1..999999999 */
	enum srtp_suite suite;
	uint8_t key[SRTP_MAX_KEY];	/**< master key, then master salt */
	size_t key_len;
	uint64_t lifetime;	/**< packets the peer allows; 0: the suite's own
				  limit. Whoever keeps a key for longer sends
				  a new offer before */
};

/** Room for any line that sdes_print() makes. */
#define SDES_STRLEN 128

/**
 * Read what follows "a=crypto:".
 * @return 0; EBADMSG malformed; ENOTSUP: another suite, several keys, a
 *         master key identifier or session parameters that we do not have.
 *         Skip the line then and try the next.
 */
int sdes_parse(struct sdes_crypto *c, const char *s);

/** @return 0, EINVAL, EOVERFLOW */
int sdes_print(const struct sdes_crypto *c, char *buf, size_t size);

#endif
