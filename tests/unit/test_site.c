#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/site/option.h"
#include "lib/site/site.h"
#include "tests/unit/failmalloc.h"

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

struct fixture {
	struct arena a;
	struct diag_list dl;
	struct site s;
	int err;
};

#define HEAD "site: s\nnetworks: { n: [10.0.0.0/24, 2001:db8::/64], m: 10.0.1.0/24 }\n"
#define HOSTS "hosts:\n  h: { role: codec, address: 10.0.0.5 }\n"


static void parse(struct fixture *f, const char *text)
{
	memset(f, 0, sizeof(*f));
	f->err = site_parse(&f->s, &f->a, text, strlen(text), "f", &f->dl);
	assert_int_equal(f->err, f->dl.errors ? EBADMSG : 0);
	diag_sort(&f->dl);
}


static void done(struct fixture *f)
{
	diag_reset(&f->dl);
	arena_reset(&f->a);
}


static void small_site_is_read(void **state)
{
	struct fixture f;

	parse(&f, HEAD HOSTS);
	assert_int_equal(f.dl.n, 0);
	assert_string_equal(f.s.name, "s");
	assert_true(f.s.security);
	assert_int_equal(f.s.nhosts, 1);
	assert_int_equal(f.s.hosts[0].screens, 1);
	assert_null(f.s.hosts[0].number);
	assert_ptr_equal(f.s.hosts[0].networks[0], &f.s.networks[0]);
	assert_int_equal(f.s.nmatrices, 1);
	done(&f);
}


static void things_are_found(void **state)
{
	struct fixture f;
	struct ip_addr a;
	char buf[IP_STRLEN];

	parse(&f, HEAD "hosts:\n  h: { role: [codec, dns], address: [\"2001:db8::5\", 10.0.0.5-10.0.0.9],"
	      " number: 1001, screens: 3, auto-answer: on }\n  g: { role: ntp, address: 10.0.1.1 }\n");
	assert_int_equal(f.dl.n, 0);
	assert_string_equal(site_host_find(&f.s, "h")->number, "1001");
	assert_null(site_host_find(&f.s, "x"));
	assert_string_equal(site_host_by_role(&f.s, "dns")->name, "h");
	assert_string_equal(site_host_by_role(&f.s, "ntp")->name, "g");
	assert_null(site_host_by_role(&f.s, "phone"));
	assert_int_equal(ip_parse(&a, "10.0.0.7"), 0);
	assert_string_equal(site_host_by_addr(&f.s, &a)->name, "h");
	assert_string_equal(site_network_by_addr(&f.s, &a)->name, "n");
	assert_int_equal(ip_parse(&a, "10.0.2.7"), 0);
	assert_null(site_host_by_addr(&f.s, &a));
	assert_null(site_network_by_addr(&f.s, &a));
	assert_true(site_host_addr(&f.s.hosts[0], 4, &a));
	assert_string_equal(ip_str(&a, buf), "10.0.0.5");
	assert_true(site_host_addr(&f.s.hosts[0], 0, &a));
	assert_string_equal(ip_str(&a, buf), "2001:db8::5");
	assert_false(site_host_addr(&f.s.hosts[1], 6, &a));
	assert_string_equal(site_host_setting(&f.s.hosts[0], "auto-answer", "off"), "on");
	assert_string_equal(site_host_setting(&f.s.hosts[1], "auto-answer", "off"), "off");
	assert_string_equal(site_row_find(&f.s, "A2-20")->protocol, "SIP");
	done(&f);
}


static void conditions_are_decided(void **state)
{
	static const struct { const char *more, *when; bool holds; } v[] = {
		{"", NULL, true}, {"", "always", true}, {"", "secure", true}, {"", "insecure", false},
		{"security: off\n", "secure", false}, {"security: off\n", "insecure", true},
		{"", "call", true}, {"", "operation", true}, {"", "phone", false}, {"", "manager", false},
		{"  p: { role: phone, address: 10.0.1.7 }\n", "phone", true},
		{"  p: { role: manager, address: 10.0.1.7 }\n", "manager", true},
		{"", "upgrade", false}, {"conditions: upgrade\n", "upgrade", true},
		{"conditions: [telnet, upgrade]\n", "upgrade", true}, {"", "dhcp", false},
		{"", "ad-single-server", false}, {"security: off\n", "ad-single-server", true},
		{"conditions: ad-single-server\n", "ad-single-server", true},
		{"security: off\nconditions: ad-global-catalogue\n", "ad-single-server", false},
		{"", "no-such-thing", false},
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct fixture f;
		char text[512];

		(void)snprintf(text, sizeof(text), "%s%s", HEAD HOSTS, v[i].more);
		parse(&f, text);
		assert_int_equal(f.dl.n, 0);
		assert_int_equal(site_condition(&f.s, v[i].when), v[i].holds);
		done(&f);
	}
}


static void rows_apply_where_both_ends_are(void **state)
{
	struct fixture f;

	parse(&f, HEAD HOSTS "  c: { role: callcontrol, address: 10.0.1.7 }\n");
	assert_true(site_row_applies(&f.s, site_row_find(&f.s, "A2-20")));
	assert_true(site_row_applies(&f.s, site_row_find(&f.s, "A2-04")));
	assert_true(site_row_applies(&f.s, site_row_find(&f.s, "A2-21")));
	assert_false(site_row_applies(&f.s, site_row_find(&f.s, "A2-19")));
	assert_false(site_row_applies(&f.s, site_row_find(&f.s, "A2-06")));
	assert_false(site_row_applies(&f.s, site_row_find(&f.s, "A2-02")));
	assert_false(site_row_applies(&f.s, site_row_find(&f.s, "A3-14")));
	done(&f);
}


/* From any to any: with a role of the matrix, narrowed, or in a matrix without roles */
static void any_to_any_goes_with_its_matrix(void **state)
{
	static const char own[] = "matrix: own\nrows:\n"
		"  - { id: O-1, protocol: O, transport: tcp, from: client, to: server, ports: 1, purpose: \"One.\" }\n"
		"  - { id: O-2, protocol: O, transport: icmp, from: any, to: any, icmp: echo, purpose: \"Two.\" }\n";
	static const char bare[] = "matrix: bare\nrows:\n"
		"  - { id: B-1, protocol: B, transport: icmp, from: any, to: any, icmp: echo, purpose: \"One.\" }\n";
	static const struct { const char *role, *more; bool ours, own, bare; } v[] = {
		{"codec", "", true, false, true}, {"client", "", false, true, true},
		{"[client, dns]", "", true, true, true},
		{"client", "narrow: { A2-04: { from: n } }\n", true, true, true},
		{"admin", "narrow: { O-2: { to: h } }\n", true, true, true},
		{"host", "", false, false, true},
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct flow_matrix m[3];
		struct fixture f;
		char text[512];

		/* what names the other matrices makes site_parse() leave the checks to us */
		(void)snprintf(text, sizeof(text), "%shosts:\n  h: { role: %s, address: 10.0.0.5 }\n"
			       "matrices: [own, bare]\n%s", HEAD, v[i].role, v[i].more);
		parse(&f, text);
		assert_int_equal(f.dl.n, 0);
		m[0] = f.s.matrices[0];
		assert_int_equal(flow_matrix_parse(&m[1], &f.a, own, strlen(own), "own", &f.dl), 0);
		assert_int_equal(flow_matrix_parse(&m[2], &f.a, bare, strlen(bare), "bare", &f.dl), 0);
		f.s.matrices = m;
		f.s.nmatrices = COUNT(m);
		assert_int_equal(site_check(&f.s, &f.dl), 0);
		assert_int_equal(site_row_applies(&f.s, site_row_find(&f.s, "A2-04")), v[i].ours);
		assert_int_equal(site_row_applies(&f.s, site_row_find(&f.s, "O-2")), v[i].own);
		assert_int_equal(site_row_applies(&f.s, site_row_find(&f.s, "B-1")), v[i].bare);
		assert_true(site_row_concerns(&f.s, site_row_find(&f.s, "A2-20")));
		done(&f);
	}
}


static void firewalls_take_both_forms(void **state)
{
	struct fixture f;

	parse(&f, HEAD HOSTS "firewalls:\n  a: { dialect: nftables, interfaces: { n: eth0, m: eth0 } }\n"
	      "  b: { dialect: nftables, interfaces: { eth0: [n, m] } }\n"
	      "  c: { dialect: nftables, interfaces: { eth0: n, m: eth1 } }\n");
	assert_int_equal(f.dl.n, 0);
	assert_int_equal(f.s.firewalls[0].ninterfaces, 1);
	assert_int_equal(f.s.firewalls[0].interfaces[0].nnetworks, 2);
	assert_int_equal(f.s.firewalls[1].interfaces[0].nnetworks, 2);
	assert_int_equal(f.s.firewalls[2].ninterfaces, 2);
	assert_string_equal(f.s.firewalls[2].interfaces[1].name, "eth1");
	assert_string_equal(f.s.firewalls[2].interfaces[1].networks[0]->name, "m");
	done(&f);
}


static void narrow_is_read(void **state)
{
	struct fixture f;

	parse(&f, HEAD HOSTS "narrow: { A2-21: { from: h, to: [codec, n], ports: [1-2, 9] }, A2-15: { from: m } }\n");
	assert_int_equal(f.dl.n, 0);
	assert_int_equal(f.s.nnarrows, 2);
	assert_string_equal(f.s.narrows[0].row, "A2-21");
	assert_int_equal(f.s.narrows[0].nfrom, 1);
	assert_int_equal(f.s.narrows[0].nto, 2);
	assert_int_equal(f.s.narrows[0].nto_ports, 2);
	assert_int_equal(f.s.narrows[0].to_ports[0].hi, 2);
	assert_null(f.s.narrows[1].to);
	assert_null(f.s.narrows[1].to_ports);
	done(&f);
}


/* One mistake each: its only message and its place. */
static void mistakes_have_places(void **state)
{
	static const struct { const char *text, *msg; unsigned line, col; } v[] = {
		{"", "the file is empty", 1, 1},
		{"- a\n", "a site must be a map of \"key: value\", this is a list", 1, 1},
		{"networks: { n: 10.0.0.0/24 }\n" HOSTS, "this site has no \"site:\"", 1, 1},
		{HEAD "hosts:\n", "this site has no \"hosts:\"", 1, 1},
		{HEAD HOSTS "fire: 1\n", "a site has no key \"fire\"", 5, 1},
		{HEAD HOSTS "  h: { role: dns, address: 10.0.0.6 }\n", "\"h\" is given twice (first in line 4)", 5, 3},
		{HEAD HOSTS "  g: { role: dns, address: 10.0.0.4-10.0.0.6 }\n",
		 "host g has the address 10.0.0.5 of host h (line 4)", 5, 3},
		{HEAD HOSTS "  g: { role: dns, address: 10.0.0.255 }\n", "10.0.0.255 is the network's broadcast address", 5, 28},
		{HEAD HOSTS "  g: { role: dns, address: 10.0.0.250-10.0.1.5 }\n", "10.0.0.250-10.0.1.5 leaves its network", 5, 28},
		{HEAD HOSTS "  g: { role: any, address: 10.0.0.6 }\n", "no matrix has a role \"any\"", 5, 14},
		{HEAD HOSTS "security: on\nsecurity: off\n", "\"security\" is given twice (first in line 5)", 6, 1},
		{HEAD HOSTS "firewalls: { f: { dialect: x, interfaces: { n: e0 } } }\n",
		 "network m lies behind no firewall: add it to an interface", 2, 46},
		{HEAD HOSTS "firewalls: { f: { dialect: x, interfaces: { n: e0, m: e1, e2: [n] } } }\n",
		 "network n lies behind interface e0 of firewall f already", 5, 64},
		{HEAD HOSTS "narrow: { A2-04: { ports: 1 } }\n", "row A2-04 has no ports to narrow", 5, 11},
		{HEAD HOSTS "narrow: { A2-21: { from: here } }\n", "\"here\" is no role, host or network of this site", 5, 26},
		{HEAD HOSTS "narrow: { A2-21: {} }\n", "narrow A2-21 with \"from\", \"to\" or \"ports\"", 5, 18},
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct fixture f;

		parse(&f, v[i].text);
		if (f.dl.n != 1 || strcmp(f.dl.v[0].msg, v[i].msg))
			fail_msg("%s: %zu: %s", v[i].text, f.dl.n, f.dl.n ? f.dl.v[0].msg : "fine");
		assert_int_equal(f.dl.v[0].pos.line, v[i].line);
		assert_int_equal(f.dl.v[0].pos.col, v[i].col);
		done(&f);
	}
}


static void options_are_checked(void **state)
{
	static const struct { const char *key, *value; bool ok; } v[] = {
		{"source-video", "pattern", true}, {"source-video", "pattern:1920x1080@30", true},
		{"source-video", "pattern:1921x1080@30", false}, {"source-video", "pattern:", false},
		{"source-video", "pattern:1280x720@0", false}, {"source-video", "pattern:1280x720@30x", false},
		{"source-video", "file:a.mp4", true}, {"source-video", "file:", false},
		{"source-video", "camera:/dev/video0", true}, {"source-video", "camera:video0", false},
		{"source-video", "none", true}, {"source-video", "patterns", false},
		{"source-audio", "tone", true}, {"source-audio", "tone:440", true},
		{"source-audio", "microphone:hw:1,0", true}, {"source-audio", "tonne", false},
		{"sink-video", "picture", true}, {"sink-video", "", false}, {"sink-video", "picture:x", false},
		{"auto-answer", "on", true}, {"auto-answer", "true", false},
		{"video-bitrate", "4M", true}, {"video-bitrate", "2500k", true}, {"video-bitrate", "64000", true},
		{"video-bitrate", "63999", false}, {"video-bitrate", "41M", false}, {"video-bitrate", "4G", false},
		{"video-bitrate", "99999999999M", false}, {"video-bitrate", "-4M", false},
		{"audio-codecs", "opus,PCMA", true}, {"audio-codecs", "opus,", false}, {"audio-codecs", "opus, PCMA", false},
		{"register-expires", "60", true}, {"register-expires", "59", false}, {"register-expires", "86401", false},
		{"digest", "sha-256", true}, {"digest", "sha", false},
		{"password", "x", true}, {"password", "", false},
	};

	for (size_t i = 0; i < COUNT(v); i++)
		if (site_option_valid(site_option_find(v[i].key), v[i].value) != v[i].ok)
			fail_msg("%s: %s", v[i].key, v[i].value);
	for (const struct site_option *o = site_options; o->key; o++)
		if (*o->def)
			assert_true(site_option_valid(o, o->def));
	assert_null(site_option_find("role"));
}


static void many_hosts_are_quick(void **state)
{
	enum { HOSTS_MAX = 10000, LINE = 80 };
	char *text = malloc((HOSTS_MAX + 8) * LINE);
	struct fixture f;
	size_t n;

	assert_non_null(text);
	n = (size_t)sprintf(text, "site: s\nnetworks: { n: 10.0.0.0/8 }\nhosts:\n");
	for (unsigned i = 0; i < HOSTS_MAX; i++)
		n += (size_t)sprintf(text + n, "  h%u: { role: codec, address: 10.1.%u.%u, number: \"%u\" }\n",
				     i, i >> 8, i & 255, i);
	parse(&f, text);
	assert_int_equal(f.dl.n, 0);
	assert_int_equal(f.s.nhosts, HOSTS_MAX);
	done(&f);

	(void)sprintf(text + n, "  one-more: { role: codec, address: 10.2.0.1 }\n");
	parse(&f, text);
	assert_int_equal(f.dl.n, 1);
	assert_string_equal(f.dl.v[0].msg, "more than 10000 hosts: split the site");
	done(&f);
	free(text);
}


static void parse_whole(void *arg)
{
	static const char text[] = HEAD HOSTS
		"firewalls: { f: { dialect: x, interfaces: { n: e0, nm: e1 } } }\n"
		"narrow: { A2-21: { to: codec, ports: 1 } }\nconditions: upgrade\n";
	struct arena a = {0};
	struct diag_list dl = {0};
	struct site s;
	int err = site_parse(&s, &a, text, sizeof(text) - 1, "f", &dl);

	assert_true(err == ENOMEM || err == EBADMSG);
	diag_reset(&dl);
	arena_reset(&a);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(parse_whole, NULL) >= 5);

	/* and an arena that is full at any point */
	for (size_t max = 16384; max < 400000; max += 16384) {
		struct arena a = { .max = max };
		struct diag_list dl = {0};
		struct site s;
		int err = site_parse(&s, &a, HEAD HOSTS, strlen(HEAD HOSTS), "f", &dl);

		assert_true(err == ENOMEM || err == 0);
		diag_reset(&dl);
		arena_reset(&a);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_site_is_read),
		cmocka_unit_test(things_are_found),
		cmocka_unit_test(conditions_are_decided),
		cmocka_unit_test(rows_apply_where_both_ends_are),
		cmocka_unit_test(any_to_any_goes_with_its_matrix),
		cmocka_unit_test(firewalls_take_both_forms),
		cmocka_unit_test(narrow_is_read),
		cmocka_unit_test(mistakes_have_places),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(many_hosts_are_quick),
		cmocka_unit_test(allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
