/*
 * Marking and policing by nftables. Both directions of a row get its mark: the
 * flow, and what comes back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/qos.h"

/** A row's packets in one direction and one family */
struct side {
	const struct policy_rule *rule;
	uint8_t family;
	const struct need_addrs *src, *dst;
	const struct flow_port *sports, *dports;
	size_t nsports, ndports;
};

static bool every_port(const struct flow_port *v, size_t n)
{
	return !n || (n == 1 && v[0].lo == 0 && v[0].hi == 65535);
}


static void nft_addrs(struct sbuf *sb, const struct need_addrs *s, uint8_t family)
{
	const struct ip_range *v;
	size_t n = addrs_family(s, family, &v);
	char buf[IP_STRLEN];

	for (size_t i = 0; i < n; i++) {
		struct ip_prefix p;

		sbuf_printf(sb, "%s%s", i ? ", " : "{ ", !ip_cmp(&v[i].lo, &v[i].hi) ? ip_str(&v[i].lo, buf) :
			    addrs_as_prefix(&v[i], &p) ? ip_prefix_str(&p, buf) : ip_range_str(&v[i], buf));
	}
	sbuf_puts(sb, " } ");
}


static void nft_ports(struct sbuf *sb, const char *what, const struct flow_port *v, size_t n)
{
	if (every_port(v, n))
		return;
	sbuf_printf(sb, "%s { ", what);
	for (size_t i = 0; i < n; i++)
		sbuf_printf(sb, v[i].lo == v[i].hi ? "%s%u" : "%s%u-%u", i ? ", " : "", v[i].lo, v[i].hi);
	sbuf_puts(sb, " } ");
}


static void nft_side(struct sbuf *sb, const struct side *s, unsigned dscp)
{
	const char *ip = s->family == 4 ? "ip" : "ip6", *proto = flow_transport_name(s->rule->transport);
	char what[16];

	sbuf_printf(sb, "\t\t%s saddr ", ip);
	nft_addrs(sb, s->src, s->family);
	sbuf_printf(sb, "%s daddr ", ip);
	nft_addrs(sb, s->dst, s->family);
	sbuf_printf(sb, "meta l4proto %s ", proto);
	(void)snprintf(what, sizeof(what), "%s sport", proto);
	nft_ports(sb, what, s->sports, s->nsports);
	(void)snprintf(what, sizeof(what), "%s dport", proto);
	nft_ports(sb, what, s->dports, s->ndports);
	sbuf_printf(sb, "%s dscp set %u meta priority set 1:%x accept comment \"%s\"\n", ip, dscp, dscp,
		    s->rule->comment);
}


static void each_side(struct sbuf *sb, const struct qos *q, unsigned dscp, uint8_t family)
{
	const struct policy *p = q->policy;

	for (size_t i = 0; i < p->nrules; i++) {
		const struct policy_rule *r = &p->rules[i];
		const struct need_addrs *a = &p->sets[r->src], *b = &p->sets[r->dst];

		if (r->need->rows[0]->dscp != dscp || !addrs_has_family(a, family) ||
		    !addrs_has_family(b, family) ||
		    (r->transport != FLOW_TCP && r->transport != FLOW_UDP))
			continue;
		nft_side(sb, &(struct side){ r, family, a, b, r->sports, r->dports, r->nsports, r->ndports }, dscp);
		nft_side(sb, &(struct side){ r, family, b, a, r->dports, r->sports, r->ndports, r->nsports }, dscp);
	}
}


int qos_nftables(struct sbuf *sb, struct arena *a, const struct qos *q)
{
	qos_put_title(sb, q, "#", "nftables");
	sbuf_puts(sb, "# The priority 1:DSCP (hexadecimal) leads to the class of that name where tc has one.\n\n"
		  "table inet visavis_qos {}\ndelete table inet visavis_qos\n\ntable inet visavis_qos {\n"
		  "\t# more media than the rooms behind a link can send is not theirs\n\tchain police {\n"
		  "\t\ttype filter hook postrouting priority 10; policy accept;\n");
	for (size_t i = 0; i < q->policy->ninterfaces; i++)
		for (unsigned d = 1; d < QOS_DSCPS; d++)
			if (q->links[i].kbps[d])
				for (int six = 0; six < 2; six++)
					sbuf_printf(sb, "\t\toifname \"%s\" %s dscp %u limit rate over %llu "
						    "kbytes/second burst %llu kbytes counter drop\n",
						    q->links[i].name, six ? "ip6" : "ip", d,
						    (unsigned long long)(q->links[i].kbps[d] + 7) / 8,
						    (unsigned long long)(q->links[i].kbps[d] + 39) / 40);
	sbuf_puts(sb, "\t}\n\n\t# no mark of a sender is trusted: the row decides\n\tchain rows {\n"
		  "\t\ttype filter hook postrouting priority mangle; policy accept;\n"
		  "\t\tip dscp set 0\n\t\tip6 dscp set 0\n");
	for (unsigned d = 1; d < QOS_DSCPS; d++) {
		if (!q->used[d])
			continue;
		each_side(sb, q, d, 4);
		each_side(sb, q, d, 6);
	}
	sbuf_puts(sb, "\t}\n}\n");
	return sb->err;
}
