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
#include "lib/policy/model/policy.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/rooms.h"

static const char one_firewall[] =
	"firewalls: { fw: { dialect: nftables, interfaces: { a: e1, b: e2, c: e3 } } }\n";


static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_int_equal(ip_parse(&a, s), 0);
	return a;
}


static void rules_are_named(void **state)
{
	struct rooms f;
	const struct policy_rule *r, *back;

	rooms_build_ok(&f, one_firewall);
	r = policy_rule_by_counter(&f.p, "A2-20");
	assert_non_null(r);
	assert_int_equal(r->mark, 2020);
	assert_ptr_equal(r, policy_rule_by_mark(&f.p, 2020));
	assert_string_equal(f.p.sets[r->src].label, "codec");
	assert_int_equal(strncmp(r->comment, "A2-20: ", 7), 0);
	assert_int_equal(r->npairs, 2);		/* from both rooms to c */

	back = policy_rule_by_counter(&f.p, "A2-21.r");
	assert_non_null(back);
	assert_int_equal(back->mark, 2521);
	assert_int_equal(strncmp(back->comment, "A2-21 reverse: ", 15), 0);
	assert_null(policy_rule_by_counter(&f.p, "A2-23x"));
	for (size_t i = 0; i < f.p.nrules; i++) {
		assert_ptr_equal(policy_rule_by_counter(&f.p, f.p.rules[i].counter),
				 &f.p.rules[i]);
		assert_ptr_equal(policy_rule_by_mark(&f.p, f.p.rules[i].mark), &f.p.rules[i]);
		assert_true(strlen(f.p.rules[i].comment) <= POLICY_COMMENT_MAX);
	}

	/* codec and phone of one room: both lie behind e1; the other room's
	   codec is what the rule is there for */
	r = policy_rule_by_counter(&f.p, "A2-22");
	assert_non_null(r);
	assert_int_equal(r->npairs, 1);
	assert_int_equal(r->pairs[0].in, 1);
	assert_int_equal(r->pairs[0].out, 0);
	rooms_reset(&f);
}


static void marks_stay_when_the_site_grows(void **state)
{
	struct rooms f, g;

	rooms_build_ok(&f, one_firewall);
	rooms_build_ok(&g, "  m: { role: manager, address: 10.9.0.6 }\n"
		 "  s: { role: snmp, address: 10.9.0.7 }\n"
		 "firewalls: { fw: { dialect: nftables, interfaces: { a: e1, b: e2, c: e3 } } }\n");
	assert_true(g.p.nrules > f.p.nrules);
	for (size_t i = 0; i < f.p.nrules; i++) {
		const struct policy_rule *r = policy_rule_by_counter(&g.p, f.p.rules[i].counter);

		assert_non_null(r);
		assert_int_equal(r->mark, f.p.rules[i].mark);
	}
	rooms_reset(&f);
	rooms_reset(&g);
}


static struct need_packet packet(enum flow_transport t, const char *src, uint16_t sport,
				 const char *dst, uint16_t dport)
{
	return (struct need_packet){ .src = addr(src), .dst = addr(dst), .transport = t,
				     .sport = sport, .dport = dport };
}


static const char *verdict(const struct rooms *f, struct need_packet p)
{
	const struct policy_rule *r = policy_verdict(&f->p, &p);

	return r ? r->counter : "drop";
}


static void verdicts(void **state)
{
	struct need_packet p;
	struct rooms f;

	rooms_build_ok(&f, one_firewall);
#define V(...) verdict(&f, packet(__VA_ARGS__))
	assert_string_equal(V(FLOW_TCP, "10.1.0.10", 5000, "10.9.0.5", 5061), "A2-20");
	assert_string_equal(V(FLOW_TCP, "10.1.0.10", 5000, "10.9.0.5", 5060), "drop");
	assert_string_equal(V(FLOW_UDP, "10.1.0.10", 5000, "10.9.0.5", 5061), "drop");
	assert_string_equal(V(FLOW_TCP, "10.1.0.10", 1023, "10.9.0.5", 5061), "drop");
	assert_string_equal(V(FLOW_TCP, "10.1.0.11", 5000, "10.9.0.5", 5061), "drop");
	assert_string_equal(V(FLOW_UDP, "10.1.0.10", 123, "10.9.0.5", 123), "A2-05");
	assert_string_equal(V(FLOW_UDP, "10.1.0.20", 2000, "10.9.0.5", 69), "A3-07");
	/* the server's own port: only when the helper waits for it */
	assert_string_equal(V(FLOW_UDP, "10.9.0.5", 2000, "10.1.0.20", 3000), "drop");
	/* same network, same interface, nowhere at all */
	assert_string_equal(V(FLOW_TCP, "10.1.0.20", 5000, "10.1.0.10", 443), "drop");
	assert_string_equal(V(FLOW_TCP, "10.1.1.20", 5000, "10.1.0.10", 443), "A2-07");
	assert_string_equal(V(FLOW_TCP, "192.0.2.1", 5000, "10.1.0.10", 443), "drop");
#undef V

	p = packet(FLOW_ICMP, "10.1.0.10", 0, "10.1.1.10", 0);
	p.icmp_type = 8;
	assert_string_equal(verdict(&f, p), "A2-04");
	p.icmp_type = 0;	/* answers and errors come because of a flow */
	assert_string_equal(verdict(&f, p), "drop");
	p.icmp_type = 3;
	assert_string_equal(verdict(&f, p), "drop");
	rooms_reset(&f);
}


static void ports_are(struct rooms *f, const char *src, enum flow_transport t,
		      uint16_t sport, const char *dst, const char *want)
{
	struct ip_addr s = addr(src), d = addr(dst);
	const struct flow_port *v;
	char got[200] = "";
	size_t n;

	assert_int_equal(policy_ports(&f->p, &f->mem, &s, &d, t, sport, &v, &n), 0);
	for (size_t i = 0; i < n; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%u-%u",
			       i ? " " : "", v[i].lo, v[i].hi);
	assert_string_equal(got, want);
}


static void ports_of_a_pair(void **state)
{
	struct ip_addr a = addr("10.1.0.10");
	const struct flow_port *v;
	struct rooms f;
	size_t n;

	rooms_build_ok(&f, one_firewall);
	ports_are(&f, "10.1.0.10", FLOW_TCP, 5000, "10.9.0.5",
		  "53-53 2444-2444 3804-3804 5061-5061 6970-6970 8080-8080");
	ports_are(&f, "10.1.0.10", FLOW_TCP, 1000, "10.9.0.5", "");
	ports_are(&f, "10.1.0.10", FLOW_UDP, 5000, "10.9.0.5", "53-53");
	ports_are(&f, "10.1.0.10", FLOW_UDP, 123, "10.9.0.5", "123-123");
	/* media to any port, as the matrix has it */
	ports_are(&f, "10.1.0.10", FLOW_UDP, 16384, "10.9.0.5", "0-65535");
	ports_are(&f, "10.1.0.10", FLOW_TCP, 5000, "10.1.0.20", "");
	assert_int_equal(policy_ports(&f.p, &f.mem, &a, &a, FLOW_ICMP, 0, &v, &n), EINVAL);
	rooms_reset(&f);
}


/** policy_ports() says what policy_verdict() says, port by port. */
static void ports_agree_with_verdicts(void **state)
{
	static const char *const hosts[] = {"10.1.0.10", "10.1.1.10", "10.1.0.20", "10.9.0.5"};
	static const uint16_t sports[] = {0, 123, 1023, 1024, 16384, 32768, 32769, 65535};
	struct rooms f;

	rooms_build_ok(&f, one_firewall);
	for (int k = 0; k < 4 * 4 * 8 * 2; k++) {
		struct need_packet p = packet(k & 1 ? FLOW_TCP : FLOW_UDP, hosts[k / 2 % 4],
					      sports[k / 32 % 8], hosts[k / 8 % 4], 0);
		const struct flow_port *v;
		size_t n, i = 0;

		assert_int_equal(policy_ports(&f.p, &f.mem, &p.src, &p.dst, p.transport,
					      p.sport, &v, &n), 0);
		for (unsigned port = 0; port <= 65535; port += port < 9000 ? 3 : 89) {
			p.dport = (uint16_t)port;
			while (i < n && v[i].hi < port)
				i++;
			assert_int_equal(i < n && v[i].lo <= port,
					 policy_verdict(&f.p, &p) != NULL);
		}
	}
	rooms_reset(&f);
}


static void paths_need_one_firewall(void **state)
{
	struct rooms f;

	rooms_build_ok(&f, one_firewall);
	diag_reset(&f.dl);
	assert_int_equal(policy_check_paths(&f.site, &f.mem, &f.dl), 0);
	assert_int_equal(f.dl.n, 0);
	rooms_reset(&f);

	/* c knows only its transit network: what comes from a is unknown to it */
	rooms_build_ok(&f, "firewalls:\n"
		 "  one: { dialect: nftables, interfaces: { a: e1, b: e2 } }\n"
		 "  two: { dialect: nftables, interfaces: { b: e1, c: e2 } }\n");
	diag_reset(&f.dl);
	assert_int_equal(policy_check_paths(&f.site, &f.mem, &f.dl), 0);
	assert_int_equal(f.dl.n, 1);
	assert_string_equal(f.dl.v[0].msg, "no path between networks a and c: no firewall has "
			    "both behind its interfaces");
	rooms_reset(&f);
}


static void compile(struct sbuf *sb, const char *more, const char *firewall, int want)
{
	struct rooms f;

	rooms_expand_ok(&f, more);
	assert_int_equal(policy_compile_nftables(sb, &f.site, firewall, &f.dl), want);
	rooms_reset(&f);
}


static void nftables_text(void **state)
{
	struct sbuf a = {0}, b = {0};

	compile(&a, one_firewall, "fw", 0);
	compile(&b, one_firewall, "fw", 0);
	assert_string_equal(sbuf_str(&a), sbuf_str(&b));
	assert_non_null(strstr(a.p, "ip saddr @codec_v4 ip daddr @callcontrol_v4 "
			       "tcp sport 1024-65535 tcp dport 5061 ct mark set 2020 "
			       "counter name \"A2-20\" accept comment \"A2-20: "));
	assert_non_null(strstr(a.p, "2020 : \"A2-20\""));
	assert_non_null(strstr(a.p, "ct helper set \"tftp\" ct mark set 3007"));
	assert_null(strstr(a.p, "ip6 daddr @callcontrol_v6"));
	sbuf_reset(&a);
	sbuf_reset(&b);

	compile(&a, one_firewall, "none", ENOENT);
	a.max = 1000;
	compile(&a, one_firewall, "fw", EOVERFLOW);
	sbuf_reset(&a);
}


/** Names that people give must not become words of the dialect. */
static void odd_names_are_harmless(void **state)
{
	static const char matrix[] =
		"matrix: own\nrows:\n"
		"  - { id: dropped, protocol: X, transport: tcp, from: codec, to: dns, ports: 77,\n"
		"      purpose: 'say \"drop\" \\ or not' }\n"
		"  - { id: 9.own-row, protocol: X, transport: tcp, from: codec, to: ntp, ports: 78,\n"
		"      purpose: x }\n";
	struct rooms f;
	struct flow_matrix m[2];

	rooms_build_ok(&f, one_firewall);
	m[0] = f.site.matrices[0];
	f.err = flow_matrix_parse(&m[1], &f.mem, matrix, strlen(matrix), "own", &f.dl);
	for (size_t i = 0; f.err && i < f.dl.n; i++)
		print_message("%s\n", f.dl.v[i].msg);
	assert_int_equal(f.err, 0);
	f.site.matrices = m;
	f.site.nmatrices = 2;
	assert_int_equal(need_expand(&f.needs, &f.mem, &f.site, &f.dl), 0);
	assert_int_equal(policy_build(&f.p, &f.mem, &f.site, &f.site.firewalls[0], &f.needs), 0);

	assert_null(policy_rule_by_counter(&f.p, "dropped"));
	assert_non_null(policy_rule_by_counter(&f.p, "dropped_2"));
	assert_non_null(policy_rule_by_counter(&f.p, "n9_own-row"));
	assert_true(policy_rule_by_counter(&f.p, "n9_own-row")->mark > 100000);
	assert_string_equal(policy_rule_by_counter(&f.p, "dropped_2")->comment,
			    "dropped: say 'drop' ' or not");
	rooms_reset(&f);
}


static void compile_or_fail(void *arg)
{
	struct sbuf sb = {0};
	struct rooms f;

	rooms_build(&f, one_firewall);
	if (!f.err)
		f.err = policy_backends[0].emit(&sb, &f.mem, &f.p);
	/* a message that finds no memory makes the site file a faulty one */
	assert_true(f.err == 0 || f.err == ENOMEM || f.err == EBADMSG);
	sbuf_reset(&sb);
	rooms_reset(&f);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(compile_or_fail, NULL) > 5);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_named),
		cmocka_unit_test(marks_stay_when_the_site_grows),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(ports_of_a_pair),
		cmocka_unit_test(ports_agree_with_verdicts),
		cmocka_unit_test(paths_need_one_firewall),
		cmocka_unit_test(nftables_text),
		cmocka_unit_test(odd_names_are_harmless),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
