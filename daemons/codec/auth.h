/**
 * The client's half of digest authentication (RFC 7616 with SIP's changes,
 * RFC 8760): SHA-256 preferred, MD5 taken. Pure but for random client nonces
 * that the caller gives.
 */
#ifndef VISAVIS_DAEMONS_CODEC_AUTH_H
#define VISAVIS_DAEMONS_CODEC_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/sbuf.h"

enum auth_alg { AUTH_MD5 = 0, AUTH_SHA256 };

struct auth {
	char user[64];
	char password[128];
	/* the challenge in force; realm "" when there is none */
	char realm[128];
	char nonce[256];
	char opaque[256];
	enum auth_alg alg;
	bool qop;
	bool proxy;		/**< Proxy-Authenticate */
	uint32_t nc;
	bool tried;		/**< an answer to this nonce was refused */
};

/**
 * Take one WWW-Authenticate or Proxy-Authenticate value. The strongest of
 * several counts: call for each, after auth_forget().
 * @return 0, or ENOTSUP (other scheme or algorithm), EBADMSG, EOVERFLOW
 */
int auth_challenge(struct auth *a, const char *val, size_t len, bool proxy);

/** Drop the challenge, before reading the next response's. */
void auth_forget(struct auth *a);

/**
 * Write the credentials' header line, with its CRLF; nothing without a
 * challenge.
 * @param cnonce  random
 */
int auth_header(struct sbuf *sb, struct auth *a, const char *method, const char *uri,
		uint64_t cnonce);

#endif
