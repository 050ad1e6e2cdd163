#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab/proof/sweep.h"
#include "lab/proof/sweep_net.h"
#include "lab/proof/sweep_plan.h"

enum { ATTEMPTS = 4, FLUSH_EVERY = 16384 };

/** The whole run, shared by the workers under `lock`. */
struct sweep {
	struct sweep_plan plan;
	struct sweep_net net;
	struct arena *a;
	uint8_t *state;			/* of each part: 0, 1 taken, 2 done */
	size_t ndone;
	uint32_t run;
	unsigned living;		/* workers */
	int err;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

struct worker {
	struct sweep *sw;
	unsigned number;
	int cpu;			/* -1: wherever */
	pthread_t thread;
	uint8_t want[SWEEP_PROBES_MAX];
	uint8_t seen[SWEEP_PROBES_MAX];
	uint8_t again[SWEEP_PROBES_MAX];
	uint32_t passed;		/* since the last flush */
};


/** Take what has arrived; only this part's packets count. */
static void ring_take(struct worker *w, struct ring *r,
		      const struct sweep_part *part, uint32_t run)
{
	struct ring_frame f;

	while (ring_peek(r, &f)) {
		struct probe got, sent;

		if (probe_read(&got, f.p, f.len) && got.run == run &&
		    got.index < part->probes) {
			sweep_plan_probe(&w->sw->plan, part, got.index, &sent);
			if (got.transport == sent.transport &&
			    got.sport == sent.sport &&
			    got.dport == sent.dport &&
			    !ip_cmp(&got.src, &sent.src) &&
			    !ip_cmp(&got.dst, &sent.dst)) {
				w->seen[got.index] = 1;
				w->passed++;
			}
		}
		ring_release(r);
	}
}


static void connections_limit(struct worker *w)
{
	if (w->passed < FLUSH_EVERY)
		return;

	sweep_net_flush(&w->sw->net);
	w->passed = 0;
}


/** Send the probes marked in `again`, batch by batch, each to its end. */
static int part_fire(struct worker *w, struct sweep_part *part, uint32_t run)
{
	struct sweep *sw = w->sw;
	struct sweep_station *from = &sw->net.st[sw->net.of_host[part->from]];
	struct sweep_station *to = &sw->net.st[sw->net.of_host[part->to]];
	struct ring *r = &to->ring[sw->plan.cfg->hosts[part->to].addr.family
				   == 6];
	struct probe v[SWEEP_BATCH];
	uint32_t i = 0;
	int err = 0;

	while (i < part->probes && !err) {
		size_t n = 0;

		for (; i < part->probes && n < SWEEP_BATCH; i++) {
			if (!w->again[i])
				continue;
			sweep_plan_probe(&sw->plan, part, i, &v[n]);
			v[n++].run = run;
		}

		err = sweep_net_send(from, v, n);
		if (!err && n)
			err = sweep_net_fence(&sw->net, w->number, from, to);
		ring_take(w, r, part, run);
		connections_limit(w);
	}

	return err;
}


/** What differs is tried again, alone; @return how many */
static uint32_t part_differs(struct worker *w, const struct sweep_part *part)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < part->probes; i++) {
		w->again[i] = w->seen[i] != w->want[i];
		n += w->again[i];
	}

	return n;
}


static uint32_t run_next(struct sweep *sw)
{
	uint32_t run;

	(void)pthread_mutex_lock(&sw->lock);
	run = sw->net.nonce + sw->run++;
	(void)pthread_mutex_unlock(&sw->lock);
	return run;
}


static int part_run(struct worker *w, struct sweep_part *part)
{
	uint32_t n;
	int err = 0;

	sweep_plan_expect(&w->sw->plan, part, w->want);
	memset(w->seen, 0, part->probes);
	memset(w->again, 1, part->probes);
	for (unsigned i = 0; i < ATTEMPTS && !err; i++) {
		/* connections of earlier parts might let packets pass */
		sweep_net_flush(&w->sw->net);
		w->passed = 0;
		for (uint32_t j = 0; j < part->probes; j++)
			if (w->again[j])
				w->seen[j] = 0;

		err = part_fire(w, part, run_next(w->sw));
		n = part_differs(w, part);
		if (!n)
			break;
		if (i + 1 < ATTEMPTS)
			part->retries += n;
	}

	part->err = err;
	return err;
}


/** Two parts at work share no host: else one's packets could be taken for
 *  the answers of the other's. */
static struct sweep_part *part_take(struct sweep *sw)
{
	for (size_t i = 0; i < sw->plan.nparts; i++) {
		struct sweep_part *p = &sw->plan.parts[i];
		struct sweep_station *a, *b, *c;

		if (sw->state[i])
			continue;

		a = &sw->net.st[sw->net.of_host[p->from]];
		b = &sw->net.st[sw->net.of_host[p->to]];
		c = &sw->net.st[sw->net.of_host[p->as]];
		if (a->busy || b->busy || c->busy)
			continue;

		a->busy = b->busy = c->busy = true;
		sw->state[i] = 1;
		return p;
	}

	return NULL;
}


static void part_done(struct sweep *sw, struct sweep_part *p)
{
	sw->net.st[sw->net.of_host[p->from]].busy = false;
	sw->net.st[sw->net.of_host[p->to]].busy = false;
	sw->net.st[sw->net.of_host[p->as]].busy = false;
	sw->state[p - sw->plan.parts] = 2;
	sw->ndone++;
	(void)pthread_cond_broadcast(&sw->changed);
}


static bool parts_left(const struct sweep *sw)
{
	for (size_t i = 0; i < sw->plan.nparts; i++)
		if (!sw->state[i])
			return !sw->err;

	return false;
}


static void worker_loop(struct worker *w)
{
	struct sweep *sw = w->sw;

	(void)pthread_mutex_lock(&sw->lock);
	while (parts_left(sw)) {
		struct sweep_part *p = part_take(sw);
		int err;

		if (!p) {
			(void)pthread_cond_wait(&sw->changed, &sw->lock);
			continue;
		}

		(void)pthread_mutex_unlock(&sw->lock);
		(void)part_run(w, p);
		(void)pthread_mutex_lock(&sw->lock);
		err = sweep_plan_judge(&sw->plan, sw->a, p, w->want, w->seen);
		if (err)
			sw->err = err;
		part_done(sw, p);
	}

	sw->living--;
	(void)pthread_cond_broadcast(&sw->changed);
	(void)pthread_mutex_unlock(&sw->lock);
}


static void *worker_thread(void *arg)
{
	struct worker *w = arg;
	cpu_set_t set;

	if (w->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((size_t)w->cpu, &set);
		(void)sched_setaffinity(0, sizeof(set), &set);
	}

	worker_loop(w);
	return NULL;
}


/** The processors that we may use; @return how many */
static unsigned cpus_list(int *v, unsigned max)
{
	cpu_set_t set;
	unsigned n = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;

	for (int i = 0; i < CPU_SETSIZE && n < max; i++)
		if (CPU_ISSET((size_t)i, &set))
			v[n++] = i;

	return n;
}


static void progress_loop(struct sweep *sw, const struct sweep_config *cfg)
{
	struct timespec until;

	(void)pthread_mutex_lock(&sw->lock);
	while (sw->living) {
		int err = 0;
		unsigned percent = (unsigned)(sw->ndone * 100 /
					      (sw->plan.nparts + 1));

		(void)pthread_mutex_unlock(&sw->lock);
		if (cfg->progress_h)
			err = cfg->progress_h(percent, cfg->arg);
		(void)pthread_mutex_lock(&sw->lock);
		if (err && !sw->err)
			sw->err = err;
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 200000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (sw->living)
			(void)pthread_cond_timedwait(&sw->changed, &sw->lock,
						     &until);
	}
	(void)pthread_mutex_unlock(&sw->lock);
}


static int workers_run(struct sweep *sw, struct worker *w, unsigned n,
		       const int *cpus, unsigned ncpus)
{
	sigset_t all, old;
	unsigned started = 0;
	int err = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	sw->living = n;
	for (unsigned i = 0; i < n; i++) {
		w[i].sw = sw;
		w[i].number = i;
		w[i].cpu = ncpus ? cpus[i % ncpus] : -1;
		err = pthread_create(&w[i].thread, NULL, worker_thread, &w[i]);
		if (err)
			break;
		started++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);

	(void)pthread_mutex_lock(&sw->lock);
	sw->living -= n - started;
	if (err)
		sw->err = err;
	(void)pthread_mutex_unlock(&sw->lock);

	progress_loop(sw, sw->plan.cfg);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(w[i].thread, NULL);

	return sw->err;
}


static void result_sum(struct sweep_result *r, const struct sweep *sw)
{
	r->parts = sw->plan.parts;
	r->nparts = sw->plan.nparts;
	for (size_t i = 0; i < r->nparts; i++) {
		const struct sweep_part *p = &r->parts[i];

		r->probes += p->probes + p->retries;
		r->failed += p->err != 0;
		if (p->err)
			continue;
		r->missing += p->missing;
		r->extra += p->extra;
	}
}


/** The firewall must know its neighbours before the first probe: each host
 *  asks for its router, and thereby tells its own link address. */
static void neighbours_warm(struct sweep *sw)
{
	const struct sweep_config *cfg = sw->plan.cfg;

	for (size_t i = 0; i < sw->plan.nparts; i++) {
		const struct sweep_part *p = &sw->plan.parts[i];
		struct probe probe = {
			.transport = FLOW_UDP,
			.src = cfg->hosts[p->from].addr,
			.dst = cfg->hosts[p->to].addr,
			.sport = 1, .dport = 1, .run = sw->net.nonce - 1,
		};

		if (p->kind == SWEEP_EDGES && p->transport == FLOW_UDP)
			(void)sweep_net_send(&sw->net.st[sw->net.of_host[
						p->from]], &probe, 1);
	}
}


static double now_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


static int sweep_start(struct sweep *sw, struct sweep_result *r, unsigned n,
		       const int *cpus, unsigned ncpus)
{
	struct worker *w = calloc(n, sizeof(*w));
	int err;

	sw->state = calloc(sw->plan.nparts + 1, 1);
	if (!w || !sw->state) {
		err = ENOMEM;
		goto out;
	}

	err = sweep_net_open(&sw->net, sw->a, sw->plan.cfg, n);
	if (err)
		goto out;

	neighbours_warm(sw);
	err = workers_run(sw, w, n, cpus, ncpus);
	sweep_net_flush(&sw->net);
	sweep_net_close(&sw->net);
	result_sum(r, sw);

 out:
	free(w);
	free(sw->state);
	return err;
}


int sweep_run(struct sweep_result *r, struct arena *a,
	      const struct sweep_config *cfg)
{
	struct sweep sw = {.a = a};
	int cpus[SWEEP_WORKERS_MAX];
	unsigned ncpus = cpus_list(cpus, SWEEP_WORKERS_MAX);
	unsigned n = cfg->workers ? cfg->workers : ncpus;
	double begin = now_s();
	int err;

	if (n < 1)
		n = 1;
	if (n > SWEEP_WORKERS_MAX)
		n = SWEEP_WORKERS_MAX;

	memset(r, 0, sizeof(*r));
	err = sweep_plan_make(&sw.plan, a, cfg);
	if (err)
		return err;

	(void)pthread_mutex_init(&sw.lock, NULL);
	(void)pthread_cond_init(&sw.changed, NULL);
	err = sweep_start(&sw, r, n, cpus, ncpus);
	(void)pthread_cond_destroy(&sw.changed);
	(void)pthread_mutex_destroy(&sw.lock);
	r->seconds = now_s() - begin;
	return err;
}
