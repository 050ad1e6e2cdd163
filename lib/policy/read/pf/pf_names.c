#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/pf/pf.h"

static const struct type {
	const char *name;
	int16_t v4, v6;			/* -1: not in that family */
} types[] = {
	{"echorep", 0, 129}, {"unreach", 3, 1}, {"squench", 4, -1}, {"redir", 5, 137},
	{"althost", 6, -1}, {"echoreq", 8, 128}, {"routeradv", 9, 134},
	{"routersol", 10, 133}, {"timex", 11, 3}, {"paramprob", 12, 4},
	{"timereq", 13, -1}, {"timerep", 14, -1}, {"inforeq", 15, -1},
	{"inforep", 16, -1}, {"maskreq", 17, -1}, {"maskrep", 18, -1},
	{"trace", 30, -1}, {"dataconv", 31, -1}, {"mobredir", 32, -1},
	{"ipv6-where", 33, -1}, {"ipv6-here", 34, -1}, {"mobregreq", 35, -1},
	{"mobregrep", 36, -1}, {"skip", 39, -1}, {"photuris", 40, -1},
	{"toobig", -1, 2}, {"groupqry", -1, 130}, {"listqry", -1, 130},
	{"grouprep", -1, 131}, {"listenrep", -1, 131}, {"groupterm", -1, 132},
	{"listendone", -1, 132}, {"neighbrsol", -1, 135}, {"neighbradv", -1, 136},
	{"routrrenum", -1, 138}, {"wrureq", -1, 139}, {"fqdnreq", -1, 139},
	{"niqry", -1, 139}, {"wrurep", -1, 140}, {"fqdnrep", -1, 140},
	{"nirep", -1, 140}, {"mtraceresp", -1, 200}, {"mtrace", -1, 201},
};

static const struct code {
	const char *name;
	uint8_t family, type, code;
} codes[] = {
	{"net-unr", 4, 3, 0}, {"host-unr", 4, 3, 1}, {"proto-unr", 4, 3, 2},
	{"port-unr", 4, 3, 3}, {"needfrag", 4, 3, 4}, {"srcfail", 4, 3, 5},
	{"net-unk", 4, 3, 6}, {"host-unk", 4, 3, 7}, {"isolate", 4, 3, 8},
	{"net-prohib", 4, 3, 9}, {"host-prohib", 4, 3, 10}, {"net-tos", 4, 3, 11},
	{"host-tos", 4, 3, 12}, {"filter-prohib", 4, 3, 13}, {"host-preced", 4, 3, 14},
	{"cutoff-preced", 4, 3, 15}, {"redir-net", 4, 5, 0}, {"redir-host", 4, 5, 1},
	{"redir-tos-net", 4, 5, 2}, {"redir-tos-host", 4, 5, 3}, {"normal-adv", 4, 9, 0},
	{"common-adv", 4, 9, 16}, {"transit", 4, 11, 0}, {"reassemb", 4, 11, 1},
	{"badhead", 4, 12, 0}, {"optmiss", 4, 12, 1}, {"badlen", 4, 12, 2},
	{"unknown-ind", 4, 40, 1}, {"auth-fail", 4, 40, 2}, {"decrypt-fail", 4, 40, 3},
	{"noroute-unr", 6, 1, 0}, {"admin-unr", 6, 1, 1}, {"notnbr-unr", 6, 1, 2},
	{"beyond-unr", 6, 1, 2}, {"addr-unr", 6, 1, 3}, {"port-unr", 6, 1, 4},
	{"transit", 6, 3, 0}, {"reassemb", 6, 3, 1}, {"badhead", 6, 4, 0},
	{"nxthdr", 6, 4, 1}, {"redironlink", 6, 137, 0}, {"redirrouter", 6, 137, 1},
};


static bool number(unsigned *v, const char *s, unsigned max)
{
	unsigned long n;

	if (!word_number(&n, s, strlen(s), max))
		return false;

	*v = (unsigned)n;
	return true;
}


bool pf_icmp_type(unsigned *type, uint8_t family, const char *s)
{
	if (number(type, s, UINT8_MAX))
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int v = family == 6 ? types[i].v6 : types[i].v4;

		if (strcmp(types[i].name, s) != 0 || v < 0)
			continue;
		*type = (unsigned)v;
		return true;
	}

	return false;
}


bool pf_icmp_code(unsigned *code, uint8_t family, unsigned type, const char *s)
{
	if (number(code, s, UINT8_MAX))
		return true;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].family == family && codes[i].type == type &&
		    !strcmp(codes[i].name, s)) {
			*code = codes[i].code;
			return true;
		}

	return false;
}


bool pf_tos(unsigned *tos, const char *s)
{
	static const struct {
		const char *name;
		uint8_t tos;
	} words[] = {
		{"lowdelay", 0x10}, {"throughput", 0x08}, {"reliability", 0x04},
		{"critical", 0xa0}, {"inetcontrol", 0xc0}, {"netcontrol", 0xe0},
	};
	unsigned dscp;
	char *end;
	long v = strtol(s, &end, 0);

	if (*s && !*end) {
		*tos = (unsigned)v;
		return v >= 0 && v <= UINT8_MAX;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].name, s)) {
			*tos = words[i].tos;
			return true;
		}
	if (!names_dscp(&dscp, s, strlen(s)))
		return false;

	*tos = dscp << 2;
	return true;
}


bool pf_flags(uint8_t *bits, const char *s, size_t n)
{
	static const char letters[] = "FSRPAUEW";

	*bits = 0;
	for (size_t i = 0; i < n; i++) {
		const char *p = s[i] ? strchr(letters, s[i]) : NULL;

		if (!p)
			return false;
		*bits |= (uint8_t)(1u << (p - letters));
	}

	return true;
}
