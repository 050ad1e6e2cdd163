/**
 * What a daemon gives up once its sockets and files are open: capabilities,
 * the way to new privileges, and the system calls that it has no use for.
 */
#ifndef VISAVIS_IO_SANDBOX_H
#define VISAVIS_IO_SANDBOX_H

#include <stdbool.h>

/**
 * @param child_uid  0: it starts no program, and nothing is left. Else it
 *                   starts a program again that becomes this user (and group):
 *                   that change, execve, and the right to signal it stay
 * @return 0 or errno: the program must not go on with what it has
 */
int sandbox_enter(unsigned child_uid);

/** Whom a daemon becomes that root started: the user "visavis" when there is
 *  one, else 65534.
 *  @return false: it was not root that started it, or this user namespace
 *          does not know that user; then it stays who it is */
bool sandbox_user(unsigned *uid, unsigned *gid);

/** For good, groups too; call it when all is open, before sandbox_enter().
 *  @return 0 or errno: the program must not go on */
int sandbox_become(unsigned uid, unsigned gid);

/** For a while: files are opened and made as that user.
 *  sandbox_act_as(0, 0) ends it. @return 0 or errno */
int sandbox_act_as(unsigned uid, unsigned gid);

#endif
