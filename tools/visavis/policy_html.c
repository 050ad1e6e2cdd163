/* The report as one page for people: no script, no other file, works in the
 * dark, on a phone and by keyboard. */
#include "lib/policy/pset/show.h"
#include "tools/visavis/policy.h"

enum { TEXT_MAX = 200, LINES_SHOWN = 12, PIECES_SHOWN = 16 };

static const char style[] =
	":root{color-scheme:light dark}"
	"body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}"
	"h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}"
	"code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}"
	"article{border-left:.3rem solid #888;padding:.2rem .8rem;margin:.8rem 0}"
	".blocked,.partly{border-color:#c62828}.unknown{border-color:#ef8f00}"
	".excess{border-color:#8e24aa}.permitted{border-color:#2e7d32}"
	"ul{margin:.2rem 0;padding-left:1.2rem}summary{cursor:pointer}"
	"table{border-collapse:collapse}td,th{padding:.1rem .8rem .1rem 0;text-align:left;"
	"vertical-align:top}";


static void put_html(struct sbuf *sb, struct sbuf *text)
{
	sbuf_put_html(sb, sbuf_str(text));
	sbuf_reset(text);
}


static void put_code(struct sbuf *sb, struct sbuf *text)
{
	sbuf_puts(sb, "<code>");
	put_html(sb, text);
	sbuf_puts(sb, "</code>");
}


static void put_line(struct sbuf *sb, const struct audit_line *l)
{
	struct sbuf text = {0};

	policy_put_line(&text, l);
	put_html(sb, &text);
	if (!l->rule)
		return;
	sbuf_putc(sb, ' ');
	policy_put_text(&text, &l->rule->text, TEXT_MAX);
	put_code(sb, &text);
}


static void put_lines(struct sbuf *sb, const char *lead, const struct audit_lines *l)
{
	if (!l->n)
		return;

	sbuf_printf(sb, "<p>%s<ul>", lead);
	for (size_t i = 0; i < l->n && i < LINES_SHOWN; i++) {
		sbuf_puts(sb, "<li>");
		put_line(sb, &l->v[i]);
	}
	if (l->n > LINES_SHOWN || l->more)
		sbuf_printf(sb, "<li>and %zu more",
			    (l->n > LINES_SHOWN ? l->n - LINES_SHOWN : 0) + l->more);
	sbuf_puts(sb, "</ul>\n");
}


static void put_boxes(struct sbuf *sb, const char *lead, const struct pset *ps, bool more)
{
	struct sbuf text = {0};

	if (!ps->n)
		return;
	sbuf_printf(sb, "<p>%s<ul>", lead);
	for (size_t i = 0; i < ps->n && i < PIECES_SHOWN; i++) {
		sbuf_puts(sb, "<li>");
		show_box(&text, &ps->v[i]);
		put_code(sb, &text);
	}
	if (ps->n > PIECES_SHOWN || more)
		sbuf_printf(sb, "<li>and %zu more%s", ps->n - (ps->n < PIECES_SHOWN ? ps->n :
			    PIECES_SHOWN), more ? ", and others that were not kept" : "");
	sbuf_puts(sb, "</ul>\n");
}


static void put_packet(struct sbuf *sb, const struct pset_packet *p)
{
	struct sbuf text = {0};

	sbuf_puts(sb, "<p>For example ");
	show_packet(&text, p);
	put_code(sb, &text);
}


static void put_flow(struct sbuf *sb, const struct audit *au, const struct audit_flow *f)
{
	const char *why = policy_unknown_why(au, f);
	struct sbuf text = {0};

	sbuf_printf(sb, "<article class=\"%s\"><strong>%s</strong> ",
		    audit_verdict_name(f->verdict), audit_verdict_name(f->verdict));
	policy_put_rows(&text, f->rule);
	sbuf_printf(&text, ", %s: %s to %s", f->rule->need->rows[0]->protocol,
		    au->policy->interfaces[f->pair.in].name,
		    au->policy->interfaces[f->pair.out].name);
	put_html(sb, &text);
	put_boxes(sb, f->back ? "What comes back and does not pass:" : "What does not pass:",
		  &f->blocked, f->more_blocked);
	put_lines(sb, "Because of", &f->block);
	put_lines(sb, "Cannot tell because of", &f->unknown);
	if (why) {
		sbuf_puts(&text, why);
		sbuf_puts(sb, "<p>Cannot tell: ");
		put_html(sb, &text);
	}
	if (f->has_witness)
		put_packet(sb, &f->witness);
	sbuf_puts(sb, "</article>\n");
}


static void put_permitted(struct sbuf *sb, const struct audit *au)
{
	struct sbuf text = {0};

	sbuf_printf(sb, "<details><summary>%zu permitted</summary><table>\n",
		    au->count[AUDIT_PERMITTED]);
	for (size_t i = 0; i < au->nflows; i++) {
		const struct audit_flow *f = &au->flows[i];

		if (f->verdict != AUDIT_PERMITTED)
			continue;
		sbuf_puts(sb, "<tr><td>");
		policy_put_rows(&text, f->rule);
		put_html(sb, &text);
		sbuf_puts(sb, "<td>");
		for (size_t k = 0; k < f->permit.n && k < 4; k++) {
			sbuf_puts(sb, k ? "<br>" : "");
			put_line(sb, &f->permit.v[k]);
		}
		sbuf_puts(sb, f->permit.n ? "\n" : "no list looks at it\n");
	}
	sbuf_puts(sb, "</table></details>\n");
}


static void put_audit(struct sbuf *sb, const struct audit *au)
{
	sbuf_printf(sb, "<h2>Required flows</h2><p>%zu: %zu blocked, %zu partly, %zu unknown.\n",
		    au->nflows, au->count[AUDIT_BLOCKED], au->count[AUDIT_PARTLY],
		    au->count[AUDIT_UNKNOWN] + au->count[AUDIT_OUT_OF_STEPS]);
	for (size_t i = 0; i < au->nflows; i++)
		if (au->flows[i].verdict != AUDIT_PERMITTED)
			put_flow(sb, au, &au->flows[i]);
	put_permitted(sb, au);

	sbuf_printf(sb, "<h2>Permitted beyond need</h2><p>%zu lines, worst first.\n",
		    au->nexcess + au->excess_more);
	for (size_t i = 0; i < au->nexcess; i++) {
		const struct audit_excess *x = &au->excess[i];

		sbuf_puts(sb, "<article class=\"excess\">");
		put_line(sb, &x->line);
		put_boxes(sb, "Packets:", &x->packets, x->more);
		if (!x->exact && !x->except.n)
			sbuf_puts(sb, "<p>except what is needed.\n");
		put_lines(sb, "except what is needed, and what these lines decide first:",
			  &x->except);
		if (x->cannot_tell)
			sbuf_puts(sb, "<p>Cannot tell: out of steps.");
		else
			put_packet(sb, &x->witness);
		sbuf_puts(sb, "</article>\n");
	}
	if (au->excess_more)
		sbuf_printf(sb, "<p>%zu more lines are not listed.\n", au->excess_more);
}


static void put_lint(struct sbuf *sb, const struct config *c, const struct lint *lt)
{
	static const char *const kinds[] = {
		"never matches", "duplicate", "makes no difference", "cannot tell",
	};
	struct sbuf text = {0};

	sbuf_puts(sb, "<h2>Lines of ");
	sbuf_put_html(sb, c->file);
	sbuf_puts(sb, "</h2><table><tr><th>Line<th>Finding<th>Because of<th>Text\n");
	for (size_t i = 0; i < lt->n; i++) {
		const struct lint_finding *f = &lt->v[i];

		sbuf_printf(sb, "<tr><td>%u<td>%s<td>", f->at.rule->line, kinds[f->kind]);
		for (size_t k = 0; k < f->nby && k < LINES_SHOWN; k++)
			sbuf_printf(sb, "%s%u", k ? ", " : "", f->by[k].rule->line);
		if (f->nby > LINES_SHOWN)
			sbuf_printf(sb, " and %zu more", f->nby - LINES_SHOWN);
		sbuf_puts(sb, "<td>");
		policy_put_text(&text, &f->at.rule->text, TEXT_MAX);
		put_code(sb, &text);
		sbuf_putc(sb, '\n');
	}
	for (size_t i = 0; i < c->nunknown; i++) {
		sbuf_printf(sb, "<tr><td>%u<td>not understood<td>", c->unknown[i].line);
		sbuf_put_html(sb, c->unknown[i].reason);
		sbuf_puts(sb, "<td>");
		policy_put_text(&text, &c->unknown[i].text, TEXT_MAX);
		put_code(sb, &text);
		sbuf_putc(sb, '\n');
	}
	sbuf_puts(sb, "</table>\n");
}


void policy_report_html(struct sbuf *sb, const struct policy_report *r)
{
	sbuf_puts(sb, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
		  "<meta name=\"viewport\" content=\"width=device-width\"><title>");
	sbuf_put_html(sb, r->title);
	sbuf_printf(sb, "</title><style>%s</style>\n<main><h1>", style);
	sbuf_put_html(sb, r->title);
	sbuf_puts(sb, "</h1>\n");
	if (r->audit)
		put_audit(sb, r->audit);
	for (size_t i = 0; i < r->nconfigs; i++)
		put_lint(sb, r->configs[i], &r->lints[i]);
	sbuf_puts(sb, "</main></html>\n");
}
