#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/control.h"
#include "lab/enforce.h"
#include "lab/loop.h"
#include "lab/ns.h"
#include "lab/output.h"
#include "lab/programs.h"
#include "lab/service/clips.h"
#include "lab/service/service.h"
#include "lab/state.h"
#include "lab/supervise.h"
#include "lab/tell.h"
#include "lab/wires.h"

enum { INTERRUPTED = 130, END_MS = 3000, FILES_LEAST = 256 };


static int nodes_make(struct lab *lab)
{
	lab->nnodes = lab->plan.nnodes;
	lab->nodes = arena_calloc(&lab->arena, lab->nnodes, sizeof(*lab->nodes));
	if (!lab->nodes)
		return ENOMEM;
	for (size_t i = 0; i < lab->nnodes; i++) {
		const struct plan_node *p = &lab->plan.nodes[i];

		lab->nodes[i] = (struct lab_node){
			.plan = p, .name = p->name, .host = p->host, .firewall = p->firewall,
			.net_fd = -1, .mnt_fd = -1, .uts_fd = -1};
	}

	return 0;
}


static int up_namespaces(struct lab *lab)
{
	struct lab_step *st = lab_step_begin(lab, LAB_START, "namespaces");
	int err = ns_settle(lab);

	if (!err)
		err = control_listen(lab);
	if (!err)
		err = ns_hold(lab);

	return lab_step_end(lab, st, err, err ? NULL : "%zu, %s", lab->nnodes,
			    lab->rootless ? "without root" : "as root");
}


static int up_wires(struct lab *lab)
{
	struct lab_step *st = lab_step_begin(lab, LAB_START, "links, addresses, routes");
	const char *msg = "";
	int err = ns_wire(lab, &msg);

	if (err)
		return lab_step_end(lab, st, err, "%s", *msg ? msg : strerror(err));

	return lab_step_end(lab, st, 0, "%zu networks", lab->site.nnetworks);
}


static int bring_up(struct lab *lab, const struct lab_life *life)
{
	int err = state_make(lab);

	if (!err)
		err = up_namespaces(lab);
	if (!err)
		err = clips_make(lab);
	if (!err)
		err = up_wires(lab);
	if (!err)
		err = enforce_all(lab);
	if (!err)
		err = wires_start(lab);
	if (!err && life->before_h)
		err = life->before_h(lab, life->arg);
	if (!err)
		err = service_start_all(lab);

	return err;
}


/* The front process is gone: nobody is left to tell. */
static void orphan_h(struct lab *lab, int fd, void *arg)
{
	_exit(1);
}


static int files_raise(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl))
		return errno;
	if (rl.rlim_max < FILES_LEAST) {
		(void)fprintf(stderr, "visavis lab: only %lu files may be open at once; raise it to at least %d: "
			      "ulimit -n %d\n", (unsigned long)rl.rlim_max, FILES_LEAST, FILES_LEAST);
		return EMFILE;
	}
	rl.rlim_cur = rl.rlim_max;

	return setrlimit(RLIMIT_NOFILE, &rl) ? errno : 0;
}


static int take_down(struct lab *lab, int code)
{
	struct lab_step *st = lab_step_begin(lab, LAB_STOP, "taking the site down");

	lab_children_end(lab, END_MS);
	lab_children_free(lab);
	ns_close(lab);
	output_leave(lab);
	(void)lab_step_end(lab, st, 0, NULL);
	if (lab->wires_fd >= 0)
		(void)close(lab->wires_fd);
	lab_loop_free(lab);

	return code;
}


/* From the terminal to a file: a detached lab has no one to talk to. */
static void detach(struct lab *lab, int ready_fd)
{
	int fd = open(lab_str(lab, "%s/lab.txt", lab->path.log),
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	(void)!write(ready_fd, "r", 1);
	if (fd >= 0) {
		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
		(void)close(fd);
	}
}


static int supervisor(struct lab *lab, const struct lab_life *life, int alive_fd, int ready_fd)
{
	int err, code = EXIT_FAILURE;

	(void)setpgid(0, 0);
	lab->wires_fd = -1;
	lab->phase_us[LAB_START] = lab_now_us();
	err = tell_init(lab);
	if (!err)
		err = nodes_make(lab);
	if (!err)
		err = lab_loop_alloc(lab);
	if (!err && !lab->opt.detach)
		err = lab_loop_watch(lab, alive_fd, orphan_h, NULL);
	if (err) {
		(void)fprintf(stderr, "visavis lab: %s\n", strerror(err));
		return EXIT_FAILURE;
	}

	err = bring_up(lab, life);
	if (!err && lab->opt.detach)
		detach(lab, ready_fd);
	if (!err)
		code = life->main_h(lab, life->arg);
	else if (lab->stop)
		code = INTERRUPTED;
	if (life->after_h)
		life->after_h(lab, life->arg);

	return take_down(lab, code);
}


static volatile sig_atomic_t front_child;


static void front_signal(int sig)
{
	if (front_child > 0)
		(void)kill((pid_t)front_child, sig);
}


static void front_signals(void)
{
	struct sigaction sa = {.sa_handler = front_signal, .sa_flags = SA_RESTART};

	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGHUP, &sa, NULL);
}


static int front_wait(struct lab *lab, pid_t pid, int ready_fd)
{
	int status;
	char c;

	if (lab->opt.detach && read(ready_fd, &c, 1) == 1) {
		printf("site %s is up; \"visavis lab down %s\" ends it\n", lab->site.name,
		       lab->opt.site_path);
		return 0;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	if (WIFSIGNALED(status)) {
		(void)fprintf(stderr, "visavis lab: the supervisor was killed by signal %d; "
			      "all that it ran ended with it\n", WTERMSIG(status));
		return EXIT_FAILURE;
	}

	return WEXITSTATUS(status);
}


/* The supervisor's first breath. Its parent's death is its own, unless it
 * is to outlive it. */
static void born(struct lab *lab, const struct lab_life *life, int alive[2], int ready[2])
{
	int code;

	(void)close(alive[1]);
	(void)close(ready[0]);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	if (lab->opt.detach)
		(void)setsid();
	else
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	code = supervisor(lab, life, alive[0], ready[1]);
	lab_unload(lab);
	(void)fflush(NULL);
	exit(code);
}


static void say_no_namespaces(int err)
{
	(void)fprintf(stderr, "visavis lab: this machine does not let us make namespaces (%s): "
		      "run as root, or allow user namespaces\n", strerror(err));
}


int lab_supervise(struct lab *lab, const struct lab_life *life)
{
	int alive[2], ready[2], lock, code = EXIT_FAILURE;
	pid_t pid;
	int err = programs_check(lab);

	if (!err)
		err = files_raise();
	if (!err)
		err = output_take(lab, &lock);
	if (err)
		return EXIT_FAILURE;
	err = ns_leave(&lab->rootless);
	if (err) {
		say_no_namespaces(err);
		return EXIT_FAILURE;
	}
	if (pipe2(alive, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		return EXIT_FAILURE;

	front_signals();
	(void)fflush(NULL);
	pid = fork();
	if (!pid)
		born(lab, life, alive, ready);
	front_child = pid;
	/* whether somebody still reads does not change what became of the lab */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(alive[0]);
	(void)close(ready[1]);
	if (pid > 0)
		code = front_wait(lab, pid, ready[0]);
	(void)fflush(NULL);
	/* Whatever runs at exit may want to fork, which cannot succeed here once
	 * the first process of our children's PID namespace is gone. */
	_exit(code);
}
