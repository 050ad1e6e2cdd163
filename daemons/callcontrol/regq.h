/**
 * Registrations on their way to the disk: those that arrive within a few
 * milliseconds share one transaction, and each is answered when it is stored.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_REGQ_H
#define VISAVIS_DAEMONS_CALLCONTROL_REGQ_H

#include "daemons/callcontrol/net.h"

enum {
	REGQ_DELAY_MS = 5,	/**< how long the first one waits for others */
	REGQ_BATCH = 256,	/**< with so many it does not wait */
};

struct regq;

int regq_alloc(struct regq **qp, struct sip *sip, struct core *core,
	       struct db *db, struct net_stats *stats);

/** An authenticated REGISTER; it is answered later. */
void regq_add(struct regq *q, const struct sip_msg *msg, const char *aor);

#endif
