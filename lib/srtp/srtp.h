/**
 * SRTP and SRTCP (RFC 3711, RFC 7714) over OpenSSL's ciphers.
 *
 * One object holds one master key, so one direction: either it protects what
 * we send or it unprotects what we get. Nothing is allocated per packet.
 */
#ifndef VISAVIS_LIB_SRTP_SRTP_H
#define VISAVIS_LIB_SRTP_SRTP_H

#include <stddef.h>
#include <stdint.h>

enum srtp_suite {
	SRTP_AES_CM_128_HMAC_SHA1_80 = 0,
	SRTP_AEAD_AES_128_GCM,
	SRTP_NSUITES,
};

enum {
	SRTP_MAX_KEY = 30,	/**< master key and salt */
	SRTP_MAX_OVERHEAD = 20,	/**< bytes that protection adds, RTCP too */
	SRTP_MAX_SSRC = 64,	/**< sources under one master key */
	SRTP_REPLAY_WINDOW = 1024,	/**< packets */
};

struct srtp_suite_info {
	const char *name;	/**< as in RFC 4568 and RFC 7714 */
	size_t key_len;		/**< master key */
	size_t salt_len;	/**< master salt */
	size_t tag_len;
};

/** @return NULL for a number that is none */
const struct srtp_suite_info *srtp_suite_info(enum srtp_suite suite);
/** @return 0 or ENOTSUP */
int srtp_suite_find(enum srtp_suite *suite, const char *name);

struct srtp;

/**
 * @param key  master key, then master salt
 * @param len  exactly what the suite needs
 * @return 0, EINVAL, ENOMEM, EIO (the crypto library refused)
 */
int srtp_alloc(struct srtp **sp, enum srtp_suite suite, const uint8_t *key,
	       size_t len);
void srtp_free(struct srtp *s);

/**
 * Protect a packet in place; the tag is appended.
 * @param len  in: the packet; out: with tag
 * @param max  room at p
 * @return 0, EBADMSG not RTP, EOVERFLOW no room, ENOSPC too many sources,
 *         EKEYEXPIRED the key's packets are used up, EIO
 */
int srtp_protect(struct srtp *s, uint8_t *p, size_t *len, size_t max);

/**
 * Check and open a packet in place. On error p is garbage.
 * @return 0, EBADMSG not RTP or too short, EACCES authentication failed,
 *         EALREADY replayed or too old, ENOSPC, EKEYEXPIRED, EIO
 */
int srtp_unprotect(struct srtp *s, uint8_t *p, size_t *len);

/** The same for RTCP compounds. */
int srtcp_protect(struct srtp *s, uint8_t *p, size_t *len, size_t max);
int srtcp_unprotect(struct srtp *s, uint8_t *p, size_t *len);

/** Start a source at a rollover counter that is known from elsewhere
 *  (late joiner, tests). @return 0 or ENOSPC */
int srtp_set_roc(struct srtp *s, uint32_t ssrc, uint32_t roc);

#endif
