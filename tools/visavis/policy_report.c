/* What the forms of the report share, and its text for the terminal. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/pset/show.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/out.h"
#include "tools/visavis/policy.h"

enum { LINE_TEXT = 64, TEXT_LEAST = 32, WIDTH = 80, LEAD = 14, PIECES_SHOWN = 8,
       LINES_SHOWN = 8, NOTICE_LINES = 4 };


size_t policy_uncertain(const struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nlists; i++)
		for (size_t k = 0; k < c->lists[i].nrules; k++)
			n += c->lists[i].rules[k].uncertain && !c->lists[i].rules[k].implied;

	return n;
}


int policy_report_exit(const struct policy_report *r)
{
	const struct audit *au = r->audit;
	size_t findings = 0, open = 0;

	for (size_t i = 0; i < r->nconfigs; i++) {
		const struct lint *lt = &r->lints[i];

		findings += lt->count[LINT_UNREACHABLE] + lt->count[LINT_DUPLICATE];
		findings += au ? 0 : lt->count[LINT_REDUNDANT];
		open += lt->count[LINT_CANNOT_TELL] + policy_uncertain(r->configs[i]) +
			r->configs[i]->nunknown + r->configs[i]->truncated;
	}
	if (au) {
		findings += au->count[AUDIT_BLOCKED] + au->count[AUDIT_PARTLY] + au->excess_more;
		open += au->count[AUDIT_UNKNOWN] + au->count[AUDIT_OUT_OF_STEPS];
		for (size_t i = 0; i < au->nexcess; i++) {
			findings += !au->excess[i].cannot_tell;
			open += au->excess[i].cannot_tell;
		}
	}

	return findings ? EXIT_FINDINGS : open ? EXIT_CANNOT_TELL : EXIT_OK;
}


void policy_put_rows(struct sbuf *sb, const struct policy_rule *r)
{
	for (size_t i = 0; i < r->need->nrows; i++)
		sbuf_printf(sb, "%s%s", i ? " " : "", r->need->rows[i]->id);
	if (r->need->reverse)
		sbuf_puts(sb, " (reverse)");
}


void policy_put_line(struct sbuf *sb, const struct audit_line *l)
{
	if (!l->list)
		sbuf_puts(sb, "no list looks at it");
	else if (!l->rule)
		sbuf_printf(sb, "%s: end of list %s", l->config->file, l->list->name);
	else
		sbuf_printf(sb, "%s:%u", l->config->file, l->rule->line);
}


void policy_put_text(struct sbuf *sb, const struct config_text *t, size_t max)
{
	size_t n = 0;
	bool blank = true;

	for (size_t i = 0; i < t->n; i++) {
		unsigned char c = (unsigned char)t->p[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			if (!blank)
				sbuf_putc(sb, ' ');
			n += !blank;
			blank = true;
			continue;
		}
		if (n >= max) {
			sbuf_puts(sb, "...");
			return;
		}
		sbuf_putc(sb, c < ' ' || c > '~' ? '?' : (char)c);
		blank = false;
		n++;
	}
}


const char *policy_unknown_why(const struct audit *au, const struct audit_flow *f)
{
	const struct device *d = &au->device;

	if (f->verdict == AUDIT_OUT_OF_STEPS)
		return "out of steps; give more with --steps";
	if (f->verdict != AUDIT_UNKNOWN || f->unknown.n)
		return NULL;
	if (d->missing[f->pair.in] || d->missing[f->pair.out])
		return "no interface of the configuration has this name or network";
	if (!device_speaks(d, f->family))
		return "no configuration says which list is applied to these packets";

	return "a list that is not in the file is applied";
}


/** The line's text up to the edge of the terminal */
static void put_quoted(struct sbuf *sb, const struct config_text *t, size_t column)
{
	policy_put_text(sb, t, column + TEXT_LEAST + 3 < WIDTH ? WIDTH - column - 3 : TEXT_LEAST);
}


static void put_lines(struct sbuf *sb, const char *lead, const struct audit_lines *l)
{
	for (size_t i = 0; i < l->n && i < LINES_SHOWN; i++) {
		size_t start = sb->len;

		sbuf_printf(sb, "      %-8s", i ? "" : lead);
		policy_put_line(sb, &l->v[i]);
		if (l->v[i].rule) {
			sbuf_puts(sb, "  ");
			put_quoted(sb, &l->v[i].rule->text, sb->len - start);
		}
		sbuf_putc(sb, '\n');
	}
	if (l->n > LINES_SHOWN || l->more)
		sbuf_printf(sb, "              and %zu more\n",
			    (l->n > LINES_SHOWN ? l->n - LINES_SHOWN : 0) + l->more);
}


static void put_boxes(struct sbuf *sb, const char *lead, const struct pset *ps, bool more)
{
	for (size_t i = 0; i < ps->n && i < PIECES_SHOWN; i++) {
		sbuf_printf(sb, "      %-8s", i ? "" : lead);
		show_box(sb, &ps->v[i]);
		sbuf_putc(sb, '\n');
	}
	if (ps->n > PIECES_SHOWN)
		sbuf_printf(sb, "              and %zu more, in --json\n", ps->n - PIECES_SHOWN);
	if (more)
		sbuf_printf(sb, "              and others: no more than %d are kept\n",
			    AUDIT_PIECES_MAX);
}


static void put_packet(struct sbuf *sb, const char *lead, const struct pset_packet *p)
{
	sbuf_printf(sb, "      %-8s", lead);
	show_packet(sb, p);
	sbuf_putc(sb, '\n');
}


void policy_put_mark(struct sbuf *sb, const struct audit_flow *f)
{
	char mark[8];

	sbuf_printf(sb, "permitted with its mark %s only",
		    flow_dscp_str(f->rule->need->rows[0]->dscp, mark));
}


static void put_flow(struct sbuf *sb, const struct audit *au, const struct audit_flow *f)
{
	const struct policy *p = au->policy;
	const char *why = policy_unknown_why(au, f);

	sbuf_printf(sb, "  %-10s", audit_verdict_name(f->verdict));
	policy_put_rows(sb, f->rule);
	sbuf_printf(sb, "  %s, %s to %s%s\n", f->rule->need->rows[0]->protocol,
		    p->interfaces[f->pair.in].name, p->interfaces[f->pair.out].name,
		    f->back ? ": the answers do not come back" : "");
	put_boxes(sb, f->back ? "returns" : "missing", &f->blocked, f->more_blocked);
	if (f->own_mark) {
		sbuf_printf(sb, "      %-8s", "but");
		policy_put_mark(sb, f);
		sbuf_putc(sb, '\n');
	}
	put_lines(sb, "by", &f->block);
	put_lines(sb, "because", &f->unknown);
	if (why)
		sbuf_printf(sb, "      %-8s%s\n", "because", why);
	if (f->back && f->rule->transport == FLOW_ICMP &&
	    device_ties_echo(&au->device, au->device.site_iface[f->pair.in],
			     au->device.site_iface[f->pair.out]) != DEVICE_YES)
		sbuf_puts(sb, "      because no applied policy inspects all ICMP here\n");
	if (f->has_witness)
		put_packet(sb, "packet", &f->witness);
}


/** Worst first, those of one verdict in the order of the matrix */
static void put_required(struct sbuf *sb, const struct audit *au)
{
	static const enum audit_verdict order[] = {
		AUDIT_BLOCKED, AUDIT_PARTLY, AUDIT_UNKNOWN, AUDIT_OUT_OF_STEPS,
	};

	sbuf_printf(sb, "Required flows: %zu; %zu permitted, %zu blocked, %zu partly, "
		    "%zu unknown\n", au->nflows, au->count[AUDIT_PERMITTED],
		    au->count[AUDIT_BLOCKED], au->count[AUDIT_PARTLY],
		    au->count[AUDIT_UNKNOWN] + au->count[AUDIT_OUT_OF_STEPS]);
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < au->nflows; i++)
			if (au->flows[i].verdict == order[k])
				put_flow(sb, au, &au->flows[i]);
}


static void put_excess(struct sbuf *sb, const struct audit *au)
{
	if (!au->nexcess) {
		sbuf_puts(sb, "\nNothing beyond need is permitted.\n");
		return;
	}

	sbuf_printf(sb, "\nPermitted beyond need, worst first: %zu\n",
		    au->nexcess + au->excess_more);
	for (size_t i = 0; i < au->nexcess; i++) {
		const struct audit_excess *x = &au->excess[i];

		sbuf_puts(sb, "  ");
		policy_put_line(sb, &x->line);
		sbuf_printf(sb, ", in by %s\n", au->policy->interfaces[x->in].name);
		if (x->line.rule) {
			sbuf_printf(sb, "      %-8s", "line");
			put_quoted(sb, &x->line.rule->text, LEAD);
			sbuf_putc(sb, '\n');
		}
		put_boxes(sb, x->exact ? "permits" : "all of", &x->packets, x->more);
		if (!x->exact)
			sbuf_puts(sb, "      except  what is needed, and what these lines decide "
				  "first\n");
		put_lines(sb, "", &x->except);
		if (x->cannot_tell)
			sbuf_puts(sb, "      cannot tell: out of steps; give more with --steps\n");
		else
			put_packet(sb, "packet", &x->witness);
	}
	if (au->excess_more)
		sbuf_printf(sb, "  and %zu more lines that are not listed\n", au->excess_more);
}


static const char *const kind_text[] = {
	"never matches", "duplicate", "makes no difference", "cannot tell: out of steps",
};


static void put_finding(struct sbuf *sb, const struct config *c, const struct lint_finding *f)
{
	sbuf_printf(sb, "  %s:%u  ", c->file, f->at.rule->line);
	policy_put_text(sb, &f->at.rule->text, LINE_TEXT);
	sbuf_printf(sb, "\n      %s", kind_text[f->kind]);
	if (f->nby)
		sbuf_printf(sb, "%s line%s", f->kind == LINT_DUPLICATE ? " of" : ", because of",
			    f->nby > 1 ? "s" : "");
	for (size_t i = 0; i < f->nby && i < LINES_SHOWN; i++)
		sbuf_printf(sb, "%s %u", i ? "," : "", f->by[i].rule->line);
	if (f->nby > LINES_SHOWN)
		sbuf_printf(sb, " and %zu more%s", f->nby - LINES_SHOWN,
			    f->kind == LINT_UNREACHABLE ? " together" : "");
	else if (f->nby > 1 && f->kind == LINT_UNREACHABLE)
		sbuf_puts(sb, " together");
	if (!f->nby && f->kind == LINT_UNREACHABLE)
		sbuf_puts(sb, ": no packet is like that");
	if (!f->nby && f->kind == LINT_REDUNDANT)
		sbuf_puts(sb, ": the end of the list does the same");
	sbuf_putc(sb, '\n');
}


static void put_lint(struct sbuf *sb, const struct config *c, const struct lint *lt)
{
	sbuf_printf(sb, "\n%s: %zu lines never match, %zu duplicates, %zu make no difference\n",
		    c->file, lt->count[LINT_UNREACHABLE], lt->count[LINT_DUPLICATE],
		    lt->count[LINT_REDUNDANT]);
	for (size_t i = 0; i < lt->n; i++)
		put_finding(sb, c, &lt->v[i]);
}


static void put_unknown(struct sbuf *sb, const struct config *c)
{
	if (!c->nunknown)
		return;

	sbuf_printf(sb, "\n%s: not understood, so unknown in both directions: %zu\n", c->file,
		    c->nunknown + c->unknown_more);
	for (size_t i = 0; i < c->nunknown; i++) {
		sbuf_printf(sb, "  %s:%u  ", c->file, c->unknown[i].line);
		policy_put_text(sb, &c->unknown[i].text, LINE_TEXT);
		sbuf_printf(sb, "\n      %s\n", c->unknown[i].reason);
	}
}


bool policy_notice_told(const struct config *c, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(c->notices[i].text, c->notices[at].text))
			return true;

	return false;
}


void policy_put_notice_lines(struct sbuf *sb, const struct config *c, size_t at)
{
	size_t n = 0;

	for (size_t i = at; i < c->nnotices; i++) {
		if (strcmp(c->notices[i].text, c->notices[at].text) != 0)
			continue;
		if (!n)
			sbuf_printf(sb, "%s:%u", c->file, c->notices[i].line);
		else if (n < NOTICE_LINES)
			sbuf_printf(sb, ", %u", c->notices[i].line);
		n++;
	}
	if (n > NOTICE_LINES)
		sbuf_printf(sb, " and %zu more", n - NOTICE_LINES);
}


static void put_notices(struct sbuf *sb, const struct config *c)
{
	if (c->nnotices)
		sbuf_printf(sb, "\n%s: to know\n", c->file);
	for (size_t i = 0; i < c->nnotices; i++) {
		if (policy_notice_told(c, i))
			continue;
		sbuf_puts(sb, "  ");
		policy_put_notice_lines(sb, c, i);
		sbuf_printf(sb, "  %s\n", c->notices[i].text);
	}
	if (c->truncated)
		sbuf_printf(sb, "\n%s: the file ends in the middle of a line or block\n", c->file);
}


static void put_assumed(struct sbuf *sb, const struct device *d)
{
	for (size_t i = 0; i < d->nhooks; i++)
		if (d->hooks[i].assumed)
			sbuf_printf(sb, "%s applies no list to an interface; %s is taken to be "
				    "applied to all\n\n", d->hooks[i].config->file,
				    d->hooks[i].hook.list);
}


void policy_report_text(struct sbuf *sb, const struct policy_report *r)
{
	if (r->audit) {
		put_assumed(sb, &r->audit->device);
		put_required(sb, r->audit);
		put_excess(sb, r->audit);
	}
	for (size_t i = 0; i < r->nconfigs; i++) {
		put_lint(sb, r->configs[i], &r->lints[i]);
		put_unknown(sb, r->configs[i]);
		put_notices(sb, r->configs[i]);
	}
}
