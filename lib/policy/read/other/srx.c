/*
 * Zones and the policies between them. A packet is held against the policies
 * of its pair of zones, then against the global ones, then the default; what
 * belongs to an open flow passes unseen. All that becomes one list, in which
 * each policy's rule asks for the interfaces of its zones.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/read/other/junos.h"
#include "lib/policy/read/other/srx.h"

static const char crossing[] = "security policies";
static const char own[] = "security policies, device itself";

struct key {
	const struct srx *x;
	const char *from, *to, *name;	/* no zones: global */
};


static const char *zone_of(const struct srx_policy *p, const struct srx_names *v)
{
	return p->global ? "" : v->v[0];
}


static bool policy_equal(const void *arg, size_t i)
{
	const struct key *k = arg;
	const struct srx_policy *p = &k->x->policies[i];

	return p->global == !k->from[0] && !strcmp(p->name, k->name) &&
	       !strcmp(zone_of(p, &p->from), k->from) && !strcmp(zone_of(p, &p->to), k->to);
}


static uint64_t hash_of(const char *from, const char *to, const char *name)
{
	uint64_t h = sets_hash(0, from, strlen(from));

	h = sets_hash(h, to, strlen(to));
	return sets_hash(h, name, strlen(name));
}


static uint64_t policy_hash(const void *arg, size_t i)
{
	const struct srx_policy *p = &((const struct key *)arg)->x->policies[i];

	return hash_of(zone_of(p, &p->from), zone_of(p, &p->to), p->name);
}


static int new_policy(struct srx *x, const struct key *k, const struct junos_statement *s)
{
	struct srx_policy p = {
		.name = arena_strdup(&x->c->mem, k->name), .global = !k->from[0],
		.line = s->line, .text = s->text, .own = !x->merging,
		.first = x->merging && x->own,
	};
	int err = p.name ? 0 : ENOMEM;

	x->own = x->own || p.own;
	p.uncertain = p.first;
	if (!err && p.first)
		err = config_unknown(x->c, s->line, s->text, "where a group's policy \"%s\" stands "
				     "among the others is not known", k->name);

	if (!err && x->npolicies == CONFIG_RULES_MAX)
		err = EOVERFLOW;
	if (!err && !p.global)
		err = srx_name_add(x, &p.from, k->from);
	if (!err && !p.global)
		err = srx_name_add(x, &p.to, k->to);
	if (!err)
		err = config_rows_scan(x->c, &p.rows,
				       (struct config_text){ p.name, strlen(p.name) });
	if (!err)
		err = arena_grow(&x->c->mem, (void **)&x->policies, x->npolicies,
				 &x->policies_cap, sizeof(p));
	if (err)
		return err;
	x->policies[x->npolicies++] = p;
	return sets_index_add(&x->policy_ix, &x->c->mem, hash_of(k->from, k->to, k->name),
			      policy_hash, k);
}


static int get_policy(struct srx_policy **p, struct srx *x, const struct key *k,
		      const struct junos_statement *s)
{
	size_t i = sets_index_find(&x->policy_ix, hash_of(k->from, k->to, k->name),
				   policy_equal, k);
	int err;

	if (i == SIZE_MAX) {
		err = new_policy(x, k, s);
		if (err)
			return err;
		i = x->npolicies - 1;
	}
	*p = &x->policies[i];
	return 0;
}


static int not_known(struct srx *x, struct srx_policy *p, const struct junos_statement *s,
		     const char *what, const char *word)
{
	p->uncertain = true;
	return config_unknown(x->c, s->line, s->text, "%s \"%s\" is not known", what, word);
}


static int read_match(struct srx *x, struct srx_policy *p, const struct junos_statement *s,
		      const char *const *w)
{
	if (!w[0])
		return 0;
	if (!strcmp(w[0], "source-address-excluded"))
		p->src_excluded = true;
	else if (!strcmp(w[0], "destination-address-excluded"))
		p->dst_excluded = true;
	else if (!w[1])
		return s->block ? 0 : not_known(x, p, s, "condition", w[0]);
	else if (!strcmp(w[0], "source-address"))
		return srx_name_add(x, &p->src, w[1]);
	else if (!strcmp(w[0], "destination-address"))
		return srx_name_add(x, &p->dst, w[1]);
	else if (!strcmp(w[0], "application"))
		return srx_name_add(x, &p->apps, w[1]);
	else if (p->global && !strcmp(w[0], "from-zone"))
		return strcmp(w[1], "any") ? srx_name_add(x, &p->from, w[1]) : 0;
	else if (p->global && !strcmp(w[0], "to-zone"))
		return strcmp(w[1], "any") ? srx_name_add(x, &p->to, w[1]) : 0;
	else if (strcmp(w[1], "any") != 0 && strcmp(w[1], "none") != 0)
		return not_known(x, p, s, "condition", w[0]);
	return 0;
}


/** permit ... */
static int read_permit(struct srx *x, struct srx_policy *p, const struct junos_statement *s,
		       const char *const *w)
{
	if (x->merging && p->own && p->decided)
		return 0;	/* the policy's own goes before */
	p->action = CONFIG_PERMIT;
	p->decided = true;
	if (!w[0] || !strcmp(w[0], "tcp-options") || !strcmp(w[0], "services-offload"))
		return 0;
	if (!strcmp(w[0], "firewall-authentication")) {
		p->sometimes = true;
		return 0;
	}
	if (strcmp(w[0], "application-services") != 0 && strcmp(w[0], "tunnel") != 0)
		return not_known(x, p, s, "permit", w[0]);
	if (x->inspected)
		return 0;
	x->inspected = true;
	return config_notice(x->c, s->line, "policies hand on to %s; what that refuses later is "
			     "not followed", w[0]);
}


/** Each policy has a counter of its own. */
static int add_effect(struct srx *x, struct srx_policy *p, const char *const *w)
{
	bool count = !strcmp(w[0], "count");
	const char *before = p->effect ? p->effect : "";

	if (!count && !w[1])
		return 0;
	p->effect = arena_printf(&x->c->mem, "%s%s%s %s", before, *before ? ", " : "", w[0],
				 count ? p->name : w[1]);
	return p->effect ? 0 : ENOMEM;
}


static int read_then(struct srx *x, struct srx_policy *p, const struct junos_statement *s,
		     const char *const *w)
{
	if (!w[0])
		return 0;
	if (!strncmp(w[0], "log", 3) || !strcmp(w[0], "count"))
		return add_effect(x, p, w);
	if (!strcmp(w[0], "permit"))
		return read_permit(x, p, s, w + 1);
	if (strcmp(w[0], "deny") != 0 && strcmp(w[0], "reject") != 0)
		return not_known(x, p, s, "action", w[0]);
	if (x->merging && p->own && p->decided)
		return 0;
	p->action = CONFIG_DENY;
	p->decided = true;
	return 0;
}


static int read_description(struct srx *x, struct srx_policy *p, const char *words)
{
	struct config_rows rows = {0};
	char *s = arena_strdup(&x->c->mem, words);
	int err = s ? config_rows_scan(x->c, &rows, (struct config_text){ s, strlen(s) }) : ENOMEM;

	if (!err && rows.n)
		p->rows = rows;
	return err;
}


/** policy NAME ... */
static int read_policy(struct srx *x, const struct junos_statement *s, const char *from,
		       const char *to, const char *const *w)
{
	struct key k = { .x = x, .from = from, .to = to, .name = w[0] };
	struct srx_policy *p;
	int err;

	if (!w[0])
		return 0;
	err = get_policy(&p, x, &k, s);
	if (err || !w[1])
		return err;
	if (!strcmp(w[1], "match"))
		return read_match(x, p, s, w + 2);
	if (!strcmp(w[1], "then"))
		return read_then(x, p, s, w + 2);
	if (!strcmp(w[1], "description"))
		return read_description(x, p, w[2] ? w[2] : "");
	if (strcmp(w[1], "scheduler-name") != 0)
		return not_known(x, p, s, "statement", w[1]);
	p->sometimes = true;
	return config_notice(x->c, s->line, "policy \"%s\" holds at times, by a scheduler", p->name);
}


static int read_default(struct srx *x, const struct junos_statement *s, const char *word)
{
	if (!word || !strcmp(word, "deny-all")) {
		x->permit_all = word ? 0 : x->permit_all;
		return 0;
	}
	if (strcmp(word, "permit-all") != 0)
		return config_unknown(x->c, s->line, s->text, "default \"%s\" is not known", word);
	x->permit_all = s->line;
	x->permit_text = s->text;
	return 0;
}


int srx_policies(struct srx *x, const struct junos_statement *s, const char *const *w)
{
	if (!w[0])
		return 0;
	if (!x->line)
		x->line = s->line;
	if (!strcmp(w[0], "default-policy"))
		return read_default(x, s, w[1]);
	if (!strcmp(w[0], "global"))
		return w[1] && !strcmp(w[1], "policy") ? read_policy(x, s, "", "", w + 2) : 0;
	if (!strcmp(w[0], "from-zone") && w[1] && w[2] && !strcmp(w[2], "to-zone") && w[3])
		return w[4] && !strcmp(w[4], "policy") ?
		       read_policy(x, s, w[1], w[3], w + 5) : 0;
	if (s->block || !strcmp(w[0], "policy-rematch") || !strcmp(w[0], "policy-stats") ||
	    !strcmp(w[0], "traceoptions") || !strcmp(w[0], "pre-id-default-policy"))
		return 0;
	return config_unknown(x->c, s->line, s->text, "\"%s\" among the policies is not known", w[0]);
}


/* Zones */

static int get_zone(struct srx_zone **z, struct srx *x, const char *name)
{
	for (size_t i = 0; i < x->nzones; i++)
		if (!strcmp(x->zones[i].name, name)) {
			*z = &x->zones[i];
			return 0;
		}
	if (x->nzones == CONFIG_LISTS_MAX)
		return EOVERFLOW;
	if (arena_grow(&x->c->mem, (void **)&x->zones, x->nzones, &x->zones_cap,
		       sizeof(*x->zones)))
		return ENOMEM;
	*z = &x->zones[x->nzones++];
	**z = (struct srx_zone){ .name = arena_strdup(&x->c->mem, name) };
	return (*z)->name ? 0 : ENOMEM;
}


bool srx_has_zone(const struct srx *x, const char *name)
{
	for (size_t i = 0; i < x->nzones; i++)
		if (!strcmp(x->zones[i].name, name))
			return true;

	return false;
}


/** Interfaces are logical: without a unit it is the first. */
static int zone_iface(struct srx *x, struct srx_zone *z, const struct junos_statement *s,
		      const char *name)
{
	bool unit = x->plain || strchr(name, '.') != NULL;
	char *full = arena_printf(&x->c->mem, "%s%s", name, unit ? "" : ".0");
	struct config_interface *ci;
	int err;

	if (!full)
		return ENOMEM;
	if (srx_name_in(&z->ifaces, full))
		return 0;
	if (!strcmp(name, "all") && !x->plain)
		return config_unknown(x->c, s->line, s->text, "which interfaces \"all\" leaves to "
				      "zone \"%s\" is not known", z->name);
	err = config_iface_get(&ci, x->c, full, strlen(full));
	if (err)
		return err;
	if (!ci->line)
		ci->line = s->line;
	if (!x->plain && !ci->alias && strlen(full) > 2 && !strcmp(full + strlen(full) - 2, ".0")) {
		ci->alias = arena_strndup(&x->c->mem, full, strlen(full) - 2);
		if (!ci->alias)
			return ENOMEM;
	}
	return srx_name_add(x, &z->ifaces, full);
}


int srx_zones(struct srx *x, const struct junos_statement *s, const char *const *w)
{
	struct srx_zone *z;
	int err;

	if (!w[0] || strcmp(w[0], "security-zone") != 0 || !w[1]) {
		config_skip(x->c);
		return 0;
	}
	err = get_zone(&z, x, w[1]);
	if (err || !w[2])
		return err;
	if (!strcmp(w[2], "interfaces"))
		return w[3] ? zone_iface(x, z, s, w[3]) : 0;
	if (!strcmp(w[2], "address-book"))
		return srx_zone_address(x, s, w[1], w + 3);
	if (!strcmp(w[2], "screen") && w[3]) {
		z->screen = arena_strdup(&x->c->mem, w[3]);
		return z->screen ? 0 : ENOMEM;
	}

	config_skip(x->c);	/* what the device itself answers */
	return 0;
}


/* The rest of "security" */

static int read_forwarding(struct srx *x, const struct junos_statement *s, const char *const *w)
{
	size_t i = w[0] && w[1] && !strcmp(w[1], "inet6");

	/* without state for MPLS is without state for IPv4 */
	if (!w[0] || strcmp(w[0], "family") != 0 || !w[1] || !w[2] || strcmp(w[2], "mode") != 0 ||
	    !w[3] || !strcmp(w[3], "flow-based"))
		return 0;
	x->bypassed[i] = s->line;
	x->bypass_text[i] = s->text;
	x->refused[i] = !strcmp(w[3], "drop");
	return 0;
}


/** screen ids-option NAME ... */
static int read_screen(struct srx *x, const struct junos_statement *s, const char *const *w)
{
	int err = 0;

	if (w[0] && !strcmp(w[0], "ids-option") && w[1] && w[2]) {
		if (!strcmp(w[2], "ip") && w[3] && !strcmp(w[3], "spoofing"))
			err = srx_name_add(x, &x->spoofing, w[1]);
		else if (!strcmp(w[2], "alarm-without-drop"))
			err = srx_name_add(x, &x->alarming, w[1]);
		else if (!strcmp(w[2], "ip") && !w[3])
			return 0;
		if (err || !strcmp(w[2], "description") || srx_name_in(&x->spoofing, w[1]))
			return err;
	}
	if (x->screen || s->block)
		return 0;
	x->screen = true;
	return config_notice(x->c, s->line, "what screens take for attacks is not followed");
}


int srx_security(struct srx *x, const struct junos_statement *s, const char *const *w)
{
	config_skip(x->c);
	if (!w[0])
		return 0;
	if (!strcmp(w[0], "forwarding-options"))
		return read_forwarding(x, s, w + 1);
	if (!strcmp(w[0], "alg") && w[1] && w[2] && !strcmp(w[2], "disable"))
		return srx_name_add(x, &x->algs_off, w[1]);
	if (!strcmp(w[0], "nat") && !x->nat) {
		x->nat = true;
		return config_notice(x->c, s->line, "address translation is not followed");
	}
	if (!strcmp(w[0], "screen"))
		return read_screen(x, s, w + 1);
	return 0;
}


/* The rules */

struct making {
	struct srx *x;
	const struct srx_policy *p;
	struct config_rule *r;
	struct config_match m;
	size_t cap;
	bool too_many;
	bool open;			/* its applications are not known */
};


static int add_helper(struct srx *x, const char *alg)
{
	for (size_t i = 0; i < x->c->nhelpers; i++)
		if (!strcmp(x->c->helpers[i].name, alg))
			return 0;

	if (srx_name_in(&x->algs_off, alg))
		return 0;
	return config_helper_add(x->c, &(struct config_helper){ .name = alg }, strlen(alg));
}


static int add_term(const struct srx_term *t, void *arg)
{
	struct making *mk = arg;
	struct config *c = mk->x->c;
	struct config_rule one = { .line = mk->r->line, .text = mk->r->text };
	struct config_match m = mk->m;
	uint8_t family = 0;
	int err = 0;

	/* ICMP is IPv4's and ICMPv6 IPv6's: the other way round no host answers */
	if (t->protocol.n == 1 && t->protocol.v[0].lo == t->protocol.v[0].hi)
		family = t->protocol.v[0].lo == 1 ? 4 : t->protocol.v[0].lo == 58 ? 6 : 0;
	if (family && m.family && family != m.family)
		return 0;
	m.family = family ? family : m.family;
	m.protocol = t->protocol;
	m.sport = t->sport;
	m.dport = t->dport;
	if (t->alg && mk->p->action == CONFIG_PERMIT && !mk->p->uncertain)
		err = add_helper(mk->x, t->alg);
	if (!err)
		err = junos_icmp(c, &m.icmp, &t->icmp_type, &t->icmp_code);
	if (!err)
		err = config_rule_match(c, &one, &m);
	mk->too_many |= one.uncertain || mk->r->nboxes + one.nboxes > CONFIG_BOXES_MAX;
	for (size_t i = 0; !err && !mk->too_many && i < one.nboxes; i++) {
		err = arena_grow(&c->mem, (void **)&mk->r->boxes, mk->r->nboxes, &mk->cap,
				 sizeof(*one.boxes));
		if (!err)
			mk->r->boxes[mk->r->nboxes++] = one.boxes[i];
	}
	return err;
}


static int add_ends(struct srx *x, const struct srx_policy *p, struct config_addrs *out,
		    const struct srx_names *names, const char *zone, bool excluded, bool *known)
{
	int err = 0;

	for (size_t i = 0; !err && i < names->n; i++)
		err = srx_addresses(x, out, p, zone, names->v[i], known);
	out->given = true;
	out->negate = excluded;
	return err;
}


/** Name what is missing, when a policy does not say all. */
static int complete(struct srx *x, struct srx_policy *p)
{
	const char *without = !p->src.n ? "source-address" : !p->dst.n ? "destination-address" :
			      !p->apps.n ? "application" : !p->decided ? "action" : NULL;

	if (!without || p->uncertain)
		return 0;
	p->uncertain = true;
	return config_unknown(x->c, p->line, p->text, "policy \"%s\" has no %s", p->name, without);
}


static int zone_ifaces(struct srx *x, struct srx_policy *p, struct config_ifaces *out,
		       const struct srx_names *zones)
{
	bool whole = true;
	int err = 0;

	for (size_t i = 0; !err && i < zones->n; i++) {
		struct srx_zone *z;

		err = get_zone(&z, x, zones->v[i]);
		if (err)
			return err;
		for (size_t k = 0; !err && k < z->ifaces.n; k++)
			err = config_ifaces_add(x->c, out, z->ifaces.v[k], strlen(z->ifaces.v[k]));
		if (z->ifaces.n)
			continue;
		whole = false;
		p->uncertain = true;
		if (!err && !z->told)
			err = config_unknown(x->c, p->line, p->text, "no interface of zone \"%s\" "
					     "is in this file", z->name);
		z->told = true;
	}
	if (!whole)
		out->n = 0;	/* any: the most that it could be */
	return err;
}


static int fill_boxes(struct making *mk)
{
	struct srx *x = mk->x;
	struct srx_policy *p = &x->policies[mk->p - x->policies];
	const char *from = p->global ? NULL : p->from.v[0], *to = p->global ? NULL : p->to.v[0];
	bool src = true, dst = true, apps = p->apps.n > 0;
	int err = add_ends(x, p, &mk->m.src, &p->src, from, p->src_excluded, &src);

	if (!err)
		err = add_ends(x, p, &mk->m.dst, &p->dst, to, p->dst_excluded, &dst);
	if (!src || !p->src.n)
		mk->m.src = (struct config_addrs){0};
	if (!dst || !p->dst.n)
		mk->m.dst = (struct config_addrs){0};
	for (size_t i = 0; !err && i < p->apps.n; i++)
		err = srx_application(x, p, p->apps.v[i], &apps, add_term, mk);
	mk->open = !apps || mk->too_many || err == ENOTSUP;
	p->uncertain = p->uncertain || !src || !dst || mk->open;
	if (!err && mk->too_many)
		err = config_unknown(x->c, p->line, p->text, "policy \"%s\" makes more than %d "
				     "combinations", p->name, CONFIG_BOXES_MAX);
	if (err == ENOTSUP)
		err = config_unknown(x->c, p->line, p->text, "all but a wildcard with holes is too "
				     "much for policy \"%s\"", p->name);
	return err;
}


/** What cannot be told matches at most what its known parts leave open. */
static int widen(struct making *mk)
{
	struct config_match m = mk->m;
	struct config_rule one = { .line = mk->r->line, .text = mk->r->text };
	int err;

	if (m.src.negate)
		m.src = (struct config_addrs){0};
	if (m.dst.negate)
		m.dst = (struct config_addrs){0};
	err = config_rule_match(mk->x->c, &one, &m);
	mk->r->boxes = one.boxes;
	mk->r->nboxes = one.nboxes;
	return err;
}


static int add_rule(struct srx *x, struct srx_policy *p)
{
	bool self = srx_name_in(&p->from, "junos-host") || srx_name_in(&p->to, "junos-host");
	const char *name = self ? own : crossing;
	struct making mk = { .x = x, .p = p };
	struct config_list *l;
	int err = config_list_get(&l, x->c, name, strlen(name), 0);

	if (!err) {
		l->defined = true;
		l->line = l->line ? l->line : p->line;
		l->fallthrough = CONFIG_DENY;
		err = config_rule_add(&mk.r, x->c, l, p->line, p->text);
	}
	if (!err)
		err = complete(x, p);
	if (!err && !self)
		err = zone_ifaces(x, p, &mk.r->in, &p->from);
	if (!err && !self)
		err = zone_ifaces(x, p, &mk.r->out, &p->to);
	mk.m.fragments = p->action == CONFIG_PERMIT ? CONFIG_FRAGMENTS_TOO
						    : CONFIG_FRAGMENTS_BY_RULE;
	mk.m.family = p->family;
	if (!err)
		err = fill_boxes(&mk);
	if (!err && mk.open)
		err = widen(&mk);
	if (err)
		return err;
	mk.r->action = p->action;
	mk.r->sometimes = p->sometimes;
	mk.r->uncertain = p->uncertain;
	mk.r->rows = p->rows;
	mk.r->effect = p->effect;
	return 0;
}


/** The zones of a condition, or all, but for one */
static int other_zones(struct srx *x, struct srx_names *out, const struct srx_names *v,
		       const char *but)
{
	size_t n = v->n ? v->n : x->nzones;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		const char *name = v->n ? v->v[i] : x->zones[i].name;

		if (strcmp(name, but) != 0)
			err = srx_name_add(x, out, name);
	}
	return err;
}


/** A policy that never, or only, joins a zone to itself: a rule a zone */
static int add_policy(struct srx *x, struct srx_policy *p)
{
	struct srx_names from = p->from, to = p->to, all = {0};
	int err = 0;

	if (!p->interzone && !p->intrazone)
		return add_rule(x, p);
	err = other_zones(x, &all, &from, "");
	for (size_t i = 0; !err && i < all.n; i++) {
		struct srx_names one = { .v = &all.v[i], .n = 1 }, there = {0};

		if (p->interzone)
			err = other_zones(x, &there, &to, all.v[i]);
		else if (!to.n || srx_name_in(&to, all.v[i]))
			there = one;
		p->from = one;
		p->to = there;
		if (!err && there.n)
			err = add_rule(x, p);
	}
	p->from = from;
	p->to = to;
	return err;
}


/** What stays in one zone */
static int add_intrazone(struct srx *x, struct srx_zone *z)
{
	static const char text[] = "what stays in a zone, permitted unseen";
	const struct config_match any = {0};
	struct config_list *l;
	struct config_rule *r;
	int err = config_list_get(&l, x->c, crossing, strlen(crossing), 0);

	if (err || !z->ifaces.n)
		return err;
	err = config_rule_add(&r, x->c, l, x->line,
			      (struct config_text){ text, sizeof(text) - 1 });
	for (size_t k = 0; !err && k < z->ifaces.n; k++) {
		const char *name = z->ifaces.v[k];

		err = config_ifaces_add(x->c, &r->in, name, strlen(name));
		if (!err)
			err = config_ifaces_add(x->c, &r->out, name, strlen(name));
	}
	if (err)
		return err;
	r->action = CONFIG_PERMIT;
	r->implied = true;
	return config_rule_match(x->c, r, &any);
}


/** A rule over all packets between zones, of one family or both */
static int add_all(struct srx *x, unsigned line, struct config_text text, uint8_t family,
		   enum config_action action, bool uncertain)
{
	struct config_match any = { .family = family };
	struct config_list *l;
	struct config_rule *r;
	int err = config_list_get(&l, x->c, crossing, strlen(crossing), 0);

	if (!err)
		err = config_rule_add(&r, x->c, l, line, text);
	if (err)
		return err;
	r->action = action;
	r->uncertain = uncertain;
	for (size_t i = 0; !err && !uncertain && action == CONFIG_PERMIT && i < x->nzones; i++) {
		const struct srx_names *v = &x->zones[i].ifaces;

		for (size_t k = 0; !err && k < v->n; k++) {
			err = config_ifaces_add(x->c, &r->in, v->v[k], strlen(v->v[k]));
			if (!err)
				err = config_ifaces_add(x->c, &r->out, v->v[k], strlen(v->v[k]));
		}
	}
	return err ? err : config_rule_match(x->c, r, &any);
}


static int add_bypasses(struct srx *x)
{
	int err = 0;

	for (size_t i = 0; !err && i < 2; i++) {
		if (!x->bypassed[i])
			continue;
		err = add_all(x, x->bypassed[i], x->bypass_text[i], i ? 6 : 4, CONFIG_DENY,
			      !x->refused[i]);
		if (!err && !x->refused[i])
			err = config_unknown(x->c, x->bypassed[i], x->bypass_text[i],
					     "packets that go past the policies are not followed");
	}
	return err;
}


/** Errors about an open flow pass with it. */
static int add_related(struct srx *x, uint8_t family)
{
	static const char text[] = "ICMP errors of open flows, permitted unseen";
	static const uint8_t types[2][4] = { { 3, 4, 11, 12 }, { 1, 2, 3, 4 } };
	struct config_match m = { .family = family };
	unsigned protocol = family == 6 ? 58 : 1;
	struct config_list *l;
	struct config_rule *r;
	int err = config_list_get(&l, x->c, crossing, strlen(crossing), 0);

	if (!err)
		err = config_rule_add(&r, x->c, l, x->line,
				      (struct config_text){ text, sizeof(text) - 1 });
	if (!err)
		err = config_nums_add(x->c, &m.protocol, protocol, protocol);
	for (size_t i = 0; !err && i < 4; i++)
		err = config_icmp_add(x->c, &m.icmp, types[family == 6][i],
				      types[family == 6][i], 0, 255);
	if (err)
		return err;
	r->action = CONFIG_PERMIT;
	r->implied = true;
	r->states = CONFIG_RELATED;
	return config_rule_match(x->c, r, &m);
}


static int add_hook(struct srx *x, const char *list, enum config_where where)
{
	struct config_hook h = { .list = list, .where = where, .line = x->line,
				 .tracking = CONFIG_STATE_IMPLICIT };

	return config_list_find(x->c, list, 0) ? config_hook_add(x->c, &h) : 0;
}


/** Those of pairs of zones go before the global ones. */
static int place_of(const struct srx_policy *p)
{
	return p->first ? 0 : p->global ? 2 : 1;
}


static int mark_checks(struct srx *x)
{
	int err = 0;

	for (size_t i = 0; i < x->nzones; i++) {
		const struct srx_zone *z = &x->zones[i];

		if (!z->screen || !srx_name_in(&x->spoofing, z->screen) ||
		    srx_name_in(&x->alarming, z->screen))
			continue;
		for (size_t k = 0; !err && k < z->ifaces.n; k++) {
			struct config_interface *ci;

			err = config_iface_get(&ci, x->c, z->ifaces.v[k], strlen(z->ifaces.v[k]));
			if (!err)
				ci->source_check = true;
		}
	}
	return err;
}


int srx_rules(struct srx *x)
{
	struct config_list *l;
	int err;

	if (!x->line)
		return 0;
	err = mark_checks(x);
	if (!err)
		err = config_list_get(&l, x->c, crossing, strlen(crossing), 0);
	if (err)
		return err;
	l->defined = true;
	l->line = x->line;
	l->fallthrough = CONFIG_DENY;
	err = add_bypasses(x);
	if (!err)
		err = add_related(x, 4);
	if (!err)
		err = add_related(x, 6);
	if (!err && x->lost)
		err = add_all(x, x->lost, x->lost_text, 0, CONFIG_DENY, true);
	for (int place = 0; place < 3; place++)
		for (size_t i = 0; !err && i < x->npolicies; i++)
			if (place_of(&x->policies[i]) == place)
				err = add_policy(x, &x->policies[i]);
	for (size_t i = 0; !err && i < x->nzones; i++)
		if (x->intrazone || x->zones[i].open)
			err = add_intrazone(x, &x->zones[i]);
	if (!err && x->permit_all)
		err = add_all(x, x->permit_all, x->permit_text, 0, CONFIG_PERMIT, false);
	if (!err)
		err = add_hook(x, crossing, CONFIG_FORWARD);
	return err ? err : add_hook(x, own, CONFIG_LOCAL);
}
