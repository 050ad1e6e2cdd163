#include <errno.h>
#include <string.h>

#include "lab/proof/sweep_plan.h"

enum { ICMP_TYPES = 256, NEEDS_MAX = 4096 };


const char *sweep_kind_name(enum sweep_kind k)
{
	static const char *const names[SWEEP_KINDS] = {
		"every destination port", "every source port",
		"edges", "every type", "false source",
	};

	return k < SWEEP_KINDS ? names[k] : "";
}


static bool addrs_hold(const struct need_addrs *s, const struct ip_addr *a)
{
	for (size_t i = 0; i < s->n; i++)
		if (ip_range_has(&s->v[i], a))
			return true;

	return false;
}


/** The need lets some packet of that transport pass between the two. */
static bool need_joins(const struct sweep_config *cfg, size_t i,
		       enum flow_transport t, const struct ip_addr *src,
		       const struct ip_addr *dst)
{
	const struct need *n = &cfg->needs->v[i];

	return n->transport == t && !(cfg->expected && cfg->expected[i]) &&
	       addrs_hold(&n->src, src) && addrs_hold(&n->dst, dst);
}


static void edge_add(struct sweep_edges *e, unsigned port)
{
	size_t i = 0;

	if (port < 1 || port > 65535 || e->n == SWEEP_EDGES_MAX)
		return;

	while (i < e->n && e->v[i] < port)
		i++;
	if (i < e->n && e->v[i] == port)
		return;

	memmove(&e->v[i + 1], &e->v[i], (e->n - i) * sizeof(e->v[0]));
	e->v[i] = (uint16_t)port;
	e->n++;
}


static void edges_add(struct sweep_edges *e, const struct flow_port *v,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		edge_add(e, v[i].lo - 1U);
		edge_add(e, v[i].lo);
		edge_add(e, v[i].hi);
		edge_add(e, v[i].hi + 1U);
	}
}


static size_t edges_of(enum flow_transport t)
{
	return t == FLOW_TCP ? 0 : 1;
}


static void edges_make(struct sweep_plan *p)
{
	const struct need_list *nl = p->cfg->needs;

	for (size_t i = 0; i < 2; i++) {
		edge_add(&p->sports[i], 1);
		edge_add(&p->sports[i], 65535);
		edge_add(&p->dports[i], 1);
		edge_add(&p->dports[i], 65535);
	}

	for (size_t i = 0; i < nl->n; i++) {
		const struct need *n = &nl->v[i];

		if (n->transport != FLOW_TCP && n->transport != FLOW_UDP)
			continue;
		edges_add(&p->sports[edges_of(n->transport)], n->sports,
			  n->nsports);
		edges_add(&p->dports[edges_of(n->transport)], n->dports,
			  n->ndports);
	}
}


static int part_add(struct sweep_plan *p, struct arena *a,
		    const struct sweep_part *part)
{
	void *v = p->parts;

	if (!part->probes)
		return 0;
	if (arena_grow(a, &v, p->nparts, &p->cap, sizeof(*p->parts)))
		return ENOMEM;

	p->parts = v;
	p->parts[p->nparts++] = *part;
	return 0;
}


static bool ports_any_ephemeral(const struct need *n)
{
	for (size_t i = 0; i < n->nsports; i++)
		if (n->sports[i].lo <= FLOW_EPHEMERAL_LO &&
		    n->sports[i].hi == FLOW_EPHEMERAL_HI)
			return true;

	return n->nsports == 0;
}


/** A source port as any program gets one, that no row with source ports of
 *  its own covers. */
static uint16_t common_sport(const struct sweep_plan *p, enum flow_transport t)
{
	const struct need_list *nl = p->cfg->needs;
	unsigned port = 50001;

	for (size_t i = 0; i < nl->n; i++) {
		const struct need *n = &nl->v[i];

		if (n->transport != t || ports_any_ephemeral(n))
			continue;
		for (size_t j = 0; j < n->nsports; j++)
			if (n->sports[j].lo <= port && port <= n->sports[j].hi &&
			    n->sports[j].hi < FLOW_EPHEMERAL_HI)
				port = n->sports[j].hi + 1U;
	}

	return (uint16_t)port;
}


static bool part_known(const struct sweep_plan *p, const struct sweep_part *q)
{
	for (size_t i = p->nparts; i-- > 0;) {
		const struct sweep_part *o = &p->parts[i];

		if (o->from != q->from || o->to != q->to)
			return false;
		if (o->kind == q->kind && o->transport == q->transport &&
		    o->fixed == q->fixed)
			return true;
	}

	return false;
}


/** Where a need limits source ports, its own source port tries every
 *  destination port, and its destination port every source port. */
static int parts_narrow(struct sweep_plan *p, struct arena *a,
			struct sweep_part part, const struct need *n)
{
	int err = 0;

	for (size_t i = 0; i < n->nsports && !err; i++) {
		part.kind = SWEEP_DPORTS;
		part.fixed = n->sports[i].lo;
		if (!part_known(p, &part))
			err = part_add(p, a, &part);
	}

	part.kind = SWEEP_SPORTS;
	part.fixed = n->ndports ? n->dports[0].lo : 1;
	if (!err && !part_known(p, &part))
		err = part_add(p, a, &part);

	return err;
}


static int parts_ports(struct sweep_plan *p, struct arena *a,
		       struct sweep_part part)
{
	const struct sweep_config *cfg = p->cfg;
	size_t at = edges_of(part.transport);
	int err = 0;

	part.probes = 65535;
	part.kind = SWEEP_DPORTS;
	part.fixed = common_sport(p, part.transport);
	if (!cfg->quick)
		err = part_add(p, a, &part);

	for (size_t i = 0; i < cfg->needs->n && !err && !cfg->quick; i++) {
		const struct need *n = &cfg->needs->v[i];

		if (need_joins(cfg, i, part.transport,
			       &cfg->hosts[part.from].addr,
			       &cfg->hosts[part.to].addr) &&
		    !ports_any_ephemeral(n))
			err = parts_narrow(p, a, part, n);
	}

	part.kind = SWEEP_EDGES;
	part.fixed = 0;
	part.probes = (uint32_t)(p->sports[at].n * p->dports[at].n);
	if (part.probes > SWEEP_PROBES_MAX)
		part.probes = SWEEP_PROBES_MAX;
	return err ? err : part_add(p, a, &part);
}


static int parts_spoof(struct sweep_plan *p, struct arena *a,
		       struct sweep_part part)
{
	const struct sweep_host *h = p->cfg->hosts;
	static const enum flow_transport v[] = {FLOW_TCP, FLOW_UDP};
	int err = 0;

	part.kind = SWEEP_SPOOF;
	for (size_t i = 0; i < p->cfg->nhosts && !err; i++) {
		if (i == part.from || i == part.to ||
		    h[i].addr.family != h[part.from].addr.family ||
		    h[i].segment == h[part.from].segment)
			continue;

		part.as = i;
		for (size_t j = 0; j < 2 && !err; j++) {
			size_t at = edges_of(v[j]);

			part.transport = v[j];
			part.probes = (uint32_t)(p->sports[at].n *
						 p->dports[at].n);
			if (part.probes > SWEEP_PROBES_MAX)
				part.probes = SWEEP_PROBES_MAX;
			err = part_add(p, a, &part);
		}
	}

	return err;
}


static int parts_pair(struct sweep_plan *p, struct arena *a, size_t from,
		      size_t to)
{
	struct sweep_part part = {.from = from, .to = to, .as = from};
	int err;

	part.transport = FLOW_TCP;
	err = parts_ports(p, a, part);
	part.transport = FLOW_UDP;
	if (!err)
		err = parts_ports(p, a, part);

	part.transport = FLOW_ICMP;
	part.kind = SWEEP_ICMP;
	part.probes = ICMP_TYPES;
	if (!err)
		err = part_add(p, a, &part);
	if (!err)
		err = parts_spoof(p, a, part);

	return err;
}


int sweep_plan_make(struct sweep_plan *p, struct arena *a,
		    const struct sweep_config *cfg)
{
	int err = 0;

	memset(p, 0, sizeof(*p));
	p->cfg = cfg;
	edges_make(p);
	for (size_t i = 0; i < cfg->nhosts && !err; i++)
		for (size_t j = 0; j < cfg->nhosts && !err; j++)
			if (i != j && cfg->hosts[i].segment !=
				      cfg->hosts[j].segment &&
			    cfg->hosts[i].addr.family ==
				      cfg->hosts[j].addr.family)
				err = parts_pair(p, a, i, j);

	return err;
}


void sweep_plan_probe(const struct sweep_plan *p, const struct sweep_part *part,
		      uint32_t i, struct probe *probe)
{
	size_t at = edges_of(part->transport);
	const struct sweep_edges *e = &p->dports[at];

	probe->transport = part->transport;
	probe->src = p->cfg->hosts[part->as].addr;
	probe->dst = p->cfg->hosts[part->to].addr;
	probe->index = i;
	probe->sport = part->fixed;
	probe->dport = part->fixed;

	switch (part->kind) {

	case SWEEP_DPORTS:
		probe->dport = (uint16_t)(i + 1);
		break;

	case SWEEP_SPORTS:
		probe->sport = (uint16_t)(i + 1);
		break;

	case SWEEP_ICMP:
		probe->sport = 0;
		probe->dport = (uint16_t)i;
		break;

	default:
		probe->sport = p->sports[at].v[i / e->n];
		probe->dport = e->v[i % e->n];
		break;
	}
}


static bool port_in(const struct flow_port *v, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].lo <= port && port <= v[i].hi)
			return true;

	return n == 0;
}


static bool icmp_opens(const struct need *n, const struct probe *probe)
{
	for (const struct need_icmp *t = need_icmp_types; t->bit; t++)
		if (t->opens && n->icmp & t->bit && t->code_lo == 0 &&
		    t->family == probe->src.family && t->type == probe->dport)
			return true;

	return false;
}


static bool need_opens(const struct need *n, const struct probe *probe)
{
	if (n->transport == FLOW_ICMP)
		return icmp_opens(n, probe);

	return port_in(n->sports, n->nsports, probe->sport) &&
	       port_in(n->dports, n->ndports, probe->dport);
}


void sweep_plan_expect(const struct sweep_plan *p, struct sweep_part *part,
		       uint8_t *want)
{
	const struct sweep_config *cfg = p->cfg;

	memset(want, 0, part->probes);
	part->expected = 0;
	if (part->kind == SWEEP_SPOOF)
		return;

	for (size_t i = 0; i < cfg->needs->n; i++) {
		const struct need *n = &cfg->needs->v[i];

		if (!need_joins(cfg, i, part->transport,
				&cfg->hosts[part->from].addr,
				&cfg->hosts[part->to].addr))
			continue;

		for (uint32_t j = 0; j < part->probes; j++) {
			struct probe probe;

			if (want[j])
				continue;
			sweep_plan_probe(p, part, j, &probe);
			want[j] = need_opens(n, &probe);
			part->expected += want[j];
		}
	}
}


/** Does the probe carry on the range of the last finding? */
static bool finding_extend(struct sweep_part *part, bool extra,
			   const struct probe *q)
{
	struct sweep_finding *f = part->nfindings
		? &part->findings[part->nfindings - 1] : NULL;

	if (!f || f->extra != extra)
		return false;

	if (f->sport_lo == f->sport_hi && f->sport_lo == q->sport &&
	    q->dport == f->dport_hi + 1) {
		f->dport_hi = q->dport;
		return true;
	}

	if (f->dport_lo == f->dport_hi && f->dport_lo == q->dport &&
	    q->sport == f->sport_hi + 1) {
		f->sport_hi = q->sport;
		return true;
	}

	return false;
}


int sweep_plan_judge(const struct sweep_plan *p, struct arena *a,
		     struct sweep_part *part, const uint8_t *want,
		     const uint8_t *seen)
{
	part->passed = part->missing = part->extra = 0;
	part->nfindings = 0;
	for (uint32_t i = 0; i < part->probes; i++) {
		struct probe q;

		part->passed += seen[i];
		if (want[i] == seen[i])
			continue;

		part->missing += want[i];
		part->extra += seen[i];
		sweep_plan_probe(p, part, i, &q);
		if (!part->findings)
			part->findings = arena_calloc(a, SWEEP_FINDINGS_MAX,
						sizeof(*part->findings));
		if (!part->findings)
			return ENOMEM;
		if (finding_extend(part, seen[i], &q) ||
		    part->nfindings == SWEEP_FINDINGS_MAX)
			continue;

		part->findings[part->nfindings++] = (struct sweep_finding){
			.extra = seen[i],
			.sport_lo = q.sport, .sport_hi = q.sport,
			.dport_lo = q.dport, .dport_hi = q.dport,
		};
	}

	return 0;
}
