#include "daemons/media/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemons/media/call_priv.h"
#include "daemons/media/clock.h"
#include "daemons/media/report.h"


static void frame_h(struct session_stream *st, const struct media_frame *f, void *arg)
{
	struct stream *s = session_stream_user(st);

	if (s->player.q)
		player_frame(&s->player, f);
}


static void keyframe_h(struct session_stream *st, void *arg)
{
	struct stream *s = session_stream_user(st);

	sender_keyframe(&s->sender);
}


static void event_h(struct session_stream *st, const char *what, void *arg)
{
	struct call *c = arg;

	report_media(what, c->id, (int)session_stream_id(st), NULL);
}


static void stream_free(struct stream *s)
{
	call_sender_close(s);
	queue_free(s->player.q);
	audiodec_free(s->player.adec);
	/* the warm decoder goes back for the next call */
	if (s->player.vdec && !s->call->m->vdec) {
		h264dec_flush(s->player.vdec);
		s->call->m->vdec = s->player.vdec;
	} else {
		h264dec_free(s->player.vdec);
	}
	(void)pthread_mutex_destroy(&s->player.mu);
	worker_reset(&s->player.w);
	worker_reset(&s->sender.w);
}


static int player_open(struct stream *s)
{
	struct media *m = s->call->m;
	struct player *p = &s->player;
	bool video = s->cfg.cfg.kind == MEDIA_VIDEO;
	int err;

	p->kind = s->cfg.cfg.kind;
	p->id = s->cfg.cfg.id;
	p->sync = &s->call->sync;
	p->sink = video ? m->vsink : m->asink;
	p->frames = video ? m->frames : NULL;
	p->shots = video && m->cfg.out_dir[0] && strcmp(m->cfg.video_sink, "none") ? m->shots : NULL;
	(void)snprintf(p->call_id, sizeof(p->call_id), "%s", s->call->id);
	err = queue_alloc(&p->q);
	if (err)
		return err;
	if (!video)
		return audiodec_alloc(&p->adec, s->cfg.codec);
	p->vdec = m->vdec;
	m->vdec = NULL;
	return p->vdec ? 0 : h264dec_alloc(&p->vdec);
}


static int stream_open(struct stream *s, struct call *c, const struct ipc_stream *cfg, const int fds[2], char *why,
		       size_t size)
{
	int err;

	s->call = c;
	s->cfg = *cfg;
	s->cfg.cfg.codec = s->cfg.codec;
	s->cfg.cfg.cname = s->cfg.cname;
	s->cfg.cfg.srtp_tx.suite = cfg->cfg.srtp_tx.suite ? s->cfg.suite_tx : NULL;
	s->cfg.cfg.srtp_rx.suite = cfg->cfg.srtp_rx.suite ? s->cfg.suite_rx : NULL;
	worker_init(&s->sender.w);
	worker_init(&s->player.w);
	(void)pthread_mutex_init(&s->player.mu, NULL);

	err = player_open(s);
	if (!err)
		err = call_sender_open(s);
	if (err) {
		(void)snprintf(why, size, "stream %u: %s: %s", cfg->cfg.id, cfg->codec, strerror(err));
		return err;
	}
	s->cfg.cfg.rtp_fd = fds[0];
	s->cfg.cfg.rtcp_fd = fds[1];
	err = session_stream_add(&s->st, c->session, &s->cfg.cfg, s);
	if (err)
		(void)snprintf(why, size, "stream %u: the session refuses it: %s", cfg->cfg.id, strerror(err));
	s->sender.st = s->player.st = s->st;
	return err;
}


static int start_all(struct call *c)
{
	int err = 0;

	for (size_t i = 0; i < c->n && !err; i++)
		err = player_start(&c->v[i].player);
	if (!err)
		err = session_start(c->session);
	timeline_start(&c->m->tl, clock_us());
	for (size_t i = 0; i < c->n && !err; i++)
		if (c->v[i].sends && c->v[i].cfg.cfg.send)
			err = sender_start(&c->v[i].sender);
	return err;
}


static int alloc_call(struct call **cp, struct media *m, const struct ipc_start *msg)
{
	struct call *c = calloc(1, sizeof(*c));
	struct session_handlers h = { .frame_h = frame_h, .keyframe_h = keyframe_h, .event_h = event_h, .arg = c };
	int err;

	if (!c)
		return ENOMEM;
	c->m = m;
	(void)snprintf(c->id, sizeof(c->id), "%s", msg->call_id);
	lipsync_init(&c->sync);
	err = session_alloc(&c->session, &h);
	if (err)
		call_stop(c);
	else
		*cp = c;
	return err;
}


int call_start(struct call **cp, struct media *m, const struct ipc_start *msg, int *fds, size_t nfds, char *why,
	       size_t size)
{
	struct call *c = NULL;
	size_t used = 0;
	int err = EPROTO;

	if (nfds != 2 * msg->n || !msg->n) {
		(void)snprintf(why, size, "%zu streams need %zu descriptors, not %zu", msg->n, 2 * msg->n, nfds);
		goto out;
	}
	err = alloc_call(&c, m, msg);
	if (err)
		goto out;
	while (used < msg->n && !err) {
		err = stream_open(&c->v[c->n++], c, &msg->v[used], &fds[2 * used], why, size);
		if (!err)
			used++;
	}
	if (!err) {
		report_media("start", c->id, -1, NULL);
		err = start_all(c);
	}
 out:
	for (size_t i = 2 * used; i < nfds; i++)
		(void)close(fds[i]);
	if (err && !why[0])
		(void)snprintf(why, size, "the call cannot start: %s", strerror(err));
	if (!err)
		*cp = c;
	else if (c)
		call_stop(c);
	return err;
}


static struct stream *find(struct call *c, unsigned id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].cfg.cfg.id == id)
			return &c->v[i];
	return NULL;
}


static int update_stream(struct stream *s, const struct ipc_stream *n)
{
	struct session_stream_config *cfg = &s->cfg.cfg;
	int err;

	cfg->send = n->cfg.send;
	cfg->recv = n->cfg.recv;
	cfg->bitrate = n->cfg.bitrate;
	cfg->peer_rtp = n->cfg.peer_rtp;
	cfg->peer_rtcp = n->cfg.peer_rtcp;
	cfg->pt_tx = n->cfg.pt_tx;
	cfg->pt_rx = n->cfg.pt_rx;
	memcpy(s->cfg.suite_tx, n->suite_tx, sizeof(s->cfg.suite_tx));
	memcpy(s->cfg.suite_rx, n->suite_rx, sizeof(s->cfg.suite_rx));
	cfg->srtp_tx = n->cfg.srtp_tx;
	cfg->srtp_rx = n->cfg.srtp_rx;
	cfg->srtp_tx.suite = n->cfg.srtp_tx.suite ? s->cfg.suite_tx : NULL;
	cfg->srtp_rx.suite = n->cfg.srtp_rx.suite ? s->cfg.suite_rx : NULL;
	err = session_stream_update(s->st, cfg);
	if (err || !s->sends)
		return err;
	if (!cfg->send)
		sender_stop(&s->sender);
	else if (!s->sender.w.running)
		err = sender_start(&s->sender);
	return err;
}


int call_update(struct call *c, const struct ipc_start *msg, char *why, size_t size)
{
	for (size_t i = 0; i < msg->n; i++) {
		struct stream *s = find(c, msg->v[i].cfg.id);
		int err = s && !strcmp(s->cfg.codec, msg->v[i].codec) ? update_stream(s, &msg->v[i]) : ENOENT;

		if (err == ENOENT)
			(void)snprintf(why, size, "stream %u: not in this call, or with another codec: stop and start",
				       msg->v[i].cfg.id);
		else if (err)
			(void)snprintf(why, size, "stream %u: %s", msg->v[i].cfg.id, strerror(err));
		if (err)
			return err;
	}
	return 0;
}


void call_stop(struct call *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		sender_stop(&c->v[i].sender);
	/* players use the session, and its thread their queues: threads first, */
	for (size_t i = 0; i < c->n; i++)
		player_stop(&c->v[i].player);
	session_free(c->session);
	/* then memory */
	for (size_t i = 0; i < c->n; i++)
		stream_free(&c->v[i]);
	shots_flush(c->m->shots);
	if (c->m->frames)
		(void)fflush(c->m->frames);
	lipsync_reset(&c->sync);
	free(c);
}


void call_keyframe(struct call *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].sends && c->v[i].cfg.cfg.kind == MEDIA_VIDEO)
			sender_keyframe(&c->v[i].sender);
}


const char *call_id(const struct call *c)
{
	return c->id;
}
