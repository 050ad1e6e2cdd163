#include "lib/base/jsonw.h"
#include "lib/policy/pset/show.h"
#include "tools/visavis/policy.h"

enum { TEXT_MAX = 400 };

/** A string made in pieces, written, and dropped */
struct piece {
	struct sbuf sb;
};


static void write_piece(struct jsonw *w, const char *key, struct piece *p)
{
	jsonw_str(w, key, sbuf_str(&p->sb));
	sbuf_reset(&p->sb);
}


static void write_box(struct jsonw *w, const struct pset_box *b)
{
	struct piece p = {0};

	show_box(&p.sb, b);
	write_piece(w, NULL, &p);
}


static void write_boxes(struct jsonw *w, const char *key, const struct pset *ps)
{
	jsonw_array_open(w, key);
	for (size_t i = 0; i < ps->n; i++)
		write_box(w, &ps->v[i]);
	jsonw_close(w);
}


static void write_packet(struct jsonw *w, const char *key, const struct pset_packet *pkt)
{
	struct piece p = {0};

	show_packet(&p.sb, pkt);
	write_piece(w, key, &p);
}


static void write_text(struct jsonw *w, const char *key, const struct config_text *t)
{
	struct piece p = {0};

	policy_put_text(&p.sb, t, TEXT_MAX);
	write_piece(w, key, &p);
}


static void write_rule(struct jsonw *w, const struct config *c, const struct config_list *l,
		       const struct config_rule *r)
{
	jsonw_object_open(w, NULL);
	jsonw_str(w, "file", c->file);
	jsonw_str(w, "list", l->name);
	if (r) {
		jsonw_uint(w, "line", r->line);
		write_text(w, "text", &r->text);
	} else {
		jsonw_str(w, "line", NULL);
		jsonw_str(w, "text", "end of list");
	}
	jsonw_close(w);
}


static void write_lines(struct jsonw *w, const char *key, const struct audit_lines *l)
{
	jsonw_array_open(w, key);
	for (size_t i = 0; i < l->n; i++)
		write_rule(w, l->v[i].config, l->v[i].list, l->v[i].rule);
	jsonw_close(w);
}


static void write_flow_name(struct jsonw *w, const struct audit *au, const struct audit_flow *f)
{
	const struct policy_rule *r = f->rule;

	jsonw_object_open(w, "flow");
	jsonw_list_open(w, "rows");
	for (size_t i = 0; i < r->need->nrows; i++)
		jsonw_str(w, NULL, r->need->rows[i]->id);
	jsonw_close(w);
	jsonw_bool(w, "reverse", r->need->reverse);
	jsonw_str(w, "protocol", r->need->rows[0]->protocol);
	jsonw_str(w, "transport", flow_transport_name(r->transport));
	jsonw_str(w, "from", au->policy->sets[r->src].label);
	jsonw_str(w, "to", au->policy->sets[r->dst].label);
	jsonw_str(w, "in", au->policy->interfaces[f->pair.in].name);
	jsonw_str(w, "out", au->policy->interfaces[f->pair.out].name);
	jsonw_uint(w, "family", f->family);
	jsonw_close(w);
}


/** The lines that the verdict stands on */
static const struct audit_lines *lines_of(const struct audit_flow *f)
{
	return f->verdict == AUDIT_PERMITTED ? &f->permit :
	       f->verdict == AUDIT_UNKNOWN ? &f->unknown : &f->block;
}


static void write_flow(struct jsonw *w, const struct audit *au, const struct audit_flow *f)
{
	const char *why = policy_unknown_why(au, f);
	char mark[8];

	jsonw_object_open(w, NULL);
	write_flow_name(w, au, f);
	jsonw_str(w, "verdict", audit_verdict_name(f->verdict));
	write_lines(w, "lines", lines_of(f));
	if (f->has_witness && f->verdict != AUDIT_PERMITTED)
		write_packet(w, "witness", &f->witness);
	else
		jsonw_str(w, "witness", NULL);
	if (f->blocked.n) {
		jsonw_str(w, "direction", f->back ? "return" : "first");
		write_boxes(w, "remaining", &f->blocked);
		jsonw_bool(w, "remaining_is_all", !f->more_blocked);
		write_lines(w, "permitted_by", &f->permit);
	}
	if (f->own_mark)
		jsonw_str(w, "mark_only", flow_dscp_str(f->rule->need->rows[0]->dscp, mark));
	if (f->unhooked)
		jsonw_bool(w, "unlisted", true);
	if (why)
		jsonw_str(w, "because", why);
	jsonw_close(w);
}


static void write_excess(struct jsonw *w, const struct audit *au, const struct audit_excess *x)
{
	jsonw_object_open(w, NULL);
	write_boxes(w, "packets", &x->packets);
	jsonw_bool(w, "packets_is_all", !x->more);
	jsonw_array_open(w, "lines");
	if (x->line.list)
		write_rule(w, x->line.config, x->line.list, x->line.rule);
	jsonw_close(w);
	jsonw_str(w, "in", au->policy->interfaces[x->in].name);
	jsonw_bool(w, "exact", x->exact);
	if (!x->exact) {
		write_lines(w, "except", &x->except);
		jsonw_bool(w, "except_is_all", !x->except.more);
	}
	if (x->cannot_tell)
		jsonw_str(w, "witness", NULL);
	else
		write_packet(w, "witness", &x->witness);
	jsonw_close(w);
}


static void write_audit(struct jsonw *w, const struct audit *au)
{
	jsonw_array_open(w, "required");
	for (size_t i = 0; i < au->nflows; i++)
		write_flow(w, au, &au->flows[i]);
	jsonw_close(w);
	jsonw_array_open(w, "excess");
	for (size_t i = 0; i < au->nexcess; i++)
		write_excess(w, au, &au->excess[i]);
	jsonw_close(w);
	jsonw_bool(w, "excess_is_all", !au->excess_more);
}


static void write_findings(struct jsonw *w, const struct policy_report *r, const char *key,
			   enum lint_kind kind)
{
	jsonw_array_open(w, key);
	for (size_t i = 0; i < r->nconfigs; i++)
		for (size_t k = 0; k < r->lints[i].n; k++) {
			const struct lint_finding *f = &r->lints[i].v[k];

			if (f->kind != kind)
				continue;
			jsonw_object_open(w, NULL);
			jsonw_str(w, "file", r->configs[i]->file);
			jsonw_str(w, "list", f->at.list->name);
			jsonw_uint(w, "line", f->at.rule->line);
			write_text(w, "text", &f->at.rule->text);
			jsonw_list_open(w, "by");
			for (size_t b = 0; b < f->nby; b++)
				jsonw_uint(w, NULL, f->by[b].rule->line);
			jsonw_close(w);
			jsonw_close(w);
		}
	jsonw_close(w);
}


static void write_unknown(struct jsonw *w, const struct policy_report *r)
{
	jsonw_array_open(w, "unknown");
	for (size_t i = 0; i < r->nconfigs; i++)
		for (size_t k = 0; k < r->configs[i]->nunknown; k++) {
			const struct config_unknown *u = &r->configs[i]->unknown[k];

			jsonw_object_open(w, NULL);
			jsonw_str(w, "file", r->configs[i]->file);
			jsonw_uint(w, "line", u->line);
			write_text(w, "text", &u->text);
			jsonw_str(w, "reason", u->reason);
			jsonw_close(w);
		}
	jsonw_close(w);
}


static void write_notices(struct jsonw *w, const struct policy_report *r)
{
	jsonw_array_open(w, "notices");
	for (size_t i = 0; i < r->nconfigs; i++)
		for (size_t k = 0; k < r->configs[i]->nnotices; k++) {
			jsonw_object_open(w, NULL);
			jsonw_str(w, "file", r->configs[i]->file);
			jsonw_uint(w, "line", r->configs[i]->notices[k].line);
			jsonw_str(w, "text", r->configs[i]->notices[k].text);
			jsonw_close(w);
		}
	jsonw_close(w);
}


void policy_report_json(struct sbuf *sb, const struct policy_report *r)
{
	struct jsonw w = { .sb = sb };

	jsonw_object_open(&w, NULL);
	jsonw_array_open(&w, "configs");
	for (size_t i = 0; i < r->nconfigs; i++) {
		jsonw_object_open(&w, NULL);
		jsonw_str(&w, "file", r->configs[i]->file);
		jsonw_str(&w, "dialect", r->configs[i]->dialect);
		jsonw_uint(&w, "rules", r->configs[i]->nrules);
		jsonw_bool(&w, "truncated", r->configs[i]->truncated);
		jsonw_close(&w);
	}
	jsonw_close(&w);
	if (r->audit)
		write_audit(&w, r->audit);
	write_findings(&w, r, "unreachable", LINT_UNREACHABLE);
	write_findings(&w, r, "duplicate", LINT_DUPLICATE);
	write_findings(&w, r, "redundant", LINT_REDUNDANT);
	write_findings(&w, r, "out_of_steps", LINT_CANNOT_TELL);
	write_unknown(&w, r);
	write_notices(&w, r);
	jsonw_close(&w);
}
