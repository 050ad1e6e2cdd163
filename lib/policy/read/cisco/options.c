/*
 * What may stand behind the addresses of a line.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/cisco/cisco_read.h"

struct option {
	const char *word;
	int (*take)(struct cisco_read *r, struct ace *a);
};


static int add_flags(struct ace *a, uint8_t mask, uint8_t value)
{
	if (a->m.nflags == sizeof(a->m.flags) / sizeof(a->m.flags[0])) {
		cisco_bad(a, "too many TCP flags", NULL);
		return 0;
	}

	a->m.flags[a->m.nflags++] = (struct config_flags){ mask, value };
	return 0;
}


static int take_established(struct cisco_read *r, struct ace *a)
{
	(void)add_flags(a, CONFIG_ACK, CONFIG_ACK);
	return add_flags(a, CONFIG_RST, CONFIG_RST);
}


/** "+ack", "-syn", and words alone */
static bool take_flag(struct cisco_read *r, uint8_t *bit, bool *set)
{
	const struct token *t = cisco_peek(r);
	size_t sign = t && (t->p[0] == '+' || t->p[0] == '-');

	if (!t || t->n <= sign || !names_tcp_flag(bit, t->p + sign, t->n - sign))
		return false;

	*set = t->p[0] != '-';
	(void)cisco_next(r);
	return true;
}


static int take_match_all(struct cisco_read *r, struct ace *a)
{
	uint8_t mask = 0, value = 0, bit;
	bool set;

	while (take_flag(r, &bit, &set)) {
		mask |= bit;
		value = set ? value | bit : value & (uint8_t)~bit;
	}
	if (!mask)
		cisco_bad(a, "TCP flags are expected after match-all", NULL);
	return mask ? add_flags(a, mask, value) : 0;
}


static int take_match_any(struct cisco_read *r, struct ace *a)
{
	uint8_t bit;
	bool set, some = false;

	while (take_flag(r, &bit, &set)) {
		(void)add_flags(a, bit, set ? bit : 0);
		some = true;
	}
	if (!some)
		cisco_bad(a, "TCP flags are expected after match-any", NULL);
	return 0;
}


static int take_fragments(struct cisco_read *r, struct ace *a)
{
	a->m.fragments = CONFIG_FRAGMENTS_ONLY;
	return 0;
}


static int take_dscp(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_next(r);
	unsigned v;

	if (!t || !names_dscp(&v, t->p, t->n)) {
		cisco_bad(a, t ? "\"%.*s\" is no DSCP" : "a DSCP is missing", t);
		return 0;
	}

	return config_nums_add(r->c, &a->m.dscp, v, v);
}


/** The three bits at the top of the DSCP */
static int take_precedence(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_next(r);
	unsigned v;

	if (!t || !names_precedence(&v, t->p, t->n)) {
		cisco_bad(a, t ? "\"%.*s\" is no precedence" : "a precedence is missing", t);
		return 0;
	}

	return config_nums_add(r->c, &a->m.dscp, v * 8, v * 8 + 7);
}


/** Conditions on what packet sets do not hold: it may match or not. */
static int take_sometimes(struct cisco_read *r, struct ace *a)
{
	a->sometimes = true;
	return 0;
}


static int take_sometimes_word(struct cisco_read *r, struct ace *a)
{
	a->sometimes = true;
	if (!cisco_next(r))
		cisco_bad(a, "a word is missing at the end", NULL);
	return 0;
}


/** "ttl eq 5", "ttl range 1 5", "packet-length gt 100" */
static int take_sometimes_op(struct cisco_read *r, struct ace *a)
{
	bool range = cisco_take(r, "range");

	if (!range)
		(void)cisco_next(r);
	if (range)
		(void)cisco_next(r);
	return take_sometimes_word(r, a);
}


/** IOS "log COOKIE", ASA "log warnings interval 300", "log disable" */
static int take_log(struct cisco_read *r, struct ace *a)
{
	static const char *const levels[] = {
		"default", "disable", "emergencies", "alerts", "critical", "errors",
		"warnings", "notifications", "informational", "debugging",
	};
	unsigned long n;

	a->log = !cisco_is(cisco_peek(r), "disable");
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (cisco_take(r, levels[i]))
			break;
	if (cisco_peek(r) && cisco_number(cisco_peek(r), &n, 7))
		(void)cisco_next(r);
	if (cisco_take(r, "interval"))
		(void)cisco_next(r);
	return 0;
}


static int take_nothing(struct cisco_read *r, struct ace *a)
{
	return 0;
}


static int take_word(struct cisco_read *r, struct ace *a)
{
	(void)cisco_next(r);
	return 0;
}


static int take_inactive(struct cisco_read *r, struct ace *a)
{
	a->inactive = true;
	return 0;
}


static int take_reflect(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_next(r);

	if (!t) {
		cisco_bad(a, "the name of a reflexive list is missing", NULL);
		return 0;
	}
	a->reflect = *t;
	if (cisco_take(r, "timeout"))
		(void)cisco_next(r);
	return 0;
}


/** "permit ... sequence 10" of IPv6 lists */
static int take_sequence(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_next(r);
	unsigned long v;

	if (!t || !cisco_number(t, &v, UINT32_MAX - 1))
		cisco_bad(a, "a sequence number is missing", NULL);
	else
		a->seq = (uint32_t)v;
	return 0;
}


static const struct option options[] = {
	{"established", take_established},
	{"match-all", take_match_all},
	{"match-any", take_match_any},
	{"fragments", take_fragments},
	{"fragment", take_fragments},
	{"dscp", take_dscp},
	{"precedence", take_precedence},
	{"tos", take_sometimes_word},
	{"time-range", take_sometimes_word},
	{"option", take_sometimes_word},
	{"ttl", take_sometimes_op},
	{"hop-limit", take_sometimes_op},
	{"packet-length", take_sometimes_op},
	{"flow-label", take_sometimes_word},
	{"routing", take_sometimes},
	{"routing-type", take_sometimes_word},
	{"mobility", take_sometimes},
	{"mobility-type", take_sometimes_word},
	{"auth", take_sometimes},
	{"authen", take_sometimes},
	{"hbh", take_sometimes},
	{"dest-option", take_sometimes},
	{"dest-option-type", take_sometimes_word},
	{"destopts", take_sometimes},
	{"undetermined-transport", take_sometimes},
	{"log", take_log},
	{"log-input", take_log},
	{"counter", take_word},
	{"icmp-off", take_nothing},
	{"capture", take_nothing},
	{"inactive", take_inactive},
	{"reflect", take_reflect},
	{"sequence", take_sequence},
};


static int take_option(struct cisco_read *r, struct ace *a)
{
	const struct token *t = cisco_peek(r);
	uint8_t bit;
	bool set;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (cisco_is(t, options[i].word)) {
			(void)cisco_next(r);
			return options[i].take(r, a);
		}
	if (cisco_is_protocol(&a->m.protocol, 6) && take_flag(r, &bit, &set))
		return add_flags(a, bit, set ? bit : 0);
	if (t->p[0] == '(') {		/* "(12 matches)" of show access-lists */
		r->at = r->ntok;
		return 0;
	}

	cisco_bad(a, "\"%.*s\" is not known here", t);
	return 0;
}


int cisco_options(struct cisco_read *r, struct ace *a)
{
	int err = 0;

	while (!err && !a->lost && cisco_peek(r))
		err = take_option(r, a);
	return err;
}
