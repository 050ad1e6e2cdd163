/*
 * Marking, queueing and policing in three dialects. Both directions of a row
 * get its mark: the flow, and what comes back.
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

typedef void (side_h)(struct sbuf *sb, const struct side *s, unsigned dscp);


static bool has_family(const struct need_addrs *s, uint8_t family)
{
	const struct ip_range *v;

	return addrs_family(s, family, &v) > 0;
}


static void each_side(struct sbuf *sb, const struct qos *q, unsigned dscp, uint8_t family, side_h *h)
{
	const struct policy *p = q->policy;

	for (size_t i = 0; i < p->nrules; i++) {
		const struct policy_rule *r = &p->rules[i];
		const struct need_addrs *a = &p->sets[r->src], *b = &p->sets[r->dst];

		if (r->need->rows[0]->dscp != dscp || !has_family(a, family) || !has_family(b, family) ||
		    (r->transport != FLOW_TCP && r->transport != FLOW_UDP))
			continue;
		h(sb, &(struct side){ r, family, a, b, r->sports, r->dports, r->nsports, r->ndports }, dscp);
		h(sb, &(struct side){ r, family, b, a, r->dports, r->sports, r->ndports, r->nsports }, dscp);
	}
}


static void put_word(struct sbuf *sb, const char *s)
{
	for (; s && *s; s++)
		sbuf_putc(sb, *s < ' ' || *s > '~' ? '?' : *s);
}


static void put_title(struct sbuf *sb, const struct qos *q, const char *mark, const char *dialect)
{
	sbuf_printf(sb, "%s Quality of service of firewall \"", mark);
	put_word(sb, q->policy->firewall->name);
	sbuf_puts(sb, "\" of site \"");
	put_word(sb, q->policy->site->name);
	sbuf_printf(sb, "\", written by visavis policy qos --to %s.\n"
		    "%s Change the site file or the matrix, not this.\n", dialect, mark);
}


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


static int emit_nftables(struct sbuf *sb, const struct qos *q)
{
	put_title(sb, q, "#", "nftables");
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
		each_side(sb, q, d, 4, nft_side);
		each_side(sb, q, d, 6, nft_side);
	}
	sbuf_puts(sb, "\t}\n}\n");
	return sb->err;
}


/** The longest prefix that begins at r->lo and ends within r */
static struct ip_prefix first_prefix(const struct ip_range *r)
{
	struct ip_prefix p = { r->lo, (uint8_t)ip_bits(&r->lo) };

	while (p.len) {
		struct ip_prefix wide = p;
		struct ip_range w;

		wide.len--;
		if (wide.addr.b[wide.len / 8] >> (7 - wide.len % 8) & 1)
			break;
		w = ip_prefix_range(&wide);
		if (ip_cmp(&w.hi, &r->hi) > 0)
			break;
		p = wide;
	}

	return p;
}


/** An address as IOS writes it in lists of IPv4: with a wildcard */
static void ios_addr(struct sbuf *sb, const struct ip_prefix *p)
{
	struct ip_addr wild = { .family = 4 };
	char buf[IP_STRLEN];

	if (p->addr.family == 6) {
		sbuf_printf(sb, " %s", ip_prefix_str(p, buf));
		return;
	}
	if (p->len == 32) {
		sbuf_printf(sb, " host %s", ip_str(&p->addr, buf));
		return;
	}
	for (unsigned i = p->len; i < 32; i++)
		wild.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	sbuf_printf(sb, " %s", ip_str(&p->addr, buf));
	sbuf_printf(sb, " %s", ip_str(&wild, buf));
}


static void nxos_addr(struct sbuf *sb, const struct ip_prefix *p)
{
	char buf[IP_STRLEN];

	sbuf_printf(sb, " %s", ip_prefix_str(p, buf));
}


static void cisco_port(struct sbuf *sb, const struct flow_port *v)
{
	if (!v || (v->lo == 0 && v->hi == 65535))
		return;
	if (v->lo == v->hi)
		sbuf_printf(sb, " eq %u", v->lo);
	else
		sbuf_printf(sb, " range %u %u", v->lo, v->hi);
}


/** One line for each pair of prefixes and of ports */
static void cisco_line(struct sbuf *sb, const struct side *s, const struct ip_prefix *a,
		       const struct ip_prefix *b, void (*addr)(struct sbuf *, const struct ip_prefix *))
{
	for (size_t i = 0; i < (s->nsports ? s->nsports : 1); i++)
		for (size_t k = 0; k < (s->ndports ? s->ndports : 1); k++) {
			sbuf_printf(sb, " permit %s", flow_transport_name(s->rule->transport));
			addr(sb, a);
			cisco_port(sb, s->nsports ? &s->sports[i] : NULL);
			addr(sb, b);
			cisco_port(sb, s->ndports ? &s->dports[k] : NULL);
			sbuf_putc(sb, '\n');
		}
}


static bool next_prefix(struct ip_prefix *p, struct ip_range *r, const struct ip_range **v, size_t *n)
{
	struct ip_range done;

	if (!*n)
		return false;
	*p = first_prefix(r);
	done = ip_prefix_range(p);
	if (ip_cmp(&done.hi, &r->hi) < 0) {
		r->lo = done.hi;
		(void)ip_next(&r->lo);
	} else if (--*n) {
		*r = *++*v;
	}
	return true;
}


static void cisco_side(struct sbuf *sb, const struct side *s,
		       void (*addr)(struct sbuf *, const struct ip_prefix *))
{
	const struct ip_range *v, *w;
	size_t n = addrs_family(s->src, s->family, &v), m;
	struct ip_range ra = v[0], rb;
	struct ip_prefix a, b;

	sbuf_printf(sb, " remark %.90s\n", s->rule->comment);
	while (next_prefix(&a, &ra, &v, &n)) {
		m = addrs_family(s->dst, s->family, &w);
		rb = w[0];
		while (next_prefix(&b, &rb, &w, &m))
			cisco_line(sb, s, &a, &b, addr);
	}
}


static void ios_side(struct sbuf *sb, const struct side *s, unsigned dscp)
{
	cisco_side(sb, s, ios_addr);
}


static void nxos_side(struct sbuf *sb, const struct side *s, unsigned dscp)
{
	cisco_side(sb, s, nxos_addr);
}


static bool any_side(const struct qos *q, unsigned dscp, uint8_t family)
{
	struct sbuf sb = {0};
	bool any;

	each_side(&sb, q, dscp, family, nft_side);
	any = sb.len > 0;
	sbuf_reset(&sb);
	return any;
}


static void cisco_classes(struct sbuf *sb, const struct qos *q, bool nxos)
{
	char mark[8];

	for (unsigned d = 1; d < QOS_DSCPS; d++) {
		bool four = any_side(q, d, 4), six = any_side(q, d, 6);

		if (!q->used[d] || (!four && !six))
			continue;
		(void)flow_dscp_str((uint8_t)d, mark);
		if (four) {
			sbuf_printf(sb, "ip access-list %sVISAVIS-%s\n", nxos ? "" : "extended ", mark);
			each_side(sb, q, d, 4, nxos ? nxos_side : ios_side);
		}
		if (six) {
			sbuf_printf(sb, "ipv6 access-list VISAVIS-%s-V6\n", mark);
			each_side(sb, q, d, 6, nxos ? nxos_side : ios_side);
		}
		sbuf_printf(sb, "class-map %smatch-any VISAVIS-%s\n", nxos ? "type qos " : "", mark);
		if (four)
			sbuf_printf(sb, " match access-group name VISAVIS-%s\n", mark);
		if (six)
			sbuf_printf(sb, " match access-group name VISAVIS-%s-V6\n", mark);
		sbuf_printf(sb, "!\n");
	}
}


static void ios_marking(struct sbuf *sb, const struct qos *q)
{
	char mark[8];

	sbuf_puts(sb, "policy-map VISAVIS-MARK\n");
	for (unsigned d = 1; d < QOS_DSCPS; d++)
		if (q->used[d] && (any_side(q, d, 4) || any_side(q, d, 6)))
			sbuf_printf(sb, " class VISAVIS-%s\n  set dscp %u\n", flow_dscp_str((uint8_t)d, mark), d);
	sbuf_puts(sb, " class class-default\n  set dscp 0\n!\n");
}


/** Media first, and never more than the rooms behind the link send; other
 *  marks before the rest. */
static void ios_queue(struct sbuf *sb, const struct qos *q, size_t i)
{
	char mark[8];

	sbuf_printf(sb, "policy-map VISAVIS-OUT-%zu\n", i + 1);
	for (unsigned d = 1; d < QOS_DSCPS; d++)
		if (q->links[i].kbps[d])
			sbuf_printf(sb, " class VISAVIS-OUT-%s\n  priority %llu\n", flow_dscp_str((uint8_t)d, mark),
				    (unsigned long long)q->links[i].kbps[d]);
	sbuf_printf(sb, " class class-default\n  fair-queue\n!\n"
		    "interface %s\n service-policy input VISAVIS-MARK\n service-policy output VISAVIS-OUT-%zu\n!\n",
		    q->links[i].name, i + 1);
}


static int emit_ios(struct sbuf *sb, const struct qos *q)
{
	char mark[8];

	put_title(sb, q, "!", "ios");
	cisco_classes(sb, q, false);
	ios_marking(sb, q);
	for (unsigned d = 1; d < QOS_DSCPS; d++)
		if (q->used[d])
			sbuf_printf(sb, "class-map match-all VISAVIS-OUT-%s\n match dscp %u\n!\n",
				    flow_dscp_str((uint8_t)d, mark), d);
	for (size_t i = 0; i < q->policy->ninterfaces; i++)
		ios_queue(sb, q, i);
	return sb->err;
}


static int emit_nxos(struct sbuf *sb, const struct qos *q)
{
	char mark[8];

	put_title(sb, q, "!", "nxos");
	sbuf_puts(sb, "! Queues are the platform's own: give the one of CS4 and EF priority in its type queueing policy.\n");
	cisco_classes(sb, q, true);
	for (size_t i = 0; i < q->policy->ninterfaces; i++) {
		sbuf_printf(sb, "policy-map type qos VISAVIS-IN-%zu\n", i + 1);
		for (unsigned d = 1; d < QOS_DSCPS; d++) {
			if (!q->used[d] || (!any_side(q, d, 4) && !any_side(q, d, 6)))
				continue;
			sbuf_printf(sb, " class VISAVIS-%s\n  set dscp %u\n", flow_dscp_str((uint8_t)d, mark), d);
			if (q->links[i].kbps[d])
				sbuf_printf(sb, "  police cir %llu kbps bc 200 ms conform transmit violate drop\n",
					    (unsigned long long)q->links[i].kbps[d]);
		}
		sbuf_printf(sb, " class class-default\n  set dscp 0\n!\ninterface %s\n service-policy type qos "
			    "input VISAVIS-IN-%zu\n!\n", q->links[i].name, i + 1);
	}
	return sb->err;
}

const struct qos_backend qos_backends[] = {
	{"nftables", "nft", "Linux nftables: DSCP, priority, limits", emit_nftables},
	{"ios", "ios", "Cisco IOS and IOS-XE: MQC", emit_ios},
	{"nxos", "nxos", "Cisco NX-OS: type qos policies", emit_nxos},
	{NULL, NULL, NULL, NULL},
};
