#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/sets.h"
#include "lib/policy/emit/zones.h"

enum { IDS_MAX = 12, GROUP_MAX = 60, COMMENT_MAX = 240 };

/** Rows that get no rule of their own, or one that wants a word */
struct remark {
	bool (*is)(const struct zones *z, const struct flow_row *row);
	const char *text;
};


const char *zones_name(struct arena *a, const char *s, const char *more, size_t max)
{
	size_t len = strlen(s);
	char *name;

	if (len <= max)
		name = arena_strdup(a, s);
	else
		name = arena_printf(a, "%.*s-%08x", (int)(max - 9), s,
				    (unsigned)(sets_hash(0, s, len) & 0xffffffff));

	for (char *c = name; c && *c; c++)
		if (!((*c | 32) >= 'a' && (*c | 32) <= 'z') &&
		    !(*c >= '0' && *c <= '9') && !strchr(more, *c))
			*c = '-';
	return name;
}


static char *add_ports(struct arena *a, char *name, const char *lead,
		       const struct flow_port *v, size_t n)
{
	if (name && n)
		name = arena_printf(a, "%s%s", name, lead);
	for (size_t i = 0; name && i < n; i++)
		name = v[i].lo == v[i].hi
			? arena_printf(a, "%s-%u", name, v[i].lo)
			: arena_printf(a, "%s-%u-%u", name, v[i].lo, v[i].hi);
	return name;
}


const char *zones_service(struct arena *a, const struct policy_rule *r, size_t max)
{
	char *name = arena_printf(a, "vv-%s", flow_transport_name(r->transport));

	name = add_ports(a, name, "", r->dports, r->ndports);
	if (name && !r->ndports)
		name = arena_printf(a, "%s-any", name);
	name = add_ports(a, name, "-from", r->sports, r->nsports);
	return name ? zones_name(a, name, "-_", max) : NULL;
}


bool zones_service_first(const struct zones *z, size_t i)
{
	const struct policy_rule *r = &z->p->rules[i];

	for (size_t j = 0; j < i; j++) {
		const struct policy_rule *q = &z->p->rules[j];

		if (q->transport == r->transport && zones_writes(z, q) &&
		    need_ports_equal(q->sports, q->nsports, r->sports, r->nsports) &&
		    need_ports_equal(q->dports, q->ndports, r->dports, r->ndports))
			return false;
	}

	return true;
}


static int range_cmp(const void *pa, const void *pb)
{
	const struct ip_range *a = pa, *b = pb;
	int c = ip_cmp(&a->lo, &b->lo);

	return c ? c : ip_cmp(&a->hi, &b->hi);
}


int zones_objects(const struct ip_range **v, size_t *n, struct zones *z, uint8_t family)
{
	struct ip_range *out;
	size_t total = 0, k = 0, w = 0;

	for (size_t i = 0; i < z->p->nsets; i++)
		total += z->sets[i].used ? z->sets[i].addrs.n : 0;
	out = arena_calloc(z->mem, total + 1, sizeof(*out));
	if (!out)
		return ENOMEM;
	for (size_t i = 0; i < z->p->nsets; i++)
		for (size_t j = 0; z->sets[i].used && j < z->sets[i].addrs.n; j++)
			if (!family || z->sets[i].addrs.v[j].lo.family == family)
				out[k++] = z->sets[i].addrs.v[j];

	qsort(out, k, sizeof(*out), range_cmp);
	for (size_t i = 0; i < k; i++)
		if (!w || range_cmp(&out[w - 1], &out[i]))
			out[w++] = out[i];
	*v = out;
	*n = w;
	return 0;
}


int zones_put_sets(struct sbuf *sb, struct zones *z, const struct zones_words *w)
{
	const struct ip_range *v;
	const char *name;
	size_t n;
	int err = zones_objects(&v, &n, z, 0);

	for (size_t i = 0; !err && i < n; i++) {
		name = w->name(z->mem, &v[i]);
		if (!name)
			return ENOMEM;
		w->object(sb, name, &v[i]);
	}
	for (size_t i = 0; !err && i < z->p->nsets; i++) {
		const struct zones_set *s = &z->sets[i];

		for (size_t j = 0; s->used && j < s->addrs.n; j++) {
			name = w->name(z->mem, &s->addrs.v[j]);
			if (!name)
				return ENOMEM;
			w->member(sb, s->addrs.label, name);
		}
	}

	return err;
}


const char *zones_rows(struct arena *a, const struct need *n)
{
	char *s = arena_strdup(a, "");

	for (size_t i = 0; s && i < n->nrows; i++)
		s = arena_printf(a, "%s%s%s", s, i ? " " : "", n->rows[i]->id);
	return s;
}


void zones_put_text(struct sbuf *sb, const char *s, size_t max)
{
	for (size_t i = 0; s && s[i] && i < max; i++) {
		if (s[i] == '"' || s[i] == '\\')
			sbuf_putc(sb, '\'');
		else if (s[i] == '?')
			sbuf_putc(sb, '.');	/* asks for help on a console */
		else
			sbuf_putc(sb, s[i] < ' ' || s[i] > '~' ? '_' : s[i]);
	}
}


void zones_put_head(struct sbuf *sb, const struct zones *z, const char *lead,
		    const char *dialect)
{
	sbuf_printf(sb, "%sFirewall \"", lead);
	zones_put_text(sb, z->p->firewall->name, ZONES_TEXT_MAX);
	sbuf_puts(sb, "\" of site \"");
	zones_put_text(sb, z->p->site->name, ZONES_TEXT_MAX);
	sbuf_printf(sb, "\", written by visavis policy compile --to %s.\n"
		    "%sChange the site file or the matrix, not this. Rules are named by their rows.\n",
		    dialect, lead);
	for (size_t i = 0; i < z->nremarks; i++) {
		sbuf_puts(sb, lead);
		zones_put_text(sb, z->remarks[i], ZONES_TEXT_MAX);
		sbuf_putc(sb, '\n');
	}
}


bool zones_has_family(const struct zones *z, const struct policy_rule *r, uint8_t family)
{
	return addrs_has_family(&z->sets[r->src].addrs, family) &&
	       addrs_has_family(&z->sets[r->dst].addrs, family);
}


bool zones_writes(const struct zones *z, const struct policy_rule *r)
{
	if (r->how == POLICY_EXPECTED && z->want->helper)
		return false;

	return z->order.families[r - z->p->rules] != 0;
}


const char *zones_comment(const struct zones *z, const struct policy_rule *r)
{
	return z->order.comment[r - z->p->rules];
}


bool zones_in(const struct policy_rule *r, unsigned iface)
{
	for (size_t i = 0; i < r->npairs; i++)
		if (r->pairs[i].in == iface)
			return true;

	return false;
}


bool zones_out(const struct policy_rule *r, unsigned iface)
{
	for (size_t i = 0; i < r->npairs; i++)
		if (r->pairs[i].out == iface)
			return true;

	return false;
}


void zones_warn(const struct policy *p, const char *fmt, ...)
{
	char buf[ZONES_TEXT_MAX];
	va_list ap;

	if (!p->notes)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	diag_warn(p->notes, p->firewall->pos, "%s", buf);
}


static bool is_l2(const struct zones *z, const struct flow_row *row)
{
	return row->transport == FLOW_L2;
}


static bool is_broadcast(const struct zones *z, const struct flow_row *row)
{
	return row->transport != FLOW_L2 &&
	       (flow_end_has_role(&row->to, FLOW_ROLE_BROADCAST) ||
		flow_end_has_role(&row->from, FLOW_ROLE_UNSPECIFIED));
}


static const struct policy_rule *rule_of(const struct zones *z, const struct flow_row *row)
{
	for (size_t i = 0; i < z->p->nrules; i++)
		for (size_t j = 0; j < z->p->rules[i].need->nrows; j++)
			if (z->p->rules[i].need->rows[j] == row)
				return &z->p->rules[i];

	return NULL;
}


static bool is_expected(const struct zones *z, const struct flow_row *row)
{
	const struct policy_rule *r = rule_of(z, row);

	return r && r->how == POLICY_EXPECTED;
}


static bool is_sip(const struct zones *z, const struct flow_row *row)
{
	return !strcmp(row->protocol, "SIP") && rule_of(z, row);
}


static bool is_media(const struct zones *z, const struct flow_row *row)
{
	return !strcmp(row->protocol, "RTP") && rule_of(z, row);
}


static bool is_error(const struct zones *z, const struct flow_row *row)
{
	return row->transport == FLOW_ICMP && row->icmp & ~(unsigned)FLOW_ICMP_ECHO &&
	       rule_of(z, row);
}


static int add_remark(struct zones *z, const struct remark *m)
{
	const struct site *s = z->p->site;
	char *ids = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < s->nmatrices; i++) {
		for (size_t j = 0; j < s->matrices[i].nrows; j++) {
			const struct flow_row *row = &s->matrices[i].rows[j];

			if (!site_row_applies(s, row) || !m->is(z, row) || n++ >= IDS_MAX)
				continue;
			ids = ids ? arena_printf(z->mem, "%s %s", ids, row->id)
				  : arena_strdup(z->mem, row->id);
			if (!ids)
				return ENOMEM;
		}
	}
	if (!n)
		return 0;

	if (n > IDS_MAX)
		ids = arena_printf(z->mem, "%s and %u more", ids, n - IDS_MAX);
	if (!ids || arena_grow(z->mem, (void **)&z->remarks, z->nremarks, &z->remarks_cap,
			       sizeof(*z->remarks)))
		return ENOMEM;
	z->remarks[z->nremarks] = arena_printf(z->mem, "%s: %s", ids, m->text);
	return z->remarks[z->nremarks++] ? 0 : ENOMEM;
}


static int add_remarks(struct zones *z, const struct zones_want *want)
{
	const struct remark all[] = {
		{is_l2, "of the link layer, never crosses a firewall: no rule."},
		{is_broadcast, "DHCP's broadcasts stay on their link: no rule. A relay's "
		 "packets go from host to host; give them a row of their own."},
		{is_expected, want->helper
		 ? "the firewall's own reader of TFTP opens the ports of each transfer: no rule."
		 : "TFTP answers from any port (RFC 1350) and nothing here reads its "
		   "requests: all high ports between these hosts are open."},
		{is_sip, z->p->site->security
		 ? "SIP over TLS cannot be read on the way: no inspection opens media for it."
		 : "SIP is not inspected: nothing depends on what a firewall reads in it."},
		{is_media, "the whole range of media ports is open between these hosts, "
		 "because no inspection of signalling is relied on."},
		{is_error, want->errors
		 ? "errors have rules too, because routers send them who are part of no flow."
		 : "errors pass as part of the flow that they are about; only echo has a rule."},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(all) / sizeof(all[0]); i++)
		err = add_remark(z, &all[i]);
	return err;
}


static int name_zones(struct zones *z, size_t max)
{
	const struct site_firewall *fw = z->p->firewall;

	z->names = arena_calloc(z->mem, z->p->ninterfaces + 1, sizeof(*z->names));
	if (!z->names)
		return ENOMEM;

	for (size_t i = 0; i < z->p->ninterfaces; i++) {
		const struct site_interface *si = &fw->interfaces[i];
		const char *s = si->nnetworks ? si->networks[0]->name : si->name;
		const char *name = zones_name(z->mem, s, "-_", max);

		for (size_t j = 0; name && j < i; j++)
			if (!strcmp(z->names[j], name)) {
				s = arena_printf(z->mem, "%.*s-%zu", (int)(max - 6), name, i);
				name = s;
			}
		z->names[i] = name;
		if (!name)
			return ENOMEM;
	}

	return 0;
}


static int all_behind(struct need_addrs *all, struct zones *z)
{
	struct ip_range *v;
	size_t n = 0, k = 0;

	for (size_t i = 0; i < z->p->ninterfaces; i++)
		n += z->p->interfaces[i].addrs.n;
	v = arena_calloc(z->mem, n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;
	for (size_t i = 0; i < z->p->ninterfaces; i++)
		for (size_t j = 0; j < z->p->interfaces[i].addrs.n; j++)
			v[k++] = z->p->interfaces[i].addrs.v[j];
	all->v = v;
	all->n = addrs_normalise(v, k);
	return 0;
}


static int make_sets(struct zones *z)
{
	struct need_addrs all = {0};
	int err = all_behind(&all, z);

	z->sets = arena_calloc(z->mem, z->p->nsets + 1, sizeof(*z->sets));
	if (err || !z->sets)
		return ENOMEM;

	for (size_t i = 0; !err && i < z->p->nsets; i++) {
		struct zones_set *s = &z->sets[i];
		const char *name = arena_printf(z->mem, "vv-%s", z->p->sets[i].label);

		err = addrs_intersect(&s->addrs, z->mem, &z->p->sets[i], &all);
		s->addrs.label = name ? zones_name(z->mem, name, "-_", GROUP_MAX) : NULL;
		if (!s->addrs.label)
			return ENOMEM;
	}
	for (size_t i = 0; i < z->p->nrules; i++) {
		const struct policy_rule *r = &z->p->rules[i];

		if (zones_writes(z, r))
			z->sets[r->src].used = z->sets[r->dst].used = true;
	}

	return err;
}


int zones_make(struct zones *z, struct arena *a, const struct policy *p,
	       const struct zones_want *want)
{
	const struct order_want order = { .apart = true, .helper = want->helper,
					  .comment_max = COMMENT_MAX };
	int err;

	*z = (struct zones){ .mem = a, .p = p, .want = want };
	err = order_make(&z->order, a, p, &order);
	if (!err)
		err = name_zones(z, want->zone_max);
	if (!err)
		err = make_sets(z);
	if (!err)
		err = add_remarks(z, want);
	return err;
}
