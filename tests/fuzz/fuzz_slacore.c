/* A responder's state under any sequence of messages: sender, port, length, then bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/sla/core.h"

enum { HEAD = 4, MS = 1000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct core core;
static bool opened[UINT16_MAX + 1];


static int open_h(uint16_t port, void *arg)
{
	if (opened[port])
		abort();
	opened[port] = true;
	return 0;
}


static void close_h(uint16_t port, void *arg)
{
	if (!opened[port])
		abort();
	opened[port] = false;
}


static uint32_t random_h(void)
{
	return 7;
}


/* An answer is no longer than its question, and what was opened is closed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct core_time now = {.mono = 1, .wall = 1700000000LL * 1000 * MS};

	core.limits = (struct core_limits){16384, 16400, 10000, 8, 6, 4, 1000, 1967};
	core.ports = (struct core_ports){open_h, close_h, NULL};
	core.v1 = true;
	core.random_h = random_h;
	while (size >= HEAD) {
		struct ip_addr from = {.family = 4, .b = {10, 0, 0, data[0] % 4}};
		size_t n = data[1] < size - HEAD ? data[1] : size - HEAD, len = n;
		uint8_t *p = malloc(n + 1);
		struct core_verdict v;

		if (!p)
			abort();
		memcpy(p, data + HEAD, n);
		core_control(&v, &core, p, &len, &from, (uint16_t)(1960 + data[2] % 16), &now);
		if ((v.answer && len > n) || core.nops > core.limits.ops)
			abort();
		(void)core_probe(&core, (uint16_t)(16384 + data[3] % 20), &from, data[2], now.mono);
		now.mono += data[3] * (int64_t)MS;
		data += HEAD + n;
		size -= HEAD + n;
		free(p);
	}
	core_close(&core);
	memset(&core, 0, offsetof(struct core, ops));
	core.busy_until[0] = core.busy_until[1] = 0;
	if (core.nops || memchr(opened, true, sizeof(opened)))
		abort();
	return 0;
}
