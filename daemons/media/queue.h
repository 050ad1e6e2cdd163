/**
 * Coded frames on their way from the session's thread to a player.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_QUEUE_H
#define VISAVIS_DAEMONS_MEDIA_QUEUE_H

#include "daemons/media/session/session.h"

enum { QUEUE_FRAMES = 128, QUEUE_BYTES = 16 << 20 };

struct queue;

int queue_alloc(struct queue **qp);
void queue_free(struct queue *q);

/** Copy a frame in. @return 0, ENOBUFS when full, ENOMEM */
int queue_put(struct queue *q, const struct media_frame *f);

/** Wait for a frame. f->data is owned by the caller: free().
 *  @param until_us  give up then (CLOCK_REALTIME)
 *  @return 0, ETIMEDOUT, ECANCELED after queue_close() */
int queue_get(struct queue *q, struct media_frame *f, uint64_t until_us);

/** Wake the reader for good. */
void queue_close(struct queue *q);

#endif
