/*
 * SRX: `set` lines for Junos' zone policies. Policies stand between two zones,
 * so a row has one in each pair of zones that it crosses, all of one name.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/zones.h"

enum { NAME_MAX_LEN = 63, DESCRIPTION_MAX = 255 };

static const struct zones_want srx = { .zone_max = NAME_MAX_LEN, .helper = true };


static void put_zones(struct sbuf *sb, const struct zones *z)
{
	sbuf_puts(sb, "set security screen ids-option visavis ip spoofing\n");
	for (size_t i = 0; i < z->p->ninterfaces; i++) {
		const char *name = z->p->interfaces[i].name;

		sbuf_printf(sb, "set security zones security-zone %s interfaces %s%s\n"
			    "set security zones security-zone %s screen visavis\n",
			    z->names[i], name, strchr(name, '.') ? "" : ".0", z->names[i]);
	}
}


static const char *address_name(struct arena *a, const struct ip_range *r)
{
	char buf[IP_STRLEN];
	struct ip_prefix p;
	const char *s;

	s = arena_printf(a, "vv-%s", addrs_as_prefix(r, &p) ? ip_prefix_str(&p, buf)
							    : ip_range_str(r, buf));
	return s ? zones_name(a, s, "-_.:", NAME_MAX_LEN) : NULL;
}


static void put_address(struct sbuf *sb, const char *name, const struct ip_range *r)
{
	char lo[IP_STRLEN], hi[IP_STRLEN];
	struct ip_prefix p;

	sbuf_printf(sb, "set security address-book global address %s ", name);
	if (addrs_as_prefix(r, &p))
		sbuf_printf(sb, "%s\n", ip_prefix_str(&p, lo));
	else
		sbuf_printf(sb, "range-address %s to %s\n", ip_str(&r->lo, lo),
			    ip_str(&r->hi, hi));
}


static void put_member(struct sbuf *sb, const char *set, const char *name)
{
	sbuf_printf(sb, "set security address-book global address-set %s address %s\n", set, name);
}


static const struct zones_words words = { address_name, put_address, put_member };


static void put_range(struct sbuf *sb, const char *word, const struct flow_port *v)
{
	if (!v)
		return;
	sbuf_printf(sb, " %s %u", word, v->lo);
	if (v->hi > v->lo)
		sbuf_printf(sb, "-%u", v->hi);
}


/** An application takes one range at each end, so ranges multiply to terms. */
static void put_terms(struct sbuf *sb, const char *name, const struct policy_rule *r)
{
	size_t n = 0, ns = r->nsports ? r->nsports : 1, nd = r->ndports ? r->ndports : 1;

	for (size_t i = 0; i < ns; i++) {
		for (size_t j = 0; j < nd; j++) {
			sbuf_printf(sb, "set applications application %s term t%zu", name, ++n);
			if (r->helper && r->how == POLICY_OPEN)
				sbuf_printf(sb, " alg %s", r->helper->name);
			sbuf_printf(sb, " protocol %s", flow_transport_name(r->transport));
			put_range(sb, "source-port", r->nsports ? &r->sports[i] : NULL);
			put_range(sb, "destination-port", r->ndports ? &r->dports[j] : NULL);
			sbuf_putc(sb, '\n');
		}
	}
}


static int put_applications(struct sbuf *sb, struct zones *z)
{
	bool echo = false;

	for (size_t i = 0; i < z->p->nrules; i++) {
		const struct policy_rule *r = &z->p->rules[i];
		const char *name = zones_service(z->mem, r, NAME_MAX_LEN);

		if (!name)
			return ENOMEM;
		if (!zones_writes(z, r))
			continue;
		if (r->transport == FLOW_ICMP)
			echo = true;
		else if (zones_service_first(z, i))
			put_terms(sb, name, r);
	}
	if (echo)
		sbuf_puts(sb, "set applications application vv-ping term t1 protocol icmp icmp-type 8\n"
			  "set applications application vv-ping6 term t1 protocol icmp6 icmp6-type 128\n");
	return 0;
}


static void put_policy(struct sbuf *sb, const struct zones *z, const struct policy_rule *r,
		       const struct policy_pair *pair, const char *name, const char *service)
{
	char at[4 * NAME_MAX_LEN + 80];
	struct sbuf line = {0};

	sbuf_printf(&line, "set security policies from-zone %s to-zone %s policy %s",
		    z->names[pair->in], z->names[pair->out], name);
	(void)strncpy(at, sbuf_str(&line), sizeof(at) - 1);
	at[sizeof(at) - 1] = '\0';
	if (line.err)
		sb->err = line.err;
	sbuf_reset(&line);

	sbuf_printf(sb, "%s description \"", at);
	zones_put_text(sb, zones_comment(z, r), DESCRIPTION_MAX);
	sbuf_printf(sb, "\"\n%s match source-address %s\n%s match destination-address %s\n",
		    at, z->sets[r->src].addrs.label, at, z->sets[r->dst].addrs.label);
	if (r->transport != FLOW_ICMP)
		sbuf_printf(sb, "%s match application %s\n", at, service);
	if (r->transport == FLOW_ICMP && zones_has_family(z, r, 4))
		sbuf_printf(sb, "%s match application vv-ping\n", at);
	if (r->transport == FLOW_ICMP && zones_has_family(z, r, 6))
		sbuf_printf(sb, "%s match application vv-ping6\n", at);
	sbuf_printf(sb, "%s then permit\n%s then log session-close\n%s then count\n",
		    at, at, at);
}


static int put_rules(struct sbuf *sb, struct zones *z)
{
	for (size_t i = 0; i < z->order.n; i++) {
		const struct policy_rule *r = z->order.v[i].rule;
		const char *name, *service;

		if (!zones_writes(z, r))
			continue;
		name = zones_name(z->mem, r->counter, "-_.", NAME_MAX_LEN);
		service = zones_service(z->mem, r, NAME_MAX_LEN);
		if (!name || !service)
			return ENOMEM;
		for (size_t j = 0; j < r->npairs; j++)
			put_policy(sb, z, r, &r->pairs[j], name, service);
	}

	sbuf_puts(sb, "set security policies global policy visavis-refuse match source-address any\n"
		  "set security policies global policy visavis-refuse match destination-address any\n"
		  "set security policies global policy visavis-refuse match application any\n"
		  "set security policies global policy visavis-refuse then deny\n"
		  "set security policies global policy visavis-refuse then log session-init\n"
		  "set security policies global policy visavis-refuse then count\n"
		  "set security policies default-policy deny-all\n");
	return 0;
}


int backend_srx(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	struct zones z;
	int err = zones_make(&z, a, p, &srx);

	if (err)
		return err;

	zones_put_head(sb, &z, "# ", "srx");
	put_zones(sb, &z);
	err = zones_put_sets(sb, &z, &words);
	if (!err)
		err = put_applications(sb, &z);
	if (!err)
		err = put_rules(sb, &z);
	return err ? err : sb->err;
}
