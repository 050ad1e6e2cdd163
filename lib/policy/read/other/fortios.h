/**
 * A FortiOS configuration: its words, sections and entries (fortios.c), and
 * what those of the firewall mean (fortios_objects.c, fortios_policy.c).
 */
#ifndef VISAVIS_LIB_POLICY_READ_OTHER_FORTIOS_H
#define VISAVIS_LIB_POLICY_READ_OTHER_FORTIOS_H

#include "lib/policy/read/lines.h"
#include "lib/policy/read/other/srx.h"

enum {
	FORTIOS_WORDS_MAX = 4096,	/**< of one line */
	FORTIOS_SETS_MAX = 512,		/**< of one entry */
	FORTIOS_DEPTH_MAX = 16,		/**< of sections */
	FORTIOS_NAME_LEN = 255,
};

struct fortios;

/** What becomes of a finished entry. @return 0, ENOMEM, EOVERFLOW */
typedef int (fortios_entry_h)(struct fortios *o, const char *name);

struct fortios_section {
	const char *name;		/**< "firewall policy" */
	fortios_entry_h *h;
	bool whole;			/**< has no entries: is one itself */
};

struct fortios_frame {
	const struct fortios_section *section;	/**< NULL: of no interest */
	char name[64];			/**< with its parents', but for vdom's */
	char entry[FORTIOS_NAME_LEN + 1];
	bool open;			/**< an entry is */
};

/** `set KEY VALUE...` */
struct fortios_set {
	const char *key;
	const char **v;
	size_t n, cap;
};

struct fortios {
	struct config *c;
	struct srx x;
	struct lines l;
	struct junos_words path;	/**< empty */
	/* the words of the line, which may go on over others */
	const char *w[FORTIOS_WORDS_MAX + 1];
	size_t nw, len, word;
	bool in_word, quoted, overflow;
	char text[4 * LINES_LEN_MAX];
	unsigned line;
	struct config_text raw;
	/* the open entry */
	struct fortios_set sets[FORTIOS_SETS_MAX];
	size_t nsets;
	unsigned at;
	struct config_text at_text;
	struct fortios_frame frames[FORTIOS_DEPTH_MAX];
	size_t depth;
	char vdom[FORTIOS_NAME_LEN + 1], policy_vdom[FORTIOS_NAME_LEN + 1];
	bool has_policy;
	struct srx_names ifaces;	/**< of "system interface" */
	struct srx_names ends;		/**< interfaces and zones that policies name */
	struct srx_names open_zones;	/**< whose interfaces reach one another */
	bool strict;			/**< sources are held against routes */
	bool helpers_listed, tftp_listed, inspected, translated;
};

/** The section of that name that is read, or NULL */
const struct fortios_section *fortios_section(const char *name);

const struct fortios_set *fortios_get(const struct fortios *o, const char *key);
/** The first value of the key, or `otherwise` */
const char *fortios_value(const struct fortios *o, const char *key, const char *otherwise);
bool fortios_enabled(const struct fortios *o, const char *key);

/** Nothing is sure from here on: name the line. */
int fortios_lost(struct fortios *o, const char *why);

/** Hand a path on to the part of srx.h that reads it. */
typedef int (fortios_part_h)(struct srx *x, const struct junos_statement *s,
			     const char *const *w);
int fortios_give(struct fortios *o, fortios_part_h *h, const char *const *w);
#define FORTIOS_GIVE(o, h, ...) \
	fortios_give(o, h, (const char *const []){ __VA_ARGS__, NULL })

/* Entries */
fortios_entry_h fortios_address, fortios_address6, fortios_group, fortios_group6;
fortios_entry_h fortios_vip, fortios_vip6, fortios_service, fortios_service_group;
fortios_entry_h fortios_policy, fortios_policy6;

/** As srx_predefined(), for services of FortiOS */
const char *fortios_predefined(const char *name);

/** Make the rules, when all is read. */
int fortios_finish(struct fortios *o);

#endif
