#include <stdint.h>
#include <stdlib.h>

#include "daemons/media/ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *o = json_loadb((const char *)data, size, 0, NULL);
	static struct ipc_start start;
	struct ipc_init init;
	char why[200];

	if (!o)
		return 0;
	(void)ipc_parse_init(&init, o, why, sizeof(why));
	if (!ipc_parse_start(&start, o, why, sizeof(why)) && start.n > IPC_STREAMS_MAX)
		abort();
	json_decref(o);
	return 0;
}
