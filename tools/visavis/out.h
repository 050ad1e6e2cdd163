/**
 * What the commands share for printing.
 */
#ifndef VISAVIS_TOOLS_OUT_H
#define VISAVIS_TOOLS_OUT_H

#include <stddef.h>

#include "lib/base/sbuf.h"

enum { OUT_WIDTH = 80 };

/** Columns of the terminal, 80 when the output is none; 60 to 120. */
size_t out_width(void);

/** Append text wrapped at blanks; the first line continues at column `col`,
 *  further ones begin at `indent`; ends with a newline. */
void out_wrap(struct sbuf *sb, size_t col, size_t indent, size_t width, const char *text);

/** Append text for a cell of a Markdown table. */
void out_markdown(struct sbuf *sb, const char *s);

/**
 * Write all to the standard output and free it. Failures are reported.
 * @return EXIT_OK or EXIT_FINDINGS
 */
int out_flush(struct sbuf *sb);

#endif
