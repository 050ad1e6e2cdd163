#include <stdint.h>
#include <stdlib.h>

#include "lib/flow/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { .max = 64 << 20 };
	struct diag_list dl = {0};
	struct flow_matrix m;
	char buf[64];
	int err = flow_matrix_parse(&m, &a, (const char *)data, size, "fuzz", &dl);

	/* What was taken must be whole: no row without the texts that all use. */
	for (size_t i = 0; !err && i < m.nrows; i++) {
		if (!m.rows[i].id || !m.rows[i].protocol || !m.rows[i].purpose ||
		    !m.rows[i].when || !m.rows[i].from.nroles || !m.rows[i].to.nroles)
			abort();
		(void)flow_ports_str(&m.rows[i].from, buf, sizeof(buf));
		(void)flow_ports_str(&m.rows[i].to, buf, sizeof(buf));
	}

	diag_reset(&dl);
	arena_reset(&a);
	return 0;
}
