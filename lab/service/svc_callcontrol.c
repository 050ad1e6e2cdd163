/* Call control. */
#include <errno.h>

#include "lab/service/service.h"
#include "lab/state.h"


int svc_callcontrol_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	service_program_args(av, lab, n, "callcontrol");
	service_arg(av, lab, "--users");
	service_arg(av, lab, "%s/users", lab->path.state);

	return 0;
}


bool svc_callcontrol_ready(struct lab *lab, struct lab_node *n)
{
	return service_ctl_ok(lab, n);
}
