#include <stdio.h>

#include "tools/visavis/cmd.h"


int cmd_policy(int argc, char *argv[])
{
	(void)fprintf(stderr, "visavis policy: in work\n");
	return EXIT_USAGE;
}
