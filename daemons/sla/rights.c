#include <string.h>
#include <sys/resource.h>

#include "daemons/sla/rights.h"
#include "io/log.h"
#include "io/sandbox.h"

enum { NICE = -15 };


int rights_drop(void)
{
	unsigned uid, gid;
	int err;

	/* other programs' work is not to be taken for the network's; who may
	 * not ask for this measures all the same */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	err = sandbox_user(&uid, &gid) ? sandbox_become(uid, gid) : 0;

	if (!err)
		err = sandbox_enter(0);
	if (err)
		log_error("rights cannot be given up: %s", strerror(err));
	return err;
}
