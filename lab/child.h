/**
 * Processes of the lab. All are children of the supervisor.
 */
#ifndef VISAVIS_LAB_CHILD_H
#define VISAVIS_LAB_CHILD_H

#include "lab/lab.h"

enum { LAB_LINE_MAX = 1024 };

/** One line, without its end, that a child wrote. */
typedef void lab_line_h(struct lab *lab, struct lab_node *n, char *line);

struct lab_child {
	struct lab_child *next;
	pid_t pid;
	struct lab_node *node;	/**< or NULL: where the bridges are */
	const char *name;	/**< "dnsmasq" */
	const char *log;	/**< path of what it writes, or NULL */
	lab_line_h *line_h;	/**< or NULL */
	int pipe_fd;		/**< its output, when line_h is set; or -1 */
	int log_fd;
	char line[LAB_LINE_MAX];
	size_t line_len;
	bool done;
	bool expected;		/**< its end is no news */
	int status;
};

/** As lab_spawn(); each line of output goes to line_h too. */
int lab_spawn_lines(struct lab_child **childp, struct lab *lab, struct lab_node *n,
		    const char *name, const char *const argv[], lab_line_h *line_h);

/** Take note of ended processes. */
void lab_children_reap(struct lab *lab);

/** End all: SIGTERM, at most `limit_ms`, SIGKILL. Nothing is left when it
 *  returns, holders of namespaces included. */
void lab_children_end(struct lab *lab, unsigned limit_ms);

void lab_children_free(struct lab *lab);

/** A child that ended though nobody asked it to, or NULL */
struct lab_child *lab_child_fallen(struct lab *lab);

/** Did it end because there is no such program? */
bool lab_child_missing(const struct lab_child *c);

/** "ended with code 3", "was killed by signal 9" */
const char *lab_child_end_str(struct lab *lab, const struct lab_child *c);

/** The last lines of a child's log for a message, indented, or "" */
const char *lab_child_tail(struct lab *lab, const struct lab_child *c);

#endif
