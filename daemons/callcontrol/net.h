/**
 * Call control on the network: libre's stack with our listeners, the queue of
 * registrations on their way to the disk, timers.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_NET_H
#define VISAVIS_DAEMONS_CALLCONTROL_NET_H

#include "daemons/callcontrol/calls.h"
#include "daemons/callcontrol/core.h"
#include "daemons/callcontrol/db.h"
#include "lib/site/site.h"

struct net;

struct net_config {
	const struct site *site;
	const struct site_host *self;
	struct core *core;	/**< addresses and handlers are filled in */
	struct db *db;
	struct calls *calls;
	const char *cert;	/**< PEM, when the site is secure */
	const char *ca;
};

struct net_stats {
	uint64_t requests;
	uint64_t registered;	/**< REGISTERs answered 200 */
	uint64_t refused;	/**< wrong passwords and replays */
	uint64_t store_errors;	/**< batches that the disk refused */
	uint64_t replies;	/**< error answers of our own */
};

/** Open the rows' transports and start. @return 0 or errno, logged */
int net_alloc(struct net **np, const struct net_config *cfg);

const struct net_stats *net_stats(const struct net *n);

#endif
