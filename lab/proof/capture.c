#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/proof/capture.h"
#include "lab/proof/frame.h"
#include "lab/proof/nflog.h"
#include "lab/proof/pcapng.h"
#include "lab/proof/ring.h"

enum { IFACES_MAX = 64, RING_FRAME = 2048, RING_FRAMES = 4096,
       SIP_PORT = 5060, BYTES_MAX = 1 << 30 };

struct capture_iface {
	struct ring ring;
	char name[IF_NAMESIZE];
	unsigned index;
};

struct capture {
	struct capture_config cfg;
	struct explain *explain;
	struct capture_iface *ifaces;
	size_t nifaces;
	struct capture_drop *drops;
	size_t ndrops;
	uint64_t dropped;
	uint64_t missed;
	uint64_t written;
	FILE *file;
	char path[512];
	int file_err;
	int nflog_fd;
	int wake_fd;
	pthread_t thread;
	bool running;
	sem_t ready;
	int err;			/* of starting */
	atomic_bool stop;
};


static int iface_add(struct capture *c, const struct if_nameindex *ni)
{
	struct capture_iface *f = &c->ifaces[c->nifaces];
	int err;

	if (c->nifaces == IFACES_MAX)
		return EOVERFLOW;

	err = ring_open(&f->ring, (int)ni->if_index, ETH_P_ALL, true,
			RING_FRAME, RING_FRAMES);
	if (err)
		return err;

	(void)snprintf(f->name, sizeof(f->name), "%s", ni->if_name);
	f->index = ni->if_index;
	c->nifaces++;
	return 0;
}


static int ifaces_open(struct capture *c)
{
	struct if_nameindex *v = if_nameindex();
	int err = 0;

	if (!v)
		return errno;

	for (size_t i = 0; v[i].if_index && !err; i++)
		if (strcmp(v[i].if_name, "lo"))
			err = iface_add(c, &v[i]);

	if_freenameindex(v);
	return err;
}


static int file_open(struct capture *c)
{
	int err;

	if (!c->cfg.dir)
		return 0;

	if (snprintf(c->path, sizeof(c->path), "%s/%s.pcapng", c->cfg.dir,
		     c->cfg.firewall) >= (int)sizeof(c->path))
		return ENAMETOOLONG;

	c->file = fopen(c->path, "we");
	if (!c->file)
		return errno;

	err = pcapng_begin(c->file);
	for (size_t i = 0; i < c->nifaces && !err; i++)
		err = pcapng_interface(c->file, c->ifaces[i].name, 0);

	return err;
}


static void frame_store(struct capture *c, size_t iface,
			const struct ring_frame *rf, const struct frame *f)
{
	size_t len = rf->len;
	bool sip = f->kind == FRAME_FLOW && (f->pkt.sport == SIP_PORT ||
					     f->pkt.dport == SIP_PORT);

	if (!sip && len > CAPTURE_SNAP)
		len = CAPTURE_SNAP;
	if (!c->file || c->file_err ||
	    c->written > (c->cfg.bytes_max ? c->cfg.bytes_max : BYTES_MAX))
		return;

	c->file_err = pcapng_packet(c->file, (uint32_t)iface, rf->t_ns, rf->p,
				    len, rf->wire_len);
	c->written += len + 36;
}


static void frame_take(struct capture *c, size_t iface,
		       const struct ring_frame *rf)
{
	char where[64];
	struct frame f;

	frame_read(&f, rf->p, rf->len);
	frame_store(c, iface, rf, &f);

	/* a packet that was forwarded is seen twice: count it coming in */
	if (rf->outgoing)
		return;

	(void)snprintf(where, sizeof(where), "%.40s %s", c->cfg.firewall,
		       c->ifaces[iface].name);
	explain_frame(c->explain, &f, rf->t_ns, where);
}


/** The interface with the oldest frame. A request lies in its ring before
 *  its answer is in another's, so a second look at the rings that were
 *  empty finds what came in between. */
static bool oldest(struct capture *c, size_t *at, struct ring_frame *rf)
{
	bool found = false;

	for (int look = 0; look < 2; look++) {
		for (size_t i = 0; i < c->nifaces; i++) {
			struct ring_frame f;

			if (ring_peek(&c->ifaces[i].ring, &f) &&
			    (!found || f.t_ns < rf->t_ns)) {
				*rf = f;
				*at = i;
				found = true;
			}
		}
	}

	return found;
}


static void rings_drain(struct capture *c)
{
	struct ring_frame rf = {0};
	size_t at = 0;

	while (oldest(c, &at, &rf)) {
		frame_take(c, at, &rf);
		ring_release(&c->ifaces[at].ring);
	}
}


static const char *iface_name(const struct capture *c, int index)
{
	for (size_t i = 0; i < c->nifaces; i++)
		if ((int)c->ifaces[i].index == index)
			return c->ifaces[i].name;

	return "";
}


static void drop_h(const struct nflog_packet *pkt, void *arg)
{
	struct capture *c = arg;
	const char *in = iface_name(c, pkt->indev);
	char summary[EXPLAIN_SUMMARY];
	struct capture_drop *d;
	struct frame f;

	frame_read_ip(&f, pkt->p, pkt->len);
	(void)frame_str(&f, summary, sizeof(summary));
	c->dropped++;
	for (size_t i = 0; i < c->ndrops; i++) {
		d = &c->drops[i];
		if (!strcmp(d->summary, summary) && !strcmp(d->in, in)) {
			d->packets++;
			return;
		}
	}

	if (c->ndrops == CAPTURE_DROPS_MAX)
		return;

	d = &c->drops[c->ndrops++];
	d->t_ns = pkt->t_ns;
	d->packets = 1;
	(void)snprintf(d->in, sizeof(d->in), "%s", in);
	(void)snprintf(d->summary, sizeof(d->summary), "%s", summary);
}


static void nflog_drain(struct capture *c)
{
	uint8_t buf[65536];
	ssize_t n;

	for (;;) {
		n = recv(c->nflog_fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0) {
			(void)nflog_read(buf, (size_t)n, drop_h, c);
		}
		else if (n < 0 && errno == ENOBUFS) {
			c->missed++;
		}
		else if (n == 0 || errno != EINTR) {
			break;
		}
	}
}


/** An interface that went down says so once; else poll() never waits. */
static void errors_clear(const struct pollfd *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int err;
		socklen_t len = sizeof(err);

		if (p[i].revents & POLLERR)
			(void)getsockopt(p[i].fd, SOL_SOCKET, SO_ERROR, &err,
					 &len);
	}
}


static void capture_loop(struct capture *c)
{
	struct pollfd p[IFACES_MAX + 2];
	size_t n = 0;
	bool last = false;

	for (size_t i = 0; i < c->nifaces; i++)
		p[n++] = (struct pollfd){.fd = c->ifaces[i].ring.fd,
					 .events = POLLIN};
	p[n++] = (struct pollfd){.fd = c->nflog_fd, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = c->wake_fd, .events = POLLIN};

	while (!last) {
		last = atomic_load(&c->stop);
		if (!last)
			(void)poll(p, n, 1000);
		errors_clear(p, n);
		rings_drain(c);
		nflog_drain(c);
	}

	for (size_t i = 0; i < c->nifaces; i++)
		c->missed += ring_lost(&c->ifaces[i].ring);
}


static void *capture_thread(void *arg)
{
	struct capture *c = arg;

	if (c->cfg.nsfd >= 0 && setns(c->cfg.nsfd, CLONE_NEWNET))
		c->err = errno;
	if (!c->err)
		c->err = ifaces_open(c);
	if (!c->err)
		c->err = nflog_open(&c->nflog_fd, CAPTURE_NFLOG_GROUP,
				    CAPTURE_SNAP);
	if (!c->err)
		c->err = file_open(c);

	(void)sem_post(&c->ready);
	if (!c->err)
		capture_loop(c);

	return NULL;
}


static int thread_start(struct capture *c)
{
	sigset_t all, old;
	int err;

	/* signals are for the thread that started us */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&c->thread, NULL, capture_thread, c);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err)
		return err;

	c->running = true;
	while (sem_wait(&c->ready) && errno == EINTR)
		;

	return c->err;
}


int capture_start(struct capture **cp, const struct capture_config *cfg)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return ENOMEM;

	c->cfg = *cfg;
	c->nflog_fd = -1;
	(void)sem_init(&c->ready, 0, 0);
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->ifaces = calloc(IFACES_MAX, sizeof(*c->ifaces));
	c->drops = calloc(CAPTURE_DROPS_MAX, sizeof(*c->drops));
	err = explain_alloc(&c->explain, cfg->needs, CAPTURE_FLOWS_MAX);
	if (!err && (!c->ifaces || !c->drops))
		err = ENOMEM;
	if (!err && c->wake_fd < 0)
		err = EMFILE;
	if (!err)
		err = thread_start(c);
	if (err) {
		(void)capture_stop(c);
		capture_free(c);
		return err;
	}

	*cp = c;
	return 0;
}


int capture_stop(struct capture *c)
{
	uint64_t one = 1;

	if (c->running) {
		atomic_store(&c->stop, true);
		if (write(c->wake_fd, &one, sizeof(one)) < 0)
			c->missed++;
		(void)pthread_join(c->thread, NULL);
		c->running = false;
	}

	for (size_t i = 0; i < c->nifaces; i++)
		ring_close(&c->ifaces[i].ring);
	c->nifaces = 0;

	if (c->file && fclose(c->file) && !c->file_err)
		c->file_err = errno;
	c->file = NULL;
	if (c->nflog_fd >= 0)
		(void)close(c->nflog_fd);
	c->nflog_fd = -1;
	return c->file_err;
}


void capture_free(struct capture *c)
{
	if (!c)
		return;

	(void)capture_stop(c);
	if (c->wake_fd >= 0)
		(void)close(c->wake_fd);
	(void)sem_destroy(&c->ready);
	explain_free(c->explain);
	free(c->ifaces);
	free(c->drops);
	free(c);
}


const struct explain *capture_explain(const struct capture *c)
{
	return c->explain;
}


const struct capture_drop *capture_drops(const struct capture *c, size_t *n)
{
	*n = c->ndrops;
	return c->drops;
}


uint64_t capture_dropped(const struct capture *c)
{
	return c->dropped;
}


uint64_t capture_missed(const struct capture *c)
{
	return c->missed;
}


const char *capture_file(const struct capture *c)
{
	return c->path[0] ? c->path : NULL;
}
