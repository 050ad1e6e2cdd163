/**
 * What is in a captured frame, as far as the proof asks: addresses, ports,
 * ICMP type, fragments, and the packet that an ICMP error quotes. Pure: reads
 * bytes, fills the caller's struct.
 */
#ifndef VISAVIS_LAB_FRAME_H
#define VISAVIS_LAB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/model/need.h"

enum frame_kind {
	FRAME_LINK = 0,		/**< no IP: ARP, LLDP, CDP, ... */
	FRAME_FLOW,		/**< TCP or UDP, first or only fragment */
	FRAME_ICMP,		/**< ICMP or ICMPv6 that quotes nothing */
	FRAME_ICMP_ERROR,	/**< quotes a packet: `inner` */
	FRAME_FRAGMENT,		/**< a later fragment: no ports */
	FRAME_OTHER,		/**< IP with another protocol: `proto` */
	FRAME_BROKEN,		/**< too short or against its own lengths */
};

struct frame {
	enum frame_kind kind;
	uint16_t ethertype;	/**< as in the frame, after any VLAN tags;
				  below 1536: an 802.3 length, and then: */
	bool cdp;		/**< SNAP, Cisco, 0x2000 */
	uint8_t proto;		/**< IP protocol of the packet */
	uint8_t tcp_flags;
	bool first_fragment;	/**< more fragments follow */
	uint32_t frag_id;
	struct need_packet pkt;	/**< transport is FLOW_TCP, _UDP or _ICMP */
	struct need_packet inner;
	size_t len;		/**< of the IP packet, by its own header */
};

enum { FRAME_TCP_SYN = 0x02, FRAME_TCP_ACK = 0x10 };

/** Read a frame that starts with its Ethernet header; may be cut anywhere. */
void frame_read(struct frame *f, const uint8_t *p, size_t len);

/** As frame_read, from the IP header on. */
void frame_read_ip(struct frame *f, const uint8_t *p, size_t len);

/** One line: "tcp 10.77.1.10:40000 > 10.77.9.10:5061 syn". @return buf */
char *frame_str(const struct frame *f, char *buf, size_t size);

#endif
