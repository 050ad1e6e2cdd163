/* Stamped packets over loopback. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/tstamp.h"
#include "tests/unit/failmalloc.h"

enum { SECOND = 1000000000 };

struct pair {
	int a, b;	/* connected to each other */
	bool stamps;
};


static int sock(int family, struct sockaddr_storage *sa, socklen_t *len)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memset(sa, 0, sizeof(*sa));
	sa->ss_family = (sa_family_t)family;
	if (family == AF_INET)
		((struct sockaddr_in *)(void *)sa)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)(void *)sa)->sin6_addr = in6addr_loopback;
	*len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (bind(fd, (struct sockaddr *)sa, *len)) {
		(void)close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)sa, len), 0);
	return fd;
}


static bool pair_open(struct pair *p, int family)
{
	struct sockaddr_storage a, b;
	socklen_t alen, blen;
	bool sent, got;

	p->a = sock(family, &a, &alen);
	if (p->a < 0)
		return false;
	p->b = sock(family, &b, &blen);
	assert_int_equal(connect(p->a, (struct sockaddr *)&b, blen), 0);
	assert_int_equal(connect(p->b, (struct sockaddr *)&a, alen), 0);
	assert_int_equal(tstamp_enable(p->a, TSTAMP_ALL, &sent), 0);
	assert_int_equal(tstamp_enable(p->b, TSTAMP_ASKED, &got), 0);
	p->stamps = sent && got;
	return true;
}


static void pair_close(struct pair *p)
{
	(void)close(p->a);
	(void)close(p->b);
}


static void wait_in(int fd, short events)
{
	struct pollfd pfd = {.fd = fd, .events = events};

	assert_true(poll(&pfd, 1, 10000) == 1);
}


static void there(int family)
{
	struct tstamp_batch out, in;
	struct pair p;
	size_t sent, got = 0;
	int64_t before = tstamp_wall();

	if (!pair_open(&p, family))
		return;
	assert_int_equal(tstamp_batch_alloc(&out), 0);
	assert_int_equal(tstamp_batch_alloc(&in), 0);
	assert_int_equal(tstamp_recv(p.b, &in), EAGAIN);
	for (out.n = 0; out.n < 3; out.n++) {
		out.v[out.n].len = 100 + out.n;
		out.v[out.n].p[0] = (uint8_t)out.n;
		out.v[out.n].peer_len = 0;
		out.v[out.n].tos = out.n == 2 ? TSTAMP_NO_TOS : (int)(32 + out.n) << 2;
	}
	assert_int_equal(tstamp_send(p.a, &out, &sent), 0);
	assert_int_equal(sent, 3);
	while (got < 3) {
		wait_in(p.b, POLLIN);
		assert_int_equal(tstamp_recv(p.b, &in), 0);
		for (size_t i = 0; i < in.n; i++, got++) {
			assert_int_equal(in.v[i].len, 100 + got);
			assert_int_equal(in.v[i].p[0], got);
			assert_int_equal(in.v[i].tos, got == 2 ? 0 : (int)(32 + got) << 2);
			assert_false(in.v[i].cut);
			assert_true(in.v[i].at <= in.v[i].read_at);
			assert_true(in.v[i].at >= before);
		}
	}
	tstamp_batch_free(&out);
	tstamp_batch_free(&in);
	pair_close(&p);
}


static void test_there(void **state)
{
	(void)state;
	there(AF_INET);
	there(AF_INET6);
}


/* Every third is asked for, with a class and without: they alone are numbered. */
static void asked(int family)
{
	struct tstamp_sent v[TSTAMP_BATCH];
	struct tstamp_batch out;
	struct pair p;
	size_t sent, n = 0;
	int64_t before = tstamp_wall();

	if (!pair_open(&p, family))
		return;
	assert_int_equal(tstamp_batch_alloc(&out), 0);
	for (out.n = 0; out.n < 12; out.n++)
		out.v[out.n] = (struct tstamp_packet){
			.p = out.v[out.n].p, .len = 20, .stamp = out.n % 3 == 2,
			.tos = out.n % 2 ? 32 << 2 : TSTAMP_NO_TOS,
		};
	assert_int_equal(tstamp_send(p.b, &out, &sent), 0);
	while (p.stamps && n < 4) {
		size_t got;

		wait_in(p.b, POLLERR);
		got = tstamp_sent(p.b, v, TSTAMP_BATCH);
		for (size_t i = 0; i < got; i++, n++) {
			assert_int_equal(v[i].id, n);
			assert_true(v[i].at >= before && v[i].at <= tstamp_wall());
		}
	}
	assert_int_equal(tstamp_sent(p.b, v, TSTAMP_BATCH), 0);
	tstamp_batch_free(&out);
	pair_close(&p);
}


static void test_asked(void **state)
{
	(void)state;
	asked(AF_INET);
	asked(AF_INET6);
}


static void test_sent(void **state)
{
	struct tstamp_sent v[TSTAMP_BATCH];
	struct tstamp_batch out;
	struct pair p;
	size_t sent, n = 0;
	int64_t before = tstamp_wall();

	(void)state;
	assert_true(pair_open(&p, AF_INET));
	assert_int_equal(tstamp_batch_alloc(&out), 0);
	assert_int_equal(tstamp_sent(p.a, v, TSTAMP_BATCH), 0);
	for (out.n = 0; out.n < 10; out.n++)
		out.v[out.n] = (struct tstamp_packet){.p = out.v[out.n].p, .len = 20, .tos = TSTAMP_NO_TOS};
	assert_int_equal(tstamp_send(p.a, &out, &sent), 0);
	while (p.stamps && n < 10) {
		wait_in(p.a, 0);
		for (size_t k = tstamp_sent(p.a, v, 4), i = 0; i < k; i++, n++) {
			assert_int_equal(v[i].id, n);
			assert_false(v[i].hardware);
			assert_true(v[i].at >= before && v[i].at <= tstamp_wall());
		}
	}
	tstamp_batch_free(&out);
	pair_close(&p);
}


/* A packet longer than the buffer is cut, and says so; answers go to who asked. */
static void test_cut(void **state)
{
	static uint8_t big[TSTAMP_PACKET + 1];
	struct tstamp_batch in;
	struct pair p;

	(void)state;
	assert_true(pair_open(&p, AF_INET));
	assert_int_equal(tstamp_batch_alloc(&in), 0);
	assert_int_equal(send(p.a, big, sizeof(big), 0), sizeof(big));
	wait_in(p.b, POLLIN);
	assert_int_equal(tstamp_recv(p.b, &in), 0);
	assert_int_equal(in.n, 1);
	assert_true(in.v[0].cut);
	assert_int_equal(in.v[0].len, TSTAMP_PACKET);
	assert_int_equal(in.v[0].peer_len, sizeof(struct sockaddr_in));
	tstamp_batch_free(&in);
	pair_close(&p);
}


static void alloc_fails(void *arg)
{
	struct tstamp_batch b;

	(void)arg;
	if (!tstamp_batch_alloc(&b))
		tstamp_batch_free(&b);
}


static void test_memory(void **state)
{
	(void)state;
	assert_int_equal(failmalloc_each(alloc_fails, NULL), 1);
}


static void test_choose(void **state)
{
	(void)state;
	assert_true(tstamp_choose(5LL * SECOND, 0) == 5LL * SECOND);
	assert_true(tstamp_choose(5LL * SECOND, 5LL * SECOND - 900000) == 5LL * SECOND - 900000);
	/* a card's own clock, 37 s ahead with TAI or from when it was switched on */
	assert_true(tstamp_choose(5LL * SECOND, 42LL * SECOND) == 5LL * SECOND);
	assert_true(tstamp_choose(0, 42LL * SECOND) == 0);
}


static void test_steps(void **state)
{
	struct tstamp_clock c = {0};

	(void)state;
	assert_true(tstamp_stepped(&c) == 0);
	assert_true(tstamp_stepped(&c) == 0);
	assert_true(c.offset != 0);
	c.offset -= 5LL * SECOND;
	for (int64_t step = 0; !step;) {
		step = tstamp_stepped(&c);
		if (step)
			assert_in_range(step, 5LL * SECOND - TSTAMP_STEP, 5LL * SECOND + TSTAMP_STEP);
	}
	assert_true(tstamp_stepped(&c) == 0);
	assert_true(tstamp_clock_error() >= -1);
}


static void test_clock_word(void **state)
{
	int64_t kernel = tstamp_clock_error();

	assert_true(kernel >= -1);
	tstamp_clock_error_set(7000);
	assert_int_equal(tstamp_clock_error(), 7000);
	tstamp_clock_error_set(-1);
	assert_int_equal(tstamp_clock_error() < 0, kernel < 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there),
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_clock_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
