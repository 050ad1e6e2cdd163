/**
 * Who may register: names (directory numbers) and the hashes of their
 * passwords, never the passwords. Pure state.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_USERS_H
#define VISAVIS_DAEMONS_CALLCONTROL_USERS_H

#include "daemons/callcontrol/location.h"
#include "lib/digest/digest.h"

struct user {
	struct le he;
	char name[LOCATION_AOR_MAX];
	char ha1[DIGEST_ALGS][DIGEST_HEX];
};

struct users;

typedef void (users_h)(const struct user *u, void *arg);

int users_alloc(struct users **up, uint32_t max);

/** Fill in a user. Names are letters, digits and - _ . + only.
 *  @return 0, EINVAL, EOVERFLOW, ENOMEM */
int user_make(struct user *u, const char *name, const char *realm,
	      const char *password);

/** Add or replace; u is copied. @return 0, ENOSPC, ENOMEM */
int users_set(struct users *us, const struct user *u);
int users_remove(struct users *us, const char *name);	/**< 0 or ENOENT */
const struct user *users_find(const struct users *us, const char *name);
void users_apply(const struct users *us, users_h *h, void *arg);
uint32_t users_count(const struct users *us);

#endif
