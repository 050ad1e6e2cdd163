#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/read_round.h"

static const char realistic[] =
	"table ip nat {\n"
	"\tchain post {\n"
	"\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
	"\t\toifname \"wan\" masquerade\n\t}\n}\n"
	"table inet edge { # handle 7\n"
	"\tcounter hits {\n\t\tpackets 3 bytes 180\n\t}\n"
	"\tset desk {\n\t\ttype ipv4_addr\n\t\tflags interval\n"
	"\t\telements = { 10.9.0.0/24, 10.9.2.1-10.9.2.9,\n\t\t\t     10.9.4.4 comment \"the boss\" }\n\t}\n"
	"\tset pairs {\n\t\ttype ipv4_addr . inet_service\n\t\tflags interval\n"
	"\t\telements = { 10.1.0.1 . 22, 10.1.0.0/24 . 443-445 }\n\t}\n"
	"\tset flood {\n\t\ttype ipv4_addr\n\t\tflags dynamic,timeout\n\t\ttimeout 1m\n\t}\n"
	"\tmap byport {\n\t\ttype inet_service : verdict\n"
	"\t\telements = { 5060 : accept, 5061 : goto sips, 7000-7009 : drop }\n\t}\n"
	"\tflowtable fast {\n\t\thook ingress priority filter\n\t\tdevices = { eth0, eth1 }\n\t}\n"
	"\tchain forward {\n"
	"\t\ttype filter hook forward priority filter; policy drop;\n"
	"\t\tct state vmap { established : accept, related : accept, invalid : drop } # handle 12\n"
	"\t\tiifname { \"eth0\", \"eth1\" } ip saddr @desk tcp dport { 22, 80-81 } counter packets 5 bytes 300 accept comment \"A2-07 A2-14: desk\"\n"
	"\t\tip saddr 10.8.0.0/16 ip daddr . tcp dport @pairs accept\n"
	"\t\ticmp type { echo-request, time-exceeded } accept\n"
	"\t\ticmp type destination-unreachable icmp code 4 accept\n"
	"\t\ticmpv6 type echo-request accept\n"
	"\t\tip saddr != 10.0.0.0/8 tcp dport 25 log prefix \"smtp \" group 2 accept\n"
	"\t\tmeta l4proto udp udp dport vmap @byport\n"
	"\t\ttcp flags & (fin | syn | rst | ack) != syn ip daddr 10.2.0.1 accept\n"
	"\t\tip daddr 10.2.0.2 tcp flags syn / fin,syn,rst,ack accept\n"
	"\t\tip daddr 10.2.0.3 ip dscp cs4 accept\n"
	"\t\tip daddr 10.2.0.4 limit rate 5/second burst 10 packets accept\n"
	"\t\tip daddr 10.2.0.5 ip saddr @flood drop\n"
	"\t\tip daddr 10.2.0.6 meta mark 0x1 accept\n"
	"\t\tip daddr 10.2.0.7 numgen random mod 2 == 0 accept\n"
	"\t\tip daddr 10.2.0.8 fib saddr . iif oif missing drop\n"
	"\t\tip daddr 10.2.0.9 ct mark set 0x5 ct helper set \"tftp\" meta priority set 1:2 counter name \"hits\" accept\n"
	"\t\tip6 saddr fd00::/8 ip6 daddr fd01::1 tcp dport >= 1024 accept\n"
	"\t\ttcp option maxseg size set rt mtu\n"
	"\t\tip frag-off & 0x1fff != 0 ip daddr 10.2.1.1 accept\n"
	"\t\tgoto last\n"
	"\t}\n"
	"\tchain sips {\n\t\tip daddr 10.9.0.5 accept\n\t}\n"
	"\tchain last {\n\t\tlog prefix \"drop\"\n\t\treject with icmpx type admin-prohibited\n\t}\n"
	"\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n"
	"}\n";

struct read_ask {
	const char *packet;
	enum eval want;
};

static const struct read_ask asks[] = {
	{"tcp 10.9.0.1 5 1.1.1.1 22", EVAL_PERMIT},
	{"tcp 10.9.2.9 5 1.1.1.1 81", EVAL_PERMIT},
	{"tcp 10.9.2.10 5 1.1.1.1 81", EVAL_DENY},
	{"tcp 10.9.4.4 5 1.1.1.1 80 wan eth0", EVAL_DENY},
	{"tcp 10.8.0.1 5 10.1.0.1 22", EVAL_PERMIT},
	{"tcp 10.8.0.1 5 10.1.0.2 22", EVAL_DENY},
	{"tcp 10.8.0.1 5 10.1.0.2 444", EVAL_PERMIT},
	{"udp 10.8.0.1 5 10.1.0.2 444", EVAL_DENY},
	{"icmp 1.1.1.1 8 2.2.2.2 0", EVAL_PERMIT},
	{"icmp 1.1.1.1 3 2.2.2.2 4", EVAL_PERMIT},
	{"icmp 1.1.1.1 3 2.2.2.2 3", EVAL_DENY},
	{"icmp fd00::1 128 fd00::2 0", EVAL_PERMIT},
	{"icmp fd00::1 8 fd00::2 0", EVAL_DENY},
	{"tcp 11.0.0.1 5 2.2.2.2 25", EVAL_PERMIT},
	{"tcp 10.0.0.1 5 2.2.2.2 25", EVAL_DENY},
	{"tcp fd00::1 5 fd02::2 25", EVAL_DENY},
	{"udp 1.1.1.1 5 2.2.2.2 5060", EVAL_PERMIT},
	{"udp 1.1.1.1 5 10.9.0.5 5061", EVAL_PERMIT},
	{"udp 1.1.1.1 5 10.9.0.6 5061", EVAL_DENY},
	{"udp 1.1.1.1 5 2.2.2.2 7003", EVAL_DENY},
	{"tcp 1.1.1.1 5 2.2.2.2 5060", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.1 5060", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.2 5060", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.3 5060", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.4 5060", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.2.0.5 5060", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.6 5060", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.2.0.7 5060", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.2.0.8 5060", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.2.0.9 5060", EVAL_PERMIT},
	{"tcp fd00::1 5 fd01::1 1024", EVAL_PERMIT},
	{"tcp fd00::1 5 fd01::1 1023", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.1.1 1", EVAL_DENY},
};


static void realistic_rules(void **state)
{
	struct read_case f;

	read_text(&f, NULL, realistic);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "nftables");
	assert_int_equal(f.c.nnotices, 1);
	assert_false(f.c.truncated);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (verdict_of(&f, asks[i].packet) != asks[i].want)
			fail_msg("%s: %d", asks[i].packet, verdict_of(&f, asks[i].packet));
	/* numgen alone is not understood */
	assert_int_equal(f.c.nunknown, 1);
	assert_int_equal(verdict_in_state(&f, CONFIG_RELATED, "tcp 1.1.1.1 1 2.2.2.2 2"), EVAL_PERMIT);
	assert_int_equal(verdict_in_state(&f, CONFIG_INVALID, "tcp 11.1.1.1 1 2.2.2.2 25"), EVAL_DENY);
	read_done(&f);
}


static void masks_with_holes(void **state)
{
	static const char text[] =
		"table ip f {\n\tchain c {\n\t\ttype filter hook forward priority 0; policy drop;\n"
		"\t\tip saddr & 255.255.1.0 == 10.77.1.0 tcp dport 80 accept\n"
		"\t\tip daddr & 0xffff0100 != 10.77.1.0 udp dport 53 accept\n\t}\n}\n";
	static const struct read_ask cases[] = {
		{"tcp 10.77.3.9 1 9.9.9.9 80", EVAL_PERMIT},
		{"tcp 10.77.2.9 1 9.9.9.9 80", EVAL_DENY},
		{"tcp 10.78.3.9 1 9.9.9.9 80", EVAL_DENY},
		{"udp 9.9.9.9 1 10.77.4.9 53", EVAL_PERMIT},
		{"udp 9.9.9.9 1 10.77.5.9 53", EVAL_DENY},
	};
	struct read_case f;

	read_text(&f, NULL, text);
	assert_int_equal(f.err, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (verdict_of(&f, cases[i].packet) != cases[i].want)
			fail_msg("%s: %d", cases[i].packet, verdict_of(&f, cases[i].packet));
	assert_int_equal(f.c.nunknown, 0);
	read_done(&f);
}


static void lines_and_rows(void **state)
{
	const struct config_list *l;
	struct read_case f;
	size_t n = 0;

	read_text(&f, NULL, realistic);
	l = config_list_find(&f.c, "inet edge forward", 0);
	assert_non_null(l);
	for (size_t i = 0; i < l->nrules; i++) {
		if (l->rules[i].line < 37 || l->rules[i].line > 60)
			fail_msg("rule %zu: line %u", i, l->rules[i].line);
		if (l->rules[i].rows.n == 2) {
			assert_string_equal(l->rules[i].rows.v[0], "A2-07");
			assert_int_equal(strncmp(l->rules[i].text.p, "iifname {", 9), 0);
			n++;
		}
	}
	assert_int_equal(n, 1);
	read_done(&f);
}


/** Each alone in a chain whose policy is drop; 0: understood to the end */
static const struct {
	const char *rule;
	const char *yes, *no;
} alone[] = {
	{"iifname != \"eth0\" accept", "tcp 1.1.1.1 1 2.2.2.2 2 x y", "tcp 1.1.1.1 1 2.2.2.2 2"},
	{"iifname \"et*\" accept", "tcp 1.1.1.1 1 2.2.2.2 2 eth9 y", "tcp 1.1.1.1 1 2.2.2.2 2 x y"},
	{"iifname . oifname { \"a\" . \"b\", \"c\" . \"d\" } accept", "tcp 1.1.1.1 1 2.2.2.2 2 c d", "tcp 1.1.1.1 1 2.2.2.2 2 a d"},
	{"iifname vmap { \"a\" : accept, \"b\" : drop } accept", "tcp 1.1.1.1 1 2.2.2.2 2 c d", "tcp 1.1.1.1 1 2.2.2.2 2 b d"},
	{"meta l4proto != tcp accept", "udp 1.1.1.1 1 2.2.2.2 2", "tcp 1.1.1.1 1 2.2.2.2 2"},
	{"meta l4proto { icmp, 47 } accept", "47 1.1.1.1 0 2.2.2.2 0", "tcp 1.1.1.1 1 2.2.2.2 2"},
	{"meta nfproto ipv6 accept", "tcp fd00::1 1 fd00::2 2", "tcp 1.1.1.1 1 2.2.2.2 2"},
	{"tcp dport != 80 accept", "tcp 1.1.1.1 1 2.2.2.2 2", "tcp 1.1.1.1 1 2.2.2.2 80"},
	{"tcp dport != 80 accept", "tcp 1.1.1.1 1 2.2.2.2 81", "udp 1.1.1.1 1 2.2.2.2 81"},
	{"udp sport != { 5, 7-9 } accept", "udp 1.1.1.1 6 2.2.2.2 2", "udp 1.1.1.1 8 2.2.2.2 80"},
	{"th dport 80 accept", "udp 1.1.1.1 6 2.2.2.2 80", "udp 1.1.1.1 8 2.2.2.2 81"},
	{"udp dport < 5 accept", "udp 1.1.1.1 6 2.2.2.2 4", "udp 1.1.1.1 8 2.2.2.2 5"},
	{"tcp flags syn accept", "tcp 1.1.1.1 1 2.2.2.2 2", "udp 1.1.1.1 1 2.2.2.2 2"},
	{"tcp flags == syn accept", "tcp 1.1.1.1 1 2.2.2.2 2", NULL},
	{"tcp flags != syn accept", NULL, "tcp 1.1.1.1 1 2.2.2.2 2"},
	{"tcp flags { syn, syn | ack } accept", "tcp 1.1.1.1 1 2.2.2.2 2", NULL},
	{"tcp flags & (syn | ack) == 0x0 accept", NULL, "tcp 1.1.1.1 1 2.2.2.2 2"},
	{"ct state { new, established } accept", "tcp 1.1.1.1 1 2.2.2.2 2", NULL},
	{"ct state != new accept", NULL, "tcp 1.1.1.1 1 2.2.2.2 2"},
	{"ct state established,new accept", "tcp 1.1.1.1 1 2.2.2.2 2", NULL},
	{"ip protocol vmap { tcp : accept, udp : drop }", "tcp 1.1.1.1 1 2.2.2.2 2", "udp 1.1.1.1 1 2.2.2.2 2"},
	{"ip saddr . ip daddr . th dport { 1.1.1.1 . 2.2.2.2 . 5-6 } accept", "tcp 1.1.1.1 1 2.2.2.2 6", "tcp 1.1.1.1 1 2.2.2.3 6"},
	{"ip saddr . ip daddr != { 1.1.1.1 . 2.2.2.2 } accept", "tcp 1.1.1.1 1 2.2.2.3 6", "tcp 1.1.1.1 1 2.2.2.2 6"},
	{"ip dscp != cs4 accept", "tcp 1.1.1.1 1 2.2.2.3 6", "tcp fd00::1 1 fd00::2 6"},
	{"icmp type vmap { echo-request : accept }", "icmp 1.1.1.1 8 2.2.2.2 0", "icmp 1.1.1.1 0 2.2.2.2 0"},
	{"counter log level info accept", "tcp 1.1.1.1 1 2.2.2.2 2", NULL},
	{"ip saddr 1.1.1.1 jump t accept", "udp 1.1.1.1 1 2.2.2.2 9", "udp 1.1.1.1 1 2.2.2.2 8"},
};

#define CHAIN "table inet f {\n chain c {\n  type filter hook forward priority 0; policy %s;\n  %s\n }\n" \
	" chain t {\n  udp dport 9 accept\n  udp dport 7 return\n }\n}\n"


static void each_condition(void **state)
{
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		char text[1024];
		struct read_case f;

		(void)snprintf(text, sizeof(text), CHAIN, "drop", alone[i].rule);
		read_text(&f, NULL, text);
		assert_int_equal(f.err, 0);
		if (f.c.nunknown)
			fail_msg("%s: %s", alone[i].rule, f.c.unknown[0].reason);
		if (alone[i].yes && verdict_of(&f, alone[i].yes) != EVAL_PERMIT)
			fail_msg("%s: %s is not permitted", alone[i].rule, alone[i].yes);
		if (alone[i].no && verdict_of(&f, alone[i].no) != EVAL_DENY)
			fail_msg("%s: %s is not denied", alone[i].rule, alone[i].no);
		read_done(&f);
	}
}

static const char *const odd_rules[] = {
	"ip saddr host.example accept", "ip saddr @nowhere accept", "tcp dport 70000 accept",
	"tcp dport $ports accept", "frobnicate accept", "queue num 1", "jhash ip saddr mod 2 0 accept",
	"tcp flags & syn accept", "ct state sometimes accept", "ip saddr & 255.0.0.0 == 10.1.0.0 accept",
	"ip saddr { 1.1.1.1, 2.2.2.2 accept", "tcp dport map { 1 : 2 } accept", "xt match \"string\" drop",
	"iifname . ip saddr != { \"a\" . 1.1.1.1 } accept", "synproxy mss 1460",
};


/** What no packet set holds is read, and holds sometimes. */
static void the_rest_holds_sometimes(void **state)
{
	static const char *const rules[] = {
		"meta hour \"08:00\"-\"17:00\" tcp dport 2 accept",
		"meta day { \"Monday\", \"Friday\" } accept",
		"ct original proto-dst 8080 accept", "ct reply ip saddr 10.0.0.1 accept",
		"ct original ip daddr { 10.0.0.1, 10.0.0.2 } tcp dport 2 accept",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		char text[1024];
		struct read_case f;

		(void)snprintf(text, sizeof(text), CHAIN, "drop", rules[i]);
		read_text(&f, NULL, text);
		assert_int_equal(f.err, 0);
		if (f.c.nunknown)
			fail_msg("%s: %s", rules[i], f.c.unknown[0].reason);
		if (verdict_of(&f, "tcp 1.1.1.1 1 2.2.2.2 2") != EVAL_UNKNOWN)
			fail_msg("%s: not open", rules[i]);
		read_done(&f);
	}
}


static void odd_rules_are_named(void **state)
{
	for (size_t i = 0; i < sizeof(odd_rules) / sizeof(odd_rules[0]); i++) {
		char text[1024];
		struct read_case f;

		(void)snprintf(text, sizeof(text), CHAIN, "accept", odd_rules[i]);
		read_text(&f, NULL, text);
		assert_int_equal(f.err, 0);
		if (!f.c.nunknown || verdict_of(&f, "tcp 1.1.1.1 1 2.2.2.2 2") != EVAL_UNKNOWN)
			fail_msg("%s: passed over in silence", odd_rules[i]);
		if (f.c.unknown[0].line != 4)
			fail_msg("%s: line %u", odd_rules[i], f.c.unknown[0].line);
		read_done(&f);
	}
}


static void bad_files(void **state)
{
	struct read_case f;

	read_text(&f, "nftables", "table inet f {\n chain c {\n  type filter hook forward priority 0; policy drop;\n  tcp dport");
	assert_int_equal(f.err, 0);
	assert_true(f.c.truncated);
	assert_true(f.c.nunknown >= 1);
	read_done(&f);

	read_text(&f, "nftables", "set x\n");
	assert_int_equal(f.err, EBADMSG);
	read_done(&f);

	read_text(&f, "nftables", "include \"more.nft\"\ntable inet f {\r\n chain c {\r\n  type filter hook forward priority 0; policy drop;\r\n"
		  "--More--\r  ip daddr 2.2.2.2 accept\r\n }\r\n}\r\n");
	assert_int_equal(f.err, 0);
	assert_int_equal(f.c.nunknown, 1);
	assert_int_equal(verdict_of(&f, "tcp 1.1.1.1 1 2.2.2.2 2"), EVAL_PERMIT);
	read_done(&f);

	read_text(&f, "nftables", "table inet f {\n chain c {\n  type filter hook forward priority 0; policy drop;\n  jump c\n }\n}\n");
	assert_int_equal(verdict_of(&f, "tcp 1.1.1.1 1 2.2.2.2 2"), EVAL_UNKNOWN);
	read_done(&f);
}


/** Many members, named by many rules: their memory must not multiply */
static void large_sets(void **state)
{
	struct read_case f;
	struct sbuf sb = {0};

	sbuf_puts(&sb, "table inet f {\n set s {\n  type ipv4_addr\n  elements = {\n");
	for (unsigned i = 0; i < 5000; i++)
		sbuf_printf(&sb, "   10.1.%u.%u,\n", i / 100, i % 100 * 2);
	sbuf_puts(&sb, "  }\n }\n chain c {\n  type filter hook forward priority 0; policy drop;\n"
		  "  ct state established accept\n");
	for (unsigned i = 0; i < 20; i++)
		sbuf_printf(&sb, "  ip saddr @s tcp sport 1024-65535 tcp dport %u accept\n", i + 1);
	sbuf_puts(&sb, "  ip saddr != @s udp dport 9 accept\n }\n}\n");

	read_text(&f, "nftables", sbuf_str(&sb));
	assert_int_equal(f.err, 0);
	assert_int_equal(f.c.nunknown, 0);
	assert_true(f.c.mem.used < 100u << 20);
	assert_int_equal(verdict_of(&f, "tcp 10.1.49.198 1024 2.2.2.2 20"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.1.49.199 1024 2.2.2.2 20"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "udp 10.1.49.199 1024 2.2.2.2 9"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp 10.1.49.198 1024 2.2.2.2 9"), EVAL_DENY);
	read_done(&f);
	sbuf_reset(&sb);
}


static void round_trips(void **state)
{
	static const struct round r = { .dialect = "nftables", .wanted_h = round_policy };

	round_check(&r, "lab/sites/demo.yaml");
	round_check(&r, "tests/golden/policy-dual.in");
	round_check(&r, "tests/golden/policy-v6.in");
}


static void allocations_fail(void **state)
{
	round_without_memory("nftables", realistic);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(realistic_rules),
		cmocka_unit_test(masks_with_holes),
		cmocka_unit_test(lines_and_rows),
		cmocka_unit_test(each_condition),
		cmocka_unit_test(the_rest_holds_sometimes),
		cmocka_unit_test(odd_rules_are_named),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(large_sets),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(allocations_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
