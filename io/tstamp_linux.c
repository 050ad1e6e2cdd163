#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

/* these want struct timespec from those above */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "io/tstamp.h"

enum {
	CONTROL = 256,			/* room for the stamps and the class */
	HARDWARE_NEAR = 1000000,	/* ns: farther, and its clock is another's */
	QUICK = 20000,			/* ns: three clock readings without interruption */
	TRIES = 5,
	NSEC = 1000000000,
};

/* What the kernel wants beside the packets. */
struct tstamp_room {
	struct mmsghdr hdr[TSTAMP_BATCH];
	struct iovec iov[TSTAMP_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[TSTAMP_BATCH][CONTROL];
	uint8_t buf[TSTAMP_BATCH][TSTAMP_PACKET];
};


static int64_t ns_of(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * NSEC + ts->tv_nsec;
}


static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return ns_of(&ts);
}


int64_t tstamp_wall(void)
{
	return clock_ns(CLOCK_REALTIME);
}


int64_t tstamp_mono(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}


int tstamp_batch_alloc(struct tstamp_batch *b)
{
	memset(b, 0, sizeof(*b));
	b->room = calloc(1, sizeof(*b->room));
	if (!b->room)
		return ENOMEM;
	for (size_t i = 0; i < TSTAMP_BATCH; i++)
		b->v[i].p = b->room->buf[i];
	return 0;
}


void tstamp_batch_free(struct tstamp_batch *b)
{
	free(b->room);
	memset(b, 0, sizeof(*b));
}


static int is_ip6(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	return domain == AF_INET6;
}


int tstamp_enable(int fd, enum tstamp_transmit transmit, bool *kernel)
{
	const int software = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
		(transmit ? SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY : 0) |
		(transmit == TSTAMP_ALL ? SOF_TIMESTAMPING_TX_SOFTWARE : 0);
	const int hardware = SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE |
		(transmit == TSTAMP_ALL ? SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_OPT_TX_SWHW : 0);
	const int both = software | hardware, on = 1;
	int err;

	*kernel = !setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &both, sizeof(both)) ||
		!setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &software, sizeof(software));
	err = is_ip6(fd) ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)) :
			   setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	return err ? errno : 0;
}


int64_t tstamp_choose(int64_t software, int64_t hardware)
{
	int64_t d = hardware - software;

	if (!hardware || !software)
		return software;
	return d < HARDWARE_NEAR && d > -HARDWARE_NEAR ? hardware : software;
}


static bool is_tos(const struct cmsghdr *c)
{
	return (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
		(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS);
}


/* IPv4 gives one byte, IPv6 an int. */
static int tos_read(const struct cmsghdr *c)
{
	int tos;

	if (c->cmsg_level == IPPROTO_IP)
		return *CMSG_DATA(c);
	memcpy(&tos, CMSG_DATA(c), sizeof(tos));
	return tos & 0xff;
}


static void packet_read(struct tstamp_packet *pk, struct mmsghdr *h, int64_t now)
{
	struct scm_timestamping ts;

	pk->len = h->msg_len;
	pk->peer_len = h->msg_hdr.msg_namelen;
	pk->cut = h->msg_hdr.msg_flags & MSG_TRUNC;
	pk->tos = TSTAMP_NO_TOS;
	pk->at = pk->read_at = now;
	pk->kernel = pk->stamp = false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h->msg_hdr); c; c = CMSG_NXTHDR(&h->msg_hdr, c)) {
		if (is_tos(c)) {
			pk->tos = tos_read(c);
		}
		else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			pk->kernel = ts.ts[0].tv_sec != 0;
			if (pk->kernel)
				pk->at = tstamp_choose(ns_of(&ts.ts[0]), ns_of(&ts.ts[2]));
		}
	}
}


static void header_set(struct tstamp_batch *b, size_t i, size_t len, size_t control)
{
	struct tstamp_room *r = b->room;
	struct msghdr *m = &r->hdr[i].msg_hdr;

	r->iov[i] = (struct iovec){b->v[i].p, len};
	*m = (struct msghdr){
		.msg_name = &b->v[i].peer, .msg_namelen = sizeof(b->v[i].peer),
		.msg_iov = &r->iov[i], .msg_iovlen = 1,
		.msg_control = control ? r->control[i] : NULL, .msg_controllen = control,
	};
}


int tstamp_recv(int fd, struct tstamp_batch *b)
{
	int64_t now;
	int n;

	b->n = 0;
	for (size_t i = 0; i < TSTAMP_BATCH; i++)
		header_set(b, i, TSTAMP_PACKET, CONTROL);
	n = recvmmsg(fd, b->room->hdr, TSTAMP_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno;
	now = tstamp_wall();
	for (int i = 0; i < n; i++)
		packet_read(&b->v[i], &b->room->hdr[i], now);
	b->n = (size_t)n;
	return n ? 0 : EAGAIN;
}


/* One more word to the kernel, behind those before. */
static void word_add(struct msghdr *m, uint8_t *room, int level, int type, int value)
{
	struct cmsghdr c = {.cmsg_len = CMSG_LEN(sizeof(value)), .cmsg_level = level, .cmsg_type = type};
	uint8_t *at = room + m->msg_controllen;

	memset(at, 0, CMSG_SPACE(sizeof(value)));
	memcpy(at, &c, sizeof(c));
	memcpy(at + CMSG_LEN(0), &value, sizeof(value));
	m->msg_control = room;
	m->msg_controllen += CMSG_SPACE(sizeof(value));
}


static void words_write(struct tstamp_batch *b, size_t i, bool ip6)
{
	struct msghdr *m = &b->room->hdr[i].msg_hdr;

	if (b->v[i].tos != TSTAMP_NO_TOS)
		word_add(m, b->room->control[i], ip6 ? IPPROTO_IPV6 : IPPROTO_IP,
			 ip6 ? IPV6_TCLASS : IP_TOS, b->v[i].tos);
	if (b->v[i].stamp)
		word_add(m, b->room->control[i], SOL_SOCKET, SO_TIMESTAMPING,
			 SOF_TIMESTAMPING_TX_SOFTWARE);
}


/* One question to the kernel for all, and none where nothing is marked. */
static bool mark_is_ip6(int fd, const struct tstamp_batch *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (b->v[i].tos != TSTAMP_NO_TOS)
			return is_ip6(fd);
	return false;
}


int tstamp_send_part(int fd, struct tstamp_batch *b, size_t from, size_t to, size_t *sent)
{
	bool ip6 = mark_is_ip6(fd, b, from, to);
	int n;

	for (size_t i = from; i < to; i++) {
		struct msghdr *m = &b->room->hdr[i].msg_hdr;

		header_set(b, i, b->v[i].len, 0);
		m->msg_namelen = b->v[i].peer_len;
		if (!m->msg_namelen)
			m->msg_name = NULL;
		words_write(b, i, ip6);
	}
	for (*sent = 0; from + *sent < to; *sent += (size_t)n) {
		n = sendmmsg(fd, b->room->hdr + from + *sent, (unsigned)(to - from - *sent), MSG_DONTWAIT);
		if (n <= 0)
			return n ? errno : EIO;
	}
	return 0;
}


int tstamp_send(int fd, struct tstamp_batch *b, size_t *sent)
{
	return tstamp_send_part(fd, b, 0, b->n, sent);
}


static bool sent_read(struct tstamp_sent *s, struct msghdr *m)
{
	struct sock_extended_err ee;
	struct scm_timestamping ts;
	bool stamp = false, id = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			s->hardware = !ts.ts[0].tv_sec;
			s->at = ns_of(s->hardware ? &ts.ts[2] : &ts.ts[0]);
			stamp = s->at != 0;
		}
		else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			 (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
			memcpy(&ee, CMSG_DATA(c), sizeof(ee));
			id = ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING;
			s->id = ee.ee_data;
		}
	}
	return stamp && id;
}


size_t tstamp_sent(int fd, struct tstamp_sent *v, size_t max)
{
	_Alignas(struct cmsghdr) uint8_t control[TSTAMP_BATCH][CONTROL];
	struct mmsghdr hdr[TSTAMP_BATCH];
	size_t n = 0;
	int got;

	if (max > TSTAMP_BATCH)
		max = TSTAMP_BATCH;
	memset(hdr, 0, sizeof(hdr));
	for (size_t i = 0; i < max; i++) {
		hdr[i].msg_hdr.msg_control = control[i];
		hdr[i].msg_hdr.msg_controllen = CONTROL;
	}
	got = recvmmsg(fd, hdr, (unsigned)max, MSG_ERRQUEUE | MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++)
		n += sent_read(&v[n], &hdr[i].msg_hdr);
	return n;
}


int64_t tstamp_stepped(struct tstamp_clock *c)
{
	int64_t before, wall, after, offset, was = c->offset;
	int i = 0;

	do {
		before = tstamp_mono();
		wall = tstamp_wall();
		after = tstamp_mono();
	} while (after - before > QUICK && ++i < TRIES);
	/* a machine too busy to read three clocks: look again next time */
	if (after - before > QUICK)
		return 0;
	offset = wall - before;
	if (was && offset - was < TSTAMP_STEP && was - offset < TSTAMP_STEP)
		return 0;
	c->offset = offset;
	return was ? offset - was : 0;
}


static int64_t clock_word = -1;


void tstamp_clock_error_set(int64_t error_ns)
{
	clock_word = error_ns;
}


int64_t tstamp_clock_error(void)
{
	struct timex t = {.modes = 0};
	int state;

	if (clock_word >= 0)
		return clock_word;
	state = adjtimex(&t);
	if (state < 0 || state == TIME_ERROR || t.status & STA_UNSYNC)
		return -1;
	return (int64_t)t.maxerror * 1000;
}
