#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/control.h"
#include "lab/lab.h"
#include "lab/prove.h"
#include "lab/supervise.h"
#include "tools/visavis/cmd.h"

enum { SECONDS_DEFAULT = 20, SECONDS_MAX = 86400 };

struct verb {
	const char *name;
	const char *args;
	const char *help;
	int (*run)(struct lab *lab, int argc, char *argv[]);
};


static int run_up(struct lab *lab, int argc, char *argv[])
{
	return lab_supervise(lab, &life_up);
}


static int run_run(struct lab *lab, int argc, char *argv[])
{
	return lab_supervise(lab, &life_run);
}


static int run_prove(struct lab *lab, int argc, char *argv[])
{
	return prove_lives(lab);
}


static int run_down(struct lab *lab, int argc, char *argv[])
{
	return control_down(lab);
}


static int run_exec(struct lab *lab, int argc, char *argv[])
{
	if (argc > 1 && !strcmp(argv[1], "--")) {
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	if (argc < 2) {
		(void)fprintf(stderr, "visavis lab exec: which host, which command? "
			      "visavis lab exec SITE HOST COMMAND [ARG...]\n");
		return EXIT_USAGE;
	}

	return control_exec(lab, argv[0], argv + 1);
}


static int run_plan(struct lab *lab, int argc, char *argv[])
{
	struct sbuf sb = {0};
	int err;

	plan_put_text(&sb, &lab->plan);
	err = sb.err;
	(void)fputs(sbuf_str(&sb), stdout);
	sbuf_reset(&sb);

	return err ? EXIT_FINDINGS : EXIT_OK;
}


static const struct verb verbs[] = {
	{"up", "SITE [--detach]", "bring the site up and keep it", run_up},
	{"run", "SITE [--seconds N]", "bring it up, hold a meeting, report, take it down", run_run},
	{"prove", "SITE [--seconds N]", "run it with security on and off, try every port", run_prove},
	{"down", "SITE", "end the lab of a site", run_down},
	{"exec", "SITE HOST COMMAND...", "run a command on a host of a lab that is up", run_exec},
	{"plan", "SITE", "print namespaces, links, addresses and routes", run_plan},
	{NULL, NULL, NULL, NULL},
};


static void usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis lab VERB SITE [OPTION...]\n\n");
	for (const struct verb *v = verbs; v->name; v++)
		(void)fprintf(f, "  %-5s %-22s %s\n", v->name, v->args, v->help);
	(void)fprintf(f, "\n"
		      "  --out DIR          output folder (out/NAME-OF-THE-SITE)\n"
		      "  --seconds N        run: how long the meeting lasts (%d)\n"
		      "  --security on|off  instead of what the site says\n"
		      "  --prove            run: try every port of every pair of hosts too\n"
		      "  --frames           log a hash of every decoded picture to pictures/HOST/frames.tsv\n"
		      "  --detach           up: return once the site is up\n"
		      "  --quiet            say only what goes wrong\n", SECONDS_DEFAULT);
}


static int seconds_parse(struct lab_options *o, const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*end || end == s || *s == '-' || !v || v > SECONDS_MAX) {
		(void)fprintf(stderr, "visavis lab: --seconds %s: give a number from 1 to %d\n", s,
			      SECONDS_MAX);
		return EINVAL;
	}
	o->seconds = (unsigned)v;

	return 0;
}


static int security_parse(struct lab_options *o, const char *s)
{
	if (strcmp(s, "on") && strcmp(s, "off")) {
		(void)fprintf(stderr, "visavis lab: --security %s: give on or off\n", s);
		return EINVAL;
	}
	o->security = !strcmp(s, "on");

	return 0;
}


/* @return 0; -1: help was asked for; else EINVAL, said */
static int options_parse(struct lab_options *o, int argc, char *argv[])
{
	static const struct option longs[] = {
		{"out", required_argument, NULL, 'o'}, {"seconds", required_argument, NULL, 's'},
		{"security", required_argument, NULL, 'S'}, {"prove", no_argument, NULL, 'p'},
		{"detach", no_argument, NULL, 'd'}, {"quiet", no_argument, NULL, 'q'},
		{"frames", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	int ch, err = 0;

	optind = 1;
	/* "+": what follows SITE HOST belongs to the command to run. */
	while (!err && (ch = getopt_long(argc, argv, strcmp(argv[0], "exec") ? "h" : "+h", longs,
					 NULL)) != -1) {
		switch (ch) {
		case 'o': o->out = optarg; break;
		case 's': err = seconds_parse(o, optarg); break;
		case 'S': err = security_parse(o, optarg); break;
		case 'p': o->prove = true; break;
		case 'd': o->detach = true; break;
		case 'q': o->quiet = true; break;
		case 'f': o->frames = true; break;
		case 'h': return -1;
		default: err = EINVAL; break;
		}
	}

	return err;
}


static const struct verb *verb_find(const char *name)
{
	for (const struct verb *v = verbs; name && v->name; v++)
		if (!strcmp(name, v->name))
			return v;

	return NULL;
}


int cmd_lab(int argc, char *argv[])
{
	const struct verb *v = verb_find(argc > 1 ? argv[1] : NULL);
	struct lab lab = {.opt = {.security = -1, .seconds = SECONDS_DEFAULT}, .wires_fd = -1};
	int err, code;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))) {
		usage(stdout);
		return EXIT_OK;
	}
	if (!v) {
		usage(stderr);
		return EXIT_USAGE;
	}
	err = options_parse(&lab.opt, argc - 1, argv + 1);
	if (err < 0) {
		usage(stdout);
		return EXIT_OK;
	}
	argc -= 1 + optind;
	argv += 1 + optind;
	if (!err && argc < 1) {
		(void)fprintf(stderr, "visavis lab %s: which site? give its file\n", v->name);
		err = EINVAL;
	}
	if (err)
		return EXIT_USAGE;

	lab.opt.site_path = argv[0];
	code = lab_load(&lab) ? EXIT_USAGE : v->run(&lab, argc - 1, argv + 1);
	lab_unload(&lab);

	return code;
}
