/* Routes of a plan: the shortest way over firewalls to every network. */
#include <errno.h>
#include <string.h>

#include "lab/plan/plan.h"

/* How a node gets to a segment. */
struct way {
	bool known;
	bool own;			/* the node is on it */
	size_t iface;			/* the node's own, towards it */
	const struct plan_iface *hop;	/* the first firewall's, on our link */
};

struct router {
	struct plan *p;
	struct arena *a;
	struct plan_node *n;
	struct way *ways;		/* [nsegments] */
	size_t *queue;			/* [nsegments] */
	size_t queued;
	size_t cap;			/* of the node's routes */
};


static bool has_family(const struct plan_iface *i, uint8_t family)
{
	for (size_t k = 0; k < i->naddrs; k++)
		if (i->addrs[k].addr.family == family)
			return true;

	return false;
}


static bool has_prefix(const struct plan_iface *i, const struct site_network *net,
		       const struct ip_prefix *px)
{
	struct ip_range r = ip_prefix_range(px);

	for (size_t k = 0; k < i->naddrs; k++)
		if (i->addrs[k].network == net && ip_range_has(&r, &i->addrs[k].addr))
			return true;

	return false;
}


static void reach(struct router *r, size_t seg, struct way w)
{
	if (r->ways[seg].known)
		return;
	w.known = true;
	r->ways[seg] = w;
	r->queue[r->queued++] = seg;
}


/* All that the firewall joins to the segment is reached through it. */
static void reach_through(struct router *r, size_t seg, const struct plan_node *fw)
{
	const struct plan_iface *at = NULL;

	for (size_t i = 0; i < fw->nifaces; i++)
		if (fw->ifaces[i].segment == seg)
			at = &fw->ifaces[i];
	if (!at || fw == r->n || !fw->firewall)
		return;

	for (size_t i = 0; i < fw->nifaces; i++) {
		struct way w = r->ways[seg];

		if (w.own)
			w.hop = at;
		w.own = false;
		reach(r, fw->ifaces[i].segment, w);
	}
}


static void search(struct router *r)
{
	r->queued = 0;
	memset(r->ways, 0, r->p->nsegments * sizeof(*r->ways));
	for (size_t i = 0; i < r->n->nifaces; i++)
		reach(r, r->n->ifaces[i].segment, (struct way){.own = true, .iface = i});

	for (size_t q = 0; q < r->queued; q++)
		for (size_t f = 0; f < r->p->nnodes; f++)
			reach_through(r, r->queue[q], &r->p->nodes[f]);
}


static int route_add(struct router *r, const struct ip_prefix *dst, const struct ip_addr *via,
		     size_t iface)
{
	struct plan_node *n = r->n;
	int err = arena_grow(r->a, (void **)&n->routes, n->nroutes, &r->cap, sizeof(*n->routes));

	if (!err)
		n->routes[n->nroutes++] = (struct plan_route){
			.dst = *dst, .via = via ? *via : (struct ip_addr){0}, .iface = iface};

	return err;
}


static int route_prefix(struct router *r, const struct way *w, const struct site_network *net,
			const struct ip_prefix *px)
{
	const struct plan_iface *own = &r->n->ifaces[w->iface];

	if (!has_family(own, px->addr.family))
		return 0;
	if (w->own)
		return has_prefix(own, net, px) ? 0 : route_add(r, px, NULL, w->iface);

	for (size_t k = 0; k < w->hop->naddrs; k++)
		if (w->hop->addrs[k].addr.family == px->addr.family)
			return route_add(r, px, &w->hop->addrs[k].addr, w->iface);

	return 0;
}


/* A host with one way out says so with one line a family. */
static void routes_shorten(struct plan_node *n, uint8_t family)
{
	struct plan_route *first = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < n->nroutes; i++) {
		struct plan_route *rt = &n->routes[i];

		if (rt->via.family != family)
			continue;
		if (first && (ip_cmp(&first->via, &rt->via) || first->iface != rt->iface))
			return;
		if (!first)
			first = rt;
	}
	if (!first)
		return;

	first->dst = (struct ip_prefix){.addr = {.family = family}};
	for (size_t i = 0; i < n->nroutes; i++)
		if (n->routes[i].via.family != family || &n->routes[i] == first)
			n->routes[kept++] = n->routes[i];
	n->nroutes = kept;
}


static int node_route(struct router *r)
{
	search(r);
	r->cap = 0;
	for (size_t s = 0; s < r->p->nsegments; s++) {
		const struct plan_segment *seg = &r->p->segments[s];
		const struct way *w = &r->ways[s];

		for (size_t k = 0; w->known && k < seg->nnetworks; k++) {
			const struct site_network *net = seg->networks[k];

			for (size_t i = 0; i < net->nprefixes; i++) {
				int err = route_prefix(r, w, net, &net->prefixes[i]);

				if (err)
					return err;
			}
		}
	}
	if (r->n->host) {
		routes_shorten(r->n, 4);
		routes_shorten(r->n, 6);
	}

	return 0;
}


int plan_routes(struct plan *p, struct arena *a)
{
	struct router r = {.p = p, .a = a};
	int err = 0;

	r.ways = arena_calloc(a, p->nsegments, sizeof(*r.ways));
	r.queue = arena_calloc(a, p->nsegments, sizeof(*r.queue));
	if (!r.ways || !r.queue)
		return ENOMEM;

	for (size_t i = 0; !err && i < p->nnodes; i++) {
		r.n = &p->nodes[i];
		err = node_route(&r);
	}

	return err;
}
