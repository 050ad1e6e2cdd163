/* Two media sessions with a forwarder between them that loses, swaps and
 * repeats chosen packets, and says what nobody asked for. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#include "lib/base/bytes.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/session_pair.h"

enum action { PASS, DROP, TWICE, HOLD };

enum { SOCKETS = 4, PACKET = 2048 };

typedef enum action (rule_h)(unsigned socket, unsigned n, const uint8_t *p);

/* Sockets 0..3 face A (audio rtp, rtcp, video rtp, rtcp), 4..7 face B. */
struct forwarder {
	struct side *a, *b;
	struct sockaddr_storage addr[2 * SOCKETS];
	int fd[2 * SOCKETS];
	unsigned n[SOCKETS];
	uint8_t held[SOCKETS][PACKET];
	size_t held_len[SOCKETS];
	rule_h *rule;
	atomic_bool stop;
	pthread_t thread;
};

static void to_b(struct forwarder *f, unsigned i, const void *p, size_t len)
{
	(void)sendto(f->fd[SOCKETS + i], p, len, 0, (void *)&f->b->addr[i],
		     sizeof(struct sockaddr_in));
}


static void held_release(struct forwarder *f, unsigned i)
{
	if (f->held_len[i])
		to_b(f, i, f->held[i], f->held_len[i]);
	f->held_len[i] = 0;
}


static void forward(struct forwarder *f, unsigned i, const uint8_t *p,
		    size_t len)
{
	enum action what = f->rule ? f->rule(i, f->n[i], p) : PASS;

	f->n[i]++;
	if (what == HOLD) {
		held_release(f, i);
		memcpy(f->held[i], p, len);
		f->held_len[i] = len;
		return;
	}
	if (what != DROP)
		to_b(f, i, p, len);
	if (what == TWICE)
		to_b(f, i, p, len);
	held_release(f, i);
}


static void *forward_main(void *arg)
{
	struct forwarder *f = arg;
	struct pollfd pfd[2 * SOCKETS];
	uint8_t buf[PACKET];

	for (unsigned i = 0; i < 2 * SOCKETS; i++)
		pfd[i] = (struct pollfd){ .fd = f->fd[i], .events = POLLIN };
	while (!atomic_load(&f->stop)) {
		if (poll(pfd, 2 * SOCKETS, 10) <= 0)
			continue;
		for (unsigned i = 0; i < 2 * SOCKETS; i++) {
			ssize_t n = pfd[i].revents ?
				recv(f->fd[i], buf, sizeof(buf), 0) : 0;

			if (n > 0 && i < SOCKETS)
				forward(f, i, buf, (size_t)n);
			else if (n > 0)
				(void)sendto(f->fd[i - SOCKETS], buf,
					     (size_t)n, 0, (void *)
					     &f->a->addr[i - SOCKETS],
					     sizeof(struct sockaddr_in));
		}
	}
	return NULL;
}


static void pair_start(struct forwarder *f, struct side *a, struct side *b,
		       const char *suite, bool pli, rule_h *rule)
{
	memset(f, 0, sizeof(*f));
	f->a = a;
	f->b = b;
	f->rule = rule;
	side_sockets(a);
	side_sockets(b);
	for (unsigned i = 0; i < 2 * SOCKETS; i++)
		f->fd[i] = udp(&f->addr[i]);
	assert_int_equal(pthread_create(&f->thread, NULL, forward_main, f), 0);
	side_start(a, f->addr, suite, 1, pli);
	side_start(b, f->addr + SOCKETS, suite, 2, pli);
}


static void pair_stop(struct forwarder *f)
{
	side_stop(f->a);
	side_stop(f->b);
	atomic_store(&f->stop, true);
	(void)pthread_join(f->thread, NULL);
	for (unsigned i = 0; i < 2 * SOCKETS; i++)
		(void)close(f->fd[i]);
}


static void send_both(struct side *a)
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, audio_main, a), 0);
	send_frames(a, true, 0, 60);
	(void)pthread_join(t, NULL);
}


/* Of 60 sound packets 6 are lost, 6 swapped with the next, 6 repeated; of the
 * pictures' packets one of the second key frame is lost, some are swapped or
 * repeated. */
static enum action lossy(unsigned socket, unsigned n, const uint8_t *p)
{
	if (socket == 0) {
		switch (n % 10) {
		case 3: return DROP;
		case 5: return HOLD;
		case 8: return TWICE;
		default: return PASS;
		}
	}
	if (socket == 2 && n == 20)
		return DROP;
	if (socket == 2 && n > 40 && n < 140)
		return n % 20 == 7 ? HOLD : n % 20 == 13 ? TWICE : PASS;
	return PASS;
}


static bool audio_done(struct side *sd)
{
	return sd->got[0].frames + sd->got[0].lost >= 60;
}


static bool last_picture(struct side *sd)
{
	struct got *g = &sd->got[1];

	return g->frames && g->index[g->frames - 1] == 59;
}


static void check_order(const struct got *g)
{
	assert_int_equal(g->bad, 0);
	for (unsigned i = 1; i < g->frames; i++)
		assert_true(g->index[i] > g->index[i - 1]);
}


static void loss(const char *suite)
{
	struct forwarder f;
	struct side a, b;
	json_int_t late;

	pair_start(&f, &a, &b, suite, true, lossy);
	send_both(&a);
	assert_true(wait_until(&b, audio_done));
	assert_true(wait_until(&b, last_picture));
	check_order(&b.got[0]);
	check_order(&b.got[1]);

	assert_int_equal(stat_get(&b, false, "lost"), 6);
	assert_int_equal(stat_get(&b, false, "reordered"), 6);
	assert_int_equal(stat_get(&b, false, suite ? "rejected" : "duplicate"),
			 6);
	assert_int_equal(stat_get(&b, false, "packets"), 54);
	/* a machine that stalls makes swapped packets late */
	late = stat_get(&b, false, "late");
	assert_int_equal(b.got[0].lost, 6 + late);
	assert_int_equal(b.got[0].frames, 54 - late);

	assert_int_equal(stat_get(&b, true, "lost"), 1);
	assert_int_equal(stat_get(&b, true, "reordered"), 5);
	assert_int_equal(stat_get(&b, true, suite ? "rejected" : "duplicate"),
			 5);
	late = stat_get(&b, true, "late");
	assert_true(b.got[1].lost_before >= 1);
	if (!late) {
		/* the first key frame is not whole */
		assert_int_equal(b.got[1].frames, 59);
		assert_int_equal(b.got[1].index[0], 1);
		assert_int_equal(b.got[1].lost_before, 1);
	}
	pair_stop(&f);
}


static void test_loss_plain(void **state)
{
	loss(NULL);
}


static void test_loss_srtp(void **state)
{
	loss("AEAD_AES_128_GCM");
}


/* --- what is refused --- */

static void foreign(struct forwarder *f, const uint8_t *p, size_t len)
{
	struct sockaddr_storage ss;
	int fd = udp(&ss);

	(void)sendto(fd, p, len, 0, (void *)&f->b->addr[2],
		     sizeof(struct sockaddr_in));
	(void)close(fd);
}


/* @return packets that B's video stream must refuse */
static unsigned bad_input(struct forwarder *f)
{
	uint8_t p[1600] = { 0x80, 97 };
	unsigned n = 0;

	put32(p + 8, 0x1001);
	for (size_t len = 0; len < 40; len++, n++)	/* torn */
		to_b(f, 2, "\x40\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		     "\xff\xff\xff", len);
	to_b(f, 2, p, sizeof(p));		/* too large */
	p[1] = 55;
	to_b(f, 2, p, 100);			/* another payload type */
	p[1] = 97;
	put32(p + 8, 0x2001);
	to_b(f, 2, p, 100);			/* B's own SSRC */
	put32(p + 8, 0x1001);
	foreign(f, p, 100);			/* a stranger */
	to_b(f, 2, "\x80\xc9\x00\x01\x00\x00\x10\x01", 8);	/* RTCP here */
	to_b(f, 3, p, 100);			/* RTP there */
	to_b(f, 3, "\x80\xc9\x00\x09\x00\x00\x10\x01", 8);	/* torn RTCP */
	p[0] = 0xa0;
	p[99] = 200;
	to_b(f, 2, p, 100);			/* more padding than packet */
	return n + 8;
}


static unsigned wanted_rejects;

static bool all_rejected(struct side *sd)
{
	/* statistics have their own lock; this one is the test's */
	return stat_get(sd, true, "rejected") >= wanted_rejects;
}


static bool wait_rejects(struct side *sd)
{
	uint64_t until = now_us() + WAIT_S * 1000000ull;

	while (!all_rejected(sd) && now_us() < until)
		(void)poll(NULL, 0, 5);
	return all_rejected(sd);
}


static void bad(const char *suite)
{
	struct forwarder f;
	struct side a, b;

	pair_start(&f, &a, &b, suite, true, NULL);
	send_frames(&a, true, 0, 5);
	wanted_rejects = bad_input(&f);
	send_frames(&a, true, 5, 55);
	assert_true(wait_until(&b, last_picture));
	assert_true(wait_rejects(&b));
	assert_int_equal(stat_get(&b, true, "rejected"), wanted_rejects);
	assert_int_equal(stat_get(&b, true, "lost"), 0);
	assert_int_equal(b.got[1].frames, 60);
	check_order(&b.got[1]);
	pair_stop(&f);
}


static void test_bad_plain(void **state)
{
	bad(NULL);
}


static void test_bad_srtp(void **state)
{
	bad("AES_CM_128_HMAC_SHA1_80");
}


/* --- key frames --- */

static bool one_picture(struct side *sd)
{
	return sd->got[1].frames > 0;
}


static bool key_asked(struct side *sd)
{
	return sd->keyframe > 0;
}


static void keyframe(bool pli)
{
	struct forwarder f;
	struct side a, b;
	uint64_t until = now_us() + WAIT_S * 1000000ull;

	pair_start(&f, &a, &b, NULL, pli, NULL);
	send_frames(&a, true, 0, 1);
	assert_true(wait_until(&b, one_picture));
	session_request_keyframe(b.st[1]);
	assert_true(wait_until(&a, key_asked));
	assert_int_equal(stat_get(&b, true, "pli_sent") > 0, pli);
	assert_int_equal(stat_get(&b, true, "fir_sent") > 0, !pli);
	assert_int_equal(stat_get(&a, true, "pli_received") > 0, pli);
	assert_int_equal(stat_get(&a, true, "fir_received") > 0, !pli);
	if (!pli) {
		/* the repeats carry the same number: obeyed once */
		while (stat_get(&a, true, "fir_received") < 2 &&
		       now_us() < until)
			(void)poll(NULL, 0, 5);
		assert_true(stat_get(&a, true, "fir_received") >= 2);
		assert_int_equal(a.keyframe, 1);
	}
	pair_stop(&f);
}


static void test_pli(void **state)
{
	keyframe(true);
}


static void test_fir(void **state)
{
	keyframe(false);
}


/* A request without an answer is sent again; the frame ends it. */
static bool asked_twice(struct side *sd)
{
	return sd->keyframe >= 2;
}


static bool two_pictures(struct side *sd)
{
	return sd->got[1].frames >= 2;
}


static void test_request_repeats(void **state)
{
	struct forwarder f;
	struct side a, b;

	pair_start(&f, &a, &b, NULL, true, NULL);
	send_frames(&a, true, 0, 1);
	assert_true(wait_until(&b, one_picture));
	session_request_keyframe(b.st[1]);
	assert_true(wait_until(&a, asked_twice));
	send_frames(&a, true, 30, 1);
	assert_true(wait_until(&b, two_pictures));
	assert_true(stat_get(&b, true, "pli_sent") >= 2);
	pair_stop(&f);
}


/* --- another source, another port, hold --- */

static void packet(uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	memcpy(p, "\x80\xe1\0\0\0\0\0\0\0\0\0\0\x41\x80\x01\x02", 16);
	put16(p + 2, seq);
	put32(p + 4, seq * 3000u);
	put32(p + 8, ssrc);
}


static bool four_pictures(struct side *sd)
{
	return sd->got[1].frames >= 4;
}


static bool one_bye(struct side *sd)
{
	return sd->bye >= 1;
}


/* A source says BYE; the next one starts far below in numbers. */
static void test_new_source(void **state)
{
	struct forwarder f;
	struct side a, b;
	uint8_t p[16], bye[16] = "\x80\xc9\0\1\0\0\0\x07\x81\xcb\0\1\0\0\0\x07";

	pair_start(&f, &a, &b, NULL, true, NULL);
	for (uint16_t i = 0; i < 2; i++) {
		packet(p, 50000 + i, 7);
		to_b(&f, 2, p, sizeof(p));
	}
	assert_true(wait_until(&b, two_pictures));
	to_b(&f, 3, bye, sizeof(bye));
	assert_true(wait_until(&b, one_bye));
	for (uint16_t i = 0; i < 2; i++) {
		packet(p, 100 + i, 8);
		to_b(&f, 2, p, sizeof(p));
	}
	assert_true(wait_until(&b, four_pictures));
	assert_int_equal(stat_get(&b, true, "lost"), 0);
	assert_int_equal(stat_get(&b, true, "late"), 0);
	pair_stop(&f);
}


/* B follows its peer to another port only when it may. */
static void test_latch(void **state)
{
	for (int may = 0; may < 2; may++) {
		struct forwarder f;
		struct side a, b;
		struct session_stream_config cfg;
		struct media_frame mf = { .data = (const uint8_t *)"x",
			.len = 1 };
		uint8_t p[16];

		pair_start(&f, &a, &b, NULL, true, NULL);
		cfg = stream_config(&b, true, f.addr + SOCKETS, NULL, 2, true);
		cfg.latch_lo = may ? 1024 : 0;
		cfg.latch_hi = may ? 65535 : 0;
		cfg.send = false;
		assert_int_equal(session_stream_update(b.st[1], &cfg), 0);
		assert_int_equal(session_send(b.st[1], &mf), EPERM);
		packet(p, 1, 7);
		foreign(&f, p, sizeof(p));
		if (may) {
			assert_true(wait_until(&b, one_picture));
		}
		else {
			wanted_rejects = 1;
			assert_true(wait_rejects(&b));
			assert_int_equal(b.got[1].frames, 0);
		}
		pair_stop(&f);
	}
}


/* --- no memory --- */

static void alloc_fn(void *arg)
{
	struct session_handlers h = { 0 };
	struct session *s = NULL;
	struct side sd;

	side_sockets(&sd);
	if (!session_alloc(&s, &h)) {
		for (int v = 0; v < 2; v++) {
			struct session_stream_config cfg = stream_config(&sd, v,
				sd.addr, "AEAD_AES_128_GCM", 1, true);
			struct session_stream *st;
			struct media_frame mf = { .data = (const uint8_t *)
				"\0\0\1\x65\x80", .len = 5 };

			cfg.rtp_fd = dup(cfg.rtp_fd);
			cfg.rtcp_fd = dup(cfg.rtcp_fd);
			if (session_stream_add(&st, s, &cfg, NULL)) {
				(void)close(cfg.rtp_fd);
				(void)close(cfg.rtcp_fd);
				continue;
			}
			(void)session_send(st, &mf);
		}
		session_free(s);
	}
	for (int i = 0; i < SOCKETS; i++)
		(void)close(sd.fd[i]);
}


static void test_no_memory(void **state)
{
	assert_true(failmalloc_each(alloc_fn, NULL) >= 10);
}


/* --- playout reports --- */

static void test_lip_sync(void **state)
{
	struct sockaddr_storage peer[SOCKETS];
	struct side a;
	json_t *o;
	double mean, skew;

	side_sockets(&a);
	memcpy(peer, a.addr, sizeof(peer));
	side_start(&a, peer, NULL, 1, true);
	/* sound after 60 ms, pictures after 90 */
	for (uint64_t i = 0; i < 200; i++) {
		uint64_t t = 1000000000 + i * 20000;

		session_report_playout(a.st[0], t, t + 60000);
		if (i % 2)
			session_report_playout(a.st[1], t + 3000,
					       t + 3000 + 90000);
	}
	o = session_lip_sync_stats(a.s);
	mean = json_real_value(json_object_get(o, "mean"));
	skew = json_real_value(json_object_get(o, "skew"));
	assert_true(mean > 29.99 && mean < 30.01);
	assert_true(skew > 29.99 && skew < 30.01);
	/* the last picture's sound is not known yet */
	assert_int_equal(json_integer_value(json_object_get(o, "n")), 99);
	json_decref(o);
	side_stop(&a);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loss_plain),
		cmocka_unit_test(test_loss_srtp),
		cmocka_unit_test(test_bad_plain),
		cmocka_unit_test(test_bad_srtp),
		cmocka_unit_test(test_pli),
		cmocka_unit_test(test_fir),
		cmocka_unit_test(test_request_repeats),
		cmocka_unit_test(test_new_source),
		cmocka_unit_test(test_latch),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_lip_sync),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
