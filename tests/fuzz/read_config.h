/* The target of a reader of configurations, named by READER. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/policy/read/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = { .mem = { .max = 256 << 20 } };
	struct diag_list dl = {0};
	int err = policy_read(&c, READER, "fuzz", (const char *)data, size, &dl);

	if (err == EBADMSG && !dl.errors)
		abort();

	/* What was taken must be whole. */
	for (size_t i = 0; !err && i < c.nlists; i++)
		for (size_t k = 0; k < c.lists[i].nrules; k++) {
			const struct config_rule *r = &c.lists[i].rules[k];

			if (r->line > c.lines || (r->nboxes && !r->boxes))
				abort();
			/* what is not understood has a line that says so, or is the reader's own */
			if (r->uncertain && !r->implied && !c.nunknown)
				abort();
			if ((r->action == CONFIG_JUMP || r->action == CONFIG_GOTO) && !r->target)
				abort();
			for (size_t b = 0; b < r->nboxes; b++)
				if (r->boxes[b].lo[PSET_DPORT] > r->boxes[b].hi[PSET_DPORT] ||
				    r->boxes[b].alo[PSET_SRC] > r->boxes[b].ahi[PSET_SRC])
					abort();
		}

	diag_reset(&dl);
	config_reset(&c);
	return 0;
}
