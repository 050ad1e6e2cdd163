#include <stdio.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "tools/visavis/flows.h"
#include "tools/visavis/out.h"

enum { TEXT_INDENT = 20 };

static const char *const icmp_kinds[] = {"echo", "unreachable", "time-exceeded", "packet-too-big"};

enum { ICMP_KINDS = sizeof(icmp_kinds) / sizeof(icmp_kinds[0]) };


static bool port_shown(const struct flows_list *l, const struct flow_port *p)
{
	return !l->site || site_condition(l->site, p->when);
}


static void put_roles(struct sbuf *sb, const struct flow_end *e, const char *sep)
{
	for (size_t i = 0; i < e->nroles; i++)
		sbuf_printf(sb, "%s%s", i ? sep : "", e->roles[i]);
}


static void put_icmp(struct sbuf *sb, const struct flow_row *row, const char *sep)
{
	const char *s = "";

	for (size_t i = 0; i < ICMP_KINDS; i++) {
		if (row->icmp & 1u << i) {
			sbuf_printf(sb, "%s%s", s, icmp_kinds[i]);
			s = sep;
		}
	}
}


static void put_port(struct sbuf *sb, const struct flow_port *p)
{
	if (p->ephemeral)
		sbuf_puts(sb, "ephemeral");
	else if (p->lo == p->hi)
		sbuf_printf(sb, "%u", p->lo);
	else
		sbuf_printf(sb, "%u-%u", p->lo, p->hi);
}


/* "5061 TLS (secure), 5060 (insecure)" */
static void put_ports(struct sbuf *sb, const struct flows_list *l, const struct flow_row *row,
		      const struct flow_end *e)
{
	const char *sep = "";

	if (row->transport == FLOW_ICMP)
		put_icmp(sb, row, ", ");
	else if (row->transport == FLOW_L2)
		sbuf_putc(sb, '-');
	else if (!e->nports)
		sbuf_puts(sb, "any");

	for (size_t i = 0; i < e->nports; i++) {
		const struct flow_port *p = &e->ports[i];

		if (!port_shown(l, p))
			continue;
		sbuf_puts(sb, sep);
		put_port(sb, p);
		sbuf_puts(sb, p->tls ? " TLS" : "");
		if (p->when)
			sbuf_printf(sb, " (%s)", p->when);
		sep = ", ";
	}
}


static bool free_source(const struct flow_end *e)
{
	return !e->nports || e->ports[0].ephemeral;
}


static void put_flow(struct sbuf *sb, const struct flows_list *l, const struct flow_row *row)
{
	char dscp[8];

	put_roles(sb, &row->from, ", ");
	if (!free_source(&row->from)) {
		sbuf_putc(sb, ' ');
		put_ports(sb, l, row, &row->from);
	}
	sbuf_puts(sb, row->both_ways ? " <-> " : " -> ");
	put_roles(sb, &row->to, ", ");
	if (row->transport != FLOW_L2 && row->transport != FLOW_ICMP && !row->to.nports)
		sbuf_puts(sb, ", any port");
	else if (row->transport != FLOW_L2) {
		sbuf_puts(sb, row->transport == FLOW_ICMP ? ": " : " ");
		put_ports(sb, l, row, &row->to);
	}
	if (strcmp(row->when, FLOW_WHEN_ALWAYS))
		sbuf_printf(sb, " [%s]", row->when);
	if (row->dscp)
		sbuf_printf(sb, " %s", flow_dscp_str(row->dscp, dscp));
}


static void put_detail(struct sbuf *sb, const char *label, const char *text)
{
	if (!text)
		return;
	sbuf_printf(sb, "%*s%-9s ", TEXT_INDENT, "", label);
	out_wrap(sb, TEXT_INDENT + 10, TEXT_INDENT + 10, out_width(), text);
}


static void put_text_row(struct sbuf *sb, const struct flows_list *l, const struct flow_row *row)
{
	struct sbuf flow = {0};
	char kind[80];

	(void)snprintf(kind, sizeof(kind), "%s/%s", row->protocol, flow_transport_name(row->transport));
	put_flow(&flow, l, row);
	sbuf_printf(sb, "%-7s%-12s ", row->id, kind);
	out_wrap(sb, TEXT_INDENT, TEXT_INDENT, out_width(), sbuf_str(&flow));
	sbuf_printf(sb, "%*s", TEXT_INDENT, "");
	out_wrap(sb, TEXT_INDENT, TEXT_INDENT, out_width(), row->purpose);
	if (flow.err)
		sb->err = flow.err;
	sbuf_reset(&flow);
	if (!l->verbose)
		return;

	put_detail(sb, "misprint", row->misprint);
	put_detail(sb, "reason", row->reason);
	put_detail(sb, "same as", row->same_as);
}


void flows_print_text(struct sbuf *sb, const struct flows_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		put_text_row(sb, l, l->v[i]);
	sbuf_printf(sb, "%zu of %zu rows%s\n", l->n, l->total,
		    l->verbose ? "" : "; --long shows misprints and reasons");
}


static void json_roles(struct jsonw *w, const char *key, const struct flow_end *e)
{
	jsonw_list_open(w, key);
	for (size_t i = 0; i < e->nroles; i++)
		jsonw_str(w, NULL, e->roles[i]);
	jsonw_close(w);
}


static void json_ports(struct jsonw *w, const char *key, const struct flows_list *l,
		       const struct flow_end *e)
{
	jsonw_array_open(w, key);
	for (size_t i = 0; i < e->nports; i++) {
		if (!port_shown(l, &e->ports[i]))
			continue;
		jsonw_object_open(w, NULL);
		jsonw_uint(w, "first", e->ports[i].lo);
		jsonw_uint(w, "last", e->ports[i].hi);
		jsonw_bool(w, "ephemeral", e->ports[i].ephemeral);
		jsonw_bool(w, "tls", e->ports[i].tls);
		jsonw_str(w, "when", e->ports[i].when ? e->ports[i].when : FLOW_WHEN_ALWAYS);
		jsonw_close(w);
	}
	jsonw_close(w);
}


static void json_ends(struct jsonw *w, const struct flows_list *l, const struct flow_row *row)
{
	json_roles(w, "from", &row->from);
	json_ports(w, "source_ports", l, &row->from);
	json_roles(w, "to", &row->to);
	json_ports(w, "ports", l, &row->to);
	jsonw_list_open(w, "icmp");
	for (size_t i = 0; i < ICMP_KINDS; i++)
		if (row->icmp & 1u << i)
			jsonw_str(w, NULL, icmp_kinds[i]);
	jsonw_close(w);
}


static void json_row(struct jsonw *w, const struct flows_list *l, const struct flow_row *row)
{
	char dscp[8];

	jsonw_object_open(w, NULL);
	jsonw_str(w, "id", row->id);
	jsonw_str(w, "table", row->table);
	if (row->number)
		jsonw_uint(w, "row", row->number);
	else
		jsonw_str(w, "row", NULL);
	jsonw_str(w, "protocol", row->protocol);
	jsonw_str(w, "transport", flow_transport_name(row->transport));
	json_ends(w, l, row);
	jsonw_bool(w, "both_ways", row->both_ways);
	jsonw_str(w, "when", row->when);
	jsonw_str(w, "dscp", flow_dscp_str(row->dscp, dscp));
	jsonw_str(w, "purpose", row->purpose);
	jsonw_str(w, "misprint", row->misprint);
	jsonw_str(w, "reason", row->reason);
	jsonw_str(w, "same_as", row->same_as);
	jsonw_close(w);
}


void flows_print_json(struct sbuf *sb, const struct flows_list *l)
{
	struct jsonw w = { .sb = sb };

	jsonw_object_open(&w, NULL);
	jsonw_array_open(&w, "rows");
	for (size_t i = 0; i < l->n; i++)
		json_row(&w, l, l->v[i]);
	jsonw_close(&w);
	jsonw_close(&w);
}


/* One field made by a writer, quoted where CSV needs it. */
#define CSV_FIELD(sb, sep, ...)					\
	do {							\
		struct sbuf field = {0};			\
		__VA_ARGS__;					\
		sbuf_put_csv(sb, sbuf_str(&field));			\
		sbuf_puts(sb, sep);				\
		if (field.err)					\
			(sb)->err = field.err;			\
		sbuf_reset(&field);				\
	} while (0)


static void csv_row(struct sbuf *sb, const struct flows_list *l, const struct flow_row *row)
{
	char dscp[8];

	sbuf_printf(sb, "%s,%s,", row->id, row->table ? row->table : "");
	if (row->number)
		sbuf_printf(sb, "%u", row->number);
	sbuf_printf(sb, ",%s,%s,", row->protocol, flow_transport_name(row->transport));
	CSV_FIELD(sb, ",", put_roles(&field, &row->from, " "));
	CSV_FIELD(sb, ",", put_ports(&field, l, row, &row->from));
	CSV_FIELD(sb, ",", put_roles(&field, &row->to, " "));
	CSV_FIELD(sb, ",", put_ports(&field, l, row, &row->to));
	sbuf_printf(sb, "%s,%s,%s,", row->both_ways ? "yes" : "no", row->when,
		    flow_dscp_str(row->dscp, dscp));
	CSV_FIELD(sb, ",", sbuf_puts(&field, row->purpose));
	CSV_FIELD(sb, ",", sbuf_puts(&field, row->misprint ? row->misprint : ""));
	CSV_FIELD(sb, ",", sbuf_puts(&field, row->reason ? row->reason : ""));
	sbuf_printf(sb, "%s\n", row->same_as ? row->same_as : "");
}


void flows_print_csv(struct sbuf *sb, const struct flows_list *l)
{
	sbuf_puts(sb, "id,table,row,protocol,transport,from,source_ports,to,ports,both_ways,when,"
		  "dscp,purpose,misprint,reason,same_as\n");
	for (size_t i = 0; i < l->n; i++)
		csv_row(sb, l, l->v[i]);
}


static void markdown_heading(struct sbuf *sb, const struct flow_row *row)
{
	if (row->table)
		sbuf_printf(sb, "\n## Table %s\n", row->table);
	else
		sbuf_puts(sb, "\n## Rows of our own\n");
	sbuf_puts(sb, "\n| row | protocol | from | port | to | port | when | DSCP | purpose |\n"
		  "|---|---|---|---|---|---|---|---|---|\n");
}


static void markdown_note(struct sbuf *sb, const char *label, const char *text)
{
	if (!text)
		return;
	sbuf_printf(sb, " *%s:* ", label);
	out_markdown(sb, text);
}


static void markdown_row(struct sbuf *sb, const struct flows_list *l, const struct flow_row *row)
{
	char dscp[8];

	sbuf_printf(sb, "| %s | %s %s | ", row->id, row->protocol, flow_transport_name(row->transport));
	put_roles(sb, &row->from, ", ");
	sbuf_puts(sb, " | ");
	if (row->transport == FLOW_ICMP)
		sbuf_putc(sb, '-');
	else
		put_ports(sb, l, row, &row->from);
	sbuf_puts(sb, row->both_ways ? " | ⇄ " : " | ");
	put_roles(sb, &row->to, ", ");
	sbuf_puts(sb, " | ");
	put_ports(sb, l, row, &row->to);
	sbuf_printf(sb, " | %s | %s | ", row->when, flow_dscp_str(row->dscp, dscp));
	out_markdown(sb, row->purpose);
	markdown_note(sb, "Misprint", row->misprint);
	markdown_note(sb, "Reason", row->reason);
	if (row->same_as)
		sbuf_printf(sb, " Same flow as %s.", row->same_as);
	sbuf_puts(sb, " |\n");
}


void flows_print_markdown(struct sbuf *sb, const struct flows_list *l)
{
	sbuf_puts(sb, "# Who talks to whom\n\nPrinted by `visavis flows --markdown`. Conditions in "
		  "brackets and in the column \"when\" are explained\nin the reference of the site file.\n");
	for (size_t i = 0; i < l->n; i++) {
		const char *t = l->v[i]->table ? l->v[i]->table : "";

		if (!i || strcmp(t, l->v[i - 1]->table ? l->v[i - 1]->table : ""))
			markdown_heading(sb, l->v[i]);
		markdown_row(sb, l, l->v[i]);
	}
}


/** What the tables of the source document speak of, and its names for it */
static const struct {
	const char *table, *system, *role, *known_as;
} systems[] = {
	{"A-2", "the room", "codec", "CTS primary codec"},
	{"A-3", "the telephone", "phone", "Unified IP Phone"},
	{"A-4", "the manager with Exchange", "manager", "CTS-Manager"},
	{"A-5", "the manager with Domino", "manager", "CTS-Manager"},
	{"A-6", "the multipoint switch", "multipoint", "CTMS"},
	{"A-7", "the recording server", "recorder", "CTRS"},
	{"A-8", "measuring a path", "sla-agent, sla-responder", "IP SLA agent and responder"},
	{"A-9", "the gateway", "gateway", "MXE"},
	{"", "call control", "callcontrol", "Unified CM"},
};

enum { NSYSTEMS = sizeof(systems) / sizeof(systems[0]) };


static void table_heading(struct sbuf *sb, const struct flow_row *row)
{
	if (!row->table) {
		sbuf_puts(sb, "\n## Rows of our own\n");
	} else {
		sbuf_printf(sb, "\n## Table %s", row->table);
		for (size_t i = 0; i < NSYSTEMS; i++)
			if (!strcmp(systems[i].table, row->table))
				sbuf_printf(sb, ": %s", systems[i].system);
		sbuf_putc(sb, '\n');
	}
	sbuf_puts(sb, "\n| protocol | TCP or UDP | source device:port | destination device:port "
		  "| usage |\n|---|---|---|---|---|\n");
}


/** "TCP"; ICMP and the link layer have no ports. */
static const char *transport_title(enum flow_transport t)
{
	return t == FLOW_TCP ? "TCP" : t == FLOW_UDP ? "UDP" : "-";
}


static void table_row(struct sbuf *sb, const struct flows_list *l, const struct flow_row *row)
{
	sbuf_printf(sb, "| %s | %s | ", row->protocol, transport_title(row->transport));
	put_roles(sb, &row->from, ", ");
	if (row->transport == FLOW_TCP || row->transport == FLOW_UDP) {
		sbuf_putc(sb, ':');
		put_ports(sb, l, row, &row->from);
	}
	sbuf_puts(sb, row->both_ways ? " | ⇄ " : " | ");
	put_roles(sb, &row->to, ", ");
	if (row->transport != FLOW_L2) {
		sbuf_putc(sb, ':');
		put_ports(sb, l, row, &row->to);
	}
	sbuf_puts(sb, " | ");
	out_markdown(sb, row->purpose);
	if (strcmp(row->when, FLOW_WHEN_ALWAYS) != 0)
		sbuf_printf(sb, " (when: %s)", row->when);
	sbuf_printf(sb, " *%s* |\n", row->id);
}


void flows_print_tables(struct sbuf *sb, const struct flows_list *l)
{
	sbuf_puts(sb, "# Port tables by system\n\nPrinted by `visavis flows --tables`: the matrix in the "
		  "layout that readers of Cisco's port tables\nknow, one table a system. Ports that "
		  "the opener chooses are *ephemeral*: 1024-65535. Each usage\nends in the row's id.\n\n"
		  "| here | there | tables |\n|---|---|---|\n");
	for (size_t i = 0; i < NSYSTEMS; i++)
		sbuf_printf(sb, "| %s | %s | %s |\n", systems[i].role, systems[i].known_as,
			    *systems[i].table ? systems[i].table : "in the others");
	for (size_t i = 0; i < l->n; i++) {
		const char *t = l->v[i]->table ? l->v[i]->table : "";

		if (!i || strcmp(t, l->v[i - 1]->table ? l->v[i - 1]->table : ""))
			table_heading(sb, l->v[i]);
		table_row(sb, l, l->v[i]);
	}
}
