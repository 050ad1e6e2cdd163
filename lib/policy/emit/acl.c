#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/emit/acl.h"
#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/acl_merge.h"
#include "lib/policy/model/sets.h"

enum {
	SEQ_BLOCK = 10000,		/* numbers of one row */
	SEQ_BACK = 5000,		/* of those, from here the way back */
	SEQ_OTHERS = 1000000000,	/* rows outside the document's tables */
	SEQ_OTHERS_MAX = 45000,
	MARK_MAX = 100000,		/* below: a place in the document */
};

struct plan {
	struct arena *mem;
	struct acl_plan *out;
	const struct policy *p;
	const struct acl_want *want;
	struct need_addrs *beyond;	/* [ninterfaces] behind all others */
	struct need_addrs *near;	/* [ninterfaces * nsets] */
	struct need_addrs *far;
	struct acl *list;		/* being filled */
	size_t cap;
};

/** Why a line stands as it does, where the row alone does not say so */
static const struct why {
	const char *protocol;
	enum flow_transport transport;
	bool expected;		/* a helper's second connection */
	bool secure;		/* only where signalling is TLS */
	const char *text;
} whys[] = {
	{"TFTP", FLOW_UDP, true, false,
	 "TFTP answers from any port (RFC 1350), nothing here follows it"},
	{"RTP", FLOW_UDP, false, true,
	 "media ports are agreed inside TLS, so no inspection opens them"},
	{"RTP", FLOW_UDP, false, false,
	 "media needs no inspection, its whole range is open"},
	{"SIP", FLOW_TCP, false, true, "SIP over TLS, which no inspection can read"},
};


const char *acl_name(struct arena *a, const char *prefix, const char *s,
		     const char *suffix)
{
	size_t fixed = strlen(prefix) + strlen(suffix), len = strlen(s);
	char *name;

	if (fixed + len <= ACL_NAME_MAX)
		name = arena_printf(a, "%s%s%s", prefix, s, suffix);
	else
		name = arena_printf(a, "%s%.*s_%08x%s", prefix,
				    (int)(ACL_NAME_MAX - fixed - 9), s,
				    (unsigned)(sets_hash(0, s, len) & 0xffffffff), suffix);

	for (char *c = name; c && *c; c++)
		if (!((*c | 32) >= 'a' && (*c | 32) <= 'z') &&
		    !(*c >= '0' && *c <= '9') && !strchr("_-", *c))
			*c = '_';
	return name;
}


/** What lies behind all interfaces but each one */
static int make_beyond(struct plan *pl)
{
	const struct policy *p = pl->p;
	int err = 0;

	pl->beyond = arena_calloc(pl->mem, p->ninterfaces + 1, sizeof(*pl->beyond));
	if (!pl->beyond)
		return ENOMEM;

	for (size_t i = 0; !err && i < p->ninterfaces; i++)
		err = policy_behind_others(&pl->beyond[i], pl->mem, p, i);

	return err;
}


/** A part of a set; the whole keeps the set's name. */
static int make_part(struct need_addrs *part, struct plan *pl, const struct need_addrs *set,
		     const struct need_addrs *within, const char *how, unsigned iface)
{
	const char *suffix;
	int err = addrs_intersect(part, pl->mem, set, within);

	if (err)
		return err;
	if (addrs_equal(part, set)) {
		part->v = set->v;
		part->label = acl_name(pl->mem, "", set->label, "");
	} else {
		suffix = acl_name(pl->mem, how, pl->p->interfaces[iface].name, "");
		part->label = suffix ? acl_name(pl->mem, "", set->label, suffix) : NULL;
	}

	return part->label ? 0 : ENOMEM;
}


static int part_of(const struct need_addrs **out, struct plan *pl, unsigned iface,
		   size_t set, bool far)
{
	struct need_addrs *cache = far ? pl->far : pl->near;
	struct need_addrs *part = &cache[iface * pl->p->nsets + set];
	int err = 0;

	if (!part->label)
		err = make_part(part, pl, &pl->p->sets[set],
				far ? &pl->beyond[iface] : &pl->p->interfaces[iface].addrs,
				far ? "-beyond-" : "-", iface);
	*out = part;
	return err;
}


static size_t row_index(const struct site *s, const struct flow_row *row)
{
	size_t base = 0;

	for (size_t i = 0; i < s->nmatrices; i++) {
		const struct flow_matrix *m = &s->matrices[i];

		if (row >= m->rows && row < m->rows + m->nrows)
			return base + (size_t)(row - m->rows);
		base += m->nrows;
	}

	return SIZE_MAX;
}


/** Numbers depend on the row alone, so that they stay when the site changes. */
static uint32_t seq_base(const struct plan *pl, const struct policy_rule *r, bool back)
{
	size_t index = row_index(pl->p->site, r->need->rows[0]);
	uint32_t base;

	if (r->mark < MARK_MAX)
		base = r->mark * SEQ_BLOCK;
	else if (index < SEQ_OTHERS_MAX)
		base = SEQ_OTHERS + (uint32_t)index * 2 * SEQ_BLOCK +
		       (r->need->reverse ? SEQ_BLOCK : 0);
	else
		return 0;

	return base + (back ? SEQ_BACK : 0);
}


static const char *why_text(const struct plan *pl, const struct policy_rule *r)
{
	const char *protocol = r->need->rows[0]->protocol;

	for (size_t i = 0; protocol && i < sizeof(whys) / sizeof(whys[0]); i++) {
		const struct why *w = &whys[i];

		if (!strcmp(w->protocol, protocol) && w->transport == r->transport &&
		    w->expected == (r->how == POLICY_EXPECTED) &&
		    (!w->secure || pl->p->site->security))
			return w->text;
	}

	return r->need->rows[0]->purpose ? r->need->rows[0]->purpose : "";
}


static char *row_ids(struct arena *a, const struct need *n)
{
	char *s = arena_strdup(a, "");

	for (size_t i = 0; s && i < n->nrows; i++)
		s = arena_printf(a, "%s%s%s", s, i ? " " : "", n->rows[i]->id);
	return s;
}


const char *acl_remark(struct arena *a, const struct acl_entry *e, const char *text)
{
	const char *way = e->rule->need->reverse ? e->back ? " reverse, back" : " reverse"
						 : e->back ? " back" : "";
	char *s = arena_printf(a, "%s%s: %s", e->rows, way, text), *cut;

	if (!s)
		return NULL;
	for (char *c = s; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '"' || *c == '?')
			*c = *c == '"' ? '\'' : '.';
	if (strlen(s) <= ACL_REMARK_MAX)
		return s;

	s[ACL_REMARK_MAX + 1] = '\0';
	cut = strrchr(s, ' ');
	if (cut)
		*cut = '\0';
	else
		s[ACL_REMARK_MAX] = '\0';
	return s;
}


/** Narrow both ends to one family; @return false when one has none of it */
static bool narrow_family(struct acl_entry *e, uint8_t family)
{
	struct acl_end *ends[] = { &e->src, &e->dst };

	for (size_t i = 0; i < 2; i++) {
		struct need_addrs *s = &ends[i]->addrs;
		const struct ip_range *v;
		size_t n = family ? addrs_family(s, family, &v) : s->n;

		if (!n)
			return false;
		if (family) {
			s->v = v;
			s->n = n;
		}
	}

	return true;
}


static int add_entry(struct plan *pl, const struct acl_entry *e)
{
	struct acl *l = pl->list;
	int err = arena_grow(pl->mem, (void **)&l->entries, l->nentries, &pl->cap,
			     sizeof(*l->entries));

	if (err)
		return err;

	l->entries[l->nentries] = *e;
	l->entries[l->nentries].order = l->nentries;
	l->nentries++;
	return 0;
}


/** Which types go in this direction: the question with those who ask, the
 *  answer with those who are asked, errors both ways. */
static bool icmp_goes(const struct plan *pl, const struct policy_rule *r,
		      const struct need_icmp *t, bool back)
{
	if (!need_icmp_has(r->icmp, t))
		return false;
	if (t->bit != FLOW_ICMP_ECHO)
		return true;
	if (back && pl->want->stateful)
		return false;

	return t->opens != back;
}


/** One family of a list of both: its part of a set has a name of its own. */
static int name_family(struct plan *pl, struct acl_end *end, size_t whole, uint8_t family)
{
	if (end->addrs.n == whole)
		return 0;

	end->addrs.label = acl_name(pl->mem, "", end->addrs.label,
				    family == 6 ? "-v6" : "-v4");
	return end->addrs.label ? 0 : ENOMEM;
}


static int add_icmp(struct plan *pl, const struct acl_entry *like, uint8_t family)
{
	int err = 0;

	for (const struct need_icmp *t = need_icmp_types; !err && t->bit; t++) {
		struct acl_entry e = *like;

		if (t->family != family || !icmp_goes(pl, e.rule, t, e.back) ||
		    !narrow_family(&e, family))
			continue;
		e.icmp = (struct acl_icmp){ t->type, t->code_lo, t->code_hi };
		if (t->type == 3 && family == 4 && t->code_lo == t->code_hi)
			e.icmp = (struct acl_icmp){ 3, 4, 4 };
		else
			e.icmp.code_lo = 0, e.icmp.code_hi = 255;
		if (pl->want->joined) {
			err = name_family(pl, &e.src, like->src.addrs.n, family);
			if (!err)
				err = name_family(pl, &e.dst, like->dst.addrs.n, family);
		}
		if (!err)
			err = add_entry(pl, &e);
	}

	return err;
}


static int add_way(struct plan *pl, const struct policy_rule *r, bool back)
{
	const struct need_addrs *src, *dst;
	struct acl_entry e = {
		.rule = r, .back = back, .transport = r->transport,
		.base = seq_base(pl, r, back),
		.established = back && r->transport == FLOW_TCP,
	};
	int err = part_of(&src, pl, pl->list->iface, back ? r->dst : r->src, false);

	if (!err)
		err = part_of(&dst, pl, pl->list->iface, back ? r->src : r->dst, true);
	if (err)
		return err;

	e.src = (struct acl_end){ *src, back ? r->dports : r->sports,
				  back ? r->ndports : r->nsports };
	e.dst = (struct acl_end){ *dst, back ? r->sports : r->dports,
				  back ? r->nsports : r->ndports };
	e.rows = row_ids(pl->mem, r->need);
	e.remark = e.rows ? acl_remark(pl->mem, &e, why_text(pl, r)) : NULL;
	if (!e.remark)
		return ENOMEM;
	if (r->transport == FLOW_ICMP) {
		err = pl->list->family != 6 ? add_icmp(pl, &e, 4) : 0;
		if (!err && pl->list->family != 4)
			err = add_icmp(pl, &e, 6);
		return err;
	}

	return narrow_family(&e, pl->list->family) ? add_entry(pl, &e) : 0;
}


static bool has_way(const struct plan *pl, const struct policy_rule *r, bool back)
{
	if (pl->want->stateful) {
		if (r->how == POLICY_EXPECTED)
			return false;
		if (back && r->transport != FLOW_ICMP)
			return false;
	}

	for (size_t i = 0; i < r->npairs; i++)
		if ((back ? r->pairs[i].out : r->pairs[i].in) == pl->list->iface)
			return true;

	return false;
}


static int by_base(const void *pa, const void *pb)
{
	const struct acl_entry *a = pa, *b = pb;

	if (a->base != b->base)
		return a->base < b->base ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}


/** Entries of one base that have the same remark follow each other, so that it
 *  is written once: of ICMP, some types may stand for more rows than others. */
static void group_remarks(struct acl *l)
{
	for (size_t i = 0, next; i < l->nentries; i = next) {
		next = i + 1;
		for (size_t k = next; k < l->nentries && l->entries[i].base &&
		     l->entries[k].base == l->entries[i].base; k++) {
			struct acl_entry e = l->entries[k];

			if (strcmp(e.remark, l->entries[i].remark) != 0)
				continue;
			memmove(&l->entries[next + 1], &l->entries[next], (k - next) * sizeof(e));
			l->entries[next++] = e;
		}
	}
}


static int fill_list(struct plan *pl)
{
	int err = 0;

	pl->cap = 0;
	for (int back = 0; back < 2; back++)
		for (size_t i = 0; !err && i < pl->p->nrules; i++)
			if (has_way(pl, &pl->p->rules[i], back))
				err = add_way(pl, &pl->p->rules[i], back);
	if (!err)
		err = acl_merge(pl->list, pl->mem);
	if (!err && pl->list->nentries)
		qsort(pl->list->entries, pl->list->nentries, sizeof(*pl->list->entries),
		      by_base);
	group_remarks(pl->list);
	return err;
}


static int add_note(struct plan *pl, size_t *cap, const char *ids, const char *text)
{
	struct acl_plan *o = pl->out;
	const char *s = arena_printf(pl->mem, "%s: %s", ids, text);
	int err = arena_grow(pl->mem, (void **)&o->notes, o->nnotes, cap, sizeof(*o->notes));

	if (err || !s)
		return ENOMEM;

	o->notes[o->nnotes++].text = s;
	return 0;
}


/** The far end is a switch, which no site lists. */
static bool is_link_layer(const struct site *s, const struct flow_row *r)
{
	if (r->transport != FLOW_L2 || !site_condition(s, r->when))
		return false;
	for (size_t i = 0; i < r->from.nroles; i++)
		if (site_host_by_role(s, r->from.roles[i]))
			return true;

	return false;
}


static bool is_broadcast(const struct site *s, const struct flow_row *r)
{
	/* few rows are, and site_row_applies() looks at every host */
	return r->transport != FLOW_L2 &&
	       (flow_end_has_role(&r->to, FLOW_ROLE_BROADCAST) ||
		flow_end_has_role(&r->from, FLOW_ROLE_UNSPECIFIED)) &&
	       site_row_applies(s, r);
}


/** Name the rows of a kind that get no line, as many a remark as fit. */
static int note_rows(struct plan *pl, size_t *cap,
		     bool (*is)(const struct site *, const struct flow_row *),
		     const char *text)
{
	const struct site *s = pl->p->site;
	char ids[ACL_REMARK_MAX + 1] = "";
	size_t len = 0, room = ACL_REMARK_MAX - strlen(text) - 2;
	int err = 0;

	for (size_t m = 0; m < s->nmatrices; m++)
		for (size_t i = 0; !err && i < s->matrices[m].nrows; i++) {
			const struct flow_row *r = &s->matrices[m].rows[i];
			size_t n = strlen(r->id) + (len ? 1 : 0);

			if (!is(s, r) || n > room)
				continue;
			if (len + n > room) {
				err = add_note(pl, cap, ids, text);
				len = 0;
			}
			len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%s%s",
						len ? " " : "", r->id);
		}

	return !err && len ? add_note(pl, cap, ids, text) : err;
}


/** What a helper of the device does instead of a line */
static int note_helpers(struct plan *pl, size_t *cap)
{
	int err = 0;

	for (size_t i = 0; !err && i < pl->p->nrules; i++) {
		const struct policy_rule *r = &pl->p->rules[i];
		char text[ACL_REMARK_MAX];

		if (r->how != POLICY_EXPECTED)
			continue;
		(void)snprintf(text, sizeof(text), "inspect %s follows the transfers: no line",
			       r->helper->name);
		err = add_note(pl, cap, r->need->rows[0]->id, text);
	}

	return err;
}


static int make_notes(struct plan *pl)
{
	size_t cap = 0;
	int err = pl->want->stateful ? note_helpers(pl, &cap) : 0;

	if (!err)
		err = note_rows(pl, &cap, is_link_layer,
				"link layer, which no list sees: no line");
	if (!err)
		err = note_rows(pl, &cap, is_broadcast,
				"DHCP broadcasts stay on their link: no line");
	return err;
}


/** Two interfaces may differ only in what a name cannot hold. */
static const char *list_name(struct plan *pl, unsigned iface, uint8_t family)
{
	const char *prefix = family == 6 ? "VISAVIS6-" : "VISAVIS-";
	const char *name = acl_name(pl->mem, prefix, pl->p->interfaces[iface].name, "-in");

	for (size_t i = 0; name && i + 1 < pl->out->nlists; i++)
		if (!strcmp(pl->out->lists[i].name, name)) {
			char suffix[24];

			(void)snprintf(suffix, sizeof(suffix), "-%u-in", iface + 1);
			return acl_name(pl->mem, prefix, pl->p->interfaces[iface].name,
					suffix);
		}

	return name;
}


static int make_list(struct plan *pl, unsigned iface, uint8_t family)
{
	pl->list = &pl->out->lists[pl->out->nlists++];
	pl->list->iface = iface;
	pl->list->family = family;
	pl->list->name = list_name(pl, iface, family);

	return pl->list->name ? fill_list(pl) : ENOMEM;
}


int acl_plan(struct acl_plan *plan, struct arena *a, const struct policy *p,
	     const struct acl_want *want)
{
	struct plan pl = { .mem = a, .out = plan, .p = p, .want = want };
	size_t parts = p->ninterfaces * p->nsets + 1;
	int err;

	*plan = (struct acl_plan){ .policy = p };
	pl.near = arena_calloc(a, parts, sizeof(*pl.near));
	pl.far = arena_calloc(a, parts, sizeof(*pl.far));
	plan->lists = arena_calloc(a, 2 * p->ninterfaces + 1, sizeof(*plan->lists));
	if (!pl.near || !pl.far || !plan->lists)
		return ENOMEM;

	err = make_beyond(&pl);
	if (!err)
		err = make_notes(&pl);
	for (unsigned i = 0; !err && i < p->ninterfaces; i++) {
		err = make_list(&pl, i, want->joined ? 0 : 4);
		if (!err && !want->joined)
			err = make_list(&pl, i, 6);
	}

	return err;
}
