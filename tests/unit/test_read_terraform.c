#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/read_round.h"

static const char file[] =
	"# Rooms and their bridge.\n"
	"variable \"vpc_id\" {\n  type = string\n}\n"
	"\n"
	"# for: \"10.1.0.10\", \"fd00::10/128\"\n"
	"resource \"aws_security_group\" \"rooms\" {\n"
	"  name   = \"rooms\"\n"
	"  vpc_id = var.vpc_id\n"
	"  ingress {\n"
	"    description = \"A2-14: desk\"\n"
	"    from_port   = 22\n    to_port = \"23\" // in quotes\n    protocol = \"tcp\"\n"
	"    cidr_blocks = [\n      \"10.9.0.0/24\", /* a desk */\n      \"10.8.0.0/24\",\n    ]\n"
	"    ipv6_cidr_blocks = [\"fd09::/64\"]\n"
	"  }\n"
	"  tags = { Name = \"rooms\", Of = merge(local.tags, {}) }\n"
	"}\n"
	"// for: 10.2.0.20\n"
	"resource \"aws_security_group\" \"bridge\" {\n"
	"  egress {\n    from_port = 0\n    to_port = 0\n    protocol = \"-1\"\n"
	"    cidr_blocks = [\"10.1.0.0/24\"]\n  }\n"
	"}\n"
	"resource \"aws_security_group_rule\" \"media\" {\n"
	"  type = \"ingress\"\n  security_group_id = aws_security_group.rooms.id\n"
	"  protocol = \"udp\"\n  from_port = 16384\n  to_port = 32768\n"
	"  source_security_group_id = aws_security_group.bridge.id\n"
	"}\n"
	"resource \"aws_vpc_security_group_ingress_rule\" \"ping\" {\n"
	"  for_each = toset([\"1.2.0.0/16\", \"1.3.0.0/16\"])\n"
	"  security_group_id = aws_security_group.rooms.id\n"
	"  ip_protocol = \"icmp\"\n  from_port = 8\n  to_port = -1\n  cidr_ipv4 = each.value\n"
	"}\n";

static const struct {
	const char *packet;
	enum eval want;
} asks[] = {
	{"tcp 10.9.0.1 999 10.1.0.10 22", EVAL_PERMIT},
	{"tcp 10.8.0.1 999 10.1.0.10 23", EVAL_PERMIT},
	{"tcp 10.9.0.1 999 10.1.0.10 24", EVAL_DENY},
	{"tcp fd09::1 999 fd00::10 22", EVAL_PERMIT},
	{"tcp fd08::1 999 fd00::10 22", EVAL_DENY},
	{"tcp 10.9.0.1 999 10.1.0.11 22", EVAL_UNKNOWN},
	{"udp 10.2.0.20 999 10.1.0.10 16384", EVAL_PERMIT},
	{"udp 10.2.0.21 999 10.1.0.10 16384", EVAL_DENY},
	{"icmp 1.3.0.1 8 10.1.0.10 0", EVAL_PERMIT},
	{"icmp 1.4.0.1 8 10.1.0.10 0", EVAL_DENY},
	{"udp 10.2.0.20 999 10.3.0.1 53", EVAL_DENY},
};


static void resources_are_read(void **state)
{
	const struct config_list *l;
	struct read_case f;

	read_text(&f, NULL, file);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "aws-tf");
	assert_int_equal(f.c.nunknown, 0);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (verdict_of(&f, asks[i].packet) != asks[i].want)
			fail_msg("%s: %d", asks[i].packet, verdict_of(&f, asks[i].packet));
	l = config_list_find(&f.c, "security groups, inbound", 0);
	assert_non_null(l);
	assert_int_equal(l->rules[0].line, 10);
	assert_string_equal(l->rules[0].rows.v[0], "A2-14");
	read_done(&f);
}

#define GROUP "# for: 10.1.0.10\nresource \"aws_security_group\" \"g\" {\n"
#define RULE "}\nresource \"aws_vpc_security_group_ingress_rule\" \"r\" {\n"
#define MINE "security_group_id = aws_security_group.g.id\n"

/** Unknown, with the line */
static const struct {
	const char *text;
	unsigned line;
} odd[] = {
	{GROUP "ingress {\nprotocol = \"tcp\"\nfrom_port = var.port\nto_port = 80\ncidr_blocks = [\"0.0.0.0/0\"]\n}\n}\n", 3},
	{GROUP "ingress {\nprotocol = var.p\ncidr_blocks = [\"0.0.0.0/0\"]\n}\n}\n", 3},
	{GROUP "ingress {\nprotocol = \"tcp\"\nfrom_port = 0\nto_port = 99\ncidr_blocks = [var.net]\n}\n}\n", 3},
	{GROUP RULE MINE "count = 1\nip_protocol = \"-1\"\ncidr_ipv4 = \"0.0.0.0/0\"\n}\n", 4},
	{GROUP RULE "security_group_id = var.g\nip_protocol = \"-1\"\ncidr_ipv4 = \"0.0.0.0/0\"\n}\n", 4},
	{GROUP RULE MINE "ip_protocol = \"-1\"\nprefix_list_id = \"pl-1\"\n}\n", 7},
	{GROUP RULE MINE "ip_protocol = \"-1\"\ncidr_ipv4 = \"${var.net}/8\"\n}\n", 4},
	{GROUP "dynamic \"ingress\" {\nfor_each = var.all\ncontent {\nprotocol = \"tcp\"\n}\n}\n}\n", 3},
};


static void expressions_are_unknown(void **state)
{
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct read_case f;

		read_text(&f, NULL, odd[i].text);
		assert_int_equal(f.err, 0);
		if (!f.c.nunknown || f.c.unknown[0].line != odd[i].line ||
		    verdict_of(&f, "tcp 10.0.0.1 1 10.1.0.10 80") != EVAL_UNKNOWN)
			fail_msg("%zu: %u unknown, line %u, %d", i, (unsigned)f.c.nunknown,
				 f.c.nunknown ? f.c.unknown[0].line : 0,
				 verdict_of(&f, "tcp 10.0.0.1 1 10.1.0.10 80"));
		read_done(&f);
	}
}


static void broken_texts(void **state)
{
	static const char *const texts[] = { GROUP, GROUP "name = \"g\n}\n", GROUP "}\n}\n",
					     GROUP "ingress = [ {\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct read_case f;

		read_text(&f, "aws-tf", texts[i]);
		if (f.err != EBADMSG || f.dl.errors != 1)
			fail_msg("%zu: %d", i, f.err);
		read_done(&f);
	}
}


static void round_trips(void **state)
{
	static const struct round r = { .dialect = "aws-tf", .wanted_h = round_hosts, .unknown = true };

	round_check_sites(&r);
}


static void without_memory(void **state)
{
	round_without_memory("aws-tf", file);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resources_are_read),
		cmocka_unit_test(expressions_are_unknown),
		cmocka_unit_test(broken_texts),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
