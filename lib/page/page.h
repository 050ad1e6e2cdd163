/**
 * The frame of a page that the product writes: one file, no script, nothing
 * fetched; by keyboard, on a phone, in the dark and on paper. What stands
 * between open and close is the caller's, by the classes of page.css.
 */
#ifndef VISAVIS_LIB_PAGE_PAGE_H
#define VISAVIS_LIB_PAGE_PAGE_H

#include "lib/base/sbuf.h"

/** Head of the document up to <body>, with the style and a link past the
 *  header to #main; title and site may hold any text.
 *  @param kind  "report": after the name in the window's title */
void page_open(struct sbuf *sb, const char *title, const char *kind);
void page_close(struct sbuf *sb);

/** @param tone  "good", "bad", "warn", "plain" @param text  any text */
void page_badge(struct sbuf *sb, const char *tone, const char *text);

/** A figure with its label, in a <ul class="tiles"> */
void page_tile(struct sbuf *sb, const char *figure, const char *unit, const char *label);
/** The same in a tone: "good", "bad", "warn", or NULL for none */
void page_tile_tone(struct sbuf *sb, const char *tone, const char *figure, const char *unit, const char *label);

/** Open a section; id, title and lead (may be NULL) are HTML of ours. The
 *  caller closes it with </section>. */
void page_section(struct sbuf *sb, const char *id, const char *title, const char *lead);

/** Open a table; a head that begins with '#' is of numbers. */
void page_table(struct sbuf *sb, const char *label, const char *const *heads, size_t n);
void page_table_end(struct sbuf *sb);

/** A cell. @param class  "n" of a number, "mono", or NULL @param text  any text */
void page_cell(struct sbuf *sb, const char *class, const char *text);
/** A cell with a number of so many decimals */
void page_cell_number(struct sbuf *sb, double v, int decimals);

#endif
