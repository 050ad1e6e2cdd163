/**
 * Accepted connections: how many, from where, and which are still there.
 *
 * libre accepts by itself; the linker sends its accept(2) here. Connections
 * above the limits are closed at once; one that brings no whole message in
 * time is shut down.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_CONNS_H
#define VISAVIS_DAEMONS_CALLCONTROL_CONNS_H

#include "io/libre.h"

enum {
	CONNS_MAX = 4096,		/**< at once */
	CONNS_PER_SOURCE = 64,		/**< at once from one address */
	CONNS_FIRST_MESSAGE = 30,	/**< seconds to bring a message */
};

/** Is a connection from this address and port open? */
bool conns_alive(const struct sa *src);

/** A whole message came over it. */
void conns_message(const struct sa *src);

/** Shut those that brought nothing in time. @param now  monotonic ms */
void conns_sweep(uint64_t now_ms);

uint32_t conns_count(void);

#endif
