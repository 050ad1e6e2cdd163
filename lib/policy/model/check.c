#include <errno.h>
#include <stdbool.h>

#include "lib/policy/model/policy.h"

/** Where a network stands */
struct place {
	const struct site_network *net;
	bool *at;		/**< [nfirewalls] behind one of its interfaces */
};

struct check {
	const struct site *site;
	struct arena *mem;
	struct diag_list *dl;
	struct place *places;
};


static void place_interface(struct check *c, size_t f, const struct site_interface *si)
{
	for (size_t j = 0; j < si->nnetworks; j++) {
		struct place *p = &c->places[si->networks[j] - c->site->networks];

		p->at[f] = true;
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
		p->at = arena_calloc(c->mem, s->nfirewalls + 1, sizeof(*p->at));
		if (!p->at)
			return ENOMEM;
	}
	for (size_t f = 0; f < s->nfirewalls; f++)
		for (size_t i = 0; i < s->firewalls[f].ninterfaces; i++)
			place_interface(c, f, &s->firewalls[f].interfaces[i]);

	return 0;
}


static bool nowhere(const struct check *c, const struct place *p)
{
	for (size_t f = 0; f < c->site->nfirewalls; f++)
		if (p->at[f])
			return false;

	return true;
}


static bool joined(const struct check *c, const struct place *a, const struct place *b)
{
	for (size_t f = 0; f < c->site->nfirewalls; f++)
		if (a->at[f] && b->at[f])
			return true;

	return false;
}


static bool same_firewalls(const struct check *c, const struct place *a,
			   const struct place *b)
{
	for (size_t f = 0; f < c->site->nfirewalls; f++)
		if (a->at[f] != b->at[f])
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

		if (nowhere(c, p))
			continue;	/* an error of the site file, reported there */
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


int policy_check_paths(const struct site *s, struct arena *a, struct diag_list *dl)
{
	struct check c = { .site = s, .mem = a, .dl = dl };
	int err = make_places(&c);

	return err ? err : check_paths(&c);
}
