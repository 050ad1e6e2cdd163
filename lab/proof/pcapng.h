/**
 * Writing captures in the pcapng format (draft-ietf-opsawg-pcapng), with the
 * name of each interface and times in nanoseconds.
 */
#ifndef VISAVIS_LAB_PCAPNG_H
#define VISAVIS_LAB_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Start a file. @return 0 or errno */
int pcapng_begin(FILE *f);

/** Interfaces are numbered from 0 in the order of these calls; all before
 *  the first packet. `snap` of 0: no limit. */
int pcapng_interface(FILE *f, const char *name, uint32_t snap);

/** @param len  bytes stored, of the `wire` that were seen */
int pcapng_packet(FILE *f, uint32_t iface, uint64_t t_ns, const void *p,
		  size_t len, size_t wire);

#endif
