/*
 * Terraform: security groups of AWS and their rules, as a tree of the same
 * form that `aws ec2 describe-security-groups` prints, which aws.c reads.
 * Only what is written out is followed: a variable, a function or a count has
 * no value here, and what it stands for is unknown, with its line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/read/other/aws.h"
#include "lib/policy/read/reader.h"

enum { DEPTH_MAX = 32, VALUES_MAX = 1 << 20 };

static const char members_mark[] = "for:";

struct tf {
	struct config *c;
	const char *p, *end;
	unsigned line;
	size_t nvalues;
	const char *comment;		/* the last one, of the line before */
	unsigned comment_line;
	struct jsonr *file;		/* blocks, one behind the other */
	struct jsonr *groups;
	struct jsonr *grown, *last;	/* the array that grew last, and its end */
	bool bad;
};


/* The text as a tree: blocks are objects, whose labels stand in an array of
 * the key ""; what is no literal is NULL with its words. */

static struct jsonr *value_new(struct tf *o, enum jsonr_type type, unsigned line, const char *at)
{
	struct jsonr *v = o->nvalues++ < VALUES_MAX ? arena_calloc(&o->c->mem, 1, sizeof(*v)) : NULL;

	if (v)
		*v = (struct jsonr){ .type = type, .line = line, .at = at };
	return v;
}


static void append(struct tf *o, struct jsonr *to, struct jsonr *v)
{
	struct jsonr **at = o->grown == to ? &o->last->next : &to->first;

	while (*at)
		at = &(*at)->next;
	*at = v;
	o->grown = to;
	o->last = v;
}


static bool at_text(const struct tf *o, const char *s)
{
	return (size_t)(o->end - o->p) >= strlen(s) && !memcmp(o->p, s, strlen(s));
}


static void skip_comment(struct tf *o)
{
	bool block = at_text(o, "/*");
	const char *begin = o->p + (*o->p == '#' ? 1 : 2);

	while (o->p < o->end && (block ? !at_text(o, "*/") : *o->p != '\n')) {
		o->line += *o->p == '\n';
		o->p++;
	}
	if (block) {
		o->p += o->p < o->end ? 2 : 0;
		return;
	}
	o->comment = arena_strndup(&o->c->mem, begin, (size_t)(o->p - begin));
	o->comment_line = o->line;
}


/** @param lines  go on over their ends too */
static void skip_blanks(struct tf *o, bool lines)
{
	while (o->p < o->end) {
		if (*o->p == '#' || at_text(o, "//") || at_text(o, "/*"))
			skip_comment(o);
		else if (*o->p == ' ' || *o->p == '\t' || *o->p == '\r' || (lines && *o->p == '\n'))
			o->line += *o->p++ == '\n';
		else
			break;
	}
}


/** To the closing quote; *plain: no template is in it */
static char *read_string(struct tf *o, bool *plain)
{
	const char *begin = ++o->p;
	char *s;
	size_t n = 0;

	*plain = true;
	while (o->p < o->end && *o->p != '"' && *o->p != '\n') {
		if (at_text(o, "${") || at_text(o, "%{"))
			*plain = false;
		o->p += *o->p == '\\' && o->p + 1 < o->end ? 2 : 1;
	}
	if (o->p >= o->end || *o->p != '"') {
		o->bad = true;
		o->p = o->p > o->end ? o->end : o->p;
	}
	s = arena_strndup(&o->c->mem, begin, (size_t)(o->p - begin));
	o->p += !o->bad;
	for (size_t i = 0; s && s[i]; i++)
		if (s[i] != '\\')
			s[n++] = s[i];
	if (s)
		s[n] = '\0';
	return s;
}


static bool is_name(char b)
{
	return isalnum((unsigned char)b) || b == '_' || b == '-' || b == '.';
}


static char *read_name(struct tf *o)
{
	const char *begin = o->p;

	while (o->p < o->end && is_name(*o->p))
		o->p++;
	return arena_strndup(&o->c->mem, begin, (size_t)(o->p - begin));
}


/** Over an expression: brackets pair, strings are whole */
static void skip_expression(struct tf *o)
{
	unsigned depth = 0;
	bool plain;

	while (o->p < o->end && !o->bad) {
		char b = *o->p;

		if (b == '"') {
			if (!read_string(o, &plain))
				o->bad = true;
			continue;
		}
		if (b == '#' || at_text(o, "//")) {
			skip_comment(o);
			continue;
		}
		if (!depth && (b == '\n' || b == ',' || b == ']' || b == '}' || b == ')'))
			return;
		depth += b == '[' || b == '{' || b == '(';
		depth -= b == ']' || b == '}' || b == ')';
		o->line += b == '\n';
		o->p++;
	}
}


static struct jsonr *read_value(struct tf *o, unsigned depth);


static struct jsonr *read_array(struct tf *o, unsigned depth)
{
	struct jsonr *v = value_new(o, JSONR_ARRAY, o->line, o->p++);

	while (v && !o->bad) {
		struct jsonr *one;

		skip_blanks(o, true);
		if (o->p >= o->end)
			o->bad = true;
		if (o->bad || *o->p == ']')
			break;
		one = read_value(o, depth + 1);
		if (!one)
			return NULL;
		append(o, v, one);
		skip_blanks(o, true);
		if (o->p < o->end && *o->p == ',')
			o->p++;
		else if (o->p < o->end && *o->p != ']')
			o->bad = true;
	}
	o->p += o->p < o->end;
	return v;
}


/** Is the expression over behind what was read? */
static bool is_over(struct tf *o)
{
	skip_blanks(o, false);
	return o->p >= o->end || strchr("\n,]})", *o->p);
}


static struct jsonr *read_literal(struct tf *o, struct jsonr *v)
{
	bool plain = true, text = *o->p == '"';

	v->s = text ? read_string(o, &plain) : read_name(o);
	if (!v->s)
		return NULL;
	if (!is_over(o)) {
		skip_expression(o);
		return v;
	}
	if (text && plain)
		v->type = JSONR_STRING;
	else if (!text && (isdigit((unsigned char)v->s[0]) || v->s[0] == '-'))
		v->type = JSONR_NUMBER;
	else if (!text && (!strcmp(v->s, "true") || !strcmp(v->s, "false"))) {
		v->type = JSONR_BOOL;
		v->yes = v->s[0] == 't';
	}
	return v;
}


static struct jsonr *read_value(struct tf *o, unsigned depth)
{
	struct jsonr *v = value_new(o, JSONR_NULL, o->line, o->p), *list;

	if (!v)
		return NULL;
	if (depth > DEPTH_MAX) {
		o->bad = true;
		return v;
	}
	if (at_text(o, "toset([")) {
		o->p += 6;
		list = read_array(o, depth);
		skip_blanks(o, true);
		if (list && o->p < o->end && *o->p == ')')
			o->p++;
		return list;
	}
	if (*o->p == '[')
		return read_array(o, depth);
	if (*o->p == '"' || is_name(*o->p))
		return read_literal(o, v);
	skip_expression(o);
	return v;
}


static struct jsonr *read_body(struct tf *o, struct jsonr *v, unsigned depth);


/** NAME = VALUE, or NAME "LABEL"... { ... } */
static struct jsonr *read_item(struct tf *o, unsigned depth)
{
	struct jsonr *v, *labels;
	const char *at = o->p, *comment = o->comment_line + 1 == o->line ? o->comment : NULL;
	unsigned line = o->line;
	char *name = read_name(o);

	if (!name)
		return NULL;
	skip_blanks(o, false);
	if (!*name || o->p >= o->end) {
		o->bad = true;
		return value_new(o, JSONR_NULL, line, at);
	}
	if (*o->p == '=') {
		o->p++;
		skip_blanks(o, false);
		v = o->p < o->end ? read_value(o, depth) : value_new(o, JSONR_NULL, line, at);
		if (v)
			v->key = name;
		return v;
	}
	v = value_new(o, JSONR_OBJECT, line, at);
	labels = value_new(o, JSONR_ARRAY, line, at);
	if (!v || !labels)
		return NULL;
	v->key = name;
	v->s = comment;
	labels->key = "";
	append(o, v, labels);
	while (o->p < o->end && *o->p == '"' && !o->bad) {
		struct jsonr *label = value_new(o, JSONR_STRING, o->line, o->p);
		bool plain;

		if (!label)
			return NULL;
		label->s = read_string(o, &plain);
		if (!label->s)
			return NULL;
		append(o, labels, label);
		skip_blanks(o, false);
	}
	if (o->bad || o->p >= o->end || *o->p != '{') {
		o->bad = true;
		return v;
	}
	o->p++;
	return read_body(o, v, depth + 1);
}


/** Items, to the closing brace or, at the top, the end */
static struct jsonr *read_body(struct tf *o, struct jsonr *v, unsigned depth)
{
	struct jsonr **last = &v->first;

	if (depth > DEPTH_MAX)
		o->bad = true;
	while (*last)
		last = &(*last)->next;
	for (;;) {
		skip_blanks(o, true);
		if (o->bad || o->p >= o->end) {
			o->bad |= depth > 0;
			return v;
		}
		if (*o->p == '}') {
			o->p++;
			o->bad |= depth == 0;
			return v;
		}
		*last = read_item(o, depth);
		if (!*last)
			return NULL;
		last = &(*last)->next;
	}
}


/* The tree that aws.c takes */

static struct jsonr *add(struct tf *o, struct jsonr *to, enum jsonr_type type, const char *key,
			 const char *s, const struct jsonr *from)
{
	struct jsonr *v = to ? value_new(o, type, from->line, from->at) : NULL;

	if (!v)
		return NULL;
	v->key = key;
	v->s = s;
	append(o, to, v);
	return v;
}


static const char *label(const struct jsonr *block, size_t i)
{
	const struct jsonr *l = jsonr_each(block, "");

	for (; l && i; i--)
		l = l->next;
	return l ? l->s : "";
}


static bool is_literal(const struct jsonr *v)
{
	return v && (v->type == JSONR_STRING || v->type == JSONR_NUMBER);
}


/** A number, given as one or in quotes; *known false: an expression */
static int add_port(struct tf *o, struct jsonr *to, const struct jsonr *rule, const char *name,
		    const char *key, bool *known)
{
	const struct jsonr *v = jsonr_get(rule, name);

	if (!v)
		return 0;
	if (!is_literal(v)) {
		*known = false;
		return 0;
	}
	return add(o, to, JSONR_NUMBER, key, v->s, v) ? 0 : ENOMEM;
}


static int add_cidr(struct tf *o, struct jsonr *list, const struct jsonr *v, const char *key,
		    const struct jsonr *rule)
{
	struct jsonr *range = add(o, list, JSONR_OBJECT, NULL, NULL, rule);
	const char *text = jsonr_str(rule, "description");

	if (!range)
		return ENOMEM;
	if (v->type == JSONR_STRING && !add(o, range, JSONR_STRING, key, v->s, v))
		return ENOMEM;
	return !text || add(o, range, JSONR_STRING, "Description", text, rule) ? 0 : ENOMEM;
}


/** cidr_ipv4 = "...", = each.value; cidr_blocks = [...] */
static int add_cidrs(struct tf *o, struct jsonr *to, const struct jsonr *rule, const char *name,
		     bool six)
{
	const struct jsonr *v = jsonr_get(rule, name), *each = jsonr_get(rule, "for_each");
	struct jsonr *list;
	int err = 0;

	if (!v)
		return 0;
	if (v->type == JSONR_NULL && v->s && each && each->type == JSONR_ARRAY &&
	    (!strcmp(v->s, "each.value") || !strcmp(v->s, "each.key")))
		v = each;
	list = add(o, to, JSONR_ARRAY, six ? "Ipv6Ranges" : "IpRanges", NULL, rule);
	if (!list)
		return ENOMEM;
	if (v->type != JSONR_ARRAY)
		return add_cidr(o, list, v, six ? "CidrIpv6" : "CidrIp", rule);
	for (v = v->first; !err && v; v = v->next)
		err = add_cidr(o, list, v, six ? "CidrIpv6" : "CidrIp", rule);
	return err;
}


/** The group that an expression names: aws_security_group.NAME.id */
static const char *group_of(struct tf *o, const struct jsonr *v)
{
	static const char type[] = "aws_security_group.";
	const char *name, *dot;

	if (v && v->type == JSONR_STRING)
		return v->s;
	if (!v || !v->s || strncmp(v->s, type, sizeof(type) - 1) != 0)
		return NULL;
	name = v->s + sizeof(type) - 1;
	dot = strrchr(name, '.');
	if (!dot || (strcmp(dot, ".id") != 0 && strcmp(dot, ".name") != 0))
		return NULL;
	return arena_strndup(&o->c->mem, name, (size_t)(dot - name));
}


static int add_pair(struct tf *o, struct jsonr *list, const struct jsonr *v)
{
	struct jsonr *pair = add(o, list, JSONR_OBJECT, NULL, NULL, v);
	const char *name = group_of(o, v);

	return pair && add(o, pair, JSONR_STRING, "GroupId", name ? name : "", v) ? 0 : ENOMEM;
}


static int add_peers(struct tf *o, struct jsonr *to, const struct jsonr *rule, const char *group)
{
	static const char *const names[] = {
		"referenced_security_group_id", "source_security_group_id", "security_groups",
		"prefix_list_id", "prefix_list_ids",
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(names) / sizeof(names[0]); i++) {
		const struct jsonr *v = jsonr_get(rule, names[i]);
		const char *key = i < 3 ? "UserIdGroupPairs" : "PrefixListIds";
		struct jsonr *list = v ? add(o, to, JSONR_ARRAY, key, NULL, rule) : NULL;

		if (v && !list)
			return ENOMEM;
		if (v && v->type != JSONR_ARRAY)
			err = add_pair(o, list, v);
		for (v = v && v->type == JSONR_ARRAY ? v->first : NULL; !err && v; v = v->next)
			err = add_pair(o, list, v);
	}
	if (!err && jsonr_get(rule, "self") && jsonr_get(rule, "self")->yes) {
		struct jsonr *list = add(o, to, JSONR_ARRAY, "UserIdGroupPairs", NULL, rule);
		struct jsonr *pair = add(o, list, JSONR_OBJECT, NULL, NULL, rule);

		err = add(o, pair, JSONR_STRING, "GroupId", group, rule) ? 0 : ENOMEM;
	}
	return err;
}


static bool has_peer(const struct jsonr *p)
{
	return jsonr_each(p, "IpRanges") || jsonr_each(p, "Ipv6Ranges") ||
	       jsonr_each(p, "UserIdGroupPairs") || jsonr_each(p, "PrefixListIds");
}


/** A rule of which nothing is known may be for anyone. */
static int add_anyone(struct tf *o, struct jsonr *p, const struct jsonr *rule)
{
	struct jsonr *list = add(o, p, JSONR_ARRAY, "UserIdGroupPairs", NULL, rule);
	struct jsonr *pair = add(o, list, JSONR_OBJECT, NULL, NULL, rule);

	return add(o, pair, JSONR_STRING, "GroupId", "", rule) ? 0 : ENOMEM;
}


/** A rule of a group; known false: it may be another's, or another */
static int add_rule(struct tf *o, struct jsonr *group, const struct jsonr *rule, bool egress,
		    bool known)
{
	const struct jsonr *protocol = jsonr_get(rule, "ip_protocol"), *list = NULL;
	const struct jsonr *each = jsonr_get(rule, "for_each");
	struct jsonr *to, *p;
	int err;

	for (struct jsonr *v = group->first; v; v = v->next)
		if (v->key && !strcmp(v->key, egress ? "IpPermissionsEgress" : "IpPermissions"))
			list = v;
	to = (struct jsonr *)list;
	p = add(o, to, JSONR_OBJECT, NULL, NULL, rule);
	if (!p)
		return ENOMEM;
	if (!protocol)
		protocol = jsonr_get(rule, "protocol");
	known = known && !jsonr_get(rule, "count") && (!each || each->type == JSONR_ARRAY);
	err = add_port(o, p, rule, "from_port", "FromPort", &known);
	if (!err)
		err = add_port(o, p, rule, "to_port", "ToPort", &known);
	if (!err && known && is_literal(protocol) &&
	    !add(o, p, JSONR_STRING, "IpProtocol",
		 !strcmp(protocol->s, "all") ? "-1" : protocol->s, protocol))
		err = ENOMEM;
	if (!err)
		err = add_cidrs(o, p, rule, "cidr_ipv4", false);
	if (!err)
		err = add_cidrs(o, p, rule, "cidr_ipv6", true);
	if (!err)
		err = add_cidrs(o, p, rule, "cidr_blocks", false);
	if (!err)
		err = add_cidrs(o, p, rule, "ipv6_cidr_blocks", true);
	if (!err)
		err = add_peers(o, p, rule, jsonr_str(group, "GroupId"));
	return err || known || has_peer(p) ? err : add_anyone(o, p, rule);
}


/** The hosts that the comment before it names */
static int add_members(struct tf *o, struct jsonr *group, const struct jsonr *block)
{
	struct jsonr *list = add(o, group, JSONR_ARRAY, "Members", NULL, block);
	const char *s = block->s;

	if (!list)
		return ENOMEM;
	s = s ? s + strspn(s, " \t") : "";
	if (strncmp(s, members_mark, sizeof(members_mark) - 1) != 0)
		return 0;
	for (s += sizeof(members_mark) - 1; *s;) {
		size_t n;
		char *one;

		s += strspn(s, " \t\r,\"");
		n = strcspn(s, " \t\r,\"");
		one = arena_strndup(&o->c->mem, s, n);
		if (!one || (n && !add(o, list, JSONR_STRING, NULL, one, block)))
			return ENOMEM;
		s += n;
	}
	return 0;
}


/** A block that "dynamic" makes many of is one that is not known. */
static int add_inline(struct tf *o, struct jsonr *group, const struct jsonr *block)
{
	int err = 0;

	for (const struct jsonr *v = block->first; !err && v; v = v->next) {
		bool dynamic = v->key && !strcmp(v->key, "dynamic");
		const char *name = dynamic ? label(v, 0) : v->key ? v->key : "";
		bool egress = !strcmp(name, "egress");

		if (!egress && strcmp(name, "ingress") != 0)
			continue;
		err = add_rule(o, group, v, egress, !dynamic && v->type == JSONR_OBJECT);
	}
	return err;
}


static int add_group(struct tf *o, const struct jsonr *block)
{
	struct jsonr *g = add(o, o->groups, JSONR_OBJECT, NULL, NULL, block);

	if (!g || !add(o, g, JSONR_STRING, "GroupId", label(block, 1), block) ||
	    !add(o, g, JSONR_ARRAY, "IpPermissions", NULL, block) ||
	    !add(o, g, JSONR_ARRAY, "IpPermissionsEgress", NULL, block))
		return ENOMEM;
	return add_members(o, g, block);
}


static int add_apart(struct tf *o, const struct jsonr *block, bool egress)
{
	const char *name = group_of(o, jsonr_get(block, "security_group_id"));
	bool found = false;
	int err = 0;

	for (struct jsonr *g = o->groups->first; name && !err && g; g = g->next)
		if (!strcmp(jsonr_str(g, "GroupId"), name)) {
			found = true;
			err = add_rule(o, g, block, egress, true);
		}
	for (struct jsonr *g = o->groups->first; !found && !err && g; g = g->next)
		err = add_rule(o, g, block, egress, false);
	return err;
}


static int add_block(struct tf *o, const struct jsonr *block)
{
	const char *type = label(block, 0), *way = jsonr_str(block, "type");
	int err = 0;

	if (!strcmp(type, "aws_vpc_security_group_ingress_rule"))
		return add_apart(o, block, false);
	if (!strcmp(type, "aws_vpc_security_group_egress_rule"))
		return add_apart(o, block, true);
	if (!strcmp(type, "aws_security_group_rule"))
		return add_apart(o, block, way && !strcmp(way, "egress"));
	for (struct jsonr *g = o->groups->first; !err && g; g = g->next)
		if (!strcmp(type, "aws_security_group") &&
		    !strcmp(jsonr_str(g, "GroupId"), label(block, 1)))
			err = add_inline(o, g, block);
	return err;
}


static int make_tree(struct tf *o, struct jsonr *root)
{
	int err = 0;

	o->groups = add(o, root, JSONR_ARRAY, "SecurityGroups", NULL, o->file);
	if (!o->groups)
		return ENOMEM;
	for (const struct jsonr *v = o->file->first; !err && v; v = v->next)
		if (!strcmp(v->key ? v->key : "", "resource") &&
		    !strcmp(label(v, 0), "aws_security_group"))
			err = add_group(o, v);
	for (const struct jsonr *v = o->file->first; !err && v; v = v->next)
		if (!strcmp(v->key ? v->key : "", "resource"))
			err = add_block(o, v);
	return err;
}


static int read_terraform(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct tf o = { .c = c, .p = text, .end = text + len, .line = 1 };
	struct diag_pos pos = { .file = c->file };
	struct jsonr *root;
	int err;

	o.file = value_new(&o, JSONR_OBJECT, 1, text);
	root = value_new(&o, JSONR_OBJECT, 1, text);
	if (!o.file || !root || !read_body(&o, o.file, 0))
		return ENOMEM;
	if (o.bad) {
		pos.line = o.line;
		diag_error(dl, pos, "no Terraform from here on; give a .tf file that terraform "
			   "validate takes");
		return EBADMSG;
	}
	err = make_tree(&o, root);
	return err ? err : aws_read_tree(c, text, len, root);
}


static int detect_terraform(const char *text, size_t len)
{
	static const char *const sure[] = {
		"resource \"aws_security_group", "resource \"aws_vpc_security_group_",
	};

	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		if (memmem(text, len, sure[i], strlen(sure[i])))
			return READER_SURE;
	return READER_NO;
}


const struct policy_reader policy_reader_aws_tf = {
	"aws-tf", "tf", "AWS security groups, Terraform", detect_terraform, read_terraform,
};
