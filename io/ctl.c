#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "io/libre.h"

#include "io/ctl.h"
#include "io/log.h"


enum { LINE_MAX_LEN = 64 * 1024, ANSWER_MAX_LEN = 64 << 20, CONNS_MAX = 32,
       ARGS_MAX = 32, SEND_PATIENCE_MS = 1000 };

struct ctl_server {
	struct list conns;
	const struct ctl_cmd *cmds;
	void *arg;
	char path[108];
	int fd;
};

struct ctl_conn {
	struct le le;
	struct ctl_server *srv;
	char *buf;
	size_t len;
	void (*closeh)(void *arg);
	void *closearg;
	int fd;
};


static void conn_destructor(void *data)
{
	struct ctl_conn *c = data;

	list_unlink(&c->le);
	if (c->fd >= 0) {
		fd_close(c->fd);
		(void)close(c->fd);
	}
	mem_deref(c->buf);
}


static void conn_close(struct ctl_conn *c)
{
	if (c->closeh)
		c->closeh(c->closearg);
	mem_deref(c);
}


/* The answer is small and the client waits for it: a short blocking send
 * spares a queue. A client that does not read loses its connection. */
static int send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		struct pollfd pfd = { .fd = fd, .events = POLLOUT };
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno != EAGAIN)
			return errno;
		if (k < 0 && !poll(&pfd, 1, SEND_PATIENCE_MS))
			return ETIMEDOUT;
		if (k > 0) {
			p += k;
			n -= (size_t)k;
		}
	}

	return 0;
}


static void conn_send(struct ctl_conn *c, json_t *obj)
{
	char *s = obj ? json_dumps(obj, JSON_COMPACT) : NULL;

	if (!s || send_all(c->fd, s, strlen(s)) || send_all(c->fd, "\n", 1))
		(void)shutdown(c->fd, SHUT_RDWR);

	free(s);
	json_decref(obj);
}


void ctl_reply(struct ctl_conn *c, json_t *obj)
{
	json_t *o = obj ? obj : json_object();

	c->closeh = NULL;
	if (o)
		(void)json_object_set_new(o, "ok", json_true());
	conn_send(c, o);
}


static void error_send(struct ctl_conn *c, char *msg)
{
	json_t *text = json_string(msg);

	/* cut in the middle of a character */
	for (char *p = msg; !text && *p; p++)
		*p = *p & 0x80 ? '?' : *p;
	conn_send(c, json_pack("{s:b, s:o}", "ok", 0, "error", text ? text : json_string(msg)));
}


void ctl_fail(struct ctl_conn *c, const char *fmt, ...)
{
	char msg[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);

	c->closeh = NULL;
	error_send(c, msg);
}


void ctl_conn_on_close(struct ctl_conn *c, void (*h)(void *arg), void *arg)
{
	c->closeh = h;
	c->closearg = arg;
}


static void help(struct ctl_conn *c)
{
	json_t *v = json_array();

	for (const struct ctl_cmd *cmd = c->srv->cmds; cmd->name; cmd++)
		(void)json_array_append_new(v, json_pack("{s:s, s:s, s:s}",
			"name", cmd->name, "args", cmd->args ? cmd->args : "",
			"help", cmd->help));
	ctl_reply(c, json_pack("{s:o}", "commands", v));
}


static void run(struct ctl_conn *c, const char *name, int argc,
		const char *argv[])
{
	if (!strcmp(name, "help")) {
		help(c);
		return;
	}

	for (const struct ctl_cmd *cmd = c->srv->cmds; cmd->name; cmd++) {
		if (strcmp(cmd->name, name))
			continue;
		cmd->handler(c, argc, argv, c->srv->arg);
		return;
	}

	ctl_fail(c, "no command \"%.60s\"; \"help\" lists them", name);
}


static void line_handle(struct ctl_conn *c, const char *line, size_t len)
{
	const char *argv[ARGS_MAX], *name;
	json_t *o, *args, *v;
	char busy[] = "the question before is not answered yet: ask one at a time";
	size_t i, argc = 0;

	/* who answers that one later knows this connection, and of no other */
	if (c->closeh) {
		error_send(c, busy);
		return;
	}
	o = json_loadb(line, len, 0, NULL);
	name = json_string_value(json_object_get(o, "cmd"));
	args = json_object_get(o, "args");
	if (!name || json_array_size(args) > ARGS_MAX) {
		ctl_fail(c, "send {\"cmd\":NAME,\"args\":[...]}, one object a line");
		goto out;
	}

	json_array_foreach(args, i, v) {
		if (!json_is_string(v)) {
			ctl_fail(c, "argument %zu is no string", i + 1);
			goto out;
		}
		argv[argc++] = json_string_value(v);
	}

	/* a handler may end the program's interest in this connection */
	mem_ref(c);
	run(c, name, (int)argc, argv);
	mem_deref(c);
out:
	json_decref(o);
}


static void conn_read(int flags, void *arg)
{
	struct ctl_conn *c = arg;
	char *nl;
	ssize_t n;

	(void)flags;
	n = recv(c->fd, c->buf + c->len, LINE_MAX_LEN - c->len, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}

	c->len += (size_t)n;
	while ((nl = memchr(c->buf, '\n', c->len)) != NULL) {
		size_t used = (size_t)(nl - c->buf) + 1;

		line_handle(c, c->buf, used - 1);
		memmove(c->buf, c->buf + used, c->len - used);
		c->len -= used;
	}

	if (c->len == LINE_MAX_LEN)
		conn_close(c);
}


static int conn_alloc(struct ctl_server *srv, int fd)
{
	struct ctl_conn *c = mem_zalloc(sizeof(*c), conn_destructor);
	int err = ENOMEM;

	if (!c) {
		(void)close(fd);
		return ENOMEM;
	}

	c->fd = fd;
	c->srv = srv;
	c->buf = mem_alloc(LINE_MAX_LEN, NULL);
	if (c->buf)
		err = fd_listen(fd, FD_READ, conn_read, c);
	if (err) {
		mem_deref(c);
		return err;
	}

	list_append(&srv->conns, &c->le, c);
	return 0;
}


static void accept_handler(int flags, void *arg)
{
	struct ctl_server *srv = arg;
	int fd = accept4(srv->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)flags;
	if (fd < 0)
		return;

	if (list_count(&srv->conns) >= CONNS_MAX) {
		(void)close(fd);
		return;
	}

	(void)conn_alloc(srv, fd);
}


static void srv_destructor(void *data)
{
	struct ctl_server *srv = data;
	struct le *le;

	while ((le = list_head(&srv->conns)) != NULL)
		conn_close(le->data);

	if (srv->fd >= 0) {
		fd_close(srv->fd);
		(void)close(srv->fd);
		(void)unlink(srv->path);
	}
}


static int un_addr(struct sockaddr_un *un, const char *path)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(un->sun_path))
		return ENAMETOOLONG;

	memcpy(un->sun_path, path, strlen(path));
	return 0;
}


static bool is_alive(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 &&
		!connect(fd, (const struct sockaddr *)un, sizeof(*un));

	if (fd >= 0)
		(void)close(fd);
	return alive;
}


int ctl_listen(struct ctl_server **srvp, const char *path,
	       const struct ctl_cmd *cmds, void *arg)
{
	struct ctl_server *srv = NULL;
	struct sockaddr_un un;
	mode_t mask;
	int err, fd = -1;

	err = un_addr(&un, path);
	if (err)
		return err;
	if (is_alive(&un))
		return EADDRINUSE;
	(void)unlink(path);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;

	mask = umask(0177);
	err = bind(fd, (struct sockaddr *)&un, sizeof(un)) ? errno : 0;
	(void)umask(mask);
	if (!err && listen(fd, CONNS_MAX))
		err = errno;
	if (err)
		goto out;

	srv = mem_zalloc(sizeof(*srv), srv_destructor);
	if (!srv) {
		err = ENOMEM;
		goto out;
	}
	srv->fd = fd;
	srv->cmds = cmds;
	srv->arg = arg;
	memcpy(srv->path, un.sun_path, sizeof(srv->path));
	err = fd_listen(fd, FD_READ, accept_handler, srv);
out:
	if (err) {
		if (srv)
			mem_deref(srv);
		else
			(void)close(fd);
	}
	else
		*srvp = srv;
	return err;
}


int ctl_open(struct ctl_server **srvp, const char *host, const struct ctl_cmd *cmds, void *arg)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int err = ctl_path(path, sizeof(path), host);

	if (!err)
		err = ctl_listen(srvp, path, cmds, arg);
	if (err)
		log_error("%s: %s", path, err == EADDRINUSE ? "another program of this host is running" :
			  err == ENOENT ? "make this folder, or set VISAVIS_RUN to one that is there" :
			  strerror(err));
	return err;
}


static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static int recv_line(char **linep, int fd, unsigned timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;
	size_t len = 0, cap = 4096;
	char *buf = malloc(cap);
	int err = buf ? 0 : ENOMEM;

	while (!err) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int64_t left = timeout_ms ? until - now_ms() : -1;
		ssize_t n;

		if (timeout_ms && left <= 0)
			err = ETIMEDOUT;
		else if (poll(&pfd, 1, (int)left) <= 0)
			continue;
		if (err)
			break;

		n = recv(fd, buf + len, cap - len - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n ? errno : ECONNRESET;
			break;
		}
		len += (size_t)n;
		buf[len] = '\0';
		if (memchr(buf + len - n, '\n', (size_t)n)) {
			*linep = buf;
			return 0;
		}
		if (len + 1 == cap) {
			char *p = cap < ANSWER_MAX_LEN ? realloc(buf, cap * 2) : NULL;

			if (!p)
				err = EOVERFLOW;
			else
				buf = p;
			cap *= 2;
		}
	}

	free(buf);
	return err;
}


static int request_send(int fd, const char *cmd, int argc,
			const char *const argv[])
{
	json_t *args = json_array(), *o;
	char *s;
	int err;

	for (int i = 0; i < argc; i++)
		if (json_array_append_new(args, json_string(argv[i]))) {
			json_decref(args);
			return EINVAL;	/* not UTF-8 */
		}

	o = json_pack("{s:s, s:o}", "cmd", cmd, "args", args);
	s = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (!s)
		return ENOMEM;

	err = send_all(fd, s, strlen(s));
	if (!err)
		err = send_all(fd, "\n", 1);
	free(s);
	return err;
}


int ctl_request(json_t **answer, const char *path, const char *cmd,
		int argc, const char *const argv[], unsigned timeout_ms)
{
	struct sockaddr_un un;
	char *line = NULL;
	int err, fd;

	err = un_addr(&un, path);
	if (err)
		return err;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&un, sizeof(un))) {
		err = errno;
		goto out;
	}

	err = request_send(fd, cmd, argc, argv);
	if (err)
		goto out;

	err = recv_line(&line, fd, timeout_ms);
	if (err)
		goto out;

	*answer = json_loads(line, 0, NULL);
	if (!*answer)
		err = EBADMSG;
out:
	free(line);
	(void)close(fd);
	return err;
}


int ctl_path_in(char *buf, size_t size, const char *run, const char *host)
{
	int n = snprintf(buf, size, "%s/%s/ctl.sock", run, host);

	return n < 0 || (size_t)n >= size ? ENAMETOOLONG : 0;
}


int ctl_path(char *buf, size_t size, const char *host)
{
	const char *run = getenv("VISAVIS_RUN");

	return ctl_path_in(buf, size, run && *run ? run : CTL_RUN, host);
}
