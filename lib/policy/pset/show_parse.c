#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/pset/names.h"
#include "lib/policy/pset/show.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, ECHO4 = 8,
       ECHO6 = 128, STATE_NEW = 1 };

struct parse {
	struct show_packet *sp;
	struct words ws;
	bool has_flags, has_type, sport, dport;
	char *why;
};


static int wrong(struct parse *p, const char *what, const char *w, size_t n)
{
	(void)snprintf(p->why, SHOW_WHY_LEN, "%s \"%.*s\"", what, (int)(n < 60 ? n : 60), w);
	return EINVAL;
}


static int missing(struct parse *p, const char *what)
{
	(void)snprintf(p->why, SHOW_WHY_LEN, "%s is missing; write it like "
		       "'udp 10.1.1.1:16500 > 10.2.2.2:5060'", what);
	return EINVAL;
}


/** "10.1.1.1", "10.1.1.1:80", "2001:db8::1", "[2001:db8::1]:80" */
static int take_end(struct parse *p, int end)
{
	struct pset_packet *pkt = &p->sp->packet;
	char buf[IP_STRLEN];
	const char *w, *port = NULL;
	struct ip_range r;
	struct pset_box b;
	unsigned number;
	size_t n, len;

	if (!words_next(&p->ws, &w, &n))
		return missing(p, end == PSET_SRC ? "the source" : "the destination");
	len = n;
	if (*w == '[') {
		const char *close = memchr(w, ']', n);

		if (!close)
			return wrong(p, "no ] in", w, n);
		len = (size_t)(close - w) - 1;
		port = len + 2 < n ? w + len + 2 : NULL;
		w++;
		n--;
	} else if (memchr(w, ':', n) == memrchr(w, ':', n) && memchr(w, ':', n)) {
		port = memchr(w, ':', n);
		len = (size_t)(port - w);
	}
	if (len >= sizeof(buf))
		return wrong(p, "no address:", w, n);
	memcpy(buf, w, len);
	buf[len] = '\0';
	if (ip_parse(&r.lo, buf))
		return wrong(p, "no address:", w, len);

	r.hi = r.lo;
	pset_box_init(&b, 0);
	pset_box_set_addrs(&b, end, &r);
	pkt->addr[end] = b.alo[end];
	if (end == PSET_DST && pkt->field[PSET_FAMILY] != b.lo[PSET_FAMILY])
		return wrong(p, "another family than the source:", w, len);
	pkt->field[PSET_FAMILY] = b.lo[PSET_FAMILY];
	if (!port)
		return 0;
	len = n - (size_t)(port + 1 - w);
	if (*port != ':' || !names_port(&number, port + 1, len, true, true))
		return wrong(p, "no port:", port, n - (size_t)(port - w));
	pkt->field[end == PSET_SRC ? PSET_SPORT : PSET_DPORT] = (uint16_t)number;
	*(end == PSET_SRC ? &p->sport : &p->dport) = true;
	return 0;
}


static int take_type(struct parse *p, const char *w, size_t n)
{
	struct pset_packet *pkt = &p->sp->packet;
	unsigned type, code_lo, code_hi;

	if (!names_icmp(pkt->field[PSET_FAMILY] ? 6 : 4, &type, &code_lo, &code_hi, w, n))
		return wrong(p, "no ICMP type:", w, n);

	p->has_type = true;
	pkt->field[PSET_ICMP_TYPE] = (uint16_t)type;
	pkt->field[PSET_ICMP_CODE] = (uint16_t)code_lo;
	return 0;
}


static int take_code(struct parse *p, const char *w, size_t n)
{
	unsigned long v;

	if (!word_number(&v, w, n, 255))
		return wrong(p, "no ICMP code:", w, n);
	p->sp->packet.field[PSET_ICMP_CODE] = (uint16_t)v;
	return 0;
}


static int take_dscp(struct parse *p, const char *w, size_t n)
{
	unsigned v;

	if (!names_dscp(&v, w, n))
		return wrong(p, "no DSCP:", w, n);
	p->sp->packet.field[PSET_DSCP] = (uint16_t)v;
	return 0;
}


static int take_state(struct parse *p, const char *w, size_t n)
{
	unsigned v;

	if (show_state_parse(&v, w, n))
		return wrong(p, "no state:", w, n);
	p->sp->packet.field[PSET_STATE] = (uint16_t)v;
	p->sp->has_state = true;
	return 0;
}


static int take_iface(struct parse *p, char to[SHOW_IFACE_LEN], const char *w, size_t n)
{
	if (n >= SHOW_IFACE_LEN)
		return wrong(p, "no interface:", w, n);
	memcpy(to, w, n);
	to[n] = '\0';
	return 0;
}


static int take_in(struct parse *p, const char *w, size_t n)
{
	return take_iface(p, p->sp->in, w, n);
}


static int take_out(struct parse *p, const char *w, size_t n)
{
	return take_iface(p, p->sp->out, w, n);
}


static const struct {
	const char *name;
	int (*take)(struct parse *p, const char *w, size_t n);
} options[] = {
	{"type", take_type}, {"code", take_code}, {"dscp", take_dscp}, {"state", take_state},
	{"in", take_in}, {"out", take_out},
};


static int take_option(struct parse *p, const char *w, size_t n)
{
	unsigned protocol = p->sp->packet.field[PSET_PROTOCOL];
	const char *v;
	uint8_t bit;
	size_t vn;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!word_is(w, n, options[i].name))
			continue;
		if (!words_next(&p->ws, &v, &vn))
			return wrong(p, "nothing follows", w, n);
		return options[i].take(p, v, vn);
	}
	if (word_is(w, n, "fragment")) {
		p->sp->packet.field[PSET_FRAGMENT] = 1;
		return 0;
	}
	if (protocol == PROTO_TCP && names_tcp_flag(&bit, w, n)) {
		p->has_flags = true;
		p->sp->packet.flags |= bit;
		return 0;
	}
	if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6)
		return take_type(p, w, n);

	return wrong(p, "not known:", w, n);
}


/** What was left out means the first packet of a flow. */
static void fill_in(struct parse *p)
{
	struct pset_packet *pkt = &p->sp->packet;
	unsigned protocol = pkt->field[PSET_PROTOCOL];

	if (!p->sp->has_state)
		pkt->field[PSET_STATE] = STATE_NEW;
	if (protocol == PROTO_TCP && !p->has_flags)
		pkt->flags = CONFIG_SYN;
	if (!p->has_type && protocol == PROTO_ICMP)
		pkt->field[PSET_ICMP_TYPE] = ECHO4;
	if (!p->has_type && protocol == PROTO_ICMPV6)
		pkt->field[PSET_ICMP_TYPE] = ECHO6;
	p->sp->has_ports = pkt->field[PSET_FRAGMENT] || (p->sport && p->dport) ||
			   (protocol != PROTO_TCP && protocol != PROTO_UDP);
}


int show_packet_parse(struct show_packet *sp, const char *s, char why[SHOW_WHY_LEN])
{
	struct parse p = { .sp = sp, .ws.p = s, .why = why };
	const char *w;
	unsigned protocol;
	size_t n;
	int err;

	memset(sp, 0, sizeof(*sp));
	if (!words_next(&p.ws, &w, &n))
		return missing(&p, "the protocol");
	if (!names_protocol(&protocol, w, n))
		return wrong(&p, "no protocol:", w, n);
	sp->packet.field[PSET_PROTOCOL] = (uint16_t)protocol;

	err = take_end(&p, PSET_SRC);
	if (!err && (!words_next(&p.ws, &w, &n) || !word_is(w, n, ">")))
		err = missing(&p, "the > between source and destination");
	if (!err)
		err = take_end(&p, PSET_DST);
	while (!err && words_next(&p.ws, &w, &n))
		err = take_option(&p, w, n);
	if (!err)
		fill_in(&p);

	return err;
}
