/* Measuring hosts: one program is agent, responder or both. */
#include "lab/service/service.h"


/* A host of both roles runs the agent, which answers too. */
bool svc_sla_responder_wanted(struct lab *lab, const struct lab_node *n)
{
	return site_host_has_role(n->host, "sla-responder") &&
	       !site_host_has_role(n->host, "sla-agent");
}


int svc_sla_responder_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	service_program_args(av, lab, n, "sla");
	service_arg(av, lab, "--responder");

	return 0;
}


int svc_sla_agent_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	service_program_args(av, lab, n, "sla");

	return 0;
}


bool svc_sla_ready(struct lab *lab, struct lab_node *n)
{
	return service_ctl_ok(lab, n);
}
