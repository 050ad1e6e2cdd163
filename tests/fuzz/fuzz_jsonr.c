#include <stdint.h>
#include <stdlib.h>

#include "lib/base/jsonr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { .max = 64 << 20 };
	struct jsonr_error e = {0};
	struct jsonr *v;
	int err = jsonr_parse(&v, &a, (const char *)data, size, &e);

	if (!err && !v)
		abort();
	if (err && !e.what && a.used < (32 << 20))
		abort();
	arena_reset(&a);
	return 0;
}
