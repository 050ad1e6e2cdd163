/* The side of `visavis lab down` and `visavis lab exec`. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/ctl.h"
#include "lab/control.h"

enum { FDS_MAX = 6, DOWN_MS = 30000, FAILED = 125 };


/* The folder's name may be longer than a socket's may be. */
static int dial(const struct lab *lab)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int dir = open(lab->path.run, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = 0;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "/proc/self/fd/%d/lab.sock", dir);
	if (dir < 0 || fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		err = errno;
	if (dir >= 0)
		(void)close(dir);
	if (!err)
		return fd;

	if (fd >= 0)
		(void)close(fd);
	if (err == EACCES || err == EPERM)
		(void)fprintf(stderr, "visavis lab: the lab in %s belongs to another user\n",
			      lab->path.out);
	else
		(void)fprintf(stderr, "visavis lab: site %s is not up in %s; "
			      "\"visavis lab up %s\" starts it\n", lab->site.name,
			      lab->path.out, lab->opt.site_path);

	return -1;
}


static json_t *ask(int fd, json_t *req, int *fds, size_t *nfds)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} ctl;
	char buf[8192], *s = json_dumps(req, JSON_COMPACT);
	struct iovec iov = {buf, sizeof(buf)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.buf,
			     .msg_controllen = sizeof(ctl.buf)};
	struct cmsghdr *c;
	ssize_t n = -1;

	json_decref(req);
	*nfds = 0;
	if (s && send(fd, s, strlen(s), MSG_NOSIGNAL) > 0)
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	free(s);
	if (n <= 0)
		return NULL;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), *nfds * sizeof(int));
	}

	return json_loadb(buf, (size_t)n, 0, NULL);
}


/* The lab has ended when its supervisor has. */
static bool wait_end(int pidfd, int fd)
{
	struct pollfd p = {.fd = pidfd >= 0 ? pidfd : fd, .events = POLLIN};
	char buf[64];

	for (int waited = 0; waited < DOWN_MS; waited += 1000) {
		int n = poll(&p, 1, 1000);

		if (n > 0 && (pidfd >= 0 || recv(fd, buf, sizeof(buf), MSG_DONTWAIT) <= 0))
			return true;
		if (waited >= 1000)
			(void)fprintf(stderr, "... waiting for the lab to end, %d s\n",
				      waited / 1000 + 1);
	}

	return false;
}


int control_down(struct lab *lab)
{
	int fd = dial(lab), fds[FDS_MAX], pidfd = -1;
	struct ucred uc = {0};
	socklen_t len = sizeof(uc);
	size_t nfds;
	json_t *ans;
	bool ended;

	if (fd < 0)
		return 1;
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &uc, &len) && uc.pid > 0)
		pidfd = (int)syscall(SYS_pidfd_open, uc.pid, 0);
	ans = ask(fd, json_pack("{s:s}", "cmd", "down"), fds, &nfds);
	json_decref(ans);
	ended = wait_end(pidfd, fd);
	if (pidfd >= 0)
		(void)close(pidfd);
	(void)close(fd);
	if (!ended) {
		(void)fprintf(stderr, "visavis lab: the lab did not end within %d s; "
			      "its supervisor is process %d\n", DOWN_MS / 1000, uc.pid);
		return 1;
	}
	printf("site %s is down\n", lab->site.name);

	return 0;
}


static int enter_all(const int *fds, size_t nfds)
{
	for (size_t i = 0; i < nfds; i++)
		if (setns(fds[i], 0))
			return errno;

	return 0;
}


static void exec_child(const json_t *ans, const char *host, const char *cwd, char *argv[])
{
	const char *bin = json_string_value(json_object_get(ans, "bin"));
	const char *run = json_string_value(json_object_get(ans, "run"));
	const char *path = getenv("PATH");
	char buf[8192];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)snprintf(buf, sizeof(buf), "%s:%s:/usr/sbin:/sbin", bin ? bin : "",
		       path ? path : "/usr/bin:/bin");
	(void)setenv("PATH", buf, 1);
	(void)setenv("VISAVIS_RUN", run ? run : CTL_RUN, 1);
	(void)setenv("VISAVIS_HOST", host, 1);
	if (chdir(cwd))
		(void)!chdir("/");
	(void)execvp(argv[0], argv);
	(void)fprintf(stderr, "visavis lab: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}


static int exec_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return FAILED;

	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}


int control_exec(struct lab *lab, const char *host, char *argv[])
{
	int fds[FDS_MAX], err, code = FAILED, fd = dial(lab);
	char cwd[PATH_MAX];
	size_t nfds = 0;
	json_t *ans;
	pid_t pid;

	if (fd < 0)
		return FAILED;
	ans = ask(fd, json_pack("{s:s, s:s}", "cmd", "exec", "host", host), fds, &nfds);
	if (!json_is_true(json_object_get(ans, "ok"))) {
		const char *why = json_string_value(json_object_get(ans, "error"));

		(void)fprintf(stderr, "visavis lab: %s: %s\n", host, why ? why : "the lab is ending");
		goto out;
	}
	if (!getcwd(cwd, sizeof(cwd)))
		(void)snprintf(cwd, sizeof(cwd), "/");
	err = enter_all(fds, nfds);
	if (err) {
		(void)fprintf(stderr, "visavis lab: cannot enter %s: %s\n", host, strerror(err));
		goto out;
	}
	/* A terminal's interrupt reaches the program by itself. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	pid = fork();
	if (!pid)
		exec_child(ans, host, cwd, argv);
	code = pid > 0 ? exec_wait(pid) : FAILED;
	/* We stand between two PID namespaces: what runs at exit may fork into
	 * the wrong one. */
	(void)fflush(NULL);
	_exit(code);
out:
	for (size_t i = 0; i < nfds; i++)
		(void)close(fds[i]);
	json_decref(ans);
	(void)close(fd);

	return code;
}
