/**
 * The report of a run: one JSON object made from all evidence, and what is
 * shown of it: a page, and a summary for the terminal. The object's schema
 * is in docs/proof.md. No function here touches the lab or the system but
 * report_page(), which reads the pictures' files, and report_write().
 */
#ifndef VISAVIS_LAB_REPORT_H
#define VISAVIS_LAB_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "lab/proof/evidence.h"
#include "lab/proof/explain.h"
#include "lab/proof/sweep.h"
#include "lib/base/sbuf.h"
#include "lib/policy/model/policy.h"

/** Everything that a report is made from; all borrowed. */
struct report_input {
	const struct site *site;
	const struct need_list *needs;
	const struct policy *policies;	/**< one per firewall */
	size_t npolicies;
	const struct evidence *ev;
	const struct explain_need *seen;	/**< [needs->n], or NULL */
	json_t *counters;	/**< {"FIREWALL": {"NAME": {"packets": n,
				  "bytes": n}}}, or NULL */
	json_t *capture;	/**< report_capture()'s, or NULL */
	json_t *tight;		/**< report_tight()'s, or NULL: not tried */
	json_t *steps;		/**< [{"name","phase","begin","end","ok",
				  "detail"}], or NULL */
	const char *site_file;	/**< as the user named it, or NULL */
	const char *dir;	/**< where files are named from, or NULL */
	const char *call_from;	/**< host, or NULL: whoever dialled first */
	const char *call_to;
};

/** @return new reference, or NULL without memory */
json_t *report_make(const struct report_input *in);

/** Parts, each a new reference or NULL. */
json_t *report_site(const struct report_input *in);
json_t *report_rows(const struct report_input *in);
json_t *report_streams(const struct report_input *in, json_t *report);
json_t *report_pictures(const struct report_input *in);
json_t *report_ladder(const struct report_input *in, json_t *report);
json_t *report_tight(const struct sweep_result *r,
		     const struct sweep_config *cfg);

/** The text that `nft -j list counters` prints, as an object by name. */
json_t *report_counters(const char *text);

/** Set "verdict" from the rest of the report; also after combining. */
void report_judge(json_t *report);

/** Name the report's files from another folder: put "PREFIX/" before every
 *  name that is not absolute. */
void report_move(json_t *report, const char *prefix);

/** Merge the reports of several lives; the first gives what is told once. */
json_t *report_combine(json_t *const *v, size_t n);

/**
 * The page, complete in itself.
 * @param dir  folder that the pictures' file names are relative to
 * @return 0, ENOMEM, EOVERFLOW
 */
int report_page(struct sbuf *sb, json_t *report, const char *dir);

/** The summary: at most 80 columns. */
void report_text(FILE *f, json_t *report, const char *page);

/**
 * Write report.json and report.html to a folder, and the summary.
 *
 * When a file cannot be written, neither is left there, the report's verdict
 * becomes "not ok" with the reason, and the summary says so.
 * @param f  for the summary, or NULL
 * @return 0 or errno
 */
int report_write(json_t *report, const char *dir, FILE *f);

/** Is it as it should be? */
bool report_ok(json_t *report);

#endif
