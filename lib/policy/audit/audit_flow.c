/*
 * Is each required flow permitted? Three kinds of packets are followed: those
 * that open it, those that go on, and those that come back.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/audit/audit.h"

enum { STATE_NEW = 1, STATE_RELATED = 2, STATE_ESTABLISHED = 3, ICMP4_ECHO = 8,
       ICMP6_ECHO = 128 };

enum phase { FIRST = 0, MORE, BACK, PHASES };

struct asking {
	struct audit *au;
	struct audit_flow *flow;
	enum phase phase;
	bool passed[PHASES];
	bool asked[PHASES];
	unsigned stateless;		/**< bit per enum config_where: a rule there let
					  it pass and keeps no state */
	bool marked;		/**< packets with the row's own DSCP alone */
	bool perhaps;		/**< what rules refuse may pass by a helper */
};

static const uint8_t handshake = CONFIG_FIN | CONFIG_SYN | CONFIG_RST | CONFIG_ACK;


static int add_lines(struct audit_lines *to, struct audit *au, const struct device_step *s,
		     enum flat_class cls)
{
	int err = 0;

	for (size_t i = 0; !err && i < s->nby; i++) {
		const struct flat_entry *e = &s->flat->v[s->flat->entry[s->by[i]]];

		/* of an unknown fate, only those that make it so */
		if (cls == FLAT_UNKNOWN && !(e->cls & PSET_SOFT) && e->cls != FLAT_UNKNOWN)
			continue;
		err = audit_lines_add(to, au->mem, (struct audit_line){
			s->hook->config, e->list, e->rule });
	}

	return err;
}


static void note_witness(struct audit_flow *f, const struct pset_box *piece)
{
	if (!f->has_witness)
		f->has_witness = pset_box_first(&f->witness, piece);
}


static int note_blocked(struct asking *a, const struct pset_box *piece)
{
	struct audit_flow *f = a->flow;
	bool back = a->phase == BACK;
	int err;

	if (!f->blocked.n) {
		f->back = back;
		f->has_witness = false;
	}
	note_witness(f, piece);
	/* one direction is told at a time, the first before the other */
	if (f->back != back)
		return 0;
	if (f->blocked.n >= AUDIT_PIECES_MAX) {
		f->more_blocked = true;
		return 0;
	}

	err = pset_push(&f->blocked, piece);
	return err;
}


/** Where a flow passes by a rule without state, the rest of it is asked for. */
static void note_stateless(struct asking *a, const struct device_step *s)
{
	for (size_t i = 0; i < s->nby; i++) {
		const struct config_rule *r = s->flat->v[s->flat->entry[s->by[i]]].rule;

		if (r && r->no_state && a->phase == FIRST)
			a->stateless |= 1u << s->hook->hook.where;
	}
}


static int take_doubt(struct asking *a, const struct device_step *s, enum flat_class cls)
{
	struct audit_flow *f = a->flow;

	note_witness(f, s->piece);
	f->verdict = AUDIT_UNKNOWN;
	return s->hook ? add_lines(&f->unknown, a->au, s, cls) : 0;
}


static int take_step(const struct device_step *s, void *arg)
{
	struct asking *a = arg;
	struct audit_flow *f = a->flow;
	int err;

	switch (s->verdict) {
	case FLAT_PERMIT:
		if (s->last)
			a->passed[a->phase] = true;
		if (!s->hook) {
			f->unhooked = f->unhooked || a->phase == FIRST;
			return 0;
		}
		note_stateless(a, s);
		return a->phase == FIRST ? add_lines(&f->permit, a->au, s, FLAT_PERMIT) : 0;
	case FLAT_DENY:
		if (a->perhaps && s->hook && s->hook->hook.tracking == CONFIG_STATE_IMPLICIT)
			return take_doubt(a, s, FLAT_DENY);
		err = add_lines(&f->block, a->au, s, FLAT_DENY);
		return err ? err : note_blocked(a, s->piece);
	default:
		return take_doubt(a, s, FLAT_UNKNOWN);
	}
}


/** Does the device know without rules that packets of this phase belong to a
 *  flow, by reading what opened it? */
static enum device_reads known_unseen(const struct asking *a, size_t in, size_t out)
{
	const struct device *d = &a->au->device;
	const struct policy_rule *r = a->flow->rule;

	if (a->phase == FIRST)
		return r->how == POLICY_EXPECTED && r->helper ?
		       device_helper_reads(d, r->helper->name, in, out) : DEVICE_NO;
	if (a->phase == BACK && r->transport == FLOW_ICMP)
		return device_ties_echo(d, in, out);

	return DEVICE_YES;
}


static unsigned state_of(const struct policy_rule *r, const struct pset_box *b, enum phase phase)
{
	uint16_t type = b->lo[PSET_ICMP_TYPE];

	if (phase != FIRST)
		return STATE_ESTABLISHED;
	if (r->how == POLICY_EXPECTED)
		return STATE_RELATED;
	if (r->transport == FLOW_ICMP && type != ICMP4_ECHO && type != ICMP6_ECHO)
		return STATE_RELATED;

	return STATE_NEW;
}


/** What returns comes in where the first went out, and so on. */
static unsigned ask_again(const struct asking *a)
{
	unsigned ask = 0;

	for (int where = CONFIG_IN; where <= CONFIG_OUT; where++)
		if (a->stateless & 1u << where)
			ask |= (unsigned)DEVICE_ASK << (a->phase == BACK ? CONFIG_OUT - where : where);

	return ask;
}


/** Hooks that need not see the packets of this phase */
static unsigned skip_of(const struct asking *a, enum device_reads unseen)
{
	/* without flags, what goes on looks like what opened */
	if (a->phase == MORE && a->flow->rule->transport != FLOW_TCP)
		return 1u << CONFIG_STATE_IMPLICIT | 1u << CONFIG_STATELESS;

	return (unseen == DEVICE_YES ? 1u << CONFIG_STATE_IMPLICIT : 0) | ask_again(a);
}


static int ask_box(struct asking *a, struct pset_box b, size_t in, size_t out, uint8_t flags)
{
	const struct policy_rule *r = a->flow->rule;
	struct pset_budget budget = { a->au->steps };
	enum device_reads unseen = known_unseen(a, in, out);

	b.lo[PSET_IN] = b.hi[PSET_IN] = (uint16_t)in;
	b.lo[PSET_OUT] = b.hi[PSET_OUT] = (uint16_t)out;
	b.lo[PSET_STATE] = b.hi[PSET_STATE] = (uint16_t)state_of(r, &b, a->phase);
	b.hi[PSET_FRAGMENT] = 0;
	if (a->marked)
		b.lo[PSET_DSCP] = b.hi[PSET_DSCP] = r->need->rows[0]->dscp;
	if (r->transport == FLOW_TCP) {
		b.flags_mask = handshake;
		b.flags = flags;
	}
	a->asked[a->phase] = true;
	a->perhaps = unseen == DEVICE_PERHAPS;

	return device_follow(&a->au->device, in, out, &b, skip_of(a, unseen), &budget, take_step,
			     a);
}


static int ask_phase(struct asking *a, enum phase phase)
{
	const struct device *d = &a->au->device;
	struct audit_flow *f = a->flow;
	size_t in = d->site_iface[f->pair.in], out = d->site_iface[f->pair.out];
	struct pset boxes = {0};
	bool back = phase == BACK;
	size_t from = back ? out : in, to = back ? in : out;
	int err;

	a->phase = phase;
	err = audit_rule_boxes(&boxes, a->au, f->rule, f->pair, f->family, back);
	for (size_t i = 0; !err && i < boxes.n; i++) {
		err = ask_box(a, boxes.v[i], from, to, phase == FIRST ? CONFIG_SYN : CONFIG_ACK);
		if (!err && back && f->rule->transport == FLOW_TCP)
			err = ask_box(a, boxes.v[i], from, to, CONFIG_SYN | CONFIG_ACK);
	}

	pset_reset(&boxes);
	return err;
}


static void conclude(struct asking *a)
{
	struct audit_flow *f = a->flow;
	bool all_pass = true;

	for (int i = 0; i < PHASES; i++)
		all_pass = all_pass && (a->passed[i] || !a->asked[i]);

	pset_join(&f->blocked, 8);
	if (f->blocked.n)
		f->verdict = all_pass ? AUDIT_PARTLY : f->verdict == AUDIT_UNKNOWN ?
			     AUDIT_UNKNOWN : AUDIT_BLOCKED;
	/* an unknown part beside a blocked one: the blocked one is certain */
	if (f->blocked.n && f->verdict == AUDIT_UNKNOWN && a->passed[FIRST])
		f->verdict = AUDIT_PARTLY;
}


static bool per_interface(const struct device *d)
{
	for (size_t i = 0; i < d->nhooks; i++)
		if (d->hooks[i].iface != SIZE_MAX)
			return true;

	return false;
}


static bool has_both(struct audit *au, const struct policy_rule *r, struct policy_pair pair,
		     uint8_t family, int *err)
{
	struct pset boxes = {0};
	bool yes;

	*err = audit_rule_boxes(&boxes, au, r, pair, family, false);
	yes = boxes.n > 0;
	pset_reset(&boxes);
	return yes;
}


static int ask_flow(struct audit *au, struct audit_flow *f)
{
	const struct device *d = &au->device;
	struct asking a = { .au = au, .flow = f };
	int err = 0;

	if ((d->missing[f->pair.in] || d->missing[f->pair.out]) && per_interface(d)) {
		f->verdict = AUDIT_UNKNOWN;
		return 0;
	}
	for (int phase = FIRST; !err && phase < PHASES; phase++)
		err = ask_phase(&a, (enum phase)phase);
	if (err == ETIME) {
		f->verdict = AUDIT_OUT_OF_STEPS;
		return 0;
	}
	if (!err)
		conclude(&a);

	return err;
}


/** What lists let through in part may be all that carries the row's mark. */
static int ask_mark(struct audit *au, struct audit_flow *f)
{
	struct audit_flow part = { .rule = f->rule, .pair = f->pair, .family = f->family };
	struct asking a = { .au = au, .flow = &part, .marked = true };
	int err = 0;

	for (int phase = FIRST; !err && phase < PHASES; phase++)
		err = ask_phase(&a, (enum phase)phase);
	if (!err)
		conclude(&a);
	f->own_mark = !err && part.verdict == AUDIT_PERMITTED;

	pset_reset(&part.blocked);
	return err == ETIME ? 0 : err;
}


static int add_flow(struct audit *au, const struct policy_rule *r, struct policy_pair pair,
		    uint8_t family)
{
	struct audit_flow *f;
	int err;

	if (!has_both(au, r, pair, family, &err) || err)
		return err;
	err = arena_grow(au->mem, (void **)&au->flows, au->nflows, &au->flows_cap,
			 sizeof(*au->flows));
	if (err)
		return err;

	f = &au->flows[au->nflows++];
	*f = (struct audit_flow){ .rule = r, .pair = pair, .family = family };
	err = ask_flow(au, f);
	if (!err && f->verdict == AUDIT_PARTLY)
		err = ask_mark(au, f);
	au->count[f->verdict]++;
	return err;
}


int audit_flows(struct audit *au)
{
	const struct policy *p = au->policy;
	int err = 0;

	for (size_t i = 0; !err && i < p->nrules; i++)
		for (size_t k = 0; !err && k < p->rules[i].npairs; k++)
			for (uint8_t family = 4; !err && family <= 6; family += 2)
				err = add_flow(au, &p->rules[i], p->rules[i].pairs[k], family);

	return err;
}
