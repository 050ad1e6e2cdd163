/**
 * A small site in memory: two rooms with codecs, a phone and one host that
 * serves them, for tests of needs and policies.
 */
#ifndef VISAVIS_TESTS_UNIT_ROOMS_H
#define VISAVIS_TESTS_UNIT_ROOMS_H

#include "lib/policy/model/need.h"
#include "lib/policy/model/policy.h"
#include "lib/site/site.h"

struct rooms {
	struct arena mem;
	struct diag_list dl;
	struct site site;
	struct need_list needs;
	struct policy p;		/**< of rooms_build() */
	int err;
};

/** The site with `more` behind it, and what it needs; see f->err. */
void rooms_expand(struct rooms *f, const char *more);
/** That, and the policy of its first firewall */
void rooms_build(struct rooms *f, const char *more);

/** The test fails with the site's own messages when there is an error. */
void rooms_expand_ok(struct rooms *f, const char *more);
void rooms_build_ok(struct rooms *f, const char *more);

void rooms_reset(struct rooms *f);

#endif
