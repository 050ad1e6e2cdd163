/**
 * The wires of a sweep: sockets in every namespace, and the fence.
 */
#ifndef VISAVIS_LAB_SWEEP_NET_H
#define VISAVIS_LAB_SWEEP_NET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/proof/probe.h"
#include "lab/proof/ring.h"
#include "lab/proof/sweep.h"

enum { SWEEP_WORKERS_MAX = 4, SWEEP_IFACES_MAX = 64 };

/** A namespace: of a host or of a firewall. */
struct sweep_station {
	int nsfd;
	bool router;
	int raw[2];			/**< IPv4, IPv6; sending */
	struct ring ring[2];		/**< IPv4, IPv6; receiving */
	int fence[SWEEP_WORKERS_MAX];
	int ifaces[SWEEP_IFACES_MAX];
	size_t nifaces;
	bool silenced;			/**< our table is in place */
	bool busy;			/**< a worker has it */
};

struct sweep_net {
	struct sweep_station *st;	/**< hosts' first, then routers */
	size_t n;
	size_t *of_host;		/**< station of each host of the config */
	unsigned workers;
	uint32_t nonce;			/**< tells this sweep's packets */
	atomic_uint fence_id;
};

/** @return 0 or errno */
int sweep_net_open(struct sweep_net *net, struct arena *a,
		   const struct sweep_config *cfg, unsigned workers);
void sweep_net_close(struct sweep_net *net);

/**
 * Return when all that this thread sent before from `from` towards `to` has
 * arrived there or is lost. The caller stays on one processor: what it sends
 * is queued there in order.
 * @return 0 or ETIMEDOUT: nothing joins the two
 */
int sweep_net_fence(struct sweep_net *net, unsigned worker,
		    struct sweep_station *from, struct sweep_station *to);

/** Send up to SWEEP_BATCH probes. @return 0 or errno */
enum { SWEEP_BATCH = 256 };
int sweep_net_send(struct sweep_station *from, const struct probe *v, size_t n);

/** Forget the tracked connections of all firewalls. */
void sweep_net_flush(struct sweep_net *net);

#endif
