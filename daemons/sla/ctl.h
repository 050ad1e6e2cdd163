/** The console of agent and responder, on the host's control socket. */
#ifndef VISAVIS_DAEMONS_SLA_CTL_H
#define VISAVIS_DAEMONS_SLA_CTL_H

#include "daemons/sla/probes.h"
#include "daemons/sla/respond.h"
#include "io/ctl.h"

struct control {
	struct probes *probes;		/**< NULL: no agent here */
	struct respond *respond;	/**< NULL: no responder here */
};

/** @param cl  borrowed for the server's life @return 0 or errno, logged */
int control_listen(struct ctl_server **srvp, const char *host, struct control *cl);

#endif
