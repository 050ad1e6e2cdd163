/**
 * What an impairing forwarder asks of a frame: is it IP, its ports, its DSCP.
 * Pure: reads bytes, fills the caller's struct.
 */
#ifndef VISAVIS_LAB_IMPAIR_PACKET_H
#define VISAVIS_LAB_IMPAIR_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet {
	bool ip;		/**< IPv4 or IPv6 with a whole header */
	bool neighbour;		/**< ARP, or ICMPv6 neighbour and router
				  discovery: the link's own talk */
	bool udp;		/**< with its ports in the frame */
	uint8_t proto;
	uint8_t dscp;
	uint16_t sport, dport;	/**< of UDP and TCP, or 0 */
	size_t at;		/**< where the IP header begins */
};

/** Read a frame that starts with its Ethernet header; may be cut anywhere. */
void packet_read(struct packet *p, const uint8_t *frame, size_t len);

/** Write another DSCP into an IP packet, and into IPv4's header checksum.
 *  @param p  as packet_read() filled it from this frame; dscp is updated */
void packet_set_dscp(struct packet *p, uint8_t *frame, uint8_t dscp);

#endif
