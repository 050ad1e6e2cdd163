#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/flows_blob.h"
#include "lib/flow/flow.h"


int flow_matrix_builtin(struct flow_matrix *m, struct arena *a)
{
	struct diag_list dl = {0};
	int err = flow_matrix_parse(m, a, (const char *)flows_blob, flows_blob_len,
				    "data/flows.yaml", &dl);

	diag_reset(&dl);
	return err ? ENOMEM : 0;
}


const struct flow_row *flow_matrix_find(const struct flow_matrix *m, const char *id)
{
	for (size_t i = 0; i < m->nrows; i++)
		if (!strcmp(m->rows[i].id, id))
			return &m->rows[i];
	return NULL;
}


static int role_cmp(const void *role, const void *entry)
{
	return strcmp(role, *(const char *const *)entry);
}


bool flow_matrix_has_role(const struct flow_matrix *m, const char *role)
{
	return m->nroles && bsearch(role, m->roles, m->nroles, sizeof(*m->roles), role_cmp);
}
