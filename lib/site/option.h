/**
 * What a host of the site file may set, beside its role and address: one
 * table that the reader, the documentation and completion share.
 */
#ifndef VISAVIS_LIB_SITE_OPTION_H
#define VISAVIS_LIB_SITE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct site_option {
	const char *key;
	const char *form;	/**< for people: "on|off" */
	const char *def;	/**< default, "" when there is none */
	const char *help;
	bool (*valid)(const char *value, const struct site_option *o);
	unsigned min;		/**< of numbers */
	unsigned max;
};

/** Ends with a NULL key. */
extern const struct site_option site_options[];

/** @return the option, or NULL */
const struct site_option *site_option_find(const char *key);

/** Does the option take this value? */
bool site_option_valid(const struct site_option *o, const char *value);

#endif
