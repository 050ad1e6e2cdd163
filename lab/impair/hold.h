/**
 * Frames that wait for their time: a heap with a maximum. Pure. What is due
 * at the same time comes out in the order in which it went in.
 */
#ifndef VISAVIS_LAB_IMPAIR_HOLD_H
#define VISAVIS_LAB_IMPAIR_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hold_item {
	int64_t due_ns;
	void *frame;		/**< the caller's */
};

struct hold;

/** @param max  frames at once. @return 0 or ENOMEM */
int hold_alloc(struct hold **hp, size_t max);
/** What is still held is the caller's: take it out first. */
void hold_free(struct hold *h);

/** @return 0 or EOVERFLOW: max are held */
int hold_put(struct hold *h, int64_t due_ns, void *frame);

/** The next one due, or NULL; stays. */
const struct hold_item *hold_next(const struct hold *h);

/** Take out the next one due. @return its frame, or NULL */
void *hold_take(struct hold *h);

size_t hold_count(const struct hold *h);

#endif
