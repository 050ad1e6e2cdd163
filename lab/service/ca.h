/**
 * The lab's own certificate authority: EC P-256, made anew for each lab,
 * worth nothing outside it.
 */
#ifndef VISAVIS_LAB_CA_H
#define VISAVIS_LAB_CA_H

#include <stddef.h>

#include "lib/base/ip.h"

struct ca;

/** Make key and self-signed certificate. @return 0, ENOMEM, EIO */
int ca_alloc(struct ca **cap, const char *name);
void ca_free(struct ca *ca);

/** The authority's certificate as PEM. @return 0 or errno */
int ca_write(const struct ca *ca, const char *path);

/**
 * A key and a certificate for one host, certificate first, mode 0600.
 * @param dns    its name, common name and first SAN
 * @param addrs  further SANs, naddrs of them
 * @return 0, ENOMEM, EIO or errno of writing
 */
int ca_issue(struct ca *ca, const char *path, const char *dns,
	     const struct ip_addr *addrs, size_t naddrs);

#endif
