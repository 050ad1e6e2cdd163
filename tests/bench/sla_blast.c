/* A load for the responder: sla_blast ADDRESS PACKETS-PER-SECOND SECONDS BYTES [OPERATIONS]
 * Opens the operations, sends paced batches, counts what comes back; prints one JSON object. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/sla/wire_v2.h"

enum { BATCH = 32, OPS_MAX = 1024, BYTES_MAX = 1472, CONTROL = 1967, FIRST = 17000, NS = 1000000000 };

static struct {
	int fd[OPS_MAX];
	unsigned ops;
	uint32_t seq[OPS_MAX];
	uint64_t sent, back;
	size_t bytes;
} bl;


static int64_t now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS + ts.tv_nsec;
}


static int dial(const char *ip, uint16_t port, uint16_t *local)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
	const int room = 32 << 20;
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, ip, &sa.sin_addr) != 1 || connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		perror(ip);
		exit(1);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	(void)getsockname(fd, (struct sockaddr *)&sa, &len);
	*local = ntohs(sa.sin_port);
	return fd;
}


static void operation_open(const char *ip, unsigned i, unsigned seconds)
{
	struct sla_v2_control c = {.seq = i + 1, .udp = {.role = 1, .duration_ms = (seconds + 10) * 1000}};
	uint8_t p[SLA_V2_CONTROL_MAX], answer[SLA_V2_CONTROL_MAX];
	const struct timeval patience = {.tv_sec = 1};
	uint16_t port;
	size_t n;
	int fd = dial(ip, CONTROL, &port);

	bl.fd[i] = dial(ip, (uint16_t)(FIRST + i), &c.udp.source_port);
	c.udp.destination_port = (uint16_t)(FIRST + i);
	(void)ip_parse(&c.udp.destination, ip);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (sla_v2_control_write(p, &n, sizeof(p), &c))
		exit(1);
	for (int k = 0; k < 5; k++)
		if (send(fd, p, n, 0) > 0 && recv(fd, answer, sizeof(answer), 0) > 0 &&
		    !sla_v2_control_parse(&c, answer, n) && !c.status) {
			(void)close(fd);
			return;
		}
	(void)fprintf(stderr, "%s: operation %u is not opened\n", ip, i);
	exit(1);
}


static void batch(unsigned op, bool out)
{
	static uint8_t buf[BATCH][BYTES_MAX];
	static struct mmsghdr hdr[BATCH];
	static struct iovec iov[BATCH];
	int n;

	for (int i = 0; i < BATCH; i++) {
		const struct sla_v2_probe pr = {.seq = bl.seq[op]};

		iov[i] = (struct iovec){buf[i], out ? bl.bytes : BYTES_MAX};
		hdr[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
		if (out)
			(void)sla_v2_probe_write(buf[i], bl.bytes, &pr);
		bl.seq[op] += out;
	}
	n = out ? sendmmsg(bl.fd[op], hdr, BATCH, 0) : recvmmsg(bl.fd[op], hdr, BATCH, MSG_DONTWAIT, NULL);
	if (n > 0)
		*(out ? &bl.sent : &bl.back) += (uint64_t)n;
	if (n == BATCH && !out)
		batch(op, false);
}


int main(int argc, char *argv[])
{
	unsigned pps = argc > 4 ? (unsigned)atoi(argv[2]) : 0, seconds = pps ? (unsigned)atoi(argv[3]) : 0, op = 0;
	int64_t begin, next, each = pps ? (int64_t)BATCH * NS / pps : 0;

	bl.bytes = pps ? (size_t)atoi(argv[4]) : 0;
	bl.ops = argc > 5 ? (unsigned)atoi(argv[5]) : 1;
	if (bl.bytes < SLA_V2_PROBE_MIN || bl.bytes > BYTES_MAX || !bl.ops || bl.ops > OPS_MAX)
		return 3;
	for (unsigned i = 0; i < bl.ops; i++)
		operation_open(argv[1], i, seconds);
	begin = next = now();
	while (now() - begin < (int64_t)seconds * NS) {
		if (now() >= next) {
			batch(op, true);
			op = (op + 1) % bl.ops;
			next += each;
		}
		batch(op, false);
	}
	for (int64_t end = now() + NS / 2; now() < end && bl.back < bl.sent;)
		for (unsigned i = 0; i < bl.ops; i++)
			batch(i, false);
	printf("{\"sent\": %llu, \"answered\": %llu, \"lost\": %lld, \"per_second\": %.0f}\n",
	       (unsigned long long)bl.sent, (unsigned long long)bl.back, (long long)(bl.sent - bl.back),
	       (double)bl.sent / seconds);
	return 0;
}
