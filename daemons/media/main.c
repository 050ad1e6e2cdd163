#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
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


static int set_option(struct options *o, int c, const char *arg)
{
	switch (c) {

	case 'm': o->make.path = arg; return 0;
	case 'n': o->make.name = arg; return 0;
	case 'd': o->decode = arg; return 0;
	case 'h': o->hashes = arg; return 0;
	case 'p': o->pictures = arg; return 0;
	case 'v': o->version = true; return 0;
	case 't': o->attempt = arg; return 0;
	case 'x': return sandbox_mode(&o->sandbox, arg);
	case 'S': return sscanf(arg, "%4ux%4u", &o->make.w, &o->make.h) == 2 ? 0 : EINVAL;
	case 'f': return number(&o->make.fps, arg, 1, 60);
	case 'b': return number(&o->make.bitrate, arg, 64000, 50000000);
	case 's': return number(&o->make.seconds, arg, 1, 3600);
	default:  return EINVAL;
	}
}


int main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "make", 1, NULL, 'm' }, { "name", 1, NULL, 'n' }, { "decode", 1, NULL, 'd' },
		{ "hashes", 1, NULL, 'h' }, { "pictures", 1, NULL, 'p' }, { "size", 1, NULL, 'S' },
		{ "fps", 1, NULL, 'f' }, { "bitrate", 1, NULL, 'b' }, { "seconds", 1, NULL, 's' },
		{ "version", 0, NULL, 'v' }, { "sandbox", 1, NULL, 'x' }, { "sandbox-try", 1, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .make = { .name = "visavis", .w = 1280, .h = 720, .fps = 30, .bitrate = 2000000,
				       .seconds = 10 } };
	const char *env = getenv("VISAVIS_MEDIA_SANDBOX");
	struct stat st;
	int c, status;

	if (env && sandbox_mode(&o.sandbox, env))
		return usage("VISAVIS_MEDIA_SANDBOX", "is on, log or off");
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == '?')
			return usage(NULL, NULL);
		else if (set_option(&o, c, optarg))
			return usage("bad value", optarg);
	if (optind < argc)
		return usage("not an option", argv[optind]);
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
