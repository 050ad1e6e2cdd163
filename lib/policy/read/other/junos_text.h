/**
 * The statements of a Junos configuration, in either form: `set` lines, or
 * blocks in braces. A statement is its path of words from the top:
 *	firewall family inet filter F term T from protocol tcp
 * A list in brackets makes one statement of each of its members.
 */
#ifndef VISAVIS_LIB_POLICY_READ_OTHER_JUNOS_TEXT_H
#define VISAVIS_LIB_POLICY_READ_OTHER_JUNOS_TEXT_H

#include "lib/policy/read/config.h"
#include "lib/policy/read/lines.h"

enum {
	JUNOS_WORDS_MAX = 64,		/* of one path */
	JUNOS_TEXT_MAX = 8192,		/* bytes of its words */
};

struct junos_words {
	const char *v[JUNOS_WORDS_MAX + 1];	/**< NUL-terminated; ends with NULL */
	size_t n;
};

struct junos_statement {
	const struct junos_words *path;
	unsigned line;
	struct config_text text;	/**< its line, borrowed from the file */
	const char *remark;		/**< the comment before it, or "" */
	bool block;			/**< the head of one: what is in it follows */
	bool off;			/**< in an `inactive:` block */
	const char *command;		/**< "set", "deactivate", "delete", ... */
};

/** @return 0, or an errno that ends the reading */
typedef int (junos_statement_h)(const struct junos_statement *s, void *arg);
/** What is no statement: too deep, too long, a brace too many */
typedef int (junos_strange_h)(unsigned line, struct config_text text, const char *reason,
			      void *arg);

/**
 * Call `h` for each statement.
 * @param truncated  set when the text ends inside a block or statement
 * @return 0, ENOMEM, or what a callback returned
 */
int junos_statements(const char *text, size_t len, junos_statement_h *h,
		     junos_strange_h *strange_h, void *arg, bool *truncated, unsigned *lines);

#endif
