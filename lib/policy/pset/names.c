#include <string.h>
#include <strings.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/pset/names.h"

struct name {
	const char *name;
	uint16_t number;
};

struct icmp_name {
	const char *name;
	uint8_t type;
	int16_t code;		/* -1: any */
};

/* In each table the first of two names for one number is the one printed. */

static const struct name protocols[] = {
	{"icmp", 1}, {"igmp", 2}, {"ipinip", 4}, {"ipip", 4}, {"ipv4", 4}, {"tcp", 6},
	{"egp", 8}, {"igp", 9}, {"igrp", 9}, {"pup", 12}, {"udp", 17}, {"hmp", 20},
	{"idp", 22}, {"rdp", 27}, {"dccp", 33}, {"ipv6", 41}, {"sdrp", 42},
	{"ipv6-route", 43}, {"ipv6-frag", 44}, {"idrp", 45}, {"rsvp", 46}, {"gre", 47},
	{"dsr", 48}, {"esp", 50}, {"esp-hdr", 50}, {"ah", 51}, {"ahp", 51}, {"icmpv6", 58},
	{"ipv6-icmp", 58}, {"icmp6", 58}, {"ipv6-nonxt", 59}, {"ipv6-opts", 60},
	{"dstopts", 60}, {"eigrp", 88}, {"ospf", 89}, {"ospfigp", 89}, {"ax.25", 93},
	{"nos", 94}, {"etherip", 97}, {"encap", 98}, {"pim", 103}, {"pcp", 108},
	{"ipcomp", 108}, {"snp", 109}, {"vrrp", 112}, {"l2tp", 115}, {"isis", 124},
	{"sctp", 132}, {"fc", 133}, {"mobility-header", 135}, {"udplite", 136},
	{"mpls-in-ip", 137}, {"hopopt", 0}, {"ipsec", 50}, {"carp", 112},
	{"ipencap", 4}, {"pfsync", 240},
	{NULL, 0},
};

/* IANA's service names, and the words of Cisco's and Juniper's own */
static const struct name tcp_ports[] = {
	{"bgp", 179}, {"chargen", 19}, {"cmd", 514}, {"daytime", 13}, {"discard", 9},
	{"domain", 53}, {"drip", 3949}, {"echo", 7}, {"exec", 512}, {"finger", 79},
	{"ftp", 21}, {"ftp-data", 20}, {"gopher", 70}, {"hostname", 101}, {"ident", 113},
	{"irc", 194}, {"klogin", 543}, {"kshell", 544}, {"login", 513}, {"lpd", 515},
	{"msrpc", 135}, {"nntp", 119}, {"onep-plain", 15001}, {"onep-tls", 15002},
	{"pim-auto-rp", 496}, {"pop2", 109}, {"pop3", 110}, {"smtp", 25}, {"sunrpc", 111},
	{"syslog", 514}, {"tacacs", 49}, {"talk", 517}, {"telnet", 23}, {"time", 37},
	{"uucp", 540}, {"whois", 43}, {"www", 80}, {"http", 80}, {"https", 443},
	{"ssh", 22}, {"aol", 5190}, {"citrix-ica", 1494}, {"ctiqbe", 2748}, {"h323", 1720},
	{"imap4", 143}, {"imap", 143}, {"imaps", 993}, {"kerberos", 88}, {"ldap", 389},
	{"ldaps", 636}, {"lotusnotes", 1352}, {"netbios-ssn", 139}, {"nfs", 2049},
	{"pcanywhere-data", 5631}, {"pop3s", 995}, {"pptp", 1723}, {"radius-acct", 1646},
	{"radius", 1645}, {"rsh", 514}, {"rtsp", 554}, {"sip", 5060}, {"sips", 5061},
	{"sip-tls", 5061}, {"sqlnet", 1521}, {"cifs", 3020}, {"microsoft-ds", 445},
	{"kpasswd", 464}, {"krb-prop", 754}, {"krbupdate", 760}, {"eklogin", 2105},
	{"ekshell", 2106}, {"mysql", 3306}, {"rdp", 3389}, {"socks", 1080},
	{"svrloc", 427}, {"snpp", 444}, {"tacacs-ds", 65}, {"tacacs+", 49},
	{"zephyr-clt", 2103}, {"zephyr-srv", 2102}, {"zephyr-hm", 2104},
	{"netbios-ns", 137}, {"netbios-dgm", 138}, {"snmp", 161}, {"snmptrap", 162},
	{"ntp", 123}, {"smux", 199}, {"xdmcp", 177}, {"afs", 1483}, {"cvspserver", 2401},
	{"bootps", 67}, {"bootpc", 68}, {"dhcp", 67}, {"msn", 1863}, {"printer", 515},
	{"domain-s", 853}, {"submission", 587}, {"smtps", 465}, {"xmpp-client", 5222},
	{"xmpp-server", 5269}, {"postgresql", 5432}, {"git", 9418}, {"shell", 514},
	{"auth", 113}, {"tftp", 69},
	{NULL, 0},
};

static const struct name udp_ports[] = {
	{"biff", 512}, {"bootpc", 68}, {"bootps", 67}, {"discard", 9}, {"dnsix", 195},
	{"domain", 53}, {"echo", 7}, {"isakmp", 500}, {"mobile-ip", 434},
	{"nameserver", 42}, {"netbios-dgm", 138}, {"netbios-ns", 137}, {"netbios-ss", 139},
	{"non500-isakmp", 4500}, {"ntp", 123}, {"pim-auto-rp", 496}, {"rip", 520},
	{"ripv6", 521}, {"ripng", 521}, {"snmp", 161}, {"snmptrap", 162}, {"sunrpc", 111},
	{"syslog", 514}, {"tacacs", 49}, {"talk", 517}, {"tftp", 69}, {"time", 37},
	{"who", 513}, {"xdmcp", 177}, {"pcanywhere-status", 5632}, {"radius", 1645},
	{"radius-acct", 1646}, {"radacct", 1646}, {"secureid-udp", 5510}, {"sip", 5060},
	{"sips", 5061}, {"cifs", 3020}, {"http", 80}, {"www", 80}, {"https", 443},
	{"kerberos", 88}, {"nfs", 2049}, {"vxlan", 4789}, {"ldap", 389}, {"dhcp", 67},
	{"dhcpv6-client", 546}, {"dhcpv6-server", 547}, {"netbios-ssn", 139}, {"ssh", 22},
	{"ike", 500}, {"ipsec-nat-t", 4500}, {"ipsec-msft", 4500}, {"rtsp", 554},
	{"kpasswd", 464}, {"bfd", 3784}, {"chargen", 19}, {"daytime", 13}, {"l2tp", 1701},
	{"mdns", 5353}, {"stun", 3478}, {"turn", 3478}, {"ident", 113}, {"tacacs-ds", 65},
	{"mobileip-agent", 434}, {"mobilip-mn", 435}, {"krb-prop", 754}, {"ntalk", 518},
	{"socks", 1080}, {"zephyr-clt", 2103}, {"zephyr-srv", 2102}, {"zephyr-hm", 2104},
	{"domain-s", 853}, {"snmp-trap", 162}, {"afs", 1483}, {"msrpc", 135},
	{"sqlnet", 1521}, {"pptp", 1723}, {"rkinit", 2108}, {"login", 513}, {"cmd", 514},
	{"telnet", 23}, {"ftp", 21}, {"ftp-data", 20}, {"smtp", 25}, {"finger", 79},
	{"imap", 143}, {"pop3", 110}, {"bgp", 179}, {"ldaps", 636},
	{NULL, 0},
};

static const struct name dscps[] = {
	{"default", 0}, {"be", 0}, {"cs0", 0}, {"cs1", 8}, {"cs2", 16}, {"cs3", 24},
	{"cs4", 32}, {"cs5", 40}, {"cs6", 48}, {"cs7", 56}, {"af11", 10}, {"af12", 12},
	{"af13", 14}, {"af21", 18}, {"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28},
	{"af33", 30}, {"af41", 34}, {"af42", 36}, {"af43", 38}, {"ef", 46},
	{"voice-admit", 44}, {"va", 44}, {"le", 1},
	{NULL, 0},
};

static const struct name precedences[] = {
	{"routine", 0}, {"priority", 1}, {"immediate", 2}, {"flash", 3},
	{"flash-override", 4}, {"critical", 5}, {"internet", 6}, {"network", 7},
	{NULL, 0},
};

static const struct name tcp_flags[] = {
	{"fin", 1}, {"syn", 2}, {"rst", 4}, {"psh", 8}, {"ack", 16}, {"urg", 32},
	{"ece", 64}, {"cwr", 128}, {"push", 8}, {"urgent", 32}, {"reset", 4},
	{NULL, 0},
};

static const struct icmp_name icmp4[] = {
	{"echo-reply", 0, -1}, {"unreachable", 3, -1}, {"destination-unreachable", 3, -1},
	{"net-unreachable", 3, 0}, {"network-unreachable", 3, 0},
	{"host-unreachable", 3, 1}, {"protocol-unreachable", 3, 2},
	{"port-unreachable", 3, 3}, {"packet-too-big", 3, 4},
	{"fragmentation-needed", 3, 4}, {"source-route-failed", 3, 5},
	{"network-unknown", 3, 6}, {"destination-network-unknown", 3, 6},
	{"host-unknown", 3, 7}, {"destination-host-unknown", 3, 7},
	{"host-isolated", 3, 8}, {"source-host-isolated", 3, 8},
	{"dod-net-prohibited", 3, 9}, {"network-prohibited", 3, 9},
	{"destination-network-prohibited", 3, 9}, {"dod-host-prohibited", 3, 10},
	{"host-prohibited", 3, 10}, {"destination-host-prohibited", 3, 10},
	{"net-tos-unreachable", 3, 11}, {"tos-network-unreachable", 3, 11},
	{"network-unreachable-for-tos", 3, 11}, {"host-tos-unreachable", 3, 12},
	{"tos-host-unreachable", 3, 12}, {"host-unreachable-for-tos", 3, 12},
	{"administratively-prohibited", 3, 13}, {"communication-prohibited", 3, 13},
	{"communication-prohibited-by-filtering", 3, 13},
	{"host-precedence-unreachable", 3, 14}, {"host-precedence-violation", 3, 14},
	{"precedence-unreachable", 3, 15}, {"precedence-cutoff", 3, 15},
	{"precedence-cutoff-in-effect", 3, 15}, {"source-quench", 4, -1},
	{"redirect", 5, -1}, {"net-redirect", 5, 0}, {"network-redirect", 5, 0},
	{"redirect-for-network", 5, 0}, {"host-redirect", 5, 1},
	{"redirect-for-host", 5, 1}, {"net-tos-redirect", 5, 2},
	{"tos-network-redirect", 5, 2}, {"redirect-for-tos-and-net", 5, 2},
	{"host-tos-redirect", 5, 3}, {"tos-host-redirect", 5, 3},
	{"redirect-for-tos-and-host", 5, 3}, {"alternate-address", 6, -1}, {"echo", 8, -1},
	{"echo-request", 8, -1}, {"ping", 8, -1}, {"pong", 0, -1},
	{"router-advertisement", 9, -1}, {"router-advertise", 9, -1},
	{"router-solicitation", 10, -1}, {"router-solicit", 10, -1},
	{"time-exceeded", 11, -1}, {"ttl-exceeded", 11, 0},
	{"ttl-zero-during-transit", 11, 0}, {"ttl-eq-zero-during-transit", 11, 0},
	{"reassembly-timeout", 11, 1}, {"ttl-zero-during-reassembly", 11, 1},
	{"ttl-eq-zero-during-reassembly", 11, 1}, {"parameter-problem", 12, -1},
	{"general-parameter-problem", 12, 0}, {"ip-header-bad", 12, 0},
	{"option-missing", 12, 1}, {"required-option-missing", 12, 1},
	{"no-room-for-option", 12, 2}, {"timestamp-request", 13, -1},
	{"timestamp", 13, -1}, {"timestamp-reply", 14, -1},
	{"information-request", 15, -1}, {"info-request", 15, -1},
	{"information-reply", 16, -1}, {"info-reply", 16, -1}, {"mask-request", 17, -1},
	{"address-mask-request", 17, -1}, {"mask-reply", 18, -1},
	{"address-mask-reply", 18, -1}, {"traceroute", 30, -1},
	{"conversion-error", 31, -1}, {"mobile-redirect", 32, -1},
	{NULL, 0, 0},
};

static const struct icmp_name icmp6[] = {
	{"unreachable", 1, -1}, {"destination-unreachable", 1, -1}, {"no-route", 1, 0},
	{"no-admin", 1, 1}, {"administratively-prohibited", 1, 1}, {"beyond-scope", 1, 2},
	{"destination-unreachable-address", 1, 3}, {"address-unreachable", 1, 3},
	{"port-unreachable", 1, 4}, {"packet-too-big", 2, -1}, {"time-exceeded", 3, -1},
	{"hop-limit", 3, 0}, {"ttl-zero-during-transit", 3, 0},
	{"reassembly-timeout", 3, 1}, {"ttl-zero-during-reassembly", 3, 1},
	{"parameter-problem", 4, -1}, {"header", 4, 0}, {"bad-header", 4, 0},
	{"next-header", 4, 1}, {"unknown-header-type", 4, 1}, {"parameter-option", 4, 2},
	{"unknown-option", 4, 2}, {"echo-request", 128, -1}, {"echo", 128, -1},
	{"echo-reply", 129, -1}, {"mld-query", 130, -1}, {"mld-listener-query", 130, -1},
	{"membership-query", 130, -1}, {"mld-report", 131, -1},
	{"mld-listener-report", 131, -1}, {"membership-report", 131, -1},
	{"mld-reduction", 132, -1}, {"mld-listener-done", 132, -1},
	{"mld-listener-reduction", 132, -1}, {"membership-reduction", 132, -1},
	{"membership-termination", 132, -1}, {"router-solicitation", 133, -1},
	{"nd-router-solicit", 133, -1}, {"router-solicit", 133, -1},
	{"router-advertisement", 134, -1}, {"nd-router-advert", 134, -1},
	{"router-advertise", 134, -1}, {"nd-ns", 135, -1},
	{"nd-neighbor-solicit", 135, -1}, {"neighbor-solicitation", 135, -1},
	{"neighbor-solicit", 135, -1}, {"neighbour-solicitation", 135, -1},
	{"nd-na", 136, -1}, {"nd-neighbor-advert", 136, -1},
	{"neighbor-advertisement", 136, -1}, {"neighbor-redirect", 137, -1},
	{"neighbor-advertise", 136, -1}, {"neighbour-advertisement", 136, -1},
	{"redirect", 137, -1}, {"nd-redirect", 137, -1}, {"router-renumbering", 138, -1},
	{"mld2-listener-report", 143, -1}, {"dhaad-request", 144, -1},
	{"dhaad-reply", 145, -1}, {"mpd-solicitation", 146, -1},
	{"mpd-advertisement", 147, -1},
	{NULL, 0, 0},
};


static bool lookup(unsigned *number, const struct name *t, const char *s, size_t n)
{
	for (; t->name; t++) {
		if (word_is(s, n, t->name)) {
			*number = t->number;
			return true;
		}
	}

	return false;
}


static bool number_or_name(unsigned *number, const struct name *t, const char *s, size_t n,
			   unsigned max)
{
	unsigned long v;

	if (word_number(&v, s, n, max)) {
		*number = (unsigned)v;
		return true;
	}

	return lookup(number, t, s, n);
}


bool names_protocol(unsigned *number, const char *s, size_t n)
{
	return number_or_name(number, protocols, s, n, 255);
}


bool names_port(unsigned *port, const char *s, size_t n, bool tcp, bool udp)
{
	if (tcp && number_or_name(port, tcp_ports, s, n, 65535))
		return true;
	return udp && number_or_name(port, udp_ports, s, n, 65535);
}


bool names_dscp(unsigned *dscp, const char *s, size_t n)
{
	return number_or_name(dscp, dscps, s, n, 63);
}


bool names_precedence(unsigned *v, const char *s, size_t n)
{
	return number_or_name(v, precedences, s, n, 7);
}


bool names_tcp_flag(uint8_t *bit, const char *s, size_t n)
{
	unsigned v;

	if (!lookup(&v, tcp_flags, s, n))
		return false;
	*bit = (uint8_t)v;
	return true;
}


bool names_icmp(uint8_t family, unsigned *type, unsigned *code_lo, unsigned *code_hi,
		const char *s, size_t n)
{
	unsigned long v;

	*code_lo = 0;
	*code_hi = 255;
	if (word_number(&v, s, n, 255)) {
		*type = (unsigned)v;
		return true;
	}

	for (const struct icmp_name *t = family == 6 ? icmp6 : icmp4; t->name; t++) {
		if (!word_is(s, n, t->name))
			continue;
		*type = t->type;
		if (t->code >= 0)
			*code_lo = *code_hi = (unsigned)t->code;
		return true;
	}

	return false;
}


static const char *reverse(const struct name *t, unsigned number)
{
	for (; t->name; t++)
		if (t->number == number)
			return t->name;

	return NULL;
}


const char *names_protocol_str(unsigned number)
{
	return number ? reverse(protocols, number) : NULL;
}


const char *names_port_str(unsigned port, bool udp)
{
	return reverse(udp ? udp_ports : tcp_ports, port);
}


const char *names_icmp_str(uint8_t family, unsigned type)
{
	for (const struct icmp_name *t = family == 6 ? icmp6 : icmp4; t->name; t++)
		if (t->type == type && t->code < 0)
			return t->name;

	return NULL;
}
