/**
 * What call control gives up once its sockets and files are open: every
 * capability, the way to new privileges, and the system calls that it has no
 * use for.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_SANDBOX_H
#define VISAVIS_DAEMONS_CALLCONTROL_SANDBOX_H

/** @return 0 or errno: the program must not go on with what it has */
int sandbox_enter(void);

#endif
