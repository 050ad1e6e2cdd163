/*
 * FortiOS 6.4 and later: one policy a row for IPv4 and IPv6 together. Packets
 * that would go back out by the interface that they came by need a policy
 * too, so a row whose two ends share interfaces is split to leave those out.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/model/sets.h"
#include "lib/policy/emit/zones.h"

enum {
	OBJECT_MAX = 79, POLICY_NAME_MAX = 35, COMMENT_MAX = 1023,
	ID_SPLIT = 1500000000,	/* above all marks */
	ID_SPREAD = 0x7fffffff,
};

static const struct zones_want fortios = { .zone_max = 35, .helper = true };

struct family {
	uint8_t family;
	const char *suffix;		/**< of the commands: "address6" */
	const char *group;		/**< of group names, which both share */
};

static const struct family families[] = { {4, "", "-v4"}, {6, "6", "-v6"} };

struct fortios {
	struct sbuf *sb;
	struct zones z;
	uint32_t *ids;			/**< of policies, to keep them apart */
	size_t nids, ids_cap;
};


static const char *address_name(struct arena *a, const struct ip_range *r)
{
	char buf[IP_STRLEN];
	struct ip_prefix p;

	return arena_printf(a, "vv-%s", addrs_as_prefix(r, &p) ? ip_prefix_str(&p, buf)
							       : ip_range_str(r, buf));
}


static int put_address(struct fortios *o, const struct ip_range *r)
{
	const char *name = address_name(o->z.mem, r);
	char lo[IP_STRLEN], hi[IP_STRLEN];
	struct ip_prefix p;

	if (!name)
		return ENOMEM;
	sbuf_printf(o->sb, "    edit \"%s\"\n", name);
	if (!addrs_as_prefix(r, &p))
		sbuf_printf(o->sb, "        set type iprange\n        set start-ip %s\n"
			    "        set end-ip %s\n", ip_str(&r->lo, lo), ip_str(&r->hi, hi));
	else
		sbuf_printf(o->sb, "        set %s %s\n", r->lo.family == 6 ? "ip6" : "subnet",
			    ip_prefix_str(&p, lo));
	sbuf_puts(o->sb, "    next\n");
	return 0;
}


static bool family_used(const struct zones *z, const struct family *f)
{
	const struct ip_range *v;

	for (size_t i = 0; i < z->p->nsets; i++)
		if (z->sets[i].used && addrs_family(&z->sets[i].addrs, f->family, &v))
			return true;

	return false;
}


static int put_objects(struct fortios *o, const struct family *f)
{
	const struct ip_range *v;
	size_t n;
	int err = zones_objects(&v, &n, &o->z, f->family);

	sbuf_printf(o->sb, "config firewall address%s\n", f->suffix);
	for (size_t i = 0; !err && i < n; i++)
		err = put_address(o, &v[i]);
	sbuf_puts(o->sb, "end\n");
	return err;
}


static int put_groups(struct fortios *o, const struct family *f)
{
	sbuf_printf(o->sb, "config firewall addrgrp%s\n", f->suffix);
	for (size_t i = 0; i < o->z.p->nsets; i++) {
		const struct ip_range *v = NULL;
		size_t n = o->z.sets[i].used
			? addrs_family(&o->z.sets[i].addrs, f->family, &v) : 0;

		if (!n)
			continue;
		sbuf_printf(o->sb, "    edit \"%s%s\"\n        set member",
			    o->z.sets[i].addrs.label, f->group);
		for (size_t j = 0; j < n; j++) {
			const char *name = address_name(o->z.mem, &v[j]);

			if (!name)
				return ENOMEM;
			sbuf_printf(o->sb, " \"%s\"", name);
		}
		sbuf_puts(o->sb, "\n    next\n");
	}
	sbuf_puts(o->sb, "end\n");
	return 0;
}


static void put_range(struct sbuf *sb, const struct flow_port *v)
{
	sbuf_printf(sb, "%u", v->lo);
	if (v->hi > v->lo)
		sbuf_printf(sb, "-%u", v->hi);
}


/** "443:1024-65535": to, then from */
static void put_portrange(struct sbuf *sb, const struct policy_rule *r)
{
	static const struct flow_port all = { .lo = 0, .hi = 65535 };
	size_t nd = r->ndports ? r->ndports : 1, ns = r->nsports ? r->nsports : 1;

	sbuf_printf(sb, "        set %s-portrange", flow_transport_name(r->transport));
	for (size_t i = 0; i < nd; i++) {
		for (size_t j = 0; j < ns; j++) {
			sbuf_putc(sb, ' ');
			put_range(sb, r->ndports ? &r->dports[i] : &all);
			if (!r->nsports)
				continue;
			sbuf_putc(sb, ':');
			put_range(sb, &r->sports[j]);
		}
	}
	sbuf_putc(sb, '\n');
}


static int put_services(struct fortios *o)
{
	bool echo = false;

	sbuf_puts(o->sb, "config firewall service custom\n");
	for (size_t i = 0; i < o->z.p->nrules; i++) {
		const struct policy_rule *r = &o->z.p->rules[i];
		const char *name = zones_service(o->z.mem, r, OBJECT_MAX);

		if (!name)
			return ENOMEM;
		if (!zones_writes(&o->z, r))
			continue;
		if (r->transport == FLOW_ICMP) {
			echo = true;
			continue;
		}
		if (!zones_service_first(&o->z, i))
			continue;
		sbuf_printf(o->sb, "    edit \"%s\"\n        set protocol TCP/UDP/SCTP\n", name);
		put_portrange(o->sb, r);
		sbuf_puts(o->sb, "    next\n");
	}
	if (echo)
		sbuf_puts(o->sb, "    edit \"vv-ping\"\n        set protocol ICMP\n"
			  "        set icmptype 8\n    next\n"
			  "    edit \"vv-ping6\"\n        set protocol ICMP6\n"
			  "        set icmptype 128\n    next\n");
	sbuf_puts(o->sb, "end\n");
	return 0;
}


/** The first part of a row is numbered by its mark, the others by their name,
 *  so that numbers stay when the site changes elsewhere. */
static int policy_id(struct fortios *o, const struct policy_rule *r, const char *name,
		     bool first, uint32_t *id)
{
	bool taken = true;

	*id = first ? r->mark
		    : ID_SPLIT + (uint32_t)(sets_hash(0, name, strlen(name)) & ID_SPREAD);
	while (taken) {
		taken = false;
		for (size_t i = 0; i < o->nids; i++)
			if (o->ids[i] == *id)
				taken = true;
		if (taken)
			++*id;
	}
	if (arena_grow(o->z.mem, (void **)&o->ids, o->nids, &o->ids_cap, sizeof(*o->ids)))
		return ENOMEM;

	o->ids[o->nids++] = *id;
	return 0;
}


static void put_addrs(struct fortios *o, const struct policy_rule *r)
{
	for (size_t i = 0; i < 2; i++) {
		const struct family *f = &families[i];

		if (!zones_has_family(&o->z, r, f->family))
			continue;
		sbuf_printf(o->sb, "        set srcaddr%s \"%s%s\"\n        set dstaddr%s \"%s%s\"\n",
			    f->suffix, o->z.sets[r->src].addrs.label, f->group,
			    f->suffix, o->z.sets[r->dst].addrs.label, f->group);
	}
}


static void put_service_names(struct fortios *o, const struct policy_rule *r,
			      const char *service)
{
	sbuf_puts(o->sb, "        set service");
	if (r->transport != FLOW_ICMP)
		sbuf_printf(o->sb, " \"%s\"", service);
	if (r->transport == FLOW_ICMP && zones_has_family(&o->z, r, 4))
		sbuf_puts(o->sb, " \"vv-ping\"");
	if (r->transport == FLOW_ICMP && zones_has_family(&o->z, r, 6))
		sbuf_puts(o->sb, " \"vv-ping6\"");
	sbuf_puts(o->sb, "\n");
}


static void put_interfaces(struct fortios *o, const char *word, const bool *v)
{
	sbuf_printf(o->sb, "        set %s", word);
	for (size_t i = 0; i < o->z.p->ninterfaces; i++)
		if (v[i])
			sbuf_printf(o->sb, " \"%s\"", o->z.p->interfaces[i].name);
	sbuf_putc(o->sb, '\n');
}


static int put_policy(struct fortios *o, const struct policy_rule *r, const bool *in,
		      const bool *out, const char *part)
{
	const char *service = zones_service(o->z.mem, r, OBJECT_MAX);
	const char *name = part ? arena_printf(o->z.mem, "%s.%s", r->counter, part)
				: r->counter;
	uint32_t id;
	int err;

	name = name ? zones_name(o->z.mem, name, "-_.", POLICY_NAME_MAX) : NULL;
	if (!service || !name)
		return ENOMEM;
	err = policy_id(o, r, name, !part, &id);
	sbuf_printf(o->sb, "    edit %u\n        set name \"%s\"\n", id, name);
	put_interfaces(o, "srcintf", in);
	put_interfaces(o, "dstintf", out);
	put_addrs(o, r);
	put_service_names(o, r, service);
	sbuf_puts(o->sb, "        set action accept\n        set schedule \"always\"\n"
		  "        set logtraffic all\n        set comments \"");
	zones_put_text(o->sb, zones_comment(&o->z, r), COMMENT_MAX);
	sbuf_puts(o->sb, "\"\n    next\n");
	return err;
}


/** Interfaces at one end only go together; each at both ends goes alone. */
static int put_rule(struct fortios *o, const struct policy_rule *r)
{
	size_t n = o->z.p->ninterfaces;
	bool *in = arena_calloc(o->z.mem, 2 * n + 1, sizeof(*in)), *out = in ? in + n : NULL;
	bool some = false;
	int err = 0;

	if (!in)
		return ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		out[i] = zones_out(r, i);
		in[i] = zones_in(r, i) && !out[i];
		some = some || in[i];
	}
	if (some)
		err = put_policy(o, r, in, out, NULL);
	for (unsigned i = 0; !err && i < n; i++) {
		if (!out[i] || !zones_in(r, i))
			continue;
		memset(in, 0, n * sizeof(*in));
		in[i] = true;
		out[i] = false;
		err = put_policy(o, r, in, out, o->z.p->interfaces[i].name);
		out[i] = true;
	}

	return err;
}


static int put_policies(struct fortios *o)
{
	int err = 0;

	sbuf_puts(o->sb, "config firewall policy\n");
	for (size_t i = 0; !err && i < o->z.order.n; i++) {
		const struct policy_rule *r = o->z.order.v[i].rule;

		if (zones_writes(&o->z, r))
			err = put_rule(o, r);
	}
	sbuf_puts(o->sb, "    edit 4000000000\n        set name \"visavis-refuse\"\n"
		  "        set srcintf \"any\"\n        set dstintf \"any\"\n"
		  "        set srcaddr \"all\"\n        set dstaddr \"all\"\n"
		  "        set srcaddr6 \"all\"\n        set dstaddr6 \"all\"\n"
		  "        set service \"ALL\"\n        set action deny\n"
		  "        set schedule \"always\"\n        set logtraffic all\n"
		  "        set comments \"everything that no row names\"\n    next\nend\n");
	return err;
}


int backend_fortios(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	struct fortios o = { .sb = sb };
	int err = zones_make(&o.z, a, p, &fortios);

	if (err)
		return err;

	zones_put_head(sb, &o.z, "# ", "fortios");
	sbuf_puts(sb, "# For FortiOS 6.4 and later, which has IPv4 and IPv6 in one policy.\n"
		  "config system settings\n    set strict-src-check enable\nend\n");
	for (size_t i = 0; !err && i < 2; i++) {
		if (!family_used(&o.z, &families[i]))
			continue;
		err = put_objects(&o, &families[i]);
		if (!err)
			err = put_groups(&o, &families[i]);
	}
	if (!err)
		err = put_services(&o);
	if (!err)
		err = put_policies(&o);
	return err ? err : sb->err;
}
