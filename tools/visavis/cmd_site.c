#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/model/policy.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/load.h"
#include "tools/visavis/out.h"
#include "tools/visavis/site_print.h"

struct site_args {
	bool json;
	bool markdown;
	const char *path;	/* NULL for a command without a file */
};


static void usage(FILE *f)
{
	(void)fprintf(f,
		"usage: visavis site VERB [ARG...]\n\n"
		"  check   SITE [--json]   report every mistake as file:line:column: message\n"
		"  show    SITE [--json]   print what was understood\n"
		"  options [--markdown]    list what a host can set\n\n"
		"SITE is a YAML file, - for the standard input; docs/site.md describes it.\n"
		"Exit code: 0 fine, 1 mistakes found, 3 not readable or bad usage.\n");
}


static void print_summary(const struct site *s, const char *path)
{
	printf("%s: fine: %zu network%s, %zu host%s, %zu firewall%s\n", path,
	       s->nnetworks, s->nnetworks == 1 ? "" : "s", s->nhosts, s->nhosts == 1 ? "" : "s",
	       s->nfirewalls, s->nfirewalls == 1 ? "" : "s");
}


/** @return whether one is not known */
static bool check_dialects(const struct site *s, struct diag_list *dl)
{
	size_t before = dl->errors;

	for (size_t i = 0; i < s->nfirewalls; i++)
		if (!policy_backend_find(s->firewalls[i].dialect))
			diag_error(dl, s->firewalls[i].pos, "firewall %s: no dialect \"%s\"; visavis "
				   "policy compile --help lists them", s->firewalls[i].name,
				   s->firewalls[i].dialect);

	return dl->errors > before;
}


static int run_check(const struct site_args *args)
{
	struct arena a = {0};
	struct diag_list dl = {0};
	struct sbuf sb = {0};
	struct site s;
	int err = siteload_read(&s, &a, args->path, &dl), rc = EXIT_OK;

	if (!err && check_dialects(&s, &dl))
		err = EBADMSG;
	if (err)
		rc = err == EBADMSG ? EXIT_FINDINGS : EXIT_USAGE;

	if (args->json) {
		site_print_mistakes(&sb, &dl);
		if (out_flush(&sb))
			rc = EXIT_FINDINGS;
	}
	else {
		siteload_print(err == EBADMSG ? stdout : stderr, &dl);
		if (!err)
			print_summary(&s, args->path);
		else if (!dl.errors)
			(void)fprintf(stderr, "visavis site: %s: %s\n", args->path, strerror(err));
		else if (err == EBADMSG)
			(void)fprintf(stderr, "%zu mistake%s\n", dl.errors, dl.errors == 1 ? "" : "s");
	}
	diag_reset(&dl);
	arena_reset(&a);
	return rc;
}


static int run_show(const struct site_args *args)
{
	struct arena a = {0};
	struct sbuf sb = {0};
	struct site s;
	int rc = load_site(&s, &a, args->path);

	if (!rc) {
		if (args->json)
			site_print_json(&sb, &s);
		else
			site_print_text(&sb, &s);
		rc = out_flush(&sb);
	}
	arena_reset(&a);
	return rc;
}


static int run_options(const struct site_args *args)
{
	struct sbuf sb = {0};

	site_print_options(&sb, args->markdown);
	return out_flush(&sb);
}


static const struct {
	const char *name;
	int (*run)(const struct site_args *args);
	bool file;
} verbs[] = {
	{"check", run_check, true},
	{"show", run_show, true},
	{"options", run_options, false},
};


static int run_verb(const struct site_args *args, int argc, char *argv[])
{
	struct site_args with = *args;

	for (size_t i = 0; argc && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[0], verbs[i].name))
			continue;
		if (argc != (verbs[i].file ? 2 : 1))
			break;
		with.path = argv[1];
		return verbs[i].run(&with);
	}
	usage(stderr);
	return EXIT_USAGE;
}


int cmd_site(int argc, char *argv[])
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"markdown", no_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct site_args args = {0};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'j': args.json = true; break;
		case 'm': args.markdown = true; break;
		case 'h': usage(stdout); return EXIT_OK;
		default:  usage(stderr); return EXIT_USAGE;
		}
	}
	return run_verb(&args, argc - optind, argv + optind);
}
