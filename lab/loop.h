/**
 * What the supervisor waits for: descriptors with a handler each, and
 * signals. Runs only inside lab_wait() and lab_sleep().
 */
#ifndef VISAVIS_LAB_LOOP_H
#define VISAVIS_LAB_LOOP_H

#include "lab/lab.h"

enum { LAB_LOOP_MAX = 2048 };

typedef void lab_watch_h(struct lab *lab, int fd, void *arg);

/** Block SIGINT, SIGTERM, SIGHUP, SIGCHLD and take them here from now on:
 *  the first three set lab->stop, a second one ends the process at once. */
int lab_loop_alloc(struct lab *lab);
void lab_loop_free(struct lab *lab);

/** @return 0, ENOMEM, EOVERFLOW past LAB_LOOP_MAX */
int lab_loop_watch(struct lab *lab, int fd, lab_watch_h *h, void *arg);
/** Stop watching; closes fd. */
void lab_loop_close(struct lab *lab, int fd);

/** Handle what is there, waiting at most that long for it. */
void lab_loop_pump(struct lab *lab, int timeout_ms);

/** Undo the blocking of signals in a child. */
void lab_loop_child(void);

#endif
