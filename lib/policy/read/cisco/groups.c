#include <errno.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/cisco/cisco_read.h"

/** Words that open a group; the longest first */
static const struct opener {
	const char *words[3];
	enum group_kind kind;
} openers[] = {
	{{"object-group", "network", "ipv6"}, GROUP_NET6},
	{{"object-group", "network", "ipv4"}, GROUP_NET},
	{{"object-group", "ip", "address"}, GROUP_NET},
	{{"object-group", "ipv6", "address"}, GROUP_NET},
	{{"object-group", "ip", "port"}, GROUP_PORT},
	{{"object-group", "v4-network", NULL}, GROUP_NET},
	{{"object-group", "v6-network", NULL}, GROUP_NET},
	{{"object-group", "network", NULL}, GROUP_NET},
	{{"object-group", "port", NULL}, GROUP_PORT},
	{{"object-group", "service", NULL}, GROUP_SERVICE},
	{{"object-group", "protocol", NULL}, GROUP_PROTOCOL},
	{{"object-group", "icmp-type", NULL}, GROUP_ICMP},
	{{"object", "network", NULL}, GROUP_NET},
	{{"object", "service", NULL}, GROUP_SERVICE},
};

struct key {
	const struct cisco_read *r;
	const struct token *name;
	enum group_kind kind;
};


static bool key_equal(const void *arg, size_t i)
{
	const struct key *k = arg;
	const struct group *g = &k->r->groups[i];

	return g->kind == k->kind && g->len == k->name->n &&
	       !memcmp(g->name, k->name->p, g->len);
}


static uint64_t hash_key(const char *name, size_t len, enum group_kind kind)
{
	return sets_hash((uint64_t)kind, name, len);
}


static uint64_t key_hash(const void *arg, size_t i)
{
	const struct key *k = arg;
	const struct group *g = &k->r->groups[i];

	return hash_key(g->name, g->len, g->kind);
}


struct group *cisco_group_find(struct cisco_read *r, const struct token *name,
			       enum group_kind kind)
{
	struct key k = { r, name, kind };
	size_t i = sets_index_find(&r->group_ix, hash_key(name->p, name->n, kind),
				   key_equal, &k);

	return i == SIZE_MAX ? NULL : &r->groups[i];
}


static int group_get(struct group **g, struct cisco_read *r, const struct token *name,
		     enum group_kind kind)
{
	struct arena *mem = &r->c->mem;
	struct key k = { r, name, kind };
	int err;

	*g = cisco_group_find(r, name, kind);
	if (*g)
		return 0;
	if (r->ngroups >= CONFIG_LISTS_MAX)
		return EOVERFLOW;

	err = arena_grow(mem, (void **)&r->groups, r->ngroups, &r->groups_cap,
			 sizeof(*r->groups));
	if (!err)
		err = sets_index_add(&r->group_ix, mem, hash_key(name->p, name->n, kind),
				     key_hash, &k);
	if (err)
		return err;

	*g = &r->groups[r->ngroups++];
	**g = (struct group){ .kind = kind, .line = r->ln.line, .len = name->n,
			      .name = arena_strndup(mem, name->p, name->n) };
	return (*g)->name ? 0 : ENOMEM;
}


/** @return the kind's row, behind whose words the cursor then stands */
static const struct opener *find_opener(struct cisco_read *r)
{
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		size_t k = 0;

		while (k < 3 && openers[i].words[k] && k < r->ntok &&
		       cisco_is(&r->tok[k], openers[i].words[k]))
			k++;
		if ((k == 3 || !openers[i].words[k]) && k < r->ntok) {
			r->at = k;
			return &openers[i];
		}
	}

	return NULL;
}


bool cisco_group_opens(struct cisco_read *r)
{
	size_t at = r->at;
	bool yes = find_opener(r) != NULL;

	r->at = at;
	return yes;
}


/** "object-group service web tcp": ports of that protocol */
static enum group_kind typed_kind(struct cisco_read *r, enum group_kind kind)
{
	const struct token *t = r->at + 1 < r->ntok ? &r->tok[r->at + 1] : NULL;

	if (kind == GROUP_SERVICE && t &&
	    (cisco_is(t, "tcp") || cisco_is(t, "udp") || cisco_is(t, "tcp-udp")))
		return GROUP_PORT;
	return kind;
}


static int open_group(struct cisco_read *r, const struct opener *o)
{
	enum group_kind kind = typed_kind(r, o->kind);
	struct group *g;
	int err = group_get(&g, r, &r->tok[r->at], kind);

	if (err)
		return err;
	g->given = true;
	g->line = r->ln.line;
	g->header = r->ln.raw;
	r->in_group = (size_t)(g - r->groups) + 1;
	return 0;
}


static int not_understood(struct cisco_read *r, struct group *g, const char *what)
{
	g->uncertain = true;
	return config_unknown(r->c, r->ln.line, r->ln.raw, "%s in group \"%.*s\"", what,
			      (int)g->len, g->name);
}


static int add_nested(struct cisco_read *r, struct group *g)
{
	const struct token *t = cisco_next(r);
	struct nested *v;
	int err;

	if (!t)
		return not_understood(r, g, "a name is missing");
	err = arena_grow(&r->c->mem, (void **)&g->nested, g->nnested, &g->nested_cap,
			 sizeof(*g->nested));
	if (err)
		return err;

	v = &g->nested[g->nnested++];
	*v = (struct nested){ arena_strndup(&r->c->mem, t->p, t->n), t->n, r->ln.line };
	return v->name ? 0 : ENOMEM;
}


/** "range A B" */
static int add_range(struct cisco_read *r, struct group *g)
{
	struct ip_range range;

	if (!cisco_ip(r, cisco_next(r), &range.lo) || !cisco_ip(r, cisco_next(r), &range.hi) ||
	    range.lo.family != range.hi.family || ip_cmp(&range.lo, &range.hi) > 0)
		return not_understood(r, g, "a range of addresses is expected");
	return config_addrs_add(r->c, &g->addrs, &range);
}


/** "A MASK" where masks are masks, "A/len", "host A", "any" elsewhere */
static int add_network(struct cisco_read *r, struct group *g)
{
	struct ace a = {0};
	struct ip_range range;
	struct ip_addr addr, mask;
	size_t at = r->at;
	int err;

	if (g->kind == GROUP_NET6)
		a.m.family = 6;
	if (r->flavour != FLAVOUR_NXOS && cisco_ip(r, cisco_next(r), &addr) &&
	    addr.family == 4 && cisco_ip(r, cisco_next(r), &mask) && mask.family == 4) {
		if (!cisco_masked(&range, &addr, &mask))
			return not_understood(r, g, "a mask with holes");
		return config_addrs_add(r->c, &g->addrs, &range);
	}

	r->at = at;
	err = cisco_addr(r, &a, &g->addrs);
	return !err && a.bad ? not_understood(r, g, a.bad) : err;
}


static int net_member(struct cisco_read *r, struct group *g)
{
	if (cisco_take(r, "range"))
		return add_range(r, g);
	if (cisco_take(r, "fqdn"))
		return not_understood(r, g, "a name that DNS resolves");
	if (cisco_take(r, "nat"))
		return 0;		/* told among the lines of all places */
	(void)(cisco_take(r, "subnet") || cisco_take(r, "network-object"));
	if (cisco_take(r, "object"))
		return add_nested(r, g);

	return add_network(r, g);
}


static int port_member(struct cisco_read *r, struct group *g)
{
	int err;

	(void)cisco_take(r, "port-object");
	err = cisco_port_op(r, &g->nums, true, true);
	if (err == ENOENT || err == EINVAL)
		return not_understood(r, g, "ports are expected");
	return err;
}


static int protocol_number(struct config *c, struct config_nums *v, const struct token *t)
{
	unsigned number;
	int err;

	if (cisco_is(t, "tcp-udp")) {
		err = config_nums_add(c, v, 6, 6);
		return err ? err : config_nums_add(c, v, 17, 17);
	}
	if (cisco_is(t, "ip"))
		return config_nums_add(c, v, 0, 255);
	if (!names_protocol(&number, t->p, t->n))
		return EINVAL;

	return config_nums_add(c, v, number, number);
}


/** "tcp source range 1 9 eq 80", "tcp destination eq 80", "tcp 80", "icmp echo" */
static int service_ports(struct cisco_read *r, struct service *s)
{
	bool tcp = cisco_is_protocol(&s->protocol, 6), udp = cisco_is_protocol(&s->protocol, 17);
	const struct token *t = cisco_peek(r);
	unsigned port;
	int err = 0;

	if (cisco_take(r, "source")) {
		err = cisco_port_op(r, &s->sport, tcp, udp);
		if (err == ENOENT && cisco_peek(r) &&
		    names_port(&port, cisco_peek(r)->p, cisco_peek(r)->n, tcp, udp)) {
			(void)cisco_next(r);
			err = config_nums_add(r->c, &s->sport, port, port);
		}
	}
	if (err)
		return err;
	(void)cisco_take(r, "destination");
	t = cisco_peek(r);
	if (!t || cisco_is(t, "log"))
		return 0;
	if (!tcp && !udp)
		return cisco_icmp(r, &s->icmp, cisco_is_protocol(&s->protocol, 58) ? 6 : 4);
	err = cisco_port_op(r, &s->dport, tcp, udp);
	if (err != ENOENT)
		return err;
	if (!names_port(&port, t->p, t->n, tcp, udp))
		return EINVAL;

	(void)cisco_next(r);
	return config_nums_add(r->c, &s->dport, port, port);
}


static int service_member(struct cisco_read *r, struct group *g)
{
	struct service s = {0};
	const struct token *t;
	int err;

	if (cisco_take(r, "service-object") && cisco_take(r, "object"))
		return add_nested(r, g);
	(void)cisco_take(r, "service");
	t = cisco_next(r);
	err = t ? protocol_number(r->c, &s.protocol, t) : EINVAL;
	if (!err)
		err = service_ports(r, &s);
	if (!err && cisco_peek(r))
		err = EINVAL;
	if (err == EINVAL || err == ENOENT)
		return not_understood(r, g, "a service is expected");
	if (!err)
		err = arena_grow(&r->c->mem, (void **)&g->services, g->nservices,
				 &g->services_cap, sizeof(*g->services));
	if (!err)
		g->services[g->nservices++] = s;
	return err;
}


static int protocol_member(struct cisco_read *r, struct group *g)
{
	const struct token *t;
	int err;

	(void)cisco_take(r, "protocol-object");
	t = cisco_next(r);
	err = t ? protocol_number(r->c, &g->nums, t) : EINVAL;
	return err == EINVAL ? not_understood(r, g, "a protocol is expected") : err;
}


static int icmp_member(struct cisco_read *r, struct group *g)
{
	int err;

	(void)cisco_take(r, "icmp-object");
	err = cisco_icmp(r, &g->icmps, 4);
	return err == EINVAL ? not_understood(r, g, "a type of ICMP is expected") : err;
}


/** A member's words as they were written, without number and blanks */
static int keep_text(struct cisco_read *r, struct group *g)
{
	const struct token *t = cisco_peek(r);
	struct config_text text = r->ln.raw;
	size_t skip = t ? (size_t)(t->p - r->ln.s) : 0;
	int err = arena_grow(&r->c->mem, (void **)&g->members, g->nmembers, &g->members_cap,
			     sizeof(*g->members));

	if (err)
		return err;
	text.p += skip < text.n ? skip : text.n;
	text.n -= skip < text.n ? skip : text.n;
	while (text.n && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
		text.n--;
	g->members[g->nmembers++] = text;
	return 0;
}


static int member(struct cisco_read *r, struct group *g)
{
	unsigned long seq;
	int err;

	if (cisco_peek(r) && r->flavour != FLAVOUR_IOS && r->flavour != FLAVOUR_ASA &&
	    r->ntok > 1 && cisco_number(cisco_peek(r), &seq, UINT32_MAX))
		(void)cisco_next(r);
	if (cisco_take(r, "description"))
		return 0;
	err = keep_text(r, g);
	if (err)
		return err;
	if (cisco_take(r, "no"))
		return not_understood(r, g, "a \"no\"");
	if (cisco_take(r, "group-object") || cisco_take(r, "object-group"))
		return add_nested(r, g);

	switch (g->kind) {
	case GROUP_NET:
	case GROUP_NET6:
		return net_member(r, g);
	case GROUP_PORT:
		return port_member(r, g);
	case GROUP_SERVICE:
		return service_member(r, g);
	case GROUP_PROTOCOL:
		return protocol_member(r, g);
	case GROUP_ICMP:
		return icmp_member(r, g);
	}

	return 0;
}


/** ASA: "name 10.1.1.1 paris" */
static int name_line(struct cisco_read *r)
{
	struct ip_range one;
	struct group *g;
	int err;

	if (r->ntok < 3 || !cisco_ip(r, &r->tok[1], &one.lo))
		return 0;
	one.hi = one.lo;
	err = group_get(&g, r, &r->tok[2], GROUP_NET);
	if (!err && !g->addrs.n)
		err = config_addrs_add(r->c, &g->addrs, &one);
	return err;
}


int cisco_group_doubt(struct cisco_read *r)
{
	return r->in_group ? not_understood(r, &r->groups[r->in_group - 1],
					    "the line is too long") : 0;
}


int cisco_group_line(struct cisco_read *r)
{
	const struct opener *o;

	if (r->tok[0].p[0] == '!')
		return 0;
	o = find_opener(r);
	if (o)
		return open_group(r, o);
	if (!r->ln.indent) {
		r->in_group = 0;
		if (r->flavour == FLAVOUR_ASA && cisco_is(&r->tok[0], "name"))
			return name_line(r);
	}

	return r->in_group ? member(r, &r->groups[r->in_group - 1]) : 0;
}


/** Groups that a group of that kind may name */
static struct group *find_nested(struct cisco_read *r, const struct group *g,
				 const struct nested *n)
{
	struct token t = { n->name, n->len };
	struct group *o = cisco_group_find(r, &t, g->kind);

	if (!o && g->kind == GROUP_SERVICE)
		o = cisco_group_find(r, &t, GROUP_PORT);
	return o;
}


static int take_services(struct cisco_read *r, struct group *g, const struct group *from)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->nservices; i++) {
		struct service s = from->services[i];

		if (g->nservices >= CONFIG_BOXES_MAX)
			return EOVERFLOW;
		err = arena_grow(&r->c->mem, (void **)&g->services, g->nservices,
				 &g->services_cap, sizeof(*g->services));
		if (!err)
			g->services[g->nservices++] = s;
	}

	return err;
}


static int take_members(struct cisco_read *r, struct group *g, const struct group *from)
{
	int err = from->addrs.n ? config_addrs_add_all(r->c, &g->addrs, &from->addrs) : 0;

	if (g->addrs.n > CONFIG_BOXES_MAX)
		return EOVERFLOW;
	if (!err && from->nums.n)
		err = config_nums_add_all(r->c, &g->nums, &from->nums);
	for (size_t i = 0; !err && i < from->icmps.n; i++)
		err = config_icmp_add(r->c, &g->icmps, from->icmps.v[i].type_lo,
				      from->icmps.v[i].type_hi, from->icmps.v[i].code_lo,
				      from->icmps.v[i].code_hi);
	if (!err)
		err = take_services(r, g, from);
	g->uncertain |= from->uncertain;
	return err;
}


static int resolve(struct cisco_read *r, struct group *g, unsigned depth)
{
	struct diag_pos pos = { .file = r->c->file };
	int err = 0;

	if (g->state == 2)
		return 0;
	g->state = 1;
	for (size_t i = 0; !err && i < g->nnested; i++) {
		struct group *o = find_nested(r, g, &g->nested[i]);

		pos.line = g->nested[i].line;
		if (!o || !o->given) {
			g->uncertain = true;
			err = config_unknown(r->c, pos.line, (struct config_text){
					     g->nested[i].name, g->nested[i].len },
					     "this group is not defined");
			continue;
		}
		if (o->state == 1 || depth > NEST_MAX) {
			diag_error(r->dl, pos, "group \"%.*s\" %s; take \"%.*s\" out of it", (int)g->len,
				   g->name, o->state == 1 ? "refers to itself" : "stands too deep in others",
				   (int)o->len, o->name);
			return EBADMSG;
		}
		err = resolve(r, o, depth + 1);
		if (!err)
			err = take_members(r, g, o);
	}

	g->state = 2;
	return err;
}


int cisco_groups_resolve(struct cisco_read *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->ngroups; i++)
		err = resolve(r, &r->groups[i], 0);
	return err;
}
