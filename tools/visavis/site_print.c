#include <inttypes.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "lib/site/option.h"
#include "tools/visavis/out.h"
#include "tools/visavis/site_print.h"


static void put_names(struct sbuf *sb, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sbuf_printf(sb, "%s%s", i ? ", " : "", v[i]);
}


/* As a site file has it: "20M". */
static void put_bandwidth(struct sbuf *sb, uint64_t bps)
{
	static const char *const units[] = {"", "k", "M", "G"};
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(units[0]) && bps % 1000 == 0) {
		bps /= 1000;
		i++;
	}
	sbuf_printf(sb, "%" PRIu64 "%s", bps, units[i]);
}


static void text_networks(struct sbuf *sb, const struct site *s)
{
	char buf[IP_STRLEN];

	sbuf_puts(sb, "\nnetworks\n");
	for (size_t i = 0; i < s->nnetworks; i++) {
		sbuf_printf(sb, "  %-16s", s->networks[i].name);
		for (size_t k = 0; k < s->networks[i].nprefixes; k++)
			sbuf_printf(sb, "%s%s", k ? ", " : " ",
				    ip_prefix_str(&s->networks[i].prefixes[k], buf));
		if (s->networks[i].bandwidth) {
			sbuf_puts(sb, ", link ");
			put_bandwidth(sb, s->networks[i].bandwidth);
		}
		sbuf_putc(sb, '\n');
	}
}


static void text_host(struct sbuf *sb, const struct site_host *h)
{
	char buf[IP_STRLEN];

	sbuf_printf(sb, "  %-16s ", h->name);
	put_names(sb, h->roles, h->nroles);
	for (size_t i = 0; i < h->naddrs; i++)
		sbuf_printf(sb, "%s%s (%s)", i ? ", " : " at ", ip_range_str(&h->addrs[i], buf),
			    h->networks[i]->name);
	if (h->number)
		sbuf_printf(sb, ", number %s", h->number);
	if (h->screens > 1)
		sbuf_printf(sb, ", %u screens", h->screens);
	sbuf_putc(sb, '\n');
	for (size_t i = 0; i < h->nsettings; i++)
		sbuf_printf(sb, "  %-16s   %s: %s\n", "", h->settings[i].key, h->settings[i].value);
}


static void text_firewall(struct sbuf *sb, const struct site_firewall *fw)
{
	sbuf_printf(sb, "  %-16s %s\n", fw->name, fw->dialect);
	for (size_t i = 0; i < fw->ninterfaces; i++) {
		const struct site_interface *ifc = &fw->interfaces[i];

		sbuf_printf(sb, "  %-16s   %-8s ", "", ifc->name);
		for (size_t k = 0; k < ifc->nnetworks; k++)
			sbuf_printf(sb, "%s%s", k ? ", " : "", ifc->networks[k]->name);
		sbuf_putc(sb, '\n');
	}
}


static void text_narrow(struct sbuf *sb, const struct site_narrow *nw)
{
	struct flow_end ports = { .ports = nw->to_ports, .nports = nw->nto_ports };
	char buf[256];

	sbuf_printf(sb, "  %-16s", nw->row);
	if (nw->nfrom) {
		sbuf_puts(sb, " from ");
		put_names(sb, nw->from, nw->nfrom);
	}
	if (nw->nto) {
		sbuf_puts(sb, " to ");
		put_names(sb, nw->to, nw->nto);
	}
	if (nw->to_ports)
		sbuf_printf(sb, " ports %s", flow_ports_str(&ports, buf, sizeof(buf)));
	sbuf_putc(sb, '\n');
}


static size_t rows_applying(const struct site *s, size_t *total)
{
	size_t n = 0;

	*total = 0;
	for (size_t i = 0; i < s->nmatrices; i++) {
		*total += s->matrices[i].nrows;
		for (size_t k = 0; k < s->matrices[i].nrows; k++)
			n += site_row_applies(s, &s->matrices[i].rows[k]);
	}
	return n;
}


void site_print_text(struct sbuf *sb, const struct site *s)
{
	size_t total, n = rows_applying(s, &total);

	sbuf_printf(sb, "site %s, security %s\n", s->name, s->security ? "on" : "off");
	text_networks(sb, s);
	sbuf_puts(sb, "\nhosts\n");
	for (size_t i = 0; i < s->nhosts; i++)
		text_host(sb, &s->hosts[i]);
	if (s->nfirewalls)
		sbuf_puts(sb, "\nfirewalls\n");
	for (size_t i = 0; i < s->nfirewalls; i++)
		text_firewall(sb, &s->firewalls[i]);
	if (s->nconditions) {
		sbuf_puts(sb, "\nconditions switched on\n  ");
		put_names(sb, s->conditions, s->nconditions);
		sbuf_putc(sb, '\n');
	}
	if (s->nnarrows)
		sbuf_puts(sb, "\nnarrowed rows\n");
	for (size_t i = 0; i < s->nnarrows; i++)
		text_narrow(sb, &s->narrows[i]);
	sbuf_puts(sb, "\nmatrices\n");
	for (size_t i = 0; i < s->nmatrices; i++)
		sbuf_printf(sb, "  %-16s %zu rows%s%s\n", s->matrices[i].name, s->matrices[i].nrows,
			    i ? ", " : "", i ? s->matrix_files[i - 1] : "");
	sbuf_printf(sb, "\n%zu of %zu rows apply here; visavis flows --site lists them\n", n, total);
}


static void json_names(struct jsonw *w, const char *key, const char *const *v, size_t n)
{
	jsonw_list_open(w, key);
	for (size_t i = 0; i < n; i++)
		jsonw_str(w, NULL, v[i]);
	jsonw_close(w);
}


static void json_network(struct jsonw *w, const struct site_network *net)
{
	char buf[IP_STRLEN];

	jsonw_object_open(w, NULL);
	jsonw_str(w, "name", net->name);
	jsonw_list_open(w, "prefixes");
	for (size_t i = 0; i < net->nprefixes; i++)
		jsonw_str(w, NULL, ip_prefix_str(&net->prefixes[i], buf));
	jsonw_close(w);
	if (net->bandwidth)
		jsonw_uint(w, "bandwidth_bps", (unsigned long)net->bandwidth);
	else
		jsonw_null(w, "bandwidth_bps");
	jsonw_close(w);
}


static void json_host(struct jsonw *w, const struct site_host *h)
{
	char buf[IP_STRLEN];

	jsonw_object_open(w, NULL);
	jsonw_str(w, "name", h->name);
	json_names(w, "roles", h->roles, h->nroles);
	jsonw_array_open(w, "addresses");
	for (size_t i = 0; i < h->naddrs; i++) {
		jsonw_object_open(w, NULL);
		jsonw_str(w, "address", ip_range_str(&h->addrs[i], buf));
		jsonw_str(w, "network", h->networks[i]->name);
		jsonw_close(w);
	}
	jsonw_close(w);
	jsonw_str(w, "number", h->number);
	jsonw_uint(w, "screens", h->screens);
	jsonw_object_open(w, "settings");
	for (size_t i = 0; i < h->nsettings; i++)
		jsonw_str(w, h->settings[i].key, h->settings[i].value);
	jsonw_close(w);
	jsonw_close(w);
}


static void json_firewall(struct jsonw *w, const struct site_firewall *fw)
{
	jsonw_object_open(w, NULL);
	jsonw_str(w, "name", fw->name);
	jsonw_str(w, "dialect", fw->dialect);
	jsonw_array_open(w, "interfaces");
	for (size_t i = 0; i < fw->ninterfaces; i++) {
		jsonw_object_open(w, NULL);
		jsonw_str(w, "name", fw->interfaces[i].name);
		jsonw_list_open(w, "networks");
		for (size_t k = 0; k < fw->interfaces[i].nnetworks; k++)
			jsonw_str(w, NULL, fw->interfaces[i].networks[k]->name);
		jsonw_close(w);
		jsonw_close(w);
	}
	jsonw_close(w);
	jsonw_close(w);
}


static void json_narrow(struct jsonw *w, const struct site_narrow *nw)
{
	struct flow_end ports = { .ports = nw->to_ports, .nports = nw->nto_ports };
	char buf[256];

	jsonw_object_open(w, NULL);
	jsonw_str(w, "row", nw->row);
	json_names(w, "from", nw->from, nw->nfrom);
	json_names(w, "to", nw->to, nw->nto);
	jsonw_str(w, "ports", nw->to_ports ? flow_ports_str(&ports, buf, sizeof(buf)) : NULL);
	jsonw_close(w);
}


static void json_matrices(struct jsonw *w, const struct site *s)
{
	size_t total, n = rows_applying(s, &total);

	jsonw_array_open(w, "matrices");
	for (size_t i = 0; i < s->nmatrices; i++) {
		jsonw_object_open(w, NULL);
		jsonw_str(w, "name", s->matrices[i].name);
		jsonw_str(w, "file", i ? s->matrix_files[i - 1] : NULL);
		jsonw_uint(w, "rows", s->matrices[i].nrows);
		jsonw_close(w);
	}
	jsonw_close(w);
	jsonw_uint(w, "rows", total);
	jsonw_uint(w, "rows_applying", n);
}


void site_print_json(struct sbuf *sb, const struct site *s)
{
	struct jsonw w = { .sb = sb };

	jsonw_object_open(&w, NULL);
	jsonw_str(&w, "site", s->name);
	jsonw_bool(&w, "security", s->security);
	jsonw_array_open(&w, "networks");
	for (size_t i = 0; i < s->nnetworks; i++)
		json_network(&w, &s->networks[i]);
	jsonw_close(&w);
	jsonw_array_open(&w, "hosts");
	for (size_t i = 0; i < s->nhosts; i++)
		json_host(&w, &s->hosts[i]);
	jsonw_close(&w);
	jsonw_array_open(&w, "firewalls");
	for (size_t i = 0; i < s->nfirewalls; i++)
		json_firewall(&w, &s->firewalls[i]);
	jsonw_close(&w);
	json_names(&w, "conditions", s->conditions, s->nconditions);
	jsonw_array_open(&w, "narrow");
	for (size_t i = 0; i < s->nnarrows; i++)
		json_narrow(&w, &s->narrows[i]);
	jsonw_close(&w);
	json_matrices(&w, s);
	jsonw_close(&w);
}


void site_print_options(struct sbuf *sb, bool markdown)
{
	if (markdown)
		sbuf_puts(sb, "| setting | value | default | meaning |\n|---|---|---|---|\n");

	for (const struct site_option *o = site_options; o->key; o++) {
		if (!markdown) {
			sbuf_printf(sb, "%s: %s%s%s\n    ", o->key, o->form,
				    *o->def ? "; default " : "", o->def);
			out_wrap(sb, 4, 4, out_width(), o->help);
			continue;
		}
		sbuf_printf(sb, "| `%s` | ", o->key);
		out_markdown(sb, o->form);
		sbuf_printf(sb, " | %s | ", o->def);
		out_markdown(sb, o->help);
		sbuf_puts(sb, " |\n");
	}
}


void site_print_mistakes(struct sbuf *sb, const struct diag_list *dl)
{
	struct jsonw w = { .sb = sb };

	jsonw_object_open(&w, NULL);
	jsonw_bool(&w, "ok", dl->errors == 0);
	jsonw_array_open(&w, "mistakes");
	for (size_t i = 0; i < dl->n; i++) {
		jsonw_object_open(&w, NULL);
		jsonw_str(&w, "file", dl->v[i].pos.file);
		jsonw_uint(&w, "line", dl->v[i].pos.line);
		jsonw_uint(&w, "column", dl->v[i].pos.col);
		jsonw_str(&w, "level", dl->v[i].level == DIAG_ERROR ? "error" : "warning");
		jsonw_str(&w, "message", dl->v[i].msg);
		jsonw_close(&w);
	}
	jsonw_close(&w);
	jsonw_close(&w);
}
