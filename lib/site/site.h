/**
 * The site: networks, hosts with their roles, firewalls, and the choices
 * that decide which rows of the matrix apply. Read from one YAML file.
 */
#ifndef VISAVIS_LIB_SITE_SITE_H
#define VISAVIS_LIB_SITE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/ip.h"
#include "lib/flow/flow.h"

struct site_network {
	const char *name;
	struct ip_prefix *prefixes;	/**< at least one; IPv4 and IPv6 */
	size_t nprefixes;
	uint64_t bandwidth;		/**< of its link, bits a second each way;
					  0: not given */
	struct diag_pos pos;
};

/** A setting of a host that the site only carries: "source", "sink", ... */
struct site_setting {
	const char *key;
	const char *value;
	struct diag_pos pos;
};

struct site_host {
	const char *name;
	const char **roles;		/**< at least one */
	size_t nroles;
	struct diag_pos roles_pos;
	struct ip_range *addrs;		/**< single addresses have lo == hi */
	size_t naddrs;
	const struct site_network **networks;	/**< [naddrs], where each lies;
						  NULL after a mistake */
	const char *number;		/**< directory number, or NULL */
	unsigned screens;		/**< 1..3; 1 when not given */
	struct site_setting *settings;	/**< option schema in docs/site.md */
	size_t nsettings;
	struct diag_pos pos;
};

struct site_interface {
	const char *name;		/**< "eth1" */
	const struct site_network **networks;	/**< that lie behind it */
	size_t nnetworks;
	struct diag_pos pos;
};

struct site_firewall {
	const char *name;
	const char *dialect;		/**< "nftables", ... */
	struct site_interface *interfaces;
	size_t ninterfaces;
	struct diag_pos pos;
};

/** The site's narrowing of one row: who "any" is here, which ports. */
struct site_narrow {
	const char *row;		/**< row id */
	const char **from;		/**< roles, hosts or networks; NULL: as the row */
	size_t nfrom;
	const char **to;
	size_t nto;
	struct flow_port *to_ports;	/**< NULL: as the row */
	size_t nto_ports;
	struct diag_pos pos;
	struct diag_pos from_pos;
	struct diag_pos to_pos;
};

struct site {
	const char *name;
	bool security;			/**< TLS, SRTP; the default */
	struct site_network *networks;
	size_t nnetworks;
	struct site_host *hosts;
	size_t nhosts;
	struct site_firewall *firewalls;
	size_t nfirewalls;
	const char **conditions;	/**< switched on by name: "upgrade", ... */
	size_t nconditions;
	struct diag_pos conditions_pos;
	struct site_narrow *narrows;
	size_t nnarrows;
	const char **matrix_files;	/**< further matrices, paths as written */
	size_t nmatrix_files;
	struct flow_matrix *matrices;	/**< [0] is the shipped one; the others
					  are filled by whoever reads files */
	size_t nmatrices;
};

/**
 * Read a site file. Every mistake is reported, not only the first.
 *
 * @param s     filled; all it points to lives in `a`
 * @param a     arena
 * @param text  the file's bytes
 * @param name  file name for messages, copied
 * @param dl    every mistake is added here
 * @return 0; EBADMSG when dl got an error; ENOMEM
 */
int site_parse(struct site *s, struct arena *a, const char *text, size_t len,
	       const char *name, struct diag_list *dl);

/** As site_parse, with the shipped matrix read already: for who reads many
 *  sites. Its memory must outlive the site. */
int site_parse_with(struct site *s, struct arena *a, const struct flow_matrix *shipped,
		    const char *text, size_t len, const char *name,
		    struct diag_list *dl);

/**
 * The checks that need every matrix: roles, conditions and rows that the
 * site names, row ids that two matrices share. site_parse() calls it when
 * the site names no further matrices; else whoever fills s->matrices does.
 * @return 0; EBADMSG when dl got an error; ENOMEM
 */
int site_check(const struct site *s, struct diag_list *dl);

/** Is the condition true at this site? "always", "secure", "insecure" and
 *  what the hosts tell (docs/site.md) are decided here; any other name is
 *  true when the site switches it on. NULL is always true. */
bool site_condition(const struct site *s, const char *when);

/** Does the row speak of this site's hosts? All do but those from "any" to
 *  "any": they go with the other rows of their matrix, so they count where a
 *  host has a role that the matrix names, where the site narrows them, and
 *  where the matrix names no role at all. */
bool site_row_concerns(const struct site *s, const struct flow_row *row);

/** Does the row say anything at this site: its condition holds, each end is
 *  "any" or has a host, one of its ports applies, and it concerns the site? */
bool site_row_applies(const struct site *s, const struct flow_row *row);

const struct site_host *site_host_find(const struct site *s, const char *name);
bool site_host_has_role(const struct site_host *h, const char *role);
/** The first host with that role, or NULL */
const struct site_host *site_host_by_role(const struct site *s,
					  const char *role);
/** The host that owns the address, or NULL */
const struct site_host *site_host_by_addr(const struct site *s,
					  const struct ip_addr *a);
const struct site_network *site_network_find(const struct site *s,
					     const char *name);
const struct site_network *site_network_by_addr(const struct site *s,
						const struct ip_addr *a);
/** A host's setting, or def when it has none */
const char *site_host_setting(const struct site_host *h, const char *key,
			      const char *def);
/** The host's first address of that family (4, 6, or 0 for the first of
 *  any); @return false when it has none */
bool site_host_addr(const struct site_host *h, uint8_t family,
		    struct ip_addr *a);
const struct flow_row *site_row_find(const struct site *s, const char *id);
/** The site's narrowing of the row, or NULL */
const struct site_narrow *site_narrow_find(const struct site *s,
					   const struct flow_row *row);

/** The site's domain in its name service, SITE.visavis.test (RFC 6761 keeps
 *  "test" free), and a host's name in it. In `a`; NULL without memory */
char *site_domain(const struct site *s, struct arena *a);
char *site_host_fqdn(const struct site *s, const struct site_host *h, struct arena *a);

#endif
