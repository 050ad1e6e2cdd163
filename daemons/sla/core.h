/**
 * The responder's state without I/O: which operations are open, who may ask
 * for one, and what is answered. A port is open while an operation uses it;
 * an operation is one sender's, for the time it asked for.
 *
 * Times: "mono" nanoseconds for how long, "wall" (since 1970) for stamps.
 */
#ifndef VISAVIS_DAEMONS_SLA_CORE_H
#define VISAVIS_DAEMONS_SLA_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"
#include "lib/sla/auth.h"
#include "lib/sla/history.h"

enum { CORE_OPS_MAX = 1024 };

struct core_limits {
	uint16_t port_lo, port_hi;	/**< that may be asked for */
	uint32_t duration_ms;		/**< that an operation may last */
	unsigned ops;			/**< open at once, at most CORE_OPS_MAX */
	unsigned ops_source;		/**< of them by one address */
	unsigned ops_strangers;		/**< of them by all who are not known */
	unsigned per_second;		/**< control messages that are looked at: of strangers, and
					     as many of those who are known */
	uint16_t control_port;		/**< ours: whoever sends from it answers as we do */
};

enum { CORE_ECHOES = 64 };		/**< to a port that may itself be answered by a machine */

struct core_op {
	uint8_t version;		/**< 1 or 2; 0: free */
	bool known;			/**< its sender */
	struct ip_addr source;		/**< whose packets are answered */
	uint16_t source_port;		/**< 0: whichever its first packet has */
	uint16_t control_port;
	uint32_t control;		/**< number of the request that opened it */
	uint16_t port;
	int64_t until;			/**< mono */
	bool report;			/**< the private CSLD was agreed */
	uint8_t dscp;			/**< to answer with, when so */
	uint32_t received;
	uint64_t answered;
	struct sla_history history;	/**< told when the report was agreed */
};

struct core_time {
	int64_t mono, wall;
};

/** Open or close a port of ours. open: 0, EADDRINUSE or another errno. */
struct core_ports {
	int (*open_h)(uint16_t port, void *arg);
	void (*close_h)(uint16_t port, void *arg);
	void *arg;
};

struct core {
	/* given */
	struct core_limits limits;
	struct core_ports ports;
	const struct sla_keys *keys;	/**< NULL or empty: nobody needs one */
	/** Without keys: is this one that will ask? Then strangers cannot take all of the
	 *  places and of the time. With keys it is whoever proves one. NULL: all are strangers */
	bool (*known_h)(const struct ip_addr *ip, void *arg);
	void *known_arg;
	bool v1;			/**< version 1 is answered (never with keys) */
	uint32_t (*random_h)(void);	/**< for a port of our choice */

	struct core_op ops[CORE_OPS_MAX];
	unsigned nops;
	struct sla_replay replay;
	int64_t begun;			/**< mono, when the program did */
	int64_t busy_until[2];		/**< of the rate limit: strangers, known */
	uint64_t taken, refused, dropped;
};

/** What became of a control message. */
struct core_verdict {
	bool answer;			/**< the buffer holds it, of *n bytes */
	uint16_t status;		/**< SLA_OK when an operation is open */
	const char *why;		/**< for the log, NULL when all is well */
	struct core_op *op;		/**< that was opened or was open */
	bool again;			/**< a repeated request */
};

/**
 * Take a datagram from the control port. An answer is made in its place and
 * is never longer than it.
 */
void core_control(struct core_verdict *v, struct core *c, uint8_t *p, size_t *n,
		  const struct ip_addr *from, uint16_t from_port, const struct core_time *now);

/** Whose packet on a probe port is this? @return NULL: nobody's, no answer */
struct core_op *core_probe(struct core *c, uint16_t port, const struct ip_addr *from,
			   uint16_t from_port, int64_t mono);

/** Would this echo, which looks as its answer does, go to and fro between two
 *  machines? Some are answered all the same: the sender may be a router. */
bool core_echo_ends(const struct core *c, const struct core_op *op);

/** Close what has had its time. @return how many */
unsigned core_expire(struct core *c, int64_t mono);

/** Close all. */
void core_close(struct core *c);

#endif
