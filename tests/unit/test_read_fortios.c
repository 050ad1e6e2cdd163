#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/read_round.h"

static const char show[] =
	"#config-version=FG100F-7.2.5-FW-build1517:opmode=0:vdom=0\n"
	"config system global\n    set hostname \"fw\"\nend\n"
	"config system interface\n"
	"    edit \"rooms1\"\n        set ip 10.1.0.1 255.255.255.0\n"
	"        config ipv6\n            set ip6-address fd00::1/64\n        end\n    next\n"
	"    edit \"rooms2\"\n    next\n    edit \"core\"\n    next\n    edit \"wan1\"\n    next\n"
	"end\n"
	"config system zone\n    edit \"rooms\"\n        set intrazone allow\n"
	"        set interface \"rooms1\" \"rooms2\"\n    next\nend\n"
	"config system sdwan\n    config members\n        edit 1\n            set interface \"wan1\"\n"
	"        next\n    end\nend\n"
	"config system replacemsg mail \"x\"\n    set buffer \"<html>\n  config firewall policy\n"
	"end \\\" </html>\"\nend\n"
	"config firewall address\n"
	"    edit \"all\"\n    next\n"
	"    edit \"room a\"\n        set subnet 10.1.0.0 255.255.255.0\n    next\n"
	"    edit \"pool\"\n        set type iprange\n        set start-ip 10.2.0.10\n"
	"        set end-ip 10.2.0.20\n    next\n"
	"    edit \"fives\"\n        set type wildcard\n        set wildcard 10.3.0.5 255.255.0.255\n    next\n"
	"    edit \"cloud\"\n        set type fqdn\n        set fqdn \"meet.example.net\"\n    next\n"
	"    edit \"land\"\n        set type geography\n        set country \"XX\"\n    next\n"
	"end\n"
	"config firewall address6\n    edit \"room a\"\n        set ip6 fd00::/64\n    next\nend\n"
	"config firewall addrgrp\n    edit \"ours\"\n        set member \"room a\" \"pool\"\n    next\n"
	"    edit \"more\"\n        set member \"ours\" \"fives\"\n    next\nend\n"
	"config firewall service custom\n"
	"    edit \"web\"\n        set tcp-portrange 80 8000-8001\n    next\n"
	"    edit \"media\"\n        set udp-portrange 16384-32767:16384-32767\n    next\n"
	"    edit \"echo\"\n        set protocol ICMP\n        set icmptype 8\n        unset icmpcode\n    next\n"
	"    edit \"esp\"\n        set protocol IP\n        set protocol-number 50\n    next\n"
	"end\n"
	"config firewall service group\n    edit \"both\"\n        set member \"web\" \"media\"\n    next\nend\n"
	"config firewall policy\n"
	"    edit 7\n        set name \"A2-07 web\"\n        set srcintf \"rooms\"\n        set dstintf \"core\"\n"
	"        set srcaddr \"more\"\n        set dstaddr \"all\"\n        set srcaddr6 \"room a\"\n"
	"        set dstaddr6 \"all\"\n        set action accept\n        set schedule \"always\"\n"
	"        set service \"both\" \"echo\" \"HTTPS\" \"esp\"\n        set logtraffic all\n    next\n"
	"    edit 3\n        set status disable\n        set srcintf \"any\"\n        set dstintf \"any\"\n"
	"        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set action accept\n"
	"        set schedule \"always\"\n        set service \"ALL\"\n    next\n"
	"    edit 4\n        set srcintf \"core\"\n        set dstintf \"rooms\"\n        set srcaddr \"pool\"\n"
	"        set srcaddr-negate enable\n        set dstaddr \"room a\"\n        set srcaddr6 \"all\"\n"
	"        set dstaddr6 \"room a\"\n        set action accept\n        set schedule \"always\"\n"
	"        set service \"ALL\"\n        set nat enable\n    next\n"
	"    edit 5\n        set srcintf \"core\"\n        set dstintf \"virtual-wan-link\"\n"
	"        set srcaddr \"room a\"\n        set dstaddr \"cloud\"\n        set action accept\n"
	"        set schedule \"always\"\n        set service \"web\"\n    next\n"
	"    edit 6\n        set srcintf \"core\"\n        set dstintf \"wan1\"\n"
	"        set srcaddr \"pool\"\n        set dstaddr \"all\"\n        set action accept\n"
	"        set schedule \"work\"\n        set service \"web\"\n    next\n"
	"end\n";

#define IN " rooms2 core"
#define BACK " core rooms1"
#define OUT " core wan1"

static const struct {
	const char *packet;
	enum eval want;
} asks[] = {
	{"tcp 10.1.0.1 9 1.2.3.4 80" IN, EVAL_PERMIT},
	{"tcp 10.2.0.20 9 1.2.3.4 8001" IN, EVAL_PERMIT},
	{"tcp 10.3.9.5 9 1.2.3.4 443" IN, EVAL_PERMIT},
	{"tcp 10.3.9.6 9 1.2.3.4 443" IN, EVAL_DENY},
	{"tcp 10.2.0.21 9 1.2.3.4 80" IN, EVAL_DENY},
	{"tcp fd00::9 9 2001:db8::1 80" IN, EVAL_PERMIT},
	{"tcp fd01::9 9 2001:db8::1 80" IN, EVAL_DENY},
	{"udp 10.1.0.1 16384 1.2.3.4 32767" IN, EVAL_PERMIT},
	{"udp 10.1.0.1 16383 1.2.3.4 32767" IN, EVAL_DENY},
	{"icmp 10.1.0.1 8 1.2.3.4 0" IN, EVAL_PERMIT},
	{"icmp 10.1.0.1 13 1.2.3.4 0" IN, EVAL_DENY},
	{"50 10.1.0.1 0 1.2.3.4 0" IN, EVAL_PERMIT},
	{"51 10.1.0.1 0 1.2.3.4 0" IN, EVAL_DENY},
	{"tcp 10.1.0.1 9 1.2.3.4 80 wan1 core", EVAL_DENY},
	{"tcp 10.9.0.1 9 10.8.0.4 7 rooms1 rooms2", EVAL_PERMIT},	/* in one zone */
	{"tcp 10.2.0.9 9 10.1.0.4 7" BACK, EVAL_PERMIT},
	{"tcp 10.2.0.10 9 10.1.0.4 7" BACK, EVAL_DENY},
	{"tcp fd09::1 9 fd00::4 7" BACK, EVAL_PERMIT},
	{"tcp fd09::1 9 fd01::4 7" BACK, EVAL_DENY},
	{"tcp 10.1.0.10 9 9.9.9.9 80" OUT, EVAL_UNKNOWN},	/* a name */
	{"tcp 10.1.0.10 9 9.9.9.9 81" OUT, EVAL_DENY},
	{"tcp 10.2.0.10 9 9.9.9.9 80" OUT, EVAL_UNKNOWN},	/* at times */
};


static void sections_are_read(void **state)
{
	const struct config_list *l;
	struct read_case f;

	read_text(&f, NULL, show);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "fortios");
	assert_string_equal(f.c.hostname, "fw");
	assert_false(f.c.truncated);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (verdict_of(&f, asks[i].packet) != asks[i].want)
			fail_msg("%s: %d", asks[i].packet, verdict_of(&f, asks[i].packet));
	assert_int_equal(f.c.nunknown, 1);		/* cloud; land is in no policy */
	assert_int_equal(f.c.nnotices, 2);		/* nat, schedule */
	assert_int_equal(f.c.nhelpers, 1);
	l = config_list_find(&f.c, "security policies", 0);
	assert_non_null(l);
	assert_string_equal(l->rules[2].rows.v[0], "A2-07");
	read_done(&f);
}

#define POLICY "config firewall policy\nedit 1\nset srcintf a\nset dstintf b\nset srcaddr all\n" \
	"set dstaddr all\nset schedule always\n"
#define ACCEPT POLICY "set service ALL\nset action accept\n"
#define END "next\nend\n"

/** Told, with the line, and unknown in both directions */
static const struct {
	const char *text;
	unsigned line;
} odd[] = {
	{ACCEPT "set internet-service enable\n" END, 2},
	{ACCEPT "set service-negate enable\n" END, 2},
	{ACCEPT "set groups \"staff\"\n" END, 2},
	{ACCEPT "set frob 7\n" END, 2},
	{ACCEPT END "config firewall policy\nmove 1 after 2\nend\n", 13},
	{ACCEPT END "config firewall policy\nedit 1\nset action deny\n" END, 13},
	{ACCEPT END "config system settings\nset asymroute enable\nend\n", 12},
	{ACCEPT END "config firewall security-policy\nedit 1\nnext\nend\n", 13},
	{ACCEPT END "config system interface\nedit a\nnext\nend\n", 2},
	{POLICY "set service ALL\nset action ipsec\n" END, 2},
	{POLICY "set service Frob\nset action accept\n" END, 2},
	{POLICY "set service s\nset action accept\n" END
	 "config firewall service custom\nedit s\nset tcp-portrange 99999\n" END, 13},
	{"config vdom\nedit one\n" ACCEPT END "end\nconfig vdom\nedit two\n" ACCEPT END "end\n", 18},
};


static void odd_policies_are_named(void **state)
{
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct read_case f;

		read_text(&f, "fortios", odd[i].text);
		assert_int_equal(f.err, 0);
		if (!f.c.nunknown || f.c.unknown[0].line != odd[i].line ||
		    verdict_of(&f, "tcp 10.0.0.1 1 10.0.0.2 80 a b") != EVAL_UNKNOWN)
			fail_msg("%zu: %u unknown, line %u: %s", i, (unsigned)f.c.nunknown,
				 f.c.nunknown ? f.c.unknown[0].line : 0,
				 f.c.nunknown ? f.c.unknown[0].reason : "");
		read_done(&f);
	}
}


static void cut_text(void **state)
{
	struct read_case f;

	read_text(&f, "fortios", ACCEPT);
	assert_int_equal(f.err, 0);
	assert_true(f.c.truncated);
	assert_int_equal(verdict_of(&f, "tcp 10.0.0.1 1 10.0.0.2 80 a b"), EVAL_PERMIT);
	read_done(&f);
}


/* the older lists, one a family */
static void six_apart(void **state)
{
	struct read_case f;

	read_text(&f, "fortios", "config firewall policy6\nedit 1\nset srcintf a\nset dstintf b\n"
		  "set srcaddr all\nset dstaddr all\nset schedule always\nset service ALL\n"
		  "set action accept\nnext\nend\n");
	assert_int_equal(f.c.nunknown, 0);
	assert_int_equal(verdict_of(&f, "tcp fd00::1 1 fd01::2 80 a b"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.0.0.1 1 10.0.0.2 80 a b"), EVAL_DENY);
	read_done(&f);
}


static void round_trips(void **state)
{
	static const struct round r = { .dialect = "fortios", .wanted_h = round_zones };

	round_check_sites(&r);
}


static void without_memory(void **state)
{
	round_without_memory("fortios", show);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_read),
		cmocka_unit_test(odd_policies_are_named),
		cmocka_unit_test(cut_text),
		cmocka_unit_test(six_apart),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
