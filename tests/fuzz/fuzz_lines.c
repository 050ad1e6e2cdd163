#include "lib/policy/read/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lines l;
	const char *w;
	size_t n;

	(void)lines_binary((const char *)data, size);
	lines_init(&l, (const char *)data, size);
	while (lines_next(&l)) {
		struct words ws = { l.s };

		if (l.raw.n && (l.raw.p < (const char *)data || l.raw.p + l.raw.n > l.end))
			__builtin_trap();
		while (words_next(&ws, &w, &n))
			if (w < l.buf || w + n > l.buf + LINES_LEN_MAX + 1)
				__builtin_trap();
	}

	return 0;
}
