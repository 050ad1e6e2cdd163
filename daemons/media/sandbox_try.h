/** Prove the sandbox: enter it, then do what it forbids. */
#ifndef VISAVIS_DAEMONS_MEDIA_SANDBOX_TRY_H
#define VISAVIS_DAEMONS_MEDIA_SANDBOX_TRY_H

#include "daemons/media/sandbox.h"

/** @param what  "nothing", "socket", "exec", "fork", "wx", "read", "write",
 *               "thread-socket"
 *  @return exit status: 0 it was let through, 1 it was refused, 2 usage; a
 *          kill by SIGSYS does not return */
int sandbox_try(const char *what, enum sandbox_mode mode);

#endif
