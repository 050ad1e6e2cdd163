#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/args.h"
#include "lab/impair/forward.h"
#include "lab/impair/rules.h"

enum {
	SECONDS = 60, SECONDS_MAX = 86400, RECORDS = 1000000, RECORDS_MAX = 10000000,
	HOLD = 20000, HOLD_MAX = 1000000, SPIN = 60, SPIN_MAX = 1000,
};

struct options {
	const char *near, *far, *rules, *rule, *link, *seed, *record;
	unsigned seconds, packets, hold, spin;
	bool check, ordinary;
};


static int complain(const char *name, const char *why)
{
	(void)fprintf(stderr, "visavis-impair: %s: %s\n", name, why);
	return EINVAL;
}


static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *s = f ? malloc(RULES_TEXT_MAX + 2) : NULL;

	if (s)
		*len = fread(s, 1, RULES_TEXT_MAX + 1, f);
	if (!s || ferror(f)) {
		(void)complain(path, strerror(errno));
		free(s);
		s = NULL;
	}
	if (f)
		(void)fclose(f);

	return s;
}


static int rules_load(struct impair_rules *r, struct arena *a, const struct options *o)
{
	const char *file = o->rules ? o->rules : "--rule";
	struct diag_list dl = {0};
	size_t len = o->rule ? strlen(o->rule) : 0;
	char *text = o->rules ? slurp(o->rules, &len) : NULL;
	int err = 0;

	if (o->rules && !text)
		return EINVAL;
	err = rules_parse(r, a, text ? text : o->rule ? o->rule : "", len, file, &dl);
	for (size_t i = 0; i < dl.n; i++)
		(void)fprintf(stderr, "%s:%u:%u: %s\n", dl.v[i].pos.file, dl.v[i].pos.line,
			      dl.v[i].pos.col, dl.v[i].msg);
	diag_reset(&dl);
	free(text);
	if (!err && o->seed && rules_seed(&r->seed, o->seed, strlen(o->seed)))
		err = complain("--seed", "give a number below 2^64");
	if (err)
		return err;
	for (size_t i = 0; o->link && i <= r->nlinks; i++) {
		if (i == r->nlinks)
			return complain(o->link, "the rules name no such link");
		if (!strcmp(r->links[i], o->link))
			break;
	}
	(void)rules_keep_link(r, o->link);

	return 0;
}


static int record_end(const struct forward *f, const struct impair_rules *rules, const char *path,
		      FILE *out)
{
	int err = record_write(forward_record(f), rules, forward_missed(f), out);

	return err ? complain(path, strerror(err)) : 0;
}


static int live(const struct forward_config *c, const char *path, FILE *out)
{
	struct forward *f;
	int err = forward_alloc(&f, c);

	if (err)
		return err;
	(void)puts("ready");
	(void)fflush(stdout);
	err = forward_run(f);
	record_print(forward_record(f), forward_missed(f), stdout);
	if (!err && out)
		err = record_end(f, c->rules, path, out);
	forward_free(f);

	return err;
}


static int work(const struct options *o, const struct impair_rules *rules)
{
	struct forward_config c = {
		.near = o->near, .far = o->far, .rules = rules, .hold = o->hold,
		.records = o->record ? o->packets : 0, .spin_us = o->spin, .seconds = o->seconds,
		.ordinary = o->ordinary,
	};
	FILE *out = o->record ? fopen(o->record, "we") : NULL;
	int err;

	if (o->record && !out)
		return complain(o->record, strerror(errno));
	err = live(&c, o->record, out);
	if (out && fclose(out) && !err)
		err = complain(o->record, strerror(errno));

	return err;
}


static int run(const struct options *o)
{
	struct arena a = {0};
	struct impair_rules rules;
	int err = rules_load(&rules, &a, o), code = err ? ARGS_EXIT_USAGE : 0;

	if (!err && o->check)
		(void)printf("%zu rules, seed %llu\n", rules.n, (unsigned long long)rules.seed);
	else if (!err && (!o->near || !o->far || !strcmp(o->near, o->far)))
		(void)complain("--near, --far", "give two interfaces"), code = ARGS_EXIT_USAGE;
	else if (!err)
		code = work(o, &rules) ? EXIT_FAILURE : EXIT_SUCCESS;
	arena_reset(&a);

	return code;
}


int main(int argc, char *argv[])
{
	struct options o = {.seconds = SECONDS, .packets = RECORDS, .hold = HOLD, .spin = SPIN};
	const struct arg rows[] = {
		{.name = "near", .to = &o.near, .value = "INTERFACE",
		 .help = "one side; forward is from here"},
		{.name = "far", .to = &o.far, .value = "INTERFACE", .help = "the other side"},
		{.name = "rules", .to = &o.rules, .value = "FILE", .help = "what to do to packets"},
		{.name = "rule", .to = &o.rule, .value = "TEXT",
		 .help = "the same as text: \"forward: delay 20ms loss 1%\""},
		{.name = "link", .to = &o.link, .value = "NAME",
		 .help = "take the rules of this link"},
		{.name = "seed", .to = &o.seed, .value = "N", .help = "instead of the rules' own"},
		{.name = "record", .to = &o.record, .value = "FILE",
		 .help = "write what was done to each packet, JSON lines"},
		{.name = "packets", .kind = ARG_NUMBER, .to = &o.packets, .value = "N",
		 .help = "packets in the record at most; 1000000", .lo = 1, .hi = RECORDS_MAX},
		{.name = "seconds", .kind = ARG_NUMBER, .to = &o.seconds, .value = "N",
		 .help = "end after that; 60", .lo = 1, .hi = SECONDS_MAX},
		{.name = "hold", .kind = ARG_NUMBER, .to = &o.hold, .value = "N",
		 .help = "frames that wait at once, at most; 20000", .lo = 1, .hi = HOLD_MAX},
		{.name = "spin", .kind = ARG_NUMBER, .to = &o.spin, .value = "N",
		 .help = "microseconds to watch the clock before a time; 60", .lo = 0,
		 .hi = SPIN_MAX},
		{.name = "ordinary", .kind = ARG_FLAG, .to = &o.ordinary,
		 .help = "run as any other program, not before them"},
		{.name = "check", .kind = ARG_FLAG, .to = &o.check, .help = "read the rules and end"},
	};
	int err = args_parse("visavis-impair", rows, sizeof(rows) / sizeof(rows[0]), argc, argv);

	if (err)
		return err == ECANCELED ? 0 : ARGS_EXIT_USAGE;
	if (o.rules && o.rule) {
		(void)complain("--rules, --rule", "give one of them");
		return ARGS_EXIT_USAGE;
	}

	return run(&o);
}
