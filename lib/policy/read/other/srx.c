/*
 * Zones and the policies between them, as they are gathered; the rules that
 * come of them are in srx_rules.c.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/read/other/junos.h"
#include "lib/policy/read/other/srx.h"

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

int srx_zone_get(struct srx_zone **z, struct srx *x, const char *name)
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
	err = srx_zone_get(&z, x, w[1]);
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
