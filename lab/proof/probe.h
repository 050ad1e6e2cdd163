/**
 * The packets of a sweep: built so that a firewall takes each for the first
 * of a flow, and so that the receiver knows which of millions it is.
 */
#ifndef VISAVIS_LAB_PROBE_H
#define VISAVIS_LAB_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"
#include "lib/flow/flow.h"

enum { PROBE_MAX = 64 };

/** One probe. ICMP: dport is the type, code 0. */
struct probe {
	enum flow_transport transport;
	struct ip_addr src;
	struct ip_addr dst;
	uint16_t sport;
	uint16_t dport;
	uint32_t run;		/**< which part of which sweep */
	uint32_t index;		/**< which probe of that part */
};

/** Write the IP packet; @return its length, at most PROBE_MAX */
size_t probe_write(uint8_t buf[PROBE_MAX], const struct probe *p);

/** Read a packet from its IP header on. @return false: not a probe */
bool probe_read(struct probe *p, const uint8_t *b, size_t len);

#endif
