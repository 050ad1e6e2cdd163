/** The responder's sockets: control on row A8-08, probes on row A8-09. */
#ifndef VISAVIS_DAEMONS_SLA_RESPOND_H
#define VISAVIS_DAEMONS_SLA_RESPOND_H

#include <jansson.h>

#include "lib/site/site.h"
#include "lib/sla/auth.h"

struct respond;

struct respond_config {
	const struct site *site;	/**< whose agents are known; NULL: all are strangers */
	const struct site_host *self;
	const struct sla_keys *keys;	/**< NULL: none; borrowed */
	unsigned duration_s;		/**< longest operation */
	unsigned ops;			/**< operations at once */
	bool v1;
};

/** Listen in libre's main loop. What fails is logged. @return 0 or errno */
int respond_alloc(struct respond **rp, const struct respond_config *cfg);	/* mem_deref */

/** Operations, counts. @return new reference or NULL */
json_t *respond_status(const struct respond *r);

#endif
