#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/site/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena kept;
	static struct flow_matrix shipped;
	struct arena a = { .max = 64 << 20 };
	struct diag_list dl = {0};
	struct site s;
	int err;

	if (!shipped.nrows && flow_matrix_builtin(&shipped, &kept))
		abort();
	err = site_parse_with(&s, &a, &shipped, (const char *)data, size, "fuzz", &dl);
	if (err && err != ENOMEM && !dl.errors)
		abort();

	/* What was taken must be whole. */
	for (size_t i = 0; !err && i < s.nhosts; i++) {
		if (!s.hosts[i].nroles || !s.hosts[i].naddrs)
			abort();
		for (size_t k = 0; k < s.hosts[i].naddrs; k++)
			if (!s.hosts[i].networks[k])
				abort();
	}

	diag_reset(&dl);
	arena_reset(&a);
	return 0;
}
