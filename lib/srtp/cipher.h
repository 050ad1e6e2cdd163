/**
 * The ciphers of SRTP over OpenSSL: key derivation, AES counter mode with
 * HMAC-SHA1, AES-GCM. Internal to lib/srtp, and for its tests.
 */
#ifndef VISAVIS_LIB_SRTP_CIPHER_H
#define VISAVIS_LIB_SRTP_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "lib/srtp/srtp.h"

enum {
	SRTP_KEY_SIZE = 16,
	SRTP_SALT_SIZE = 14,	/**< GCM uses 12 of them */
	SRTP_AUTH_SIZE = 20,
	SRTP_CM_TAG = 10,
	SRTP_GCM_TAG = 16,
};

/** Key derivation labels (RFC 3711 section 4.3.2); RTCP adds 3. */
enum { SRTP_LABEL_KEY = 0, SRTP_LABEL_AUTH = 1, SRTP_LABEL_SALT = 2 };

/** Session keys of RTP or of RTCP, ready to use. */
struct srtp_cipher {
	EVP_CIPHER_CTX *ctx;
	EVP_MD_CTX *md;			/**< counter mode only */
	uint8_t ipad[64];
	uint8_t opad[64];
	uint8_t salt[SRTP_SALT_SIZE];
};

/** One derived key of n bytes, key derivation rate 0 (RFC 3711 4.3.3).
 *  @param salt  SRTP_SALT_SIZE bytes; @return 0 or EIO */
int srtp_derive(uint8_t *out, size_t n, const uint8_t *key,
		const uint8_t *salt, uint8_t label);

/** @param label_base  0 for RTP, 3 for RTCP; @return 0, ENOMEM, EIO */
int srtp_cipher_init(struct srtp_cipher *c, enum srtp_suite suite,
		     const uint8_t *key, const uint8_t *salt,
		     uint8_t label_base);
/** The same with session keys given, not derived.
 *  @param auth  SRTP_AUTH_SIZE bytes, ignored for GCM */
int srtp_cipher_keys(struct srtp_cipher *c, enum srtp_suite suite,
		     const uint8_t *key, const uint8_t *auth,
		     const uint8_t *salt);
void srtp_cipher_free(struct srtp_cipher *c);

/** Encrypt or decrypt in place (section 4.1.1). */
int srtp_cm_crypt(struct srtp_cipher *c, uint32_t ssrc, uint64_t index,
		  uint8_t *p, size_t len);
/** HMAC-SHA1 over p and, when given, four further bytes. */
int srtp_cm_tag(struct srtp_cipher *c, const uint8_t *p, size_t len,
		const uint8_t *more, uint8_t tag[SRTP_CM_TAG]);

/** RFC 7714 section 8.1 (index: ROC and sequence number) or 9.1. */
void srtp_gcm_iv(const struct srtp_cipher *c, uint32_t ssrc, uint64_t index,
		 uint8_t iv[12]);

/** What is authenticated in the clear: one or two pieces. */
struct srtp_aad {
	const uint8_t *p;
	size_t len;
	const uint8_t *more;	/**< four bytes, or NULL */
};

int srtp_gcm_seal(struct srtp_cipher *c, const uint8_t iv[12],
		  const struct srtp_aad *aad, uint8_t *p, size_t len,
		  uint8_t tag[SRTP_GCM_TAG]);
/** @return 0, EACCES, EIO */
int srtp_gcm_open(struct srtp_cipher *c, const uint8_t iv[12],
		  const struct srtp_aad *aad, uint8_t *p, size_t len,
		  const uint8_t tag[SRTP_GCM_TAG]);

#endif
