#include <stdio.h>

#include "tools/visavis/cmd.h"


int cmd_site(int argc, char *argv[])
{
	(void)fprintf(stderr, "visavis site: in work\n");
	return EXIT_USAGE;
}
