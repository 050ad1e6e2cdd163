/* The JSON of a measurement, as `visavis plan` takes it from anyone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sla/plan.h"

static const char text[] =
	"site: s\nnetworks: { a: 10.0.1.0/24, b: 10.0.2.0/24 }\n"
	"hosts: { x: { role: codec, address: 10.0.1.1 }, y: { role: codec, address: 10.0.2.1 } }\n"
	"links: { a: 10M, b: 10M }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The site stays the same, and its rows alone are longer than most inputs: made once. */
static const struct sla_plan *plan(void)
{
	static struct arena a;
	static struct site s;
	static struct sla_plan p;
	struct diag_list dl = {0};

	if (!p.npairs && (site_parse(&s, &a, text, strlen(text), "s", &dl) ||
			  sla_plan_make(&p, &a, &s, "1080p-best", false)))
		abort();
	diag_reset(&dl);
	return &p;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sla_plan *p = plan();
	struct arena a = {0};
	struct sla_plan_path path;
	const struct sla_plan_path *by;
	const char *what;

	if (!sla_plan_path_read(&path, &a, p, "f", (const char *)data, size, &what))
		(void)sla_plan_pair_answer(p, &p->pairs[0], &path, 1, &by);
	arena_reset(&a);
	return 0;
}
