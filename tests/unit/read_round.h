/**
 * What every reader's tests do alike: a site compiled, read again and held
 * against the need with packets at the edges; the reading under failing
 * allocations.
 */
#ifndef VISAVIS_TESTS_UNIT_READ_ROUND_H
#define VISAVIS_TESTS_UNIT_READ_ROUND_H

#include <stdbool.h>

#include "tests/unit/read_check.h"

/** What the dialect should do with a first packet */
typedef bool (round_wanted_h)(const struct trip *t, const struct need_packet *n);

struct round {
	const char *dialect;		/**< back end and reader have this name */
	round_wanted_h *wanted_h;
	const char *unit;		/**< appended to interfaces without a dot, or NULL */
	bool unknown;			/**< what hosts besides the site's may do is unknown */
};

/** The policy's own verdict, for dialects that say all of it */
bool round_policy(const struct trip *t, const struct need_packet *n);

/** For policies between zones: ICMP errors and what a helper opens pass as part
 *  of a flow, with no rule of their own. */
bool round_zones(const struct trip *t, const struct need_packet *n);
/** For groups at hosts, which know no source ports: the need itself */
bool round_hosts(const struct trip *t, const struct need_packet *n);

/** 40,000 packets; at least 100 of them permitted. */
void round_check(const struct round *r, const char *site);
/** The same for the demo and each of the golden sites */
void round_check_sites(const struct round *r);

/** Read with the n-th allocation failing, for each n: 0 or ENOMEM. */
void round_without_memory(const char *dialect, const char *text);

#endif
