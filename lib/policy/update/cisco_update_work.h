/**
 * Inside of cisco_update.h: what is to be done, between the files that find it
 * out and the one that writes it.
 */
#ifndef VISAVIS_LIB_POLICY_UPDATE_CISCO_UPDATE_WORK_H
#define VISAVIS_LIB_POLICY_UPDATE_CISCO_UPDATE_WORK_H

#include "lib/policy/update/cisco_update_side.h"

enum { RESEQUENCE = 1000 };

/** A wanted group and what the device has under its name */
struct change {
	struct group *want, *now;	/* now: NULL when it is new */
	const char *name;		/* under which it will stand */
	bool changed;
	bool in_place;
	bool comes, goes;		/* members do */
	bool needed;			/* by a line to come */
};

/** A wanted list and where it will stand */
struct pair {
	struct ulist *want, *now;	/* now: NULL, write it anew */
	const char *iface;
	const char *name;
	const char *old;		/* bound there so far, or NULL */
	struct update u;
	unsigned long *numbers;		/* of lines to come */
};

struct work {
	struct sbuf *sb;
	struct arena mem;
	struct side now, want;
	enum flavour flavour;
	struct change *changes;		/* [nchanges] */
	size_t nchanges;
	struct pair *pairs;
	size_t npairs;
	const struct pair *pair;	/* while its lines are compared */
};

/** What becomes of a wanted group; of a present one, or NULL */
struct change *work_change_of(struct work *w, const struct group *want);
struct change *work_change_of_now(struct work *w, const struct group *now);

bool work_text_equal(struct config_text a, struct config_text b);
bool work_has_member(const struct group *g, struct config_text t);

/** Compare the groups, and find which of them can be edited in place; the pairs
 *  of lists are known. @return 0, ENOMEM, EOVERFLOW */
int work_find_changes(struct work *w);

/** IOS shows no numbers of IPv4 lists in a configuration, but has them: are
 *  they to be given anew? */
bool work_resequences(const struct work *w, const struct pair *p);

/** Write all commands: cisco_update_put.c */
void work_put(struct work *w);

#endif
