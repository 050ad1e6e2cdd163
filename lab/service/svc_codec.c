/* A room. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/output.h"
#include "lab/service/service.h"
#include "lab/state.h"

enum { ASK_MS = 1000 };


int svc_codec_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	const char *pictures = lab_str(lab, "%s/%s", lab->path.pictures, n->name);

	service_program_args(av, lab, n, "codec");
	service_arg(av, lab, "--out");
	service_arg(av, lab, "%s", pictures);
	if (lab->opt.frames)
		service_arg(av, lab, "--frames");

	return output_mkdir(pictures);
}


bool svc_codec_ready(struct lab *lab, struct lab_node *n)
{
	json_t *status = NULL;
	bool ready;

	if (!service_ctl_there(lab, n) ||
	    service_ctl(&status, NULL, lab, n, "status", NULL, ASK_MS))
		return false;
	ready = json_is_true(json_object_get(status, "media"));
	json_decref(status);

	return ready;
}
