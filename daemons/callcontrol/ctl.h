/** The console of call control, on its control socket. */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_CTL_H
#define VISAVIS_DAEMONS_CALLCONTROL_CTL_H

#include "daemons/callcontrol/net.h"
#include "io/ctl.h"

struct control {
	struct core *core;
	struct db *db;
	struct calls *calls;
	struct net *net;
	const char *realm;
};

/** @param cl  borrowed for the server's life @return 0 or errno, logged */
int control_listen(struct ctl_server **srvp, const char *host, struct control *cl);

/** Add or change a user, on disk first. @return 0 or errno */
int control_user_add(struct control *cl, const char *name,
		     const char *password);

#endif
