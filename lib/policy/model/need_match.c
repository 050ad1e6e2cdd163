#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/need.h"

/* RFC 792, RFC 4443 */
const struct need_icmp need_icmp_types[] = {
	{FLOW_ICMP_ECHO, 4, 8, 0, 0, true},
	{FLOW_ICMP_ECHO, 4, 0, 0, 0, false},
	{FLOW_ICMP_ECHO, 6, 128, 0, 0, true},
	{FLOW_ICMP_ECHO, 6, 129, 0, 0, false},
	{FLOW_ICMP_UNREACHABLE, 4, 3, 0, 255, false},
	{FLOW_ICMP_UNREACHABLE, 6, 1, 0, 255, false},
	{FLOW_ICMP_TIME_EXCEEDED, 4, 11, 0, 255, false},
	{FLOW_ICMP_TIME_EXCEEDED, 6, 3, 0, 255, false},
	{FLOW_ICMP_PACKET_TOO_BIG, 4, 3, 4, 4, false},
	{FLOW_ICMP_PACKET_TOO_BIG, 6, 2, 0, 255, false},
	{0, 0, 0, 0, 0, false},
};


/* RFC 4861, sections 6.1 and 7.1; RFC 3810, section 5 */
const struct need_link need_link_types[] = {
	{133, 137, true},
	{130, 132, false},
	{143, 143, false},
	{0, 0, false},
};

const struct ip_range need_link_addrs[] = {
	{{6, {0xff, 0x02}}, {6, {0xff, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				 0xff, 0xff, 0xff, 0xff, 0xff}}},
	{{6, {0xfe, 0x80}}, {6, {0xfe, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				 0xff, 0xff, 0xff, 0xff, 0xff}}},
	{{0, {0}}, {0, {0}}},
};


bool need_icmp_has(unsigned bits, const struct need_icmp *t)
{
	if (t->family == 6 && bits & FLOW_ICMP_UNREACHABLE)
		bits |= FLOW_ICMP_PACKET_TOO_BIG;

	return bits & t->bit;
}


static bool ports_have(const struct flow_port *v, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].lo <= port && port <= v[i].hi)
			return true;

	return n == 0;
}


static bool icmp_has(unsigned bits, const struct need_packet *p)
{
	for (const struct need_icmp *t = need_icmp_types; t->bit; t++)
		if (need_icmp_has(bits, t) && t->family == p->src.family &&
		    t->type == p->icmp_type &&
		    t->code_lo <= p->icmp_code && p->icmp_code <= t->code_hi)
			return true;

	return false;
}


bool need_has(const struct need *n, const struct need_packet *p)
{
	if (n->transport != p->transport ||
	    !addrs_has(&n->src, &p->src) || !addrs_has(&n->dst, &p->dst))
		return false;
	if (n->transport == FLOW_ICMP)
		return icmp_has(n->icmp, p);

	return ports_have(n->sports, n->nsports, p->sport) &&
	       ports_have(n->dports, n->ndports, p->dport);
}


const struct need *need_match(const struct need_list *nl,
			      const struct need_packet *p)
{
	for (size_t i = 0; i < nl->n; i++)
		if (need_has(&nl->v[i], p))
			return &nl->v[i];

	return NULL;
}


const struct need *need_explain(const struct need_list *nl,
				const struct need_packet *p, bool *back)
{
	struct need_packet r = *p;
	const struct need *n = need_match(nl, p);

	if (back)
		*back = !n;
	if (n)
		return n;

	r.src = p->dst;
	r.dst = p->src;
	r.sport = p->dport;
	r.dport = p->sport;
	return need_match(nl, &r);
}
