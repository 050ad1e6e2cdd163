#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/clock.h"
#include "daemons/media/queue.h"

struct queue {
	pthread_mutex_t mu;
	pthread_cond_t cond;
	struct media_frame v[QUEUE_FRAMES];
	unsigned head;
	unsigned n;
	size_t bytes;
	bool closed;
};


int queue_alloc(struct queue **qp)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return ENOMEM;
	(void)pthread_mutex_init(&q->mu, NULL);
	(void)pthread_cond_init(&q->cond, NULL);
	*qp = q;
	return 0;
}


void queue_free(struct queue *q)
{
	if (!q)
		return;
	for (; q->n; q->n--, q->head++)
		free((void *)(uintptr_t)q->v[q->head % QUEUE_FRAMES].data);
	(void)pthread_cond_destroy(&q->cond);
	(void)pthread_mutex_destroy(&q->mu);
	free(q);
}


int queue_put(struct queue *q, const struct media_frame *f)
{
	struct media_frame *slot;
	uint8_t *data = malloc(f->len ? f->len : 1);
	int err = 0;

	if (!data)
		return ENOMEM;
	if (f->len)
		memcpy(data, f->data, f->len);

	(void)pthread_mutex_lock(&q->mu);
	if (q->closed || q->n == QUEUE_FRAMES || f->len > QUEUE_BYTES - q->bytes) {
		err = ENOBUFS;
	} else {
		slot = &q->v[(q->head + q->n++) % QUEUE_FRAMES];
		*slot = *f;
		slot->data = data;
		q->bytes += f->len;
		(void)pthread_cond_signal(&q->cond);
	}
	(void)pthread_mutex_unlock(&q->mu);
	if (err)
		free(data);
	return err;
}


int queue_get(struct queue *q, struct media_frame *f, uint64_t until_us)
{
	struct timespec ts = clock_timespec(until_us);
	int err = 0;

	(void)pthread_mutex_lock(&q->mu);
	while (!q->n && !q->closed && !err)
		err = pthread_cond_timedwait(&q->cond, &q->mu, &ts);
	if (q->closed) {
		err = ECANCELED;
	} else if (q->n) {
		*f = q->v[q->head++ % QUEUE_FRAMES];
		q->bytes -= f->len;
		q->n--;
		err = 0;
	}
	(void)pthread_mutex_unlock(&q->mu);
	return err;
}


void queue_close(struct queue *q)
{
	(void)pthread_mutex_lock(&q->mu);
	q->closed = true;
	(void)pthread_cond_broadcast(&q->cond);
	(void)pthread_mutex_unlock(&q->mu);
}
