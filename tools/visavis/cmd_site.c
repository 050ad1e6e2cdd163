#include <stdio.h>
#include <string.h>

#include "io/siteload.h"
#include "tools/visavis/cmd.h"


static int site_check_run(const char *path)
{
	struct arena a = {0};
	struct diag_list dl = {0};
	struct site s;
	int err = siteload_read(&s, &a, path, &dl);

	siteload_print(stderr, &dl);
	diag_reset(&dl);
	arena_reset(&a);
	return !err ? EXIT_OK : EXIT_USAGE;
}


int cmd_site(int argc, char *argv[])
{
	if (argc == 3 && !strcmp(argv[1], "check"))
		return site_check_run(argv[2]);

	(void)fprintf(stderr, "usage: visavis site check SITE\n");
	return EXIT_USAGE;
}
