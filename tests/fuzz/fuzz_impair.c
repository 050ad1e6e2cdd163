#include <stddef.h>
#include <stdint.h>

#include "lab/impair/packet.h"
#include "lab/impair/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A text of rules that is decided by, and the same bytes as a frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t copy[2048];
	struct arena a = {0};
	struct diag_list dl = {0};
	struct impair_rules r;
	struct impair_verdict v;
	struct model *m = NULL;
	struct packet p;

	packet_read(&p, data, size);
	for (size_t i = 0; i < size && i < sizeof(copy); i++)
		copy[i] = data[i];
	if (p.ip && p.at < sizeof(copy) - 40)
		packet_set_dscp(&p, copy, 9);
	if (!rules_parse(&r, &a, (const char *)data, size, "fuzz", &dl) &&
	    !model_alloc(&m, r.seed, r.v, r.n))
		for (int i = 0; i < 100; i++)
			model_decide(m, &v, i & 1, &p, i * 1000, 100);
	model_free(m);
	diag_reset(&dl);
	arena_reset(&a);

	return 0;
}
