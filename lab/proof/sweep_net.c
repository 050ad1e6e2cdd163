#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab/proof/inns.h"
#include "lab/proof/sweep_net.h"

enum { FENCE_ETHERTYPE = 0x88b5,	/* IEEE 802: local experiments */
       FENCE_MARK = 0x56564642, FENCE_RESEND_MS = 100, FENCE_TRIES = 50,
       RING_FRAME = 256, RING_FRAMES = 8192, SEND_TRIES = 1000 };

/* Before everything else in prerouting, the packets that our sockets have
 * already seen end: no program and no kernel answers them. Neighbour
 * discovery goes on. */
static const char silence[] =
	"add table inet visavis_sweep\n"
	"delete table inet visavis_sweep\n"
	"table inet visavis_sweep {\n"
	" chain in {\n"
	"  type filter hook prerouting priority -350; policy accept;\n"
	"  iif lo accept\n"
	"  meta l4proto { tcp, udp, icmp } drop\n"
	"  icmpv6 type != { 133-137 } drop\n"
	" }\n"
	"}\n";

struct fence_frame {
	uint32_t mark;
	uint32_t nonce;
	uint32_t id;
};


static int ifaces_list(struct sweep_station *s)
{
	struct if_nameindex *v = if_nameindex();

	if (!v)
		return errno;

	for (size_t i = 0; v[i].if_index; i++)
		if (strcmp(v[i].if_name, "lo") && s->nifaces < SWEEP_IFACES_MAX)
			s->ifaces[s->nifaces++] = (int)v[i].if_index;

	if_freenameindex(v);
	return 0;
}


static int fence_open(int *fd)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(FENCE_ETHERTYPE),
	};

	*fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		     htons(FENCE_ETHERTYPE));
	if (*fd < 0)
		return errno;

	return bind(*fd, (struct sockaddr *)&ll, sizeof(ll)) ? errno : 0;
}


static int station_host_open(struct sweep_station *s)
{
	static const int family[] = {AF_INET, AF_INET6};
	static const uint16_t ether[] = {ETH_P_IP, ETH_P_IPV6};
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		/* IPPROTO_RAW: we write the IP header ourselves */
		s->raw[i] = socket(family[i], SOCK_RAW | SOCK_CLOEXEC,
				   IPPROTO_RAW);
		if (s->raw[i] < 0 && errno != EAFNOSUPPORT)
			return errno;
		err = ring_open(&s->ring[i], 0, ether[i], false, RING_FRAME,
				RING_FRAMES);
	}

	return err;
}


static int station_open(void *arg)
{
	struct sweep_station *s = arg;
	int err = ifaces_list(s);

	for (size_t i = 0; i < SWEEP_WORKERS_MAX && !err; i++)
		err = fence_open(&s->fence[i]);
	if (!err && !s->router)
		err = station_host_open(s);

	return err;
}


static struct sweep_station *station_of(struct sweep_net *net, int nsfd,
					bool router)
{
	struct sweep_station *s;

	for (size_t i = 0; i < net->n; i++)
		if (net->st[i].nsfd == nsfd)
			return &net->st[i];

	s = &net->st[net->n++];
	s->nsfd = nsfd;
	s->router = router;
	for (size_t i = 0; i < 2; i++)
		s->raw[i] = s->ring[i].fd = -1;
	for (size_t i = 0; i < SWEEP_WORKERS_MAX; i++)
		s->fence[i] = -1;
	return s;
}


static int station_start(struct sweep_station *s)
{
	int err = inns_call(s->nsfd, station_open, s);

	if (err || s->router)
		return err;

	err = inns_nft(s->nsfd, silence, false, NULL);
	s->silenced = !err;
	return err;
}


int sweep_net_open(struct sweep_net *net, struct arena *a,
		   const struct sweep_config *cfg, unsigned workers)
{
	int err = 0;

	memset(net, 0, sizeof(*net));
	net->workers = workers;
	net->st = arena_calloc(a, cfg->nhosts + cfg->nrouters + 1,
			       sizeof(*net->st));
	net->of_host = arena_calloc(a, cfg->nhosts + 1, sizeof(size_t));
	if (!net->st || !net->of_host)
		return ENOMEM;

	if (getrandom(&net->nonce, sizeof(net->nonce), 0) < 0)
		net->nonce = (uint32_t)getpid();
	for (size_t i = 0; i < cfg->nhosts; i++)
		net->of_host[i] = (size_t)(station_of(net, cfg->hosts[i].nsfd,
						      false) - net->st);
	for (size_t i = 0; i < cfg->nrouters; i++)
		(void)station_of(net, cfg->routers[i].nsfd, true);

	for (size_t i = 0; i < net->n && !err; i++)
		err = station_start(&net->st[i]);
	if (err)
		sweep_net_close(net);

	return err;
}


void sweep_net_close(struct sweep_net *net)
{
	for (size_t i = 0; i < net->n; i++) {
		struct sweep_station *s = &net->st[i];

		for (size_t j = 0; j < SWEEP_WORKERS_MAX; j++)
			if (s->fence[j] >= 0)
				(void)close(s->fence[j]);
		for (size_t j = 0; j < 2; j++) {
			if (s->raw[j] >= 0)
				(void)close(s->raw[j]);
			ring_close(&s->ring[j]);
		}
		if (s->silenced)
			(void)inns_nft(s->nsfd,
				       "delete table inet visavis_sweep\n",
				       false, NULL);
	}
	net->n = 0;
}


static void fence_emit(const struct sweep_station *s, unsigned worker,
		       const struct fence_frame *f, int except)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(FENCE_ETHERTYPE),
		.sll_halen = 6,
	};

	memset(ll.sll_addr, 0xff, 6);
	for (size_t i = 0; i < s->nifaces; i++) {
		if (s->ifaces[i] == except)
			continue;
		ll.sll_ifindex = s->ifaces[i];
		/* one that is lost is sent again */
		(void)!sendto(s->fence[worker], f, sizeof(*f), 0,
			      (struct sockaddr *)&ll, sizeof(ll));
	}
}


/** Has this fence come to the station? *ifindex: by which interface */
static bool fence_arrived(const struct sweep_station *s, unsigned worker,
			  const struct fence_frame *want, int *ifindex)
{
	struct sockaddr_ll ll;
	struct fence_frame f;
	bool found = false;

	for (;;) {
		socklen_t len = sizeof(ll);
		ssize_t n = recvfrom(s->fence[worker], &f, sizeof(f), 0,
				     (struct sockaddr *)&ll, &len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return found;
		if (n != sizeof(f) || ll.sll_pkttype == PACKET_OUTGOING ||
		    memcmp(&f, want, sizeof(f)))
			continue;
		found = true;
		*ifindex = ll.sll_ifindex;
	}
}


/** Pass the fence on where it has come to. @return true: it is at `to` */
static bool fence_step(struct sweep_net *net, unsigned worker,
		       const struct fence_frame *f, struct sweep_station *to,
		       uint64_t *relayed)
{
	int in;

	for (size_t i = 0; i < net->n; i++) {
		struct sweep_station *s = &net->st[i];
		uint64_t bit = 1ULL << (i % 64);

		if (!s->router || !fence_arrived(s, worker, f, &in) ||
		    *relayed & bit)
			continue;
		*relayed |= bit;
		fence_emit(s, worker, f, in);
	}

	return fence_arrived(to, worker, f, &in);
}


static void fence_wait(struct sweep_net *net, unsigned worker,
		       struct sweep_station *to, int ms)
{
	struct pollfd p[65];
	nfds_t n = 0;

	p[n++] = (struct pollfd){.fd = to->fence[worker], .events = POLLIN};
	for (size_t i = 0; i < net->n && n < 65; i++)
		if (net->st[i].router)
			p[n++] = (struct pollfd){
				.fd = net->st[i].fence[worker],
				.events = POLLIN,
			};

	(void)poll(p, n, ms);
}


static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}


int sweep_net_fence(struct sweep_net *net, unsigned worker,
		    struct sweep_station *from, struct sweep_station *to)
{
	for (int i = 0; i < FENCE_TRIES; i++) {
		struct fence_frame f = {
			.mark = FENCE_MARK, .nonce = net->nonce,
			.id = atomic_fetch_add(&net->fence_id, 1),
		};
		int64_t end = now_ms() + FENCE_RESEND_MS;
		uint64_t relayed = 0;

		fence_emit(from, worker, &f, -1);
		for (;;) {
			int64_t left = end - now_ms();

			if (fence_step(net, worker, &f, to, &relayed))
				return 0;
			if (left <= 0)
				break;
			fence_wait(net, worker, to, (int)left);
		}
	}

	return ETIMEDOUT;
}


static void addr_sa(struct sockaddr_storage *ss, socklen_t *len,
		    const struct ip_addr *a)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->family == 4) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, a->b, 4);
		*len = sizeof(*in);
	}
	else {
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, a->b, 16);
		*len = sizeof(*in6);
	}
}


static int send_all(int fd, struct mmsghdr *m, unsigned n)
{
	unsigned done = 0, tries = 0;

	while (done < n) {
		int k = sendmmsg(fd, m + done, n - done, 0);

		if (k > 0) {
			done += (unsigned)k;
			continue;
		}

		/* no buffer now: what was sent is still on its way */
		if ((errno != ENOBUFS && errno != EAGAIN && errno != EINTR) ||
		    ++tries > SEND_TRIES)
			return errno;
		(void)poll(NULL, 0, 1);
	}

	return 0;
}


int sweep_net_send(struct sweep_station *from, const struct probe *v, size_t n)
{
	uint8_t buf[SWEEP_BATCH][PROBE_MAX];
	struct mmsghdr m[SWEEP_BATCH];
	struct iovec iov[SWEEP_BATCH];
	struct sockaddr_storage dst;
	socklen_t dst_len;

	if (!n)
		return 0;

	addr_sa(&dst, &dst_len, &v[0].dst);
	for (size_t i = 0; i < n; i++) {
		iov[i].iov_base = buf[i];
		iov[i].iov_len = probe_write(buf[i], &v[i]);
		m[i] = (struct mmsghdr){
			.msg_hdr.msg_name = &dst,
			.msg_hdr.msg_namelen = dst_len,
			.msg_hdr.msg_iov = &iov[i],
			.msg_hdr.msg_iovlen = 1,
		};
	}

	return send_all(from->raw[v[0].dst.family == 6], m, (unsigned)n);
}


void sweep_net_flush(struct sweep_net *net)
{
	for (size_t i = 0; i < net->n; i++)
		if (net->st[i].router)
			(void)inns_conntrack_flush(net->st[i].nsfd);
}
