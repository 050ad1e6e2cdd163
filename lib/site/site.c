#include <string.h>

#include "lib/site/site.h"


const struct site_host *site_host_find(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->nhosts; i++)
		if (!strcmp(s->hosts[i].name, name))
			return &s->hosts[i];
	return NULL;
}


bool site_host_has_role(const struct site_host *h, const char *role)
{
	for (size_t i = 0; i < h->nroles; i++)
		if (!strcmp(h->roles[i], role))
			return true;
	return false;
}


const struct site_host *site_host_by_role(const struct site *s, const char *role)
{
	for (size_t i = 0; i < s->nhosts; i++)
		if (site_host_has_role(&s->hosts[i], role))
			return &s->hosts[i];
	return NULL;
}


const struct site_host *site_host_by_addr(const struct site *s, const struct ip_addr *a)
{
	for (size_t i = 0; i < s->nhosts; i++)
		for (size_t k = 0; k < s->hosts[i].naddrs; k++)
			if (ip_range_has(&s->hosts[i].addrs[k], a))
				return &s->hosts[i];
	return NULL;
}


const struct site_network *site_network_find(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->nnetworks; i++)
		if (!strcmp(s->networks[i].name, name))
			return &s->networks[i];
	return NULL;
}


const struct site_network *site_network_by_addr(const struct site *s, const struct ip_addr *a)
{
	for (size_t i = 0; i < s->nnetworks; i++) {
		for (size_t k = 0; k < s->networks[i].nprefixes; k++) {
			struct ip_range r = ip_prefix_range(&s->networks[i].prefixes[k]);

			if (ip_range_has(&r, a))
				return &s->networks[i];
		}
	}
	return NULL;
}


const char *site_host_setting(const struct site_host *h, const char *key, const char *def)
{
	for (size_t i = 0; i < h->nsettings; i++)
		if (!strcmp(h->settings[i].key, key))
			return h->settings[i].value;
	return def;
}


bool site_host_addr(const struct site_host *h, uint8_t family, struct ip_addr *a)
{
	for (size_t i = 0; i < h->naddrs; i++) {
		if (!family || h->addrs[i].lo.family == family) {
			*a = h->addrs[i].lo;
			return true;
		}
	}
	return false;
}


const struct flow_row *site_row_find(const struct site *s, const char *id)
{
	for (size_t i = 0; i < s->nmatrices; i++) {
		const struct flow_row *row = flow_matrix_find(&s->matrices[i], id);

		if (row)
			return row;
	}
	return NULL;
}


static bool switched_on(const struct site *s, const char *when)
{
	for (size_t i = 0; i < s->nconditions; i++)
		if (!strcmp(s->conditions[i], when))
			return true;
	return false;
}


static bool is_true(const struct site *s)
{
	return true;
}


static bool is_secure(const struct site *s)
{
	return s->security;
}


static bool is_insecure(const struct site *s)
{
	return !s->security;
}


static bool has_phone(const struct site *s)
{
	return site_host_by_role(s, "phone") != NULL;
}


static bool has_manager(const struct site *s)
{
	return site_host_by_role(s, "manager") != NULL;
}


/* The clear port of a lone directory server is for sites without security
 * that have no global catalogue. */
static bool single_directory(const struct site *s)
{
	return !s->security && !switched_on(s, "ad-global-catalogue");
}


/* What a site tells by itself; docs/site.md lists these. */
static const struct {
	const char *name;
	bool (*holds)(const struct site *s);
} derived[] = {
	{FLOW_WHEN_ALWAYS, is_true},
	{FLOW_WHEN_SECURE, is_secure},
	{FLOW_WHEN_INSECURE, is_insecure},
	{"call", is_true},
	{"operation", is_true},
	{"phone", has_phone},
	{"manager", has_manager},
	{"ad-single-server", single_directory},
};


bool site_condition(const struct site *s, const char *when)
{
	if (!when || switched_on(s, when))
		return true;

	for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++)
		if (!strcmp(when, derived[i].name))
			return derived[i].holds(s);
	return false;
}


static bool end_present(const struct site *s, const struct flow_end *e)
{
	for (size_t i = 0; i < e->nroles; i++) {
		/* Not FLOW_ROLE_UNSPECIFIED: that is a host of the row's other role
		 * before its lease. */
		if (!strcmp(e->roles[i], FLOW_ROLE_ANY) ||
		    !strcmp(e->roles[i], FLOW_ROLE_BROADCAST) ||
		    site_host_by_role(s, e->roles[i]))
			return true;
	}
	return false;
}


const struct site_narrow *site_narrow_find(const struct site *s, const struct flow_row *row)
{
	for (size_t i = 0; i < s->nnarrows; i++)
		if (!strcmp(s->narrows[i].row, row->id))
			return &s->narrows[i];
	return NULL;
}


static const struct flow_matrix *matrix_of(const struct site *s, const struct flow_row *row)
{
	for (size_t i = 0; i < s->nmatrices; i++)
		for (size_t k = 0; k < s->matrices[i].nrows; k++)
			if (&s->matrices[i].rows[k] == row)
				return &s->matrices[i];
	return NULL;
}


/** Has a host a role of this matrix? One without roles concerns every site. */
static bool matrix_concerns(const struct site *s, const struct flow_matrix *m)
{
	for (size_t i = 0; i < s->nhosts; i++)
		for (size_t k = 0; k < s->hosts[i].nroles; k++)
			if (flow_matrix_has_role(m, s->hosts[i].roles[k]))
				return true;
	return !m->nroles;
}


bool site_row_concerns(const struct site *s, const struct flow_row *row)
{
	const struct flow_matrix *m;

	if (!flow_end_has_role(&row->from, FLOW_ROLE_ANY) ||
	    !flow_end_has_role(&row->to, FLOW_ROLE_ANY) || site_narrow_find(s, row))
		return true;

	m = matrix_of(s, row);
	return !m || matrix_concerns(s, m);
}


bool site_row_applies(const struct site *s, const struct flow_row *row)
{
	bool port = !row->to.nports;

	for (size_t i = 0; i < row->to.nports; i++)
		port = port || site_condition(s, row->to.ports[i].when);
	return port && site_condition(s, row->when) &&
		end_present(s, &row->from) && end_present(s, &row->to) &&
		site_row_concerns(s, row);
}


char *site_domain(const struct site *s, struct arena *a)
{
	return arena_printf(a, "%s.visavis.test", s->name);
}


char *site_host_fqdn(const struct site *s, const struct site_host *h, struct arena *a)
{
	char *domain = site_domain(s, a);

	return domain ? arena_printf(a, "%s.%s", h->name, domain) : NULL;
}
