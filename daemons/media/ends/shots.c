#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemons/media/clock.h"
#include "daemons/media/coding/decoder.h"
#include "daemons/media/ends/shots.h"
#include "daemons/media/picture/pngfile.h"
#include "daemons/media/report.h"
#include "daemons/media/worker.h"
#include "io/log.h"

enum { WAITING_MAX = 4, EVERY_US = 5000000, NICE = 15 };

struct shot {
	struct picture *pic;	/* NULL: picture i of clip */
	const struct clip *clip;
	size_t i;
	const char *which;
	uint64_t capture_us;
	unsigned stream;
};

struct shots {
	struct worker w;
	struct pngfile *png;
	struct h264dec *dec;
	bool busy;			/* under w.mu */
	int dirfd;
	char dir[256];
	struct shot v[WAITING_MAX];	/* under w.mu */
	unsigned n;
	int last_err;			/* so that a full disk is said once */
};


static void write_one(struct shots *s, const struct shot *x)
{
	char name[64], path[sizeof(s->dir) + sizeof(name) + 1];
	int err;

	(void)snprintf(name, sizeof(name), "%s-%u-%llu.png", x->which, x->stream, (unsigned long long)x->capture_us);
	err = pngfile_write(s->png, s->dirfd, name, x->pic);
	if (err && err != s->last_err)
		log_error("%s: pictures cannot be written: %s; the call goes on without", s->dir, strerror(err));
	s->last_err = err;
	if (err)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	report_event("picture", json_pack("{s:s, s:s, s:I, s:i}", "file", path, "dir", x->which, "capture_us",
					  (json_int_t)x->capture_us, "stream", (int)x->stream));
}


struct wanted {
	uint64_t pts_us;
	struct picture *pic;
};


static void picture_h(const struct picture *p, bool key, void *arg)
{
	struct wanted *w = arg;

	if (p->capture_us == w->pts_us && !w->pic)
		(void)picture_dup(&w->pic, p);
}


/* From the key picture before it to the one that is wanted. */
static struct picture *decode(struct shots *s, const struct clip *c, size_t i)
{
	struct wanted w = { .pts_us = (uint64_t)c->video.v[i].pts_us };
	size_t k = i;

	if (!s->dec && h264dec_alloc(&s->dec))
		return NULL;
	while (k && !c->video.v[k].key)
		k--;
	for (; k <= i; k++) {
		const struct clip_packet *v = &c->video.v[k];

		(void)h264dec_decode(s->dec, c->data + v->off, v->len, (uint64_t)v->pts_us, picture_h, &w);
	}
	h264dec_drain(s->dec, picture_h, &w);
	return w.pic;
}


static void process(struct shots *s, struct shot *x)
{
	if (!x->pic)
		x->pic = decode(s, x->clip, x->i);
	if (x->pic)
		write_one(s, x);
	picture_free(x->pic);
}


static void *run(void *arg)
{
	struct shots *s = arg;
	struct shot x;

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	for (;;) {
		(void)pthread_mutex_lock(&s->w.mu);
		while (!s->n && !s->w.quit)
			(void)pthread_cond_wait(&s->w.cond, &s->w.mu);
		if (!s->n) {
			(void)pthread_mutex_unlock(&s->w.mu);
			return NULL;
		}
		x = s->v[0];
		memmove(&s->v[0], &s->v[1], --s->n * sizeof(x));
		s->busy = true;
		(void)pthread_mutex_unlock(&s->w.mu);
		process(s, &x);
		(void)pthread_mutex_lock(&s->w.mu);
		s->busy = false;
		(void)pthread_cond_broadcast(&s->w.cond);
		(void)pthread_mutex_unlock(&s->w.mu);
	}
}


int shots_alloc(struct shots **sp, int dirfd, const char *dir)
{
	struct shots *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return ENOMEM;
	worker_init(&s->w);
	s->dirfd = dirfd;
	(void)snprintf(s->dir, sizeof(s->dir), "%s", dir);
	err = pngfile_alloc(&s->png);
	if (!err)
		err = worker_start(&s->w, run, s, "pictures");
	if (err)
		shots_free(s);
	else
		*sp = s;
	return err;
}


void shots_free(struct shots *s)
{
	if (!s)
		return;
	worker_stop(&s->w);
	worker_reset(&s->w);
	pngfile_free(s->png);
	h264dec_free(s->dec);
	free(s);
}


bool shots_due(struct shots_clock *c, uint64_t capture_us)
{
	uint64_t slot = capture_us / EVERY_US + 1;

	if (slot == c->slot)
		return false;
	c->slot = slot;
	return true;
}


static bool put(struct shots *s, const struct shot *x)
{
	bool kept = false;

	(void)pthread_mutex_lock(&s->w.mu);
	if (s->n < WAITING_MAX && !s->w.quit) {
		s->v[s->n++] = *x;
		kept = true;
		(void)pthread_cond_broadcast(&s->w.cond);
	}
	(void)pthread_mutex_unlock(&s->w.mu);
	return kept;
}


void shots_take(struct shots *s, const struct picture *p, const char *which, uint64_t capture_us, unsigned stream)
{
	struct shot x = { .which = which, .capture_us = capture_us, .stream = stream };

	if (s && !picture_dup(&x.pic, p) && !put(s, &x))
		picture_free(x.pic);
}


void shots_take_clip(struct shots *s, const struct clip *c, size_t i, uint64_t capture_us, unsigned stream)
{
	struct shot x = { .clip = c, .i = i, .which = "sent", .capture_us = capture_us, .stream = stream };

	(void)put(s, &x);
}


void shots_flush(struct shots *s)
{
	if (!s)
		return;
	(void)pthread_mutex_lock(&s->w.mu);
	while (s->n || s->busy)
		(void)pthread_cond_wait(&s->w.cond, &s->w.mu);
	(void)pthread_mutex_unlock(&s->w.mu);
}
