/**
 * What a daemon gives up once its sockets and files are open: capabilities,
 * the way to new privileges, and the system calls that it has no use for.
 */
#ifndef VISAVIS_IO_SANDBOX_H
#define VISAVIS_IO_SANDBOX_H

/**
 * @param child_uid  0: it starts no program, and nothing is left. Else it
 *                   starts a program again that becomes this user (and group):
 *                   that change, execve, and the right to signal it stay
 * @return 0 or errno: the program must not go on with what it has
 */
int sandbox_enter(unsigned child_uid);

#endif
