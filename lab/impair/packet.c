#include <string.h>

#include "lab/impair/packet.h"
#include "lib/base/bytes.h"

enum {
	ETH_LEN = 14, VLAN_LEN = 4, VLANS_MAX = 2, IP4_LEN = 20, IP6_LEN = 40, EXTENSIONS_MAX = 8,
	TYPE_IP4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88a8,
	TYPE_IP6 = 0x86dd,
	PROTO_HOPOPTS = 0, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ROUTING = 43, PROTO_FRAGMENT = 44,
	PROTO_ICMP6 = 58, PROTO_DSTOPTS = 60,
	ND_FIRST = 133, ND_LAST = 137,	/* router solicitation to redirect, RFC 4861 */
};


static void read_payload(struct packet *p, const uint8_t *frame, size_t at, size_t len)
{
	if (p->proto == PROTO_ICMP6 && at < len)
		p->neighbour = frame[at] >= ND_FIRST && frame[at] <= ND_LAST;
	if ((p->proto != PROTO_UDP && p->proto != PROTO_TCP) || at > len || len - at < 4)
		return;
	p->udp = p->proto == PROTO_UDP;
	p->sport = get16(frame + at);
	p->dport = get16(frame + at + 2);
}


static void read_ip4(struct packet *p, const uint8_t *frame, size_t at, size_t len)
{
	size_t head;

	if (len - at < IP4_LEN || frame[at] >> 4 != 4)
		return;
	head = (size_t)(frame[at] & 15) * 4;
	if (head < IP4_LEN || len - at < head)
		return;
	p->ip = true;
	p->at = at;
	p->dscp = frame[at + 1] >> 2;
	p->proto = frame[at + 9];
	if (!(get16(frame + at + 6) & 0x1fff))	/* later fragments have no ports */
		read_payload(p, frame, at + head, len);
}


static bool is_extension(uint8_t proto)
{
	return proto == PROTO_HOPOPTS || proto == PROTO_ROUTING || proto == PROTO_DSTOPTS ||
	       proto == PROTO_FRAGMENT;
}


static void read_ip6(struct packet *p, const uint8_t *frame, size_t at, size_t len)
{
	size_t next = at + IP6_LEN;

	if (len - at < IP6_LEN || frame[at] >> 4 != 6)
		return;
	p->ip = true;
	p->at = at;
	p->dscp = (uint8_t)((frame[at] & 15) << 2 | frame[at + 1] >> 6);
	p->proto = frame[at + 6];
	for (unsigned i = 0; i < EXTENSIONS_MAX && is_extension(p->proto); i++) {
		bool fragment = p->proto == PROTO_FRAGMENT;

		if (next > len || len - next < 8)
			return;
		p->proto = frame[next];
		if (fragment && get16(frame + next + 2) >> 3)
			return;		/* a later one has no ports */
		next += fragment ? 8u : frame[next + 1] * 8u + 8u;
	}
	read_payload(p, frame, next, len);
}


void packet_read(struct packet *p, const uint8_t *frame, size_t len)
{
	size_t at = ETH_LEN;
	uint16_t type;

	memset(p, 0, sizeof(*p));
	if (len < ETH_LEN)
		return;
	type = get16(frame + at - 2);
	for (unsigned i = 0; i < VLANS_MAX && (type == TYPE_VLAN || type == TYPE_QINQ); i++) {
		if (len - at < VLAN_LEN)
			return;
		at += VLAN_LEN;
		type = get16(frame + at - 2);
	}
	if (type == TYPE_ARP)
		p->neighbour = true;
	else if (type == TYPE_IP4)
		read_ip4(p, frame, at, len);
	else if (type == TYPE_IP6)
		read_ip6(p, frame, at, len);
}


/* RFC 1624: the sum without the old word and with the new one. */
static void checksum_move(uint8_t *sum, uint16_t old, uint16_t now)
{
	uint32_t x = (uint16_t)~get16(sum) + (uint32_t)(uint16_t)~old + now;

	x = (x & 0xffff) + (x >> 16);
	x = (x & 0xffff) + (x >> 16);
	x = ~x;
	sum[0] = (uint8_t)(x >> 8);
	sum[1] = (uint8_t)x;
}


void packet_set_dscp(struct packet *p, uint8_t *frame, uint8_t dscp)
{
	uint8_t *h = frame + p->at;
	uint16_t old;

	if (!p->ip)
		return;
	p->dscp = dscp;
	if (h[0] >> 4 == 6) {
		h[0] = (uint8_t)(0x60 | dscp >> 2);
		h[1] = (uint8_t)((dscp & 3) << 6 | (h[1] & 0x3f));
		return;
	}
	old = get16(h);
	h[1] = (uint8_t)(dscp << 2 | (h[1] & 3));
	checksum_move(h + 10, old, get16(h));
}
