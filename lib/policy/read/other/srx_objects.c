/*
 * Address books and applications.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/other/srx.h"

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };

struct key {
	const struct srx *x;
	size_t scope;
	const char *name;
};


int srx_name_add(struct srx *x, struct srx_names *v, const char *name)
{
	char *s = arena_strdup(&x->c->mem, name);

	if (v->n == SRX_NAMES_MAX)
		return EOVERFLOW;
	if (!s || arena_grow(&x->c->mem, (void **)&v->v, v->n, &v->cap, sizeof(*v->v)))
		return ENOMEM;
	v->v[v->n++] = s;
	return 0;
}


bool srx_name_in(const struct srx_names *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->v[i], name))
			return true;

	return false;
}


static uint64_t hash_of(size_t scope, const char *name)
{
	return sets_hash(scope, name, strlen(name));
}


static bool object_equal(const void *arg, size_t i)
{
	const struct key *k = arg;

	return k->x->objects[i].scope == k->scope && !strcmp(k->x->objects[i].name, k->name);
}


static uint64_t object_hash(const void *arg, size_t i)
{
	const struct srx_object *o = &((const struct key *)arg)->x->objects[i];

	return hash_of(o->scope, o->name);
}


static struct srx_object *find(const struct srx *x, size_t scope, const char *name)
{
	struct key k = { x, scope, name };
	size_t i = sets_index_find(&x->object_ix, hash_of(scope, name), object_equal, &k);

	return i == SIZE_MAX ? NULL : &x->objects[i];
}


bool srx_has_address(const struct srx *x, const char *name)
{
	return find(x, SRX_GLOBAL, name) != NULL;
}


static int get(struct srx_object **out, struct srx *x, size_t scope, const char *name,
	       const struct junos_statement *s)
{
	struct key k = { x, scope, name };

	*out = find(x, scope, name);
	if (*out)
		return 0;
	if (arena_grow(&x->c->mem, (void **)&x->objects, x->nobjects, &x->objects_cap,
		       sizeof(*x->objects)))
		return ENOMEM;
	*out = &x->objects[x->nobjects++];
	**out = (struct srx_object){ .scope = scope, .line = s->line, .text = s->text,
				     .name = arena_strdup(&x->c->mem, name) };
	if (!(*out)->name)
		return ENOMEM;
	return sets_index_add(&x->object_ix, &x->c->mem, hash_of(scope, name), object_hash, &k);
}


static int strange(struct srx *x, struct srx_object *o, const struct junos_statement *s,
		   const char *what, const char *word)
{
	if (o->strange)
		return 0;
	o->line = s->line;
	o->text = s->text;
	o->strange = arena_printf(&x->c->mem, "%s \"%.100s\"", what, word ? word : "");
	return o->strange ? 0 : ENOMEM;
}


/* Addresses */

static int get_book(size_t *scope, struct srx *x, const char *name)
{
	for (size_t i = 0; i < x->nbooks; i++)
		if (!strcmp(x->books[i].name, name)) {
			*scope = SRX_BOOKS + i;
			return 0;
		}
	if (x->nbooks == SRX_NAMES_MAX)
		return EOVERFLOW;
	if (arena_grow(&x->c->mem, (void **)&x->books, x->nbooks, &x->books_cap,
		       sizeof(*x->books)))
		return ENOMEM;
	*scope = SRX_BOOKS + x->nbooks;
	x->books[x->nbooks++] = (struct srx_book){ .name = arena_strdup(&x->c->mem, name) };
	return x->books[x->nbooks - 1].name ? 0 : ENOMEM;
}


static int add_prefix(struct srx *x, struct srx_object *o, const struct junos_statement *s,
		      const char *w)
{
	struct ip_prefix p;
	struct ip_range r;

	if (ip_prefix_parse(&p, w) != EINVAL)
		return config_addrs_add_prefix(x->c, &o->addrs, &p);
	if (ip_parse(&r.lo, w))
		return strange(x, o, s, "it is no address:", w);
	r.hi = r.lo;
	return config_addrs_add(x->c, &o->addrs, &r);
}


static int add_range(struct srx *x, struct srx_object *o, const struct junos_statement *s,
		     const char *const *w)
{
	struct ip_range r;

	if (!w[0] || (!w[1] && s->block))
		return 0;	/* the head of "range-address A { to ..." */
	if (!w[1] && !ip_parse(&r.lo, w[0])) {
		r.hi = r.lo;
		return config_addrs_add(x->c, &o->addrs, &r);
	}
	if (!w[1] || strcmp(w[1], "to") != 0)
		return strange(x, o, s, "its range is not understood:", w[0]);
	if (!w[2])
		return s->block ? 0 : strange(x, o, s, "its range has no end:", w[0]);
	if (ip_parse(&r.lo, w[0]) || ip_parse(&r.hi, w[2]) ||
	    r.lo.family != r.hi.family || ip_cmp(&r.lo, &r.hi) > 0)
		return strange(x, o, s, "its range is not understood:", w[0]);
	return config_addrs_add(x->c, &o->addrs, &r);
}


static uint32_t word32(const struct ip_addr *a)
{
	return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 | a->b[3];
}


/** "10.0.0.5/255.0.0.255": the bits of the mask must be equal */
static int add_wildcard(struct srx *x, struct srx_object *o, const struct junos_statement *s,
			const char *w)
{
	const char *slash = w ? strchr(w, '/') : NULL;
	struct ip_addr addr, mask;
	char text[IP_STRLEN];

	if (!slash || (size_t)(slash - w) >= sizeof(text))
		return strange(x, o, s, "its wildcard is not understood:", w);
	memcpy(text, w, (size_t)(slash - w));
	text[slash - w] = '\0';
	if (ip_parse(&addr, text) || ip_parse(&mask, slash + 1) || addr.family != 4 ||
	    mask.family != 4)
		return strange(x, o, s, "its wildcard is not understood:", w);
	return config_addrs_add_wildcard(x->c, &o->addrs, word32(&addr), ~word32(&mask));
}


static int read_address(struct srx *x, const struct junos_statement *s, size_t scope,
			const char *const *w)
{
	struct srx_object *o;
	int err;

	if (!w[0])
		return 0;
	err = get(&o, x, scope, w[0], s);
	if (err || !w[1] || !strcmp(w[1], "description"))
		return err;
	if (!strcmp(w[1], "range-address"))
		return add_range(x, o, s, w + 2);
	if (!strcmp(w[1], "wildcard-address"))
		return w[2] ? add_wildcard(x, o, s, w[2]) : 0;
	if (!strcmp(w[1], "dns-name"))
		return strange(x, o, s, "a name stands for addresses that are not in the file:", w[2]);
	if (!strcmp(w[1], "ip-prefix") && w[2])
		w++;
	return s->block ? strange(x, o, s, "it is not understood:", w[1])
			: add_prefix(x, o, s, w[1]);
}


static int read_set(struct srx *x, const struct junos_statement *s, size_t scope,
		    const char *const *w, const char *member, const char *set)
{
	struct srx_object *o;
	int err;

	if (!w[0])
		return 0;
	err = get(&o, x, scope, w[0], s);
	if (err || !w[1] || !strcmp(w[1], "description"))
		return err;
	if ((strcmp(w[1], member) != 0 && strcmp(w[1], set) != 0) || !w[2])
		return s->block && !w[2] ? 0 : strange(x, o, s, "it is not understood:", w[1]);
	return srx_name_add(x, &o->members, w[2]);
}


static int read_book(struct srx *x, const struct junos_statement *s, size_t scope,
		     const char *const *w)
{
	if (!w[0] || !strcmp(w[0], "description"))
		return 0;
	if (!strcmp(w[0], "address"))
		return read_address(x, s, scope, w + 1);
	if (!strcmp(w[0], "address-set"))
		return read_set(x, s, scope, w + 1, "address", "address-set");
	if (!strcmp(w[0], "attach") && scope >= SRX_BOOKS) {
		if (w[1] && !strcmp(w[1], "zone") && w[2])
			return srx_name_add(x, &x->books[scope - SRX_BOOKS].zones, w[2]);
		return 0;
	}
	return config_unknown(x->c, s->line, s->text, "\"%s\" in an address book is not known", w[0]);
}


int srx_address_book(struct srx *x, const struct junos_statement *s, const char *const *w)
{
	size_t scope = SRX_GLOBAL;
	int err = 0;

	if (!w[0])
		return 0;
	if (strcmp(w[0], "global") != 0)
		err = get_book(&scope, x, w[0]);
	return err ? err : read_book(x, s, scope, w + 1);
}


int srx_zone_address(struct srx *x, const struct junos_statement *s, const char *zone,
		     const char *const *w)
{
	/* no book has such a name unless it is in quotes */
	char *name = arena_printf(&x->c->mem, "zone %s", zone);
	size_t scope;
	int err = name ? get_book(&scope, x, name) : ENOMEM;

	if (!err && !srx_name_in(&x->books[scope - SRX_BOOKS].zones, zone))
		err = srx_name_add(x, &x->books[scope - SRX_BOOKS].zones, zone);
	return err ? err : read_book(x, s, scope, w);
}


static struct srx_object *find_address(const struct srx *x, const char *zone, const char *name)
{
	for (size_t i = 0; zone && i < x->nbooks; i++)
		if (srx_name_in(&x->books[i].zones, zone)) {
			struct srx_object *o = find(x, SRX_BOOKS + i, name);

			if (o)
				return o;
		}

	return find(x, SRX_GLOBAL, name);
}


/** Something of a policy cannot be told: say once why. */
static int cannot_tell(struct srx *x, const struct srx_policy *p, struct srx_object *o,
		       const char *what, const char *name)
{
	if (!o)
		return config_unknown(x->c, p->line, p->text, "%s \"%s\" of policy \"%s\" is not in "
				      "this file", what, name, p->name);
	if (o->told)
		return 0;
	o->told = true;
	return config_unknown(x->c, o->line, o->text, "%s \"%s\" cannot be told: %s", what, name,
			      o->strange ? o->strange : "nothing is in it");
}


static int add_addresses(struct srx *x, struct config_addrs *out, const struct srx_policy *p,
			 struct srx_object *o, const char *name, bool *known, unsigned depth)
{
	int err = 0;

	if (o && depth == SRX_DEPTH_MAX && !o->strange)
		o->strange = "sets in it lead back to it, or are too deep";
	if (!o || o->strange || (!o->members.n && !o->addrs.n)) {
		*known = false;
		return cannot_tell(x, p, o, "address", name);
	}
	if (o->addrs.n)
		err = config_addrs_add_all(x->c, out, &o->addrs);
	/* members are of the set's own book */
	for (size_t i = 0; !err && *known && i < o->members.n; i++)
		err = add_addresses(x, out, p, find(x, o->scope, o->members.v[i]),
				    o->members.v[i], known, depth + 1);
	return out->n > CONFIG_BOXES_MAX ? EOVERFLOW : err;
}


int srx_addresses(struct srx *x, struct config_addrs *out, const struct srx_policy *p,
		  const char *zone, const char *name, bool *known)
{
	static const struct {
		const char *name, *prefix[3];
	} any[] = {
		{"any", {"0.0.0.0/0", "::/0"}}, {"any-ipv4", {"0.0.0.0/0"}}, {"any-ipv6", {"::/0"}},
	};

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		struct ip_prefix prefix;
		int err = 0;

		if (strcmp(any[i].name, name) != 0)
			continue;
		for (size_t k = 0; !err && any[i].prefix[k]; k++) {
			err = ip_prefix_parse(&prefix, any[i].prefix[k]);
			if (!err)
				err = config_addrs_add_prefix(x->c, out, &prefix);
		}
		return err;
	}

	return add_addresses(x, out, p, find_address(x, zone, name), name, known, 0);
}


/* Applications */

/** "80", "http", "1024-65535" */
static bool port_range(unsigned *lo, unsigned *hi, const char *w)
{
	size_t n = strlen(w);

	if (names_port(lo, w, n, true, true)) {
		*hi = *lo;
		return true;
	}
	for (const char *dash = strchr(w, '-'); dash; dash = strchr(dash + 1, '-'))
		if (names_port(lo, w, (size_t)(dash - w), true, true) &&
		    names_port(hi, dash + 1, strlen(dash + 1), true, true))
			return *lo <= *hi;

	return false;
}


static int add_icmp(struct srx *x, struct config_nums *v, uint8_t family, const char *w,
		    bool *bad)
{
	unsigned lo, hi, type;

	if (!names_icmp(family, &type, &lo, &hi, w, strlen(w)) || type > 255) {
		*bad = true;
		return 0;
	}
	return config_nums_add(x->c, v, type, type);
}


/** One property of a term and its value. */
static int set_property(struct srx *x, struct srx_term *t, const char *key, const char *value,
			bool *bad)
{
	bool source = !strcmp(key, "source-port");
	unsigned lo, hi;

	if (!strcmp(key, "protocol")) {
		if (!strcmp(value, "icmp6"))
			return config_nums_add(x->c, &t->protocol, ICMP6, ICMP6);
		if (!strcmp(value, "any"))
			return config_nums_add(x->c, &t->protocol, 0, 255);
		*bad = !names_protocol(&lo, value, strlen(value)) || lo > 255;
		return *bad ? 0 : config_nums_add(x->c, &t->protocol, lo, lo);
	}
	if (source || !strcmp(key, "destination-port")) {
		*bad = !port_range(&lo, &hi, value);
		return *bad ? 0 : config_nums_add(x->c, source ? &t->sport : &t->dport, lo, hi);
	}
	if (!strcmp(key, "icmp-type") || !strcmp(key, "icmp6-type"))
		return add_icmp(x, &t->icmp_type, key[4] == '6' ? 6 : 4, value, bad);
	if (!strcmp(key, "icmp-code") || !strcmp(key, "icmp6-code"))
		return add_icmp(x, &t->icmp_code, key[4] == '6' ? 6 : 4, value, bad);
	if (!strcmp(key, "alg") || !strcmp(key, "application-protocol")) {
		t->alg = arena_strdup(&x->c->mem, value);
		return t->alg ? 0 : ENOMEM;
	}
	*bad = strcmp(key, "inactivity-timeout") != 0 && strcmp(key, "description") != 0;
	return 0;
}


static int get_term(struct srx_term **t, struct srx *x, struct srx_object *o, const char *name)
{
	for (size_t i = 0; i < o->nterms; i++)
		if (!strcmp(o->terms[i].name, name)) {
			*t = &o->terms[i];
			return 0;
		}
	if (o->nterms == SRX_NAMES_MAX)
		return EOVERFLOW;
	if (arena_grow(&x->c->mem, (void **)&o->terms, o->nterms, &o->cap, sizeof(*o->terms)))
		return ENOMEM;
	*t = &o->terms[o->nterms++];
	**t = (struct srx_term){ .name = arena_strdup(&x->c->mem, name) };
	return (*t)->name ? 0 : ENOMEM;
}


static int read_application(struct srx *x, const struct junos_statement *s,
			    const char *const *w)
{
	struct srx_object *o;
	struct srx_term *t;
	const char *name = "";
	int err;

	if (!w[0])
		return 0;
	err = get(&o, x, SRX_APPLICATIONS, w[0], s);
	if (err || !w[1] || !strcmp(w[1], "description"))
		return err;
	w++;
	if (!strcmp(w[0], "term")) {
		if (!w[1])
			return 0;
		name = w[1];
		w += 2;
	}
	err = get_term(&t, x, o, name);
	for (; !err && w[0]; w += 2) {
		bool bad = false;

		if (!w[1])
			return s->block ? 0 : strange(x, o, s, "it is not understood:", w[0]);
		err = set_property(x, t, w[0], w[1], &bad);
		if (!err && bad)
			err = strange(x, o, s, w[0], w[1]);
	}
	return err;
}


int srx_applications(struct srx *x, const struct junos_statement *s, const char *const *w)
{
	if (w[0] && !strcmp(w[0], "application"))
		return read_application(x, s, w + 1);
	if (w[0] && !strcmp(w[0], "application-set"))
		return read_set(x, s, SRX_APPLICATIONS, w + 1, "application", "application-set");

	config_skip(x->c);
	return 0;
}


/** Make the object of a predefined application: "udp/5060/sip tcp/5060/sip" */
static int predefine(struct srx *x, const char *name, const char *terms)
{
	static const struct junos_statement nowhere = {0};
	char *text = arena_strdup(&x->c->mem, terms), *save = NULL;
	struct srx_object *o;
	int err = text ? get(&o, x, SRX_APPLICATIONS, name, &nowhere) : ENOMEM;

	for (char *w = err ? NULL : strtok_r(text, " ", &save); !err && w;
	     w = strtok_r(NULL, " ", &save)) {
		char *port = strchr(w, '/'), *alg = port ? strchr(port + 1, '/') : NULL;
		bool icmp = !strncmp(w, "icmp", 4), bad = false;
		struct srx_term *t;

		if (port)
			*port++ = '\0';
		if (alg)
			*alg++ = '\0';
		err = get_term(&t, x, o, w);
		if (!err)
			err = set_property(x, t, "protocol", w, &bad);
		if (!err && port)
			err = set_property(x, t, !icmp ? "destination-port" :
					   w[4] ? "icmp6-type" : "icmp-type", port, &bad);
		if (!err && alg)
			err = set_property(x, t, "alg", alg, &bad);
	}
	return err;
}


static int each_term(struct srx *x, const struct srx_policy *p, const char *name, bool *known,
		     srx_term_h *h, void *arg, unsigned depth)
{
	struct srx_object *o = find(x, SRX_APPLICATIONS, name);
	const char *terms = o ? NULL : (x->predefined_h ? x->predefined_h : srx_predefined)(name);
	size_t at;
	int err = 0;

	if (terms) {
		err = predefine(x, name, terms);
		o = find(x, SRX_APPLICATIONS, name);
	}
	if (err)
		return err;
	if (o && depth == SRX_DEPTH_MAX && !o->strange)
		o->strange = "sets in it lead back to it, or are too deep";
	if (o && !o->strange)
		for (size_t i = 0; i < o->nterms; i++)
			if (!o->terms[i].protocol.n)
				o->strange = "it names no protocol";
	if (!o || o->strange || (!o->members.n && !o->nterms)) {
		*known = false;
		return cannot_tell(x, p, o, "application", name);
	}
	for (size_t i = 0; !err && i < o->nterms; i++)
		err = h(&o->terms[i], arg);
	at = (size_t)(o - x->objects);		/* predefining moves them */
	for (size_t i = 0; !err && *known && i < x->objects[at].members.n; i++)
		err = each_term(x, p, x->objects[at].members.v[i], known, h, arg, depth + 1);
	return err;
}


int srx_application(struct srx *x, const struct srx_policy *p, const char *name, bool *known,
		    srx_term_h *h, void *arg)
{
	static const struct srx_term any = {0};

	if (!strcmp(name, "any"))
		return h(&any, arg);
	return each_term(x, p, name, known, h, arg, 0);
}
