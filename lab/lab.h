/**
 * A site that lives on this machine: what every part of the lab shares.
 *
 * One supervising process owns everything. It is the first process of a PID
 * namespace, so that its end, however it comes, ends all others; nothing is
 * kept in /run/netns or anywhere outside the output folder.
 *
 * Everything here is used by the supervisor alone, from one thread. Code
 * that runs elsewhere is started with lab_spawn() or lab_call().
 */
#ifndef VISAVIS_LAB_LAB_H
#define VISAVIS_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "lab/plan/plan.h"
#include "lib/base/arena.h"
#include "lib/policy/model/need.h"
#include "lib/site/site.h"

/** A node of the plan that lives. */
struct lab_node {
	const struct plan_node *plan;
	const char *name;
	const struct site_host *host;		/**< or NULL */
	const struct site_firewall *firewall;	/**< or NULL */
	pid_t pid;		/**< holds the namespaces; in the lab's PID ns */
	int net_fd;		/**< for setns(2): network */
	int mnt_fd;		/**< mounts: own /etc/resolv.conf, /etc/hosts */
	int uts_fd;		/**< host name */
	const char *ruleset;	/**< firewalls: what was loaded, text */
	const struct policy *policy;	/**< firewalls: what it was made from */
};

/** Where things lie; absolute. All exist while the lab lives. */
struct lab_paths {
	const char *out;	/**< out/<site> */
	const char *state;	/**< out/<site>/state: <host>/..., ca.pem */
	const char *log;	/**< <host>.<prog>.jsonl, <host>.<prog>.txt */
	const char *run;	/**< sockets, as seen from outside the lab */
	const char *media;	/**< generated clips */
	const char *pictures;	/**< <host>/... */
	const char *capture;
	const char *run_in;	/**< the same folder as `run`, short: what
				  VISAVIS_RUN is inside the lab */
	const char *bin;	/**< folders to look for our programs in, as in
				  PATH */
	const char *site;	/**< the site file */
	const char *site_in;	/**< its copy for the programs, in `media`, so
				  that "file:NAME" is a file there */
	const char *paths;	/**< what was measured: AGENT-RESPONDER.json */
	const char *impair;	/**< what is done to links, or NULL */
	const char *ca;		/**< PEM of the lab's own authority */
};

/** Moments of the run; 0: has not come. Microseconds of CLOCK_REALTIME. */
enum lab_phase {
	LAB_START = 0,		/**< namespaces, policy, services */
	LAB_REGISTER,		/**< daemons up, rooms registering */
	LAB_MANAGE,		/**< time, names, pings from the desk */
	LAB_MEET,		/**< dialling until hanging up */
	LAB_HANGUP,
	LAB_PROVE,		/**< tightness and what else prove tries */
	LAB_REPORT,
	LAB_STOP,
	LAB_PHASES
};

/** How a step of the life went; shown in the report. */
struct lab_step {
	const char *name;	/**< "register paris" */
	enum lab_phase phase;
	uint64_t begin_us;
	uint64_t end_us;
	int err;		/**< 0: as it should */
	const char *detail;	/**< what went wrong, or NULL */
};

struct lab_options {
	const char *site_path;
	const char *out;	/**< NULL: out/<site> */
	unsigned seconds;	/**< of media */
	int security;		/**< -1: as the site, 0: off, 1: on */
	bool prove;
	bool detach;
	bool quiet;
	bool frames;		/**< rooms log a hash of each decoded picture */
};

struct lab_child;
struct lab_loop;
struct policy;

struct lab {
	struct arena arena;	/**< lives as long as the lab */
	struct site site;
	struct plan plan;
	struct need_list needs;
	struct lab_options opt;
	struct lab_paths path;
	struct lab_node *nodes;	/**< as plan.nodes */
	size_t nnodes;
	int wires_fd;		/**< network namespace of the bridges */
	bool rootless;		/**< in a user namespace */
	uint64_t phase_us[LAB_PHASES];
	struct lab_step *steps;
	size_t nsteps;
	size_t steps_cap;
	const char *call_from;	/**< the meeting: first and second room, or */
	const char *call_to;	/**< NULL when there are not two */
	struct lab_child *children;	/**< lab/child.h */
	struct lab_loop *loop;		/**< lab/loop.h */
	bool stop;		/**< asked to end */
};

struct lab_node *lab_node_find(struct lab *lab, const char *name);
struct lab_node *lab_node_by_addr(struct lab *lab, const struct ip_addr *a);
/** The next firewall after `prev` (NULL: the first), or NULL */
struct lab_node *lab_firewall_next(struct lab *lab,
				   const struct lab_node *prev);
bool lab_node_has_role(const struct lab_node *n, const char *role);

uint64_t lab_now_us(void);		/**< CLOCK_REALTIME */
uint64_t lab_mono_us(void);		/**< a clock that nobody sets, for waiting */
const char *lab_phase_name(enum lab_phase ph);	/**< "start" */
/** Formatted string that lives as long as the lab; "" without memory. */
const char *lab_str(struct lab *lab, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Enter a node's network (and with `mounts` also mount and host name)
 * namespace with the calling thread. For children, or for threads of the
 * proof that open their sockets there (network only; setns(2) is per
 * thread). `n` NULL: the namespace of the bridges.
 * @return 0 or errno
 */
int lab_enter(const struct lab *lab, const struct lab_node *n, bool mounts);

/**
 * Start a program in a node. Its stdout and stderr go to
 * log/<host>.<name>.txt; with VISAVIS_RUN, VISAVIS_HOST set.
 * It dies with the lab.
 * @param childp  set, may be NULL; owned by the lab
 * @param name    for logs and messages: "dnsmasq"
 * @param argv    argv[0] is searched in the lab's bin folder, then PATH
 * @return 0 or errno (ENOENT: no such program)
 */
int lab_spawn(struct lab_child **childp, struct lab *lab, struct lab_node *n,
	      const char *name, const char *const argv[]);

/**
 * Run a program in a node to its end and take what it prints.
 * @param out       stdout, "" if none; lives in the lab's arena; may be NULL
 * @param input     fed to stdin, or NULL
 * @param limit_ms  it is killed after that: ETIMEDOUT
 * @return 0 when it exited with 0, ECHILD for another exit (its first line
 *         of stderr is in *out then), or errno
 */
int lab_run(const char **out, struct lab *lab, struct lab_node *n,
	    const char *input, unsigned limit_ms, const char *const argv[]);

/** Fork a function into a node's namespaces; its value is the exit code.
 *  The lab's loop goes on meanwhile. As lab_spawn() otherwise. */
int lab_call(struct lab_child **childp, struct lab *lab, struct lab_node *n,
	     const char *name, int (*fn)(void *arg), void *arg);

/** Has the child ended? *status as waitpid(2) gives it. */
bool lab_child_done(const struct lab_child *c, int *status);
/** SIGTERM, after two seconds SIGKILL; returns when it is gone. */
void lab_child_stop(struct lab *lab, struct lab_child *c);

/**
 * Let the lab live until cond is true: children's output, the control
 * socket, and signals are served meanwhile.
 * @param what  for the progress line after two seconds: "paris to register"
 * @return 0, ETIMEDOUT, ECANCELED: the lab was told to end
 */
int lab_wait(struct lab *lab, bool (*cond_h)(void *arg), void *arg,
	     unsigned limit_ms, const char *what);

/** As lab_wait, for a time only. */
int lab_sleep(struct lab *lab, unsigned ms, const char *what);

/** Open a step of the life; lab_step_end() closes it and prints its line:
 *  elapsed time, what, and "ok" or the detail. */
struct lab_step *lab_step_begin(struct lab *lab, enum lab_phase phase,
				const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** @return err */
int lab_step_end(struct lab *lab, struct lab_step *st, int err,
		 const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** A line for the person at the terminal. */
void lab_say(struct lab *lab, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** How far a long step is: shown on the current progress line. */
void lab_progress(struct lab *lab, unsigned percent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Write an event of docs/events.md in the name of a program that does not
 * log by itself (ping, dnsmasq, chronyd): log/<host>.<prog>.jsonl.
 * Steals fields.
 */
void lab_event(struct lab *lab, const char *host, const char *prog,
	       const char *ev, json_t *fields);

#endif
