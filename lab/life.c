/* What happens at a site that is up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/child.h"
#include "lab/measure.h"
#include "lab/ping.h"
#include "lab/prove.h"
#include "lab/service/service.h"
#include "lab/supervise.h"
#include "lab/wires.h"

enum { REGISTER_MS = 20000, NTP_MS = 20000, CALL_MS = 15000, HANGUP_MS = 10000, ASK_MS = 3000 };


static bool stopped_or_fallen(void *arg)
{
	struct lab *lab = arg;

	return lab->stop || lab_child_fallen(lab);
}


static void say_fallen(struct lab *lab)
{
	struct lab_child *c;

	while ((c = lab_child_fallen(lab))) {
		lab_say(lab, "%s on %s %s; its log is %s%s", c->name,
			c->node ? c->node->name : "the bridges", lab_child_end_str(lab, c), c->log,
			lab_child_tail(lab, c));
		c->expected = true;
	}
}


static void say_doors(struct lab *lab)
{
	lab_say(lab, "\nsite %s is up. From another terminal:", lab->site.name);
	lab_say(lab, "  visavis lab exec %s HOST COMMAND...   run a command on a host",
		lab->opt.site_path);
	lab_say(lab, "  visavis lab down %s                   end it (or Ctrl-C here)",
		lab->opt.site_path);
	lab_say(lab, "hosts and firewalls:");
	for (size_t i = 0; i < lab->nnodes; i++) {
		char buf[IP_STRLEN] = "";
		struct ip_addr a;

		if (lab->nodes[i].host && site_host_addr(lab->nodes[i].host, 0, &a))
			(void)ip_str(&a, buf);
		lab_say(lab, "  %-20s %s", lab->nodes[i].name,
			lab->nodes[i].firewall ? "firewall" : buf);
	}
}


static int up_main(struct lab *lab, void *arg)
{
	if (!lab->opt.detach)
		say_doors(lab);
	while (!lab->stop) {
		(void)lab_wait(lab, stopped_or_fallen, lab, 3600000, NULL);
		say_fallen(lab);
	}

	return EXIT_SUCCESS;
}


const struct lab_life life_up = {.main_h = up_main};


struct room {
	struct lab *lab;
	struct lab_node *node;
	const char *why;
};


static const char *status_str(json_t *status, const char *object, const char *key)
{
	const char *s = json_string_value(json_object_get(json_object_get(status, object), key));

	return s ? s : "";
}


static bool room_is(struct room *r, const char *object, const char *state)
{
	json_t *status = NULL;
	bool is;

	if (service_ctl(&status, &r->why, r->lab, r->node, "status", NULL, ASK_MS))
		return false;
	is = !strcmp(status_str(status, object, "state"), state);
	r->why = lab_str(r->lab, "%s %s", status_str(status, object, "state"),
			 status_str(status, object, "reason"));
	json_decref(status);

	return is;
}


static bool room_registered(void *arg)
{
	struct room *r = arg;
	json_t *status = NULL;
	bool ok;

	if (service_ctl(&status, &r->why, r->lab, r->node, "status", NULL, ASK_MS))
		return false;
	ok = json_is_true(json_object_get(json_object_get(status, "registration"), "ok"));
	r->why = lab_str(r->lab, "%s", status_str(status, "registration", "reason"));
	json_decref(status);

	return ok;
}


static bool room_in_call(void *arg)
{
	return room_is(arg, "call", "established");
}


static bool room_idle(void *arg)
{
	return room_is(arg, "call", "");
}


static bool is_room(const struct lab_node *n)
{
	return lab_node_has_role(n, "codec") && n->host->number;
}


static int register_rooms(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; !err && i < lab->nnodes; i++) {
		struct room r = {lab, &lab->nodes[i], ""};
		struct lab_step *st;

		if (!is_room(r.node))
			continue;
		st = lab_step_begin(lab, LAB_REGISTER, "%s: registers as %s", r.node->name,
				    r.node->host->number);
		err = lab_wait(lab, room_registered, &r, REGISTER_MS,
			       lab_str(lab, "%s to register", r.node->name));
		err = lab_step_end(lab, st, err, err == ETIMEDOUT ? "not within %d s: %s" : NULL,
				   REGISTER_MS / 1000, r.why);
	}

	return err;
}


static bool time_heard(void *arg)
{
	struct room *r = arg;

	return svc_ntp_heard(r->lab, r->node) != EAGAIN;
}


static int first_time(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; err != ECANCELED && i < lab->nnodes; i++) {
		struct room r = {lab, &lab->nodes[i], ""};
		struct lab_step *st;
		int e;

		if (!r.node->host || !svc_ntp_client_wanted(lab, r.node))
			continue;
		st = lab_step_begin(lab, LAB_MANAGE, "%s: asks for the time", r.node->name);
		e = lab_wait(lab, time_heard, &r, NTP_MS, "the time server's answer");
		e = lab_step_end(lab, st, e, e == ETIMEDOUT ? "no answer within %d s" : NULL,
				 NTP_MS / 1000);
		err = err ? err : e;
	}

	return err;
}


/* The first two rooms of the site meet. */
static void choose(struct lab *lab, struct room *a, struct room *b)
{
	*a = *b = (struct room){lab, NULL, ""};
	for (size_t i = 0; i < lab->nnodes; i++) {
		struct lab_node *n = &lab->nodes[i];

		if (!is_room(n))
			continue;
		if (!a->node)
			a->node = n;
		else if (!b->node)
			b->node = n;
	}
	lab->call_from = b->node ? a->node->name : NULL;
	lab->call_to = b->node ? b->node->name : NULL;
}


static int dial(struct lab *lab, struct room *a, struct room *b)
{
	struct lab_step *st = lab_step_begin(lab, LAB_MEET, "%s: calls %s at %s", a->node->name,
					     b->node->name, b->node->host->number);
	json_t *ans = NULL;
	int err = service_ctl(&ans, &a->why, lab, a->node, "call", b->node->host->number, CALL_MS);

	json_decref(ans);
	if (err)
		return lab_step_end(lab, st, err, "%s", a->why);
	err = lab_wait(lab, room_in_call, b, CALL_MS, "the far room to be in the call");

	return lab_step_end(lab, st, err, err ? "%s is %s" : NULL, b->node->name, b->why);
}


static int meet(struct lab *lab, struct room *a, struct room *b)
{
	struct lab_step *st = lab_step_begin(lab, LAB_MEET, "meeting of %s and %s",
					     a->node->name, b->node->name);
	uint64_t until = lab_mono_us() + lab->opt.seconds * 1000000ULL, now;
	int err = 0;

	while (!err && (now = lab_mono_us()) < until) {
		unsigned left = (unsigned)((until - now) / 1000) + 1;

		lab_progress(lab, 100 - (unsigned)((until - now) / 10000 / lab->opt.seconds),
			     "meeting of %s and %s", a->node->name, b->node->name);
		err = lab_sleep(lab, left > 200 ? 200 : left, NULL);
		if (!err && lab_child_fallen(lab))
			err = ECHILD;
	}
	if (err == ECHILD)
		return lab_step_end(lab, st, err, "a program fell");
	if (!err && (!room_in_call(a) || !room_in_call(b)))
		return lab_step_end(lab, st, ENOTCONN, "the call ended before its time: %s %s, %s %s",
				    a->node->name, a->why, b->node->name, b->why);

	return lab_step_end(lab, st, err, err ? NULL : "%u s", lab->opt.seconds);
}


static int hang_up(struct lab *lab, struct room *a, struct room *b)
{
	struct lab_step *st = lab_step_begin(lab, LAB_HANGUP, "%s: hangs up", a->node->name);
	int err = service_ctl(NULL, &a->why, lab, a->node, "hangup", NULL, ASK_MS);

	if (err)
		return lab_step_end(lab, st, err, "%s", a->why);
	err = lab_wait(lab, room_idle, a, HANGUP_MS, "the call to end");
	if (!err)
		err = lab_wait(lab, room_idle, b, HANGUP_MS, "the call to end at the far room");

	return lab_step_end(lab, st, err, NULL);
}


static int hold_meeting(struct lab *lab)
{
	struct room a, b;
	int err;

	choose(lab, &a, &b);
	if (!b.node) {
		lab_say(lab, "         fewer than two rooms with a number: nobody to meet");
		return 0;
	}
	err = dial(lab, &a, &b);
	if (!err)
		err = meet(lab, &a, &b);
	if (!err)
		err = hang_up(lab, &a, &b);

	return err;
}


static int live(struct lab *lab)
{
	int err = register_rooms(lab), e;

	if (err)
		return err;
	e = first_time(lab);
	err = err ? err : e;
	if (e != ECANCELED) {
		e = ping_all(lab);
		err = err ? err : e;
	}
	if (e != ECANCELED) {
		e = measure_names(lab);
		err = err ? err : e;
	}
	if (e != ECANCELED) {
		e = measure_all(lab);
		err = err ? err : e;
	}
	if (e != ECANCELED) {
		e = hold_meeting(lab);
		err = err ? err : e;
	}

	return lab->stop ? ECANCELED : err;
}


static struct prove *prove;


static int run_before(struct lab *lab, void *arg)
{
	int err = prove_alloc(&prove, lab);

	return err ? err : prove_watch(prove);
}


static void run_after(struct lab *lab, void *arg)
{
	prove_free(prove);
	prove = NULL;
}


static int judge(struct lab *lab)
{
	struct lab_step *st = lab_step_begin(lab, LAB_PROVE, "captures and counters");
	int err = lab_step_end(lab, st, prove_watched(prove), NULL);

	if (!err)
		err = wires_end(lab);
	if (!err && lab->opt.prove) {
		st = lab_step_begin(lab, LAB_PROVE, "every port of every pair of hosts");
		err = lab_step_end(lab, st, prove_tight(prove), NULL);
	}
	if (lab->stop)
		return ECANCELED;
	st = lab_step_begin(lab, LAB_REPORT, "report");

	return lab_step_end(lab, st, prove_report(prove, lab->opt.quiet ? NULL : stdout),
			    NULL);
}


static int run_main(struct lab *lab, void *arg)
{
	int err = live(lab), e;

	say_fallen(lab);
	if (err == ECANCELED)
		return 130;
	service_stop_all(lab);
	e = judge(lab);
	if (e == ECANCELED)
		return 130;

	return err || e || !prove_ok(prove) ? EXIT_FAILURE : EXIT_SUCCESS;
}


const struct lab_life life_run = {
	.before_h = run_before, .main_h = run_main, .after_h = run_after};
