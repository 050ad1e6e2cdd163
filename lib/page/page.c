#include <stdbool.h>

#include "lib/page/page.h"
#include "lib/page/page_css.h"


void page_open(struct sbuf *sb, const char *title, const char *kind)
{
	sbuf_puts(sb, "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
		  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		  "img-src data:; style-src 'unsafe-inline'\"><title>");
	sbuf_put_html(sb, title);
	sbuf_puts(sb, " · Visavis ");
	sbuf_put_html(sb, kind);
	sbuf_puts(sb, "</title><style>");
	sbuf_put(sb, page_css, page_css_len);
	sbuf_puts(sb, "</style></head><body><a class=\"skip\" href=\"#main\">Skip to the ");
	sbuf_put_html(sb, kind);
	sbuf_puts(sb, "</a>");
}


void page_close(struct sbuf *sb)
{
	sbuf_puts(sb, "</body></html>\n");
}


void page_badge(struct sbuf *sb, const char *tone, const char *text)
{
	sbuf_printf(sb, "<span class=\"badge %s\">", tone);
	sbuf_put_html(sb, text);
	sbuf_puts(sb, "</span>");
}


void page_tile(struct sbuf *sb, const char *figure, const char *unit, const char *label)
{
	page_tile_tone(sb, NULL, figure, unit, label);
}


void page_tile_tone(struct sbuf *sb, const char *tone, const char *figure, const char *unit, const char *label)
{
	if (tone)
		sbuf_printf(sb, "<li class=\"%s\"><b>", tone);
	else
		sbuf_puts(sb, "<li><b>");
	sbuf_put_html(sb, figure);
	if (*unit) {
		sbuf_puts(sb, " <small>");
		sbuf_put_html(sb, unit);
		sbuf_puts(sb, "</small>");
	}
	sbuf_puts(sb, "</b><span>");
	sbuf_put_html(sb, label);
	sbuf_puts(sb, "</span></li>");
}


void page_section(struct sbuf *sb, const char *id, const char *title,
		  const char *lead)
{
	sbuf_printf(sb, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>",
		    id, id, title);
	if (lead)
		sbuf_printf(sb, "<p class=\"lead\">%s</p>", lead);
}


void page_table(struct sbuf *sb, const char *label, const char *const *heads,
		size_t n)
{
	sbuf_printf(sb, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		    "aria-label=\"%s\"><table><thead><tr>", label);
	for (size_t i = 0; i < n; i++) {
		bool number = heads[i][0] == '#';

		sbuf_printf(sb, "<th scope=\"col\"%s>%s</th>",
			    number ? " class=\"n\"" : "", heads[i] + number);
	}
	sbuf_puts(sb, "</tr></thead><tbody>");
}


void page_table_end(struct sbuf *sb)
{
	sbuf_puts(sb, "</tbody></table></div>");
}


static void cell_open(struct sbuf *sb, const char *class)
{
	if (class)
		sbuf_printf(sb, "<td class=\"%s\">", class);
	else
		sbuf_puts(sb, "<td>");
}


void page_cell(struct sbuf *sb, const char *class, const char *text)
{
	cell_open(sb, class);
	sbuf_put_html(sb, text);
	sbuf_puts(sb, "</td>");
}


void page_cell_number(struct sbuf *sb, double v, int decimals)
{
	cell_open(sb, "n");
	sbuf_printf(sb, "%.*f</td>", decimals, v);
}
