#include <stdint.h>
#include <string.h>

#include "lib/policy/audit/diff.h"
#include "lib/policy/read/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/** The first line names the reader of the rest. */
static int read_one(struct config *c, const char *text, size_t n, struct diag_list *dl)
{
	const char *end = memchr(text, '\n', n < 32 ? n : 32);
	char name[33] = "";

	if (!end)
		return -1;
	memcpy(name, text, (size_t)(end - text));
	return policy_read(c, name, "fuzz", end + 1, n - (size_t)(end + 1 - text), dl);
}


/* A line of '=' alone parts the two texts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config a = { .mem = { .max = 64 << 20 } }, b = { .mem = { .max = 64 << 20 } };
	struct arena mem = { .max = 256 << 20 };
	struct diag_list dl = {0};
	struct diff d;
	const char *text = (const char *)data, *cut = size ? memmem(text, size, "\n=\n", 3) : NULL;

	if (cut && !read_one(&a, text, (size_t)(cut + 1 - text), &dl) &&
	    !read_one(&b, cut + 3, size - (size_t)(cut + 3 - text), &dl)) {
		if (!diff_run(&d, &mem, &a, &b, 1 << 10) && (d.nlost > DIFF_PIECES_MAX || d.ngained > DIFF_PIECES_MAX))
			__builtin_trap();
		diff_reset(&d);
	}

	arena_reset(&mem);
	diag_reset(&dl);
	config_reset(&a);
	config_reset(&b);
	return 0;
}
