/**
 * HTTP Digest as SIP uses it: RFC 7616 and RFC 2617 with the algorithms MD5
 * and SHA-256 (RFC 8760), and nonces that carry their own proof.
 *
 * Nothing here keeps state but struct digest_seen, which remembers the nonce
 * counts that were used, so that a captured request is not taken twice.
 */
#ifndef VISAVIS_LIB_DIGEST_DIGEST_H
#define VISAVIS_LIB_DIGEST_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum digest_alg {
	DIGEST_MD5 = 0,
	DIGEST_SHA256,
	DIGEST_ALGS
};

enum {
	DIGEST_HEX = 65,	/**< largest digest in hex, with its NUL */
	DIGEST_NONCE = 57,	/**< a nonce of ours, with its NUL */
	DIGEST_KEY = 32,	/**< bytes of the key that nonces are made with */
};

/** Bytes inside a message; not NUL-terminated. */
struct digest_str {
	const char *p;
	size_t n;
};

/** Credentials of an Authorization header; borrowed from its text. Absent
 *  parameters have p NULL. Quotes are off, escapes are left as they are. */
struct digest_cred {
	struct digest_str username;
	struct digest_str realm;
	struct digest_str nonce;
	struct digest_str uri;
	struct digest_str response;
	struct digest_str algorithm;
	struct digest_str cnonce;
	struct digest_str opaque;
	struct digest_str qop;
	struct digest_str nc;
};

/**
 * Read the value of an Authorization or Proxy-Authorization header.
 * @return 0; ENOTSUP: another scheme; EBADMSG: malformed, a parameter twice,
 *         or one of username, realm, nonce, uri, response missing
 */
int digest_cred_parse(struct digest_cred *c, const char *p, size_t len);

/** No algorithm parameter means MD5. @return 0 or ENOTSUP */
int digest_alg_parse(enum digest_alg *alg, const struct digest_str *s);
const char *digest_alg_name(enum digest_alg alg);	/**< "SHA-256" */

/** H(user:realm:password) in lower-case hex.
 *  @return 0, ENOMEM, EOVERFLOW */
int digest_ha1(char out[DIGEST_HEX], enum digest_alg alg, const char *user,
	       const char *realm, const char *password);

/**
 * The response that these credentials should hold.
 * @param ha1  hex, as digest_ha1() made it
 * @return 0; ENOTSUP: a qop other than auth; EBADMSG: qop without nc or
 *         cnonce; EOVERFLOW: too long; ENOMEM
 */
int digest_response(char out[DIGEST_HEX], enum digest_alg alg,
		    const char *ha1, const struct digest_cred *c,
		    const char *method, size_t method_len);

/** Compare in a time that tells nothing about where they differ. */
bool digest_equal(const char *want, const struct digest_str *got);

/**
 * Make a nonce: the time, a salt that must never repeat, and a proof that we
 * made both.
 * @param now   seconds
 */
int digest_nonce_make(char out[DIGEST_NONCE], const uint8_t key[DIGEST_KEY],
		      uint32_t now, uint64_t salt);

/**
 * Is the nonce ours?
 * @param issued,salt  set on success
 * @return 0 or EBADMSG
 */
int digest_nonce_check(uint32_t *issued, uint64_t *salt,
		       const uint8_t key[DIGEST_KEY],
		       const struct digest_str *nonce);

/** The nonce count in hex, RFC 7616 section 3.4. @return 0 or EBADMSG */
int digest_nc_parse(uint32_t *nc, const struct digest_str *s);

struct digest_seen;

/** Remember the counts of up to max nonces. @return 0, EINVAL or ENOMEM */
int digest_seen_alloc(struct digest_seen **dsp, size_t max);
void digest_seen_free(struct digest_seen *ds);

/**
 * Use a count of a nonce, once.
 * @return 0: first time; EALREADY: was used, or is too far behind the
 *         highest; ESTALE: the nonce may have been forgotten, ask for a new
 */
int digest_seen_use(struct digest_seen *ds, uint32_t issued, uint64_t salt,
		    uint32_t nc);

#endif
