#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/policy/read/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c = { .mem.max = 64 << 20 };
	struct diag_list dl = {0};
	int err = policy_read(&c, "nftables-json", "fuzz", (const char *)data, size, &dl);

	if (err == EBADMSG && !dl.errors)
		abort();
	for (size_t i = 0; !err && i < c.nlists; i++)
		for (size_t k = 0; k < c.lists[i].nrules; k++) {
			const struct config_rule *r = &c.lists[i].rules[k];

			/* what is not understood has a line that says so */
			if (r->uncertain && !c.nunknown)
				abort();
			if ((r->action == CONFIG_JUMP || r->action == CONFIG_GOTO) && !r->target)
				abort();
		}

	config_reset(&c);
	diag_reset(&dl);
	return 0;
}
