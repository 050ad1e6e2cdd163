#include "lib/srtp/srtp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/bytes.h"
#include "lib/rtp/rtp.h"
#include "lib/srtp/cipher.h"

enum {
	WORDS = SRTP_REPLAY_WINDOW / 64,
	RTCP_CLEAR = 8,			/* header and SSRC stay readable */
	RTCP_INDEX_SIZE = 4,
};

#define RTCP_E 0x80000000u
#define RTCP_INDEX_MAX 0x7fffffffu

/* Packets seen: bit (index % window) of those within the window below top. */
struct replay {
	bool started;
	uint64_t top;
	uint64_t bits[WORDS];
};

struct source {
	uint32_t ssrc;
	struct replay rtp;	/* top is ROC and s_l of RFC 3711 3.3.1 */
	struct replay rtcp;
	uint32_t rtcp_next;	/* sending: index of the next one */
};

struct srtp {
	enum srtp_suite suite;
	struct srtp_cipher rtp;
	struct srtp_cipher rtcp;
	struct source v[SRTP_MAX_SSRC];
	size_t n;
	size_t last;		/* where the last packet's source stands */
};

static const struct srtp_suite_info suites[SRTP_NSUITES] = {
	[SRTP_AES_CM_128_HMAC_SHA1_80] = {
		"AES_CM_128_HMAC_SHA1_80", 16, 14, SRTP_CM_TAG,
	},
	[SRTP_AEAD_AES_128_GCM] = {
		"AEAD_AES_128_GCM", 16, 12, SRTP_GCM_TAG,
	},
};

const struct srtp_suite_info *srtp_suite_info(enum srtp_suite suite)
{
	return (unsigned)suite < SRTP_NSUITES ? &suites[suite] : NULL;
}


int srtp_suite_find(enum srtp_suite *suite, const char *name)
{
	for (unsigned i = 0; i < SRTP_NSUITES; i++) {
		if (!strcmp(suites[i].name, name)) {
			*suite = (enum srtp_suite)i;
			return 0;
		}
	}
	return ENOTSUP;
}


int srtp_alloc(struct srtp **sp, enum srtp_suite suite, const uint8_t *key,
	       size_t len)
{
	const struct srtp_suite_info *info = srtp_suite_info(suite);
	uint8_t salt[SRTP_SALT_SIZE] = { 0 };
	struct srtp *s;
	int err;

	if (!info || len != info->key_len + info->salt_len)
		return EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ENOMEM;
	s->suite = suite;
	memcpy(salt, key + info->key_len, info->salt_len);
	err = srtp_cipher_init(&s->rtp, suite, key, salt, 0);
	if (!err)
		err = srtp_cipher_init(&s->rtcp, suite, key, salt, 3);
	OPENSSL_cleanse(salt, sizeof(salt));
	if (err)
		srtp_free(s);
	else
		*sp = s;
	return err;
}


void srtp_free(struct srtp *s)
{
	if (!s)
		return;
	srtp_cipher_free(&s->rtp);
	srtp_cipher_free(&s->rtcp);
	free(s);
}


static struct source *source_find(struct srtp *s, uint32_t ssrc)
{
	if (s->last < s->n && s->v[s->last].ssrc == ssrc)
		return &s->v[s->last];
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].ssrc == ssrc) {
			s->last = i;
			return &s->v[i];
		}
	}
	return NULL;
}


/* A source is made only for packets that proved authentic, so that forged
 * ones cannot fill the table. */
static struct source *source_make(struct srtp *s, uint32_t ssrc)
{
	struct source *src = source_find(s, ssrc);

	if (src || s->n == SRTP_MAX_SSRC)
		return src;
	src = &s->v[s->n++];
	memset(src, 0, sizeof(*src));
	src->ssrc = ssrc;
	return src;
}


int srtp_set_roc(struct srtp *s, uint32_t ssrc, uint32_t roc)
{
	struct source *src = source_make(s, ssrc);

	if (!src)
		return ENOSPC;
	memset(&src->rtp, 0, sizeof(src->rtp));
	src->rtp.top = (uint64_t)roc << 16;
	return 0;
}


/* RFC 3711 appendix A. Before the first packet its own number is s_l.
 * @return 0 or EKEYEXPIRED */
static int index_guess(const struct replay *r, uint16_t seq, uint64_t *index)
{
	uint32_t roc = r ? (uint32_t)(r->top >> 16) : 0;
	uint16_t top = r && r->started ? (uint16_t)r->top : seq;
	uint64_t v = roc;

	if (top < 32768) {
		if (seq - top > 32768)
			v = roc ? roc - 1 : UINT32_MAX;
	}
	else if (top - 32768 > seq) {
		v = (uint64_t)roc + 1;
	}
	*index = v << 16 | seq;
	return v > UINT32_MAX ? EKEYEXPIRED : 0;
}


static int replay_check(const struct replay *r, uint64_t index)
{
	if (!r || !r->started || index > r->top)
		return 0;
	if (r->top - index >= SRTP_REPLAY_WINDOW)
		return EALREADY;
	return r->bits[index / 64 % WORDS] >> (index % 64) & 1 ? EALREADY : 0;
}


static void replay_clear(struct replay *r, uint64_t from, uint64_t to)
{
	if (to - from >= SRTP_REPLAY_WINDOW) {
		memset(r->bits, 0, sizeof(r->bits));
		return;
	}
	for (uint64_t i = from; i <= to; i++)
		r->bits[i / 64 % WORDS] &= ~((uint64_t)1 << (i % 64));
}


static void replay_add(struct replay *r, uint64_t index)
{
	if (!r->started || index > r->top) {
		if (r->started)
			replay_clear(r, r->top + 1, index);
		r->started = true;
		r->top = index;
	}
	r->bits[index / 64 % WORDS] |= (uint64_t)1 << (index % 64);
}


static int rtp_seal(struct srtp *s, uint64_t index,
		    const struct rtp_header *h, size_t clear, uint8_t *p,
		    size_t len)
{
	struct srtp_aad aad = { .p = p, .len = clear };
	uint8_t roc[4], iv[12];
	int err;

	if (s->suite == SRTP_AEAD_AES_128_GCM) {
		srtp_gcm_iv(&s->rtp, h->ssrc, index, iv);
		return srtp_gcm_seal(&s->rtp, iv, &aad, p + clear,
				     len - clear, p + len);
	}
	err = srtp_cm_crypt(&s->rtp, h->ssrc, index, p + clear, len - clear);
	if (err)
		return err;
	put32(roc, (uint32_t)(index >> 16));
	return srtp_cm_tag(&s->rtp, p, len, roc, p + len);
}


int srtp_protect(struct srtp *s, uint8_t *p, size_t *len, size_t max)
{
	size_t tag = suites[s->suite].tag_len, clear;
	struct rtp_header h;
	struct source *src;
	uint64_t index;
	int err;

	if (rtp_header_parse(&h, &clear, p, *len))
		return EBADMSG;
	if (max < tag || max - tag < *len)
		return EOVERFLOW;
	src = source_make(s, h.ssrc);
	if (!src)
		return ENOSPC;
	err = index_guess(&src->rtp, h.seq, &index);
	if (!err)	/* the same index twice would give the key stream away */
		err = replay_check(&src->rtp, index);
	if (!err)
		err = rtp_seal(s, index, &h, clear, p, *len);
	if (err)
		return err;
	replay_add(&src->rtp, index);
	*len += tag;
	return 0;
}


static int rtp_open(struct srtp *s, uint64_t index,
		    const struct rtp_header *h, size_t clear, uint8_t *p,
		    size_t len)
{
	struct srtp_aad aad = { .p = p, .len = clear };
	uint8_t roc[4], iv[12], tag[SRTP_CM_TAG];
	int err;

	if (s->suite == SRTP_AEAD_AES_128_GCM) {
		srtp_gcm_iv(&s->rtp, h->ssrc, index, iv);
		return srtp_gcm_open(&s->rtp, iv, &aad, p + clear,
				     len - clear, p + len);
	}
	put32(roc, (uint32_t)(index >> 16));
	err = srtp_cm_tag(&s->rtp, p, len, roc, tag);
	if (err)
		return err;
	if (CRYPTO_memcmp(tag, p + len, sizeof(tag)))
		return EACCES;
	return srtp_cm_crypt(&s->rtp, h->ssrc, index, p + clear, len - clear);
}


int srtp_unprotect(struct srtp *s, uint8_t *p, size_t *len)
{
	size_t tag = suites[s->suite].tag_len, n, clear;
	struct rtp_header h;
	struct source *src;
	uint64_t index;
	int err;

	if (*len < tag || rtp_header_parse(&h, &clear, p, *len - tag))
		return EBADMSG;
	n = *len - tag;
	src = source_find(s, h.ssrc);
	err = index_guess(src ? &src->rtp : NULL, h.seq, &index);
	if (!err)
		err = replay_check(src ? &src->rtp : NULL, index);
	if (!err)
		err = rtp_open(s, index, &h, clear, p, n);
	if (err)
		return err;
	src = source_make(s, h.ssrc);
	if (!src)
		return ENOSPC;
	replay_add(&src->rtp, index);
	*len = n;
	return 0;
}


static int rtcp_seal(struct srtp *s, uint32_t index, uint8_t *p, size_t len)
{
	struct srtp_aad aad = { .p = p, .len = RTCP_CLEAR };
	uint32_t ssrc = get32(p + 4);
	uint8_t word[RTCP_INDEX_SIZE], iv[12];
	int err;

	put32(word, RTCP_E | index);
	if (s->suite == SRTP_AEAD_AES_128_GCM) {
		aad.more = word;
		srtp_gcm_iv(&s->rtcp, ssrc, index, iv);
		memcpy(p + len + SRTP_GCM_TAG, word, sizeof(word));
		return srtp_gcm_seal(&s->rtcp, iv, &aad, p + RTCP_CLEAR,
				     len - RTCP_CLEAR, p + len);
	}
	err = srtp_cm_crypt(&s->rtcp, ssrc, index, p + RTCP_CLEAR,
			    len - RTCP_CLEAR);
	if (err)
		return err;
	memcpy(p + len, word, sizeof(word));
	return srtp_cm_tag(&s->rtcp, p, len + sizeof(word), NULL,
			   p + len + sizeof(word));
}


int srtcp_protect(struct srtp *s, uint8_t *p, size_t *len, size_t max)
{
	size_t more = suites[s->suite].tag_len + RTCP_INDEX_SIZE;
	struct source *src;
	int err;

	if (*len < RTCP_CLEAR || p[0] >> 6 != 2)
		return EBADMSG;
	if (max < more || max - more < *len)
		return EOVERFLOW;
	src = source_make(s, get32(p + 4));
	if (!src)
		return ENOSPC;
	if (src->rtcp_next > RTCP_INDEX_MAX)
		return EKEYEXPIRED;
	err = rtcp_seal(s, src->rtcp_next, p, *len);
	if (err)
		return err;
	src->rtcp_next++;
	*len += more;
	return 0;
}


/* n is the plain packet's length, the word and the tag follow it in the
 * order of the suite. */
static int rtcp_open(struct srtp *s, uint32_t word, uint8_t *p, size_t n)
{
	struct srtp_aad aad = { .p = p, .len = RTCP_CLEAR };
	uint32_t ssrc = get32(p + 4), index = word & RTCP_INDEX_MAX;
	uint8_t iv[12], tag[SRTP_CM_TAG];
	int err;

	if (s->suite == SRTP_AEAD_AES_128_GCM) {
		aad.more = p + n + SRTP_GCM_TAG;
		srtp_gcm_iv(&s->rtcp, ssrc, index, iv);
		return srtp_gcm_open(&s->rtcp, iv, &aad, p + RTCP_CLEAR,
				     n - RTCP_CLEAR, p + n);
	}
	err = srtp_cm_tag(&s->rtcp, p, n + RTCP_INDEX_SIZE, NULL, tag);
	if (err)
		return err;
	if (CRYPTO_memcmp(tag, p + n + RTCP_INDEX_SIZE, sizeof(tag)))
		return EACCES;
	return srtp_cm_crypt(&s->rtcp, ssrc, index, p + RTCP_CLEAR,
			     n - RTCP_CLEAR);
}


int srtcp_unprotect(struct srtp *s, uint8_t *p, size_t *len)
{
	size_t more = suites[s->suite].tag_len + RTCP_INDEX_SIZE, n;
	struct source *src;
	uint32_t word, ssrc;
	int err;

	if (*len < RTCP_CLEAR + more || p[0] >> 6 != 2)
		return EBADMSG;
	n = *len - more;
	ssrc = get32(p + 4);
	word = get32(s->suite == SRTP_AEAD_AES_128_GCM ?
		     p + n + SRTP_GCM_TAG : p + n);
	if (!(word & RTCP_E))		/* never agreed on (RFC 4568 6.3.2) */
		return EBADMSG;
	src = source_find(s, ssrc);
	err = replay_check(src ? &src->rtcp : NULL, word & RTCP_INDEX_MAX);
	if (!err)
		err = rtcp_open(s, word, p, n);
	if (err)
		return err;
	src = source_make(s, ssrc);
	if (!src)
		return ENOSPC;
	replay_add(&src->rtcp, word & RTCP_INDEX_MAX);
	*len = n;
	return 0;
}
