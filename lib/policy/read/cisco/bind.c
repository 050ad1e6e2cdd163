/*
 * Interfaces and what binds lists to them, and what a list ends in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/cisco/cisco_read.h"

static const struct binding {
	enum flavour flavour;
	const char *words[2];
	uint8_t family;
} bindings[] = {
	{FLAVOUR_IOS, {"ip", "access-group"}, 4},
	{FLAVOUR_IOS, {"ipv6", "traffic-filter"}, 6},
	{FLAVOUR_NXOS, {"ip", "access-group"}, 4},
	{FLAVOUR_NXOS, {"ipv6", "traffic-filter"}, 6},
	{FLAVOUR_XR, {"ipv4", "access-group"}, 4},
	{FLAVOUR_XR, {"ipv6", "access-group"}, 6},
};

/** Lines that change what passes in ways that lists do not tell */
static const struct remarkable {
	const char *begins;
	const char *says;
} remarkables[] = {
	{"ip nat ", "network address translation: addresses in lists may not be those of hosts"},
	{"nat ", "network address translation: addresses in lists may not be those of hosts"},
	{"static ", "network address translation: addresses in lists may not be those of hosts"},
	{"ip inspect ", "inspection lets answers back in; it is not taken into account"},
	{"zone-pair ", "zone-based firewall: its policies are not taken into account"},
	{"ip port access-group ", "a list on a switch port is not taken into account"},
	{"vlan access-map ", "VLAN access maps are not taken into account"},
	{"mac access-list ", "lists of link layer addresses are not taken into account"},
	{"crypto map ", "encrypted tunnels: what they carry is not told by these lists"},
	{"same-security-traffic permit", "interfaces of one security level may reach each other"},
};


/** One list a family and direction: the later binding takes the place. */
static bool same_place(const struct config_hook *h, const char *iface, enum config_where where,
		       uint8_t family)
{
	return h->iface && h->where == where && h->family == family &&
	       config_iface_match(h->iface, iface);
}


static int add_hook(struct cisco_read *r, const struct token *list, const char *iface,
		    enum config_where where, uint8_t family)
{
	struct config_list *l;
	struct config_hook h = { .where = where, .family = family, .line = r->ln.line };
	int err = config_list_get(&l, r->c, list->p, list->n,
				  r->flavour == FLAVOUR_ASA ? 0 : family);

	if (err)
		return err;
	h.list = l->name;
	h.iface = iface;
	h.tracking = r->flavour == FLAVOUR_ASA ? CONFIG_STATE_IMPLICIT : CONFIG_STATELESS;
	for (size_t i = 0; iface && i < r->c->nhooks; i++)
		if (same_place(&r->c->hooks[i], iface, where, family)) {
			r->c->hooks[i] = h;
			return 0;
		}
	return config_hook_add(r->c, &h);
}


static bool direction(const struct token *t, enum config_where *where)
{
	if (cisco_is(t, "in") || cisco_is(t, "ingress"))
		*where = CONFIG_IN;
	else if (cisco_is(t, "out") || cisco_is(t, "egress"))
		*where = CONFIG_OUT;
	else
		return false;
	return true;
}


/** The list that a line of an interface binds; @return ENOENT: none */
static int bind_list(struct cisco_read *r)
{
	enum config_where where = CONFIG_IN;

	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
		const struct binding *b = &bindings[i];
		size_t k = 2;

		if (b->flavour != r->flavour || r->ntok < 4 ||
		    !cisco_is(&r->tok[0], b->words[0]) || !cisco_is(&r->tok[1], b->words[1]))
			continue;
		while (k + 1 < r->ntok && !direction(&r->tok[k + 1], &where))
			k++;
		if (k + 1 == r->ntok || k != 2)
			return config_unknown(r->c, r->ln.line, r->ln.raw,
					      "how this list is bound is not known");
		return add_hook(r, &r->tok[2], r->iface, where, b->family);
	}

	return ENOENT;
}


static void remove_hooks(struct config *c, const char *iface, enum config_where where,
			 uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nhooks; i++)
		if (!same_place(&c->hooks[i], iface, where, family))
			c->hooks[n++] = c->hooks[i];
	c->nhooks = n;
}


/** "no ip access-group NAME in", of an interface; @return ENOENT: no such line */
static int unbind_list(struct cisco_read *r)
{
	enum config_where where;

	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
		const struct binding *b = &bindings[i];

		if (b->flavour != r->flavour || r->ntok < 3 || !cisco_is(&r->tok[0], "no") ||
		    !cisco_is(&r->tok[1], b->words[0]) || !cisco_is(&r->tok[2], b->words[1]))
			continue;
		if (direction(&r->tok[r->ntok - 1], &where)) {
			remove_hooks(r->c, r->iface, where, b->family);
		} else {
			remove_hooks(r->c, r->iface, CONFIG_IN, b->family);
			remove_hooks(r->c, r->iface, CONFIG_OUT, b->family);
		}
		return 0;
	}

	return ENOENT;
}


/** ASA: "no access-group NAME in interface IF" */
int cisco_unbind_asa(struct cisco_read *r)
{
	enum config_where where;
	char name[CONFIG_NAME_LEN + 1];

	if (r->ntok < 6 || !direction(&r->tok[3], &where) || !cisco_is(&r->tok[4], "interface"))
		return config_unknown(r->c, r->ln.line, r->ln.raw,
				      "how this list is taken away is not known");

	(void)snprintf(name, sizeof(name), "%.*s", (int)r->tok[5].n, r->tok[5].p);
	if (r->ntok > 6)
		where = CONFIG_LOCAL;
	remove_hooks(r->c, name, where, 0);
	return 0;
}


/** ASA: "access-group NAME in interface IF", "access-group NAME global" */
static int bind_asa(struct cisco_read *r)
{
	struct config_interface *ifc;
	enum config_where where = CONFIG_IN;
	int err;

	if (r->ntok >= 3 && cisco_is(&r->tok[2], "global")) {
		r->global = arena_strndup(&r->c->mem, r->tok[1].p, r->tok[1].n);
		r->global_len = r->tok[1].n;
		r->global_line = r->ln.line;
		return r->global ? 0 : ENOMEM;
	}
	if (r->ntok < 5 || !direction(&r->tok[2], &where) || !cisco_is(&r->tok[3], "interface"))
		return config_unknown(r->c, r->ln.line, r->ln.raw,
				      "how this list is bound is not known");

	err = config_iface_get(&ifc, r->c, r->tok[4].p, r->tok[4].n);
	if (err)
		return err;
	if (r->ntok > 5 && cisco_is(&r->tok[5], "control-plane"))
		where = CONFIG_LOCAL;
	return add_hook(r, &r->tok[1], ifc->name, where, 0);
}


static bool token_prefix(const struct token *t, struct ip_prefix *p)
{
	char buf[64];
	int err;

	if (t->n >= sizeof(buf))
		return false;
	memcpy(buf, t->p, t->n);
	buf[t->n] = '\0';
	err = ip_prefix_parse(p, buf);
	return !err || err == EDOM;
}


static unsigned mask_len(const struct ip_addr *mask)
{
	unsigned n = 0;

	while (n < 32 && mask->b[n / 8] >> (7 - n % 8) & 1)
		n++;
	return n;
}


/** "ip address 10.1.1.1 255.255.255.0", "ipv6 address 2001:db8::1/64" */
static int address_line(struct cisco_read *r)
{
	struct config_interface *ifc;
	struct ip_prefix p;
	struct ip_range range;
	struct ip_addr addr, mask;
	int err;

	if (r->ntok < 3 || !cisco_is(&r->tok[1], "address"))
		return 0;
	if (!token_prefix(&r->tok[2], &p)) {
		if (r->ntok < 4 || !cisco_ip(r, &r->tok[2], &addr) ||
		    !cisco_ip(r, &r->tok[3], &mask) || addr.family != 4 ||
		    mask.family != 4 || !cisco_masked(&range, &addr, &mask))
			return 0;
		p = (struct ip_prefix){ range.lo, (uint8_t)mask_len(&mask) };
	}

	err = config_iface_get(&ifc, r->c, r->iface, strlen(r->iface));
	return err ? err : config_iface_add_addr(r->c, ifc, &p);
}


/** ASA: lists name an interface by this. */
static int nameif(struct cisco_read *r)
{
	struct config_interface *ifc;
	int err;

	if (r->ntok < 2)
		return 0;
	err = config_iface_get(&ifc, r->c, r->tok[1].p, r->tok[1].n);
	if (err)
		return err;
	if (!ifc->alias)
		ifc->alias = r->iface;
	ifc->line = r->ln.line;
	r->iface = arena_strdup(&r->c->mem, ifc->name);
	return r->iface ? 0 : ENOMEM;
}


static int open_interface(struct cisco_read *r)
{
	const struct token *t = &r->tok[1], *more = r->ntok > 2 ? &r->tok[2] : NULL;
	struct config_interface *ifc;
	int err;

	if (more && (more->p[0] < '0' || more->p[0] > '9'))
		more = NULL;
	r->iface = arena_printf(&r->c->mem, "%.*s%.*s", (int)t->n, t->p,
				more ? (int)more->n : 0, more ? more->p : "");
	if (!r->iface)
		return ENOMEM;
	if (r->flavour == FLAVOUR_ASA || strlen(r->iface) > CONFIG_NAME_LEN)
		return 0;

	err = config_iface_get(&ifc, r->c, r->iface, strlen(r->iface));
	if (!err)
		ifc->line = r->ln.line;
	return err;
}


/** @return ENOENT: no line of an interface */
static int interface_line(struct cisco_read *r)
{
	const struct token *t = &r->tok[0];
	struct config_interface *ifc;
	int err = bind_list(r);

	if (err == ENOENT)
		err = unbind_list(r);
	if (err != ENOENT)
		return err;
	if (r->flavour == FLAVOUR_ASA && cisco_is(t, "nameif"))
		return nameif(r);
	if (r->flavour == FLAVOUR_ASA && cisco_is(t, "security-level"))
		return cisco_security_level(r);
	if (cisco_is(t, "ip") || cisco_is(t, "ipv4") || cisco_is(t, "ipv6"))
		return r->ntok > 1 && cisco_is(&r->tok[1], "address") ? address_line(r) : ENOENT;
	if (cisco_is(t, "shutdown") && r->flavour != FLAVOUR_ASA) {
		err = config_iface_get(&ifc, r->c, r->iface, strlen(r->iface));
		if (!err)
			ifc->shutdown = true;
		return err;
	}

	return ENOENT;
}


static int notice(struct cisco_read *r)
{
	const char *s = r->ln.s + strspn(r->ln.s, " \t");

	if (!strncmp(s, "same-security-traffic permit inter-interface", 44))
		r->same_level = true;
	for (size_t i = 0; i < sizeof(remarkables) / sizeof(remarkables[0]); i++)
		if (!strncmp(s, remarkables[i].begins, strlen(remarkables[i].begins)))
			return config_notice(r->c, r->ln.line, "%s", remarkables[i].says);

	return 0;
}


int cisco_bind_line(struct cisco_read *r)
{
	const struct token *t = &r->tok[0];
	int err = ENOENT;

	r->at = 0;
	if (!r->ln.indent) {
		r->in_line = false;
		if (cisco_is(t, "hostname") && r->ntok > 1) {
			r->c->hostname = arena_strndup(&r->c->mem, r->tok[1].p, r->tok[1].n);
			return r->c->hostname ? 0 : ENOMEM;
		}
		if (cisco_is(t, "interface") && r->ntok > 1)
			return open_interface(r);
		if (cisco_is(t, "line"))
			r->in_line = true;
	}
	if (r->flavour == FLAVOUR_ASA && cisco_is(t, "access-group"))
		return bind_asa(r);
	if (r->flavour == FLAVOUR_ASA) {
		err = cisco_inspect_line(r);
		if (err != ENOENT)
			return err;
	}
	if (r->in_line && r->ntok > 2 && r->ln.indent &&
	    (cisco_is(t, "access-class") || cisco_is(&r->tok[1], "access-class"))) {
		size_t k = cisco_is(t, "access-class") ? 1 : 2;

		return add_hook(r, &r->tok[k], NULL, CONFIG_LOCAL, cisco_is(t, "ipv6") ? 6 : 4);
	}
	if (r->iface)
		err = interface_line(r);
	if (err != ENOENT)
		return err;
	if (!r->ln.indent)
		r->iface = NULL;
	config_skip(r->c);
	return notice(r);
}


struct order {
	uint32_t seq;
	size_t at;
};


static int by_seq(const void *pa, const void *pb)
{
	const struct order *a = pa, *b = pb;

	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}


/** Lines stand in the order of their numbers, wherever they were written. */
static int sort_list(struct cisco_read *r, size_t list)
{
	struct config_list *l = &r->c->lists[list];
	struct list_state *s = &r->lists[list];
	struct order *o;
	struct config_rule *v;
	int err = 0;

	if (!s->unsorted)
		return 0;
	o = arena_calloc(&r->c->mem, l->nrules, sizeof(*o));
	v = arena_calloc(&r->c->mem, l->nrules, sizeof(*v));
	if (!o || !v)
		return ENOMEM;
	for (size_t i = 0; i < l->nrules; i++)
		o[i] = (struct order){ s->seq[i], i };
	qsort(o, l->nrules, sizeof(*o), by_seq);

	for (size_t i = 0; !err && i < l->nrules; i++) {
		v[i] = l->rules[o[i].at];
		if (!i || o[i].seq != o[i - 1].seq || r->flavour == FLAVOUR_ASA || v[i].implied)
			continue;
		v[i].uncertain = true;
		err = config_unknown(r->c, v[i].line, v[i].text,
				     "number %u stands twice in this list", o[i].seq);
	}

	memcpy(l->rules, v, l->nrules * sizeof(*v));
	return err;
}


static void swap_ends(struct pset_box *b)
{
	struct pset_box o = *b;

	b->alo[PSET_SRC] = o.alo[PSET_DST];
	b->ahi[PSET_SRC] = o.ahi[PSET_DST];
	b->alo[PSET_DST] = o.alo[PSET_SRC];
	b->ahi[PSET_DST] = o.ahi[PSET_SRC];
	b->abits[PSET_SRC] = o.abits[PSET_DST];
	b->abits[PSET_DST] = o.abits[PSET_SRC];
	b->avalue[PSET_SRC] = o.avalue[PSET_DST];
	b->avalue[PSET_DST] = o.avalue[PSET_SRC];
	b->lo[PSET_SPORT] = o.lo[PSET_DPORT];
	b->hi[PSET_SPORT] = o.hi[PSET_DPORT];
	b->lo[PSET_DPORT] = o.lo[PSET_SPORT];
	b->hi[PSET_DPORT] = o.hi[PSET_SPORT];
	b->flags_mask = b->flags = 0;
	b->lo[PSET_ICMP_TYPE] = 0;
	b->hi[PSET_ICMP_TYPE] = 255;
}


/** What an evaluate line lets back: the reflected lines with ends exchanged */
static int join_reflected(struct cisco_read *r, const struct reflexive *e)
{
	struct config_rule *to = &r->c->lists[e->list].rules[e->rule];
	size_t cap = 0;
	int err = 0;

	for (size_t i = 0; !err && i < r->nreflects; i++) {
		const struct reflexive *f = &r->reflects[i];
		const struct config_rule *from = &r->c->lists[f->list].rules[f->rule];

		if (f->len != e->len || memcmp(f->name, e->name, e->len) != 0)
			continue;
		for (size_t k = 0; !err && k < from->nboxes; k++) {
			struct pset_box b = from->boxes[k];

			if (to->nboxes >= CONFIG_BOXES_MAX)
				return EOVERFLOW;
			swap_ends(&b);
			err = arena_grow(&r->c->mem, (void **)&to->boxes, to->nboxes, &cap,
					 sizeof(b));
			if (!err)
				to->boxes[to->nboxes++] = b;
		}
		to->uncertain |= from->uncertain;
	}

	return err;
}


/** RFC 4861: the two lines that no IPv6 list shows */
static int add_neighbours(struct cisco_read *r, struct config_list *l)
{
	static const char text[] = "neighbour discovery, permitted unseen";
	struct config_match m = { .family = 6, .fragments = CONFIG_FRAGMENTS_TOO };
	struct config_rule *rule;
	int err = config_nums_add(r->c, &m.protocol, 58, 58);

	if (!err)
		err = config_icmp_add(r->c, &m.icmp, 135, 136, 0, 255);
	if (!err && r->flavour == FLAVOUR_NXOS)
		err = config_icmp_add(r->c, &m.icmp, 133, 134, 0, 255);
	if (!err)
		err = config_rule_add(&rule, r->c, l, l->line,
				      (struct config_text){ text, sizeof(text) - 1 });
	if (err)
		return err;

	rule->action = CONFIG_PERMIT;
	rule->implied = true;
	return config_rule_match(r->c, rule, &m);
}


static int finish_list(struct cisco_read *r, size_t i)
{
	struct config_list *l = &r->c->lists[i];
	int err = sort_list(r, i);

	l->fallthrough = CONFIG_DENY;
	if (err || !l->defined)
		return err;
	if (!l->nrules && r->flavour == FLAVOUR_IOS) {
		l->fallthrough = CONFIG_PERMIT;
		return config_notice(r->c, l->line, "list %s is empty: it permits everything",
				     l->name);
	}
	if (l->family == 6 && l->nrules)
		err = add_neighbours(r, l);

	return err;
}


static bool bound_in(const struct config *c, const char *iface)
{
	for (size_t i = 0; i < c->nhooks; i++)
		if (c->hooks[i].where == CONFIG_IN && c->hooks[i].iface &&
		    !strcmp(c->hooks[i].iface, iface))
			return true;

	return false;
}


/** ASA: what no line of an interface's list decides goes to the global one. */
static int chain_global(struct cisco_read *r)
{
	struct token name = { r->global, r->global_len };
	size_t nhooks = r->c->nhooks;
	struct config_list *g;
	int err = config_list_get(&g, r->c, name.p, name.n, 0);

	for (size_t i = 0; !err && i < nhooks; i++) {
		struct config_list *l = config_list_find(r->c, r->c->hooks[i].list, 0);
		static const char text[] = "on to the global list";
		struct config_match m = {0};
		struct config_rule *rule;

		if (r->c->hooks[i].where != CONFIG_IN || !l || !strcmp(l->name, r->global) ||
		    (l->nrules && l->rules[l->nrules - 1].action == CONFIG_GOTO))
			continue;
		err = config_rule_add(&rule, r->c, l, r->global_line,
				      (struct config_text){ text, sizeof(text) - 1 });
		if (!err)
			err = config_rule_match(r->c, rule, &m);
		if (err)
			break;
		rule->action = CONFIG_GOTO;
		rule->target = r->global;
		rule->implied = true;
	}
	r->ln.line = r->global_line;
	for (size_t i = 0; !err && i < r->c->nifaces; i++)
		if (!bound_in(r->c, r->c->ifaces[i].name))
			err = add_hook(r, &name, r->c->ifaces[i].name, CONFIG_IN, 0);

	return err;
}


/** ASA: without a global list, an interface without a list goes by levels. */
static int add_levels(struct cisco_read *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->c->nifaces; i++)
		if (!bound_in(r->c, r->c->ifaces[i].name))
			err = cisco_add_levels(r, &r->c->ifaces[i]);

	return err;
}


/** IOS: a list that is bound and not there lets everything through. */
static int missing_list(struct cisco_read *r, const struct config_hook *h)
{
	struct config_list *l = config_list_find(r->c, h->list, h->family);

	if (!l || l->defined || r->flavour != FLAVOUR_IOS)
		return 0;

	l->defined = true;
	l->line = h->line;
	l->fallthrough = CONFIG_PERMIT;
	return config_notice(r->c, h->line, "list %s is bound here and not defined: everything "
			     "passes", l->name);
}


int cisco_finish(struct cisco_read *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->nevaluates; i++)
		err = join_reflected(r, &r->evaluates[i]);
	for (size_t i = 0; !err && i < r->nlists; i++)
		err = finish_list(r, i);
	if (!err && r->global)
		err = chain_global(r);
	if (!err && r->flavour == FLAVOUR_ASA)
		err = cisco_finish_inspection(r);
	if (!err && r->flavour == FLAVOUR_ASA && r->c->nhooks && !r->global)
		err = add_levels(r);
	for (size_t i = 0; !err && i < r->c->nhooks; i++) {
		struct config_hook *h = &r->c->hooks[i];
		struct config_list *l = config_list_find(r->c, h->list,
							 r->flavour == FLAVOUR_ASA ? 0 :
							 h->family);

		if (l && (size_t)(l - r->c->lists) < r->nlists &&
		    r->lists[l - r->c->lists].evaluates)
			h->tracking = CONFIG_STATE_RULES;
		err = missing_list(r, h);
	}

	return err;
}
