/*
 * Fields of conditions and their values. Each kind of field is one row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/pset/show.h"
#include "lib/policy/read/linux/nft_field.h"

static const struct nft_field fields[] = {
	{{"ip", "saddr"}, NFT_SRC, 4, 0}, {{"ip", "daddr"}, NFT_DST, 4, 0},
	{{"ip6", "saddr"}, NFT_SRC, 6, 0}, {{"ip6", "daddr"}, NFT_DST, 6, 0},
	{{"ip", "protocol"}, NFT_PROTOCOL, 4, 0}, {{"ip6", "nexthdr"}, NFT_PROTOCOL, 6, 0},
	{{"meta", "l4proto"}, NFT_PROTOCOL, 0, 0},
	{{"ip", "dscp"}, NFT_DSCP, 4, 0}, {{"ip6", "dscp"}, NFT_DSCP, 6, 0},
	{{"meta", "nfproto"}, NFT_FAMILY, 0, 0}, {{"meta", "protocol"}, NFT_FAMILY, 0, 0},
	{{"ether", "type"}, NFT_FAMILY, 0, 0},
	{{"tcp", "sport"}, NFT_SPORT, 0, 6}, {{"tcp", "dport"}, NFT_DPORT, 0, 6},
	{{"udp", "sport"}, NFT_SPORT, 0, 17}, {{"udp", "dport"}, NFT_DPORT, 0, 17},
	{{"sctp", "sport"}, NFT_SPORT, 0, 132}, {{"sctp", "dport"}, NFT_DPORT, 0, 132},
	{{"dccp", "sport"}, NFT_SPORT, 0, 33}, {{"dccp", "dport"}, NFT_DPORT, 0, 33},
	{{"udplite", "sport"}, NFT_SPORT, 0, 136}, {{"udplite", "dport"}, NFT_DPORT, 0, 136},
	{{"th", "sport"}, NFT_SPORT, 0, 0}, {{"th", "dport"}, NFT_DPORT, 0, 0},
	{{"icmp", "type"}, NFT_TYPE, 4, 1}, {{"icmp", "code"}, NFT_CODE, 4, 1},
	{{"icmpv6", "type"}, NFT_TYPE, 6, 58}, {{"icmpv6", "code"}, NFT_CODE, 6, 58},
	{{"iifname", NULL}, NFT_IN, 0, 0}, {{"oifname", NULL}, NFT_OUT, 0, 0},
	{{"iif", NULL}, NFT_IN, 0, 0}, {{"oif", NULL}, NFT_OUT, 0, 0},
	{{"meta", "iifname"}, NFT_IN, 0, 0}, {{"meta", "oifname"}, NFT_OUT, 0, 0},
	{{"meta", "iif"}, NFT_IN, 0, 0}, {{"meta", "oif"}, NFT_OUT, 0, 0},
	{{"ct", "state"}, NFT_STATE, 0, 0}, {{"tcp", "flags"}, NFT_FLAGS, 0, 6},
	{{"ip", "frag-off"}, NFT_OFFSET, 4, 0}, {{"frag", "frag-off"}, NFT_OFFSET, 6, 0},
};

/** Words with which a condition begins that packet sets do not hold; all take
 *  one word more */
static const char *const others[] = {
	"meta", "ct", "ip", "ip6", "tcp", "udp", "th", "ether", "vlan", "arp", "ah", "esp",
	"comp", "sctp", "dccp", "udplite", "icmp", "icmpv6", "igmp", "dst", "hbh", "mh", "frag",
	"exthdr", "rt", "socket", "rt0", "rt2", "rt4", "srh", "gre", "geneve", "vxlan",
};

/** nft's words for codes of unreachable, in both families */
static const struct code {
	const char *name;
	uint8_t family, code;
} codes[] = {
	{"net-unreachable", 4, 0}, {"host-unreachable", 4, 1}, {"prot-unreachable", 4, 2},
	{"port-unreachable", 4, 3}, {"frag-needed", 4, 4}, {"net-prohibited", 4, 9},
	{"host-prohibited", 4, 10}, {"admin-prohibited", 4, 13}, {"no-route", 6, 0},
	{"admin-prohibited", 6, 1}, {"addr-unreachable", 6, 3}, {"port-unreachable", 6, 4},
	{"policy-fail", 6, 5}, {"reject-route", 6, 6},
};


const struct nft_field *nft_field_find(const struct nft_lex *x, size_t *i)
{
	for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
		const struct nft_field *f = &fields[k];

		if (!nft_is(x, *i, f->word[0]) || (f->word[1] && !nft_is(x, *i + 1, f->word[1])))
			continue;
		*i += f->word[1] ? 2 : 1;
		return f;
	}

	return NULL;
}


bool nft_other_begins(const char *word)
{
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
		if (!strcmp(others[k], word))
			return true;

	return false;
}


bool nft_by_rule(const struct nft_field *fd)
{
	return fd->kind == NFT_IN || fd->kind == NFT_OUT || fd->kind == NFT_STATE;
}


bool nft_header_field(const struct nft_field *fd)
{
	return fd->kind == NFT_SPORT || fd->kind == NFT_DPORT || fd->kind == NFT_TYPE ||
	       fd->kind == NFT_CODE || fd->kind == NFT_FLAGS;
}


static bool number(unsigned long *v, const char *s, unsigned long max)
{
	char *end;

	*v = strtoul(s, &end, 0);
	return *s >= '0' && *s <= '9' && !*end && *v <= max;
}


/** One value of that kind as a number */
static bool value_number(unsigned *v, const struct nft_field *fd, const char *s)
{
	unsigned long n;
	unsigned lo, hi;

	switch (fd->kind) {
	case NFT_PROTOCOL:
		return names_protocol(v, s, strlen(s));
	case NFT_SPORT:
	case NFT_DPORT:
		return names_port(v, s, strlen(s), fd->protocol != 17, fd->protocol != 6);
	case NFT_DSCP:
		if (number(&n, s, 63))
			*v = (unsigned)n;
		return number(&n, s, 63) || names_dscp(v, s, strlen(s));
	case NFT_TYPE:
		return names_icmp(fd->family, v, &lo, &hi, s, strlen(s)) && lo == 0 && hi == 255;
	case NFT_CODE:
		for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
			if (codes[k].family == fd->family && !strcmp(codes[k].name, s)) {
				*v = codes[k].code;
				return true;
			}
		if (number(&n, s, 255))
			*v = (unsigned)n;
		return number(&n, s, 255);
	default:
		return false;
	}
}


/** "5", "http", "5-9" */
static bool value_range(unsigned *lo, unsigned *hi, const struct nft_field *fd, const char *s)
{
	const char *dash = strchr(s, '-');
	char first[64];

	if (value_number(lo, fd, s)) {
		*hi = *lo;
		return true;
	}
	if (!dash || dash - s >= (ptrdiff_t)sizeof(first))
		return false;
	(void)snprintf(first, sizeof(first), "%.*s", (int)(dash - s), s);
	return value_number(lo, fd, first) && value_number(hi, fd, dash + 1) && *lo <= *hi;
}


static const enum pset_field pset_of[] = {
	[NFT_PROTOCOL] = PSET_PROTOCOL, [NFT_SPORT] = PSET_SPORT, [NFT_DPORT] = PSET_DPORT,
	[NFT_TYPE] = PSET_ICMP_TYPE, [NFT_CODE] = PSET_ICMP_CODE, [NFT_DSCP] = PSET_DSCP,
};


static int numbers(struct config *c, struct clause *k, const struct nft_field *fd, const char *op,
		   const char *s)
{
	unsigned lo, hi, max = fd->kind == NFT_SPORT || fd->kind == NFT_DPORT ? 65535 :
			       fd->kind == NFT_DSCP ? 63 : 255;

	if (!value_range(&lo, &hi, fd, s))
		return EINVAL;
	if (op[0] == '<') {
		if (op[1] != '=' && !lo)
			return 0;
		hi = op[1] == '=' ? hi : lo - 1;
		lo = 0;
	} else if (op[0] == '>') {
		if (op[1] != '=' && hi == max)
			return 0;
		lo = op[1] == '=' ? lo : hi + 1;
		hi = max;
	}

	return clause_add_num(c, k, pset_of[fd->kind], lo, hi);
}


int nft_flag(uint8_t *bit, const char *s)
{
	unsigned long v;

	if (names_tcp_flag(bit, s, strlen(s)))
		return 0;
	if (!number(&v, s, 255))
		return EINVAL;
	*bit = (uint8_t)v;
	return 0;
}


/** "syn", "syn|ack" */
static int joined_flags(uint8_t *flags, const char *s)
{
	char one[16];
	uint8_t bit;

	*flags = 0;
	for (size_t n; *s; s += n + (s[n] == '|')) {
		n = strcspn(s, "|");
		(void)snprintf(one, sizeof(one), "%.*s", n < sizeof(one) ? (int)n : 0, s);
		if (nft_flag(&bit, one))
			return EINVAL;
		*flags |= bit;
	}

	return 0;
}


int nft_value(struct config *c, struct clause *k, const struct nft_field *fd, const char *op,
	      bool exact, const char *s)
{
	struct config_match m = {0};
	uint8_t bit;
	int err;

	switch (fd->kind) {
	case NFT_SRC:
	case NFT_DST:
		err = op[0] == '<' || op[0] == '>' ? EINVAL :
		      clause_addr(c, fd->kind == NFT_SRC ? &m.src : &m.dst, s);
		return err ? err : clause_add_match(c, k, &m);
	case NFT_FAMILY:
		if (!strcmp(s, "ipv4") || !strcmp(s, "ip") || !strcmp(s, "2"))
			return clause_add_num(c, k, PSET_FAMILY, 0, 0);
		if (!strcmp(s, "ipv6") || !strcmp(s, "ip6") || !strcmp(s, "10"))
			return clause_add_num(c, k, PSET_FAMILY, 1, 1);
		return !strcmp(s, "arp") ? 0 : EINVAL;
	case NFT_FLAGS:
		if (joined_flags(&bit, s))
			return EINVAL;
		m.flags[m.nflags++] = (struct config_flags){ exact || op[1] ? 255 : bit, bit };
		return clause_add_match(c, k, &m);
	case NFT_OFFSET:
	case NFT_OTHER:
	case NFT_IN:
	case NFT_OUT:
	case NFT_STATE:
		return EINVAL;
	default:
		return numbers(c, k, fd, op, s);
	}
}


int nft_with_ports(struct config *c, struct config_nums *v)
{
	static const uint8_t with_ports[] = { 6, 17, 33, 132, 136 };
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(with_ports); i++)
		err = config_nums_add(c, v, with_ports[i], with_ports[i]);
	return err;
}


int nft_implied(struct config *c, struct config_rule *r, const struct nft_field *fd)
{
	struct config_match m = { .family = fd->family };
	int err = 0;

	if (fd->protocol)
		err = config_nums_add(c, &m.protocol, fd->protocol, fd->protocol);
	else if (fd->kind == NFT_SPORT || fd->kind == NFT_DPORT)
		err = nft_with_ports(c, &m.protocol);
	if (nft_header_field(fd))
		m.fragments = CONFIG_FRAGMENTS_FIRST;
	return err ? err : clause_and_match(c, r, &m);
}


unsigned nft_state_bit(const char *s)
{
	unsigned n;

	return show_state_parse(&n, s, strlen(s)) ? 0 : 1u << n;
}
