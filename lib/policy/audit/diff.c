#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/audit/diff.h"

enum { STATE_NEW = 1, STATE_RELATED = 2, STATE_ESTABLISHED = 3, PROTO_TCP = 6, BEYOND = 5, FULL = -1 };

/** One pair of interfaces: its numbers on the side that permits and on the
 *  other one */
struct way {
	size_t in, out;
};

/** What opens a flow, TCP aside: no answers and errors of ICMP */
static const struct {
	uint8_t family;			/**< 0: both */
	uint8_t proto_lo, proto_hi;
	uint8_t type_lo, type_hi;
} opening[] = {
	{0, 0, 0, 0, 255}, {0, 2, PROTO_TCP - 1, 0, 255}, {0, PROTO_TCP + 1, 57, 0, 255},
	{0, 59, 255, 0, 255}, {4, 58, 58, 0, 255}, {6, 1, 1, 0, 255},
	{4, 1, 1, 6, 10}, {4, 1, 1, 13, 255},
	{6, 58, 58, 5, 128}, {6, 58, 58, 130, 255},
};

/** What opens none and yet needs a rule, where a device ties no ICMP to flows
 *  by itself: errors; echo replies, unless they are inspected */
static const struct back {
	uint8_t family, proto;
	uint8_t type_lo, type_hi;
	bool reply;
} backs[] = {
	{4, 1, 1, 5, false}, {4, 1, 11, 12, false}, {6, 58, 0, 4, false},
	{4, 1, 0, 0, true}, {6, 58, 129, 129, true},
};

struct side {
	struct diff *d;
	const struct device *from, *to;
	struct way here, there;		/**< on `from`, on `to` */
	bool gained;			/**< from is B */
	bool replies;			/**< come back by inspection on `from` alone */
	struct pset_budget budget;
	struct audit_line line;		/**< of `from`, that permits */
	const struct pset_box *piece;	/**< as `from` numbers interfaces */
};


static bool tracks(const struct device *d)
{
	for (size_t i = 0; i < d->nhooks; i++)
		if (d->hooks[i].hook.tracking != CONFIG_STATELESS)
			return true;

	return false;
}


static void renumber(struct pset_box *b, const struct way *w)
{
	b->lo[PSET_IN] = b->hi[PSET_IN] = (uint16_t)w->in;
	b->lo[PSET_OUT] = b->hi[PSET_OUT] = (uint16_t)w->out;
}


static struct audit_line line_of(const struct device_hook *h, const struct flat *f, uint32_t box)
{
	const struct flat_entry *e = &f->v[f->entry[box]];

	return (struct audit_line){ h->config, e->list, e->rule };
}


/** The same packets by the same lines, to another interface? Then that one's
 *  piece says it for both. */
static bool told_already(const struct side *s, struct diff_piece *v, size_t n,
			 const struct pset_box *box)
{
	size_t in = s->gained ? s->there.in : s->here.in;
	struct pset_box q = *box;

	for (size_t i = 0; i < n; i++) {
		const struct audit_line *own = s->gained ? &v[i].b : &v[i].a;

		if (v[i].in != in || own->rule != s->line.rule || own->list != s->line.list)
			continue;
		q.lo[PSET_OUT] = v[i].box.lo[PSET_OUT];
		q.hi[PSET_OUT] = v[i].box.hi[PSET_OUT];
		if (pset_box_holds(&q, &v[i].box) && pset_box_holds(&v[i].box, &q)) {
			v[i].more_out = true;
			return true;
		}
	}

	return false;
}


static int add_piece(struct side *s, const struct pset_box *box, struct audit_line other,
		     bool unknown)
{
	struct diff *d = s->d;
	size_t *n = s->gained ? &d->ngained : &d->nlost;
	struct diff_piece **v = s->gained ? &d->gained : &d->lost;
	size_t *cap = s->gained ? &d->gained_cap : &d->lost_cap;
	int err;

	if (told_already(s, *v, *n, box))
		return 0;
	if (*n >= DIFF_PIECES_MAX) {
		d->cut = true;
		return FULL;
	}
	err = arena_grow(d->mem, (void **)v, *n, cap, sizeof(**v));
	if (err)
		return err;

	(*v)[(*n)++] = (struct diff_piece){
		.box = *box, .unknown = unknown,
		.in = s->gained ? s->there.in : s->here.in,
		.out = s->gained ? s->there.out : s->here.out,
		.a = s->gained ? other : s->line, .b = s->gained ? s->line : other,
	};
	return 0;
}


/** What is refused here and passes on the other side */
static int tell(struct side *s, const struct device_step *st, bool perhaps)
{
	struct audit_line l = {0};

	if (!st->last || st->verdict == FLAT_PERMIT)
		return 0;
	if (st->hook && st->nby)
		l = line_of(st->hook, st->flat, st->by[0]);
	return add_piece(s, st->piece, l, perhaps || st->verdict == FLAT_UNKNOWN);
}


static int reply_step(const struct device_step *st, void *arg)
{
	struct side *s = arg;

	return tell(s, st, device_ties_echo(s->to, s->there.in, s->there.out) == DEVICE_PERHAPS);
}


/** The reply that answers each echo request of the piece */
static void turn_round(struct pset_box *b)
{
	for (size_t i = 0; i < sizeof(backs) / sizeof(backs[0]); i++)
		if (backs[i].reply && backs[i].family == (b->lo[PSET_FAMILY] ? 6 : 4)) {
			b->lo[PSET_ICMP_TYPE] = backs[i].type_lo;
			b->hi[PSET_ICMP_TYPE] = backs[i].type_hi;
		}
	for (size_t i = 0; i < 2; i++) {
		pset_addr *v = i ? b->ahi : b->alo;
		uint32_t *bits = i ? b->avalue : b->abits;
		pset_addr a = v[PSET_SRC];
		uint32_t x = bits[PSET_SRC];

		v[PSET_SRC] = v[PSET_DST];
		v[PSET_DST] = a;
		bits[PSET_SRC] = bits[PSET_DST];
		bits[PSET_DST] = x;
	}
	b->lo[PSET_STATE] = b->hi[PSET_STATE] = STATE_ESTABLISHED;
}


/** An echo request passes on both sides. Where inspection lets its reply back
 *  on this one, does the other one too? */
static int ask_reply(struct side *s, const struct pset_box *request)
{
	struct side back = *s;
	struct pset_box q = *request;

	back.here = (struct way){ s->here.out, s->here.in };
	back.there = (struct way){ s->there.out, s->there.in };
	turn_round(&q);
	renumber(&q, &back.there);
	return device_follow(s->to, back.there.in, back.there.out, &q, 0, &s->budget, reply_step,
			     &back);
}


static bool has_echo(const struct pset_box *b)
{
	unsigned proto = b->lo[PSET_FAMILY] ? 58 : 1, type = b->lo[PSET_FAMILY] ? 128 : 8;

	return b->lo[PSET_PROTOCOL] == proto && b->hi[PSET_PROTOCOL] == proto &&
	       b->lo[PSET_ICMP_TYPE] <= type && type <= b->hi[PSET_ICMP_TYPE];
}


static int other_step(const struct device_step *st, void *arg)
{
	struct side *s = arg;

	if (st->last && st->verdict == FLAT_PERMIT && s->replies && has_echo(st->piece))
		return ask_reply(s, st->piece);
	return tell(s, st, false);
}


/** These packets pass on one side: what becomes of them on the other? */
static int ask_other(struct side *s, const struct pset_box *piece)
{
	struct pset_box q = *piece;

	renumber(&q, &s->there);
	return device_follow(s->to, s->there.in, s->there.out, &q, 0, &s->budget, other_step, s);
}


static int later_step(const struct device_step *st, void *arg)
{
	return st->last && st->verdict == FLAT_PERMIT ? ask_other(arg, st->piece) : 0;
}


static int own_leaf(const struct pset_leaf *leaf, void *arg)
{
	struct side *s = arg;

	if (!(leaf->classes & 1u << BEYOND))
		return 0;
	return device_follow_from(s->from, s->here.in, s->here.out, leaf->piece, 1, &s->budget,
				  later_step, s);
}


/** All that an entry decides, within the universe */
static int ask_entry(struct side *s, const struct flat *f, const struct flat_entry *e,
		     const struct pset_box *universe, const bool *soft)
{
	struct pset_walk walk = {
		.ix = &f->ix, .cls = f->cls, .fall = BEYOND, .together = ~(1u << BEYOND),
		.skip = soft, .budget = &s->budget, .leaf_h = own_leaf, .arg = s,
	};
	int err = 0;

	/* boxes of one entry may overlap: the earlier ones count as before */
	for (size_t k = e->first; !err && k < e->first + e->n; k++) {
		struct pset_box q;

		if (pset_box_meet(&q, &f->boxes.v[k], universe))
			err = pset_walk_run(&walk, &q, 0, k);
	}

	return err;
}


static int ask_list(struct side *s, const struct device_hook *h, const struct pset_box *universe)
{
	const struct flat *f = &s->from->flats[h->flat];
	bool *soft = calloc(f->boxes.n + 1, sizeof(*soft));
	int err = soft ? 0 : ENOMEM;

	for (size_t i = 0; !err && i < f->boxes.n; i++)
		soft[i] = f->cls[i] & PSET_SOFT;
	for (size_t i = 0; !err && i < f->n; i++) {
		const struct flat_entry *e = &f->v[i];

		if ((e->cls & ~PSET_SOFT) != FLAT_PERMIT)
			continue;
		s->line = (struct audit_line){ h->config, e->list, e->rule };
		s->budget.left = s->d->steps;
		err = ask_entry(s, f, e, universe, soft);
		if (err == ETIME) {
			s->d->cut = true;
			err = 0;
		}
	}

	free(soft);
	return err;
}


static int ask_side(struct side *s, struct pset_box universe)
{
	const struct device_hook *chain[DEVICE_CHAIN_MAX];
	uint8_t family = universe.lo[PSET_FAMILY] ? 6 : 4;
	size_t n = device_chain(chain, s->from, s->here.in, s->here.out, family);
	int err;

	renumber(&universe, &s->here);
	if (n) {
		err = ask_list(s, chain[0], &universe);
	} else {
		s->line = (struct audit_line){0};
		s->budget.left = s->d->steps;
		err = device_speaks(s->from, family) ? ask_other(s, &universe) : 0;
	}
	if (err == ETIME || err == FULL) {
		s->d->cut = true;
		err = 0;
	}

	return err;
}


static bool by_inspection(const struct device *d)
{
	return d->nconfigs && d->configs[0]->icmp_by_helper;
}


/** Both directions of the question, for one pair and one box of packets */
static int compare_box(struct diff *d, const struct way *a, const struct way *b,
		       const struct pset_box *universe)
{
	struct side lost = { .d = d, .from = &d->a, .to = &d->b, .here = *a, .there = *b };
	struct side gained = { .d = d, .from = &d->b, .to = &d->a, .here = *b, .there = *a,
			       .gained = true };
	bool both = by_inspection(&d->a) && by_inspection(&d->b);
	bool ties_a = device_ties_echo(&d->a, a->in, a->out) == DEVICE_YES;
	bool ties_b = device_ties_echo(&d->b, b->in, b->out) == DEVICE_YES;
	int err;

	lost.replies = both && ties_a && !ties_b;
	gained.replies = both && ties_b && !ties_a;
	err = ask_side(&lost, *universe);

	return err ? err : ask_side(&gained, *universe);
}


/** Between two devices that tie ICMP to flows by inspection at most (ASA):
 *  what rules of both have to permit */
static int compare_back(struct diff *d, const struct way *a, const struct way *b,
			struct pset_box u, uint8_t family)
{
	bool ties = device_ties_echo(&d->a, a->in, a->out) != DEVICE_NO ||
		    device_ties_echo(&d->b, b->in, b->out) != DEVICE_NO;
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(backs) / sizeof(backs[0]); i++) {
		if (backs[i].family != family || (backs[i].reply && ties))
			continue;
		u.lo[PSET_PROTOCOL] = u.hi[PSET_PROTOCOL] = backs[i].proto;
		u.lo[PSET_ICMP_TYPE] = backs[i].type_lo;
		u.hi[PSET_ICMP_TYPE] = backs[i].type_hi;
		u.lo[PSET_STATE] = u.hi[PSET_STATE] = backs[i].reply ? STATE_ESTABLISHED
								     : STATE_RELATED;
		err = compare_box(d, a, b, &u);
	}

	return err;
}


static int compare_way(struct diff *d, const struct way *a, const struct way *b, uint8_t family)
{
	struct pset_box u;
	int err = 0;

	pset_box_init(&u, family);
	u.lo[PSET_STATE] = u.hi[PSET_STATE] = STATE_NEW;
	if (!tracks(&d->a) && !tracks(&d->b))
		return compare_box(d, a, b, &u);

	u.hi[PSET_FRAGMENT] = 0;
	if (by_inspection(&d->a) && by_inspection(&d->b))
		err = compare_back(d, a, b, u, family);
	for (size_t i = 0; !err && i < sizeof(opening) / sizeof(opening[0]); i++) {
		if (opening[i].family && opening[i].family != family)
			continue;
		u.lo[PSET_PROTOCOL] = opening[i].proto_lo;
		u.hi[PSET_PROTOCOL] = opening[i].proto_hi;
		u.lo[PSET_ICMP_TYPE] = opening[i].type_lo;
		u.hi[PSET_ICMP_TYPE] = opening[i].type_hi;
		err = compare_box(d, a, b, &u);
	}
	u.lo[PSET_ICMP_TYPE] = 0;
	u.hi[PSET_ICMP_TYPE] = UINT8_MAX;
	u.lo[PSET_PROTOCOL] = u.hi[PSET_PROTOCOL] = PROTO_TCP;
	u.flags_mask = CONFIG_FIN | CONFIG_SYN | CONFIG_RST | CONFIG_ACK;
	u.flags = CONFIG_SYN;
	return err ? err : compare_box(d, a, b, &u);
}


/** The interface of B that is A's: the same name, else a shared network */
static size_t same_iface(const struct diff *d, const struct config *a, const struct config *b,
			 size_t number)
{
	const struct flat_iface *fi = &d->a.ifaces.v[number];
	size_t at = flat_iface_find(&d->b.ifaces, fi->name);

	if (at == d->b.ifaces.n && fi->alias)
		at = flat_iface_find(&d->b.ifaces, fi->alias);
	for (size_t i = 0; at == d->b.ifaces.n && i < a->nifaces; i++) {
		const struct config_interface *ai = &a->ifaces[i];

		if (flat_iface_find(&d->a.ifaces, ai->name) != number)
			continue;
		for (size_t k = 0; k < b->nifaces; k++)
			for (size_t x = 0; x < ai->naddrs; x++)
				for (size_t y = 0; y < b->ifaces[k].naddrs; y++)
					if (!memcmp(&ai->addrs[x], &b->ifaces[k].addrs[y],
						    sizeof(ai->addrs[x])))
						at = flat_iface_find(&d->b.ifaces,
								     b->ifaces[k].name);
	}

	return at;
}


static bool has_conditions(const struct device *d)
{
	for (size_t i = 0; i < d->nflats; i++)
		for (size_t k = 0; k < d->flats[i].boxes.n; k++) {
			const struct pset_box *b = &d->flats[i].boxes.v[k];

			if (b->lo[PSET_IN] || b->hi[PSET_IN] != UINT16_MAX ||
			    b->lo[PSET_OUT] || b->hi[PSET_OUT] != UINT16_MAX)
				return true;
		}
	for (size_t i = 0; i < d->nhooks; i++)
		if (d->hooks[i].iface != SIZE_MAX)
			return true;

	return false;
}


/** Each interface of A with its fellow; then those of B that have none; then
 *  any other on both sides. */
static size_t pair_ifaces(struct way *v, const struct diff *d, const struct config *a,
			  const struct config *b)
{
	size_t n = 0, na = d->a.ifaces.n, nb = d->b.ifaces.n;
	bool plain = !has_conditions(&d->a) && !has_conditions(&d->b);

	for (size_t i = 0; !plain && i < na; i++)
		v[n++] = (struct way){ i, same_iface(d, a, b, i) };
	for (size_t k = 0; !plain && k < nb; k++) {
		bool taken = false;

		for (size_t i = 0; !taken && i < na; i++)
			taken = v[i].out == k;
		if (!taken)
			v[n++] = (struct way){ na, k };
	}
	v[n++] = (struct way){ na, nb };
	return n;
}


static int compare_all(struct diff *d, const struct config *a, const struct config *b)
{
	size_t most = d->a.ifaces.n + d->b.ifaces.n + 1, n;
	struct way *v = arena_calloc(d->mem, most, sizeof(*v));
	int err = 0;

	if (!v)
		return ENOMEM;
	n = pair_ifaces(v, d, a, b);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct way wa = { v[i].in, v[k].in }, wb = { v[i].out, v[k].out };

			/* a packet leaves by another interface; "any other" are several */
			if (i == k && i + 1 < n)
				continue;
			/* nor do we ask what comes in by interfaces that neither names */
			if (i + 1 == n && n > 1)
				continue;
			for (uint8_t family = 4; !err && family <= 6; family += 2)
				if (device_speaks(&d->a, family) && device_speaks(&d->b, family))
					err = compare_way(d, &wa, &wb, family);
		}

	return err;
}


int diff_run(struct diff *d, struct arena *mem, struct config *a, struct config *b,
	     uint64_t steps)
{
	struct config **va, **vb;
	int err;

	*d = (struct diff){ .mem = mem, .steps = steps ? steps : DIFF_STEPS };
	va = arena_alloc(mem, sizeof(struct config *));
	vb = arena_alloc(mem, sizeof(struct config *));
	if (!va || !vb)
		return ENOMEM;

	*va = a;
	*vb = b;
	err = device_make(&d->a, mem, va, 1, NULL);
	if (!err)
		err = device_make(&d->b, mem, vb, 1, NULL);
	if (!err)
		err = compare_all(d, a, b);

	return err;
}


void diff_reset(struct diff *d)
{
	device_reset(&d->a);
	device_reset(&d->b);
	*d = (struct diff){0};
}
