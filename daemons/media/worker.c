#include <string.h>

#include "daemons/media/clock.h"
#include "daemons/media/worker.h"


void worker_init(struct worker *w)
{
	memset(w, 0, sizeof(*w));
	(void)pthread_mutex_init(&w->mu, NULL);
	(void)pthread_cond_init(&w->cond, NULL);
}


void worker_reset(struct worker *w)
{
	(void)pthread_cond_destroy(&w->cond);
	(void)pthread_mutex_destroy(&w->mu);
}


int worker_start(struct worker *w, void *(*fn)(void *arg), void *arg, const char *name)
{
	int err;

	w->quit = false;
	err = pthread_create(&w->thread, NULL, fn, arg);
	if (err)
		return err;
	(void)pthread_setname_np(w->thread, name);
	w->running = true;
	return 0;
}


void worker_stop(struct worker *w)
{
	if (!w->running)
		return;
	(void)pthread_mutex_lock(&w->mu);
	w->quit = true;
	(void)pthread_cond_broadcast(&w->cond);
	(void)pthread_mutex_unlock(&w->mu);
	(void)pthread_join(w->thread, NULL);
	w->running = false;
}


void worker_wake(struct worker *w)
{
	(void)pthread_mutex_lock(&w->mu);
	(void)pthread_cond_broadcast(&w->cond);
	(void)pthread_mutex_unlock(&w->mu);
}


bool worker_sleep_until(struct worker *w, uint64_t us)
{
	struct timespec ts = clock_timespec(us);
	bool quit;

	(void)pthread_mutex_lock(&w->mu);
	if (!w->quit)
		(void)pthread_cond_timedwait(&w->cond, &w->mu, &ts);
	quit = w->quit;
	(void)pthread_mutex_unlock(&w->mu);
	return !quit;
}


bool worker_pause_until(struct worker *w, uint64_t us)
{
	while (clock_us() < us)
		if (!worker_sleep_until(w, us))
			return false;
	return !worker_ending(w);
}


bool worker_ending(struct worker *w)
{
	bool quit;

	(void)pthread_mutex_lock(&w->mu);
	quit = w->quit;
	(void)pthread_mutex_unlock(&w->mu);
	return quit;
}
