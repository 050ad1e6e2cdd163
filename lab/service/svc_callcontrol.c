/* Call control. */
#include <errno.h>

#include "lab/service/service.h"
#include "lab/state.h"


int svc_callcontrol_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	service_arg(av, lab, "--site");
	service_arg(av, lab, "%s", lab->path.site_in);
	service_arg(av, lab, "--host");
	service_arg(av, lab, "%s", n->name);
	service_arg(av, lab, "--state");
	service_arg(av, lab, "%s", state_dir(lab, n));
	service_arg(av, lab, "--log");
	service_arg(av, lab, "%s/%s.callcontrol.jsonl", lab->path.log, n->name);
	service_arg(av, lab, "--users");
	service_arg(av, lab, "%s/users", lab->path.state);
	if (lab->opt.security >= 0) {
		service_arg(av, lab, "--security");
		service_arg(av, lab, "%s", lab->opt.security ? "on" : "off");
	}

	return 0;
}


bool svc_callcontrol_ready(struct lab *lab, struct lab_node *n)
{
	return service_ctl_ok(lab, n);
}
