#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/audit/device.h"
#include "lib/policy/audit/diff.h"
#include "lib/policy/audit/explain.h"
#include "lib/policy/audit/flat.h"
#include "lib/policy/audit/lint.h"
#include "lib/policy/pset/show.h"
#include "tests/unit/failmalloc.h"

/* A universe small enough to count out: every packet in it is asked. */
enum { SRC = 4, DPORT = 4, STATE = 3, IFACE = 2, FLAG = 2,
       UNIVERSE = SRC * DPORT * STATE * IFACE * FLAG, LISTS = 4, RULES = 7 };

static uint32_t seed;
static const char *const iface_names[IFACE] = { "eth0", "eth1" };
static const char *const list_names[LISTS] = { "base", "one", "two", "three" };


static unsigned rnd(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}


static struct pset_packet packet(unsigned i, unsigned *iface)
{
	struct pset_packet p = {0};

	p.addr[PSET_SRC] = i % SRC;
	i /= SRC;
	p.field[PSET_DPORT] = (uint16_t)(i % DPORT);
	i /= DPORT;
	p.field[PSET_STATE] = (uint16_t)(1 + i % STATE);
	i /= STATE;
	p.flags = i % FLAG ? CONFIG_ACK : 0;
	i /= FLAG;
	*iface = i % IFACE;
	p.field[PSET_IN] = (uint16_t)*iface;
	return p;
}


/** All of the universe and nothing else, so that brute force sees all. */
static struct pset_box universe_box(void)
{
	struct pset_box b;

	memset(&b, 0, sizeof(b));
	b.ahi[PSET_SRC] = SRC - 1;
	b.hi[PSET_DPORT] = DPORT - 1;
	b.hi[PSET_STATE] = 4;
	b.hi[PSET_IN] = b.hi[PSET_OUT] = UINT16_MAX;
	b.flags_mask = (uint8_t)~CONFIG_ACK;
	return b;
}


static struct pset_box random_box(void)
{
	struct pset_box b = universe_box();
	unsigned v;

	if (rnd(3)) {
		v = rnd(SRC);
		b.alo[PSET_SRC] = v;
		b.ahi[PSET_SRC] = v + rnd(SRC - v);
	}
	if (rnd(3)) {
		v = rnd(DPORT);
		b.lo[PSET_DPORT] = (uint16_t)v;
		b.hi[PSET_DPORT] = (uint16_t)(v + rnd(DPORT - v));
	}
	if (!rnd(4)) {
		b.flags_mask = 0xff;
		b.flags = rnd(2) ? CONFIG_ACK : 0;
	}
	return b;
}


static void random_rule(struct config *c, struct config_list *l, unsigned list, bool soft)
{
	static const char text[] = "a rule";
	struct config_rule *r;
	unsigned n = 1 + rnd(2);

	assert_int_equal(config_rule_add(&r, c, l, (unsigned)c->nrules + 1,
					 (struct config_text){ text, sizeof(text) - 1 }), 0);
	r->boxes = arena_calloc(&c->mem, n, sizeof(*r->boxes));
	assert_non_null(r->boxes);
	for (unsigned i = 0; i < n; i++)
		r->boxes[r->nboxes++] = random_box();
	r->action = (enum config_action)rnd(CONFIG_CONTINUE + 1);
	if (r->action == CONFIG_JUMP || r->action == CONFIG_GOTO) {
		/* mostly onwards; now and then into a loop */
		unsigned to = list + 1 < LISTS && rnd(9) ? list + 1 + rnd(LISTS - list - 1)
							 : rnd(LISTS);

		r->target = list_names[to];
	}
	if (!rnd(4))
		r->states = 1u << (1 + rnd(STATE));
	if (!rnd(4)) {
		const char *name = iface_names[rnd(IFACE)];

		assert_int_equal(config_ifaces_add(c, &r->in, name, strlen(name)), 0);
		r->in.negate = rnd(2);
	}
	r->sometimes = soft && !rnd(6);
	r->uncertain = soft && !rnd(8);
}


static void random_config(struct config *c, bool soft)
{
	for (unsigned i = 0; i < IFACE; i++) {
		struct config_interface *ci;

		assert_int_equal(config_iface_get(&ci, c, iface_names[i], 4), 0);
	}
	for (unsigned i = 0; i < LISTS; i++) {
		struct config_list *l;
		unsigned n = rnd(RULES + 1);

		assert_int_equal(config_list_get(&l, c, list_names[i],
						 strlen(list_names[i]), 0), 0);
		l->defined = true;
		l->fallthrough = i ? CONFIG_RETURN : rnd(2) ? CONFIG_PERMIT : CONFIG_DENY;
		for (unsigned k = 0; k < n; k++)
			random_rule(c, l, i, soft);
	}
	assert_int_equal(config_hook_add(c, &(struct config_hook){
		.list = "base", .where = CONFIG_FORWARD, .tracking = CONFIG_STATE_RULES }), 0);
}


static enum flat_class interpret(struct config *c, const struct pset_packet *p, unsigned iface)
{
	struct explain_where where = { iface_names[iface], "eth9" };
	enum flat_class v;

	assert_int_equal(explain_list(&v, c, &c->lists[0], p, &where, NULL, NULL), 0);
	return v;
}


struct verdict {
	unsigned n;
	enum flat_class v;
};


static int take_step(const struct device_step *s, void *arg)
{
	struct verdict *v = arg;

	if (s->last) {
		v->n++;
		v->v = s->verdict;
	}
	return 0;
}


static struct pset_box point(const struct pset_packet *p)
{
	struct pset_box b = { .flags_mask = 0xff, .flags = p->flags };

	memcpy(b.alo, p->addr, sizeof(b.alo));
	memcpy(b.ahi, p->addr, sizeof(b.ahi));
	memcpy(b.lo, p->field, sizeof(b.lo));
	memcpy(b.hi, p->field, sizeof(b.hi));
	return b;
}


/** A flat may say "unknown" where the rules' way is certain only when it was
 *  told that returns were too intricate, or rules are soft. */
static void compare_all(struct config *c, bool soft, unsigned *counts)
{
	struct arena mem = {0};
	struct config *v[] = { c };
	struct device d;

	assert_int_equal(device_make(&d, &mem, v, 1, NULL), 0);
	for (unsigned i = 0; i < UNIVERSE; i++) {
		unsigned iface;
		struct pset_packet p = packet(i, &iface);
		enum flat_class want = interpret(c, &p, iface);
		struct pset_budget budget = { 1 << 20 };
		struct verdict got = {0};
		struct pset_box q = point(&p);

		q.lo[PSET_IN] = q.hi[PSET_IN] = (uint16_t)flat_iface_find(&d.ifaces,
									  iface_names[iface]);
		q.lo[PSET_OUT] = q.hi[PSET_OUT] = (uint16_t)d.ifaces.n;
		assert_int_equal(device_follow(&d, q.lo[PSET_IN], d.ifaces.n, &q, 0, &budget,
					       take_step, &got), 0);
		assert_int_equal(got.n, 1);
		if (!soft || got.v != FLAT_UNKNOWN)
			assert_int_equal(got.v, want);
		counts[got.v]++;
	}

	device_reset(&d);
	arena_reset(&mem);
}


static void flat_lists_decide_as_rules_do(void **state)
{
	unsigned counts[3] = {0};

	for (unsigned run = 0; run < 400; run++) {
		struct config c = {0};

		seed = run;
		random_config(&c, false);
		compare_all(&c, false, counts);
		config_reset(&c);
	}

	assert_true(counts[FLAT_PERMIT] > 1000);
	assert_true(counts[FLAT_DENY] > 1000);
}


static const struct diff_piece *find_piece(const struct diff *d, const struct diff_piece *v,
					   size_t n, struct pset_packet p, unsigned iface)
{
	for (size_t i = 0; i < n; i++) {
		/* where no rule asks for interfaces, "any other" stands for all */
		if (v[i].in != flat_iface_find(&d->a.ifaces, iface_names[iface]) &&
		    v[i].in != d->a.ifaces.n)
			continue;
		p.field[PSET_IN] = v[i].box.lo[PSET_IN];
		p.field[PSET_OUT] = v[i].box.lo[PSET_OUT];
		if (pset_box_has(&v[i].box, &p))
			return &v[i];
	}

	return NULL;
}


/** Whatever opens a flow is lost or gained just when one side alone permits it. */
static void check_diff(const struct diff *d, struct config *a, struct config *b,
		       unsigned counts[2])
{
	for (unsigned i = 0; i < UNIVERSE; i++) {
		unsigned iface;
		struct pset_packet p = packet(i, &iface);
		enum flat_class va = interpret(a, &p, iface), vb = interpret(b, &p, iface);
		const struct diff_piece *lost, *gained;

		if (p.field[PSET_STATE] != 1)
			continue;
		lost = find_piece(d, d->lost, d->nlost, p, iface);
		gained = find_piece(d, d->gained, d->ngained, p, iface);
		if (va != FLAT_UNKNOWN)
			assert_int_equal(!!lost, va == FLAT_PERMIT && vb != FLAT_PERMIT);
		if (vb != FLAT_UNKNOWN)
			assert_int_equal(!!gained, vb == FLAT_PERMIT && va != FLAT_PERMIT);
		if (lost && va == FLAT_PERMIT && vb == FLAT_DENY)
			assert_false(lost->unknown);
		counts[0] += lost != NULL;
		counts[1] += gained != NULL;
	}
}


static void diffs_equal_brute_force(void **state)
{
	unsigned counts[2] = {0};

	for (unsigned run = 0; run < 300; run++) {
		struct config a = {0}, b = {0};
		struct arena mem = {0};
		struct diff d;

		seed = run;
		random_config(&a, false);
		random_config(&b, false);
		assert_int_equal(diff_run(&d, &mem, &a, &b, 0), 0);
		assert_false(d.cut);
		check_diff(&d, &a, &b, counts);
		diff_reset(&d);
		arena_reset(&mem);
		config_reset(&a);
		config_reset(&b);
	}

	assert_true(counts[0] > 1000);
	assert_true(counts[1] > 1000);
}


struct two {
	struct config a, b;
};


static void diff_once(void *arg)
{
	struct two *t = arg;
	struct arena mem = {0};
	struct diff d;
	int err = diff_run(&d, &mem, &t->a, &t->b, 0);

	assert_true(err == 0 || err == ENOMEM);
	diff_reset(&d);
	arena_reset(&mem);
}


static void a_diff_without_memory(void **state)
{
	struct two t = {0};

	seed = 7;
	random_config(&t.a, false);
	random_config(&t.b, false);
	assert_true(failmalloc_each(diff_once, &t) > 10);
	config_reset(&t.a);
	config_reset(&t.b);
}


static void doubt_is_never_told_as_certain(void **state)
{
	unsigned counts[3] = {0};

	for (unsigned run = 0; run < 400; run++) {
		struct config c = {0};

		seed = 7000 + run;
		random_config(&c, true);
		compare_all(&c, true, counts);
		config_reset(&c);
	}

	assert_true(counts[FLAT_PERMIT] + counts[FLAT_DENY] > 1000);
	assert_true(counts[FLAT_UNKNOWN] > 1000);
}


/** Does the rule decide any packet? By the interpreter's last step. */
struct last {
	const struct config_rule *rule;
};


static int note_last(const struct explain_step *s, void *arg)
{
	struct last *l = arg;

	if (!s->rule || s->rule->action <= CONFIG_PERMIT)
		l->rule = s->rule;
	return 0;
}


static bool decides(struct config *c, const struct config_rule *r)
{
	for (unsigned i = 0; i < UNIVERSE; i++) {
		struct last l = {0};
		unsigned iface;
		struct pset_packet p = packet(i, &iface);
		struct explain_where where = { iface_names[iface], "eth9" };
		enum flat_class v;

		(void)explain_list(&v, c, &c->lists[0], &p, &where, note_last, &l);
		if (l.rule == r)
			return true;
	}

	return false;
}


static bool changes(struct config *c, struct config_rule *r)
{
	enum flat_class before[UNIVERSE];
	enum config_action was = r->action;
	bool yes = false;

	for (unsigned i = 0; i < UNIVERSE; i++) {
		unsigned iface;
		struct pset_packet p = packet(i, &iface);

		before[i] = interpret(c, &p, iface);
	}
	r->action = CONFIG_CONTINUE;
	for (unsigned i = 0; !yes && i < UNIVERSE; i++) {
		unsigned iface;
		struct pset_packet p = packet(i, &iface);

		yes = interpret(c, &p, iface) != before[i];
	}
	r->action = was;
	return yes;
}


static bool found(const struct lint *lt, const struct config_rule *r, unsigned kinds)
{
	for (size_t i = 0; i < lt->n; i++)
		if (lt->v[i].at.rule == r && kinds & 1u << lt->v[i].kind)
			return true;

	return false;
}


/** One list, conditions on state and interface, no jumps: the universe's own
 *  end at either side, states and interfaces beyond it left out. */
static void lint_one(struct config *c, unsigned *dead, unsigned *idle)
{
	struct config_list *l = &c->lists[0];
	struct lint lt;

	assert_int_equal(lint_config(&lt, c, 0, false), 0);
	assert_int_equal(lt.count[LINT_CANNOT_TELL], 0);
	for (size_t i = 0; i < l->nrules; i++)
		assert_int_equal(found(&lt, &l->rules[i],
				       1u << LINT_UNREACHABLE | 1u << LINT_DUPLICATE),
				 !decides(c, &l->rules[i]));
	/* what makes no difference is asked of the list without those */
	for (size_t i = 0; i < l->nrules; i++) {
		struct config_rule *r = &l->rules[i];
		bool unreachable = found(&lt, r, 1u << LINT_UNREACHABLE | 1u << LINT_DUPLICATE);

		if (unreachable)
			r->action = CONFIG_CONTINUE;
		*dead += unreachable;
	}
	for (size_t i = 0; i < l->nrules; i++) {
		struct config_rule *r = &l->rules[i];
		bool unreachable = r->action == CONFIG_CONTINUE;
		bool redundant = found(&lt, r, 1u << LINT_REDUNDANT);

		if (redundant)
			assert_false(changes(c, r));
		else if (!unreachable && !(i == l->nrules - 1 && r->action == l->fallthrough))
			assert_true(changes(c, r));
		*idle += redundant;
	}
}


static void lint_equals_brute_force(void **state)
{
	unsigned dead = 0, idle = 0;

	for (unsigned run = 0; run < 600; run++) {
		struct config c = {0};
		struct config_list *l;

		seed = 900 + run;
		assert_int_equal(config_list_get(&l, &c, "base", 4, 0), 0);
		l->defined = true;
		l->fallthrough = rnd(2) ? CONFIG_PERMIT : CONFIG_DENY;
		for (unsigned k = 1 + rnd(9); k > 0; k--) {
			struct config_rule *r;

			random_rule(&c, l, 0, false);
			r = &l->rules[l->nrules - 1];
			r->action = rnd(2) ? CONFIG_PERMIT : CONFIG_DENY;
			r->states = 0;
			r->in.n = 0;
		}
		lint_one(&c, &dead, &idle);
		config_reset(&c);
	}

	assert_true(dead > 300);
	assert_true(idle > 300);
}


static struct config_rule *rule(struct config *c, struct config_list *l, enum config_action action,
				const struct config_match *m)
{
	struct config_rule *r;

	assert_int_equal(config_rule_add(&r, c, l, (unsigned)l->nrules + 1,
					 (struct config_text){ "x", 1 }), 0);
	r->action = action;
	assert_int_equal(config_rule_match(c, r, m), 0);
	return r;
}


static void prefix(struct config *c, struct config_addrs *a, const char *text)
{
	struct ip_range r;

	assert_int_equal(ip_range_parse(&r, text), 0);
	assert_int_equal(config_addrs_add(c, a, &r), 0);
}


/** Two halves together hide the whole: what pairs of lines cannot show. */
static void halves_hide_the_whole(void **state)
{
	struct config c = {0};
	struct config_list *l;
	struct config_match a = { .family = 4 }, b = a, whole = a;
	struct lint lt;

	assert_int_equal(config_list_get(&l, &c, "base", 4, 4), 0);
	l->defined = true;
	prefix(&c, &a.src, "10.0.0.0/25");
	prefix(&c, &b.src, "10.0.0.128/25");
	prefix(&c, &whole.src, "10.0.0.0/24");
	rule(&c, l, CONFIG_PERMIT, &a);
	rule(&c, l, CONFIG_PERMIT, &b);
	rule(&c, l, CONFIG_DENY, &whole);

	assert_int_equal(lint_config(&lt, &c, 0, false), 0);
	assert_int_equal(lt.n, 1);
	assert_int_equal(lt.v[0].kind, LINT_UNREACHABLE);
	assert_int_equal(lt.v[0].at.rule->line, 3);
	assert_int_equal(lt.v[0].nby, 2);
	assert_int_equal(lt.v[0].by[0].rule->line, 1);
	assert_int_equal(lt.v[0].by[1].rule->line, 2);
	config_reset(&c);
}


/** Odd and even hosts, told by a bit each: one wildcard too wide to expand. */
static void wildcards_with_holes(void **state)
{
	struct config c = {0};
	struct config_list *l;
	struct config_match odd = { .family = 4 }, even = odd, all = odd, few = odd;
	struct lint lt;

	assert_int_equal(config_list_get(&l, &c, "base", 4, 4), 0);
	l->defined = true;
	assert_int_equal(config_addrs_add_wildcard(&c, &odd.src, 0x0a000001, 0x00fffffe), 0);
	assert_int_equal(config_addrs_add_wildcard(&c, &even.src, 0x0a000000, 0x00fffffe), 0);
	assert_int_equal(config_addrs_add_wildcard(&c, &few.src, 0x0a000001, 0x00003f00), 0);
	assert_int_equal(odd.src.n, 1);
	assert_int_equal(odd.src.v[0].bits, 0xff000001);
	assert_int_equal(few.src.n, 64);
	prefix(&c, &all.src, "10.0.0.0/8");
	rule(&c, l, CONFIG_PERMIT, &odd);
	rule(&c, l, CONFIG_PERMIT, &few);
	rule(&c, l, CONFIG_PERMIT, &even);
	rule(&c, l, CONFIG_DENY, &all);

	assert_int_equal(lint_config(&lt, &c, 0, false), 0);
	assert_int_equal(lt.n, 2);
	assert_int_equal(lt.v[0].at.rule->line, 2);
	assert_int_equal(lt.v[1].at.rule->line, 4);
	assert_int_equal(lt.v[1].nby, 2);
	config_reset(&c);
}


/** Out of steps is said, and is not "fine". */
static void out_of_steps_is_said(void **state)
{
	struct config c = {0};
	struct config_list *l;
	struct config_match m = { .family = 4 };
	struct lint lt;

	seed = 5;
	assert_int_equal(config_list_get(&l, &c, "base", 4, 4), 0);
	l->defined = true;
	for (unsigned i = 0; i < 64; i++) {
		struct config_match cell = { .family = 4 };

		unsigned s = i / 8 * 8192, d = i % 8 * 8192;

		assert_int_equal(config_nums_add(&c, &cell.sport, s, s + 8191), 0);
		assert_int_equal(config_nums_add(&c, &cell.dport, d, d + 8191), 0);
		cell.fragments = CONFIG_FRAGMENTS_TOO;
		rule(&c, l, CONFIG_PERMIT, &cell);
	}
	rule(&c, l, CONFIG_DENY, &m);

	assert_int_equal(lint_config(&lt, &c, 20, false), 0);
	assert_true(lt.count[LINT_CANNOT_TELL] > 0);
	assert_int_equal(lint_config(&lt, &c, 0, false), 0);
	assert_int_equal(lt.n, 1);
	assert_int_equal(lt.v[0].kind, LINT_UNREACHABLE);
	assert_int_equal(lt.v[0].nby, 64);
	config_reset(&c);
}


static void allocations(void *arg)
{
	struct config c = {0};
	struct config_list *l;
	struct config_match a = { .family = 4 }, b = a;
	struct ip_range r = { { 4, { 10, 0, 0, 0 } }, { 4, { 10, 0, 0, 255 } } };
	struct config_rule *x;
	struct lint lt;
	int err = config_list_get(&l, &c, "base", 4, 4);

	if (!err)
		err = config_addrs_add(&c, &a.src, &r);
	for (int i = 0; !err && i < 4; i++) {
		l->defined = true;
		err = config_rule_add(&x, &c, l, 1, (struct config_text){ "x", 1 });
		if (!err)
			err = config_rule_match(&c, x, i ? &a : &b);
	}
	if (!err)
		err = lint_config(&lt, &c, 0, false);
	assert_true(!err || err == ENOMEM);
	if (!err)
		assert_int_equal(lt.n, 4);
	config_reset(&c);
}


static void allocations_may_fail(void **state)
{
	assert_true(failmalloc_each(allocations, NULL) > 10);
}


static void shown(const char *in, const char *out)
{
	struct show_packet sp;
	struct sbuf sb = {0};
	char why[SHOW_WHY_LEN];

	assert_int_equal(show_packet_parse(&sp, in, why), 0);
	show_packet(&sb, &sp.packet);
	assert_string_equal(sbuf_str(&sb), out);
	sbuf_reset(&sb);
}


static void packets_as_text(void **state)
{
	static const char *const bad[] = {
		"", "udp", "udp 10.1.1.1", "udp 10.1.1.1 10.1.1.2", "foo 10.1.1.1 > 10.1.1.2",
		"udp 10.1.1.1:70000 > 10.1.1.2:1", "udp 10.1.1.1:1 > 2001:db8::1",
		"udp [2001:db8::1:5 > [2001:db8::2]:5", "udp 10.1.1.1:1 > 10.1.1.2:2 foo",
		"icmp 10.1.1.1 > 10.1.1.2 type", "icmp 10.1.1.1 > 10.1.1.2 code 300",
		"udp 10.1.1.1:1 > 10.1.1.2:2 state odd", "udp :5 > 10.1.1.1:5", "udp [] > []",
	};
	struct show_packet sp;
	char why[SHOW_WHY_LEN];

	shown("udp 10.1.1.1:16500 > 10.2.2.2:5060", "udp 10.1.1.1:16500 > 10.2.2.2:5060");
	shown("tcp 10.1.1.1:1024 > 10.2.2.2:https", "tcp 10.1.1.1:1024 > 10.2.2.2:443 syn");
	shown("tcp [2001:db8::1]:1 > [2001:db8::2]:2 ack rst",
	      "tcp [2001:db8::1]:1 > [2001:db8::2]:2 rst ack");
	shown("icmp 10.1.1.1 > 10.2.2.2", "icmp 10.1.1.1 > 10.2.2.2 type 8 code 0");
	shown("icmp 10.1.1.1 > 10.2.2.2 host-unreachable",
	      "icmp 10.1.1.1 > 10.2.2.2 type 3 code 1");
	shown("icmpv6 2001:db8::1 > 2001:db8::2",
	      "icmpv6 2001:db8::1 > 2001:db8::2 type 128 code 0");
	shown("udp 10.1.1.1 > 10.2.2.2 fragment dscp ef",
	      "udp 10.1.1.1 > 10.2.2.2 dscp 46 fragment");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(show_packet_parse(&sp, bad[i], why), EINVAL);
		assert_true(why[0]);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_lists_decide_as_rules_do),
		cmocka_unit_test(diffs_equal_brute_force),
		cmocka_unit_test(a_diff_without_memory),
		cmocka_unit_test(doubt_is_never_told_as_certain),
		cmocka_unit_test(lint_equals_brute_force),
		cmocka_unit_test(halves_hide_the_whole),
		cmocka_unit_test(wildcards_with_holes),
		cmocka_unit_test(out_of_steps_is_said),
		cmocka_unit_test(allocations_may_fail),
		cmocka_unit_test(packets_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
