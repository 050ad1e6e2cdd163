#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/visavis/flows.h"


static bool is_id(const struct flow_row *row, const char *s)
{
	return !strcasecmp(row->id, s);
}


static bool is_table(const struct flow_row *row, const char *s)
{
	return row->table && !strcasecmp(row->table, s);
}


static bool is_protocol(const struct flow_row *row, const char *s)
{
	return !strcasecmp(row->protocol, s);
}


static bool is_transport(const struct flow_row *row, const char *s)
{
	return !strcasecmp(flow_transport_name(row->transport), s);
}


static bool is_from(const struct flow_row *row, const char *s)
{
	return flow_end_has_role(&row->from, s);
}


static bool is_to(const struct flow_row *row, const char *s)
{
	return flow_end_has_role(&row->to, s);
}


static bool is_role(const struct flow_row *row, const char *s)
{
	return is_from(row, s) || is_to(row, s);
}


/* A port that the row names; what any host may choose says nothing. */
static bool end_has_port(const struct flow_end *e, unsigned long port)
{
	for (size_t i = 0; i < e->nports; i++)
		if (!e->ports[i].ephemeral && e->ports[i].lo <= port && port <= e->ports[i].hi)
			return true;
	return false;
}


static bool is_port(const struct flow_row *row, const char *s)
{
	unsigned long port;

	if (!*s || strlen(s) > 5 || s[strspn(s, "0123456789")])
		return false;
	port = strtoul(s, NULL, 10);
	return end_has_port(&row->from, port) || end_has_port(&row->to, port);
}


static bool end_has_when(const struct flow_end *e, const char *s)
{
	for (size_t i = 0; i < e->nports; i++)
		if (e->ports[i].when && !strcmp(e->ports[i].when, s))
			return true;
	return false;
}


static bool is_when(const struct flow_row *row, const char *s)
{
	return !strcmp(row->when, s) || end_has_when(&row->from, s) || end_has_when(&row->to, s);
}


static bool is_dscp(const struct flow_row *row, const char *s)
{
	char buf[8];

	return !strcasecmp(flow_dscp_str(row->dscp, buf), s);
}


static const struct {
	const char *name;
	bool (*match)(const struct flow_row *row, const char *s);
} fields[] = {
	{"id", is_id}, {"table", is_table}, {"protocol", is_protocol},
	{"transport", is_transport}, {"role", is_role}, {"from", is_from},
	{"to", is_to}, {"port", is_port}, {"when", is_when}, {"dscp", is_dscp},
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };


static bool match_field(const struct flow_row *row, const char *field, const char *s)
{
	for (size_t i = 0; i < FIELDS; i++)
		if ((!field || !strcmp(fields[i].name, field)) && fields[i].match(row, s))
			return true;
	return false;
}


static bool match_text(const struct flow_row *row, const char *s)
{
	const char *const texts[] = {row->id, row->purpose, row->misprint, row->reason, row->protocol};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i] && strcasestr(texts[i], s))
			return true;
	return false;
}


static void keep(struct flows_list *l, const struct flows_filter *f)
{
	bool exact = f->field != NULL;
	size_t n = 0;

	/* "SIP" is the protocol, not every row whose text mentions it. */
	for (size_t i = 0; i < l->n && !exact; i++)
		exact = match_field(l->v[i], NULL, f->value);

	for (size_t i = 0; i < l->n; i++)
		if (exact ? match_field(l->v[i], f->field, f->value) : match_text(l->v[i], f->value))
			l->v[n++] = l->v[i];
	l->n = n;
}


void flows_choose(struct flows_list *l, const struct flows_filter *f, size_t nf)
{
	for (size_t i = 0; i < nf; i++)
		keep(l, &f[i]);
}
