#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/failmalloc.h"
#include "tests/unit/read_round.h"

enum { PACKETS = 40000, PERMITTED_MIN = 100 };

struct reading {
	const char *dialect, *text;
};


bool round_policy(const struct trip *t, const struct need_packet *n)
{
	return policy_verdict(&t->p, n);
}


bool round_zones(const struct trip *t, const struct need_packet *n)
{
	if (n->transport == FLOW_ICMP && n->icmp_type != 8 && n->icmp_type != 128)
		return false;
	for (size_t i = 0; i < t->p.nrules; i++)
		if (t->p.rules[i].how != POLICY_EXPECTED && need_has(t->p.rules[i].need, n))
			return true;

	return false;
}


bool round_hosts(const struct trip *t, const struct need_packet *n)
{
	for (size_t i = 0; i < t->needs.n; i++) {
		struct need k = t->needs.v[i];

		k.nsports = 0;
		if (k.icmp & FLOW_ICMP_UNREACHABLE && n->src.family == 6)
			k.icmp |= FLOW_ICMP_PACKET_TOO_BIG;
		/* answers to echo pass by state alone */
		if (need_has(&k, n) && (n->transport != FLOW_ICMP || (n->icmp_type != 0 &&
								      n->icmp_type != 129)))
			return true;
	}

	return false;
}


static const char *with_unit(char *buf, size_t size, const char *name, const char *unit)
{
	(void)snprintf(buf, size, "%s%s", name, unit && !strchr(name, '.') ? unit : "");
	return buf;
}


void round_check(const struct round *r, const char *site)
{
	unsigned permitted = 0;
	struct trip t;

	trip_start(&t, site, r->dialect);
	assert_int_equal(t.read.err, 0);
	if (t.read.c.nunknown && !r->unknown)
		fail_msg("%s line %u: %s", site, t.read.c.unknown[0].line,
			 t.read.c.unknown[0].reason);
	for (unsigned i = 0; i < PACKETS; i++) {
		struct policy_pair pair;
		struct need_packet n;
		struct eval_packet k;
		enum eval want, got;
		char in[64], out[64];

		trip_packet(&t, &k, &n, &pair);
		k.in = with_unit(in, sizeof(in), k.in, r->unit);
		k.out = with_unit(out, sizeof(out), k.out, r->unit);
		want = r->wanted_h(&t, &n) ? EVAL_PERMIT : EVAL_DENY;
		got = eval_config(&t.read.c, &k);
		permitted += want;
		if (got != want)
			fail_msg("%s: packet %u (%s): %d, not %d", site, i,
				 flow_transport_name(n.transport), got, want);
	}
	assert_true(permitted > PERMITTED_MIN);
	trip_end(&t);
}


void round_check_sites(const struct round *r)
{
	round_check(r, "lab/sites/demo.yaml");
	round_check(r, "tests/golden/policy-dual.in");
	round_check(r, "tests/golden/policy-v6.in");
	round_check(r, "tests/golden/policy-insecure.in");
}


static void read_once(void *arg)
{
	const struct reading *g = arg;
	struct read_case f;

	read_text(&f, g->dialect, g->text);
	assert_true(f.err == 0 || f.err == ENOMEM);
	read_done(&f);
}


void round_without_memory(const char *dialect, const char *text)
{
	struct reading g = { dialect, text };

	assert_true(failmalloc_each(read_once, &g) > 0);
}
