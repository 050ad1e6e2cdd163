/**
 * The forwarder at work: two links, a model, and the clock.
 */
#ifndef VISAVIS_LAB_IMPAIR_FORWARD_H
#define VISAVIS_LAB_IMPAIR_FORWARD_H

#include "lab/impair/hold.h"
#include "lab/impair/link.h"
#include "lab/impair/record.h"

enum { FORWARD_BYTES_MAX = 128 << 20 };	/**< that wait at once */

struct forward;

struct forward_config {
	const char *near, *far;	/**< interfaces; forward is near to far */
	const struct impair_rules *rules;
	size_t records;		/**< as record_alloc() */
	size_t hold;		/**< frames that wait at once */
	unsigned spin_us;	/**< how long before a time to look at the clock
				  instead of sleeping */
	unsigned seconds;	/**< it ends by itself */
	bool ordinary;		/**< do not ask for the scheduler's favour */
};

/** Open all. What goes wrong is said on stderr. @return 0 or errno */
int forward_alloc(struct forward **fp, const struct forward_config *c);
void forward_free(struct forward *f);

/** Until the time is over, or SIGINT or SIGTERM. @return 0 or errno */
int forward_run(struct forward *f);

const struct record *forward_record(const struct forward *f);
uint64_t forward_missed(const struct forward *f);

#endif
