/**
 * Inside of cisco_update.h: a configuration with its groups, and its lines in
 * a form in which two of them can be compared.
 */
#ifndef VISAVIS_LIB_POLICY_UPDATE_CISCO_UPDATE_SIDE_H
#define VISAVIS_LIB_POLICY_UPDATE_CISCO_UPDATE_SIDE_H

#include "lib/base/sbuf.h"
#include "lib/policy/read/cisco/cisco_read.h"
#include "lib/policy/update/update.h"

enum { LINE_GROUPS = 6, NUMBER_NONE = 0 };

struct uline {
	const struct config_rule *rule;
	uint8_t family;			/**< of its list */
	const char *words;		/**< from the action on, ports as numbers,
					  without "log" */
	unsigned long number;		/**< on the device; NUMBER_NONE */
	unsigned long hash;
	struct group *groups[LINE_GROUPS];
	size_t ngroups;
};

struct ulist {
	const struct config_list *list;
	struct uline *v;
	size_t n;
	unsigned long *remarks;		/**< numbers that remarks have */
	size_t nremarks;
	bool numbered;			/**< the text shows numbers */
	bool denies;			/**< anything but its last line */
};

struct side {
	struct config c;
	struct config g;		/**< owns the groups */
	struct cisco_read *r;
	const char *text;
	size_t len;
	struct config_text *lines;	/**< [nlines] of the text */
	size_t nlines;
	struct ulist *lists;		/**< [c.nlists] */
};

int side_read(struct side *s, const char *dialect, const char *name, const char *text,
	      size_t len, struct diag_list *dl);
void side_drop(struct side *s);

/** Do both hold the same packets and do the same with them? */
bool uline_same(const struct uline *a, const struct uline *b);
/** The text's line of that number, from 1 */
struct config_text side_line(const struct side *s, unsigned line);
struct ulist *side_list(const struct side *s, const char *name, uint8_t family);
/** Addresses of a group, merged; lives in the side's memory */
int group_addrs(struct need_addrs *out, struct arena *a, const struct group *g);

#endif
