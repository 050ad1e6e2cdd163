#include <string.h>

#include "lib/policy/read/other/srx.h"

/* Those of which the devices of all releases say the same; the sets among
 * them, RPC and the like are left out, and so unknown by name. */
static const struct {
	const char *name, *terms;
} table[] = {
	{"junos-aol", "tcp/5190-5193"}, {"junos-bgp", "tcp/179"}, {"junos-biff", "udp/512"},
	{"junos-bootpc", "udp/68"}, {"junos-bootps", "udp/67"}, {"junos-chargen", "udp/19"},
	{"junos-cifs", "tcp/139 tcp/445"}, {"junos-cvspserver", "tcp/2401"},
	{"junos-dhcp-client", "udp/68"}, {"junos-dhcp-relay", "udp/67"},
	{"junos-dhcp-server", "udp/67"}, {"junos-discard", "udp/9"},
	{"junos-dns-tcp", "tcp/53"}, {"junos-dns-udp", "udp/53"}, {"junos-echo", "udp/7"},
	{"junos-finger", "tcp/79"}, {"junos-ftp", "tcp/21/ftp"}, {"junos-gopher", "tcp/70"},
	{"junos-gre", "47"}, {"junos-http", "tcp/80"}, {"junos-http-ext", "tcp/7001"},
	{"junos-https", "tcp/443"}, {"junos-icmp-all", "1"}, {"junos-icmp6-all", "58"},
	{"junos-icmp-ping", "icmp/8"}, {"junos-ping", "icmp/8"},
	{"junos-pingv6", "icmp6/128"}, {"junos-icmp6-echo-request", "icmp6/128"},
	{"junos-icmp6-echo-reply", "icmp6/129"}, {"junos-icmp6-packet-too-big", "icmp6/2"},
	{"junos-ident", "tcp/113"}, {"junos-ike", "udp/500"}, {"junos-ike-nat", "udp/4500"},
	{"junos-imap", "tcp/143"}, {"junos-imaps", "tcp/993"}, {"junos-irc", "tcp/6660-6669"},
	{"junos-l2tp", "udp/1701"}, {"junos-ldap", "tcp/389"}, {"junos-ldp-tcp", "tcp/646"},
	{"junos-ldp-udp", "udp/646"}, {"junos-lpr", "tcp/515"}, {"junos-mail", "tcp/25"},
	{"junos-mgcp-ca", "udp/2727"}, {"junos-mgcp-ua", "udp/2427"},
	{"junos-netbios-session", "tcp/139"}, {"junos-nfsd-tcp", "tcp/2049"},
	{"junos-nfsd-udp", "udp/2049"}, {"junos-nntp", "tcp/119"}, {"junos-ntp", "udp/123"},
	{"junos-ospf", "89"}, {"junos-pop3", "tcp/110"}, {"junos-pptp", "tcp/1723/pptp"},
	{"junos-printer", "tcp/515"}, {"junos-radacct", "udp/1813"},
	{"junos-radius", "udp/1812"}, {"junos-rip", "udp/520"}, {"junos-rtsp", "tcp/554/rtsp"},
	{"junos-sip", "udp/5060/sip tcp/5060/sip"}, {"junos-smb-session", "tcp/445"},
	{"junos-smtp", "tcp/25"}, {"junos-snpp", "tcp/444"}, {"junos-ssh", "tcp/22"},
	{"junos-syslog", "udp/514"}, {"junos-tacacs", "tcp/49"}, {"junos-tacacs-ds", "tcp/65"},
	{"junos-tcp-any", "6"}, {"junos-telnet", "tcp/23"}, {"junos-tftp", "udp/69/tftp"},
	{"junos-udp-any", "17"}, {"junos-who", "udp/513"}, {"junos-whois", "tcp/43"},
	{"junos-xnm-clear-text", "tcp/3221"}, {"junos-xnm-ssl", "tcp/3220"},
};


const char *srx_predefined(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name))
			return table[i].terms;

	return NULL;
}
