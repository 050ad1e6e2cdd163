/** When answers left: the kernel's stamps of a probe socket, each brought to
 *  the history of the operation that the answer was for. */
#ifndef VISAVIS_DAEMONS_SLA_LEFT_H
#define VISAVIS_DAEMONS_SLA_LEFT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemons/sla/core.h"

enum { LEFT_MAX = 256 };	/**< answers whose stamps may be outstanding */

/** An answer that was sent. */
struct left_answer {
	struct core_op *op;	/**< that it was for; NULL: it tells of no packets before */
	uint32_t rseq;
	int64_t wrote;		/**< the program's stamp in it */
};

/** Of one socket; zeroed: nothing was sent. */
struct left {
	uint32_t sent;
	bool astray;		/**< a packet was refused: the kernel's numbers may
				     be other than ours, none is believed */
	struct left_answer v[LEFT_MAX];
};

/** One that the kernel is to stamp has gone. */
void left_add(struct left *l, const struct left_answer *answer);

/** Read what stamps have come. One of an operation that was closed since
 *  finds no such number in its history. */
void left_read(struct left *l, int fd);

#endif
