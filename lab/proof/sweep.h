/**
 * Tightness: does exactly that pass which the matrix says?
 *
 * From every host to every other across the firewalls, every TCP and UDP
 * port is tried with the first packet of a flow, and every ICMP type; from
 * every source port where the matrix distinguishes them; and with the
 * addresses of other hosts, of which nothing may pass. What arrives is
 * compared with what the needs allow.
 *
 * A slow machine gives no false alarm: every batch is followed by a fence,
 * a frame that queues behind it all the way, and what differs is tried again
 * alone before it counts.
 */
#ifndef VISAVIS_LAB_SWEEP_H
#define VISAVIS_LAB_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/policy/model/need.h"

/** One address of one host. */
struct sweep_host {
	const char *name;
	int nsfd;		/**< its namespace; the same for all its addresses */
	struct ip_addr addr;
	size_t segment;		/**< two of one segment do not cross a firewall */
};

struct sweep_router {
	const char *name;
	int nsfd;
};

struct sweep_config {
	const struct need_list *needs;
	const bool *expected;	/**< [needs->n] true: the need's packets pass
				  only when a helper waits for them, so not
				  in a sweep; NULL: none */
	const struct sweep_host *hosts;
	size_t nhosts;
	const struct sweep_router *routers;
	size_t nrouters;
	unsigned workers;	/**< 0: one per processor, at most 4 */
	bool quick;		/**< only edges, ICMP and false sources */
	int (*progress_h)(unsigned percent, void *arg);  /**< or NULL; called
				  from the thread that called sweep_run(); what
				  it returns, if not 0, ends the sweep */
	void *arg;
};

enum sweep_kind {
	SWEEP_DPORTS = 0,	/**< every destination port from one source port */
	SWEEP_SPORTS,		/**< every source port to one destination port */
	SWEEP_EDGES,		/**< the ports where the matrix changes, crossed */
	SWEEP_ICMP,		/**< every type */
	SWEEP_SPOOF,		/**< what `as` may send, sent by `from` */
	SWEEP_KINDS
};

const char *sweep_kind_name(enum sweep_kind k);

enum { SWEEP_FINDINGS_MAX = 32 };

/** Ports that differ: one fixed end, a range at the other. */
struct sweep_finding {
	bool extra;		/**< passed and must not; else the opposite */
	uint16_t sport_lo, sport_hi;
	uint16_t dport_lo, dport_hi;	/**< ICMP: type */
};

/** One part of the sweep. */
struct sweep_part {
	size_t from, to, as;	/**< into hosts; as == from unless SPOOF */
	enum flow_transport transport;
	enum sweep_kind kind;
	uint16_t fixed;		/**< the port that does not change, or 0 */
	uint32_t probes;
	uint32_t expected;	/**< how many should pass */
	uint32_t passed;
	uint32_t missing;
	uint32_t extra;
	uint32_t retries;	/**< probes sent again */
	struct sweep_finding *findings;
	size_t nfindings;
	int err;		/**< no answer from the fence: cannot tell */
};

struct sweep_result {
	struct sweep_part *parts;
	size_t nparts;
	uint64_t probes;
	uint64_t missing;
	uint64_t extra;
	size_t failed;		/**< parts with err */
	double seconds;
};

/**
 * Run it. The hosts must be silent: their programs stopped. Their own
 * answers are suppressed while it runs, by a table that is taken away again.
 *
 * @param r  filled; lives in `a`
 * @return 0 (see r for what was found), errno of setting it up, or what
 *         progress_h returned
 */
int sweep_run(struct sweep_result *r, struct arena *a,
	      const struct sweep_config *cfg);

#endif
