#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/audit/device.h"


static bool crosses(const struct config *c)
{
	for (size_t i = 0; i < c->nhooks; i++)
		if (c->hooks[i].where != CONFIG_LOCAL)
			return true;

	return false;
}


static size_t count_hooks(struct config *const *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += v[i]->nhooks + v[i]->nlists;
	return k;
}


static const struct device_hook *same_list(const struct device *d, const struct device_hook *h)
{
	for (size_t i = 0; i < d->nhooks; i++)
		if (d->hooks[i].config == h->config && d->hooks[i].hook.family == h->hook.family &&
		    !strcmp(d->hooks[i].hook.list, h->hook.list))
			return &d->hooks[i];

	return NULL;
}


static int add_hook(struct device *d, struct device_hook h)
{
	const struct device_hook *same = same_list(d, &h);
	const struct config_list *l;
	struct config_list none = { .name = h.hook.list };
	int err;

	if (h.hook.iface) {
		h.iface = flat_iface_find(&d->ifaces, h.hook.iface);
		if (h.iface == d->ifaces.n)
			return 0;
	}
	if (same) {
		h.flat = same->flat;
		d->hooks[d->nhooks++] = h;
		return 0;
	}

	l = config_list_find(h.config, h.hook.list, h.hook.family);
	if (!l) {
		/* named, and nowhere to be found: the flat keeps a pointer to it */
		struct config_list *made = arena_alloc(d->mem, sizeof(*made));

		if (!made)
			return ENOMEM;
		*made = none;
		l = made;
	}
	h.flat = d->nflats;
	err = flat_make(&d->flats[d->nflats++], h.config, l, h.hook.family, &d->ifaces);
	if (!err)
		d->hooks[d->nhooks++] = h;
	return err;
}


/** A file without interfaces: its only list is taken to be applied to all. */
static int assume_hooks(struct device *d, const struct config *c)
{
	const struct config_list *only = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->nlists; i++) {
		if (!c->lists[i].defined || c->lists[i].fallthrough == CONFIG_RETURN)
			continue;
		only = &c->lists[i];
		n++;
	}
	if (n != 1)
		return 0;

	return add_hook(d, (struct device_hook){
		.config = c, .iface = SIZE_MAX, .assumed = true,
		.hook = { .list = only->name, .where = CONFIG_FORWARD, .family = only->family } });
}


static int add_hooks(struct device *d, const struct config *c)
{
	int err = 0;

	if (!crosses(c))
		return assume_hooks(d, c);
	for (size_t i = 0; !err && i < c->nhooks; i++)
		if (c->hooks[i].where != CONFIG_LOCAL)
			err = add_hook(d, (struct device_hook){
				.config = c, .hook = c->hooks[i], .iface = SIZE_MAX });

	return err;
}


/** An interface whose network lies behind the site's one; @return its number
 *  when there is exactly one, else ifaces.n */
static size_t by_network(const struct device *d, const struct policy_interface *pi)
{
	size_t found = d->ifaces.n;

	for (size_t i = 0; i < d->nconfigs; i++)
		for (size_t k = 0; k < d->configs[i]->nifaces; k++) {
			const struct config_interface *ci = &d->configs[i]->ifaces[k];
			size_t at = flat_iface_find(&d->ifaces, ci->name);
			bool in = false;

			for (size_t j = 0; j < ci->naddrs; j++) {
				struct ip_range r = ip_prefix_range(&ci->addrs[j]);

				in = in || (addrs_has(&pi->addrs, &r.lo) &&
					    addrs_has(&pi->addrs, &r.hi));
			}
			if (!in || ci->shutdown || at == found)
				continue;
			if (found < d->ifaces.n)
				return d->ifaces.n;
			found = at;
		}

	return found;
}


/** Has no address and no list: the interface whose name a sub-interface begins
 *  with, or one that is not in use */
static bool is_bare(const struct device *d, size_t iface)
{
	for (size_t i = 0; i < d->nconfigs; i++) {
		const struct config *c = d->configs[i];

		for (size_t k = 0; k < c->nifaces; k++)
			if (c->ifaces[k].naddrs && flat_iface_find(&d->ifaces, c->ifaces[k].name) == iface)
				return false;
		for (size_t k = 0; k < c->nhooks; k++)
			if (c->hooks[k].iface && flat_iface_find(&d->ifaces, c->hooks[k].iface) == iface)
				return false;
	}

	return true;
}


static size_t map_iface(const struct device *d, const struct policy_interface *pi)
{
	size_t named = flat_iface_find(&d->ifaces, pi->name), at;

	if (named < d->ifaces.n && !is_bare(d, named))
		return named;
	at = by_network(d, pi);
	return at < d->ifaces.n ? at : named;
}


static int map_ifaces(struct device *d, const struct policy *p)
{
	d->nsite = p->ninterfaces;
	d->site_iface = arena_calloc(d->mem, d->nsite + 1, sizeof(*d->site_iface));
	d->missing = arena_calloc(d->mem, d->nsite + 1, sizeof(*d->missing));
	if (!d->site_iface || !d->missing)
		return ENOMEM;

	for (size_t i = 0; i < d->nsite; i++) {
		const struct policy_interface *pi = &p->interfaces[i];
		size_t at = map_iface(d, pi);

		if (at == d->ifaces.n) {
			int err = arena_grow(d->mem, (void **)&d->ifaces.v, d->ifaces.n,
					     &d->ifaces.cap, sizeof(*d->ifaces.v));

			if (err)
				return err;
			d->ifaces.v[d->ifaces.n++] = (struct flat_iface){ pi->name, NULL };
			d->missing[i] = true;
		}
		d->site_iface[i] = at;
	}

	return 0;
}


int device_make(struct device *d, struct arena *mem, struct config *const *v, size_t n,
		const struct policy *p)
{
	size_t hooks = count_hooks(v, n);
	int err = n > DEVICE_CONFIGS_MAX ? EOVERFLOW : 0;

	*d = (struct device){ .configs = v, .nconfigs = n, .mem = mem };
	d->hooks = arena_calloc(mem, hooks + 1, sizeof(*d->hooks));
	d->flats = arena_calloc(mem, hooks + 1, sizeof(*d->flats));
	if (!d->hooks || !d->flats)
		return ENOMEM;

	for (size_t i = 0; !err && i < n; i++)
		err = flat_ifaces_add(&d->ifaces, v[i]);
	if (!err && p)
		err = map_ifaces(d, p);
	for (size_t i = 0; !err && i < n; i++)
		err = add_hooks(d, v[i]);

	return err;
}


void device_reset(struct device *d)
{
	for (size_t i = 0; i < d->nflats; i++)
		flat_reset(&d->flats[i]);
	*d = (struct device){0};
}


const char *device_iface_name(const struct device *d, size_t number)
{
	return number < d->ifaces.n ? d->ifaces.v[number].name : "any other interface";
}


static enum device_reads reads(const struct device *d, const struct config_helper *h,
			       const char *name, size_t in, size_t out)
{
	if (strcmp(h->name, name) != 0)
		return DEVICE_NO;
	if (h->iface) {
		size_t at = flat_iface_find(&d->ifaces, h->iface);

		if (at == d->ifaces.n || (at != in && at != out))
			return DEVICE_NO;
	}

	return h->maybe ? DEVICE_PERHAPS : DEVICE_YES;
}


enum device_reads device_helper_reads(const struct device *d, const char *name, size_t in,
				      size_t out)
{
	enum device_reads best = DEVICE_NO;

	for (size_t i = 0; i < d->nconfigs; i++)
		for (size_t k = 0; k < d->configs[i]->nhelpers; k++) {
			enum device_reads x = reads(d, &d->configs[i]->helpers[k], name, in, out);

			best = x > best ? x : best;
		}

	return best;
}


enum device_reads device_ties_echo(const struct device *d, size_t in, size_t out)
{
	for (size_t i = 0; i < d->nconfigs; i++)
		if (d->configs[i]->icmp_by_helper)
			return device_helper_reads(d, "icmp", in, out);

	return DEVICE_YES;
}


bool device_speaks(const struct device *d, uint8_t family)
{
	unsigned bit = family == 6 ? 2 : 1;

	for (size_t i = 0; i < d->nconfigs; i++) {
		bool applied = false;

		for (size_t k = 0; !applied && k < d->nhooks; k++)
			applied = d->hooks[k].config == d->configs[i];
		if (applied && (!d->configs[i]->families || d->configs[i]->families & bit))
			return true;
	}

	return false;
}


static bool looks_at(const struct device_hook *h, int where, size_t in, size_t out,
		     uint8_t family)
{
	if ((int)h->hook.where != where || (h->hook.family && h->hook.family != family))
		return false;
	if (h->iface == SIZE_MAX)
		return true;

	return h->iface == (where == CONFIG_OUT ? out : in);
}


size_t device_chain(const struct device_hook **chain, const struct device *d, size_t in,
		    size_t out, uint8_t family)
{
	size_t n = 0;

	for (int where = CONFIG_IN; where <= CONFIG_OUT; where++)
		for (size_t i = 0; i < d->nhooks && n < DEVICE_CHAIN_MAX; i++)
			if (looks_at(&d->hooks[i], where, in, out, family))
				chain[n++] = &d->hooks[i];

	return n;
}


struct follow {
	const struct device *d;
	const struct device_hook *chain[DEVICE_CHAIN_MAX];
	size_t n;
	struct pset_budget *budget;
	device_step_h *step_h;
	void *arg;
};

struct stage {
	struct follow *f;
	size_t at;
};


static enum flat_class verdict_of(unsigned classes)
{
	return classes == 1u << FLAT_PERMIT ? FLAT_PERMIT :
	       classes == 1u << FLAT_DENY ? FLAT_DENY : FLAT_UNKNOWN;
}


static int follow_from(struct follow *f, size_t at, const struct pset_box *q);


static int stage_leaf(const struct pset_leaf *leaf, void *arg)
{
	const struct stage *st = arg;
	struct follow *f = st->f;
	struct device_step s = {
		.piece = leaf->piece, .verdict = verdict_of(leaf->classes),
		.hook = f->chain[st->at], .flat = &f->d->flats[f->chain[st->at]->flat],
		.by = leaf->by, .nby = leaf->nby,
	};
	int err;

	s.last = s.verdict != FLAT_PERMIT || st->at + 1 == f->n;
	err = f->step_h(&s, f->arg);
	if (err || s.last)
		return err;

	return follow_from(f, st->at + 1, leaf->piece);
}


static int follow_from(struct follow *f, size_t at, const struct pset_box *q)
{
	struct stage st = { f, at };
	const struct flat *flat = &f->d->flats[f->chain[at]->flat];
	struct pset_walk w = {
		.ix = &flat->ix, .cls = flat->cls, .fall = FLAT_IGNORE, .budget = f->budget,
		.leaf_h = stage_leaf, .arg = &st,
	};

	return pset_walk_run(&w, q, 0, flat->boxes.n);
}


int device_follow(const struct device *d, size_t in, size_t out, const struct pset_box *q,
		  unsigned skip, struct pset_budget *budget,
		  device_step_h *step_h, void *arg)
{
	struct follow f = { .d = d, .budget = budget, .step_h = step_h, .arg = arg };
	uint8_t family = q->lo[PSET_FAMILY] ? 6 : 4;
	struct device_step s = { .piece = q, .last = true };
	size_t n = device_chain(f.chain, d, in, out, family);

	for (size_t i = 0; i < n; i++)
		if (!(skip & 1u << f.chain[i]->hook.tracking) ||
		    skip & (unsigned)DEVICE_ASK << f.chain[i]->hook.where)
			f.chain[f.n++] = f.chain[i];
	if (f.n)
		return follow_from(&f, 0, q);

	s.verdict = device_speaks(d, family) ? FLAT_PERMIT : FLAT_UNKNOWN;
	return step_h(&s, arg);
}


int device_follow_from(const struct device *d, size_t in, size_t out,
		       const struct pset_box *q, size_t from, struct pset_budget *budget,
		       device_step_h *step_h, void *arg)
{
	struct follow f = { .d = d, .budget = budget, .step_h = step_h, .arg = arg };
	struct device_step s = { .piece = q, .last = true, .verdict = FLAT_PERMIT };

	f.n = device_chain(f.chain, d, in, out, q->lo[PSET_FAMILY] ? 6 : 4);
	return from < f.n ? follow_from(&f, from, q) : step_h(&s, arg);
}
