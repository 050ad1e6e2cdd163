#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "daemons/media/session/session_priv.h"
#include "lib/h264/pkt.h"

enum { TICK_US = 500000, ROUNDS = 4 };

static uint64_t clock_us(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}


uint64_t session_now(void)
{
	return clock_us(CLOCK_REALTIME);
}


uint64_t session_mono(void)
{
	return clock_us(CLOCK_MONOTONIC);
}


uint32_t session_random(void)
{
	uint32_t v;

	if (getrandom(&v, sizeof(v), 0) != sizeof(v))
		v = (uint32_t)clock_us(CLOCK_MONOTONIC) * 2654435761u;
	return v;
}


void session_wake(struct session *s)
{
	static const uint64_t one = 1;

	if (s->woken || !s->running)
		return;
	s->woken = true;
	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		s->woken = false;	/* the next tick sees it */
}


void session_tell(struct session_stream *st, const char *what)
{
	struct session *s = st->s;

	if (!s->h.event_h)
		return;
	pthread_mutex_unlock(&s->lock);
	s->h.event_h(st, what, s->h.arg);
	pthread_mutex_lock(&s->lock);
}


void session_tell_frame(struct session_stream *st, const struct media_frame *f)
{
	struct session *s = st->s;

	if (!s->h.frame_h)
		return;
	pthread_mutex_unlock(&s->lock);
	s->h.frame_h(st, f, s->h.arg);
	pthread_mutex_lock(&s->lock);
}


void session_tell_keyframe(struct session_stream *st)
{
	struct session *s = st->s;

	if (!s->h.keyframe_h)
		return;
	pthread_mutex_unlock(&s->lock);
	s->h.keyframe_h(st, s->h.arg);
	pthread_mutex_lock(&s->lock);
}


int session_alloc(struct session **sp, const struct session_handlers *h)
{
	struct session *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return ENOMEM;
	if (h)
		s->h = *h;
	(void)pthread_mutex_init(&s->lock, NULL);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = s->wake_fd < 0 ? errno : session_batch_alloc(&s->batch);
	if (err)
		session_free(s);
	else
		*sp = s;
	return err;
}


static int config_check(const struct session_stream_config *cfg)
{
	if (!cfg->codec || !cfg->clock_rate || cfg->pt_tx > 127 ||
	    cfg->pt_rx > 127 || cfg->packetization_mode > 1 ||
	    cfg->max_payload > H264_PAYLOAD_MAX ||
	    (cfg->max_payload && cfg->max_payload < 64) ||
	    cfg->latch_lo > cfg->latch_hi)
		return EINVAL;
	if (cfg->peer_rtp.ss_family != AF_INET &&
	    cfg->peer_rtp.ss_family != AF_INET6)
		return EINVAL;
	return cfg->kind == MEDIA_VIDEO && strcasecmp(cfg->codec, "H264") ?
		ENOTSUP : 0;
}


static int crypt_make(struct srtp **sp, const struct session_srtp *c)
{
	enum srtp_suite suite;
	int err;

	*sp = NULL;
	if (!c->suite)
		return 0;
	err = srtp_suite_find(&suite, c->suite);
	if (err)
		return err;
	if (c->key_len > sizeof(c->key))
		return EINVAL;
	return srtp_alloc(sp, suite, c->key, c->key_len);
}


/* The same key goes on where it was: rollover counters and replay windows
 * must survive a re-INVITE that changes nothing about them. */
static bool crypt_same(const struct session_srtp *a,
		       const struct session_srtp *b)
{
	if (!a->suite || !b->suite)
		return !a->suite && !b->suite;
	return !strcmp(a->suite, b->suite) && a->key_len == b->key_len &&
		!memcmp(a->key, b->key, a->key_len);
}


/* Names that live as long as the program. */
static const char *suite_name(const char *name)
{
	enum srtp_suite suite;

	if (!name || srtp_suite_find(&suite, name))
		return NULL;
	return srtp_suite_info(suite)->name;
}


static void config_set(struct session_stream *st,
		       const struct session_stream_config *cfg)
{
	st->cfg = *cfg;
	st->cfg.codec = st->codec;
	st->cfg.cname = st->cname;
	st->cfg.srtp_tx.suite = suite_name(cfg->srtp_tx.suite);
	st->cfg.srtp_rx.suite = suite_name(cfg->srtp_rx.suite);
	if (st->cfg.peer_rtcp.ss_family)
		return;
	st->cfg.peer_rtcp = st->cfg.peer_rtp;
	session_addr_set_port(&st->cfg.peer_rtcp, (uint16_t)
			      (session_addr_port(&st->cfg.peer_rtp) + 1));
}


static void stream_free(struct session_stream *st)
{
	if (!st)
		return;
	session_tx_free(st);
	session_rx_free(st);
	srtp_free(st->srtp_tx);
	srtp_free(st->srtp_rx);
	free(st);
}


static int stream_setup(struct session_stream *st,
			const struct session_stream_config *cfg)
{
	int err;

	session_tx_init(st);
	err = crypt_make(&st->srtp_tx, &cfg->srtp_tx);
	if (!err)
		err = crypt_make(&st->srtp_rx, &cfg->srtp_rx);
	if (!err)
		err = session_rx_init(st);
	if (!err)
		err = session_socket_prepare(cfg->rtp_fd);
	if (!err)
		err = session_socket_prepare(cfg->rtcp_fd);
	return err;
}


int session_stream_add(struct session_stream **stp, struct session *s,
		       const struct session_stream_config *cfg, void *user)
{
	struct session_stream *st;
	int err = config_check(cfg);

	if (err)
		return err;
	if (s->n == SESSION_MAX_STREAMS || s->running)
		return s->running ? EPROTO : ENOSPC;
	st = calloc(1, sizeof(*st));
	if (!st)
		return ENOMEM;
	st->s = s;
	st->user = user;
	(void)strncpy(st->codec, cfg->codec, sizeof(st->codec) - 1);
	if (cfg->cname)
		(void)strncpy(st->cname, cfg->cname, sizeof(st->cname) - 1);
	config_set(st, cfg);
	err = stream_setup(st, cfg);
	if (err) {
		stream_free(st);
		return err;
	}
	s->v[s->n++] = st;
	*stp = st;
	return 0;
}


/* What a re-INVITE cannot change stays as it is. */
static void update_apply(struct session_stream *st,
			 const struct session_stream_config *cfg)
{
	struct session_stream_config next = *cfg;

	next.kind = st->cfg.kind;
	next.id = st->cfg.id;
	next.clock_rate = st->cfg.clock_rate;
	next.ssrc = st->cfg.ssrc;
	next.rtp_fd = st->cfg.rtp_fd;
	next.rtcp_fd = st->cfg.rtcp_fd;
	if (next.recv && !st->cfg.recv)
		st->rx.heard_us = session_mono();
	config_set(st, &next);
	if (!next.send)
		session_tx_free(st);
}


static void crypt_replace(struct srtp **sp, struct srtp *s)
{
	srtp_free(*sp);
	*sp = s;
}


int session_stream_update(struct session_stream *st,
			  const struct session_stream_config *cfg)
{
	struct srtp *tx = NULL, *rx = NULL;
	bool keep_tx, keep_rx;
	int err = config_check(cfg);

	if (err)
		return err;
	pthread_mutex_lock(&st->s->lock);
	keep_tx = crypt_same(&cfg->srtp_tx, &st->cfg.srtp_tx);
	keep_rx = crypt_same(&cfg->srtp_rx, &st->cfg.srtp_rx);
	if (!keep_tx)
		err = crypt_make(&tx, &cfg->srtp_tx);
	if (!err && !keep_rx)
		err = crypt_make(&rx, &cfg->srtp_rx);
	if (err) {
		srtp_free(tx);
		goto out;
	}
	if (!keep_tx)
		crypt_replace(&st->srtp_tx, tx);
	if (!keep_rx)
		crypt_replace(&st->srtp_rx, rx);
	update_apply(st, cfg);
	session_wake(st->s);
out:
	pthread_mutex_unlock(&st->s->lock);
	return err;
}


void session_request_keyframe(struct session_stream *st)
{
	pthread_mutex_lock(&st->s->lock);
	st->rtcp.want_key = true;
	session_wake(st->s);
	pthread_mutex_unlock(&st->s->lock);
}


void *session_stream_user(const struct session_stream *st)
{
	return st->user;
}


enum media_kind session_stream_kind(const struct session_stream *st)
{
	return st->cfg.kind;
}


unsigned session_stream_id(const struct session_stream *st)
{
	return st->cfg.id;
}


/* All that lies in one socket, but no more than a few batches: the other
 * sockets want their turn. */
static void drain(struct session_stream *st, int fd, bool rtcp)
{
	struct session *s = st->s;
	size_t n = SESSION_BATCH;

	for (int round = 0; round < ROUNDS && n == SESSION_BATCH; round++) {
		uint64_t mono = session_mono();

		n = session_batch_recv(s->batch, fd);
		for (size_t i = 0; i < n; i++) {
			struct session_in in;

			session_batch_get(s->batch, i, &in);
			if (rtcp)
				session_rtcp_input(st, &in, mono);
			else
				session_rx_input(st, &in, mono);
		}
	}
}


/* @return microseconds until there is something to do */
static uint64_t run_streams(struct session *s)
{
	uint64_t wait = TICK_US;

	for (size_t i = 0; i < s->n; i++) {
		struct session_stream *st = s->v[i];
		uint64_t mono = session_mono(), now = session_now();
		uint64_t at = session_rx_run(st, now, mono);

		if (at && at < now + wait)
			wait = at > now ? at - now : 0;
		at = session_tx_run(st, mono);
		at = session_earliest(at, session_rtcp_run(st, mono));
		if (at && at < mono + wait)
			wait = at > mono ? at - mono : 0;
	}
	return wait;
}


static void sleep_for(struct session *s, struct pollfd *pfd, uint64_t us)
{
	struct timespec ts = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000,
	};
	uint64_t junk;

	pthread_mutex_unlock(&s->lock);
	if (ppoll(pfd, 1 + 2 * s->n, &ts, NULL) < 0) {
		for (size_t i = 0; i <= 2 * s->n; i++)
			pfd[i].revents = 0;
	}
	pthread_mutex_lock(&s->lock);
	if (pfd[0].revents & POLLIN) {
		s->woken = false;
		(void)!read(s->wake_fd, &junk, sizeof(junk));
	}
}


static void *session_main(void *arg)
{
	struct session *s = arg;
	struct pollfd pfd[1 + 2 * SESSION_MAX_STREAMS] = {
		{ .fd = s->wake_fd, .events = POLLIN },
	};

	for (size_t i = 0; i < s->n; i++) {
		pfd[1 + 2 * i] = (struct pollfd){
			.fd = s->v[i]->cfg.rtp_fd, .events = POLLIN,
		};
		pfd[2 + 2 * i] = (struct pollfd){
			.fd = s->v[i]->cfg.rtcp_fd, .events = POLLIN,
		};
	}
	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		sleep_for(s, pfd, run_streams(s));
		for (size_t i = 0; i < s->n && !s->stop; i++) {
			/* RTCP first: its clock serves the frames */
			if (pfd[2 + 2 * i].revents)
				drain(s->v[i], s->v[i]->cfg.rtcp_fd, true);
			if (pfd[1 + 2 * i].revents)
				drain(s->v[i], s->v[i]->cfg.rtp_fd, false);
		}
	}
	for (size_t i = 0; i < s->n; i++)
		session_rtcp_bye(s->v[i]);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}


int session_start(struct session *s)
{
	uint64_t mono = session_mono();
	int err;

	if (s->running)
		return EPROTO;
	for (size_t i = 0; i < s->n; i++) {
		session_rtcp_init(s->v[i], mono);
		s->v[i]->rx.heard_us = mono;
	}
	s->running = true;
	err = pthread_create(&s->thread, NULL, session_main, s);
	if (err)
		s->running = false;
	return err;
}


void session_free(struct session *s)
{
	if (!s)
		return;
	if (s->running) {
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		session_wake(s);
		pthread_mutex_unlock(&s->lock);
		(void)pthread_join(s->thread, NULL);
	}
	for (size_t i = 0; i < s->n; i++) {
		(void)close(s->v[i]->cfg.rtp_fd);
		(void)close(s->v[i]->cfg.rtcp_fd);
		stream_free(s->v[i]);
	}
	if (s->wake_fd >= 0)
		(void)close(s->wake_fd);
	session_batch_free(s->batch);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}
