/** Addresses as the kernel, libre and lib have them. */
#ifndef VISAVIS_DAEMONS_SLA_ADDR_H
#define VISAVIS_DAEMONS_SLA_ADDR_H

#include <netinet/in.h>
#include <string.h>

#include "io/libre.h"
#include "lib/base/ip.h"

/** @param port  NULL, or set */
static inline void addr_ip(struct ip_addr *ip, uint16_t *port, const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	bool ip6 = sa->sa_family == AF_INET6;

	memset(ip, 0, sizeof(*ip));
	ip->family = ip6 ? 6 : 4;
	memcpy(ip->b, ip6 ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr, ip6 ? 16 : 4);
	if (port)
		*port = ntohs(ip6 ? in6->sin6_port : in->sin_port);
}

#endif
