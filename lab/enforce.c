#include <errno.h>
#include <string.h>

#include "lab/enforce.h"
#include "lab/output.h"
#include "lib/policy/model/policy.h"


static int compile(struct lab *lab, struct lab_node *n)
{
	const struct policy_backend *be = policy_backend_find("nftables");
	struct policy *p = arena_calloc(&lab->arena, 1, sizeof(*p));
	struct sbuf sb = {0};
	int err;

	if (!be || !p)
		return be ? ENOMEM : ENOSYS;
	err = policy_build(p, &lab->arena, &lab->site, n->firewall, &lab->needs);
	if (!err)
		err = be->emit(&sb, &lab->arena, p);
	if (!err && sb.err)
		err = sb.err;
	if (!err) {
		n->policy = p;
		n->ruleset = arena_strdup(&lab->arena, sbuf_str(&sb));
		err = n->ruleset ? 0 : ENOMEM;
	}
	sbuf_reset(&sb);

	return err;
}


static int load(struct lab *lab, struct lab_node *n, const char **msg)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	int err = lab_run(msg, lab, n, n->ruleset, 20000, argv);

	if (err == ENOENT)
		*msg = "the program nft is missing: install the package nftables";

	return err;
}


static int enforce(struct lab *lab, struct lab_node *n)
{
	struct lab_step *st = lab_step_begin(lab, LAB_START, "policy of firewall %s", n->name);
	const char *msg = "";
	int err = compile(lab, n);

	if (!err)
		err = output_write(lab_str(lab, "%s/%s.nft", lab->path.state, n->name), 0644,
				   n->ruleset);
	if (!err)
		err = load(lab, n, &msg);
	if (err)
		return lab_step_end(lab, st, err, "%s", *msg ? msg : strerror(err));

	return lab_step_end(lab, st, 0, "%zu rules, all else is dropped", n->policy->nrules);
}


int enforce_all(struct lab *lab)
{
	int err = 0;

	for (struct lab_node *n = lab_firewall_next(lab, NULL); n && !err;
	     n = lab_firewall_next(lab, n))
		err = enforce(lab, n);

	return err;
}
