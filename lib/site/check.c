#include <errno.h>
#include <string.h>

#include "lib/base/strset.h"
#include "lib/site/internal.h"


/* Hosts that no row names but that a site has: someone at a desk, and what
 * nobody is in particular. */
static const char *const own_roles[] = {"admin", "host"};

static void end_conditions(struct strset *ns, const struct flow_end *e)
{
	for (size_t i = 0; i < e->nports; i++)
		if (e->ports[i].when)
			(void)strset_add(ns, e->ports[i].when);
}


static void collect(const struct site *s, struct strset *roles, struct strset *conditions)
{
	for (size_t i = 0; i < s->nmatrices; i++) {
		for (size_t k = 0; k < s->matrices[i].nroles; k++)
			(void)strset_add(roles, s->matrices[i].roles[k]);
		for (size_t k = 0; k < s->matrices[i].nrows; k++) {
			const struct flow_row *row = &s->matrices[i].rows[k];

			end_conditions(conditions, &row->from);
			end_conditions(conditions, &row->to);
			(void)strset_add(conditions, row->when);
		}
	}
	for (size_t i = 0; i < sizeof(own_roles) / sizeof(own_roles[0]); i++)
		(void)strset_add(roles, own_roles[i]);
}


static void unknown(struct diag_list *dl, struct diag_pos pos, const char *what,
		    const char *s, const struct strset *ns)
{
	const char *near = ns->v ? yaml_nearest(s, ns->v) : NULL;

	if (near)
		diag_error(dl, pos, "no matrix has a %s \"%s\"; did you mean \"%s\"?", what, s, near);
	else
		diag_error(dl, pos, "no matrix has a %s \"%s\"", what, s);
}


static void check_hosts(const struct site *s, const struct strset *roles, struct diag_list *dl)
{
	for (size_t i = 0; i < s->nhosts; i++)
		for (size_t k = 0; k < s->hosts[i].nroles; k++)
			if (!strset_has(roles, s->hosts[i].roles[k]))
				unknown(dl, s->hosts[i].roles_pos, "role", s->hosts[i].roles[k], roles);
}


static void check_end(const struct site *s, const struct strset *roles, const char **v, size_t n,
		      struct diag_pos pos, struct diag_list *dl)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], FLOW_ROLE_ANY) && !strset_has(roles, v[i]) &&
		    !site_host_find(s, v[i]) && !site_network_find(s, v[i]))
			diag_error(dl, pos, "\"%s\" is no role, host or network of this site", v[i]);
}


static void check_narrows(const struct site *s, const struct strset *roles, struct diag_list *dl)
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


/** Of two rows with one id, the matrix read later has the wrong one. */
static void check_ids(const struct site *s, struct strset *ids, struct diag_list *dl)
{
	for (size_t i = 0; i < s->nmatrices; i++) {
		for (size_t k = 0; k < s->matrices[i].nrows; k++) {
			const struct flow_row *row = &s->matrices[i].rows[k];

			if (row->id && !strset_add(ids, row->id) && i > 0)
				diag_error(dl, row->pos, "row %s is a row of another matrix already", row->id);
		}
	}
}


int site_check(const struct site *s, struct diag_list *dl)
{
	struct arena mem = {0};
	struct strset roles = { .mem = &mem }, conditions = { .mem = &mem }, ids = { .mem = &mem };
	size_t errors = dl->errors;
	int err;

	collect(s, &roles, &conditions);
	err = roles.err ? roles.err : conditions.err;
	if (err)
		goto out;

	check_hosts(s, &roles, dl);
	for (size_t i = 0; i < s->nconditions; i++)
		if (!strset_has(&conditions, s->conditions[i]))
			unknown(dl, s->conditions_pos, "condition", s->conditions[i], &conditions);
	check_narrows(s, &roles, dl);
	check_ids(s, &ids, dl);
	err = ids.err;

 out:
	arena_reset(&mem);
	return err ? err : dl->errors > errors ? EBADMSG : 0;
}
