/**
 * Numbers that look random and depend on nothing but where they are asked
 * for: the same seed, stream, packet and draw give the same bits on every
 * machine, in whatever order they are asked. Pure.
 */
#ifndef VISAVIS_LAB_IMPAIR_PRNG_H
#define VISAVIS_LAB_IMPAIR_PRNG_H

#include <stdint.h>

/**
 * @param seed    of the run
 * @param stream  direction and rule: those share no numbers
 * @param n       the packet
 * @param draw    which of the packet's decisions
 */
uint64_t prng_bits(uint64_t seed, uint32_t stream, uint64_t n, uint32_t draw);

/** The same as a fraction: at least 0, below 1, 53 bits. */
double prng_unit(uint64_t seed, uint32_t stream, uint64_t n, uint32_t draw);

#endif
