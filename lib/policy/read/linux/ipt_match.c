/*
 * The options of iptables' matches, one row each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/pset/names.h"
#include "lib/policy/pset/show.h"
#include "lib/policy/read/linux/clause.h"
#include "lib/policy/read/linux/ipt.h"

enum { VALUE_MAX = 64 };


/** The next part of a list; @return false at the end */
static bool next_part(const char **list, char sep, char buf[VALUE_MAX], bool *too_long)
{
	size_t n = strcspn(*list, (char[]){ sep, '\0' });

	if (!**list)
		return false;
	*too_long = n >= VALUE_MAX;
	(void)snprintf(buf, VALUE_MAX, "%.*s", (int)n, *list);
	*list += n + ((*list)[n] == sep);
	return true;
}


static int addresses(struct ipt_rule *rr, bool negate, const char *value, bool source)
{
	struct config_match m = {0};
	struct config_addrs *a = source ? &m.src : &m.dst;
	char part[VALUE_MAX];
	bool too_long;

	a->negate = negate;
	a->given = true;
	while (next_part(&value, ',', part, &too_long)) {
		int err = too_long ? EINVAL : clause_addr(rr->c, a, part);

		if (err)
			return err;
	}

	return clause_and_match(rr->c, &rr->r, &m);
}


static int opt_source(struct ipt_rule *rr, bool negate, const char *value)
{
	return addresses(rr, negate, value, true);
}


static int opt_destination(struct ipt_rule *rr, bool negate, const char *value)
{
	return addresses(rr, negate, value, false);
}


static int opt_protocol(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match m = { .protocol.negate = negate };
	static const uint8_t with_ports[] = { 6, 17, 33, 132, 136 };
	unsigned number;
	int err;

	if (!strcasecmp(value, "all") || !strcmp(value, "0"))
		return negate ? EINVAL : 0;
	if (!names_protocol(&number, value, strlen(value)))
		return EINVAL;
	rr->ports = !negate && memchr(with_ports, (int)number, sizeof(with_ports));
	if (!negate && rr->nmodules < IPT_MODULES_MAX)
		rr->modules[rr->nmodules++] = number == 1 ? "icmp" : number == 58 ? "icmp6" :
					      number == 6 ? "tcp" : "udp";
	err = config_nums_add(rr->c, &m.protocol, number, number);
	return err ? err : clause_and_match(rr->c, &rr->r, &m);
}


static int interface(struct ipt_rule *rr, struct config_ifaces *v, bool negate,
		     const char *value)
{
	char name[VALUE_MAX];
	size_t n = strlen(value);

	if (!n || n >= sizeof(name) || v->n)
		return EINVAL;
	if (!strcmp(value, "+") && !negate)
		return 0;
	(void)snprintf(name, sizeof(name), "%s", value);
	if (name[n - 1] == '+')
		name[n - 1] = '*';
	v->negate = negate;
	return config_ifaces_add(rr->c, v, name, n);
}


static int opt_in(struct ipt_rule *rr, bool negate, const char *value)
{
	return interface(rr, &rr->r.in, negate, value);
}


static int opt_out(struct ipt_rule *rr, bool negate, const char *value)
{
	return interface(rr, &rr->r.out, negate, value);
}


static int opt_fragment(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match m = {
		.family = 4,
		.fragments = negate ? CONFIG_FRAGMENTS_FIRST : CONFIG_FRAGMENTS_ONLY,
	};

	return clause_and_match(rr->c, &rr->r, &m);
}


static int opt_family4(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match m = { .family = 4 };

	rr->nothing |= rr->family == 6;
	return clause_and_match(rr->c, &rr->r, &m);
}


static int opt_family6(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match m = { .family = 6 };

	rr->nothing |= rr->family == 4;
	return clause_and_match(rr->c, &rr->r, &m);
}


static int port_number(unsigned *port, const char *s, unsigned none)
{
	if (!*s) {
		*port = none;
		return 0;
	}

	return names_port(port, s, strlen(s), true, true) ? 0 : EINVAL;
}


/** "80", "1024:", ":1023", "http:https" */
static int port_range(struct config *c, struct config_nums *v, const char *s)
{
	char first[VALUE_MAX];
	const char *colon = strchr(s, ':');
	unsigned lo = 0, hi;
	int err;

	(void)snprintf(first, sizeof(first), "%.*s", colon ? (int)(colon - s) : VALUE_MAX, s);
	err = *s ? port_number(&lo, first, 0) : EINVAL;
	hi = lo;
	if (!err && colon)
		err = port_number(&hi, colon + 1, 65535);
	if (err || lo > hi)
		return EINVAL;

	return config_nums_add(c, v, lo, hi);
}


static int port_list(struct ipt_rule *rr, struct config_nums *v, const char *value)
{
	char part[VALUE_MAX];
	bool too_long;
	int err = rr->ports && *value ? 0 : EINVAL;

	while (!err && next_part(&value, ',', part, &too_long))
		err = too_long ? EINVAL : port_range(rr->c, v, part);
	return err;
}


static int opt_sports(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match m = { .sport.negate = negate };
	int err = port_list(rr, &m.sport, value);

	return err ? err : clause_and_match(rr->c, &rr->r, &m);
}


static int opt_dports(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match m = { .dport.negate = negate };
	int err = port_list(rr, &m.dport, value);

	return err ? err : clause_and_match(rr->c, &rr->r, &m);
}


/** Either port; negated: neither */
static int opt_ports(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match s = { .sport.negate = negate }, d = { .dport.negate = negate };
	struct clause k = {0};
	int err = port_list(rr, &s.sport, value);

	if (!err)
		err = port_list(rr, &d.dport, value);
	if (!err && negate) {
		s.dport = d.dport;
		return clause_and_match(rr->c, &rr->r, &s);
	}
	if (!err)
		err = clause_add_match(rr->c, &k, &s);
	if (!err)
		err = clause_add_match(rr->c, &k, &d);
	return err ? err : clause_and(rr->c, &rr->r, &k);
}


static int flag_list(uint8_t *flags, const char *list)
{
	char part[VALUE_MAX];
	bool too_long;

	*flags = 0;
	while (next_part(&list, ',', part, &too_long)) {
		uint8_t bit;

		if (!strcasecmp(part, "ALL"))
			*flags |= 63;
		else if (too_long || (strcasecmp(part, "NONE") && !names_tcp_flag(&bit, part, strlen(part))))
			return EINVAL;
		else if (strcasecmp(part, "NONE"))
			*flags |= bit;
	}

	return 0;
}


static int flags_are(struct ipt_rule *rr, bool negate, uint8_t mask, uint8_t value)
{
	struct config_match m = {0};
	struct clause k = {0};
	int err;

	if (!negate) {
		m.flags[m.nflags++] = (struct config_flags){ mask, value };
		return clause_and_match(rr->c, &rr->r, &m);
	}

	/* not these flags: one of them at least is otherwise */
	for (unsigned bit = 1; bit < 256; bit <<= 1)
		if (mask & bit)
			m.flags[m.nflags++] = (struct config_flags){ (uint8_t)bit,
				(uint8_t)(~value & bit) };
	if (!m.nflags)
		return clause_and(rr->c, &rr->r, &k);
	err = clause_add_match(rr->c, &k, &m);
	return err ? err : clause_and(rr->c, &rr->r, &k);
}


static int opt_tcp_flags(struct ipt_rule *rr, bool negate, const char *value)
{
	char first[VALUE_MAX];
	const char *blank = strchr(value, ' ');
	uint8_t mask, comp;

	if (!blank || blank - value >= VALUE_MAX)
		return EINVAL;
	(void)snprintf(first, sizeof(first), "%.*s", (int)(blank - value), value);
	if (flag_list(&mask, first) || flag_list(&comp, blank + 1))
		return EINVAL;

	return comp & ~mask ? clause_and(rr->c, &rr->r, &(struct clause){0}) :
			      flags_are(rr, negate, mask, comp);
}


static int opt_syn(struct ipt_rule *rr, bool negate, const char *value)
{
	return flags_are(rr, negate, CONFIG_FIN | CONFIG_SYN | CONFIG_RST | CONFIG_ACK, CONFIG_SYN);
}


static int icmp_type(struct ipt_rule *rr, bool negate, const char *value, uint8_t family)
{
	const char *slash = strchr(value, '/');
	struct config_match m = {0};
	struct clause k = {0};
	unsigned type, lo, hi;
	size_t n = slash ? (size_t)(slash - value) : strlen(value);
	unsigned long code;
	int err;

	if (!strcasecmp(value, "any") || !strcmp(value, "255"))
		return negate ? EINVAL : 0;
	if (!names_icmp(family, &type, &lo, &hi, value, n))
		return EINVAL;
	if (slash) {
		if (!word_number(&code, slash + 1, strlen(slash + 1), 255))
			return EINVAL;
		lo = hi = (unsigned)code;
	}

	err = config_icmp_add(rr->c, &m.icmp, negate ? 0 : type, negate ? type - 1 : type,
			      negate ? 0 : lo, negate ? 255 : hi);
	if (negate && !type)
		m.icmp.n = 0;
	if (!err && negate && type < 255)
		err = config_icmp_add(rr->c, &m.icmp, type + 1, 255, 0, 255);
	if (!err && negate && lo > 0)
		err = config_icmp_add(rr->c, &m.icmp, type, type, 0, lo - 1);
	if (!err && negate && hi < 255)
		err = config_icmp_add(rr->c, &m.icmp, type, type, hi + 1, 255);
	if (!err)
		err = clause_add_match(rr->c, &k, &m);
	return err ? err : clause_and(rr->c, &rr->r, &k);
}


static int opt_icmp(struct ipt_rule *rr, bool negate, const char *value)
{
	return icmp_type(rr, negate, value, 4);
}


static int opt_icmp6(struct ipt_rule *rr, bool negate, const char *value)
{
	return icmp_type(rr, negate, value, 6);
}


static int opt_state(struct ipt_rule *rr, bool negate, const char *value)
{
	unsigned states = 0, before = rr->r.states ? rr->r.states : CONFIG_STATE_ANY;
	char part[VALUE_MAX];
	bool too_long, translated = false;

	while (next_part(&value, ',', part, &too_long)) {
		unsigned i;

		if (!show_state_parse(&i, part, strlen(part)))
			states |= 1u << i;
		else if (!strcasecmp(part, "SNAT") || !strcasecmp(part, "DNAT"))
			translated = true;
		else
			return EINVAL;
	}
	if (translated) {
		rr->r.sometimes = true;
		return 0;
	}

	states = (negate ? ~states : states) & before;
	if (!states)		/* 0 would mean any */
		return clause_and(rr->c, &rr->r, &(struct clause){0});
	rr->r.states = states;
	return 0;
}


static int opt_dscp(struct ipt_rule *rr, bool negate, const char *value)
{
	struct config_match m = { .dscp.negate = negate };
	char *end;
	unsigned long v = strtoul(value, &end, 0);
	unsigned dscp = (unsigned)v;
	int err;

	if ((*end || !*value || v > 63) && !names_dscp(&dscp, value, strlen(value)))
		return EINVAL;
	err = config_nums_add(rr->c, &m.dscp, dscp, dscp);
	return err ? err : clause_and_match(rr->c, &rr->r, &m);
}


static int opt_comment(struct ipt_rule *rr, bool negate, const char *value)
{
	return config_rows_scan(rr->c, &rr->r.rows, (struct config_text){ value, strlen(value) });
}


/** A set's members are not in the file. */
static int opt_match_set(struct ipt_rule *rr, bool negate, const char *value)
{
	rr->r.sometimes = true;
	return config_unknown(rr->c, rr->r.line, rr->r.text,
			      "the set \"%.60s\" is not in the file", value);
}


static int opt_module(struct ipt_rule *rr, bool negate, const char *value)
{
	if (negate || rr->nmodules == IPT_MODULES_MAX)
		return EINVAL;
	rr->modules[rr->nmodules++] = value;
	if (!ipt_module_known(value) && !ipt_module_sometimes(value))
		return EINVAL;
	return 0;
}


static int opt_jump(struct ipt_rule *rr, bool negate, const char *value)
{
	if (negate || rr->target)
		return EINVAL;
	rr->target = value;
	return 0;
}


static int opt_goto(struct ipt_rule *rr, bool negate, const char *value)
{
	rr->goes = true;
	return opt_jump(rr, negate, value);
}


static int opt_counters(struct ipt_rule *rr, bool negate, const char *value)
{
	return negate ? EINVAL : 0;
}


const struct ipt_opt ipt_opts[] = {
	{NULL, "-s", false, false, opt_source},
	{NULL, "--source", false, false, opt_source},
	{NULL, "--src", false, false, opt_source},
	{NULL, "-d", false, false, opt_destination},
	{NULL, "--destination", false, false, opt_destination},
	{NULL, "--dst", false, false, opt_destination},
	{NULL, "-p", false, false, opt_protocol},
	{NULL, "--protocol", false, false, opt_protocol},
	{NULL, "--proto", false, false, opt_protocol},
	{NULL, "-i", false, false, opt_in},
	{NULL, "--in-interface", false, false, opt_in},
	{NULL, "-o", false, false, opt_out},
	{NULL, "--out-interface", false, false, opt_out},
	{NULL, "-f", true, false, opt_fragment},
	{NULL, "--fragment", true, false, opt_fragment},
	{NULL, "-4", true, false, opt_family4},
	{NULL, "--ipv4", true, false, opt_family4},
	{NULL, "-6", true, false, opt_family6},
	{NULL, "--ipv6", true, false, opt_family6},
	{NULL, "-m", false, false, opt_module},
	{NULL, "--match", false, false, opt_module},
	{NULL, "-j", false, false, opt_jump},
	{NULL, "--jump", false, false, opt_jump},
	{NULL, "-g", false, false, opt_goto},
	{NULL, "--goto", false, false, opt_goto},
	{NULL, "-c", false, false, opt_counters},
	{"tcp", "--tcp-flags", false, true, opt_tcp_flags},
	{"tcp", "--syn", true, true, opt_syn},
	{"udp", "--sport", false, true, opt_sports},
	{"udp", "--source-port", false, true, opt_sports},
	{"udp", "--dport", false, true, opt_dports},
	{"udp", "--destination-port", false, true, opt_dports},
	{"multiport", "--sports", false, true, opt_sports},
	{"multiport", "--source-ports", false, true, opt_sports},
	{"multiport", "--dports", false, true, opt_dports},
	{"multiport", "--destination-ports", false, true, opt_dports},
	{"multiport", "--ports", false, true, opt_ports},
	{"multiport", "--port", false, true, opt_ports},
	{"icmp", "--icmp-type", false, true, opt_icmp},
	{"icmp6", "--icmpv6-type", false, true, opt_icmp6},
	{"conntrack", "--ctstate", false, false, opt_state},
	{"state", "--state", false, false, opt_state},
	{"iprange", "--src-range", false, false, opt_source},
	{"iprange", "--dst-range", false, false, opt_destination},
	{"dscp", "--dscp", false, false, opt_dscp},
	{"dscp", "--dscp-class", false, false, opt_dscp},
	{"comment", "--comment", false, false, opt_comment},
	{"set", "--match-set", false, false, opt_match_set},
	{NULL, NULL, false, false, NULL},
};

static const char *const exact_modules[] = {
	"tcp", "udp", "sctp", "dccp", "udplite", "icmp", "icmp6", "icmpv6", "multiport",
	"conntrack", "state", "iprange", "dscp", "comment", "set", NULL,
};

static const char *const sometimes_modules[] = {
	"addrtype", "ah", "bpf", "cgroup", "cluster", "connbytes", "connlabel", "connlimit",
	"connmark", "cpu", "devgroup", "dst", "ecn", "esp", "eui64", "frag", "hashlimit", "hbh",
	"helper", "hl", "ipcomp", "ipv6header", "ipvs", "length", "limit", "mac", "mark", "mh",
	"nfacct", "osf", "owner", "physdev", "pkttype", "policy", "quota", "rateest", "realm",
	"recent", "rpfilter", "rt", "socket", "srh", "statistic", "string", "tcpmss", "time",
	"tos", "ttl", "u32", NULL,
};


static bool in_list(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;

	return false;
}


bool ipt_module_sometimes(const char *name)
{
	return in_list(sometimes_modules, name);
}


bool ipt_module_known(const char *name)
{
	return in_list(exact_modules, name);
}


static const struct ipt_target targets[] = {
	{"ACCEPT", CONFIG_PERMIT}, {"DROP", CONFIG_DENY}, {"REJECT", CONFIG_DENY},
	{"RETURN", CONFIG_RETURN}, {"AUDIT", CONFIG_CONTINUE}, {"CHECKSUM", CONFIG_CONTINUE},
	{"CLASSIFY", CONFIG_CONTINUE}, {"CONNMARK", CONFIG_CONTINUE},
	{"CONNSECMARK", CONFIG_CONTINUE}, {"CT", CONFIG_CONTINUE}, {"DSCP", CONFIG_CONTINUE},
	{"ECN", CONFIG_CONTINUE}, {"HL", CONFIG_CONTINUE}, {"HMARK", CONFIG_CONTINUE},
	{"IDLETIMER", CONFIG_CONTINUE}, {"LED", CONFIG_CONTINUE}, {"LOG", CONFIG_CONTINUE},
	{"MARK", CONFIG_CONTINUE}, {"NFLOG", CONFIG_CONTINUE}, {"NOTRACK", CONFIG_CONTINUE},
	{"RATEEST", CONFIG_CONTINUE}, {"SECMARK", CONFIG_CONTINUE}, {"SET", CONFIG_CONTINUE},
	{"TCPMSS", CONFIG_CONTINUE}, {"TCPOPTSTRIP", CONFIG_CONTINUE}, {"TEE", CONFIG_CONTINUE},
	{"TOS", CONFIG_CONTINUE}, {"TRACE", CONFIG_CONTINUE}, {"TTL", CONFIG_CONTINUE},
	{"ULOG", CONFIG_CONTINUE}, {"TARPIT", CONFIG_DENY},
	{NULL, CONFIG_DENY},
};


const struct ipt_target *ipt_target_find(const char *name)
{
	for (const struct ipt_target *t = targets; t->name; t++)
		if (!strcmp(t->name, name))
			return t;

	return NULL;
}
