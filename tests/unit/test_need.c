#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/need.h"
#include "lib/site/site.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/rooms.h"

static const struct need *find_row(const struct rooms *f, const char *id, bool reverse)
{
	for (size_t i = 0; i < f->needs.n; i++)
		for (size_t j = 0; j < f->needs.v[i].nrows; j++)
			if (!strcmp(f->needs.v[i].rows[j]->id, id) &&
			    f->needs.v[i].reverse == reverse)
				return &f->needs.v[i];

	return NULL;
}


/* The same, where the test has no meaning without it. */
static const struct need *of_row(const struct rooms *f, const char *id, bool reverse)
{
	const struct need *n = find_row(f, id, reverse);

	if (!n) {
		fail_msg("no need is of row %s", id);
		abort();
	}
	return n;
}


static void addrs_are(const struct need_addrs *s, const char *want)
{
	char got[500] = "", buf[IP_STRLEN];

	for (size_t i = 0; i < s->n; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
			       i ? " " : "", ip_range_str(&s->v[i], buf));
	assert_string_equal(got, want);
}


static void roles_become_addresses(void **state)
{
	struct rooms f;
	const struct need *n;

	rooms_expand_ok(&f, "");
	n = of_row(&f, "A2-20", false);
	addrs_are(&n->src, "10.1.0.10 10.1.1.10 fd00:1::10");
	addrs_are(&n->dst, "10.9.0.5");
	assert_string_equal(n->src.label, "codec");
	assert_int_equal(n->transport, FLOW_TCP);
	assert_int_equal(n->ndports, 1);
	assert_int_equal(n->dports[0].lo, 5061);
	assert_int_equal(n->sports[0].lo, FLOW_EPHEMERAL_LO);

	/* "any" is what the site has, touching networks as one range */
	n = of_row(&f, "A2-07", false);
	addrs_are(&n->src, "10.1.0.0-10.1.1.255 10.9.0.0-10.9.0.255 "
		  "fd00:1::-fd00:1::ffff:ffff:ffff:ffff");
	assert_int_equal(n->ndports, 2);
	rooms_reset(&f);
}


static void conditions_decide(void **state)
{
	struct rooms f;

	rooms_expand_ok(&f, "");
	assert_null(find_row(&f, "A2-19", false));	/* not secure */
	assert_non_null(find_row(&f, "A2-17", false));	/* secure */
	assert_null(find_row(&f, "A2-02", false));	/* dhcp */
	assert_null(find_row(&f, "A3-09", false));	/* troubleshooting */
	assert_null(find_row(&f, "A2-01", false));	/* link layer */
	assert_null(find_row(&f, "A4-05", false));	/* no manager */
	rooms_reset(&f);

	rooms_expand_ok(&f, "conditions: [troubleshooting, dhcp]\n");
	assert_non_null(find_row(&f, "A3-09", false));
	assert_non_null(find_row(&f, "A2-02", false));
	rooms_reset(&f);
}


static void same_flows_share_a_need(void **state)
{
	struct rooms f;
	const struct need *n;

	rooms_expand_ok(&f, "");
	n = of_row(&f, "A2-22", false);
	assert_ptr_equal(n, of_row(&f, "A3-16", false));
	assert_int_equal(n->nrows, 2);
	assert_string_equal(n->rows[0]->id, "A2-22");

	n = of_row(&f, "A2-04", false);
	assert_ptr_equal(n, of_row(&f, "A9-01", false));
	assert_true(n->icmp & FLOW_ICMP_ECHO);

	/* the same port from another role is another flow */
	assert_ptr_not_equal(of_row(&f, "A2-20", false), of_row(&f, "A3-14", false));
	/* one host with two roles: two names, one address, still two ports */
	assert_ptr_equal(of_row(&f, "A2-05", false)->dst.v, of_row(&f, "A2-06", false)->dst.v);
	rooms_reset(&f);
}


static void media_goes_both_ways(void **state)
{
	struct rooms f;
	const struct need *n, *r;

	rooms_expand_ok(&f, "");
	n = of_row(&f, "A2-21", false);
	r = of_row(&f, "A2-21", true);
	assert_int_equal(n->sports[0].lo, 16384);
	assert_int_equal(n->sports[0].hi, 32768);
	assert_int_equal(r->dports[0].lo, 16384);
	assert_string_equal(r->src.label, "any");
	assert_ptr_equal(r->dst.v, n->src.v);
	rooms_reset(&f);

	/* narrowed to itself, both halves are one */
	rooms_expand_ok(&f, "narrow: { A2-21: { to: [codec], ports: 16384-32768 } }\n");
	n = of_row(&f, "A2-21", false);
	assert_null(find_row(&f, "A2-21", true));
	assert_int_equal(n->ndports, 1);
	assert_ptr_equal(n->src.v, n->dst.v);
	rooms_reset(&f);
}


static void narrowing_takes_roles_hosts_networks(void **state)
{
	struct rooms f;
	const struct need *n;

	rooms_expand_ok(&f, "narrow:\n"
		  "  A2-07: { from: [p1, c, callcontrol], ports: 443 }\n"
		  "  A2-14: { from: r2 }\n");
	n = of_row(&f, "A2-07", false);
	addrs_are(&n->src, "10.1.0.20 10.9.0.0-10.9.0.255");
	assert_string_equal(n->src.label, "p1+c+callcontrol");
	assert_int_equal(n->ndports, 1);
	assert_int_equal(n->dports[0].lo, 443);
	n = of_row(&f, "A2-14", false);
	addrs_are(&n->src, "10.1.1.10");
	rooms_reset(&f);
}


static void dhcp_stays_on_its_link(void **state)
{
	struct rooms f;
	struct need_packet p = { .transport = FLOW_UDP, .sport = 68, .dport = 67 };

	rooms_expand_ok(&f, "conditions: [dhcp]\n");
	addrs_are(&of_row(&f, "A2-02", false)->src, "0.0.0.0 10.1.0.10 10.1.1.10 fd00:1::10");
	addrs_are(&of_row(&f, "A2-02", false)->dst, "255.255.255.255");
	assert_int_equal(ip_parse(&p.src, "0.0.0.0"), 0);
	assert_int_equal(ip_parse(&p.dst, "255.255.255.255"), 0);
	assert_non_null(need_match(&f.needs, &p));
	rooms_reset(&f);
}


static struct need_packet packet(enum flow_transport t, const char *src, uint16_t sport,
				 const char *dst, uint16_t dport)
{
	struct need_packet p = { .transport = t, .sport = sport, .dport = dport };

	assert_int_equal(ip_parse(&p.src, src), 0);
	assert_int_equal(ip_parse(&p.dst, dst), 0);
	return p;
}


static void packets_are_explained(void **state)
{
	struct rooms f;
	struct need_packet p;
	bool back;

	rooms_expand_ok(&f, "");
	p = packet(FLOW_TCP, "10.1.0.10", 40000, "10.9.0.5", 5061);
	assert_ptr_equal(need_match(&f.needs, &p), of_row(&f, "A2-20", false));
	p.dport = 5062;
	assert_null(need_match(&f.needs, &p));
	p = packet(FLOW_TCP, "10.9.0.5", 5061, "10.1.0.10", 40000);
	assert_null(need_match(&f.needs, &p));
	assert_ptr_equal(need_explain(&f.needs, &p, &back), of_row(&f, "A2-20", false));
	assert_true(back);
	p = packet(FLOW_TCP, "10.1.0.99", 40000, "10.9.0.5", 5061);
	assert_null(need_explain(&f.needs, &p, NULL));

	p = packet(FLOW_ICMP, "10.1.0.10", 0, "10.1.1.10", 0);
	p.icmp_type = 8;
	assert_ptr_equal(need_explain(&f.needs, &p, &back), of_row(&f, "A2-04", false));
	assert_false(back);
	p.icmp_type = 3;
	p.icmp_code = 13;
	assert_non_null(need_explain(&f.needs, &p, NULL));
	p.icmp_type = 5;	/* redirect */
	assert_null(need_explain(&f.needs, &p, NULL));
	p = packet(FLOW_ICMP, "fd00:1::10", 0, "fd00:1::1", 0);
	p.icmp_type = 8;	/* of IPv4 */
	assert_null(need_explain(&f.needs, &p, NULL));
	p.icmp_type = 128;
	assert_non_null(need_explain(&f.needs, &p, NULL));
	rooms_reset(&f);
}


static bool said(const struct rooms *f, const char *words)
{
	for (size_t i = 0; i < f->dl.n; i++)
		if (strstr(f->dl.v[i].msg, words))
			return true;

	return false;
}


static void absent_roles_are_said_once(void **state)
{
	struct rooms f;

	rooms_expand_ok(&f, "");
	assert_int_equal(f.dl.n, 1);
	assert_int_equal(f.dl.errors, 0);
	assert_true(said(&f, "roles that no host has: manager ("));
	assert_true(said(&f, "A2-10 first"));
	assert_false(said(&f, "phone"));
	rooms_reset(&f);
}


static void address_sets(void **state)
{
	static const char *const in[] = {
		"10.0.0.8/29", "10.0.0.0/29", "10.0.0.4", "fd00::1", "10.0.0.17",
		"255.255.255.255", "::/128",
	};
	struct ip_range v[7];
	struct need_addrs s = { .v = v }, t, meet;
	const struct ip_range *first;
	struct arena mem = {0};
	struct ip_prefix p;
	struct ip_addr a;
	char buf[IP_STRLEN];

	for (int i = 0; i < 7; i++)
		assert_int_equal(ip_range_parse(&v[i], in[i]), 0);
	s.n = addrs_normalise(v, 7);
	addrs_are(&s, "10.0.0.0-10.0.0.15 10.0.0.17 255.255.255.255 :: fd00::1");
	assert_int_equal(addrs_family(&s, 4, &first), 3);
	assert_ptr_equal(first, &v[0]);
	assert_int_equal(addrs_family(&s, 6, &first), 2);
	assert_ptr_equal(first, &v[3]);

	assert_true(addrs_as_prefix(&v[0], &p));
	assert_string_equal(ip_prefix_str(&p, buf), "10.0.0.0/28");
	assert_int_equal(ip_range_parse(&v[5], "10.0.0.1-10.0.0.2"), 0);
	assert_false(addrs_as_prefix(&v[5], &p));
	assert_int_equal(ip_range_parse(&v[5], "::/0"), 0);
	assert_true(addrs_as_prefix(&v[5], &p));
	assert_int_equal(p.len, 0);

	assert_int_equal(ip_parse(&a, "10.0.0.16"), 0);
	assert_false(addrs_has(&s, &a));
	assert_true(ip_next(&a));
	assert_true(addrs_has(&s, &a));

	assert_int_equal(ip_range_parse(&v[5], "10.0.0.15-10.0.0.16"), 0);
	t = (struct need_addrs){ .v = &v[5], .n = 1 };
	assert_true(addrs_overlap(&s, &t));
	assert_int_equal(addrs_intersect(&meet, &mem, &s, &t), 0);
	addrs_are(&meet, "10.0.0.15");
	arena_reset(&mem);
}


static void expand_or_fail(void *arg)
{
	struct rooms f;

	rooms_expand(&f, "conditions: [dhcp]\n");
	/* a message that finds no memory makes the site file a faulty one */
	assert_true(f.err == 0 || f.err == ENOMEM || f.err == EBADMSG);
	rooms_reset(&f);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(expand_or_fail, NULL) > 3);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_become_addresses),
		cmocka_unit_test(conditions_decide),
		cmocka_unit_test(same_flows_share_a_need),
		cmocka_unit_test(media_goes_both_ways),
		cmocka_unit_test(narrowing_takes_roles_hosts_networks),
		cmocka_unit_test(dhcp_stays_on_its_link),
		cmocka_unit_test(packets_are_explained),
		cmocka_unit_test(absent_roles_are_said_once),
		cmocka_unit_test(address_sets),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
