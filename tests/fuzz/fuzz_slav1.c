#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sla/wire_v1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void probe(uint8_t *p, size_t n)
{
	struct sla_v1_probe pr, back;

	if (sla_v1_probe_parse(&pr, p, n))
		return;
	sla_v1_probe_answer(p, &pr);
	if (sla_v1_probe_parse(&back, p, n) || memcmp(&pr, &back, sizeof(pr)))
		abort();
}


/* As a responder reads it, then as an agent does. An answer is never longer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sla_v1_control c;
	uint8_t p[SLA_V1_REQUEST_MAX], copy[2048], id;
	uint32_t status;
	size_t n;

	if (!sla_v1_control_parse(&c, data, size) &&
	    (sla_v1_reply_write(p, &n, sizeof(p), data, size) || n > size ||
	     sla_v1_reply_parse(&id, &status, p, n) || id != c.id || status))
		abort();
	(void)sla_v1_reply_parse(&id, &status, data, size);
	n = size < sizeof(copy) ? size : sizeof(copy);
	memcpy(copy, data, n);
	probe(copy, n);
	return 0;
}
