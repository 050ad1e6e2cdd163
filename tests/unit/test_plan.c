#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/plan/plan.h"
#include "tests/unit/failmalloc.h"

/* A site under test, its plan and the messages. */
struct fixture {
	struct arena a;
	struct site s;
	struct plan p;
	struct diag_list dl;
	struct sbuf sb;
	int err;
};

#define HEAD "site: t\nsecurity: on\n"


static void plan_of(struct fixture *f, const char *yaml)
{
	*f = (struct fixture){.err = 0};
	f->err = site_parse(&f->s, &f->a, yaml, strlen(yaml), "t.yaml", &f->dl);
	assert_int_equal(f->err, 0);
	f->err = plan_make(&f->p, &f->a, &f->s, &f->dl);
	if (!f->err)
		plan_put_text(&f->sb, &f->p);
}


static void done(struct fixture *f)
{
	sbuf_reset(&f->sb);
	diag_reset(&f->dl);
	arena_reset(&f->a);
}


static void expect_error(const char *yaml, const char *words)
{
	struct fixture f;
	bool found = false;

	plan_of(&f, yaml);
	assert_int_equal(f.err, EBADMSG);
	for (size_t i = 0; i < f.dl.n; i++)
		found = found || (strstr(f.dl.v[i].msg, words) && f.dl.v[i].pos.line > 0);
	if (!found)
		print_message("# no message with \"%s\"; first: %s\n", words,
			      f.dl.n ? f.dl.v[0].msg : "none");
	assert_true(found);
	done(&f);
}


static void test_pair(void **state)
{
	struct fixture f;

	plan_of(&f, HEAD
		"networks: { a: 10.1.0.0/24, b: 10.2.0.0/24 }\n"
		"hosts:\n"
		"  x: { role: admin, address: 10.1.0.1 }\n"
		"  y: { role: dns, address: 10.2.0.9 }\n"
		"firewalls: { f: { dialect: nftables, interfaces: { e1: a, e2: b } } }\n");
	assert_int_equal(f.err, 0);
	/* x has the first address of a, so the firewall takes the second. */
	assert_string_equal(sbuf_str(&f.sb),
		"segment 0 pair: a (2)\n"
		"segment 1 pair: b (2)\n"
		"host x\n"
		"  eth0 segment 0 10.1.0.1/24\n"
		"  route 0.0.0.0/0 via 10.1.0.2 dev eth0\n"
		"host y\n"
		"  eth0 segment 1 10.2.0.9/24\n"
		"  route 0.0.0.0/0 via 10.2.0.1 dev eth0\n"
		"firewall f\n"
		"  e1 segment 0 10.1.0.2/24\n"
		"  e2 segment 1 10.2.0.1/24\n");
	done(&f);
}


static void test_bridge_and_ipv6(void **state)
{
	struct fixture f;

	plan_of(&f, HEAD
		"networks: { a: [10.1.0.0/24, 'fd00:1::/64'], b: 'fd00:2::/64' }\n"
		"hosts:\n"
		"  x: { role: admin, address: [10.1.0.5, 'fd00:1::5'] }\n"
		"  z: { role: admin, address: 10.1.0.6 }\n"
		"  y: { role: dns, address: 'fd00:2::9' }\n"
		"firewalls: { f: { dialect: nftables, interfaces: { e1: a, e2: b } } }\n");
	assert_int_equal(f.err, 0);
	assert_string_equal(sbuf_str(&f.sb),
		"segment 0 br0: a (3)\n"
		"segment 1 pair: b (2)\n"
		"host x\n"
		"  eth0 segment 0 10.1.0.5/24 fd00:1::5/64\n"
		"  route ::/0 via fd00:1::1 dev eth0\n"
		"host z\n"
		"  eth0 segment 0 10.1.0.6/24\n"
		"host y\n"
		"  eth0 segment 1 fd00:2::9/64\n"
		"  route ::/0 via fd00:2::1 dev eth0\n"
		"firewall f\n"
		"  e1 segment 0 10.1.0.1/24 fd00:1::1/64\n"
		"  e2 segment 1 fd00:2::1/64\n");
	assert_true(f.p.nodes[0].ipv6);
	assert_false(f.p.nodes[1].ipv6);
	done(&f);
}


/* Two firewalls in a row: b lies between them, and each sees the other's
 * far network behind the interface towards b. */
static void test_chain(void **state)
{
	struct fixture f;

	plan_of(&f, HEAD
		"networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }\n"
		"hosts:\n"
		"  x: { role: admin, address: 10.1.0.9 }\n"
		"  m: { role: admin, address: 10.2.0.9 }\n"
		"  y: { role: dns, address: 10.3.0.9 }\n"
		"firewalls:\n"
		"  f: { dialect: nftables, interfaces: { e1: a, e2: [b, c] } }\n"
		"  g: { dialect: nftables, interfaces: { e1: [a, b], e2: c } }\n");
	assert_int_equal(f.err, 0);
	assert_string_equal(sbuf_str(&f.sb),
		"segment 0 pair: a (2)\n"
		"segment 1 br1: b (3)\n"
		"segment 2 pair: c (2)\n"
		"host x\n"
		"  eth0 segment 0 10.1.0.9/24\n"
		"  route 0.0.0.0/0 via 10.1.0.1 dev eth0\n"
		"host m\n"
		"  eth0 segment 1 10.2.0.9/24\n"
		"  route 10.1.0.0/24 via 10.2.0.1 dev eth0\n"
		"  route 10.3.0.0/24 via 10.2.0.2 dev eth0\n"
		"host y\n"
		"  eth0 segment 2 10.3.0.9/24\n"
		"  route 0.0.0.0/0 via 10.3.0.1 dev eth0\n"
		"firewall f\n"
		"  e1 segment 0 10.1.0.1/24\n"
		"  e2 segment 1 10.2.0.1/24\n"
		"  route 10.3.0.0/24 via 10.2.0.2 dev e2\n"
		"firewall g\n"
		"  e1 segment 1 10.2.0.2/24\n"
		"  e2 segment 2 10.3.0.1/24\n"
		"  route 10.1.0.0/24 via 10.2.0.1 dev e1\n");
	done(&f);
}


/* Networks that a firewall cannot tell apart share a link and see each
 * other without it. */
static void test_behind_one(void **state)
{
	struct fixture f;

	plan_of(&f, HEAD
		"networks: { a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24 }\n"
		"hosts:\n"
		"  x: { role: admin, address: 10.1.0.9 }\n"
		"  y: { role: dns, address: 10.2.0.9 }\n"
		"  z: { role: ntp, address: 10.3.0.9 }\n"
		"firewalls: { f: { dialect: nftables, interfaces: { e1: [a, b], e2: c } } }\n");
	assert_int_equal(f.err, 0);
	assert_non_null(strstr(sbuf_str(&f.sb), "segment 0 br0: a b (3)\n"));
	assert_non_null(strstr(sbuf_str(&f.sb),
		"host x\n"
		"  eth0 segment 0 10.1.0.9/24\n"
		"  route 10.2.0.0/24 dev eth0\n"
		"  route 0.0.0.0/0 via 10.1.0.1 dev eth0\n"));
	assert_non_null(strstr(sbuf_str(&f.sb),
		"firewall f\n"
		"  e1 segment 0 10.1.0.1/24 10.2.0.1/24\n"));
	done(&f);
}


static void test_batch(void **state)
{
	static const int pids[] = {11, 12, 13, 14};
	struct fixture f;
	struct sbuf sb = {0};

	plan_of(&f, HEAD
		"networks: { a: 10.1.0.0/24, b: 'fd00:2::/64' }\n"
		"hosts:\n"
		"  x: { role: admin, address: 10.1.0.8 }\n"
		"  z: { role: admin, address: 10.1.0.9 }\n"
		"  y: { role: dns, address: 'fd00:2::9' }\n"
		"firewalls: { f: { dialect: nftables, interfaces: { e1: a, e2: b } } }\n");
	plan_put_links(&sb, &f.p, pids);
	assert_string_equal(sbuf_str(&sb),
		"link add br0 type bridge mcast_snooping 0\n"
		"link add p0-0 type veth peer name eth0 netns 11\n"
		"link set p0-0 master br0 up\n"
		"link add p1-0 type veth peer name eth0 netns 12\n"
		"link set p1-0 master br0 up\n"
		"link add p3-0 type veth peer name e1 netns 14\n"
		"link set p3-0 master br0 up\n"
		"link set br0 up\n"
		"link add eth0 netns 13 type veth peer name e2 netns 14\n");
	sbuf_reset(&sb);
	plan_put_node(&sb, &f.p.nodes[2]);
	assert_string_equal(sbuf_str(&sb),
		"link set lo up\n"
		"addr add fd00:2::9/64 dev eth0 nodad\n"
		"link set eth0 up\n");
	sbuf_reset(&sb);
	plan_put_sysctls(&sb, &f.p.nodes[0]);
	assert_non_null(strstr(sbuf_str(&sb), "ipv6/conf/default/disable_ipv6=1\n"));
	assert_null(strstr(sbuf_str(&sb), "forward"));
	sbuf_reset(&sb);
	plan_put_sysctls(&sb, &f.p.nodes[3]);
	assert_non_null(strstr(sbuf_str(&sb), "ipv4/ip_forward=1\n"));
	assert_null(strstr(sbuf_str(&sb), "disable_ipv6"));
	sbuf_reset(&sb);
	done(&f);
}


static void test_mistakes(void **state)
{
	expect_error(HEAD
		"networks: { a: 10.1.0.0/24 }\n"
		"hosts: { x: { role: admin, address: 10.1.0.8 } }\n"
		"firewalls: { f: { dialect: nftables, "
		"interfaces: { averyverylonginterface: a } } }\n", "interface name");
	expect_error(HEAD
		"networks: { a: 10.1.0.0/30, b: 10.2.0.0/24 }\n"
		"hosts:\n  x: { role: admin, address: 10.1.0.1 }\n"
		"  y: { role: admin, address: 10.1.0.2 }\n"
		"firewalls: { f: { dialect: nftables, interfaces: { e1: a, e2: b } } }\n",
		"no address left");
}


static void all_of(void *arg)
{
	struct fixture *f = arg;
	struct arena a = {0};
	struct diag_list dl = {0};
	struct plan p;
	int err = plan_make(&p, &a, &f->s, &dl);

	assert_true(err == 0 || err == ENOMEM);
	diag_reset(&dl);
	arena_reset(&a);
}


/* A host's link in two halves, on a bridge and on a pair of two such. */
static void test_impaired(void **state)
{
	static const int pids[] = {11, 12, 13};
	struct fixture f;

	plan_of(&f, HEAD
		"networks: { a: 10.1.0.0/24, b: 10.2.0.0/24 }\n"
		"hosts:\n"
		"  x: { role: admin, address: 10.1.0.5 }\n"
		"  y: { role: dns, address: 10.2.0.9 }\n"
		"firewalls: { f: { dialect: nftables, interfaces: { e1: a, e2: b } } }\n");
	assert_int_equal(f.err, 0);
	f.p.nodes[0].impaired = true;
	sbuf_reset(&f.sb);
	plan_put_links(&f.sb, &f.p, pids);
	assert_string_equal(sbuf_str(&f.sb),
		"link add w0-near type veth peer name eth0 netns 11\n"
		"link add w0-far type veth peer name e1 netns 13\n"
		"link add eth0 netns 12 type veth peer name e2 netns 13\n");
	sbuf_reset(&f.sb);
	plan_put_splice(&f.sb, 0);
	assert_string_equal(sbuf_str(&f.sb),
		"link add w0 type bridge mcast_snooping 0\n"
		"link set w0 up\n"
		"link set w0-near master w0 up\n"
		"link set w0-far master w0 up\n");
	sbuf_reset(&f.sb);
	plan_put_text(&f.sb, &f.p);
	assert_non_null(strstr(sbuf_str(&f.sb), "10.1.0.5/24 impaired\n"));
	assert_null(strstr(sbuf_str(&f.sb), "10.2.0.9/24 impaired"));
	done(&f);
}


static void test_memory(void **state)
{
	struct fixture f;

	plan_of(&f, HEAD
		"networks: { a: 10.1.0.0/24, b: 10.2.0.0/24 }\n"
		"hosts: { x: { role: admin, address: 10.1.0.1 } }\n"
		"firewalls: { f: { dialect: nftables, interfaces: { e1: a, e2: b } } }\n");
	assert_int_equal(f.err, 0);
	assert_true(failmalloc_each(all_of, &f) > 0);
	done(&f);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_bridge_and_ipv6),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_behind_one),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_impaired),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
