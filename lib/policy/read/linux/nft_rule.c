/*
 * A rule: conditions one after the other, statements between them that decide
 * nothing, a verdict at the end.
 */
#include <errno.h>
#include <string.h>

#include "lib/policy/read/linux/clause.h"
#include "lib/policy/read/linux/nft.h"

struct rule {
	struct nft_file *f;
	struct nft_variants vs;
	size_t i;			/**< token that is read next */
	const char *list;
	bool done;			/**< a verdict was read */
	struct config_rows rows;
};


bool nft_verdict(struct nft_file *f, struct config_rule *r, const char *verdict,
		 const char *target)
{
	static const struct {
		const char *name;
		enum config_action action;
		bool goes;
	} verdicts[] = {
		{"accept", CONFIG_PERMIT, false}, {"drop", CONFIG_DENY, false},
		{"reject", CONFIG_DENY, false}, {"return", CONFIG_RETURN, false},
		{"continue", CONFIG_CONTINUE, false}, {"jump", CONFIG_JUMP, true},
		{"goto", CONFIG_GOTO, true},
	};
	struct config_list *l;
	const char *name;

	for (size_t k = 0; k < sizeof(verdicts) / sizeof(verdicts[0]); k++) {
		if (strcmp(verdicts[k].name, verdict) != 0)
			continue;
		r->action = verdicts[k].action;
		if (!verdicts[k].goes)
			return true;
		if (!target || !*target || nft_list_name(&name, f, target) ||
		    config_list_get(&l, f->c, name, strlen(name), f->family))
			return false;
		r->target = l->name;
		return true;
	}

	return false;
}


static int emit(struct rule *o, const struct nft_variants *vs)
{
	struct config *c = o->f->c;
	int err = 0;

	for (size_t k = 0; !err && k < vs->n; k++) {
		struct config_list *l;
		struct config_rule *r;

		err = config_list_get(&l, c, o->list, strlen(o->list), o->f->family);
		if (!err)
			err = config_rule_add(&r, c, l, vs->v[k].line, vs->v[k].text);
		if (!err) {
			*r = vs->v[k];
			r->rows = o->rows;
		}
	}

	return err;
}


/** The rest is not understood: it may match or not, and do whatever. */
static int give_up(struct rule *o)
{
	int err = 0;

	for (size_t k = 0; k < o->vs.n; k++)
		o->vs.v[k].uncertain = true;
	if (o->vs.n)
		err = config_unknown(o->f->c, o->vs.v[0].line, o->vs.v[0].text,
				     "\"%.60s\" is not understood here",
				     tokens_plain(nft_tok(&o->f->x, o->i < o->f->x.w.n ? o->i : o->f->x.w.n - 1)));
	o->done = true;
	return err;
}


static void all_sometimes(struct rule *o)
{
	for (size_t k = 0; k < o->vs.n; k++)
		o->vs.v[k].sometimes = true;
}


static bool next_is(const struct rule *o, const char *word)
{
	return nft_is(&o->f->x, o->i, word);
}


static bool take(struct rule *o, const char *word)
{
	bool yes = next_is(o, word);

	o->i += yes;
	return yes;
}


/** Go past "{ ... }". @return whether the word stands in it */
static bool skip_braces(struct rule *o, const char *word)
{
	unsigned depth = 0;
	bool found = false;

	while (o->i < o->f->x.w.n) {
		depth += next_is(o, "{");
		depth -= next_is(o, "}") && depth;
		found |= next_is(o, word);
		o->i++;
		if (!depth)
			break;
	}

	return found;
}


/** A line that counts by name or logs is there for that too. */
static int add_effect(struct rule *o, const char *what, const char *name)
{
	for (size_t k = 0; k < o->vs.n; k++) {
		const char *had = o->vs.v[k].effect;

		o->vs.v[k].effect = arena_printf(&o->f->c->mem, "%s%s%s %s", had ? had : "",
						 had ? ", " : "", what, name);
		if (!o->vs.v[k].effect)
			return ENOMEM;
	}

	return 0;
}


static int st_counter(struct rule *o)
{
	int err;

	if (take(o, "packets")) {
		o->i++;
		if (take(o, "bytes"))
			o->i++;
		return 0;
	}
	if (!take(o, "name"))
		return 0;
	if (!next_is(o, "ct") && !next_is(o, "meta") && !next_is(o, "ip")) {
		err = add_effect(o, "counter", tokens_plain(nft_tok(&o->f->x, o->i)));
		o->i++;
		return err;
	}

	while (o->i < o->f->x.w.n && !take(o, "map"))	/* which counter: decides nothing */
		o->i++;
	err = add_effect(o, "counter", "map");
	if (err)
		return err;
	if (next_is(o, "{"))
		(void)skip_braces(o, "");
	else
		o->i++;
	return 0;
}


static int st_log(struct rule *o)
{
	while (take(o, "prefix") || take(o, "level") || take(o, "group") || take(o, "snaplen") ||
	       take(o, "queue-threshold") || take(o, "flags")) {
		o->i++;
		while (take(o, ","))
			o->i++;
		if (next_is(o, "sequence") || next_is(o, "options"))
			o->i++;
	}

	return add_effect(o, "log", "");
}


static int st_limit(struct rule *o)
{
	static const char *const units[] = {
		"bytes/second", "kbytes/second", "mbytes/second", "bytes/minute", "kbytes/minute",
		"mbytes/minute", "bytes/hour", "kbytes/hour", "mbytes/hour", "packets", "bytes",
		"kbytes", "mbytes",
	};

	all_sometimes(o);
	if (take(o, "name")) {
		o->i++;
		return 0;
	}
	(void)take(o, "rate");
	(void)(take(o, "over") || take(o, "until"));
	do {
		o->i++;
		for (size_t k = 0; k < sizeof(units) / sizeof(units[0]); k++)
			if (take(o, units[k]))
				break;
	} while (take(o, "burst") || take(o, "used"));

	return 0;
}


static int st_comment(struct rule *o)
{
	const char *s = tokens_plain(nft_tok(&o->f->x, o->i++));

	return config_rows_scan(o->f->c, &o->rows, (struct config_text){ s, strlen(s) });
}


static int st_nothing(struct rule *o)
{
	return 0;
}


static int st_flow(struct rule *o)
{
	o->i += 2;
	return 0;
}


/** "add @set { ip saddr limit rate 3/minute }" */
static int st_add(struct rule *o)
{
	o->i++;
	if (!next_is(o, "{"))
		return EINVAL;
	if (skip_braces(o, "limit"))
		all_sometimes(o);
	return 0;
}


static int st_meter(struct rule *o)
{
	o->i++;
	if (take(o, "size"))
		o->i++;
	all_sometimes(o);
	(void)skip_braces(o, "");
	return 0;
}


static int st_reject(struct rule *o)
{
	o->done = true;
	for (size_t k = 0; k < o->vs.n; k++)
		o->vs.v[k].action = CONFIG_DENY;
	return 0;
}


/** A translated packet passes its chain. */
static int st_nat(struct rule *o)
{
	o->done = true;
	for (size_t k = 0; k < o->vs.n; k++)
		o->vs.v[k].action = CONFIG_PERMIT;
	if (o->f->nat || !o->vs.n)
		return 0;
	o->f->nat = true;
	return config_notice(o->f->c, o->vs.v[0].line, "addresses are translated here; the rules "
			     "are held against addresses as their own chain sees them");
}


static const struct statement {
	const char *word;
	int (*h)(struct rule *o);	/**< stands behind the word */
} statements[] = {
	{"counter", st_counter}, {"log", st_log}, {"limit", st_limit}, {"quota", st_limit},
	{"comment", st_comment}, {"notrack", st_nothing}, {"flow", st_flow}, {"add", st_add},
	{"update", st_add}, {"delete", st_add}, {"meter", st_meter}, {"reject", st_reject},
	{"snat", st_nat}, {"dnat", st_nat}, {"masquerade", st_nat}, {"redirect", st_nat},
};


/** @return ENOENT: no such statement begins here */
static int statement(struct rule *o)
{
	const char *w = nft_tok(&o->f->x, o->i);

	for (size_t k = 0; k < sizeof(statements) / sizeof(statements[0]); k++)
		if (!strcmp(statements[k].word, w)) {
			o->i++;
			return statements[k].h(o);
		}
	if (next_is(o, "ct") && nft_is(&o->f->x, o->i + 1, "count")) {
		o->i += 2;
		(void)take(o, "over");
		o->i++;
		all_sometimes(o);
		return 0;
	}
	if (next_is(o, "tcp") && nft_is(&o->f->x, o->i + 1, "option") &&
	    nft_is(&o->f->x, o->i + 4, "set")) {
		o->i += 5;
		o->i += take(o, "rt") ? 1 : 1;
		return 0;
	}

	return ENOENT;
}


static int verdict(struct rule *o)
{
	const char *target = nft_tok(&o->f->x, o->i + 1);
	struct config_rule probe = {0};

	if (!nft_verdict(o->f, &probe, nft_tok(&o->f->x, o->i), target))
		return ENOENT;
	o->i += probe.target ? 2 : 1;
	for (size_t k = 0; k < o->vs.n; k++) {
		o->vs.v[k].action = probe.action;
		o->vs.v[k].target = probe.target;
	}
	o->done = true;
	return 0;
}


static int step(struct rule *o)
{
	struct nft_variants hits = {0};
	int err = verdict(o);
	size_t at = o->i;

	if (err == ENOENT)
		err = statement(o);
	if (err == ENOENT) {
		err = nft_condition(o->f, &o->i, &o->vs, &hits);
		if (!err)
			err = emit(o, &hits);
	}
	if (err == ENOENT || err == EINVAL) {
		o->i = at;
		err = give_up(o);
	}

	return err;
}


/** A comment may come behind the verdict. */
static int rest(struct rule *o)
{
	while (o->i < o->f->x.w.n)
		if (take(o, "comment"))
			return st_comment(o);
		else
			o->i++;

	return 0;
}


int nft_rule(struct nft_file *f, const char *list)
{
	struct rule o = { .f = f, .list = list };
	struct config_rule r = { .line = f->x.line, .text = f->x.raw, .action = CONFIG_CONTINUE };
	int err = clause_begin(f->c, &r, f->family);

	if (!err)
		err = arena_grow(&f->c->mem, (void **)&o.vs.v, 0, &o.vs.cap, sizeof(r));
	if (err)
		return err;
	o.vs.v[o.vs.n++] = r;

	while (!err && !o.done && o.i < f->x.w.n)
		err = step(&o);
	if (!err && (f->x.w.overflow || f->x.unended))
		err = give_up(&o);
	if (!err)
		err = rest(&o);
	return err ? err : emit(&o, &o.vs);
}
