#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/emit/order.h"
#include "tests/unit/failmalloc.h"

#define ROW(id, from, to, transport, ports) \
	"  - { id: " id ", protocol: P, transport: " transport ", from: " from ", to: " to \
	", ports: " ports ", purpose: \"Text of " id ".\" }\n"

static const char site_text[] =
	"site: s\nnetworks: { a: [10.1.0.0/24, \"2001:db8:1::/64\"], b: [10.2.0.0/24, \"2001:db8:2::/64\"] }\n"
	"hosts:\n"
	"  c1: { role: [client, desk], address: [10.1.0.10, \"2001:db8:1::10\"] }\n"
	"  c2: { role: [client, old], address: 10.1.0.20 }\n"
	"  s1: { role: [server, print], address: [10.2.0.5, \"2001:db8:2::5\"] }\n"
	"  s2: { role: server, address: 10.2.0.6 }\n"
	"firewalls: { f: { dialect: nftables, interfaces: { a: e0, b: e1 } } }\n"
	"matrices: own\n";

struct fixture {
	struct arena mem;
	struct diag_list dl;
	struct site site;
	struct flow_matrix m[2];
	struct need_list needs;
	struct policy p;
	struct order o;
	int err;
};

static const struct order_want apart = { .apart = true, .helper = true, .comment_max = 60 };
static const struct order_want apart_open = { .apart = true, .comment_max = 60 };
static const struct order_want fewest = { .helper = true, .comment_max = 60 };


static void build(struct fixture *f, const char *rows, const struct order_want *want)
{
	char matrix[2048];

	memset(f, 0, sizeof(*f));
	(void)snprintf(matrix, sizeof(matrix), "matrix: own\nrows:\n%s", rows);
	f->err = site_parse(&f->site, &f->mem, site_text, strlen(site_text), "s", &f->dl);
	if (!f->err)
		f->err = flow_matrix_parse(&f->m[1], &f->mem, matrix, strlen(matrix), "own", &f->dl);
	if (f->err)
		return;
	f->m[0] = f->site.matrices[0];
	f->site.matrices = f->m;
	f->site.nmatrices = 2;
	f->err = need_expand(&f->needs, &f->mem, &f->site, &f->dl);
	if (!f->err)
		f->err = policy_build(&f->p, &f->mem, &f->site, &f->site.firewalls[0], &f->needs);
	if (!f->err)
		f->err = order_make(&f->o, &f->mem, &f->p, want);
}


static void reset(struct fixture *f)
{
	diag_reset(&f->dl);
	arena_reset(&f->mem);
}


/** "B A/4": the lines in their order, with the family of those that have one */
static void assert_lines(const char *rows, const struct order_want *want, const char *lines)
{
	static const char *const family[] = {"/0", "/4", "/6", ""};
	struct fixture f;
	char got[200] = "";

	build(&f, rows, want);
	assert_int_equal(f.err, 0);
	for (size_t i = 0; i < f.o.n; i++) {
		const struct policy_rule *r = f.o.v[i].rule;
		size_t len = strlen(got);

		assert_int_equal(f.o.families[r - f.p.rules], f.o.v[i].families);
		(void)snprintf(got + len, sizeof(got) - len, "%s%s%s", i ? " " : "", r->counter,
			       family[f.o.v[i].families]);
	}
	assert_string_equal(got, lines);
	reset(&f);
}


static void inner_come_first(void **state)
{
	static const char rows[] = ROW("A", "client", "server", "tcp", "1-9")
				   ROW("B", "desk", "print", "tcp", "5") ROW("C", "client", "server", "udp", "5");

	assert_lines(rows, &apart, "B A C");
	assert_lines(rows, &fewest, "A C");
}


static void order_stays_where_all_have_some(void **state)
{
	static const char rows[] = ROW("A", "desk", "print", "tcp", "5") ROW("B", "client", "server", "tcp", "1-9")
				   ROW("C", "client", "server", "tcp", "8-20");

	assert_lines(rows, &apart, "A B C");
	assert_lines(rows, &fewest, "B C");
}


static void together_they_cover(void **state)
{
	static const char over[] = ROW("A", "client", "server", "tcp", "1-5") ROW("B", "client", "server", "tcp", "6-9")
				   ROW("C", "client", "server", "tcp", "4-7");
	static const char exact[] = ROW("A", "client", "server", "tcp", "1-5") ROW("B", "client", "server", "tcp", "6-9")
				    ROW("C", "client", "server", "tcp", "1-9");
	static const char ends[] = ROW("A", "desk", "server", "tcp", "1") ROW("B", "old", "server", "tcp", "1")
				   ROW("C", "client", "print", "tcp", "1");

	assert_lines(over, &apart, "A C B");
	assert_lines(over, &fewest, "A B");
	assert_lines(exact, &apart, "A B");
	assert_lines(exact, &fewest, "C");
	/* of IPv6, A and C are the same, and IPv4's C lies within both */
	assert_lines(ends, &apart, "C/4 A B/4");
	assert_lines(ends, &fewest, "A B/4");
}


/* The wider one has IPv4 alone where it takes all of the narrower one */
static void families_are_apart(void **state)
{
	static const char rows[] = ROW("A", "old", "server", "tcp", "1-9") ROW("B", "[desk, old]", "print", "tcp", "5");

	assert_lines(rows, &apart, "A/4 B");
	assert_lines(ROW("A", "client", "server", "udp", "69") ROW("B", "desk", "[print, server]", "udp", "60-70"),
		     &fewest, "A/4 B");
}


static void names_of_those_left_out_stay(void **state)
{
	struct fixture f;

	build(&f, ROW("A", "client", "server", "tcp", "1-5") ROW("B", "client", "server", "tcp", "6-9")
	      ROW("C", "client", "server", "tcp", "1-9"), &apart);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.o.comment[0], "C A: Text of A.");
	assert_string_equal(f.o.comment[1], "C B: Text of B.");
	assert_int_equal(f.o.families[2], 0);
	reset(&f);
}


static void comments_have_a_maximum(void **state)
{
	struct order_want want = apart;
	struct fixture f;

	for (want.comment_max = 0; want.comment_max < 20; want.comment_max++) {
		build(&f, ROW("A", "client", "server", "tcp", "1") ROW("B", "desk", "server", "tcp", "1-1")
		      ROW("C", "client", "server", "tcp", "1-2") ROW("D", "client", "server", "tcp", "2"), &want);
		assert_int_equal(f.err, 0);
		for (size_t i = 0; i < f.p.nrules; i++)
			if (f.o.comment[i] != f.p.rules[i].comment)
				assert_in_range(strlen(f.o.comment[i]), 4, want.comment_max);
		reset(&f);
	}
}


/* A line that a helper reads stays, even where it takes the last of another */
static void helpers_keep_their_line(void **state)
{
	static const char rows[] =
		"  - { id: A, protocol: X, transport: udp, from: client, to: server, ports: [69, 70], purpose: a }\n"
		"  - { id: T, protocol: TFTP, transport: udp, from: client, to: server, ports: 69, purpose: b }\n"
		"  - { id: R, protocol: TFTP, transport: udp, from: server, to: client, ports: ephemeral, purpose: c }\n"
		"  - { id: W, protocol: X, transport: udp, from: server, to: client, ports: 2000-3000, purpose: d }\n";

	assert_lines(rows, &apart, "T A R W");
	assert_lines(rows, &apart_open, "T A W R");
}


static void make_or_fail(void *arg)
{
	struct fixture f;

	build(&f, ROW("A", "client", "server", "tcp", "1-5") ROW("B", "client", "server", "tcp", "6-9")
	      ROW("C", "client", "server", "tcp", "1-9") ROW("D", "client", "server", "tcp", "4-7"), arg);
	/* a message that finds no memory makes the site file a faulty one */
	assert_true(f.err == 0 || f.err == ENOMEM || f.err == EBADMSG);
	reset(&f);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(make_or_fail, (void *)&apart) > 5);
	assert_true(failmalloc_each(make_or_fail, (void *)&fewest) > 5);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inner_come_first),
		cmocka_unit_test(order_stays_where_all_have_some),
		cmocka_unit_test(together_they_cover),
		cmocka_unit_test(families_are_apart),
		cmocka_unit_test(names_of_those_left_out_stay),
		cmocka_unit_test(comments_have_a_maximum),
		cmocka_unit_test(helpers_keep_their_line),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
