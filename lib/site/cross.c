#include <stdlib.h>
#include <string.h>

#include "lib/site/internal.h"


/* Something with a range of addresses, for sweeping over all of them. */
struct claim {
	struct ip_range range;
	const char *name;
	struct diag_pos pos;
};

struct claims {
	struct claim *v;
	size_t n;
};


static int by_pos(const struct diag_pos *a, const struct diag_pos *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->col > b->col) - (a->col < b->col);
}


static int by_range(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int c = ip_cmp(&x->range.lo, &y->range.lo);

	return c ? c : by_pos(&x->pos, &y->pos);
}


/* Sorted by their first address, each claim is compared with the one that
 * reaches furthest so far; the later line in the file gets the message. */
static void report_overlaps(struct yaml_reader *r, struct claims *c, bool networks)
{
	const struct claim *far = c->v;
	char a[IP_STRLEN];

	qsort(c->v, c->n, sizeof(*c->v), by_range);
	for (size_t i = 1; i < c->n; i++) {
		const struct claim *x = &c->v[i];
		const struct claim *late, *early;

		if (!ip_range_overlaps(&far->range, &x->range)) {
			far = x;
			continue;
		}
		late = by_pos(&far->pos, &x->pos) < 0 ? x : far;
		early = late == x ? far : x;
		if (networks)
			diag_error(r->dl, late->pos, "network %s overlaps network %s (line %u)",
				   late->name, early->name, early->pos.line);
		else
			diag_error(r->dl, late->pos, "host %s has the address %s of host %s (line %u)",
				   late->name, ip_str(&x->range.lo, a), early->name, early->pos.line);
		if (ip_cmp(&far->range.hi, &x->range.hi) < 0)
			far = x;
	}
}


static void check_networks(struct yaml_reader *r, const struct site *s)
{
	struct claims c = {0};
	size_t n = 0;

	for (size_t i = 0; i < s->nnetworks; i++)
		n += s->networks[i].nprefixes;
	c.v = site_calloc(r, n, sizeof(*c.v));
	if (!c.v)
		return;

	for (size_t i = 0; i < s->nnetworks; i++) {
		const struct site_network *net = &s->networks[i];

		for (size_t k = 0; k < net->nprefixes; k++)
			c.v[c.n++] = (struct claim){ ip_prefix_range(&net->prefixes[k]), net->name, net->pos };
	}
	report_overlaps(r, &c, true);
}


static void check_addresses(struct yaml_reader *r, const struct site *s)
{
	struct claims c = {0};
	size_t n = 0;

	for (size_t i = 0; i < s->nhosts; i++)
		n += s->hosts[i].naddrs;
	c.v = site_calloc(r, n, sizeof(*c.v));
	if (!c.v)
		return;

	for (size_t i = 0; i < s->nhosts; i++) {
		const struct site_host *h = &s->hosts[i];

		for (size_t k = 0; k < h->naddrs; k++)
			c.v[c.n++] = (struct claim){ h->addrs[k], h->name, h->pos };
	}
	report_overlaps(r, &c, false);
}


static int by_number(const void *a, const void *b)
{
	const struct site_host *x = *(const struct site_host *const *)a;
	const struct site_host *y = *(const struct site_host *const *)b;
	int c = strcmp(x->number, y->number);

	return c ? c : by_pos(&x->pos, &y->pos);
}


static void check_numbers(struct yaml_reader *r, const struct site *s)
{
	const struct site_host **v = site_calloc(r, s->nhosts, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; v && i < s->nhosts; i++)
		if (s->hosts[i].number)
			v[n++] = &s->hosts[i];
	if (!n)
		return;

	qsort(v, n, sizeof(*v), by_number);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(v[i]->number, v[i - 1]->number))
			diag_error(r->dl, v[i]->pos, "host %s has the number %s of host %s (line %u)",
				   v[i]->name, v[i]->number, v[i - 1]->name, v[i - 1]->pos.line);
}


static size_t root_of(const size_t *up, size_t i)
{
	while (up[i] != i)
		i = up[i];
	return i;
}


/* Join all networks of one firewall; SIZE_MAX marks a network of none. */
static void join(const struct site *s, const struct site_firewall *fw, size_t *up)
{
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < fw->ninterfaces; i++) {
		for (size_t k = 0; k < fw->interfaces[i].nnetworks; k++) {
			size_t n = (size_t)(fw->interfaces[i].networks[k] - s->networks);

			if (up[n] == SIZE_MAX)
				up[n] = n;
			if (first == SIZE_MAX)
				first = root_of(up, n);
			else
				up[root_of(up, n)] = first;
		}
	}
}


/* A network that nothing connects with the first one of a firewall. */
static void check_paths(struct yaml_reader *r, const struct site *s)
{
	size_t *up, first = SIZE_MAX;

	if (!s->nfirewalls || !(up = site_calloc(r, s->nnetworks, sizeof(*up))))
		return;

	memset(up, 0xff, s->nnetworks * sizeof(*up));
	for (size_t i = 0; i < s->nfirewalls; i++)
		join(s, &s->firewalls[i], up);

	for (size_t i = 0; i < s->nnetworks; i++) {
		const struct site_network *net = &s->networks[i];

		if (up[i] == SIZE_MAX)
			diag_error(r->dl, net->pos, "network %s lies behind no firewall: add it to an "
				   "interface", net->name);
		else if (first == SIZE_MAX)
			first = i;
		else if (root_of(up, i) != root_of(up, first) && root_of(up, i) == i)
			diag_error(r->dl, net->pos, "no firewall connects network %s with network %s",
				   net->name, s->networks[first].name);
	}
}


void site_cross_check(struct yaml_reader *r, const struct site *s)
{
	check_networks(r, s);
	check_addresses(r, s);
	check_numbers(r, s);
	if (!r->partial)
		check_paths(r, s);
}
