/*
 * The rules of zone policies. A packet is held against the policies of its
 * pair of zones, then against the global ones, then the default; what belongs
 * to an open flow passes unseen. All that becomes one list, in which each
 * policy's rule asks for the interfaces of its zones.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/read/other/junos.h"
#include "lib/policy/read/other/srx.h"

static const char crossing[] = "security policies";
static const char own[] = "security policies, device itself";

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

		err = srx_zone_get(&z, x, zones->v[i]);
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
