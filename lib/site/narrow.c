#include "lib/site/internal.h"


static const char *const narrow_keys[] = {"from", "to", "ports", NULL};

enum { NARROW_NAMES_MAX = 64 };


static void end_read(struct yaml_reader *r, const struct yaml_node *n, const char *what,
		     const char ***v, size_t *nv, struct diag_pos *pos)
{
	if (!n)
		return;

	*pos = n->pos;
	if (flow_names_read(r, n, what, NARROW_NAMES_MAX, v, nv) && !*nv)
		diag_error(r->dl, n->pos, "an empty list: leave \"%s\" out to keep it as it is", what);
}


void site_narrow_read(struct yaml_reader *r, const struct yaml_node *n,
		      struct site_narrow *nw)
{
	const struct yaml_node *ports;

	if (!yaml_check_map(r, n, "a narrowing", narrow_keys))
		return;

	if (!n->n)
		diag_error(r->dl, n->pos, "narrow %s with \"from\", \"to\" or \"ports\"", nw->row);
	end_read(r, yaml_get(n, "from"), "from", &nw->from, &nw->nfrom, &nw->from_pos);
	end_read(r, yaml_get(n, "to"), "to", &nw->to, &nw->nto, &nw->to_pos);
	ports = yaml_get(n, "ports");
	if (ports)
		(void)flow_ports_read(r, ports, &nw->to_ports, &nw->nto_ports);
}
