#include <stdlib.h>
#include <string.h>

#include "lib/site/internal.h"

enum { BITS_DIGITS_MAX = 9 };


/* "20M": whole bits a second, with k, M or G for 1,000 of each. */
static bool bits_read(const char *s, uint64_t *bps)
{
	static const char units[] = "kMG";
	size_t n = strspn(s, "0123456789");
	const char *unit = s[n] ? strchr(units, s[n]) : NULL;

	if (!n || n > BITS_DIGITS_MAX || (s[n] && (!unit || s[n + 1])))
		return false;
	*bps = strtoull(s, NULL, 10);
	for (const char *u = units; unit && u <= unit; u++)
		*bps *= 1000;
	return *bps > 0;
}


static struct site_network *network_of(struct yaml_reader *r, const struct yaml_node *k, struct site *s)
{
	const char *const *names;
	const char *near;

	for (size_t i = 0; i < s->nnetworks; i++)
		if (!strcmp(s->networks[i].name, k->s))
			return &s->networks[i];

	names = site_network_names(r, s);
	near = names ? yaml_nearest(k->s, names) : NULL;
	if (near)
		diag_error(r->dl, k->pos, "no network \"%.64s\" in this site; did you mean \"%s\"?", k->s, near);
	else
		diag_error(r->dl, k->pos, "no network \"%.64s\" in this site", k->s);
	return NULL;
}


void site_links_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	const struct yaml_node *n = site_section(r, root, "links", SITE_NETWORKS_MAX);

	for (size_t i = 0; n && i < n->n; i++) {
		struct site_network *net = network_of(r, n->k[i], s);
		const char *value = yaml_str(r, n->v[i], "a link's bandwidth");

		if (!value || !net)
			continue;
		if (!bits_read(value, &net->bandwidth))
			diag_error(r->dl, n->v[i]->pos, "a link's bandwidth is bits a second such as 20M "
				   "(k, M or G), not \"%.64s\"", value);
	}
}
