/**
 * The language of impairments, as people write it. Pure.
 *
 * A line, or what stands between two semicolons, is one of
 *
 *   seed NUMBER
 *   link NAME                the rules below are for this link
 *   FILTER... : IMPAIRMENT...
 *
 *   FILTER       forward | back | both | udp [PORT[-PORT]] | dscp DSCP |
 *                neighbours
 *   IMPAIRMENT   delay TIME
 *                jitter uniform|normal|pareto TIME | jitter series TIME,...
 *                order keep | order free
 *                rate BITS [queue PACKETS]
 *                loss PICK
 *                reorder PICK by TIME
 *                duplicate PICK [after TIME]
 *                dscp DSCP
 *   PICK         P% | every N | packets N[-N],... |
 *                burst ENTER% LEAVE% [P%]
 *
 * TIME is milliseconds unless it ends in us, ms or s; BITS are bits a second
 * unless they end in k, M or G. A # begins a comment.
 */
#ifndef VISAVIS_LAB_IMPAIR_RULES_H
#define VISAVIS_LAB_IMPAIR_RULES_H

#include "lab/impair/model.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"

enum { RULES_TEXT_MAX = 1 << 20, RULES_QUEUE = 100 };

struct impair_rules {
	uint64_t seed;		/**< 1 when not given */
	struct impair_rule *v;
	size_t n;
	const char **links;	/**< names of `link` lines, each once */
	struct diag_pos *links_pos;	/**< where each was named first */
	size_t nlinks;
};

/**
 * Read a text; every mistake is told.
 *
 * @param r     filled; all it points to lives in `a`
 * @param file  for messages; outlives them and the rules
 * @return 0; EBADMSG when dl got an error; ENOMEM
 */
int rules_parse(struct impair_rules *r, struct arena *a, const char *text, size_t len,
		const char *file, struct diag_list *dl);

/** A seed as text. @return 0 or EINVAL */
int rules_seed(uint64_t *seed, const char *p, size_t len);

/** Keep the rules of one link and those of every link.
 *  @return how many are left */
size_t rules_keep_link(struct impair_rules *r, const char *link);

#endif
