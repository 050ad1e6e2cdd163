/** Choosing and printing rows; for `visavis flows` alone. */
#ifndef VISAVIS_TOOLS_FLOWS_H
#define VISAVIS_TOOLS_FLOWS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/sbuf.h"
#include "lib/site/site.h"

struct flows_list {
	const struct flow_row **v;
	size_t n;
	size_t total;			/**< rows before choosing */
	const struct site *site;	/**< or NULL; leaves out its closed ports */
	bool verbose;			/**< text: all that is known of a row */
};

struct flows_filter {
	const char *field;	/**< "role", ...; NULL: any of them, else free text */
	const char *value;
};

/** Keep the rows that satisfy every filter. */
void flows_choose(struct flows_list *l, const struct flows_filter *f, size_t nf);

void flows_print_text(struct sbuf *sb, const struct flows_list *l);
void flows_print_json(struct sbuf *sb, const struct flows_list *l);
void flows_print_csv(struct sbuf *sb, const struct flows_list *l);
void flows_print_markdown(struct sbuf *sb, const struct flows_list *l);
/** As Cisco's port tables are laid out */
void flows_print_tables(struct sbuf *sb, const struct flows_list *l);

#endif
