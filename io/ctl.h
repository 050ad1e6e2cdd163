/**
 * The control socket of a daemon: a Unix socket that takes one JSON object a
 * line and answers with one JSON object a line.
 *
 * Request {"cmd":"call","args":["1002"]}; answer {"ok":true, ...} or
 * {"ok":false,"error":"what to do"}. `visavis ctl HOST CMD ARGS` speaks it.
 */
#ifndef VISAVIS_IO_CTL_H
#define VISAVIS_IO_CTL_H

#include <jansson.h>

struct ctl_server;
struct ctl_conn;

/** One command of a daemon's table; the table ends with a NULL name. */
struct ctl_cmd {
	const char *name;
	const char *args;	/**< for help: "NUMBER" */
	const char *help;
	/** Answer with ctl_reply() or ctl_fail(), now or later; a connection
	 *  that goes away in between is forgotten by ctl_conn_on_close. Until
	 *  the answer no other command of that connection is taken. */
	void (*handler)(struct ctl_conn *conn, int argc, const char *argv[],
			void *arg);
};

/**
 * Listen on a Unix socket, mode 0600, in libre's main loop. A stale socket
 * of a dead process is replaced; that of a living one gives EADDRINUSE.
 * "help" is answered from the table.
 */
int ctl_listen(struct ctl_server **srvp, const char *path,
	       const struct ctl_cmd *cmds, void *arg);	/* mem_deref to stop */

/** The same at HOST's own path; an error is logged. */
int ctl_open(struct ctl_server **srvp, const char *host, const struct ctl_cmd *cmds, void *arg);

/** Answer; steals obj (may be NULL: just ok). */
void ctl_reply(struct ctl_conn *conn, json_t *obj);
void ctl_fail(struct ctl_conn *conn, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Tell a handler that answers later that the client has gone. */
void ctl_conn_on_close(struct ctl_conn *conn, void (*h)(void *arg), void *arg);

/**
 * Client: send one command and wait for the answer.
 * @param timeout_ms  0: wait for ever
 * @return 0 with *answer owned by the caller, ENOENT or ECONNREFUSED when no
 *         daemon listens, ETIMEDOUT, EBADMSG
 */
int ctl_request(json_t **answer, const char *path, const char *cmd,
		int argc, const char *const argv[], unsigned timeout_ms);

/** The folder that holds a folder for each host, unless $VISAVIS_RUN names
 *  another. */
#define CTL_RUN "/run/visavis"

/** Where HOST's socket lies: RUN/HOST/ctl.sock. @return 0 or ENAMETOOLONG */
int ctl_path_in(char *buf, size_t size, const char *run, const char *host);

/** The same with run as the environment has it. */
int ctl_path(char *buf, size_t size, const char *host);

#endif
