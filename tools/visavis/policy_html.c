/* The report as one page for people. What does not pass is told by its cause:
 * who mends a line wants all that it breaks in one place. */
#include <stdio.h>

#include "lib/page/page.h"
#include "lib/policy/pset/show.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/policy.h"

enum { TEXT_MAX = 200, LINES_SHOWN = 12, PIECES_SHOWN = 16 };


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


static bool same_lines(const struct audit_lines *a, const struct audit_lines *b)
{
	if (a->n != b->n || a->more != b->more)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].list != b->v[i].list || a->v[i].rule != b->v[i].rule)
			return false;

	return true;
}


static bool same_cause(const struct audit *au, const struct audit_flow *a, const struct audit_flow *b)
{
	return a->verdict == b->verdict && same_lines(&a->block, &b->block) &&
	       same_lines(&a->unknown, &b->unknown) && policy_unknown_why(au, a) == policy_unknown_why(au, b);
}


/** One flow of a finding, folded when it is not alone */
static void put_flow(struct sbuf *sb, const struct audit *au, const struct audit_flow *f, bool alone)
{
	const struct flow_row *row = f->rule->need->rows[0];
	struct sbuf text = {0};

	sbuf_printf(sb, "<details%s><summary>", alone ? " open" : "");
	policy_put_rows(&text, f->rule);
	put_html(sb, &text);
	sbuf_printf(&text, "%s, %s to %s", row->protocol, au->policy->interfaces[f->pair.in].name,
		    au->policy->interfaces[f->pair.out].name);
	sbuf_puts(sb, " <small>");
	put_html(sb, &text);
	sbuf_puts(sb, "</small></summary>");
	if (row->purpose) {
		sbuf_puts(sb, "<p>");
		sbuf_put_html(sb, row->purpose);
	}
	put_boxes(sb, f->back ? "What comes back and does not pass:" : "What does not pass:",
		  &f->blocked, f->more_blocked);
	if (f->own_mark) {
		policy_put_mark(&text, f);
		sbuf_puts(sb, "<p>But ");
		put_html(sb, &text);
		sbuf_putc(sb, '.');
	}
	if (f->has_witness)
		put_packet(sb, &f->witness);
	sbuf_puts(sb, "</details>\n");
}


/** All flows that fail as `first` does; an earlier one has told of itself. */
static void put_cause(struct sbuf *sb, const struct audit *au, size_t first)
{
	const struct audit_flow *f = &au->flows[first];
	const char *why = policy_unknown_why(au, f);
	bool maybe = f->verdict == AUDIT_UNKNOWN || f->verdict == AUDIT_OUT_OF_STEPS;
	size_t n = 0;

	for (size_t i = first; i < au->nflows; i++)
		n += same_cause(au, f, &au->flows[i]);
	sbuf_printf(sb, "<article class=\"finding %s\"><h3>", maybe ? "warn-edge" : "bad-edge");
	page_badge(sb, maybe ? "warn" : "bad", audit_verdict_name(f->verdict));
	sbuf_printf(sb, " %zu flow%s</h3>", n, n == 1 ? "" : "s");
	put_lines(sb, "Because of", &f->block);
	put_lines(sb, "Cannot tell because of", &f->unknown);
	if (why) {
		sbuf_puts(sb, "<p>Cannot tell: ");
		sbuf_put_html(sb, why);
	}
	for (size_t i = first; i < au->nflows; i++)
		if (same_cause(au, f, &au->flows[i]))
			put_flow(sb, au, &au->flows[i], n == 1);
	sbuf_puts(sb, "</article>\n");
}


static bool told(const struct audit *au, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_cause(au, &au->flows[i], &au->flows[at]))
			return true;

	return false;
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


static void put_required(struct sbuf *sb, const struct audit *au)
{
	page_section(sb, "required", "Required flows", "By what stops them. A flow unfolds to its packets.");
	for (size_t i = 0; i < au->nflows; i++)
		if (au->flows[i].verdict != AUDIT_PERMITTED && !told(au, i))
			put_cause(sb, au, i);
	put_permitted(sb, au);
	sbuf_puts(sb, "</section>");
}


static void put_excess(struct sbuf *sb, const struct audit_excess *x)
{
	sbuf_puts(sb, "<article class=\"finding warn-edge\"><p>");
	put_line(sb, &x->line);
	put_boxes(sb, "Packets:", &x->packets, x->more);
	if (!x->exact && !x->except.n)
		sbuf_puts(sb, "<p>except what is needed.\n");
	put_lines(sb, "except what is needed, and what these lines decide first:", &x->except);
	if (x->cannot_tell)
		sbuf_puts(sb, "<p>Cannot tell: out of steps.");
	else
		put_packet(sb, &x->witness);
	sbuf_puts(sb, "</article>\n");
}


static void put_beyond(struct sbuf *sb, const struct audit *au)
{
	page_section(sb, "excess", "Permitted beyond need", "Line by line, the widest first.");
	if (!au->nexcess)
		sbuf_puts(sb, "<p>Nothing.");
	for (size_t i = 0; i < au->nexcess; i++)
		put_excess(sb, &au->excess[i]);
	if (au->excess_more)
		sbuf_printf(sb, "<p>%zu more lines are not listed.\n", au->excess_more);
	sbuf_puts(sb, "</section>");
}


static void put_lint(struct sbuf *sb, const struct config *c, const struct lint *lt)
{
	static const char *const kinds[] = {
		"never matches", "duplicate", "makes no difference", "cannot tell",
	};
	static const char *const heads[] = { "#Line", "Finding", "Because of", "Text" };
	struct sbuf text = {0};

	sbuf_puts(sb, "<h3>");
	sbuf_put_html(sb, c->file);
	sbuf_puts(sb, "</h3>");
	if (!lt->n && !c->nunknown) {
		sbuf_puts(sb, "<p>Every line is understood and makes a difference.");
		return;
	}
	page_table(sb, "Lines", heads, 4);
	for (size_t i = 0; i < lt->n; i++) {
		const struct lint_finding *f = &lt->v[i];

		sbuf_printf(sb, "<tr><td class=\"n\">%u<td>%s<td>", f->at.rule->line, kinds[f->kind]);
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
		sbuf_printf(sb, "<tr><td class=\"n\">%u<td>not understood<td>", c->unknown[i].line);
		sbuf_put_html(sb, c->unknown[i].reason);
		sbuf_puts(sb, "<td>");
		policy_put_text(&text, &c->unknown[i].text, TEXT_MAX);
		put_code(sb, &text);
		sbuf_putc(sb, '\n');
	}
	page_table_end(sb);
}


/** What changes nothing in the verdicts and is worth knowing */
static void put_notices(struct sbuf *sb, const struct config *c)
{
	struct sbuf text = {0};

	if (!c->nnotices && !c->truncated)
		return;
	sbuf_puts(sb, "<p>To know:<ul>");
	for (size_t i = 0; i < c->nnotices; i++) {
		if (policy_notice_told(c, i))
			continue;
		policy_put_notice_lines(&text, c, i);
		sbuf_puts(sb, "<li>");
		put_code(sb, &text);
		sbuf_putc(sb, ' ');
		sbuf_put_html(sb, c->notices[i].text);
	}
	if (c->truncated)
		sbuf_puts(sb, "<li>The file ends in the middle of a line or block.");
	sbuf_puts(sb, "</ul>\n");
}


static void tile(struct sbuf *sb, size_t n, const char *label)
{
	char figure[32];

	(void)snprintf(figure, sizeof(figure), "%zu", n);
	page_tile(sb, figure, "", label);
}


static void put_tiles(struct sbuf *sb, const struct policy_report *r)
{
	const struct audit *au = r->audit;
	size_t kinds[LINT_CANNOT_TELL + 1] = {0}, strange = 0;

	for (size_t i = 0; i < r->nconfigs; i++) {
		for (size_t k = 0; k <= LINT_CANNOT_TELL; k++)
			kinds[k] += r->lints[i].count[k];
		strange += r->configs[i]->nunknown;
	}
	sbuf_puts(sb, "<ul class=\"tiles\">");
	if (au) {
		tile(sb, au->nflows, "required flows");
		tile(sb, au->count[AUDIT_BLOCKED], "blocked");
		tile(sb, au->count[AUDIT_PARTLY], "pass in part");
		tile(sb, au->count[AUDIT_UNKNOWN] + au->count[AUDIT_OUT_OF_STEPS], "cannot tell");
		tile(sb, au->nexcess + au->excess_more, "lines beyond need");
	}
	tile(sb, kinds[LINT_UNREACHABLE], "lines never match");
	tile(sb, kinds[LINT_DUPLICATE], "duplicates");
	tile(sb, kinds[LINT_REDUNDANT], "make no difference");
	tile(sb, strange, "lines not understood");
	sbuf_puts(sb, "</ul>");
}


static void put_head(struct sbuf *sb, const struct policy_report *r)
{
	int rc = policy_report_exit(r);

	page_open(sb, r->title, r->audit ? "audit" : "lint");
	sbuf_printf(sb, "<header class=\"top\"><div class=\"wrap\"><p class=\"brand\"><b>Visavis</b> · "
		    "policy %s</p><h1>", r->audit ? "audit" : "lint");
	sbuf_put_html(sb, r->title);
	sbuf_puts(sb, "</h1>");
	page_badge(sb, rc == EXIT_OK ? "good" : rc == EXIT_FINDINGS ? "bad" : "warn",
		   rc == EXIT_OK ? "clean" : rc == EXIT_FINDINGS ? "findings" : "cannot tell");
	put_tiles(sb, r);
	sbuf_puts(sb, "<nav aria-label=\"Sections\">");
	if (r->audit)
		sbuf_puts(sb, "<a href=\"#required\">Required flows</a><a href=\"#excess\">Permitted beyond need</a>");
	sbuf_puts(sb, "<a href=\"#lines\">Lines</a></nav></div></header><main id=\"main\"><div class=\"wrap\">");
}


void policy_report_html(struct sbuf *sb, const struct policy_report *r)
{
	put_head(sb, r);
	if (r->audit) {
		put_required(sb, r->audit);
		put_beyond(sb, r->audit);
	}
	page_section(sb, "lines", "Lines", "That never match, repeat others or change nothing, and those not understood.");
	for (size_t i = 0; i < r->nconfigs; i++) {
		put_lint(sb, r->configs[i], &r->lints[i]);
		put_notices(sb, r->configs[i]);
	}
	sbuf_puts(sb, "</section></div></main>");
	page_close(sb);
}
