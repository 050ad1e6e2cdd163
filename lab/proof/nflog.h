/**
 * Packets that nftables' `log group N` hands over (NFLOG), over raw netlink.
 */
#ifndef VISAVIS_LAB_NFLOG_H
#define VISAVIS_LAB_NFLOG_H

#include <stddef.h>
#include <stdint.h>

/** One logged packet; `p` starts with the IP header. */
struct nflog_packet {
	const uint8_t *p;
	size_t len;
	uint64_t t_ns;		/**< 0: the kernel did not say */
	int indev;		/**< interface index, 0: none */
};

/** Listen to a group in the calling thread's namespace.
 *  @param fdp  non-blocking, the caller closes it
 *  @return 0 or errno */
int nflog_open(int *fdp, uint16_t group, uint16_t snap);

/** Take apart one datagram of the socket: h is called per packet.
 *  @return 0, or EBADMSG: what follows the last good packet was skipped */
int nflog_read(const uint8_t *p, size_t len,
	       void (*h)(const struct nflog_packet *pkt, void *arg), void *arg);

#endif
