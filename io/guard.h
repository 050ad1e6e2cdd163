/**
 * The guard: bind(2), listen(2), connect(2) and sendto(2) of this process,
 * of its libraries too, go through here. A socket that no row asked for is
 * refused with EACCES; the others get their row's DSCP before the first
 * packet leaves, the TCP handshake included.
 *
 * Used through io/flowtab.h alone. Unix sockets pass untouched, as does
 * everything until guard_on(). One thread only (libre's main loop).
 */
#ifndef VISAVIS_IO_GUARD_H
#define VISAVIS_IO_GUARD_H

#include <stdint.h>
#include <sys/socket.h>

/** Start refusing. */
void guard_on(void);

/** Rows we listen on or bind for. Port 0 with SOCK_STREAM permits the bind
 *  of a transport that only dials: its listener is made deaf.
 *  @return 0 or ENOSPC */
int guard_permit_bind(const char *row, uint8_t dscp, int type,
		      const struct sockaddr *sa);

/** Rows we dial: address and port of the far side. @return 0 or ENOSPC */
int guard_permit_peer(const char *row, uint8_t dscp, int type,
		      const struct sockaddr *sa);

/** bind(2) of a socket that a row asked for, with its DSCP; needs no permit
 *  and leaves none. @return 0 or errno */
int guard_bind(int fd, uint8_t dscp, const struct sockaddr *sa, socklen_t len);

/** connect(2) of a socket from guard_bind(), by a row that was checked; needs
 *  no permit and leaves none. @return 0 or errno */
int guard_connect(int fd, const struct sockaddr *sa, socklen_t len);

#endif
