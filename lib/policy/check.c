#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/addrs.h"
#include "lib/policy/policy.h"

/** Where a network stands: behind which interface of each firewall */
struct place {
	const struct site_network *net;
	size_t order;
	int *at;		/**< [nfirewalls] interface, or -1 */
};

struct check {
	const struct site *site;
	struct arena *mem;
	struct diag_list *dl;
	struct place *places;
};

/** A range and who said so */
struct claim {
	struct ip_range range;
	const char *name;
	struct diag_pos pos;
	const void *owner;
};


static void check_name(struct check *c, const struct site_interface *si)
{
	size_t n = strspn(si->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789._-/:");

	if (!n || si->name[n])
		diag_error(c->dl, si->pos, "interface name \"%s\": use letters, digits "
			   "and . _ - / : only", si->name);
}


static void place_interface(struct check *c, size_t f, int i)
{
	const struct site_firewall *fw = &c->site->firewalls[f];
	const struct site_interface *si = &fw->interfaces[i];

	check_name(c, si);
	for (size_t j = 0; j < si->nnetworks; j++) {
		struct place *p = &c->places[si->networks[j] - c->site->networks];

		if (p->at[f] >= 0 && p->at[f] != i)
			diag_error(c->dl, si->pos, "network %s lies behind %s and %s of "
				   "firewall %s: leave one", p->net->name,
				   fw->interfaces[p->at[f]].name, si->name, fw->name);
		p->at[f] = i;
	}
}


static int make_places(struct check *c)
{
	const struct site *s = c->site;

	c->places = arena_calloc(c->mem, s->nnetworks + 1, sizeof(*c->places));
	if (!c->places)
		return ENOMEM;

	for (size_t i = 0; i < s->nnetworks; i++) {
		struct place *p = &c->places[i];

		p->net = &s->networks[i];
		p->order = i;
		p->at = arena_calloc(c->mem, s->nfirewalls + 1, sizeof(*p->at));
		if (!p->at)
			return ENOMEM;
		for (size_t f = 0; f < s->nfirewalls; f++)
			p->at[f] = -1;
	}
	for (size_t f = 0; f < s->nfirewalls; f++)
		for (size_t i = 0; i < s->firewalls[f].ninterfaces; i++)
			place_interface(c, f, (int)i);

	return 0;
}


static bool nowhere(const struct check *c, const struct place *p)
{
	for (size_t f = 0; f < c->site->nfirewalls; f++)
		if (p->at[f] >= 0)
			return false;

	return true;
}


static bool joined(const struct check *c, const struct place *a, const struct place *b)
{
	for (size_t f = 0; f < c->site->nfirewalls; f++)
		if (a->at[f] >= 0 && b->at[f] >= 0)
			return true;

	return false;
}


static bool same_firewalls(const struct check *c, const struct place *a,
			   const struct place *b)
{
	for (size_t f = 0; f < c->site->nfirewalls; f++)
		if ((a->at[f] >= 0) != (b->at[f] >= 0))
			return false;

	return true;
}


/** Networks known to the same firewalls share their paths: look at the first
 *  of each kind, so that a thousand networks do not make a million pairs. */
static int check_paths(struct check *c)
{
	const struct place **kind;
	size_t nkinds = 0;

	kind = arena_calloc(c->mem, c->site->nnetworks + 1, sizeof(struct place *));
	if (!kind)
		return ENOMEM;

	for (size_t i = 0; i < c->site->nnetworks; i++) {
		const struct place *p = &c->places[i];
		size_t k = 0;

		if (nowhere(c, p)) {
			diag_warn(c->dl, p->net->pos, "network %s lies behind no interface of "
				  "a firewall: its hosts reach nobody beyond it",
				  p->net->name);
			continue;
		}
		while (k < nkinds && !same_firewalls(c, kind[k], p))
			k++;
		if (k == nkinds)
			kind[nkinds++] = p;
	}

	for (size_t i = 0; i < nkinds; i++)
		for (size_t j = i + 1; j < nkinds; j++)
			if (!joined(c, kind[i], kind[j]))
				diag_warn(c->dl, kind[j]->net->pos, "no path between networks "
					  "%s and %s: no firewall has both behind its "
					  "interfaces", kind[i]->net->name,
					  kind[j]->net->name);
	return 0;
}


static int claim_cmp(const void *pa, const void *pb)
{
	const struct claim *a = pa, *b = pb;
	int c = ip_cmp(&a->range.lo, &b->range.lo);

	if (!c)
		c = ip_cmp(&a->range.hi, &b->range.hi);
	return c ? c : (int)(a->pos.line > b->pos.line) - (int)(a->pos.line < b->pos.line);
}


/** Report each claim that starts inside the widest one before it. */
static void check_claims(struct check *c, struct claim *v, size_t n, const char *what)
{
	const struct claim *widest = v;

	if (n)
		qsort(v, n, sizeof(*v), claim_cmp);
	for (size_t i = 1; i < n; i++) {
		char buf[IP_STRLEN];

		if (v[i].owner != widest->owner &&
		    ip_range_overlaps(&widest->range, &v[i].range))
			diag_error(c->dl, v[i].pos, "%s %s and %s both hold %s", what,
				   widest->name, v[i].name,
				   ip_str(&v[i].range.lo, buf));
		if (ip_cmp(&v[i].range.hi, &widest->range.hi) > 0)
			widest = &v[i];
	}
}


static int check_networks(struct check *c)
{
	const struct site *s = c->site;
	struct claim *v;
	size_t n = 0, k = 0;

	for (size_t i = 0; i < s->nnetworks; i++)
		n += s->networks[i].nprefixes;
	v = arena_calloc(c->mem, n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;

	for (size_t i = 0; i < s->nnetworks; i++)
		for (size_t j = 0; j < s->networks[i].nprefixes; j++)
			v[k++] = (struct claim){
				ip_prefix_range(&s->networks[i].prefixes[j]),
				s->networks[i].name, s->networks[i].pos,
				&s->networks[i] };
	check_claims(c, v, k, "networks");
	return 0;
}


static int check_hosts(struct check *c)
{
	const struct site *s = c->site;
	struct claim *v;
	size_t n = 0, k = 0;

	for (size_t i = 0; i < s->nhosts; i++)
		n += s->hosts[i].naddrs;
	v = arena_calloc(c->mem, n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;

	for (size_t i = 0; i < s->nhosts; i++)
		for (size_t j = 0; j < s->hosts[i].naddrs; j++)
			v[k++] = (struct claim){
				s->hosts[i].addrs[j], s->hosts[i].name,
				s->hosts[i].pos, &s->hosts[i] };
	check_claims(c, v, k, "hosts");
	return 0;
}


int policy_check_site(const struct site *s, struct arena *a, struct diag_list *dl)
{
	struct check c = { .site = s, .mem = a, .dl = dl };
	size_t before = dl->errors;
	int err = check_networks(&c);

	if (!err)
		err = check_hosts(&c);
	if (!err && s->nfirewalls)
		err = make_places(&c);
	if (!err && s->nfirewalls)
		err = check_paths(&c);
	if (err)
		return err;

	return dl->errors > before ? EBADMSG : 0;
}
