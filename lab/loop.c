#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/loop.h"

struct watch {
	lab_watch_h *h;		/* NULL: closed, to be swept */
	void *arg;
};

struct lab_loop {
	struct pollfd *fds;
	struct watch *watches;
	size_t n;
	size_t cap;
	bool swept;		/* nothing to sweep */
};


static void signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}


/* The signal only says that it is time to look. */
static void signal_h(struct lab *lab, int fd, void *arg)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			lab_children_reap(lab);
			continue;
		}
		if (lab->stop)
			_exit(130);
		lab->stop = true;
	}
}


int lab_loop_alloc(struct lab *lab)
{
	sigset_t set;
	int fd;

	lab->loop = calloc(1, sizeof(*lab->loop));
	if (!lab->loop)
		return ENOMEM;
	signals_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return errno;
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return errno;

	return lab_loop_watch(lab, fd, signal_h, NULL);
}


void lab_loop_free(struct lab *lab)
{
	struct lab_loop *l = lab->loop;

	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (l->watches[i].h)
			(void)close(l->fds[i].fd);
	free(l->fds);
	free(l->watches);
	free(l);
	lab->loop = NULL;
}


static int loop_grow(struct lab_loop *l)
{
	size_t cap = l->cap ? 2 * l->cap : 16;
	struct pollfd *fds;
	struct watch *watches;

	if (l->n < l->cap)
		return 0;
	if (cap > LAB_LOOP_MAX)
		return EOVERFLOW;
	fds = realloc(l->fds, cap * sizeof(*fds));
	if (!fds)
		return ENOMEM;
	l->fds = fds;
	watches = realloc(l->watches, cap * sizeof(*watches));
	if (!watches)
		return ENOMEM;
	l->watches = watches;
	l->cap = cap;

	return 0;
}


int lab_loop_watch(struct lab *lab, int fd, lab_watch_h *h, void *arg)
{
	struct lab_loop *l = lab->loop;
	int err = loop_grow(l);

	if (err)
		return err;
	l->fds[l->n] = (struct pollfd){.fd = fd, .events = POLLIN};
	l->watches[l->n] = (struct watch){h, arg};
	l->n++;

	return 0;
}


void lab_loop_close(struct lab *lab, int fd)
{
	struct lab_loop *l = lab->loop;

	for (size_t i = 0; i < l->n; i++)
		if (l->fds[i].fd == fd && l->watches[i].h) {
			l->watches[i].h = NULL;
			l->fds[i].fd = -1;
			l->swept = false;
		}
	(void)close(fd);
}


static void loop_sweep(struct lab_loop *l)
{
	size_t n = 0;

	if (l->swept)
		return;
	for (size_t i = 0; i < l->n; i++) {
		if (!l->watches[i].h)
			continue;
		l->fds[n] = l->fds[i];
		l->watches[n++] = l->watches[i];
	}
	l->n = n;
	l->swept = true;
}


void lab_loop_pump(struct lab *lab, int timeout_ms)
{
	struct lab_loop *l = lab->loop;
	size_t n;

	loop_sweep(l);
	n = l->n;
	if (poll(l->fds, n, timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (l->watches[i].h && l->fds[i].revents)
			l->watches[i].h(lab, l->fds[i].fd, l->watches[i].arg);
}


void lab_loop_child(void)
{
	sigset_t set;

	signals_set(&set);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
}
