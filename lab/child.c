#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/loop.h"

enum { DISK_LEAST = 16 << 20 };	/* bytes; a clip has five megabytes */

/* What a new process is to become. */
struct birth {
	struct lab *lab;
	struct lab_node *node;
	int in_fd;		/* -1: /dev/null */
	int out_fd;
	int err_fd;
	const char *const *argv;	/* or NULL: */
	int (*fn)(void *arg);
	void *arg;
};


static void child_env(const struct lab *lab, const struct lab_node *n)
{
	const char *path = getenv("PATH");
	char buf[8192];

	(void)snprintf(buf, sizeof(buf), "%s:%s:/usr/sbin:/sbin", lab->path.bin,
		       path ? path : "/usr/bin:/bin");
	(void)setenv("PATH", buf, 1);
	(void)setenv("VISAVIS_RUN", lab->path.run_in, 1);
	if (n)
		(void)setenv("VISAVIS_HOST", n->name, 1);
}


static void child_fds(const struct birth *b)
{
	int in = b->in_fd >= 0 ? b->in_fd : open("/dev/null", O_RDONLY);

	(void)dup2(in, 0);
	(void)dup2(b->out_fd, 1);
	(void)dup2(b->err_fd, 2);
	if (in > 2)
		(void)close(in);
}


static void child_main(const struct birth *b)
{
	const struct lab_node *n = b->node;
	int err;

	lab_loop_child();
	child_fds(b);
	err = lab_enter(b->lab, n, true);
	if (err) {
		(void)fprintf(stderr, "cannot enter %s: %s\n", n ? n->name : "the bridges",
			      strerror(err));
		_exit(126);
	}
	child_env(b->lab, n);
	/* Sources "file:NAME" are found here. */
	(void)!chdir(b->lab->path.media);
	if (b->fn)
		_exit(b->fn(b->arg));
	(void)execvp(b->argv[0], (char *const *)b->argv);
	err = errno;
	(void)fprintf(stderr, "%s: %s\n", b->argv[0], strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}


static pid_t child_fork(const struct birth *b)
{
	pid_t pid = fork();

	if (!pid)
		child_main(b);

	return pid;
}


static void line_put(struct lab *lab, struct lab_child *c, char ch)
{
	if (ch != '\n' && c->line_len + 1 < sizeof(c->line)) {
		c->line[c->line_len++] = ch;
		return;
	}
	if (ch != '\n')
		return;
	c->line[c->line_len] = '\0';
	c->line_len = 0;
	c->line_h(lab, c->node, c->line);
}


static void pipe_h(struct lab *lab, int fd, void *arg)
{
	struct lab_child *c = arg;
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lab_loop_close(lab, fd);
		c->pipe_fd = -1;
		return;
	}
	(void)!write(c->log_fd, buf, (size_t)n);
	for (ssize_t i = 0; i < n; i++)
		line_put(lab, c, buf[i]);
}


static struct lab_child *child_alloc(struct lab *lab, struct lab_node *n, const char *name)
{
	struct lab_child *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->node = n;
	c->name = lab_str(lab, "%s", name);
	c->pipe_fd = -1;
	c->log_fd = -1;
	c->next = lab->children;
	lab->children = c;

	return c;
}


static int child_log(struct lab *lab, struct lab_child *c)
{
	c->log = lab_str(lab, "%s/%s.%s.txt", lab->path.log, c->node ? c->node->name : "lab",
			 c->name);
	c->log_fd = open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	return c->log_fd < 0 ? errno : 0;
}


static void child_drop(struct lab *lab, struct lab_child *c)
{
	struct lab_child **pp = &lab->children;

	while (*pp && *pp != c)
		pp = &(*pp)->next;
	if (*pp)
		*pp = c->next;
	if (c->pipe_fd >= 0)
		lab_loop_close(lab, c->pipe_fd);
	if (c->log_fd >= 0)
		(void)close(c->log_fd);
	free(c);
}


static int child_start(struct lab_child **childp, struct birth *b, const char *name,
		       lab_line_h *line_h)
{
	struct lab *lab = b->lab;
	struct lab_child *c = child_alloc(lab, b->node, name);
	int p[2] = {-1, -1};
	int err;

	if (!c)
		return ENOMEM;
	err = child_log(lab, c);
	if (err)
		goto out;
	c->line_h = line_h;
	if (line_h) {
		if (pipe2(p, O_CLOEXEC)) {
			err = errno;
			goto out;
		}
		(void)fcntl(p[0], F_SETFL, O_NONBLOCK);
		c->pipe_fd = p[0];
		err = lab_loop_watch(lab, p[0], pipe_h, c);
		if (err)
			goto out;
	}
	b->in_fd = -1;
	b->out_fd = b->err_fd = line_h ? p[1] : c->log_fd;
	c->pid = child_fork(b);
	if (c->pid < 0)
		err = errno;
out:
	if (p[1] >= 0)
		(void)close(p[1]);
	if (err)
		child_drop(lab, c);
	else if (childp)
		*childp = c;

	return err;
}


int lab_spawn_lines(struct lab_child **childp, struct lab *lab, struct lab_node *n,
		    const char *name, const char *const argv[], lab_line_h *line_h)
{
	struct birth b = {.lab = lab, .node = n, .argv = argv};

	return child_start(childp, &b, name, line_h);
}


int lab_spawn(struct lab_child **childp, struct lab *lab, struct lab_node *n,
	      const char *name, const char *const argv[])
{
	return lab_spawn_lines(childp, lab, n, name, argv, NULL);
}


int lab_call(struct lab_child **childp, struct lab *lab, struct lab_node *n,
	     const char *name, int (*fn)(void *arg), void *arg)
{
	struct birth b = {.lab = lab, .node = n, .fn = fn, .arg = arg};

	return child_start(childp, &b, name, NULL);
}


static bool child_done_h(void *arg)
{
	const struct lab_child *c = arg;

	return c->done;
}


static const char *file_text(struct lab *lab, FILE *f)
{
	struct sbuf sb = {.max = 16 << 20};
	const char *s;
	char buf[4096];
	size_t n;

	rewind(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sbuf_put(&sb, buf, n);
	s = arena_strdup(&lab->arena, sbuf_str(&sb));
	sbuf_reset(&sb);

	return s ? s : "";
}


/* A file in memory, holding `text`, at its start. */
static FILE *memory_file(const char *text)
{
	int fd = memfd_create("visavis", MFD_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (!f && fd >= 0)
		(void)close(fd);
	if (f) {
		(void)fputs(text, f);
		(void)fflush(f);
		rewind(f);
	}

	return f;
}


int lab_run(const char **out, struct lab *lab, struct lab_node *n, const char *input,
	    unsigned limit_ms, const char *const argv[])
{
	FILE *fi = memory_file(input ? input : ""), *fo = memory_file(""), *fe = memory_file("");
	struct birth b = {.lab = lab, .node = n, .argv = argv};
	struct lab_child *c = NULL;
	int err = 0;

	if (!fi || !fo || !fe || !(c = child_alloc(lab, n, "run"))) {
		err = errno ? errno : ENOMEM;
		goto out;
	}
	c->expected = true;
	b.in_fd = fileno(fi);
	b.out_fd = fileno(fo);
	b.err_fd = fileno(fe);
	c->pid = child_fork(&b);
	if (c->pid < 0) {
		err = errno;
		child_drop(lab, c);	/* kill() of its number would be everybody's end */
		c = NULL;
		goto out;
	}
	err = lab_wait(lab, child_done_h, c, limit_ms, argv[0]);
	if (err) {
		(void)kill(c->pid, SIGKILL);
		goto out;
	}
	if (!WIFEXITED(c->status) || WEXITSTATUS(c->status))
		err = WIFEXITED(c->status) && WEXITSTATUS(c->status) == 127 ? ENOENT : ECHILD;
	if (out)
		*out = file_text(lab, err ? fe : fo);
out:
	if (c && c->done)
		child_drop(lab, c);
	if (fi)
		(void)fclose(fi);
	if (fo)
		(void)fclose(fo);
	if (fe)
		(void)fclose(fe);

	return err;
}


bool lab_child_done(const struct lab_child *c, int *status)
{
	if (c->done && status)
		*status = c->status;

	return c->done;
}


void lab_child_stop(struct lab *lab, struct lab_child *c)
{
	uint64_t until = lab_mono_us() + 2000000;

	c->expected = true;
	if (!c->done)
		(void)kill(c->pid, SIGTERM);
	while (!c->done) {
		if (lab_mono_us() > until)
			(void)kill(c->pid, SIGKILL);
		lab_loop_pump(lab, 20);
	}
}


static void child_ended(struct lab *lab, pid_t pid, int status)
{
	for (struct lab_child *c = lab->children; c; c = c->next)
		if (c->pid == pid && !c->done) {
			c->done = true;
			c->status = status;
		}
}


void lab_children_reap(struct lab *lab)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_ended(lab, pid, status);
}


static bool children_left(struct lab *lab)
{
	for (struct lab_child *c = lab->children; c; c = c->next)
		if (!c->done)
			return true;

	return false;
}


void lab_children_end(struct lab *lab, unsigned limit_ms)
{
	uint64_t until = lab_mono_us() + limit_ms * 1000ULL;

	for (struct lab_child *c = lab->children; c; c = c->next) {
		c->expected = true;
		if (!c->done)
			(void)kill(c->pid, SIGTERM);
	}
	while (children_left(lab) && lab_mono_us() < until)
		lab_loop_pump(lab, 20);

	/* We are the first process of our PID namespace: -1 is ours alone. */
	if (getpid() == 1)
		(void)kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	for (struct lab_child *c = lab->children; c; c = c->next)
		c->done = true;
}


void lab_children_free(struct lab *lab)
{
	while (lab->children)
		child_drop(lab, lab->children);
}


struct lab_child *lab_child_fallen(struct lab *lab)
{
	for (struct lab_child *c = lab->children; c; c = c->next)
		if (c->done && !c->expected)
			return c;

	return NULL;
}


bool lab_child_missing(const struct lab_child *c)
{
	return WIFEXITED(c->status) && WEXITSTATUS(c->status) == 127;
}


const char *lab_child_end_str(struct lab *lab, const struct lab_child *c)
{
	if (WIFSIGNALED(c->status))
		return lab_str(lab, "was killed by signal %d", WTERMSIG(c->status));
	if (WEXITSTATUS(c->status) == 127)
		return "is not installed";

	return lab_str(lab, "ended with code %d", WEXITSTATUS(c->status));
}


/* A child whose last words are missing may have found no room for them. */
static const char *disk_str(struct lab *lab)
{
	struct statvfs v;

	if (statvfs(lab->path.out, &v) || v.f_bavail * v.f_frsize >= DISK_LEAST)
		return "";
	return lab_str(lab, "; there are only %lu kB of room in %s",
		       (unsigned long)(v.f_bavail * v.f_frsize / 1024), lab->path.out);
}


const char *lab_child_tail(struct lab *lab, const struct lab_child *c)
{
	char buf[600];
	ssize_t n = 0;
	int fd = c->log ? open(c->log, O_RDONLY | O_CLOEXEC) : -1;
	const char *p;

	if (fd >= 0) {
		off_t end = lseek(fd, 0, SEEK_END);

		n = pread(fd, buf, sizeof(buf) - 1,
			  end > (off_t)sizeof(buf) - 1 ? end - (off_t)sizeof(buf) + 1 : 0);
		(void)close(fd);
	}
	if (n <= 0)
		return disk_str(lab);
	buf[n] = '\0';
	p = n == (ssize_t)sizeof(buf) - 1 ? strchr(buf, '\n') : NULL;

	return lab_str(lab, "\n%s", p ? p + 1 : buf);
}
