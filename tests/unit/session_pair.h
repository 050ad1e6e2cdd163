/**
 * Two media sessions over loopback sockets, and what each of them got.
 */
#ifndef VISAVIS_TESTS_UNIT_SESSION_PAIR_H
#define VISAVIS_TESTS_UNIT_SESSION_PAIR_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemons/media/session/session.h"

enum { WAIT_S = 20, FRAMES_MAX = 400, FRAME_US = 10000 };

/* What one side got on one stream. */
struct got {
	unsigned frames;
	unsigned lost;		/* audio: marked holes */
	unsigned lost_before;
	unsigned keys;
	unsigned bad;		/* content not as sent */
	unsigned no_capture;
	uint64_t index[FRAMES_MAX];
};

struct side {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct session *s;
	struct session_stream *st[2];
	struct got got[2];
	unsigned keyframe;
	unsigned bye;
	unsigned first;
	struct sockaddr_storage addr[4];	/* audio rtp, rtcp, video rtp, rtcp */
	int fd[4];
};

static inline int udp(struct sockaddr_storage *ss)
{
	struct sockaddr_in *sin = (void *)ss;
	socklen_t len = sizeof(*sin);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	memset(ss, 0, sizeof(*ss));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (void *)ss, len), 0);
	assert_int_equal(getsockname(fd, (void *)ss, &len), 0);
	return fd;
}


/* A frame whose bytes tell its index and kind; no start code inside. */
static inline size_t frame_fill(uint8_t *p, uint64_t i, size_t len, bool video,
			 bool key)
{
	size_t at = 0;

	if (video) {
		static const uint8_t start[4] = { 0, 0, 0, 1 };

		memcpy(p, start, 4);
		p[4] = key ? 0x65 : 0x41;
		p[5] = 0x80;
		at = 6;
	}
	for (; at < len; at++)
		p[at] = (uint8_t)(1 + (i * 31 + at * 7) % 250);
	return len;
}


static inline size_t frame_len(uint64_t i, bool video)
{
	if (!video)
		return 80 + i % 50;
	return i % 30 == 0 ? 40000 : 500 + i * 977 % 9000;
}


static inline void frame_h(struct session_stream *st, const struct media_frame *f,
		    void *arg)
{
	struct side *sd = arg;
	bool video = session_stream_kind(st) == MEDIA_VIDEO;
	struct got *g = &sd->got[video];
	static _Thread_local uint8_t want[50000];
	uint64_t i;

	pthread_mutex_lock(&sd->lock);
	if (!f->len) {
		g->lost++;
	}
	else {
		for (i = 0; i < FRAMES_MAX; i++) {
			size_t n = frame_len(i, video);

			if (n != f->len)
				continue;
			frame_fill(want, i, n, video, i % 30 == 0);
			if (!memcmp(want, f->data, n))
				break;
		}
		if (i == FRAMES_MAX)
			g->bad++;
		else if (g->frames < FRAMES_MAX)
			g->index[g->frames] = i;
		g->frames++;
		g->keys += f->key;
		g->no_capture += !f->capture_us;
	}
	g->lost_before += f->lost_before;
	pthread_cond_broadcast(&sd->cond);
	pthread_mutex_unlock(&sd->lock);
}


static inline void keyframe_h(struct session_stream *st, void *arg)
{
	struct side *sd = arg;

	pthread_mutex_lock(&sd->lock);
	sd->keyframe++;
	pthread_cond_broadcast(&sd->cond);
	pthread_mutex_unlock(&sd->lock);
}


static inline void event_h(struct session_stream *st, const char *what, void *arg)
{
	struct side *sd = arg;

	pthread_mutex_lock(&sd->lock);
	sd->bye += !strcmp(what, "bye");
	sd->first += !strcmp(what, "first_packet");
	pthread_cond_broadcast(&sd->cond);
	pthread_mutex_unlock(&sd->lock);
}


static inline bool wait_until(struct side *sd, bool (*h)(struct side *sd))
{
	struct timespec ts;
	bool ok;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += WAIT_S;
	pthread_mutex_lock(&sd->lock);
	while (!(ok = h(sd))) {
		if (pthread_cond_timedwait(&sd->cond, &sd->lock, &ts))
			break;
	}
	pthread_mutex_unlock(&sd->lock);
	return ok;
}


static inline void side_sockets(struct side *sd)
{
	memset(sd, 0, sizeof(*sd));
	(void)pthread_mutex_init(&sd->lock, NULL);
	(void)pthread_cond_init(&sd->cond, NULL);
	for (int i = 0; i < 4; i++)
		sd->fd[i] = udp(&sd->addr[i]);
}


static inline void srtp_fill(struct session_srtp *c, const char *suite, uint8_t salt)
{
	if (!suite)
		return;
	c->suite = suite;
	c->key_len = strstr(suite, "GCM") ? 28 : 30;
	for (size_t i = 0; i < c->key_len; i++)
		c->key[i] = (uint8_t)(i * 13 + salt);
}


static inline struct session_stream_config
stream_config(struct side *sd, bool video,
				const struct sockaddr_storage *peer,
				const char *suite, uint8_t who, bool pli)
{
	struct session_stream_config cfg = {
		.kind = video ? MEDIA_VIDEO : MEDIA_AUDIO, .id = video,
		.codec = video ? "H264" : "opus",
		.clock_rate = video ? 90000 : 48000,
		.pt_tx = video ? 97 : 96, .pt_rx = video ? 97 : 96,
		.ssrc = 0x1000u * who + video, .cname = "test",
		.packetization_mode = 1, .bitrate = 20000000,
		.send = true, .recv = true,
		.rtcp_fb_pli = pli, .rtcp_fb_fir = true,
		.rtp_fd = sd->fd[2 * video], .rtcp_fd = sd->fd[2 * video + 1],
		.peer_rtp = peer[2 * video], .peer_rtcp = peer[2 * video + 1],
	};

	srtp_fill(&cfg.srtp_tx, suite, who);
	srtp_fill(&cfg.srtp_rx, suite, (uint8_t)(3 - who));
	return cfg;
}


static inline void side_start(struct side *sd, const struct sockaddr_storage *peer,
		       const char *suite, uint8_t who, bool pli)
{
	struct session_handlers h = {
		.frame_h = frame_h, .keyframe_h = keyframe_h,
		.event_h = event_h, .arg = sd,
	};

	assert_int_equal(session_alloc(&sd->s, &h), 0);
	for (int v = 0; v < 2; v++) {
		struct session_stream_config cfg =
			stream_config(sd, v, peer, suite, who, pli);

		assert_int_equal(session_stream_add(&sd->st[v], sd->s, &cfg,
						    sd), 0);
	}
	assert_int_equal(session_start(sd->s), 0);
}


static inline void side_stop(struct side *sd)
{
	session_free(sd->s);
	sd->s = NULL;
	pthread_mutex_destroy(&sd->lock);
	pthread_cond_destroy(&sd->cond);
}


static inline uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}


/* Frames in real time, so that no queue overflows. */
static inline void send_frames(struct side *sd, bool video, unsigned first,
			unsigned n)
{
	static _Thread_local uint8_t buf[50000];
	uint64_t start = now_us();

	for (unsigned k = 0; k < n; k++) {
		unsigned i = first + k;
		bool key = i % 30 == 0;
		struct media_frame f = { .data = buf, .key = key,
			.capture_us = start + k * FRAME_US };
		uint64_t now = now_us();

		if (f.capture_us > now) {
			struct timespec ts = {
				.tv_nsec = (long)(f.capture_us - now) * 1000,
			};

			(void)nanosleep(&ts, NULL);
		}
		f.len = frame_fill(buf, i, frame_len(i, video), video, key);
		assert_int_equal(session_send(sd->st[video], &f), 0);
	}
}


static inline void *audio_main(void *arg)
{
	send_frames(arg, false, 0, 60);
	return NULL;
}


static inline json_int_t stat_get(struct side *sd, bool video, const char *name)
{
	json_t *o = session_stream_stats(sd->st[video]);
	json_int_t v;

	assert_non_null(o);
	assert_non_null(json_object_get(o, name));
	v = json_integer_value(json_object_get(o, name));
	json_decref(o);
	return v;
}


static inline bool all_60(struct side *sd)
{
	return sd->got[0].frames + sd->got[0].lost >= 60 &&
		sd->got[1].frames >= 60;
}


static inline bool got_bye(struct side *sd)
{
	return sd->bye >= 2;
}

#endif
