#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/read_round.h"

static const char blocks[] =
	"## Last commit: 2025-06-02 10:00:00 UTC by admin\r\n"
	"version 21.4R3;\r\n"
	"system { host-name edge; services { ssh; } }\r\n"
	"interfaces {\r\n"
	"    eth0 {\r\n"
	"        unit 0 {\r\n"
	"            family inet {\r\n"
	"                filter { input-list [ guard edge-in ]; }\r\n"
	"                address 10.1.0.1/24;\r\n"
	"            }\r\n"
	"        }\r\n"
	"    }\r\n"
	"    lo0 { unit 0 { family inet { filter { input protect; } } } }\r\n"
	"}\r\n"
	"policy-options {\r\n"
	"    prefix-list desks { 10.9.0.0/24; 2001:db8::/32; }\r\n"
	"}\r\n"
	"firewall {\r\n"
	"    policer slow { if-exceeding { bandwidth-limit 1m; burst-size-limit 15k; } then discard; }\r\n"
	"    family inet {\r\n"
	"        filter guard {\r\n"
	"            term spoofed {\r\n"
	"                from { source-address { 0.0.0.0/0; 10.0.0.0/8 except; 10.66.0.0/16; } }\r\n"
	"                then { count spoofed; discard; }\r\n"
	"            }\r\n"
	"            inactive: term off { then accept; }\r\n"
	"            term count { then { count all; next term; } }\r\n"
	"        }\r\n"
	"        filter edge-in {\r\n"
	"            interface-specific;\r\n"
	"            /* A2-07 A2-14: the desks */\r\n"
	"            term web {\r\n"
	"                from {\r\n"
	"                    source-prefix-list { desks; }\r\n"
	"                    protocol tcp;\r\n"
	"                    destination-port [ ssh 80-81 https ];\r\n"
	"                }\r\n"
	"                then accept;\r\n"
	"            }\r\n"
	"            term syn { from { protocol tcp; tcp-flags \"(syn & !ack)\"; destination-port 25; } then reject; }\r\n"
	"            term back { from { protocol tcp; tcp-established; source-port 25; } then { log; } }\r\n"
	"            term ends { from { address { 10.7.0.0/24; } protocol udp; port 53; } then accept; }\r\n"
	"            term ping { from { protocol icmp; icmp-type [ echo-request 13 ]; } then accept; }\r\n"
	"            term slow { from { protocol udp; destination-port 69; } then { policer slow; accept; } }\r\n"
	"            term frag { from { is-fragment; destination-address { 10.5.0.1/32; } } then accept; }\r\n"
	"            term odd { from { destination-address { 10.6.0.1/32; } flexible-match-range x; } then accept; }\r\n"
	"            term lost { from { destination-prefix-list { nowhere; } protocol 47; } then accept; }\r\n"
	"        }\r\n"
	"        filter protect { term all { then accept; } }\r\n"
	"    }\r\n"
	"}\r\n";

#define ON " eth0.0 eth1.0"


static void blocks_are_read(void **state)
{
	struct read_case f;

	read_text(&f, NULL, blocks);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "junos");
	assert_string_equal(f.c.hostname, "edge");
	assert_false(f.c.truncated);
	assert_int_equal(f.c.nunknown, 3);	/* "nowhere" in the filter and in the list */

	assert_int_equal(verdict_of(&f, "tcp 11.0.0.1 999 10.2.0.1 22" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp 10.66.0.1 999 10.2.0.1 22" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.1 999 10.2.0.1 22" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.255 999 10.2.0.1 81" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.9.1.0 999 10.2.0.1 81" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.1 999 10.2.0.1 82" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp 10.3.0.1 25 10.2.0.1 999" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "udp 10.7.0.1 999 10.2.0.1 53" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp 10.2.0.1 53 10.7.0.1 999" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp 10.2.0.1 53 10.8.0.1 999" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 8 10.2.0.1 0" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 13 10.2.0.1 0" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 0 10.2.0.1 0" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "udp 10.1.0.1 999 10.2.0.1 69" ON), EVAL_PERMIT);
	assert_int_equal(f.c.nnotices, 1);		/* the policer */
	assert_int_equal(verdict_of(&f, "47 10.1.0.1 0 10.6.0.1 0" ON), EVAL_UNKNOWN);
	assert_int_equal(verdict_of(&f, "47 10.1.0.1 0 10.6.0.2 0" ON), EVAL_UNKNOWN);
	assert_int_equal(verdict_of(&f, "50 10.1.0.1 0 10.6.0.2 0" ON), EVAL_DENY);
	read_done(&f);
}


static void flags_and_fragments(void **state)
{
	struct eval_packet k = packet_of("tcp 10.3.0.1 25 10.2.0.1 999" ON);
	struct read_case f;

	read_text(&f, "junos", blocks);
	k.p.flags = CONFIG_ACK | CONFIG_PSH;
	assert_int_equal(eval_config(&f.c, &k), EVAL_PERMIT);
	k.p.flags = CONFIG_RST;
	assert_int_equal(eval_config(&f.c, &k), EVAL_PERMIT);
	k.p.flags = CONFIG_FIN;
	assert_int_equal(eval_config(&f.c, &k), EVAL_DENY);

	k = packet_of("udp 10.3.0.1 0 10.5.0.1 0" ON);
	assert_int_equal(eval_config(&f.c, &k), EVAL_DENY);
	k.p.field[PSET_FRAGMENT] = 1;
	assert_int_equal(eval_config(&f.c, &k), EVAL_PERMIT);
	read_done(&f);
}


static void rows_are_found(void **state)
{
	const struct config_list *l;
	struct read_case f;

	read_text(&f, "junos", blocks);
	l = config_list_find(&f.c, "edge-in", 4);
	assert_non_null(l);
	assert_int_equal(l->rules[0].rows.n, 2);
	assert_string_equal(l->rules[0].rows.v[1], "A2-14");
	assert_int_equal(l->rules[0].line, 32);
	read_done(&f);
}


/* what is switched off may be said anywhere */
static void set_lines(void **state)
{
	static const char text[] =
		"admin@edge# set firewall family inet6 filter F term A-1 from next-header [ tcp udp ]\n"
		"set firewall family inet6 filter F term A-1 from destination-port domain\n"
		"set firewall family inet6 filter F term A-1 then accept\n"
		"set firewall family inet6 filter F term B then accept\n"
		"set firewall family inet6 filter F term C from icmp-type 128\n"
		"set firewall family inet6 filter F term C from next-header icmp6\n"
		"set interfaces eth0 unit 0 family inet6 filter input F\n"
		"deactivate firewall family inet6 filter F term B\n";
	struct read_case f;

	read_text(&f, NULL, text);
	assert_int_equal(f.err, 0);
	assert_int_equal(f.c.nunknown, 0);
	assert_int_equal(verdict_of(&f, "tcp fd00::1 999 fd00::2 53" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp fd00::1 999 fd00::2 53" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp fd00::1 999 fd00::2 54" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "icmp fd00::1 128 fd00::2 0" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "icmp fd00::1 129 fd00::2 0" ON), EVAL_DENY);
	read_done(&f);
}


static enum eval of_flags(const char *expression, uint8_t flags)
{
	struct eval_packet k = packet_of("tcp 10.0.0.1 1 10.0.0.2 2" ON);
	struct read_case f;
	char text[400];
	enum eval v;

	(void)snprintf(text, sizeof(text),
		       "set firewall family inet filter F term A from protocol tcp\n"
		       "set firewall family inet filter F term A from tcp-flags \"%s\"\n"
		       "set interfaces eth0 unit 0 family inet filter input F\n",
		       expression);
	read_text(&f, "junos", text);
	k.p.flags = flags;
	v = eval_config(&f.c, &k);
	read_done(&f);
	return v;
}


static void flag_expressions(void **state)
{
	assert_int_equal(of_flags("syn & !ack", CONFIG_SYN), EVAL_PERMIT);
	assert_int_equal(of_flags("syn & !ack", CONFIG_SYN | CONFIG_ACK), EVAL_DENY);
	assert_int_equal(of_flags("!(syn & ack)", CONFIG_SYN), EVAL_PERMIT);
	assert_int_equal(of_flags("!(syn & ack)", CONFIG_SYN | CONFIG_ACK), EVAL_DENY);
	assert_int_equal(of_flags("!(syn | ack)", CONFIG_FIN), EVAL_PERMIT);
	assert_int_equal(of_flags("!(syn | ack)", CONFIG_ACK), EVAL_DENY);
	assert_int_equal(of_flags("(fin | rst) & ack", CONFIG_RST | CONFIG_ACK), EVAL_PERMIT);
	assert_int_equal(of_flags("(fin | rst) & ack", CONFIG_RST), EVAL_DENY);
	assert_int_equal(of_flags("0x10", CONFIG_ACK), EVAL_PERMIT);
	assert_int_equal(of_flags("(syn", CONFIG_SYN), EVAL_UNKNOWN);
	assert_int_equal(of_flags("banana", CONFIG_SYN), EVAL_UNKNOWN);
}


static unsigned unknowns(const char *text)
{
	struct read_case f;
	unsigned n;

	read_text(&f, "junos", text);
	assert_true(f.err == 0 || f.err == EOVERFLOW);
	n = (unsigned)f.c.nunknown + (f.c.truncated ? 100 : 0);
	read_done(&f);
	return n;
}


static void broken_texts(void **state)
{
	static char deep[4000];

	assert_int_equal(unknowns("firewall { family inet { filter F { term A { then acc"), 101);
	assert_int_equal(unknowns("}\n"), 1);
	assert_int_equal(unknowns("firewall { filter F { term A { from { protocol [ tcp; } } } }"), 1);
	assert_int_equal(unknowns("set firewall filter F term A filter G\n"), 1);
	assert_int_equal(unknowns("delete firewall filter F\n"), 1);
	assert_int_equal(unknowns("set firewall filter F term A from source-address 10.0.0.0/33\n"), 1);
	assert_int_equal(unknowns("set firewall filter F term A from source-address 10.0.0.0/8 except\n"), 1);
	assert_int_equal(unknowns("set firewall filter F term A from destination-port 99999\n"), 1);
	assert_int_equal(unknowns("set policy-options prefix-list P apply-path \"x <*>\"\n"
				  "set firewall filter F term A from source-prefix-list P\n"), 1);
	assert_int_equal(unknowns("set security policies from-zone a to-zone b policy p then permit\n"), 3);
	memset(deep, '{', sizeof(deep) - 1);
	assert_int_equal(unknowns(deep), 102);
}


/* Groups: in the terms and bindings that are there, and lists of their own */
static void groups_are_merged(void **state)
{
	static const char text[] =
		"groups {\n"
		"    guard { interfaces { <eth*> { unit <*> { family inet { filter { input F; } } } } } }\n"
		"    lists { policy-options { prefix-list desks { 10.9.0.0/24; } } }\n"
		"    web { firewall { family inet { filter <*> { term <web*> { from { protocol tcp; } then { count web; discard; } } } } } }\n"
		"    own { firewall { family inet { filter G { term all { then accept; } } } } }\n"
		"    unused { firewall { family inet { filter F { term open { then accept; } } } } }\n"
		"}\n"
		"apply-groups [ guard lists own ];\n"
		"interfaces {\n"
		"    eth0 { unit 0 { family inet { address 10.1.0.1/24; } } }\n"
		"    eth1 { apply-groups-except guard; unit 0 { family inet { address 10.2.0.1/24; } } }\n"
		"    eth2 { unit 0 { family inet { address 10.3.0.1/24; filter { input G; } } } }\n"
		"    ppp0 { unit 0 { family inet { address 10.4.0.1/24; } } }\n"
		"}\n"
		"policy-options {\n"
		"    prefix-list desks { 10.8.0.1/32; }\n"
		"    prefix-list links { apply-path \"interfaces <eth*> unit <*> family inet address <*>\"; }\n"
		"}\n"
		"firewall {\n"
		"    family inet {\n"
		"        apply-groups web;\n"
		"        filter F {\n"
		"            term web { from { source-prefix-list { desks; } destination-port 80; } then accept; }\n"
		"            term link { from { destination-prefix-list { links; } protocol udp; } then accept; }\n"
		"            apply-macro note { of mine; }\n"
		"        }\n"
		"    }\n"
		"}\n";
	struct read_case f;

	read_text(&f, "junos", text);
	assert_int_equal(f.err, 0);
	if (f.c.nunknown)
		fail_msg("line %u: %s", f.c.unknown[0].line, f.c.unknown[0].reason);
	assert_int_equal(f.c.nhooks, 2);	/* eth0 by the group, eth2 by itself */
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.1 9 10.2.0.1 80 eth0.0 x"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.8.0.1 9 10.2.0.1 80 eth0.0 x"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp 10.8.0.1 9 10.2.0.1 80 eth0.0 x"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp 10.8.0.1 9 10.4.0.1 80 eth0.0 x"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "udp 10.8.0.1 9 10.5.0.1 80 eth1.0 x"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp 10.8.0.1 9 10.5.0.1 80 eth2.0 x"), EVAL_PERMIT);
	read_done(&f);
}

#define BOUND "set interfaces eth0 unit 0 family inet filter input F\n"
#define TERM "set firewall family inet filter F term A "

/** The names and management addresses of a cluster's two members */
static void nodes_change_no_list(void **state)
{
	static const char text[] =
		BOUND TERM "then accept\n"
		"set groups node0 system host-name a\n"
		"set groups node0 interfaces fxp0 unit 0 family inet address 192.0.2.1/24\n"
		"set groups node1 system host-name b\n"
		"set apply-groups \"${node}\"\n";
	struct read_case f;

	read_text(&f, "junos", text);
	assert_int_equal(f.err, 0);
	assert_int_equal(f.c.nunknown, 0);
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.1 9 10.2.0.1 80 eth0.0 x"), EVAL_PERMIT);
	read_done(&f);
}


/** What changes all, or may stand anywhere, makes all of it unknown. */
static void lost_texts(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} v[] = {
		{BOUND TERM "then accept\nset apply-groups elsewhere\n", 3},
		{BOUND TERM "then accept\ninsert firewall family inet filter F term B before term A\n", 3},
		{BOUND TERM "then accept\ndelete firewall family inet filter F term A\n", 3},
		{BOUND "edit firewall family inet filter F\nset term A then accept\n", 2},
		{BOUND TERM "then accept\nset apply-groups g\n"
		 "set groups g firewall family inet filter <F*> term B then discard\n", 4},
		{BOUND TERM "then accept\nset apply-groups \"${node}\"\n", 3},
		{BOUND TERM "then accept\nset apply-groups \"${node}\"\n"
		 "set groups node0 system host-name a\n"
		 "set groups node1 interfaces eth0 unit 0 family inet filter input G\n", 3},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct read_case f;

		read_text(&f, "junos", v[i].text);
		assert_int_equal(f.err, 0);
		if (!f.c.nunknown || f.c.unknown[0].line != v[i].line ||
		    verdict_of(&f, "tcp 10.0.0.1 1 10.0.0.2 2" ON) != EVAL_UNKNOWN)
			fail_msg("%zu: %u unknown, line %u", i, (unsigned)f.c.nunknown,
				 f.c.nunknown ? f.c.unknown[0].line : 0);
		read_done(&f);
	}
}


static void conditions_with_except(void **state)
{
	static const char text[] =
		BOUND TERM "from protocol icmp\n" TERM "from icmp-type-except [ 8 redirect ]\n"
		TERM "from icmp-code 0\n" TERM "then accept\n"
		"annotate firewall family inet filter F \"as agreed\"\n"
		"deactivate firewall family inet filter F\n"
		"activate firewall family inet filter F\n";
	struct read_case f;

	read_text(&f, "junos", text);
	assert_int_equal(f.err, 0);
	assert_int_equal(f.c.nunknown, 0);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 9 10.2.0.1 0" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 0 10.2.0.1 0" ON), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 8 10.2.0.1 0" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 5 10.2.0.1 0" ON), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "icmp 10.1.0.1 9 10.2.0.1 1" ON), EVAL_DENY);
	read_done(&f);
}


/** Without state what comes back passes too, but no SYN does. */
static bool wanted(const struct trip *t, const struct need_packet *n)
{
	return n->transport == FLOW_TCP ? need_match(&t->needs, n) != NULL
					: need_explain(&t->needs, n, NULL) != NULL;
}


static void round_trips(void **state)
{
	static const struct round r = { .dialect = "junos", .wanted_h = wanted, .unit = ".0" };

	round_check_sites(&r);
	round_check(&r, "tests/golden/policy-two.in");
}


static void without_memory(void **state)
{
	round_without_memory("junos", blocks);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_read),
		cmocka_unit_test(flags_and_fragments),
		cmocka_unit_test(rows_are_found),
		cmocka_unit_test(set_lines),
		cmocka_unit_test(flag_expressions),
		cmocka_unit_test(broken_texts),
		cmocka_unit_test(groups_are_merged),
		cmocka_unit_test(nodes_change_no_list),
		cmocka_unit_test(lost_texts),
		cmocka_unit_test(conditions_with_except),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
