/*
 * FortiOS: interfaces, zones and the policies between them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/read/other/fortios.h"


/* Interfaces */

static int read_interface(struct fortios *o, const char *name)
{
	struct config_interface *i;
	int err = config_iface_get(&i, o->c, name, strlen(name));

	if (err)
		return err;
	i->line = i->line ? i->line : o->at;
	i->shutdown = !strcmp(fortios_value(o, "status", "up"), "down");
	return srx_name_add(&o->x, &o->ifaces, name);
}


static int read_zone(struct fortios *o, const char *name)
{
	const struct fortios_set *s = fortios_get(o, "interface");
	int err = FORTIOS_GIVE(o, srx_zones, "security-zone", name);

	for (size_t i = 0; !err && s && i < s->n; i++)
		err = FORTIOS_GIVE(o, srx_zones, "security-zone", name, "interfaces", s->v[i]);
	if (!err && !strcmp(fortios_value(o, "intrazone", "deny"), "allow"))
		err = srx_name_add(&o->x, &o->open_zones, name);
	return err;
}


static int read_sdwan_member(struct fortios *o, const char *number)
{
	const char *iface = fortios_value(o, "interface", NULL);

	(void)number;
	return !iface ? 0 : FORTIOS_GIVE(o, srx_zones, "security-zone",
					 fortios_value(o, "zone", "virtual-wan-link"),
					 "interfaces", iface);
}


static int read_global(struct fortios *o, const char *name)
{
	(void)name;
	o->c->hostname = fortios_value(o, "hostname", o->c->hostname);
	return 0;
}


static int read_settings(struct fortios *o, const char *name)
{
	(void)name;
	o->strict |= fortios_enabled(o, "strict-src-check");
	if (fortios_enabled(o, "asymroute") || fortios_enabled(o, "asymroute6"))
		return fortios_lost(o, "packets of no flow pass the policies: asymroute");
	if (strcmp(fortios_value(o, "ngfw-mode", "profile-based"), "profile-based") != 0)
		return fortios_lost(o, "policies by application are not read");
	return 0;
}


static int read_helper(struct fortios *o, const char *number)
{
	(void)number;
	o->helpers_listed = true;
	o->tftp_listed |= !strcmp(fortios_value(o, "name", ""), "tftp");
	return 0;
}


static int refuse_section(struct fortios *o, const char *name)
{
	(void)name;
	return fortios_lost(o, "policies of this kind are not read");
}


static int translates(struct fortios *o, const char *name)
{
	(void)name;
	if (o->translated)
		return 0;
	o->translated = true;
	return config_notice(o->c, o->at, "address translation is not followed");
}


/* Policies */

struct family {
	bool six;
	const char *src, *dst;		/* keys */
	const char *src_negate, *dst_negate;
};

static const struct family families[] = {
	{ false, "srcaddr", "dstaddr", "srcaddr-negate", "dstaddr-negate" },
	{ true, "srcaddr6", "dstaddr6", "srcaddr6-negate", "dstaddr6-negate" },
};

static const struct family old_six = { true, "srcaddr", "dstaddr", "srcaddr-negate",
				       "dstaddr-negate" };

/** Settings that say what is done with packets, and not of which; '*': any end */
static const char *const quiet[] = {
	"srcintf", "dstintf", "srcaddr*", "dstaddr*", "service", "action", "status", "schedule",
	"name", "comments", "label", "global-label", "uuid*", "policyid", "nat", "utm-status",
	"logtraffic*", "custom-log-fields", "capture-packet", "inspection-mode", "profile-*",
	"av-profile", "webfilter-profile", "dnsfilter-profile", "emailfilter-profile",
	"spamfilter-profile", "dlp-*", "ips-*", "application-list", "casb-profile", "cifs-profile",
	"voip-profile", "ssl-ssh-profile", "ssh-filter-profile", "waf-profile", "icap-profile",
	"file-filter-profile", "videofilter-profile", "virtual-patch-profile", "diameter-filter-*",
	"sctp-filter-profile", "ippool", "poolname*", "fixedport", "natip", "permit-any-host",
	"permit-stun-host", "session-ttl", "tcp-mss-*", "diffserv*", "traffic-shaper*",
	"per-ip-shaper", "auto-asic-offload", "np-acceleration", "anti-replay", "delay-tcp-*",
	"send-deny-packet", "block-notification", "replacemsg-*", "match-vip*",
	"timeout-send-rst", "schedule-timeout", "vlan-cos-*", "webcache*", "wanopt*", "wccp",
	"captive-portal-exempt", "http-policy-redirect", "ssh-policy-redirect", "tcp-session-*",
	"nat46", "nat64", "radius-mac-auth-bypass", "passive-wan-health-measurement", "email-collect",
	"redirect-url", "auth-*", "disclaimer", "fec", "natinbound", "natoutbound",
};


static bool is_quiet(const char *key)
{
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		size_t n = strcspn(quiet[i], "*");

		if (!strncmp(quiet[i], key, n) && (quiet[i][n] || !key[n]))
			return true;
	}

	return false;
}


static int match(struct fortios *o, const char *name, const char *key, const char *value)
{
	return FORTIOS_GIVE(o, srx_policies, "global", "policy", name, "match", key, value);
}


/** Any other setting that is not off makes the policy unknown, by its name. */
static int match_beyond(struct fortios *o, const char *name)
{
	static const char *const off[] = { "disable", "none", "0", "0x00", "any" };
	int err = 0;

	for (size_t i = 0; !err && i < o->nsets; i++) {
		const struct fortios_set *s = &o->sets[i];
		bool is_off = !s->n || is_quiet(s->key);

		for (size_t k = 0; !is_off && k < sizeof(off) / sizeof(off[0]); k++)
			is_off = !strcmp(s->v[0], off[k]);
		if (!is_off)
			err = match(o, name, s->key, s->v[0]);
	}
	return err;
}


static int match_ends(struct fortios *o, const char *name, const char *key, const char *condition)
{
	const struct fortios_set *s = fortios_get(o, key);
	int err = s && s->n ? 0 : match(o, name, key, "missing");

	for (size_t i = 0; !err && s && i < s->n; i++) {
		err = match(o, name, condition, s->v[i]);
		if (!err && strcmp(s->v[i], "any") != 0 && !srx_name_in(&o->ends, s->v[i]))
			err = srx_name_add(&o->x, &o->ends, s->v[i]);
	}
	return err;
}


static int match_addrs(struct fortios *o, const char *name, const char *key, bool six,
		       const char *condition)
{
	const struct fortios_set *s = fortios_get(o, key);
	int err = 0;

	for (size_t i = 0; !err && s && i < s->n; i++) {
		const char *own = arena_printf(&o->c->mem, "%s%s", s->v[i], six ? " (IPv6)" : "");

		if (!own)
			return ENOMEM;
		if (!strcmp(s->v[i], "all") && !srx_has_address(&o->x, own))
			own = six ? "any-ipv6" : "any-ipv4";
		err = match(o, name, condition, own);
	}
	return err;
}


static int match_family(struct fortios *o, const char *name, const struct family *f)
{
	int err = match_addrs(o, name, f->src, f->six, "source-address");

	if (!err)
		err = match_addrs(o, name, f->dst, f->six, "destination-address");
	if (!err && fortios_enabled(o, f->src_negate))
		err = match(o, name, "source-address-excluded", "yes");
	if (!err && fortios_enabled(o, f->dst_negate))
		err = match(o, name, "destination-address-excluded", "yes");
	return err;
}


static int match_services(struct fortios *o, const char *name)
{
	const struct fortios_set *s = fortios_get(o, "service");
	int err = 0;

	for (size_t i = 0; !err && s && i < s->n; i++)
		err = match(o, name, "application", strcmp(s->v[i], "ALL") ? s->v[i] : "any");
	return err;
}


static int then(struct fortios *o, const char *name)
{
	const char *action = fortios_value(o, "action", "deny");
	const char *what = !strcmp(action, "accept") ? "permit" : action;
	int err = FORTIOS_GIVE(o, srx_policies, "global", "policy", name, "then", what);

	/* the log names the policy, so no other's is the same */
	if (!err && !strcmp(fortios_value(o, "logtraffic", ""), "all"))
		err = FORTIOS_GIVE(o, srx_policies, "global", "policy", name, "then", "log", name);
	if (!err && strcmp(fortios_value(o, "schedule", "always"), "always") != 0)
		err = FORTIOS_GIVE(o, srx_policies, "global", "policy", name, "scheduler-name", "x");
	if (!err && (fortios_enabled(o, "nat") || fortios_enabled(o, "nat46") ||
		     fortios_enabled(o, "nat64")))
		err = translates(o, name);
	if (err || o->inspected || !fortios_enabled(o, "utm-status"))
		return err;
	o->inspected = true;
	return config_notice(o->c, o->at, "policies inspect what they permit; what that refuses is "
			     "not followed");
}


static int make_policy(struct fortios *o, const char *name, const struct family *v, size_t n,
		       uint8_t family)
{
	const char *comment = fortios_value(o, "comments", NULL);
	int err = match_ends(o, name, "srcintf", "from-zone");

	if (!err)
		err = match_ends(o, name, "dstintf", "to-zone");
	for (size_t i = 0; !err && i < n; i++)
		err = match_family(o, name, &v[i]);
	if (!err)
		err = match_services(o, name);
	if (!err)
		err = match_beyond(o, name);
	if (!err)
		err = then(o, name);
	if (!err && comment)
		err = FORTIOS_GIVE(o, srx_policies, "global", "policy", name, "description",
				   comment);
	if (!err)
		o->x.policies[o->x.npolicies - 1].family = family;
	return err;
}


/** Numbers stand once, in one virtual domain. */
static int check_once(struct fortios *o, const char *number, bool six, bool *take)
{
	const char *key = arena_printf(&o->c->mem, "\npolicy%s %s", six ? "6" : "", number);

	*take = false;
	if (!key)
		return ENOMEM;
	if (srx_has_address(&o->x, key))
		return fortios_lost(o, "this policy stands twice in the file");
	if (o->has_policy && strcmp(o->vdom, o->policy_vdom) != 0)
		return fortios_lost(o, "policies of several VDOMs; give those of one at a time");
	o->has_policy = *take = true;
	(void)snprintf(o->policy_vdom, sizeof(o->policy_vdom), "%s", o->vdom);
	o->x.line = o->x.line ? o->x.line : o->at;
	return FORTIOS_GIVE(o, srx_address_book, "global", "address", key);
}


static bool negates(const struct fortios *o, const struct family *f)
{
	return fortios_enabled(o, f->src_negate) || fortios_enabled(o, f->dst_negate);
}


/** All but some addresses is all of that family: each has a policy then. */
static int split_policy(struct fortios *o, const char *name)
{
	int err = 0;

	for (size_t i = 0; !err && i < 2; i++) {
		const char *own = arena_printf(&o->c->mem, "%s%s", name, i ? " (IPv6)" : "");

		if (!own)
			return ENOMEM;
		if (fortios_value(o, families[i].src, NULL))
			err = make_policy(o, own, &families[i], 1, i ? 6 : 4);
	}
	return err;
}


static const char *policy_name(struct fortios *o, const char *number)
{
	const char *name = fortios_value(o, "name", NULL);

	return arena_printf(&o->c->mem, "%s%s%s", number, name ? " " : "", name ? name : "");
}


static bool is_off(const struct fortios *o)
{
	return !strcmp(fortios_value(o, "status", "enable"), "disable");
}


int fortios_policy(struct fortios *o, const char *number)
{
	const char *name = policy_name(o, number);
	bool take;
	int err = name ? check_once(o, number, false, &take) : ENOMEM;

	if (err || !take || is_off(o))
		return err;
	if (negates(o, &families[0]) || negates(o, &families[1]))
		return split_policy(o, name);
	return make_policy(o, name, families, 2, 0);
}


int fortios_policy6(struct fortios *o, const char *number)
{
	const char *name = policy_name(o, number);
	const char *own = name ? arena_printf(&o->c->mem, "IPv6 %s", name) : NULL;
	bool take;
	int err = own ? check_once(o, number, true, &take) : ENOMEM;

	return err || !take || is_off(o) ? err : make_policy(o, own, &old_six, 1, 6);
}


/* All sections that are read */

static const struct fortios_section sections[] = {
	{"firewall address", fortios_address, false},
	{"firewall address6", fortios_address6, false},
	{"firewall addrgrp", fortios_group, false},
	{"firewall addrgrp6", fortios_group6, false},
	{"firewall vip", fortios_vip, false},
	{"firewall vipgrp", fortios_vip, false},
	{"firewall vip6", fortios_vip6, false},
	{"firewall vipgrp6", fortios_vip6, false},
	{"firewall service custom", fortios_service, false},
	{"firewall service group", fortios_service_group, false},
	{"firewall policy", fortios_policy, false},
	{"firewall policy6", fortios_policy6, false},
	{"firewall consolidated policy", refuse_section, false},
	{"firewall security-policy", refuse_section, false},
	{"firewall policy46", translates, false},
	{"firewall policy64", translates, false},
	{"firewall central-snat-map", translates, false},
	{"system global", read_global, true},
	{"system interface", read_interface, false},
	{"system zone", read_zone, false},
	{"system sdwan zone", read_zone, false},
	{"system sdwan members", read_sdwan_member, false},
	{"system virtual-wan-link members", read_sdwan_member, false},
	{"system session-helper", read_helper, false},
	{"system settings", read_settings, true},
};


const struct fortios_section *fortios_section(const char *name)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(sections[i].name, name))
			return &sections[i];

	return NULL;
}


/** What a policy names and no zone is is an interface, unless the file lists
 *  those and it is not among them. */
static int finish_ends(struct fortios *o)
{
	int err = 0;

	for (size_t i = 0; !err && i < o->ends.n; i++) {
		const char *name = o->ends.v[i];

		if (srx_has_zone(&o->x, name) || (o->ifaces.n && !srx_name_in(&o->ifaces, name)))
			continue;
		err = FORTIOS_GIVE(o, srx_zones, "security-zone", name, "interfaces", name);
	}
	return err;
}


int fortios_finish(struct fortios *o)
{
	int err = finish_ends(o);

	for (size_t i = 0; i < o->x.nzones; i++)
		o->x.zones[i].open = srx_name_in(&o->open_zones, o->x.zones[i].name);
	for (size_t i = 0; i < o->c->nifaces; i++)
		o->c->ifaces[i].source_check = o->strict;
	if (!err && (o->tftp_listed || !o->helpers_listed))
		err = config_helper_add(o->c, &(struct config_helper){ .name = "tftp" }, 4);
	return err ? err : srx_rules(&o->x);
}
