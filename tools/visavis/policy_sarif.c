/* SARIF 2.1.0, the form that code hosts show beside the lines of a change. */
#include "lib/base/jsonw.h"
#include "lib/policy/pset/show.h"
#include "tools/visavis/policy.h"

static const struct {
	const char *id;
	const char *text;
	const char *level;
} rules[] = {
	{"unreachable", "A line that never matches", "warning"},
	{"duplicate", "A line that stands twice", "warning"},
	{"redundant", "A line that makes no difference", "note"},
	{"out-of-steps", "A question that took too many steps", "warning"},
	{"blocked", "A required flow that does not pass", "error"},
	{"excess", "Packets permitted beyond need", "warning"},
	{"unknown", "A line that was not understood", "warning"},
};

enum { BLOCKED = 4, EXCESS, UNKNOWN, NRULES };


static void write_rules(struct jsonw *w)
{
	jsonw_array_open(w, "rules");
	for (int i = 0; i < NRULES; i++) {
		jsonw_object_open(w, NULL);
		jsonw_str(w, "id", rules[i].id);
		jsonw_object_open(w, "shortDescription");
		jsonw_str(w, "text", rules[i].text);
		jsonw_close(w);
		jsonw_close(w);
	}
	jsonw_close(w);
}


static void write_result(struct jsonw *w, int rule, const char *file, unsigned line,
			 struct sbuf *text)
{
	jsonw_object_open(w, NULL);
	jsonw_str(w, "ruleId", rules[rule].id);
	jsonw_str(w, "level", rules[rule].level);
	jsonw_object_open(w, "message");
	jsonw_str(w, "text", sbuf_str(text));
	jsonw_close(w);
	jsonw_array_open(w, "locations");
	jsonw_object_open(w, NULL);
	jsonw_object_open(w, "physicalLocation");
	jsonw_object_open(w, "artifactLocation");
	jsonw_str(w, "uri", file);
	jsonw_close(w);
	jsonw_object_open(w, "region");
	jsonw_uint(w, "startLine", line ? line : 1);
	jsonw_close(w);
	jsonw_close(w);
	jsonw_close(w);
	jsonw_close(w);
	jsonw_close(w);
	sbuf_reset(text);
}


static void write_lint(struct jsonw *w, const struct config *c, const struct lint *lt)
{
	for (size_t i = 0; i < lt->n; i++) {
		const struct lint_finding *f = &lt->v[i];
		struct sbuf text = {0};

		sbuf_puts(&text, rules[f->kind].text);
		for (size_t k = 0; k < f->nby && k < 16; k++)
			sbuf_printf(&text, "%s %u", k ? "," : ", because of line",
				    f->by[k].rule->line);
		if (f->nby > 16)
			sbuf_printf(&text, " and %zu more", f->nby - 16);
		write_result(w, (int)f->kind, c->file, f->at.rule->line, &text);
	}
}


static void write_unknown(struct jsonw *w, const struct config *c)
{
	for (size_t i = 0; i < c->nunknown; i++) {
		struct sbuf text = {0};

		sbuf_printf(&text, "Not understood: %s", c->unknown[i].reason);
		write_result(w, UNKNOWN, c->file, c->unknown[i].line, &text);
	}
}


static void write_flow(struct jsonw *w, const struct audit *au, const struct audit_flow *f)
{
	const struct audit_lines *l = f->block.n ? &f->block : &f->unknown;
	const struct audit_line *at = l->n ? &l->v[0] : NULL;
	const char *file = at ? at->config->file : au->device.configs[0]->file;
	unsigned line = !at ? 1 : at->rule ? at->rule->line : at->list->line;
	struct sbuf text = {0};
	char mark[8];

	sbuf_puts(&text, "Required flow ");
	policy_put_rows(&text, f->rule);
	sbuf_printf(&text, " is %s", audit_verdict_name(f->verdict));
	if (f->has_witness) {
		sbuf_puts(&text, ": ");
		show_packet(&text, &f->witness);
	}
	if (f->own_mark)
		sbuf_printf(&text, "; permitted with its mark %s only",
			    flow_dscp_str(f->rule->need->rows[0]->dscp, mark));
	write_result(w, BLOCKED, file, line, &text);
}


static void write_audit(struct jsonw *w, const struct audit *au)
{
	for (size_t i = 0; i < au->nflows; i++)
		if (au->flows[i].verdict != AUDIT_PERMITTED)
			write_flow(w, au, &au->flows[i]);
	for (size_t i = 0; i < au->nexcess; i++) {
		const struct audit_excess *x = &au->excess[i];
		const char *file = x->line.config ? x->line.config->file
						  : au->device.configs[0]->file;
		struct sbuf text = {0};

		sbuf_puts(&text, "Permitted beyond need: ");
		for (size_t k = 0; k < x->packets.n && k < 4; k++) {
			sbuf_puts(&text, k ? "; " : "");
			show_box(&text, &x->packets.v[k]);
		}
		if (x->packets.n > 4)
			sbuf_printf(&text, "; and %zu more%s", x->packets.n - 4,
				    x->more ? " at least" : "");
		if (!x->exact)
			sbuf_puts(&text, "; except what is needed, and what lines above decide first");
		write_result(w, EXCESS, file, x->line.rule ? x->line.rule->line :
			     x->line.list ? x->line.list->line : 1, &text);
	}
	if (au->excess_more) {
		struct sbuf text = {0};

		sbuf_printf(&text, "%zu more lines permit beyond need and are left out here",
			    au->excess_more);
		write_result(w, EXCESS, au->device.configs[0]->file, 1, &text);
	}
}


void policy_report_sarif(struct sbuf *sb, const struct policy_report *r)
{
	struct jsonw w = { .sb = sb };

	jsonw_object_open(&w, NULL);
	jsonw_str(&w, "version", "2.1.0");
	jsonw_str(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	jsonw_array_open(&w, "runs");
	jsonw_object_open(&w, NULL);
	jsonw_object_open(&w, "tool");
	jsonw_object_open(&w, "driver");
	jsonw_str(&w, "name", "visavis policy");
	jsonw_str(&w, "version", VISAVIS_VERSION);
	write_rules(&w);
	jsonw_close(&w);
	jsonw_close(&w);
	jsonw_array_open(&w, "results");
	if (r->audit)
		write_audit(&w, r->audit);
	for (size_t i = 0; i < r->nconfigs; i++) {
		write_lint(&w, r->configs[i], &r->lints[i]);
		write_unknown(&w, r->configs[i]);
	}
	jsonw_close(&w);
	jsonw_close(&w);
	jsonw_close(&w);
	jsonw_close(&w);
}
