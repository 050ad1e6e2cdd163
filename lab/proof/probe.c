#include <string.h>

#include "lab/proof/probe.h"
#include "lib/base/bytes.h"

/* "VVp!" marks our packets; as the first bytes of a datagram it is also no
 * message of any protocol that a firewall's helpers listen to */
enum { MARK = 0x56567021, TTL = 64, SYN = 2, WINDOW = 1024,
       UDP_LEN = 8 + 12, TCP_LEN = 20 + 4, ICMP_LEN = 8 + 12 };


/** One's complement sum (RFC 1071), n is even */
static uint32_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		s += get16(p + i);

	return s;
}


static unsigned fold(uint32_t s)
{
	s = (s >> 16) + (s & 0xffff);
	s += s >> 16;
	return ~s & 0xffff;
}


static uint8_t proto_of(const struct probe *p)
{
	if (p->transport == FLOW_TCP)
		return 6;
	if (p->transport == FLOW_UDP)
		return 17;

	return p->src.family == 6 ? 58 : 1;
}


/** Write the transport's part without its checksum; *ck is where that goes */
static size_t transport_write(uint8_t *b, const struct probe *p, size_t *ck)
{
	if (p->transport == FLOW_TCP) {
		put16(b, p->sport);
		put16(b + 2, p->dport);
		put32(b + 4, p->index);
		put32(b + 8, p->run);
		b[12] = (TCP_LEN / 4) << 4;
		b[13] = SYN;
		put16(b + 14, WINDOW);
		/* an option that nobody knows carries the mark's low half */
		b[20] = 253;		/* RFC 4727: for experiments */
		b[21] = 4;
		put16(b + 22, MARK & 0xffff);
		*ck = 16;
		return TCP_LEN;
	}

	if (p->transport == FLOW_UDP) {
		put16(b, p->sport);
		put16(b + 2, p->dport);
		put16(b + 4, UDP_LEN);
		*ck = 6;
	}
	else {
		b[0] = (uint8_t)p->dport;
		put16(b + 4, p->run & 0xffff);
		put16(b + 6, p->index & 0xffff);
		*ck = 2;
	}

	put32(b + 8, MARK);
	put32(b + 12, p->run);
	put32(b + 16, p->index);
	return UDP_LEN;
}


static size_t ip_write(uint8_t *b, const struct probe *p, size_t n,
		       uint32_t *pseudo)
{
	uint8_t proto = proto_of(p);

	*pseudo = proto + (uint32_t)n;
	if (p->src.family == 4) {
		b[0] = 0x45;
		put16(b + 2, (unsigned)(20 + n));
		put16(b + 6, 0x4000);
		b[8] = TTL;
		b[9] = proto;
		memcpy(b + 12, p->src.b, 4);
		memcpy(b + 16, p->dst.b, 4);
		put16(b + 10, fold(sum(b, 20, 0)));
		*pseudo = p->transport == FLOW_ICMP ? 0
			: sum(b + 12, 8, *pseudo);
		return 20;
	}

	b[0] = 0x60;
	put16(b + 4, (unsigned)n);
	b[6] = proto;
	b[7] = TTL;
	memcpy(b + 8, p->src.b, 16);
	memcpy(b + 24, p->dst.b, 16);
	*pseudo = sum(b + 8, 32, *pseudo);
	return 40;
}


size_t probe_write(uint8_t buf[PROBE_MAX], const struct probe *p)
{
	size_t head = p->src.family == 4 ? 20 : 40, ck, n;
	uint32_t pseudo;
	unsigned c;

	memset(buf, 0, PROBE_MAX);
	n = transport_write(buf + head, p, &ck);
	(void)ip_write(buf, p, n, &pseudo);
	c = fold(sum(buf + head, n, pseudo));
	put16(buf + head + ck, c || p->transport != FLOW_UDP ? c : 0xffff);
	return head + n;
}


static bool transport_read(struct probe *p, uint8_t proto, const uint8_t *b,
			   size_t len)
{
	if (len < UDP_LEN)
		return false;

	p->transport = FLOW_ICMP;
	if (proto == 6 || proto == 17) {
		p->transport = proto == 6 ? FLOW_TCP : FLOW_UDP;
		p->sport = (uint16_t)get16(b);
		p->dport = (uint16_t)get16(b + 2);
	}
	else {
		p->dport = b[0];
	}

	if (proto == 6) {
		p->index = get32(b + 4);
		p->run = get32(b + 8);
		return len >= TCP_LEN && b[20] == 253 &&
		       get16(b + 22) == (MARK & 0xffff);
	}

	p->run = get32(b + 12);
	p->index = get32(b + 16);
	return get32(b + 8) == MARK;
}


bool probe_read(struct probe *p, const uint8_t *b, size_t len)
{
	bool v6 = len && b[0] >> 4 == 6;
	size_t head = v6 ? 40 : 20, alen = v6 ? 16 : 4;
	uint8_t proto;

	memset(p, 0, sizeof(*p));
	if (len < head || (!v6 && b[0] != 0x45))
		return false;

	proto = v6 ? b[6] : b[9];
	if (proto != 6 && proto != 17 && proto != (v6 ? 58 : 1))
		return false;

	p->src.family = p->dst.family = v6 ? 6 : 4;
	memcpy(p->src.b, b + (v6 ? 8 : 12), alen);
	memcpy(p->dst.b, b + (v6 ? 24 : 16), alen);
	return transport_read(p, proto, b + head, len - head);
}
