/**
 * Sockets through rows: a program opens or dials nothing but a row of the
 * flow matrix.
 *
 * The row gives transport, port, TLS or not, and DSCP; the site gives the
 * address and decides which of a row's ports apply. Libraries that make
 * their own sockets (libre, libcurl) are held to the same rule: connect(2)
 * and bind(2) of this process pass through io/guard.c, which knows the rows
 * that were asked for here and refuses the rest with EACCES.
 *
 * Every opening and its outcome is logged as event "flow".
 */
#ifndef VISAVIS_IO_FLOWTAB_H
#define VISAVIS_IO_FLOWTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "io/libre.h"

#include "lib/flow/flow.h"
#include "lib/site/site.h"

/** Set the process's view. All arguments are borrowed for its lifetime.
 *  @param self  the host that this program runs as */
void flowtab_init(const struct site *s, const struct site_host *self);

/** The port of a row that applies at this site, at the row's "to" end.
 *  @param tls  NULL, or set to whether TLS runs on it
 *  @return 0, or ENOENT: no such row, or no port of it applies here */
int flowtab_port(uint16_t *port, bool *tls, const char *row);

/** Does the row apply at this site at all? */
bool flowtab_applies(const char *row);

/**
 * Where to listen: the row's port on our own address. Permits bind(2) there.
 * @param addr    filled: address, port
 * @param row     row whose "to" end we are
 * @param family  4, 6 or 0 (first address of the host)
 * @return 0, ENOENT as above, EADDRNOTAVAIL no address of that family,
 *         EACCES: this host has no role of the row's "to" end
 */
int flowtab_listen(struct sa *addr, const char *row, int family);

/**
 * The local end of a transport that only dials: our address with port 0.
 * Permits the bind(2) that libre makes for it; nothing can call in there.
 * @return 0, ENOENT, EACCES, EADDRNOTAVAIL
 */
int flowtab_dial_local(struct sa *addr, const char *row, int family);

/**
 * May we dial? Permits connect(2) and sendto(2) to peer (address and port)
 * under this row.
 * @return 0, ENOENT, or EACCES: the peer's port is none of the row's, or we
 *         have no role of the row's "from" end
 */
int flowtab_dial(const char *row, const struct sa *peer);

/**
 * A UDP socket bound through a row: non-blocking, close-on-exec, with the
 * row's DSCP (IPv4 and IPv6), never blocked by the guard.
 * @param fd      the descriptor; the caller closes it
 * @param row     for "from" ends with a port range (RTP) or "to" ends
 * @param addr    address to bind; port 0: any of the row's ports at our end
 *                that is free, in a random place; else exactly that one,
 *                which must be the row's
 * @param even    with port 0: an even port whose successor is the row's too
 * @return 0, ENOENT, EACCES, EADDRINUSE
 */
int flowtab_udp(int *fd, const char *row, struct sa *addr, bool even);

/**
 * The same for a row whose "to" end we are, also when its "from" end is us as
 * well: a host that measures and is measured.
 * @param addr  port 0: as above
 * @return as flowtab_udp()
 */
int flowtab_udp_answer(int *fd, const char *row, struct sa *addr);

/**
 * A UDP socket connected through a row whose "from" end we are, from a port
 * of the kernel's choice on our own address. It leaves no permit behind: for
 * rows with a port for each operation.
 * @param peer  address and port of the far end; must be one of the row's
 * @param local NULL, or filled with our end
 * @return 0, ENOENT, EACCES, EADDRNOTAVAIL, or errno of connect(2)
 */
int flowtab_udp_dial(int *fd, const char *row, const struct sa *peer, struct sa *local);

/** The ports of a row's "to" end at this site, first and last of the first
 *  range. @return 0 or ENOENT */
int flowtab_range(uint16_t *lo, uint16_t *hi, const char *row);

/**
 * The far ends of a row: address and port of every host at this site whose
 * role is the row's "to" end; each is permitted as by flowtab_dial().
 * @return how many were written, at most max
 */
size_t flowtab_peers(struct sa *v, size_t max, const char *row);

enum flow_transport flowtab_transport(const char *row);

/** Is this remote port one that the row's other end may use? */
bool flowtab_peer_port_ok(const char *row, uint16_t port);

/** The site's address as libre has it. @return 0 */
int flowtab_sa(struct sa *sa, const struct ip_addr *a, uint16_t port);

/** Log what became of a flow. `dir` is "out" or "in"; `outcome` is one of
 *  open, ok, refused, timeout, closed, error. */
void flowtab_log(const char *row, const char *dir, const struct sa *local,
		 const struct sa *peer, const char *outcome,
		 const char *detail);

#endif
