#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/need.h"
#include "lib/policy/model/sets.h"

/** A need while it is built: its rows still grow */
struct draft {
	struct need need;
	size_t rows_cap;
};

/** A role that no host has, and the rows whose other end waits for it */
struct lack {
	const char *role;
	const struct flow_row *first;
	size_t n;
};

struct expansion {
	struct arena *mem;
	const struct site *site;
	struct diag_list *dl;
	struct sets *sets;
	struct draft *v;
	size_t n, cap;
	struct sets_index ix;
	struct lack *lacks;
	size_t nlacks, lacks_cap;
};

/** One row's two ends as the site reads them */
struct ends {
	struct need_addrs src, dst;
	const struct flow_port *sports, *dports;
	size_t nsports, ndports;
};


static int port_cmp(const void *pa, const void *pb)
{
	const struct flow_port *a = pa, *b = pb;
	int c = (a->lo > b->lo) - (a->lo < b->lo);

	return c ? c : (a->hi > b->hi) - (a->hi < b->hi);
}


static size_t ports_merge(struct flow_port *v, size_t n)
{
	size_t w = 0;

	if (!n)
		return 0;

	qsort(v, n, sizeof(*v), port_cmp);
	for (size_t i = 1; i < n; i++) {
		if (v[i].lo > v[w].hi && v[i].lo - v[w].hi > 1) {
			v[++w] = v[i];
			continue;
		}
		if (v[i].hi > v[w].hi)
			v[w].hi = v[i].hi;
		v[w].tls = v[w].tls && v[i].tls;
		v[w].ephemeral = v[w].lo == FLOW_EPHEMERAL_LO &&
				 v[w].hi == FLOW_EPHEMERAL_HI;
	}

	return w + 1;
}


/**
 * The ports that count at this site, merged.
 * @return 0; ENOENT when ports are named and none of them counts; ENOMEM
 */
static int ports_take(const struct flow_port **out, size_t *nout,
		      const struct expansion *ex,
		      const struct flow_port *v, size_t n)
{
	struct flow_port *p = arena_calloc(ex->mem, n + 1, sizeof(*p));
	size_t k = 0;

	if (!p)
		return ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!site_condition(ex->site, v[i].when))
			continue;
		p[k] = v[i];
		p[k++].when = NULL;
	}

	*out = p;
	*nout = ports_merge(p, k);
	return n && !k ? ENOENT : 0;
}


bool need_ports_equal(const struct flow_port *a, size_t na,
		      const struct flow_port *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (a[i].lo != b[i].lo || a[i].hi != b[i].hi)
			return false;

	return true;
}


struct need_key {
	const struct expansion *ex;
	const struct need *need;
};


/* equal address sets share their ranges, see sets.h */
static bool same_packets(const struct need *a, const struct need *b)
{
	return a->transport == b->transport && a->icmp == b->icmp &&
	       a->src.v == b->src.v && a->dst.v == b->dst.v &&
	       need_ports_equal(a->sports, a->nsports, b->sports, b->nsports) &&
	       need_ports_equal(a->dports, a->ndports, b->dports, b->ndports);
}


static uint64_t need_hash(const struct need *n)
{
	const struct flow_port *p = n->ndports ? n->dports : NULL;
	uint64_t key[4] = {
		n->transport, p ? (uint64_t)p->lo << 16 | p->hi : 0,
		(uintptr_t)n->src.v, (uintptr_t)n->dst.v,
	};

	return sets_hash(0, key, sizeof(key));
}


static bool entry_equal(const void *arg, size_t entry)
{
	const struct need_key *k = arg;

	return same_packets(k->need, &k->ex->v[entry].need);
}


static uint64_t entry_hash(const void *arg, size_t entry)
{
	const struct need_key *k = arg;

	return need_hash(&k->ex->v[entry].need);
}


static int draft_add_row(struct expansion *ex, struct draft *d,
			 const struct flow_row *row)
{
	int err;

	for (size_t i = 0; i < d->need.nrows; i++)
		if (d->need.rows[i] == row)
			return 0;

	err = arena_grow(ex->mem, (void **)&d->need.rows, d->need.nrows,
			 &d->rows_cap, sizeof(*d->need.rows));
	if (!err)
		d->need.rows[d->need.nrows++] = row;
	return err;
}


static int add_need(struct expansion *ex, const struct need *need,
		    const struct flow_row *row)
{
	struct need_key key = { ex, need };
	uint64_t hash = need_hash(need);
	size_t i = sets_index_find(&ex->ix, hash, entry_equal, &key);
	int err = 0;

	if (i == SIZE_MAX) {
		err = arena_grow(ex->mem, (void **)&ex->v, ex->n, &ex->cap,
				 sizeof(*ex->v));
		if (!err)
			err = sets_index_add(&ex->ix, ex->mem, hash, entry_hash, &key);
		if (err)
			return err;
		i = ex->n++;
		ex->v[i] = (struct draft){ .need = *need };
	}

	return draft_add_row(ex, &ex->v[i], row);
}


static int add_row_needs(struct expansion *ex, const struct flow_row *row,
			 const struct ends *e)
{
	struct need n = {
		.transport = row->transport, .icmp = row->icmp,
		.src = e->src, .dst = e->dst, .both_ways = row->both_ways,
		.sports = e->sports, .nsports = e->nsports,
		.dports = e->dports, .ndports = e->ndports,
	};
	struct need r = {
		.transport = row->transport, .icmp = row->icmp,
		.src = e->dst, .dst = e->src, .both_ways = row->both_ways,
		.sports = e->dports, .nsports = e->ndports,
		.dports = e->sports, .ndports = e->nsports, .reverse = true,
	};
	int err = add_need(ex, &n, row);

	if (!err && row->both_ways && !same_packets(&n, &r))
		err = add_need(ex, &r, row);
	return err;
}


static int note_lack(struct expansion *ex, const char *role,
		     const struct flow_row *row)
{
	int err;

	for (size_t i = 0; i < ex->nlacks; i++) {
		if (!strcmp(ex->lacks[i].role, role)) {
			ex->lacks[i].n++;
			return 0;
		}
	}

	err = arena_grow(ex->mem, (void **)&ex->lacks, ex->nlacks,
			 &ex->lacks_cap, sizeof(*ex->lacks));
	if (!err)
		ex->lacks[ex->nlacks++] = (struct lack){ role, row, 1 };
	return err;
}


static int resolve_end(struct need_addrs *out, struct expansion *ex,
		       const struct flow_end *end, const char **names, size_t n,
		       const char **missing)
{
	bool narrow = names != NULL;

	return sets_resolve(out, ex->sets,
			    (const char *const *)(narrow ? names : end->roles),
			    narrow ? n : end->nroles, narrow, missing);
}


/** A row with hosts at one end alone is worth a word; with none it is simply
 *  of a product that this site does not have. */
static int say_missing(struct expansion *ex, const struct flow_row *row,
		       const struct site_narrow *nw, const struct ends *e,
		       const char *no_src, const char *no_dst)
{
	int err = 0;

	if (nw) {
		diag_warn(ex->dl, nw->pos, "the narrowing of %s leaves nobody: "
			  "\"%s\" is no role of a host, no host and no network",
			  row->id, e->src.n ? no_dst : no_src);
		return 0;
	}
	if (!e->src.n && e->dst.n && !flow_end_has_role(&row->to, FLOW_ROLE_ANY))
		err = note_lack(ex, no_src, row);
	else if (e->src.n && !e->dst.n && !flow_end_has_role(&row->from, FLOW_ROLE_ANY))
		err = note_lack(ex, no_dst, row);

	return err;
}


static int expand_row(struct expansion *ex, const struct flow_row *row)
{
	const struct site_narrow *nw = site_narrow_find(ex->site, row);
	const char *no_src = NULL, *no_dst = NULL;
	struct ends e = {0};
	bool own_ports = nw && nw->to_ports;
	int err;

	if (row->transport == FLOW_L2 || !site_condition(ex->site, row->when) ||
	    !site_row_concerns(ex->site, row))
		return 0;

	err = resolve_end(&e.src, ex, &row->from, nw ? nw->from : NULL,
			  nw ? nw->nfrom : 0, &no_src);
	if (!err)
		err = resolve_end(&e.dst, ex, &row->to, nw ? nw->to : NULL,
				  nw ? nw->nto : 0, &no_dst);
	if (err)
		return err;
	if (!e.src.n || !e.dst.n)
		return say_missing(ex, row, nw, &e, no_src, no_dst);

	err = ports_take(&e.sports, &e.nsports, ex, row->from.ports, row->from.nports);
	if (!err)
		err = ports_take(&e.dports, &e.ndports, ex,
				 own_ports ? nw->to_ports : row->to.ports,
				 own_ports ? nw->nto_ports : row->to.nports);
	if (err)
		return err == ENOENT ? 0 : err;

	return add_row_needs(ex, row, &e);
}


static const struct draft *need_of_row(const struct expansion *ex,
				       const struct flow_row *row)
{
	for (size_t i = 0; i < ex->n; i++)
		for (size_t j = 0; j < ex->v[i].need.nrows; j++)
			if (ex->v[i].need.rows[j] == row)
				return &ex->v[i];

	return NULL;
}


/** A row that calls itself the same flow as another and is not */
static int check_same_as(struct expansion *ex, const struct flow_row *row)
{
	const struct flow_row *other = row->same_as ? site_row_find(ex->site, row->same_as)
						    : NULL;
	const struct draft *a, *b;

	if (!row->same_as || site_narrow_find(ex->site, row))
		return 0;
	if (!other) {
		diag_warn(ex->dl, row->pos, "row %s is said to be the same as %s, "
			  "which does not exist", row->id, row->same_as);
		return 0;
	}

	a = need_of_row(ex, row);
	b = need_of_row(ex, other);
	if (a && b && a != b && !site_narrow_find(ex->site, other))
		diag_warn(ex->dl, row->pos, "row %s is said to be the same as %s, "
			  "but differs from it in addresses or ports", row->id, other->id);
	return 0;
}


/** One line for all: a site without a manager is no mistake. */
static int say_lacks(struct expansion *ex)
{
	const char *list = "";

	for (size_t i = 0; i < ex->nlacks; i++) {
		const struct lack *l = &ex->lacks[i];

		list = arena_printf(ex->mem, "%s%s%s (%zu row%s, %s first)", list,
				    i ? ", " : "", l->role, l->n, l->n == 1 ? "" : "s",
				    l->first->id);
		if (!list)
			return ENOMEM;
	}
	if (ex->nlacks)
		diag_warn(ex->dl, (struct diag_pos){ .file = ex->site->name },
			  "nothing is compiled for roles that no host has: %s", list);
	return 0;
}


static int finish(struct need_list *nl, const struct expansion *ex)
{
	nl->n = 0;
	nl->v = arena_calloc(ex->mem, ex->n + 1, sizeof(*nl->v));
	if (!nl->v)
		return ENOMEM;

	for (; nl->n < ex->n; nl->n++)
		nl->v[nl->n] = ex->v[nl->n].need;
	return 0;
}


typedef int (row_h)(struct expansion *ex, const struct flow_row *row);


static int each_row(struct expansion *ex, row_h *h)
{
	for (size_t i = 0; i < ex->site->nmatrices; i++) {
		const struct flow_matrix *m = &ex->site->matrices[i];

		for (size_t j = 0; j < m->nrows; j++) {
			int err = h(ex, &m->rows[j]);

			if (err)
				return err;
		}
	}

	return 0;
}


int need_expand(struct need_list *nl, struct arena *a, const struct site *s,
		struct diag_list *dl)
{
	struct expansion ex = { .mem = a, .site = s, .dl = dl };
	int err = sets_make(&ex.sets, a, s);

	if (!err)
		err = each_row(&ex, expand_row);
	if (!err)
		err = each_row(&ex, check_same_as);
	if (!err)
		err = say_lacks(&ex);

	return err ? err : finish(nl, &ex);
}
