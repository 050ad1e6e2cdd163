#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/read_round.h"

static const char blocks[] =
	"## Last commit: 2025-06-02 10:00:00 UTC by admin\n"
	"system { host-name edge; }\n"
	"security {\n"
	"    alg { msrpc { disable; } }\n"
	"    address-book {\n"
	"        global {\n"
	"            address rooms 10.1.0.0/24;\n"
	"            address rooms6 fd00:1::/64;\n"
	"            address pool { range-address 10.2.0.10 { to { 10.2.0.20; } } }\n"
	"            address odd { wildcard-address 10.3.0.5/255.255.0.255; }\n"
	"            address cloud { dns-name meet.example.net; }\n"
	"            address-set all { address rooms; address rooms6; address-set more; }\n"
	"            address-set more { address pool; }\n"
	"            address-set round { address-set round2; }\n"
	"            address-set round2 { address-set round; }\n"
	"            address web 10.9.0.80/32;\n"
	"        }\n"
	"        core-book { address web 10.9.0.81/32; attach { zone core; } }\n"
	"    }\n"
	"    nat { source { rule-set a { from zone rooms; } } }\n"
	"    policies {\n"
	"        from-zone rooms to-zone core {\n"
	"            /* A2-07: the desks */\n"
	"            policy web {\n"
	"                match { source-address all; destination-address web; application [ junos-https plain ]; }\n"
	"                then { permit; log { session-close; } count; }\n"
	"            }\n"
	"            policy sip {\n"
	"                description \"A2-20 A2-21: calls\";\n"
	"                match { source-address [ rooms pool ]; destination-address any-ipv4; application calls; }\n"
	"                then { permit { tcp-options { syn-check-required; } } }\n"
	"            }\n"
	"            inactive: policy off { match { source-address any; destination-address any; application any; } then { permit; } }\n"
	"            policy notpool {\n"
	"                match { source-address pool; source-address-excluded; destination-address odd; application junos-ssh; }\n"
	"                then { permit; }\n"
	"            }\n"
	"            policy names { match { source-address rooms; destination-address cloud; application junos-smtp; } then { permit; } }\n"
	"            policy night { match { source-address rooms; destination-address web; application junos-ftp; } then { permit; } scheduler-name night; }\n"
	"            policy ping { match { source-address any; destination-address any; application echo; } then { permit; } }\n"
	"            policy circle { match { source-address round; destination-address any; application junos-pop3; } then { permit; } }\n"
	"            policy unknown-app { match { source-address any; destination-address web; application junos-frob; } then { deny; } }\n"
	"        }\n"
	"        from-zone core to-zone rooms {\n"
	"            policy no { match { source-address web; destination-address any; application any; } then { reject; } }\n"
	"        }\n"
	"        from-zone rooms to-zone junos-host {\n"
	"            policy self { match { source-address any; destination-address any; application any; } then { permit; } }\n"
	"        }\n"
	"        global {\n"
	"            policy g1 { match { source-address any; destination-address any; application junos-ntp; from-zone core; to-zone any; } then { permit; } }\n"
	"        }\n"
	"        default-policy { deny-all; }\n"
	"    }\n"
	"    zones {\n"
	"        security-zone rooms { interfaces { ge-0/0/1.0; ge-0/0/2.0; } host-inbound-traffic { system-services { ping; } } }\n"
	"        security-zone core { interfaces { ge-0/0/3.0 { host-inbound-traffic { system-services { all; } } } } }\n"
	"    }\n"
	"}\n"
	"applications {\n"
	"    application plain { protocol tcp; destination-port 8080-8081; inactivity-timeout 60; }\n"
	"    application media { term m1 protocol udp source-port 16384-32767 destination-port 16384-32767; term m2 alg tftp protocol udp destination-port 69; }\n"
	"    application echo { term v4 protocol icmp icmp-type 8 icmp-code 0; term v6 protocol icmp6 icmp6-type 128; }\n"
	"    application-set calls { application junos-sip; application media; }\n"
	"}\n";

#define IN " ge-0/0/1.0 ge-0/0/3.0"
#define BACK " ge-0/0/3.0 ge-0/0/1.0"

static const struct {
	const char *packet;
	enum eval want;
} asks[] = {
	{"tcp 10.1.0.1 999 10.9.0.81 443" IN, EVAL_PERMIT},	/* the zone's own book */
	{"tcp 10.1.0.1 999 10.9.0.80 443" IN, EVAL_DENY},
	{"tcp 10.1.0.1 999 10.9.0.81 443 ge-0/0/2.0 ge-0/0/3.0", EVAL_PERMIT},
	{"tcp 10.1.0.1 999 10.9.0.81 443 ge-0/0/4.0 ge-0/0/3.0", EVAL_DENY},
	{"tcp 10.1.0.1 999 10.9.0.81 443 ge-0/0/1.0 ge-0/0/2.0", EVAL_DENY},
	{"tcp 10.2.0.20 999 10.9.0.81 8081" IN, EVAL_PERMIT},
	{"tcp 10.2.0.21 999 10.9.0.81 8081" IN, EVAL_UNKNOWN},	/* junos-frob */
	{"tcp 10.1.0.1 999 10.9.0.81 8082" IN, EVAL_UNKNOWN},
	{"udp 10.1.0.1 9 10.7.0.1 5060" IN, EVAL_PERMIT},
	{"udp 10.2.0.10 16384 10.7.0.1 32767" IN, EVAL_PERMIT},
	{"udp 10.2.0.10 16383 10.7.0.1 32767" IN, EVAL_DENY},
	{"udp 10.2.0.10 9 10.7.0.1 69" IN, EVAL_PERMIT},
	{"tcp 10.8.0.1 9 10.3.77.5 22" IN, EVAL_PERMIT},
	{"tcp 10.8.0.1 9 10.3.77.6 22" IN, EVAL_DENY},
	{"tcp 10.2.0.11 9 10.3.77.5 22" IN, EVAL_DENY},
	{"tcp 10.1.0.9 9 1.2.3.4 25" IN, EVAL_UNKNOWN},		/* a name */
	{"tcp 10.4.0.9 9 1.2.3.4 25" IN, EVAL_DENY},
	{"tcp 10.1.0.9 9 10.9.0.81 21" IN, EVAL_UNKNOWN},	/* by a scheduler */
	{"icmp 1.1.1.1 8 2.2.2.2 0" IN, EVAL_PERMIT},
	{"icmp 1.1.1.1 8 2.2.2.2 1" IN, EVAL_DENY},
	{"icmp 1.1.1.1 13 2.2.2.2 0" IN, EVAL_DENY},
	{"icmp fd00:7::1 128 fd00:8::1 0" IN, EVAL_PERMIT},
	{"tcp 10.1.0.9 9 10.9.0.5 110" IN, EVAL_UNKNOWN},	/* a set in a circle */
	{"47 10.4.0.9 0 10.9.0.81 0" IN, EVAL_UNKNOWN},
	{"47 10.4.0.9 0 10.9.0.82 0" IN, EVAL_DENY},
	{"udp 10.9.0.81 123 10.1.0.1 123" BACK, EVAL_DENY},
	{"udp 10.9.0.80 123 10.1.0.1 123" BACK, EVAL_PERMIT},	/* the global list */
	{"udp 10.9.0.80 123 10.1.0.1 124" BACK, EVAL_DENY},
};


static void blocks_are_read(void **state)
{
	struct read_case f;

	read_text(&f, NULL, blocks);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "srx");
	assert_string_equal(f.c.hostname, "edge");
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (verdict_of(&f, asks[i].packet) != asks[i].want)
			fail_msg("%s: %d", asks[i].packet, verdict_of(&f, asks[i].packet));
	assert_int_equal(f.c.nunknown, 3);		/* the name, the circle, junos-frob */
	assert_int_equal(f.c.unknown[0].line, 11);
	assert_int_equal(f.c.unknown[2].line, 42);
	assert_int_equal(f.c.nnotices, 2);		/* NAT, the scheduler */
	assert_int_equal(f.c.nhooks, 2);
	assert_int_equal(f.c.hooks[0].tracking, CONFIG_STATE_IMPLICIT);
	assert_int_equal(f.c.hooks[1].where, CONFIG_LOCAL);
	read_done(&f);
}


static void rows_and_gateways(void **state)
{
	const struct config_list *l;
	struct read_case f;

	read_text(&f, "srx", blocks);
	l = config_list_find(&f.c, "security policies", 0);
	assert_non_null(l);
	/* the errors of both families come first */
	assert_true(l->rules[0].implied && l->rules[1].implied);
	assert_int_equal(l->rules[3].rows.n, 2);
	assert_string_equal(l->rules[3].rows.v[1], "A2-21");
	assert_int_equal(l->rules[3].line, 28);
	assert_int_equal(f.c.nhelpers, 3);
	assert_string_equal(f.c.helpers[1].name, "tftp");
	assert_int_equal(verdict_in_state(&f, CONFIG_RELATED, "icmp 9.9.9.9 3 8.8.8.8 1" IN),
			 EVAL_PERMIT);
	assert_int_equal(verdict_in_state(&f, CONFIG_NEW, "icmp 9.9.9.9 3 8.8.8.8 1" IN),
			 EVAL_DENY);
	read_done(&f);
}


/* the old form of address books; zones after the policies; lists of words */
static void set_lines(void **state)
{
	static const char text[] =
		"set security policies from-zone a to-zone b policy p match source-address one\n"
		"set security policies from-zone a to-zone b policy p match destination-address [ two three ]\n"
		"set security policies from-zone a to-zone b policy p match application any\n"
		"set security policies from-zone a to-zone b policy p then permit\n"
		"set security policies from-zone a to-zone b policy q match source-address any-ipv6\n"
		"set security policies from-zone a to-zone b policy q match destination-address any\n"
		"set security policies from-zone a to-zone b policy q match application junos-udp-any\n"
		"set security policies from-zone a to-zone b policy q then deny\n"
		"set security policies default-policy permit-all\n"
		"set security zones security-zone a address-book address one 10.0.0.1\n"
		"set security zones security-zone b address-book address two 10.0.0.2/32\n"
		"set security zones security-zone b address-book address three 10.0.0.3/32\n"
		"set security zones security-zone a interfaces ge-0/0/1\n"
		"set security zones security-zone b interfaces ge-0/0/3.0\n";
	struct read_case f;

	read_text(&f, NULL, text);
	assert_int_equal(f.err, 0);
	if (f.c.nunknown)
		fail_msg("%s", f.c.unknown[0].reason);
	assert_int_equal(verdict_of(&f, "47 10.0.0.1 0 10.0.0.3 0" IN), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp fd00::1 1 fd00::2 1" IN), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp fd00::1 1 fd00::2 1" IN), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.5.0.1 1 10.6.0.1 1" BACK), EVAL_PERMIT);
	/* an interface of no zone */
	assert_int_equal(verdict_of(&f, "tcp 10.5.0.1 1 10.6.0.1 1 ge-0/0/9.0 ge-0/0/3.0"),
			 EVAL_DENY);
	read_done(&f);
}

#define ZONES "set security zones security-zone a interfaces ge-0/0/1.0\n" \
	"set security zones security-zone b interfaces ge-0/0/3.0\n"
#define P "set security policies from-zone a to-zone b policy p "
#define ANY P "match source-address any\n" P "match destination-address any\n"
#define ALL ANY P "match application any\n" P "then permit\n"

/** Told, with the line, and unknown in both directions */
static const struct {
	const char *text;
	unsigned line;
} odd[] = {
	{ZONES ANY P "then permit\n" P "match application no-such\n", 3},
	{ZONES ANY P "then permit\n" P "match application x\n"
	 "set applications application x protocol tcp destination-port 70000\n", 7},
	{ZONES ANY P "then permit\n" P "match application x\n"
	 "set applications application x protocol tcp uuid 1-2\n", 7},
	{ZONES ANY P "then permit\n" P "match application x\n"
	 "set applications application x destination-port 80\n", 7},
	{ZONES P "match source-address x\n" P "match destination-address any\n"
	 P "match application any\n" P "then permit\n", 3},
	{ZONES P "match source-address x\n" P "match destination-address any\n"
	 P "match application any\n" P "then permit\n"
	 "set security address-book global address x range-address 10.0.0.9 to 10.0.0.1\n", 7},
	{ZONES P "match source-address x\n" P "match destination-address any\n"
	 P "match application any\n" P "then permit\n"
	 "set security address-book global address-set x description empty\n", 7},
	{ZONES ALL P "match dynamic-application junos:HTTP\n", 7},
	{ZONES ALL P "match source-identity authenticated-user\n", 7},
	{ZONES ALL P "then frobnicate\n", 7},
	{ZONES ALL P "frobnicate yes\n", 7},
	{ZONES ANY P "match application any\n", 3},
	{ALL, 1},						/* zones of nothing */
	{ZONES ALL "set security forwarding-options family mpls mode packet-based\n", 7},
};


static void odd_policies_are_named(void **state)
{
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct read_case f;

		read_text(&f, "srx", odd[i].text);
		assert_int_equal(f.err, 0);
		if (!f.c.nunknown || f.c.unknown[0].line != odd[i].line ||
		    verdict_of(&f, "tcp 10.0.0.1 1 10.0.0.2 80" IN) != EVAL_UNKNOWN)
			fail_msg("%zu: %u unknown, line %u", i, (unsigned)f.c.nunknown,
				 f.c.nunknown ? f.c.unknown[0].line : 0);
		read_done(&f);
	}
}


static void round_trips(void **state)
{
	static const struct round r = { .dialect = "srx", .wanted_h = round_zones, .unit = ".0" };

	round_check_sites(&r);
}


static void without_memory(void **state)
{
	round_without_memory("srx", blocks);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_read),
		cmocka_unit_test(rows_and_gateways),
		cmocka_unit_test(set_lines),
		cmocka_unit_test(odd_policies_are_named),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
