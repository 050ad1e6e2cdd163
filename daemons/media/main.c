#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemons/media/media.h"
#include "daemons/media/sandbox_try.h"
#include "daemons/media/tool.h"
#include "io/args.h"

enum { PARENT_FD = 3 };

static const char name[] = "visavis-media";

/* in the order of enum sandbox_mode */
static const char *const modes[] = { "on", "log", "off", NULL };

static struct {
	struct tool_make make;
	const char *size;
	const char *decode;
	const char *hashes;
	const char *pictures;
	const char *attempt;
	int sandbox;
} opt = {
	.make = { .name = "visavis", .w = 1280, .h = 720, .fps = 30, .bitrate = 2000000, .seconds = 10 },
	.sandbox = SANDBOX_ON,
};

static const struct arg args[] = {
	{ .name = "sandbox", .kind = ARG_CHOICE, .to = &opt.sandbox, .value = "on|log|off", .choices = modes,
	  .help = "what happens to a forbidden system call" },
	{ .name = "make", .to = &opt.make.path, .value = "FILE", .help = "write a clip of the test room, MP4" },
	{ .name = "name", .to = &opt.make.name, .value = "ROOM", .help = "the room's name in the picture" },
	{ .name = "size", .to = &opt.size, .value = "WxH", .help = "1280x720 without it" },
	{ .name = "fps", .kind = ARG_NUMBER, .to = &opt.make.fps, .value = "N", .lo = 1, .hi = 60,
	  .help = "pictures a second, 30" },
	{ .name = "bitrate", .kind = ARG_NUMBER, .to = &opt.make.bitrate, .value = "N", .lo = 64000, .hi = 50000000,
	  .help = "bits a second, 2000000" },
	{ .name = "seconds", .kind = ARG_NUMBER, .to = &opt.make.seconds, .value = "N", .lo = 1, .hi = 3600,
	  .help = "how long, 10" },
	{ .name = "decode", .to = &opt.decode, .value = "FILE", .help = "decode a clip" },
	{ .name = "hashes", .to = &opt.hashes, .value = "FILE", .help = "a hash of each decoded picture" },
	{ .name = "pictures", .to = &opt.pictures, .value = "DIR", .help = "decoded pictures, PNG" },
	{ .name = "sandbox-try", .to = &opt.attempt, .value = "WHAT" },
};


static int refuse(const char *what, const char *value)
{
	(void)fprintf(stderr, "%s: %s %s; %s --help lists the options\n", name, what, value, name);
	return EINVAL;
}


static int environment_read(void)
{
	const char *env = getenv("VISAVIS_MEDIA_SANDBOX");

	for (int i = 0; env && modes[i]; i++)
		if (!strcmp(env, modes[i])) {
			opt.sandbox = i;
			return 0;
		}
	return env ? refuse("VISAVIS_MEDIA_SANDBOX is on, log or off, not", env) : 0;
}


static int options_read(int argc, char *argv[])
{
	char rest;
	int err = environment_read();

	if (!err)
		err = args_parse(name, args, sizeof(args) / sizeof(args[0]), argc, argv);
	if (err)
		return err;
	if (opt.size && sscanf(opt.size, "%4ux%4u%c", &opt.make.w, &opt.make.h, &rest) != 2)
		return refuse("--size is WIDTHxHEIGHT, not", opt.size);
	return 0;
}


int main(int argc, char *argv[])
{
	struct stat st;
	int status, err = options_read(argc, argv);

	if (err)
		return err == ECANCELED ? EXIT_SUCCESS : ARGS_EXIT_USAGE;
	if (opt.make.path)
		return tool_make(&opt.make) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (opt.decode)
		return tool_decode(opt.decode, opt.hashes, opt.pictures) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (opt.attempt)
		return sandbox_try(opt.attempt, (enum sandbox_mode)opt.sandbox);
	if (fstat(PARENT_FD, &st) || !S_ISSOCK(st.st_mode)) {
		(void)refuse("descriptor 3 is no socket:", "visavis-codec starts it");
		return ARGS_EXIT_USAGE;
	}
	status = media_serve(PARENT_FD, (enum sandbox_mode)opt.sandbox);
	/* what libraries do at exit, and leak checkers, may need rights that are gone */
	if (opt.sandbox == SANDBOX_ON)
		_exit(status);
	return status;
}
