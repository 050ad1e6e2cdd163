#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/flow/flow.h"
#include "tests/unit/failmalloc.h"

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

/* Who, over what, to whom, on which ports, when: written down apart from the
 * matrix. Where the source document is misprinted, what is right. */
static const char *const facts[] = {
	"A2-01 CDP l2 codec - access-switch - always",
	"A2-02 DHCP udp codec|unspecified 68 broadcast 67 dhcp",
	"A2-03 DHCP udp dhcp|unspecified 67 broadcast 68 dhcp",
	"A2-04 ICMP icmp any - any - always",
	"A2-05 NTP udp codec 123 ntp 123 always",
	"A2-06 DNS udp codec ephemeral dns 53 always",
	"A2-07 HTTP tcp any ephemeral codec 80,443 always",
	"A2-08 HTTP tcp codec ephemeral callcontrol 6970 always",
	"A2-09 HTTP tcp codec ephemeral callcontrol 8080 always",
	"A2-10 HTTP tcp codec ephemeral manager 8080/insecure,8444/secure always",
	"A2-11 HTTP tcp manager ephemeral codec 8081/insecure,9501/secure always",
	"A2-12 HTTP tcp admin ephemeral codec 8082 upgrade",
	"A2-13 HTTP tcp codec ephemeral multipoint 9501/secure,9501/insecure always",
	"A2-14 SSH tcp any ephemeral codec 22 always",
	"A2-15 SNMP udp any ephemeral codec 161 always",
	"A2-16 SNMP udp codec ephemeral snmp 162 always",
	"A2-17 CAPF tcp codec ephemeral callcontrol 3804 secure",
	"A2-18 CTL tcp codec ephemeral callcontrol 2444,6970 secure",
	"A2-19 SIP udp codec ephemeral callcontrol 5060 insecure",
	"A2-20 SIP tcp codec ephemeral callcontrol 5060/insecure,5061/secure always",
	"A2-21 RTP udp codec 16384-32768 any any call",
	"A2-22 XML-RPC tcp codec ephemeral phone 61456 phone",
	"A2-23 XML-RPC tcp phone ephemeral codec 61457 phone",
	"A2-24 XML-RPC tcp phone ephemeral codec 61458 phone",
	"A3-01 CDP l2 phone - access-switch - always",
	"A3-02 DHCP udp phone|unspecified 68 broadcast 67 dhcp",
	"A3-03 DHCP udp dhcp|unspecified 67 broadcast 68 dhcp",
	"A3-04 ICMP icmp any - any - always",
	"A3-05 NTP udp phone 123 ntp 123 always",
	"A3-06 DNS udp phone ephemeral dns 53 always",
	"A3-07 TFTP udp phone ephemeral tftp 69 always",
	"A3-08 TFTP udp tftp ephemeral phone ephemeral always",
	"A3-09 HTTP tcp any ephemeral phone 80 troubleshooting",
	"A3-10 SSH tcp any ephemeral phone 22 troubleshooting",
	"A3-11 CAPF tcp phone ephemeral callcontrol 3804 secure",
	"A3-12 CTL tcp phone ephemeral callcontrol 2444 secure",
	"A3-13 SIP udp phone ephemeral callcontrol 5060 insecure",
	"A3-14 SIP tcp phone ephemeral callcontrol 5060/insecure,5061/secure always",
	"A3-15 RTP udp phone 16384-32768 any any call",
	"A3-16 XML-RPC tcp codec ephemeral phone 61456 phone",
	"A3-17 XML-RPC tcp phone ephemeral codec 61457 phone",
	"A3-18 XML-RPC tcp phone ephemeral codec 61458 phone",
	"A4-01 CDP l2 manager - access-switch - always",
	"A4-02 DHCP udp manager|unspecified 68 broadcast 67 dhcp",
	"A4-03 DHCP udp dhcp|unspecified 67 broadcast 68 dhcp",
	"A4-04 ICMP icmp any - any - always",
	"A4-05 NTP udp manager 123 ntp 123 always",
	"A4-06 DNS udp manager ephemeral dns 53 always",
	"A4-07 HTTP tcp codec ephemeral manager 8080/insecure,8444/secure always",
	"A4-08 HTTP tcp manager ephemeral codec 8081/insecure,9501/secure always",
	"A4-09 HTTP tcp multipoint ephemeral manager 8080/insecure,8444/secure always",
	"A4-10 HTTP tcp manager ephemeral multipoint 8080/insecure,8444/secure always",
	"A4-11 HTTP tcp manager ephemeral callcontrol 8444 always",
	"A4-12 HTTP tcp any ephemeral manager 80,443 always",
	"A4-13 SSH tcp any ephemeral manager 22 always",
	"A4-14 SNMP udp any ephemeral manager 161 always",
	"A4-15 SNMP udp manager ephemeral snmp 162 always",
	"A4-16 CAPF tcp manager ephemeral callcontrol 3804 secure",
	"A4-17 CTL tcp manager ephemeral callcontrol 2444 secure",
	"A4-18 JTAPI tcp manager ephemeral callcontrol 2748/insecure,2749/secure always",
	"A4-19 LDAP tcp manager ephemeral ad 389/ad-single-server,636/secure,3268/ad-global-catalogue always",
	"A4-20 WebDAV tcp manager ephemeral exchange 80 exchange-2003",
	"A4-21 WebDAV udp exchange ephemeral manager 3621 exchange-2003",
	"A4-22 EWS tcp manager ephemeral exchange 80,443/secure exchange-2010",
	"A5-01 CDP l2 manager - access-switch - always",
	"A5-02 DHCP udp manager|unspecified 68 broadcast 67 dhcp",
	"A5-03 DHCP udp dhcp|unspecified 67 broadcast 68 dhcp",
	"A5-04 ICMP icmp any - any - always",
	"A5-05 NTP udp manager 123 ntp 123 always",
	"A5-06 DNS udp manager ephemeral dns 53 always",
	"A5-07 HTTP tcp codec ephemeral manager 8080/insecure,8444/secure always",
	"A5-08 HTTP tcp manager ephemeral codec 8081/insecure,9501/secure always",
	"A5-09 HTTP tcp multipoint ephemeral manager 8080/insecure,8444/secure always",
	"A5-10 HTTP tcp manager ephemeral multipoint 8080/insecure,8444/secure always",
	"A5-11 HTTP tcp manager ephemeral callcontrol 8444 always",
	"A5-12 HTTP tcp any ephemeral manager 80,443 always",
	"A5-13 SSH tcp any ephemeral manager 22 always",
	"A5-14 SNMP udp any ephemeral manager 161 always",
	"A5-15 SNMP udp manager ephemeral snmp 162 always",
	"A5-16 CAPF tcp manager ephemeral callcontrol 3804 secure",
	"A5-17 CTL tcp manager ephemeral callcontrol 2444 secure",
	"A5-18 JTAPI tcp manager ephemeral callcontrol 2748/insecure,2749/secure always",
	"A5-19 LDAP tcp manager ephemeral domino 389/insecure,636/secure always",
	"A5-20 IIOP tcp manager ephemeral domino 80/insecure,443/secure always",
	"A5-21 IIOP tcp manager ephemeral domino 63148 always",
	"A6-01 CDP l2 multipoint - access-switch - always",
	"A6-02 DHCP udp multipoint|unspecified 68 broadcast 67 dhcp",
	"A6-03 DHCP udp dhcp|unspecified 67 broadcast 68 dhcp",
	"A6-04 ICMP icmp any - any - always",
	"A6-05 NTP udp multipoint 123 ntp 123 always",
	"A6-06 DNS udp multipoint ephemeral dns 53 always",
	"A6-07 HTTP tcp multipoint ephemeral manager 8080/insecure,8444/secure always",
	"A6-08 HTTP tcp manager ephemeral multipoint 8080/insecure,8444/secure always",
	"A6-09 HTTP tcp any ephemeral multipoint 80,443 always",
	"A6-10 HTTP tcp codec ephemeral multipoint 9501/secure,9501/insecure always",
	"A6-11 SSH tcp any ephemeral multipoint 22 always",
	"A6-12 SNMP udp any ephemeral multipoint 161 always",
	"A6-13 SNMP udp multipoint ephemeral snmp 162 always",
	"A6-14 SIP udp multipoint ephemeral callcontrol 5060/insecure,5061/secure always",
	"A6-15 SIP udp callcontrol ephemeral multipoint 5060/insecure,5061/secure always",
	"A6-16 SIP tcp multipoint ephemeral callcontrol 5060/insecure,5061/secure always",
	"A6-17 SIP tcp callcontrol ephemeral multipoint 5060/insecure,5061/secure always",
	"A6-18 RTP udp multipoint 16384-32768 any any call",
	"A7-01 CDP l2 recorder - access-switch - always",
	"A7-02 DHCP udp recorder|unspecified 68 broadcast 67 dhcp",
	"A7-03 DHCP udp dhcp|unspecified 67 broadcast 68 dhcp",
	"A7-04 ICMP icmp any - any - always",
	"A7-05 NTP udp recorder 123 ntp 123 always",
	"A7-06 DNS udp recorder ephemeral dns 53 always",
	"A7-07 HTTP tcp any ephemeral recorder 80,443 always",
	"A7-08 HTTP tcp recorder ephemeral manager 8080/insecure,8444/secure manager",
	"A7-09 HTTP tcp manager ephemeral recorder 8080/insecure,8444/secure manager",
	"A7-10 SSH tcp any ephemeral recorder 22 always",
	"A7-11 SNMP udp any ephemeral recorder 161 always",
	"A7-12 SNMP udp recorder ephemeral snmp 162 always",
	"A7-13 SIP udp recorder ephemeral callcontrol 5060/insecure,5061/secure always",
	"A7-14 SIP tcp recorder ephemeral callcontrol 5060/insecure,5061/secure always",
	"A7-15 RTP udp recorder 16384-32768 any any call",
	"A8-01 CDP l2 sla-agent|sla-responder - access-switch - always",
	"A8-02 ICMP icmp any - any - always",
	"A8-03 NTP udp sla-agent|sla-responder 123 ntp 123 always",
	"A8-04 DNS udp sla-agent|sla-responder ephemeral dns 53 always",
	"A8-05 SSH tcp any ephemeral sla-agent|sla-responder 22 always",
	"A8-06 SNMP udp any ephemeral sla-agent|sla-responder 161 always",
	"A8-07 SNMP udp sla-agent|sla-responder ephemeral snmp 162 always",
	"A8-08 IPSLA udp sla-agent ephemeral sla-responder 1967 always",
	"A8-09 RTP udp sla-agent ephemeral sla-responder 16384-32768 operation",
	"A9-01 ICMP icmp any - any - always",
	"A9-02 DNS udp gateway ephemeral dns 53 always",
	"A9-03 NTP udp gateway 123 ntp 123 always",
	"A9-04 SSH tcp any ephemeral gateway 22 always",
	"A9-05 TELNET tcp any ephemeral gateway 23 telnet",
	"A9-06 SNMP udp any ephemeral gateway 161 always",
	"A9-07 SNMP udp gateway ephemeral snmp 162 always",
	"A9-08 SIP tcp gateway ephemeral callcontrol 5060 always",
	"A9-09 SIP tcp callcontrol ephemeral gateway 5060 always",
	"A9-10 RTP udp gateway 16384-32768 any any call",
};


static void builtin(struct flow_matrix *m, struct arena *a)
{
	assert_int_equal(flow_matrix_builtin(m, a), 0);
}


static void builtin_has_no_mistake(void **state)
{
	struct arena a = {0};
	struct flow_matrix m;

	builtin(&m, &a);
	assert_string_equal(m.name, "visavis");
	assert_int_equal(m.nrows, 137 + 2);
	for (size_t i = 137; i < m.nrows; i++) {
		assert_int_equal(strncmp(m.rows[i].id, "X-", 2), 0);
		assert_non_null(m.rows[i].reason);
	}
	arena_reset(&a);
}


static void builtin_is_complete(void **state)
{
	static const char *const tables[] = {"A-2", "A-3", "A-4", "A-5", "A-6", "A-7", "A-8", "A-9"};
	static const size_t counts[] = {24, 18, 22, 21, 18, 15, 9, 10};
	struct arena a = {0};
	struct flow_matrix m;
	size_t i = 0;

	builtin(&m, &a);
	for (size_t t = 0; t < COUNT(tables); t++) {
		for (size_t n = 1; n <= counts[t]; n++, i++) {
			char id[16];

			(void)snprintf(id, sizeof(id), "A%c-%02zu", tables[t][2], n);
			assert_string_equal(m.rows[i].id, id);
			assert_string_equal(m.rows[i].table, tables[t]);
			assert_int_equal(m.rows[i].number, n);
			assert_ptr_equal(flow_matrix_find(&m, id), &m.rows[i]);
		}
	}
	assert_int_equal(i, 137);
	arena_reset(&a);
}


static size_t put_roles(char *p, size_t size, const struct flow_end *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->nroles; i++)
		n += (size_t)snprintf(p + n, size - n, "%s%s", i ? "|" : "", e->roles[i]);
	return n;
}


static int by_port(const void *a, const void *b)
{
	const struct flow_port *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}


static size_t put_ports(char *p, size_t size, const struct flow_row *row, const struct flow_end *e)
{
	bool with = row->transport == FLOW_TCP || row->transport == FLOW_UDP;
	struct flow_port v[8];
	size_t n = 0;

	if (!e->nports)
		return (size_t)snprintf(p, size, with ? "any" : "-");

	assert_true(e->nports <= COUNT(v));
	memcpy(v, e->ports, e->nports * sizeof(*v));
	qsort(v, e->nports, sizeof(*v), by_port);
	for (size_t i = 0; i < e->nports; i++) {
		struct flow_end one = { .ports = &v[i], .nports = 1 };
		char buf[32];

		n += (size_t)snprintf(p + n, size - n, "%s%s%s%s", i ? "," : "",
				      flow_ports_str(&one, buf, sizeof(buf)),
				      v[i].when ? "/" : "", v[i].when ? v[i].when : "");
	}
	return n;
}


static void rows_say_the_facts(void **state)
{
	struct arena a = {0};
	struct flow_matrix m;

	assert_int_equal(COUNT(facts), 137);
	builtin(&m, &a);
	for (size_t i = 0; i < COUNT(facts); i++) {
		const struct flow_row *row = &m.rows[i];
		char s[512];
		size_t n;

		n = (size_t)snprintf(s, sizeof(s), "%s %s %s ", row->id, row->protocol,
				     flow_transport_name(row->transport));
		n += put_roles(s + n, sizeof(s) - n, &row->from);
		s[n++] = ' ';
		n += put_ports(s + n, sizeof(s) - n, row, &row->from);
		s[n++] = ' ';
		n += put_roles(s + n, sizeof(s) - n, &row->to);
		s[n++] = ' ';
		n += put_ports(s + n, sizeof(s) - n, row, &row->to);
		(void)snprintf(s + n, sizeof(s) - n, " %s", row->when);
		assert_string_equal(s, facts[i]);
	}
	arena_reset(&a);
}


/* Ports on which TLS runs, wherever they are used and whatever the row. */
static bool tls_port(uint16_t port, const struct flow_row *row)
{
	static const uint16_t v[] = {443, 636, 2444, 2749, 3804, 5061, 8444, 9501};

	for (size_t i = 0; i < COUNT(v); i++)
		if (v[i] == port)
			return row->transport == FLOW_TCP;
	return false;
}


static void tls_and_marks_follow_the_protocol(void **state)
{
	static const struct { const char *protocol; uint8_t dscp; } marks[] = {
		{"SIP", 24}, {"JTAPI", 24}, {"RTP", 32}, {"SSH", 16}, {"SNMP", 16},
		{"TELNET", 16}, {"DNS", 0}, {"NTP", 0}, {"DHCP", 0}, {"TFTP", 0},
		{"CAPF", 0}, {"CTL", 0}, {"LDAP", 0}, {"XML-RPC", 0}, {"ICMP", 0},
	};
	struct arena a = {0};
	struct flow_matrix m;

	builtin(&m, &a);
	for (size_t i = 0; i < m.nrows; i++) {
		const struct flow_row *row = &m.rows[i];

		for (size_t k = 0; k < row->to.nports; k++) {
			const struct flow_port *p = &row->to.ports[k];
			bool clear = p->when && !strcmp(p->when, FLOW_WHEN_INSECURE);

			assert_int_equal(p->tls, !clear && tls_port(p->lo, row));
		}
		for (size_t k = 0; k < COUNT(marks); k++)
			if (!strcmp(row->protocol, marks[k].protocol))
				assert_int_equal(row->dscp, marks[k].dscp);
		assert_int_equal(row->both_ways, !strcmp(row->protocol, "RTP") && row->table[2] != '8');
		assert_int_equal(row->icmp, row->transport != FLOW_ICMP ? 0 :
				 row->table ? FLOW_ICMP_ECHO | FLOW_ICMP_UNREACHABLE |
				 FLOW_ICMP_TIME_EXCEEDED : FLOW_ICMP_PACKET_TOO_BIG);
	}
	arena_reset(&a);
}


static bool same_names(const struct flow_end *a, const struct flow_end *b)
{
	char x[256], y[256];

	(void)put_roles(x, sizeof(x), a);
	(void)put_roles(y, sizeof(y), b);
	return !strcmp(x, y);
}


/* A row states the flow of an earlier one exactly when it says same-as. */
static void repeated_rows_say_so(void **state)
{
	struct arena a = {0};
	struct flow_matrix m;

	builtin(&m, &a);
	for (size_t i = 0; i < m.nrows; i++) {
		const struct flow_row *row = &m.rows[i];
		const char *first = NULL;

		for (size_t k = 0; k < i && !first; k++) {
			const struct flow_row *o = &m.rows[k];
			char x[256], y[256];

			(void)put_ports(x, sizeof(x), row, &row->to);
			(void)put_ports(y, sizeof(y), o, &o->to);
			if (row->transport == o->transport && row->icmp == o->icmp &&
			    same_names(&row->from, &o->from) && same_names(&row->to, &o->to) &&
			    !strcmp(x, y) && !strcmp(row->when, o->when))
				first = o->id;
		}
		assert_int_equal(first != NULL, row->same_as != NULL);
		if (first)
			assert_string_equal(row->same_as, first);
	}
	arena_reset(&a);
}


static bool has_misprint(const struct flow_matrix *m, const char *id)
{
	const struct flow_row *row = flow_matrix_find(m, id);

	return row && row->misprint;
}


static void misprints_are_told(void **state)
{
	static const char *const ids[] = {
		"A2-12", "A2-15", "A2-18", "A2-21", "A2-23", "A3-08", "A3-17", "A4-11", "A5-09", "A5-11",
		"A5-21", "A6-08", "A6-14", "A6-15", "A7-10", "A7-13", "A8-07", "A9-07", "A9-08", "A9-10",
	};
	struct arena a = {0};
	struct flow_matrix m;

	builtin(&m, &a);
	for (size_t i = 0; i < COUNT(ids); i++)
		assert_true(has_misprint(&m, ids[i]));
	assert_false(has_misprint(&m, "A2-20"));
	assert_null(flow_matrix_find(&m, "A2-99"));
	arena_reset(&a);
}


static void dscp_names_and_numbers(void **state)
{
	static const struct { const char *s; uint8_t v; const char *back; } ok[] = {
		{"CS4", 32, "CS4"}, {"EF", 46, "EF"}, {"AF41", 34, "AF41"}, {"0", 0, "0"},
		{"CS0", 0, "0"}, {"63", 63, "63"}, {"46", 46, "EF"}, {"7", 7, "7"},
	};
	static const char *const bad[] = {"", "64", "-1", "cs4", "AF44", "1x", "100", "EF "};
	char buf[8];
	uint8_t v;

	for (size_t i = 0; i < COUNT(ok); i++) {
		assert_int_equal(flow_dscp_parse(&v, ok[i].s), 0);
		assert_int_equal(v, ok[i].v);
		assert_string_equal(flow_dscp_str(v, buf), ok[i].back);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(flow_dscp_parse(&v, bad[i]), EINVAL);
}


static const char *first_mistake(const char *text, struct diag_list *dl, struct arena *a)
{
	struct flow_matrix m;
	int err = flow_matrix_parse(&m, a, text, strlen(text), "f", dl);

	assert_int_equal(err, dl->errors ? EBADMSG : 0);
	return dl->n ? dl->v[0].msg : NULL;
}

#define ROW(more) "matrix: m\nrows:\n  - { id: a, protocol: p, transport: tcp, from: x, to: y, purpose: z" more " }\n"


static void ports_are_read(void **state)
{
	static const struct { const char *text, *ports; } v[] = {
		{ROW(", ports: 80"), "80"}, {ROW(", ports: [1, 65535]"), "1,65535"},
		{ROW(", ports: 10-20"), "10-20"}, {ROW(", ports: ephemeral"), "ephemeral"},
		{ROW(", ports: any"), "-"}, {ROW(", ports: { port: 5-5 }"), "5"},
		{ROW(", ports: [{ port: 9, when: q }, { port: 9, when: r }]"), "9"},
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct diag_list dl = {0};
		struct arena a = {0};
		struct flow_matrix m;
		char buf[64];

		assert_int_equal(flow_matrix_parse(&m, &a, v[i].text, strlen(v[i].text), "f", &dl), 0);
		assert_string_equal(flow_ports_str(&m.rows[0].to, buf, sizeof(buf)), v[i].ports);
		assert_true(m.rows[0].from.ports[0].ephemeral);
		arena_reset(&a);
	}
}


static void ports_are_refused(void **state)
{
	static const char *const v[] = {
		ROW(""), ROW(", ports: 0"), ROW(", ports: 65536"), ROW(", ports: 9-8"), ROW(", ports: -1"),
		ROW(", ports: 1-"), ROW(", ports: 1-2-3"), ROW(", ports: []"), ROW(", ports: [1, 1]"),
		ROW(", ports: [1-9, 5]"), ROW(", ports: { tls: on }"), ROW(", ports: 000080"),
		ROW(", ports: { port: 1, wen: x }"), ROW(", ports: [any]"),
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct diag_list dl = {0};
		struct arena a = {0};

		if (!first_mistake(v[i], &dl, &a))
			fail_msg("took %s", v[i]);
		assert_int_equal(dl.v[0].pos.line, 3);
		diag_reset(&dl);
		arena_reset(&a);
	}
}


static void matrix_has_a_maximum(void **state)
{
	struct { char *p; size_t n; } s = { malloc(1 << 20), 0 };
	struct diag_list dl = {0};
	struct arena a = {0};

	assert_non_null(s.p);
	s.n = (size_t)sprintf(s.p, "matrix: m\nrows:\n");
	for (int i = 0; i < 4097; i++)
		s.n += (size_t)sprintf(s.p + s.n, "- { id: r%d, protocol: p, transport: udp, from: a, to: b, "
				       "ports: 1, purpose: p }\n", i);
	assert_string_equal(first_mistake(s.p, &dl, &a), "a matrix needs \"rows:\", a list of at most 4096");
	assert_int_equal(dl.n, 1);
	diag_reset(&dl);
	arena_reset(&a);
	free(s.p);
}


static void parse_small(void *arg)
{
	static const char text[] = ROW(", ports: [80, { port: 443, tls: on, when: secure }], bad: 1");
	struct diag_list dl = {0};
	struct arena a = {0};
	struct flow_matrix m;
	int err = flow_matrix_parse(&m, &a, text, sizeof(text) - 1, "f", &dl);

	assert_true(err == EBADMSG || err == ENOMEM);
	if (err == EBADMSG)
		assert_int_equal(dl.errors, 1);
	diag_reset(&dl);
	arena_reset(&a);
}


static void allocations_may_fail(void **state)
{
	struct arena a = { .max = 40000 };
	struct flow_matrix m;

	assert_true(failmalloc_each(parse_small, NULL) >= 3);
	assert_int_equal(flow_matrix_builtin(&m, &a), ENOMEM);
	arena_reset(&a);
}


static void roles_are_collected(void **state)
{
	static const char text[] = "matrix: m\nrows:\n"
		"  - { id: M-1, protocol: M, transport: udp, from: [z, unspecified], to: broadcast, ports: 1, purpose: \"One.\" }\n"
		"  - { id: M-2, protocol: M, transport: udp, from: any, to: [z, b, a], ports: 1, purpose: \"Two.\" }\n";
	struct arena a = {0};
	struct diag_list dl = {0};
	struct flow_matrix m;

	assert_int_equal(flow_matrix_parse(&m, &a, text, sizeof(text) - 1, "f", &dl), 0);
	assert_int_equal(m.nroles, 3);
	assert_string_equal(m.roles[0], "a");
	assert_string_equal(m.roles[2], "z");
	assert_true(flow_matrix_has_role(&m, "b"));
	assert_false(flow_matrix_has_role(&m, "any"));
	assert_false(flow_matrix_has_role(&m, "codec"));
	diag_reset(&dl);
	arena_reset(&a);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_has_no_mistake),
		cmocka_unit_test(builtin_is_complete),
		cmocka_unit_test(rows_say_the_facts),
		cmocka_unit_test(tls_and_marks_follow_the_protocol),
		cmocka_unit_test(repeated_rows_say_so),
		cmocka_unit_test(misprints_are_told),
		cmocka_unit_test(dscp_names_and_numbers),
		cmocka_unit_test(ports_are_read),
		cmocka_unit_test(ports_are_refused),
		cmocka_unit_test(matrix_has_a_maximum),
		cmocka_unit_test(allocations_may_fail),
		cmocka_unit_test(roles_are_collected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
