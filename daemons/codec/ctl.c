#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "daemons/codec/codec.h"
#include "io/log.h"

static void c_gone(void *arg)
{
	struct codec *c = arg;

	c->waiting = NULL;
}


static const char *dial_error(int err, char *buf, size_t size)
{
	static const struct { int err; const char *text; } v[] = {
		{EINVAL, "a number has digits, letters, and * # + . _ -, at most 40"},
		{EBUSY, "a call is in progress; hangup ends it"},
		{ENODEV, "the media process is not ready; the log says why"},
		{EADDRINUSE, "no free port of row " ROW_RTP},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		if (v[i].err == err)
			return v[i].text;
	(void)snprintf(buf, size, "cannot call: %s", strerror(err));
	return buf;
}


static void c_call(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct codec *c = arg;
	bool wait = true;
	const char *number = NULL;
	char buf[96];
	int err;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--no-wait"))
			wait = false;
		else
			number = argv[i];
	}
	if (!number) {
		ctl_fail(conn, "which number? call NUMBER [--no-wait]");
		return;
	}
	if (!reg_ok(c->reg)) {
		ctl_fail(conn, "%s is not registered with call control; status tells why", c->aor);
		return;
	}
	err = call_dial(c, number);
	if (err) {
		ctl_fail(conn, "%s", dial_error(err, buf, sizeof(buf)));
		return;
	}
	if (!wait) {
		ctl_reply(conn, json_pack("{s:o}", "call", call_status(c->call)));
		return;
	}
	c->waiting = conn;
	ctl_conn_on_close(conn, c_gone, c);
}


void ctl_call_news(struct codec *c, const struct call *call)
{
	struct ctl_conn *conn = c->waiting;

	if (!conn || !call->outgoing)
		return;
	c->waiting = NULL;
	if (call->state == CALL_ESTABLISHED)
		ctl_reply(conn, json_pack("{s:o}", "call", call_status(call)));
	else
		ctl_fail(conn, "call to %s: %u %s", call->peer, call->code, call->reason);
}


static struct call *current(struct ctl_conn *conn, struct codec *c)
{
	if (!c->call)
		ctl_fail(conn, "no call is in progress");
	return c->call;
}


static void c_answer(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct call *call = current(conn, arg);
	int err;

	if (!call)
		return;
	err = call_answer(call);
	if (err == EPROTO)
		ctl_fail(conn, "nobody calls; the call is %s", core_call_state_name(call->state));
	else if (err)
		ctl_fail(conn, "cannot answer: %s", strerror(err));
	else
		ctl_reply(conn, json_pack("{s:o}", "call", call_status(call)));
}


static void c_reject(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct call *call = current(conn, arg);

	if (!call)
		return;
	if (call->state != CALL_INCOMING) {
		ctl_fail(conn, "nobody calls; hangup ends a call");
		return;
	}
	call_reject(call, 603, "Decline");
	ctl_reply(conn, NULL);
}


static void c_hangup(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct call *call = current(conn, arg);

	if (!call)
		return;
	call_hangup(call, "hung up");
	ctl_reply(conn, NULL);
}


static void hold(struct ctl_conn *conn, struct codec *c, bool on)
{
	struct call *call = current(conn, c);
	int err;

	if (!call)
		return;
	err = call_hold(call, on);
	if (err == EPROTO)
		ctl_fail(conn, "the call is not established");
	else if (err == EALREADY)
		ctl_fail(conn, on ? "the call is held already" : "the call is not held");
	else if (err)
		ctl_fail(conn, "another change of the call is under way; try again");
	else
		ctl_reply(conn, NULL);
}


static void c_hold(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	hold(conn, arg, true);
}


static void c_resume(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	hold(conn, arg, false);
}


struct asked {
	struct codec *c;
	struct ctl_conn *conn;
};

static void asked_gone(void *arg)
{
	struct asked *a = arg;

	a->conn = NULL;
}


static json_t *status(struct codec *c, const json_t *stats)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "host", c->self->name,
			      "number", c->self->number, "dnd", c->dnd,
			      "auto_answer", c->auto_answer, "media", media_is_ready(c->media),
			      "registration", reg_status(c->reg),
			      "call", c->call ? call_status(c->call) : json_null());
	const json_t *v = json_object_get(stats, "streams");

	if (o && v)
		(void)json_object_set_new(o, "streams", json_deep_copy(v));
	v = json_object_get(stats, "lip_sync_ms");
	if (o && v)
		(void)json_object_set_new(o, "lip_sync_ms", json_deep_copy(v));
	return o;
}


static void stats_handler(const json_t *o, void *arg)
{
	struct asked *a = arg;

	if (a->conn)
		ctl_reply(a->conn, status(a->c, o));
	mem_deref(a);
}


static void c_status(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct codec *c = arg;
	struct asked *a = NULL;

	if (c->call && c->call->media_on && media_is_ready(c->media))
		a = mem_zalloc(sizeof(*a), NULL);
	if (a) {
		a->c = c;
		a->conn = conn;
		ctl_conn_on_close(conn, asked_gone, a);
		if (!media_send(c->media, json_pack("{s:s}", "msg", "stats"), NULL, 0,
				stats_handler, a))
			return;
		mem_deref(a);
	}
	ctl_reply(conn, status(c, NULL));
}


static void c_keyframe(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct codec *c = arg;

	if (!current(conn, c))
		return;
	if (media_send(c->media, json_pack("{s:s}", "msg", "keyframe"), NULL, 0, NULL, NULL))
		ctl_fail(conn, "the media process does not listen");
	else
		ctl_reply(conn, NULL);
}


static void c_dnd(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct codec *c = arg;

	if (argc == 1 && !strcmp(argv[0], "on"))
		c->dnd = true;
	else if (argc == 1 && !strcmp(argv[0], "off"))
		c->dnd = false;
	else if (argc) {
		ctl_fail(conn, "dnd on, or dnd off");
		return;
	}
	ctl_reply(conn, json_pack("{s:b}", "dnd", c->dnd));
}


static void c_register(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct codec *c = arg;

	reg_now(c->reg);
	ctl_reply(conn, NULL);
}


static void c_quit(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	ctl_reply(conn, NULL);
	(void)kill(getpid(), SIGTERM);
}


static const struct ctl_cmd cmds[] = {
	{"call", "NUMBER [--no-wait]", "call a number; answers when it is established or failed",
	 c_call},
	{"answer", "", "take the incoming call", c_answer},
	{"reject", "", "decline the incoming call", c_reject},
	{"hangup", "", "end the call", c_hangup},
	{"hold", "", "put the call on hold", c_hold},
	{"resume", "", "take the call back from hold", c_resume},
	{"status", "", "registration, call, streams", c_status},
	{"keyframe", "", "send a key frame next", c_keyframe},
	{"dnd", "[on|off]", "refuse calls", c_dnd},
	{"register", "", "register again now", c_register},
	{"quit", "", "hang up and end the program", c_quit},
	{NULL, NULL, NULL, NULL},
};


int ctl_init(struct codec *c)
{
	return ctl_open(&c->ctl, c->self->name, cmds, c);
}
