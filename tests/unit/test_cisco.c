/* What we write for Cisco's systems, read again with our own readers, permits
 * exactly what the policy says: in every dialect, for every interface. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/policy.h"
#include "lib/policy/read/reader.h"
#include "tests/unit/failmalloc.h"

static const char dual[] =
	"site: t\nsecurity: on\nconditions: [dhcp, troubleshooting]\n"
	"networks: { a: [10.1.0.0/24, \"fd00:1::/64\"], b: 10.1.1.0/24, c: [10.9.0.0/24, "
	"\"fd00:9::/64\"], d: \"fd00:d::/64\" }\n"
	"hosts:\n"
	"  r1: { role: codec, address: [10.1.0.10, \"fd00:1::10\"], number: \"1\" }\n"
	"  r2: { role: codec, address: 10.1.1.10, number: \"2\" }\n"
	"  r3: { role: codec, address: \"fd00:d::7\", number: \"3\" }\n"
	"  p1: { role: phone, address: [10.1.0.20-10.1.0.29, 10.1.0.31] }\n"
	"  cc: { role: [callcontrol, dns, ntp, tftp], address: [10.9.0.5, \"fd00:9::5\"] }\n"
	"  mg: { role: [manager, multipoint, snmp], address: 10.9.0.7 }\n"
	"firewalls: { fw: { dialect: nftables, interfaces: { a: e1, b: Gi0/1, c: Gi0.1, d: e4 } } }\n";
static const char open_site[] =
	"site: t\nsecurity: off\n"
	"networks: { a: 10.1.0.0/24, c: 10.9.0.0/24 }\n"
	"hosts:\n"
	"  r1: { role: codec, address: 10.1.0.10, number: \"1\" }\n"
	"  p1: { role: phone, address: 10.1.0.20 }\n"
	"  cc: { role: [callcontrol, dns, ntp, tftp], address: 10.9.0.5 }\n"
	"firewalls: { fw: { dialect: nftables, interfaces: { a: e1, c: e2 } } }\n";

static const char *const sites[] = { dual, open_site };
static const char *const dialects[] = { "ios", "ios-groups", "iosxr", "nxos", "asa" };

struct fixture {
	struct arena mem;
	struct diag_list dl;
	struct site site;
	struct need_list needs;
	struct policy p;
	struct sbuf sb;
	struct config c;
};


static int prepare(struct fixture *f, const char *text, const char *to)
{
	const struct policy_backend *b = policy_backend_find(to);
	int err;

	memset(f, 0, sizeof(*f));
	err = site_parse(&f->site, &f->mem, text, strlen(text), "t", &f->dl);
	if (!err)
		err = need_expand(&f->needs, &f->mem, &f->site, &f->dl);
	if (!err)
		err = policy_build(&f->p, &f->mem, &f->site, &f->site.firewalls[0], &f->needs);
	if (!err)
		err = b->emit(&f->sb, &f->mem, &f->p);
	if (!err)
		err = policy_read(&f->c, strcmp(to, "ios-groups") ? to : "ios", "t.cfg",
				  sbuf_str(&f->sb), f->sb.len, &f->dl);
	return err;
}


static void drop(struct fixture *f)
{
	config_reset(&f->c);
	sbuf_reset(&f->sb);
	diag_reset(&f->dl);
	arena_reset(&f->mem);
}


static void add(struct pset *ps, const struct pset_box *q)
{
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };

	assert_int_equal(pset_add(ps, q, &budget), 0);
}


/** First match, first fragments only */
static void permitted(struct pset *out, const struct config_list *l)
{
	struct pset seen = {0};
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };

	for (size_t i = 0; i < l->nrules; i++)
		for (size_t k = 0; k < l->rules[i].nboxes; k++) {
			struct pset_box b = l->rules[i].boxes[k];
			struct pset left = {0};

			assert_false(l->rules[i].uncertain);
			if (b.lo[PSET_FRAGMENT] > 0)
				continue;
			b.hi[PSET_FRAGMENT] = 0;
			assert_int_equal(pset_subtract(&left, &b, seen.v, seen.n, &budget), 0);
			for (size_t j = 0; j < left.n; j++)
				if (l->rules[i].action == CONFIG_PERMIT)
					add(out, &left.v[j]);
			pset_reset(&left);
			if (l->rules[i].action == CONFIG_DENY)
				add(&seen, &b);
		}
	pset_reset(&seen);
}


static struct need_addrs meet(struct fixture *f, const struct need_addrs *a,
			      const struct need_addrs *b)
{
	struct need_addrs out;

	assert_int_equal(addrs_intersect(&out, &f->mem, a, b), 0);
	return out;
}


static void add_types(struct pset *out, const struct policy_rule *r, bool back, bool stateful,
		      const struct pset_box *q, uint8_t family)
{
	for (const struct need_icmp *t = need_icmp_types; t->bit; t++) {
		struct pset_box b = *q;
		bool error = t->bit != FLOW_ICMP_ECHO;
		unsigned bits = r->icmp;

		if (family == 6 && bits & FLOW_ICMP_UNREACHABLE)
			bits |= FLOW_ICMP_PACKET_TOO_BIG;
		if (t->family != family || !(bits & t->bit))
			continue;
		if (!error && (t->opens == back || (back && stateful)))
			continue;
		b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = family == 4 ? 1 : 58;
		b.lo[PSET_ICMP_TYPE] = b.hi[PSET_ICMP_TYPE] = t->type;
		if (family == 4 && t->code_lo == 4)
			b.lo[PSET_ICMP_CODE] = b.hi[PSET_ICMP_CODE] = 4;
		add(out, &b);
	}
}


static const struct flow_port every = { .lo = 0, .hi = 65535 };


static void add_ports(struct pset *out, const struct policy_rule *r, bool back,
		      const struct pset_box *q)
{
	const struct flow_port *s = r->nsports ? r->sports : &every;
	const struct flow_port *d = r->ndports ? r->dports : &every;

	for (size_t i = 0; i < (r->nsports ? r->nsports : 1); i++)
		for (size_t k = 0; k < (r->ndports ? r->ndports : 1); k++) {
			struct pset_box b = *q;

			b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] =
				r->transport == FLOW_TCP ? 6 : 17;
			b.lo[back ? PSET_DPORT : PSET_SPORT] = s[i].lo;
			b.hi[back ? PSET_DPORT : PSET_SPORT] = s[i].hi;
			b.lo[back ? PSET_SPORT : PSET_DPORT] = d[k].lo;
			b.hi[back ? PSET_SPORT : PSET_DPORT] = d[k].hi;
			if (!back || r->transport != FLOW_TCP) {
				add(out, &b);
				continue;
			}
			b.flags_mask = b.flags = CONFIG_ACK;
			add(out, &b);
			b.flags_mask = b.flags = CONFIG_RST;
			add(out, &b);
		}
}


/** One pair of interfaces of a rule, in one direction */
static void add_pair(struct fixture *f, struct pset *out, const struct policy_rule *r,
		     unsigned near, unsigned far, bool back, bool stateful)
{
	const struct need_addrs *s = &f->p.sets[back ? r->dst : r->src];
	const struct need_addrs *d = &f->p.sets[back ? r->src : r->dst];
	struct need_addrs from = meet(f, s, &f->p.interfaces[near].addrs);
	struct need_addrs to = meet(f, d, &f->p.interfaces[far].addrs);

	for (size_t i = 0; i < from.n; i++)
		for (size_t k = 0; k < to.n; k++) {
			struct pset_box b;
			uint8_t family = from.v[i].lo.family;

			if (family != to.v[k].lo.family)
				continue;
			pset_box_init(&b, family);
			pset_box_set_addrs(&b, PSET_SRC, &from.v[i]);
			pset_box_set_addrs(&b, PSET_DST, &to.v[k]);
			b.hi[PSET_FRAGMENT] = 0;
			if (r->transport == FLOW_ICMP)
				add_types(out, r, back, stateful, &b, family);
			else
				add_ports(out, r, back, &b);
		}
}


static void add_neighbours(struct fixture *f, struct pset *out, unsigned iface)
{
	static const char *const links[] = { "ff02::/16", "fe80::/10" };
	const struct ip_range *v;
	size_t n = addrs_family(&f->p.interfaces[iface].addrs, 6, &v);
	struct ip_range to[8];
	size_t nto = 0;

	if (!n)
		return;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ip_range_parse(&to[nto++], links[i]), 0);
	for (size_t i = 0; i < n; i++)
		to[nto++] = v[i];
	for (size_t i = 0; i < nto; i++) {
		struct pset_box b;

		pset_box_init(&b, 6);
		pset_box_set_addrs(&b, PSET_DST, &to[i]);
		b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = 58;
		b.lo[PSET_ICMP_TYPE] = 135;
		b.hi[PSET_ICMP_TYPE] = 136;
		b.hi[PSET_FRAGMENT] = 0;
		add(out, &b);
		b.lo[PSET_ICMP_TYPE] = b.hi[PSET_ICMP_TYPE] = 133;
		if (!i)
			add(out, &b);
	}
}


static void expected(struct fixture *f, struct pset *out, unsigned iface, bool stateful)
{
	for (size_t i = 0; i < f->p.nrules; i++) {
		const struct policy_rule *r = &f->p.rules[i];

		if (stateful && r->how == POLICY_EXPECTED)
			continue;
		for (size_t k = 0; k < r->npairs; k++) {
			if (r->pairs[k].in == iface)
				add_pair(f, out, r, iface, r->pairs[k].out, false, stateful);
			if (r->pairs[k].out == iface &&
			    (!stateful || r->transport == FLOW_ICMP))
				add_pair(f, out, r, iface, r->pairs[k].in, true, stateful);
		}
	}
	if (!stateful)
		add_neighbours(f, out, iface);
}


static void print_witness(const char *to, const char *iface, const struct pset_packet *w)
{
	struct ip_addr s = pset_packet_addr(w, PSET_SRC), d = pset_packet_addr(w, PSET_DST);
	char sbuf[IP_STRLEN], dbuf[IP_STRLEN];

	print_message("%s %s: protocol %u %s:%u > %s:%u type %u code %u flags %x\n", to, iface,
		      w->field[PSET_PROTOCOL], ip_str(&s, sbuf), w->field[PSET_SPORT],
		      ip_str(&d, dbuf), w->field[PSET_DPORT], w->field[PSET_ICMP_TYPE],
		      w->field[PSET_ICMP_CODE], w->flags);
}


static void check_interface(struct fixture *f, const char *to, unsigned iface)
{
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };
	struct pset got = {0}, want = {0};
	struct pset_packet witness;
	bool yes, stateful = !strcmp(to, "asa");
	unsigned hooks = 0;

	for (size_t i = 0; i < f->c.nhooks; i++) {
		const struct config_hook *h = &f->c.hooks[i];
		const struct config_list *l;

		if (strcmp(h->iface, f->p.interfaces[iface].name) != 0)
			continue;
		assert_int_equal(h->where, CONFIG_IN);
		l = config_list_find(&f->c, h->list, stateful ? 0 : h->family);
		assert_non_null(l);
		assert_true(l->defined);
		permitted(&got, l);
		hooks++;
	}
	assert_int_equal(hooks, stateful ? 1 : 2);
	expected(f, &want, iface, stateful);
	assert_int_equal(pset_equal(&yes, &witness, &got, &want, &budget), 0);
	if (!yes)
		print_witness(to, f->p.interfaces[iface].name, &witness);
	assert_true(yes);
	pset_reset(&got);
	pset_reset(&want);
}


static void lists_are_exact(void **state)
{
	for (size_t s = 0; s < sizeof(sites) / sizeof(sites[0]); s++)
		for (size_t d = 0; d < sizeof(dialects) / sizeof(dialects[0]); d++) {
			struct fixture f;
			int err = prepare(&f, sites[s], dialects[d]);

			for (size_t i = 0; i < f.dl.n; i++)
				if (f.dl.v[i].level == DIAG_ERROR)
					print_message("%s\n", f.dl.v[i].msg);
			for (size_t i = 0; i < f.c.nunknown; i++)
				print_message("%s: %.*s: %s\n", dialects[d],
					      (int)f.c.unknown[i].text.n,
					      f.c.unknown[i].text.p, f.c.unknown[i].reason);
			assert_int_equal(err, 0);
			assert_int_equal(f.c.nunknown, 0);
			for (unsigned i = 0; i < f.p.ninterfaces; i++)
				check_interface(&f, dialects[d], i);
			drop(&f);
		}
}


/** Every line that permits leads back to rows. */
static void lines_name_their_rows(void **state)
{
	for (size_t d = 0; d < sizeof(dialects) / sizeof(dialects[0]); d++) {
		struct fixture f;

		assert_int_equal(prepare(&f, dual, dialects[d]), 0);
		for (size_t i = 0; i < f.c.nlists; i++)
			for (size_t k = 0; k < f.c.lists[i].nrules; k++) {
				const struct config_rule *r = &f.c.lists[i].rules[k];
				bool found = memmem(r->text.p, r->text.n, "nd-n", 4) ||
					     memmem(r->text.p, r->text.n, "icmpv6 any", 10) ||
					     memmem(r->text.p, r->text.n, "router-s", 8);

				if (r->action == CONFIG_PERMIT && !r->implied && !found)
					assert_true(r->rows.n > 0);
			}
		drop(&f);
	}
}


/** In the same text, so that a group that is named is one that is there */
static void groups_are_defined(void **state)
{
	static const char *const refs[] = { "object-group ", "net-group ", "addrgroup ",
					    "port-group ", "portgroup " };

	for (size_t d = 0; d < sizeof(dialects) / sizeof(dialects[0]); d++) {
		struct fixture f;
		const char *text;

		assert_int_equal(prepare(&f, dual, dialects[d]), 0);
		text = sbuf_str(&f.sb);
		for (size_t k = 0; k < sizeof(refs) / sizeof(refs[0]); k++)
			for (const char *p = strstr(text, refs[k]); p; p = strstr(p + 1, refs[k])) {
				const char *name = p + strlen(refs[k]), *q = text;
				size_t n = strcspn(name, " \n");
				bool found = false;

				if (p > text && p[-1] == '\n')
					continue;
				while (!found && (q = strstr(q, "\nobject-group "))) {
					const char *eol = strchr(++q, '\n');
					const char *at = memmem(q, (size_t)(eol - q), name, n);

					found = at && at[-1] == ' ' && (at[n] == '\n' || at[n] == ' ');
				}
				assert_true(found);
			}
		drop(&f);
	}
}


static void words_are_the_dialects_own(void **state)
{
	struct fixture f;
	const char *text;

	assert_int_equal(prepare(&f, dual, "ios-groups"), 0);
	text = sbuf_str(&f.sb);
	assert_null(strstr(text, "net-group"));
	assert_null(strstr(text, "port-group"));
	assert_null(strstr(text, "object-group network ipv4"));
	assert_non_null(strstr(text, "object-group network codec\n"));
	assert_non_null(strstr(text, " echo\n"));
	assert_non_null(strstr(text, " echo-reply\n"));
	assert_non_null(strstr(text, " time-exceeded\n"));
	/* IPv6 lists know no groups */
	for (const char *p = strstr(text, "\nipv6 access-list"); p; p = strchr(p + 1, '\n')) {
		if (!strncmp(p, "\n!", 2))
			break;
		assert_null(memmem(p + 1, strcspn(p + 1, "\n"), "object-group", 12));
	}
	drop(&f);
}


static void lines_fit(void **state)
{
	for (size_t d = 0; d < sizeof(dialects) / sizeof(dialects[0]); d++) {
		struct fixture f;

		assert_int_equal(prepare(&f, dual, dialects[d]), 0);
		for (const char *p = strstr(sbuf_str(&f.sb), "remark "); p;
		     p = strstr(p + 1, "remark "))
			assert_true(strcspn(p + 7, "\n") <= 100);
		drop(&f);
	}
}


/** A host more changes no line that does not hold it. */
static void numbers_stay(void **state)
{
	struct fixture f, g;
	char grown[sizeof(open_site) + 200];
	const char *cut = strstr(open_site, "  p1:");
	size_t kept = 0, lines = 0;

	assert_int_equal(prepare(&f, open_site, "ios"), 0);
	(void)snprintf(grown, sizeof(grown), "%.*s  r9: { role: manager, address: 10.9.0.9 }\n%s",
		       (int)(cut - open_site), open_site, cut);
	assert_int_equal(prepare(&g, grown, "ios"), 0);
	for (char *p = f.sb.p, *eol; (eol = strchr(p, '\n')); p = eol + 1) {
		char line[300];

		(void)snprintf(line, sizeof(line), "\n%.*s\n", (int)(eol - p), p);
		if (*p != ' ' || p[1] < '0' || p[1] > '9')
			continue;
		lines++;
		kept += strstr(sbuf_str(&g.sb), line) != NULL;
	}
	assert_true(lines > 20);
	assert_int_equal(kept, lines);
	drop(&f);
	drop(&g);
}


static void once(void *arg)
{
	struct fixture f;
	int err = prepare(&f, open_site, arg);

	assert_true(err == 0 || err == ENOMEM);
	drop(&f);
}


static void memory_runs_out(void **state)
{
	assert_true(failmalloc_each(once, (void *)(uintptr_t)"ios-groups") > 3);
	assert_true(failmalloc_each(once, (void *)(uintptr_t)"nxos") > 3);
	assert_true(failmalloc_each(once, (void *)(uintptr_t)"asa") > 3);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_exact),
		cmocka_unit_test(lines_name_their_rows),
		cmocka_unit_test(groups_are_defined),
		cmocka_unit_test(words_are_the_dialects_own),
		cmocka_unit_test(lines_fit),
		cmocka_unit_test(numbers_stay),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
