#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/flow/flow.h"


/* RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622 */
static const struct {
	const char *name;
	uint8_t dscp;
} dscp_names[] = {
	{"CS1", 8}, {"CS2", 16}, {"CS3", 24}, {"CS4", 32}, {"CS5", 40},
	{"CS6", 48}, {"CS7", 56},
	{"AF11", 10}, {"AF12", 12}, {"AF13", 14},
	{"AF21", 18}, {"AF22", 20}, {"AF23", 22},
	{"AF31", 26}, {"AF32", 28}, {"AF33", 30},
	{"AF41", 34}, {"AF42", 36}, {"AF43", 38},
	{"VA", 44}, {"EF", 46}, {"LE", 1}, {"CS0", 0}, {"DF", 0},
};

enum { DSCP_NAMES = sizeof(dscp_names) / sizeof(dscp_names[0]) };


char *flow_dscp_str(uint8_t dscp, char buf[8])
{
	for (size_t i = 0; i < DSCP_NAMES && dscp; i++) {
		if (dscp_names[i].dscp == dscp) {
			(void)snprintf(buf, 8, "%s", dscp_names[i].name);
			return buf;
		}
	}
	(void)snprintf(buf, 8, "%u", dscp);
	return buf;
}


int flow_dscp_parse(uint8_t *dscp, const char *s)
{
	size_t n = strspn(s, "0123456789");

	for (size_t i = 0; i < DSCP_NAMES; i++) {
		if (!strcmp(s, dscp_names[i].name)) {
			*dscp = dscp_names[i].dscp;
			return 0;
		}
	}

	if (!n || n > 2 || s[n] || atoi(s) > 63)
		return EINVAL;
	*dscp = (uint8_t)atoi(s);
	return 0;
}


const char *flow_transport_name(enum flow_transport t)
{
	static const char *const names[] = {
		[FLOW_L2] = "l2", [FLOW_ICMP] = "icmp",
		[FLOW_TCP] = "tcp", [FLOW_UDP] = "udp",
	};

	return names[t];
}


static int port_str(const struct flow_port *p, char *buf, size_t size)
{
	if (p->ephemeral)
		return snprintf(buf, size, "ephemeral");
	if (p->lo == p->hi)
		return snprintf(buf, size, "%u", p->lo);
	return snprintf(buf, size, "%u-%u", p->lo, p->hi);
}


/* A port that is listed twice, each time with its own condition. */
static bool said_before(const struct flow_end *e, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (e->ports[j].lo == e->ports[i].lo && e->ports[j].hi == e->ports[i].hi)
			return true;
	return false;
}


char *flow_ports_str(const struct flow_end *e, char *buf, size_t size)
{
	size_t len = 0;

	if (!e->nports)
		(void)snprintf(buf, size, "-");

	for (size_t i = 0; i < e->nports && len < size; i++) {
		if (said_before(e, i))
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s", len ? "," : "");
		if (len < size)
			len += (size_t)port_str(&e->ports[i], buf + len, size - len);
	}
	return buf;
}


bool flow_end_has_role(const struct flow_end *e, const char *role)
{
	for (size_t i = 0; i < e->nroles; i++)
		if (!strcmp(e->roles[i], role))
			return true;
	return false;
}
