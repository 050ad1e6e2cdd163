/*
 * What a rule asks for, word by word: one row each. The order of pf's grammar
 * is not insisted on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/pf/pf.h"


void pf_skip_group(const struct pf_lex *x, size_t *i)
{
	unsigned depth = 0;

	do {
		const char *s = pf_tok(x, *i);

		depth += *s == '(' || *s == '{' || (*s == '<' && !s[1]);
		depth -= (*s == ')' || *s == '}' || (*s == '>' && !s[1])) && depth;
		(*i)++;
	} while (depth && *i < x->w.n);
}


static const char *value(struct pf_file *f, size_t *i)
{
	return *i < f->x.w.n ? arena_strdup(&f->c->mem, tokens_plain(pf_tok(&f->x, (*i)++))) : "";
}


static int o_in(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->in = true;
	return 0;
}


static int o_out(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->out = true;
	return 0;
}


static int o_quick(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->quick = true;
	return 0;
}


static int o_inet(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->family = 4;
	return 0;
}


static int o_inet6(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->family = 6;
	return 0;
}


/** Words that change nothing about which packets pass */
static int o_nothing(struct pf_file *f, struct pf_match *m, size_t *i)
{
	return 0;
}


/** The same, with a value */
static int o_value(struct pf_file *f, struct pf_match *m, size_t *i)
{
	pf_skip_group(&f->x, i);
	return 0;
}


/** "return-rst (ttl 3)", "log (all, to pflog1)", "source-hash 0x12" */
static int o_maybe_group(struct pf_file *f, struct pf_match *m, size_t *i)
{
	if (pf_is(&f->x, *i, "("))
		pf_skip_group(&f->x, i);
	return 0;
}


static int o_sometimes(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->sometimes = true;
	return 0;
}


static int o_sometimes_value(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->sometimes = true;
	if (pf_tok(&f->x, *i)[0] && strchr("=!<>", pf_tok(&f->x, *i)[0]))
		(*i)++;
	pf_skip_group(&f->x, i);
	if (pf_is(&f->x, *i, "><") || pf_is(&f->x, *i, "<>"))
		*i += 2;
	return 0;
}


static int o_on(struct pf_file *f, struct pf_match *m, size_t *i)
{
	return pf_interfaces(f, m, i);
}


static int one_proto(struct pf_file *f, struct pf_match *m, const char *s)
{
	unsigned n;

	if (!names_protocol(&n, s, strlen(s)))
		return EINVAL;
	return config_nums_add(f->c, &m->protocol, n, n);
}


static int o_proto(struct pf_file *f, struct pf_match *m, size_t *i)
{
	unsigned depth = 0;
	int err = 0;

	do {
		const char *s = pf_tok(&f->x, *i);

		if (*s == '{')
			depth++;
		else if (*s == '}')
			depth -= depth > 0;
		else if (*s != ',')
			err = one_proto(f, m, tokens_plain(s));
		*i += !err;
	} while (!err && depth && *i < f->x.w.n);

	return err;
}


static int side(struct pf_file *f, struct pf_side *s, size_t *i)
{
	int err = 0;

	s->given = true;
	if (pf_is(&f->x, *i, "port"))
		s->any = true;
	else
		err = pf_hosts(f, s, i);
	if (!err && pf_is(&f->x, *i, "port")) {
		(*i)++;
		err = pf_numbers(f, &s->ports, i);
	}

	return err;
}


static int o_from(struct pf_file *f, struct pf_match *m, size_t *i)
{
	return side(f, &m->from, i);
}


static int o_to(struct pf_file *f, struct pf_match *m, size_t *i)
{
	return side(f, &m->to, i);
}


/** "S/SA", "/SFRA", "any" */
static int o_flags(struct pf_file *f, struct pf_match *m, size_t *i)
{
	const char *s = pf_tok(&f->x, *i), *slash = strchr(s, '/');

	m->flags_given = true;
	m->flags = m->flags_mask = 0;
	if (!strcmp(s, "any")) {
		(*i)++;
		return 0;
	}
	if (!slash || !pf_flags(&m->flags, s, (size_t)(slash - s)) ||
	    !pf_flags(&m->flags_mask, slash + 1, strlen(slash + 1)))
		return EINVAL;

	(*i)++;
	return 0;
}


/** "keep state (max 100, source-track rule)": past a limit nothing new passes */
static int o_state(struct pf_file *f, struct pf_match *m, size_t *i)
{
	size_t at;

	if (!pf_is(&f->x, *i, "state"))
		return EINVAL;
	(*i)++;
	at = *i;
	if (pf_is(&f->x, *i, "("))
		pf_skip_group(&f->x, i);
	for (; at < *i; at++)
		m->sometimes |= !strncmp(pf_tok(&f->x, at), "max", 3);
	return 0;
}


static int o_no(struct pf_file *f, struct pf_match *m, size_t *i)
{
	if (!pf_is(&f->x, *i, "state"))
		return EINVAL;
	(*i)++;
	m->no_state = true;
	return 0;
}


static int one_icmp(struct pf_file *f, struct pf_match *m, size_t *i, uint8_t family)
{
	unsigned type, code;

	if (!pf_icmp_type(&type, family, tokens_plain(pf_tok(&f->x, *i))))
		return EINVAL;
	(*i)++;
	if (!pf_is(&f->x, *i, "code"))
		return config_icmp_add(f->c, &m->icmp, type, type, 0, UINT8_MAX);
	(*i)++;
	if (!pf_icmp_code(&code, family, type, tokens_plain(pf_tok(&f->x, *i))))
		return EINVAL;
	(*i)++;
	return config_icmp_add(f->c, &m->icmp, type, type, code, code);
}


static int icmp(struct pf_file *f, struct pf_match *m, size_t *i, uint8_t family)
{
	unsigned depth = 0;
	int err = 0;

	m->family = m->family ? m->family : family;
	if (pf_is(&f->x, *i, "any")) {
		(*i)++;
		return 0;
	}
	do {
		const char *s = pf_tok(&f->x, *i);

		if (*s == '{')
			depth++;
		else if (*s == '}')
			depth -= depth > 0;
		if (*s == '{' || *s == '}' || *s == ',')
			(*i)++;
		else
			err = one_icmp(f, m, i, family);
	} while (!err && depth && *i < f->x.w.n);

	return err;
}


static int o_icmp(struct pf_file *f, struct pf_match *m, size_t *i)
{
	return icmp(f, m, i, 4);
}


static int o_icmp6(struct pf_file *f, struct pf_match *m, size_t *i)
{
	return icmp(f, m, i, 6);
}


/* The whole byte is compared, of which two bits are no DSCP. */
static int o_tos(struct pf_file *f, struct pf_match *m, size_t *i)
{
	unsigned tos;

	if (!pf_tos(&tos, tokens_plain(pf_tok(&f->x, *i))))
		return EINVAL;
	(*i)++;
	m->sometimes = true;
	return config_nums_add(f->c, &m->dscp, tos >> 2, tos >> 2);
}


static int add_effect(struct pf_file *f, struct pf_match *m, const char *what, const char *name)
{
	m->effect = arena_printf(&f->c->mem, "%s%s %.200s ", m->effect ? m->effect : "", what, name);
	return m->effect ? 0 : ENOMEM;
}


static int o_log(struct pf_file *f, struct pf_match *m, size_t *i)
{
	if (pf_is(&f->x, *i, "("))
		pf_skip_group(&f->x, i);
	return add_effect(f, m, "log", "");
}


static int o_label(struct pf_file *f, struct pf_match *m, size_t *i)
{
	const char *s = value(f, i);

	if (s && add_effect(f, m, "label", s))
		return ENOMEM;
	return s ? config_rows_scan(f->c, &m->rows, (struct config_text){ s, strlen(s) }) : ENOMEM;
}


static int o_tag(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->tag = value(f, i);
	return m->tag ? 0 : ENOMEM;
}


static int o_tagged(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->tagged = value(f, i);
	return m->tagged ? 0 : ENOMEM;
}


static int o_received(struct pf_file *f, struct pf_match *m, size_t *i)
{
	struct pf_match got = {0};
	int err = pf_interfaces(f, &got, i);

	if (err)
		return err;
	if (got.non == 1 && !got.on[0].unknown && !m->received.n)
		m->received = got.on[0];
	else
		m->sometimes = true;
	return 0;
}


/** "! tagged x", "! received-on em0" */
static int o_not(struct pf_file *f, struct pf_match *m, size_t *i)
{
	if (pf_is(&f->x, *i, "tagged")) {
		(*i)++;
		m->not_tagged = true;
		return o_tagged(f, m, i);
	}
	if (!pf_is(&f->x, *i, "received-on"))
		return EINVAL;

	*i += 2;
	m->sometimes = true;
	return 0;
}


static int o_fragment(struct pf_file *f, struct pf_match *m, size_t *i)
{
	m->fragment = true;
	return 0;
}


/** An address, then maybe ports: what packets become */
static int o_nat(struct pf_file *f, struct pf_match *m, size_t *i)
{
	pf_skip_group(&f->x, i);
	if (pf_is(&f->x, *i, "-"))
		*i += 2;
	if (pf_is(&f->x, *i, "from")) {		/* af-to inet from (em0) to ... */
		(*i)++;
		pf_skip_group(&f->x, i);
		if (pf_is(&f->x, *i, "to")) {
			(*i)++;
			pf_skip_group(&f->x, i);
		}
	}
	if (pf_is(&f->x, *i, "port"))
		*i += 2;
	return pf_notice_nat(f);
}


static int o_route(struct pf_file *f, struct pf_match *m, size_t *i)
{
	pf_skip_group(&f->x, i);
	if (f->routed)
		return 0;
	f->routed = true;
	return config_notice(f->c, f->x.number, "packets are sent another way than the routes say "
			     "(route-to); the rules are held against the interfaces of the site");
}


/** Given to a program on the firewall, which does as it likes */
static int o_divert(struct pf_file *f, struct pf_match *m, size_t *i)
{
	if (!pf_is(&f->x, *i, "port"))
		pf_skip_group(&f->x, i);
	if (pf_is(&f->x, *i, "port"))
		*i += 2;
	m->sometimes = true;
	return 0;
}


static const struct option {
	const char *word;
	int (*h)(struct pf_file *f, struct pf_match *m, size_t *i);	/**< *i: behind it */
} options[] = {
	{"in", o_in}, {"out", o_out}, {"quick", o_quick}, {"on", o_on}, {"inet", o_inet},
	{"inet6", o_inet6}, {"proto", o_proto}, {"from", o_from}, {"to", o_to},
	{"flags", o_flags}, {"keep", o_state}, {"modulate", o_state}, {"synproxy", o_state},
	{"no", o_no}, {"icmp-type", o_icmp}, {"icmp6-type", o_icmp6}, {"tos", o_tos},
	{"label", o_label}, {"tag", o_tag}, {"tagged", o_tagged}, {"!", o_not},
	{"received-on", o_received}, {"fragment", o_fragment}, {"log", o_log},
	{"drop", o_nothing}, {"return", o_nothing}, {"return-rst", o_maybe_group},
	{"return-icmp", o_maybe_group}, {"return-icmp6", o_maybe_group}, {"all", o_nothing},
	{"allow-opts", o_nothing}, {"queue", o_value}, {"dnqueue", o_value}, {"dnpipe", o_value},
	{"rtable", o_value}, {"ridentifier", o_value}, {"scrub", o_value}, {"min-ttl", o_value},
	{"max-mss", o_value}, {"set-tos", o_value}, {"no-df", o_nothing}, {"random-id", o_nothing},
	{"static-port", o_nothing}, {"round-robin", o_nothing}, {"random", o_nothing},
	{"bitmask", o_nothing}, {"sticky-address", o_nothing}, {"least-states", o_nothing},
	{"source-hash", o_nothing}, {"divert-reply", o_nothing}, {"nat-to", o_nat},
	{"rdr-to", o_nat}, {"binat-to", o_nat}, {"route-to", o_route}, {"reply-to", o_route},
	{"dup-to", o_route}, {"divert-to", o_divert}, {"divert-packet", o_divert},
	{"probability", o_sometimes_value}, {"prio", o_sometimes_value}, {"once", o_sometimes},
	{"user", o_sometimes_value}, {"group", o_sometimes_value}, {"os", o_sometimes_value},
	{"max-pkt-rate", o_sometimes_value},
};


bool pf_option_word(const char *s)
{
	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++)
		if (!strcmp(options[k].word, s))
			return true;

	return !strcmp(s, "set") || !strcmp(s, "af-to");
}


/** "set prio 3", "set ( prio 3, tos 0x10 )", "af-to inet from ..." */
static int two_words(struct pf_file *f, struct pf_match *m, size_t *i)
{
	if (pf_is(&f->x, *i, "set")) {
		*i += pf_is(&f->x, *i + 1, "(") ? 1 : 2;
		pf_skip_group(&f->x, i);
		return 0;
	}
	if (pf_is(&f->x, *i, "af-to")) {
		(*i)++;
		return o_nat(f, m, i);
	}

	return EINVAL;
}


static int option(struct pf_file *f, struct pf_match *m, size_t *i)
{
	const char *s = pf_tok(&f->x, *i);

	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++)
		if (!strcmp(options[k].word, s)) {
			size_t at = *i + 1;
			int err = options[k].h(f, m, &at);

			if (err != EINVAL || at > *i + 1)
				*i = at;
			return err;
		}

	return two_words(f, m, i);
}


int pf_conditions(struct pf_file *f, struct pf_match *m, size_t *i)
{
	int err = 0;

	m->from.end = PSET_SRC;
	m->to.end = PSET_DST;
	while (!err && *i < f->x.w.n && !pf_is(&f->x, *i, "->") &&
	       !(f->x.opens && *i == f->x.w.n - 1))
		err = option(f, m, i);
	if (err)
		return err;

	m->from.any |= !m->from.given;
	m->to.any |= !m->to.given;
	return f->x.w.overflow || f->x.unended || f->x.unquoted || f->x.no_macro ? EINVAL : 0;
}
