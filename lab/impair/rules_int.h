/** Between the files that read impairments. */
#ifndef VISAVIS_LAB_IMPAIR_RULES_INT_H
#define VISAVIS_LAB_IMPAIR_RULES_INT_H

#include "lab/impair/rules.h"

/** Where the reader is. */
struct words {
	const char *at, *end;
	const char *line_at;	/* where the line began */
	unsigned line;
	const char *file;
};

struct word {
	const char *p;
	size_t len;
};

struct reading {
	struct impair_rules *out;
	struct arena *a;
	struct diag_list *dl;
	const char *link;	/* of the rules that follow, or NULL */
};

/** Where the next word begins. */
struct diag_pos rules_pos(struct words *w);
/** The next word of this rule. @return false: there is none */
bool rules_next(struct words *w, struct word *d);
/** As rules_next(); stays where it is. */
bool rules_peek(struct words *w, struct word *d);
/** Over the colon, if it is next. */
bool rules_colon(struct words *w);
bool rules_is(const struct word *d, const char *s);

/** Filters, a colon, impairments. @return 0; EBADMSG, told; ENOMEM */
int rule_read(struct reading *r, struct words *w, struct impair_rule *rule);

#endif
