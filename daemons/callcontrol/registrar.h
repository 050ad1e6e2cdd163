/**
 * REGISTER: what a request asks to bind, and the answer (RFC 3261 section
 * 10.3, RFC 3327, RFC 5626). Pure: changes go to struct location and, by the
 * handler, to the disk.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_REGISTRAR_H
#define VISAVIS_DAEMONS_CALLCONTROL_REGISTRAR_H

#include "daemons/callcontrol/location.h"
#include "lib/base/sbuf.h"

struct registrar_limits {
	uint32_t min_expires;		/**< seconds; shorter gets 423 */
	uint32_t max_expires;		/**< longer is cut */
	uint32_t max_expires_stream;	/**< the same over TCP and TLS */
	uint32_t default_expires;
};

/** Told of each change: b to be stored, or, b NULL, contact (NULL: all) to
 *  be removed. @return 0 or errno: the request fails with 500 */
typedef int (registrar_store_h)(const char *aor, const struct binding *b,
				const char *contact, void *arg);

/** The answer. */
struct registrar_reply {
	uint16_t code;
	const char *reason;
	uint32_t expires;	/**< longest granted in this request; 0: removed */
	bool changed;		/**< something was bound or removed */
};

/**
 * Do what the request says, for an authenticated user. The caller ends the
 * batch with location_commit() or location_rollback().
 * @param now  Unix seconds
 */
void registrar_apply(struct registrar_reply *rep, struct location *loc,
		     const char *aor, const struct sip_msg *msg, uint64_t now,
		     const struct registrar_limits *lim,
		     registrar_store_h *h, void *arg);

/** The header lines of the answer: Contact of all bindings, Path, or
 *  Min-Expires. */
void registrar_headers(struct sbuf *sb, const struct registrar_reply *rep,
		       const struct location *loc, const char *aor,
		       const struct sip_msg *msg, uint64_t now,
		       const struct registrar_limits *lim);

#endif
