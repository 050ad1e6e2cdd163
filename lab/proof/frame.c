#include <stdio.h>
#include <string.h>

#include "lab/proof/frame.h"
#include "lib/base/bytes.h"

enum {
	ETHER_IPV4 = 0x0800, ETHER_ARP = 0x0806, ETHER_VLAN = 0x8100,
	ETHER_IPV6 = 0x86dd, ETHER_QINQ = 0x88a8,
	IP_HOPOPTS = 0, IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ROUTING = 43,
	IP_FRAGMENT = 44, IP_AUTH = 51, IP_ICMPV6 = 58, IP_DSTOPTS = 60,
	/* more extension headers than this is nobody's honest packet */
	EXT_HEADERS_MAX = 8,
};

/** A cursor; `n` bytes are left at `p`. */
struct cur {
	const uint8_t *p;
	size_t n;
};


static void cur_skip(struct cur *c, size_t n)
{
	if (n > c->n)
		n = c->n;
	c->p += n;
	c->n -= n;
}


static void frame_ip(struct frame *f, struct cur c, bool quoted);


static bool icmp_is_error(uint8_t family, uint8_t type)
{
	if (family == 6)
		return type >= 1 && type <= 4;

	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}


static void frame_icmp(struct frame *f, struct cur c, bool quoted)
{
	struct frame in = {0};

	f->pkt.transport = FLOW_ICMP;
	if (c.n < 2) {
		f->kind = FRAME_BROKEN;
		return;
	}

	f->pkt.icmp_type = c.p[0];
	f->pkt.icmp_code = c.p[1];
	f->kind = FRAME_ICMP;
	if (quoted || !icmp_is_error(f->pkt.src.family, c.p[0]))
		return;

	f->kind = FRAME_ICMP_ERROR;
	cur_skip(&c, 8);
	frame_ip(&in, c, true);
	if (in.kind != FRAME_FLOW && in.kind != FRAME_ICMP)
		f->kind = FRAME_BROKEN;
	f->inner = in.pkt;
}


static void frame_ports(struct frame *f, struct cur c)
{
	f->kind = FRAME_FLOW;
	f->pkt.transport = f->proto == IP_TCP ? FLOW_TCP : FLOW_UDP;
	if (c.n < 4) {
		f->kind = FRAME_BROKEN;
		return;
	}

	f->pkt.sport = get16(c.p);
	f->pkt.dport = get16(c.p + 2);
	if (f->proto == IP_TCP && c.n >= 14)
		f->tcp_flags = c.p[13];
}


static void frame_transport(struct frame *f, struct cur c, unsigned offset,
			    bool quoted)
{
	uint8_t icmp = f->pkt.src.family == 6 ? IP_ICMPV6 : IP_ICMP;

	if (offset)
		f->kind = FRAME_FRAGMENT;
	else if (f->proto == IP_TCP || f->proto == IP_UDP)
		frame_ports(f, c);
	else if (f->proto == icmp)
		frame_icmp(f, c, quoted);
	else
		f->kind = FRAME_OTHER;
}


static void addr_set(struct ip_addr *a, uint8_t family, const uint8_t *p)
{
	memset(a, 0, sizeof(*a));
	a->family = family;
	memcpy(a->b, p, family == 4 ? 4 : 16);
}


static void frame_ipv4(struct frame *f, struct cur c, bool quoted)
{
	size_t hlen;
	unsigned frag;

	if (c.n < 20 || (hlen = (size_t)(c.p[0] & 15) * 4) < 20) {
		f->kind = FRAME_BROKEN;
		return;
	}

	f->len = get16(c.p + 2);
	frag = get16(c.p + 6);
	f->frag_id = get16(c.p + 4);
	f->first_fragment = (frag & 0x2000) && !(frag & 0x1fff);
	f->proto = c.p[9];
	addr_set(&f->pkt.src, 4, c.p + 12);
	addr_set(&f->pkt.dst, 4, c.p + 16);
	cur_skip(&c, hlen);
	frame_transport(f, c, frag & 0x1fff, quoted);
}


/** Step over extension headers; @return the fragment's offset */
static unsigned frame_extensions(struct frame *f, struct cur *c)
{
	unsigned offset = 0;

	for (unsigned i = 0; i < EXT_HEADERS_MAX && c->n >= 8; i++) {
		uint8_t next = c->p[0];

		if (f->proto == IP_FRAGMENT) {
			offset = get16(c->p + 2) >> 3;
			f->frag_id = get32(c->p + 4);
			f->first_fragment = !offset && (c->p[3] & 1);
			cur_skip(c, 8);
		}
		else if (f->proto == IP_HOPOPTS || f->proto == IP_ROUTING ||
			 f->proto == IP_DSTOPTS) {
			cur_skip(c, ((size_t)c->p[1] + 1) * 8);
		}
		else if (f->proto == IP_AUTH) {
			cur_skip(c, ((size_t)c->p[1] + 2) * 4);
		}
		else {
			break;
		}

		f->proto = next;
		if (offset)
			break;
	}

	return offset;
}


static void frame_ipv6(struct frame *f, struct cur c, bool quoted)
{
	unsigned offset;

	if (c.n < 40) {
		f->kind = FRAME_BROKEN;
		return;
	}

	f->len = get16(c.p + 4) + 40;
	f->proto = c.p[6];
	addr_set(&f->pkt.src, 6, c.p + 8);
	addr_set(&f->pkt.dst, 6, c.p + 24);
	cur_skip(&c, 40);
	offset = frame_extensions(f, &c);
	frame_transport(f, c, offset, quoted);
}


static void frame_ip(struct frame *f, struct cur c, bool quoted)
{
	unsigned version = c.n ? c.p[0] >> 4 : 0;

	if (version == 4)
		frame_ipv4(f, c, quoted);
	else if (version == 6)
		frame_ipv6(f, c, quoted);
	else
		f->kind = FRAME_BROKEN;
}


void frame_read_ip(struct frame *f, const uint8_t *p, size_t len)
{
	memset(f, 0, sizeof(*f));
	frame_ip(f, (struct cur){p, len}, false);
}


static bool is_cdp(struct cur c)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0};

	return c.n >= sizeof(snap) && !memcmp(c.p, snap, sizeof(snap));
}


void frame_read(struct frame *f, const uint8_t *p, size_t len)
{
	struct cur c = {p, len};

	memset(f, 0, sizeof(*f));
	if (c.n < 14) {
		f->kind = FRAME_BROKEN;
		return;
	}

	f->ethertype = get16(p + 12);
	cur_skip(&c, 14);
	for (int i = 0; i < 2 && c.n >= 4 && (f->ethertype == ETHER_VLAN ||
					      f->ethertype == ETHER_QINQ); i++) {
		f->ethertype = get16(c.p + 2);
		cur_skip(&c, 4);
	}

	f->cdp = f->ethertype < 1536 && is_cdp(c);
	if (f->ethertype == ETHER_IPV4 || f->ethertype == ETHER_IPV6)
		frame_ip(f, c, false);
}


static const char *kind_note(const struct frame *f)
{
	if (f->kind == FRAME_BROKEN)
		return " broken";
	if (f->kind == FRAME_FRAGMENT)
		return " fragment";
	if ((f->tcp_flags & (FRAME_TCP_SYN | FRAME_TCP_ACK)) == FRAME_TCP_SYN)
		return " syn";
	return "";
}


char *frame_str(const struct frame *f, char *buf, size_t size)
{
	char src[IP_STRLEN], dst[IP_STRLEN];
	const struct need_packet *p = &f->pkt;

	if (!p->src.family) {
		(void)snprintf(buf, size, "%sethertype 0x%04x",
			       f->kind == FRAME_BROKEN ? "broken frame, " : "",
			       f->ethertype);
		return buf;
	}

	(void)ip_str(&p->src, src);
	(void)ip_str(&p->dst, dst);
	if (f->kind == FRAME_FLOW) {
		bool v6 = p->src.family == 6;
		const char *o = v6 ? "[" : "", *c = v6 ? "]" : "";

		(void)snprintf(buf, size, "%s %s%s%s:%u > %s%s%s:%u%s",
			       p->transport == FLOW_TCP ? "tcp" : "udp",
			       o, src, c, p->sport, o, dst, c, p->dport,
			       kind_note(f));
	}
	else if (f->kind == FRAME_ICMP || f->kind == FRAME_ICMP_ERROR) {
		(void)snprintf(buf, size, "icmp %s > %s type %u code %u", src,
			       dst, p->icmp_type, p->icmp_code);
	}
	else {
		(void)snprintf(buf, size, "protocol %u %s > %s%s", f->proto,
			       src, dst, kind_note(f));
	}

	return buf;
}
