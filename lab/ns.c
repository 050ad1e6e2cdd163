#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/ns.h"

enum { NS_LAB = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS };


static int file_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return errno;
	n = write(fd, text, len);
	if (n < 0)
		err = errno;
	else if ((size_t)n != len)
		err = EIO;
	(void)close(fd);

	return err;
}


static int map_self(uid_t uid, gid_t gid)
{
	char buf[64];
	int err;

	(void)snprintf(buf, sizeof(buf), "0 %u 1", (unsigned)uid);
	err = file_put("/proc/self/uid_map", buf);
	if (!err)
		err = file_put("/proc/self/setgroups", "deny");
	(void)snprintf(buf, sizeof(buf), "0 %u 1", (unsigned)gid);

	return err ? err : file_put("/proc/self/gid_map", buf);
}


int ns_leave(bool *rootless)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	*rootless = false;
	if (!unshare(NS_LAB))
		return 0;
	if (errno != EPERM)
		return errno;

	*rootless = true;
	if (unshare(CLONE_NEWUSER))
		return errno;
	if (map_self(uid, gid))
		return EPERM;

	return unshare(NS_LAB) ? errno : 0;
}


static int bind_fd(int fd, const char *at)
{
	char src[64];

	(void)snprintf(src, sizeof(src), "/proc/self/fd/%d", fd);

	return mount(src, at, NULL, MS_BIND, NULL) ? errno : 0;
}


int ns_settle(struct lab *lab)
{
	int fd, err = 0;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return errno;

	/* Opened before /run is covered: the output may lie below it. */
	fd = open(lab->path.run, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") ||
	    mkdir(lab->path.run_in, 0755))
		err = errno;
	if (!err)
		err = bind_fd(fd, lab->path.run_in);
	(void)close(fd);
	if (err)
		return err;

	lab->wires_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return lab->wires_fd < 0 ? errno : 0;
}


/* A host's own file over the machine's. Where the machine has none there is
 * nothing to hide, and nothing is made outside the output folder. */
static void own_file(const char *own, const char *at)
{
	(void)mount(own, at, NULL, MS_BIND, NULL);
}


struct holder {
	struct lab *lab;
	struct lab_node *node;
	int ready_fd;
};


static void holder_main(const struct holder *h)
{
	char buf[4096];
	sigset_t none;
	char ok = 0;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) ||
	    sethostname(h->node->name, strlen(h->node->name)) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		ok = (char)errno;
	if (h->node->host) {
		(void)snprintf(buf, sizeof(buf), "%s/%s/hosts", h->lab->path.state, h->node->name);
		own_file(buf, "/etc/hosts");
		(void)snprintf(buf, sizeof(buf), "%s/%s/resolv.conf", h->lab->path.state,
			       h->node->name);
		own_file(buf, "/etc/resolv.conf");
	}
	(void)!write(h->ready_fd, &ok, 1);
	(void)close(h->ready_fd);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGTERM, SIG_DFL);
	for (;;)
		(void)pause();
}


static int ns_open(int *fd, pid_t pid, const char *kind)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	*fd = open(path, O_RDONLY | O_CLOEXEC);

	return *fd < 0 ? errno : 0;
}


static int hold(struct lab *lab, struct lab_node *n)
{
	int p[2], err = 0;
	char ok = EIO;

	if (pipe2(p, O_CLOEXEC))
		return errno;
	n->pid = fork();
	if (!n->pid) {
		struct holder h = {lab, n, p[1]};

		holder_main(&h);
	}
	if (n->pid < 0)
		err = errno;
	(void)close(p[1]);
	if (!err && (read(p[0], &ok, 1) != 1 || ok))
		err = ok;
	(void)close(p[0]);
	if (!err)
		err = ns_open(&n->net_fd, n->pid, "net");
	if (!err)
		err = ns_open(&n->mnt_fd, n->pid, "mnt");
	if (!err)
		err = ns_open(&n->uts_fd, n->pid, "uts");

	return err;
}


int ns_hold(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; !err && i < lab->nnodes; i++)
		err = lab->stop ? ECANCELED : hold(lab, &lab->nodes[i]);

	return err;
}


void ns_close(struct lab *lab)
{
	for (size_t i = 0; i < lab->nnodes; i++) {
		int *fds[] = {&lab->nodes[i].net_fd, &lab->nodes[i].mnt_fd, &lab->nodes[i].uts_fd};

		for (size_t k = 0; k < 3; k++) {
			if (*fds[k] >= 0)
				(void)close(*fds[k]);
			*fds[k] = -1;
		}
	}
}


int lab_enter(const struct lab *lab, const struct lab_node *n, bool mounts)
{
	if (!n)
		return setns(lab->wires_fd, CLONE_NEWNET) ? errno : 0;
	if (setns(n->net_fd, CLONE_NEWNET))
		return errno;
	if (mounts && (setns(n->uts_fd, CLONE_NEWUTS) || setns(n->mnt_fd, CLONE_NEWNS)))
		return errno;

	return 0;
}


struct setting {
	struct lab_node *node;
	const char *lines;
};


/* In a child that has entered the node: KEY=VALUE lines under /proc/sys/net.
 * A key that this kernel does not have changes nothing worth failing for. */
static int settings_main(void *arg)
{
	const struct setting *s = arg;
	char key[128], value[64], path[192];
	const char *p = s->lines;
	int n;

	while (sscanf(p, "%127[^=]=%63[^\n]\n%n", key, value, &n) == 2) {
		int err;

		(void)snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
		err = file_put(path, value);
		if (err && err != ENOENT) {
			(void)fprintf(stderr, "%s: %s\n", path, strerror(err));
			return 1;
		}
		p += n;
	}

	return 0;
}


static bool done_h(void *arg)
{
	return lab_child_done(arg, NULL);
}


static int settings_apply(struct lab *lab, struct lab_node *n, const char *lines, const char **msg)
{
	struct setting s = {n, lines};
	struct lab_child *c;
	int err = lab_call(&c, lab, n, "settings", settings_main, &s);

	if (err)
		return err;
	c->expected = true;
	err = lab_wait(lab, done_h, c, 10000, "kernel settings");
	if (!err && c->status) {
		*msg = lab_child_tail(lab, c);
		err = ECHILD;
	}
	if (!err)
		(void)unlink(c->log);

	return err;
}


static int ip_batch(struct lab *lab, struct lab_node *n, struct sbuf *lines, const char **msg)
{
	static const char *const argv[] = {"ip", "-batch", "-", NULL};
	int err = lines->err;

	if (!err && lines->len)
		err = lab_run(msg, lab, n, sbuf_str(lines), 20000, argv);
	if (err == ENOENT)
		*msg = "the program ip is missing: install the package iproute2";
	sbuf_reset(lines);

	return err;
}


static int settings_all(struct lab *lab, const char **msg)
{
	int err = settings_apply(lab, NULL, "ipv6/conf/all/disable_ipv6=1\n"
				 "ipv6/conf/default/disable_ipv6=1\n", msg);

	for (size_t i = 0; !err && i < lab->nnodes; i++) {
		struct sbuf sb = {0};

		plan_put_sysctls(&sb, lab->nodes[i].plan);
		err = settings_apply(lab, &lab->nodes[i], sbuf_str(&sb), msg);
		sbuf_reset(&sb);
	}

	return err;
}


int ns_wire(struct lab *lab, const char **msg)
{
	int pids[PLAN_NODES_MAX];
	struct sbuf sb = {0};
	int err;

	*msg = "";
	for (size_t i = 0; i < lab->nnodes; i++)
		pids[i] = lab->nodes[i].pid;

	err = settings_all(lab, msg);
	if (err)
		return err;
	plan_put_links(&sb, &lab->plan, pids);
	err = ip_batch(lab, NULL, &sb, msg);
	for (size_t i = 0; !err && i < lab->nnodes; i++) {
		plan_put_node(&sb, &lab->plan.nodes[i]);
		err = ip_batch(lab, &lab->nodes[i], &sb, msg);
	}

	return err;
}
