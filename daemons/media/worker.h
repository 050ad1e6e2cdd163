/**
 * A thread that waits: until a time, until it is told of news, until it is
 * to end.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_WORKER_H
#define VISAVIS_DAEMONS_MEDIA_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct worker {
	pthread_t thread;
	pthread_mutex_t mu;
	pthread_cond_t cond;
	bool running;
	bool quit;	/**< under mu */
};

void worker_init(struct worker *w);
void worker_reset(struct worker *w);	/**< after worker_stop() */

/** @param name  at most 15 characters, for ps -L */
int worker_start(struct worker *w, void *(*fn)(void *arg), void *arg, const char *name);
/** Tell it to end and wait until it has. Does nothing when not running. */
void worker_stop(struct worker *w);

void worker_wake(struct worker *w);
/** Sleep until `us` (CLOCK_REALTIME), a wake or the end.
 *  @return false: the thread is to end */
bool worker_sleep_until(struct worker *w, uint64_t us);
/** As above, but wakes do not end it: only time and the end do. */
bool worker_pause_until(struct worker *w, uint64_t us);
bool worker_ending(struct worker *w);

#endif
