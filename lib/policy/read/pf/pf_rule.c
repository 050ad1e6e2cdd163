/*
 * From what a statement asks for to rules: one for each direction and
 * interface that needs its own, one for what is known of its addresses, and
 * one that matches sometimes for what is not.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/read/pf/pf.h"

enum { TCP = 6, UDP = 17 };


static bool ends_in_digit(const char *s)
{
	size_t n = strlen(s);

	return n && s[n - 1] >= '0' && s[n - 1] <= '9';
}


/** Names of drivers are groups that hold their interfaces. */
static bool is_driver(const char *s)
{
	static const char *const drivers[] = {
		"lo", "em", "igb", "ix", "ixl", "ixgbe", "igc", "re", "vio", "vtnet", "vmx", "bge",
		"bnx", "bnxt", "mcx", "mlxen", "mce", "sk", "fxp", "dc", "xl", "vr", "axe", "cdce",
		"urtwn", "iwm", "iwn", "iwx", "ath", "athn", "ral", "wlan", "vlan", "carp", "trunk",
		"lagg", "aggr", "bridge", "veb", "vport", "vether", "gif", "gre", "tun", "tap",
		"wg", "ppp", "pppoe", "enc", "pflog", "pfsync", "vxlan", "epair", "sec", "umb",
		"hvn", "xnf", "cnmac", "mvneta", "mvpp", "dwge", "cas", "gem", "msk", "nfe", "sis",
		"ale", "alc", "age", "jme", "stge", "ti", "txp", "bce", "cxgb", "cxl", "oce",
		"ena", "gve", "eth",
	};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(drivers[i], s))
			return true;

	return false;
}


static int on_name(struct config *c, struct pf_on *on, const char *name, bool driver)
{
	int err = arena_grow(&c->mem, (void **)&on->v, on->n, &on->cap, sizeof(*on->v));

	if (err)
		return err;
	on->v[on->n] = arena_printf(&c->mem, "%.240s%s", name, driver ? "*" : "");
	return on->v[on->n++] ? 0 : ENOMEM;
}


/** The entry that takes the name: plain names share one, others stand alone. */
static int on_add(struct pf_file *f, struct pf_match *m, const char *name, bool negate)
{
	bool driver = is_driver(name), group = !driver && !ends_in_digit(name);
	struct pf_on *on = NULL;
	int err;

	for (size_t k = 0; !negate && k < m->non; k++)
		if (!m->on[k].negate && m->on[k].unknown == group)
			on = &m->on[k];
	if (!on) {
		err = arena_grow(&f->c->mem, (void **)&m->on, m->non, &m->on_cap, sizeof(*on));
		if (err)
			return err;
		on = &m->on[m->non++];
		*on = (struct pf_on){ .negate = negate, .unknown = group };
	}
	err = on_name(f->c, on, name, driver);
	if (!err && group)
		err = config_ifaces_add(f->c, &f->names, name, strlen(name));
	return err;
}


/** "em0", "all", "any": every one; "rdomain 3": sometimes */
static int one_interface(struct pf_file *f, struct pf_match *m, size_t *i, bool negate)
{
	const char *s = tokens_plain(pf_tok(&f->x, *i));

	if (!*s || strchr("{}(),=<>", *s))
		return EINVAL;
	(*i)++;
	if (!strcmp(s, "all") || !strcmp(s, "any")) {
		m->sometimes |= negate;
		return on_add(f, m, "*0", false);
	}
	if (!strcmp(s, "rdomain")) {
		(*i)++;
		m->sometimes = true;
		return 0;
	}
	if (!strcmp(s, "egress")) {
		m->sometimes = true;
		return on_add(f, m, "*0", false);
	}

	return on_add(f, m, s, negate);
}


int pf_interfaces(struct pf_file *f, struct pf_match *m, size_t *i)
{
	bool negate = false;
	unsigned depth = 0;
	int err = 0;

	do {
		if (pf_is(&f->x, *i, "{")) {
			depth++;
			(*i)++;
		} else if (pf_is(&f->x, *i, "}")) {
			depth -= depth > 0;
			(*i)++;
		} else if (pf_is(&f->x, *i, "!")) {
			negate = !negate;
			(*i)++;
		} else if (pf_is(&f->x, *i, ",")) {
			(*i)++;
		} else {
			err = one_interface(f, m, i, negate);
			negate = false;
		}
	} while (!err && (depth || negate) && *i < f->x.w.n);

	return depth ? EINVAL : err;
}


int pf_notice_nat(struct pf_file *f)
{
	if (f->nat)
		return 0;
	f->nat = true;
	return config_notice(f->c, f->x.number, "addresses are translated here; the rules are held "
			     "against addresses as they stand in them");
}


/* Conditions to boxes */

/** Does the rule compare flags of TCP? "pass" with state asks for SYN when it
 *  says nothing. */
static void flags_of(struct config_flags *fl, const struct pf_match *m)
{
	*fl = (struct config_flags){ m->flags_mask, m->flags };
	if (!m->flags_given && m->action == CONFIG_PERMIT && !m->no_state)
		*fl = (struct config_flags){ CONFIG_SYN | CONFIG_ACK, CONFIG_SYN };
}


static int add_protocol(struct config *c, struct clause *k, unsigned lo, unsigned hi,
			const struct config_flags *fl)
{
	struct pset_box b;

	if (lo > hi)
		return 0;
	pset_box_init(&b, 0);
	b.lo[PSET_PROTOCOL] = (uint16_t)lo;
	b.hi[PSET_PROTOCOL] = (uint16_t)hi;
	if (lo == TCP && hi == TCP && fl->mask) {
		b.flags_mask = fl->mask;
		b.flags = fl->value & fl->mask;
		b.hi[PSET_FRAGMENT] = 0;
	}
	return clause_add(c, k, &b);
}


static int and_protocol(struct config *c, struct config_rule *r, const struct pf_match *m)
{
	struct config_flags fl;
	struct clause k = {0};
	int err = 0;

	flags_of(&fl, m);
	if (m->fragment)
		fl.mask = 0;
	if (!m->protocol.given && !fl.mask)
		return 0;
	for (size_t i = 0; !err && i < m->protocol.n; i++)
		err = add_protocol(c, &k, m->protocol.v[i].lo, m->protocol.v[i].hi, &fl);
	if (!m->protocol.given) {
		err = add_protocol(c, &k, 0, TCP - 1, &fl);
		err = err ? err : add_protocol(c, &k, TCP, TCP, &fl);
		err = err ? err : add_protocol(c, &k, TCP + 1, UINT8_MAX, &fl);
	}

	return err ? err : clause_and(c, r, &k);
}


static int and_header(struct config *c, struct config_rule *r, const struct pf_match *m)
{
	struct config_match cm = {
		.sport = m->from.ports, .dport = m->to.ports, .icmp = m->icmp, .dscp = m->dscp,
	};

	if (m->fragment)
		cm.fragments = CONFIG_FRAGMENTS_ONLY;
	return clause_and_match(c, r, &cm);
}


/** What an end means to packets that cross in one direction */
struct view {
	bool any;		/**< no condition */
	bool known;		/**< some packets match for sure */
	bool maybe;		/**< others may */
};


/* Nothing that crosses goes to the firewall's own addresses; what comes from
 * them on the way in is forged, if it comes at all. */
static struct view view_of(const struct pf_side *s, int dir)
{
	struct view v = { .any = s->any, .known = s->any || s->addr.n };

	v.maybe = !s->any && (s->unknown || (s->self && s->end == PSET_SRC && dir == 0));
	return v;
}


static int and_sides(struct pf_file *f, struct config_rule *r, const struct pf_match *m, int dir,
		     bool sure)
{
	const struct pf_side *ends[] = { &m->from, &m->to };
	int err = 0;

	for (int e = 0; !err && e < 2; e++) {
		struct view v = view_of(ends[e], dir);

		if (v.any || (!sure && v.maybe))
			continue;
		err = clause_and(f->c, r, &ends[e]->addr);
	}

	return err;
}


static const char *tag_of(struct pf_file *f, const struct pf_match *m, const struct pf_on *on)
{
	const char *at = m->tag ? strstr(m->tag, "$if") : NULL;

	if (!at)
		return m->tag;
	return arena_printf(&f->c->mem, "%.*s%s%s", (int)(at - m->tag), m->tag,
			    on && on->n == 1 ? on->v[0] : "any", at + 3);
}


static bool any_interface(const struct pf_on *on)
{
	return !on || (on->n && !strcmp(on->v[0], "*0"));
}


/** The rule without its packets */
static int rule_begin(struct pf_file *f, struct pf_rule *pr, const struct pf_match *m, int dir,
		      const struct pf_on *on)
{
	struct config_ifaces *at = dir ? &pr->r.out : &pr->r.in;

	*pr = (struct pf_rule){ .tagged = m->tagged, .not_tagged = m->not_tagged };
	pr->r = (struct config_rule){
		.line = f->x.number, .text = f->x.raw, .action = m->action, .target = m->target[dir],
		.rows = m->rows, .part = true, .uncertain = m->uncertain,
		.effect = m->effect,
		.no_state = m->action == CONFIG_PERMIT && m->no_state,
	};
	pr->tag = tag_of(f, m, on);
	if (m->tag && !pr->tag)
		return ENOMEM;
	if (!any_interface(on))
		*at = (struct config_ifaces){ on->v, on->n, on->n, on->negate };
	if (dir && m->received.n)
		pr->r.in = (struct config_ifaces){ m->received.v, m->received.n, m->received.n,
						   m->received.negate };
	return clause_begin(f->c, &pr->r, m->family);
}


static int keep(struct pf_file *f, struct pf_block *b, const struct pf_match *m, int dir,
		const struct pf_rule *pr)
{
	struct pf_rules *to = m->quick ? &b->quick[dir] : &b->last[dir];
	int err = arena_grow(&f->c->mem, (void **)&to->v, to->n, &to->cap, sizeof(*to->v));

	if (!err)
		to->v[to->n++] = *pr;
	return err;
}


/** One of the rules; sure: of what is known alone */
static int emit_one(struct pf_file *f, struct pf_block *b, const struct pf_match *m, int dir,
		    const struct pf_on *on, bool sure)
{
	struct pf_rule pr;
	int err = rule_begin(f, &pr, m, dir, on);

	if (!err)
		err = and_sides(f, &pr.r, m, dir, sure);
	if (!err)
		err = and_protocol(f->c, &pr.r, m);
	if (!err)
		err = and_header(f->c, &pr.r, m);
	if (err)
		return err;

	pr.r.sometimes = !sure;
	if (sure)
		err = keep(f, b, m, dir, &pr);
	else if (m->action != CONFIG_CONTINUE || m->tag)
		err = keep(f, b, m, dir, &pr);
	if (err || !on || !on->unknown)
		return err;

	/* a group's interfaces have other names than the group */
	pr.r.sometimes = true;
	pr.others = true;
	return keep(f, b, m, dir, &pr);
}


static int emit_dir(struct pf_file *f, struct pf_block *b, const struct pf_match *m, int dir,
		    const struct pf_on *on)
{
	struct view from = view_of(&m->from, dir), to = view_of(&m->to, dir);
	struct pf_match idle = *m;
	int err = 0;

	if (from.known && to.known && !m->sometimes) {
		bool maybe = from.maybe || to.maybe;

		/* what is sure comes first where the first decides */
		if (maybe && !m->quick)
			err = emit_one(f, b, m, dir, on, false);
		err = err ? err : emit_one(f, b, m, dir, on, true);
		return err || !maybe || !m->quick ? err : emit_one(f, b, m, dir, on, false);
	}
	if ((from.known || from.maybe) && (to.known || to.maybe))
		return emit_one(f, b, m, dir, on, false);

	/* to or from the firewall itself: kept, and decides nothing here */
	idle.action = CONFIG_CONTINUE;
	idle.tag = NULL;
	idle.from.any = idle.to.any = true;
	return emit_one(f, b, &idle, dir, on, true);
}


/** Both directions of one entry of the interfaces, or of any */
static int emit_on(struct pf_file *f, struct pf_block *b, const struct pf_match *m,
		   const struct pf_on *on)
{
	int err = 0;

	for (int dir = 0; !err && dir < 2; dir++) {
		if (m->in != m->out && m->out != (dir == 1))
			continue;
		if (m->action == CONFIG_JUMP && !m->target[dir])
			continue;
		err = emit_dir(f, b, m, dir, on);
	}

	return err;
}


int pf_emit(struct pf_file *f, struct pf_block *b, const struct pf_match *m)
{
	bool each = m->tag && strstr(m->tag, "$if");
	int err = 0;

	if ((m->from.ports.given || m->to.ports.given) && !m->protocol.given)
		return pf_obscure(f, b, m, "it asks for ports and names no protocol");
	if (!m->non)
		return emit_on(f, b, m, NULL);
	for (size_t i = 0; !err && i < m->non; i++) {
		const struct pf_on *on = &m->on[i];

		if (!each || on->negate) {
			err = emit_on(f, b, m, on);
			continue;
		}
		for (size_t k = 0; !err && k < on->n; k++) {
			struct pf_on one = { &on->v[k], 1, 1, false, on->unknown };

			err = emit_on(f, b, m, &one);
		}
	}

	return err;
}


int pf_obscure(struct pf_file *f, struct pf_block *b, const struct pf_match *m, const char *fmt,
	       ...)
{
	struct pf_match all = { .family = m->family, .quick = m->quick, .in = m->in, .out = m->out };
	char buf[256];
	va_list ap;
	int err = 0;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);

	for (size_t i = 0; !all.quick && i < f->x.w.n; i++)
		all.quick = pf_is(&f->x, i, "quick");
	for (int dir = 0; !err && dir < 2; dir++) {
		struct pf_rule pr;

		if (m->in != m->out && m->out != (dir == 1))
			continue;
		err = rule_begin(f, &pr, &all, dir, NULL);
		pr.r.uncertain = true;
		if (!err)
			err = keep(f, b, &all, dir, &pr);
	}

	return err ? err : config_unknown(f->c, f->x.number, f->x.raw, "%s", buf);
}
