#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/policy/audit/lint.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/read_check.h"

static const char realistic[] =
	"# a firewall of an office, with everything that such files hold\r\n"
	"ext_if = \"em0\"\n"
	"int_if = \"em1\"\n"
	"web = \"{ 80, 443 }\"\n"
	"hosts = \"10.1.0.10 10.1.0.11\"\n"
	"table <bogons> const { 10.0.0.0/8, !10.1.0.0/16, 10.1.9/24, \\\n"
	"\t192.168.0.0/16 }\n"
	"table <bad> persist\n"
	"table <blocked> persist file \"/etc/blocked\"\n"
	"set block-policy return\n"
	"set skip on lo\n"
	"set limit { states 100000, frags 2000 }\n"
	"match in all scrub (no-df random-id max-mss 1440)\n"
	"match out on $ext_if inet from $int_if:network nat-to ($ext_if:0)\n"
	"antispoof quick for lo0\n"
	"block log all\n"
	"block in quick on $ext_if from <bogons>\n"
	"pass in on $int_if proto tcp to www.example.com port 80\n"
	"pass in on $int_if inet proto tcp from any to { $hosts } port $web\n"
	"pass in on $int_if proto udp to any port { domain, 123, 5000:5010, > 60000 }\n"
	"pass in on $int_if proto tcp to 10.2.0.1 port 1024 >< 1030 # five ports\n"
	"pass in on $int_if proto tcp to 10.2.0.2 port 22 <> 30000\n"
	"pass in on $int_if proto tcp to 10.2.0.3 port != 25\n"
	"pass in on $int_if proto tcp to 10.2.0.4 - 10.2.0.6 port <= 22 flags any\n"
	"pass in on $int_if inet proto icmp icmp-type { echoreq, unreach code needfrag }\n"
	"pass in on $int_if inet6 proto icmp6 icmp6-type echoreq code 0\n"
	"pass in on $int_if proto tcp to 10.3.0.0/24\n"
	"block in on $int_if proto tcp to 10.3.0.0/25 port 23\n"
	"pass in quick on $int_if proto tcp to 10.3.0.9 port 23\n"
	"pass in on $int_if proto tcp from <bad> to 10.4.0.1\n"
	"pass in on $int_if proto tcp to 10.4.0.2 user root\n"
	"pass in on $int_if proto tcp to 10.4.0.3 keep state (max-src-conn 10, overload <bad> flush)\n"
	"pass in on $int_if proto tcp to 10.4.0.4 probability 50%\n"
	"pass in on ! em1 proto tcp to 10.5.0.1\n"
	"pass in on { em1, em2 } proto { tcp udp } from ! 10.9.0.0/16 to 10.5.0.2 port = 80\n"
	"pass in on $int_if proto 47 to 10.5.0.3 no state\n"
	"pass in on $int_if proto pfsync to 10.5.0.4 keep state (no-sync)\n"
	"pass in on $int_if proto { carp ipencap } to 10.5.0.4\n"
	"pass in quick proto tcp to self port 22\n"
	"pass out quick on { em0 em1 em2 }\n";

static const struct ask {
	const char *packet;
	enum eval want;
} asks[] = {
	{"tcp 10.1.0.99 5 10.1.0.10 80 em1 em0", EVAL_PERMIT},
	{"tcp 10.1.0.99 5 10.1.0.11 443 em1 em0", EVAL_PERMIT},
	{"tcp 10.1.0.99 5 10.1.0.12 443 em1 em0", EVAL_DENY},
	{"tcp 10.1.0.99 5 10.1.0.11 81 em1 em0", EVAL_DENY},
	{"udp 1.1.1.1 5 2.2.2.2 53 em1 em0", EVAL_PERMIT},
	{"udp 1.1.1.1 5 2.2.2.2 5011 em1 em0", EVAL_DENY},
	{"udp 1.1.1.1 5 2.2.2.2 60000 em1 em0", EVAL_DENY},
	{"udp 1.1.1.1 5 2.2.2.2 60001 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.1 1024 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.1 1025 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.1 1029 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.1 1030 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.2 22 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.2 21 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.2 30001 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.3 25 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.3 26 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.6 22 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.2.0.6 23 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.2.0.7 22 em1 em0", EVAL_DENY},
	{"icmp 1.1.1.1 8 2.2.2.2 0 em1 em0", EVAL_PERMIT},
	{"icmp 1.1.1.1 3 2.2.2.2 4 em1 em0", EVAL_PERMIT},
	{"icmp 1.1.1.1 3 2.2.2.2 3 em1 em0", EVAL_DENY},
	{"icmp fd00::1 128 fd00::2 0 em1 em0", EVAL_PERMIT},
	{"icmp fd00::1 128 fd00::2 1 em1 em0", EVAL_DENY},
	/* the last that matches, unless one before is quick */
	{"tcp 1.1.1.1 5 10.3.0.200 23 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.3.0.8 23 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.3.0.9 23 em1 em0", EVAL_PERMIT},
	{"tcp 1.1.1.1 5 10.4.0.1 23 em1 em0", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.4.0.2 23 em1 em0", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.4.0.3 23 em1 em0", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.4.0.4 23 em1 em0", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.4.0.5 80 em1 em0", EVAL_UNKNOWN},
	{"tcp 1.1.1.1 5 10.4.0.5 81 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.5.0.1 81 em1 em0", EVAL_DENY},
	{"tcp 1.1.1.1 5 10.5.0.1 81 em2 em0", EVAL_PERMIT},
	{"udp 1.1.1.1 5 10.5.0.2 80 em2 em0", EVAL_PERMIT},
	{"udp 10.9.1.1 5 10.5.0.2 80 em2 em0", EVAL_DENY},
	{"udp 1.1.1.1 5 10.5.0.2 80 em3 em0", EVAL_DENY},
	{"47 1.1.1.1 0 10.5.0.3 0 em1 em0", EVAL_PERMIT},
	{"47 1.1.1.1 0 10.5.0.3 0 em1 em7", EVAL_DENY},
	{"240 1.1.1.1 0 10.5.0.4 0 em1 em0", EVAL_PERMIT},
	{"4 1.1.1.1 0 10.5.0.4 0 em1 em0", EVAL_PERMIT},
	{"112 1.1.1.1 0 10.5.0.4 0 em1 em0", EVAL_PERMIT},
	/* the table: 10.1/16 is taken out of 10/8, and 10.1.9/24 put in again */
	{"tcp 10.2.3.4 5 10.5.0.1 81 em0 em1", EVAL_DENY},
	{"tcp 10.1.3.4 5 10.5.0.1 81 em0 em1", EVAL_PERMIT},
	{"tcp 10.1.9.4 5 10.5.0.1 81 em0 em1", EVAL_DENY},
	/* loopback's addresses elsewhere, and loopback itself */
	{"tcp 127.0.0.1 5 10.3.0.9 23 em1 em0", EVAL_DENY},
	{"tcp 127.0.0.1 5 127.0.0.1 23 lo0 lo0", EVAL_PERMIT},
};


static void check_asks(const struct read_case *f, const struct ask *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (verdict_of(f, v[i].packet) != v[i].want)
			fail_msg("%s: %d", v[i].packet, verdict_of(f, v[i].packet));
}


static void realistic_rules(void **state)
{
	struct eval_packet k;
	struct read_case f;

	read_text(&f, NULL, realistic);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "pf");
	assert_false(f.c.truncated);
	assert_int_equal(f.c.nnotices, 1);
	assert_int_equal(f.c.nunknown, 0);
	check_asks(&f, asks, sizeof(asks) / sizeof(asks[0]));

	/* state: only a SYN opens, what is about an open flow passes */
	k = packet_of("tcp 1.1.1.1 5 10.3.0.9 23 em1 em0");
	k.p.flags = CONFIG_ACK;
	assert_int_equal(eval_config(&f.c, &k), EVAL_DENY);
	assert_int_equal(verdict_in_state(&f, CONFIG_RELATED, "icmp 1.1.1.1 3 2.2.2.2 3 em1 em7"),
			 EVAL_PERMIT);
	assert_int_equal(verdict_in_state(&f, CONFIG_RELATED, "udp 1.1.1.1 3 2.2.2.2 3 em1 em7"),
			 EVAL_DENY);
	read_done(&f);
}

/** Each after "block all" and before "pass out quick": the verdict of one
 *  packet, and how many lines are not understood */
static const struct {
	const char *lines;
	enum eval want;
	size_t unknown;
} one_packet[] = {		/* tcp 10.0.0.1 5000 > 10.0.1.1 80, em1 to em0 */
	{"pass in all\n", EVAL_PERMIT, 0},
	{"pass\n", EVAL_PERMIT, 0},
	{"pass quick\nblock in\n", EVAL_PERMIT, 0},
	{"pass in\nblock in\n", EVAL_DENY, 0},
	{"block in quick\npass in\n", EVAL_DENY, 0},
	{"pass in proto tcp from port 5000 to port 80\n", EVAL_PERMIT, 0},
	{"pass in proto tcp from any port { < 5000, > 5000 } to any port 80\n", EVAL_DENY, 0},
	{"pass in inet6\n", EVAL_DENY, 0},
	{"pass in from 10/8\n", EVAL_PERMIT, 0},
	{"pass in from { 10.0.0.2 10.0.0.1, } to { ! 10.0.1.2 }\n", EVAL_PERMIT, 0},
	{"pass in from { 10/8, ! 10.0.0.1 }\n", EVAL_PERMIT, 0},
	{"table <t> { 10/8, ! 10.0.0.1 }\npass in from <t>\n", EVAL_DENY, 0},
	{"table <t> { 10/8, ! 10.0.0.1 }\npass in from ! <t>\n", EVAL_PERMIT, 0},
	{"pass in from <t>\ntable <t> { 10.0.0.0/24 }\n", EVAL_PERMIT, 0},
	{"pass in from <nowhere>\n", EVAL_UNKNOWN, 0},
	{"table <t> { 10.0.0.0/24, some.host }\npass in from <t>\n", EVAL_PERMIT, 1},
	{"table <t> { 10.0.0.0/24, ! some.host }\npass in from <t>\n", EVAL_UNKNOWN, 1},
	{"table <t> { 10.2.0.0/24, some.host }\npass in from <t>\n", EVAL_UNKNOWN, 1},
	{"block in quick from <nowhere:3>\npass in\n", EVAL_UNKNOWN, 0},
	{"pass in from { 10.0.0.1, <nowhere> }\n", EVAL_PERMIT, 0},
	{"pass in\nblock in from urpf-failed\n", EVAL_UNKNOWN, 0},
	{"pass in from (em1:network)\n", EVAL_UNKNOWN, 0},
	{"pass in from em1:network\n", EVAL_UNKNOWN, 0},
	{"pass in to self\n", EVAL_DENY, 0},
	{"pass in\nblock in quick to self\n", EVAL_PERMIT, 0},
	{"pass in on em1 flags S/SFRA\n", EVAL_PERMIT, 0},
	{"pass in on em1 proto tcp flags A/A\n", EVAL_DENY, 0},
	{"pass in on em1 proto tcp flags /S\n", EVAL_DENY, 0},
	{"pass in on em1 proto { udp, tcp } flags any modulate state label \"A2-08 x\"\n", EVAL_PERMIT, 0},
	{"pass in on lan\n", EVAL_UNKNOWN, 0},
	{"pass in on egress\n", EVAL_UNKNOWN, 0},
	{"pass in on em\n", EVAL_PERMIT, 0},
	{"pass in on any\n", EVAL_PERMIT, 0},
	{"pass in on { ! em1, ! em2 }\n", EVAL_PERMIT, 0},
	{"pass in on { em0, ! em1 }\n", EVAL_DENY, 0},
	{"pass in log (all, to pflog1) quick on em1 inet proto tcp all\nblock in\n", EVAL_PERMIT, 0},
	{"pass in\nblock return-icmp (3, 1) in proto tcp to port http\n", EVAL_DENY, 0},
	{"pass in\nblock return-rst in proto tcp to port 443\n", EVAL_PERMIT, 0},
	{"pass in frobnicate\n", EVAL_UNKNOWN, 1},
	{"pass in quick\npass in frobnicate\n", EVAL_PERMIT, 0 + 1},
	{"frobnicate all\npass in quick\n", EVAL_UNKNOWN, 1},
	{"pass in to port 80\n", EVAL_UNKNOWN, 1},
	{"pass in on $nope\n", EVAL_UNKNOWN, 1},
	{"pass in proto tcp to any port nonsense\n", EVAL_UNKNOWN, 1},
	{"pass in tos 0x10\n", EVAL_DENY, 0},
	{"pass in tos 0\n", EVAL_UNKNOWN, 0},
	{"include \"/etc/more\"\npass in quick\n", EVAL_UNKNOWN, 1},
	{"pass quick\ninclude \"/etc/more\"\n", EVAL_PERMIT, 1},
	{"anchor \"more/*\"\n", EVAL_UNKNOWN, 1},
	{"anchor \"more/*\" in proto udp\n", EVAL_DENY, 1},
	{"anchor \"more/*\" in proto tcp\n", EVAL_UNKNOWN, 1},
	{"load anchor more from \"/etc/more\"\n", EVAL_DENY, 1},
	{"anchor in on em1 {\npass proto tcp\n}\n", EVAL_PERMIT, 0},
	{"anchor in on em2 {\npass proto tcp\n}\n", EVAL_DENY, 0},
	{"anchor x in on { em1 em2 } {\npass quick proto tcp\n}\nblock in\n", EVAL_PERMIT, 0},
	{"anchor x in on em1 {\npass proto tcp\n}\nblock in\n", EVAL_DENY, 0},
	{"anchor x quick in on em1 {\nblock\npass proto tcp\n}\nblock in\n", EVAL_PERMIT, 0},
	{"anchor x quick in on em1 {\npass proto udp\n}\npass in\n", EVAL_PERMIT, 0},
	{"anchor {\nanchor inner in {\npass proto tcp\n}\nblock in to port 81\n}\n", EVAL_UNKNOWN, 1},
	{"anchor {\nanchor inner in {\npass proto tcp\n}\n}\n", EVAL_PERMIT, 0},
	{"anchor weird frob {\npass\n}\n", EVAL_UNKNOWN, 1},
	{"}\n", EVAL_UNKNOWN, 1},
	{"rdr pass on em1 proto tcp to any port 80 -> 127.0.0.1 port 8080\n", EVAL_UNKNOWN, 0},
	{"nat on em0 from 10/8 to any -> (em0)\npass in\n", EVAL_PERMIT, 0},
	{"pass in on em1 proto tcp to port 80 rdr-to 10.0.0.9 port 8080\n", EVAL_PERMIT, 0},
	{"pass in on em1 nat-to { 10.1.1.1, 10.1.1.2 } round-robin sticky-address\n", EVAL_PERMIT, 0},
	{"pass in on em1 route-to (em2 10.1.1.1)\n", EVAL_PERMIT, 0},
	{"pass in set ( prio 6, queue x ) queue ( a, b ) rtable 1 allow-opts\n", EVAL_PERMIT, 0},
	{"pass in divert-to 127.0.0.1 port 8080\n", EVAL_UNKNOWN, 0},
	{"pass in fragment\n", EVAL_DENY, 0},
	{"@12 pass in all flags S/SA keep state\n  [ Evaluations: 5  Packets: 3 ]\n", EVAL_PERMIT, 0},
	{"x = \"10.0.0.1\"\ny = \"{\" $x 10.0.0.2 \"}\"\npass in from $y\n", EVAL_PERMIT, 0},
	{"# pass in \\\npass in\n", EVAL_DENY, 0},
	{"pass \\\n  in \\\n  all\n", EVAL_PERMIT, 0},
	{"pass in from {\n 10.0.0.2\n 10.0.0.1\n}\n", EVAL_PERMIT, 0},
	{"set skip on em1\n", EVAL_PERMIT, 0},
	{"set skip on { lo0 em2 }\n", EVAL_DENY, 0},
	{"set frob yes\npass in\n", EVAL_PERMIT, 1},
	{"scrub in all fragment reassemble\naltq on em0 cbq bandwidth 1Mb queue { a b }\npass in\n", EVAL_PERMIT, 0},
	{"antispoof for em1\npass in quick\n", EVAL_PERMIT, 0},
	/* tags */
	{"pass in on em1 tag A\nblock out quick tagged A\n", EVAL_DENY, 0},
	{"pass in on em1 tag A\nblock out quick tagged B\n", EVAL_PERMIT, 0},
	{"pass in on em1 tag A\nblock out quick ! tagged A\n", EVAL_PERMIT, 0},
	{"pass in on em1 tag A\nblock out quick ! tagged B\n", EVAL_DENY, 0},
	{"pass in on { em1 em2 } tag \"x_$if\"\nblock out quick tagged x_em1\n", EVAL_DENY, 0},
	{"pass in on { em1 em2 } tag \"x_$if\"\nblock out quick tagged x_em2\n", EVAL_PERMIT, 0},
	{"pass in on em1 tag A\npass in quick on em1 proto tcp\nblock out quick tagged A\n", EVAL_UNKNOWN, 0},
	{"pass in on em1 tag A\npass in quick on em1 proto udp\nblock out quick tagged A\n", EVAL_DENY, 0},
	{"pass in tag A\nblock out quick tagged A\n", EVAL_UNKNOWN, 0},
	{"pass in tagged A\n", EVAL_UNKNOWN, 0},
	{"pass in\nblock out quick on em0 received-on em1\n", EVAL_DENY, 0},
	{"pass in\nblock out quick on em0 received-on em2\n", EVAL_PERMIT, 0},
};


static void one_by_one(void **state)
{
	for (size_t i = 0; i < sizeof(one_packet) / sizeof(one_packet[0]); i++) {
		char text[1024];
		struct read_case f;
		enum eval v;

		(void)snprintf(text, sizeof(text), "block all\n%s\npass out quick all\n",
			       one_packet[i].lines);
		read_text(&f, "pf", text);
		assert_int_equal(f.err, 0);
		v = verdict_of(&f, "tcp 10.0.0.1 5000 10.0.1.1 80 em1 em0");
		if (v != one_packet[i].want || f.c.nunknown != one_packet[i].unknown)
			fail_msg("%s: %d, %zu unknown%s%.80s", one_packet[i].lines, v, f.c.nunknown,
				 f.c.nunknown ? ": " : "", f.c.nunknown ? f.c.unknown[0].reason : "");
		read_done(&f);
	}
}


static void nothing_is_passed_by_default_but_by_pf(void **state)
{
	struct read_case f;

	read_text(&f, "pf", "set block-policy drop\n");
	assert_int_equal(f.err, 0);
	assert_int_equal(verdict_of(&f, "tcp 10.0.0.1 1 10.0.0.2 1"), EVAL_PERMIT);
	read_done(&f);
}


static void lines_and_rows(void **state)
{
	struct read_case f;
	const struct config_list *l;

	read_text(&f, NULL, "block all\n\n# A2-08 A2-09: the room's files\n"
		  "pass in quick proto tcp \\\n\tto 10.0.0.1 port 80 label \"A2-08\"\npass out\n");
	assert_int_equal(f.err, 0);
	l = config_list_find(&f.c, "in", 0);
	assert_non_null(l);
	assert_int_equal(l->nrules, 3);
	assert_true(l->rules[0].implied);
	assert_int_equal(l->rules[1].line, 4);
	assert_int_equal(strncmp(l->rules[1].text.p, "pass in quick", 13), 0);
	assert_true(l->rules[1].rows.n >= 2);
	assert_string_equal(l->rules[1].rows.v[0], "A2-08");
	assert_string_equal(l->rules[1].rows.v[1], "A2-09");
	assert_int_equal(l->rules[2].line, 1);
	read_done(&f);
}


static size_t findings(const char *text, unsigned *line)
{
	struct read_case f;
	struct lint lt;
	size_t n;

	read_text(&f, "pf", text);
	assert_int_equal(f.err, 0);
	assert_int_equal(lint_config(&lt, &f.c, 0, false), 0);
	n = lt.n;
	*line = n ? lt.v[0].at.rule->line : 0;
	read_done(&f);
	return n;
}


static void lint_of_both_directions(void **state)
{
	unsigned line;

	/* what is dead on the way out is alive on the way in */
	assert_int_equal(findings("block all\npass out quick all\n", &line), 0);
	/* dead in both, and told once */
	assert_int_equal(findings("pass to 10.0.0.1\nblock all\n", &line), 1);
	assert_int_equal(line, 1);
	/* two /25 before a /24 */
	assert_int_equal(findings("block in\npass in quick from 10.0.0.0/25 no state\n"
				  "pass in quick from 10.0.0.128/25 no state\n"
				  "pass in quick from 10.0.0.0/24 no state\n", &line), 1);
	assert_int_equal(line, 4);
}


static void bad_texts(void **state)
{
	struct read_case f;

	read_text(&f, "pf", "x = \"y\"\n");
	assert_int_equal(f.err, EBADMSG);
	assert_int_equal(f.dl.errors, 1);
	read_done(&f);

	read_text(&f, "pf", "block all\npass in from { 10.0.0.1,\n10.0.0.2");
	assert_int_equal(f.err, 0);
	assert_true(f.c.truncated);
	assert_int_equal(f.c.nunknown, 1);
	assert_int_equal(verdict_of(&f, "tcp 10.0.0.1 5 10.0.1.1 80 em1 em0"), EVAL_DENY);
	read_done(&f);

	read_text(&f, "pf", "block in\nanchor x {\npass in quick\n");
	assert_int_equal(f.err, 0);
	assert_true(f.c.truncated);
	assert_int_equal(f.c.nunknown, 1);
	read_done(&f);
}


static void round_trip(const char *site)
{
	unsigned permitted = 0;
	struct trip t;

	trip_start(&t, site, "pf");
	assert_int_equal(t.read.err, 0);
	assert_int_equal(t.read.c.nunknown, 0);
	for (unsigned i = 0; i < 20000; i++) {
		struct policy_pair pair;
		struct need_packet n;
		struct eval_packet k;
		enum eval want, got;

		do	/* neighbour discovery passes, and crosses nothing */
			trip_packet(&t, &k, &n, &pair);
		while (n.src.family == 6 && n.icmp_type == 135);
		want = policy_verdict(&t.p, &n) || trip_expected(&t, &n) ? EVAL_PERMIT : EVAL_DENY;
		got = eval_config(&t.read.c, &k);
		permitted += want == EVAL_PERMIT;
		if (got != want)
			fail_msg("%s: packet %u: %d, not %d", site, i, got, want);
	}
	assert_true(permitted > 50);
	trip_end(&t);
}


static void round_trips(void **state)
{
	round_trip("lab/sites/demo.yaml");
	round_trip("tests/golden/policy-dual.in");
	round_trip("tests/golden/policy-v6.in");
}


static void read_once(void *arg)
{
	struct read_case f;

	read_text(&f, "pf", realistic);
	assert_true(f.err == 0 || f.err == ENOMEM);
	read_done(&f);
}


static void allocations_fail(void **state)
{
	assert_true(failmalloc_each(read_once, NULL) > 5);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(realistic_rules),
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(nothing_is_passed_by_default_but_by_pf),
		cmocka_unit_test(lines_and_rows),
		cmocka_unit_test(lint_of_both_directions),
		cmocka_unit_test(bad_texts),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(allocations_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
