/*
 * What is permitted beyond need. For each interface that packets come in by,
 * and each group of interfaces that they leave by through the same lists: of
 * each permitting line, what no line before it has and no flow needs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/audit/audit.h"

enum { STATE_NEW = 1, BEYOND = 5, FOUND = -1, LINE_SHARE = 16, JOIN_MAX = 256 };

/** One way through the device: an interface in, those out that share lists */
struct way {
	struct audit *au;
	unsigned in;			/**< site interface */
	bool *out;			/**< [nsite + 1] of the group; the last:
					  what lies behind none of them */
	const struct device_hook *chain[DEVICE_CHAIN_MAX];
	size_t nchain;
	uint8_t family;
	struct pset universe;
	struct pset all;		/**< needed, then the first list's boxes */
	size_t nneeded;
	uint8_t *cls;
	bool *skip;
	struct pset_index ix;
};

/** One line's excess while it is gathered */
struct gather {
	struct way *w;
	struct audit_excess x;
	struct pset_budget budget;
	bool found;
};


static size_t iface_of(const struct way *w, unsigned site)
{
	const struct device *d = &w->au->device;

	return site < d->nsite ? d->site_iface[site] : d->ifaces.n;
}


/** Could a rule of the way's lists ask where the packet leaves? */
static bool asks_out(const struct way *w)
{
	for (size_t i = 0; i < w->nchain; i++) {
		const struct pset *b = &w->au->device.flats[w->chain[i]->flat].boxes;

		for (size_t k = 0; k < b->n; k++)
			if (b->v[k].lo[PSET_OUT] || b->v[k].hi[PSET_OUT] != UINT16_MAX)
				return true;
	}

	return w->nchain > 1;
}


static struct pset_box start_box(const struct way *w)
{
	struct pset_box b;
	size_t in = iface_of(w, w->in);

	pset_box_init(&b, w->family);
	b.lo[PSET_IN] = b.hi[PSET_IN] = (uint16_t)in;
	b.lo[PSET_STATE] = b.hi[PSET_STATE] = STATE_NEW;
	return b;
}


/** Packets to one site interface's networks */
static int add_behind(struct way *w, unsigned out, bool tell_out)
{
	const struct ip_range *v;
	size_t n = addrs_family(&w->au->policy->interfaces[out].addrs, w->family, &v);
	struct pset_box b = start_box(w);
	int err = 0;

	if (tell_out)
		b.lo[PSET_OUT] = b.hi[PSET_OUT] = (uint16_t)iface_of(w, out);
	for (size_t i = 0; !err && i < n; i++) {
		pset_box_set_addrs(&b, PSET_DST, &v[i]);
		err = pset_push(&w->universe, &b);
	}

	return err;
}


/** Packets to what lies behind no interface of the site */
static int add_beyond(struct way *w, bool tell_out)
{
	const struct policy *p = w->au->policy;
	struct pset known = {0};
	struct pset_box b = start_box(w);
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };
	int err = 0;

	if (tell_out)
		b.lo[PSET_OUT] = b.hi[PSET_OUT] = (uint16_t)w->au->device.ifaces.n;
	for (size_t i = 0; !err && i < p->ninterfaces; i++) {
		const struct ip_range *v;
		size_t n = addrs_family(&p->interfaces[i].addrs, w->family, &v);

		for (size_t k = 0; !err && k < n; k++) {
			struct pset_box r;

			pset_box_init(&r, w->family);
			pset_box_set_addrs(&r, PSET_DST, &v[k]);
			err = pset_push(&known, &r);
		}
	}
	if (!err)
		err = pset_subtract(&w->universe, &b, known.v, known.n, &budget);

	pset_reset(&known);
	return err;
}


static bool checks_source(const struct way *w)
{
	const struct device *d = &w->au->device;

	for (size_t i = 0; i < d->nconfigs; i++)
		for (size_t k = 0; k < d->configs[i]->nifaces; k++) {
			const struct config_interface *ci = &d->configs[i]->ifaces[k];

			if (ci->source_check &&
			    flat_iface_find(&d->ifaces, ci->name) == iface_of(w, w->in))
				return true;
		}

	return false;
}


/** Sources that lie behind other interfaces do not come in by this one. */
static int drop_forged(struct way *w)
{
	const struct policy *p = w->au->policy;
	const struct need_addrs *own = &p->interfaces[w->in].addrs;
	struct pset forged = {0}, left = {0};
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };
	int err = 0;

	for (unsigned i = 0; !err && i < p->ninterfaces; i++) {
		const struct ip_range *v;
		size_t n = addrs_family(&p->interfaces[i].addrs, w->family, &v);

		for (size_t k = 0; !err && i != w->in && k < n; k++) {
			struct pset_box b;

			if (addrs_has(own, &v[k].lo) || addrs_has(own, &v[k].hi))
				continue;
			pset_box_init(&b, w->family);
			pset_box_set_addrs(&b, PSET_SRC, &v[k]);
			err = pset_push(&forged, &b);
		}
	}
	for (size_t i = 0; !err && i < w->universe.n; i++)
		err = pset_subtract(&left, &w->universe.v[i], forged.v, forged.n, &budget);
	if (err) {
		pset_reset(&left);
	} else {
		pset_reset(&w->universe);
		w->universe = left;
	}

	pset_reset(&forged);
	return err == ETIME ? 0 : err;
}


static int make_universe(struct way *w)
{
	bool tell_out = asks_out(w);
	size_t nsite = w->au->device.nsite;
	int err = 0;

	for (unsigned o = 0; !err && o < nsite; o++)
		if (w->out[o])
			err = add_behind(w, o, tell_out);
	if (!err && w->out[nsite])
		err = add_beyond(w, tell_out);
	if (!err && checks_source(w))
		err = drop_forged(w);
	if (!err && !tell_out && w->universe.n <= JOIN_MAX)
		pset_join(&w->universe, 16);

	return err;
}


static bool is_echo(const struct pset_box *b)
{
	uint16_t type = b->lo[PSET_ICMP_TYPE];

	if (b->lo[PSET_PROTOCOL] == 58)
		return type == 128 || type == 129;
	return b->lo[PSET_PROTOCOL] == 1 && (type == 8 || (!type && !b->hi[PSET_ICMP_TYPE]));
}


/** A needed box, and the later fragments that belong to it */
static int push_needed(struct way *w, struct pset_box b)
{
	struct pset_box rest = b;
	struct pset_box whole;
	int err;

	/* an echo with a code means nothing else, and no dialect tells it apart */
	if (is_echo(&b))
		b.hi[PSET_ICMP_CODE] = UINT8_MAX;
	if (w->nchain && w->chain[0]->config->no_sports && b.lo[PSET_PROTOCOL] != 1 &&
	    b.lo[PSET_PROTOCOL] != 58) {
		b.lo[PSET_SPORT] = 0;
		b.hi[PSET_SPORT] = UINT16_MAX;
	}
	b.hi[PSET_FRAGMENT] = 0;
	err = pset_push(&w->all, &b);
	pset_box_init(&whole, w->family);
	for (int f = PSET_SPORT; f <= PSET_ICMP_CODE; f++) {
		rest.lo[f] = whole.lo[f];
		rest.hi[f] = whole.hi[f];
	}
	rest.flags_mask = rest.flags = 0;
	rest.lo[PSET_FRAGMENT] = 1;
	return err ? err : pset_push(&w->all, &rest);
}


/** What returns, where no state tells: of TCP with ACK or RST */
static int push_back(struct way *w, const struct pset_box *b, bool tcp)
{
	struct pset_box r = *b;
	int err;

	if (!tcp)
		return push_needed(w, r);
	r.flags_mask = r.flags = CONFIG_ACK;
	err = push_needed(w, r);
	r.flags_mask = r.flags = CONFIG_RST;
	return err ? err : push_needed(w, r);
}


static bool stateless(const struct way *w)
{
	for (size_t i = 0; i < w->nchain; i++)
		if (w->chain[i]->hook.tracking != CONFIG_STATELESS)
			return false;

	return true;
}


static bool asks_state(const struct way *w)
{
	return w->nchain && w->chain[0]->hook.tracking == CONFIG_STATE_RULES;
}


/** Must rules let in the echo replies that go to `to`? */
static bool unties_echo(const struct way *w, const struct policy_rule *r, unsigned to)
{
	return r->transport == FLOW_ICMP &&
	       device_ties_echo(&w->au->device, iface_of(w, w->in), iface_of(w, to)) != DEVICE_YES;
}


static int add_needed_pair(struct way *w, const struct policy_rule *r, struct policy_pair pair)
{
	bool forth = pair.in == w->in && w->out[pair.out];
	bool back = pair.out == w->in && w->out[pair.in] &&
		    (stateless(w) || unties_echo(w, r, pair.in));
	bool tcp = r->transport == FLOW_TCP;
	struct pset boxes = {0};
	size_t split;
	int err = 0;

	/* state tells the expected ones from those that open a flow */
	if (forth && !(r->how == POLICY_EXPECTED && asks_state(w)))
		err = audit_rule_boxes(&boxes, w->au, r, pair, w->family, false);
	split = boxes.n;
	if (!err && back)
		err = audit_rule_boxes(&boxes, w->au, r, pair, w->family, true);
	for (size_t i = 0; !err && i < boxes.n; i++)
		err = i < split ? push_needed(w, boxes.v[i]) : push_back(w, &boxes.v[i], tcp);

	pset_reset(&boxes);
	return err;
}


static bool on_link(const struct need *n)
{
	static const struct ip_addr all = { 4, { 255, 255, 255, 255 } }, none = { .family = 4 };

	return addrs_has(&n->dst, &all) || (n->src.n == 1 && addrs_has(&n->src, &none));
}


/** Broadcasts that end at this interface, a relay's among them */
static int add_on_link(struct way *w, const struct need *n)
{
	struct pset_box b;
	int err = 0;

	pset_box_init(&b, 4);
	b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = n->transport == FLOW_TCP ? 6 : 17;
	for (size_t i = 0; i < n->src.n; i++)
		for (size_t k = 0; k < n->dst.n; k++)
			for (size_t p = 0; !err && p < n->ndports; p++) {
				if (n->src.v[i].lo.family != 4 || n->dst.v[k].lo.family != 4)
					continue;
				pset_box_set_addrs(&b, PSET_SRC, &n->src.v[i]);
				pset_box_set_addrs(&b, PSET_DST, &n->dst.v[k]);
				b.lo[PSET_DPORT] = n->dports[p].lo;
				b.hi[PSET_DPORT] = n->dports[p].hi;
				err = push_needed(w, b);
			}

	return err;
}


/** What IPv6 needs on each link: to any address where it never crosses, with
 *  its later fragments to addresses of the link alone. */
static int add_neighbours(struct way *w)
{
	int err = 0;

	for (const struct need_link *t = need_link_types; !err && t->type_hi; t++) {
		struct pset_box b;

		pset_box_init(&b, 6);
		b.lo[PSET_PROTOCOL] = b.hi[PSET_PROTOCOL] = 58;
		b.lo[PSET_ICMP_TYPE] = t->type_lo;
		b.hi[PSET_ICMP_TYPE] = t->type_hi;
		if (t->anywhere)
			err = pset_push(&w->all, &b);
		for (const struct ip_range *r = need_link_addrs; !err && r->lo.family; r++) {
			pset_box_set_addrs(&b, PSET_DST, r);
			err = push_needed(w, b);
		}
	}

	return err;
}


static int add_needed(struct way *w)
{
	const struct policy *p = w->au->policy;
	const struct need_list *nl = w->au->needs;
	int err = w->family == 6 ? add_neighbours(w) : 0;

	for (size_t i = 0; !err && i < p->nrules; i++)
		for (size_t k = 0; !err && k < p->rules[i].npairs; k++)
			err = add_needed_pair(w, &p->rules[i], p->rules[i].pairs[k]);
	for (size_t i = 0; !err && nl && w->family == 4 && i < nl->n; i++)
		if (on_link(&nl->v[i]))
			err = add_on_link(w, &nl->v[i]);

	w->nneeded = w->all.n;
	return err;
}


/** A line that lint found never to match: it has no packet first. */
static bool is_dead(const struct flat *f, const struct flat_entry *e)
{
	return e->rule && f->config->dead && f->config->dead[e->id];
}


static int add_list(struct way *w)
{
	const struct flat *f = w->nchain ? &w->au->device.flats[w->chain[0]->flat] : NULL;
	size_t n = f ? f->boxes.n : 0;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		err = pset_push(&w->all, &f->boxes.v[i]);
	if (err)
		return err;
	w->cls = calloc(w->all.n + 1, sizeof(*w->cls));
	w->skip = calloc(w->all.n + 1, sizeof(*w->skip));
	if (!w->cls || !w->skip)
		return ENOMEM;

	memset(w->cls, FLAT_NEEDED, w->nneeded);
	for (size_t i = 0; i < n; i++) {
		w->cls[w->nneeded + i] = f->cls[i];
		w->skip[w->nneeded + i] = (f->cls[i] & PSET_SOFT) ||
					  is_dead(f, &f->v[f->entry[i]]);
	}

	return pset_index_make(&w->ix, w->all.v, w->all.n);
}


static int keep(struct gather *g, const struct pset_box *piece)
{
	if (!g->found)
		g->found = pset_box_first(&g->x.witness, piece);
	if (g->x.packets.n >= AUDIT_PIECES_MAX) {
		g->x.exact = false;
		return FOUND;
	}

	return pset_push(&g->x.packets, piece);
}


static int later_step(const struct device_step *s, void *arg)
{
	return s->verdict == FLAT_PERMIT && s->last ? keep(arg, s->piece) : 0;
}


static int beyond_leaf(const struct pset_leaf *leaf, void *arg)
{
	struct gather *g = arg;
	const struct way *w = g->w;

	if (!(leaf->classes & 1u << BEYOND))
		return 0;
	if (w->nchain < 2)
		return keep(g, leaf->piece);

	/* every interface of the way has the same lists */
	for (unsigned o = 0; o <= w->au->device.nsite; o++)
		if (w->out[o])
			return device_follow_from(&w->au->device, iface_of(w, w->in),
						  iface_of(w, o), leaf->piece, 1,
						  &g->budget, later_step, g);
	return 0;
}


/** Walk one box of a line, within the universe, past what stands before. */
static int gather_box(struct gather *g, const struct pset_box *b, size_t before)
{
	const struct way *w = g->w;
	struct pset_walk walk = {
		.ix = &w->ix, .cls = w->cls, .fall = BEYOND, .together = ~(1u << BEYOND),
		.skip = w->skip, .budget = &g->budget, .leaf_h = beyond_leaf, .arg = g,
	};
	int err = 0;

	for (size_t i = 0; !err && i < w->universe.n; i++) {
		struct pset_box q;

		if (pset_box_meet(&q, b, &w->universe.v[i]))
			err = pset_walk_run(&walk, &q, 0, before);
	}

	return err;
}


/** Name the lines, up to box `before`, that have some of the packets first. */
static int name_before(struct gather *g, const struct flat *f, size_t before)
{
	const struct way *w = g->w;
	const struct flat_entry *last = NULL;
	bool *met = calloc(before + 1, sizeof(*met));
	int err = met ? 0 : ENOMEM;

	for (size_t k = 0; met && k < g->x.packets.n; k++)
		pset_index_meet(met, &w->ix, &g->x.packets.v[k], w->nneeded, before);
	for (size_t i = w->nneeded; !err && i < before; i++) {
		const struct flat_entry *e = &f->v[f->entry[i - w->nneeded]];

		if (!met[i] || w->skip[i] || e == last)
			continue;
		last = e;
		if (g->x.except.n >= AUDIT_LINES_MAX)
			g->x.except.more++;
		else
			err = audit_lines_add(&g->x.except, w->au->mem, (struct audit_line){
				w->chain[0]->config, e->list, e->rule });
	}

	free(met);
	return err;
}


/** Too many pieces: tell what the line says, and which lines come before it. */
static int describe(struct gather *g, const struct pset_box *v, size_t n, size_t before)
{
	const struct way *w = g->w;
	int err = 0;

	g->x.packets.n = 0;
	for (size_t i = 0; !err && i < n; i++)
		for (size_t k = 0; !err && k < w->universe.n; k++) {
			struct pset_box q;

			if (!pset_box_meet(&q, &v[i], &w->universe.v[k]))
				continue;
			if (g->x.packets.n < AUDIT_PIECES_MAX)
				err = pset_push(&g->x.packets, &q);
			else
				g->x.more = true;
		}
	if (!err && w->nchain)
		err = name_before(g, &w->au->device.flats[w->chain[0]->flat], before);

	return err;
}


static double volume(const struct pset *ps)
{
	double sum = 0;

	for (size_t i = 0; i < ps->n; i++) {
		const struct pset_box *b = &ps->v[i];
		double v = 1;

		for (int e = 0; e < 2; e++) {
			pset_addr hi = b->ahi[e];

			if (!b->hi[PSET_FAMILY] && hi > UINT32_MAX)
				hi = UINT32_MAX;
			v *= (double)(hi - b->alo[e]) + 1;
		}
		for (int f = PSET_PROTOCOL; f <= PSET_DPORT; f++)
			v *= b->hi[f] - b->lo[f] + 1;
		sum += v;
	}

	return sum;
}


static int finish(struct gather *g)
{
	struct audit *au = g->w->au;
	int err;

	if (au->nexcess >= AUDIT_EXCESS_MAX) {
		au->excess_more++;
		pset_reset(&g->x.packets);
		return 0;
	}
	err = arena_grow(au->mem, (void **)&au->excess, au->nexcess, &au->excess_cap,
			 sizeof(*au->excess));
	if (err)
		return err;

	if (g->x.exact)
		pset_join(&g->x.packets, 8);
	g->x.size = volume(&g->x.packets);
	au->excess[au->nexcess++] = g->x;
	return 0;
}


static unsigned only_out(const struct way *w)
{
	unsigned n = 0, at = 0, nsite = (unsigned)w->au->device.nsite;

	for (unsigned o = 0; o <= nsite; o++)
		if (w->out[o]) {
			n++;
			at = o;
		}

	return n == 1 ? at : nsite;
}


/** The excess of some boxes, a line's or all packets */
static int gather_line(struct way *w, struct audit_line line, const struct pset_box *v,
		       size_t n, size_t before)
{
	struct gather g = {
		.w = w, .budget = { w->au->steps / LINE_SHARE + 1 },
		.x = { .line = line, .in = w->in, .out = only_out(w), .family = w->family,
		       .exact = true },
	};
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		err = gather_box(&g, &v[i], before);
	if (err == ETIME) {
		g.x.exact = false;
		g.x.cannot_tell = !g.found;
	} else if (err && err != FOUND) {
		pset_reset(&g.x.packets);
		return err;
	}
	err = 0;
	if (!g.found && !g.x.cannot_tell)
		return 0;
	if (!g.x.exact)
		err = describe(&g, v, n, before);
	if (!err)
		err = finish(&g);
	else
		pset_reset(&g.x.packets);
	return err;
}


static int gather_way(struct way *w)
{
	const struct flat *f = w->nchain ? &w->au->device.flats[w->chain[0]->flat] : NULL;
	struct pset_box all;
	int err = 0;

	if (!f) {
		pset_box_init(&all, w->family);
		return gather_line(w, (struct audit_line){0}, &all, 1, w->nneeded);
	}
	for (size_t i = 0; !err && i < f->n; i++) {
		const struct flat_entry *e = &f->v[i];

		if ((e->cls & ~PSET_SOFT) == FLAT_PERMIT && !is_dead(f, e))
			err = gather_line(w, (struct audit_line){
				w->chain[0]->config, e->list, e->rule },
				&f->boxes.v[e->first], e->n, w->nneeded + e->first);
	}

	return err;
}


static int take_way(struct way *w)
{
	int err = make_universe(w);

	if (!err)
		err = add_needed(w);
	if (!err)
		err = add_list(w);
	if (!err && w->universe.n)
		err = gather_way(w);

	pset_index_reset(&w->ix);
	pset_reset(&w->universe);
	pset_reset(&w->all);
	free(w->cls);
	free(w->skip);
	return err;
}


/** All ways from one interface: outs with equal chains go together. */
static int take_in(struct audit *au, unsigned in, uint8_t family, bool *done, bool *out)
{
	size_t nsite = au->device.nsite;
	int err = 0;

	memset(done, false, nsite + 1);
	done[in] = !au->policy->at_hosts;
	for (unsigned o = 0; !err && o <= nsite; o++) {
		struct way w = { .au = au, .in = in, .out = out, .family = family };

		if (done[o])
			continue;
		memset(out, false, nsite + 1);
		w.nchain = device_chain(w.chain, &au->device, iface_of(&w, in), iface_of(&w, o),
					family);
		for (unsigned k = o; k <= nsite; k++) {
			const struct device_hook *chain[DEVICE_CHAIN_MAX];
			size_t n = device_chain(chain, &au->device, iface_of(&w, in),
						iface_of(&w, k), family);

			if (!done[k] && n == w.nchain &&
			    !memcmp(chain, w.chain, n * sizeof(*chain)))
				done[k] = out[k] = true;
		}
		err = take_way(&w);
	}

	return err;
}


static int worse_first(const void *pa, const void *pb)
{
	const struct audit_excess *a = pa, *b = pb;
	unsigned la = a->line.rule ? a->line.rule->line : 0;
	unsigned lb = b->line.rule ? b->line.rule->line : 0;

	if (a->size > b->size || a->size < b->size)
		return a->size < b->size ? 1 : -1;
	return la != lb ? (la > lb) - (la < lb) : (a->in > b->in) - (a->in < b->in);
}


/** Is the family used here at all, or a list of it applied anywhere? */
static bool worth_asking(const struct audit *au, unsigned in, uint8_t family)
{
	const struct device *d = &au->device;
	const struct ip_range *v;

	if ((d->missing[in] && !au->policy->at_hosts) || !device_speaks(d, family))
		return false;
	for (size_t i = 0; i < au->policy->ninterfaces; i++)
		if (addrs_family(&au->policy->interfaces[i].addrs, family, &v))
			return true;
	for (size_t i = 0; i < d->nhooks; i++) {
		const struct device_hook *h = &d->hooks[i];
		bool here = h->iface == SIZE_MAX || h->iface == d->site_iface[in];

		/* a list of this family elsewhere, and none here, is an open door */
		if (h->hook.family == family || (!h->hook.family && here))
			return true;
	}

	return false;
}


int audit_find_excess(struct audit *au)
{
	size_t nsite = au->device.nsite;
	bool *done = calloc(nsite + 1, sizeof(*done)), *out = calloc(nsite + 1, sizeof(*out));
	int err = done && out ? 0 : ENOMEM;

	for (uint8_t family = 4; !err && family <= 6; family += 2)
		for (unsigned in = 0; !err && in < nsite; in++)
			if (worth_asking(au, in, family))
				err = take_in(au, in, family, done, out);
	if (!err && au->nexcess > 1)
		qsort(au->excess, au->nexcess, sizeof(*au->excess), worse_first);

	free(done);
	free(out);
	return err;
}
