#include <errno.h>
#include <string.h>

#include "lib/site/internal.h"


/* Hosts that no row names but that a site has: someone at a desk, and what
 * nobody is in particular. */
static const char *const own_roles[] = {"admin", "host"};

enum { NAMES_MAX = 512 };

/* Every role or condition of the matrices once; ends with NULL. */
struct names {
	const char *v[NAMES_MAX + 1];
	size_t n;
};


static void names_add(struct names *ns, const char *s)
{
	for (size_t i = 0; i < ns->n; i++)
		if (!strcmp(ns->v[i], s))
			return;
	if (ns->n < NAMES_MAX)
		ns->v[ns->n++] = s;
}


static void end_roles(struct names *ns, const struct flow_end *e)
{
	for (size_t i = 0; i < e->nroles; i++)
		if (strcmp(e->roles[i], FLOW_ROLE_ANY) && strcmp(e->roles[i], FLOW_ROLE_BROADCAST) &&
		    strcmp(e->roles[i], FLOW_ROLE_UNSPECIFIED))
			names_add(ns, e->roles[i]);
}


static void end_conditions(struct names *ns, const struct flow_end *e)
{
	for (size_t i = 0; i < e->nports; i++)
		if (e->ports[i].when)
			names_add(ns, e->ports[i].when);
}


static void collect(const struct site *s, struct names *roles, struct names *conditions)
{
	for (size_t i = 0; i < s->nmatrices; i++) {
		for (size_t k = 0; k < s->matrices[i].nrows; k++) {
			const struct flow_row *row = &s->matrices[i].rows[k];

			end_roles(roles, &row->from);
			end_roles(roles, &row->to);
			end_conditions(conditions, &row->from);
			end_conditions(conditions, &row->to);
			names_add(conditions, row->when);
		}
	}
	for (size_t i = 0; i < sizeof(own_roles) / sizeof(own_roles[0]); i++)
		names_add(roles, own_roles[i]);
}


static bool names_have(const struct names *ns, const char *s)
{
	for (size_t i = 0; i < ns->n; i++)
		if (!strcmp(ns->v[i], s))
			return true;
	return false;
}


static void unknown(struct diag_list *dl, struct diag_pos pos, const char *what,
		    const char *s, const struct names *ns)
{
	const char *near = yaml_nearest(s, ns->v);

	if (near)
		diag_error(dl, pos, "no matrix has a %s \"%s\"; did you mean \"%s\"?", what, s, near);
	else
		diag_error(dl, pos, "no matrix has a %s \"%s\"", what, s);
}


static void check_hosts(const struct site *s, const struct names *roles, struct diag_list *dl)
{
	for (size_t i = 0; i < s->nhosts; i++)
		for (size_t k = 0; k < s->hosts[i].nroles; k++)
			if (!names_have(roles, s->hosts[i].roles[k]))
				unknown(dl, s->hosts[i].roles_pos, "role", s->hosts[i].roles[k], roles);
}


static void check_end(const struct site *s, const struct names *roles, const char **v, size_t n,
		      struct diag_pos pos, struct diag_list *dl)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], FLOW_ROLE_ANY) && !names_have(roles, v[i]) &&
		    !site_host_find(s, v[i]) && !site_network_find(s, v[i]))
			diag_error(dl, pos, "\"%s\" is no role, host or network of this site", v[i]);
}


static void check_narrows(const struct site *s, const struct names *roles, struct diag_list *dl)
{
	for (size_t i = 0; i < s->nnarrows; i++) {
		const struct site_narrow *nw = &s->narrows[i];
		const struct flow_row *row = site_row_find(s, nw->row);

		if (!row)
			diag_error(dl, nw->pos, "no matrix has a row \"%s\"; visavis flows lists them", nw->row);
		else if (nw->nto_ports && row->transport != FLOW_TCP && row->transport != FLOW_UDP)
			diag_error(dl, nw->pos, "row %s has no ports to narrow", nw->row);
		check_end(s, roles, nw->from, nw->nfrom, nw->from_pos, dl);
		check_end(s, roles, nw->to, nw->nto, nw->to_pos, dl);
	}
}


static void check_ids(const struct site *s, struct diag_list *dl)
{
	for (size_t i = 1; i < s->nmatrices; i++) {
		for (size_t k = 0; k < s->matrices[i].nrows; k++) {
			const struct flow_row *row = &s->matrices[i].rows[k];
			const struct flow_row *first = row->id ? site_row_find(s, row->id) : row;

			if (first != row)
				diag_error(dl, row->pos, "row %s is a row of another matrix already", row->id);
		}
	}
}


int site_check(const struct site *s, struct diag_list *dl)
{
	struct names roles = {0}, conditions = {0};
	size_t errors = dl->errors;

	collect(s, &roles, &conditions);
	check_hosts(s, &roles, dl);
	for (size_t i = 0; i < s->nconditions; i++)
		if (!names_have(&conditions, s->conditions[i]))
			unknown(dl, s->conditions_pos, "condition", s->conditions[i], &conditions);
	check_narrows(s, &roles, dl);
	check_ids(s, dl);
	return dl->errors > errors ? EBADMSG : 0;
}
