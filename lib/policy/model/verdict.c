#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/policy.h"


/** @return the interface, or p->ninterfaces */
static unsigned behind(const struct policy *p, const struct ip_addr *a)
{
	unsigned i = 0;

	while (i < p->ninterfaces && !addrs_has(&p->interfaces[i].addrs, a))
		i++;

	return i;
}


bool policy_crosses(const struct policy *p, const struct ip_addr *src,
		    const struct ip_addr *dst, struct policy_pair *pair)
{
	struct policy_pair v = { behind(p, src), behind(p, dst) };

	if (pair)
		*pair = v;

	return v.in < p->ninterfaces && v.out < p->ninterfaces && v.in != v.out;
}


static bool icmp_opens(const struct need_packet *pkt)
{
	for (const struct need_icmp *t = need_icmp_types; t->bit; t++)
		if (t->opens && t->family == pkt->src.family &&
		    t->type == pkt->icmp_type)
			return true;

	return false;
}


/** Merged ports; n 0 is any */
static bool ports_within(const struct flow_port *in, size_t nin, const struct flow_port *out,
			 size_t nout)
{
	static const struct flow_port every = { .lo = 0, .hi = 65535 };
	size_t k = 0;

	if (!nin) {
		in = &every;
		nin = 1;
	}
	for (size_t i = 0; nout && i < nin; i++) {
		while (k < nout && out[k].hi < in[i].lo)
			k++;
		if (k == nout || out[k].lo > in[i].lo || out[k].hi < in[i].hi)
			return false;
	}

	return true;
}


bool policy_rule_within(const struct policy *p, const struct policy_rule *inner,
			const struct policy_rule *outer)
{
	if (inner->transport != outer->transport || inner->how != outer->how ||
	    inner->icmp & ~outer->icmp)
		return false;

	return ports_within(inner->sports, inner->nsports, outer->sports, outer->nsports) &&
	       ports_within(inner->dports, inner->ndports, outer->dports, outer->ndports) &&
	       addrs_holds(&p->sets[outer->src], &p->sets[inner->src]) &&
	       addrs_holds(&p->sets[outer->dst], &p->sets[inner->dst]);
}


const struct policy_rule *policy_verdict(const struct policy *p,
					 const struct need_packet *first)
{
	if (!policy_crosses(p, &first->src, &first->dst, NULL))
		return NULL;
	if (first->transport == FLOW_ICMP && !icmp_opens(first))
		return NULL;

	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].how == POLICY_OPEN &&
		    need_has(p->rules[i].need, first))
			return &p->rules[i];

	return NULL;
}


static bool has_port(const struct flow_port *v, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].lo <= port && port <= v[i].hi)
			return true;

	return n == 0;
}


static int port_cmp(const void *pa, const void *pb)
{
	const struct flow_port *a = pa, *b = pb;

	return (a->lo > b->lo) - (a->lo < b->lo);
}


static size_t merge(struct flow_port *v, size_t n)
{
	size_t w = 0;

	if (!n)
		return 0;

	qsort(v, n, sizeof(*v), port_cmp);
	for (size_t i = 1; i < n; i++) {
		if (v[i].lo > v[w].hi + 1)
			v[++w] = v[i];
		else if (v[i].hi > v[w].hi)
			v[w].hi = v[i].hi;
	}

	return w + 1;
}


static int add_ports(struct flow_port **v, size_t *n, size_t *cap,
		     struct arena *a, const struct policy_rule *r)
{
	static const struct flow_port every = { .lo = 0, .hi = 65535 };
	const struct flow_port *from = r->ndports ? r->dports : &every;
	size_t count = r->ndports ? r->ndports : 1;

	for (size_t i = 0; i < count; i++) {
		if (arena_grow(a, (void **)v, *n, cap, sizeof(**v)))
			return ENOMEM;
		(*v)[(*n)++] = (struct flow_port){ .lo = from[i].lo, .hi = from[i].hi };
	}

	return 0;
}


int policy_ports(const struct policy *p, struct arena *a,
		 const struct ip_addr *src, const struct ip_addr *dst,
		 enum flow_transport transport, uint16_t sport,
		 const struct flow_port **v, size_t *n)
{
	struct flow_port *out = NULL;
	size_t cap = 0;
	int err = 0;

	*v = NULL;
	*n = 0;
	if (transport != FLOW_TCP && transport != FLOW_UDP)
		return EINVAL;
	if (!policy_crosses(p, src, dst, NULL))
		return 0;

	for (size_t i = 0; !err && i < p->nrules; i++) {
		const struct policy_rule *r = &p->rules[i];

		if (r->transport == transport && r->how == POLICY_OPEN &&
		    has_port(r->sports, r->nsports, sport) &&
		    addrs_has(&p->sets[r->src], src) &&
		    addrs_has(&p->sets[r->dst], dst))
			err = add_ports(&out, n, &cap, a, r);
	}

	*n = merge(out, *n);
	*v = out;
	return err;
}


const struct policy_rule *policy_rule_by_counter(const struct policy *p,
						 const char *counter)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (!strcmp(p->rules[i].counter, counter))
			return &p->rules[i];

	return NULL;
}


const struct policy_rule *policy_rule_by_mark(const struct policy *p, uint32_t mark)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].mark == mark)
			return &p->rules[i];

	return NULL;
}
