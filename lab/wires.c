#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/child.h"
#include "lab/impair/rules.h"
#include "lab/wires.h"

enum { READY_MS = 10000, END_MS = 10000, SECONDS_MAX = 86400 };


/* "DIR/SITE.yaml" has "DIR/SITE.impair". */
static const char *file_name(struct lab *lab)
{
	const char *site = lab->opt.site_path, *dot = strrchr(site, '.'), *slash = strrchr(site, '/');
	size_t len = dot && dot > slash ? (size_t)(dot - site) : strlen(site);

	return lab_str(lab, "%.*s.impair", (int)len, site);
}


static int file_read(char **text, size_t *len, const char *path)
{
	FILE *f = fopen(path, "re");
	int err = f ? 0 : errno;

	*text = f ? malloc(RULES_TEXT_MAX + 2) : NULL;
	if (!err && !*text)
		err = ENOMEM;
	if (!err)
		*len = fread(*text, 1, RULES_TEXT_MAX + 1, f);
	if (f)
		(void)fclose(f);

	return err;
}


static struct plan_node *host_find(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->nnodes; i++)
		if (p->nodes[i].host && !strcmp(p->nodes[i].name, name))
			return &p->nodes[i];

	return NULL;
}


static int links_mark(struct lab *lab, const struct impair_rules *r, struct diag_list *dl)
{
	for (size_t i = 0; i < r->nlinks; i++) {
		struct plan_node *n = host_find(&lab->plan, r->links[i]);

		if (n)
			n->impaired = true;
		else
			diag_error(dl, r->links_pos[i], "the site has no host %s", r->links[i]);
	}
	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].link) {
			diag_error(dl, ((struct diag_pos){file_name(lab), 1, 1}), "a rule "
				   "stands before the first \"link HOST\": of which link is it?");
			break;
		}

	return dl->errors ? EBADMSG : 0;
}


int wires_load(struct lab *lab, struct diag_list *dl)
{
	const char *path = file_name(lab);
	char real[PATH_MAX];
	struct impair_rules r;
	char *text;
	size_t len = 0;
	int err = file_read(&text, &len, path);

	if (err == ENOENT)
		return 0;
	if (err) {
		diag_error(dl, ((struct diag_pos){path, 0, 0}), "%s", strerror(err));
		return EBADMSG;
	}
	lab->path.impair = lab_str(lab, "%s", realpath(path, real) ? real : path);
	err = rules_parse(&r, &lab->arena, text, len, path, dl);
	if (!err)
		err = links_mark(lab, &r, dl);
	free(text);

	return err;
}


/* The forwarder's output says when it is ready; the log keeps it. */
static bool is_ready(void *arg)
{
	const struct lab_child *c = arg;
	FILE *f = fopen(c->log, "re");
	bool ready = false;
	char line[64];

	while (f && !ready && fgets(line, sizeof(line), f))
		ready = !strcmp(line, "ready\n");
	if (f)
		(void)fclose(f);

	return ready || c->done;
}


static const char *child_name(struct lab *lab, const struct plan_node *n)
{
	return lab_str(lab, "impair-%s", n->name);
}


static int wire_start(struct lab *lab, size_t i)
{
	const struct plan_node *n = &lab->plan.nodes[i];
	const char *const argv[] = {
		"visavis-impair", "--near", lab_str(lab, PLAN_NEAR, i), "--far",
		lab_str(lab, PLAN_FAR, i), "--rules", lab->path.impair, "--link", n->name,
		"--record", lab_str(lab, "%s/%s.impair.jsonl", lab->path.capture, n->name),
		"--seconds", lab_str(lab, "%d", SECONDS_MAX), NULL,
	};
	struct lab_step *st = lab_step_begin(lab, LAB_START, "%s: its link is impaired", n->name);
	struct lab_child *c;
	int err = lab_spawn(&c, lab, NULL, child_name(lab, n), argv);

	if (!err)
		err = lab_wait(lab, is_ready, c, READY_MS, "the impairing forwarder");
	if (!err && c->done)
		return lab_step_end(lab, st, ECHILD, "visavis-impair %s; its last words (%s):%s",
				    lab_child_end_str(lab, c), c->log, lab_child_tail(lab, c));

	return lab_step_end(lab, st, err, NULL);
}


int wires_start(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; !err && i < lab->plan.nnodes; i++)
		if (lab->plan.nodes[i].impaired)
			err = wire_start(lab, i);

	return err;
}


static struct lab_child *child_find(struct lab *lab, const char *name)
{
	for (struct lab_child *c = lab->children; c; c = c->next)
		if (!strcmp(c->name, name))
			return c;

	return NULL;
}


static bool ended(void *arg)
{
	return lab_child_done(arg, NULL);
}


static int bridge(struct lab *lab, size_t i)
{
	static const char *const argv[] = {"ip", "-batch", "-", NULL};
	struct sbuf sb = {0};
	const char *msg = "";
	int err;

	plan_put_splice(&sb, i);
	err = sb.err ? sb.err : lab_run(&msg, lab, NULL, sbuf_str(&sb), END_MS, argv);
	if (err && *msg)
		lab_say(lab, "%s", msg);
	sbuf_reset(&sb);

	return err;
}


static int wire_end(struct lab *lab, size_t i)
{
	const struct plan_node *n = &lab->plan.nodes[i];
	struct lab_child *c = child_find(lab, child_name(lab, n));
	struct lab_step *st = lab_step_begin(lab, LAB_PROVE, "%s: its link is whole", n->name);
	int err = 0;

	if (c && !c->done) {
		c->expected = true;
		(void)kill(c->pid, SIGTERM);
		err = lab_wait(lab, ended, c, END_MS, "the record of impairments");
	}
	if (!err && (!c || c->status))
		return lab_step_end(lab, st, ECHILD, "its forwarder ended badly:%s",
				    c ? lab_child_tail(lab, c) : "");
	if (!err)
		err = bridge(lab, i);

	return lab_step_end(lab, st, err, NULL);
}


int wires_end(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; !err && i < lab->plan.nnodes; i++)
		if (lab->plan.nodes[i].impaired)
			err = wire_end(lab, i);

	return err;
}
