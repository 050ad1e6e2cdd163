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
#include "lib/policy/audit/audit.h"
#include "lib/policy/audit/device.h"
#include "lib/policy/audit/explain.h"
#include "lib/policy/read/reader.h"
#include "tests/unit/failmalloc.h"

static const char site_text[] =
	"site: t\n"
	"networks: { rooms: 10.1.0.0/24, services: 10.2.0.0/24 }\n"
	"hosts:\n"
	"  room: { role: codec, address: 10.1.0.10 }\n"
	"  callcontrol: { role: callcontrol, address: 10.2.0.10 }\n"
	"  services: { role: [dns, ntp], address: 10.2.0.53 }\n"
	"firewalls:\n"
	"  fw: { dialect: ios, interfaces: { rooms: eth0, services: eth1 } }\n";

static const char *const sides[2] = { "eth0", "eth1" };

static uint32_t seed;

struct bed {
	struct arena mem;
	struct diag_list dl;
	struct site site;
	struct need_list needs;
	struct policy policy;
	struct config config;
	struct audit audit;
};


static unsigned rnd(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}


static int bed_make(struct bed *b)
{
	int err = site_parse(&b->site, &b->mem, site_text, sizeof(site_text) - 1, "t", &b->dl);

	if (!err)
		err = need_expand(&b->needs, &b->mem, &b->site, &b->dl);
	if (!err)
		err = policy_build(&b->policy, &b->mem, &b->site, &b->site.firewalls[0], &b->needs);
	return err;
}


static void bed_reset(struct bed *b)
{
	audit_reset(&b->audit);
	config_reset(&b->config);
	diag_reset(&b->dl);
	arena_reset(&b->mem);
}


static void push_box(struct config *c, struct config_rule *r, const struct pset_box *b)
{
	struct pset_box *v = arena_calloc(&c->mem, r->nboxes + 1, sizeof(*v));

	assert_non_null(v);
	if (r->nboxes)
		memcpy(v, r->boxes, r->nboxes * sizeof(*v));
	v[r->nboxes++] = *b;
	r->boxes = v;
}


/** What returns has no flag that only the first packet has. */
static void push_flow(struct config *c, struct config_rule *r, struct bed *b, size_t rule,
		      size_t pair, bool back)
{
	const struct policy_rule *pr = &b->policy.rules[rule];
	struct pset boxes = {0};
	struct audit au = { .policy = &b->policy, .mem = &b->mem };

	assert_int_equal(audit_rule_boxes(&boxes, &au, pr, pr->pairs[pair], 4, back), 0);
	for (size_t i = 0; i < boxes.n; i++) {
		boxes.v[i].hi[PSET_FRAGMENT] = 0;
		if (back && pr->transport == FLOW_TCP)
			boxes.v[i].flags_mask = boxes.v[i].flags = CONFIG_ACK;
		push_box(c, r, &boxes.v[i]);
	}
	pset_reset(&boxes);
}


/** Something across the middle of the networks, hosts and ports of the site */
static struct pset_box random_box(void)
{
	static const char *const ranges[] = {
		"10.1.0.0/24", "10.1.0.10", "10.1.0.0/29", "10.2.0.0/24", "10.2.0.10",
		"10.2.0.53", "10.2.0.32/27", "10.0.0.0/8", "192.168.0.0/16",
	};
	static const uint16_t ports[] = { 0, 53, 123, 443, 1024, 5060, 5061, 16384, 32768, 65535 };
	struct pset_box b;
	struct ip_range r;
	unsigned i;

	pset_box_init(&b, 4);
	for (int e = 0; e < 2; e++) {
		assert_int_equal(ip_range_parse(&r, ranges[rnd(9)]), 0);
		if (rnd(3))
			pset_box_set_addrs(&b, e, &r);
	}
	if (rnd(4))
		b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = rnd(3) ? 17 : 6;
	i = rnd(9);
	if (rnd(2)) {
		b.lo[PSET_DPORT] = ports[i];
		b.hi[PSET_DPORT] = ports[i + rnd(10 - i)];
	}
	b.hi[PSET_FRAGMENT] = 0;
	return b;
}


static void push_random(struct config *c, struct config_rule *r)
{
	struct pset_box b = random_box();

	push_box(c, r, &b);
}


/** One list for each side: all that is needed, in random order, some of it
 *  left out, and random permits and denies between. */
static void make_lists(struct bed *b, unsigned noise)
{
	struct config *c = &b->config;

	for (unsigned side = 0; side < 2; side++) {
		struct config_list *l;
		struct config_rule *r;

		assert_int_equal(config_list_get(&l, c, sides[side], 4, 4), 0);
		l->defined = true;
		for (size_t i = 0; i < b->policy.nrules; i++)
			for (size_t k = 0; k < b->policy.rules[i].npairs; k++) {
				bool back = b->policy.rules[i].pairs[k].in != side;

				if (noise && !rnd(12))
					continue;
				assert_int_equal(config_rule_add(&r, c, l, (unsigned)l->nrules + 1,
					(struct config_text){ "x", 1 }), 0);
				r->action = CONFIG_PERMIT;
				push_flow(c, r, b, i, k, back);
				if (!noise || rnd(6))
					continue;
				assert_int_equal(config_rule_add(&r, c, l, (unsigned)l->nrules + 1,
					(struct config_text){ "x", 1 }), 0);
				r->action = rnd(2) ? CONFIG_PERMIT : CONFIG_DENY;
				push_random(c, r);
			}
		assert_int_equal(config_hook_add(c, &(struct config_hook){
			.list = l->name, .where = CONFIG_IN, .iface = sides[side],
			.family = 4 }), 0);
	}
}


/** By the rules themselves, as they stand */
static bool passes(struct bed *b, const struct pset_packet *p, unsigned side)
{
	struct explain_where where = { sides[side], sides[!side] };
	enum flat_class v;

	assert_int_equal(explain_list(&v, &b->config, config_list_find(&b->config, sides[side], 4),
				      p, &where, NULL, NULL), 0);
	assert_int_not_equal(v, FLAT_UNKNOWN);
	return v == FLAT_PERMIT;
}


static pset_addr between(pset_addr lo, pset_addr hi)
{
	if (hi > UINT32_MAX)
		hi = UINT32_MAX;
	switch (rnd(4)) {
	case 0: return lo;
	case 1: return hi;
	default: return lo + rnd((unsigned)((hi - lo) % 0xffffff) + 1);
	}
}


static struct pset_packet sample(const struct pset_box *b)
{
	struct pset_packet p = { .flags = b->flags & b->flags_mask };

	for (int e = 0; e < 2; e++)
		p.addr[e] = between(b->alo[e], b->ahi[e]);
	for (int f = PSET_PROTOCOL; f <= PSET_FRAGMENT; f++)
		p.field[f] = (uint16_t)between(b->lo[f], b->hi[f]);
	p.field[PSET_STATE] = 1;
	return p;
}


static bool in_set(const struct pset *ps, const struct pset_packet *p)
{
	struct pset_packet q = *p;

	for (size_t i = 0; i < ps->n; i++) {
		q.field[PSET_IN] = ps->v[i].lo[PSET_IN];
		q.field[PSET_OUT] = ps->v[i].lo[PSET_OUT];
		q.field[PSET_STATE] = ps->v[i].lo[PSET_STATE];
		if (pset_box_has(&ps->v[i], &q))
			return true;
	}

	return false;
}


/** Packets of the flow: each passes, or is among those told as blocked. */
static void check_flow(struct bed *b, const struct audit_flow *f)
{
	struct pset boxes = {0};

	if (f->verdict == AUDIT_OUT_OF_STEPS)
		return;
	if (f->has_witness && f->verdict != AUDIT_PERMITTED)
		assert_false(passes(b, &f->witness, f->back ? f->pair.out : f->pair.in));
	for (size_t i = 0; i < f->blocked.n; i++) {
		struct pset_packet p = sample(&f->blocked.v[i]);

		assert_false(passes(b, &p, f->back ? f->pair.out : f->pair.in));
	}
	if (f->back || f->more_blocked)
		return;

	assert_int_equal(audit_rule_boxes(&boxes, &b->audit, f->rule, f->pair, 4, false), 0);
	for (size_t i = 0; i < boxes.n; i++)
		for (int k = 0; k < 20; k++) {
			struct pset_packet p = sample(&boxes.v[i]);

			p.field[PSET_FRAGMENT] = 0;
			if (f->rule->transport == FLOW_TCP)
				p.flags = CONFIG_SYN;
			assert_int_equal(passes(b, &p, f->pair.in), !in_set(&f->blocked, &p));
		}
	pset_reset(&boxes);
}


static bool needed(const struct bed *b, const struct pset_packet *p)
{
	struct need_packet n = {
		.src = pset_packet_addr(p, PSET_SRC), .dst = pset_packet_addr(p, PSET_DST),
		.sport = p->field[PSET_SPORT], .dport = p->field[PSET_DPORT],
		.icmp_type = (uint8_t)p->field[PSET_ICMP_TYPE],
		.icmp_code = (uint8_t)p->field[PSET_ICMP_CODE],
	};
	unsigned proto = p->field[PSET_PROTOCOL];
	bool back;

	n.transport = proto == 6 ? FLOW_TCP : proto == 17 ? FLOW_UDP : FLOW_ICMP;
	if (proto != 6 && proto != 17 && proto != 1)
		return false;
	if (!need_explain(&b->needs, &n, &back))
		return false;
	return !back || proto != 6 || p->flags & (CONFIG_ACK | CONFIG_RST);
}


static void check_excess(struct bed *b)
{
	struct pset all = {0};
	bool exact = true;

	for (size_t i = 0; i < b->audit.nexcess; i++) {
		const struct audit_excess *x = &b->audit.excess[i];

		assert_false(x->cannot_tell);
		assert_true(passes(b, &x->witness, x->in));
		assert_false(needed(b, &x->witness));
		exact = exact && x->exact;
		for (size_t k = 0; k < x->packets.n; k++) {
			struct pset_packet p = sample(&x->packets.v[k]);

			if (x->exact) {
				assert_true(passes(b, &p, x->in));
				assert_false(needed(b, &p));
			}
			assert_int_equal(pset_push(&all, &x->packets.v[k]), 0);
		}
	}
	/* nothing else passes without need */
	for (unsigned side = 0; side < 2; side++)
		for (int k = 0; k < 200; k++) {
			struct pset_box box = random_box();
			struct pset_packet p = sample(&box);
			struct ip_addr dst = pset_packet_addr(&p, PSET_DST);
			bool own = addrs_has(&b->policy.interfaces[side].addrs, &dst);

			p.field[PSET_DPORT] = (uint16_t)between(box.lo[PSET_DPORT],
								box.hi[PSET_DPORT]);
			if (!own && passes(b, &p, side) && !needed(b, &p))
				assert_true(in_set(&all, &p));
		}
	pset_reset(&all);
}


static void audits_equal_the_rules(void **state)
{
	size_t seen[AUDIT_VERDICTS] = {0}, excess = 0;

	for (unsigned run = 0; run < 40; run++) {
		struct bed b = {0};
		struct config *v[] = { &b.config };

		seed = run;
		assert_int_equal(bed_make(&b), 0);
		make_lists(&b, run);
		assert_int_equal(audit_run(&b.audit, &b.mem, v, 1, &b.policy, &b.needs, 0), 0);
		for (size_t i = 0; i < b.audit.nflows; i++)
			check_flow(&b, &b.audit.flows[i]);
		check_excess(&b);
		for (int i = 0; i < AUDIT_VERDICTS; i++)
			seen[i] += b.audit.count[i];
		if (!run) {
			assert_int_equal(b.audit.count[AUDIT_PERMITTED], b.audit.nflows);
			assert_int_equal(b.audit.nexcess, 0);
		}
		excess += b.audit.nexcess;
		bed_reset(&b);
	}

	assert_true(seen[AUDIT_PERMITTED] > 100);
	assert_true(seen[AUDIT_BLOCKED] > 20);
	assert_true(seen[AUDIT_PARTLY] > 5);
	assert_true(excess > 20);
}


/** A line that was not understood, before all others: nothing is certain. */
static void an_unknown_line_is_to_blame(void **state)
{
	struct bed b = {0};
	struct config *v[] = { &b.config };
	struct pset_box all;
	struct config_rule *r;

	seed = 1;
	assert_int_equal(bed_make(&b), 0);
	make_lists(&b, 0);
	r = &b.config.lists[0].rules[0];
	pset_box_init(&all, 4);
	r->boxes = &all;
	r->nboxes = 1;
	r->uncertain = true;
	assert_int_equal(audit_run(&b.audit, &b.mem, v, 1, &b.policy, &b.needs, 0), 0);

	assert_true(b.audit.count[AUDIT_UNKNOWN] > 10);
	for (size_t i = 0; i < b.audit.nflows; i++) {
		/* the other way, what returns is in doubt, where something returns */
		if (b.audit.flows[i].pair.in && b.audit.flows[i].verdict == AUDIT_PERMITTED)
			continue;
		assert_int_equal(b.audit.flows[i].verdict, AUDIT_UNKNOWN);
		assert_int_equal(b.audit.flows[i].unknown.n, 1);
		assert_ptr_equal(b.audit.flows[i].unknown.v[0].rule, r);
	}
	bed_reset(&b);
}


static void few_steps_are_said(void **state)
{
	struct bed b = {0};
	struct config *v[] = { &b.config };

	seed = 3;
	assert_int_equal(bed_make(&b), 0);
	make_lists(&b, 1);
	assert_int_equal(audit_run(&b.audit, &b.mem, v, 1, &b.policy, &b.needs, 2), 0);
	assert_true(b.audit.count[AUDIT_OUT_OF_STEPS] > 0);
	for (size_t i = 0; i < b.audit.nflows; i++)
		check_flow(&b, &b.audit.flows[i]);
	bed_reset(&b);
}


static void audit_once(void *arg)
{
	struct bed *b = arg;
	struct config *v[] = { &b->config };
	struct arena mem = {0};
	struct audit au;
	int err = audit_run(&au, &mem, v, 1, &b->policy, &b->needs, 0);

	assert_true(err == 0 || err == ENOMEM);
	audit_reset(&au);
	arena_reset(&mem);
}


static void an_audit_without_memory(void **state)
{
	struct bed b = {0};

	seed = 5;
	assert_int_equal(bed_make(&b), 0);
	make_lists(&b, 1);
	assert_true(failmalloc_each(audit_once, &b) > 20);
	bed_reset(&b);
}


/** Filters at hosts see what stays within one network too. */
static void hosts_of_one_network(void **state)
{
	struct policy p;
	struct bed b = {0};
	size_t same = 0;

	assert_int_equal(bed_make(&b), 0);
	assert_int_equal(policy_build_hosts(&p, &b.mem, &b.site, &b.needs), 0);
	assert_int_equal(p.ninterfaces, 1);
	for (size_t i = 0; i < p.nrules; i++) {
		assert_int_equal(p.rules[i].npairs, 1);
		same += p.rules[i].pairs[0].in == p.rules[i].pairs[0].out;
	}
	assert_int_equal(same, p.nrules);
	assert_true(p.nrules >= b.policy.nrules);
	bed_reset(&b);
}


/** "Gi0/2" of the site is where its network is, when only its sub-interface is
 *  in use. */
static void a_bare_interface_gives_way(void **state)
{
	static const char *const texts[] = {
		"interface eth0\n!\ninterface eth0.20\n ip address 10.1.0.1 255.255.255.0\n"
		" ip access-group L in\n!\nip access-list extended L\n permit ip any any\n",
		"interface eth0\n ip access-group L in\n!\ninterface eth0.20\n"
		" ip address 10.1.0.1 255.255.255.0\n!\nip access-list extended L\n permit ip any any\n",
		"interface eth0\n ip address 10.9.0.1 255.255.255.0\n!\ninterface eth0.20\n"
		" ip address 10.1.0.1 255.255.255.0\n ip access-group L in\n!\n"
		"ip access-list extended L\n permit ip any any\n",
	};
	static const char *const want[] = { "eth0.20", "eth0", "eth0" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct bed b = {0};
		struct config *v[] = { &b.config };
		struct device d;

		assert_int_equal(bed_make(&b), 0);
		assert_int_equal(policy_read(&b.config, "ios", "f", texts[i], strlen(texts[i]),
					     &b.dl), 0);
		assert_int_equal(device_make(&d, &b.mem, v, 1, &b.policy), 0);
		assert_string_equal(device_iface_name(&d, d.site_iface[0]), want[i]);
		device_reset(&d);
		bed_reset(&b);
	}
}


/** Lists that open all rows from the rooms, and none that lets replies back in */
static const char asa_head[] =
	"ASA Version 9.16(4)\n"
	"interface GigabitEthernet0/0\n nameif eth0\n security-level 50\n"
	"interface GigabitEthernet0/1\n nameif eth1\n security-level 60\n"
	"access-list A extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0\n"
	"access-list B extended permit udp 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
	"access-list C extended permit icmp 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0 "
	"echo-reply\n"
	"access-group A in interface eth0\n";

#define INSPECT(what) "policy-map P\n class inspection_default\n  inspect " what "\n"
#define B_IN "access-group B in interface eth1\n"
#define C_IN "access-group C in interface eth1\n"

static const struct asa_case {
	const char *tail;
	enum audit_verdict verdict;
	bool reply_excess;		/**< list C's line is beyond need */
} asa_cases[] = {
	{B_IN, AUDIT_BLOCKED, false},
	{C_IN, AUDIT_PERMITTED, false},
	{B_IN INSPECT("icmp"), AUDIT_BLOCKED, false},
	{B_IN INSPECT("icmp error") "service-policy P global\n", AUDIT_BLOCKED, false},
	{B_IN INSPECT("icmp") "service-policy P global\n", AUDIT_PERMITTED, false},
	{C_IN INSPECT("icmp") "service-policy P global\n", AUDIT_PERMITTED, true},
	{B_IN INSPECT("icmp") "service-policy Q global\n", AUDIT_BLOCKED, false},
	{B_IN INSPECT("icmp") "service-policy P interface eth1\n", AUDIT_PERMITTED, false},
	{B_IN INSPECT("icmp") "service-policy P interface eth7\n", AUDIT_BLOCKED, false},
	{B_IN "class-map inspection_default\n match access-list X\n" INSPECT("icmp")
	 "service-policy P global\n", AUDIT_UNKNOWN, false},
	{B_IN "policy-map type inspect P\n class inspection_default\n  inspect icmp\n"
	 "service-policy P global\n", AUDIT_BLOCKED, false},
	/* no list: from 60 to 50 all passes, not from 40 */
	{"", AUDIT_PERMITTED, false},
	{"interface GigabitEthernet0/1\n nameif eth1\n security-level 40\n", AUDIT_BLOCKED, false},
	{"interface GigabitEthernet0/1\n nameif eth1\n security-level 50\n", AUDIT_BLOCKED, false},
	{"same-security-traffic permit inter-interface\n"
	 "interface GigabitEthernet0/1\n nameif eth1\n security-level 50\n", AUDIT_PERMITTED, false},
	{"interface GigabitEthernet0/2\n nameif other\n", AUDIT_PERMITTED, false},
};


static void asa_once(struct bed *b, const struct asa_case *t)
{
	const struct policy_reader *reader = policy_reader_find("asa");
	struct config *v[] = { &b->config };
	char text[2048];
	bool seen = false, excess = false;
	int n = snprintf(text, sizeof(text), "%s%s", asa_head, t->tail);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	assert_int_equal(bed_make(b), 0);
	b->config.file = "t";
	assert_int_equal(reader->read(&b->config, text, (size_t)n, &b->dl), 0);
	assert_int_equal(audit_run(&b->audit, &b->mem, v, 1, &b->policy, &b->needs, 0), 0);
	for (size_t i = 0; i < b->audit.nflows; i++) {
		const struct audit_flow *f = &b->audit.flows[i];

		if (f->rule->transport != FLOW_ICMP || !(f->rule->icmp & FLOW_ICMP_ECHO) ||
		    f->pair.in)
			continue;
		seen = true;
		if (f->verdict != t->verdict)
			print_error("%s", t->tail);
		assert_int_equal(f->verdict, t->verdict);
		if (f->verdict == AUDIT_BLOCKED)
			assert_true(f->back);
	}
	for (size_t i = 0; i < b->audit.nexcess; i++) {
		const struct audit_line *l = &b->audit.excess[i].line;

		excess = excess || (l->list && !strcmp(l->list->name, "C"));
	}
	assert_true(seen);
	assert_int_equal(excess, t->reply_excess);
}


/** An ASA takes replies as part of a ping only where it inspects ICMP. */
static void replies_without_inspection(void **state)
{
	for (size_t i = 0; i < sizeof(asa_cases) / sizeof(asa_cases[0]); i++) {
		struct bed b = {0};

		asa_once(&b, &asa_cases[i]);
		bed_reset(&b);
	}
}


/** Lines that ask for a mark: all of a row with that mark, a part of others. */
static void marks_are_told(void **state)
{
	static const char text[] =
		"ip access-list extended M\n permit ip any any dscp cs3\n"
		"interface eth0\n ip access-group M in\n"
		"interface eth1\n ip access-group M in\n";
	struct bed b = {0};
	struct config *v[] = { &b.config };
	size_t own = 0, others = 0;

	assert_int_equal(bed_make(&b), 0);
	b.config.file = "t";
	assert_int_equal(policy_reader_find("ios")->read(&b.config, text, sizeof(text) - 1, &b.dl),
			 0);
	assert_int_equal(audit_run(&b.audit, &b.mem, v, 1, &b.policy, &b.needs, 0), 0);
	for (size_t i = 0; i < b.audit.nflows; i++) {
		const struct audit_flow *f = &b.audit.flows[i];

		assert_int_equal(f->verdict, AUDIT_PARTLY);
		assert_int_equal(f->own_mark, f->rule->need->rows[0]->dscp == 24);
		own += f->own_mark;
		others += !f->own_mark;
	}
	assert_true(own > 0);
	assert_true(others > 0);
	bed_reset(&b);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(audits_equal_the_rules),
		cmocka_unit_test(an_unknown_line_is_to_blame),
		cmocka_unit_test(few_steps_are_said),
		cmocka_unit_test(an_audit_without_memory),
		cmocka_unit_test(hosts_of_one_network),
		cmocka_unit_test(a_bare_interface_gives_way),
		cmocka_unit_test(replies_without_inspection),
		cmocka_unit_test(marks_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
