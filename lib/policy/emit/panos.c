/*
 * PAN-OS: `set` lines for the configuration mode of one firewall. One rule a
 * row, between different zones alone. Services are ports, because App-ID
 * knows nothing of most of these protocols and decides late; ping is the
 * exception, which has no ports.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/zones.h"

enum { ZONE_MAX = 31, NAME_MAX_LEN = 63, DESCRIPTION_MAX = 255 };

static const struct zones_want panos = { .zone_max = ZONE_MAX, .helper = false };


static const char *address_name(struct arena *a, const struct ip_range *r)
{
	char buf[IP_STRLEN];
	struct ip_prefix p;
	const char *s;

	if (addrs_as_prefix(r, &p))
		s = ip_prefix_str(&p, buf);
	else
		s = ip_range_str(r, buf);
	s = arena_printf(a, "vv-%s", s);
	return s ? zones_name(a, s, "-_.", NAME_MAX_LEN) : NULL;
}


static void put_address(struct sbuf *sb, const char *name, const struct ip_range *r)
{
	char buf[IP_STRLEN];
	struct ip_prefix p;

	if (addrs_as_prefix(r, &p))
		sbuf_printf(sb, "set address %s ip-netmask %s\n", name, ip_prefix_str(&p, buf));
	else
		sbuf_printf(sb, "set address %s ip-range %s\n", name, ip_range_str(r, buf));
}


static void put_member(struct sbuf *sb, const char *set, const char *name)
{
	sbuf_printf(sb, "set address-group %s static %s\n", set, name);
}


static const struct zones_words words = { address_name, put_address, put_member };


static void put_ports(struct sbuf *sb, const struct flow_port *v, size_t n)
{
	if (!n)
		sbuf_puts(sb, "0-65535");
	for (size_t i = 0; i < n; i++) {
		sbuf_printf(sb, "%s%u", i ? "," : "", v[i].lo);
		if (v[i].hi > v[i].lo)
			sbuf_printf(sb, "-%u", v[i].hi);
	}
}


static int put_services(struct sbuf *sb, struct zones *z)
{
	for (size_t i = 0; i < z->p->nrules; i++) {
		const struct policy_rule *r = &z->p->rules[i];
		const char *name;

		if (r->transport == FLOW_ICMP || !zones_writes(z, r) ||
		    !zones_service_first(z, i))
			continue;
		name = zones_service(z->mem, r, NAME_MAX_LEN);
		if (!name)
			return ENOMEM;
		sbuf_printf(sb, "set service %s protocol %s port ", name,
			    flow_transport_name(r->transport));
		put_ports(sb, r->dports, r->ndports);
		if (r->nsports) {
			sbuf_puts(sb, " source-port ");
			put_ports(sb, r->sports, r->nsports);
		}
		sbuf_putc(sb, '\n');
	}

	return 0;
}


static void put_zones(struct sbuf *sb, const struct zones *z)
{
	sbuf_puts(sb, "set network profiles zone-protection-profile visavis discard-ip-spoof yes\n");
	for (size_t i = 0; i < z->p->ninterfaces; i++)
		sbuf_printf(sb, "set zone %s network layer3 %s\n"
			    "set zone %s network zone-protection-profile visavis\n",
			    z->names[i], z->p->interfaces[i].name, z->names[i]);
}


static void put_zone_list(struct sbuf *sb, const struct zones *z, const struct policy_rule *r,
			  const char *word, bool (*is)(const struct policy_rule *, unsigned))
{
	sbuf_printf(sb, " %s [", word);
	for (unsigned i = 0; i < z->p->ninterfaces; i++)
		if (is(r, i))
			sbuf_printf(sb, " %s", z->names[i]);
	sbuf_puts(sb, " ]");
}


static int put_rule(struct sbuf *sb, struct zones *z, const struct policy_rule *r)
{
	const char *name = zones_name(z->mem, r->counter, "-_.", NAME_MAX_LEN);
	const char *service = zones_service(z->mem, r, NAME_MAX_LEN);
	const char *rows = zones_rows(z->mem, r->need);

	if (!name || !service || !rows)
		return ENOMEM;
	sbuf_printf(sb, "set rulebase security rules %s rule-type interzone", name);
	put_zone_list(sb, z, r, "from", zones_in);
	put_zone_list(sb, z, r, "to", zones_out);
	sbuf_printf(sb, " source %s destination %s", z->sets[r->src].addrs.label,
		    z->sets[r->dst].addrs.label);
	if (r->transport == FLOW_ICMP)
		sbuf_puts(sb, " application [ ping ping6 ] service application-default");
	else
		sbuf_printf(sb, " application any service %s", service);
	sbuf_printf(sb, " action allow log-end yes tag [ %s ] description \"", rows);
	zones_put_text(sb, zones_comment(z, r), DESCRIPTION_MAX);
	sbuf_puts(sb, "\"\n");
	return 0;
}


static void put_tags(struct sbuf *sb, const struct zones *z)
{
	for (size_t i = 0; i < z->p->nrules; i++) {
		const struct policy_rule *r = &z->p->rules[i];

		if (r->need->reverse || !zones_writes(z, r))
			continue;
		for (size_t j = 0; j < r->need->nrows; j++)
			sbuf_printf(sb, "set tag %s\n", r->need->rows[j]->id);
	}
}


static int put_rules(struct sbuf *sb, struct zones *z)
{
	int err = 0;

	for (size_t i = 0; !err && i < z->order.n; i++) {
		const struct policy_rule *r = z->order.v[i].rule;

		if (zones_writes(z, r))
			err = put_rule(sb, z, r);
	}
	sbuf_puts(sb, "set rulebase security rules visavis-refuse from any to any source any "
		  "destination any application any service any action deny log-end yes "
		  "description \"everything that no row names\"\n");
	return err;
}


int backend_panos(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	struct zones z;
	int err = zones_make(&z, a, p, &panos);

	if (err)
		return err;

	zones_put_head(sb, &z, "# ", "panos");
	sbuf_puts(sb, "# ICMP has no ports, so echo is told by App-ID: ping, ping6.\n"
		  "# Move visavis-refuse below all other rules after loading.\n");
	put_zones(sb, &z);
	err = zones_put_sets(sb, &z, &words);
	if (!err)
		err = put_services(sb, &z);
	put_tags(sb, &z);
	if (!err)
		err = put_rules(sb, &z);
	zones_warn(p, "panos: echo is matched by App-ID, not by ICMP type; ports alone decide "
		   "everything else");
	return err ? err : sb->err;
}
