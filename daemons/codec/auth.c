#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "daemons/codec/auth.h"

enum { HEX_MAX = 65 };

static const struct {
	const char *name;
	const EVP_MD *(*md)(void);
} algs[] = {
	[AUTH_MD5] = {"MD5", EVP_md5},
	[AUTH_SHA256] = {"SHA-256", EVP_sha256},
};


/* H(a:b:c...), as hex; strings until NULL */
static int hash(char out[HEX_MAX], enum auth_alg alg, const char *const parts[])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int ok = ctx && EVP_DigestInit_ex(ctx, algs[alg].md(), NULL);

	for (int i = 0; ok && parts[i]; i++) {
		if (i)
			ok = EVP_DigestUpdate(ctx, ":", 1);
		ok = ok && EVP_DigestUpdate(ctx, parts[i], strlen(parts[i]));
	}
	ok = ok && EVP_DigestFinal_ex(ctx, md, &n);
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return ENOMEM;
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", md[i]);
	return 0;
}


void auth_forget(struct auth *a)
{
	a->realm[0] = '\0';
}


/* name=token or name="quoted"; moves *p past it and its comma.
 * @return false at the end or when it is malformed */
static bool param(const char **p, const char *end, const char **name, size_t *nlen,
		  const char **val, size_t *vlen)
{
	const char *s = *p;

	while (s < end && (*s == ' ' || *s == '\t' || *s == ',' || *s == '\r' || *s == '\n'))
		s++;
	*name = s;
	while (s < end && *s != '=')
		s++;
	*nlen = (size_t)(s - *name);
	if (s == end || !*nlen)
		return false;
	s++;
	if (s < end && *s == '"') {
		*val = ++s;
		while (s < end && *s != '"')
			s += *s == '\\' && s + 1 < end ? 2 : 1;
		if (s >= end)
			return false;
		*vlen = (size_t)(s - *val);
		s++;
	}
	else {
		*val = s;
		while (s < end && *s != ',' && *s != ' ')
			s++;
		*vlen = (size_t)(s - *val);
	}
	*p = s;
	return true;
}


/* Is word one of the comma-separated list? */
static bool listed(const char *list, size_t n, const char *word)
{
	size_t w = strlen(word);

	for (size_t i = 0; i + w <= n; i++)
		if (!strncasecmp(list + i, word, w) &&
		    (!i || list[i - 1] == ',' || list[i - 1] == ' ') &&
		    (i + w == n || list[i + w] == ',' || list[i + w] == ' '))
			return true;
	return false;
}


static int keep(char *dst, size_t size, const char *val, size_t n)
{
	if (n >= size)
		return EOVERFLOW;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)val[i] < 0x20)
			return EBADMSG;
	memcpy(dst, val, n);
	dst[n] = '\0';
	return 0;
}


static int challenge_param(struct auth *c, bool *known, const char *name, size_t nlen,
			   const char *val, size_t vlen)
{
	if (nlen == 5 && !strncasecmp(name, "realm", 5))
		return keep(c->realm, sizeof(c->realm), val, vlen);
	if (nlen == 5 && !strncasecmp(name, "nonce", 5))
		return keep(c->nonce, sizeof(c->nonce), val, vlen);
	if (nlen == 6 && !strncasecmp(name, "opaque", 6))
		return keep(c->opaque, sizeof(c->opaque), val, vlen);
	if (nlen == 3 && !strncasecmp(name, "qop", 3)) {
		c->qop = listed(val, vlen, "auth");
		return c->qop ? 0 : ENOTSUP;
	}
	if (nlen == 9 && !strncasecmp(name, "algorithm", 9)) {
		*known = false;
		for (unsigned i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
			if (strlen(algs[i].name) == vlen && !strncasecmp(val, algs[i].name, vlen)) {
				c->alg = (enum auth_alg)i;
				*known = true;
			}
	}
	return 0;
}


int auth_challenge(struct auth *a, const char *val, size_t len, bool proxy)
{
	const char *p = val, *end = val + len, *n, *v;
	struct auth c = { .proxy = proxy };
	size_t nlen, vlen;
	bool known = true;

	if (len < 7 || strncasecmp(val, "Digest ", 7))
		return ENOTSUP;
	p += 7;
	while (param(&p, end, &n, &nlen, &v, &vlen)) {
		int err = challenge_param(&c, &known, n, nlen, v, vlen);

		if (err)
			return err;
	}

	if (!known)
		return ENOTSUP;
	if (!c.realm[0] || !c.nonce[0])
		return EBADMSG;
	if (a->realm[0] && a->alg >= c.alg)
		return 0;

	c.tried = a->nc && !strcmp(a->nonce, c.nonce);
	memcpy(c.user, a->user, sizeof(c.user));
	memcpy(c.password, a->password, sizeof(c.password));
	*a = c;
	return 0;
}


int auth_header(struct sbuf *sb, struct auth *a, const char *method, const char *uri,
		uint64_t cnonce)
{
	char ha1[HEX_MAX], ha2[HEX_MAX], resp[HEX_MAX], nc[9], cn[17];
	int err;

	if (!a->realm[0])
		return 0;

	(void)snprintf(nc, sizeof(nc), "%08x", ++a->nc);
	(void)snprintf(cn, sizeof(cn), "%016" PRIx64, cnonce);
	err = hash(ha1, a->alg, (const char *const[]){a->user, a->realm, a->password, NULL});
	if (!err)
		err = hash(ha2, a->alg, (const char *const[]){method, uri, NULL});
	if (!err)
		err = hash(resp, a->alg, a->qop ?
			   (const char *const[]){ha1, a->nonce, nc, cn, "auth", ha2, NULL} :
			   (const char *const[]){ha1, a->nonce, ha2, NULL});
	if (err)
		return err;

	sbuf_printf(sb, "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\","
		    " response=\"%s\", algorithm=%s", a->proxy ? "Proxy-Authorization" :
		    "Authorization", a->user, a->realm, a->nonce, uri, resp, algs[a->alg].name);
	if (a->opaque[0])
		sbuf_printf(sb, ", opaque=\"%s\"", a->opaque);
	if (a->qop)
		sbuf_printf(sb, ", qop=auth, nc=%s, cnonce=\"%s\"", nc, cn);
	sbuf_puts(sb, "\r\n");
	return sb->err;
}
