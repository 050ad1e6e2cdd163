#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/audit/audit.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };


const char *audit_verdict_name(enum audit_verdict v)
{
	static const char *const names[] = {
		"permitted", "blocked", "partly", "unknown", "unknown",
	};

	return names[v];
}


int audit_lines_add(struct audit_lines *l, struct arena *mem, struct audit_line line)
{
	int err;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].list == line.list && l->v[i].rule == line.rule)
			return 0;
	if (l->n >= AUDIT_LINES_MAX) {
		l->more++;
		return 0;
	}

	err = arena_grow(mem, (void **)&l->v, l->n, &l->cap, sizeof(*l->v));
	if (!err)
		l->v[l->n++] = line;
	return err;
}


/** All boxes of a rule's ports between two ranges */
static int port_boxes(struct pset *out, struct pset_box b, const struct policy_rule *r,
		      bool back)
{
	static const struct flow_port every = { .lo = 0, .hi = 65535 };
	const struct flow_port *s = r->nsports ? r->sports : &every;
	const struct flow_port *d = r->ndports ? r->dports : &every;
	size_t ns = r->nsports ? r->nsports : 1, nd = r->ndports ? r->ndports : 1;
	int err = 0;

	b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] =
		r->transport == FLOW_TCP ? PROTO_TCP : PROTO_UDP;
	for (size_t i = 0; !err && i < ns; i++)
		for (size_t k = 0; !err && k < nd; k++) {
			b.lo[back ? PSET_DPORT : PSET_SPORT] = s[i].lo;
			b.hi[back ? PSET_DPORT : PSET_SPORT] = s[i].hi;
			b.lo[back ? PSET_SPORT : PSET_DPORT] = d[k].lo;
			b.hi[back ? PSET_SPORT : PSET_DPORT] = d[k].hi;
			err = pset_push(out, &b);
		}

	return err;
}


/** The types that open, or with `back` those that answer; errors come from
 *  where the flow goes, as the row says, and count as opening. */
static int icmp_boxes(struct pset *out, struct pset_box b, unsigned bits, uint8_t family,
		      bool back)
{
	int err = 0;

	b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = family == 6 ? PROTO_ICMPV6 : PROTO_ICMP;
	for (const struct need_icmp *t = need_icmp_types; !err && t->bit; t++) {
		bool answers = t->bit == FLOW_ICMP_ECHO && !t->opens;

		if (!need_icmp_has(bits, t) || t->family != family || answers != back)
			continue;
		b.lo[PSET_ICMP_TYPE] = b.hi[PSET_ICMP_TYPE] = t->type;
		b.lo[PSET_ICMP_CODE] = t->code_lo;
		b.hi[PSET_ICMP_CODE] = t->code_hi;
		err = pset_push(out, &b);
	}

	return err;
}


int audit_rule_boxes(struct pset *out, struct audit *au, const struct policy_rule *r,
		     struct policy_pair pair, uint8_t family, bool back)
{
	const struct policy *p = au->policy;
	struct need_addrs src, dst;
	const struct ip_range *sv, *dv;
	size_t ns, nd;
	int err = addrs_intersect(&src, au->mem, &p->sets[r->src], &p->interfaces[pair.in].addrs);

	if (!err)
		err = addrs_intersect(&dst, au->mem, &p->sets[r->dst],
				      &p->interfaces[pair.out].addrs);
	if (err)
		return err;

	ns = addrs_family(&src, family, &sv);
	nd = addrs_family(&dst, family, &dv);
	for (size_t i = 0; !err && i < ns; i++)
		for (size_t k = 0; !err && k < nd; k++) {
			struct pset_box b;

			pset_box_init(&b, family);
			pset_box_set_addrs(&b, back ? PSET_DST : PSET_SRC, &sv[i]);
			pset_box_set_addrs(&b, back ? PSET_SRC : PSET_DST, &dv[k]);
			err = r->transport == FLOW_ICMP ?
			      icmp_boxes(out, b, r->icmp, family, back) :
			      port_boxes(out, b, r, back);
		}

	return err;
}


/** Interfaces with an address that the site does not name: what comes in by
 *  them is not asked about, and that is said. */
static int note_strangers(const struct device *d, struct config *c)
{
	int err = 0;

	for (size_t i = 0; !err && i < c->nifaces; i++) {
		const struct config_interface *ci = &c->ifaces[i];
		size_t at = flat_iface_find(&d->ifaces, ci->name), k = 0;

		while (k < d->nsite && d->site_iface[k] != at)
			k++;
		if (k == d->nsite && ci->naddrs && !ci->shutdown)
			err = config_notice(c, ci->line, "the site does not name interface %s: what "
					    "comes in by it is not judged", ci->name);
	}

	return err;
}


int audit_run(struct audit *au, struct arena *mem, struct config *const *v, size_t n,
	      const struct policy *p, const struct need_list *needs, uint64_t steps)
{
	int err;

	*au = (struct audit){
		.policy = p, .needs = needs, .mem = mem, .steps = steps ? steps : AUDIT_STEPS };
	err = device_make(&au->device, mem, v, n, p);
	for (size_t i = 0; !err && i < n && !p->at_hosts; i++)
		err = note_strangers(&au->device, v[i]);
	if (!err)
		err = audit_flows(au);
	if (!err)
		err = audit_find_excess(au);

	return err;
}


void audit_reset(struct audit *au)
{
	for (size_t i = 0; i < au->nflows; i++)
		pset_reset(&au->flows[i].blocked);
	for (size_t i = 0; i < au->nexcess; i++)
		pset_reset(&au->excess[i].packets);
	device_reset(&au->device);
	*au = (struct audit){0};
}
