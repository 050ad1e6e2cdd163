/**
 * Who may ask for a measurement: shared secrets by number (RFC 6812 sections
 * 3.1.1.2.1, 4 and 7.1), and what has been asked before.
 */
#ifndef VISAVIS_LIB_SLA_AUTH_H
#define VISAVIS_LIB_SLA_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/diag.h"
#include "lib/sla/wire_v2.h"

enum { SLA_SECRET_MAX = 64, SLA_KEYS_MAX = 64, SLA_KEYS_TEXT = 16384 };

struct sla_key {
	uint16_t id;
	uint8_t mode;		/**< SLA_AUTH_SHA256 or SLA_AUTH_HMAC: this and no other */
	uint8_t secret[SLA_SECRET_MAX];
	size_t len;
};

struct sla_keys {
	struct sla_key v[SLA_KEYS_MAX];
	size_t n;
};

/**
 * Read a key file: lines "ID MODE SECRET" with MODE hmac-sha-256 or sha256,
 * an ID from 0 to 65535 once, a SECRET of 8 to 64 characters without blanks;
 * "#" begins a comment line.
 * @param name  for messages
 * @return 0; EBADMSG: dl got every mistake; ENOMEM
 */
int sla_keys_parse(struct sla_keys *k, const char *text, size_t len, const char *name,
		   struct diag_list *dl);

const struct sla_key *sla_key_find(const struct sla_keys *k, uint16_t id);

/**
 * Put the digest into a message whose digest field is zero.
 * @param at  of the field
 * @return 0, EOVERFLOW, EIO: the library failed
 */
int sla_auth_sign(uint8_t *p, size_t n, size_t at, const struct sla_key *key);

/** Takes the time it takes, whatever differs. @return 0, EACCES, EIO */
int sla_auth_verify(const uint8_t *p, size_t n, size_t at, const struct sla_key *key);

enum { SLA_REPLAYS = 4096 };

/** Digests of the requests that were taken while they are young enough to be
 *  taken again. */
struct sla_replay {
	struct sla_replay_entry {
		uint8_t digest[SLA_V2_DIGEST];
		int64_t until_ns;
	} v[SLA_REPLAYS];
	int64_t window_ns;	/**< given: how far a sender's clock may be off */
	int64_t since_ns;	/**< given: what was sent before is not taken, for nobody
				     remembers it; 0: all is */
	size_t next;
};

/**
 * May an authentic request be taken?
 * @param sent_ns  its own time; now_ns ours, both UTC
 * @return 0: it is new, and remembered; EALREADY: it was seen; ESTALE: its
 *         time is too far from ours or before since_ns; EBUSY: too many are remembered
 */
int sla_replay_check(struct sla_replay *r, const uint8_t digest[SLA_V2_DIGEST],
		     int64_t sent_ns, int64_t now_ns);

#endif
