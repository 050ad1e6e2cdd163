#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "io/ctl.h"
#include "tools/visavis/cmd.h"

enum { WORDS_MAX = 8, WORD_SIZE = 160, PATIENCE_S = 30, DURATION_MAX = 86400 };

/* Options that the daemon takes as NAME=VALUE words. */
static const char *const passed[] = {
	"profile", "duration", "protocol", "dscp", "late", "wait", "format",
};

struct probe_options {
	const char *socket;
	const char *from, *to;
	char words[WORDS_MAX][WORD_SIZE];
	size_t nwords;
	unsigned duration;
};


static int usage(FILE *f)
{
	(void)fprintf(f,
		"usage: visavis probe [OPTION...] FROM TO\n\n"
		"Measures the path from a host with the role sla-agent, whose program runs on this\n"
		"machine, to a host of the site with the role sla-responder.\n\n"
		"  --profile NAME      what to send: udp-jitter (the default), or kinds of room, such as\n"
		"                      room3-1080p-best, and content with + between\n"
		"  --duration SECONDS  how long, where the profile does not say\n"
		"  --protocol WORD     2, 2-plain, 1-us, 1-ms or 1-echo, instead of the responder's\n"
		"                      setting sla-protocol\n"
		"  --dscp MARK         0 to 63 or a name, such as CS4: mark of the packets, instead of\n"
		"                      the profile's\n"
		"  --late MS           a round trip above this is late\n"
		"  --wait MS           for the last answers\n"
		"  --format WORD       text, json, csv, prometheus, plot, plot-ascii, html, brief or\n"
		"                      samples\n"
		"  --json              the same as --format json\n"
		"  --socket PATH       control socket of FROM's program (default:\n"
		"                      $VISAVIS_RUN/FROM/ctl.sock, or /run/visavis/FROM/ctl.sock)\n\n"
		"Exit code: 0 measured, 1 measured and unfit, 2 could not be measured, 3 bad usage.\n"
		"man visavis-sla lists the profiles.\n");
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


/* Each is one word more of the request. @return NULL, or what is wrong */
static const char *word_add(struct probe_options *o, const char *name, const char *value)
{
	int n;

	if (o->nwords == WORDS_MAX)
		return "given too often";
	n = snprintf(o->words[o->nwords++], WORD_SIZE, "%s=%s", name, value);
	return n > 0 && n < WORD_SIZE ? NULL : "this is too long";
}


static const char *duration_read(struct probe_options *o, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value < '1' || *value > '9' || *end || n > DURATION_MAX)
		return "write whole seconds, at most 86400";
	o->duration = (unsigned)n;
	return NULL;
}


static bool option_known(const char *name)
{
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (!strcmp(passed[i], name))
			return true;
	return !strcmp(name, "socket");
}


static const char *option_read(struct probe_options *o, const char *name, const char *value)
{
	const char *wrong = NULL;

	if (!option_known(name))
		return "no such option; --help lists them";
	if (!value)
		return "needs a value";
	if (!strcmp(name, "socket")) {
		o->socket = value;
		return NULL;
	}
	if (!strcmp(name, "duration"))
		wrong = duration_read(o, value);
	return wrong ? wrong : word_add(o, name, value);
}


static const char *host_read(struct probe_options *o, const char *name)
{
	if (o->to)
		return "FROM and TO are two hosts; this is a third";
	if (o->from)
		o->to = name;
	else
		o->from = name;
	return NULL;
}


/* What is wrong is said. */
static bool options_read(struct probe_options *o, int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *wrong;

		if (!strcmp(word, "--json"))
			wrong = word_add(o, "format", "json");
		else if (!strncmp(word, "--", 2))
			wrong = option_read(o, word + 2, argv[++i]);	/* NULL stands last */
		else
			wrong = host_read(o, word);
		if (wrong) {
			(void)fprintf(stderr, "visavis probe: %s: %s\n", word, wrong);
			return false;
		}
	}
	if (!o->to)
		(void)fprintf(stderr, "visavis probe: name two hosts of the site, FROM and TO; --help tells more\n");
	return o->to;
}


static int failed(const struct probe_options *o, const char *path, int err)
{
	if (err == ENOENT || err == ECONNREFUSED)
		(void)fprintf(stderr, "visavis probe: %s does not run (nobody listens at %s); start visavis-sla"
			      " there, or set VISAVIS_RUN or --socket\n", o->from, path);
	else if (err == EACCES)
		(void)fprintf(stderr, "visavis probe: %s: only root and the user of its program may measure\n",
			      path);
	else
		(void)fprintf(stderr, "visavis probe: %s: %s\n", path, strerror(err));
	return EXIT_CANNOT_TELL;
}


static int answer_print(const json_t *a)
{
	const char *error = json_string_value(json_object_get(a, "error"));
	const char *text = json_string_value(json_object_get(a, "text"));
	const char *stop = json_string_value(json_object_get(a, "stop"));
	const char *why = json_string_value(json_object_get(a, "why"));

	if (!text || !stop) {
		(void)fprintf(stderr, "visavis probe: %s\n", error ? error : "no result");
		return EXIT_USAGE;
	}
	(void)fputs(text, stdout);
	if (why)
		(void)fprintf(stderr, "visavis probe: %s\n", why);
	if (strcmp(stop, "done"))
		return EXIT_CANNOT_TELL;
	return json_is_true(json_object_get(a, "unfit")) ? EXIT_FINDINGS : EXIT_OK;
}


int cmd_probe(int argc, char *argv[])
{
	struct probe_options o = {0};
	const char *words[WORDS_MAX + 1];
	json_t *answer = NULL;
	char path[256];
	int err, code;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help"))
			return usage(stdout);
	if (!options_read(&o, argc, argv))
		return EXIT_USAGE;
	err = o.socket ? 0 : ctl_path(path, sizeof(path), o.from);
	words[0] = o.to;
	for (size_t i = 0; i < o.nwords; i++)
		words[i + 1] = o.words[i];
	if (!err)
		err = ctl_request(&answer, o.socket ? o.socket : path, "probe", (int)o.nwords + 1, words,
				  (o.duration + 2 * PATIENCE_S) * 1000);
	if (err)
		return failed(&o, o.socket ? o.socket : path, err);
	code = answer_print(answer);
	json_decref(answer);
	return code;
}
