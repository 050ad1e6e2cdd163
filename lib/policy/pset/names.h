/**
 * Names that configurations give to protocols, ports, ICMP types, DSCP
 * values and TCP flags: IANA's, and what Cisco, Juniper and Linux call them.
 */
#ifndef VISAVIS_LIB_POLICY_PSET_NAMES_H
#define VISAVIS_LIB_POLICY_PSET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All take names that need not end in NUL, without regard to case, and
 *  decimal numbers in range. @return false: neither */
bool names_protocol(unsigned *number, const char *s, size_t n);
/** @param tcp,udp  which registry; Cisco's words differ ("cmd", "rsh"; "who") */
bool names_port(unsigned *port, const char *s, size_t n, bool tcp, bool udp);
bool names_dscp(unsigned *dscp, const char *s, size_t n);
/** "precedence" words: routine 0 .. network 7 */
bool names_precedence(unsigned *v, const char *s, size_t n);
/** ack, syn, ... ; *bit is enum config_flags' bit */
bool names_tcp_flag(uint8_t *bit, const char *s, size_t n);

/** ICMP names stand for a type and maybe one code ("host-unreachable"). Of
 *  family 4 or 6. Numbers are types with any code. */
bool names_icmp(uint8_t family, unsigned *type, unsigned *code_lo, unsigned *code_hi,
		const char *s, size_t n);

/** The common name of a number, or NULL: for print. */
const char *names_protocol_str(unsigned number);
const char *names_port_str(unsigned port, bool udp);
const char *names_icmp_str(uint8_t family, unsigned type);

#endif
