/**
 * The verbs of `visavis policy`, one file each, and what they share.
 */
#ifndef VISAVIS_TOOLS_POLICY_H
#define VISAVIS_TOOLS_POLICY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/diag.h"
#include "lib/base/sbuf.h"
#include "lib/policy/audit/audit.h"
#include "lib/policy/audit/lint.h"
#include "lib/policy/read/reader.h"

int policy_compile(int argc, char *argv[]);
int policy_qos(int argc, char *argv[]);
int policy_audit(int argc, char *argv[]);
int policy_lint(int argc, char *argv[]);
int policy_diff(int argc, char *argv[]);
int policy_explain(int argc, char *argv[]);
int policy_update(int argc, char *argv[]);
int policy_translate(int argc, char *argv[]);

/** A configuration and the file that it was read from */
struct policy_file {
	struct config config;
	const struct policy_reader *reader;
	char *text;
	size_t len;
	bool mapped;
};

/**
 * Read a configuration; mistakes go to the standard error.
 * @param f     policy_file_close() when done, whatever was returned
 * @param from  dialect, or NULL: find out
 * @return EXIT_OK or EXIT_USAGE
 */
int policy_file_read(struct policy_file *f, const char *path, const char *from);
/** For a usage: the dialects that are read, a line each, after an empty line */
void policy_put_readers(FILE *f);
void policy_file_close(struct policy_file *f);

enum policy_form { POLICY_TEXT = 0, POLICY_JSON, POLICY_SARIF, POLICY_HTML };

/** What audit and lint found, for the writers of each form */
struct policy_report {
	const char *title;
	struct config *const *configs;
	const struct lint *lints;	/**< [nconfigs] */
	size_t nconfigs;
	const struct audit *audit;	/**< NULL: lint alone */
};

void policy_report_text(struct sbuf *sb, const struct policy_report *r);
void policy_report_json(struct sbuf *sb, const struct policy_report *r);
void policy_report_sarif(struct sbuf *sb, const struct policy_report *r);
void policy_report_html(struct sbuf *sb, const struct policy_report *r);

/** EXIT_OK, EXIT_FINDINGS or EXIT_CANNOT_TELL */
int policy_report_exit(const struct policy_report *r);

/* Text of pieces, shared by the forms */

/** "A2-07 A2-08": row ids of a flow */
void policy_put_rows(struct sbuf *sb, const struct policy_rule *r);
/** "file:12", or "file:LIST, end of list" */
void policy_put_line(struct sbuf *sb, const struct audit_line *l);
/** The line's own text, blanks joined, at most `max` bytes */
void policy_put_text(struct sbuf *sb, const struct config_text *t, size_t max);
/** Why the verdict is unknown, when no line is to blame; or NULL */
const char *policy_unknown_why(const struct audit *au, const struct audit_flow *f);
/** Is it a notice whose text an earlier one of the configuration has? */
bool policy_notice_told(const struct config *c, size_t at);
/** "file:7", for all notices with that text: "file:7, 9 and 3 more" */
void policy_put_notice_lines(struct sbuf *sb, const struct config *c, size_t at);
/** "permitted with its mark CS4 only", of a flow that is */
void policy_put_mark(struct sbuf *sb, const struct audit_flow *f);
/** Did the reader mark any rule as not understood? */
size_t policy_uncertain(const struct config *c);

#endif
