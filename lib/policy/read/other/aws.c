/*
 * AWS: what `aws ec2 describe-security-groups` and `describe-network-acls`
 * print, together with `describe-network-interfaces` (who is in a group) and
 * `describe-subnets` in one object, as far as they are there.
 *
 * Security groups stand at hosts and add up: a packet may come in where one
 * group of the host lets it. So all groups are one list, each rule with the
 * hosts of its group at its end. Each group is a list of its own besides, that
 * is linted and not audited: what another group lets in as well makes no line
 * of it useless, for groups are joined anew at each host.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonr.h"
#include "lib/policy/pset/names.h"
#include "lib/policy/read/other/aws.h"
#include "lib/policy/read/reader.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58, ENTRIES_MAX = 1 << 16 };

struct group {
	const struct jsonr *v;
	const char *id, *name;
	struct config_addrs members;
};

struct aws {
	struct config *c;
	const char *text, *end;
	const struct jsonr *root;
	struct group *groups;
	size_t ngroups, cap;
	struct config_addrs all;	/* members of all groups */
	bool again;			/* all was read before: mistakes are told */
};

static const char list_in[] = "security groups, inbound";
static const char list_out[] = "security groups, outbound";


static struct config_text text_of(const struct aws *o, const struct jsonr *v)
{
	size_t left = (size_t)(o->end - v->at);
	const char *nl = memchr(v->at, '\n', left);

	return (struct config_text){ v->at, nl ? (size_t)(nl - v->at) : left };
}


static int unknown(struct aws *o, const struct jsonr *v, bool *uncertain, const char *what)
{
	*uncertain = true;
	return o->again ? 0 : config_unknown(o->c, v->line, text_of(o, v), "%s", what);
}


static struct group *group_find(const struct aws *o, const char *id, const char *name)
{
	for (size_t i = 0; i < o->ngroups; i++) {
		struct group *g = &o->groups[i];

		if ((id && g->id && !strcmp(g->id, id)) ||
		    (!id && name && g->name && !strcmp(g->name, name)))
			return g;
	}

	return NULL;
}


static int add_member(struct aws *o, struct group *g, const char *s)
{
	struct ip_range r;
	int err;

	if (!s || ip_range_parse(&r, s) == EINVAL)
		return 0;
	err = config_addrs_add(o->c, &g->members, &r);
	return err ? err : config_addrs_add(o->c, &o->all, &r);
}


static int add_groups(struct aws *o)
{
	int err = 0;

	for (const struct jsonr *v = jsonr_each(o->root, "SecurityGroups"); v; v = v->next) {
		struct group *g;

		if (o->ngroups == CONFIG_LISTS_MAX)
			return EOVERFLOW;
		if (arena_grow(&o->c->mem, (void **)&o->groups, o->ngroups, &o->cap,
			       sizeof(*o->groups)))
			return ENOMEM;
		g = &o->groups[o->ngroups++];
		*g = (struct group){ .v = v, .id = jsonr_str(v, "GroupId"),
				     .name = jsonr_str(v, "GroupName") };
		for (const struct jsonr *m = jsonr_each(v, "Members"); !err && m; m = m->next)
			err = m->type == JSONR_STRING ? add_member(o, g, m->s) : 0;
	}

	return err;
}


static int add_interface(struct aws *o, struct group *g, const struct jsonr *ni)
{
	int err = 0;

	for (const struct jsonr *a = jsonr_each(ni, "PrivateIpAddresses"); !err && a; a = a->next)
		err = add_member(o, g, jsonr_str(a, "PrivateIpAddress"));
	if (!err && !jsonr_each(ni, "PrivateIpAddresses"))
		err = add_member(o, g, jsonr_str(ni, "PrivateIpAddress"));
	for (const struct jsonr *a = jsonr_each(ni, "Ipv6Addresses"); !err && a; a = a->next)
		err = add_member(o, g, jsonr_str(a, "Ipv6Address"));
	return err;
}


static int add_interfaces(struct aws *o)
{
	int err = 0;

	for (const struct jsonr *ni = jsonr_each(o->root, "NetworkInterfaces"); !err && ni;
	     ni = ni->next) {
		for (const struct jsonr *g = jsonr_each(ni, "Groups"); !err && g; g = g->next) {
			struct group *to = group_find(o, jsonr_str(g, "GroupId"),
						      jsonr_str(g, "GroupName"));

			if (to)
				err = add_interface(o, to, ni);
		}
	}
	return err;
}


/* Permissions */

/** What all ranges of one permission share */
struct permission {
	const struct jsonr *v;
	struct group *g;
	const char *list;
	bool egress;
	bool joined;			/* with the hosts, in the list of all groups */
	bool uncertain;			/* ports or protocol */
	struct config_match m;
};


static bool number_of(const struct jsonr *v, const char *key, long *out)
{
	return jsonr_int(jsonr_get(v, key), out);
}


static int set_ports(struct aws *o, struct config_match *m, unsigned protocol, long from,
		     long to, const struct jsonr *v, bool *uncertain)
{
	if (protocol == ICMP || protocol == ICMP6) {
		if (from < 0)
			return 0;
		if (from > 255 || to > 255)
			return unknown(o, v, uncertain, "no such type or code of ICMP");
		return config_icmp_add(o->c, &m->icmp, (unsigned)from, (unsigned)from,
				       to < 0 ? 0 : (unsigned)to, to < 0 ? 255 : (unsigned)to);
	}
	if (from < 0 || (protocol != TCP && protocol != UDP))
		return 0;
	if (from > to || to > 65535)
		return unknown(o, v, uncertain, "no such range of ports");
	return config_nums_add(o->c, &m->dport, (unsigned)from, (unsigned)to);
}


static int set_protocol(struct aws *o, struct config_match *m, const char *s, long from, long to,
			const struct jsonr *v, bool *uncertain)
{
	unsigned protocol;
	int err;

	if (!s)
		return unknown(o, v, uncertain, "the protocol is missing");
	if (!strcmp(s, "-1"))
		return 0;
	if (!strcmp(s, "icmpv6"))
		protocol = ICMP6;
	else if (!names_protocol(&protocol, s, strlen(s)) || protocol > 255)
		return unknown(o, v, uncertain, "the protocol is not known");
	err = config_nums_add(o->c, &m->protocol, protocol, protocol);
	return err ? err : set_ports(o, m, protocol, from, to, v, uncertain);
}


static int add_rule(struct aws *o, const struct permission *p, const struct jsonr *v,
		    const struct config_addrs *peer, bool uncertain)
{
	const char *description = jsonr_str(v, "Description");
	struct config_match m = p->m;
	struct config_list *l;
	struct config_rule *r;
	int err = config_list_get(&l, o->c, p->list, strlen(p->list), 0);

	if (!err)
		err = config_rule_add(&r, o->c, l, v->line, text_of(o, v->first ? v->first : v));
	if (err)
		return err;
	r->action = CONFIG_PERMIT;
	r->uncertain = p->uncertain || uncertain;
	r->implied = p->joined;
	if (description) {
		struct config_text t = { description, strlen(description) };

		err = config_rows_scan(o->c, &r->rows, t);
	}
	if (peer)
		*(p->egress ? &m.dst : &m.src) = *peer;
	if (p->joined)
		*(p->egress ? &m.src : &m.dst) = p->g->members;
	return err ? err : config_rule_match(o->c, r, &m);
}


static int add_cidrs(struct aws *o, const struct permission *p, const char *list,
		     const char *key)
{
	int err = 0;

	for (const struct jsonr *v = jsonr_each(p->v, list); !err && v; v = v->next) {
		const char *s = jsonr_str(v, key);
		struct config_addrs peer = {0};
		struct ip_prefix cidr;
		bool uncertain = false;

		if (!s || ip_prefix_parse(&cidr, s) == EINVAL)
			err = unknown(o, v, &uncertain, "a prefix was expected");
		else
			err = config_addrs_add_prefix(o->c, &peer, &cidr);
		if (!err)
			err = add_rule(o, p, v, uncertain ? NULL : &peer, uncertain);
	}
	return err;
}


static int add_pairs(struct aws *o, const struct permission *p)
{
	int err = 0;

	for (const struct jsonr *v = jsonr_each(p->v, "UserIdGroupPairs"); !err && v; v = v->next) {
		const struct group *g = group_find(o, jsonr_str(v, "GroupId"),
						   jsonr_str(v, "GroupName"));
		bool uncertain = !g || !g->members.given;

		if (uncertain)
			err = unknown(o, v, &uncertain, "who is in this group is not in the file");
		if (!err)
			err = add_rule(o, p, v, uncertain ? NULL : &g->members, uncertain);
	}
	for (const struct jsonr *v = jsonr_each(p->v, "PrefixListIds"); !err && v; v = v->next) {
		bool uncertain;

		err = unknown(o, v, &uncertain, "what is in this prefix list is not in the file");
		if (!err)
			err = add_rule(o, p, v, NULL, true);
	}
	return err;
}


static int add_permissions(struct aws *o, struct group *g, const char *list, bool egress,
			   bool joined)
{
	const char *key = egress ? "IpPermissionsEgress" : "IpPermissions";
	int err = 0;

	for (const struct jsonr *v = jsonr_each(g->v, key); !err && v; v = v->next) {
		struct permission p = { .v = v, .g = g, .list = list, .egress = egress,
					.joined = joined };
		long from = -1, to = -1;

		(void)number_of(v, "FromPort", &from);
		(void)number_of(v, "ToPort", &to);
		err = set_protocol(o, &p.m, jsonr_str(v, "IpProtocol"), from, to, v, &p.uncertain);
		if (!err)
			err = add_cidrs(o, &p, "IpRanges", "CidrIp");
		if (!err)
			err = add_cidrs(o, &p, "Ipv6Ranges", "CidrIpv6");
		if (!err)
			err = add_pairs(o, &p);
	}
	return err;
}


static int define(struct aws *o, const char *name, const struct jsonr *v)
{
	struct config_list *l;
	int err = config_list_get(&l, o->c, name, strlen(name), 0);

	if (err)
		return err;
	l->defined = true;
	l->line = v->line;
	l->fallthrough = CONFIG_DENY;
	return 0;
}


/** What stands for the hosts that no group of the file holds: what comes to
 *  them cannot be told, what they send is not looked at. */
static int add_others(struct aws *o, const struct jsonr *v, bool egress)
{
	static const char text[] = "what hosts in none of these groups let in";
	const char *list = egress ? list_out : list_in;
	struct config_match m = {0};
	struct config_list *l;
	struct config_rule *r;
	int err = config_list_get(&l, o->c, list, strlen(list), 0);

	if (!err)
		err = config_rule_add(&r, o->c, l, v->line,
				      (struct config_text){ text, sizeof(text) - 1 });
	if (err)
		return err;
	r->action = CONFIG_PERMIT;
	r->implied = true;
	r->uncertain = !egress;
	*(egress ? &m.src : &m.dst) = o->all;
	(egress ? &m.src : &m.dst)->negate = true;
	err = config_rule_match(o->c, r, &m);
	if (!err && !egress && r->nboxes)
		err = config_notice(o->c, v->line, "what hosts in none of these groups let in is "
				    "not in the file");
	return err;
}


static int read_joined(struct aws *o, const struct jsonr *v)
{
	struct config_hook h = { .where = CONFIG_FORWARD, .tracking = CONFIG_STATE_IMPLICIT,
				 .line = v->line };
	int err = define(o, list_in, v);

	o->c->at_hosts = !jsonr_get(o->root, "NetworkAcls");
	o->c->no_sports = true;

	if (!err)
		err = define(o, list_out, v);
	for (size_t i = 0; !err && i < o->ngroups; i++) {
		if (!o->groups[i].members.given)
			continue;	/* of nobody: in nobody's way */
		err = add_permissions(o, &o->groups[i], list_in, false, true);
		if (!err)
			err = add_permissions(o, &o->groups[i], list_out, true, true);
	}
	for (int egress = 0; !err && egress < 2; egress++) {
		err = add_others(o, v, egress);
		h.list = egress ? list_out : list_in;
		if (!err)
			err = config_hook_add(o->c, &h);
	}
	return err;
}


static int read_alone(struct aws *o)
{
	int err = o->ngroups && !o->all.given ? config_notice(o->c, o->groups[0].v->line,
					     "who is in the groups is not in the file; add "
					     "NetworkInterfaces of describe-network-interfaces") : 0;

	for (size_t i = 0; !err && i < o->ngroups; i++) {
		struct group *g = &o->groups[i];
		const char *name = g->id ? g->id : g->name ? g->name : "group";

		for (int egress = 0; !err && egress < 2; egress++) {
			struct config_hook h = { .where = CONFIG_LOCAL, .line = g->v->line,
						 .tracking = CONFIG_STATE_IMPLICIT };
			char *list = arena_printf(&o->c->mem, "%s %s", name,
						  egress ? "outbound" : "inbound");

			h.list = list;
			err = list ? define(o, list, g->v) : ENOMEM;
			if (!err)
				err = add_permissions(o, g, list, egress, false);
			if (!err)
				err = config_hook_add(o->c, &h);
		}
	}
	return err;
}


/* Network ACLs */

struct entry {
	const struct jsonr *v;
	long number;
	size_t order;
};


static int entry_cmp(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}


static int add_entry(struct aws *o, const char *list, const struct jsonr *v, bool egress)
{
	const struct jsonr *ports = jsonr_get(v, "PortRange"), *icmp = jsonr_get(v, "IcmpTypeCode");
	const char *cidr = jsonr_str(v, "CidrBlock"), *action = jsonr_str(v, "RuleAction");
	const char *cidr6 = jsonr_str(v, "Ipv6CidrBlock");
	struct config_match m = {0};
	struct config_list *l;
	struct config_rule *r;
	struct ip_prefix p;
	long from = -1, to = -1;
	bool uncertain = false;
	int err = config_list_get(&l, o->c, list, strlen(list), 0);

	if (!err)
		err = config_rule_add(&r, o->c, l, v->line, text_of(o, v));
	if (err)
		return err;
	(void)number_of(ports ? ports : icmp, ports ? "From" : "Type", &from);
	(void)number_of(ports ? ports : icmp, ports ? "To" : "Code", &to);
	err = set_protocol(o, &m, jsonr_str(v, "Protocol"), from, to, v, &uncertain);
	if (!err && (!(cidr || cidr6) || ip_prefix_parse(&p, cidr ? cidr : cidr6) == EINVAL))
		err = unknown(o, v, &uncertain, "a prefix was expected");
	else if (!err)
		err = config_addrs_add_prefix(o->c, egress ? &m.dst : &m.src, &p);
	if (!err && (!action || (strcmp(action, "allow") && strcmp(action, "deny"))))
		err = unknown(o, v, &uncertain, "\"RuleAction\" is not known");
	r->action = action && !strcmp(action, "allow") ? CONFIG_PERMIT : CONFIG_DENY;
	r->uncertain = uncertain;
	return err ? err : config_rule_match(o->c, r, &m);
}


static int add_entries(struct aws *o, const struct jsonr *acl, const char *list, bool egress)
{
	struct entry *v;
	size_t n = 0, k = 0;
	int err = define(o, list, acl);

	for (const struct jsonr *e = jsonr_each(acl, "Entries"); e; e = e->next)
		n++;
	if (n > ENTRIES_MAX)
		return EOVERFLOW;
	v = arena_calloc(&o->c->mem, n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;
	for (const struct jsonr *e = jsonr_each(acl, "Entries"); e; e = e->next) {
		const struct jsonr *out = jsonr_get(e, "Egress");

		v[k] = (struct entry){ .v = e, .number = 32767, .order = k };
		(void)number_of(e, "RuleNumber", &v[k].number);
		if ((out && out->yes) == egress)
			k++;
	}
	qsort(v, k, sizeof(*v), entry_cmp);
	for (size_t i = 0; !err && i < k; i++)
		err = add_entry(o, list, v[i].v, egress);
	return err;
}


/** What goes into a subnet leaves the router there, and the other way round. */
static int bind(struct aws *o, const struct jsonr *acl, const char *list, bool egress)
{
	int err = 0;

	for (const struct jsonr *a = jsonr_each(acl, "Associations"); !err && a; a = a->next) {
		const char *subnet = jsonr_str(a, "SubnetId");
		struct config_hook h = { .list = list, .where = egress ? CONFIG_IN : CONFIG_OUT,
					 .iface = subnet, .tracking = CONFIG_STATELESS,
					 .line = a->line };
		struct config_interface *i;

		if (!subnet)
			continue;
		err = config_iface_get(&i, o->c, subnet, strlen(subnet));
		if (!err)
			err = config_hook_add(o->c, &h);
	}
	return err;
}


static int read_acls(struct aws *o)
{
	int err = 0;

	for (const struct jsonr *v = jsonr_each(o->root, "NetworkAcls"); !err && v; v = v->next) {
		const char *id = jsonr_str(v, "NetworkAclId");

		for (int egress = 0; !err && egress < 2; egress++) {
			char *list = arena_printf(&o->c->mem, "%s %s", id ? id : "network ACL",
						  egress ? "outbound" : "inbound");

			err = list ? add_entries(o, v, list, egress) : ENOMEM;
			if (!err)
				err = bind(o, v, list, egress);
		}
	}
	return err;
}


static int read_subnets(struct aws *o)
{
	int err = 0;

	for (const struct jsonr *v = jsonr_each(o->root, "Subnets"); !err && v; v = v->next) {
		const char *id = jsonr_str(v, "SubnetId"), *cidr = jsonr_str(v, "CidrBlock");
		struct config_interface *i;
		struct ip_prefix p;

		if (!id)
			continue;
		err = config_iface_get(&i, o->c, id, strlen(id));
		if (!err && cidr && ip_prefix_parse(&p, cidr) != EINVAL)
			err = config_iface_add_addr(o->c, i, &p);
	}
	return err;
}


static int read_all(struct aws *o)
{
	const struct jsonr *groups = jsonr_get(o->root, "SecurityGroups");
	int err = add_groups(o);

	if (!err)
		err = add_interfaces(o);
	if (!err && groups)
		err = read_alone(o);
	o->again = true;
	if (!err && groups && o->all.given)
		err = read_joined(o, groups);
	o->again = false;
	if (!err)
		err = read_subnets(o);
	return err ? err : read_acls(o);
}


int aws_read_tree(struct config *c, const char *text, size_t len, const struct jsonr *root)
{
	struct aws o = { .c = c, .text = text, .end = text + len, .root = root };

	for (const char *s = text; s < o.end; s++)
		c->lines += *s == '\n';
	c->lines += len && text[len - 1] != '\n';
	return read_all(&o);
}


static int read_aws(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct diag_pos pos = { .file = c->file, .line = 1 };
	struct jsonr_error e = {0};
	struct jsonr *root;
	int err = jsonr_parse(&root, &c->mem, text, len, &e);

	if (err == ENOMEM)
		return err;
	if (err) {
		pos.line = e.line;
		diag_error(dl, pos, "no JSON: %s", e.what);
		return EBADMSG;
	}
	if (!jsonr_get(root, "SecurityGroups") && !jsonr_get(root, "NetworkAcls")) {
		diag_error(dl, pos, "neither \"SecurityGroups\" nor \"NetworkAcls\" is in this "
			   "object; give what aws ec2 describe-security-groups prints");
		return EBADMSG;
	}

	return aws_read_tree(c, text, len, root);
}


static int detect_aws(const char *text, size_t len)
{
	if (memmem(text, len, "\"IpPermissions\"", 15) || memmem(text, len, "\"NetworkAcls\"", 13))
		return READER_SURE;
	return memmem(text, len, "\"SecurityGroups\"", 16) ? READER_LIKELY : READER_NO;
}


const struct policy_reader policy_reader_aws = {
	"aws", "json", "AWS security groups and network ACLs, JSON", detect_aws, read_aws,
};
