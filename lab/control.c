/* The supervisor's side. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lab/control.h"
#include "lab/loop.h"

enum { NS_MAX = 6 };


static void answer(int fd, json_t *obj, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(NS_MAX * sizeof(int))];
	} ctl = {0};
	char *s = json_dumps(obj, JSON_COMPACT);
	struct iovec iov[2] = {{s, s ? strlen(s) : 0}, {(void *)(uintptr_t)"\n", 1}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

	json_decref(obj);
	if (nfds) {
		struct cmsghdr *c;

		msg.msg_control = ctl.buf;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = &ctl.hdr;
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	if (s)
		(void)!sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	free(s);
}


static void answer_error(int fd, const char *text)
{
	answer(fd, json_pack("{s:b, s:s}", "ok", 0, "error", text), NULL, 0);
}


static void answer_exec(struct lab *lab, int fd, const char *host)
{
	struct lab_node *n = host ? lab_node_find(lab, host) : NULL;
	json_t *names = json_array();
	int fds[NS_MAX];
	size_t nfds = 0, own = 0;
	static const char *const ours[] = {"user", "pid", "ipc"};

	if (!n || n->net_fd < 0) {
		answer_error(fd, n ? "the host is not up yet" : "no such host or firewall");
		json_decref(names);
		return;
	}
	/* The user namespace first: it gives the right to enter the others. */
	for (size_t i = lab->rootless ? 0 : 1; i < 3; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ours[i]);
		fds[nfds] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[nfds] < 0)
			continue;
		nfds++;
		json_array_append_new(names, json_string(ours[i]));
	}
	own = nfds;
	fds[nfds++] = n->net_fd;
	fds[nfds++] = n->uts_fd;
	fds[nfds++] = n->mnt_fd;
	json_array_append_new(names, json_string("net"));
	json_array_append_new(names, json_string("uts"));
	json_array_append_new(names, json_string("mnt"));
	answer(fd, json_pack("{s:b, s:o, s:s, s:s}", "ok", 1, "ns", names, "run",
			     lab->path.run_in, "bin", lab->path.bin), fds, nfds);
	while (own)
		(void)close(fds[--own]);
}


static void request_h(struct lab *lab, int fd, void *arg)
{
	char buf[4096];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	const char *cmd;
	json_t *req;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lab_loop_close(lab, fd);
		return;
	}
	req = json_loadb(buf, (size_t)n, 0, NULL);
	cmd = json_string_value(json_object_get(req, "cmd"));
	if (cmd && !strcmp(cmd, "exec")) {
		answer_exec(lab, fd, json_string_value(json_object_get(req, "host")));
	}
	else if (cmd && !strcmp(cmd, "down")) {
		lab->stop = true;
		answer(fd, json_pack("{s:b}", "ok", 1), NULL, 0);
	}
	else {
		answer_error(fd, "unknown command");
	}
	json_decref(req);
}


static void accept_h(struct lab *lab, int fd, void *arg)
{
	int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (c >= 0 && lab_loop_watch(lab, c, request_h, NULL))
		(void)close(c);
}


int control_listen(struct lab *lab)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t old;
	int err = 0;

	if (fd < 0)
		return errno;
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/lab.sock", lab->path.run_in);
	old = umask(0077);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) || listen(fd, 8))
		err = errno;
	(void)umask(old);
	if (!err)
		err = lab_loop_watch(lab, fd, accept_h, NULL);
	if (err)
		(void)close(fd);

	return err;
}
