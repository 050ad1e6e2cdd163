#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/reader.h"
#include "lib/policy/translate/translate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* The first line names the reader; with '!' before it, doubts become refusals. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct translate_iface ifaces[] = {
		{ "inside", "eth1" }, { "outside", "eth2" }, { "GigabitEthernet0/1", "eth3,eth4" },
	};
	const char *text = (const char *)data, *end = memchr(text, '\n', size < 32 ? size : 32);
	struct config c = { .mem = { .max = 256 << 20 } };
	struct translate_options o = { ifaces, 3, size && text[0] == '!' };
	struct diag_list dl = {0};
	struct sbuf sb = { .max = 1 << 20 };
	char name[33] = "";
	int err;

	if (end)
		memcpy(name, text + o.assume_deny, (size_t)(end - text) - o.assume_deny);
	if (end && !policy_read(&c, name, "fuzz", end + 1, size - (size_t)(end + 1 - text), &dl)) {
		err = translate_nftables(&sb, &c, &o, &dl);
		if ((err == ENOTSUP && !dl.errors) || (!err && dl.errors))
			abort();
	}

	sbuf_reset(&sb);
	diag_reset(&dl);
	config_reset(&c);
	return 0;
}
