/** Printing a site; for `visavis site` alone. */
#ifndef VISAVIS_TOOLS_SITE_PRINT_H
#define VISAVIS_TOOLS_SITE_PRINT_H

#include "lib/base/diag.h"
#include "lib/base/sbuf.h"
#include "lib/site/site.h"

void site_print_text(struct sbuf *sb, const struct site *s);
void site_print_json(struct sbuf *sb, const struct site *s);

/** The settings of hosts, as text or as a Markdown table. */
void site_print_options(struct sbuf *sb, bool markdown);

/** {"ok":…, "mistakes":[…]} */
void site_print_mistakes(struct sbuf *sb, const struct diag_list *dl);

#endif
