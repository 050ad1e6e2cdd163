#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/digest/digest.h"


enum {
	TEXT_MAX = 1024,	/* of what is hashed: no header of ours is longer */
	NONCE_MAC = 16,
};

static const char *const names[DIGEST_ALGS] = {"MD5", "SHA-256"};


static void hex(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}


static int hash_hex(char out[DIGEST_HEX], enum digest_alg alg, const char *text,
		    int len)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (len < 0 || len >= TEXT_MAX)
		return EOVERFLOW;
	if (!EVP_Digest(text, (size_t)len, md, &n,
			alg == DIGEST_MD5 ? EVP_md5() : EVP_sha256(), NULL))
		return ENOMEM;
	hex(out, md, n);
	return 0;
}


const char *digest_alg_name(enum digest_alg alg)
{
	return names[alg];
}


int digest_alg_parse(enum digest_alg *alg, const struct digest_str *s)
{
	*alg = DIGEST_MD5;
	if (!s->p)
		return 0;
	for (int i = 0; i < DIGEST_ALGS; i++) {
		if (strlen(names[i]) == s->n && !strncasecmp(names[i], s->p, s->n)) {
			*alg = (enum digest_alg)i;
			return 0;
		}
	}
	return ENOTSUP;
}


int digest_ha1(char out[DIGEST_HEX], enum digest_alg alg, const char *user,
	       const char *realm, const char *password)
{
	char text[TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%s:%s:%s", user, realm, password);
	int err = hash_hex(out, alg, text, n);

	OPENSSL_cleanse(text, sizeof(text));
	return err;
}


/* For "%.*s": a length that is too large makes the text too long. */
static int span(const struct digest_str *s)
{
	return s->n < TEXT_MAX ? (int)s->n : TEXT_MAX;
}


static int check_qop(const struct digest_cred *c)
{
	if (!c->qop.p)
		return 0;
	if (c->qop.n != 4 || strncasecmp(c->qop.p, "auth", 4))
		return ENOTSUP;
	return c->nc.p && c->cnonce.p ? 0 : EBADMSG;
}


int digest_response(char out[DIGEST_HEX], enum digest_alg alg, const char *ha1,
		    const struct digest_cred *c, const char *method,
		    size_t method_len)
{
	struct digest_str met = {method, method_len};
	char text[TEXT_MAX], ha2[DIGEST_HEX];
	int n, err;

	err = check_qop(c);
	if (err)
		return err;
	n = snprintf(text, sizeof(text), "%.*s:%.*s", span(&met), method,
		     span(&c->uri), c->uri.p);
	err = hash_hex(ha2, alg, text, n);
	if (err)
		return err;
	if (c->qop.p)
		n = snprintf(text, sizeof(text), "%s:%.*s:%.*s:%.*s:%.*s:%s", ha1,
			     span(&c->nonce), c->nonce.p, span(&c->nc), c->nc.p,
			     span(&c->cnonce), c->cnonce.p, span(&c->qop), c->qop.p, ha2);
	else
		n = snprintf(text, sizeof(text), "%s:%.*s:%s", ha1,
			     span(&c->nonce), c->nonce.p, ha2);
	return hash_hex(out, alg, text, n);
}


bool digest_equal(const char *want, const struct digest_str *got)
{
	size_t n = strlen(want);

	return got->n == n && !CRYPTO_memcmp(want, got->p, n);
}


static int nonce_mac(uint8_t mac[EVP_MAX_MD_SIZE], const uint8_t key[DIGEST_KEY],
		     const char *text)
{
	unsigned n = 0;

	return HMAC(EVP_sha256(), key, DIGEST_KEY, (const uint8_t *)text, 24, mac,
		    &n) ? 0 : ENOMEM;
}


int digest_nonce_make(char out[DIGEST_NONCE], const uint8_t key[DIGEST_KEY],
		      uint32_t now, uint64_t salt)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	int err;

	(void)snprintf(out, DIGEST_NONCE, "%08x%016llx", now,
		       (unsigned long long)salt);
	err = nonce_mac(mac, key, out);
	if (err)
		return err;
	hex(out + 24, mac, NONCE_MAC);
	return 0;
}


int digest_nonce_check(uint32_t *issued, uint64_t *salt,
		       const uint8_t key[DIGEST_KEY],
		       const struct digest_str *nonce)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	struct digest_str part;
	char want[2 * NONCE_MAC + 1];
	uint32_t hi, lo;
	int err;

	if (nonce->n != DIGEST_NONCE - 1)
		return EBADMSG;
	err = nonce_mac(mac, key, nonce->p);
	if (err)
		return err;
	hex(want, mac, NONCE_MAC);
	part = (struct digest_str){nonce->p + 24, 2 * NONCE_MAC};
	if (!digest_equal(want, &part))
		return EBADMSG;
	part = (struct digest_str){nonce->p, 8};
	err = digest_nc_parse(issued, &part);
	part.p += 8;
	if (!err)
		err = digest_nc_parse(&hi, &part);
	part.p += 8;
	if (!err)
		err = digest_nc_parse(&lo, &part);
	if (!err)
		*salt = (uint64_t)hi << 32 | lo;
	return err;
}
