/*
 * PAN-OS: `set` lines. Objects, services, zones and security rules become
 * those of zone policies (srx.h), which have the same meaning: rules in their
 * order, each between zones, packets of open flows unseen. Rules are read in a
 * second pass, because those between all zones need to know the zones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/read/other/srx.h"
#include "lib/policy/read/reader.h"

enum { WORDS_MAX = 512, TEXT_MAX = LINES_LEN_MAX, PATH_MAX_WORDS = 12 };

/** A line's words; brackets are words of their own. */
struct panos {
	struct config *c;
	struct srx x;
	struct lines l;
	struct junos_words path;	/* what is handed on */
	const char *w[WORDS_MAX + 1];
	size_t n;
	char text[TEXT_MAX + WORDS_MAX];
	bool overflow;
	struct srx_names disabled;	/* rules */
	struct srx_names interzone, intrazone;
	bool intrazone_denied;
	bool notable;			/* a profile was noticed */
};

/** A key's values: one word, or those between brackets */
struct values {
	const char *const *v;
	size_t n;
};


static void split(struct panos *o, const char *s)
{
	char *t = o->text;

	o->n = 0;
	o->overflow = false;
	for (;;) {
		const char *w;
		size_t n;

		s += strspn(s, " \t");
		if (!*s)
			break;
		w = s;
		if (*s == '"') {
			w = ++s;
			s += strcspn(s, "\"");
			n = (size_t)(s - w);
			s += *s == '"';
		} else if (*s == '[' || *s == ']') {
			n = 1;
			s++;
		} else {
			s += strcspn(s, " \t");
			n = (size_t)(s - w);
		}
		if (o->n == WORDS_MAX) {
			o->overflow = true;
			break;
		}
		memcpy(t, w, n);
		t[n] = '\0';
		o->w[o->n++] = t;
		t += n + 1;
	}
	o->w[o->n] = NULL;
}


/** The values behind w[*i]; *i goes past them. */
static struct values take_values(const struct panos *o, size_t *i)
{
	struct values v = { .v = o->w + *i };

	if (*i >= o->n)
		return v;
	if (strcmp(o->w[*i], "[") != 0) {
		v.n = 1;
		(*i)++;
		return v;
	}
	v.v++;
	for ((*i)++; *i < o->n && strcmp(o->w[*i], "]") != 0; (*i)++)
		v.n++;
	*i += *i < o->n;
	return v;
}


static struct config_text raw(const struct panos *o)
{
	return o->l.raw;
}

typedef int (part_h)(struct srx *x, const struct junos_statement *s, const char *const *w);


/** Hand a path on to the part that reads it. */
static int give(struct panos *o, part_h *h, const char *const *w)
{
	struct junos_statement s = { .path = &o->path, .line = o->l.line, .text = raw(o),
				     .remark = "", .command = "set" };

	return h(&o->x, &s, w);
}

#define GIVE(o, h, ...) give(o, h, (const char *const []){ __VA_ARGS__, NULL })


static int read_address(struct panos *o)
{
	const char *name = o->w[1], *key = o->n > 3 ? o->w[2] : "", *value = o->w[3];
	struct ip_range r;
	char lo[IP_STRLEN], hi[IP_STRLEN];

	if (o->n < 4 || !strcmp(key, "description") || !strcmp(key, "tag"))
		return 0;
	if (!strcmp(key, "ip-netmask"))
		return GIVE(o, srx_address_book, "global", "address", name, value);
	if (!strcmp(key, "fqdn"))
		return GIVE(o, srx_address_book, "global", "address", name, "dns-name", value);
	if (!strcmp(key, "ip-range") && ip_range_parse(&r, value) != EINVAL)
		return GIVE(o, srx_address_book, "global", "address", name, "range-address",
			    ip_str(&r.lo, lo), "to", ip_str(&r.hi, hi));
	return GIVE(o, srx_address_book, "global", "address", name, key);
}


static int read_group(struct panos *o, bool services)
{
	const char *key = o->n > 3 ? o->w[2] : "";
	size_t i = 3;
	struct values v;
	int err = 0;

	if (o->n < 4 || !strcmp(key, "description") || !strcmp(key, "tag"))
		return 0;
	if (strcmp(key, services ? "members" : "static") != 0)
		return services ? GIVE(o, srx_applications, "application-set", o->w[1], key, "x")
				: GIVE(o, srx_address_book, "global", "address-set", o->w[1], key, "x");
	v = take_values(o, &i);
	for (size_t k = 0; !err && k < v.n; k++)
		err = services ? GIVE(o, srx_applications, "application-set", o->w[1],
				      "application", v.v[k])
			       : GIVE(o, srx_address_book, "global", "address-set", o->w[1],
				      "address", v.v[k]);
	return err;
}


/** Each range of one list with each of the other: "80,443", "1024-65535" */
static int add_ports(struct panos *o, const char *protocol, const char *dports,
		     const char *sports)
{
	const char *save[2];
	char d[64], s[64], name[160];
	int err = 0;

	for (save[0] = dports; !err && *save[0]; save[0] += save[0][0] == ',') {
		size_t nd = strcspn(save[0], ",");

		(void)snprintf(d, sizeof(d), "%.*s", (int)nd, save[0]);
		for (save[1] = sports; !err && *save[1]; save[1] += save[1][0] == ',') {
			size_t ns = strcspn(save[1], ",");

			(void)snprintf(s, sizeof(s), "%.*s", (int)ns, save[1]);
			(void)snprintf(name, sizeof(name), "%s %s %s", protocol, d, s);
			err = GIVE(o, srx_applications, "application", o->w[1], "term", name,
				   "protocol", protocol, "destination-port", d, "source-port", s);
			save[1] += ns;
		}
		save[0] += nd;
	}
	return err;
}


/** service NAME protocol tcp port LIST [source-port LIST] */
static int read_service(struct panos *o)
{
	const char *dports = NULL, *sports = "0-65535";

	if (o->n < 4 || strcmp(o->w[2], "protocol") != 0)
		return 0;
	for (size_t i = 4; i + 1 < o->n; i += 2) {
		if (!strcmp(o->w[i], "port"))
			dports = o->w[i + 1];
		else if (!strcmp(o->w[i], "source-port"))
			sports = o->w[i + 1];
		else if (strcmp(o->w[i], "override") != 0)
			return GIVE(o, srx_applications, "application", o->w[1], o->w[i], "x");
	}
	/* a source-port on a line of its own would belong to the other */
	if (!dports || !*dports || !*sports)
		return GIVE(o, srx_applications, "application", o->w[1], "line", "alone");
	return add_ports(o, o->w[3], dports, sports);
}


static int read_zone(struct panos *o)
{
	size_t i = 4;
	struct values v;
	int err = 0;

	if (o->n < 5 || strcmp(o->w[2], "network") != 0)
		return 0;
	if (!strcmp(o->w[3], "zone-protection-profile"))
		return GIVE(o, srx_zones, "security-zone", o->w[1], "screen", o->w[4]);
	if (strcmp(o->w[3], "layer3") != 0 && strcmp(o->w[3], "layer2") != 0 &&
	    strcmp(o->w[3], "virtual-wire") != 0)
		return 0;
	v = take_values(o, &i);
	for (size_t k = 0; !err && k < v.n; k++)
		err = GIVE(o, srx_zones, "security-zone", o->w[1], "interfaces", v.v[k]);
	return err;
}


/** network profiles zone-protection-profile NAME discard-ip-spoof yes */
static int read_network(struct panos *o)
{
	if (o->n > 5 && !strcmp(o->w[2], "zone-protection-profile") &&
	    !strcmp(o->w[4], "discard-ip-spoof") && !strcmp(o->w[5], "yes"))
		return GIVE(o, srx_security, "screen", "ids-option", o->w[3], "ip", "spoofing");
	config_skip(o->c);
	return 0;
}


/* Rules. */

/** Rules may name addresses themselves; objects of that name go before. */
static int add_literal(struct panos *o, const char *w)
{
	struct ip_range r;
	struct ip_prefix p;
	char lo[IP_STRLEN], hi[IP_STRLEN];

	if (srx_has_address(&o->x, w))
		return 0;
	if (ip_prefix_parse(&p, w) != EINVAL || !ip_parse(&r.lo, w))
		return GIVE(o, srx_address_book, "global", "address", w, w);
	if (ip_range_parse(&r, w))
		return 0;
	return GIVE(o, srx_address_book, "global", "address", w, "range-address",
		    ip_str(&r.lo, lo), "to", ip_str(&r.hi, hi));
}


static int match(struct panos *o, const char *name, const char *key, const char *value)
{
	return GIVE(o, srx_policies, "global", "policy", name, "match", key, value);
}


/** What is told by inspection cannot be said of packets, but for echo. */
static int match_application(struct panos *o, const char *name, const char *app)
{
	char what[128];

	if (!strcmp(app, "any"))
		return 0;
	if (!strcmp(app, "ping"))
		return match(o, name, "application", "junos-ping");
	if (!strcmp(app, "ping6"))
		return match(o, name, "application", "junos-pingv6");
	(void)snprintf(what, sizeof(what), "application %.100s", app);
	return match(o, name, what, "inspected");
}


static int match_service(struct panos *o, const char *name, const char *service)
{
	/* with ping, its own; with others, the rule is unknown anyway */
	if (!strcmp(service, "application-default"))
		return 0;
	return match(o, name, "application", service);
}


static int match_action(struct panos *o, const char *name, const char *action)
{
	const char *then = !strcmp(action, "allow") ? "permit" :
			   !strcmp(action, "deny") || !strcmp(action, "drop") ||
			   !strncmp(action, "reset-", 6) ? "deny" : action;

	return GIVE(o, srx_policies, "global", "policy", name, "then", then);
}


static int other_key(struct panos *o, const char *name, const char *key, const char *value)
{
	static const char *const quiet[] = {
		"log-setting", "tag", "description", "uuid", "group-tag",
		"icmp-unreachable", "rule-type", "disabled", "qos", "option", "target",
	};

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (!strcmp(quiet[i], key))
			return 0;
	/* the log names the rule, so no other's is the same */
	if (!strcmp(key, "log-start") || !strcmp(key, "log-end"))
		return strcmp(value, "yes") ? 0 :
		       GIVE(o, srx_policies, "global", "policy", name, "then", key, name);
	if (!strcmp(key, "schedule"))
		return GIVE(o, srx_policies, "global", "policy", name, "scheduler-name", value);
	if (!strcmp(key, "profile-setting")) {
		if (o->notable)
			return 0;
		o->notable = true;
		return config_notice(o->c, o->l.line, "rules inspect what they permit; what "
				     "profiles refuse is not followed");
	}
	return match(o, name, key, value);
}


static int one_value(struct panos *o, const char *name, const char *key, const char *value)
{
	static const struct {
		const char *key, *condition;
	} same[] = {
		{"from", "from-zone"}, {"to", "to-zone"}, {"source", "source-address"},
		{"destination", "destination-address"},
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		int err = i < 2 || strcmp(same[i].key, key) != 0 ? 0 : add_literal(o, value);

		if (!strcmp(same[i].key, key))
			return err ? err : match(o, name, same[i].condition, value);
	}
	if (!strcmp(key, "application"))
		return match_application(o, name, value);
	if (!strcmp(key, "service"))
		return match_service(o, name, value);
	if (!strcmp(key, "action"))
		return match_action(o, name, value);
	if (!strcmp(key, "negate-source") || !strcmp(key, "negate-destination"))
		return strcmp(value, "yes") ? 0 :
		       match(o, name, key[7] == 's' ? "source-address-excluded"
						    : "destination-address-excluded", "yes");
	return other_key(o, name, key, value);
}


/** rulebase security rules NAME KEY VALUES KEY VALUES ... */
static int read_rule(struct panos *o)
{
	const char *name = o->w[3];
	struct srx_policy *p;
	int err = 0;

	if (o->n < 5 || srx_name_in(&o->disabled, name))
		return 0;
	for (size_t i = 4; !err && i < o->n;) {
		const char *key = o->w[i++];
		struct values v = take_values(o, &i);

		if (!strcmp(key, "description"))
			err = GIVE(o, srx_policies, "global", "policy", name, key,
				   v.n ? v.v[0] : "");
		for (size_t k = 0; !err && k < v.n; k++)
			err = one_value(o, name, key, v.v[k]);
		if (!strcmp(key, "profile-setting") || !strcmp(key, "option") ||
		    !strcmp(key, "qos") || !strcmp(key, "target"))
			break;		/* the rest of the line is theirs */
	}
	p = o->x.npolicies ? &o->x.policies[o->x.npolicies - 1] : NULL;
	if (p && !strcmp(p->name, name)) {
		p->interzone = srx_name_in(&o->interzone, name);
		p->intrazone = srx_name_in(&o->intrazone, name);
	}
	return err;
}


/** What a rule is, said anywhere on its lines */
static int look_ahead(struct panos *o)
{
	int err = 0;

	for (size_t i = 4; !err && i + 1 < o->n;) {
		const char *key = o->w[i++];
		struct values v = take_values(o, &i);
		const char *value = v.n ? v.v[0] : "";

		if (!strcmp(key, "disabled") && !strcmp(value, "yes"))
			err = srx_name_add(&o->x, &o->disabled, o->w[3]);
		if (!strcmp(key, "rule-type") && !strcmp(value, "interzone"))
			err = srx_name_add(&o->x, &o->interzone, o->w[3]);
		if (!strcmp(key, "rule-type") && !strcmp(value, "intrazone"))
			err = srx_name_add(&o->x, &o->intrazone, o->w[3]);
	}
	return err;
}


static int lost(struct panos *o, const char *why)
{
	if (!o->x.lost) {
		o->x.lost = o->l.line;
		o->x.lost_text = raw(o);
	}
	if (!o->x.line)
		o->x.line = o->l.line;
	return config_unknown(o->c, o->l.line, raw(o), "%s", why);
}


static bool is_rule(const struct panos *o)
{
	return o->n > 3 && !strcmp(o->w[0], "rulebase") && !strcmp(o->w[1], "security") &&
	       !strcmp(o->w[2], "rules");
}


static int read_other(struct panos *o)
{
	static const struct {
		const char *name;
		int (*h)(struct panos *);
	} parts[] = {
		{"address", read_address}, {"service", read_service}, {"zone", read_zone},
		{"network", read_network},
	};

	if (!strcmp(o->w[0], "address-group") || !strcmp(o->w[0], "service-group"))
		return read_group(o, o->w[0][0] == 's');
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(parts[i].name, o->w[0]))
			return parts[i].h(o);
	if (!strcmp(o->w[0], "pre-rulebase") || !strcmp(o->w[0], "post-rulebase") ||
	    !strcmp(o->w[0], "device-group"))
		return lost(o, "rules of a central manager are not read");
	if (o->n > 2 && !strcmp(o->w[0], "rulebase") && !strcmp(o->w[1], "nat"))
		return GIVE(o, srx_security, "nat");
	if (o->n > 5 && !strcmp(o->w[1], "default-security-rules") &&
	    !strcmp(o->w[4], "action")) {
		if (!strcmp(o->w[3], "intrazone-default") && !strcmp(o->w[5], "deny"))
			o->intrazone_denied = true;
		else if (!strcmp(o->w[5], "allow") && !strcmp(o->w[3], "interzone-default"))
			return lost(o, "a default that permits is not followed");
	}
	config_skip(o->c);
	return 0;
}


static int read_line(struct panos *o, bool rules)
{
	const char *s = o->l.s + strspn(o->l.s, " \t");
	int err = 0;

	if (!*s || *s == '#')
		return 0;
	split(o, s);
	if (o->l.cut || o->overflow)
		return rules ? 0 : lost(o, "line is too long");
	if (strcmp(o->w[0], "set") != 0) {
		static const char *const edits[] = { "delete", "move", "rename", "edit" };

		for (size_t i = 0; !rules && i < sizeof(edits) / sizeof(edits[0]); i++)
			if (!strcmp(edits[i], o->w[0]))
				err = lost(o, "commands that change rules are not followed; give "
					   "the configuration as it is now");
		return err;
	}
	o->n--;
	memmove(o->w, o->w + 1, (o->n + 1) * sizeof(o->w[0]));
	while (o->n > 2 && (!strcmp(o->w[0], "vsys") || !strcmp(o->w[0], "shared"))) {
		size_t skip = o->w[0][0] == 'v' ? 2 : 1;

		o->n -= skip;
		memmove(o->w, o->w + skip, (o->n + 1) * sizeof(o->w[0]));
	}
	if (!o->n)
		return 0;
	if (!is_rule(o))
		return rules || o->n < 2 ? 0 : read_other(o);
	return rules ? read_rule(o) : look_ahead(o);
}


static int pass(struct panos *o, const char *text, size_t len, bool rules)
{
	int err = 0;

	lines_init(&o->l, text, len);
	while (!err && lines_next(&o->l))
		err = read_line(o, rules);
	return err;
}


static int read_panos(struct config *c, const char *text, size_t len, struct diag_list *dl)
{
	struct panos *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return ENOMEM;
	o->c = o->x.c = c;
	err = pass(o, text, len, false);
	if (!err)
		err = pass(o, text, len, true);
	c->lines = o->l.line;
	o->x.intrazone = !o->intrazone_denied;
	if (!err)
		err = srx_rules(&o->x);
	free(o);
	return err;
}


static int detect_panos(const char *text, size_t len)
{
	static const char *const sure[] = {
		"set rulebase security rules ", " rulebase security rules ", "set address-group ",
		"set deviceconfig ",
	};

	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		if (memmem(text, len, sure[i], strlen(sure[i])))
			return READER_SURE;
	return READER_NO;
}


const struct policy_reader policy_reader_panos = {
	"panos", "panos", "PAN-OS, set lines", detect_panos, read_panos,
};
