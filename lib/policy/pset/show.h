/**
 * Packets and sets of packets as text, the same for every dialect:
 *
 *   udp 10.1.1.1:16500 > 10.2.2.2:5060
 *   tcp 10.1.1.1:1024-65535 > [2001:db8::1]:5061 syn !ack
 *   icmp 10.1.0.0/24 > any type 8
 *
 * A packet read may also say: "type N" and "code N" (or an ICMP name), TCP
 * flags by name, "fragment", "dscp NAME", "state NAME", "in IFACE", "out
 * IFACE".
 */
#ifndef VISAVIS_LIB_POLICY_PSET_SHOW_H
#define VISAVIS_LIB_POLICY_PSET_SHOW_H

#include <stddef.h>

#include "lib/base/sbuf.h"
#include "lib/policy/pset/pset.h"

enum { SHOW_IFACE_LEN = 64, SHOW_WHY_LEN = 160 };

/** "udp 10.1.0.0/24:5060 > any": a box's whole text on one line */
void show_box(struct sbuf *sb, const struct pset_box *b);
void show_packet(struct sbuf *sb, const struct pset_packet *p);

/** "new", of a number of PSET_STATE */
const char *show_state(unsigned state);
/** Without regard to case. @return 0, EINVAL: no such state */
int show_state_parse(unsigned *state, const char *s, size_t n);

struct show_packet {
	struct pset_packet packet;
	char in[SHOW_IFACE_LEN], out[SHOW_IFACE_LEN];	/**< "" not given */
	bool has_state;
	bool has_ports;		/**< both were given, or it has none */
};

/**
 * Read a packet; one of TCP without flags opens a connection (syn), one of
 * ICMP without type is an echo request, and the state is new.
 * @param why  of EINVAL: what is wrong, for print
 * @return 0 or EINVAL
 */
int show_packet_parse(struct show_packet *sp, const char *s, char why[SHOW_WHY_LEN]);

#endif
