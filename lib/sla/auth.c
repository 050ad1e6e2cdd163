#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/sla/auth.h"

enum { SECRET_MIN = 8, LINE_WORDS = 3 };

struct word {
	const char *p;
	size_t n;
};


static size_t words(struct word v[LINE_WORDS], const char *p, const char *end)
{
	size_t n = 0;

	while (p < end) {
		const char *w = p;

		while (p < end && *p != ' ' && *p != '\t' && *p != '\r')
			p++;
		if (p > w && n == LINE_WORDS)
			return n + 1;
		if (p > w)
			v[n++] = (struct word){w, (size_t)(p - w)};
		while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
			p++;
	}
	return n;
}


static bool is_word(const struct word *w, const char *s)
{
	return w->n == strlen(s) && !memcmp(w->p, s, w->n);
}


static bool id_read(uint16_t *id, const struct word *w)
{
	unsigned v = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->p[i] < '0' || w->p[i] > '9' || v > UINT16_MAX)
			return false;
		v = v * 10 + (unsigned)(w->p[i] - '0');
	}
	*id = (uint16_t)v;
	return v <= UINT16_MAX;
}


/* @return what is wrong with the line, or NULL */
static const char *key_read(struct sla_key *key, const struct word *v, size_t n)
{
	if (n != LINE_WORDS)
		return "write ID MODE SECRET, with blanks between and none in the secret";
	if (!id_read(&key->id, &v[0]))
		return "the key's number goes from 0 to 65535";
	if (is_word(&v[1], "hmac-sha-256"))
		key->mode = SLA_AUTH_HMAC;
	else if (is_word(&v[1], "sha256"))
		key->mode = SLA_AUTH_SHA256;
	else
		return "the mode is hmac-sha-256 or sha256";
	if (v[2].n < SECRET_MIN || v[2].n > SLA_SECRET_MAX)
		return "a secret has 8 to 64 characters";
	memcpy(key->secret, v[2].p, v[2].n);
	key->len = v[2].n;
	return NULL;
}


static void line_read(struct sla_keys *k, const char *p, const char *end,
		      struct diag_pos pos, struct diag_list *dl)
{
	struct word v[LINE_WORDS];
	struct sla_key key = {0};
	size_t n = words(v, p, end);
	const char *why;

	if (!n || v[0].p[0] == '#')
		return;
	why = key_read(&key, v, n);
	if (!why && sla_key_find(k, key.id))
		why = "this key's number stands on an earlier line";
	if (!why && k->n == SLA_KEYS_MAX)
		why = "more than 64 keys";
	if (why)
		diag_error(dl, pos, "%s", why);
	else
		k->v[k->n++] = key;
}


int sla_keys_parse(struct sla_keys *k, const char *text, size_t len, const char *name,
		   struct diag_list *dl)
{
	struct diag_pos pos = {.file = name, .line = 0, .col = 1};
	const char *p = text, *end = text + len;
	size_t errors = dl->errors;

	memset(k, 0, sizeof(*k));
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		pos.line++;
		line_read(k, p, nl ? nl : end, pos, dl);
		p = nl ? nl + 1 : end;
	}
	return dl->errors > errors ? EBADMSG : 0;
}


const struct sla_key *sla_key_find(const struct sla_keys *k, uint16_t id)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].id == id)
			return &k->v[i];
	return NULL;
}


/* Over the message with its digest field zero; SHA256 has the secret before it. */
static int digest_make(uint8_t digest[SLA_V2_DIGEST], const uint8_t *p, size_t n, size_t at,
		       const struct sla_key *key)
{
	uint8_t buf[SLA_SECRET_MAX + SLA_V2_CONTROL_MAX];
	bool plain = key->mode == SLA_AUTH_SHA256;
	size_t before = plain ? key->len : 0;
	unsigned len = SLA_V2_DIGEST;
	bool ok;

	if (n > SLA_V2_CONTROL_MAX || at > n || n - at < SLA_V2_DIGEST)
		return EOVERFLOW;
	memcpy(buf, key->secret, before);
	memcpy(buf + before, p, n);
	memset(buf + before + at, 0, SLA_V2_DIGEST);
	ok = plain ? EVP_Digest(buf, before + n, digest, &len, EVP_sha256(), NULL) == 1 :
		HMAC(EVP_sha256(), key->secret, (int)key->len, buf, n, digest, &len) != NULL;
	OPENSSL_cleanse(buf, before);
	return ok ? 0 : EIO;
}


int sla_auth_sign(uint8_t *p, size_t n, size_t at, const struct sla_key *key)
{
	uint8_t digest[SLA_V2_DIGEST];
	int err = digest_make(digest, p, n, at, key);

	if (!err)
		memcpy(p + at, digest, sizeof(digest));
	return err;
}


int sla_auth_verify(const uint8_t *p, size_t n, size_t at, const struct sla_key *key)
{
	uint8_t digest[SLA_V2_DIGEST];
	int err = digest_make(digest, p, n, at, key);

	if (err)
		return err;
	return CRYPTO_memcmp(digest, p + at, sizeof(digest)) ? EACCES : 0;
}


int sla_replay_check(struct sla_replay *r, const uint8_t digest[SLA_V2_DIGEST],
		     int64_t sent_ns, int64_t now_ns)
{
	struct sla_replay_entry *e = &r->v[r->next];

	if (sent_ns < now_ns - r->window_ns || sent_ns > now_ns + r->window_ns || sent_ns < r->since_ns)
		return ESTALE;
	for (size_t i = 0; i < SLA_REPLAYS; i++)
		if (r->v[i].until_ns && !memcmp(r->v[i].digest, digest, SLA_V2_DIGEST))
			return EALREADY;
	/* later than any new one: from before the clock was set back */
	if (e->until_ns > now_ns && e->until_ns <= now_ns + 2 * r->window_ns + 1)
		return EBUSY;
	memcpy(e->digest, digest, SLA_V2_DIGEST);
	/* after this its own time is out of the window */
	e->until_ns = sent_ns + r->window_ns + 1;
	r->next = (r->next + 1) % SLA_REPLAYS;
	return 0;
}
