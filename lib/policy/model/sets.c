#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/sets.h"

/** A role of a host; sorted by role, then in the order of the site. */
struct role_host {
	const char *role;
	const struct site_host *host;
	size_t order;
};

struct label_set {
	const char *label;
	bool narrow;
	struct need_addrs addrs;
	const char *missing;
};

struct sets {
	struct arena *mem;
	const struct site *site;
	struct role_host *roles;
	size_t nroles;
	struct label_set *labels;
	size_t nlabels, labels_cap;
	struct sets_index label_ix;
	struct need_addrs *contents;
	size_t ncontents, contents_cap;
	struct sets_index content_ix;
};

/** Ranges while they are collected */
struct ranges {
	struct arena *mem;
	struct ip_range *v;
	size_t n, cap;
};


uint64_t sets_hash(uint64_t seed, const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;

	return h ^ h >> 29;
}


size_t sets_index_find(const struct sets_index *ix, uint64_t hash,
		       sets_equal_h *eq_h, const void *arg)
{
	if (!ix->cap)
		return SIZE_MAX;

	for (size_t i = hash & (ix->cap - 1);; i = (i + 1) & (ix->cap - 1)) {
		if (!ix->slot[i])
			return SIZE_MAX;
		if (eq_h(arg, ix->slot[i] - 1))
			return ix->slot[i] - 1;
	}
}


static void index_put(struct sets_index *ix, uint64_t hash, size_t entry)
{
	size_t i = hash & (ix->cap - 1);

	while (ix->slot[i])
		i = (i + 1) & (ix->cap - 1);
	ix->slot[i] = entry + 1;
}


int sets_index_add(struct sets_index *ix, struct arena *mem, uint64_t hash,
		   sets_hash_h *hash_h, const void *arg)
{
	if ((ix->n + 1) * 2 > ix->cap) {
		struct sets_index big = { .cap = ix->cap ? ix->cap * 2 : 64 };

		big.slot = arena_calloc(mem, big.cap, sizeof(*big.slot));
		if (!big.slot)
			return ENOMEM;
		for (; big.n < ix->n; big.n++)
			index_put(&big, hash_h(arg, big.n), big.n);
		*ix = big;
	}

	index_put(ix, hash, ix->n);
	ix->n++;
	return 0;
}


static int role_host_cmp(const void *pa, const void *pb)
{
	const struct role_host *a = pa, *b = pb;
	int c = strcmp(a->role, b->role);

	return c ? c : (a->order > b->order) - (a->order < b->order);
}


int sets_make(struct sets **ssp, struct arena *mem, const struct site *site)
{
	struct sets *ss = arena_alloc(mem, sizeof(*ss));
	size_t n = 0;

	if (!ss)
		return ENOMEM;
	ss->mem = mem;
	ss->site = site;

	for (size_t i = 0; i < site->nhosts; i++)
		n += site->hosts[i].nroles;
	ss->roles = arena_calloc(mem, n + 1, sizeof(*ss->roles));
	if (!ss->roles)
		return ENOMEM;

	for (size_t i = 0; i < site->nhosts; i++)
		for (size_t j = 0; j < site->hosts[i].nroles; j++)
			ss->roles[ss->nroles++] = (struct role_host){
				site->hosts[i].roles[j], &site->hosts[i], i };
	qsort(ss->roles, ss->nroles, sizeof(*ss->roles), role_host_cmp);

	*ssp = ss;
	return 0;
}


static int ranges_add(struct ranges *r, const struct ip_range *v)
{
	int err = arena_grow(r->mem, (void **)&r->v, r->n, &r->cap, sizeof(*v));

	if (!err)
		r->v[r->n++] = *v;
	return err;
}


static int add_host(struct ranges *r, const struct site_host *h)
{
	int err = 0;

	for (size_t i = 0; !err && i < h->naddrs; i++)
		err = ranges_add(r, &h->addrs[i]);

	return err;
}


static int add_network(struct ranges *r, const struct site_network *net)
{
	int err = 0;

	for (size_t i = 0; !err && i < net->nprefixes; i++) {
		struct ip_range v = ip_prefix_range(&net->prefixes[i]);

		err = ranges_add(r, &v);
	}

	return err;
}


static int add_any(struct ranges *r, const struct sets *ss)
{
	int err = 0;

	for (size_t i = 0; !err && i < ss->site->nnetworks; i++)
		err = add_network(r, &ss->site->networks[i]);

	return err;
}


static int add_role(struct ranges *r, const struct sets *ss, const char *role)
{
	size_t lo = 0, hi = ss->nroles;
	int err = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(ss->roles[mid].role, role) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; !err && lo < ss->nroles && !strcmp(ss->roles[lo].role, role); lo++)
		err = add_host(r, ss->roles[lo].host);

	return err;
}


/** @return 0, ENOMEM; adds nothing when the name means nothing here */
static int add_name(struct ranges *r, const struct sets *ss, const char *name,
		    bool narrow)
{
	size_t before = r->n;
	const struct site_host *h;
	const struct site_network *net;
	int err;

	if (!strcmp(name, FLOW_ROLE_ANY))
		return add_any(r, ss);

	err = add_role(r, ss, name);
	if (err || r->n > before || !narrow)
		return err;

	h = site_host_find(ss->site, name);
	if (h)
		return add_host(r, h);
	net = site_network_find(ss->site, name);
	return net ? add_network(r, net) : 0;
}


/** The addresses that stand for no host: wire form of two role names */
static bool special(struct ip_range *v, const char *name)
{
	bool broadcast = !strcmp(name, FLOW_ROLE_BROADCAST);

	if (!broadcast && strcmp(name, FLOW_ROLE_UNSPECIFIED) != 0)
		return false;

	*v = (struct ip_range){ .lo.family = 4, .hi.family = 4 };
	if (broadcast) {
		memset(v->lo.b, 0xff, 4);
		v->hi = v->lo;
	}
	return true;
}


struct content_key {
	const struct sets *ss;
	const struct need_addrs *addrs;
};


static bool content_equal(const void *arg, size_t entry)
{
	const struct content_key *k = arg;

	return addrs_equal(k->addrs, &k->ss->contents[entry]);
}


static uint64_t addrs_hash(const struct need_addrs *s)
{
	return sets_hash(s->n, s->v, s->n * sizeof(*s->v));
}


static uint64_t content_hash(const void *arg, size_t entry)
{
	const struct content_key *k = arg;

	return addrs_hash(&k->ss->contents[entry]);
}


/** Let equal sets share their ranges */
static int intern(struct sets *ss, struct need_addrs *addrs)
{
	struct content_key key = { ss, addrs };
	uint64_t hash = addrs_hash(addrs);
	size_t i = sets_index_find(&ss->content_ix, hash, content_equal, &key);
	int err;

	if (i != SIZE_MAX) {
		addrs->v = ss->contents[i].v;
		return 0;
	}

	err = arena_grow(ss->mem, (void **)&ss->contents, ss->ncontents,
			 &ss->contents_cap, sizeof(*ss->contents));
	if (!err)
		err = sets_index_add(&ss->content_ix, ss->mem, hash, content_hash, &key);
	if (!err)
		ss->contents[ss->ncontents++] = *addrs;
	return err;
}


/** "codec+phone" */
static char *make_label(struct arena *mem, const char *const *names, size_t n)
{
	const char *label = "";
	char *s = NULL;

	for (size_t i = 0; i < n; i++) {
		s = arena_printf(mem, "%s%s%s", label, *label ? "+" : "", names[i]);
		if (!s)
			return NULL;
		label = s;
	}

	return s ? s : arena_strdup(mem, "none");
}


/** The addresses of all names; the set's label has those alone that hold any,
 *  so that a row for ten roles is readable at a site that has two of them. */
static int collect(struct label_set *ls, struct sets *ss,
		   const char *const *names, size_t n)
{
	struct ranges r = { .mem = ss->mem };
	const char **present = arena_calloc(ss->mem, n + 1, sizeof(*present));
	size_t hosts = 0, wanted = 0, npresent = 0;
	int err;

	if (!present)
		return ENOMEM;

	for (size_t i = 0; i < n; i++) {
		struct ip_range v;
		size_t before = r.n;

		if (special(&v, names[i])) {
			err = ranges_add(&r, &v);
		} else {
			wanted++;
			err = add_name(&r, ss, names[i], ls->narrow);
			hosts += r.n - before;
			if (r.n == before && !ls->missing)
				ls->missing = names[i];
		}
		if (err)
			return err;
		if (r.n > before)
			present[npresent++] = names[i];
	}
	if (wanted && !hosts)
		return 0;

	ls->addrs.label = make_label(ss->mem, present, npresent);
	if (!ls->addrs.label)
		return ENOMEM;
	ls->addrs.v = r.v;
	ls->addrs.n = addrs_normalise(r.v, r.n);
	return intern(ss, &ls->addrs);
}


struct label_key {
	const struct sets *ss;
	const char *label;
	bool narrow;
};


static uint64_t hash_label(const char *label, bool narrow)
{
	return sets_hash(narrow, label, strlen(label));
}


static bool label_equal(const void *arg, size_t entry)
{
	const struct label_key *k = arg;
	const struct label_set *ls = &k->ss->labels[entry];

	return ls->narrow == k->narrow && !strcmp(ls->label, k->label);
}


static uint64_t label_hash(const void *arg, size_t entry)
{
	const struct label_key *k = arg;

	return hash_label(k->ss->labels[entry].label, k->ss->labels[entry].narrow);
}


int sets_resolve(struct need_addrs *out, struct sets *ss,
		 const char *const *names, size_t n, bool narrow,
		 const char **missing)
{
	struct label_set ls = { .narrow = narrow };
	struct label_key key = { ss, NULL, narrow };
	uint64_t hash;
	size_t i;
	int err;

	ls.label = key.label = make_label(ss->mem, names, n);
	if (!ls.label)
		return ENOMEM;

	hash = hash_label(ls.label, narrow);
	i = sets_index_find(&ss->label_ix, hash, label_equal, &key);
	if (i == SIZE_MAX) {
		ls.addrs.label = ls.label;
		err = collect(&ls, ss, names, n);
		if (!err)
			err = arena_grow(ss->mem, (void **)&ss->labels, ss->nlabels,
					 &ss->labels_cap, sizeof(*ss->labels));
		if (!err)
			err = sets_index_add(&ss->label_ix, ss->mem, hash,
					     label_hash, &key);
		if (err)
			return err;
		i = ss->nlabels++;
		ss->labels[i] = ls;
	}

	*out = ss->labels[i].addrs;
	if (missing)
		*missing = ss->labels[i].missing;
	return 0;
}
