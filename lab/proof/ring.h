/**
 * Frames of an interface through memory shared with the kernel (packet(7),
 * TPACKET_V2): nothing is lost while the reader is away for a moment, and no
 * privilege beyond CAP_NET_RAW of the namespace is needed.
 */
#ifndef VISAVIS_LAB_RING_H
#define VISAVIS_LAB_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	int fd;
	uint8_t *map;
	size_t frame_size;
	unsigned nframes;
	unsigned next;
};

/** One frame; valid until ring_release(). */
struct ring_frame {
	const uint8_t *p;
	size_t len;		/**< bytes at p */
	size_t wire_len;	/**< bytes that were on the wire */
	uint64_t t_ns;		/**< CLOCK_REALTIME */
	uint16_t vlan;		/**< tag control information, 0: none */
	bool outgoing;		/**< sent by this namespace itself */
	int ifindex;
};

/**
 * Open a ring in the calling thread's namespace.
 * @param ifindex     0: all interfaces
 * @param ethertype   ETH_P_ALL, ETH_P_IP, ... in host order
 * @param l2          with the Ethernet header, else from the IP header on
 * @param frame_size  power of two from 256; longer frames are cut
 * @param nframes     at least 65536 / frame_size, power of two
 */
int ring_open(struct ring *r, int ifindex, uint16_t ethertype, bool l2,
	      size_t frame_size, unsigned nframes);
void ring_close(struct ring *r);

/** The oldest frame; @return false when there is none now */
bool ring_peek(struct ring *r, struct ring_frame *f);
void ring_release(struct ring *r);

/** Frames that found the ring full since the last call. */
unsigned ring_lost(struct ring *r);

#endif
