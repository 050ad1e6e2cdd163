#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "daemons/media/session/session_priv.h"

enum { RECV_SIZE = 2048, SEND_SIZE = RTP_PACKET_MAX + SRTP_MAX_OVERHEAD };

struct session_batch {
	struct mmsghdr in[SESSION_BATCH];
	struct iovec in_iov[SESSION_BATCH];
	struct sockaddr_storage from[SESSION_BATCH];
	union {
		struct cmsghdr align;
		uint8_t b[CMSG_SPACE(sizeof(struct timespec)) + 64];
	} ctl[SESSION_BATCH];
	uint8_t in_buf[SESSION_BATCH][RECV_SIZE];
	uint64_t now_us;
	struct mmsghdr out[SESSION_BATCH];
	struct iovec out_iov[SESSION_BATCH];
	uint8_t out_buf[SESSION_BATCH][SEND_SIZE];
	unsigned nout;
};

int session_batch_alloc(struct session_batch **bp)
{
	*bp = calloc(1, sizeof(**bp));
	return *bp ? 0 : ENOMEM;
}


void session_batch_free(struct session_batch *b)
{
	free(b);
}


size_t session_batch_recv(struct session_batch *b, int fd)
{
	int n;

	for (size_t i = 0; i < SESSION_BATCH; i++) {
		b->in_iov[i] = (struct iovec){ b->in_buf[i], RECV_SIZE };
		b->in[i].msg_hdr = (struct msghdr){
			.msg_name = &b->from[i],
			.msg_namelen = sizeof(b->from[i]),
			.msg_iov = &b->in_iov[i],
			.msg_iovlen = 1,
			.msg_control = b->ctl[i].b,
			.msg_controllen = sizeof(b->ctl[i].b),
		};
	}
	n = recvmmsg(fd, b->in, SESSION_BATCH, MSG_DONTWAIT, NULL);
	b->now_us = session_now();
	return n > 0 ? (size_t)n : 0;
}


static uint64_t arrival(struct msghdr *m, uint64_t now_us)
{
	struct timespec ts;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (uint64_t)ts.tv_sec * 1000000 +
			(uint64_t)ts.tv_nsec / 1000;
	}
	return now_us;
}


void session_batch_get(struct session_batch *b, size_t i,
		       struct session_in *in)
{
	struct msghdr *m = &b->in[i].msg_hdr;

	in->p = b->in_buf[i];
	in->len = b->in[i].msg_len;
	in->torn = (m->msg_flags & MSG_TRUNC) || in->len > RTP_PACKET_MAX;
	in->arrival_us = arrival(m, b->now_us);
	in->from = &b->from[i];
}


uint8_t *session_batch_room(struct session_batch *b, size_t *max)
{
	if (b->nout == SESSION_BATCH)
		return NULL;
	*max = SEND_SIZE;
	return b->out_buf[b->nout];
}


void session_batch_add(struct session_batch *b, size_t len)
{
	b->out_iov[b->nout] = (struct iovec){ b->out_buf[b->nout], len };
	b->nout++;
}


static socklen_t addr_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
		sizeof(struct sockaddr_in);
}


size_t session_batch_flush(struct session_batch *b, int fd,
			   const struct sockaddr_storage *to)
{
	struct sockaddr_storage dst = *to;
	size_t failed = 0;
	unsigned pos = 0;

	for (unsigned i = 0; i < b->nout; i++) {
		b->out[i].msg_hdr = (struct msghdr){
			.msg_name = &dst,
			.msg_namelen = addr_len(&dst),
			.msg_iov = &b->out_iov[i],
			.msg_iovlen = 1,
		};
	}
	while (pos < b->nout) {
		int n = sendmmsg(fd, b->out + pos, b->nout - pos,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			pos += (unsigned)n;
		}
		else if (errno != EINTR) {
			failed++;	/* that packet is lost, not the rest */
			pos++;
		}
	}
	b->nout = 0;
	return failed;
}


int session_socket_prepare(int fd)
{
	static const int on = 1, size = 2 << 20;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return errno;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return errno;
	/* as far as the system lets us; root may go past its limit */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
	return 0;
}


static bool session_addr_same_host(const struct sockaddr_storage *a,
			    const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a->ss_family == AF_INET6 &&
		!memcmp(&a6->sin6_addr, &b6->sin6_addr,
			sizeof(a6->sin6_addr));
}


uint16_t session_addr_port(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
	return ntohs(((const struct sockaddr_in *)a)->sin_port);
}


void session_addr_set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)a)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)a)->sin_port = htons(port);
}


bool session_addr_equal(const struct sockaddr_storage *a,
			const struct sockaddr_storage *b)
{
	return session_addr_same_host(a, b) &&
		session_addr_port(a) == session_addr_port(b);
}


bool session_addr_accept(struct sockaddr_storage *peer,
			 const struct sockaddr_storage *from, uint16_t lo,
			 uint16_t hi)
{
	uint16_t port = session_addr_port(from);

	if (session_addr_equal(peer, from))
		return true;
	return hi && port >= lo && port <= hi &&
		session_addr_same_host(peer, from);
}
