/**
 * What a Junos configuration says, between its statements (junos.c) and the
 * rules that they make (junos_term.c).
 */
#ifndef VISAVIS_LIB_POLICY_READ_OTHER_JUNOS_H
#define VISAVIS_LIB_POLICY_READ_OTHER_JUNOS_H

#include "lib/policy/read/config.h"
#include "lib/policy/model/sets.h"
#include "lib/policy/read/other/junos_text.h"
#include "lib/policy/read/other/srx.h"

enum {
	JUNOS_LIST_MAX = 1 << 20,	/**< prefixes of one list or condition */
	JUNOS_INPUTS_MAX = 64,		/**< filters of one input-list */
};

/** Prefixes of which the longest that holds an address decides */
struct junos_prefix {
	struct ip_prefix p;
	bool except;
};

/** A prefix list by its name, in a condition */
struct junos_ref {
	const char *name;
	bool except;
	unsigned line;
};

struct junos_prefix_list {
	const char *name;
	struct junos_prefix *v;
	size_t n, cap;
	const char *path;		/**< of apply-path, or NULL */
	bool uncertain;			/**< something of it cannot be told */
};

/** An address condition of a term */
struct junos_addrs {
	struct junos_prefix *v;
	size_t n, cap;
	struct junos_ref *refs;
	size_t nrefs, refs_cap;
};

struct junos_term {
	const char *name;
	size_t filter;			/**< index into junos.filters */
	unsigned line;
	struct config_text text;
	struct config_rows rows;
	struct junos_addrs src, dst, either;
	struct config_match m;		/**< all but addresses and ICMP */
	struct config_nums port;	/**< at either end */
	struct config_nums icmp_type, icmp_code;
	struct config_ifaces in;
	enum config_action action;
	bool next;			/**< "next term" */
	bool decided;			/**< by itself, not by a group */
	bool sometimes, uncertain;
	const char *effect;		/**< as in struct config_rule */
	unsigned nalso, nblind;	/**< conditions that make it `sometimes` */
	const char *also;	/**< see struct config_rule */
};

struct junos_filter {
	const char *name;
	uint8_t family;
	unsigned line;
	size_t *terms;			/**< indices into junos.terms */
	size_t nterms, cap;
	bool own;			/**< has terms that no group brought */
};

/** `filter input F` of one unit and family; lists have several */
struct junos_binding {
	const char *iface;
	uint8_t family;
	enum config_where where;
	const char *filters[JUNOS_INPUTS_MAX];
	size_t n;
	unsigned line;
	bool merged;			/**< by a group */
};

/** A statement that was kept, because groups or paths look for others */
struct junos_line {
	const char **w;
	size_t n;
	unsigned line;
	struct config_text text;
	bool block;
	bool merged;			/**< by a group */
	bool except;			/**< "apply-groups-except NAME" at its end */
};

struct junos {
	struct config *c;
	struct junos_filter *filters;
	size_t nfilters, filters_cap;
	struct junos_term *terms;
	size_t nterms, terms_cap;
	struct junos_prefix_list *lists;
	size_t nlists, lists_cap;
	struct junos_binding *bindings;
	size_t nbindings, bindings_cap;
	struct sets_index filter_ix, term_ix, list_ix, binding_ix;
	const char **off;		/**< deactivated paths, blanks between */
	size_t noff, off_cap;
	struct srx zones;
	bool keeping;			/**< groups or paths are used: keep all */
	bool merging;			/**< what is read now comes of a group */
	struct junos_line *kept;
	size_t nkept, kept_cap;
	size_t steps, nmerged;		/**< of groups and paths, so far */
	unsigned lost;			/**< line after which nothing is sure; 0: none */
	struct config_text lost_text;
};

/** Something was not followed that may change all: name the line, and make
 *  every list unknown. @return 0, ENOMEM */
int junos_lost(struct junos *j, unsigned line, struct config_text text, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Keep a statement for what follows. @return 0, ENOMEM */
int junos_keep(struct junos *j, const struct junos_statement *s, bool merged);

/** Call h for each statement that a group merges in, j as its argument.
 *  @return 0, ENOMEM, EOVERFLOW, or what h returned */
int junos_groups(struct junos *j, junos_statement_h *h);

/** Fill a list by its apply-path. @return 0, ENOMEM, EOVERFLOW */
int junos_apply_path(struct junos *j, struct junos_prefix_list *l);

/** Add a prefix or address to a list. @return 0, ENOMEM, EOVERFLOW */
int junos_list_add(struct junos *j, struct junos_prefix_list *l, const char *word,
		   unsigned line, struct config_text text);

/** One condition ("from") or action ("then") of a term; path begins behind
 *  the word. @return 0, ENOMEM, EOVERFLOW */
int junos_from(struct junos *j, struct junos_term *t, const struct junos_statement *s,
	       const char *const *w);
int junos_then(struct junos *j, struct junos_term *t, const struct junos_statement *s,
	       const char *const *w);

/** Make the term's rules in the list. @return 0, ENOMEM, EOVERFLOW */
int junos_term_rules(struct junos *j, struct junos_term *t, const char *list);

/** Each type with each code; none given: any. @return 0, ENOMEM */
int junos_icmp(struct config *c, struct config_icmps *out, const struct config_nums *type,
	       const struct config_nums *code);

/** The prefix list of that name, or NULL */
struct junos_prefix_list *junos_list_find(const struct junos *j, const char *name);

#endif
