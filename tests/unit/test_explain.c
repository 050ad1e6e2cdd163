#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lab/proof/explain.h"
#include "lab/proof/probe.h"
#include "lib/base/arena.h"
#include "tests/unit/failmalloc.h"

static const struct flow_port high = {.lo = 1024, .hi = 65535, .ephemeral = true};
static const struct flow_port sips = {.lo = 5061, .hi = 5061, .tls = true};
static const struct flow_port rtp = {.lo = 16384, .hi = 32768};
static struct ip_range room, server;
static struct need needs[3];
static const struct need_list nl = {needs, 3};


static int setup(void **state)
{
	(void)ip_range_parse(&room, "10.77.1.10");
	(void)ip_range_parse(&server, "10.77.9.5");
	needs[0] = (struct need){.transport = FLOW_TCP, .src = {&room, 1, "room"},
		.dst = {&server, 1, "server"}, .sports = &high, .nsports = 1,
		.dports = &sips, .ndports = 1};
	needs[1] = (struct need){.transport = FLOW_ICMP, .icmp = FLOW_ICMP_ECHO,
		.src = {&room, 1, "room"}, .dst = {&server, 1, "server"}};
	needs[2] = (struct need){.transport = FLOW_UDP, .src = {&room, 1, "room"},
		.dst = {&server, 1, "server"}, .sports = &rtp, .nsports = 1,
		.dports = &rtp, .ndports = 1};
	return 0;
}


static struct frame flow(enum flow_transport t, bool back, unsigned sport,
			 unsigned dport, uint8_t flags)
{
	struct frame f = {.kind = FRAME_FLOW, .ethertype = 0x0800, .len = 60,
			  .tcp_flags = flags};

	f.pkt.transport = t;
	f.pkt.src = back ? server.lo : room.lo;
	f.pkt.dst = back ? room.lo : server.lo;
	f.pkt.sport = (uint16_t)sport;
	f.pkt.dport = (uint16_t)dport;
	return f;
}


static void a_flow_and_its_answers(void **state)
{
	struct frame syn = flow(FLOW_TCP, false, 40000, 5061, FRAME_TCP_SYN);
	struct frame ack = flow(FLOW_TCP, true, 5061, 40000,
				FRAME_TCP_SYN | FRAME_TCP_ACK);
	struct explain *e;

	assert_int_equal(explain_alloc(&e, &nl, 100), 0);
	explain_frame(e, &syn, 1, "fw eth1");
	explain_frame(e, &ack, 2, "fw eth2");
	explain_frame(e, &syn, 3, "fw eth1");
	assert_int_equal(explain_unexplained(e), 0);
	assert_int_equal(explain_needs(e)[0].packets, 2);
	assert_int_equal(explain_needs(e)[0].replies, 1);
	assert_int_equal(explain_needs(e)[0].first_ns, 1);
	assert_int_equal(explain_needs(e)[0].last_ns, 3);
	explain_free(e);
}


static void an_answer_without_request(void **state)
{
	struct frame back = flow(FLOW_TCP, true, 5061, 40000, FRAME_TCP_ACK);
	const struct explain_stranger *s;
	struct explain *e;
	size_t n;

	assert_int_equal(explain_alloc(&e, &nl, 100), 0);
	explain_frame(e, &back, 7, "fw eth2");
	explain_frame(e, &back, 8, "fw eth2");
	s = explain_strangers(e, &n);
	assert_int_equal(n, 1);
	assert_int_equal(s[0].packets, 2);
	assert_int_equal(s[0].first_ns, 7);
	assert_string_equal(s[0].where, "fw eth2");
	assert_string_equal(s[0].summary,
			    "tcp 10.77.9.5:5061 > 10.77.1.10:40000");
	assert_string_equal(s[0].why, "an answer that nobody asked for");
	explain_free(e);
}


static void ports_next_to_a_row(void **state)
{
	static const unsigned v[][2] = {{16383, 16384}, {16384, 16383},
					{32769, 20000}, {20000, 32769}};
	struct explain *e;

	assert_int_equal(explain_alloc(&e, &nl, 100), 0);
	for (size_t i = 0; i < 4; i++) {
		struct frame f = flow(FLOW_UDP, false, v[i][0], v[i][1], 0);

		explain_frame(e, &f, 1, "fw eth1");
		assert_int_equal(explain_unexplained(e), i + 1);
	}
	explain_free(e);
}


static struct frame icmp(bool back, uint8_t type)
{
	struct frame f = flow(FLOW_ICMP, back, 0, 0, 0);

	f.kind = FRAME_ICMP;
	f.pkt.icmp_type = type;
	return f;
}


static void echo_and_no_other_type(void **state)
{
	struct frame req = icmp(false, 8), rep = icmp(true, 0);
	struct frame stamp = icmp(false, 13), ping_back = icmp(true, 8);
	struct explain *e;

	assert_int_equal(explain_alloc(&e, &nl, 100), 0);
	explain_frame(e, &req, 1, "x");
	explain_frame(e, &rep, 2, "x");
	assert_int_equal(explain_unexplained(e), 0);
	assert_int_equal(explain_needs(e)[1].replies, 1);
	explain_frame(e, &stamp, 3, "x");
	explain_frame(e, &ping_back, 4, "x");
	assert_int_equal(explain_unexplained(e), 2);
	explain_free(e);
}


static void errors_belong_to_what_they_quote(void **state)
{
	struct frame syn = flow(FLOW_TCP, false, 40000, 5061, FRAME_TCP_SYN);
	struct frame err = icmp(true, 3), stray;
	struct explain *e;

	err.kind = FRAME_ICMP_ERROR;
	err.inner = syn.pkt;
	stray = err;
	stray.inner.dport = 9999;
	assert_int_equal(explain_alloc(&e, &nl, 100), 0);
	explain_frame(e, &syn, 1, "x");
	explain_frame(e, &err, 2, "x");
	assert_int_equal(explain_unexplained(e), 0);
	assert_int_equal(explain_needs(e)[0].errors, 1);
	explain_frame(e, &stray, 3, "x");
	assert_int_equal(explain_unexplained(e), 1);
	explain_free(e);
}


static void fragments_follow_their_first(void **state)
{
	struct frame first = flow(FLOW_UDP, false, 20000, 20000, 0);
	struct frame next = first, other;
	struct explain *e;

	first.first_fragment = true;
	first.frag_id = 7;
	first.proto = next.proto = 17;
	next.kind = FRAME_FRAGMENT;
	next.frag_id = 7;
	other = next;
	other.frag_id = 8;
	assert_int_equal(explain_alloc(&e, &nl, 100), 0);
	explain_frame(e, &first, 1, "x");
	explain_frame(e, &next, 2, "x");
	assert_int_equal(explain_unexplained(e), 0);
	explain_frame(e, &other, 3, "x");
	assert_int_equal(explain_unexplained(e), 1);
	explain_free(e);
}


static void memory_is_bounded(void **state)
{
	struct explain *e;

	assert_int_equal(explain_alloc(&e, &nl, 8), 0);
	for (unsigned i = 0; i < 40000; i++) {
		struct frame f = flow(FLOW_TCP, false, 1024 + i, 5061,
				      FRAME_TCP_SYN);

		explain_frame(e, &f, i, "x");
	}
	assert_int_equal(explain_unexplained(e), 0);
	assert_int_equal(explain_needs(e)[0].packets, 40000);
	for (unsigned i = 1; i < 2000; i++) {
		struct frame f = flow(FLOW_UDP, false, 9, i, 0);
		size_t n;

		explain_frame(e, &f, i, "x");
		(void)explain_strangers(e, &n);
		assert_true(n <= EXPLAIN_UNEXPLAINED_MAX);
	}
	assert_int_equal(explain_unexplained(e), 1999);
	explain_free(e);
}


/* RFC 791, 792, 768: written by hand */
static const uint8_t error_frame[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 56, 0, 9, 0, 0, 64, 1, 0, 0, 10, 77, 9, 5, 10, 77, 1, 10,
	3, 3, 0, 0, 0, 0, 0, 0,
	0x45, 0, 0, 40, 0, 7, 0, 0, 63, 17, 0, 0, 10, 77, 1, 10, 10, 77, 9, 5,
	0x9c, 0x40, 0, 53, 0, 20, 0, 0,
};


static void frames_are_read(void **state)
{
	char buf[160];
	struct frame f;

	frame_read(&f, error_frame, sizeof(error_frame));
	assert_int_equal(f.kind, FRAME_ICMP_ERROR);
	assert_int_equal(f.inner.transport, FLOW_UDP);
	assert_int_equal(f.inner.sport, 40000);
	assert_int_equal(f.inner.dport, 53);
	assert_string_equal(frame_str(&f, buf, sizeof(buf)),
			    "icmp 10.77.9.5 > 10.77.1.10 type 3 code 3");
	for (size_t i = 0; i < sizeof(error_frame); i++) {
		frame_read(&f, error_frame, i);
		if (i > 14)
			assert_true(f.kind == FRAME_BROKEN ||
				    f.kind == FRAME_ICMP_ERROR);
	}
}


static void probes_round_trip(void **state)
{
	static const enum flow_transport v[] = {FLOW_TCP, FLOW_UDP, FLOW_ICMP};
	static const char *const addr[][2] = {{"10.77.1.10", "10.77.9.5"},
					      {"fd77:1::10", "fd77:9::5"}};

	for (size_t i = 0; i < 6; i++) {
		struct probe p = {.transport = v[i % 3], .sport = 50001,
				  .dport = 128, .run = 0xdeadbeef,
				  .index = 65000}, q;
		uint8_t buf[PROBE_MAX];
		struct frame f;
		size_t n;

		assert_int_equal(ip_parse(&p.src, addr[i / 3][0]), 0);
		assert_int_equal(ip_parse(&p.dst, addr[i / 3][1]), 0);
		if (p.transport == FLOW_ICMP)
			p.sport = 0;
		n = probe_write(buf, &p);
		assert_true(n <= PROBE_MAX);
		assert_true(probe_read(&q, buf, n));
		assert_memory_equal(&p, &q, sizeof(p));
		assert_false(probe_read(&q, buf, n - 5));
		frame_read_ip(&f, buf, n);
		assert_int_equal(f.pkt.transport, p.transport);
		assert_int_equal(f.len, n);
		assert_int_equal(f.pkt.dport, p.transport == FLOW_ICMP ? 0
							       : 128);
	}
}


static void explain_once(void *arg)
{
	struct explain *e;

	(void)arg;
	if (!explain_alloc(&e, &nl, 10))
		explain_free(e);
}


static void without_memory(void **state)
{
	assert_int_equal(failmalloc_each(explain_once, NULL), 3);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_and_its_answers),
		cmocka_unit_test(an_answer_without_request),
		cmocka_unit_test(ports_next_to_a_row),
		cmocka_unit_test(echo_and_no_other_type),
		cmocka_unit_test(errors_belong_to_what_they_quote),
		cmocka_unit_test(fragments_follow_their_first),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(frames_are_read),
		cmocka_unit_test(probes_round_trip),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
