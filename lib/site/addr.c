#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/site/internal.h"


/* With host bits set it is clear what was meant: read on with that. */
static bool prefix_read(struct yaml_reader *r, const struct yaml_node *n, struct ip_prefix *p)
{
	const char *s = yaml_str(r, n, "a network");
	char buf[IP_STRLEN];
	int err;

	if (!s)
		return false;

	err = ip_prefix_parse(p, s);
	if (err == EDOM)
		diag_error(r->dl, n->pos, "%.80s has host bits set; the network is %s", s,
			   ip_prefix_str(p, buf));
	else if (err && !strchr(s, '/'))
		diag_error(r->dl, n->pos, "\"%.80s\" is no network: write it as address/length, "
			   "10.0.0.0/24 or 2001:db8::/64", s);
	else if (err)
		diag_error(r->dl, n->pos, "\"%.80s\" is no network such as 10.0.0.0/24 or "
			   "2001:db8::/64", s);
	return !err || err == EDOM;
}


void site_network_read(struct yaml_reader *r, const struct yaml_node *n,
		       struct site_network *net)
{
	size_t count = yaml_items(n);

	if (!count || count > SITE_PREFIXES_MAX) {
		diag_error(r->dl, n->pos, "network %s needs 1 to %d prefixes", net->name,
			   SITE_PREFIXES_MAX);
		return;
	}
	net->prefixes = site_calloc(r, count, sizeof(*net->prefixes));
	for (size_t i = 0; net->prefixes && i < count; i++)
		if (prefix_read(r, yaml_item(n, i), &net->prefixes[net->nprefixes]))
			net->nprefixes++;
}


/* A prefix is not an address: say what was probably meant. */
static void refuse_prefix(struct yaml_reader *r, const struct yaml_node *n, const char *s)
{
	size_t len = strcspn(s, "/");
	struct ip_prefix p;
	struct ip_range range;
	char buf[IP_STRLEN];
	int err = ip_prefix_parse(&p, s);

	range = ip_prefix_range(&p);
	if (err == EDOM || (!err && !ip_cmp(&range.lo, &range.hi)))
		diag_error(r->dl, n->pos, "a host's address has no length: write %.*s", (int)len, s);
	else if (!err)
		diag_error(r->dl, n->pos, "%s is a network; for hosts in all of it write %s", s,
			   ip_range_str(&range, buf));
	else
		diag_error(r->dl, n->pos, "\"%.80s\" is no address", s);
}


static bool range_read(struct yaml_reader *r, const struct yaml_node *n, struct ip_range *range)
{
	const char *s = yaml_str(r, n, "an address");
	int err;

	if (!s)
		return false;
	if (strchr(s, '/')) {
		refuse_prefix(r, n, s);
		return false;
	}

	err = ip_range_parse(range, s);
	if (err == EDOM)
		diag_error(r->dl, n->pos, "the range %.90s ends before it begins", s);
	else if (err)
		diag_error(r->dl, n->pos, "\"%.90s\" is no address such as 10.0.0.5 or "
			   "2001:db8::5, and no range first-last", s);
	return !err;
}


/* The network that holds the whole range. */
static const struct site_network *network_of(const struct site *s, const struct ip_range *range)
{
	const struct site_network *net = site_network_by_addr(s, &range->lo);

	for (size_t i = 0; net && i < net->nprefixes; i++) {
		struct ip_range p = ip_prefix_range(&net->prefixes[i]);

		if (ip_range_covers(&p, range))
			return net;
	}
	return NULL;
}


static void check_place(struct yaml_reader *r, const struct yaml_node *n, const struct site *s,
			const struct ip_range *range, const struct site_network *net)
{
	char buf[IP_STRLEN];

	if (net)
		return;
	if (site_network_by_addr(s, &range->lo) || site_network_by_addr(s, &range->hi))
		diag_error(r->dl, n->pos, "%s leaves its network", ip_range_str(range, buf));
	else
		diag_error(r->dl, n->pos, "%s lies in no network of this site",
			   ip_range_str(range, buf));
}


/* The first and last address of an IPv4 network are not a host's. */
static void check_edges(struct yaml_reader *r, const struct yaml_node *n,
			const struct ip_range *range, const struct site_network *net)
{
	char buf[IP_STRLEN];

	for (size_t i = 0; i < net->nprefixes; i++) {
		struct ip_range p = ip_prefix_range(&net->prefixes[i]);

		if (p.lo.family != 4 || net->prefixes[i].len > 30 || !ip_range_covers(&p, range))
			continue;
		if (!ip_cmp(&p.lo, &range->lo))
			diag_error(r->dl, n->pos, "%s is the network itself, not a host's address",
				   ip_str(&p.lo, buf));
		if (!ip_cmp(&p.hi, &range->hi))
			diag_error(r->dl, n->pos, "%s is the network's broadcast address",
				   ip_str(&p.hi, buf));
	}
}


void site_addrs_read(struct yaml_reader *r, const struct yaml_node *n,
		     const struct site *s, struct site_host *h)
{
	size_t count = yaml_items(n);

	if (!count || count > SITE_ADDRS_MAX) {
		diag_error(r->dl, n->pos, "host %s needs 1 to %d addresses", h->name, SITE_ADDRS_MAX);
		return;
	}
	h->addrs = site_calloc(r, count, sizeof(*h->addrs));
	h->networks = site_calloc(r, count, sizeof(*h->networks));

	for (size_t i = 0; h->addrs && h->networks && i < count; i++) {
		const struct yaml_node *item = yaml_item(n, i);
		struct ip_range *range = &h->addrs[h->naddrs];
		const struct site_network *net;

		if (!range_read(r, item, range))
			continue;
		net = network_of(s, range);
		check_place(r, item, s, range, net);
		if (net)
			check_edges(r, item, range, net);
		h->networks[h->naddrs++] = net;
	}
}
