#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sla/auth.h"
#include "lib/sla/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* As a responder reads it and answers, and that as an agent does. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sla_key key = {.mode = SLA_AUTH_HMAC, .secret = "fuzz", .len = 4};
	const struct sla_v2_answer a = {.status = SLA_FORMAT, .udp_status = SLA_FORMAT};
	struct sla_v2_probe pr = {.reported = size % 2}, pr2 = pr;
	struct sla_past past[SLA_HISTORY];
	struct sla_v2_control c, c2;
	uint8_t p[2048];
	size_t n = size < sizeof(p) ? size : sizeof(p);
	int err;

	memcpy(p, data, n);
	if (!sla_v2_probe_parse(&pr, p, n)) {
		sla_v2_probe_answer(p, n, &pr);
		if (sla_v2_probe_parse(&pr2, p, n) || memcmp(&pr, &pr2, sizeof(pr)))
			abort();
		(void)sla_history_read(past, p, n, pr.rseq);
	}
	memcpy(p, data, n);
	err = sla_v2_control_parse(&c, p, n);
	if (err && err != EPROTO)
		return 0;
	sla_v2_control_answer(p, n, &c, &a);
	if (c.auth.digest_at && (sla_auth_sign(p, n, c.auth.digest_at, &key) ||
				 sla_auth_verify(p, n, c.auth.digest_at, &key)))
		abort();
	if (sla_v2_control_parse(&c2, p, n) != err || c2.status != SLA_FORMAT || c2.seq != c.seq)
		abort();
	return 0;
}
