/**
 * Where users are: bindings of an address of record (a directory number) to
 * contacts, RFC 3261 section 10.3. Pure state: no clock, no disk.
 *
 * Changes are made in a batch: until location_commit() they can be taken
 * back with location_rollback(), so that memory never says what the disk
 * refused to hold. A binding is immutable; a change replaces it.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_LOCATION_H
#define VISAVIS_DAEMONS_CALLCONTROL_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/libre.h"

enum {
	LOCATION_CONTACTS = 10,		/**< contacts of one user */
	LOCATION_AOR_MAX = 64,		/**< bytes of a user's name */
};

/** mem_deref'd; strings are its own. */
struct binding {
	char *contact;		/**< URI as registered, without brackets */
	char *instance;		/**< +sip.instance, or NULL */
	char *path;		/**< Path header's value, or NULL; RFC 3327 */
	char *callid;
	char *agent;		/**< User-Agent, or NULL */
	uint32_t cseq;
	uint32_t regid;		/**< reg-id, RFC 5626; 0: none */
	uint16_t q;		/**< 0..1000 */
	enum sip_transp tp;
	struct sa src;		/**< where the registration came from */
	uint64_t expires;	/**< Unix time in seconds */
};

/** One user and what is bound. */
struct aor {
	struct le he;
	struct le le_dirty;
	char name[LOCATION_AOR_MAX];
	struct binding *v[LOCATION_CONTACTS];
	size_t n;
	struct binding *saved[LOCATION_CONTACTS];
	size_t nsaved;
	bool dirty;
};

struct location;

typedef void (location_h)(const struct aor *aor, const struct binding *b,
			  void *arg);

/** @param max  users */
int location_alloc(struct location **locp, uint32_t max);

struct binding *binding_alloc(void);

/**
 * Bind. A binding with the same contact, or the same instance and reg-id, is
 * replaced.
 * @param b  a reference is kept
 * @return 0; ENOSPC: too many contacts or users; EINVAL; ENOMEM
 */
int location_set(struct location *loc, const char *aor, struct binding *b);

/** @return the binding that location_set(b) would replace, or NULL */
struct binding *location_match(const struct location *loc, const char *aor,
			       const struct binding *b);

/** Take away one (all: contact NULL). @return 0 or ENOENT */
int location_remove(struct location *loc, const char *aor,
		    const char *contact);

/** Keep, or take back, what was changed since the last of either. */
void location_commit(struct location *loc);
void location_rollback(struct location *loc);

/** Live bindings, highest q first, newest first; borrowed.
 *  @return how many */
size_t location_get(const struct location *loc, const char *aor, uint64_t now,
		    struct binding *out[LOCATION_CONTACTS]);

const struct aor *location_find(const struct location *loc, const char *aor);

/**
 * Who registered this URI? Used to route within dialogs, also after a client
 * came back on another connection: an exact contact wins, then one with the
 * same user part whose client has the same address as the URI or came from
 * there.
 * @param exact  set: the contact is this very URI
 * @return a live binding, borrowed, or NULL
 */
struct binding *location_by_uri(const struct location *loc,
				const struct pl *uri, uint64_t now,
				bool *exact);

/** A live binding that came from this very address, or NULL. */
struct binding *location_by_src(const struct location *loc, enum sip_transp tp,
				const struct sa *src, uint64_t now);

/** Remove what has expired, in a batch of its own; h is told of each. */
void location_expire(struct location *loc, uint64_t now, location_h *h,
		     void *arg);

void location_apply(const struct location *loc, location_h *h, void *arg);

uint32_t location_count(const struct location *loc);	/**< bindings */

#endif
