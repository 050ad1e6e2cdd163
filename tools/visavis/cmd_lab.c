#include <stdio.h>

#include "tools/visavis/cmd.h"


int cmd_lab(int argc, char *argv[])
{
	(void)fprintf(stderr, "visavis lab: in work\n");
	return EXIT_USAGE;
}
