/** The agent's operations: those asked for over the control socket and those
 *  of the schedule, all within what the site lets it send. */
#ifndef VISAVIS_DAEMONS_SLA_PROBES_H
#define VISAVIS_DAEMONS_SLA_PROBES_H

#include <jansson.h>

#include "daemons/sla/agent.h"
#include "lib/base/sbuf.h"
#include "lib/site/site.h"

struct probes;

struct probes_config {
	const struct site *site;
	const struct site_host *self;
	const struct sla_keys *keys;	/**< borrowed */
	unsigned pps;			/**< of all operations together */
	unsigned duration_s;		/**< longest operation */
	const char *schedule;		/**< profile, or NULL: none */
	unsigned every_s;		/**< each path once */
	unsigned lasts_s;		/**< so long, where the profile does not say */
};

/** @return 0 or errno; EINVAL: the schedule cannot be kept, which is logged */
int probes_alloc(struct probes **pp, const struct probes_config *cfg);	/* mem_deref */

/** What somebody asks for. */
struct probe_request {
	const char *to;			/**< host of the site */
	const char *profile;
	const char *protocol;		/**< NULL: the responder's setting */
	int64_t duration_ns;
	int dscp;
	unsigned late_ms, wait_ms;
};

/** The run is over or has been given up. @param run  NULL: given up */
typedef void (probe_h)(const struct sla_run *run, void *arg);

struct probe;

/**
 * Start one.
 * @param prp  a borrowed handle for probe_cancel(), until h is called
 * @param why  filled on error
 * @return 0 or errno
 */
int probe_start(struct probe **prp, struct probes *p, const struct probe_request *req, probe_h *h,
		void *arg, char *why, size_t size);

/** Stop it; h is not called. */
void probe_cancel(struct probe *pr);

/** Running operations; of each path of the schedule the last result, and the
 *  sums since the program began. */
json_t *probes_status(const struct probes *p);

/** The same in Prometheus' text format; nothing before the first result.
 *  @return 0 or ENOMEM */
int probes_metrics(struct sbuf *sb, const struct probes *p);

#endif
