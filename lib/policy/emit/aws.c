/*
 * AWS security groups: one a set of hosts that others may reach, with who may
 * come from where. They stand at each host, not between networks: so hosts of
 * one network need their flows too, and the rules are made of needs, of those
 * too that cross no firewall. As JSON in the form that describe-security-
 * groups has, and as Terraform.
 */
#include <errno.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/zones.h"

enum {
	DESCRIPTION_MAX = 255,
	NAME_MAX_LEN = 200,
	RULES_MAX = 60,			/* of one group, inbound, each family */
};

/** What may come in: one protocol and range of ports, from these */
struct permission {
	enum flow_transport transport;
	int lo, hi;			/**< ports; of ICMP type and code, -1: any */
	uint8_t family;			/**< of ICMP; else 0, both */
	struct need_addrs src;
	const char *rows;
	const char *id;			/**< of the first row, ".r" when reverse */
	const char *purpose;
};

struct group {
	struct need_addrs members;	/**< label: the group's name */
	const char *label;		/**< as the needs call it */
	struct permission *v;
	size_t n, cap;
};

struct aws {
	struct arena *mem;
	const struct policy *p;
	struct sbuf *sb;
	struct group *groups;
	size_t ngroups, cap;
	struct zones z;
};

static const struct zones_want aws_want = { .zone_max = NAME_MAX_LEN, .helper = false,
					   .errors = true };


/** Only the characters that AWS takes in a description */
static const char *describe(struct arena *a, const char *rows, const char *text)
{
	char *s = arena_printf(a, "%s: %s", rows, text ? text : ""), *w = s;

	for (char *c = s; c && *c; c++)
		if (((*c | 32) >= 'a' && (*c | 32) <= 'z') || (*c >= '0' && *c <= '9') ||
		    strchr(" ._-:/()#,@[]+=&;{}!$*", *c))
			*w++ = *c;
	if (!s)
		return NULL;
	*w = '\0';
	if (w - s > DESCRIPTION_MAX)
		s[DESCRIPTION_MAX] = '\0';
	return s;
}


static bool name_taken(const struct aws *o, const char *name)
{
	for (size_t i = 0; i < o->ngroups; i++)
		if (!strcmp(o->groups[i].members.label, name))
			return true;

	return false;
}


static int find_group(struct group **g, struct aws *o, const struct need_addrs *dst)
{
	const char *base, *name;

	for (size_t i = 0; i < o->ngroups; i++) {
		*g = &o->groups[i];
		if ((*g)->members.v == dst->v && !strcmp((*g)->label, dst->label))
			return 0;
	}

	base = arena_printf(o->mem, "visavis-%s", dst->label);
	base = base ? zones_name(o->mem, base, "-_", NAME_MAX_LEN) : NULL;
	name = base;
	for (unsigned n = 2; name && name_taken(o, name); n++)
		name = arena_printf(o->mem, "%s-%u", base, n);
	if (!name || arena_grow(o->mem, (void **)&o->groups, o->ngroups, &o->cap,
				sizeof(*o->groups)))
		return ENOMEM;
	*g = &o->groups[o->ngroups++];
	**g = (struct group){ .members = *dst, .label = dst->label };
	(*g)->members.label = name;
	return 0;
}


/** The rows of both, each once */
static const char *join_rows(struct arena *mem, const char *to, const char *more)
{
	while (to && *more) {
		size_t n = strcspn(more, " ");
		const char *at = to;
		bool has = false;

		for (size_t len; !has && *at; at += len + (at[len] == ' ')) {
			len = strcspn(at, " ");
			has = len == n && !memcmp(at, more, n);
		}
		if (!has)
			to = arena_printf(mem, "%s %.*s", to, (int)n, more);
		more += n + (more[n] == ' ');
	}

	return to;
}


/** Ports and sources of q among those of r? Source ports play no part here. */
static bool within(const struct permission *q, const struct permission *r)
{
	return q->transport != FLOW_ICMP && q->transport == r->transport && q->lo >= r->lo &&
	       q->hi <= r->hi && addrs_holds(&r->src, &q->src);
}


/** r speaks for the rows of q too. */
static int fold(struct aws *o, struct permission *r, const struct permission *q)
{
	r->rows = join_rows(o->mem, r->rows, q->rows);
	return r->rows ? 0 : ENOMEM;
}


/** Those that the new one holds give it their rows and go. */
static int take_inner(struct aws *o, struct group *g, struct permission *q)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < g->n; i++) {
		if (within(&g->v[i], q) && !err)
			err = fold(o, q, &g->v[i]);
		else
			g->v[kept++] = g->v[i];
	}
	g->n = kept;
	return err;
}


static int add_permission(struct aws *o, struct group *g, const struct permission *add)
{
	struct permission made = *add, *q = &made;

	for (size_t i = 0; i < g->n; i++)
		if (within(q, &g->v[i]))
			return fold(o, &g->v[i], q);
	for (size_t i = 0; i < g->n; i++) {
		struct permission *r = &g->v[i];

		bool wider = q->transport == FLOW_ICMP && r->hi < 0;

		if (r->transport != q->transport || r->family != q->family ||
		    r->lo != q->lo || (r->hi != q->hi && !wider) ||
		    !addrs_equal(&r->src, &q->src))
			continue;
		return fold(o, r, q);
	}

	if (take_inner(o, g, q))
		return ENOMEM;
	if (arena_grow(o->mem, (void **)&g->v, g->n, &g->cap, sizeof(*g->v)))
		return ENOMEM;
	g->v[g->n++] = *q;
	return 0;
}


/** Broadcasts are no host's, and no need of theirs crosses a router. */
static bool is_hosts(const struct need_addrs *s)
{
	return strcmp(s->label, FLOW_ROLE_BROADCAST) != 0 && s->n > 0;
}


/* Answers to echo come back by state. */
static int add_icmp(struct aws *o, struct group *g, struct permission *q, const struct need *n)
{
	int err = 0;

	for (const struct need_icmp *t = need_icmp_types; !err && t->bit; t++) {
		if (!need_icmp_has(n->icmp, t) || (t->bit == FLOW_ICMP_ECHO && !t->opens))
			continue;
		q->family = t->family;
		q->lo = t->type;
		q->hi = t->code_lo ? t->code_lo : -1;
		err = add_permission(o, g, q);
	}
	return err;
}


static int add_need(struct aws *o, const struct need *n)
{
	static const struct flow_port all = { .lo = 0, .hi = 65535 };
	struct permission q = {
		.transport = n->transport, .src = n->src,
		.rows = zones_rows(o->mem, n),
		.id = arena_printf(o->mem, "%s%s", n->rows[0]->id, n->reverse ? ".r" : ""),
		.purpose = n->rows[0]->purpose,
	};
	size_t count = n->ndports ? n->ndports : 1;
	struct group *g;
	int err;

	if (!q.rows || !q.id)
		return ENOMEM;
	if (!is_hosts(&n->dst) || !is_hosts(&n->src))
		return 0;

	err = find_group(&g, o, &n->dst);
	if (!err && n->transport == FLOW_ICMP)
		return add_icmp(o, g, &q, n);
	for (size_t i = 0; !err && i < count; i++) {
		const struct flow_port *port = n->ndports ? &n->dports[i] : &all;

		q.lo = port->lo;
		q.hi = port->hi;
		err = add_permission(o, g, &q);
	}
	return err;
}


/** The first that goes on from port lo for the sources of permission i */
static struct permission *next_for(struct group *g, size_t i, int lo)
{
	const struct permission *q = &g->v[i];

	for (size_t k = 0; k < g->n; k++) {
		struct permission *r = &g->v[k];

		if (k != i && r->transport == q->transport && r->lo <= lo && lo <= r->hi &&
		    addrs_holds(&r->src, &q->src))
			return r;
	}

	return NULL;
}


/** Do others together have all its ports? They get its rows, and it goes. */
static int take_covered(struct aws *o, struct group *g, size_t i)
{
	struct permission q = g->v[i];
	struct permission *r;
	int lo = q.lo, err = 0;

	while (q.transport != FLOW_ICMP && lo <= q.hi && (r = next_for(g, i, lo)))
		lo = r->hi + 1;
	if (lo <= q.hi || q.transport == FLOW_ICMP)
		return 0;

	for (lo = q.lo; !err && lo <= q.hi && (r = next_for(g, i, lo)); lo = r->hi + 1)
		err = fold(o, r, &q);
	memmove(&g->v[i], &g->v[i + 1], (g->n - i - 1) * sizeof(q));
	g->n--;
	return err;
}


static int take_covered_all(struct aws *o)
{
	int err = 0;

	for (size_t k = 0; k < o->ngroups; k++)
		for (size_t i = o->groups[k].n; !err && i--;)
			err = take_covered(o, &o->groups[k], i);

	return err;
}


static int add_needs(struct aws *o)
{
	struct diag_list ignored = {0};		/* told before, of the same site */
	struct need_list needs;
	unsigned ports = 0;
	int err = need_expand(&needs, o->mem, o->p->site, &ignored);

	for (size_t i = 0; !err && i < needs.n; i++) {
		err = add_need(o, &needs.v[i]);
		ports += needs.v[i].nsports > 0;
	}
	if (!err)
		err = take_covered_all(o);
	if (!err && ports)
		zones_warn(o->p, "aws: security groups cannot match source ports; the %u flows "
			   "whose row names them are let in from any source port", ports);
	diag_reset(&ignored);
	return err;
}


static size_t bytes_of(const struct ip_addr *a)
{
	return a->family == 6 ? 16 : 4;
}


/** The largest prefix that begins at *at and does not pass hi */
static struct ip_prefix largest(const struct ip_addr *at, const struct ip_addr *hi)
{
	struct ip_prefix p = { .addr = *at, .len = (uint8_t)(8 * bytes_of(at)) };

	while (p.len) {
		struct ip_prefix up = { .addr = *at, .len = (uint8_t)(p.len - 1) };
		struct ip_range r;
		uint8_t bit = (uint8_t)(0x80 >> (up.len % 8));

		if (at->b[up.len / 8] & bit)
			break;
		r = ip_prefix_range(&up);
		if (ip_cmp(&r.hi, hi) > 0)
			break;
		p = up;
	}

	return p;
}


typedef void (prefix_h)(struct aws *o, const struct ip_prefix *p, void *arg);

/** Ranges as the fewest prefixes; @return how many */
static size_t each_prefix(struct aws *o, const struct need_addrs *s, uint8_t family,
			  prefix_h *h, void *arg)
{
	const struct ip_range *v;
	size_t n = addrs_family(s, family, &v), count = 0;

	for (size_t i = 0; i < n; i++) {
		struct ip_addr at = v[i].lo;

		for (bool more = true; more; count++) {
			struct ip_prefix p = largest(&at, &v[i].hi);
			struct ip_range r = ip_prefix_range(&p);

			if (h)
				h(o, &p, arg);
			at = r.hi;
			more = ip_cmp(&at, &v[i].hi) < 0 && ip_next(&at);
		}
	}

	return count;
}


static void check_limits(struct aws *o)
{
	for (size_t i = 0; i < o->ngroups; i++) {
		const struct group *g = &o->groups[i];

		for (uint8_t family = 4; family <= 6; family += 2) {
			size_t n = 0;

			for (size_t j = 0; j < g->n; j++)
				if (!g->v[j].family || g->v[j].family == family)
					n += each_prefix(o, &g->v[j].src, family, NULL, NULL);
			if (n > RULES_MAX)
				zones_warn(o->p, "aws: group %s has %zu inbound IPv%u rules; AWS "
					   "allows %d unless the quota is raised",
					   g->members.label, n, family, RULES_MAX);
		}
	}
}


static int aws_make(struct aws *o, struct sbuf *sb, struct arena *a, const struct policy *p)
{
	int err;

	*o = (struct aws){ .mem = a, .p = p, .sb = sb };
	err = zones_make(&o->z, a, p, &aws_want);
	if (!err)
		err = add_needs(o);
	if (!err)
		check_limits(o);
	return err;
}


/** Protocol and ports of a permission in one family, as AWS numbers them */
struct ports {
	const char *protocol;
	int from, to;
};


static struct ports ports_of(const struct permission *q, uint8_t family)
{
	const char *name = flow_transport_name(q->transport);

	if (q->transport == FLOW_ICMP)
		name = family == 6 ? "icmpv6" : "icmp";
	return (struct ports){ name, q->lo, q->hi };
}


/** Has the permission anything to say in that family? */
static bool has_family(const struct permission *q, uint8_t family)
{
	const struct ip_range *v;

	return (!q->family || q->family == family) && addrs_family(&q->src, family, &v) > 0;
}


struct json_range {
	struct jsonw *w;
	const char *key;
	const char *text;
};


static void json_range(struct aws *o, const struct ip_prefix *p, void *arg)
{
	struct json_range *r = arg;
	char buf[IP_STRLEN];

	jsonw_object_open(r->w, NULL);
	jsonw_str(r->w, r->key, ip_prefix_str(p, buf));
	jsonw_str(r->w, "Description", r->text);
	jsonw_close(r->w);
}


static int json_permission(struct aws *o, struct jsonw *w, const struct permission *q,
			   uint8_t family)
{
	struct ports ports = ports_of(q, family);
	struct json_range range = { .w = w };

	if (!has_family(q, family))
		return 0;
	range.text = describe(o->mem, q->rows, q->purpose);
	if (!range.text)
		return ENOMEM;

	jsonw_object_open(w, NULL);
	jsonw_str(w, "IpProtocol", ports.protocol);
	jsonw_int(w, "FromPort", ports.from);
	jsonw_int(w, "ToPort", ports.to);
	jsonw_array_open(w, family == 6 ? "Ipv6Ranges" : "IpRanges");
	range.key = family == 6 ? "CidrIpv6" : "CidrIp";
	(void)each_prefix(o, &q->src, family, json_range, &range);
	jsonw_close(w);
	jsonw_close(w);
	return 0;
}


static void json_member(struct aws *o, const struct ip_prefix *p, void *arg)
{
	char buf[IP_STRLEN];

	jsonw_str(arg, NULL, ip_prefix_str(p, buf));
}


static void json_everything(struct jsonw *w, const struct group *g, uint8_t family)
{
	const struct ip_range *v;

	if (!addrs_family(&g->members, family, &v))
		return;
	jsonw_array_open(w, family == 6 ? "Ipv6Ranges" : "IpRanges");
	jsonw_object_open(w, NULL);
	jsonw_str(w, family == 6 ? "CidrIpv6" : "CidrIp", family == 6 ? "::/0" : "0.0.0.0/0");
	jsonw_close(w);
	jsonw_close(w);
}


static void json_egress(struct jsonw *w, const struct group *g)
{
	jsonw_array_open(w, "IpPermissionsEgress");
	jsonw_object_open(w, NULL);
	jsonw_str(w, "IpProtocol", "-1");
	json_everything(w, g, 4);
	json_everything(w, g, 6);
	jsonw_close(w);
	jsonw_close(w);
}


static int json_group(struct aws *o, struct jsonw *w, const struct group *g)
{
	int err = 0;

	jsonw_object_open(w, NULL);
	jsonw_str(w, "GroupName", g->members.label);
	jsonw_str(w, "Description", describe(o->mem, "visavis", g->label));
	jsonw_list_open(w, "Members");
	(void)each_prefix(o, &g->members, 4, json_member, w);
	(void)each_prefix(o, &g->members, 6, json_member, w);
	jsonw_close(w);
	jsonw_array_open(w, "IpPermissions");
	for (size_t i = 0; !err && i < g->n; i++) {
		err = json_permission(o, w, &g->v[i], 4);
		if (!err)
			err = json_permission(o, w, &g->v[i], 6);
	}
	jsonw_close(w);
	json_egress(w, g);
	jsonw_close(w);
	return err;
}


static const char *const limits[] = {
	"Security groups stand at every host: attach each group to its Members, and to nothing else.",
	("They are stateful, so answers need no rule, and outbound is open: who may reach a host "
	 "is decided at that host."),
	"Source ports cannot be matched; AWS lets DHCP, DNS and NTP of its own pass beside them.",
};


int backend_aws(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	struct jsonw w = { .sb = sb };
	struct aws o;
	int err = aws_make(&o, sb, a, p);

	if (err)
		return err;

	jsonw_object_open(&w, NULL);
	jsonw_array_open(&w, "Remarks");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		jsonw_str(&w, NULL, limits[i]);
	for (size_t i = 0; i < o.z.nremarks; i++)
		jsonw_str(&w, NULL, o.z.remarks[i]);
	jsonw_close(&w);
	jsonw_array_open(&w, "SecurityGroups");
	for (size_t i = 0; !err && i < o.ngroups; i++)
		err = json_group(&o, &w, &o.groups[i]);
	jsonw_close(&w);
	jsonw_close(&w);
	return err ? err : sb->err;
}


static void tf_prefix(struct aws *o, const struct ip_prefix *p, void *arg)
{
	char buf[IP_STRLEN];
	bool *more = arg;

	sbuf_printf(o->sb, "%s\"%s\"", *more ? ", " : "", ip_prefix_str(p, buf));
	*more = true;
}


static int tf_permission(struct aws *o, const struct group *g, const struct permission *q,
			 uint8_t family)
{
	struct ports ports = ports_of(q, family);
	const char *text = describe(o->mem, q->rows, q->purpose);
	const char *name;
	bool more = false;

	if (!has_family(q, family))
		return 0;
	name = arena_printf(o->mem, "%s_%s_%s_%d_v%u%s", g->members.label, q->id,
			    ports.protocol, ports.from, family,
			    q->transport == FLOW_ICMP && q->hi >= 0 ? "_code" : "");
	name = name ? zones_name(o->mem, name, "-_", NAME_MAX_LEN) : NULL;
	if (!name || !text)
		return ENOMEM;

	sbuf_printf(o->sb, "\nresource \"aws_vpc_security_group_ingress_rule\" \"%s\" {\n"
		    "  for_each          = toset([", name);
	(void)each_prefix(o, &q->src, family, tf_prefix, &more);
	/* "${" and "%{" begin templates */
	sbuf_printf(o->sb, "])\n  security_group_id = aws_security_group.%s.id\n"
		    "  ip_protocol       = \"%s\"\n  from_port         = %d\n"
		    "  to_port           = %d\n  cidr_ipv%u         = each.value\n"
		    "  description       = \"", g->members.label, ports.protocol,
		    ports.from, ports.to, family);
	for (; *text; text++)
		if (*text != '$')
			sbuf_putc(o->sb, *text);
	sbuf_puts(o->sb, "\"\n}\n");
	return 0;
}


static int tf_group(struct aws *o, const struct group *g)
{
	const char *name = g->members.label, *text = describe(o->mem, "visavis", g->label);
	bool more = false;
	int err = 0;

	if (!text)
		return ENOMEM;
	sbuf_puts(o->sb, "\n# for: ");
	(void)each_prefix(o, &g->members, 4, tf_prefix, &more);
	(void)each_prefix(o, &g->members, 6, tf_prefix, &more);
	sbuf_printf(o->sb, "\nresource \"aws_security_group\" \"%s\" {\n"
		    "  name        = \"%s\"\n  description = \"%s\"\n"
		    "  vpc_id      = var.vpc_id\n}\n", name, name, text);
	for (uint8_t family = 4; family <= 6; family += 2) {
		const struct ip_range *v;

		if (!addrs_family(&g->members, family, &v))
			continue;
		sbuf_printf(o->sb, "\nresource \"aws_vpc_security_group_egress_rule\" \"%s_v%u\" {\n"
			    "  security_group_id = aws_security_group.%s.id\n"
			    "  ip_protocol       = \"-1\"\n  cidr_ipv%u         = \"%s\"\n"
			    "  description       = \"answers and flows that others let in\"\n}\n",
			    name, family, name, family, family == 4 ? "0.0.0.0/0" : "::/0");
	}
	for (size_t i = 0; !err && i < g->n; i++) {
		err = tf_permission(o, g, &g->v[i], 4);
		if (!err)
			err = tf_permission(o, g, &g->v[i], 6);
	}
	return err;
}


int backend_aws_tf(struct sbuf *sb, struct arena *a, const struct policy *p)
{
	struct aws o;
	int err = aws_make(&o, sb, a, p);

	if (err)
		return err;

	zones_put_head(sb, &o.z, "# ", "aws-tf");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sbuf_printf(sb, "# %s\n", limits[i]);
	sbuf_puts(sb, "\nvariable \"vpc_id\" {\n  type = string\n}\n");
	for (size_t i = 0; !err && i < o.ngroups; i++)
		err = tf_group(&o, &o.groups[i]);
	return err ? err : sb->err;
}
