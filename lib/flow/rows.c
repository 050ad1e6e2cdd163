#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strset.h"
#include "lib/flow/parse.h"


static const char *const matrix_keys[] = {"matrix", "rows", NULL};

static const char *const row_keys[] = {
	"id", "table", "row", "protocol", "transport", "icmp", "from",
	"source-ports", "to", "ports", "both-ways", "when", "dscp", "purpose",
	"misprint", "reason", "same-as", NULL,
};

static const struct {
	const char *name;
	enum flow_icmp bit;
} icmp_names[] = {
	{"echo", FLOW_ICMP_ECHO},
	{"unreachable", FLOW_ICMP_UNREACHABLE},
	{"time-exceeded", FLOW_ICMP_TIME_EXCEEDED},
	{"packet-too-big", FLOW_ICMP_PACKET_TOO_BIG},
};

enum { ICMP_NAMES = sizeof(icmp_names) / sizeof(icmp_names[0]) };


static const struct yaml_node *need_key(struct yaml_reader *r, const struct yaml_node *n,
					const char *key)
{
	const struct yaml_node *v = yaml_get(n, key);

	if (!v)
		diag_error(r->dl, n->pos, "this row has no \"%s\"", key);
	return v;
}


static void read_transport(struct yaml_reader *r, const struct yaml_node *n,
			   struct flow_row *row)
{
	const char *s = yaml_str(r, n, "transport");

	/* Whatever was meant, it has ports in most rows. */
	row->transport = FLOW_TCP;
	if (!s)
		return;
	for (enum flow_transport t = FLOW_L2; t <= FLOW_UDP; t++) {
		if (!strcmp(s, flow_transport_name(t))) {
			row->transport = t;
			return;
		}
	}
	diag_error(r->dl, n->pos, "transport is l2, icmp, tcp or udp, not \"%.64s\"", s);
}


static void read_icmp(struct yaml_reader *r, const struct yaml_node *n, struct flow_row *row)
{
	for (size_t i = 0; i < yaml_items(n); i++) {
		const struct yaml_node *item = yaml_item(n, i);
		const char *s = yaml_str(r, item, "an ICMP kind");
		size_t k = 0;

		if (!s)
			continue;
		while (k < ICMP_NAMES && strcmp(s, icmp_names[k].name))
			k++;
		if (k < ICMP_NAMES)
			row->icmp |= icmp_names[k].bit;
		else
			diag_error(r->dl, item->pos, "ICMP kinds are echo, unreachable, time-exceeded "
				   "and packet-too-big, not \"%.64s\"", s);
	}
}


static void read_dscp(struct yaml_reader *r, const struct yaml_node *n, struct flow_row *row)
{
	const char *s = yaml_str(r, n, "dscp");

	if (s && flow_dscp_parse(&row->dscp, s))
		diag_error(r->dl, n->pos, "dscp is a name such as CS3, AF41, EF or a number "
			   "from 0 to 63, not \"%.64s\"", s);
}


static void read_roles(struct yaml_reader *r, const struct yaml_node *n, const char *key,
		       struct flow_end *e)
{
	const struct yaml_node *v = need_key(r, n, key);

	if (!v)
		return;
	if (flow_names_read(r, v, "a role", FLOW_ROLES_MAX, &e->roles, &e->nroles) && !e->nroles)
		diag_error(r->dl, v->pos, "\"%s\" names no role", key);
}


static bool has_ports(const struct flow_row *row)
{
	return row->transport == FLOW_TCP || row->transport == FLOW_UDP;
}


static void refuse_key(struct yaml_reader *r, const struct yaml_node *n, const char *key,
		       const char *why)
{
	const struct yaml_node *k = yaml_get_key(n, key);

	if (k)
		diag_error(r->dl, k->pos, "\"%s\" is for %s", key, why);
}


/* Who opens a flow takes a port of its own choice unless the row says. */
static void default_source(struct yaml_reader *r, struct flow_end *from)
{
	from->ports = arena_calloc(r->a, 1, sizeof(*from->ports));
	if (!from->ports) {
		r->err = ENOMEM;
		return;
	}
	from->ports[0] = (struct flow_port){
		.lo = FLOW_EPHEMERAL_LO, .hi = FLOW_EPHEMERAL_HI, .ephemeral = true
	};
	from->nports = 1;
}


static void read_ends(struct yaml_reader *r, const struct yaml_node *n, struct flow_row *row)
{
	const struct yaml_node *source = yaml_get(n, "source-ports");
	const struct yaml_node *ports = yaml_get(n, "ports");

	read_roles(r, n, "from", &row->from);
	read_roles(r, n, "to", &row->to);

	if (!has_ports(row)) {
		refuse_key(r, n, "ports", "tcp and udp");
		refuse_key(r, n, "source-ports", "tcp and udp");
		return;
	}
	if (source)
		(void)flow_ports_read(r, source, &row->from.ports, &row->from.nports);
	else
		default_source(r, &row->from);
	if (ports)
		(void)flow_ports_read(r, ports, &row->to.ports, &row->to.nports);
	else
		diag_error(r->dl, n->pos, "this row has no \"ports\"; write \"any\" if you mean all");
}


static void read_texts(struct yaml_reader *r, const struct yaml_node *n, struct flow_row *row)
{
	row->table = flow_name_read(r, yaml_get(n, "table"), "table");
	row->purpose = flow_line_read(r, need_key(r, n, "purpose"), "purpose");
	row->misprint = flow_line_read(r, yaml_get(n, "misprint"), "misprint");
	row->reason = flow_line_read(r, yaml_get(n, "reason"), "reason");
	row->same_as = flow_name_read(r, yaml_get(n, "same-as"), "same-as");
	row->when = flow_name_read(r, yaml_get(n, "when"), "a condition");
	if (!row->when)
		row->when = FLOW_WHEN_ALWAYS;
}


static void read_row(struct yaml_reader *r, const struct yaml_node *n, struct flow_row *row)
{
	const struct yaml_node *v;

	row->pos = n->pos;
	if (!yaml_check_map(r, n, "a row", row_keys))
		return;

	row->id = flow_name_read(r, need_key(r, n, "id"), "a row's id");
	row->protocol = flow_name_read(r, need_key(r, n, "protocol"), "protocol");
	v = need_key(r, n, "transport");
	if (v)
		read_transport(r, v, row);
	v = yaml_get(n, "row");
	if (v)
		(void)yaml_uint(r, v, "row", 1, FLOW_ROWS_MAX, &row->number);
	v = yaml_get(n, "both-ways");
	if (v)
		(void)yaml_bool(r, v, "both-ways", &row->both_ways);
	v = yaml_get(n, "dscp");
	if (v)
		read_dscp(r, v, row);

	if (row->transport == FLOW_ICMP) {
		v = need_key(r, n, "icmp");
		if (v)
			read_icmp(r, v, row);
	}
	else
		refuse_key(r, n, "icmp", "transport icmp");

	read_ends(r, n, row);
	read_texts(r, n, row);
}


static int by_id(const void *a, const void *b)
{
	const struct flow_row *x = *(const struct flow_row *const *)a;
	const struct flow_row *y = *(const struct flow_row *const *)b;
	int c = strcmp(x->id, y->id);

	return c ? c : (x > y) - (x < y);
}


static const struct flow_row *lookup(const struct flow_row **v, size_t n, const char *id)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(v[mid]->id, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && !strcmp(v[lo]->id, id) ? v[lo] : NULL;
}


static void check_same_as(struct yaml_reader *r, const struct flow_row **v, size_t n,
			  const struct flow_row *row)
{
	const struct flow_row *o = lookup(v, n, row->same_as);

	if (!o)
		diag_error(r->dl, row->pos, "row %s is the same as %s, which is no row",
			   row->id, row->same_as);
	else if (o->same_as || o == row)
		diag_error(r->dl, row->pos, "row %s is the same as %s, which must be a row "
			   "without same-as", row->id, row->same_as);
	else if (o->transport != row->transport)
		diag_error(r->dl, row->pos, "row %s is the same as %s, but their transports differ",
			   row->id, row->same_as);
}


static void check_ids(struct yaml_reader *r, struct flow_matrix *m)
{
	const struct flow_row **v = arena_calloc(r->a, m->nrows + 1, sizeof(*v));
	size_t n = 0;

	if (!v) {
		r->err = ENOMEM;
		return;
	}
	for (size_t i = 0; i < m->nrows; i++)
		if (m->rows[i].id)
			v[n++] = &m->rows[i];
	qsort(v, n, sizeof(*v), by_id);

	for (size_t i = 1; i < n; i++)
		if (!strcmp(v[i]->id, v[i - 1]->id))
			diag_error(r->dl, v[i]->pos, "row %s is given twice (first in line %u)",
				   v[i]->id, v[i - 1]->pos.line);
	for (size_t i = 0; i < n; i++)
		if (v[i]->same_as && !r->partial)
			check_same_as(r, v, n, v[i]);
}


static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}


static void end_roles(struct strset *ns, const struct flow_end *e)
{
	for (size_t i = 0; i < e->nroles; i++)
		if (strcmp(e->roles[i], FLOW_ROLE_ANY) && strcmp(e->roles[i], FLOW_ROLE_BROADCAST) &&
		    strcmp(e->roles[i], FLOW_ROLE_UNSPECIFIED))
			(void)strset_add(ns, e->roles[i]);
}


static void collect_roles(struct yaml_reader *r, struct flow_matrix *m)
{
	struct strset ns = { .mem = r->a };

	for (size_t i = 0; i < m->nrows; i++) {
		end_roles(&ns, &m->rows[i].from);
		end_roles(&ns, &m->rows[i].to);
	}
	if (ns.err) {
		r->err = ns.err;
		return;
	}
	if (ns.n)
		qsort(ns.v, ns.n, sizeof(*ns.v), by_name);
	m->roles = ns.v;
	m->nroles = ns.n;
}


static void read_matrix(struct yaml_reader *r, const struct yaml_node *root,
			struct flow_matrix *m)
{
	const struct yaml_node *rows;

	if (!root) {
		if (r->partial)
			return;
		diag_error(r->dl, ((struct diag_pos){r->file, 1, 1}), "the file is empty");
		return;
	}
	if (!yaml_check_map(r, root, "a matrix", matrix_keys))
		return;

	m->name = flow_name_read(r, yaml_get(root, "matrix"), "a matrix's name");
	rows = yaml_get(root, "rows");
	if (!yaml_get(root, "matrix") && !r->partial)
		diag_error(r->dl, root->pos, "this matrix has no \"matrix: NAME\"");
	if (!rows && r->partial)
		return;
	if (!rows || rows->kind != YAML_LIST || rows->n > FLOW_ROWS_MAX) {
		diag_error(r->dl, rows ? rows->pos : root->pos,
			   "a matrix needs \"rows:\", a list of at most %d", FLOW_ROWS_MAX);
		return;
	}

	m->rows = arena_calloc(r->a, rows->n + 1, sizeof(*m->rows));
	if (!m->rows) {
		r->err = ENOMEM;
		return;
	}
	m->nrows = rows->n;
	for (size_t i = 0; i < rows->n; i++)
		read_row(r, rows->v[i], &m->rows[i]);
	check_ids(r, m);
	collect_roles(r, m);
}


int flow_matrix_parse(struct flow_matrix *m, struct arena *a,
		      const char *text, size_t len, const char *name,
		      struct diag_list *dl)
{
	struct yaml_reader r = { .a = a, .dl = dl, .file = arena_strdup(a, name) };
	size_t errors = dl->errors;
	struct yaml_node *root;
	int err;

	memset(m, 0, sizeof(*m));
	if (!r.file)
		return ENOMEM;

	err = yaml_read(&root, &r, text, len);
	if (err)
		return err;

	read_matrix(&r, root, m);
	if (r.err)
		return r.err;
	return dl->errors > errors ? EBADMSG : 0;
}
