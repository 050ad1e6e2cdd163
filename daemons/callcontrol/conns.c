#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemons/callcontrol/conns.h"
#include "io/log.h"


/* Found by descriptor; one thread. The kernel tells whether a descriptor
 * still is the connection that was noted, so nobody must report a close. */
struct conn {
	struct sa peer;
	uint64_t since;
	bool message;
	bool used;
};

static struct conn conns[CONNS_MAX];
static uint64_t refused_logged;


static bool is_open(int fd)
{
	struct sa now;

	if (!conns[fd].used)
		return false;
	now.len = sizeof(now.u);
	if (!getpeername(fd, &now.u.sa, &now.len) &&
	    sa_cmp(&now, &conns[fd].peer, SA_ALL))
		return true;
	conns[fd].used = false;
	return false;
}


static unsigned count_source(const struct sa *peer)
{
	unsigned n = 0;

	for (int fd = 0; fd < CONNS_MAX; fd++) {
		if (conns[fd].used && sa_cmp(&conns[fd].peer, peer, SA_ADDR))
			n += is_open(fd);
	}
	return n;
}


static bool admit(int fd, const struct sa *peer)
{
	char text[80];

	if (fd < CONNS_MAX && count_source(peer) < CONNS_PER_SOURCE) {
		conns[fd] = (struct conn){.peer = *peer, .since = tmr_jiffies(),
					  .used = true};
		return true;
	}
	if (tmr_jiffies() - refused_logged > 10000 &&
	    re_snprintf(text, sizeof(text), "%j", peer) > 0) {
		refused_logged = tmr_jiffies();
		log_warn("connection from %s refused: it has %d open", text,
			 CONNS_PER_SOURCE);
	}
	return false;
}


int accept(int s, struct sockaddr *addr, socklen_t *len)
{
	struct sa peer = {.len = sizeof(peer.u)};
	int fd = (int)syscall(SYS_accept4, s, &peer.u.sa, &peer.len, SOCK_CLOEXEC);

	if (fd < 0)
		return fd;
	if (peer.u.sa.sa_family != AF_UNIX && !admit(fd, &peer)) {
		(void)close(fd);
		errno = ECONNABORTED;
		return -1;
	}
	if (addr && len) {
		memcpy(addr, &peer.u, *len < peer.len ? *len : peer.len);
		*len = peer.len;
	}
	return fd;
}


static int find(const struct sa *src)
{
	for (int fd = 0; fd < CONNS_MAX; fd++) {
		if (conns[fd].used && sa_cmp(&conns[fd].peer, src, SA_ALL) &&
		    is_open(fd))
			return fd;
	}
	return -1;
}


bool conns_alive(const struct sa *src)
{
	return find(src) >= 0;
}


void conns_message(const struct sa *src)
{
	int fd = find(src);

	if (fd >= 0)
		conns[fd].message = true;
}


void conns_sweep(uint64_t now_ms)
{
	for (int fd = 0; fd < CONNS_MAX; fd++) {
		char text[80];

		if (!conns[fd].used || conns[fd].message || !is_open(fd) ||
		    now_ms - conns[fd].since < CONNS_FIRST_MESSAGE * 1000)
			continue;
		if (re_snprintf(text, sizeof(text), "%J", &conns[fd].peer) > 0)
			log_warn("connection from %s closed: no whole message in "
				 "%d seconds", text, CONNS_FIRST_MESSAGE);
		(void)shutdown(fd, SHUT_RDWR);
		conns[fd].used = false;
	}
}


uint32_t conns_count(void)
{
	uint32_t n = 0;

	for (int fd = 0; fd < CONNS_MAX; fd++)
		n += conns[fd].used && is_open(fd);
	return n;
}
