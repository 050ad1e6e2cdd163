#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemons/callcontrol/conns.h"
#include "daemons/callcontrol/ctl.h"


static void status_handler(struct ctl_conn *conn, int argc, const char *argv[],
			   void *arg)
{
	const struct control *cl = arg;
	const struct net_stats *st = net_stats(cl->net);

	(void)argc;
	(void)argv;
	ctl_reply(conn, json_pack(
		"{s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I}",
		"realm", cl->realm,
		"users", (int)users_count(cl->core->users),
		"registrations", (int)location_count(cl->core->loc),
		"calls", (int)calls_count(cl->calls),
		"connections", (int)conns_count(),
		"calls_total", (json_int_t)calls_total(cl->calls),
		"requests", (json_int_t)st->requests,
		"registered", (json_int_t)st->registered,
		"refused", (json_int_t)st->refused,
		"store_errors", (json_int_t)st->store_errors));
}


static void binding_handler(const struct aor *aor, const struct binding *b,
			    void *arg)
{
	char src[80];
	uint64_t now = (uint64_t)time(NULL);

	(void)re_snprintf(src, sizeof(src), "%J", &b->src);
	(void)json_array_append_new(arg, json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:b, s:s*, s:s*}",
		"aor", aor->name, "contact", b->contact,
		"transport", sip_transp_name(b->tp), "source", src,
		"expires", (json_int_t)(b->expires > now ? b->expires - now : 0),
		"reachable", b->tp == SIP_TRANSP_UDP || conns_alive(&b->src),
		"instance", b->instance, "agent", b->agent));
}


static void registrations_handler(struct ctl_conn *conn, int argc,
				  const char *argv[], void *arg)
{
	const struct control *cl = arg;
	json_t *a = json_array();

	(void)argc;
	(void)argv;
	location_apply(cl->core->loc, binding_handler, a);
	ctl_reply(conn, json_pack("{s:o}", "registrations", a));
}


static void calls_handler(struct ctl_conn *conn, int argc, const char *argv[],
			  void *arg)
{
	const struct control *cl = arg;

	(void)argc;
	(void)argv;
	ctl_reply(conn, json_pack("{s:o}", "calls", calls_json(cl->calls)));
}


int control_user_add(struct control *cl, const char *name, const char *password)
{
	struct user u;
	int err;

	err = user_make(&u, name, cl->realm, password);
	if (!err)
		err = db_user_put(cl->db, &u, cl->realm);
	if (!err)
		err = users_set(cl->core->users, &u);
	memset(&u, 0, sizeof(u));
	return err;
}


static void name_handler(const struct user *u, void *arg)
{
	(void)json_array_append_new(arg, json_string(u->name));
}


static void user_list(struct ctl_conn *conn, const struct control *cl)
{
	json_t *a = json_array();

	users_apply(cl->core->users, name_handler, a);
	ctl_reply(conn, json_pack("{s:o}", "users", a));
}


static void user_del(struct ctl_conn *conn, struct control *cl,
		     const char *name)
{
	int err = users_find(cl->core->users, name) ? 0 : ENOENT;

	if (!err)
		err = db_user_del(cl->db, name);
	if (!err)
		err = users_remove(cl->core->users, name);
	/* what it had registered must not receive calls any more */
	if (!err && !location_remove(cl->core->loc, name, NULL)) {
		(void)db_binding_del(cl->db, name, NULL);
		location_commit(cl->core->loc);
	}
	if (err)
		ctl_fail(conn, "user %s: %s", name, err == ENOENT ?
			 "no such user; see \"user list\"" : db_error(cl->db));
	else
		ctl_reply(conn, NULL);
}


static void user_add(struct ctl_conn *conn, struct control *cl,
		     const char *name, const char *password)
{
	int err = control_user_add(cl, name, password);

	if (err == EINVAL)
		ctl_fail(conn, "user %s: give a number of letters, digits and -_.+, "
			 "and a password that is not empty", name);
	else if (err)
		ctl_fail(conn, "user %s cannot be stored: %s", name, strerror(err));
	else
		ctl_reply(conn, NULL);
}


static void user_handler(struct ctl_conn *conn, int argc, const char *argv[],
			 void *arg)
{
	const char *what = argc > 0 ? argv[0] : "";

	if (argc == 1 && !strcmp(what, "list"))
		user_list(conn, arg);
	else if (argc == 2 && !strcmp(what, "del"))
		user_del(conn, arg, argv[1]);
	else if (argc == 3 && !strcmp(what, "add"))
		user_add(conn, arg, argv[1], argv[2]);
	else
		ctl_fail(conn, "user add NUMBER, user del NUMBER, or "
			 "user list");
}


static void quit_handler(struct ctl_conn *conn, int argc, const char *argv[],
			 void *arg)
{
	(void)argc;
	(void)argv;
	(void)arg;
	ctl_reply(conn, NULL);
	re_cancel();
}


static const struct ctl_cmd commands[] = {
	{"status", "", "counts of users, registrations, calls", status_handler},
	{"registrations", "", "who is registered and from where",
	 registrations_handler},
	{"calls", "", "calls in progress", calls_handler},
	{"user", "add NUMBER | del NUMBER | list", "who may register",
	 user_handler},
	{"quit", "", "end the program", quit_handler},
	{NULL}
};


int control_listen(struct ctl_server **srvp, const char *host, struct control *cl)
{
	return ctl_open(srvp, host, commands, cl);
}
