#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/cisco_group.h"


static bool same_content(const struct cisco_group *a, const struct cisco_group *b)
{
	return a->family == b->family && a->transport == b->transport &&
	       addrs_equal(&a->addrs, &b->addrs) &&
	       need_ports_equal(a->sports, a->nsports, b->sports, b->nsports) &&
	       need_ports_equal(a->ports, a->nports, b->ports, b->nports);
}


struct group_key {
	const struct cisco *o;
	const char *name;
};


static bool name_equal(const void *arg, size_t i)
{
	const struct group_key *k = arg;

	return !strcmp(k->o->groups[i].name, k->name);
}


static uint64_t hash_name(const char *s)
{
	return sets_hash(0, s, strlen(s));
}


static uint64_t name_hash(const void *arg, size_t i)
{
	const struct group_key *k = arg;

	return hash_name(k->o->groups[i].name);
}


static int add_group(struct cisco *o, const struct cisco_group *g)
{
	struct group_key key = { o, g->name };
	int err = arena_grow(o->mem, (void **)&o->groups, o->ngroups, &o->groups_cap,
			     sizeof(*o->groups));

	if (!err)
		err = sets_index_add(&o->group_ix, o->mem, hash_name(g->name), name_hash, &key);
	if (!err)
		o->groups[o->ngroups++] = *g;
	return err;
}


/** Another content under the same name gets a number. */
static int find_group(const char **name, struct cisco *o, struct cisco_group *g,
		      const char *base)
{
	g->name = base;
	for (unsigned n = 2; g->name; n++) {
		struct group_key key = { o, g->name };
		size_t i = sets_index_find(&o->group_ix, hash_name(g->name), name_equal, &key);

		*name = g->name;
		if (i == SIZE_MAX)
			return add_group(o, g);
		if (same_content(&o->groups[i], g))
			return 0;
		g->name = arena_printf(o->mem, "%s-%u", base, n);
	}

	return ENOMEM;
}


int cisco_group_addrs(const char **name, struct cisco *o, const struct need_addrs *s,
		      uint8_t family)
{
	struct cisco_group g = { .family = family, .addrs = *s };

	return find_group(name, o, &g,
			  acl_name(o->mem, "", s->label, family == 6 ? "-v6" : ""));
}


static char *name_ports(struct arena *a, char *s, const struct flow_port *v, size_t n)
{
	for (size_t i = 0; s && i < n; i++)
		s = v[i].lo == v[i].hi ? arena_printf(a, "%s-%u", s, v[i].lo) :
		    arena_printf(a, "%s-%u_%u", s, v[i].lo, v[i].hi);
	return s;
}


int cisco_group_ports(const char **name, struct cisco *o, enum flow_transport t,
		      const struct acl_end *end)
{
	struct cisco_group g = { .transport = t, .ports = end->ports, .nports = end->nports };
	char *s = name_ports(o->mem, arena_strdup(o->mem, flow_transport_name(t)),
			     end->ports, end->nports);

	return s ? find_group(name, o, &g, acl_name(o->mem, "", s, "")) : ENOMEM;
}


int cisco_group_service(const char **name, struct cisco *o, const struct acl_entry *e)
{
	struct cisco_group g = {
		.transport = e->transport,
		.sports = e->src.ports, .nsports = e->src.nports,
		.ports = e->dst.ports, .nports = e->dst.nports,
	};
	char *s = name_ports(o->mem, arena_strdup(o->mem, flow_transport_name(e->transport)),
			     g.ports, g.nports);

	if (s && !cisco_every_port(g.sports, g.nsports))
		s = name_ports(o->mem, arena_printf(o->mem, "%s-from", s), g.sports, g.nsports);
	return s ? find_group(name, o, &g, acl_name(o->mem, "", s, "")) : ENOMEM;
}
