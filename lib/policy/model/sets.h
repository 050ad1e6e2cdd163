/**
 * The address sets behind the names of a site: roles, hosts, networks.
 * Each name list is resolved once; equal sets share their ranges, so that
 * `v` can be compared as a pointer.
 */
#ifndef VISAVIS_LIB_POLICY_MODEL_SETS_H
#define VISAVIS_LIB_POLICY_MODEL_SETS_H

#include "lib/policy/model/need.h"

/** A hash index over a vector that its owner keeps. */
struct sets_index {
	size_t *slot;		/**< entry + 1; 0: free */
	size_t cap;		/**< a power of two */
	size_t n;
};

typedef bool (sets_equal_h)(const void *arg, size_t entry);
typedef uint64_t (sets_hash_h)(const void *arg, size_t entry);

/** @return the entry that eq_h accepts, or SIZE_MAX */
size_t sets_index_find(const struct sets_index *ix, uint64_t hash,
		       sets_equal_h *eq_h, const void *arg);
/** Add entry ix->n, as which its owner appended it.
 *  @param hash_h  gives the hash of an entry again when the index grows
 *  @return 0 or ENOMEM */
int sets_index_add(struct sets_index *ix, struct arena *mem, uint64_t hash,
		   sets_hash_h *hash_h, const void *arg);

uint64_t sets_hash(uint64_t seed, const void *p, size_t n);

struct sets;

/** @return 0 or ENOMEM; *ss lives in mem */
int sets_make(struct sets **ss, struct arena *mem, const struct site *site);

/**
 * The set that a list of names means.
 *
 * @param out      filled; n is 0 when a host is wanted and none is there
 * @param names    roles; with `narrow` hosts and networks too
 * @param missing  first name that means nothing here, or NULL; may be NULL
 * @return 0 or ENOMEM
 */
int sets_resolve(struct need_addrs *out, struct sets *ss,
		 const char *const *names, size_t n, bool narrow,
		 const char **missing);

#endif
