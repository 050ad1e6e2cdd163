/*
 * libre and libcurl make their own sockets and offer no hook before the
 * first packet, so the four calls that open a socket to the network are
 * defined here: the linker prefers a program's own symbol to libc's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/guard.h"
#include "io/log.h"


enum { PERMITS_MAX = 512, FDS_MAX = 65536 };

struct permit {
	const char *row;
	struct sockaddr_storage sa;
	int type;
	uint8_t dscp;
};

/* What is known of a descriptor since it was bound or connected. */
enum fd_state {
	FD_UNKNOWN = 0,
	FD_LISTENS,	/* bound through a row: may answer whoever asks */
	FD_DEAF,	/* TCP socket of a transport that only dials */
	FD_CLIENT,	/* ephemeral: each destination is looked up */
};

static struct {
	bool on;
	struct permit binds[PERMITS_MAX];
	size_t nbinds;
	struct permit peers[PERMITS_MAX];
	size_t npeers;
	uint8_t fds[FDS_MAX];
	uint8_t dscp[FDS_MAX];	/* what is set, +1; 0: nothing yet */
} gd;


void guard_on(void)
{
	gd.on = true;
}


static bool is_inet(const struct sockaddr *sa)
{
	return sa && (sa->sa_family == AF_INET || sa->sa_family == AF_INET6);
}


static uint16_t sa_port_of(const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	return ntohs(sa->sa_family == AF_INET ? in->sin_port : in6->sin6_port);
}


static bool addr_equal(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->sa_family != b->sa_family || sa_port_of(a) != sa_port_of(b))
		return false;

	return a->sa_family == AF_INET ?
		a4->sin_addr.s_addr == b4->sin_addr.s_addr :
		!memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr));
}


static const struct permit *find(const struct permit *v, size_t n, int type,
				 const struct sockaddr *sa)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].type == type && addr_equal((const void *)&v[i].sa, sa))
			return &v[i];

	return NULL;
}


static int add(struct permit *v, size_t *n, const char *row, uint8_t dscp,
	       int type, const struct sockaddr *sa)
{
	size_t len = sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) :
						sizeof(struct sockaddr_in6);

	if (find(v, *n, type, sa))
		return 0;
	if (*n == PERMITS_MAX)
		return ENOSPC;

	v[*n] = (struct permit){ .row = row, .type = type, .dscp = dscp };
	memcpy(&v[*n].sa, sa, len);
	(*n)++;
	return 0;
}


int guard_permit_bind(const char *row, uint8_t dscp, int type,
		      const struct sockaddr *sa)
{
	return add(gd.binds, &gd.nbinds, row, dscp, type, sa);
}


int guard_permit_peer(const char *row, uint8_t dscp, int type,
		      const struct sockaddr *sa)
{
	return add(gd.peers, &gd.npeers, row, dscp, type, sa);
}


static void guard_mark(int fd, uint8_t dscp)
{
	int tos = dscp << 2;

	/* one of the two fails, by family: that is as it should be */
	(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}


static int sock_type(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	(void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	return type;
}


static void fd_set_state(int fd, enum fd_state st, uint8_t dscp)
{
	if (fd < 0 || fd >= FDS_MAX)
		return;

	gd.fds[fd] = (uint8_t)st;
	gd.dscp[fd] = 0;
	if (st == FD_CLIENT)
		return;

	guard_mark(fd, dscp);
	gd.dscp[fd] = (uint8_t)(dscp + 1);
	/* Signalling is short messages that wait for each other: Nagle's
	 * algorithm would hold an ACK behind a delayed acknowledgement for
	 * 40 ms. Accepted connections inherit this; UDP refuses it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}


static int refuse(const char *call, int type, const struct sockaddr *sa)
{
	char ip[INET6_ADDRSTRLEN] = "?", peer[INET6_ADDRSTRLEN + 16];
	const void *a = sa->sa_family == AF_INET ?
		(const void *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr :
		(const void *)&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	const char *t = type == SOCK_STREAM ? "tcp" : "udp";

	(void)inet_ntop(sa->sa_family, a, ip, sizeof(ip));
	(void)snprintf(peer, sizeof(peer), sa->sa_family == AF_INET ? "%s:%u" : "[%s]:%u",
		       ip, sa_port_of(sa));
	log_debug("%s to %s %s refused: no row of the flow matrix", call, t, peer);
	log_event("guard", "{s:s, s:s, s:s}", "call", call, "peer", peer, "transport", t);
	errno = EACCES;
	return -1;
}


int guard_bind(int fd, uint8_t dscp, const struct sockaddr *sa, socklen_t len)
{
	fd_set_state(fd, FD_LISTENS, dscp);
	return syscall(SYS_bind, fd, sa, len) ? errno : 0;
}


int guard_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	return syscall(SYS_connect, fd, sa, len) ? errno : 0;
}


int bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	const struct permit *p;
	int type;

	if (!gd.on || !is_inet(sa))
		return (int)syscall(SYS_bind, fd, sa, len);

	type = sock_type(fd);
	p = find(gd.binds, gd.nbinds, type, sa);
	if (p)
		fd_set_state(fd, sa_port_of(sa) || type != SOCK_STREAM ?
			     FD_LISTENS : FD_DEAF, p->dscp);
	else if (sa_port_of(sa) == 0 && type == SOCK_DGRAM)
		fd_set_state(fd, FD_CLIENT, 0);
	else
		return refuse("bind", type, sa);

	return (int)syscall(SYS_bind, fd, sa, len);
}


/* A transport that only dials must not take calls: libre listens all the
 * same, so its listener gets a filter that drops every packet. */
int listen(int fd, int backlog)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &drop };

	if (gd.on && fd >= 0 && fd < FDS_MAX && gd.fds[fd] == FD_DEAF &&
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		return -1;

	return (int)syscall(SYS_listen, fd, backlog);
}


/* libraries connect a UDP socket to learn their own address towards a peer:
 * they learn it, with port 0, and can send nothing */
static int connect_for_route(int fd, const struct sockaddr *sa, socklen_t len)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;

	memset(&u, 0, sizeof(u));
	memcpy(&u, sa, len < sizeof(u) ? len : sizeof(u));
	if (sa->sa_family == AF_INET)
		u.in.sin_port = 0;
	else
		u.in6.sin6_port = 0;

	if (syscall(SYS_connect, fd, &u, len))
		return -1;

	return shutdown(fd, SHUT_WR);
}


int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	const struct permit *p;
	int type;

	if (!gd.on || !is_inet(sa))
		return (int)syscall(SYS_connect, fd, sa, len);

	type = sock_type(fd);
	p = find(gd.peers, gd.npeers, type, sa);
	if (p) {
		fd_set_state(fd, FD_LISTENS, p->dscp);
		return (int)syscall(SYS_connect, fd, sa, len);
	}

	return type == SOCK_DGRAM ? connect_for_route(fd, sa, len) :
				    refuse("connect", type, sa);
}


static bool may_send(int fd, const struct sockaddr *sa)
{
	const struct permit *p;

	if (fd < 0 || fd >= FDS_MAX || gd.fds[fd] == FD_LISTENS)
		return true;
	if (sock_type(fd) != SOCK_DGRAM)
		return true;

	p = find(gd.peers, gd.npeers, SOCK_DGRAM, sa);
	if (!p)
		return false;

	if (gd.dscp[fd] != p->dscp + 1) {
		guard_mark(fd, p->dscp);
		gd.dscp[fd] = (uint8_t)(p->dscp + 1);
	}
	return true;
}


ssize_t sendto(int fd, const void *buf, size_t n, int flags,
	       const struct sockaddr *sa, socklen_t len)
{
	if (gd.on && is_inet(sa) && !may_send(fd, sa))
		return refuse("sendto", SOCK_DGRAM, sa);

	return syscall(SYS_sendto, fd, buf, n, flags, sa, len);
}
