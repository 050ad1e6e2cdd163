/* The responder's decisions, without sockets and with a clock of the test's own. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/sla/agents.h"
#include "daemons/sla/core.h"
#include "lib/sla/stamp.h"
#include "lib/sla/wire_v1.h"

enum { SECOND = 1000000000, PORTS_MAX = 65536 };

static struct {
	struct core *core;
	struct core_time now;
	bool open[PORTS_MAX];
	unsigned nopen;
	uint16_t busy;		/* another program's */
	uint32_t random;
	struct ip_addr a, b, far;
} t;


static int port_open(uint16_t port, void *arg)
{
	(void)arg;
	if (port == t.busy)
		return EADDRINUSE;
	assert_false(t.open[port]);
	t.open[port] = true;
	t.nopen++;
	return 0;
}


static void port_close(uint16_t port, void *arg)
{
	(void)arg;
	assert_true(t.open[port]);
	t.open[port] = false;
	t.nopen--;
}


static uint32_t random_next(void)
{
	return t.random++;
}


static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.core = calloc(1, sizeof(*t.core));
	assert_non_null(t.core);
	t.core->limits = (struct core_limits){
		.port_lo = 16384, .port_hi = 32768, .duration_ms = 10000, .ops = 4, .ops_source = 3,
		.ops_strangers = 4, .per_second = 1000, .control_port = 1967,
	};
	t.core->ports = (struct core_ports){port_open, port_close, NULL};
	t.core->v1 = true;
	t.core->random_h = random_next;
	t.core->replay.window_ns = 30LL * SECOND;
	t.now = (struct core_time){SECOND, 1700000000LL * SECOND};
	(void)ip_parse(&t.a, "10.0.0.1");
	(void)ip_parse(&t.b, "10.0.0.2");
	(void)ip_parse(&t.far, "10.0.9.1");
	return 0;
}


static int teardown(void **state)
{
	(void)state;
	core_close(t.core);
	assert_int_equal(t.nopen, 0);
	assert_int_equal(t.core->nops, 0);
	free(t.core);
	return 0;
}


/* @return the verdict's status; the answer lies in p */
static struct core_verdict ask2(uint8_t p[SLA_V2_CONTROL_MAX], const struct ip_addr *from, uint32_t seq,
				uint16_t source_port, uint16_t port, uint32_t ms)
{
	struct sla_v2_control c = {
		.seq = seq, .sent = sla_ntp_from_ns(t.now.wall),
		.udp = {.role = 1, .source = *from, .destination = t.far, .source_port = source_port,
			.destination_port = port, .duration_ms = ms},
	};
	struct core_verdict v;
	size_t n, len;

	assert_int_equal(sla_v2_control_write(p, &n, SLA_V2_CONTROL_MAX, &c), 0);
	len = n;
	core_control(&v, t.core, p, &len, from, 5000, &t.now);
	assert_true(len <= n);
	return v;
}


static uint16_t open2(const struct ip_addr *from, uint32_t seq, uint16_t source_port, uint16_t port)
{
	uint8_t p[SLA_V2_CONTROL_MAX];
	struct core_verdict v = ask2(p, from, seq, source_port, port, 1000);

	assert_true(v.answer);
	return v.status;
}


static void test_life(void **state)
{
	struct core_op *op;

	(void)state;
	assert_int_equal(open2(&t.a, 1, 6000, 20000), SLA_OK);
	assert_true(t.open[20000]);
	op = core_probe(t.core, 20000, &t.a, 6000, t.now.mono);
	assert_non_null(op);
	assert_null(core_probe(t.core, 20000, &t.a, 6001, t.now.mono));
	assert_null(core_probe(t.core, 20000, &t.b, 6000, t.now.mono));
	assert_null(core_probe(t.core, 20001, &t.a, 6000, t.now.mono));
	/* a second on the same port keeps it open when the first ends */
	t.now.mono += SECOND / 2;
	assert_int_equal(open2(&t.b, 1, 6000, 20000), SLA_OK);
	assert_int_equal(t.nopen, 1);
	t.now.mono += SECOND / 2;
	assert_null(core_probe(t.core, 20000, &t.a, 6000, t.now.mono));
	assert_int_equal(core_expire(t.core, t.now.mono), 1);
	assert_true(t.open[20000]);
	assert_non_null(core_probe(t.core, 20000, &t.b, 6000, t.now.mono));
	t.now.mono += SECOND / 2;
	assert_int_equal(core_expire(t.core, t.now.mono), 1);
	assert_int_equal(t.nopen, 0);
}


static void test_again(void **state)
{
	uint8_t p[SLA_V2_CONTROL_MAX];
	struct core_verdict v;
	int64_t until;

	(void)state;
	assert_int_equal(open2(&t.a, 1, 6000, 20000), SLA_OK);
	until = t.core->ops[0].until;
	t.core->ops[0].received = 7;
	t.now.mono += SECOND / 2;
	v = ask2(p, &t.a, 1, 6000, 20000, 1000);
	assert_true(v.answer && v.again && !v.status);
	assert_true(t.core->ops[0].until == until);
	/* under a new number time and count begin again */
	v = ask2(p, &t.a, 2, 6000, 20000, 1000);
	assert_true(v.answer && !v.again && !v.status);
	assert_true(t.core->ops[0].until > until);
	assert_int_equal(t.core->ops[0].received, 0);
	assert_int_equal(t.core->nops, 1);
}


static void test_limits(void **state)
{
	uint8_t p[SLA_V2_CONTROL_MAX];

	(void)state;
	assert_int_equal(open2(&t.a, 1, 1, 16383), SLA_FAIL);
	assert_int_equal(open2(&t.a, 2, 1, 32769), SLA_FAIL);
	assert_int_equal(ask2(p, &t.a, 3, 1, 20000, 10001).status, SLA_FAIL);
	assert_int_equal(ask2(p, &t.a, 4, 1, 20000, 0).status, SLA_FAIL);
	t.busy = 20000;
	assert_int_equal(open2(&t.a, 5, 1, 20000), SLA_PORT_IN_USE);
	assert_int_equal(t.core->nops, 0);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(open2(&t.a, 10u + i, 1, (uint16_t)(21000 + i)), SLA_OK);
	assert_int_equal(open2(&t.a, 20, 1, 22000), SLA_FAIL);
	assert_int_equal(open2(&t.b, 20, 1, 22000), SLA_OK);
	assert_int_equal(open2(&t.b, 21, 1, 22001), SLA_FAIL);
	assert_int_equal(t.nopen, 4);
	assert_int_equal(t.core->taken, 4);
	assert_int_equal(t.core->refused, 7);
}


static void test_port_chosen(void **state)
{
	uint8_t p[SLA_V2_CONTROL_MAX];
	struct sla_v2_control c;
	struct core_verdict v;

	(void)state;
	t.busy = 16384;
	v = ask2(p, &t.a, 1, 6000, 0, 1000);
	assert_int_equal(v.status, SLA_OK);
	assert_int_equal(sla_v2_control_parse(&c, p, 20 + 12 + 92), 0);
	assert_int_equal(c.udp.destination_port, 16385);
	assert_true(t.open[16385]);
	t.random = 0;
	v = ask2(p, &t.a, 2, 6000, 0, 1000);
	assert_int_equal(v.op->port, 16386);
}


static void test_rate(void **state)
{
	unsigned dropped = 0;

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		uint8_t p[SLA_V2_CONTROL_MAX];
		struct core_verdict v = ask2(p, &t.a, i, 1, 1, 1000);

		dropped += !v.answer;
	}
	assert_true(dropped > 100 && dropped < 200);
	assert_int_equal(t.core->dropped, dropped);
	t.now.mono += SECOND;
	assert_int_equal(open2(&t.a, 1000, 1, 20000), SLA_OK);
}


static void test_v1(void **state)
{
	struct sla_v1_control c = {.id = 9, .target = t.far, .port = 20000, .duration_ms = 1000};
	struct core_verdict v;
	struct core_op *op;
	uint8_t p[SLA_V1_REQUEST_MAX];
	size_t n;

	(void)state;
	assert_int_equal(sla_v1_control_write(p, &n, sizeof(p), &c), 0);
	core_control(&v, t.core, p, &n, &t.a, 5000, &t.now);
	assert_true(v.answer && !v.status);
	assert_int_equal(n, 24);
	/* it does not tell its port: the first to come has it */
	op = core_probe(t.core, 20000, &t.a, 7000, t.now.mono);
	assert_non_null(op);
	assert_ptr_equal(core_probe(t.core, 20000, &t.a, 7000, t.now.mono), op);
	assert_null(core_probe(t.core, 20000, &t.a, 7001, t.now.mono));
	/* a refusal is silence */
	c.port = 1;
	assert_int_equal(sla_v1_control_write(p, &n, sizeof(p), &c), 0);
	core_control(&v, t.core, p, &n, &t.b, 5000, &t.now);
	assert_false(v.answer);
	t.core->v1 = false;
	c.port = 20001;
	assert_int_equal(sla_v1_control_write(p, &n, sizeof(p), &c), 0);
	core_control(&v, t.core, p, &n, &t.b, 5000, &t.now);
	assert_false(v.answer);
	assert_non_null(v.why);
	assert_false(t.open[20001]);
}


/* Whoever asks for keys is asked by nobody who can have none. */
static void test_v1_with_keys(void **state)
{
	static struct sla_keys keys = {
		.v = {{.id = 7, .mode = SLA_AUTH_HMAC, .secret = "secret-one", .len = 10}}, .n = 1,
	};
	const struct sla_v1_control c = {.id = 9, .target = t.far, .port = 20000, .duration_ms = 1000};
	struct core_verdict v;
	uint8_t p[SLA_V1_REQUEST_MAX];
	size_t n;

	(void)state;
	t.core->keys = &keys;
	assert_int_equal(sla_v1_control_write(p, &n, sizeof(p), &c), 0);
	core_control(&v, t.core, p, &n, &t.a, 5000, &t.now);
	assert_false(v.answer);
	assert_int_equal(v.status, SLA_AUTHENTICATION);
	assert_int_equal(t.nopen, 0);
	assert_null(core_probe(t.core, 20000, &t.a, 7000, t.now.mono));
}


static struct core_verdict ask_key(uint8_t p[SLA_V2_CONTROL_MAX], size_t *n, const struct sla_key *key,
				   uint32_t seq, int64_t sent)
{
	struct sla_v2_control c = {
		.seq = seq, .sent = sla_ntp_from_ns(sent),
		.auth = {.mode = key->mode, .key_id = key->id, .full = true},
		.udp = {.role = 1, .source = t.a, .destination = t.far, .source_port = 6000,
			.destination_port = 20000, .duration_ms = 1000},
	};
	struct core_verdict v;

	assert_int_equal(sla_v2_control_write(p, n, SLA_V2_CONTROL_MAX, &c), 0);
	assert_int_equal(sla_auth_sign(p, *n, c.auth.digest_at, key), 0);
	core_control(&v, t.core, p, n, &t.a, 5000, &t.now);
	return v;
}


static void test_keys(void **state)
{
	static struct sla_keys keys = {
		.v = {{.id = 7, .mode = SLA_AUTH_HMAC, .secret = "secret-one", .len = 10}}, .n = 1,
	};
	struct sla_key other = keys.v[0];
	uint8_t p[SLA_V2_CONTROL_MAX];
	struct core_verdict v;
	size_t n;

	(void)state;
	t.core->keys = &keys;
	assert_int_equal(open2(&t.a, 1, 1, 20000), SLA_AUTHENTICATION);
	v = ask_key(p, &n, &keys.v[0], 2, t.now.wall);
	assert_int_equal(v.status, SLA_OK);
	assert_int_equal(sla_auth_verify(p, n, 48, &keys.v[0]), 0);
	other.secret[0] ^= 1;
	v = ask_key(p, &n, &other, 3, t.now.wall);
	assert_int_equal(v.status, SLA_AUTHENTICATION);
	assert_true(v.answer);
	/* nothing of the key in it */
	for (size_t i = 48; i < 80; i++)
		assert_int_equal(p[i], 0);
	v = ask_key(p, &n, &keys.v[0], 4, t.now.wall - 31LL * SECOND);
	assert_int_equal(v.status, SLA_AUTHENTICATION);
	/* the very same: an answer while it is open, none after */
	v = ask_key(p, &n, &keys.v[0], 2, t.now.wall);
	assert_true(v.answer && v.again);
	t.now.mono += 2LL * SECOND;
	v = ask_key(p, &n, &keys.v[0], 2, t.now.wall);
	assert_false(v.answer);
	assert_int_equal(v.status, SLA_AUTHENTICATION);
}


/* Floods without the key do not keep out who has it; what was sent before the
 * program began may have been taken by the one before. */
static void test_keys_flood(void **state)
{
	static struct sla_keys keys = {
		.v = {{.id = 7, .mode = SLA_AUTH_HMAC, .secret = "secret-one", .len = 10}}, .n = 1,
	};
	struct sla_key other = keys.v[0];
	uint8_t p[SLA_V2_CONTROL_MAX];
	size_t n;

	(void)state;
	t.core->keys = &keys;
	t.core->limits.ops_strangers = 0;
	other.secret[0] ^= 1;
	for (uint32_t i = 0; i < 200; i++)
		(void)ask_key(p, &n, &other, i, t.now.wall);
	assert_false(ask_key(p, &n, &other, 1, t.now.wall).answer);
	assert_int_equal(ask_key(p, &n, &keys.v[0], 1, t.now.wall).status, SLA_OK);

	t.core->replay.since_ns = t.now.wall;
	t.core->begun = t.now.mono;
	assert_int_equal(ask_key(p, &n, &keys.v[0], 2, t.now.wall - 1).status, SLA_AUTHENTICATION);
	assert_int_equal(ask_key(p, &n, &keys.v[0], 3, t.now.wall).status, SLA_OK);
	/* the clock is set back by a day: not for a day */
	t.now.mono += 31LL * SECOND;
	t.now.wall -= 86400LL * SECOND;
	assert_int_equal(ask_key(p, &n, &keys.v[0], 4, t.now.wall).status, SLA_OK);
}


/* Only the first address is known. */
static bool known(const struct ip_addr *ip, void *arg)
{
	return !ip_cmp(ip, arg);
}


/* Strangers ask without end, and take what is left to them of time and places. */
static void test_strangers(void **state)
{
	uint8_t p[SLA_V2_CONTROL_MAX];

	(void)state;
	t.core->known_h = known;
	t.core->known_arg = &t.a;
	t.core->limits.ops_strangers = 2;
	for (uint32_t i = 0; i < 200; i++)
		(void)ask2(p, &t.b, i, (uint16_t)(6000 + i), (uint16_t)(20000 + i), 1000);
	assert_int_equal(t.core->nops, 2);
	assert_false(ask2(p, &t.b, 999, 1, 23000, 1000).answer);
	assert_int_equal(open2(&t.a, 1, 1, 21000), SLA_OK);
	assert_int_equal(open2(&t.a, 2, 1, 21001), SLA_OK);
	assert_int_equal(open2(&t.a, 3, 1, 21002), SLA_FAIL);
}


/* A packet between two that answer would never come to rest. */
static void test_loops(void **state)
{
	uint8_t p[SLA_V2_CONTROL_MAX];
	struct sla_v2_control c = {
		.seq = 1, .sent = sla_ntp_from_ns(t.now.wall),
		.udp = {.role = 1, .source = t.b, .destination = t.far, .source_port = 20001,
			.destination_port = 20000, .duration_ms = 1000},
	};
	static const uint16_t ports[] = {0, 7, 19, 1023, 1967};
	struct core_verdict v;
	struct core_op *op;
	size_t n, len;

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		assert_int_equal(sla_v2_control_write(p, &n, sizeof(p), &c), 0);
		core_control(&v, t.core, p, &n, &t.b, ports[i], &t.now);
		assert_false(v.answer);
		assert_null(v.op);
	}
	/* an answer with its status is no question */
	assert_int_equal(sla_v2_control_write(p, &len, sizeof(p), &c), 0);
	p[3] = SLA_FAIL;
	core_control(&v, t.core, p, &len, &t.b, 5000, &t.now);
	assert_false(v.answer);
	assert_int_equal(t.core->nops, 0);

	assert_int_equal(open2(&t.b, 1, 20001, 20000), SLA_OK);
	op = core_probe(t.core, 20000, &t.b, 20001, t.now.mono);
	assert_non_null(op);
	for (op->answered = 0; !core_echo_ends(t.core, op); op->answered++)
		assert_true(op->answered < CORE_ECHOES);
	op->source_port = 50000;
	assert_false(core_echo_ends(t.core, op));
	op->source_port = 7;
	assert_true(core_echo_ends(t.core, op));
}


static void test_agents(void **state)
{
	static const char text[] =
		"site: s\nnetworks: { a: [10.0.1.0/24, \"fd00:1::/64\"] }\nhosts:\n"
		"  y: { role: sla-agent, address: [10.0.1.9, \"fd00:1::9\"] }\n"
		"  x: { role: [codec, sla-agent], address: 10.0.1.4-10.0.1.6 }\n"
		"  z: { role: sla-responder, address: 10.0.1.7 }\n";
	static const struct {
		const char *ip;
		bool agent;
	} v[] = {
		{"10.0.1.3", false}, {"10.0.1.4", true}, {"10.0.1.6", true}, {"10.0.1.7", false}, {"10.0.1.9", true},
		{"10.0.1.10", false}, {"fd00:1::8", false}, {"fd00:1::9", true}, {"fd00:1::a", false}, {"0.0.0.0", false},
	};
	struct diag_list dl = {0};
	struct arena a = {0};
	struct agents agents;
	struct site s;

	(void)state;
	assert_int_equal(site_parse(&s, &a, text, strlen(text), "s", &dl), 0);
	assert_int_equal(agents_read(&agents, &s), 0);
	assert_int_equal(agents.n, 3);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ip_addr ip;

		assert_int_equal(ip_parse(&ip, v[i].ip), 0);
		assert_int_equal(agents_has(&ip, &agents), v[i].agent);
	}
	agents_reset(&agents);
	diag_reset(&dl);
	arena_reset(&a);
}


static void test_format(void **state)
{
	uint8_t p[64] = {2, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 28, [20] = 0, 99, 0, 0, 0, 0, 0, 8};
	struct core_verdict v;
	size_t n = 28;

	(void)state;
	core_control(&v, t.core, p, &n, &t.a, 5000, &t.now);
	assert_true(v.answer);
	assert_int_equal(v.status, SLA_FORMAT);
	assert_int_equal(n, 28);
	assert_int_equal(p[3], SLA_FORMAT);
	p[0] = 7;
	core_control(&v, t.core, p, &n, &t.a, 5000, &t.now);
	assert_false(v.answer);
	n = 0;
	core_control(&v, t.core, p, &n, &t.a, 5000, &t.now);
	assert_false(v.answer);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_port_chosen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_v1_with_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strangers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_agents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_format, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
