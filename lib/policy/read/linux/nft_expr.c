/*
 * Conditions: what is looked at, how it is compared, and with what. What no
 * packet set holds makes a rule match sometimes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/linux/nft_field.h"

/** A comparison while it is read */
struct cond {
	struct nft_file *f;
	const struct nft_field *field[NFT_PARTS_MAX];
	struct nft_field other;		/**< for what has no row */
	unsigned nfields;
	char op[4];			/**< "==", "!=", "<", ">", "<=", ">=" */
	bool map;			/**< vmap */
	struct nft_set *set;		/**< with what; anonymous ones too */
	struct nft_set values;
	bool anonymous;			/**< braces, so that flags are exact */
};


static int push(struct config *c, struct nft_variants *vs, const struct config_rule *r)
{
	if (vs->n >= NFT_VARIANTS_MAX)
		return EINVAL;
	if (arena_grow(&c->mem, (void **)&vs->v, vs->n, &vs->cap, sizeof(*vs->v)))
		return ENOMEM;
	vs->v[vs->n++] = *r;
	return 0;
}


static int add_iface(struct config *c, struct config_ifaces *v, const char *name, bool negate)
{
	v->negate = negate;
	return config_ifaces_add(c, v, name, strlen(name));
}


/** The boxes of one element: what all of its parts that boxes hold have in
 *  common */
static int element_boxes(struct cond *q, struct clause *out, const struct nft_elem *e)
{
	struct config *c = q->f->c;
	struct config_rule r = {0};
	int err = clause_begin(c, &r, 0);

	for (unsigned i = 0; !err && i < q->nfields; i++) {
		struct clause k = {0};

		if (nft_by_rule(q->field[i]))
			continue;
		err = nft_value(c, &k, q->field[i], q->op, q->anonymous, tokens_plain(e->part[i]));
		if (!err)
			err = clause_and(c, &r, &k);
	}
	for (size_t i = 0; !err && i < r.nboxes; i++)
		err = clause_add(c, out, &r.boxes[i]);

	return err;
}


/** The element's parts that stand beside the boxes, in one variant */
static int element_rule(struct cond *q, struct config_rule *r, const struct nft_elem *e)
{
	int err = 0;

	for (unsigned i = 0; !err && i < q->nfields; i++) {
		const char *s = tokens_plain(e->part[i]);

		if (q->field[i]->kind == NFT_STATE) {
			r->states = (r->states ? r->states : CONFIG_STATE_ANY) & nft_state_bit(s);
			if (!r->states)
				return EINVAL;
		} else if (q->field[i]->kind == NFT_IN) {
			err = r->in.n ? EINVAL : add_iface(q->f->c, &r->in, s, false);
		} else if (q->field[i]->kind == NFT_OUT) {
			err = r->out.n ? EINVAL : add_iface(q->f->c, &r->out, s, false);
		}
	}

	return err;
}


static int blind_fields(struct cond *q, const struct nft_variants *vs, struct nft_variants *to);


/** What cannot be told may come out as any verdict of the map. */
static int split_blind(struct cond *q, const struct nft_variants *from, struct nft_variants *to)
{
	struct nft_variants blind = {0};
	int err = blind_fields(q, from, &blind);

	for (size_t i = 0; !err && i < blind.n; i++) {
		if (!q->map)
			err = push(q->f->c, to, &blind.v[i]);
		for (size_t k = 0; !err && q->map && k < q->set->n; k++) {
			const struct nft_elem *e = &q->set->v[k];

			err = EINVAL;
			if (e->verdict && nft_verdict(q->f, &blind.v[i], e->verdict, e->target))
				err = push(q->f->c, to, &blind.v[i]);
		}
	}

	return err;
}


/** Each element by itself: verdict maps, and interfaces within concatenations */
static int split(struct cond *q, const struct nft_variants *from, struct nft_variants *to)
{
	struct config *c = q->f->c;
	int err = 0;

	for (size_t i = 0; !err && i < from->n; i++)
		for (size_t k = 0; !err && k < q->set->n; k++) {
			const struct nft_elem *e = &q->set->v[k];
			struct config_rule r = from->v[i];
			struct clause boxes = {0};

			if (e->nparts != q->nfields)
				return EINVAL;
			r.in.cap = r.out.cap = 0;	/* never grow what is shared */
			err = element_boxes(q, &boxes, e);
			if (!err)
				err = clause_and(c, &r, &boxes);
			if (!err)
				err = element_rule(q, &r, e);
			for (unsigned p = 0; !err && p < q->nfields; p++)
				err = nft_implied(c, &r, q->field[p]);
			if (!err && q->map && (!e->verdict || !nft_verdict(q->f, &r, e->verdict, e->target)))
				err = EINVAL;
			if (!err)
				err = push(c, to, &r);
		}

	return err ? err : split_blind(q, from, to);
}


/** A single interface or state field: all values at once */
static int rule_field(struct cond *q, struct config_rule *r)
{
	const struct nft_field *fd = q->field[0];
	bool negate = !strcmp(q->op, "!=");
	unsigned states = 0;
	int err = 0;

	if (q->op[0] == '<' || q->op[0] == '>')
		return EINVAL;
	/* "!= a" and "!= b" is neither; other pairs are not kept apart */
	if ((fd->kind == NFT_IN && r->in.n && !(negate && r->in.negate)) ||
	    (fd->kind == NFT_OUT && r->out.n && !(negate && r->out.negate)))
		return EINVAL;
	for (size_t k = 0; !err && k < q->set->n; k++) {
		const char *s = tokens_plain(q->set->v[k].part[0]);

		if (q->set->v[k].nparts != 1)
			return EINVAL;
		if (fd->kind == NFT_STATE) {
			if (!nft_state_bit(s))
				return EINVAL;
			states |= nft_state_bit(s);
		} else {
			err = add_iface(q->f->c, fd->kind == NFT_IN ? &r->in : &r->out, s, negate);
		}
	}
	if (err || fd->kind != NFT_STATE)
		return err;

	states = (negate ? ~states : states) & (r->states ? r->states : CONFIG_STATE_ANY);
	r->states = states;
	return states ? 0 : clause_and(q->f->c, r, &(struct clause){0});
}


/* The kernel compares the bytes where a transport header would stand, also in
 * later fragments, unless connection tracking has put them together before;
 * and "th" takes any protocol, not those with ports alone. */
static int add_blind(struct nft_file *f, const struct nft_field *fd, const struct config_rule *r,
		     struct nft_variants *to)
{
	struct config_match frag = { .fragments = CONFIG_FRAGMENTS_ONLY };
	struct config_match other = { .protocol.negate = true, .fragments = CONFIG_FRAGMENTS_FIRST };
	struct config_rule blind = *r;
	int err = 0;

	blind.sometimes = true;
	if (!f->tracked) {
		if (fd->protocol)
			err = config_nums_add(f->c, &frag.protocol, fd->protocol, fd->protocol);
		if (!err)
			err = clause_and_match(f->c, &blind, &frag);
		if (!err && blind.nboxes)
			err = push(f->c, to, &blind);
	}
	if (err || fd->protocol || fd->kind > NFT_DPORT)
		return err;

	blind.boxes = r->boxes;
	blind.nboxes = r->nboxes;
	err = nft_with_ports(f->c, &other.protocol);
	if (!err)
		err = clause_and_match(f->c, &blind, &other);
	if (!err && blind.nboxes)
		err = push(f->c, to, &blind);
	return err;
}


/** The variants of what cannot be told, apart from those that can */
static int blind_fields(struct cond *q, const struct nft_variants *vs, struct nft_variants *to)
{
	const struct nft_field *fd = NULL;
	int err = 0;

	for (unsigned i = 0; i < q->nfields; i++)
		if (nft_header_field(q->field[i]))
			fd = q->field[i];
	for (size_t i = 0; fd && !err && i < vs->n; i++)
		err = add_blind(q->f, fd, &vs->v[i], to);
	return err;
}


/** Boxes of a set of addresses, made once: there may be very many. */
static int addr_boxes(struct cond *q, int end, bool negate)
{
	struct config *c = q->f->c;
	struct config_match m = {0};
	struct config_addrs *a = end == PSET_SRC ? &m.src : &m.dst;
	struct config_rule made = {0};
	int err = 0;

	if (q->set->boxes[end])
		return 0;
	a->given = true;
	a->negate = negate;
	for (size_t i = 0; !err && i < q->set->n; i++)
		err = q->set->v[i].nparts != 1 ? EINVAL : clause_addr(c, a, tokens_plain(q->set->v[i].part[0]));
	if (!err)
		err = config_rule_match(c, &made, &m);
	q->set->boxes[end] = made.boxes;
	q->set->nboxes[end] = made.nboxes;
	return err == ENOTSUP ? EINVAL : err;
}


/** Addresses alone */
static int addr_field(struct cond *q, struct nft_variants *vs)
{
	int end = q->field[0]->kind == NFT_SRC ? PSET_SRC : PSET_DST;
	bool negate = !strcmp(q->op, "!=");
	struct nft_set *set = q->set;
	struct clause k;
	int err;

	if (negate && set != &q->values) {	/* what is kept is not the negation */
		q->values = (struct nft_set){ .v = set->v, .n = set->n };
		q->set = &q->values;
	}
	err = q->op[0] == '<' || q->op[0] == '>' ? EINVAL : addr_boxes(q, end, negate);
	k = (struct clause){ .v = q->set->boxes[end], .n = q->set->nboxes[end] };
	for (size_t i = 0; !err && i < vs->n; i++) {
		err = clause_and(q->f->c, &vs->v[i], &k);
		if (!err)
			err = nft_implied(q->f->c, &vs->v[i], q->field[0]);
	}

	return err;
}


/** Fields that boxes hold: the union of the elements, or what is left of it */
static int box_fields(struct cond *q, struct nft_variants *vs)
{
	struct config *c = q->f->c;
	struct nft_variants blind = {0};
	struct clause k = {0};
	int err = blind_fields(q, vs, &blind);

	for (size_t i = 0; !err && i < q->set->n; i++)
		err = q->set->v[i].nparts != q->nfields ? EINVAL : element_boxes(q, &k, &q->set->v[i]);
	if (!err && !strcmp(q->op, "!="))
		err = clause_negate(c, &k);
	for (size_t i = 0; !err && i < vs->n; i++) {
		err = clause_and(c, &vs->v[i], &k);
		for (unsigned p = 0; !err && p < q->nfields; p++)
			err = nft_implied(c, &vs->v[i], q->field[p]);
	}
	for (size_t i = 0; !err && i < blind.n; i++)
		err = push(c, vs, &blind.v[i]);

	return err == ENOTSUP ? EINVAL : err;
}


static int apply(struct cond *q, struct nft_variants *vs, struct nft_variants *hits)
{
	bool beside = false;
	int err = 0;

	if (q->set->odd)
		return EINVAL;
	for (size_t i = 0; q->set->dynamic && i < vs->n; i++)
		vs->v[i].sometimes = true;
	for (unsigned i = 0; i < q->nfields; i++)
		beside |= nft_by_rule(q->field[i]);
	if (q->map)
		return split(q, vs, hits);
	if (beside && q->nfields == 1) {
		for (size_t i = 0; !err && i < vs->n; i++)
			err = rule_field(q, &vs->v[i]);
		return err;
	}
	if (beside) {
		struct nft_variants to = {0};

		err = q->op[0] && strcmp(q->op, "==") != 0 ? EINVAL : split(q, vs, &to);
		if (!err)
			*vs = to;
		return err;
	}

	if (q->nfields == 1 && (q->field[0]->kind == NFT_SRC || q->field[0]->kind == NFT_DST))
		return addr_field(q, vs);

	return box_fields(q, vs);
}


/** A flag list: "syn", "syn,ack", "(syn | ack)"; *i goes past it */
static int flag_value(const struct nft_lex *x, size_t *i, uint8_t *flags)
{
	bool paren = nft_is(x, *i, "(");

	*flags = 0;
	*i += paren;
	for (;;) {
		uint8_t bit;

		if (nft_flag(&bit, nft_tok(x, *i)))
			return EINVAL;
		*flags |= bit;
		(*i)++;
		if (!nft_is(x, *i, "|") && !nft_is(x, *i, ","))
			break;
		(*i)++;
	}
	if (paren && !nft_is(x, *i, ")"))
		return EINVAL;
	*i += paren;
	return 0;
}


/** Flags other than this value under the mask: each bit that may differ */
static int flags_and(struct nft_file *f, struct nft_variants *vs, uint8_t mask, uint8_t value,
		     bool negate)
{
	static const struct nft_field tcp = {{"tcp", "flags"}, NFT_FLAGS, 0, 6};
	struct cond q = { .f = f, .field = { &tcp }, .nfields = 1 };
	struct nft_variants blind = {0};
	struct config_match m = {0};
	int err = 0;

	if (value & ~mask)
		return EINVAL;
	if (!negate)
		m.flags[m.nflags++] = (struct config_flags){ mask, value };
	for (unsigned bit = 1; negate && bit < 256; bit <<= 1)
		if (mask & bit)
			m.flags[m.nflags++] = (struct config_flags){ (uint8_t)bit,
				(uint8_t)(~value & bit) };
	if (!m.nflags)
		return EINVAL;
	err = blind_fields(&q, vs, &blind);
	for (size_t i = 0; !err && i < vs->n; i++) {
		err = clause_and_match(f->c, &vs->v[i], &m);
		if (!err)
			err = nft_implied(f->c, &vs->v[i], &tcp);
	}
	for (size_t i = 0; !err && i < blind.n; i++)
		err = push(f->c, vs, &blind.v[i]);

	return err;
}


/** "tcp flags syn", "== syn", "& (syn | ack) == syn", "syn / syn,ack" */
static int flags_condition(struct nft_file *f, size_t *i, struct nft_variants *vs)
{
	const struct nft_lex *x = &f->x;
	uint8_t mask = 0, value;
	bool masked = false, negate, exact;

	if (nft_is(x, *i, "&")) {
		(*i)++;
		masked = true;
		if (flag_value(x, i, &mask))
			return EINVAL;
	}
	negate = nft_is(x, *i, "!=");
	exact = negate || nft_is(x, *i, "==");
	*i += exact;
	if (nft_is(x, *i, "0x0") || nft_is(x, *i, "0")) {
		(*i)++;
		return exact ? flags_and(f, vs, masked ? mask : 255, 0, negate) : EINVAL;
	}
	if (flag_value(x, i, &value))
		return EINVAL;
	if (nft_is(x, *i, "/")) {
		(*i)++;
		return flag_value(x, i, &mask) ? EINVAL : flags_and(f, vs, mask, value, negate);
	}
	if (exact)
		return flags_and(f, vs, masked ? mask : 255, value, negate);

	/* without a word between: any of these flags is set */
	return masked ? EINVAL : flags_and(f, vs, value, 0, true);
}


/** "ip frag-off & 0x1fff != 0", "frag frag-off != 0": a later fragment. Of IPv6,
 *  "== 0" asks for the header too, which whole packets lack. */
static int offset_condition(struct nft_file *f, size_t *i, struct nft_variants *vs, uint8_t family)
{
	const struct nft_lex *x = &f->x;
	struct config_match m = { .family = family };
	int err = 0;

	if (family == 4 && (!nft_is(x, *i, "&") ||
			    (!nft_is(x, *i + 1, "0x1fff") && !nft_is(x, *i + 1, "8191"))))
		return EINVAL;
	*i += family == 4 ? 2 : 0;
	m.fragments = nft_is(x, *i, "!=") ? CONFIG_FRAGMENTS_ONLY : CONFIG_FRAGMENTS_FIRST;
	*i += nft_is(x, *i, "!=") || nft_is(x, *i, "==");
	if (!nft_is(x, *i, "0") && !nft_is(x, *i, "0x0"))
		return EINVAL;
	(*i)++;
	for (size_t k = 0; !err && k < vs->n; k++) {
		vs->v[k].sometimes |= family == 6 && m.fragments == CONFIG_FRAGMENTS_FIRST;
		err = clause_and_match(f->c, &vs->v[k], &m);
	}
	return err;
}


/** "10.1.0.0" or "0x0a010000" as a number */
static bool ipv4_number(uint32_t *v, const char *s)
{
	struct ip_addr a;
	unsigned long n;
	char *end;

	if (!ip_parse(&a, s) && a.family == 4) {
		*v = (uint32_t)a.b[0] << 24 | (uint32_t)a.b[1] << 16 | (uint32_t)a.b[2] << 8 | a.b[3];
		return true;
	}
	if (strncmp(s, "0x", 2))
		return false;
	errno = 0;
	n = strtoul(s, &end, 16);
	*v = (uint32_t)n;
	return !*end && end > s + 2 && !errno && n <= UINT32_MAX;
}


/** "ip saddr & 255.255.1.0 == 10.1.1.0": bits that an address must have. A value
 *  with other bits is no mistake of ours to interpret. */
static int masked_condition(struct nft_file *f, size_t *i, struct nft_variants *vs, bool src)
{
	const struct nft_lex *x = &f->x;
	struct config_match m = { .family = 4 };
	struct config_addrs *a = src ? &m.src : &m.dst;
	uint32_t mask, value;
	int err;

	if (!ipv4_number(&mask, nft_tok(x, *i + 1)))
		return EINVAL;
	*i += 2;
	a->negate = nft_is(x, *i, "!=");
	*i += a->negate || nft_is(x, *i, "==");
	if (!ipv4_number(&value, nft_tok(x, *i)) || (value & ~mask))
		return EINVAL;
	(*i)++;
	err = config_addrs_add_wildcard(f->c, a, value, ~mask);
	for (size_t k = 0; !err && k < vs->n; k++)
		err = clause_and_match(f->c, &vs->v[k], &m);
	return err;
}


/** "meta mark", "ct original proto-dst", "ct reply ip saddr" */
static void other_skip(const struct nft_lex *x, size_t *i)
{
	bool way = nft_is(x, *i, "ct") &&
		   (nft_is(x, *i + 1, "original") || nft_is(x, *i + 1, "reply"));

	*i += way ? 3 : 2;
	*i += way && (nft_is(x, *i - 1, "ip") || nft_is(x, *i - 1, "ip6"));
}


/** What is looked at: fields joined by "." */
static int read_fields(struct cond *q, size_t *i)
{
	const struct nft_lex *x = &q->f->x;

	do {
		const struct nft_field *fd = nft_field_find(x, i);

		if (q->nfields == NFT_PARTS_MAX)
			return EINVAL;
		if (!fd) {
			if (!nft_other_begins(nft_tok(x, *i)))
				return q->nfields ? EINVAL : ENOENT;
			other_skip(x, i);
			q->other = (struct nft_field){ .kind = NFT_OTHER };
			fd = &q->other;
		}
		q->field[q->nfields++] = fd;
	} while (nft_is(x, *i, ".") && (*i)++ < x->w.n);

	return 0;
}


static bool is_op(const char *s)
{
	static const char *const ops[] = { "==", "!=", "<", ">", "<=", ">=", "=" };

	for (size_t k = 0; k < sizeof(ops) / sizeof(ops[0]); k++)
		if (!strcmp(ops[k], s))
			return true;

	return false;
}


/** With what: "@set", "{ ... }", or a value, maybe a list with commas */
static int read_values(struct cond *q, size_t *i)
{
	struct nft_lex *x = &q->f->x;
	const char *s = nft_tok(x, *i);
	int err;

	if (*s == '@' && s[1] && !strchr(s, ',')) {
		q->set = nft_set_find(q->f, s + 1);
		(*i)++;
		q->anonymous = true;
		return q->set ? 0 : EINVAL;
	}
	q->set = &q->values;
	if (*s == '{') {
		(*i)++;
		q->anonymous = true;
		return nft_elements(q->f, q->set, i);
	}
	do {
		struct nft_elem e = {0};

		do {
			if (e.nparts == NFT_PARTS_MAX || *i >= x->w.n)
				return EINVAL;
			e.part[e.nparts++] = arena_strdup(&q->f->c->mem, nft_tok(x, (*i)++));
			if (!e.part[e.nparts - 1])
				return ENOMEM;
			/* "08:00"-"17:00": of times, where the dash is by itself */
			if (q->field[0]->kind == NFT_OTHER && nft_is(x, *i, "-"))
				*i += 2;
		} while (nft_is(x, *i, ".") && (*i)++ < x->w.n);
		err = arena_grow(&q->f->c->mem, (void **)&q->set->v, q->set->n, &q->set->cap,
				 sizeof(*q->set->v));
		if (err)
			return err;
		q->set->v[q->set->n++] = e;
	} while (nft_is(x, *i, ",") && (*i)++ < x->w.n);

	return 0;
}


static bool has_other(const struct cond *q)
{
	for (unsigned i = 0; i < q->nfields; i++)
		if (q->field[i]->kind == NFT_OTHER)
			return true;

	return false;
}


/** The comparison is read; what it looks at is in no packet set. */
static int apply_other(struct cond *q, struct nft_variants *vs, struct nft_variants *hits)
{
	int err = 0;

	for (size_t i = 0; !q->map && i < vs->n; i++)
		vs->v[i].sometimes = true;
	for (size_t i = 0; q->map && !err && i < vs->n; i++)
		for (size_t k = 0; !err && k < q->set->n; k++) {
			struct config_rule r = vs->v[i];
			const struct nft_elem *e = &q->set->v[k];

			r.sometimes = true;
			if (!e->verdict || !nft_verdict(q->f, &r, e->verdict, e->target))
				return EINVAL;
			err = push(q->f->c, hits, &r);
		}

	return err;
}


/** "fib saddr . iif oif missing": its own grammar */
static int fib_condition(struct nft_file *f, size_t *i, struct nft_variants *vs)
{
	const struct nft_lex *x = &f->x;

	*i += 2;
	while (nft_is(x, *i, "."))
		*i += 2;
	(*i)++;				/* type, oif, oifname */
	*i += is_op(nft_tok(x, *i));
	if (nft_is(x, *i, "{"))
		while (*i < x->w.n && !nft_is(x, *i, "}"))
			(*i)++;
	(*i)++;
	for (size_t k = 0; k < vs->n; k++)
		vs->v[k].sometimes = true;
	return *i <= x->w.n ? 0 : EINVAL;
}


int nft_condition(struct nft_file *f, size_t *i, struct nft_variants *vs,
		  struct nft_variants *hits)
{
	struct nft_lex *x = &f->x;
	struct cond q = { .f = f };
	int err;

	if (nft_is(x, *i, "fib"))
		return fib_condition(f, i, vs);
	err = read_fields(&q, i);
	if (err)
		return err;
	if (nft_is(x, *i, "set")) {		/* a change of the packet, no condition */
		(*i)++;
		*i += nft_other_begins(nft_tok(x, *i));	/* "set ct mark" */
		return read_values(&q, i);
	}
	if (q.nfields == 1 && q.field[0]->kind == NFT_FLAGS && !nft_is(x, *i, "{") &&
	    !nft_is(x, *i, "vmap") && nft_tok(x, *i)[0] != '@')
		return flags_condition(f, i, vs);
	if (q.nfields == 1 && q.field[0]->kind == NFT_OFFSET)
		return offset_condition(f, i, vs, q.field[0]->family);
	if (q.nfields == 1 && q.field[0]->kind <= NFT_DST && q.field[0]->family == 4 && nft_is(x, *i, "&"))
		return masked_condition(f, i, vs, q.field[0]->kind == NFT_SRC);
	if (nft_is(x, *i, "&") && has_other(&q))
		*i += 2;
	if (nft_is(x, *i, "&") || nft_is(x, *i, "|") || nft_is(x, *i, "^") || nft_is(x, *i, "map"))
		return EINVAL;

	q.map = nft_is(x, *i, "vmap");
	if (q.map)
		(*i)++;
	else if (is_op(nft_tok(x, *i)))
		(void)snprintf(q.op, sizeof(q.op), "%s", nft_tok(x, (*i)++));
	err = read_values(&q, i);
	if (err)
		return err;

	return has_other(&q) ? apply_other(&q, vs, hits) : apply(&q, vs, hits);
}
