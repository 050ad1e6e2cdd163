/**
 * Is the request from whom it says? Digest authentication with nonces of our
 * own, counts used once, and a lock for sources that guess. Pure state.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_AUTH_H
#define VISAVIS_DAEMONS_CALLCONTROL_AUTH_H

#include "daemons/callcontrol/users.h"
#include "lib/base/sbuf.h"

enum auth_result {
	AUTH_OK = 0,
	AUTH_MISSING,		/**< challenge it */
	AUTH_STALE,		/**< right password, old nonce: challenge again */
	AUTH_REPLAY,		/**< the same credentials once more */
	AUTH_WRONG,		/**< unknown user or wrong password */
	AUTH_MALFORMED,
	AUTH_LOCKED,		/**< too many wrong ones from there */
};

/** Which challenges are sent; "both" asks for SHA-256 first. */
enum auth_offer { AUTH_BOTH = 0, AUTH_ONLY_MD5, AUTH_ONLY_SHA256 };

enum {
	AUTH_NONCE_LIFE = 300,		/**< seconds */
	AUTH_SEEN_MAX = 65536,		/**< nonces remembered */
	AUTH_WRONG_MAX = 10,		/**< wrong passwords a minute and source */
	AUTH_LOCK_TIME = 30,		/**< seconds */
};

struct auth;

/** @param key  secret; @param realm borrowed; @param users borrowed */
int auth_alloc(struct auth **ap, const char *realm, const struct users *users,
	       const uint8_t key[DIGEST_KEY], enum auth_offer offer);

/**
 * @param proxy  look at Proxy-Authorization, not Authorization
 * @param now    Unix seconds
 * @param userp  who it is; set with AUTH_OK
 */
enum auth_result auth_check(struct auth *a, const struct sip_msg *msg,
			    bool proxy, uint64_t now,
			    const struct user **userp);

/**
 * The challenge header lines.
 * @param single  this client gives up when it sees an algorithm that it does
 *                not know: offer MD5 alone
 */
int auth_challenge(struct auth *a, struct sbuf *sb, bool proxy, bool stale,
		   bool single, uint64_t now);

/** Does this client give up at a second challenge? By its User-Agent. */
bool auth_single(const struct sip_msg *msg);

/** Is this header line one of credentials for us? Not to be passed on. */
bool auth_is_ours(const struct auth *a, const struct sip_hdr *hdr);

const char *auth_result_text(enum auth_result r);

#endif
