/* Credentials of an Authorization header, and every use we make of them. */
#include <string.h>

#include "lib/digest/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[DIGEST_KEY];
	struct digest_cred c;
	char out[DIGEST_HEX];
	enum digest_alg alg;
	uint32_t n;
	uint64_t salt;

	if (digest_cred_parse(&c, (const char *)data, size))
		return 0;
	if (!digest_alg_parse(&alg, &c.algorithm) &&
	    !digest_response(out, alg, "00", &c, "REGISTER", 8))
		(void)digest_equal(out, &c.response);
	(void)digest_nonce_check(&n, &salt, key, &c.nonce);
	if (c.nc.p)
		(void)digest_nc_parse(&n, &c.nc);
	return 0;
}
