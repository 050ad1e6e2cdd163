#include "lib/srtp/cipher.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/bytes.h"

/* Bytes of the AES counter-mode key stream at one IV. */
static int key_stream(uint8_t *out, size_t n, const uint8_t *key,
		      const uint8_t iv[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len, err = EIO;

	memset(out, 0, n);
	if (ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, iv) &&
	    EVP_EncryptUpdate(ctx, out, &len, out, (int)n))
		err = 0;
	EVP_CIPHER_CTX_free(ctx);
	return err;
}


int srtp_derive(uint8_t *out, size_t n, const uint8_t *key,
		const uint8_t *salt, uint8_t label)
{
	uint8_t iv[16] = { 0 };

	memcpy(iv, salt, SRTP_SALT_SIZE);
	iv[7] ^= label;
	return key_stream(out, n, key, iv);
}


static int hmac_init(struct srtp_cipher *c, const uint8_t *auth)
{
	memset(c->ipad, 0x36, sizeof(c->ipad));
	memset(c->opad, 0x5c, sizeof(c->opad));
	for (size_t i = 0; i < SRTP_AUTH_SIZE; i++) {
		c->ipad[i] ^= auth[i];
		c->opad[i] ^= auth[i];
	}
	c->md = EVP_MD_CTX_new();
	if (!c->md)
		return ENOMEM;
	return EVP_DigestInit_ex(c->md, EVP_sha1(), NULL) ? 0 : EIO;
}


int srtp_cipher_keys(struct srtp_cipher *c, enum srtp_suite suite,
		     const uint8_t *key, const uint8_t *auth,
		     const uint8_t *salt)
{
	bool gcm = suite == SRTP_AEAD_AES_128_GCM;
	int err = 0;

	memset(c, 0, sizeof(*c));
	memcpy(c->salt, salt, gcm ? 12 : SRTP_SALT_SIZE);
	c->ctx = EVP_CIPHER_CTX_new();
	if (!c->ctx)
		return ENOMEM;
	if (!EVP_EncryptInit_ex(c->ctx, gcm ? EVP_aes_128_gcm() :
				EVP_aes_128_ctr(), NULL, key, NULL))
		err = EIO;
	if (!err && !gcm)
		err = hmac_init(c, auth);
	if (err)
		srtp_cipher_free(c);
	return err;
}


int srtp_cipher_init(struct srtp_cipher *c, enum srtp_suite suite,
		     const uint8_t *key, const uint8_t *salt,
		     uint8_t label_base)
{
	uint8_t k[SRTP_KEY_SIZE], a[SRTP_AUTH_SIZE], s[SRTP_SALT_SIZE];
	int err;

	err = srtp_derive(k, sizeof(k), key, salt,
			  label_base + SRTP_LABEL_KEY);
	if (!err)
		err = srtp_derive(a, sizeof(a), key, salt,
				  label_base + SRTP_LABEL_AUTH);
	if (!err)
		err = srtp_derive(s, sizeof(s), key, salt,
				  label_base + SRTP_LABEL_SALT);
	if (!err)
		err = srtp_cipher_keys(c, suite, k, a, s);
	OPENSSL_cleanse(k, sizeof(k));
	OPENSSL_cleanse(a, sizeof(a));
	OPENSSL_cleanse(s, sizeof(s));
	return err;
}


void srtp_cipher_free(struct srtp_cipher *c)
{
	EVP_CIPHER_CTX_free(c->ctx);
	EVP_MD_CTX_free(c->md);
	OPENSSL_cleanse(c, sizeof(*c));
}


int srtp_cm_crypt(struct srtp_cipher *c, uint32_t ssrc, uint64_t index,
		  uint8_t *p, size_t len)
{
	uint8_t iv[16] = { 0 }, x[SRTP_SALT_SIZE] = { 0 };
	int n;

	put32(x + 4, ssrc);
	put32(x + 8, (uint32_t)(index >> 16));
	put16(x + 12, (uint16_t)index);
	for (size_t i = 0; i < sizeof(x); i++)
		iv[i] = x[i] ^ c->salt[i];
	if (!EVP_EncryptInit_ex(c->ctx, NULL, NULL, NULL, iv))
		return EIO;
	if (len && !EVP_EncryptUpdate(c->ctx, p, &n, p, (int)len))
		return EIO;
	return 0;
}


/* HMAC by hand: EVP_MAC copies contexts, which allocates on each packet. */
int srtp_cm_tag(struct srtp_cipher *c, const uint8_t *p, size_t len,
		const uint8_t *more, uint8_t tag[SRTP_CM_TAG])
{
	uint8_t sum[SRTP_AUTH_SIZE];

	if (!EVP_DigestInit_ex(c->md, NULL, NULL) ||
	    !EVP_DigestUpdate(c->md, c->ipad, sizeof(c->ipad)) ||
	    !EVP_DigestUpdate(c->md, p, len) ||
	    (more && !EVP_DigestUpdate(c->md, more, 4)) ||
	    !EVP_DigestFinal_ex(c->md, sum, NULL))
		return EIO;
	if (!EVP_DigestInit_ex(c->md, NULL, NULL) ||
	    !EVP_DigestUpdate(c->md, c->opad, sizeof(c->opad)) ||
	    !EVP_DigestUpdate(c->md, sum, sizeof(sum)) ||
	    !EVP_DigestFinal_ex(c->md, sum, NULL))
		return EIO;
	memcpy(tag, sum, SRTP_CM_TAG);
	return 0;
}


void srtp_gcm_iv(const struct srtp_cipher *c, uint32_t ssrc, uint64_t index,
		 uint8_t iv[12])
{
	uint8_t x[12] = { 0 };

	put32(x + 2, ssrc);
	put32(x + 6, (uint32_t)(index >> 16));
	put16(x + 10, (uint16_t)index);
	for (size_t i = 0; i < sizeof(x); i++)
		iv[i] = x[i] ^ c->salt[i];
}


static bool aad_put(struct srtp_cipher *c, const struct srtp_aad *aad)
{
	int n;

	return EVP_CipherUpdate(c->ctx, NULL, &n, aad->p, (int)aad->len) &&
		(!aad->more || EVP_CipherUpdate(c->ctx, NULL, &n, aad->more,
						4));
}


int srtp_gcm_seal(struct srtp_cipher *c, const uint8_t iv[12],
		  const struct srtp_aad *aad, uint8_t *p, size_t len,
		  uint8_t tag[SRTP_GCM_TAG])
{
	int n;

	if (!EVP_CipherInit_ex(c->ctx, NULL, NULL, NULL, iv, 1) ||
	    !aad_put(c, aad) ||
	    (len && !EVP_CipherUpdate(c->ctx, p, &n, p, (int)len)) ||
	    !EVP_CipherFinal_ex(c->ctx, p + len, &n) ||
	    !EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_GET_TAG, SRTP_GCM_TAG,
				 tag))
		return EIO;
	return 0;
}


int srtp_gcm_open(struct srtp_cipher *c, const uint8_t iv[12],
		  const struct srtp_aad *aad, uint8_t *p, size_t len,
		  const uint8_t tag[SRTP_GCM_TAG])
{
	uint8_t expect[SRTP_GCM_TAG];
	int n;

	memcpy(expect, tag, sizeof(expect));
	if (!EVP_CipherInit_ex(c->ctx, NULL, NULL, NULL, iv, 0) ||
	    !EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, SRTP_GCM_TAG,
				 expect) ||
	    !aad_put(c, aad) ||
	    (len && !EVP_CipherUpdate(c->ctx, p, &n, p, (int)len)))
		return EIO;
	return EVP_CipherFinal_ex(c->ctx, p + len, &n) ? 0 : EACCES;
}
