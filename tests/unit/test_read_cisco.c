/* Configurations as devices show them, and what each line of theirs means. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/read/reader.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/cisco_texts.h"

enum verdict { DENIED = 0, PERMITTED, UNKNOWN, SOMETIMES };

struct fixture {
	struct config c;
	struct diag_list dl;
};

/** A packet by its numbers */
struct pkt {
	const char *src, *dst;
	unsigned proto, sport, dport;	/* of ICMP: type, code */
	unsigned flags, dscp, fragment;
};


static int load(struct fixture *f, const char *reader, const char *text, size_t len)
{
	memset(f, 0, sizeof(*f));
	return policy_read(&f->c, reader, "t.cfg", text, len, &f->dl);
}


static void drop(struct fixture *f)
{
	config_reset(&f->c);
	diag_reset(&f->dl);
}


static pset_addr addr_number(const struct ip_addr *a)
{
	pset_addr v = 0;

	for (unsigned i = 0; i < ip_bits(a) / 8; i++)
		v = v << 8 | a->b[i];
	return v;
}


static struct pset_packet packet(const struct pkt *p)
{
	struct pset_packet out = {0};
	struct ip_addr s, d;
	bool icmp = p->proto == 1 || p->proto == 58;

	assert_int_equal(ip_parse(&s, p->src), 0);
	assert_int_equal(ip_parse(&d, p->dst), 0);
	out.addr[PSET_SRC] = addr_number(&s);
	out.addr[PSET_DST] = addr_number(&d);
	out.field[PSET_FAMILY] = s.family == 6;
	out.field[PSET_PROTOCOL] = (uint16_t)p->proto;
	out.field[icmp ? PSET_ICMP_TYPE : PSET_SPORT] = (uint16_t)p->sport;
	out.field[icmp ? PSET_ICMP_CODE : PSET_DPORT] = (uint16_t)p->dport;
	out.field[PSET_DSCP] = (uint16_t)p->dscp;
	out.field[PSET_FRAGMENT] = (uint16_t)p->fragment;
	out.flags = (uint8_t)p->flags;
	return out;
}


/** The line that decides (0: the end of the list), and how */
static enum verdict ask(const struct config *c, const char *list, uint8_t family,
			const struct pkt *p, unsigned *line)
{
	const struct config_list *l = config_list_find(c, list, family);
	struct pset_packet q = packet(p);

	assert_non_null(l);
	for (size_t i = 0; i < l->nrules; i++)
		for (size_t k = 0; k < l->rules[i].nboxes; k++) {
			const struct config_rule *r = &l->rules[i];

			if (!pset_box_has(&r->boxes[k], &q))
				continue;
			*line = r->line;
			if (r->uncertain)
				return UNKNOWN;
			if (r->sometimes)
				return SOMETIMES;
			if (r->action == CONFIG_GOTO)
				return ask(c, r->target, family, p, line);
			return r->action == CONFIG_PERMIT ? PERMITTED : DENIED;
		}

	*line = 0;
	return l->fallthrough == CONFIG_PERMIT ? PERMITTED : DENIED;
}


/** The text of the line that decides must hold `by`. */
static void expect(const char *text, const struct config *c, const char *list, uint8_t family,
		   struct pkt p, enum verdict want, const char *by)
{
	unsigned line;
	enum verdict got = ask(c, list, family, &p, &line);
	const char *s = text;

	for (unsigned i = 1; i < line; i++)
		s = strchr(s, '\n') + 1;
	if (got != want || (by && !memmem(s, strcspn(s, "\n"), by, strlen(by))))
		print_message("%s: %s > %s %u %u %u: %d, line %u: %.*s\n", list, p.src, p.dst,
			      p.proto, p.sport, p.dport, got, line, (int)strcspn(s, "\n"), s);
	assert_int_equal(got, want);
	if (by)
		assert_non_null(memmem(s, strcspn(s, "\n"), by, strlen(by)));
	else
		assert_int_equal(line, 0);
}

#define EXPECT(list, family, want, by, ...) \
	expect(text, &f.c, list, family, (struct pkt){ __VA_ARGS__ }, want, by)


static void ios_lines(void **state)
{
	const char *text = ios_text;
	struct fixture f;

	assert_int_equal(load(&f, NULL, text, strlen(text)), 0);
	assert_string_equal(f.c.dialect, "ios");
	assert_string_equal(f.c.hostname, "rooms-edge");
	for (size_t i = 0; i < f.c.nunknown; i++)
		print_message("%u: %s\n", f.c.unknown[i].line, f.c.unknown[i].reason);
	assert_int_equal(f.c.nunknown, 0);
	assert_null(config_list_find(&f.c, "NOT-A-LIST", 4));

	/* numbers give the order; 0.0.254.0 leaves even third octets apart */
	EXPECT("FROM-ROOMS", 4, DENIED, "0.0.254.0", "10.1.0.66", "10.9.0.5", 6, 2000, 5061, 2);
	EXPECT("FROM-ROOMS", 4, DENIED, "0.0.254.0", "10.1.2.66", "10.9.0.5", 6, 2000, 5061, 2);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 20 ", "10.1.1.66", "10.9.0.5", 6, 2000, 5061, 2);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 20 ", "10.1.0.10", "10.9.0.5", 6, 1024, 5060, 2);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 20 ", "10.1.2.5", "10.9.0.5", 6, 1024, 5060, 2);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.1.2.10", "10.9.0.5", 6, 1024, 5060, 2);
	/* services: protocol and both ports */
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 30 ", "10.1.0.10", "10.9.0.6", 6, 1, 5061, 2);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.1.0.10", "10.9.0.6", 6, 1023, 5060, 2);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 30 ", "10.9.0.5", "10.9.0.6", 17, 9, 16384);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 30 ", "10.9.0.5", "10.9.0.6", 1, 8, 0);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.9.0.5", "10.9.0.6", 1, 0, 0);
	/* flags */
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 40 ", "10.3.0.1", "10.9.0.9", 6, 1, 2, CONFIG_RST);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 50 ", "10.3.0.1", "10.9.0.9", 6, 1, 2, CONFIG_SYN);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.3.0.1", "10.9.0.9", 6, 1, 24, 0);
	/* later fragments fit what names no ports, and a permit that does */
	EXPECT("FROM-ROOMS", 4, DENIED, " 60 ", "10.3.0.1", "10.9.0.9", 1, 3, 1, 0, 0, 1);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 40 ", "10.3.0.1", "10.9.0.8", 6, 0, 0, 0, 0, 1);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 70 ", "10.3.0.1", "10.9.0.9", 1, 3, 1);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 75 ", "10.3.0.1", "10.9.0.9", 1, 3, 4);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.3.0.1", "10.9.0.9", 1, 3, 5);
	EXPECT("FROM-ROOMS", 4, SOMETIMES, " 80 ", "10.3.0.1", "10.9.0.9", 17, 68, 162, 0, 46);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.3.0.1", "10.9.0.9", 17, 67, 162, 0, 46);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.3.0.1", "10.9.0.9", 17, 68, 162, 0, 45);
	EXPECT("FROM-ROOMS", 4, PERMITTED, " 90 ", "10.3.0.1", "10.9.0.9", 6, 1, 22, 0, 47);
	EXPECT("FROM-ROOMS", 4, DENIED, "log-input", "10.3.0.1", "10.9.0.9", 6, 1, 23, 0, 47);
	/* reflexive: the answer, of an open session alone */
	EXPECT("BACK", 4, PERMITTED, "evaluate", "10.9.0.9", "10.1.3.3", 17, 53, 999);
	EXPECT("BACK", 4, DENIED, "deny", "10.9.0.9", "10.1.3.3", 17, 54, 999);
	assert_int_equal(config_list_find(&f.c, "BACK", 4)->rules[0].states, CONFIG_ESTABLISHED);
	/* numbered and standard */
	EXPECT("10", 4, PERMITTED, "0.0.0.255", "10.9.0.9", "10.1.3.3", 17, 53, 999);
	EXPECT("101", 4, PERMITTED, "ntp", "10.9.0.9", "10.1.3.3", 17, 123, 123);
	EXPECT("101", 4, DENIED, NULL, "10.9.0.9", "10.1.3.3", 17, 123, 124);
	EXPECT("101", 4, PERMITTED, "ack", "10.9.0.9", "10.1.3.3", 6, 1, 2, CONFIG_ACK);
	EXPECT("MANAGERS", 4, PERMITTED, "10.9.0.7", "10.9.0.7", "10.1.3.3", 17, 1, 2);
	EXPECT("MANAGERS", 4, PERMITTED, "log", "10.8.7.7", "10.1.3.3", 17, 1, 2);
	/* IPv6, and what its lists permit unseen */
	EXPECT("SIX", 6, DENIED, "::66", "2001:db8:1::66", "::1", 6, 1, 80, 2);
	EXPECT("SIX", 6, PERMITTED, "www", "2001:db8:1::67", "::1", 6, 1, 80, 2);
	EXPECT("SIX", 6, PERMITTED, "echo", "2001:db8:1::67", "::1", 58, 128, 0);
	EXPECT("SIX", 6, PERMITTED, "89", "2001:db8:1::67", "::1", 89);
	EXPECT("SIX", 6, DENIED, NULL, "2001:db8:1::67", "::1", 58, 129, 0);
	EXPECT("SIX", 6, PERMITTED, "ipv6 access-list", "fe80::1", "fe80::2", 58, 135, 0);
	drop(&f);
}


static void ios_bindings(void **state)
{
	struct fixture f;
	const struct config_list *l;

	assert_int_equal(load(&f, "ios", ios_text, strlen(ios_text)), 0);
	assert_int_equal(f.c.nhooks, 5);
	assert_string_equal(f.c.hooks[0].list, "FROM-ROOMS");
	assert_string_equal(f.c.hooks[0].iface, "GigabitEthernet0/0");
	assert_int_equal(f.c.hooks[1].where, CONFIG_OUT);
	assert_int_equal(f.c.hooks[2].family, 6);
	assert_int_equal(f.c.hooks[4].where, CONFIG_LOCAL);
	assert_int_equal(f.c.nifaces, 2);
	assert_int_equal(f.c.ifaces[0].naddrs, 2);
	assert_int_equal(f.c.ifaces[0].addrs[0].len, 22);
	assert_true(f.c.ifaces[1].shutdown);
	assert_true(f.c.nnotices >= 1);			/* NAT */
	l = config_list_find(&f.c, "FROM-ROOMS", 4);
	assert_string_equal(l->rules[1].rows.v[0], "A2-20");
	assert_string_equal(l->rules[3].rows.v[0], "A2-14");
	assert_string_equal(l->rules[3].rows.v[1], "X-01");
	drop(&f);
}


static void unknown_is_said(void **state)
{
	static const unsigned lines[] = { 2, 3, 4, 5, 7 };
	const char *text = odd_text;
	struct fixture f;

	assert_int_equal(load(&f, "ios", text, strlen(text)), 0);
	assert_int_equal(f.c.nunknown, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(f.c.unknown[i].line, lines[i]);
		assert_true(strlen(f.c.unknown[i].reason) > 8);
	}
	/* "no 10" took the first line away; what is left of the second may match */
	EXPECT("ODD", 4, UNKNOWN, "NOWHERE", "10.0.0.1", "10.0.0.2", 6, 1, 80, 2);
	EXPECT("ODD", 4, UNKNOWN, "florble", "10.0.0.1", "10.0.0.2", 17, 1, 80);
	/* a list that is bound and not there */
	EXPECT("GONE", 4, PERMITTED, NULL, "10.0.0.1", "10.0.0.2", 17, 1, 80);
	drop(&f);
}


static void pagers_and_torn_files(void **state)
{
	static const char text[] =
		"access-list 101 permit tcp any any eq 22\r\n"
		" --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b"
		"access-list 101 permit udp any any eq 53\r\n"
		"access-list 101 permit tcp any any";
	struct fixture f;

	assert_int_equal(load(&f, "ios", text, sizeof(text) - 1), 0);
	EXPECT("101", 4, PERMITTED, "22", "10.0.0.1", "10.0.0.2", 6, 1, 22, 2);
	EXPECT("101", 4, PERMITTED, "53", "10.0.0.1", "10.0.0.2", 17, 1, 53);
	EXPECT("101", 4, UNKNOWN, "any", "10.0.0.1", "10.0.0.2", 6, 1, 23, 2);
	assert_int_equal(f.c.nunknown, 1);
	drop(&f);
}


static void groups_in_circles(void **state)
{
	static const char text[] =
		"object-group network A\n group-object B\n"
		"object-group network B\n host 10.0.0.1\n group-object A\n"
		"access-list 101 permit ip object-group A any\n";
	struct fixture f;

	assert_int_equal(load(&f, "ios", text, sizeof(text) - 1), EBADMSG);
	assert_int_equal(f.dl.errors, 1);
	assert_int_equal(f.dl.v[0].pos.line, 5);
	assert_non_null(strstr(f.dl.v[0].msg, "refers to itself"));
	drop(&f);
}


static void xr_lines(void **state)
{
	const char *text = xr_text;
	struct fixture f;

	assert_int_equal(load(&f, NULL, text, strlen(text)), 0);
	assert_string_equal(f.c.dialect, "iosxr");
	assert_int_equal(f.c.nunknown, 0);
	EXPECT("IN4", 4, PERMITTED, " 10 ", "10.1.1.10", "10.9.0.5", 6, 1, 16400, 2);
	EXPECT("IN4", 4, PERMITTED, " 20 ", "10.1.2.9", "10.9.0.5", 17, 5061, 1);
	EXPECT("IN4", 4, PERMITTED, " 30 ", "10.7.2.9", "10.9.0.5", 1, 3, 4);
	EXPECT("IN4", 4, DENIED, " 50 ", "10.7.2.9", "10.9.0.5", 1, 3, 3);
	EXPECT("IN4", 4, PERMITTED, " 40 ", "10.7.2.9", "10.9.0.5", 6, 3, 3, CONFIG_ACK);
	EXPECT("IN6", 6, PERMITTED, "128", "::2", "::1", 58, 128, 0);
	EXPECT("IN6", 6, PERMITTED, "443", "2001:db8:1::5", "::1", 6, 1, 443, 2);
	EXPECT("IN6", 6, DENIED, NULL, "2001:db8:2::5", "::1", 6, 1, 443, 2);
	EXPECT("IN6", 6, PERMITTED, "range", "2001:db8:2::5", "::1", 17, 1, 9);
	assert_int_equal(f.c.nhooks, 3);
	assert_int_equal(f.c.hooks[2].where, CONFIG_OUT);
	assert_int_equal(f.c.ifaces[1].addrs[0].len, 24);
	drop(&f);
}


static void nxos_lines(void **state)
{
	const char *text = nxos_text;
	struct fixture f;

	assert_int_equal(load(&f, NULL, text, strlen(text)), 0);
	assert_string_equal(f.c.dialect, "nxos");
	assert_int_equal(f.c.nunknown, 0);
	EXPECT("IN4", 4, PERMITTED, " 20 ", "10.1.2.9", "10.9.0.5", 6, 1, 65001, 2);
	EXPECT("IN4", 4, DENIED, " 50 ", "10.1.2.9", "10.9.0.5", 6, 1, 65000, 2);
	EXPECT("IN4", 4, PERMITTED, " 30 ", "10.1.1.9", "10.9.9.5", 17, 1, 123);
	EXPECT("IN4", 4, PERMITTED, " 60 ", "10.7.1.9", "10.9.9.5", 6, 1, 1, CONFIG_ACK);
	EXPECT("IN4", 4, DENIED, " 70 ", "10.7.1.9", "10.9.9.5", 17, 1, 123);
	EXPECT("IN6", 6, PERMITTED, "443", "2001:db8:1::5", "::1", 6, 1, 443, 2);
	EXPECT("IN6", 6, PERMITTED, "ipv6 access-list", "fe80::5", "ff02::2", 58, 133, 0);
	assert_int_equal(f.c.hooks[0].where, CONFIG_IN);
	assert_int_equal(f.c.hooks[2].where, CONFIG_LOCAL);
	assert_int_equal(f.c.nnotices, 1);		/* the list on a switch port */
	drop(&f);
}


/** Where an object says how it is translated, once */
static void translation_is_told_once(void **state)
{
	static const char text[] =
		"ASA Version 9.16(4)\n"
		"object network web\n host 10.1.0.5\n"
		"access-list in_a extended permit tcp any object web eq 80\n"
		"access-group in_a in interface a\n"
		"object network web\n nat (a,b) static 203.0.113.5\n";
	struct fixture f;

	assert_int_equal(load(&f, "asa", text, strlen(text)), 0);
	assert_int_equal(f.c.nunknown, 0);
	assert_int_equal(f.c.nnotices, 1);
	assert_int_equal(f.c.notices[0].line, 7);
	drop(&f);
}


static void asa_lines(void **state)
{
	const char *text = asa_text;
	struct fixture f;

	assert_int_equal(load(&f, NULL, text, strlen(text)), 0);
	assert_string_equal(f.c.dialect, "asa");
	EXPECT("FROM-ROOMS", 0, PERMITTED, "WEB", "10.1.0.10", "10.9.0.5", 6, 1, 443, 2);
	EXPECT("FROM-ROOMS", 0, PERMITTED, "WEB", "10.1.2.9", "10.9.0.5", 6, 1, 8081, 2);
	EXPECT("FROM-ROOMS", 0, PERMITTED, "MIX", "10.1.3.9", "10.9.0.5", 17, 1, 32768);
	EXPECT("FROM-ROOMS", 0, PERMITTED, "MIX", "10.1.3.9", "10.9.0.5", 6, 1024, 5061, 2);
	EXPECT("FROM-ROOMS", 0, PERMITTED, "SIPS", "10.7.3.9", "10.9.0.6", 6, 1024, 5061, 2);
	EXPECT("FROM-ROOMS", 0, PERMITTED, "BOTH", "10.7.3.9", "10.9.0.53", 17, 1024, 53);
	EXPECT("FROM-ROOMS", 0, PERMITTED, "PING", "10.7.3.9", "10.9.0.53", 1, 11, 1);
	EXPECT("FROM-ROOMS", 0, PERMITTED, "128", "::1", "::2", 58, 128, 0);
	EXPECT("FROM-ROOMS", 0, UNKNOWN, "away", "10.7.3.9", "10.9.0.53", 6, 1, 443, 2);
	EXPECT("FROM-ROOMS", 0, UNKNOWN, "interface", "10.7.3.9", "10.9.0.53", 6, 1, 80, 2);
	/* an inactive line is none; on to the global list */
	EXPECT("FROM-ROOMS", 0, DENIED, NULL, "10.7.3.9", "10.9.0.53", 6, 1, 22, 2);
	EXPECT("FROM-ROOMS", 0, SOMETIMES, "NIGHT", "10.7.3.9", "10.9.0.53", 17, 1, 123);
	EXPECT("CORE", 0, DENIED, "CORE", "10.9.3.9", "10.1.0.66", 17, 1, 123);
	EXPECT("SPLIT", 0, PERMITTED, "SPLIT", "10.9.3.9", "10.1.0.66", 17, 1, 123);
	assert_int_equal(f.c.nhooks, 3);
	assert_int_equal(f.c.hooks[0].tracking, CONFIG_STATE_IMPLICIT);
	assert_string_equal(f.c.hooks[2].iface, "desk");
	assert_string_equal(f.c.hooks[2].list, "ALL");
	assert_string_equal(f.c.ifaces[0].name, "rooms");
	assert_string_equal(f.c.ifaces[0].alias, "GigabitEthernet0/0");
	assert_string_equal(config_list_find(&f.c, "FROM-ROOMS", 0)->rules[0].rows.v[1], "A2-20");
	assert_int_equal(f.c.nunknown, 3);		/* fqdn, its user, interface */
	drop(&f);
}


/* "interface NAME" is the address that the file gives it, before or after */
static void asa_own_addresses(void **state)
{
	static const struct { const char *block; enum verdict here, next; } v[] = {
		{"interface G0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n", PERMITTED, DENIED},
		{"interface G0/0\n ip address 192.0.2.1 255.255.255.0 standby 192.0.2.2\n nameif outside\n",
		 PERMITTED, DENIED},
		{"interface G0/0\n nameif outside\n ip address edge 255.255.255.0\n", PERMITTED, DENIED},
		{"interface G0/0\n nameif Outside\n ip address 192.0.2.9 255.255.255.0\n", DENIED, DENIED},
		{"interface G0/0\n nameif outside\n ip address dhcp setroute\n", UNKNOWN, UNKNOWN},
		{"interface G0/0\n nameif outside\n", UNKNOWN, UNKNOWN},
		{"interface G0/0\n nameif inside\n ip address 192.0.2.1 255.255.255.0\n", UNKNOWN, UNKNOWN},
		{"interface G0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
		 " ipv6 address 2001:db8::1/64\n", UNKNOWN, UNKNOWN},
		{"interface G0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
		 "interface G0/1\n nameif outside\n ip address 192.0.2.7 255.255.255.0\n", UNKNOWN, UNKNOWN},
		{"object network o\n nat (a,b) static interface\n", UNKNOWN, UNKNOWN},
	};

	for (size_t i = 0; i < 2 * sizeof(v) / sizeof(v[0]); i++) {
		struct fixture f;
		char text[600];

		(void)snprintf(text, sizeof(text), "ASA Version 9.16(4)\nname 192.0.2.1 edge\n%s"
			       "access-list A extended permit tcp any interface outside eq 443\n%s"
			       "access-group A in interface outside\n", i % 2 ? v[i / 2].block : "",
			       i % 2 ? "" : v[i / 2].block);
		assert_int_equal(load(&f, "asa", text, strlen(text)), 0);
		EXPECT("A", 0, v[i / 2].here, v[i / 2].here == DENIED ? NULL : "interface", "10.1.0.5", "192.0.2.1", 6, 1, 443, 2);
		EXPECT("A", 0, v[i / 2].next, v[i / 2].next == DENIED ? NULL : "interface", "10.1.0.5", "192.0.2.2", 6, 1, 443, 2);
		drop(&f);
	}
}


static void dialects_are_told_apart(void **state)
{
	static const struct {
		const char *text, *name;
	} t[] = {
		{"ip access-list extended A\n permit ip any any\n", "ios"},
		{"access-list 101 permit ip any any\n", "ios"},
		{"access-list A extended permit ip any any\n", "asa"},
		{"ipv4 access-list A\n 10 permit ipv4 any any\n", "iosxr"},
		{"ip access-list A\n  10 permit ip any any\n", "nxos"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct policy_reader *r = policy_reader_detect(t[i].text, strlen(t[i].text));

		assert_non_null(r);
		assert_string_equal(r->name, t[i].name);
	}
}


static void shown_lists(void **state)
{
	static const char text[] =
		"Extended IP access list SHOWN\n"
		"    10 permit tcp any any eq www (12 matches)\n"
		"    20 deny ip any any log (3 matches)\n"
		"IPv6 access list SIX\n"
		"    permit tcp any any eq 443 sequence 10\n";
	struct fixture f;

	assert_int_equal(load(&f, "ios", text, sizeof(text) - 1), 0);
	assert_int_equal(f.c.nunknown, 0);
	EXPECT("SHOWN", 4, PERMITTED, "www", "10.0.0.1", "10.0.0.2", 6, 1, 80, 2);
	EXPECT("SIX", 6, PERMITTED, "443", "::1", "::2", 6, 1, 443, 2);
	drop(&f);
}


static void duplicates_and_wildcards(void **state)
{
	static const char text[] =
		"ip access-list extended D\n"
		" 10 permit ip 10.0.0.0 0.255.0.255 any\n"
		" 10 permit ip any any\n"
		" 20 permit ip 0.0.0.1 255.255.255.254 any\n";
	struct fixture f;

	assert_int_equal(load(&f, "ios", text, sizeof(text) - 1), 0);
	assert_int_equal(f.c.nunknown, 1);
	assert_int_equal(f.c.unknown[0].line, 3);
	EXPECT("D", 4, PERMITTED, "0.255.0.255", "10.7.0.9", "10.0.0.2", 6, 1, 80, 2);
	EXPECT("D", 4, UNKNOWN, "any any", "10.7.1.9", "10.0.0.2", 6, 1, 80, 2);
	drop(&f);
}


static void large_files_stay_small(void **state)
{
	static const char line[] = "interface Loopback1\n description nothing of note\n";
	size_t n = 20000, len = sizeof(line) - 1;
	char *text = malloc(n * len);
	struct fixture f;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, line, len);
	assert_int_equal(load(&f, "ios", text, n * len), 0);
	assert_true(f.c.mem.used < n * len * 4);
	assert_int_equal(f.c.nifaces, 1);
	drop(&f);
	free(text);
}


struct given {
	const char *reader, *text;
};


static void once(void *arg)
{
	const struct given *g = arg;
	struct fixture f;
	int err = load(&f, g->reader, g->text, strlen(g->text));

	assert_true(err == 0 || err == ENOMEM);
	drop(&f);
}


static void memory_runs_out(void **state)
{
	struct given g[] = { {"ios", ios_text}, {"asa", asa_text}, {"nxos", nxos_text},
			     {"iosxr", xr_text} };

	for (size_t i = 0; i < sizeof(g) / sizeof(g[0]); i++)
		assert_true(failmalloc_each(once, &g[i]) > 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translation_is_told_once),
		cmocka_unit_test(ios_lines),
		cmocka_unit_test(ios_bindings),
		cmocka_unit_test(unknown_is_said),
		cmocka_unit_test(pagers_and_torn_files),
		cmocka_unit_test(groups_in_circles),
		cmocka_unit_test(xr_lines),
		cmocka_unit_test(nxos_lines),
		cmocka_unit_test(asa_lines),
		cmocka_unit_test(asa_own_addresses),
		cmocka_unit_test(dialects_are_told_apart),
		cmocka_unit_test(shown_lists),
		cmocka_unit_test(duplicates_and_wildcards),
		cmocka_unit_test(large_files_stay_small),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
