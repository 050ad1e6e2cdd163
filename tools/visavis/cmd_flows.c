#include <stdio.h>

#include "tools/visavis/cmd.h"


int cmd_flows(int argc, char *argv[])
{
	(void)fprintf(stderr, "visavis flows: in work\n");
	return EXIT_USAGE;
}
