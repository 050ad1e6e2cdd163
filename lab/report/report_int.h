/**
 * What the report's files share.
 */
#ifndef VISAVIS_LAB_REPORT_INT_H
#define VISAVIS_LAB_REPORT_INT_H

#include <stdbool.h>

#include <jansson.h>

#include "lib/base/sbuf.h"
#include "lib/page/page.h"

enum { REPORT_LOGGED_MAX = 64, REPORT_LADDER_MAX = 120,
       REPORT_SERIES_MAX = 600, REPORT_PICTURES_MAX = 8 };

/** Why a row is carried that no firewall could count */
#define REPORT_BESIDE "no firewall between them"

/** A string for JSON from anywhere: what is not UTF-8 becomes '?'; NULL
 *  gives JSON null. */
json_t *report_string(const char *s);

/** Fields of an object: "" or 0 when missing or of another type. */
const char *report_str(const json_t *o, const char *key);
double report_num(const json_t *o, const char *key);
bool report_true(const json_t *o, const char *key);

/** Did somebody try to use the row? To be ready for it is not to use it. */
bool report_row_used(json_t *row);

/* report_svg.c: drawings, each complete */
void svg_network(struct sbuf *sb, json_t *report);
void svg_ladder(struct sbuf *sb, json_t *ladder);
/** Lines over time; `key` of each point, unit for the label */
void svg_plot(struct sbuf *sb, json_t *series, const char *key,
	      const char *label, const char *unit);

/* report_page.c: pieces of the page */
void page_number(struct sbuf *sb, double v, int decimals);

/* report_proof.c: the sections on rows, tight, sufficient, not carried */
void page_proof(struct sbuf *sb, json_t *report);

#endif
