#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/read_round.h"

static const char lines[] =
	"admin@fw# show\n"
	"set deviceconfig system hostname fw\n"
	"set network profiles zone-protection-profile guard discard-ip-spoof yes\n"
	"set zone rooms network layer3 [ ethernet1/1 ethernet1/2.10 ]\n"
	"set zone core network layer3 ethernet1/3\n"
	"set zone rooms network zone-protection-profile guard\n"
	"set address room-a ip-netmask 10.1.0.0/24\n"
	"set address pool ip-range 10.2.0.10-10.2.0.20\n"
	"set address cloud fqdn meet.example.net\n"
	"set address-group ours static [ room-a pool ]\n"
	"set address-group tagged dynamic filter \"'rooms'\"\n"
	"set service web protocol tcp port 80,443,8000-8001\n"
	"set service media protocol udp port 16384-32767 source-port 16384-32767\n"
	"set service-group both members [ web media ]\n"
	"set rulebase security rules \"A2-07 web\" from rooms to core source ours destination any application any service both action allow\n"
	"set rulebase security rules off from any to any source any destination any application any service any action allow\n"
	"set rulebase security rules off disabled yes\n"
	"set rulebase security rules not from rooms to core source pool negate-source yes destination 10.9.0.5 application any service any action allow\n"
	"set rulebase security rules ping rule-type interzone from any to any source any destination any application [ ping ping6 ] service application-default action allow\n"
	"set rulebase security rules cloud from rooms to core source room-a destination cloud application any service web action allow\n"
	"set rulebase security rules app from core to rooms source room-a destination any application ssl service application-default action allow\n"
	"set rulebase security rules tags from core to rooms source tagged destination room-a application any service web action drop\n"
	"set rulebase security rules none from core to rooms source any destination any application any service any action deny profile-setting group strict\n";

#define IN " ethernet1/1.0 ethernet1/3.0"
#define BACK " ethernet1/3.0 ethernet1/1.0"

static const struct {
	const char *packet;
	enum eval want;
} asks[] = {
	{"tcp 10.1.0.1 9 1.2.3.4 443" IN, EVAL_PERMIT},
	{"tcp 10.2.0.20 9 1.2.3.4 8001 ethernet1/2.10 ethernet1/3.0", EVAL_PERMIT},
	{"tcp 10.4.0.21 9 1.2.3.4 8001" IN, EVAL_DENY},
	{"tcp 10.4.0.21 9 10.9.0.5 8001" IN, EVAL_PERMIT},	/* an address without an object */
	{"tcp 10.2.0.11 9 10.9.0.5 8002" IN, EVAL_DENY},
	{"udp 10.1.0.1 16384 1.2.3.4 32767" IN, EVAL_PERMIT},
	{"udp 10.1.0.1 16383 1.2.3.4 32767" IN, EVAL_DENY},
	{"icmp 10.5.0.1 8 1.2.3.4 0" BACK, EVAL_PERMIT},
	{"icmp 10.5.0.1 13 1.2.3.4 0" BACK, EVAL_DENY},
	{"icmp fd00::1 128 fd00::2 0" BACK, EVAL_PERMIT},
	{"tcp 10.5.0.1 9 10.1.0.1 443" BACK, EVAL_UNKNOWN},	/* a dynamic group */
	{"tcp 10.5.0.1 9 10.6.0.1 443" BACK, EVAL_DENY},
	{"tcp 10.1.0.1 9 10.6.0.1 7" BACK, EVAL_UNKNOWN},	/* an App-ID */
	{"tcp 10.5.0.1 9 10.6.0.1 1 ethernet1/1.0 ethernet1/2.10", EVAL_PERMIT},
	{"tcp 10.5.0.1 9 10.6.0.1 1 ethernet1/9.0 ethernet1/3.0", EVAL_DENY},
};


static void lines_are_read(void **state)
{
	const struct config_list *l;
	struct read_case f;

	read_text(&f, NULL, lines);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "panos");
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (verdict_of(&f, asks[i].packet) != asks[i].want)
			print_error("%s: %d\n", asks[i].packet, verdict_of(&f, asks[i].packet));
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		assert_int_equal(verdict_of(&f, asks[i].packet), asks[i].want);
	assert_int_equal(f.c.nnotices, 1);		/* profiles */
	l = config_list_find(&f.c, "security policies", 0);
	assert_non_null(l);
	assert_string_equal(l->rules[2].rows.v[0], "A2-07");
	assert_int_equal(l->rules[2].line, 15);
	read_done(&f);
}

#define ZONES "set zone rooms network layer3 ethernet1/1\nset zone core network layer3 ethernet1/3\n"
#define RULE "set rulebase security rules r from rooms to core source any destination any "
#define ALL RULE "application any service any action allow\n"

/** Told, with the line, and unknown in both directions */
static const struct {
	const char *text;
	unsigned line;
} odd[] = {
	{ZONES RULE "application any service frob action allow\n", 3},
	{ZONES RULE "application web-browsing service any action allow\n", 3},
	{ZONES RULE "application any service any action frob\n", 3},
	{ZONES RULE "application any service any\n", 3},
	{ZONES ALL "set rulebase security rules r source-user ann\n", 4},
	{ZONES ALL "set rulebase security rules r frob 7\n", 4},
	{ZONES RULE "application any service s action allow\nset service s protocol tcp port 99999\n", 4},
	{ZONES RULE "application any service s action allow\nset service s protocol tcp\n", 4},
	{ZONES ALL "move rulebase security rules r top\n", 4},
	{ZONES ALL "set pre-rulebase security rules p action deny\n", 4},
	{ALL, 1},
};


static void odd_rules_are_named(void **state)
{
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct read_case f;

		read_text(&f, "panos", odd[i].text);
		assert_int_equal(f.err, 0);
		if (!f.c.nunknown || f.c.unknown[0].line != odd[i].line ||
		    verdict_of(&f, "tcp 10.0.0.1 1 10.0.0.2 80" IN) != EVAL_UNKNOWN)
			fail_msg("%zu: %u unknown, line %u", i, (unsigned)f.c.nunknown,
				 f.c.nunknown ? f.c.unknown[0].line : 0);
		read_done(&f);
	}
}


/** Nothing reads TFTP, and ICMP errors are part of their flow. */
static bool wanted(const struct trip *t, const struct need_packet *n)
{
	if (n->transport == FLOW_ICMP && n->icmp_type != 8 && n->icmp_type != 128)
		return false;
	for (size_t i = 0; i < t->p.nrules; i++)
		if (need_has(t->p.rules[i].need, n))
			return true;

	return false;
}


static void round_trips(void **state)
{
	static const struct round r = { .dialect = "panos", .wanted_h = wanted, .unit = ".0" };

	round_check_sites(&r);
}


static void without_memory(void **state)
{
	round_without_memory("panos", lines);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(odd_rules_are_named),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
