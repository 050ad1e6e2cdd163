#include "daemons/media/media.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemons/media/call.h"
#include "daemons/media/clock.h"
#include "daemons/media/report.h"
#include "io/log.h"

enum { LOG_FD = 4, STATS_US = 1000000 };

struct message {
	json_t *o;
	int fds[IPC_FDS_MAX];
	size_t nfds;
};

struct handler {
	const char *msg;
	/** @return the answer, owned by the caller, or NULL: none.
	 *  On error fill why: it is answered with "failed". */
	json_t *(*fn)(struct media *m, struct message *x, char *why, size_t size);
};


static json_t *answer(const char *msg)
{
	return json_pack("{s:s}", "msg", msg);
}


static json_t *on_init(struct media *m, struct message *x, char *why, size_t size)
{
	struct ipc_init cfg;

	if (m->ready) {
		(void)snprintf(why, size, "init came twice: start another process");
		return NULL;
	}
	if (ipc_parse_init(&cfg, x->o, why, size))
		return NULL;
	m->cfg = cfg;
	(void)log_init_fd("visavis-media", m->cfg.host, LOG_FD, LOG_WARN);
	if (media_open(m, why, size)) {
		log_error("%s", why);
		return NULL;
	}
	m->ready = true;
	return media_capabilities(m);
}


static json_t *on_start(struct media *m, struct message *x, char *why, size_t size)
{
	static struct ipc_start msg;

	if (!m->ready || m->call) {
		(void)snprintf(why, size, m->ready ? "a call is on: stop it first" : "init first");
		return NULL;
	}
	if (ipc_parse_start(&msg, x->o, why, size))
		return NULL;
	/* the descriptors are the call's from here on, also when it fails */
	if (call_start(&m->call, m, &msg, x->fds, x->nfds, why, size))
		log_error("%s", why);
	x->nfds = 0;
	return m->call ? answer("started") : NULL;
}


static json_t *on_update(struct media *m, struct message *x, char *why, size_t size)
{
	static struct ipc_start msg;

	if (!m->call) {
		(void)snprintf(why, size, "no call is on");
		return NULL;
	}
	if (ipc_parse_start(&msg, x->o, why, size) || call_update(m->call, &msg, why, size))
		return NULL;
	return answer("updated");
}


static json_t *on_keyframe(struct media *m, struct message *x, char *why, size_t size)
{
	if (m->call)
		call_keyframe(m->call);
	return NULL;
}


static json_t *with_stats(struct media *m, const char *msg, bool final)
{
	json_t *o = m->call ? call_stats(m->call, final) : json_pack("{s:b, s:[]}", "final", final, "streams");

	if (o)
		(void)json_object_set_new(o, "msg", json_string(msg));
	return o;
}


static json_t *on_stats(struct media *m, struct message *x, char *why, size_t size)
{
	return with_stats(m, "stats", false);
}


static void end_call(struct media *m)
{
	if (!m->call)
		return;
	report_event("stats", call_stats(m->call, true));
	report_media("stop", call_id(m->call), -1, NULL);
	call_stop(m->call);
	m->call = NULL;
}


static json_t *on_stop(struct media *m, struct message *x, char *why, size_t size)
{
	json_t *o = with_stats(m, "stopped", true);

	end_call(m);
	return o;
}


static const struct handler handlers[] = {
	{ "init", on_init }, { "start", on_start }, { "update", on_update }, { "keyframe", on_keyframe },
	{ "stats", on_stats }, { "stop", on_stop },
};


static void take_fds(struct message *x, struct msghdr *mh)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (x->nfds < IPC_FDS_MAX)
				x->fds[x->nfds++] = fd;
			else
				(void)close(fd);
		}
	}
}


/* @return 0, EAGAIN, or EPIPE: the parent is gone */
static int receive(int fd, struct message *x, char *why, size_t size)
{
	static char buf[IPC_MESSAGE_MAX];
	union {
		char b[CMSG_SPACE(sizeof(int) * IPC_FDS_MAX)];
		struct cmsghdr align;
	} u;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.b, .msg_controllen = sizeof(u.b) };
	json_error_t je;
	ssize_t n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	memset(x, 0, sizeof(*x));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? EAGAIN : EPIPE;
	if (!n)
		return EPIPE;
	take_fds(x, &mh);
	if (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		(void)snprintf(why, size, "the message is longer than %d bytes or has too many descriptors",
			       IPC_MESSAGE_MAX);
		return 0;
	}
	x->o = json_loadb(buf, (size_t)n, 0, &je);
	if (!x->o)
		(void)snprintf(why, size, "not JSON: %s", je.text);
	return 0;
}


/* @return false for quit */
static bool handle(struct media *m, struct message *x, char *why, size_t size)
{
	const char *msg = json_string_value(json_object_get(x->o, "msg"));
	json_t *o = NULL;

	if (msg && !strcmp(msg, "quit"))
		return false;
	if (!why[0] && !msg)
		(void)snprintf(why, size, "a message needs its name in \"msg\"");
	for (size_t i = 0; !why[0] && i <= sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (i == sizeof(handlers) / sizeof(handlers[0])) {
			(void)snprintf(why, size, "no such message");
		} else if (!strcmp(handlers[i].msg, msg)) {
			o = handlers[i].fn(m, x, why, size);
			break;
		}
	}
	if (!o && why[0])
		o = json_pack("{s:s, s:s, s:s}", "msg", "failed", "to", msg ? msg : "", "error", why);
	if (o && report_send(o, true))
		return false;	/* a parent that takes no answer is lost */
	return true;
}


static bool one_message(struct media *m, int fd)
{
	char why[600] = "";
	struct message x;
	bool go_on;
	int err = receive(fd, &x, why, sizeof(why));

	if (err)
		return err == EAGAIN;
	go_on = handle(m, &x, why, sizeof(why));
	for (size_t i = 0; i < x.nfds; i++)
		(void)close(x.fds[i]);
	json_decref(x.o);
	return go_on;
}


static void serve(struct media *m, int fd)
{
	uint64_t due = clock_us() + STATS_US;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_us();
		int wait = due > now ? (int)((due - now) / 1000 + 1) : 0;

		if (poll(&p, 1, wait) < 0 && errno != EINTR)
			return;
		if (p.revents && !one_message(m, fd))
			return;
		now = clock_us();
		if (now < due && due - now <= STATS_US)
			continue;
		due = now + STATS_US;
		if (m->call)
			report_event("stats", call_stats(m->call, false));
	}
}


int media_serve(int fd, enum sandbox_mode sandbox)
{
	static struct media m;

	m.dirfd = -1;
	m.sandbox = sandbox;
	(void)log_init_fd("visavis-media", NULL, LOG_FD, LOG_WARN);
	report_init(fd);
	serve(&m, fd);
	/* nobody listens any more, or all was said: the call ends in good order */
	end_call(&m);
	media_close(&m);
	log_close();
	return EXIT_SUCCESS;
}
