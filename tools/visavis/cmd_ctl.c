#include <stdio.h>

#include "tools/visavis/cmd.h"


int cmd_ctl(int argc, char *argv[])
{
	(void)fprintf(stderr, "visavis ctl: in work\n");
	return EXIT_USAGE;
}
