#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/proof/sweep_plan.h"

static const struct flow_port high = {.lo = 1024, .hi = 65535, .ephemeral = true};
static const struct flow_port sips = {.lo = 5061, .hi = 5061};
static const struct flow_port rtp = {.lo = 16384, .hi = 32768};
static struct ip_range rooms[2];
static struct need needs[2];
static const struct need_list nl = {needs, 2};
static struct sweep_host hosts[3];
static struct sweep_config cfg = {.needs = &nl, .hosts = hosts, .nhosts = 3};
static struct arena arena;
static uint8_t want[SWEEP_PROBES_MAX], seen[SWEEP_PROBES_MAX];


static int setup(void **state)
{
	static const char *const addr[] = {"10.77.1.10", "10.77.2.10",
					   "10.77.9.5"};
	static const char *const name[] = {"paris", "london", "services"};

	for (size_t i = 0; i < 3; i++) {
		hosts[i] = (struct sweep_host){.name = name[i], .nsfd = -1,
					       .segment = i};
		assert_int_equal(ip_parse(&hosts[i].addr, addr[i]), 0);
	}
	rooms[0] = (struct ip_range){hosts[0].addr, hosts[0].addr};
	rooms[1] = (struct ip_range){hosts[1].addr, hosts[1].addr};
	needs[0] = (struct need){.transport = FLOW_TCP, .src = {rooms, 1, "a"},
		.dst = {&rooms[1], 1, "b"}, .sports = &high, .nsports = 1,
		.dports = &sips, .ndports = 1};
	needs[1] = (struct need){.transport = FLOW_UDP, .src = {rooms, 2, "r"},
		.dst = {rooms, 2, "r"}, .sports = &rtp, .nsports = 1,
		.dports = &rtp, .ndports = 1};
	return 0;
}


static struct sweep_part *part(struct sweep_plan *p, size_t from, size_t to,
			       enum flow_transport t, enum sweep_kind k,
			       unsigned fixed)
{
	for (size_t i = 0; i < p->nparts; i++) {
		struct sweep_part *q = &p->parts[i];

		if (q->from == from && q->to == to && q->transport == t &&
		    q->kind == k && (!fixed || q->fixed == fixed))
			return q;
	}

	return NULL;
}


/* That there is such a part is a test as well. */
static struct sweep_part *must(struct sweep_plan *p, size_t from, size_t to,
			       enum flow_transport t, enum sweep_kind k,
			       unsigned fixed)
{
	static struct sweep_part none;
	struct sweep_part *q = part(p, from, to, t, k, fixed);

	assert_non_null(q);
	return q ? q : &none;
}


static void every_pair_every_port(void **state)
{
	struct sweep_plan p;

	assert_int_equal(sweep_plan_make(&p, &arena, &cfg), 0);
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 3; j++) {
			struct sweep_part *t = part(&p, i, j, FLOW_TCP,
						    SWEEP_DPORTS, 0);
			struct sweep_part *u = part(&p, i, j, FLOW_UDP,
						    SWEEP_DPORTS, 0);

			assert_int_equal(t != NULL, i != j);
			assert_int_equal(u != NULL, i != j);
			if (i == j)
				continue;
			assert_int_equal(t->probes, 65535);
			assert_int_equal(t->fixed, 50001);
			assert_non_null(part(&p, i, j, FLOW_ICMP, SWEEP_ICMP, 0));
			assert_non_null(part(&p, i, j, FLOW_TCP, SWEEP_SPOOF, 0));
		}
	}
}


static void the_matrix_says_what_passes(void **state)
{
	struct sweep_plan p;
	struct sweep_part *q;

	assert_int_equal(sweep_plan_make(&p, &arena, &cfg), 0);
	q = must(&p, 0, 1, FLOW_TCP, SWEEP_DPORTS, 50001);
	sweep_plan_expect(&p, q, want);
	assert_int_equal(q->expected, 1);
	assert_int_equal(want[5061 - 1], 1);

	q = must(&p, 0, 1, FLOW_UDP, SWEEP_DPORTS, 50001);
	sweep_plan_expect(&p, q, want);
	assert_int_equal(q->expected, 0);

	q = must(&p, 0, 1, FLOW_UDP, SWEEP_DPORTS, 16384);
	sweep_plan_expect(&p, q, want);
	assert_int_equal(q->expected, 32768 - 16384 + 1);
	assert_int_equal(want[16383 - 1], 0);
	assert_int_equal(want[16384 - 1], 1);
	assert_int_equal(want[32768 - 1], 1);
	assert_int_equal(want[32769 - 1], 0);

	q = must(&p, 0, 1, FLOW_UDP, SWEEP_SPORTS, 16384);
	sweep_plan_expect(&p, q, want);
	assert_int_equal(q->expected, 32768 - 16384 + 1);
	assert_null(part(&p, 0, 2, FLOW_UDP, SWEEP_SPORTS, 0));
}


static void edges_have_both_neighbours(void **state)
{
	static const uint16_t ports[] = {16383, 16384, 32768, 32769};
	struct sweep_plan p;
	struct sweep_part *q;

	assert_int_equal(sweep_plan_make(&p, &arena, &cfg), 0);
	q = must(&p, 1, 0, FLOW_UDP, SWEEP_EDGES, 0);
	for (size_t s = 0; s < 4; s++) {
		for (size_t d = 0; d < 4; d++) {
			bool found = false;

			for (uint32_t i = 0; i < q->probes && !found; i++) {
				struct probe probe;

				sweep_plan_probe(&p, q, i, &probe);
				found = probe.sport == ports[s] &&
					probe.dport == ports[d];
			}
			assert_true(found);
		}
	}
	sweep_plan_expect(&p, q, want);
	assert_int_equal(q->expected, 4);
}


static void nothing_passes_under_a_false_name(void **state)
{
	struct sweep_plan p;
	struct sweep_part *q;
	struct probe probe;

	assert_int_equal(sweep_plan_make(&p, &arena, &cfg), 0);
	q = must(&p, 2, 1, FLOW_TCP, SWEEP_SPOOF, 0);
	assert_int_equal(q->as, 0);
	sweep_plan_expect(&p, q, want);
	assert_int_equal(q->expected, 0);
	sweep_plan_probe(&p, q, 0, &probe);
	assert_int_equal(ip_cmp(&probe.src, &hosts[0].addr), 0);
}


static void a_helpers_rule_expects_nothing(void **state)
{
	bool expected[2] = {true, false};
	struct sweep_config c = cfg;
	struct sweep_plan p;
	struct sweep_part *q;

	c.expected = expected;
	assert_int_equal(sweep_plan_make(&p, &arena, &c), 0);
	q = must(&p, 0, 1, FLOW_TCP, SWEEP_DPORTS, 50001);
	sweep_plan_expect(&p, q, want);
	assert_int_equal(q->expected, 0);
}


static void differences_become_ranges(void **state)
{
	struct sweep_plan p;
	struct sweep_part *q;

	assert_int_equal(sweep_plan_make(&p, &arena, &cfg), 0);
	q = must(&p, 0, 1, FLOW_TCP, SWEEP_DPORTS, 50001);
	memset(want, 0, sizeof(want));
	memset(seen, 0, sizeof(seen));
	want[5061 - 1] = 1;
	for (unsigned port = 7000; port <= 7010; port++)
		seen[port - 1] = 1;
	seen[65535 - 1] = 1;
	assert_int_equal(sweep_plan_judge(&p, &arena, q, want, seen), 0);
	assert_int_equal(q->missing, 1);
	assert_int_equal(q->extra, 12);
	assert_int_equal(q->nfindings, 3);
	assert_false(q->findings[0].extra);
	assert_int_equal(q->findings[0].dport_lo, 5061);
	assert_true(q->findings[1].extra);
	assert_int_equal(q->findings[1].dport_lo, 7000);
	assert_int_equal(q->findings[1].dport_hi, 7010);
	assert_int_equal(q->findings[2].dport_hi, 65535);

	/* findings are bounded, counts are not */
	for (unsigned i = 0; i < 65535; i++)
		seen[i] = i & 1;
	assert_int_equal(sweep_plan_judge(&p, &arena, q, want, seen), 0);
	assert_int_equal(q->nfindings, SWEEP_FINDINGS_MAX);
	assert_int_equal(q->extra, 32767);
}


static int teardown(void **state)
{
	arena_reset(&arena);
	return 0;
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_every_port),
		cmocka_unit_test(the_matrix_says_what_passes),
		cmocka_unit_test(edges_have_both_neighbours),
		cmocka_unit_test(nothing_passes_under_a_false_name),
		cmocka_unit_test(a_helpers_rule_expects_nothing),
		cmocka_unit_test(differences_become_ranges),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
