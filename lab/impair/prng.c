#include "lab/impair/prng.h"


/* Two multiplications with shifts between: every bit in moves every bit out
 * half of the time. The constants are odd and have no pattern; what they give
 * is held to chi-square in the unit test. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 29;
	x *= 0xa0761d6478bd642fULL;
	x ^= x >> 32;

	return x;
}


uint64_t prng_bits(uint64_t seed, uint32_t stream, uint64_t n, uint32_t draw)
{
	uint64_t x = mix(seed + 0x9e3779b97f4a7c15ULL);

	x = mix(x ^ ((uint64_t)stream << 32 | draw));
	x = mix(x + n * 0x9e3779b97f4a7c15ULL);

	return mix(x ^ seed);
}


double prng_unit(uint64_t seed, uint32_t stream, uint64_t n, uint32_t draw)
{
	return (double)(prng_bits(seed, stream, n, draw) >> 11) * 0x1p-53;
}
