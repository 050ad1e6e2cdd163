#include <errno.h>
#include <string.h>

#include "lib/policy/emit/acl_merge.h"
#include "lib/policy/model/addrs.h"
#include "lib/policy/model/sets.h"

enum { CLASSES_MAX = 1500 };	/* all pairs of classes are compared below */

/** Entries between the same two sets, of one kind */
struct class {
	const struct acl_entry *like;
	size_t *members;	/* ascending */
	size_t n, cap;
	size_t *wider;		/* classes that hold this one */
	size_t nwider, wider_cap;
};

struct merge {
	struct arena *mem;
	struct acl *l;
	struct sets_index ix;
	struct class *v;
	size_t n, cap;
	size_t *class_of;	/* [nentries] */
	bool *gone;		/* [nentries] */
};


static bool same_class(const struct acl_entry *a, const struct acl_entry *b)
{
	return a->transport == b->transport && a->established == b->established &&
	       !memcmp(&a->icmp, &b->icmp, sizeof(a->icmp)) &&
	       addrs_equal(&a->src.addrs, &b->src.addrs) &&
	       addrs_equal(&a->dst.addrs, &b->dst.addrs);
}


static uint64_t hash_entry(const struct acl_entry *e)
{
	uint32_t kind[] = { e->transport, e->established, e->icmp.type, e->icmp.code_lo };
	uint64_t h = sets_hash(0, kind, sizeof(kind));

	h = sets_hash(h, e->src.addrs.v, e->src.addrs.n * sizeof(*e->src.addrs.v));
	return sets_hash(h, e->dst.addrs.v, e->dst.addrs.n * sizeof(*e->dst.addrs.v));
}


struct class_key {
	const struct merge *m;
	const struct acl_entry *e;
};


static bool class_equal(const void *arg, size_t i)
{
	const struct class_key *k = arg;

	return same_class(k->m->v[i].like, k->e);
}


static uint64_t class_hash(const void *arg, size_t i)
{
	const struct class_key *k = arg;

	return hash_entry(k->m->v[i].like);
}


static int push(struct arena *mem, size_t **v, size_t *n, size_t *cap, size_t x)
{
	int err = arena_grow(mem, (void **)v, *n, cap, sizeof(**v));

	if (!err)
		(*v)[(*n)++] = x;
	return err;
}


static int classify(struct merge *m, size_t entry)
{
	const struct acl_entry *e = &m->l->entries[entry];
	struct class_key key = { m, e };
	uint64_t h = hash_entry(e);
	size_t i = sets_index_find(&m->ix, h, class_equal, &key);
	int err;

	if (i == SIZE_MAX) {
		err = arena_grow(m->mem, (void **)&m->v, m->n, &m->cap, sizeof(*m->v));
		if (!err)
			err = sets_index_add(&m->ix, m->mem, h, class_hash, &key);
		if (err)
			return err;
		i = m->n++;
		m->v[i] = (struct class){ .like = e };
	}

	m->class_of[entry] = i;
	return push(m->mem, &m->v[i].members, &m->v[i].n, &m->v[i].cap, entry);
}


static bool addrs_hold(const struct need_addrs *outer, const struct need_addrs *inner)
{
	size_t j = 0;

	if (outer->v == inner->v && outer->n == inner->n)
		return true;
	for (size_t i = 0; i < inner->n; i++) {
		while (j < outer->n && ip_cmp(&outer->v[j].hi, &inner->v[i].hi) < 0)
			j++;
		if (j == outer->n || !ip_range_covers(&outer->v[j], &inner->v[i]))
			return false;
	}

	return true;
}


static bool kind_holds(const struct acl_entry *outer, const struct acl_entry *inner)
{
	if (outer->transport != inner->transport)
		return false;
	if (outer->transport == FLOW_ICMP)
		return outer->icmp.type == inner->icmp.type &&
		       outer->icmp.code_lo <= inner->icmp.code_lo &&
		       outer->icmp.code_hi >= inner->icmp.code_hi;

	return !outer->established || inner->established;
}


static int relate(struct merge *m)
{
	int err = 0;

	if (m->n > CLASSES_MAX)
		return 0;

	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; !err && j < m->n; j++) {
			const struct acl_entry *in = m->v[i].like, *out = m->v[j].like;

			if (i != j && kind_holds(out, in) &&
			    addrs_hold(&out->src.addrs, &in->src.addrs) &&
			    addrs_hold(&out->dst.addrs, &in->dst.addrs))
				err = push(m->mem, &m->v[i].wider, &m->v[i].nwider,
					   &m->v[i].wider_cap, j);
		}

	return err;
}


static bool every_port(const struct flow_port *v, size_t n)
{
	return !n || (n == 1 && v[0].lo == 0 && v[0].hi == 65535);
}


static bool ports_hold(const struct acl_end *outer, const struct acl_end *inner)
{
	if (every_port(outer->ports, outer->nports))
		return true;
	if (every_port(inner->ports, inner->nports))
		return false;

	for (size_t i = 0; i < inner->nports; i++) {
		size_t j = 0;

		while (j < outer->nports && !(outer->ports[j].lo <= inner->ports[i].lo &&
					      inner->ports[i].hi <= outer->ports[j].hi))
			j++;
		if (j == outer->nports)
			return false;
	}

	return true;
}


/** v without what `cut` holds */
static int cut_port(struct flow_port **v, size_t *n, struct arena *a,
		    const struct flow_port *cut)
{
	struct flow_port *out = arena_calloc(a, *n + 2, sizeof(*out));
	size_t k = 0;

	if (!out)
		return ENOMEM;
	for (size_t i = 0; i < *n; i++) {
		struct flow_port p = (*v)[i];

		if (cut->hi < p.lo || cut->lo > p.hi) {
			out[k++] = p;
			continue;
		}
		if (p.lo < cut->lo)
			out[k++] = (struct flow_port){ .lo = p.lo,
						       .hi = (uint16_t)(cut->lo - 1) };
		if (p.hi > cut->hi)
			out[k++] = (struct flow_port){ .lo = (uint16_t)(cut->hi + 1),
						       .hi = p.hi };
	}

	*v = out;
	*n = k;
	return 0;
}


static bool meets(const struct acl_end *a, const struct acl_end *b)
{
	for (size_t i = 0; i < a->nports; i++)
		for (size_t j = 0; j < b->nports; j++)
			if (a->ports[i].lo <= b->ports[j].hi &&
			    b->ports[j].lo <= a->ports[i].hi)
				return true;

	return false;
}


/** Take from `end` of e what `by` permits there; *empty when all of it */
static int cut_end(struct acl_end *end, const struct acl_end *by, struct arena *a,
		   bool *empty)
{
	struct flow_port *v = NULL;
	size_t n = end->nports;
	int err = 0;

	*empty = ports_hold(by, end);
	if (*empty || !n || !by->nports || !meets(end, by))
		return 0;

	v = arena_calloc(a, n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;
	memcpy(v, end->ports, n * sizeof(*v));
	for (size_t i = 0; !err && i < by->nports; i++)
		err = cut_port(&v, &n, a, &by->ports[i]);

	*empty = !err && n == 0;
	if (!err && n <= end->nports) {		/* else it costs lines */
		end->ports = v;
		end->nports = n;
	}
	return err;
}


static int inherit(struct merge *m, struct acl_entry *to, const struct acl_entry *from)
{
	const char *text = strstr(to->remark, ": ");
	size_t len = strlen(from->rows);
	const char *at = strstr(to->rows, from->rows);

	if (at && (at[len] == '\0' || at[len] == ' '))
		return 0;

	to->rows = arena_printf(m->mem, "%s %s", to->rows, from->rows);
	if (to->rows)
		to->remark = acl_remark(m->mem, to, text ? text + 2 : "");
	return to->rows && to->remark ? 0 : ENOMEM;
}


/** Take from entry `i` what entry `by` permits. */
static int cut_entry(struct merge *m, size_t i, size_t by)
{
	struct acl_entry *e = &m->l->entries[i], *o = &m->l->entries[by];
	struct acl_end *end;
	const struct acl_end *other;

	if (m->gone[i] || m->gone[by] || i == by)
		return 0;

	/* the end that names the service is cut, the other must lie within */
	if (ports_hold(&o->src, &e->src)) {
		end = &e->dst;
		other = &o->dst;
	} else if (ports_hold(&o->dst, &e->dst)) {
		end = &e->src;
		other = &o->src;
	} else {
		return 0;
	}

	return cut_end(end, other, m->mem, &m->gone[i]) ? ENOMEM :
	       m->gone[i] ? inherit(m, o, e) : 0;
}


/** Has `by` all ports of `i`, and more? */
static bool wider(const struct merge *m, size_t by, size_t i)
{
	const struct acl_entry *o = &m->l->entries[by], *e = &m->l->entries[i];

	return ports_hold(&o->src, &e->src) && ports_hold(&o->dst, &e->dst) &&
	       !(ports_hold(&e->src, &o->src) && ports_hold(&e->dst, &o->dst));
}


static int cut_class(struct merge *m, size_t i)
{
	const struct class *c = &m->v[m->class_of[i]];
	int err = 0;

	for (size_t w = 0; !err && w < c->nwider; w++) {
		const struct class *o = &m->v[c->wider[w]];

		for (size_t k = 0; !err && k < o->n; k++)
			err = cut_entry(m, i, o->members[k]);
	}
	for (size_t k = 0; !err && k < c->n && c->members[k] < i; k++) {
		err = cut_entry(m, i, c->members[k]);
		/* what cutting would split stays whole, and the narrower one goes */
		if (!err && !m->gone[i] && wider(m, i, c->members[k]))
			err = cut_entry(m, c->members[k], i);
	}

	return err;
}


int acl_merge(struct acl *l, struct arena *a)
{
	struct merge m = { .mem = a, .l = l };
	size_t w = 0;
	int err = 0;

	m.class_of = arena_calloc(a, l->nentries + 1, sizeof(*m.class_of));
	m.gone = arena_calloc(a, l->nentries + 1, sizeof(*m.gone));
	if (!m.class_of || !m.gone)
		return ENOMEM;

	for (size_t i = 0; !err && i < l->nentries; i++)
		err = classify(&m, i);
	if (!err)
		err = relate(&m);
	for (size_t i = 0; !err && i < l->nentries; i++)
		err = cut_class(&m, i);
	if (err)
		return err;

	for (size_t i = 0; i < l->nentries; i++)
		if (!m.gone[i])
			l->entries[w++] = l->entries[i];
	l->nentries = w;
	return 0;
}
