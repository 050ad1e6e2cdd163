#include <errno.h>
#include <string.h>

#include "lab/plan/plan.h"

/* What is known while the plan is made. */
struct draft {
	struct plan *p;
	struct arena *a;
	const struct site *s;
	struct diag_list *dl;
	size_t *seg_of;		/* [nnetworks] index of the segment */
};


static size_t net_index(const struct site *s, const struct site_network *n)
{
	return (size_t)(n - s->networks);
}


static bool iface_has(const struct site_interface *i, const struct site_network *n)
{
	for (size_t k = 0; k < i->nnetworks; k++)
		if (i->networks[k] == n)
			return true;

	return false;
}


static bool iface_within(const struct site_interface *inner, const struct site_interface *outer)
{
	for (size_t k = 0; k < inner->nnetworks; k++)
		if (!iface_has(outer, inner->networks[k]))
			return false;

	return inner->nnetworks < outer->nnetworks;
}


/* A network that another firewall sees behind a smaller part of the same
 * side is reached through that firewall; all others are right here. */
static bool is_direct(const struct site *s, const struct site_firewall *fw,
		      const struct site_interface *i, const struct site_network *n)
{
	for (size_t f = 0; f < s->nfirewalls; f++) {
		const struct site_firewall *other = &s->firewalls[f];

		for (size_t k = 0; other != fw && k < other->ninterfaces; k++) {
			const struct site_interface *j = &other->interfaces[k];

			if (iface_has(j, n) && iface_within(j, i))
				return false;
		}
	}

	return true;
}


static void join(struct draft *d, size_t from, size_t to)
{
	for (size_t n = 0; n < d->s->nnetworks; n++)
		if (d->seg_of[n] == from)
			d->seg_of[n] = to;
}


/* Networks directly at one interface share a link. */
static void join_behind(struct draft *d, const struct site_firewall *fw,
			const struct site_interface *i)
{
	const struct site_network *first = NULL;

	for (size_t k = 0; k < i->nnetworks; k++) {
		if (!is_direct(d->s, fw, i, i->networks[k]))
			continue;
		if (first)
			join(d, d->seg_of[net_index(d->s, i->networks[k])],
			     d->seg_of[net_index(d->s, first)]);
		else
			first = i->networks[k];
	}
	if (!first)
		diag_error(d->dl, i->pos, "interface %s of firewall %s has no network of its own: "
			   "all behind it belong to other firewalls", i->name, fw->name);
}


/* Number the segments by their first network and fill them. */
static int segments_fill(struct draft *d)
{
	const struct site *s = d->s;
	struct plan *p = d->p;
	size_t *number = arena_calloc(d->a, s->nnetworks, sizeof(*number));

	p->segments = arena_calloc(d->a, s->nnetworks, sizeof(*p->segments));
	if (!number || !p->segments)
		return ENOMEM;

	for (size_t n = 0; n < s->nnetworks; n++) {
		size_t root = d->seg_of[n];
		struct plan_segment *seg;

		if (!number[root]) {
			number[root] = ++p->nsegments;
			seg = &p->segments[p->nsegments - 1];
			seg->networks = arena_calloc(d->a, s->nnetworks,
						     sizeof(struct site_network *));
			if (!seg->networks)
				return ENOMEM;
		}
		seg = &p->segments[number[root] - 1];
		seg->networks[seg->nnetworks++] = &s->networks[n];
	}
	for (size_t n = 0; n < s->nnetworks; n++)
		d->seg_of[n] = number[d->seg_of[n]] - 1;

	return 0;
}


static int segments_make(struct draft *d)
{
	const struct site *s = d->s;

	d->seg_of = arena_calloc(d->a, s->nnetworks, sizeof(*d->seg_of));
	if (!d->seg_of)
		return ENOMEM;
	for (size_t n = 0; n < s->nnetworks; n++)
		d->seg_of[n] = n;

	for (size_t f = 0; f < s->nfirewalls; f++)
		for (size_t i = 0; i < s->firewalls[f].ninterfaces; i++)
			join_behind(d, &s->firewalls[f], &s->firewalls[f].interfaces[i]);

	return segments_fill(d);
}


static struct plan_iface *iface_add(struct draft *d, struct plan_node *n, const char *name,
				    size_t segment)
{
	struct plan_iface *i = &n->ifaces[n->nifaces++];

	i->name = name;
	i->segment = segment;
	i->addrs = arena_calloc(d->a, PLAN_ADDRS_MAX, sizeof(*i->addrs));
	d->p->segments[segment].nmembers++;

	return i->addrs ? i : NULL;
}


static struct plan_iface *iface_on_segment(const struct plan_node *n, size_t segment)
{
	for (size_t i = 0; i < n->nifaces; i++)
		if (n->ifaces[i].segment == segment)
			return &n->ifaces[i];

	return NULL;
}


static const struct ip_prefix *prefix_of(const struct site_network *net, const struct ip_addr *a)
{
	for (size_t i = 0; i < net->nprefixes; i++) {
		struct ip_range r = ip_prefix_range(&net->prefixes[i]);

		if (ip_range_has(&r, a))
			return &net->prefixes[i];
	}

	return NULL;
}


static void addr_add(struct plan_node *n, struct plan_iface *i, const struct ip_addr *a,
		     uint8_t len, const struct site_network *net)
{
	i->addrs[i->naddrs++] = (struct plan_addr){*a, len, net};
	if (a->family == 6)
		n->ipv6 = true;
}


/* A range stands for many machines; the lab builds the first of them. */
static int host_addr(struct draft *d, struct plan_node *n, size_t k)
{
	const struct site_host *h = n->host;
	const struct site_network *net = h->networks[k];
	const struct ip_prefix *px = net ? prefix_of(net, &h->addrs[k].lo) : NULL;
	struct plan_iface *i;
	size_t seg;

	if (!px) {
		diag_error(d->dl, h->pos, "an address of host %s lies in no network", h->name);
		return 0;
	}
	seg = d->seg_of[net_index(d->s, net)];
	i = iface_on_segment(n, seg);
	if (!i) {
		const char *name = arena_printf(d->a, "eth%zu", n->nifaces);

		i = name ? iface_add(d, n, name, seg) : NULL;
	}
	if (!i)
		return ENOMEM;
	if (i->naddrs == PLAN_ADDRS_MAX) {
		diag_error(d->dl, h->pos, "host %s has more than %d addresses on one link",
			   h->name, PLAN_ADDRS_MAX);
		return 0;
	}
	addr_add(n, i, &h->addrs[k].lo, px->len, net);

	return 0;
}


static int host_make(struct draft *d, struct plan_node *n, const struct site_host *h)
{
	int err = 0;

	n->name = h->name;
	n->host = h;
	n->ifaces = arena_calloc(d->a, h->naddrs + 1, sizeof(*n->ifaces));
	if (!n->ifaces)
		return ENOMEM;

	for (size_t k = 0; !err && k < h->naddrs; k++)
		err = host_addr(d, n, k);

	return err;
}


static bool addr_taken(const struct draft *d, const struct ip_addr *a)
{
	for (size_t h = 0; h < d->s->nhosts; h++)
		for (size_t k = 0; k < d->s->hosts[h].naddrs; k++)
			if (ip_range_has(&d->s->hosts[h].addrs[k], a))
				return true;

	for (size_t n = 0; n < d->p->nnodes; n++)
		for (size_t i = 0; i < d->p->nodes[n].nifaces; i++)
			for (size_t k = 0; k < d->p->nodes[n].ifaces[i].naddrs; k++)
				if (!ip_cmp(&d->p->nodes[n].ifaces[i].addrs[k].addr, a))
					return true;

	return false;
}


/* The lowest address that nobody has; neither the network's own nor, in
 * IPv4, the broadcast address. */
static bool addr_free(const struct draft *d, const struct ip_prefix *px, struct ip_addr *a)
{
	struct ip_range r = ip_prefix_range(px);
	bool edges = px->addr.family == 4 && px->len < 31;

	*a = r.lo;
	if ((edges || px->addr.family == 6) && px->len < 127 && !ip_next(a))
		return false;
	while (addr_taken(d, a))
		if (!ip_next(a) || !ip_range_has(&r, a))
			return false;

	return !edges || ip_cmp(a, &r.hi);
}


static void firewall_addrs(struct draft *d, struct plan_node *n, struct plan_iface *i,
			   const struct site_network *net)
{
	for (size_t k = 0; k < net->nprefixes && i->naddrs < PLAN_ADDRS_MAX; k++) {
		struct ip_addr a;

		if (addr_free(d, &net->prefixes[k], &a))
			addr_add(n, i, &a, net->prefixes[k].len, net);
		else
			diag_error(d->dl, net->pos, "network %s has no address left for "
				   "firewall %s", net->name, n->name);
	}
}


static int firewall_iface(struct draft *d, struct plan_node *n, const struct site_interface *si)
{
	struct plan_iface *i = NULL;

	if (strlen(si->name) > PLAN_IFNAME_MAX || strchr(si->name, '/')) {
		diag_error(d->dl, si->pos, "\"%s\" is no interface name on Linux: at most %d "
			   "characters, no \"/\"", si->name, PLAN_IFNAME_MAX);
		return 0;
	}
	for (size_t k = 0; k < si->nnetworks; k++) {
		size_t seg = d->seg_of[net_index(d->s, si->networks[k])];

		if (!is_direct(d->s, n->firewall, si, si->networks[k]))
			continue;
		if (!i && iface_on_segment(n, seg)) {
			diag_error(d->dl, si->pos, "firewall %s meets network %s at two "
				   "interfaces", n->name, si->networks[k]->name);
			return 0;
		}
		if (!i)
			i = iface_add(d, n, si->name, seg);
		if (!i)
			return ENOMEM;
		firewall_addrs(d, n, i, si->networks[k]);
	}

	return 0;
}


static int firewall_make(struct draft *d, struct plan_node *n, const struct site_firewall *fw)
{
	int err = 0;

	n->name = fw->name;
	n->firewall = fw;
	if (strcmp(fw->dialect, "nftables"))
		diag_error(d->dl, fw->pos, "firewall %s speaks %s; the lab can only run nftables",
			   fw->name, fw->dialect);
	n->ifaces = arena_calloc(d->a, fw->ninterfaces + 1, sizeof(*n->ifaces));
	if (!n->ifaces)
		return ENOMEM;

	for (size_t i = 0; !err && i < fw->ninterfaces; i++)
		err = firewall_iface(d, n, &fw->interfaces[i]);

	return err;
}


static int nodes_make(struct draft *d)
{
	const struct site *s = d->s;
	struct plan *p = d->p;
	int err = 0;

	if (s->nhosts + s->nfirewalls > PLAN_NODES_MAX) {
		diag_error(d->dl, s->nhosts ? s->hosts[0].pos : (struct diag_pos){0},
			   "%zu hosts and firewalls; the lab builds at most %d",
			   s->nhosts + s->nfirewalls, PLAN_NODES_MAX);
		return EBADMSG;
	}
	p->nodes = arena_calloc(d->a, s->nhosts + s->nfirewalls + 1, sizeof(*p->nodes));
	if (!p->nodes)
		return ENOMEM;

	for (size_t h = 0; !err && h < s->nhosts; h++)
		err = host_make(d, &p->nodes[p->nnodes++], &s->hosts[h]);
	for (size_t f = 0; !err && f < s->nfirewalls; f++)
		err = firewall_make(d, &p->nodes[p->nnodes++], &s->firewalls[f]);

	return err;
}


static int bridges_name(struct draft *d)
{
	for (size_t i = 0; i < d->p->nsegments; i++) {
		struct plan_segment *seg = &d->p->segments[i];

		if (seg->nmembers == 2)
			continue;
		seg->bridge = arena_printf(d->a, "br%zu", i);
		if (!seg->bridge)
			return ENOMEM;
	}

	return 0;
}


int plan_make(struct plan *p, struct arena *a, const struct site *s, struct diag_list *dl)
{
	struct draft d = {.p = p, .a = a, .s = s, .dl = dl};
	size_t errors = dl->errors;
	int err;

	*p = (struct plan){.site = s};
	err = segments_make(&d);
	if (!err)
		err = nodes_make(&d);
	if (!err)
		err = bridges_name(&d);
	if (!err && dl->errors == errors)
		err = plan_routes(p, a);
	if (!err && dl->errors > errors)
		err = EBADMSG;

	return err;
}
