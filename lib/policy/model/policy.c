#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/policy.h"
#include "lib/policy/model/sets.h"

enum {
	NAME_MAX_LEN = 100,	/* of sets and counters, well below any dialect's */
	MARK_TABLE = 1000,
	MARK_REVERSE = 500,
	MARK_OTHERS = 100000,
	MARK_SPREAD = 0x3fffffff,
};

/* RFC 1350: the server answers from a port of its own choice */
static const struct policy_helper helpers[] = {
	{"tftp", "TFTP", FLOW_UDP, 69},
};

struct build {
	struct arena *mem;
	struct policy *p;
	size_t sets_cap, rules_cap;
	struct sets_index set_ix, counter_ix, mark_ix;
	const char **labels;		/**< [nsets] as the needs call them */
	size_t labels_cap;
	const struct ip_range **origin;	/**< [nsets] of the need's set */
	size_t origin_cap;
	struct need_addrs known;	/**< what lies behind any interface */
};


static int build_interfaces(struct policy *p, struct arena *a)
{
	const struct site_firewall *fw = p->firewall;

	p->interfaces = arena_calloc(a, fw->ninterfaces + 1, sizeof(*p->interfaces));
	if (!p->interfaces)
		return ENOMEM;

	for (size_t i = 0; i < fw->ninterfaces; i++) {
		const struct site_interface *si = &fw->interfaces[i];
		struct ip_range *v;
		size_t n = 0, k = 0;

		for (size_t j = 0; j < si->nnetworks; j++)
			n += si->networks[j]->nprefixes;
		v = arena_calloc(a, n + 1, sizeof(*v));
		if (!v)
			return ENOMEM;
		for (size_t j = 0; j < si->nnetworks; j++)
			for (size_t m = 0; m < si->networks[j]->nprefixes; m++)
				v[k++] = ip_prefix_range(&si->networks[j]->prefixes[m]);

		p->interfaces[i].name = si->name;
		p->interfaces[i].addrs = (struct need_addrs){
			v, addrs_normalise(v, k), si->name };
		p->ninterfaces++;
	}

	return 0;
}


/** All networks as one interface */
static int build_everything(struct policy *p, struct arena *a)
{
	const struct site *s = p->site;
	struct ip_range *v;
	size_t n = 0, k = 0;

	for (size_t i = 0; i < s->nnetworks; i++)
		n += s->networks[i].nprefixes;
	v = arena_calloc(a, n + 1, sizeof(*v));
	p->interfaces = arena_calloc(a, 2, sizeof(*p->interfaces));
	if (!v || !p->interfaces)
		return ENOMEM;

	for (size_t i = 0; i < s->nnetworks; i++)
		for (size_t m = 0; m < s->networks[i].nprefixes; m++)
			v[k++] = ip_prefix_range(&s->networks[i].prefixes[m]);
	p->interfaces[0] = (struct policy_interface){ "any host",
		{ v, addrs_normalise(v, k), "any host" } };
	p->ninterfaces = 1;
	return 0;
}


bool policy_has_family(const struct policy *p, uint8_t family)
{
	for (size_t i = 0; i < p->ninterfaces; i++)
		if (addrs_has_family(&p->interfaces[i].addrs, family))
			return true;

	return false;
}


int policy_behind_others(struct need_addrs *out, struct arena *a, const struct policy *p,
			 size_t iface)
{
	struct ip_range *v;
	size_t n = 0, k = 0;

	for (size_t i = 0; i < p->ninterfaces; i++)
		n += p->interfaces[i].addrs.n;
	v = arena_calloc(a, n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;

	for (size_t i = 0; i < p->ninterfaces; i++)
		for (size_t j = 0; i != iface && j < p->interfaces[i].addrs.n; j++)
			v[k++] = p->interfaces[i].addrs.v[j];
	*out = (struct need_addrs){ v, addrs_normalise(v, k), NULL };
	return 0;
}


/** Copy s as a name that every dialect takes: a letter, then letters,
 *  digits and what `more` holds; the rest becomes '_'. */
static char *make_name(struct arena *a, const char *s, const char *more)
{
	char *name = arena_printf(a, "%s%.*s",
				  ((*s | 32) >= 'a' && (*s | 32) <= 'z') ? "" : "n",
				  NAME_MAX_LEN, s);

	for (char *c = name; c && *c; c++)
		if (!((*c | 32) >= 'a' && (*c | 32) <= 'z') &&
		    !(*c >= '0' && *c <= '9') && !strchr(more, *c))
			*c = '_';

	return name;
}


struct name_key {
	const struct policy *p;
	const char *name;
};


static uint64_t hash_name(const char *s)
{
	return sets_hash(0, s, strlen(s));
}


static bool set_name_equal(const void *arg, size_t entry)
{
	const struct name_key *k = arg;

	return !strcmp(k->p->sets[entry].label, k->name);
}


static uint64_t set_name_hash(const void *arg, size_t entry)
{
	const struct name_key *k = arg;

	return hash_name(k->p->sets[entry].label);
}


/** A set as far as it lies behind this firewall: what does not, comes from
 *  nowhere and goes nowhere here. */
static int add_set(struct build *b, const struct need_addrs *s, const char *name)
{
	struct need_addrs part = *s;
	struct policy *p = b->p;
	struct name_key key = { p, name };
	int err = arena_grow(b->mem, (void **)&p->sets, p->nsets, &b->sets_cap,
			     sizeof(*p->sets));

	if (!err)
		err = arena_grow(b->mem, (void **)&b->labels, p->nsets,
				 &b->labels_cap, sizeof(*b->labels));
	if (!err)
		err = arena_grow(b->mem, (void **)&b->origin, p->nsets,
				 &b->origin_cap, sizeof(*b->origin));
	if (!err)
		err = sets_index_add(&b->set_ix, b->mem, hash_name(name),
				     set_name_hash, &key);
	if (!err && !addrs_holds(&b->known, s))
		err = addrs_intersect(&part, b->mem, s, &b->known);
	if (err)
		return err;

	b->labels[p->nsets] = s->label;
	b->origin[p->nsets] = s->v;
	p->sets[p->nsets] = part;
	p->sets[p->nsets++].label = name;
	return 0;
}


/** The set of that label and content; two contents of one name are told
 *  apart by a number. */
static int find_set(size_t *out, struct build *b, const struct need_addrs *s)
{
	struct policy *p = b->p;
	char *base = make_name(b->mem, s->label, "_");
	const char *name = base;
	int err;

	for (unsigned n = 2; name; n++) {
		struct name_key key = { p, name };
		size_t i = sets_index_find(&b->set_ix, hash_name(name),
					   set_name_equal, &key);

		if (i == SIZE_MAX) {
			err = add_set(b, s, name);
			*out = p->nsets - 1;
			return err;
		}
		if (b->origin[i] == s->v && !strcmp(b->labels[i], s->label)) {
			*out = i;
			return 0;
		}
		name = arena_printf(b->mem, "%s_%u", base, n);
	}

	return ENOMEM;
}


/** The row's place in the source document as a number; 0: it has none */
static uint32_t document_mark(const struct need *n)
{
	const struct flow_row *row = n->rows[0];
	const char *dash = row->table ? strrchr(row->table, '-') : NULL;
	unsigned long table = dash ? strtoul(dash + 1, NULL, 10) : 0;

	if (!table || table >= MARK_OTHERS / MARK_TABLE || !row->number ||
	    row->number >= MARK_REVERSE)
		return 0;

	return (uint32_t)(table * MARK_TABLE + row->number +
			  (n->reverse ? MARK_REVERSE : 0));
}


static bool counter_equal(const void *arg, size_t entry)
{
	const struct name_key *k = arg;

	return !strcmp(k->p->rules[entry].counter, k->name);
}


static uint64_t counter_hash(const void *arg, size_t entry)
{
	const struct name_key *k = arg;

	return hash_name(k->p->rules[entry].counter);
}


static bool counter_reserved(const char *name)
{
	static const char *const own[] = {
		POLICY_COUNTER_DROPPED, POLICY_COUNTER_INVALID,
		POLICY_COUNTER_SPOOFED, POLICY_COUNTER_ON_LINK,
		POLICY_COUNTER_NEIGHBOUR,
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strcmp(name, own[i]))
			return true;

	return false;
}


static int name_rule(struct build *b, struct policy_rule *r)
{
	const char *base = make_name(b->mem, r->need->rows[0]->id, "-_");
	const char *suffix = r->need->reverse ? ".r" : "";
	struct name_key key = { b->p, NULL };

	if (!base)
		return ENOMEM;
	for (unsigned n = 1;; n++) {
		key.name = n == 1 ? arena_printf(b->mem, "%s%s", base, suffix)
				  : arena_printf(b->mem, "%s_%u%s", base, n, suffix);
		if (!key.name)
			return ENOMEM;
		if (!counter_reserved(key.name) &&
		    sets_index_find(&b->counter_ix, hash_name(key.name),
				    counter_equal, &key) == SIZE_MAX)
			break;
	}

	r->counter = key.name;
	return sets_index_add(&b->counter_ix, b->mem, hash_name(key.name),
			      counter_hash, &key);
}


struct mark_key {
	const struct policy *p;
	uint32_t mark;
};


static bool mark_equal(const void *arg, size_t entry)
{
	const struct mark_key *k = arg;

	return k->p->rules[entry].mark == k->mark;
}


static uint64_t hash_mark(uint32_t mark)
{
	return sets_hash(0, &mark, sizeof(mark));
}


static uint64_t mark_hash(const void *arg, size_t entry)
{
	const struct mark_key *k = arg;

	return hash_mark(k->p->rules[entry].mark);
}


/** The document's place where it is free, else a number made of the counter's
 *  name, which does not depend on the other rows. */
static int mark_rule(struct build *b, struct policy_rule *r)
{
	uint32_t other = MARK_OTHERS + (uint32_t)(hash_name(r->counter) & MARK_SPREAD);
	struct mark_key key = { b->p, document_mark(r->need) };

	if (!key.mark)
		key.mark = ++other;
	while (sets_index_find(&b->mark_ix, hash_mark(key.mark), mark_equal, &key) !=
	       SIZE_MAX)
		key.mark = ++other;

	r->mark = key.mark;
	return sets_index_add(&b->mark_ix, b->mem, hash_mark(key.mark), mark_hash, &key);
}


static char *make_comment(struct arena *a, const struct need *n)
{
	char buf[POLICY_COMMENT_MAX + 1];
	size_t len = 0;

	for (size_t i = 0; i < n->nrows && len < sizeof(buf) - 20; i++)
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%.12s",
					i ? " " : "", n->rows[i]->id);
	len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s: %s",
				n->reverse ? " reverse" : "",
				n->rows[0]->purpose ? n->rows[0]->purpose : "");
	if (len >= sizeof(buf))		/* cut between two words */
		*strrchr(buf, ' ') = '\0';

	for (char *c = buf; *c; c++) {
		if (*c == '"' || *c == '\\')
			*c = '\'';
		else if (*c < ' ' || *c > '~')
			*c = '?';
	}

	return arena_strdup(a, buf);
}


static bool all_ports(const struct flow_port *v, size_t n)
{
	return n == 0 || (v[0].lo <= FLOW_EPHEMERAL_LO && v[0].hi == FLOW_EPHEMERAL_HI);
}


static void find_helper(struct policy_rule *r)
{
	const char *protocol = r->need->rows[0]->protocol;

	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		const struct policy_helper *h = &helpers[i];

		if (!protocol || strcmp(h->protocol, protocol) != 0 ||
		    h->transport != r->transport)
			continue;
		if (r->ndports == 1 && r->dports[0].lo == h->port &&
		    r->dports[0].hi == h->port) {
			r->helper = h;
		} else if (all_ports(r->sports, r->nsports) &&
			   all_ports(r->dports, r->ndports)) {
			r->helper = h;
			r->how = POLICY_EXPECTED;
		}
	}
}


/** Which interface pairs of this firewall the need crosses */
static int find_pairs(struct policy_rule *r, struct build *b)
{
	const struct policy *p = b->p;
	struct policy_pair *v = NULL;
	size_t cap = 0;

	for (unsigned i = 0; i < p->ninterfaces; i++) {
		if (!addrs_overlap(&r->need->src, &p->interfaces[i].addrs))
			continue;
		for (unsigned j = 0; j < p->ninterfaces; j++) {
			if ((i == j && !p->at_hosts) || !addrs_overlap(&r->need->dst,
						     &p->interfaces[j].addrs))
				continue;
			if (arena_grow(b->mem, (void **)&v, r->npairs, &cap, sizeof(*v)))
				return ENOMEM;
			v[r->npairs++] = (struct policy_pair){ i, j };
		}
	}

	r->pairs = v;
	return 0;
}


static int add_rule(struct build *b, const struct need *n)
{
	struct policy *p = b->p;
	struct policy_rule r = {
		.need = n, .transport = n->transport, .icmp = n->icmp,
		.sports = n->sports, .nsports = n->nsports,
		.dports = n->dports, .ndports = n->ndports,
	};
	int err = find_pairs(&r, b);

	if (err || !r.npairs)
		return err;

	find_helper(&r);
	err = find_set(&r.src, b, &n->src);
	if (!err)
		err = find_set(&r.dst, b, &n->dst);
	if (!err)
		err = arena_grow(b->mem, (void **)&p->rules, p->nrules,
				 &b->rules_cap, sizeof(*p->rules));
	if (!err)
		err = name_rule(b, &r);
	if (!err)
		err = mark_rule(b, &r);
	if (err)
		return err;

	r.comment = make_comment(b->mem, n);
	p->rules[p->nrules++] = r;
	return r.comment ? 0 : ENOMEM;
}


static int build_rules(struct build *b, const struct need_list *needs)
{
	int err = policy_behind_others(&b->known, b->mem, b->p, SIZE_MAX);

	for (size_t i = 0; !err && i < needs->n; i++)
		err = add_rule(b, &needs->v[i]);
	return err;
}


int policy_build(struct policy *p, struct arena *a, const struct site *s,
		 const struct site_firewall *fw, const struct need_list *needs)
{
	struct build b = { .mem = a, .p = p };
	int err;

	*p = (struct policy){ .site = s, .firewall = fw };
	err = build_interfaces(p, a);
	return err ? err : build_rules(&b, needs);
}


int policy_build_hosts(struct policy *p, struct arena *a, const struct site *s,
		       const struct need_list *needs)
{
	struct build b = { .mem = a, .p = p };
	int err;

	*p = (struct policy){ .site = s, .at_hosts = true };
	err = build_everything(p, a);
	return err ? err : build_rules(&b, needs);
}
