/**
 * The flow matrix: which system talks to which, over what, when.
 *
 * One row is one flow of the solution. The same rows tell a program how to
 * open its sockets, the policy compiler which rules to write, the auditor
 * what is required, the documentation its port table and the proof its
 * checklist. The shipped matrix is data/flows.yaml, embedded; a site may
 * load further ones in the same format.
 */
#ifndef VISAVIS_LIB_FLOW_FLOW_H
#define VISAVIS_LIB_FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"

enum flow_transport {
	FLOW_L2 = 0,	/**< link layer: no firewall line */
	FLOW_ICMP,	/**< ICMP and ICMPv6 */
	FLOW_TCP,
	FLOW_UDP,
};

/** ICMP kinds a row may name; each means the ICMP and the ICMPv6 type. */
enum flow_icmp {
	FLOW_ICMP_ECHO = 1 << 0,		/**< request and reply */
	FLOW_ICMP_UNREACHABLE = 1 << 1,
	FLOW_ICMP_TIME_EXCEEDED = 1 << 2,
	FLOW_ICMP_PACKET_TOO_BIG = 1 << 3,	/**< v4: unreachable, code 4 */
};

/** Ephemeral ports as the policy sees them: what any host may choose. */
enum { FLOW_EPHEMERAL_LO = 1024, FLOW_EPHEMERAL_HI = 65535 };

/** A port or a range of ports at one end of a row; lo <= hi. */
struct flow_port {
	uint16_t lo;
	uint16_t hi;
	bool ephemeral;		/**< lo, hi are FLOW_EPHEMERAL_* */
	bool tls;		/**< TLS runs on it */
	const char *when;	/**< condition of this port alone, or NULL */
};

/** One end of a row. */
struct flow_end {
	const char **roles;	/**< "codec", ...; see the ROLE_ names below */
	size_t nroles;
	struct flow_port *ports;
	size_t nports;		/**< 0: none (ICMP, L2) or any port */
};

/** Roles with a meaning of their own; all others name hosts of the site. */
#define FLOW_ROLE_ANY "any"
#define FLOW_ROLE_BROADCAST "broadcast"		/**< 255.255.255.255 */
#define FLOW_ROLE_UNSPECIFIED "unspecified"	/**< 0.0.0.0, no lease yet */

/** Conditions that a site decides by itself; see site_condition(). */
#define FLOW_WHEN_ALWAYS "always"
#define FLOW_WHEN_SECURE "secure"
#define FLOW_WHEN_INSECURE "insecure"

struct flow_row {
	const char *id;		/**< "A2-07", "X-01", or a user's own */
	const char *table;	/**< "A-2"; NULL outside the source document */
	unsigned number;	/**< row within the table, from 1; 0: none */
	const char *protocol;	/**< "SIP", "HTTP", ... */
	enum flow_transport transport;
	unsigned icmp;		/**< enum flow_icmp bits, FLOW_ICMP only */
	struct flow_end from;	/**< who opens the flow */
	struct flow_end to;
	bool both_ways;		/**< media: either end may send first */
	const char *when;	/**< condition, FLOW_WHEN_ALWAYS if none given */
	uint8_t dscp;		/**< 0..63 */
	const char *purpose;
	const char *misprint;	/**< what the source printed instead; or NULL */
	const char *reason;	/**< why a row of our own exists; or NULL */
	const char *same_as;	/**< id of the same flow in another table */
	struct diag_pos pos;
};

struct flow_matrix {
	const char *name;	/**< "visavis" for the shipped one */
	struct flow_row *rows;
	size_t nrows;
	const char **roles;	/**< that its rows name, each once and sorted;
				  without those of FLOW_ROLE_ */
	size_t nroles;
};

/**
 * Read a matrix in YAML.
 *
 * @param m     filled; all it points to lives in `a`
 * @param a     arena
 * @param text  the file's bytes, `len` of them, need not end in NUL
 * @param name  file name for messages, copied
 * @param dl    every mistake is added here
 * @return 0; EBADMSG when dl got an error; ENOMEM
 */
int flow_matrix_parse(struct flow_matrix *m, struct arena *a,
		      const char *text, size_t len, const char *name,
		      struct diag_list *dl);

/** The matrix the product ships, parsed once into `a`.
 *  @return 0 or ENOMEM (that it is free of mistakes is a test of ours) */
int flow_matrix_builtin(struct flow_matrix *m, struct arena *a);

/** @return the row, or NULL */
const struct flow_row *flow_matrix_find(const struct flow_matrix *m,
					const char *id);

/** Does one of its rows name the role? */
bool flow_matrix_has_role(const struct flow_matrix *m, const char *role);

const char *flow_transport_name(enum flow_transport t);	/**< "tcp" */

/** "CS4", "AF41", "EF", "0" or a number into buf; @return buf */
char *flow_dscp_str(uint8_t dscp, char buf[8]);
/** @return 0 or EINVAL */
int flow_dscp_parse(uint8_t *dscp, const char *s);

bool flow_end_has_role(const struct flow_end *e, const char *role);

/** Ports as text: "ephemeral", "5060,5061", "16384-32768", "-" */
char *flow_ports_str(const struct flow_end *e, char *buf, size_t size);

#endif
