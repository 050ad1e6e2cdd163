/*
 * FortiOS: addresses, services and their groups.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/read/other/fortios.h"

/* Those that come with the device and that all releases say the same of. A
 * file that holds them itself goes before. */
static const struct {
	const char *name, *terms;
} table[] = {
	{"AH", "51"}, {"ALL_ICMP", "icmp"}, {"ALL_ICMP6", "icmp6"}, {"ALL_TCP", "tcp/1-65535"},
	{"ALL_UDP", "udp/1-65535"}, {"BGP", "tcp/179"}, {"DCE-RPC", "tcp/135 udp/135"},
	{"DHCP", "udp/67-68"}, {"DHCP6", "udp/546 udp/547"}, {"DNS", "tcp/53 udp/53"}, {"ESP", "50"},
	{"FINGER", "tcp/79"}, {"FTP", "tcp/21"}, {"FTP_GET", "tcp/21"}, {"FTP_PUT", "tcp/21"},
	{"GOPHER", "tcp/70"}, {"GRE", "47"}, {"H323", "tcp/1720 tcp/1503 udp/1719"},
	{"HTTP", "tcp/80"}, {"HTTPS", "tcp/443"}, {"IKE", "udp/500 udp/4500"}, {"IMAP", "tcp/143"},
	{"IMAPS", "tcp/993"}, {"IRC", "tcp/6660-6669"}, {"KERBEROS", "tcp/88 udp/88"},
	{"L2TP", "tcp/1701 udp/1701"}, {"LDAP", "tcp/389"}, {"LDAP_UDP", "udp/389"},
	{"MGCP", "udp/2427 udp/2727"}, {"MS-SQL", "tcp/1433-1434"}, {"MYSQL", "tcp/3306"},
	{"NFS", "tcp/111 tcp/2049 udp/111 udp/2049"}, {"NNTP", "tcp/119"}, {"NONE", "tcp/0"},
	{"NTP", "tcp/123 udp/123"}, {"OSPF", "89"}, {"PING", "icmp/8"}, {"PING6", "icmp6/128"},
	{"POP3", "tcp/110"}, {"POP3S", "tcp/995"}, {"PPTP", "tcp/1723"},
	{"RADIUS", "udp/1812-1813"}, {"RADIUS-OLD", "udp/1645-1646"}, {"RDP", "tcp/3389"},
	{"REXEC", "tcp/512"}, {"RIP", "udp/520"}, {"RTSP", "tcp/554 tcp/7070 tcp/8554 udp/554"},
	{"SAMBA", "tcp/139"}, {"SCCP", "tcp/2000"}, {"SIP", "tcp/5060 udp/5060"},
	{"SMB", "tcp/445"}, {"SMTP", "tcp/25"}, {"SMTPS", "tcp/465"}, {"SNMP", "tcp/161-162 udp/161-162"},
	{"SOCKS", "tcp/1080 udp/1080"}, {"SQUID", "tcp/3128"}, {"SSH", "tcp/22"},
	{"SYSLOG", "udp/514"}, {"TELNET", "tcp/23"}, {"TFTP", "udp/69"}, {"TIMESTAMP", "icmp/13"},
	{"TRACEROUTE", "udp/33434-33535"}, {"VNC", "tcp/5900"}, {"X-WINDOWS", "tcp/6000-6063"},
};


const char *fortios_predefined(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name))
			return table[i].terms;

	return NULL;
}


/* Addresses */

static char *own_name(struct fortios *o, const char *name, bool six)
{
	return arena_printf(&o->c->mem, "%s%s", name, six ? " (IPv6)" : "");
}


static int strange(struct fortios *o, const char *name, const char *what)
{
	return FORTIOS_GIVE(o, srx_address_book, "global", "address", name, "dns-name", what);
}


static int add_range(struct fortios *o, const char *name)
{
	const char *lo = fortios_value(o, "start-ip", "0.0.0.0");

	return FORTIOS_GIVE(o, srx_address_book, "global", "address", name, "range-address", lo,
			    "to", fortios_value(o, "end-ip", lo));
}


/** "10.0.0.0 255.255.255.0" or with a length */
static int add_subnet(struct fortios *o, const char *name, const char *key)
{
	const struct fortios_set *s = fortios_get(o, key);
	char *text;

	if (!s || !s->n)
		return FORTIOS_GIVE(o, srx_address_book, "global", "address", name, "0.0.0.0/0");
	if (s->n == 1)
		return FORTIOS_GIVE(o, srx_address_book, "global", "address", name, s->v[0]);
	text = arena_printf(&o->c->mem, "%s/%s", s->v[0], s->v[1]);
	return !text ? ENOMEM : FORTIOS_GIVE(o, srx_address_book, "global", "address", name,
					     "wildcard-address", text);
}


int fortios_address(struct fortios *o, const char *name)
{
	const char *type = fortios_value(o, "type", "ipmask");

	if (!strcmp(type, "iprange"))
		return add_range(o, name);
	if (!strcmp(type, "ipmask") || !strcmp(type, "subnet"))
		return add_subnet(o, name, "subnet");
	if (!strcmp(type, "wildcard"))
		return add_subnet(o, name, "wildcard");
	return strange(o, name, type);
}


int fortios_address6(struct fortios *o, const char *name)
{
	const char *type = fortios_value(o, "type", "ipprefix"), *own = own_name(o, name, true);

	if (!own)
		return ENOMEM;
	if (!strcmp(type, "iprange"))
		return add_range(o, own);
	if (!strcmp(type, "ipprefix"))
		return FORTIOS_GIVE(o, srx_address_book, "global", "address", own,
				    fortios_value(o, "ip6", "::/0"));
	return strange(o, own, type);
}


static int add_all(struct fortios *o, const char *name, bool six)
{
	const char *range = six ? "::/0" : "0.0.0.0/0";

	if (srx_has_address(&o->x, name))
		return 0;
	return FORTIOS_GIVE(o, srx_address_book, "global", "address", name, range);
}


static int add_group(struct fortios *o, const char *name, bool six)
{
	const struct fortios_set *s = fortios_get(o, "member");
	const char *own = own_name(o, name, six);
	int err = own ? 0 : ENOMEM;

	if (!err && fortios_enabled(o, "exclude"))
		return strange(o, own, "a group with exclusions");
	for (size_t i = 0; !err && s && i < s->n; i++) {
		const char *member = own_name(o, s->v[i], six);

		err = member ? 0 : ENOMEM;
		if (!err && !strcmp(s->v[i], "all"))
			err = add_all(o, member, six);
		if (!err)
			err = FORTIOS_GIVE(o, srx_address_book, "global", "address-set", own,
					   "address", member);
	}
	return err;
}


int fortios_group(struct fortios *o, const char *name)
{
	return add_group(o, name, false);
}


int fortios_group6(struct fortios *o, const char *name)
{
	return add_group(o, name, true);
}


int fortios_vip(struct fortios *o, const char *name)
{
	return strange(o, name, "a virtual IP");
}


int fortios_vip6(struct fortios *o, const char *name)
{
	const char *own = own_name(o, name, true);

	return own ? strange(o, own, "a virtual IP") : ENOMEM;
}


/* Services */

static int add_term(struct fortios *o, const char *name, const char *protocol, const char *key,
		    const char *value, const char *key2, const char *value2)
{
	const char *term = arena_printf(&o->c->mem, "%s %s %s", protocol, value ? value : "",
					value2 ? value2 : "");

	if (!term)
		return ENOMEM;
	if (!key)
		return FORTIOS_GIVE(o, srx_applications, "application", name, "term", term,
				    "protocol", protocol);
	return FORTIOS_GIVE(o, srx_applications, "application", name, "term", term,
			    "protocol", protocol, key, value, value2 ? key2 : NULL, value2);
}


static int strange_service(struct fortios *o, const char *name, const char *what)
{
	return FORTIOS_GIVE(o, srx_applications, "application", name, what, "x");
}


/** "443:1024-65535": to, then from */
static int add_ports(struct fortios *o, const char *name, const char *protocol, const char *key)
{
	const struct fortios_set *s = fortios_get(o, key);
	int err = 0;

	for (size_t i = 0; !err && s && i < s->n; i++) {
		char *to = arena_strdup(&o->c->mem, s->v[i]);
		char *from = to ? strchr(to, ':') : NULL;

		if (!to)
			return ENOMEM;
		if (from)
			*from++ = '\0';
		err = add_term(o, name, protocol, "destination-port", to, "source-port", from);
	}
	return err;
}


static int add_icmp(struct fortios *o, const char *name, bool six)
{
	const char *type = fortios_value(o, "icmptype", NULL);
	const char *code = fortios_value(o, "icmpcode", NULL);
	const char *protocol = six ? "icmp6" : "icmp";

	if (!type)
		return add_term(o, name, protocol, NULL, NULL, NULL, NULL);
	return add_term(o, name, protocol, six ? "icmp6-type" : "icmp-type", type,
			six ? "icmp6-code" : "icmp-code", code);
}


int fortios_service(struct fortios *o, const char *name)
{
	const char *protocol = fortios_value(o, "protocol", "TCP/UDP/SCTP");
	const char *number = fortios_value(o, "protocol-number", "0");
	int err;

	if (fortios_enabled(o, "proxy") || !strcmp(protocol, "ALL"))
		return strange_service(o, name, "proxy");
	if (fortios_value(o, "iprange", NULL) || fortios_value(o, "fqdn", NULL) ||
	    fortios_value(o, "app-service-type", NULL))
		return strange_service(o, name, "more than ports");
	if (!strcmp(protocol, "ICMP") || !strcmp(protocol, "ICMP6"))
		return add_icmp(o, name, protocol[4] == '6');
	if (!strcmp(protocol, "IP"))
		return add_term(o, name, strcmp(number, "0") ? number : "any", NULL, NULL, NULL,
				NULL);
	if (strncmp(protocol, "TCP/UDP", 7) != 0)
		return strange_service(o, name, "protocol");
	err = add_ports(o, name, "tcp", "tcp-portrange");
	if (!err)
		err = add_ports(o, name, "udp", "udp-portrange");
	return err ? err : add_ports(o, name, "sctp", "sctp-portrange");
}


int fortios_service_group(struct fortios *o, const char *name)
{
	const struct fortios_set *s = fortios_get(o, "member");
	int err = 0;

	for (size_t i = 0; !err && s && i < s->n; i++)
		err = FORTIOS_GIVE(o, srx_applications, "application-set", name, "application",
				   s->v[i]);
	return err;
}
