#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemons/media/media.h"
#include "daemons/media/sandbox_try.h"
#include "daemons/media/tool.h"

enum { EXIT_USAGE = 2, PARENT_FD = 3 };

static const char usage_text[] =
	"usage: visavis-media [--sandbox on|log|off]   (started by visavis-codec: descriptor 3 is its socket)\n"
	"       visavis-media --make FILE.mp4 [--name ROOM] [--size WxH] [--fps N] [--bitrate N] [--seconds N]\n"
	"       visavis-media --decode FILE [--hashes OUT.tsv] [--pictures DIR]\n"
	"       visavis-media --version\n";

struct options {
	struct tool_make make;
	const char *decode;
	const char *hashes;
	const char *pictures;
	const char *attempt;
	enum sandbox_mode sandbox;
	bool version;
};


static int usage(const char *what, const char *value)
{
	if (what)
		(void)fprintf(stderr, "visavis-media: %s: %s\n", what, value);
	(void)fputs(usage_text, stderr);
	return EXIT_USAGE;
}


static int number(unsigned *v, const char *s, unsigned lo, unsigned hi)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno || *end || end == s || *s == '-' || n < lo || n > hi)
		return EINVAL;
	*v = (unsigned)n;
	return 0;
}


static int sandbox_mode(enum sandbox_mode *mode, const char *s)
{
	static const char *const names[] = { "on", "log", "off" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], s)) {
			*mode = (enum sandbox_mode)i;
			return 0;
		}
	return EINVAL;
}


/* The command line as a table: what an option's value is, and where it goes. */
enum kind { TEXT, NUMBER, SIZE, MODE, FLAG };

static const struct spec {
	const char *name;
	enum kind kind;
	size_t off;
	unsigned lo;
	unsigned hi;
} specs[] = {
	{ "make", TEXT, offsetof(struct options, make.path), 0, 0 },
	{ "name", TEXT, offsetof(struct options, make.name), 0, 0 },
	{ "size", SIZE, 0, 0, 0 },
	{ "fps", NUMBER, offsetof(struct options, make.fps), 1, 60 },
	{ "bitrate", NUMBER, offsetof(struct options, make.bitrate), 64000, 50000000 },
	{ "seconds", NUMBER, offsetof(struct options, make.seconds), 1, 3600 },
	{ "decode", TEXT, offsetof(struct options, decode), 0, 0 },
	{ "hashes", TEXT, offsetof(struct options, hashes), 0, 0 },
	{ "pictures", TEXT, offsetof(struct options, pictures), 0, 0 },
	{ "sandbox", MODE, 0, 0, 0 },
	{ "sandbox-try", TEXT, offsetof(struct options, attempt), 0, 0 },
	{ "version", FLAG, offsetof(struct options, version), 0, 0 },
};

enum { NSPECS = sizeof(specs) / sizeof(specs[0]) };


static int set_option(struct options *o, const struct spec *sp, const char *arg)
{
	char *field = (char *)o + sp->off;

	switch (sp->kind) {

	case TEXT:
		*(const char **)(void *)field = arg;
		return 0;

	case NUMBER:
		return number((unsigned *)(void *)field, arg, sp->lo, sp->hi);

	case SIZE:
		return sscanf(arg, "%4ux%4u", &o->make.w, &o->make.h) == 2 ? 0 : EINVAL;

	case MODE:
		return sandbox_mode(&o->sandbox, arg);

	case FLAG:
	default:
		*(bool *)(void *)field = true;
		return 0;
	}
}


/* @return 0, or the exit status of wrong usage */
static int parse(struct options *o, int argc, char *argv[])
{
	const char *env = getenv("VISAVIS_MEDIA_SANDBOX");
	struct option longs[NSPECS + 1] = {{0}};
	int c, i = 0;

	if (env && sandbox_mode(&o->sandbox, env))
		return usage("VISAVIS_MEDIA_SANDBOX", "is on, log or off");
	for (int k = 0; k < NSPECS; k++)
		longs[k] = (struct option){ specs[k].name, specs[k].kind != FLAG, NULL, 'o' };
	while ((c = getopt_long(argc, argv, "", longs, &i)) != -1)
		if (c == '?')
			return usage(NULL, NULL);
		else if (set_option(o, &specs[i], optarg))
			return usage("bad value", optarg);
	return optind < argc ? usage("not an option", argv[optind]) : 0;
}


int main(int argc, char *argv[])
{
	struct options o = { .make = { .name = "visavis", .w = 1280, .h = 720, .fps = 30, .bitrate = 2000000,
				       .seconds = 10 } };
	struct stat st;
	int status = parse(&o, argc, argv);

	if (status)
		return status;
	if (o.version)
		return puts("visavis-media " VISAVIS_VERSION) < 0;
	if (o.make.path)
		return tool_make(&o.make) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (o.decode)
		return tool_decode(o.decode, o.hashes, o.pictures) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (o.attempt)
		return sandbox_try(o.attempt, o.sandbox);
	if (fstat(PARENT_FD, &st) || !S_ISSOCK(st.st_mode))
		return usage(NULL, NULL);
	status = media_serve(PARENT_FD, o.sandbox);
	/* what libraries do at exit, and leak checkers, may need rights that are gone */
	if (o.sandbox == SANDBOX_ON)
		_exit(status);
	return status;
}
