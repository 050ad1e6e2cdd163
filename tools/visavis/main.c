#include <stdio.h>
#include <string.h>

#include "tools/visavis/cmd.h"


static void usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis COMMAND [ARG...]\n\n");
	for (const struct cmd *c = commands; c->name; c++)
		(void)fprintf(f, "  %-7s %-26s %s\n", c->name, c->args, c->help);
	(void)fprintf(f, "\nvisavis COMMAND --help tells more; so does man visavis.\n");
}


int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "help")) {
		usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(name, "--version")) {
		printf("visavis %s\n", VISAVIS_VERSION);
		return EXIT_OK;
	}

	for (const struct cmd *c = commands; c->name; c++)
		if (!strcmp(name, c->name))
			return c->run(argc - 1, argv + 1);

	(void)fprintf(stderr, "visavis: no command \"%s\"; visavis --help lists them\n", name);
	return EXIT_USAGE;
}
