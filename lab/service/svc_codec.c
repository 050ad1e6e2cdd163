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

	service_arg(av, lab, "--site");
	service_arg(av, lab, "%s", lab->path.site_in);
	service_arg(av, lab, "--host");
	service_arg(av, lab, "%s", n->name);
	service_arg(av, lab, "--state");
	service_arg(av, lab, "%s", state_dir(lab, n));
	service_arg(av, lab, "--log");
	service_arg(av, lab, "%s/%s.codec.jsonl", lab->path.log, n->name);
	service_arg(av, lab, "--out");
	service_arg(av, lab, "%s", pictures);
	if (lab->opt.frames)
		service_arg(av, lab, "--frames");
	if (lab->opt.security >= 0) {
		service_arg(av, lab, "--security");
		service_arg(av, lab, "%s", lab->opt.security ? "on" : "off");
	}

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
