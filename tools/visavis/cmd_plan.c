#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/visavis/cmd.h"
#include "tools/visavis/load.h"
#include "tools/visavis/out.h"
#include "tools/visavis/plan.h"

enum { FILE_MAX = 16 << 20 };


static int usage(FILE *f)
{
	(void)fprintf(f,
		"usage: visavis plan [--quality NAME] [--content] [--meeting ROOM,ROOM...]...\n"
		"                    [--measured FILE]... [--json] SITE\n\n"
		"Says what meetings need of each link, which fit at once, and, with\n"
		"measurements, which paths are fit for them.\n\n"
		"--quality NAME     1080p-best (when not given), 1080p-better, 1080p-good,\n"
		"                   720p-best, 720p-better, 720p-good\n"
		"--content          each room shares slides too\n"
		"--meeting ROOMS    do these meet at once? Again for each further meeting\n"
		"--measured FILE    JSON of a measurement of a path; again for each\n"
		"--json             for programs\n\n"
		"Exit code: 0 all that was asked fits, 1 something does not, 2 cannot tell,\n"
		"3 bad usage or not readable.\n");
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static int file_read(char **text, size_t *len, struct arena *a, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	int err = 0;

	if (!f)
		return errno;
	*text = arena_alloc(a, FILE_MAX);
	if (!*text)
		err = ENOMEM;
	else if ((*len = fread(*text, 1, FILE_MAX, f)) == FILE_MAX)
		err = EFBIG;
	else if (ferror(f))
		err = EIO;
	if (f != stdin)
		(void)fclose(f);
	return err;
}


static int measured_read(struct plan_ask *ask, struct sla_plan_path *path, const char *name)
{
	const char *what = NULL;
	char *text = NULL;
	size_t len = 0;
	int err = file_read(&text, &len, &ask->mem, name);

	if (!err)
		err = sla_plan_path_read(path, &ask->mem, &ask->plan, name, text, len, &what);
	if (err)
		(void)fprintf(stderr, "%s: %s\n", name, what ? what : strerror(err));
	return err;
}


static int meeting_read(struct plan_ask *ask, struct sla_plan_meeting *m, const char *names)
{
	const char *bad = NULL;
	int err = sla_plan_meeting_read(m, &ask->mem, &ask->plan, names, &bad);

	if (err == ENOENT)
		(void)fprintf(stderr, "visavis plan: no room \"%s\" in this site\n", bad ? bad : "");
	else if (err == EINVAL)
		(void)fprintf(stderr, "visavis plan: a meeting is two rooms or more, each once: \"%s\"\n", names);
	else if (err)
		(void)fprintf(stderr, "visavis plan: %s\n", strerror(err));
	return err;
}


static int make(struct plan_ask *ask, const char *path)
{
	int err = sla_plan_make(&ask->plan, &ask->mem, &ask->site, ask->quality, ask->content);

	if (err == ENOENT)
		(void)fprintf(stderr, "visavis plan: no quality \"%s\"; --help lists them\n", ask->quality);
	else if (err == ENODATA)
		(void)fprintf(stderr, "visavis plan: %s has no room (a host with the role codec)\n", path);
	else if (err == EOVERFLOW)
		(void)fprintf(stderr, "visavis plan: more than %d rooms: split the site\n", SLA_PLAN_ROOMS_MAX);
	else if (err)
		(void)fprintf(stderr, "visavis plan: %s\n", strerror(err));
	return err;
}


static int answer(const struct plan_ask *ask)
{
	bool unknown = ask->nmeetings && ask->together.unknown;
	bool unfit = ask->nmeetings && !ask->together.fits && !unknown;

	for (size_t i = 0; i < ask->npaths; i++) {
		unfit |= ask->paths[i].answer == SLA_UNFIT;
		unknown |= ask->paths[i].answer == SLA_UNKNOWN;
	}
	for (size_t i = 0; i < ask->plan.site->nnetworks; i++) {
		const struct sla_plan_link *l = &ask->plan.links[i];

		unfit |= l->network->bandwidth && l->rooms_fit < l->rooms && !ask->nmeetings;
	}
	return unfit ? EXIT_FINDINGS : unknown ? EXIT_CANNOT_TELL : EXIT_OK;
}


static int run(struct plan_ask *ask, const char *path)
{
	struct sbuf sb = {0};
	int rc;

	if (load_site(&ask->site, &ask->mem, path) || make(ask, path))
		return EXIT_USAGE;
	for (size_t i = 0; i < ask->nmeetings; i++)
		if (meeting_read(ask, &ask->meetings[i], ask->meeting_args[i]))
			return EXIT_USAGE;
	for (size_t i = 0; i < ask->npaths; i++)
		if (measured_read(ask, &ask->paths[i], ask->path_args[i]))
			return EXIT_USAGE;
	if (sla_plan_at_once(&ask->together, &ask->mem, &ask->plan, ask->meetings, ask->nmeetings)) {
		(void)fprintf(stderr, "visavis plan: %s\n", strerror(ENOMEM));
		return EXIT_USAGE;
	}

	if (ask->json)
		plan_print_json(&sb, ask);
	else
		plan_print_text(&sb, ask);
	rc = out_flush(&sb);
	return rc ? rc : answer(ask);
}


static bool add(const char **v, size_t *n, const char *s)
{
	if (*n == PLAN_ARGS_MAX) {
		(void)fprintf(stderr, "visavis plan: more than %d of one option\n", PLAN_ARGS_MAX);
		return false;
	}
	v[(*n)++] = s;
	return true;
}


int cmd_plan(int argc, char *argv[])
{
	static const struct option options[] = {
		{"quality", required_argument, NULL, 'q'},
		{"content", no_argument, NULL, 'c'},
		{"meeting", required_argument, NULL, 'm'},
		{"measured", required_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	static struct plan_ask ask;
	int opt, rc;

	ask = (struct plan_ask){ .quality = "1080p-best" };
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'q': ask.quality = optarg; break;
		case 'c': ask.content = true; break;
		case 'm':
			if (!add(ask.meeting_args, &ask.nmeetings, optarg))
				return EXIT_USAGE;
			break;
		case 'f':
			if (!add(ask.path_args, &ask.npaths, optarg))
				return EXIT_USAGE;
			break;
		case 'j': ask.json = true; break;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	if (optind != argc - 1)
		return usage(stderr);

	rc = run(&ask, argv[optind]);
	arena_reset(&ask.mem);
	return rc;
}
