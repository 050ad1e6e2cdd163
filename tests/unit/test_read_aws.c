#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/read_round.h"

static const char described[] =
	"{ \"SecurityGroups\": [\n"
	"{ \"GroupId\": \"sg-1\", \"GroupName\": \"rooms\", \"IpPermissions\": [\n"
	"  { \"IpProtocol\": \"tcp\", \"FromPort\": 22, \"ToPort\": 23,\n"
	"    \"IpRanges\": [ { \"CidrIp\": \"10.9.0.0/24\", \"Description\": \"A2-14: desk\" } ] },\n"
	"  { \"IpProtocol\": \"udp\", \"FromPort\": 16384, \"ToPort\": 32768,\n"
	"    \"UserIdGroupPairs\": [ { \"GroupId\": \"sg-2\" }, { \"GroupId\": \"sg-9\" } ] },\n"
	"  { \"IpProtocol\": \"icmp\", \"FromPort\": 8, \"ToPort\": -1,\n"
	"    \"IpRanges\": [ { \"CidrIp\": \"0.0.0.0/0\" } ] } ] },\n"
	"{ \"GroupId\": \"sg-2\", \"GroupName\": \"bridge\", \"IpPermissions\": [],\n"
	"  \"IpPermissionsEgress\": [ { \"IpProtocol\": \"-1\",\n"
	"    \"IpRanges\": [ { \"CidrIp\": \"10.1.0.0/24\" } ] } ] } ],\n"
	"\"NetworkInterfaces\": [\n"
	"{ \"PrivateIpAddress\": \"10.1.0.10\", \"Groups\": [ { \"GroupId\": \"sg-1\" } ],\n"
	"  \"Ipv6Addresses\": [ { \"Ipv6Address\": \"fd00::10\" } ] },\n"
	"{ \"PrivateIpAddresses\": [ { \"PrivateIpAddress\": \"10.2.0.20\" } ],\n"
	"  \"Groups\": [ { \"GroupId\": \"sg-2\" } ] } ] }\n";


static void groups_add_up(void **state)
{
	const struct config_list *l;
	struct read_case f;

	read_text(&f, NULL, described);
	assert_int_equal(f.err, 0);
	assert_string_equal(f.c.dialect, "aws");
	assert_int_equal(f.c.nunknown, 1);	/* sg-9 */
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.1 999 10.1.0.10 22"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.1 999 10.1.0.10 24"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp 10.9.1.1 999 10.1.0.10 22"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp 10.9.0.1 999 10.1.0.11 22"), EVAL_UNKNOWN);
	assert_int_equal(verdict_of(&f, "udp 10.2.0.20 999 10.1.0.10 16384"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "udp 10.2.0.21 999 10.1.0.10 16384"), EVAL_UNKNOWN);
	assert_int_equal(verdict_of(&f, "udp 10.2.0.20 999 10.1.0.10 16383"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "icmp 1.2.3.4 8 10.1.0.10 0"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "icmp 1.2.3.4 0 10.1.0.10 0"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "icmp fd00::1 128 fd00::10 0"), EVAL_DENY);
	/* outbound of sg-2 reaches 10.1.0.0/24 alone */
	assert_int_equal(verdict_of(&f, "udp 10.2.0.20 999 10.3.0.1 53"), EVAL_DENY);

	l = config_list_find(&f.c, "security groups, inbound", 0);
	assert_non_null(l);
	assert_int_equal(l->rules[0].line, 4);
	assert_string_equal(l->rules[0].rows.v[0], "A2-14");
	read_done(&f);
}


static void without_members(void **state)
{
	struct read_case f;

	read_text(&f, "aws", "{\"SecurityGroups\": [{\"GroupId\": \"sg-1\", \"IpPermissions\": "
		  "[{\"IpProtocol\": \"6\", \"IpRanges\": [{\"CidrIp\": \"10.0.0.0/8\"}]}]}]}");
	assert_int_equal(f.err, 0);
	assert_int_equal(f.c.nnotices, 1);
	assert_int_equal(f.c.nhooks, 2);
	assert_int_equal(f.c.hooks[0].where, CONFIG_LOCAL);
	assert_int_equal(config_list_find(&f.c, "sg-1 inbound", 0)->nrules, 1);
	read_done(&f);
}


/* entries count by their numbers, wherever they stand */
static void network_acls(void **state)
{
	static const char text[] =
		"{ \"NetworkAcls\": [ { \"NetworkAclId\": \"acl-1\",\n"
		"\"Associations\": [ { \"SubnetId\": \"subnet-a\" } ], \"Entries\": [\n"
		"{ \"CidrBlock\": \"0.0.0.0/0\", \"Egress\": false, \"Protocol\": \"-1\", \"RuleAction\": \"deny\", \"RuleNumber\": 32767 },\n"
		"{ \"CidrBlock\": \"10.0.0.0/8\", \"Egress\": false, \"Protocol\": \"6\", \"RuleAction\": \"allow\", \"RuleNumber\": 200,\n"
		"  \"PortRange\": { \"From\": 80, \"To\": 90 } },\n"
		"{ \"CidrBlock\": \"10.6.0.0/16\", \"Egress\": false, \"Protocol\": \"-1\", \"RuleAction\": \"deny\", \"RuleNumber\": 100 },\n"
		"{ \"Ipv6CidrBlock\": \"::/0\", \"Egress\": false, \"Protocol\": \"58\", \"RuleAction\": \"allow\", \"RuleNumber\": 300,\n"
		"  \"IcmpTypeCode\": { \"Type\": 128, \"Code\": -1 } },\n"
		"{ \"CidrBlock\": \"0.0.0.0/0\", \"Egress\": true, \"Protocol\": \"-1\", \"RuleAction\": \"allow\", \"RuleNumber\": 1 } ] } ] }\n";
	struct read_case f;

	read_text(&f, NULL, text);
	assert_int_equal(f.err, 0);
	assert_int_equal(f.c.nunknown, 0);
	assert_int_equal(verdict_of(&f, "tcp 10.1.0.1 9 10.2.0.1 80 x subnet-a"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 10.6.0.1 9 10.2.0.1 80 x subnet-a"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "tcp 10.1.0.1 9 10.2.0.1 91 x subnet-a"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "icmp fd00::1 128 fd00::2 0 x subnet-a"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "icmp fd00::1 129 fd00::2 0 x subnet-a"), EVAL_DENY);
	assert_int_equal(verdict_of(&f, "udp 10.2.0.1 9 10.1.0.1 7 subnet-a x"), EVAL_PERMIT);
	read_done(&f);
}


static void refuse(const char *text)
{
	struct read_case f;

	read_text(&f, "aws", text);
	assert_int_equal(f.err, EBADMSG);
	assert_int_equal(f.dl.errors, 1);
	read_done(&f);
}


static void broken_texts(void **state)
{
	refuse("{ \"SecurityGroups\": [");
	refuse("{ \"SecurityGroups\": [] ]");
	refuse("{ \"Reservations\": [] }");
	refuse("[]");
}


static void round_trips(void **state)
{
	static const struct round r = { .dialect = "aws", .wanted_h = round_hosts, .unknown = true };

	round_check_sites(&r);
}


static void without_memory(void **state)
{
	round_without_memory("aws", described);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_add_up),
		cmocka_unit_test(without_members),
		cmocka_unit_test(network_acls),
		cmocka_unit_test(broken_texts),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
