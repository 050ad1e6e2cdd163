/**
 * One operation of the agent: asks the responder for a port for each stream,
 * sends the packets of a schedule, stamps what leaves and what comes back,
 * and hands over the samples. It ends by itself, whatever the far side does.
 */
#ifndef VISAVIS_DAEMONS_SLA_AGENT_H
#define VISAVIS_DAEMONS_SLA_AGENT_H

#include "io/libre.h"
#include "lib/sla/auth.h"
#include "lib/sla/profile.h"
#include "lib/sla/sample.h"

/** What is spoken; chosen by who asks, never guessed. */
enum agent_protocol {
	AGENT_V2,		/**< RFC 6812 with our report of DSCP and clock */
	AGENT_V2_PLAIN,		/**< RFC 6812 and nothing else */
	AGENT_V1_US,		/**< IOS, microseconds */
	AGENT_V1_MS,		/**< IOS, milliseconds */
	AGENT_V1_ECHO,		/**< IOS, UDP echo: round trip alone */
};

/** Words for these, in their order; ends with NULL. */
extern const char *const agent_protocols[];

struct agent;

struct agent_config {
	const char *from, *to;		/**< names of the ends, copied */
	struct sa peer;			/**< of the responder; its port is set from the row */
	enum agent_protocol protocol;
	const struct sla_key *key;	/**< NULL: not authenticated; copied */
	const char *profile;		/**< names with "+" between, copied */
	int64_t duration_ns;		/**< 0: as the profile says */
	int dscp;			/**< instead of the profile's; -1: the profile's */
	int64_t late_ns;		/**< 0: nothing is late */
	unsigned wait_ms;		/**< for the last answers */
	unsigned retry_ms, tries;	/**< of control requests */
	uint64_t pps_max;		/**< refuse a schedule that sends more */
	int64_t duration_max_ns;
};

/** It is over: agent_run() has it all. The agent may be dereferenced here. */
typedef void (agent_h)(struct agent *a, void *arg);

/**
 * Start.
 * @param why  filled on error, one line that says what to do
 * @return 0; EINVAL, ENOENT, EOVERFLOW: the request is wrong or above the
 *         limits; ENOMEM or errno of sockets
 */
int agent_alloc(struct agent **ap, const struct agent_config *cfg, agent_h *h, void *arg,
		char *why, size_t size);	/* mem_deref */

/** What was seen; while it runs, until now. */
const struct sla_run *agent_run(const struct agent *a);

/** Packets a second that it sends. */
unsigned agent_pps(const struct agent *a);

/** Stop now; the handler is called. */
void agent_stop(struct agent *a);

#endif
