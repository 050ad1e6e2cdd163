#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/libre.h"

#include "daemons/codec/media.h"
#include "io/log.h"

enum {
	PENDING_MAX = 32,
	FDS_MAX = 8,
	MSG_MAX = 64 * 1024,
	RESTART_MS = 100,	/* first restart; doubled up to 8 s */
	RESTART_MS_MAX = 8000,
	GOOD_MS = 10000,	/* ran that long: the next restart is a first */
	QUIT_MS = 500,
};

struct pending {
	media_answer_h *h;
	void *arg;
	char a[12], b[12];	/* the messages that answer it */
};

struct media {
	struct media_config cfg;
	struct media_handlers h;
	struct pending pend[PENDING_MAX];
	size_t npend;
	struct tmr tmr;
	uint64_t started;
	uint32_t wait_ms;
	pid_t pid;
	int fd;
	int exe;		/* the program: its path may lead through folders that
				 * are closed to us later */
	bool ready;
	char buf[MSG_MAX];
};

static const struct { const char *msg, *ok, *bad; } answers[] = {
	{"init", "ready", "failed"}, {"start", "started", "failed"},
	{"update", "updated", "failed"}, {"stats", "stats", "failed"},
	{"stop", "stopped", "failed"},
};

static void spawn_handler(void *arg);


static void pend_drop(struct media *m, const json_t *answer, size_t i)
{
	struct pending p = m->pend[i];

	m->npend--;
	memmove(&m->pend[i], &m->pend[i + 1], (m->npend - i) * sizeof(p));
	if (p.h)
		p.h(answer, p.arg);
}


static void reap(struct media *m, char *how, size_t size)
{
	int st = 0;

	(void)kill(m->pid, SIGKILL);
	while (waitpid(m->pid, &st, 0) < 0 && errno == EINTR)
		;
	m->pid = 0;
	if (WIFSIGNALED(st))
		(void)snprintf(how, size, "signal %d", WTERMSIG(st));
	else
		(void)snprintf(how, size, "exit code %d", WEXITSTATUS(st));
}


static void detach(struct media *m)
{
	if (m->fd < 0)
		return;
	fd_close(m->fd);
	(void)close(m->fd);
	m->fd = -1;
	m->ready = false;
}


static void died(struct media *m)
{
	char how[32];

	detach(m);
	reap(m, how, sizeof(how));
	if (tmr_jiffies() - m->started > GOOD_MS)
		m->wait_ms = RESTART_MS;
	log_warn("media process ended (%s); it is started again in %u ms", how, m->wait_ms);
	tmr_start(&m->tmr, m->wait_ms, spawn_handler, m);
	m->wait_ms = m->wait_ms * 2 > RESTART_MS_MAX ? RESTART_MS_MAX : m->wait_ms * 2;

	m->h.died_h(how, m->h.arg);
	while (m->npend)
		pend_drop(m, NULL, 0);
}


static void message(struct media *m, const json_t *o)
{
	const char *msg = json_string_value(json_object_get(o, "msg"));

	if (!msg) {
		log_warn("media process sent a message without a name");
		return;
	}
	if (!strcmp(msg, "event")) {
		m->h.event_h(o, m->h.arg);
		return;
	}

	for (size_t i = 0; i < m->npend; i++)
		if (!strcmp(m->pend[i].a, msg) || !strcmp(m->pend[i].b, msg)) {
			pend_drop(m, o, i);
			return;
		}
}


static void read_handler(int flags, void *arg)
{
	struct media *m = arg;
	json_t *o;
	ssize_t n;

	(void)flags;
	n = recv(m->fd, m->buf, sizeof(m->buf), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		died(m);
		return;
	}

	o = json_loadb(m->buf, (size_t)n, 0, NULL);
	if (o)
		message(m, o);
	else
		log_warn("media process sent what is no JSON");
	json_decref(o);
}


static void ready_handler(const json_t *o, void *arg)
{
	struct media *m = arg;
	const char *why;

	if (!o)
		return;
	if (strcmp(json_string_value(json_object_get(o, "msg")), "ready")) {
		why = json_string_value(json_object_get(o, "error"));
		log_error("media process cannot start: %s", why ? why : "no reason given");
		return;
	}
	m->ready = true;
	m->h.ready_h(o, m->h.arg);
}


/* In the child: only async-signal-safe calls until exec. */
static void child(const struct media *m, int fd, int logfd, pid_t parent)
{
	char *const argv[] = {(char *)(uintptr_t)"visavis-media", NULL};
	sigset_t none;
	int a, b, exe = -1;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);

	/* out of the way of 3 and 4 first */
	a = fcntl(fd, F_DUPFD, 10);
	b = fcntl(logfd, F_DUPFD, 10);
	if (a < 0 || b < 0 || dup2(a, 3) < 0 || dup2(b, 4) < 0)
		_exit(127);
	if (m->exe >= 0)
		exe = dup3(m->exe, 5, O_CLOEXEC);
	(void)close_range(6, ~0u, 0);
	if (exe < 0)
		(void)close(5);
	(void)execvp(m->cfg.path, argv);
	(void)execveat(exe, "", argv, environ, AT_EMPTY_PATH);
	_exit(127);
}


static int spawn(struct media *m)
{
	int sv[2], logfd, err = 0;
	pid_t parent = getpid();

	logfd = open(m->cfg.log ? m->cfg.log : "/dev/null",
		     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (logfd < 0)
		return errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv)) {
		err = errno;
		(void)close(logfd);
		return err;
	}

	m->pid = fork();
	if (!m->pid)
		child(m, sv[1], logfd, parent);
	if (m->pid < 0) {
		err = errno;
		m->pid = 0;
	}
	(void)close(logfd);
	(void)close(sv[1]);
	if (err) {
		(void)close(sv[0]);
		return err;
	}

	m->fd = sv[0];
	m->started = tmr_jiffies();
	return fd_listen(m->fd, FD_READ, read_handler, m);
}


static void spawn_handler(void *arg)
{
	struct media *m = arg;
	int err = spawn(m);

	if (!err)
		err = media_send(m, json_incref(m->cfg.init), NULL, 0, ready_handler, m);
	if (err) {
		char how[32];

		log_error("media process %s: %s", m->cfg.path, strerror(err));
		detach(m);
		if (m->pid)
			reap(m, how, sizeof(how));
		tmr_start(&m->tmr, RESTART_MS_MAX, spawn_handler, m);
	}
}


static void destructor(void *arg)
{
	struct media *m = arg;
	char how[32];

	tmr_cancel(&m->tmr);
	if (m->fd >= 0) {
		/* it ends when the socket closes; wait for its last words */
		int pid = m->pid;

		detach(m);
		for (int i = 0; i < QUIT_MS / 5; i++) {
			if (waitpid(pid, NULL, WNOHANG) == pid) {
				m->pid = 0;
				break;
			}
			sys_msleep(5);
		}
	}
	if (m->pid > 0)
		reap(m, how, sizeof(how));
	if (m->exe >= 0)
		(void)close(m->exe);
	json_decref(m->cfg.init);
}


int media_alloc(struct media **mp, const struct media_config *cfg,
		const struct media_handlers *h)
{
	struct media *m = mem_zalloc(sizeof(*m), destructor);

	if (!m)
		return ENOMEM;
	m->cfg = *cfg;
	m->h = *h;
	m->fd = -1;
	m->exe = open(cfg->path, O_PATH | O_CLOEXEC);
	m->wait_ms = RESTART_MS;
	json_incref(m->cfg.init);
	tmr_init(&m->tmr);
	spawn_handler(m);
	*mp = m;
	return 0;
}


bool media_is_ready(const struct media *m)
{
	return m && m->ready;
}


void media_forget(struct media *m, const void *arg)
{
	for (size_t i = 0; m && i < m->npend; i++)
		if (m->pend[i].arg == arg)
			m->pend[i].h = NULL;
}


static int send_fds(int fd, const char *s, size_t len, const int *fds, size_t nfds)
{
	union {
		char b[CMSG_SPACE(sizeof(int) * FDS_MAX)];
		struct cmsghdr align;
	} u;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)s, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > FDS_MAX)
		return EINVAL;
	if (nfds) {
		struct cmsghdr *c;

		memset(&u, 0, sizeof(u));
		mh.msg_control = u.b;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	return sendmsg(fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}


static void pend_add(struct media *m, const char *msg, media_answer_h *h, void *arg)
{
	struct pending *p = &m->pend[m->npend];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (strcmp(answers[i].msg, msg))
			continue;
		*p = (struct pending){ .h = h, .arg = arg };
		(void)snprintf(p->a, sizeof(p->a), "%s", answers[i].ok);
		(void)snprintf(p->b, sizeof(p->b), "%s", answers[i].bad);
		m->npend++;
		return;
	}
}


int media_send(struct media *m, json_t *msg, const int *fds, size_t nfds,
	       media_answer_h *h, void *arg)
{
	const char *name = json_string_value(json_object_get(msg, "msg"));
	char *s = NULL;
	int err = 0;

	if (!m || m->fd < 0)
		err = ENOTCONN;
	else if (m->npend == PENDING_MAX)
		err = ENOBUFS;
	else if (!name || !(s = json_dumps(msg, JSON_COMPACT)))
		err = ENOMEM;
	else if (strlen(s) > MSG_MAX)
		err = EMSGSIZE;
	else
		err = send_fds(m->fd, s, strlen(s), fds, nfds);
	if (!err)
		pend_add(m, name, h, arg);
	free(s);
	json_decref(msg);
	return err;
}
