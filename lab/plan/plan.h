/**
 * The plan of a lab: which namespaces, links, addresses and routes a site
 * becomes. Pure: nothing here touches the system.
 *
 * Every host and every firewall is a node. Networks that a firewall sees
 * behind one interface share a segment (a bridge; with two members only, a
 * plain veth pair). Firewalls take the lowest free address of each prefix.
 */
#ifndef VISAVIS_LAB_PLAN_H
#define VISAVIS_LAB_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/ip.h"
#include "lib/base/sbuf.h"
#include "lib/site/site.h"

/** Limits of one machine, reported as errors of the site. */
enum {
	PLAN_NODES_MAX = 512,
	PLAN_ADDRS_MAX = 64,	/**< addresses of one interface */
	PLAN_IFNAME_MAX = 15,	/**< the kernel's */
};

/** Names of the two halves of node i's link, where it is impaired: at its
 *  own side and at the network's. */
#define PLAN_NEAR "w%zu-near"
#define PLAN_FAR "w%zu-far"

/** An address on an interface, with the length of its network. */
struct plan_addr {
	struct ip_addr addr;
	uint8_t len;
	const struct site_network *network;
};

struct plan_iface {
	const char *name;		/**< "eth0", or the firewall's own name */
	size_t segment;			/**< index into plan.segments */
	struct plan_addr *addrs;
	size_t naddrs;
};

struct plan_route {
	struct ip_prefix dst;		/**< length 0: default */
	struct ip_addr via;		/**< family 0: on the link itself */
	size_t iface;			/**< index into the node's ifaces */
};

struct plan_node {
	const char *name;
	const struct site_host *host;		/**< or NULL */
	const struct site_firewall *firewall;	/**< or NULL */
	struct plan_iface *ifaces;
	size_t nifaces;
	struct plan_route *routes;
	size_t nroutes;
	bool ipv6;			/**< has an IPv6 address */
	bool impaired;			/**< its link is in two halves; set by the lab */
};

/** Networks on one link layer. */
struct plan_segment {
	const char *bridge;		/**< "br0"; NULL: a plain veth pair */
	const struct site_network **networks;
	size_t nnetworks;
	size_t nmembers;		/**< interfaces on it */
};

struct plan {
	const struct site *site;
	struct plan_node *nodes;	/**< hosts as in the site, then firewalls */
	size_t nnodes;
	struct plan_segment *segments;
	size_t nsegments;
};

/**
 * Lay out a site.
 *
 * @param p   filled; all it points to lives in `a`; the site is borrowed
 * @param dl  what cannot be built on one machine, as errors with their place
 * @return 0; EBADMSG when dl got an error; ENOMEM
 */
int plan_make(struct plan *p, struct arena *a, const struct site *s,
	      struct diag_list *dl);

/** Fill the nodes' routes; part of plan_make(). @return 0 or ENOMEM */
int plan_routes(struct plan *p, struct arena *a);

/**
 * Lines for `ip -batch`: all links, made in the namespace that runs it, the
 * ends moved to the nodes' namespaces.
 * @param pids  [p->nnodes] a process in each node's namespace
 */
void plan_put_links(struct sbuf *sb, const struct plan *p, const int *pids);

/** Lines that make the two halves of node i's link one. */
void plan_put_splice(struct sbuf *sb, size_t i);

/** Lines for `ip -batch` inside the node: addresses, links up, routes. */
void plan_put_node(struct sbuf *sb, const struct plan_node *n);

/** Lines "KEY=VALUE" under /proc/sys/net for the node. */
void plan_put_sysctls(struct sbuf *sb, const struct plan_node *n);

/** The whole plan as text for people and golden tests. */
void plan_put_text(struct sbuf *sb, const struct plan *p);

#endif
