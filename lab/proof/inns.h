/**
 * Do something inside a network namespace without leaving one's own: the
 * function runs in a thread of its own that enters the namespace and ends
 * with it. Sockets that it opens stay in that namespace wherever they are
 * used later.
 */
#ifndef VISAVIS_LAB_INNS_H
#define VISAVIS_LAB_INNS_H

#include <stdbool.h>

#include "lib/base/sbuf.h"

/** @param nsfd  open namespace file; -1: stay where we are
 *  @return what fn returned, or errno of entering */
int inns_call(int nsfd, int (*fn)(void *arg), void *arg);

/**
 * Run nftables commands inside a namespace.
 * @param out   what nft printed is appended; NULL: thrown away
 * @param json  ask for JSON
 * @return 0; EINVAL: nft refused them, *out then holds its message
 */
int inns_nft(int nsfd, const char *cmds, bool json, struct sbuf *out);

/** Forget all tracked connections of the namespace. @return 0 or errno */
int inns_conntrack_flush(int nsfd);

#endif
