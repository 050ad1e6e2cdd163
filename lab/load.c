#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/siteload.h"
#include "lab/output.h"
#include "lab/supervise.h"
#include "lab/wires.h"


/* What `visavis site check` warns of does not keep a site from coming up. */
static void say_errors(struct diag_list *dl)
{
	size_t n = 0;

	for (size_t i = 0; i < dl->n; i++) {
		if (dl->v[i].level == DIAG_ERROR) {
			struct diag d = dl->v[n];

			dl->v[n++] = dl->v[i];
			dl->v[i] = d;
		}
	}
	if (dl->errors) {
		struct diag_list errors = *dl;

		errors.n = n;
		siteload_print(stderr, &errors);
	}
}


int lab_load(struct lab *lab)
{
	struct diag_list dl = {0};
	int err = siteload_read(&lab->site, &lab->arena, lab->opt.site_path, &dl);

	if (!err && lab->opt.security >= 0)
		lab->site.security = lab->opt.security;
	if (!err)
		err = need_expand(&lab->needs, &lab->arena, &lab->site, &dl);
	if (!err)
		err = plan_make(&lab->plan, &lab->arena, &lab->site, &dl);
	if (!err)
		err = wires_load(lab, &dl);
	if (!err && dl.errors)
		err = EBADMSG;
	say_errors(&dl);
	if (err == ENOMEM)
		(void)fprintf(stderr, "visavis lab: not enough memory for this site\n");
	diag_reset(&dl);

	return err ? err : output_name(lab);
}


void lab_unload(struct lab *lab)
{
	arena_reset(&lab->arena);
}
