#include <errno.h>
#include <string.h>

#include "tools/visavis/cmd.h"
#include "tools/visavis/load.h"


int load_site(struct site *s, struct arena *a, const char *path)
{
	struct diag_list dl = {0};
	int err = siteload_read(s, a, path, &dl);

	siteload_print(stderr, &dl);
	if (err && !dl.errors)
		(void)fprintf(stderr, "visavis: %s: %s\n", path, strerror(err));
	diag_reset(&dl);
	return err ? EXIT_USAGE : EXIT_OK;
}
