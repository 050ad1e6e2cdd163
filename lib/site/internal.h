/** Pieces of the site reader; for lib/site alone. */
#ifndef VISAVIS_LIB_SITE_INTERNAL_H
#define VISAVIS_LIB_SITE_INTERNAL_H

#include "lib/flow/parse.h"
#include "lib/site/site.h"
#include "lib/yaml/tree.h"

enum {
	SITE_NETWORKS_MAX = 1024,
	SITE_PREFIXES_MAX = 64,		/**< of one network */
	SITE_HOSTS_MAX = 10000,
	SITE_ADDRS_MAX = 64,		/**< of one host */
	SITE_ROLES_MAX = 16,		/**< of one host */
	SITE_SETTINGS_MAX = 64,		/**< of one host */
	SITE_FIREWALLS_MAX = 64,
	SITE_INTERFACES_MAX = 256,	/**< of one firewall */
	SITE_NARROWS_MAX = 4096,
	SITE_MATRICES_MAX = 16,
	SITE_CONDITIONS_MAX = 64,
};

/** Memory for n objects, at least one; sets r->err. */
void *site_calloc(struct yaml_reader *r, size_t n, size_t size);

/** A map of at most max entries under a key of the root; reports others.
 *  @return the node, or NULL */
const struct yaml_node *site_section(struct yaml_reader *r, const struct yaml_node *root,
				     const char *key, size_t max);

/** Bandwidths of the links of networks, which are known by now. */
void site_links_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s);

/** Prefixes of a network. */
void site_network_read(struct yaml_reader *r, const struct yaml_node *n,
		       struct site_network *net);

/** A host's addresses; its networks are set when the networks are known. */
void site_addrs_read(struct yaml_reader *r, const struct yaml_node *n,
		     const struct site *s, struct site_host *h);

void site_host_read(struct yaml_reader *r, const struct yaml_node *n,
		    const struct site *s, struct site_host *h);
void site_firewall_read(struct yaml_reader *r, const struct yaml_node *n,
			const struct site *s, struct site_firewall *fw);
void site_narrow_read(struct yaml_reader *r, const struct yaml_node *n,
		      struct site_narrow *nw);

/** Names of the site's networks, ends with NULL; NULL without memory. */
const char *const *site_network_names(struct yaml_reader *r, const struct site *s);

/** What only the whole site shows: overlaps, addresses and numbers twice,
 *  networks that no firewall knows. */
void site_cross_check(struct yaml_reader *r, const struct site *s);

#endif
